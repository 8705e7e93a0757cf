//! Planning the undoing of a merge: "to the state before, plus what happened since".
//!
//! A record takes along the lots that came with it and those of its own sales since, with what is left of them; each rest
//! is what the record's own purchases come to, exactly; debt goes with the sales that made it, and what the one record's
//! points paid of the other's debt is undone.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::ids::{AccountId, CarryId, LotId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};

use super::{Arrival, CarryMoved, Departure, MovedLot, RuleTerms, TermsOf, moved};
use crate::domain::earn::Trace;
use crate::ledger::account::{Account, LedgerError, Totals, add};
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

/// What a side has had since the merge.
#[derive(Default)]
struct Had {
    /// Debt that began there less debt that left; it may pass below zero while other merges are undone.
    owed: i64,
    /// What its lots have paid of debts, oldest first.
    repaid: Vec<Part>,
    /// How much its qualifying spend has changed.
    spend: Money,
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
    fn side(&self, sale: SaleId) -> Side {
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

/// One rule's rest, as two.
struct Rest {
    terms: RuleTerms,
    carry: CarryId,
    before: Exact,
    ours: Exact,
    theirs: Exact,
    /// What the purchases that leave have given: whole units of their own.
    points: i64,
    /// Whether the units of both are one less than were given.
    is_one_too_many: bool,
    /// Whose lots have more units than their own purchases make.
    excess: Side,
    /// What the merge made whole.
    made: Option<LotGrant>,
    /// Whether the lots that leave have fewer units than their purchases make.
    is_short: bool,
}

/// Each rest is what the record's own purchases come to: what came with the merge, and what its own sales and refunds have
/// counted since.
fn rests(
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
    fn follows(&self) -> Option<LotId> {
        let goes = self.is_short && !self.is_one_too_many;
        self.made.filter(|_| goes).map(|grant| grant.id)
    }

    fn unit(&self) -> Points {
        Points::new(self.terms.points).unwrap_or(Points::ZERO)
    }

    fn gone(&self) -> CarryMoved {
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

    fn come(&self) -> CarryMoved {
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

/// What is whose since the merge.
struct Sums {
    ours: Had,
    theirs: Had,
    /// Qualifying spend that leaves.
    days: BTreeMap<Day, Money>,
    /// Sums over the history that leave.
    totals: Totals,
}

impl Had {
    /// What is owed, and which points that paid the other side's debt are given back: the last that paid first.
    fn settle(&self, account: &Account) -> Result<(Points, Vec<Part>), LedgerError> {
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

    fn owe(&mut self, points: i64) -> Result<(), LedgerError> {
        self.owed = self.owed.checked_add(points).ok_or(LedgerError::Overflow)?;
        Ok(())
    }

    fn unpay(&mut self, part: Part) {
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
    fn of(since: &Since<'_>, lots: &BTreeSet<LotId>) -> Result<Self, LedgerError> {
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
    fn made(&mut self, since: &Since<'_>, lots: &BTreeSet<LotId>) -> Result<(), LedgerError> {
        for grant in since.merge.made().filter(|grant| lots.contains(&grant.id)) {
            add(&mut self.totals.earned, grant.points)?;
        }
        Ok(())
    }
}

fn side_of(lot: LotId, leaving: &BTreeSet<LotId>) -> Side {
    if leaving.contains(&lot) {
        Side::Theirs
    } else {
        Side::Ours
    }
}

fn less(points: Points, other: Points) -> Result<Points, LedgerError> {
    points.checked_sub(other).ok_or(LedgerError::Unfit)
}
