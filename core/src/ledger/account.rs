//! One member's account: the open lots, holds, debt, carries and standing. It changes only by [`Account::apply`],
//! so that `replay` can build it again from its entries.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{CarryId, EntryId, HoldId, LotId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};

use super::entry::{Movement, TierOutcome};
use super::lot::{Lot, LotGrant, Part};
use super::spend::Spend;

/// Why a movement does not fit an account. Neither happens by input: bounds are checked where a command comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerError {
    /// A sum left its range.
    #[error("a sum left its range")]
    Overflow,
    /// A date left the calendar.
    #[error("a date left the calendar")]
    Calendar,
    /// The movement names a lot or points that are not there.
    #[error("the movement does not fit the account")]
    Unfit,
}

/// A hold that still pins points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenHold {
    /// Its id.
    pub id: HoldId,
    /// When it lapses by itself.
    pub until: Moment,
    /// What it pins, in spending order.
    pub pins: Vec<Part>,
}

/// Sums over the account's entries: what the statement and the report show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many sales.
    pub sales: u64,
    /// Earned by purchases.
    pub earned: Points,
    /// Used.
    pub redeemed: Points,
    /// Used and come back.
    pub returned: Points,
    /// Taken back after refunds, whoever bore it.
    pub clawed_back: Points,
    /// Lapsed.
    pub expired: Points,
    /// Debt paid.
    pub repaid: Points,
    /// Given by staff.
    pub adjusted_up: Points,
    /// Taken by staff.
    pub adjusted_down: Points,
    /// Borne by the shop.
    pub lost: Points,
    /// Given by the programme without a purchase.
    pub granted: Points,
}

/// The account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The local day it was opened.
    pub opened_on: Day,
    /// What the member may do.
    pub state: AccountState,
    /// Lots by id. Every open one is here; a spent one only while a command looks at it.
    pub lots: Vec<Lot>,
    /// Holds that are open, by id.
    pub holds: Vec<OpenHold>,
    /// Points owed after refunds.
    pub debt: Points,
    /// The rest of each rule, by carry.
    pub carries: Vec<(CarryId, Exact)>,
    /// Qualifying spend.
    pub spend: Spend,
    /// Tiers with the moment from which each counts, ascending; empty means ordinary since ever.
    pub tiers: Vec<(Moment, Tier)>,
    /// Whether staff is to look at the tier (`on_refund = "review"`).
    pub tier_flagged: bool,
    /// Sums over the entries.
    pub totals: Totals,
    /// How many entries there are, and the last of them.
    pub entries: u64,
    /// The last entry.
    pub last_entry: Option<EntryId>,
    /// The last sale committed: the head of the account's chain of sales.
    pub last_sale: Option<SaleId>,
}

impl Totals {
    /// These and those.
    pub fn plus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            sales: self.sales.checked_add(other.sales)?,
            ..self.each(other, Points::checked_add)?
        })
    }

    /// These without those, unless one of them would be below zero.
    pub fn minus(&self, other: &Self) -> Option<Self> {
        Some(Self {
            sales: self.sales.checked_sub(other.sales)?,
            ..self.each(other, Points::checked_sub)?
        })
    }

    fn each(&self, other: &Self, of: impl Fn(Points, Points) -> Option<Points>) -> Option<Self> {
        Some(Self {
            sales: self.sales,
            earned: of(self.earned, other.earned)?,
            redeemed: of(self.redeemed, other.redeemed)?,
            returned: of(self.returned, other.returned)?,
            clawed_back: of(self.clawed_back, other.clawed_back)?,
            expired: of(self.expired, other.expired)?,
            repaid: of(self.repaid, other.repaid)?,
            adjusted_up: of(self.adjusted_up, other.adjusted_up)?,
            adjusted_down: of(self.adjusted_down, other.adjusted_down)?,
            lost: of(self.lost, other.lost)?,
            granted: of(self.granted, other.granted)?,
        })
    }
}

impl Account {
    /// An account without an entry.
    pub fn new(opened_on: Day) -> Self {
        Self {
            opened_on,
            state: AccountState::Active,
            lots: Vec::new(),
            holds: Vec::new(),
            debt: Points::ZERO,
            carries: Vec::new(),
            spend: Spend::new(),
            tiers: Vec::new(),
            tier_flagged: false,
            totals: Totals::default(),
            entries: 0,
            last_entry: None,
            last_sale: None,
        }
    }

    /// Σ of what is left in the lots, held and unvested points included.
    pub fn balance(&self) -> Option<Points> {
        Points::sum(self.lots.iter().map(|lot| lot.remaining))
    }

    /// What may be spent at `now`: vested, not expired, not held.
    pub fn available(&self, now: Moment) -> Option<Points> {
        Points::sum(self.lots.iter().map(|lot| lot.available(now)))
    }

    /// Σ of what open holds pin.
    pub fn held(&self) -> Option<Points> {
        Points::sum(self.lots.iter().map(|lot| lot.held))
    }

    /// The tier now.
    pub fn tier(&self) -> Tier {
        self.tiers.last().map_or(Tier::Ordinary, |(_, tier)| *tier)
    }

    /// The tier at a moment, as the history committed so far says (semantics 10).
    pub fn tier_at(&self, moment: Moment) -> Tier {
        let upto = self
            .tiers
            .iter()
            .rev()
            .find(|(effective_at, _)| *effective_at <= moment);
        upto.map_or(Tier::Ordinary, |(_, tier)| *tier)
    }

    /// The rest of a rule.
    pub fn carry(&self, id: CarryId) -> Exact {
        let found = self.carries.iter().find(|(carry, _)| *carry == id);
        found.map_or(Exact::ZERO, |(_, rest)| *rest)
    }

    /// A lot that is here.
    pub fn lot(&self, id: LotId) -> Option<&Lot> {
        let place = self
            .lots
            .binary_search_by_key(&id, |lot| lot.grant.id)
            .ok()?;
        self.lots.get(place)
    }

    /// Puts a spent lot beside the open ones, so that a command may look at it or return points to it.
    pub fn bring(&mut self, lot: Lot) {
        if let Err(place) = self
            .lots
            .binary_search_by_key(&lot.grant.id, |lot| lot.grant.id)
        {
            self.lots.insert(place, lot);
        }
    }

    /// Lots in spending order.
    pub fn in_spending_order(&self) -> Vec<&Lot> {
        let mut lots: Vec<&Lot> = self.lots.iter().collect();
        lots.sort_unstable_by_key(|lot| lot.spending_order());
        lots
    }

    /// What may be spent at `now`, lot by lot in spending order.
    pub fn offers(&self, now: Moment) -> Vec<Part> {
        let offer = |lot: &Lot| Part {
            lot: lot.grant.id,
            points: lot.available(now),
        };
        self.in_spending_order().into_iter().map(offer).collect()
    }

    /// The account after `movement`.
    ///
    /// # Errors
    /// [`LedgerError`] when the movement does not fit; the account is then not to be used any more.
    #[expect(clippy::too_many_lines, reason = "one arm for each movement")]
    pub fn apply(&mut self, movement: &Movement) -> Result<(), LedgerError> {
        match movement {
            Movement::Open { on } => self.opened_on = *on,
            Movement::Earn {
                sale,
                lot,
                traces,
                spend,
                sold_on,
            } => {
                self.totals.sales = self
                    .totals
                    .sales
                    .checked_add(1)
                    .ok_or(LedgerError::Overflow)?;
                self.last_sale = Some(*sale);
                if let Some(grant) = lot {
                    self.add_lot(*grant)?;
                    add(&mut self.totals.earned, grant.points)?;
                }
                self.set_carries(traces.iter().map(|trace| (trace.carry, trace.carry_after)));
                self.add_spend(*sold_on, *spend)?;
            }
            Movement::Redeem { parts, .. } => {
                self.take_parts(parts)?;
                self.count_parts(parts, |totals| &mut totals.redeemed)?;
            }
            Movement::Return { parts, .. } => {
                for returned in parts {
                    if let Some(grant) = returned.into {
                        self.add_lot(grant)?;
                    } else {
                        let points = returned.part.points;
                        add(&mut self.lot_mut(returned.part.lot)?.remaining, points)?;
                    }
                    add(&mut self.totals.returned, returned.part.points)?;
                }
            }
            Movement::Clawback {
                sale,
                traces,
                parts,
                lapsed,
                debt,
                loss,
                spend,
                sold_on,
            } => {
                self.take_parts(parts)?;
                self.count_parts(parts, |totals| &mut totals.clawed_back)?;
                if !lapsed.is_zero() {
                    let own = self.lot_mut(LotId::of_sale(*sale))?;
                    own.lapsed = own.lapsed.checked_sub(*lapsed).ok_or(LedgerError::Unfit)?;
                }
                add(&mut self.debt, *debt)?;
                for points in [lapsed, debt, loss] {
                    add(&mut self.totals.clawed_back, *points)?;
                }
                add(&mut self.totals.lost, *loss)?;
                self.set_carries(traces.iter().map(|trace| (trace.carry, trace.carry_after)));
                let less = Money::ZERO
                    .checked_sub(*spend)
                    .ok_or(LedgerError::Overflow)?;
                self.add_spend(*sold_on, less)?;
            }
            Movement::Repay { parts } => {
                self.take_parts(parts)?;
                self.count_parts(parts, |totals| &mut totals.repaid)?;
                let paid = super::lot::total(parts).ok_or(LedgerError::Overflow)?;
                self.debt = self.debt.checked_sub(paid).ok_or(LedgerError::Unfit)?;
            }
            Movement::Adjust { credit, parts, .. } => {
                if let Some(grant) = credit {
                    self.add_lot(*grant)?;
                    add(&mut self.totals.adjusted_up, grant.points)?;
                }
                self.take_parts(parts)?;
                self.count_parts(parts, |totals| &mut totals.adjusted_down)?;
            }
            Movement::Grant { lot, .. } => {
                self.add_lot(*lot)?;
                add(&mut self.totals.granted, lot.points)?;
            }
            Movement::Expire { lot, points } => {
                self.take_parts(&[Part {
                    lot: *lot,
                    points: *points,
                }])?;
                add(&mut self.lot_mut(*lot)?.lapsed, *points)?;
                add(&mut self.totals.expired, *points)?;
            }
            Movement::Assess(change) => match change.outcome {
                TierOutcome::Review => self.tier_flagged = true,
                TierOutcome::Upgrade | TierOutcome::Downgrade => {
                    self.tier_flagged = false;
                    self.tiers
                        .push((change.effective_at, change.outcome.tier()));
                }
            },
            Movement::Sanction { state, .. } => self.state = *state,
            // The entries that it stands for are gone, so nothing can be before it.
            Movement::Forward(_) if self.entries != 0 || self.last_entry.is_some() => {
                return Err(LedgerError::Unfit);
            }
            Movement::Forward(forward) => *self = forward.account(self.spend.by_day),
            Movement::Merge(arrival) | Movement::MergeBack(arrival) => self.arrive(arrival)?,
            Movement::MergeAway(departure) | Movement::Unmerge(departure) => {
                self.depart(departure)?;
            }
        }
        Ok(())
    }

    /// Pins points of a lot for a hold, or lets them go.
    pub fn pin(&mut self, part: Part) -> Result<(), LedgerError> {
        let lot = self.lot_mut(part.lot)?;
        let held = lot
            .held
            .checked_add(part.points)
            .ok_or(LedgerError::Overflow)?;
        if lot.remaining < held {
            return Err(LedgerError::Unfit);
        }
        lot.held = held;
        Ok(())
    }

    /// Lets pinned points go; they stay in their lot.
    pub fn unpin(&mut self, part: Part) -> Result<(), LedgerError> {
        let lot = self.lot_mut(part.lot)?;
        lot.held = lot
            .held
            .checked_sub(part.points)
            .ok_or(LedgerError::Unfit)?;
        Ok(())
    }

    pub(super) fn lot_mut(&mut self, id: LotId) -> Result<&mut Lot, LedgerError> {
        let place = self
            .lots
            .binary_search_by_key(&id, |lot| lot.grant.id)
            .map_err(|_| LedgerError::Unfit)?;
        self.lots.get_mut(place).ok_or(LedgerError::Unfit)
    }

    pub(super) fn add_lot(&mut self, grant: LotGrant) -> Result<(), LedgerError> {
        match self
            .lots
            .binary_search_by_key(&grant.id, |lot| lot.grant.id)
        {
            Ok(_) => Err(LedgerError::Unfit),
            Err(place) => {
                self.lots.insert(place, Lot::new(grant));
                Ok(())
            }
        }
    }

    /// Takes points that no hold has pinned.
    pub(super) fn take_parts(&mut self, parts: &[Part]) -> Result<(), LedgerError> {
        parts.iter().try_for_each(|part| {
            let lot = self.lot_mut(part.lot)?;
            let left = lot
                .remaining
                .checked_sub(part.points)
                .ok_or(LedgerError::Unfit)?;
            if left < lot.held {
                return Err(LedgerError::Unfit);
            }
            lot.remaining = left;
            Ok(())
        })
    }

    fn count_parts(
        &mut self,
        parts: &[Part],
        total: impl Fn(&mut Totals) -> &mut Points,
    ) -> Result<(), LedgerError> {
        parts
            .iter()
            .try_for_each(|part| add(total(&mut self.totals), part.points))
    }

    pub(super) fn set_carries(&mut self, carries: impl Iterator<Item = (CarryId, Exact)>) {
        for (id, rest) in carries {
            match self.carries.binary_search_by_key(&id, |(carry, _)| *carry) {
                Ok(place) => {
                    if let Some((_, kept)) = self.carries.get_mut(place) {
                        *kept = rest;
                    }
                }
                Err(place) => self.carries.insert(place, (id, rest)),
            }
        }
    }

    pub(super) fn add_spend(&mut self, sold_on: Day, amount: Money) -> Result<(), LedgerError> {
        if self.spend.add(sold_on, amount) {
            Ok(())
        } else {
            Err(LedgerError::Overflow)
        }
    }
}

pub(super) fn add(sum: &mut Points, points: Points) -> Result<(), LedgerError> {
    *sum = sum.checked_add(points).ok_or(LedgerError::Overflow)?;
    Ok(())
}
