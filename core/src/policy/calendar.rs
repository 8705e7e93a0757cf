//! Working days of China (RET-07, DSR-04): Monday to Friday, less the holidays of the State Council's arrangement for the
//! year, and with the weekend days on which work is made up for. A year that nobody told us of counts Monday to Friday,
//! and says so.

use core::fmt;
use std::collections::BTreeMap;

use chrono::Datelike;
use serde::Deserialize;

use crate::domain::time::Day;

/// The years that the program knows by itself.
const OFFICIAL: [&str; 2] = [
    include_str!("holidays/2025.json"),
    include_str!("holidays/2026.json"),
];
/// The longest file, in bytes.
const TEXT_MAX: usize = 100_000;

/// Whether a count rests on arrangements that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// Every year of it is known.
    Known,
    /// A year of it is not: its days were counted Monday to Friday.
    Assumed,
}

/// What a day off, or a day of work at a weekend, is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The arrangement for one year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayYear {
    year: i32,
    off: BTreeMap<Day, Named>,
    work: BTreeMap<Day, Named>,
}

/// Working days, by the years that are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i32, HolidayYear>,
}

impl Calendar {
    /// The arrangements that came with the program.
    pub fn official() -> Self {
        let years = OFFICIAL
            .iter()
            .filter_map(|text| HolidayYear::parse(text).ok());
        years.fold(Self::default(), Self::with)
    }

    /// The same with this year in the place of what was known of it.
    pub fn with(mut self, year: HolidayYear) -> Self {
        self.years.insert(year.year, year);
        self
    }

    /// Whether the arrangement for a year is known.
    pub fn knows(&self, year: i32) -> bool {
        self.years.contains_key(&year)
    }

    /// Whether a day is a working day.
    pub fn is_working(&self, day: Day) -> bool {
        let is_weekend = is_weekend(day);
        match self.years.get(&day.date().year()) {
            Some(year) if is_weekend => year.work.contains_key(&day),
            Some(year) => !year.off.contains_key(&day),
            None => !is_weekend,
        }
    }

    /// What a day is called that is not as other days of the week: a holiday, or a day of work at a weekend.
    pub fn named(&self, day: Day) -> Option<&Named> {
        let year = self.years.get(&day.date().year())?;
        year.off.get(&day).or_else(|| year.work.get(&day))
    }

    /// The day that is so many working days after `day`, which does not count itself. After none it is `day`.
    pub fn after(&self, day: Day, working_days: u32) -> (Day, Certainty) {
        let (mut found, mut left, mut certainty) = (day, working_days, Certainty::Known);
        while 0 < left {
            // At the end of the calendar there is no later day.
            let Some(next) = found.plus_days(1) else {
                return (found, Certainty::Assumed);
            };
            found = next;
            certainty = certainty.max(self.certainty(found));
            left = left.saturating_sub(u32::from(self.is_working(found)));
        }
        (found, certainty)
    }

    /// How many working days there are after `from` until `until`, which counts itself. None where it is not later.
    pub fn between(&self, from: Day, until: Day) -> (u32, Certainty) {
        let (mut day, mut count, mut certainty) = (from, 0_u32, Certainty::Known);
        while day < until {
            let Some(next) = day.plus_days(1) else {
                return (count, Certainty::Assumed);
            };
            day = next;
            certainty = certainty.max(self.certainty(day));
            count = count.saturating_add(u32::from(self.is_working(day)));
        }
        (count, certainty)
    }

    fn certainty(&self, day: Day) -> Certainty {
        if self.knows(day.date().year()) {
            Certainty::Known
        } else {
            Certainty::Assumed
        }
    }
}

fn is_weekend(day: Day) -> bool {
    5 < day.date().weekday().number_from_monday()
}

/// The file of a year: weekdays that are off, and weekend days on which work is made up for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    year: i32,
    /// Where it is published; for people.
    #[serde(default, rename = "source")]
    _source: String,
    off: Vec<Line>,
    work: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    day: String,
    zh: String,
    en: String,
}

impl HolidayYear {
    /// Reads a file.
    ///
    /// # Errors
    /// Every fault with its line; of a file that is not JSON of this shape, the first.
    pub fn parse(text: &str) -> Result<Self, Vec<HolidayFault>> {
        if TEXT_MAX < text.len() {
            return Err(vec![HolidayFault::new(1, Why::TooLong)]);
        }
        let file: File = serde_json::from_str(text).map_err(|error| {
            let line = u32::try_from(error.line()).unwrap_or(u32::MAX).max(1);
            vec![HolidayFault::new(line, Why::NotTheShape(error.to_string()))]
        })?;
        let mut reading = Reading {
            text,
            year: file.year,
            faults: Vec::new(),
        };
        let off = reading.days(&file.off, false);
        let work = reading.days(&file.work, true);
        if reading.faults.is_empty() {
            let year = file.year;
            Ok(Self { year, off, work })
        } else {
            reading.faults.sort_by_key(|fault| fault.line);
            Err(reading.faults)
        }
    }

    /// Which year it is.
    pub const fn year(&self) -> i32 {
        self.year
    }
}

struct Reading<'a> {
    text: &'a str,
    year: i32,
    faults: Vec<HolidayFault>,
}

impl Reading<'_> {
    fn days(&mut self, lines: &[Line], are_weekends: bool) -> BTreeMap<Day, Named> {
        let mut days = BTreeMap::new();
        for line in lines {
            let Ok(day) = line.day.parse().map(Day::new) else {
                self.fault(&line.day, 0, Why::NotADay(line.day.clone()));
                continue;
            };
            let named = Named {
                zh: line.zh.clone(),
                en: line.en.clone(),
            };
            if day.date().year() != self.year {
                self.fault(&line.day, 0, Why::OtherYear(day, self.year));
            } else if line.zh.trim().is_empty() || line.en.trim().is_empty() {
                self.fault(&line.day, 0, Why::Nameless(day));
            } else if is_weekend(day) != are_weekends {
                let why = if are_weekends {
                    Why::WorkOnWeekday(day)
                } else {
                    Why::OffAtWeekend(day)
                };
                self.fault(&line.day, 0, why);
            } else if days.insert(day, named).is_some() {
                self.fault(&line.day, 1, Why::Twice(day));
            }
        }
        days
    }

    /// A fault of the day that is written so, the n-th time it is.
    fn fault(&mut self, written: &str, nth: usize, why: Why) {
        let quoted = format!("\"{written}\"");
        let place = self.text.match_indices(&quoted).nth(nth);
        let before = place.and_then(|(at, _)| self.text.get(..at));
        let breaks = before.map_or(0, |before| before.matches('\n').count());
        let line = u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1);
        self.faults.push(HolidayFault::new(line, why));
    }
}

/// What is wrong with a file of holidays, and in which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolidayFault {
    /// The line, from 1.
    pub line: u32,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    TooLong,
    NotTheShape(String),
    NotADay(String),
    OtherYear(Day, i32),
    Nameless(Day),
    OffAtWeekend(Day),
    WorkOnWeekday(Day),
    Twice(Day),
}

impl HolidayFault {
    const fn new(line: u32, why: Why) -> Self {
        Self { line, why }
    }

    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match &self.why {
            Why::TooLong => "too_long",
            Why::NotTheShape(_) => "syntax",
            Why::NotADay(_) => "not_a_day",
            Why::OtherYear(..) => "other_year",
            Why::Nameless(_) => "no_name",
            Why::OffAtWeekend(_) => "off_at_weekend",
            Why::WorkOnWeekday(_) => "work_on_weekday",
            Why::Twice(_) => "twice",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match &self.why {
            Why::TooLong => format!("文件超过 {TEXT_MAX} 字节"),
            Why::NotTheShape(why) => format!("不是节假日文件：{why}"),
            Why::NotADay(text) => format!("“{text}”不是日期，例如 2026-10-01"),
            Why::OtherYear(day, year) => format!("{day} 不在 {year} 年"),
            Why::Nameless(day) => format!("{day} 缺少中文或英文名称"),
            Why::OffAtWeekend(day) => format!("{day} 是周末，本来就休息：只写工作日的休息日"),
            Why::WorkOnWeekday(day) => format!("{day} 不是周末，本来就上班：只写周末的调休上班日"),
            Why::Twice(day) => format!("{day} 出现了两次"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        match &self.why {
            Why::TooLong => format!("the file is longer than {TEXT_MAX} bytes"),
            Why::NotTheShape(why) => format!("not a file of holidays: {why}"),
            Why::NotADay(text) => format!("`{text}` is not a day such as 2026-10-01"),
            Why::OtherYear(day, year) => format!("{day} is not in {year}"),
            Why::Nameless(day) => format!("{day} has no name in one of the two languages"),
            Why::OffAtWeekend(day) => {
                format!(
                    "{day} is at a weekend and off anyway: only weekdays that are off stand here"
                )
            }
            Why::WorkOnWeekday(day) => {
                format!(
                    "{day} is a weekday and worked anyway: only weekend days of work stand here"
                )
            }
            Why::Twice(day) => format!("{day} stands here twice"),
        }
    }
}

impl fmt::Display for HolidayFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "line {}: {}: {}",
            self.line,
            self.code(),
            self.en()
        )
    }
}

#[cfg(test)]
mod tests;
