//! Whether a programme's discounts leave a senior member worse off (TIER-03). Nothing is looked at yet.

use super::DiscountRule;

/// A rule that a senior would have it worse by.
pub(super) struct Worse {
    /// Its place among the rules.
    pub(super) rule: usize,
    /// The key that makes it worse.
    pub(super) key: &'static str,
    /// 简体中文
    pub(super) zh: String,
    /// English
    pub(super) en: String,
}

/// The rules that a senior would have it worse by.
pub(super) const fn worse_for_seniors(_rules: &[DiscountRule]) -> Vec<Worse> {
    Vec::new()
}
