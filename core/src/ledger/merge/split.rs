//! Planning the undoing of a merge: "to the state before, plus what happened since".
//!
//! A record takes along the lots that came with it and those of its own sales since, with what is left of them; each rest
//! is what the record's own purchases come to, exactly; debt goes with the sales that made it, and what the one record's
//! points paid of the other's debt is undone.

use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, LotId, SaleId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};

use super::rests::{Rest, rests};
use super::sums::{Sums, less};
use super::{Arrival, Departure, MovedLot, TermsOf, moved};
use crate::domain::earn::Trace;
use crate::ledger::account::{Account, LedgerError, add};
use crate::ledger::entry::Movement;
use crate::ledger::lot::{Lot, LotGrant, Part, take, total};

/// What happened since a merge.
#[derive(Clone, Copy)]
pub struct Since<'a> {
    /// What came then.
    pub merge: &'a Arrival,
    /// What the survivor had owed before.
    pub debt_before: Points,
    /// Everything after it, oldest first.
    pub entries: &'a [Movement],
    /// Whether a sale was sent in the name of the record that leaves.
    pub is_theirs: &'a dyn Fn(SaleId) -> bool,
}

impl core::fmt::Debug for Since<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Since").finish_non_exhaustive()
    }
}

/// Which of two records something goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The survivor's.
    Ours,
    /// The record's that leaves.
    Theirs,
}

/// A merge undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// What leaves the survivor.
    pub departure: Departure,
    /// What comes to the other record.
    pub arrival: Arrival,
    /// Whether qualifying spend of the survivor's own has gone back since, more than was added.
    pub ours_fell: bool,
    /// The same of the other record.
    pub theirs_fell: bool,
}

impl Since<'_> {
    pub(super) fn side(&self, sale: SaleId) -> Side {
        if (self.is_theirs)(sale) {
            Side::Theirs
        } else {
            Side::Ours
        }
    }

    /// The lots that leave: those that came, those of the record's own sales since, and what came back to a lot of its
    /// own in place of one of them.
    pub fn lots(&self) -> BTreeSet<LotId> {
        let mut lots: BTreeSet<LotId> = self.merge.lots.iter().map(|lot| lot.grant.id).collect();
        for entry in self.entries {
            match entry {
                Movement::Earn {
                    sale,
                    lot: Some(grant),
                    ..
                } if (self.is_theirs)(*sale) => {
                    lots.insert(grant.id);
                }
                Movement::Return { parts, .. } => {
                    for returned in parts {
                        if lots.contains(&returned.part.lot)
                            && let Some(grant) = returned.into
                        {
                            lots.insert(grant.id);
                        }
                    }
                }
                Movement::Open { .. }
                | Movement::Forward(_)
                | Movement::Earn { .. }
                | Movement::Redeem { .. }
                | Movement::Clawback { .. }
                | Movement::Repay { .. }
                | Movement::Adjust { .. }
                | Movement::Expire { .. }
                | Movement::Assess(_)
                | Movement::Sanction { .. }
                | Movement::Grant { .. }
                | Movement::Merge(_)
                | Movement::MergeAway(_)
                | Movement::Unmerge(_)
                | Movement::MergeBack(_) => {}
            }
        }
        lots
    }
}

/// Empty lots for points that were used from the other side's: they come back with the dates that they had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mirrors {
    /// The survivor's.
    pub ours: Vec<LotGrant>,
    /// The other record's.
    pub theirs: Vec<LotGrant>,
}

/// What the engine knows beside the entries.
#[derive(Clone, Debug)]
pub struct Ends {
    /// The survivor.
    pub survivor: AccountId,
    /// The last sale that stays.
    pub our_last: Option<SaleId>,
    /// The last sale that leaves.
    pub their_last: Option<SaleId>,
    /// The state that the other record had.
    pub their_state: AccountState,
    /// Empty lots.
    pub mirrors: Mirrors,
    /// Now.
    pub now: Moment,
}

/// Every lot that leaves, with those of what the merge made whole and the other record makes whole alone by now.
///
/// # Errors
/// As for [`split`].
pub fn leaving(
    account: &Account,
    since: &Since<'_>,
    terms: TermsOf<'_>,
) -> Result<BTreeSet<LotId>, LedgerError> {
    Ok(leaving_with(since, &rests(account, since, terms)?))
}

fn leaving_with(since: &Since<'_>, rests: &[Rest]) -> BTreeSet<LotId> {
    let mut lots = since.lots();
    lots.extend(rests.iter().filter_map(Rest::follows));
    lots
}

/// What leaves `account`, which is settled and has every lot that ever was, and what comes to the other record.
///
/// # Errors
/// Sums that leave their range, and entries that do not fit.
pub fn split(
    account: &Account,
    since: &Since<'_>,
    ends: Ends,
    terms: TermsOf<'_>,
) -> Result<Split, LedgerError> {
    let rests = rests(account, since, terms)?;
    let lots = leaving_with(since, &rests);
    let mut sums = Sums::of(since, &lots)?;
    let mut after = account.clone();

    let (_, ours_back) = sums.ours.settle(&after)?;
    let (debt, theirs_back) = sums.theirs.settle(&after)?;
    let repaid_back = total(&theirs_back).ok_or(LedgerError::Overflow)?;
    sums.totals.repaid = less(sums.totals.repaid, repaid_back)?;
    let given_back = [ours_back, theirs_back].concat();
    for part in &given_back {
        add(&mut after.lot_mut(part.lot)?.remaining, part.points)?;
    }

    let mut taken = Taken::default();
    for rest in rests.iter().filter(|rest| rest.is_one_too_many) {
        taken.unit(rest, since, &lots, &mut after, ends.now)?;
    }
    let of_theirs = taken.parts.iter().filter(|part| lots.contains(&part.lot));
    for part in of_theirs {
        add(&mut sums.totals.clawed_back, part.points)?;
    }
    sums.made(since, &lots)?;

    let leaving = after.lots.iter().filter(|lot| lots.contains(&lot.grant.id));
    let leaving: Vec<MovedLot> = leaving.map(moved).collect();
    let empty = ends.mirrors.theirs.iter().map(|grant| MovedLot {
        grant: *grant,
        remaining: Points::ZERO,
        lapsed: Points::ZERO,
    });
    let mut arriving: Vec<MovedLot> = leaving.iter().copied().chain(empty).collect();
    arriving.sort_unstable_by_key(|lot| lot.grant.id);
    // What the shop has changed since holds for both; what the merge itself made stricter is as it was.
    let (our_state, their_state) = if account.state == since.merge.state {
        (since.merge.state_before, ends.their_state)
    } else {
        (account.state, account.state)
    };
    let days: Vec<(Day, Money)> = sums.days.into_iter().collect();
    let departure = Departure {
        to: since.merge.from,
        given_back,
        taken: taken.parts,
        lapsed: taken.lapsed,
        loss: taken.loss,
        lots: leaving,
        mirrors: ends.mirrors.ours,
        carries: rests.iter().map(Rest::gone).collect(),
        debt,
        days: days.clone(),
        older: since.merge.older,
        totals: sums.totals,
        state: our_state,
        last_sale: ends.our_last,
    };
    let arrival = Arrival {
        from: ends.survivor,
        lots: arriving,
        carries: rests.iter().map(Rest::come).collect(),
        debt,
        days,
        older: since.merge.older,
        totals: sums.totals,
        state_before: ends.their_state,
        state: their_state,
        last_sale: ends.their_last,
    };
    Ok(Split {
        departure,
        arrival,
        ours_fell: sums.ours.spend < Money::ZERO,
        theirs_fell: sums.theirs.spend < Money::ZERO,
    })
}

/// Units that are taken back.
#[derive(Default)]
struct Taken {
    parts: Vec<Part>,
    lapsed: Vec<Part>,
    loss: Points,
}

impl Taken {
    /// Takes one unit: from the lot that the merge made, left or lapsed; from the sales of the side that has one too many,
    /// the newest first; from that side's other lots in spending order; the rest is the shop's.
    fn unit(
        &mut self,
        rest: &Rest,
        since: &Since<'_>,
        leaving: &BTreeSet<LotId>,
        after: &mut Account,
        now: Moment,
    ) -> Result<(), LedgerError> {
        let mut left = rest.unit();
        let made = rest.made.map(|grant| grant.id);
        self.take(&mut left, made.into_iter().collect(), after)?;
        if let Some(id) = made
            && let Some(lot) = after.lot(id).copied()
        {
            let points = lot.lapsed.min(left);
            if !points.is_zero() {
                after.lot_mut(id)?.lapsed = less(lot.lapsed, points)?;
                self.lapsed.push(Part { lot: id, points });
                left = left.saturating_sub(points);
            }
        }
        let sales = since.entries.iter().rev().filter_map(|entry| {
            if let Movement::Earn {
                sale,
                lot: Some(grant),
                traces,
                ..
            } = entry
            {
                let gave = |trace: &Trace| trace.carry == rest.carry && 0 < trace.points;
                let is_its = since.side(*sale) == rest.excess && traces.iter().any(gave);
                is_its.then_some(grant.id)
            } else {
                None
            }
        });
        self.take(&mut left, sales.collect(), after)?;
        let is_its = |lot: &&&Lot| leaving.contains(&lot.grant.id) == (rest.excess == Side::Theirs);
        let lots = after.in_spending_order();
        let lots = lots
            .iter()
            .filter(is_its)
            .filter(|lot| !lot.is_expired(now));
        let lots = lots.map(|lot| lot.grant.id).collect();
        self.take(&mut left, lots, after)?;
        add(&mut self.loss, left)
    }

    fn take(
        &mut self,
        left: &mut Points,
        lots: Vec<LotId>,
        after: &mut Account,
    ) -> Result<(), LedgerError> {
        let offers = lots.into_iter().filter_map(|id| {
            let points = after.lot(id)?.free();
            Some(Part { lot: id, points })
        });
        let parts = take(*left, offers.collect::<Vec<_>>());
        *left = less(*left, total(&parts).ok_or(LedgerError::Overflow)?)?;
        after.take_parts(&parts)?;
        self.parts.extend(parts);
        Ok(())
    }
}
