//! The earning formula of semantics §2. A sale and a refund use it alike; only the sign of the change differs.

use serde::{Deserialize, Serialize};

use super::ids::CarryId;
use super::money::{Exact, Money, Multiplier};
use super::points::Points;
use super::programme::EarnRule;

/// Which cap held back a part of what was weighed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cap {
    /// `cap_per_sale`.
    Sale,
    /// `cap_per_day`.
    Day,
}

/// How one rule came to its points: what `explain` prints (semantics 6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// The rule.
    pub rule: String,
    /// The carry it works on.
    pub carry: CarryId,
    /// Money kept of the eligible lines.
    pub base: Money,
    /// The tier's multiplier at the sale.
    pub multiplier: Multiplier,
    /// What of the sale counts now, and what counted before this command.
    pub counted: Exact,
    /// What of the sale counted before this command.
    pub counted_before: Exact,
    /// How much the day's counted amount changed: above zero for a sale, below for a refund.
    pub delta: Exact,
    /// The rest before.
    pub carry_before: Exact,
    /// The rest after, `0 <= carry < per`.
    pub carry_after: Exact,
    /// Points: whole units times the rule's points. Negative for a clawback.
    pub points: i64,
    /// The cap that held back a part.
    pub capped: Option<Cap>,
}

/// What of one sale counts for a rule, before the day's cap.
///
/// `counted(rule, sale)`: the weighted base; with `carry = false` cut down to a multiple of `per`; then at most the
/// cap of a sale. `None` on overflow.
pub fn counted(
    rule: &EarnRule,
    base: Money,
    multiplier: Multiplier,
) -> Option<(Exact, Option<Cap>)> {
    let per = Exact::of(rule.per)?;
    let weighted = Exact::of(base)?.times(multiplier)?;
    let whole = if rule.carry {
        weighted
    } else {
        per.checked_times(weighted.whole_units(per)?)?
    };
    let limited = limit(rule, rule.cap_per_sale, whole)?;
    Some((limited, (limited < whole).then_some(Cap::Sale)))
}

/// The change of one rule's points when what counts of a sale changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// What of the sale counted before.
    pub counted_before: Exact,
    /// What counts now.
    pub counted: Exact,
    /// Σ counted over the sales of that local day before, for a rule with `cap_per_day`.
    pub day_before: Exact,
    /// The carry before.
    pub carry_before: Exact,
}

/// What a [`Change`] leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// How much the day's counted amount changed.
    pub delta: Exact,
    /// Σ counted of the day after.
    pub day_after: Exact,
    /// The carry after, `0 <= carry < per`.
    pub carry_after: Exact,
    /// Points, negative when units go.
    pub points: i64,
    /// Whether the day's cap holds back a part now.
    pub day_capped: bool,
}

/// Units and carry after a change: `Δ`, `units` and `carry` of semantics §2. `None` on overflow.
pub fn step(rule: &EarnRule, change: &Change) -> Option<Step> {
    let per = Exact::of(rule.per)?;
    let day_after = change
        .day_before
        .checked_sub(change.counted_before)?
        .checked_add(change.counted)?;
    let limited = limit(rule, rule.cap_per_day, day_after)?;
    let delta = limited.checked_sub(limit(rule, rule.cap_per_day, change.day_before)?)?;

    let filled = change.carry_before.checked_add(delta)?;
    let units = filled.whole_units(per)?;
    let carry_after = filled.checked_sub(per.checked_times(units)?)?;
    let points = units.checked_mul(rule.points)?;

    Some(Step {
        delta,
        day_after,
        carry_after,
        points,
        day_capped: limited < day_after,
    })
}

/// An amount, or that at which a cap is reached where this is less: `cap / points × per`.
pub fn limit(rule: &EarnRule, cap: Option<Points>, amount: Exact) -> Option<Exact> {
    let Some(cap) = cap else { return Some(amount) };
    let units = cap.count().checked_div(rule.points)?;
    Some(amount.min(Exact::of(rule.per)?.checked_times(units)?))
}
