//! Every change of a member's points, newest first, and in plain words how each was computed (TIER-04, PTS-05).

use askama::Template;
use http::Response;
use jifen::domain::earn::{Cap, Trace};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::ledger::entry::{Entry, GrantSource, Movement, TierOutcome};
use jifen::ledger::lot::Lot;

use crate::app::App;
use crate::route::Asked;
use crate::routes::own::reason;
use crate::words;

use super::super::frame::Frame;
use super::super::pictures::{self, Expiring, Reading};
use super::super::show;
use super::{clock, of_member, zone};

/// How many changes a page has.
const LINES: usize = 40;
/// How many changes the picture has at most.
const CHART_ENTRIES: usize = 200;

#[derive(Template)]
#[template(path = "me/history.html")]
struct Page {
    frame: Frame,
    chart: Option<String>,
    lines: Vec<Line>,
    newer: Option<String>,
    older: Option<String>,
}

struct Line {
    when: String,
    what: String,
    why: Vec<String>,
    change: String,
    is_less: bool,
    balance: String,
}

/// `GET /me/history?page=`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let frame = Frame::of(app, asked);
        let account = app.engine.account_of_member(member)?;
        let entries = app.engine.entries(account)?;
        let number = page_of(asked);
        let from = number.saturating_mul(LINES);
        let mut lines = Vec::new();
        for (place, entry) in entries.iter().enumerate().skip(from).take(LINES) {
            let before = place.checked_add(1).and_then(|next| entries.get(next));
            lines.push(line(app, &frame, entry, before)?);
        }
        let is_more = from.saturating_add(LINES) < entries.len();
        let to = |page: usize| format!("/me/history?page={page}");
        let chart = if number == 0 {
            let lots = app.engine.statement(account)?.lots;
            chart(app, &frame, (&entries, &lots))?
        } else {
            None
        };
        Ok(show(&Page {
            chart,
            lines,
            newer: number.checked_sub(1).map(to),
            older: is_more.then(|| to(number.saturating_add(1))),
            frame,
        }))
    })
}

/// Which page the address asks for, from 0.
fn page_of(asked: &Asked<'_>) -> usize {
    let query = asked.request.uri().query().unwrap_or_default();
    let mut pages = query
        .split('&')
        .filter_map(|part| part.strip_prefix("page="));
    let page = pages.find_map(|page| page.parse().ok());
    page.unwrap_or_default()
}

fn line(app: &App, frame: &Frame, entry: &Entry, before: Option<&Entry>) -> Result<Line, Refusal> {
    let was = before.map_or(0, |before| before.balance.count());
    let change = entry.balance.count().saturating_sub(was);
    Ok(Line {
        when: clock(app, entry.at)?,
        what: frame.say(key_of(&entry.movement)),
        why: why(app, frame, entry)?,
        change: if change == 0 {
            "0".to_owned()
        } else {
            format!("{change:+}")
        },
        is_less: change < 0,
        balance: entry.balance.to_string(),
    })
}

/// The key of the words for what happened.
const fn key_of(movement: &Movement) -> &'static str {
    match movement {
        Movement::Open { .. } => "move-open",
        Movement::Earn { .. } => "move-earn",
        Movement::Redeem { .. } => "move-redeem",
        Movement::Return { .. } => "move-return",
        Movement::Clawback { .. } => "move-clawback",
        Movement::Repay { .. } => "move-repay",
        Movement::Adjust { .. } => "move-adjust",
        Movement::Expire { .. } => "move-expire",
        Movement::Assess(change) => match change.outcome {
            TierOutcome::Upgrade => "move-assess-up",
            TierOutcome::Downgrade => "move-assess-down",
            TierOutcome::Review => "move-assess-review",
        },
        Movement::Sanction { .. } => "move-sanction",
        Movement::Grant {
            source: GrantSource::SignUp,
            ..
        } => "move-grant",
        Movement::Forward(_) => "move-forward",
        Movement::Merge(_) => "move-merge",
        Movement::MergeAway(_) => "move-merge-away",
        Movement::Unmerge(_) => "move-unmerge",
        Movement::MergeBack(_) => "move-merge-back",
    }
}

/// How a change was computed, a sentence a step; empty where there is nothing to compute.
fn why(app: &App, frame: &Frame, entry: &Entry) -> Result<Vec<String>, Refusal> {
    let versions = app.engine.versions();
    let exponent = versions
        .latest()
        .ok_or(Refusal::BeforeProgramme)?
        .currency
        .exponent;
    let mut why = Vec::new();
    if let Movement::Earn { traces, .. } = &entry.movement {
        for trace in traces {
            why.push(earned(frame, trace, exponent));
            why.extend(trace.capped.map(|cap| capped(frame, cap)));
        }
    } else if let Movement::Clawback {
        traces,
        debt,
        lapsed,
        ..
    } = &entry.movement
    {
        why.extend(traces.iter().map(|trace| taken(frame, trace, exponent)));
        for (key, points) in [("why-debt", debt), ("why-lapsed", lapsed)] {
            if 0 < points.count() {
                why.push(frame.fill(key, "points", &points.to_string()));
            }
        }
    }
    let reason = reason(&entry.movement);
    why.extend(reason.map(|reason| frame.fill("why-reason", "reason", &reason)));
    Ok(why)
}

fn earned(frame: &Frame, trace: &Trace, exponent: u32) -> String {
    let values = [
        ("base", trace.base.display(exponent)),
        ("times", trace.multiplier.to_string()),
        ("before", trace.carry_before.display(exponent)),
        ("points", trace.points.to_string()),
        ("after", trace.carry_after.display(exponent)),
    ];
    filled(frame, "why-earn", &values)
}

fn taken(frame: &Frame, trace: &Trace, exponent: u32) -> String {
    let values = [
        ("base", trace.base.display(exponent)),
        ("points", trace.points.unsigned_abs().to_string()),
        ("after", trace.carry_after.display(exponent)),
    ];
    filled(frame, "why-clawback", &values)
}

fn filled(frame: &Frame, key: &str, values: &[(&'static str, String)]) -> String {
    let values: Vec<(&'static str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    words::fill(frame.language, key, &values)
}

fn capped(frame: &Frame, cap: Cap) -> String {
    frame.say(match cap {
        Cap::Sale => "why-cap-sale",
        Cap::Day => "why-cap-day",
    })
}

/// The balance after each of the last changes, and what goes next, as a picture; none where there are too few.
fn chart(
    app: &App,
    frame: &Frame,
    (entries, lots): (&[Entry], &[Lot]),
) -> Result<Option<String>, Refusal> {
    let zone = zone(app)?;
    let named = |at: Moment| {
        let day = zone.day_of(at);
        (i64::from(day.number()), day.to_string())
    };
    let changes: Vec<((i64, String), i64)> = entries
        .iter()
        .take(CHART_ENTRIES)
        .map(|entry| (named(entry.at), entry.balance.count()))
        .collect();
    // The entries come newest first; of one day the last one counts.
    let readings: Vec<Reading<'_>> = changes
        .iter()
        .rev()
        .map(|((day, label), balance)| Reading {
            day: *day,
            label,
            balance: *balance,
        })
        .collect();
    let next = lots.iter().filter_map(|lot| lot.grant.expires_at).min();
    let next = next.map(|end| {
        let goes = lots.iter().filter(|lot| lot.grant.expires_at == Some(end));
        let points = goes.map(|lot| lot.remaining.count());
        // They lapse at this moment: the day before is the last whole one, as in the list.
        let last = end.plus_millis(-1);
        (named(last), points.fold(0, i64::saturating_add))
    });
    let expiring = next.as_ref().map(|((day, label), points)| Expiring {
        day: *day,
        label,
        points: *points,
    });
    let label = frame.say("points-chart");
    Ok(pictures::points_over_time(
        &readings,
        expiring.as_ref(),
        &label,
    ))
}
