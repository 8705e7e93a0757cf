//! Reserve, capture, void (semantics 13): points set aside for a sale, used or given back.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, HoldId, SaleId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;

use super::account::{LedgerError, OpenHold};
use super::desk::Desk;
use super::entry::Movement;
use super::lot::{Part, take, total};

/// The most holds that one account may have open.
pub const OPEN_HOLDS_MAX: usize = 16;

/// What became of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HoldState {
    /// It pins its points until its time is over.
    Open,
    /// So many were used, worth so much; the rest went back.
    Captured {
        /// Used.
        points: Points,
        /// What they paid.
        worth: Money,
        /// When.
        at: Moment,
        /// The sale that they paid for, once it is known.
        sale: Option<SaleId>,
        /// How many have come back, for a capture without a sale.
        returned: Points,
    },
    /// Somebody gave it back.
    Voided,
    /// Its time was over.
    Lapsed,
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Its id.
    pub id: HoldId,
    /// Whose points.
    pub account: AccountId,
    /// How many.
    pub points: Points,
    /// When it lapses by itself.
    pub until: Moment,
    /// What it pins, in spending order.
    pub pins: Vec<Part>,
    /// What points may pay for in the basket it was made for.
    pub payable: Money,
    /// What became of it.
    pub state: HoldState,
}

impl Hold {
    /// Refuses anything but an open hold whose time is not over; a capture at `until` is too late.
    pub fn check_open(&self, now: Moment) -> Result<(), Refusal> {
        match self.state {
            HoldState::Open if now < self.until => Ok(()),
            HoldState::Open | HoldState::Lapsed => Err(Refusal::HoldLapsed),
            HoldState::Captured { .. } => Err(Refusal::HoldCaptured),
            HoldState::Voided => Err(Refusal::HoldVoided),
        }
    }

    /// The parts that a capture of so many points uses: pinned points in their order.
    pub fn used(&self, points: Points) -> Vec<Part> {
        take(points, self.pins.iter().copied())
    }
}

impl Desk {
    /// Pins available points in spending order, or says how many there are.
    pub fn hold(
        &mut self,
        id: HoldId,
        points: Points,
        until: Moment,
    ) -> Result<Vec<Part>, HoldError> {
        let available = self
            .account
            .available(self.now)
            .ok_or(LedgerError::Overflow)?;
        if available < points {
            return Err(HoldError::NotEnough(available));
        }
        let pins = take(points, self.account.offers(self.now));

        for pin in &pins {
            self.account.pin(*pin)?;
            self.touched.insert(pin.lot);
        }
        self.account.holds.push(OpenHold {
            id,
            until,
            pins: pins.clone(),
        });
        Ok(pins)
    }

    /// Uses `points` of an open hold at `at` and lets the rest go. The caller has checked the hold.
    pub fn capture(&mut self, hold: &Hold, points: Points) -> Result<Vec<Part>, LedgerError> {
        let pins = self.close_hold(hold.id)?;
        let used = take(points, pins.iter().copied());
        for part in &used {
            self.account.unpin(*part)?;
        }
        let parts = used.clone();
        self.post(
            self.now,
            Movement::Redeem {
                hold: hold.id,
                parts,
            },
        )?;

        let rest = without(&pins, &used)?;
        self.release(self.now, &rest)?;
        Ok(used)
    }

    /// Gives an open hold back.
    pub fn void(&mut self, hold: &Hold) -> Result<(), LedgerError> {
        let pins = self.close_hold(hold.id)?;
        self.release(self.now, &pins)
    }
}

/// Why points cannot be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoldError {
    /// So many are available.
    #[error("only {0} points are available")]
    NotEnough(Points),
    /// The account does not add up.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// What is left of `parts` after `used`, which was taken from their beginning.
fn without(parts: &[Part], used: &[Part]) -> Result<Vec<Part>, LedgerError> {
    let mut gone = total(used).ok_or(LedgerError::Overflow)?;
    let mut left = Vec::new();
    for part in parts {
        let skipped = part.points.min(gone);
        gone = gone.saturating_sub(skipped);
        let points = part.points.saturating_sub(skipped);
        if !points.is_zero() {
            left.push(Part {
                lot: part.lot,
                points,
            });
        }
    }
    Ok(left)
}
