//! Undoing by the original's own key, once.

use serde::Serialize;

use crate::domain::ids::{AccountId, HoldId, SaleId};
use crate::domain::refusal::Refusal;
use crate::ledger::hold::HoldState;
use crate::ledger::sale::ReceiptNo;

use super::Engine;
use super::commit::{IdempotencyKey, Kind, Verb};
use super::hold::{ReturnPoints, VoidHold, hold_of};
use super::receipt::{Outcome, Receipt};
use super::refund::{refund, sale_of};
use super::work::{Stop, Work};

/// What is undone, as the engine found it under the original's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Original {
    /// A sale: it is voided, within its business day (semantics 25).
    Sale(SaleId),
    /// A hold: open, it is voided; used without a sale, its points come back.
    Hold(HoldId),
}

/// Undoes a sale, a hold or a use of points.
#[derive(Clone, Debug, Serialize)]
pub struct Reverse {
    /// Whose.
    pub account: AccountId,
    /// What.
    pub original: Original,
}

impl Engine {
    /// What an original's idempotency key leads to, for a [`Reverse`].
    pub fn original_of_key(&self, key: &IdempotencyKey) -> Result<(AccountId, Original), Refusal> {
        original(self.answer_of_key(key)?)
    }

    /// What an original's receipt leads to, for a [`Reverse`].
    pub fn original_of_receipt(
        &self,
        kind: Kind,
        receipt: &ReceiptNo,
    ) -> Result<(AccountId, Original), Refusal> {
        original(self.answer_of_receipt(kind, receipt)?)
    }
}

fn original(answer: Option<(AccountId, Outcome)>) -> Result<(AccountId, Original), Refusal> {
    match answer {
        None | Some((_, Outcome::Refused(_))) => Err(Refusal::OperationUnknown),
        Some((account, Outcome::Done(receipt))) => match receipt {
            Receipt::Sold(sold) => Ok((account, Original::Sale(sold.sale))),
            Receipt::Held(held) => Ok((account, Original::Hold(held.hold))),
            Receipt::Captured(captured) => Ok((account, Original::Hold(captured.hold))),
            Receipt::Opened(_)
            | Receipt::Voided(_)
            | Receipt::Refunded(_)
            | Receipt::PointsReturned(_)
            | Receipt::Adjusted(_)
            | Receipt::Sanctioned(_)
            | Receipt::Identified(_)
            | Receipt::Joined(_)
            | Receipt::Corrected(_)
            | Receipt::CardReissued(_)
            | Receipt::Merged(_)
            | Receipt::Unmerged(_) => Err(Refusal::NotReversible),
        },
    }
}

impl Verb for Reverse {
    const NAME: &'static str = "reverse";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        match self.original {
            Original::Sale(id) => {
                let sale = sale_of(work, self.account, id)?;
                let zone = work.programme()?.zone;
                let rest = sale.rest();
                if sale.voided || rest.is_empty() {
                    return Err(Refusal::AlreadyReversed.into());
                }
                if zone.day_of(sale.sold_at) != zone.day_of(work.now) {
                    return Err(Refusal::NotSameDay.into());
                }
                let receipt = sale.receipt.clone();
                refund(work, sale, &rest, Some(&receipt), true)
            }
            Original::Hold(id) => {
                let hold = hold_of(work, self.account, id)?;
                match hold.state {
                    HoldState::Captured {
                        points, returned, ..
                    } => {
                        let points = points.saturating_sub(returned);
                        if points.is_zero() {
                            return Err(Refusal::AlreadyReversed.into());
                        }
                        ReturnPoints {
                            account: self.account,
                            hold: id,
                            points,
                        }
                        .decide(work)
                    }
                    HoldState::Voided => Err(Refusal::AlreadyReversed.into()),
                    HoldState::Open | HoldState::Lapsed => VoidHold {
                        account: self.account,
                        hold: id,
                    }
                    .decide(work),
                }
            }
        }
    }
}
