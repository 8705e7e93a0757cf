//! Two records of one person become one, and may become two again for thirty days (semantics 17). Not a transfer: what
//! moves keeps its dates, and nothing is made or lost but a unit that two rests make whole.
//!
//! Reading order: an [`Arrival`] is what comes to an account and a [`Departure`] what leaves it, [`join`] plans a merge,
//! and [`split`] plans its undoing.

pub mod join;
mod rests;
mod sums;
pub mod split;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, CarryId, LotId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::refusal::AccountState;
use crate::domain::time::Day;

use super::account::{Account, LedgerError, Totals, add};
use super::entry::{Entry, Movement};
use super::lot::{Lot, LotGrant, Part};

/// For so many days of 24 hours a merge can be undone.
pub const UNDO_DAYS: u32 = 30;

/// A lot that moves with what is left of it. What open holds have pinned is no entry, and moves beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedLot {
    /// What it was born with: its dates stay.
    pub grant: LotGrant,
    /// What is left.
    pub remaining: Points,
    /// What expired unspent and no clawback has counted yet.
    pub lapsed: Points,
}

/// The rest of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryMoved {
    /// The rule.
    pub rule: String,
    /// Its carry.
    pub carry: CarryId,
    /// The rest of this account before.
    pub before: Exact,
    /// The rest of this account after.
    pub after: Exact,
    /// The rest that came or went.
    pub moved: Exact,
    /// What the purchases that came or went have given under the rule, less what was taken back.
    pub points: i64,
    /// What two rests made whole (an arrival), or what is one unit too many for two rests (a departure).
    pub whole: Points,
    /// The lot of what was made whole: of that day.
    pub lot: Option<LotGrant>,
}

/// What comes to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// From which one.
    pub from: AccountId,
    /// Lots, spent ones too: points may come back to them.
    pub lots: Vec<MovedLot>,
    /// The rest of each rule.
    pub carries: Vec<CarryMoved>,
    /// Debt that comes along.
    pub debt: Points,
    /// Qualifying spend by the local day of sale.
    pub days: Vec<(Day, Money)>,
    /// Qualifying spend of days that are not kept any more: it counts for a lifetime alone.
    pub older: Money,
    /// Sums over the history that come along, without what was made whole.
    pub totals: Totals,
    /// The state before.
    pub state_before: AccountState,
    /// The state from now on: the stricter of both.
    pub state: AccountState,
    /// The last sale from now on.
    pub last_sale: Option<SaleId>,
}

/// What leaves an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// To which one.
    pub to: AccountId,
    /// Repayments that are undone: points that paid the other record's debt are in their lots again.
    pub given_back: Vec<Part>,
    /// Points taken back, since two rests no longer make a unit.
    pub taken: Vec<Part>,
    /// What of those had expired unspent in their own lot, and is gone already.
    pub lapsed: Vec<Part>,
    /// What of those the shop bears.
    pub loss: Points,
    /// Lots that leave.
    pub lots: Vec<MovedLot>,
    /// Empty lots with the dates of lots that leave: points that were used from those come back here.
    pub mirrors: Vec<LotGrant>,
    /// The rest of each rule.
    pub carries: Vec<CarryMoved>,
    /// Debt that leaves.
    pub debt: Points,
    /// Qualifying spend by the local day of sale.
    pub days: Vec<(Day, Money)>,
    /// Qualifying spend of days that are not kept any more: it counts for a lifetime alone.
    pub older: Money,
    /// Sums over the history that leave, without what is taken back here.
    pub totals: Totals,
    /// The state from now on.
    pub state: AccountState,
    /// The last sale that stays.
    pub last_sale: Option<SaleId>,
}

impl Arrival {
    /// Lots that were made whole.
    pub fn made(&self) -> impl Iterator<Item = &LotGrant> {
        self.carries.iter().filter_map(|carry| carry.lot.as_ref())
    }

    /// Every lot that it changes.
    pub fn lot_ids(&self) -> Vec<LotId> {
        let moved = self.lots.iter().map(|lot| lot.grant.id);
        moved.chain(self.made().map(|grant| grant.id)).collect()
    }

    /// What came for one rule.
    pub fn carry(&self, id: CarryId) -> Option<&CarryMoved> {
        self.carries.iter().find(|carry| carry.carry == id)
    }
}

impl Departure {
    /// Every lot that it changes.
    pub fn lot_ids(&self) -> Vec<LotId> {
        let parts = self
            .taken
            .iter()
            .chain(&self.lapsed)
            .chain(&self.given_back);
        let parts = parts.map(|part| part.lot);
        parts
            .chain(self.mirrors.iter().map(|grant| grant.id))
            .collect()
    }

    /// What a lot that leaves was born with.
    pub fn grant_of(&self, id: LotId) -> Option<LotGrant> {
        let found = self.lots.iter().find(|lot| lot.grant.id == id);
        found.map(|lot| lot.grant)
    }
}

impl Account {
    /// The account after something came.
    pub(super) fn arrive(&mut self, arrival: &Arrival) -> Result<(), LedgerError> {
        for moved in &arrival.lots {
            self.add_lot(moved.grant)?;
            let lot = self.lot_mut(moved.grant.id)?;
            lot.remaining = moved.remaining;
            lot.lapsed = moved.lapsed;
        }
        for grant in arrival.made() {
            self.add_lot(*grant)?;
            add(&mut self.totals.earned, grant.points)?;
        }
        let overflow = LedgerError::Overflow;
        self.totals = self.totals.plus(&arrival.totals).ok_or(overflow)?;
        add(&mut self.debt, arrival.debt)?;
        self.move_carries(&arrival.carries)?;
        for (day, amount) in &arrival.days {
            self.add_spend(*day, *amount)?;
        }
        let lifetime = self.spend.lifetime.checked_add(arrival.older);
        self.spend.lifetime = lifetime.ok_or(LedgerError::Overflow)?;
        self.state = arrival.state;
        self.last_sale = arrival.last_sale;
        Ok(())
    }

    /// The account after something left.
    pub(super) fn depart(&mut self, departure: &Departure) -> Result<(), LedgerError> {
        for part in &departure.given_back {
            add(&mut self.lot_mut(part.lot)?.remaining, part.points)?;
            add(&mut self.debt, part.points)?;
            let unfit = LedgerError::Unfit;
            self.totals.repaid = self.totals.repaid.checked_sub(part.points).ok_or(unfit)?;
        }
        self.take_parts(&departure.taken)?;
        for part in &departure.lapsed {
            let lot = self.lot_mut(part.lot)?;
            lot.lapsed = lot
                .lapsed
                .checked_sub(part.points)
                .ok_or(LedgerError::Unfit)?;
        }
        for part in departure.taken.iter().chain(&departure.lapsed) {
            add(&mut self.totals.clawed_back, part.points)?;
        }
        add(&mut self.totals.clawed_back, departure.loss)?;
        add(&mut self.totals.lost, departure.loss)?;

        for moved in &departure.lots {
            let id = moved.grant.id;
            // A spent lot is here only while a command looks at it.
            if let Some(lot) = self.lot(id)
                && (lot.remaining != moved.remaining || lot.lapsed != moved.lapsed)
            {
                return Err(LedgerError::Unfit);
            }
            self.lots.retain(|lot| lot.grant.id != id);
        }
        for grant in &departure.mirrors {
            self.bring(Lot {
                remaining: Points::ZERO,
                ..Lot::new(*grant)
            });
        }
        let unfit = LedgerError::Unfit;
        self.totals = self.totals.minus(&departure.totals).ok_or(unfit)?;
        self.debt = self.debt.checked_sub(departure.debt).ok_or(unfit)?;
        self.move_carries(&departure.carries)?;
        for (day, amount) in &departure.days {
            let less = Money::ZERO
                .checked_sub(*amount)
                .ok_or(LedgerError::Overflow)?;
            self.add_spend(*day, less)?;
            self.spend
                .days
                .retain(|(of, sum)| of != day || *sum != Money::ZERO);
        }
        let lifetime = self.spend.lifetime.checked_sub(departure.older);
        self.spend.lifetime = lifetime.ok_or(LedgerError::Overflow)?;
        self.state = departure.state;
        self.last_sale = departure.last_sale;
        Ok(())
    }

    fn move_carries(&mut self, carries: &[CarryMoved]) -> Result<(), LedgerError> {
        if carries
            .iter()
            .any(|moved| self.carry(moved.carry) != moved.before)
        {
            return Err(LedgerError::Unfit);
        }
        self.set_carries(carries.iter().map(|moved| (moved.carry, moved.after)));
        Ok(())
    }
}

/// What a rule says about its carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTerms {
    /// The rule.
    pub rule: String,
    /// The money of one unit.
    pub per: Exact,
    /// The points of one unit.
    pub points: i64,
}

/// What is known of the rule of a carry.
pub type TermsOf<'a> = &'a dyn Fn(CarryId) -> Option<RuleTerms>;

/// Points given for purchases less taken back, by carry, as the entries say.
pub fn given<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> BTreeMap<CarryId, i64> {
    let mut given = BTreeMap::new();
    let mut note = |carry: CarryId, points: i64| {
        let sum: &mut i64 = given.entry(carry).or_default();
        *sum = sum.saturating_add(points);
    };
    for entry in entries {
        match &entry.movement {
            Movement::Earn { traces, .. } | Movement::Clawback { traces, .. } => {
                for trace in traces {
                    note(trace.carry, trace.points);
                }
            }
            Movement::Merge(arrival) | Movement::MergeBack(arrival) => {
                for moved in &arrival.carries {
                    note(
                        moved.carry,
                        moved.points.saturating_add(moved.whole.count()),
                    );
                }
            }
            Movement::MergeAway(departure) | Movement::Unmerge(departure) => {
                for moved in &departure.carries {
                    let gone = moved.points.saturating_add(moved.whole.count());
                    note(moved.carry, gone.saturating_neg());
                }
            }
            // What the entries that it stands for gave is no longer known.
            Movement::Forward(_)
            | Movement::Open { .. }
            | Movement::Redeem { .. }
            | Movement::Return { .. }
            | Movement::Repay { .. }
            | Movement::Adjust { .. }
            | Movement::Expire { .. }
            | Movement::Assess(_)
            | Movement::Sanction { .. }
            | Movement::Grant { .. } => {}
        }
    }
    given
}

/// The stricter of two states (semantics 37): a merge washes no sanction off. Neither of active and pending is: whoever
/// merges has a verified phone.
pub fn stricter(of: AccountState, other: AccountState) -> AccountState {
    let rank = |state| match state {
        AccountState::Active | AccountState::Pending => 0,
        AccountState::Warned => 1,
        AccountState::Restricted => 2,
        AccountState::Suspended => 3,
    };
    if rank(of) < rank(other) { other } else { of }
}

/// The lot as it moves.
fn moved(lot: &Lot) -> MovedLot {
    MovedLot {
        grant: lot.grant,
        remaining: lot.remaining,
        lapsed: lot.lapsed,
    }
}
