//! Reading one value of a programme file: its type, its range, and the sentence when it has neither.

use core::ops::RangeInclusive;

use toml_edit::Value;

use super::fault::FaultCode;
use super::read::{Read, Reader, Spot, nearest};
use crate::domain::basket::LABEL_MAX;
use crate::domain::money::{Money, MoneyError};
use crate::domain::points::Points;
use crate::domain::time::{Day, Moment};

/// The longest id, in bytes.
const ID_MAX: usize = 32;
/// The most entries in one list.
const LABELS_MAX: usize = 1_000;

impl<'t> Reader<'t> {
    /// A string as it stands.
    pub(super) fn string(&mut self, spot: Spot<'t>) -> Option<&'t str> {
        let text = spot.value().and_then(Value::as_str);
        if text.is_none() {
            self.wrong_type(spot, "字符串", "a string in quotes")
        } else {
            text
        }
    }

    /// A name for people or a label of the shop: not empty, at most 64 bytes, no control characters.
    pub(super) fn label(&mut self, spot: Spot<'t>) -> Option<String> {
        let text = self.string(spot)?;
        if !text.trim().is_empty() && text.len() <= LABEL_MAX && !text.chars().any(char::is_control)
        {
            return Some(text.to_owned());
        }
        let key = spot.key;
        self.fault(
            spot.line,
            FaultCode::BadText,
            format!("“{key}”应为 1 到 {LABEL_MAX} 个字节的文字，不含控制字符"),
            format!("`{key}` must be a text of 1 to {LABEL_MAX} bytes without control characters"),
        );
        None
    }

    /// A name for machines: lower-case letters, digits and hyphens.
    pub(super) fn id(&mut self, spot: Spot<'t>) -> Option<String> {
        let text = self.string(spot)?;
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=ID_MAX).contains(&text.len()) && text.bytes().all(fits) {
            return Some(text.to_owned());
        }
        let key = spot.key;
        self.fault(
            spot.line,
            FaultCode::BadText,
            format!("“{key}”应为 1 到 {ID_MAX} 个小写字母、数字或连字符"),
            format!("`{key}` must be 1 to {ID_MAX} lower-case letters, digits or hyphens"),
        );
        None
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, spot: Spot<'t>, words: &[(&str, T)]) -> Option<T> {
        let text = self.string(spot)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let (key, near) = (spot.key, nearest(text, &known));
        self.fault(
            spot.line,
            FaultCode::UnknownWord,
            format!("“{key}”不能是“{text}”；最接近的是“{near}”"),
            format!("`{key}` cannot be `{text}`; the nearest known word is `{near}`"),
        );
        None
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, spot: Spot<'t>) -> Option<bool> {
        let flag = spot.value().and_then(Value::as_bool);
        if flag.is_none() {
            self.wrong_type(spot, " true 或 false", "true or false")
        } else {
            flag
        }
    }

    /// A whole number within a range.
    pub(super) fn whole(&mut self, spot: Spot<'t>, range: &RangeInclusive<i64>) -> Option<i64> {
        let Some(number) = spot.value().and_then(Value::as_integer) else {
            return self.wrong_type(spot, "不带引号的整数", "a whole number without quotes");
        };
        if range.contains(&number) {
            return Some(number);
        }
        let (start, end) = (range.start(), range.end());
        self.out_of_range(
            spot,
            &format!("在 {start} 到 {end} 之间"),
            &format!("between {start} and {end}"),
        )
    }

    /// A whole number of days, months or minutes.
    pub(super) fn count(&mut self, spot: Spot<'t>, range: &RangeInclusive<i64>) -> Option<u32> {
        self.whole(spot, range)
            .and_then(|number| u32::try_from(number).ok())
    }

    /// A number of points from `least` up.
    pub(super) fn points(&mut self, spot: Spot<'t>, least: i64) -> Option<Points> {
        self.whole(spot, &(least..=Points::MAX.count()))
            .and_then(Points::new)
    }

    /// A decimal in quotes with at most `places` decimals, above zero, as a number of its last places.
    pub(super) fn decimal(&mut self, spot: Spot<'t>, places: u32) -> Option<i64> {
        let Some(text) = spot.value().and_then(Value::as_str) else {
            return self.wrong_type(
                spot,
                "带引号的十进制数（如 \"1.50\"），这样数值才是精确的",
                "an exact decimal in quotes, such as \"1.50\"",
            );
        };
        match Money::parse(text, places) {
            Ok(amount) if amount < Money::ZERO => self.out_of_range(spot, "不小于 0", "0 or above"),
            Ok(amount) => Some(amount.minor()),
            Err(MoneyError::NotANumber) => self.unreadable(
                spot,
                "不是普通的十进制数，例如 \"12.30\"",
                "is not a plain decimal such as \"12.30\"",
            ),
            Err(MoneyError::TooFine) => self.unreadable(
                spot,
                &format!("的小数位数不能超过 {places}"),
                &format!("may have {places} decimals at most"),
            ),
            Err(MoneyError::TooLarge) => self.out_of_range(spot, "小一些", "smaller"),
        }
    }

    /// As [`Reader::decimal`], within a range of last places that is said as `from` to `to`.
    pub(super) fn decimal_within(
        &mut self,
        spot: Spot<'t>,
        places: u32,
        range: &RangeInclusive<i64>,
        to: &str,
    ) -> Option<i64> {
        let number = self.decimal(spot, places)?;
        if range.contains(&number) {
            return Some(number);
        }
        self.out_of_range(
            spot,
            &format!("大于 0 且不大于 {to}"),
            &format!("above 0 and at most {to}"),
        )
    }

    /// An amount of money, 0 or above.
    pub(super) fn money(&mut self, spot: Spot<'t>, exponent: u32) -> Option<Money> {
        self.decimal(spot, exponent).map(Money::from_minor)
    }

    /// An amount of money above zero.
    pub(super) fn some_money(&mut self, spot: Spot<'t>, exponent: u32) -> Option<Money> {
        let amount = self.money(spot, exponent)?;
        if amount == Money::ZERO {
            self.out_of_range(spot, "大于 0", "above 0")
        } else {
            Some(amount)
        }
    }

    /// A local date.
    pub(super) fn day(&mut self, spot: Spot<'t>) -> Option<Day> {
        let date = spot
            .value()
            .and_then(Value::as_datetime)
            .filter(|time| time.time.is_none() && time.offset.is_none());
        let Some(date) = date else {
            return self.wrong_type(
                spot,
                "不带引号的日期（如 2017-11-11）",
                "a date without quotes, such as 2017-11-11",
            );
        };
        let day = date.to_string().parse().ok().map(Day::new);
        if day.is_none() {
            self.unreadable(spot, "不是有效的日期", "is not a date")
        } else {
            day
        }
    }

    /// A time with an offset, in quotes or without.
    pub(super) fn moment(&mut self, spot: Spot<'t>) -> Option<Moment> {
        let value = spot.value();
        let time = value.and_then(Value::as_datetime).map(ToString::to_string);
        let Some(text) = time.or_else(|| value.and_then(Value::as_str).map(str::to_owned)) else {
            return self.wrong_type(
                spot,
                "带时区偏移的时间（如 2017-01-01T00:00:00+08:00）",
                "a time with an offset, such as 2017-01-01T00:00:00+08:00",
            );
        };
        let moment = text.parse().ok();
        if moment.is_some() {
            return moment;
        }
        self.unreadable(
            spot,
            "应写成带时区偏移的时间，如 2017-01-01T00:00:00+08:00，年份在 1970 到 9000 之间",
            "must be a time with an offset, such as 2017-01-01T00:00:00+08:00, between the years 1970 and 9000",
        )
    }

    /// A list, each entry read by `read` and none of them twice.
    pub(super) fn list_of<T: PartialEq>(
        &mut self,
        spot: Spot<'t>,
        read: Read<'_, 't, T>,
    ) -> Option<Vec<T>> {
        let Some(array) = spot.value().and_then(Value::as_array) else {
            return self.wrong_type(spot, "数组", "a list in square brackets");
        };
        if LABELS_MAX < array.len() {
            self.fault(
                spot.line,
                FaultCode::TooMany,
                format!("“{}”最多 {LABELS_MAX} 项", spot.key),
                format!("`{}` may have {LABELS_MAX} entries at most", spot.key),
            );
            return None;
        }
        let mut values = Vec::new();
        for entry in array {
            let line = self.line_of(entry.span());
            let Some(value) = read(self, spot.with(entry, line)) else {
                continue;
            };
            if values.contains(&value) {
                self.fault(
                    line,
                    FaultCode::Duplicate,
                    format!("“{}”里有重复的一项", spot.key),
                    format!("`{}` names one entry twice", spot.key),
                );
            }
            values.push(value);
        }
        (values.len() == array.len()).then_some(values)
    }
}
