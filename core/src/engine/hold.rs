//! Points set aside, used, and given back; and points used at once (semantics §3).

use serde::Serialize;

use crate::domain::basket::{self, Line};
use crate::domain::ids::{AccountId, HoldId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::programme::{Programme, RedeemTerms};
use crate::domain::refusal::{AccountState, Refusal};
use crate::domain::time::Moment;
use crate::ledger::account::LedgerError;
use crate::ledger::desk::Desk;
use crate::ledger::entry::Redemption;
use crate::ledger::hold::{Hold, HoldError, HoldState, OPEN_HOLDS_MAX};
use crate::ledger::sale::ReceiptNo;

use super::commit::{Kind, Verb};
use super::receipt::{Captured, Held, PointsReturned, Receipt, Voided};
use super::work::{Stop, Work};

/// Sets points aside for a basket.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceHold {
    /// Whose points.
    pub account: AccountId,
    /// How many.
    pub points: Points,
    /// The basket they are to pay for, priced after every discount.
    pub lines: Vec<Line>,
}

/// Uses a hold, whole or in part; 0 points give it back.
#[derive(Clone, Debug, Serialize)]
pub struct Capture {
    /// Whose.
    pub account: AccountId,
    /// The hold.
    pub hold: HoldId,
    /// How many of its points.
    pub points: Points,
}

/// Gives a hold back.
#[derive(Clone, Debug, Serialize)]
pub struct VoidHold {
    /// Whose.
    pub account: AccountId,
    /// The hold.
    pub hold: HoldId,
}

/// Uses points at once: a hold and its capture in one commit.
#[derive(Clone, Debug, Serialize)]
pub struct Redeem {
    /// Whose points.
    pub account: AccountId,
    /// The till's name of it.
    pub receipt: ReceiptNo,
    /// How many.
    pub points: Points,
    /// What points may pay for.
    pub payable: Money,
}

/// Gives points back that were used without a sale.
#[derive(Clone, Debug, Serialize)]
pub struct ReturnPoints {
    /// Whose.
    pub account: AccountId,
    /// The hold that used them.
    pub hold: HoldId,
    /// How many.
    pub points: Points,
}

/// What points are worth, where the programme offers that.
pub(crate) fn terms(programme: &Programme) -> Result<&RedeemTerms, Refusal> {
    programme.redeem.as_ref().ok_or(Refusal::NotOffered)
}

/// Refuses a member whose state forbids the use of points.
pub(crate) fn check_may_redeem(state: AccountState) -> Result<(), Refusal> {
    if state.may_redeem() {
        Ok(())
    } else {
        Err(Refusal::StateForbids { state })
    }
}

/// A hold of this account.
pub(crate) fn hold_of(work: &Work<'_>, account: AccountId, id: HoldId) -> Result<Hold, Stop> {
    work.view().account(account)?;
    let (owner, hold) = work.view().hold(id)?;
    if work.view().here(owner)? == work.view().here(account)? {
        Ok(hold)
    } else {
        Err(Refusal::HoldUnknown.into())
    }
}

/// Pins points for a basket in which points may pay for `payable`.
fn place(
    work: &mut Work<'_>,
    desk: &mut Desk,
    account: AccountId,
    points: Points,
    payable: Money,
    programme: &Programme,
) -> Result<(Hold, Money), Stop> {
    let terms = terms(programme)?;
    check_may_redeem(desk.account.state)?;
    if OPEN_HOLDS_MAX <= desk.account.holds.len() {
        return Err(Refusal::TooManyHolds.into());
    }
    let available = desk
        .account
        .available(work.now)
        .ok_or(LedgerError::Overflow)?;
    let worth = terms
        .check(points, Some(available), payable)
        .map_err(Refusal::from)?;
    let until = work.now.plus_minutes(terms.hold_minutes);
    let id = work.new_id(HoldId::new);
    let pins = desk.hold(id, points, until).map_err(|error| match error {
        HoldError::NotEnough(available) => Stop::from(Refusal::NotEnough { available }),
        HoldError::Ledger(error) => error.into(),
    })?;
    let hold = Hold {
        id,
        account,
        points,
        until,
        pins,
        payable,
        state: HoldState::Open,
    };
    Ok((hold, worth))
}

/// A hold after so many of its points were used.
pub(crate) fn captured(hold: Hold, points: Points, worth: Money, at: Moment) -> Hold {
    let state = HoldState::Captured {
        points,
        worth,
        at,
        sale: None,
        returned: Points::ZERO,
    };
    Hold { state, ..hold }
}

impl Verb for PlaceHold {
    const NAME: &'static str = "hold";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        basket::check(&self.lines)?;
        Ok(())
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        let payable = RedeemTerms::payable(&self.lines).ok_or(LedgerError::Overflow)?;
        let (hold, worth) = place(
            work,
            &mut desk,
            self.account,
            self.points,
            payable,
            programme,
        )?;
        let available = desk
            .account
            .available(work.now)
            .ok_or(LedgerError::Overflow)?;
        let receipt = Held {
            hold: hold.id,
            points: self.points,
            worth,
            until: hold.until,
            available,
        };

        work.put_hold(self.account, hold)?;
        work.finish(self.account, head, desk, programme.hash, None)?;
        Ok(Receipt::Held(receipt))
    }
}

impl Verb for Capture {
    const NAME: &'static str = "capture";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        if self.points.is_zero() {
            return VoidHold {
                account: self.account,
                hold: self.hold,
            }
            .decide(work);
        }
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        let hold = hold_of(work, self.account, self.hold)?;
        hold.check_open(work.now)?;
        check_may_redeem(desk.account.state)?;
        if hold.points < self.points {
            return Err(Refusal::ExceedsHold { held: hold.points }.into());
        }
        let worth = terms(programme)?
            .check(self.points, None, hold.payable)
            .map_err(Refusal::from)?;
        desk.capture(&hold, self.points)?;
        let balance = desk.account.balance().ok_or(LedgerError::Overflow)?;

        work.put_hold(self.account, captured(hold, self.points, worth, work.now))?;
        work.finish(self.account, head, desk, programme.hash, None)?;
        Ok(Receipt::Captured(Captured {
            hold: self.hold,
            points: self.points,
            worth,
            balance,
        }))
    }
}

impl Verb for VoidHold {
    const NAME: &'static str = "void";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        let hold = hold_of(work, self.account, self.hold)?;
        hold.check_open(work.now)?;
        desk.void(&hold)?;
        let available = desk
            .account
            .available(work.now)
            .ok_or(LedgerError::Overflow)?;

        work.put_hold(
            self.account,
            Hold {
                state: HoldState::Voided,
                ..hold
            },
        )?;
        work.finish(self.account, head, desk, programme.hash, None)?;
        Ok(Receipt::Voided(Voided {
            hold: self.hold,
            available,
        }))
    }
}

impl Verb for Redeem {
    const NAME: &'static str = "redeem";

    fn account(&self) -> AccountId {
        self.account
    }

    fn business(&self) -> Option<(Kind, &ReceiptNo)> {
        Some((Kind::Redeem, &self.receipt))
    }

    fn check(&self) -> Result<(), Refusal> {
        self.receipt.check()?;
        if self.payable < Money::ZERO || Money::MAX < self.payable {
            return Err(Refusal::AmountTooLarge);
        }
        Ok(())
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        let (hold, worth) = place(
            work,
            &mut desk,
            self.account,
            self.points,
            self.payable,
            programme,
        )?;
        desk.capture(&hold, self.points)?;
        let balance = desk.account.balance().ok_or(LedgerError::Overflow)?;
        let receipt = Captured {
            hold: hold.id,
            points: self.points,
            worth,
            balance,
        };

        work.put_hold(self.account, captured(hold, self.points, worth, work.now))?;
        work.finish(
            self.account,
            head,
            desk,
            programme.hash,
            Some(&self.receipt),
        )?;
        Ok(Receipt::Captured(receipt))
    }
}

impl Verb for ReturnPoints {
    const NAME: &'static str = "return points";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.points.is_zero() {
            Err(Refusal::NothingToRefund)
        } else {
            Ok(())
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        let hold = hold_of(work, self.account, self.hold)?;
        let (used, worth, at, returned) = match hold.state {
            HoldState::Captured {
                points,
                worth,
                at,
                sale: None,
                returned,
            } => (points, worth, at, returned),
            HoldState::Captured { sale: Some(_), .. } => return Err(Refusal::HoldUsed.into()),
            HoldState::Open | HoldState::Voided | HoldState::Lapsed => {
                return Err(Refusal::ReturnTooMuch { left: Points::ZERO }.into());
            }
        };
        let left = used.saturating_sub(returned);
        if left < self.points {
            return Err(Refusal::ReturnTooMuch { left }.into());
        }
        let rules = work.versions.at(at).ok_or(Refusal::BeforeProgramme)?;
        super::refund::check_window(at, work.now, rules)?;

        let parts = hold.used(used);
        work.bring(self.account, &mut desk, parts.iter().map(|part| part.lot))?;
        let of = Redemption::Hold(hold.id);
        desk.give_back(of, &parts, returned, self.points, &rules.refund, work)?;
        let returned = returned
            .checked_add(self.points)
            .ok_or(LedgerError::Overflow)?;
        let balance = desk.account.balance().ok_or(LedgerError::Overflow)?;
        let state = HoldState::Captured {
            points: used,
            worth,
            at,
            sale: None,
            returned,
        };

        work.put_hold(self.account, Hold { state, ..hold })?;
        work.finish(self.account, head, desk, programme.hash, None)?;
        let points = self.points;
        Ok(Receipt::PointsReturned(PointsReturned {
            hold: self.hold,
            points,
            balance,
        }))
    }
}
