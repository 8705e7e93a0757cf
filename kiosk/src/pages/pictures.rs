//! Figures as pictures: how far it is to the next tier, and the balance over time. SVG in one colour, that of the text
//! around it, so that every look of the pages keeps its contrast; the same numbers stand beside each picture.

use std::fmt::Write as _;

use plotters::prelude::{
    AreaSeries, BLACK, BindKeyPoints, ChartBuilder, Color, DashedLineSeries, IntoDrawingArea,
    IntoFont, LineSeries, SVGBackend,
};
use plotters::style::{FontFamily, ShapeStyle};

/// What plotters writes for black.
const DRAWN: &str = "=\"#000000\"";
/// What stands there instead: the colour of the text around the picture.
const SHOWN: &str = "=\"currentColor\"";

/// Where the bar begins, in thousandths of the picture's width. The goal's mark needs room at both ends.
const BAR_FROM: u32 = 30;
/// How long the bar is, in the same.
const BAR_LONG: u32 = 940;

/// The chart's width and height, in its own units.
const CHART: (u32, u32) = (720, 320);
/// The height of a digit there, times 1.24: plotters divides by it.
const DIGIT: u32 = 27;
/// The width of a digit there.
const DIGIT_WIDE: usize = 14;
/// The most readings that are drawn: the last ones.
const READINGS_MAX: usize = 200;
/// Balances and days beyond this are not drawn: exact as a number of the picture.
const DRAWN_MAX: i64 = 1 << 52;

/// A balance from a day on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'t> {
    /// The day, counted from any day that is the same for all.
    pub(crate) day: i64,
    /// The day in words.
    pub(crate) label: &'t str,
    /// The balance from then on.
    pub(crate) balance: i64,
}

/// Points that go on a day to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expiring<'t> {
    /// The day, counted as those of the readings.
    pub(crate) day: i64,
    /// The day in words.
    pub(crate) label: &'t str,
    /// How many points go.
    pub(crate) points: i64,
}

/// A bar from a tier to the next one, filled as far as `reached`, in thousandths; more than 1,000 is all of it. `ends` are
/// the words below its ends, `label` says the figure to whoever does not see it.
pub(crate) fn progress(reached: u16, ends: [&str; 2], label: &str) -> String {
    let reached = u32::from(reached).min(1_000);
    let filled = percent(BAR_LONG.saturating_mul(reached).div_euclid(1_000));
    let (from, long) = (percent(BAR_FROM), percent(BAR_LONG));
    let goal = percent(BAR_FROM.saturating_add(BAR_LONG));
    let mark = if reached == 1_000 {
        "currentColor"
    } else {
        "Canvas"
    };
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"progress\" width=\"100%\" height=\"3.5rem\" role=\"img\" \
         aria-label=\"{}\" fill=\"currentColor\" stroke=\"none\"><rect x=\"{from}\" y=\".5rem\" width=\"{long}\" \
         height=\"1rem\" rx=\".5rem\" fill-opacity=\".15\"/>",
        escaped(label)
    );
    // An empty part would still show its round ends.
    if 0 < reached {
        let _written = write!(
            svg,
            "<rect class=\"reached\" x=\"{from}\" y=\".5rem\" width=\"{filled}\" height=\"1rem\" rx=\".5rem\"/>"
        );
    }
    let [first, last] = ends.map(escaped);
    let _written = write!(
        svg,
        "<circle class=\"goal\" cx=\"{goal}\" cy=\"1rem\" r=\".75rem\" fill=\"{mark}\" stroke=\"currentColor\" \
         stroke-width=\"3\"/><text x=\"0\" y=\"3rem\" font-size=\"1rem\">{first}</text>\
         <text x=\"100%\" y=\"3rem\" font-size=\"1rem\" text-anchor=\"end\">{last}</text></svg>"
    );
    svg
}

/// The balance over time, in steps, and the points that go next as a dashed drop. None for fewer than two readings, and
/// for numbers that no balance reaches. `label` says the figure to whoever does not see it.
pub(crate) fn points_over_time(
    readings: &[Reading<'_>],
    expiring: Option<&Expiring<'_>>,
    label: &str,
) -> Option<String> {
    let begin = readings.len().saturating_sub(READINGS_MAX);
    let mut readings = readings.get(begin..)?.to_vec();
    readings.sort_by_key(|reading| reading.day);
    let (&first, &last) = readings.first().zip(readings.last())?;
    let drop = expiring.map(|expiring| Reading {
        day: expiring.day.max(last.day),
        label: expiring.label,
        balance: last.balance.saturating_sub(expiring.points),
    });
    let known: Vec<Reading<'_>> = readings.iter().copied().chain(drop).collect();
    let drawable = -DRAWN_MAX..=DRAWN_MAX;
    let is_drawable =
        |one: &Reading<'_>| drawable.contains(&one.day) && drawable.contains(&one.balance);
    if readings.len() < 2 || !known.iter().all(is_drawable) {
        return None;
    }

    let lowest = known.iter().map(|one| one.balance).min()?;
    let highest = known.iter().map(|one| one.balance).max()?;
    let bottom = readings.iter().map(|one| one.balance).min()?;
    let top = readings.iter().map(|one| one.balance).max()?;
    let days = first.day..wide(first.day, drop.unwrap_or(last).day);
    let balances = lowest.min(0)..wide(lowest.min(0), highest.max(0));

    let after = drop.map(|drop| drop.balance);
    let named = [top, last.balance]
        .into_iter()
        .chain(after)
        .chain([bottom, 0]);
    let balances_named = apart(named, span(&balances).div_euclid(9));
    let shown = [first].into_iter().chain(drop).chain([last]);
    let shown: Vec<Reading<'_>> = shown.collect();
    let days_named = apart(shown.iter().map(|one| one.day), span(&days).div_euclid(4));
    let name_of = |day: &i64| {
        let named = shown.iter().find(|one| one.day == *day);
        named.map_or_else(String::new, |one| one.label.to_owned())
    };
    let digits = balances_named
        .iter()
        .map(|one| one.to_string().len())
        .max()?;

    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, CHART).into_drawing_area();
        let mut chart = ChartBuilder::on(&area)
            .margin_top(16)
            .margin_right(72)
            .margin_left(8)
            .x_label_area_size(44)
            .y_label_area_size(
                u32::try_from(digits.saturating_mul(DIGIT_WIDE))
                    .ok()?
                    .max(60),
            )
            .build_cartesian_2d(
                days.with_key_points(days_named),
                balances.with_key_points(balances_named),
            )
            .ok()?;
        let font = (FontFamily::Name("inherit"), DIGIT).into_font();
        chart
            .configure_mesh()
            .disable_x_mesh()
            .bold_line_style(BLACK.mix(0.2))
            .light_line_style(BLACK.mix(0.0))
            .axis_style(BLACK)
            .label_style(font.color(&BLACK))
            .x_label_formatter(&name_of)
            .y_label_formatter(&|balance| balance.to_string())
            .draw()
            .ok()?;
        let steps = steps(&readings);
        let below = AreaSeries::new(steps.iter().copied(), 0, BLACK.mix(0.12));
        chart.draw_series(below).ok()?;
        let line = LineSeries::new(steps.iter().copied(), BLACK.stroke_width(3));
        chart.draw_series(line).ok()?;
        if let Some(drop) = drop {
            let dashes: ShapeStyle = BLACK.stroke_width(3);
            let ahead = steps_between(last, drop);
            let ahead = [(last.day, last.balance)].into_iter().chain(ahead);
            let line = DashedLineSeries::new(ahead, 10, 8, dashes);
            chart.draw_series(line).ok()?;
        }
        area.present().ok()?;
    }
    Some(framed(&drawn, label))
}

/// The corners of a line in steps.
fn steps(readings: &[Reading<'_>]) -> Vec<(i64, i64)> {
    let first = readings.first().map(|one| (one.day, one.balance));
    let pairs = readings.iter().zip(readings.iter().skip(1));
    let corners = pairs.flat_map(|(one, next)| steps_between(*one, *next));
    first.into_iter().chain(corners).collect()
}

fn steps_between(one: Reading<'_>, next: Reading<'_>) -> [(i64, i64); 2] {
    [(next.day, one.balance), (next.day, next.balance)]
}

/// An end that is not the beginning: what is one day or one balance is drawn all the same.
fn wide(from: i64, to: i64) -> i64 {
    to.max(from.saturating_add(1))
}

fn span(range: &core::ops::Range<i64>) -> i64 {
    range.end.saturating_sub(range.start)
}

/// Of some numbers in the order of their weight, those that are so far from each other that their words do not overlap.
fn apart(numbers: impl IntoIterator<Item = i64>, gap: i64) -> Vec<i64> {
    let mut kept: Vec<i64> = Vec::new();
    for number in numbers {
        let is_far = |other: &i64| gap.unsigned_abs() < other.abs_diff(number);
        if kept.iter().all(is_far) {
            kept.push(number);
        }
    }
    kept
}

/// What plotters drew, as wide as the page lets it be, in the page's colour, and with its words.
fn framed(drawn: &str, label: &str) -> String {
    let (wide, high) = CHART;
    let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
    // No label can spell this: its quotes are escaped.
    let inside = inside.replace(DRAWN, SHOWN);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" viewBox=\"0 0 {wide} {high}\" width=\"100%\" \
         role=\"img\" aria-label=\"{}\">{}",
        escaped(label),
        inside.trim()
    )
}

/// Thousandths as a percentage.
fn percent(thousandths: u32) -> String {
    let (whole, tenths) = (thousandths.div_euclid(10), thousandths.rem_euclid(10));
    format!("{whole}.{tenths}%")
}

/// A text as it may stand in an element or in an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests;
