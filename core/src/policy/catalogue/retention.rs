//! For how long a field is kept, by the shop's figures, and in words for people (RET-01).

use crate::policy::notice::Language;
use crate::policy::retention::{Figure, RetentionPolicy};

/// What ends the keeping of a field.
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

impl Retention {
    /// The figure that it goes by; none for what has none of its own.
    pub const fn figure(self) -> Option<Figure> {
        match self {
            Self::Member => Some(Figure::Inactive),
            Self::Transaction => Some(Figure::Sales),
            Self::Service => Some(Figure::Tickets),
            Self::Identity => Some(Figure::Identity),
            Self::Logins => Some(Figure::Logins),
            Self::UntilWithdrawn | Self::Memory => None,
        }
    }

    /// For people: its figure; empty for what has none.
    pub fn period(self, policy: &RetentionPolicy, language: Language) -> String {
        let figure = self.figure();
        figure.map_or_else(String::new, |figure| period(policy, figure, language))
    }

    /// For people: from when the figure counts, and the figure.
    pub fn words(self, policy: &RetentionPolicy, language: Language) -> String {
        let period = self.period(policy, language);
        match (self, language) {
            (Self::Member, Language::Zh) => format!("最后一次消费后 {period}，或至您注销"),
            (Self::Transaction, Language::Zh) => format!("交易完成后 {period}"),
            (Self::Service, Language::Zh) => format!("服务结束后 {period}"),
            (Self::Identity, Language::Zh) => format!("业务办结即删，最多 {period}"),
            (Self::Logins, Language::Zh | Language::En) => period,
            (Self::UntilWithdrawn, Language::Zh) => "至您撤回同意".to_owned(),
            (Self::Memory, Language::Zh) => "仅在内存中，数分钟".to_owned(),
            (Self::Member, Language::En) => {
                format!("{period} after your last purchase, or until you leave")
            }
            (Self::Transaction, Language::En) => format!("{period} after the purchase"),
            (Self::Service, Language::En) => format!("{period} after the service ended"),
            (Self::Identity, Language::En) => {
                format!("until the operation ends, at most {period}")
            }
            (Self::UntilWithdrawn, Language::En) => "until you take the consent back".to_owned(),
            (Self::Memory, Language::En) => "in memory only, for minutes".to_owned(),
        }
    }
}

/// `3 年`, `18 个月`, `30 天`; `3 years`, `18 months`, `30 days`.
fn period(policy: &RetentionPolicy, figure: Figure, language: Language) -> String {
    let count = policy.of(figure);
    let years = count.div_euclid(12);
    let (count, zh, en) = match figure {
        Figure::Notice | Figure::Identity | Figure::Logins => (count, "天", "day"),
        Figure::Sales | Figure::Journal | Figure::Inactive | Figure::Tickets => {
            if count.rem_euclid(12) == 0 {
                (years, "年", "year")
            } else {
                (count, "个月", "month")
            }
        }
    };
    match language {
        Language::Zh => format!("{count} {zh}"),
        Language::En if count == 1 => format!("1 {en}"),
        Language::En => format!("{count} {en}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shop_that_keeps_less_says_so() {
        let check = |figure, value, zh: &str, en: &str| {
            let policy = RetentionPolicy::default().with(figure, value).unwrap();
            assert_eq!(period(&policy, figure, Language::Zh), zh);
            assert_eq!(period(&policy, figure, Language::En), en);
        };
        check(Figure::Sales, 60, "5 年", "5 years");
        check(Figure::Inactive, 12, "1 年", "1 year");
        check(Figure::Inactive, 18, "18 个月", "18 months");
        check(Figure::Tickets, 1, "1 个月", "1 month");
        check(Figure::Identity, 1, "1 天", "1 day");
        check(Figure::Logins, 190, "190 天", "190 days");
    }

    #[test]
    fn what_has_no_figure_says_what_ends_it() {
        for retention in [Retention::UntilWithdrawn, Retention::Memory] {
            assert_eq!(retention.figure(), None);
            for language in Language::ALL {
                assert!(
                    !retention
                        .words(&RetentionPolicy::default(), language)
                        .is_empty()
                );
            }
        }
    }
}
