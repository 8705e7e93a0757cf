//! The rests of the rules when a merge is undone: each is what its record's own purchases come to, exactly.

use std::collections::BTreeMap;

use crate::domain::ids::{CarryId, LotId};
use crate::domain::money::Exact;
use crate::domain::points::Points;
use crate::ledger::account::{Account, LedgerError};
use crate::ledger::entry::Movement;
use crate::ledger::lot::LotGrant;

use super::split::{Side, Since};
use super::{CarryMoved, RuleTerms, TermsOf};

/// One rule's rest, as two.
pub(super) struct Rest {
    pub(super) terms: RuleTerms,
    pub(super) carry: CarryId,
    pub(super) before: Exact,
    pub(super) ours: Exact,
    pub(super) theirs: Exact,
    /// What the purchases that leave have given: whole units of their own.
    pub(super) points: i64,
    /// Whether the units of both are one less than were given.
    pub(super) is_one_too_many: bool,
    /// Whose lots have more units than their own purchases make.
    pub(super) excess: Side,
    /// What the merge made whole.
    pub(super) made: Option<LotGrant>,
    /// Whether the lots that leave have fewer units than their purchases make.
    pub(super) is_short: bool,
}

/// Each rest is what the record's own purchases come to: what came with the merge, and what its own sales and refunds have
/// counted since.
pub(super) fn rests(
    account: &Account,
    since: &Since<'_>,
    terms: TermsOf<'_>,
) -> Result<Vec<Rest>, LedgerError> {
    let mut counted: BTreeMap<CarryId, (Exact, i64)> = BTreeMap::new();
    for entry in since.entries {
        if let Movement::Earn { sale, traces, .. } | Movement::Clawback { sale, traces, .. } = entry
            && (since.is_theirs)(*sale)
        {
            for trace in traces {
                let (delta, points) = counted.entry(trace.carry).or_default();
                *delta = delta
                    .checked_add(trace.delta)
                    .ok_or(LedgerError::Overflow)?;
                *points = points
                    .checked_add(trace.points)
                    .ok_or(LedgerError::Overflow)?;
            }
        }
    }
    let mut rests = Vec::new();
    for (carry, rest) in &account.carries {
        let came = since.merge.carry(*carry);
        if came.is_none() && !counted.contains_key(carry) {
            continue;
        }
        let (delta, given) = counted.get(carry).copied().unwrap_or_default();
        let of = terms(*carry).ok_or(LedgerError::Unfit)?;
        let rest = two(
            &of,
            *rest,
            came.map_or(Exact::ZERO, |came| came.moved),
            delta,
        );
        let (ours, theirs, units, is_one_too_many) = rest.ok_or(LedgerError::Overflow)?;
        let before = came.map_or(0, |came| came.points);
        let points = units
            .checked_mul(of.points)
            .and_then(|points| points.checked_add(before));
        let points = points.ok_or(LedgerError::Overflow)?;
        let held = before.checked_add(given).ok_or(LedgerError::Overflow)?;
        rests.push(Rest {
            terms: of,
            carry: *carry,
            before: account.carry(*carry),
            ours,
            theirs,
            points,
            is_one_too_many,
            excess: if points < held {
                Side::Theirs
            } else {
                Side::Ours
            },
            made: came.and_then(|came| came.lot),
            is_short: held < points,
        });
    }
    Ok(rests)
}

/// The two rests of `rest`, when what leaves came with `came` and has counted `delta` since: ours, theirs, the units that
/// theirs made since, and whether both together make one unit less.
fn two(
    of: &RuleTerms,
    rest: Exact,
    came: Exact,
    delta: Exact,
) -> Option<(Exact, Exact, i64, bool)> {
    let filled = came.checked_add(delta)?;
    let units = filled.whole_units(of.per)?;
    let theirs = filled.checked_sub(of.per.checked_times(units)?)?;
    let ours = rest.checked_sub(theirs)?;
    if ours < Exact::ZERO {
        Some((ours.checked_add(of.per)?, theirs, units, true))
    } else {
        Some((ours, theirs, units, false))
    }
}

impl Rest {
    /// The lot of what the merge made whole goes to the record whose purchases make it whole by now.
    pub(super) fn follows(&self) -> Option<LotId> {
        let goes = self.is_short && !self.is_one_too_many;
        self.made.filter(|_| goes).map(|grant| grant.id)
    }

    pub(super) fn unit(&self) -> Points {
        Points::new(self.terms.points).unwrap_or(Points::ZERO)
    }

    pub(super) fn gone(&self) -> CarryMoved {
        CarryMoved {
            rule: self.terms.rule.clone(),
            carry: self.carry,
            before: self.before,
            after: self.ours,
            moved: self.theirs,
            points: self.points,
            whole: if self.is_one_too_many {
                self.unit()
            } else {
                Points::ZERO
            },
            lot: None,
        }
    }

    pub(super) fn come(&self) -> CarryMoved {
        CarryMoved {
            rule: self.terms.rule.clone(),
            carry: self.carry,
            before: Exact::ZERO,
            after: self.theirs,
            moved: self.theirs,
            points: self.points,
            whole: Points::ZERO,
            lot: None,
        }
    }
}
