//! How long records are kept: the law's figures are the most, and a shop may set less.

use jifen::policy::retention::{Figure, RetentionPolicy};

use super::given::Gift;

/// The figures that have a key of their own under `retention`.
const FIGURES: [Figure; 6] = [
    Figure::Sales,
    Figure::Journal,
    Figure::Inactive,
    Figure::Notice,
    Figure::Identity,
    Figure::Tickets,
];

/// The figures of `retention.*`, with the days that `audit.login_days` says.
pub(super) fn retention(gift: &mut Gift, login_days: Option<i64>) -> Option<RetentionPolicy> {
    let mut given = vec![(Figure::Logins, login_days)];
    for figure in FIGURES {
        let bounds = figure.bounds();
        let bounds = i64::from(*bounds.start())..=i64::from(*bounds.end());
        let key = format!("retention.{}", figure.word());
        let default = i64::from(figure.default_value());
        given.push((figure, gift.whole(&key, bounds, default)));
    }
    let mut policy = RetentionPolicy::default();
    for (figure, value) in given {
        policy = policy.with(figure, u32::try_from(value?).ok()?).ok()?;
    }
    Some(policy)
}
