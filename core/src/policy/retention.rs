//! How long each kind of record is kept (RET-01 to RET-06, X-22). The figures of the law are the most: a shop may keep less,
//! and one that would keep more does not load. Days are local days of the programme's zone, months those of the calendar.

use core::fmt;
use core::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::domain::time::Day;

/// A figure that a shop may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Months from a sale on for which it, its lots, its day's sums and the ledger's entries are kept (RET-02: 5 years).
    Sales,
    /// Months for which rows of the journal are kept (RET-02).
    Journal,
    /// Months after the last purchase for which a member is kept (RET-03: 3 years).
    Inactive,
    /// Days before that on which the member is told.
    Notice,
    /// Days for which the number of an identity document is kept, when nobody ends its use before (RET-05: 30).
    Identity,
    /// Months after their end for which requests and complaints are kept (RET-04: 2 years).
    Tickets,
    /// Days for which log-ins are kept (AUD-01: more than 30).
    Logins,
}

impl Figure {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sales,
        Self::Journal,
        Self::Inactive,
        Self::Notice,
        Self::Identity,
        Self::Tickets,
        Self::Logins,
    ];

    /// The least and the most that it may be.
    pub const fn bounds(self) -> RangeInclusive<u32> {
        match self {
            Self::Sales | Self::Journal => 12..=60,
            Self::Inactive => 3..=36,
            Self::Notice => 30..=90,
            Self::Identity => 1..=30,
            Self::Tickets => 1..=24,
            Self::Logins => 30..=3_650,
        }
    }

    /// What it is where the shop says nothing.
    pub const fn default_value(self) -> u32 {
        match self {
            Self::Sales | Self::Journal => 60,
            Self::Inactive => 36,
            Self::Notice | Self::Identity => 30,
            Self::Tickets => 24,
            Self::Logins => 190,
        }
    }

    /// The word for it in settings.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sales => "sales_months",
            Self::Journal => "journal_months",
            Self::Inactive => "inactive_months",
            Self::Notice => "notice_days",
            Self::Identity => "identity_days",
            Self::Tickets => "tickets_months",
            Self::Logins => "login_days",
        }
    }
}

/// The figures that a shop goes by, each within its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionPolicy {
    sales: u32,
    journal: u32,
    inactive: u32,
    notice: u32,
    identity: u32,
    tickets: u32,
    logins: u32,
}

impl Default for RetentionPolicy {
    /// The figures of the law.
    fn default() -> Self {
        Self {
            sales: Figure::Sales.default_value(),
            journal: Figure::Journal.default_value(),
            inactive: Figure::Inactive.default_value(),
            notice: Figure::Notice.default_value(),
            identity: Figure::Identity.default_value(),
            tickets: Figure::Tickets.default_value(),
            logins: Figure::Logins.default_value(),
        }
    }
}

impl RetentionPolicy {
    /// The same with one figure set.
    ///
    /// # Errors
    /// [`OutOfBounds`] when it would be kept longer than it may, or shorter than it must.
    pub fn with(mut self, figure: Figure, value: u32) -> Result<Self, OutOfBounds> {
        if !figure.bounds().contains(&value) {
            return Err(OutOfBounds { figure, value });
        }
        let place = match figure {
            Figure::Sales => &mut self.sales,
            Figure::Journal => &mut self.journal,
            Figure::Inactive => &mut self.inactive,
            Figure::Notice => &mut self.notice,
            Figure::Identity => &mut self.identity,
            Figure::Tickets => &mut self.tickets,
            Figure::Logins => &mut self.logins,
        };
        *place = value;
        Ok(self)
    }

    /// A figure.
    pub const fn of(&self, figure: Figure) -> u32 {
        match figure {
            Figure::Sales => self.sales,
            Figure::Journal => self.journal,
            Figure::Inactive => self.inactive,
            Figure::Notice => self.notice,
            Figure::Identity => self.identity,
            Figure::Tickets => self.tickets,
            Figure::Logins => self.logins,
        }
    }

    /// Whether sales outlive every rule that may look at them: a refund, or a retry, within so many days.
    pub fn outlives(&self, window_days: u32) -> bool {
        // The shortest month has 28 days, and a sale's own day counts in full.
        window_days.saturating_add(2) < self.sales.saturating_mul(28)
    }

    /// The day on which a member goes who has bought nothing since `last`, and was told on `told`.
    pub fn erasure_day(&self, last: Day, told: Day) -> Option<Day> {
        let over = last.plus_months(self.inactive)?;
        Some(over.max(told.plus_days(self.notice)?))
    }

    /// Whether a member who has bought nothing since `last` is to be told today.
    pub fn is_to_be_told(&self, last: Day, today: Day) -> bool {
        let over = last.plus_months(self.inactive);
        over.zip(today.plus_days(self.notice))
            .is_some_and(|(over, soon)| over <= soon)
    }
}

/// The last day whose records were kept for so many months, as of `today`: what is of that day or an earlier one goes.
pub fn last_day_over(today: Day, months: u32) -> Option<Day> {
    let is_over = |day: &Day| day.plus_months(months).is_some_and(|end| end <= today);
    let mut last = today.minus_months(months).filter(is_over)?;
    // A day that a shorter month does not have ends with that month: at most three of them end on one day.
    while let Some(next) = last.plus_days(1).filter(is_over) {
        last = next;
    }
    Some(last)
}

/// A figure beyond what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is {} to {}, not {value}", figure.word(), figure.bounds().start(), figure.bounds().end())]
pub struct OutOfBounds {
    /// Which.
    pub figure: Figure,
    /// What it was to be.
    pub value: u32,
}

/// A kind of record that is destroyed when its time is over. Stored by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RecordKind {
    /// Sales with their lines.
    Sales,
    /// Lots that are spent and that nothing names any more.
    Lots,
    /// Sums of a local day.
    DaySums,
    /// Holds.
    Holds,
    /// Entries of the ledger, whose sum is carried forward.
    Entries,
    /// Rows of the journal, whose sums are carried forward.
    Journal,
    /// Answers under idempotency keys.
    Answers,
    /// Tills' receipts that lead to answers.
    BusinessKeys,
    /// Sale tokens.
    SaleTokens,
    /// Log-ins.
    Logins,
    /// Members who bought nothing for so long, with everything of theirs.
    Members,
    /// Numbers of identity documents.
    IdentityNumbers,
    /// Requests and complaints.
    Tickets,
}

impl RecordKind {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Sales,
        Self::Lots,
        Self::DaySums,
        Self::Holds,
        Self::Entries,
        Self::Journal,
        Self::Answers,
        Self::BusinessKeys,
        Self::SaleTokens,
        Self::Logins,
        Self::Members,
        Self::IdentityNumbers,
        Self::Tickets,
    ];

    /// The word for machines: added, never changed.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Lots => "lots",
            Self::DaySums => "day_sums",
            Self::Holds => "holds",
            Self::Entries => "entries",
            Self::Journal => "journal",
            Self::Answers => "answers",
            Self::BusinessKeys => "business_keys",
            Self::SaleTokens => "sale_tokens",
            Self::Logins => "logins",
            Self::Members => "members",
            Self::IdentityNumbers => "identity_numbers",
            Self::Tickets => "tickets",
        }
    }

    /// Its name in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Sales => "交易",
            Self::Lots => "积分批次",
            Self::DaySums => "当日累计",
            Self::Holds => "预扣",
            Self::Entries => "流水",
            Self::Journal => "总账",
            Self::Answers => "回执",
            Self::BusinessKeys => "小票号",
            Self::SaleTokens => "交易令牌",
            Self::Logins => "登录记录",
            Self::Members => "会员",
            Self::IdentityNumbers => "证件号码",
            Self::Tickets => "请求与投诉",
        }
    }

    /// Its name in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Lots => "lots",
            Self::DaySums => "sums of a day",
            Self::Holds => "holds",
            Self::Entries => "entries",
            Self::Journal => "journal rows",
            Self::Answers => "answers",
            Self::BusinessKeys => "receipt numbers",
            Self::SaleTokens => "sale tokens",
            Self::Logins => "log-ins",
            Self::Members => "members",
            Self::IdentityNumbers => "identity numbers",
            Self::Tickets => "requests and complaints",
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::new(text.parse().unwrap())
    }

    #[test]
    fn a_figure_may_be_shortened_and_never_lengthened() {
        let default = RetentionPolicy::default();
        for figure in Figure::ALL {
            let bounds = figure.bounds();
            for (value, fits) in [
                (bounds.start() - 1, false),
                (*bounds.start(), true),
                (*bounds.end(), true),
                (bounds.end() + 1, false),
            ] {
                let set = default.with(figure, value);
                assert_eq!(set.is_ok(), fits, "{figure:?} {value}");
                assert!(set.is_err() || set.unwrap().of(figure) == value);
            }
            assert_eq!(default.of(figure), figure.default_value());
        }
        let most = [
            (Figure::Sales, 60),
            (Figure::Inactive, 36),
            (Figure::Identity, 30),
            (Figure::Tickets, 24),
        ];
        for (figure, law) in most {
            assert_eq!(*figure.bounds().end(), law, "the law's figure: {figure:?}");
        }
    }

    #[test]
    fn a_day_is_over_when_the_same_day_comes_after_so_many_months() {
        for (today, last) in [
            ("2022-03-01", "2017-03-01"),
            ("2022-02-28", "2017-02-28"),
            ("2021-02-28", "2016-02-29"),
            ("2021-02-27", "2016-02-27"),
            ("2024-02-29", "2019-02-28"),
            ("2024-02-28", "2019-02-28"),
            ("2024-03-01", "2019-03-01"),
        ] {
            assert_eq!(last_day_over(day(today), 60), Some(day(last)), "{today}");
        }
        // 28 to 31 January all end with February.
        assert_eq!(last_day_over(day("2021-02-28"), 1), Some(day("2021-01-31")));
        assert_eq!(last_day_over(day("2021-02-27"), 1), Some(day("2021-01-27")));
    }

    #[test]
    fn sales_outlive_the_refund_window() {
        let default = RetentionPolicy::default();
        assert!(default.outlives(400));
        assert!(!default.outlives(3_650));
        let short = default.with(Figure::Sales, 12).unwrap();
        assert!(short.outlives(333) && !short.outlives(334));
    }

    #[test]
    fn a_member_is_told_before_and_goes_on_the_later_day() {
        let policy = RetentionPolicy::default();
        let last = day("2017-03-01");
        assert!(!policy.is_to_be_told(last, day("2020-01-30")));
        assert!(policy.is_to_be_told(last, day("2020-01-31")));
        let told = |text| policy.erasure_day(last, day(text)).unwrap();
        assert_eq!(told("2020-01-31"), day("2020-03-01"));
        assert_eq!(told("2020-02-20"), day("2020-03-21"));
    }
}
