//! Seniors are never worse off.
use super::DiscountRule;

/// A reason.
pub(super) struct Worse {
    pub(super) rule: usize,
    pub(super) key: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
}

/// None yet.
pub(super) fn worse_for_seniors(_: &[DiscountRule]) -> Vec<Worse> {
    Vec::new()
}
