//! For how long data is kept. The figures are the longest that the rules allow: a shop may keep data for less time, never
//! for more (X-22, RET-01).

use crate::policy::notice::Language;

/// The figure that a field goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Retention {
    /// Who the member is (RET-03).
    Member,
    /// What was bought, and what became of it (RET-02).
    Transaction,
    /// Requests, complaints and answers (RET-04).
    Service,
    /// The number of an identity document (RET-05).
    Identity,
    /// Records of log-ins (AUD-01).
    Logins,
    /// Until its consent is withdrawn, and no longer than [`Retention::Member`].
    UntilWithdrawn,
    /// In memory, for some minutes.
    Memory,
}

/// A length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// Days of 24 hours.
    Days(u32),
    /// Years of the calendar.
    Years(u32),
}

impl Period {
    /// At least so many days: a year may have 365.
    pub const fn days_at_least(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::Years(years) => years.saturating_mul(365),
        }
    }

    /// At most so many days: a year may have 366.
    pub const fn days_at_most(self) -> u32 {
        match self {
            Self::Days(days) => days,
            Self::Years(years) => years.saturating_mul(366),
        }
    }

    /// For people: `3 年`, `30 天`; `3 years`, `30 days`.
    pub fn words(self, language: Language) -> String {
        match (self, language) {
            (Self::Days(days), Language::Zh) => format!("{days} 天"),
            (Self::Years(years), Language::Zh) => format!("{years} 年"),
            (Self::Days(1), Language::En) => "1 day".to_owned(),
            (Self::Years(1), Language::En) => "1 year".to_owned(),
            (Self::Days(days), Language::En) => format!("{days} days"),
            (Self::Years(years), Language::En) => format!("{years} years"),
        }
    }
}

/// The fewest days for which log-ins are kept (AUD-01).
const LOGINS_LEAST: u32 = 30;

/// For how long this shop keeps data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetentionSchedule {
    member: Period,
    transaction: Period,
    service: Period,
    identity: Period,
    logins: Period,
}

impl Default for RetentionSchedule {
    /// The longest that the rules allow: 3 years after the last purchase, 5 years after a purchase, 2 years after the end of
    /// a service, 30 days for identity numbers (R40 三(一)), 190 days for log-ins.
    fn default() -> Self {
        Self {
            member: Period::Years(3),
            transaction: Period::Years(5),
            service: Period::Years(2),
            identity: Period::Days(30),
            logins: Period::Days(190),
        }
    }
}

/// A figure that no shop may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// It is longer than the rules allow.
    #[error("no data of this kind is kept for longer than {0:?}")]
    TooLong(Period),
    /// It is shorter than the rules allow.
    #[error("data of this kind is kept for at least {0:?}")]
    TooShort(Period),
    /// It has no figure of its own.
    #[error("this kind of data has no figure of its own")]
    NoFigure,
}

impl RetentionSchedule {
    /// The figure for a kind of data; none for what has none of its own.
    pub const fn period(&self, retention: Retention) -> Option<Period> {
        match retention {
            Retention::Member => Some(self.member),
            Retention::Transaction => Some(self.transaction),
            Retention::Service => Some(self.service),
            Retention::Identity => Some(self.identity),
            Retention::Logins => Some(self.logins),
            Retention::UntilWithdrawn | Retention::Memory => None,
        }
    }

    /// The schedule with another figure, which is at most the longest that the rules allow.
    ///
    /// # Errors
    /// [`RetentionError`]: nothing is changed.
    pub fn with(self, retention: Retention, period: Period) -> Result<Self, RetentionError> {
        let longest = Self::default().period(retention);
        let longest = longest.ok_or(RetentionError::NoFigure)?;
        let least = match retention {
            Retention::Logins => Period::Days(LOGINS_LEAST),
            Retention::Member
            | Retention::Transaction
            | Retention::Service
            | Retention::Identity
            | Retention::UntilWithdrawn
            | Retention::Memory => Period::Days(1),
        };
        // Two figures in years are compared as years: 3 years are 3 years, leap year or not.
        let is_within = match (period, longest) {
            (Period::Years(period), Period::Years(longest)) => period <= longest,
            (period, longest) => period.days_at_most() <= longest.days_at_least(),
        };
        if !is_within {
            return Err(RetentionError::TooLong(longest));
        }
        if period.days_at_least() < least.days_at_least() {
            return Err(RetentionError::TooShort(least));
        }
        let mut changed = self;
        match retention {
            Retention::Member => changed.member = period,
            Retention::Transaction => changed.transaction = period,
            Retention::Service => changed.service = period,
            Retention::Identity => changed.identity = period,
            Retention::Logins => changed.logins = period,
            Retention::UntilWithdrawn | Retention::Memory => return Err(RetentionError::NoFigure),
        }
        Ok(changed)
    }

    /// For people: from when a figure counts, and the figure.
    pub fn words(&self, retention: Retention, language: Language) -> String {
        let for_ = |period: Period| period.words(language);
        match (retention, language) {
            (Retention::Member, Language::Zh) => {
                format!("最后一次消费后 {}，或至您注销", for_(self.member))
            }
            (Retention::Transaction, Language::Zh) => {
                format!("交易完成后 {}", for_(self.transaction))
            }
            (Retention::Service, Language::Zh) => format!("服务结束后 {}", for_(self.service)),
            (Retention::Identity, Language::Zh) => {
                format!("业务办结即删，最多 {}", for_(self.identity))
            }
            (Retention::UntilWithdrawn, Language::Zh) => "至您撤回同意".to_owned(),
            (Retention::Memory, Language::Zh) => "仅在内存中，数分钟".to_owned(),
            (Retention::Member, Language::En) => {
                format!(
                    "{} after your last purchase, or until you leave",
                    for_(self.member)
                )
            }
            (Retention::Transaction, Language::En) => {
                format!("{} after the purchase", for_(self.transaction))
            }
            (Retention::Service, Language::En) => {
                format!("{} after the service ended", for_(self.service))
            }
            (Retention::Identity, Language::En) => {
                format!("until the operation ends, at most {}", for_(self.identity))
            }
            (Retention::Logins, _) => for_(self.logins),
            (Retention::UntilWithdrawn, Language::En) => {
                "until you take the consent back".to_owned()
            }
            (Retention::Memory, Language::En) => "in memory only, for minutes".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A figure is taken, or refused for this.
    fn check(retention: Retention, period: Period, expected: Result<(), RetentionError>) {
        let set = RetentionSchedule::default().with(retention, period);
        assert_eq!(set.map(|_| ()), expected, "{retention:?} {period:?}");
        if let Ok(schedule) = set {
            assert_eq!(schedule.period(retention), Some(period));
        }
    }

    /// X-22, both sides of each edge.
    #[test]
    fn a_shop_may_shorten_and_never_lengthen() {
        use Period::{Days, Years};
        for (retention, longest, above) in [
            (Retention::Member, Years(3), Years(4)),
            (Retention::Member, Days(1_095), Days(1_096)),
            (Retention::Transaction, Years(5), Years(6)),
            (Retention::Service, Years(2), Years(3)),
            (Retention::Identity, Days(30), Days(31)),
            (Retention::Logins, Days(190), Days(191)),
        ] {
            let figure = RetentionSchedule::default().period(retention).unwrap();
            check(retention, longest, Ok(()));
            check(retention, above, Err(RetentionError::TooLong(figure)));
        }
        check(Retention::Member, Days(1), Ok(()));
        let too_short = Err(RetentionError::TooShort(Days(1)));
        check(Retention::Member, Days(0), too_short);
        check(Retention::Logins, Days(30), Ok(()));
        check(
            Retention::Logins,
            Days(29),
            Err(RetentionError::TooShort(Days(30))),
        );
        // A year is never taken for a way around a figure in days.
        let figure = Err(RetentionError::TooLong(Days(30)));
        check(Retention::Identity, Years(1), figure);
        check(Retention::Memory, Days(1), Err(RetentionError::NoFigure));
    }
}
