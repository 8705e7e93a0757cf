//! What is whose since a merge: debt, repayments, spend and totals, entry by entry.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::LotId;
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::time::Day;
use crate::ledger::account::{Account, LedgerError, Totals, add};
use crate::ledger::entry::Movement;
use crate::ledger::lot::{Part, take, total};

use super::split::{Side, Since};

/// What a side has had since the merge.
#[derive(Default)]
pub(super) struct Had {
    /// Debt that began there less debt that left; it may pass below zero while other merges are undone.
    pub(super) owed: i64,
    /// What its lots have paid of debts, oldest first.
    pub(super) repaid: Vec<Part>,
    /// How much its qualifying spend has changed.
    pub(super) spend: Money,
}

/// What is whose since the merge.
pub(super) struct Sums {
    pub(super) ours: Had,
    pub(super) theirs: Had,
    /// Qualifying spend that leaves.
    pub(super) days: BTreeMap<Day, Money>,
    /// Sums over the history that leave.
    pub(super) totals: Totals,
}

impl Had {
    /// What is owed, and which points that paid the other side's debt are given back: the last that paid first.
    pub(super) fn settle(&self, account: &Account) -> Result<(Points, Vec<Part>), LedgerError> {
        let repaid = total(&self.repaid).ok_or(LedgerError::Overflow)?;
        let open = self
            .owed
            .checked_sub(repaid.count())
            .ok_or(LedgerError::Overflow)?;
        if let Some(owed) = Points::new(open) {
            return Ok((owed, Vec::new()));
        }
        let too_much = open
            .checked_neg()
            .and_then(Points::new)
            .ok_or(LedgerError::Overflow)?;
        let here = self.repaid.iter().rev().copied();
        let here = here.filter(|part| account.lot(part.lot).is_some());
        let back = take(too_much, here.collect::<Vec<_>>());
        if total(&back) == Some(too_much) {
            Ok((Points::ZERO, back))
        } else {
            Err(LedgerError::Unfit)
        }
    }

    pub(super) fn owe(&mut self, points: i64) -> Result<(), LedgerError> {
        self.owed = self.owed.checked_add(points).ok_or(LedgerError::Overflow)?;
        Ok(())
    }

    pub(super) fn unpay(&mut self, part: Part) {
        let mut points = part.points;
        for paid in self
            .repaid
            .iter_mut()
            .rev()
            .filter(|paid| paid.lot == part.lot)
        {
            let back = paid.points.min(points);
            paid.points = paid.points.saturating_sub(back);
            points = points.saturating_sub(back);
        }
        self.repaid.retain(|paid| !paid.points.is_zero());
    }
}

impl Sums {
    pub(super) fn of(since: &Since<'_>, lots: &BTreeSet<LotId>) -> Result<Self, LedgerError> {
        let mut sums = Self {
            ours: Had {
                owed: since.debt_before.count(),
                ..Had::default()
            },
            theirs: Had {
                owed: since.merge.debt.count(),
                ..Had::default()
            },
            days: BTreeMap::new(),
            totals: since.merge.totals,
        };
        for (day, amount) in &since.merge.days {
            sums.spent(*day, *amount)?;
        }
        for entry in since.entries {
            sums.note(entry, since, lots)?;
        }
        Ok(sums)
    }

    fn had(&mut self, side: Side) -> &mut Had {
        match side {
            Side::Ours => &mut self.ours,
            Side::Theirs => &mut self.theirs,
        }
    }

    fn spent(&mut self, day: Day, amount: Money) -> Result<(), LedgerError> {
        let sum = self.days.entry(day).or_default();
        *sum = sum.checked_add(amount).ok_or(LedgerError::Overflow)?;
        Ok(())
    }

    fn changed(&mut self, side: Side, day: Day, amount: Money) -> Result<(), LedgerError> {
        let had = self.had(side);
        had.spend = had.spend.checked_add(amount).ok_or(LedgerError::Overflow)?;
        match side {
            Side::Ours => Ok(()),
            Side::Theirs => self.spent(day, amount),
        }
    }

    fn note(
        &mut self,
        movement: &Movement,
        since: &Since<'_>,
        lots: &BTreeSet<LotId>,
    ) -> Result<(), LedgerError> {
        let leaving = |parts: &[Part]| {
            let parts = parts.iter().filter(|part| lots.contains(&part.lot));
            Points::sum(parts.map(|part| part.points)).ok_or(LedgerError::Overflow)
        };
        match movement {
            Movement::Earn {
                sale,
                lot,
                spend,
                sold_on,
                ..
            } => {
                let side = since.side(*sale);
                self.changed(side, *sold_on, *spend)?;
                if side == Side::Theirs {
                    let sales = self.totals.sales.checked_add(1);
                    self.totals.sales = sales.ok_or(LedgerError::Overflow)?;
                    let earned = lot.map_or(Points::ZERO, |grant| grant.points);
                    add(&mut self.totals.earned, earned)?;
                }
            }
            Movement::Redeem { parts, .. } => add(&mut self.totals.redeemed, leaving(parts)?)?,
            Movement::Return { parts, .. } => {
                let parts: Vec<_> = parts.iter().map(|returned| returned.part).collect();
                add(&mut self.totals.returned, leaving(&parts)?)?;
            }
            Movement::Clawback {
                sale,
                parts,
                lapsed,
                debt,
                loss,
                spend,
                sold_on,
                ..
            } => {
                let side = since.side(*sale);
                let less = Money::ZERO
                    .checked_sub(*spend)
                    .ok_or(LedgerError::Overflow)?;
                self.changed(side, *sold_on, less)?;
                self.had(side).owe(debt.count())?;
                add(&mut self.totals.clawed_back, leaving(parts)?)?;
                if side == Side::Theirs {
                    for points in [lapsed, debt, loss] {
                        add(&mut self.totals.clawed_back, *points)?;
                    }
                    add(&mut self.totals.lost, *loss)?;
                }
            }
            Movement::Repay { parts } => {
                add(&mut self.totals.repaid, leaving(parts)?)?;
                for part in parts {
                    let side = side_of(part.lot, lots);
                    self.had(side).repaid.push(*part);
                }
            }
            Movement::Adjust { parts, .. } => {
                add(&mut self.totals.adjusted_down, leaving(parts)?)?;
            }
            Movement::Expire { lot, points } => {
                let part = Part {
                    lot: *lot,
                    points: *points,
                };
                add(&mut self.totals.expired, leaving(&[part])?)?;
            }
            // Another record came or went: it is the survivor's affair.
            Movement::Merge(arrival) => self.ours.owe(arrival.debt.count())?,
            Movement::Unmerge(departure) => {
                self.ours.owe(departure.debt.count().saturating_neg())?;
                add(&mut self.totals.clawed_back, leaving(&departure.taken)?)?;
                let back = leaving(&departure.given_back)?;
                self.totals.repaid = less(self.totals.repaid, back)?;
                for part in &departure.given_back {
                    let side = side_of(part.lot, lots);
                    self.had(side).unpay(*part);
                }
            }
            Movement::Open { .. }
            | Movement::Forward(_)
            | Movement::Assess(_)
            | Movement::Sanction { .. }
            | Movement::Grant { .. }
            | Movement::MergeAway(_)
            | Movement::MergeBack(_) => {}
        }
        Ok(())
    }

    /// What the merge made whole was earned by the record that its lot goes to.
    pub(super) fn made(
        &mut self,
        since: &Since<'_>,
        lots: &BTreeSet<LotId>,
    ) -> Result<(), LedgerError> {
        for grant in since.merge.made().filter(|grant| lots.contains(&grant.id)) {
            add(&mut self.totals.earned, grant.points)?;
        }
        Ok(())
    }
}

pub(super) fn side_of(lot: LotId, leaving: &BTreeSet<LotId>) -> Side {
    if leaving.contains(&lot) {
        Side::Theirs
    } else {
        Side::Ours
    }
}

pub(super) fn less(points: Points, other: Points) -> Result<Points, LedgerError> {
    points.checked_sub(other).ok_or(LedgerError::Unfit)
}
