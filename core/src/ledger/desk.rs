//! One command's work on one account: it settles what time has done, posts movements, and collects what is to be
//! written. Nothing is loaded or saved here.

use std::collections::BTreeSet;

use crate::domain::ids::{HoldId, LotId};
use crate::domain::points::Points;
use crate::domain::time::{Moment, Zone};

use super::account::{Account, LedgerError};
use super::entry::Movement;
use super::journal::{Posting, postings};
use super::lot::{Lot, LotGrant, Part, take};

/// A movement that a command posted, with what stood after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// When it took effect.
    pub at: Moment,
    /// What it does.
    pub movement: Movement,
    /// Balance after it.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
}

/// Gives new ids in the order of commit: eight bytes of sequence, eight random ones.
pub trait Ids {
    /// The next sixteen bytes.
    fn draw(&mut self) -> (u64, [u8; 8]);
}

/// The work of one command.
#[derive(Debug)]
pub struct Desk {
    /// The account as it stands after what was posted.
    pub account: Account,
    /// Business time.
    pub now: Moment,
    /// The programme's zone.
    pub zone: Zone,
    /// What was posted, in order.
    pub posted: Vec<Posted>,
    /// What the journal books.
    pub journal: Vec<Posting>,
    /// Lots that changed.
    pub touched: BTreeSet<LotId>,
    /// Holds that lapsed by themselves.
    pub lapsed_holds: Vec<(HoldId, Moment)>,
}

impl Desk {
    /// Sits down with an account at `now`: what expired or lapsed until then is posted first, each dated to its true
    /// moment, in the order in which it happened (semantics 7, 13).
    pub fn open(account: Account, now: Moment, zone: Zone) -> Result<Self, LedgerError> {
        let mut desk = Self::new(account, now, zone);
        desk.settle()?;
        Ok(desk)
    }

    /// Sits down with a new account, which nothing has happened to.
    pub fn new(account: Account, now: Moment, zone: Zone) -> Self {
        Self {
            account,
            now,
            zone,
            posted: Vec::new(),
            journal: Vec::new(),
            touched: BTreeSet::new(),
            lapsed_holds: Vec::new(),
        }
    }

    /// Posts a movement: the account, the journal and the entry in one.
    pub fn post(&mut self, at: Moment, movement: Movement) -> Result<(), LedgerError> {
        self.account.apply(&movement)?;
        self.journal
            .extend(postings(&movement, &self.account, self.zone)?);
        self.touched.extend(lots_of(&movement));
        let balance = self.account.balance().ok_or(LedgerError::Overflow)?;
        self.posted.push(Posted {
            at,
            movement,
            balance,
            debt: self.account.debt,
        });
        Ok(())
    }

    /// Pays debt from points that were just credited, in the order they came, as far as they are free (semantics 24).
    pub fn repay(&mut self, at: Moment, credited: &[Part]) -> Result<(), LedgerError> {
        if self.account.debt.is_zero() {
            return Ok(());
        }
        let parts = take(self.account.debt, credited.iter().copied());
        if parts.is_empty() {
            Ok(())
        } else {
            self.post(at, Movement::Repay { parts })
        }
    }

    /// Enters points of a lot as expired.
    pub fn expire(&mut self, at: Moment, part: Part) -> Result<(), LedgerError> {
        self.post(
            at,
            Movement::Expire {
                lot: part.lot,
                points: part.points,
            },
        )
    }

    /// Lets a hold's pinned points go at `at`: those past their date expire at that moment, the others pay a debt
    /// first (semantics 13).
    pub fn release(&mut self, at: Moment, pins: &[Part]) -> Result<(), LedgerError> {
        let mut alive = Vec::new();
        for pin in pins {
            self.account.unpin(*pin)?;
            self.touched.insert(pin.lot);
            if self
                .account
                .lot(pin.lot)
                .ok_or(LedgerError::Unfit)?
                .is_expired(at)
            {
                self.expire(at, *pin)?;
            } else {
                alive.push(*pin);
            }
        }
        self.repay(at, &alive)
    }

    /// Credits a lot that pays a debt first, unless its date has come already.
    pub fn after_credit(&mut self, at: Moment, grant: &LotGrant) -> Result<(), LedgerError> {
        let part = Part {
            lot: grant.id,
            points: grant.points,
        };
        let lot = *self.account.lot(grant.id).ok_or(LedgerError::Unfit)?;
        match lot.grant.expires_at {
            Some(end) if end <= at => self.expire(end, part),
            Some(_) | None => self.repay(at, &[part]),
        }
    }

    /// The lots that changed, as they stand.
    pub fn touched_lots(&self) -> impl Iterator<Item = &Lot> {
        self.touched.iter().filter_map(|id| self.account.lot(*id))
    }

    fn settle(&mut self) -> Result<(), LedgerError> {
        loop {
            let expiring = self
                .account
                .lots
                .iter()
                .filter(|lot| !lot.free().is_zero() && lot.is_expired(self.now))
                .filter_map(|lot| {
                    lot.grant
                        .expires_at
                        .map(|end| (end, lot.grant.id, lot.free()))
                })
                .min();
            let lapsing = self
                .account
                .holds
                .iter()
                .filter(|hold| hold.until <= self.now)
                .map(|hold| (hold.until, hold.id))
                .min();
            match (expiring, lapsing) {
                (Some((end, lot, points)), other)
                    if other.is_none_or(|(until, _)| end <= until) =>
                {
                    self.expire(end, Part { lot, points })?;
                }
                (_, Some((until, hold))) => {
                    let pins = self.close_hold(hold)?;
                    self.lapsed_holds.push((hold, until));
                    self.release(until, &pins)?;
                }
                (_, None) => return Ok(()),
            }
        }
    }

    /// Takes a hold off the account's list and gives what it pins; the points are still pinned.
    pub fn close_hold(&mut self, id: HoldId) -> Result<Vec<Part>, LedgerError> {
        let place = self
            .account
            .holds
            .iter()
            .position(|hold| hold.id == id)
            .ok_or(LedgerError::Unfit)?;
        Ok(self.account.holds.remove(place).pins)
    }
}

/// The lots that a movement changes.
pub(super) fn lots_of(movement: &Movement) -> Vec<LotId> {
    let of = |parts: &[Part]| parts.iter().map(|part| part.lot).collect::<Vec<_>>();
    match movement {
        Movement::Open { .. }
        | Movement::Assess(_)
        | Movement::Sanction { .. }
        | Movement::Forward(_) => Vec::new(),
        Movement::Earn { lot, .. } => lot.iter().map(|grant| grant.id).collect(),
        Movement::Redeem { parts, .. } | Movement::Repay { parts } => of(parts),
        Movement::Return { parts, .. } => parts
            .iter()
            .map(|returned| returned.lands_in().lot)
            .collect(),
        Movement::Clawback {
            sale,
            parts,
            lapsed,
            ..
        } => {
            let own = (!lapsed.is_zero()).then_some(LotId::of_sale(*sale));
            of(parts).into_iter().chain(own).collect()
        }
        Movement::Adjust { credit, parts, .. } => of(parts)
            .into_iter()
            .chain(credit.iter().map(|grant| grant.id))
            .collect(),
        Movement::Expire { lot, .. } => vec![*lot],
        Movement::Grant { lot, .. } => vec![lot.id],
        Movement::Merge(arrival) | Movement::MergeBack(arrival) => arrival.lot_ids(),
        Movement::MergeAway(departure) | Movement::Unmerge(departure) => departure.lot_ids(),
    }
}
