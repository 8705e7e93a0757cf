//! Moments and local days. Reading a clock is not done here: time is a parameter (semantics 2).

use core::fmt;
use core::str::FromStr;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, SecondsFormat, TimeZone};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Moment(i64);

/// Why a text is not a moment or a day that the engine works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2017-01-31T09:30:00+08:00 between the years 1970 and 9000")]
pub struct TimeError;

impl Moment {
    /// The first moment of 1970, before every command.
    pub const EPOCH: Self = Self(0);
    /// The last moment a command may name (start of the year 9000), so that lifetimes added to it stay in the calendar.
    pub const MAX: Self = Self(221_845_392_000_000);

    /// A moment from its milliseconds since 1970 UTC.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970 UTC.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The moment `millis` later, held at the end of the number range.
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The moment a number of 24-hour days later.
    pub fn plus_days(self, days: u32) -> Self {
        self.plus_millis(i64::from(days).saturating_mul(MILLIS_A_DAY))
    }

    /// The moment a number of minutes later.
    pub fn plus_minutes(self, minutes: u32) -> Self {
        self.plus_millis(i64::from(minutes).saturating_mul(60_000))
    }

    /// RFC 3339 in UTC: `2017-01-31T01:30:00Z`, with milliseconds only when there are some.
    pub fn to_rfc3339(self) -> String {
        DateTime::from_timestamp_millis(self.0).map_or_else(
            || format!("{}ms", self.0),
            |time| time.to_rfc3339_opts(SecondsFormat::AutoSi, true),
        )
    }
}

/// Milliseconds in 24 hours.
pub const MILLIS_A_DAY: i64 = 86_400_000;

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_rfc3339())
    }
}

impl FromStr for Moment {
    type Err = TimeError;

    /// Reads RFC 3339 with an offset.
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError)?;
        let moment = Self(time.timestamp_millis());
        if Self::EPOCH <= moment && moment <= Self::MAX {
            Ok(moment)
        } else {
            Err(TimeError)
        }
    }
}

/// A calendar day in the programme's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(NaiveDate);

impl Day {
    /// A day from its date.
    pub const fn new(date: NaiveDate) -> Self {
        Self(date)
    }

    /// A day of the calendar.
    pub fn from_ymd(year: i32, month: u32, day: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, day).map(Self)
    }

    /// The date.
    pub const fn date(self) -> NaiveDate {
        self.0
    }

    /// Days since 0001-01-01 (which is day 1): the form for rows and keys.
    pub fn number(self) -> i32 {
        self.0.num_days_from_ce()
    }

    /// The day with that number.
    pub fn from_number(number: i32) -> Option<Self> {
        NaiveDate::from_num_days_from_ce_opt(number).map(Self)
    }

    /// The same day of the month some months later; the 31st becomes the last day of a shorter month (semantics 2).
    pub fn plus_months(self, months: u32) -> Option<Self> {
        self.0.checked_add_months(Months::new(months)).map(Self)
    }

    /// The same day of the month some months earlier; the 31st becomes the last day of a shorter month.
    pub fn minus_months(self, months: u32) -> Option<Self> {
        self.0.checked_sub_months(Months::new(months)).map(Self)
    }

    /// The day some days later.
    pub fn plus_days(self, days: u32) -> Option<Self> {
        self.0
            .checked_add_days(Days::new(u64::from(days)))
            .map(Self)
    }

    /// The last day of this day's month.
    pub fn month_end(self) -> Option<Self> {
        self.0
            .with_day(1)?
            .checked_add_months(Months::new(1))?
            .pred_opt()
            .map(Self)
    }

    /// The last day of this day's year.
    pub fn year_end(self) -> Option<Self> {
        NaiveDate::from_ymd_opt(self.0.year(), 12, 31).map(Self)
    }

    /// The month, as `year × 12 + month − 1`.
    pub fn month(self) -> Month {
        let zero_based = i32::try_from(self.0.month0()).unwrap_or(0);
        Month(self.0.year().saturating_mul(12).saturating_add(zero_based))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(self.number())
    }
}

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = i32::deserialize(deserializer)?;
        Self::from_number(number).ok_or_else(|| serde::de::Error::custom("no such day"))
    }
}

/// A calendar month, as `year × 12 + month − 1`: by these the liability is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Month(pub i32);

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = (
            self.0.div_euclid(12),
            self.0.rem_euclid(12).saturating_add(1),
        );
        write!(formatter, "{year:04}-{month:02}")
    }
}

/// An IANA time zone: where the programme's days begin and end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Self = Self(Tz::UTC);

    /// The local day at a moment.
    pub fn day_of(self, moment: Moment) -> Day {
        let utc = DateTime::from_timestamp_millis(moment.0).unwrap_or(DateTime::UNIX_EPOCH);
        Day(utc.with_timezone(&self.0).date_naive())
    }

    /// A moment as a clock on the wall shows it there, to the minute: `2026-11-25 18:30`.
    pub fn display(self, moment: Moment) -> String {
        let utc = DateTime::from_timestamp_millis(moment.0).unwrap_or(DateTime::UNIX_EPOCH);
        let local = utc.with_timezone(&self.0);
        local.format("%Y-%m-%d %H:%M").to_string()
    }

    /// The first moment of a local day. Where a clock change skips midnight, the first moment after it.
    pub fn start_of(self, day: Day) -> Moment {
        let midnight = day.0.and_time(NaiveTime::MIN);
        // No zone has ever skipped more than a day, so a quarter of an hour at a time finds the first valid one.
        let mut quarters = core::iter::successors(Some(midnight), |time| {
            time.checked_add_signed(chrono::TimeDelta::minutes(15))
        })
        .take(97);
        let first = quarters.find_map(|time| self.0.from_local_datetime(&time).earliest());
        Moment(first.map_or_else(
            || midnight.and_utc().timestamp_millis(),
            |t| t.timestamp_millis(),
        ))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        name.parse().map(Self).map_err(|_| UnknownZone)
    }
}

/// Not the name of a zone in the IANA data base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an IANA time zone such as Asia/Shanghai")]
pub struct UnknownZone;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_local_midnight_or_where_a_clock_change_lets_it() {
        let cases = [
            ("Asia/Shanghai", "2017-11-11", "2017-11-10T16:00:00Z"),
            ("UTC", "2017-11-11", "2017-11-11T00:00:00Z"),
            // Midnight does not exist here: the clock goes from 23:59 to 01:00.
            ("America/Sao_Paulo", "2017-10-15", "2017-10-15T03:00:00Z"),
            // A whole day does not exist here.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"),
        ];
        for (zone, day, start) in cases {
            let zone: Zone = zone.parse().unwrap();
            let day = Day::new(day.parse().unwrap());
            assert_eq!(zone.start_of(day).to_string(), start, "{zone} {day}");
        }
    }

    #[test]
    fn a_moment_needs_an_offset_and_a_sane_year() {
        assert_eq!(
            "1970-01-01T08:00:00+08:00".parse::<Moment>(),
            Ok(Moment::EPOCH)
        );
        for text in [
            "2017-01-01",
            "2017-01-01T00:00:00",
            "9999-01-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(TimeError), "{text}");
        }
    }
}
