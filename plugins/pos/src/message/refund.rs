//! Goods come back, and operations are undone (semantics §5).

use serde::{Deserialize, Serialize};

use super::basket::{LINES_MAX, Slip};
use super::refused::Fault;
use super::{Operation, Refused, Request, Tier, shape};
use crate::key::Key;

/// Which sale: exactly one of the two is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaleName {
    /// Its token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_token: Option<String>,
    /// Its slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Slip>,
}

/// Which sale a refund is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfSale<'a> {
    /// The one of this token.
    Token(&'a str),
    /// The one of this slip.
    Receipt(&'a Slip),
}

impl SaleName {
    /// Which sale it names.
    pub fn of(&self) -> Result<OfSale<'_>, Fault> {
        match (&self.sale_token, &self.receipt) {
            (Some(token), None) => Ok(OfSale::Token(token)),
            (None, Some(receipt)) => Ok(OfSale::Receipt(receipt)),
            (Some(_), Some(_)) | (None, None) => Err(Fault::SaleUnclear),
        }
    }
}

/// What comes back of a line: exactly one of quantity, amount and rest is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefundLine {
    /// The line's place in the sale, counted from 1.
    pub line: u32,
    /// So much of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<String>,
    /// A part of what was paid: it comes back partly in money and partly in points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// `true`: all that is left of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<bool>,
}

/// What comes back of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundOf<'a> {
    /// So much of it.
    Quantity(&'a str),
    /// A part of what was paid.
    Amount(&'a str),
    /// All that is left.
    Rest,
}

impl RefundLine {
    /// What comes back.
    pub fn of(&self) -> Result<RefundOf<'_>, Fault> {
        match (&self.quantity, &self.amount, self.rest) {
            (Some(quantity), None, None) => Ok(RefundOf::Quantity(quantity)),
            (None, Some(amount), None) => Ok(RefundOf::Amount(amount)),
            (None, None, Some(true)) => Ok(RefundOf::Rest),
            _ => Err(Fault::RefundLineUnclear { line: self.line }),
        }
    }

    fn check(&self) -> Result<(), Fault> {
        let line = self.line;
        match self.of()? {
            RefundOf::Quantity(quantity) if shape::is_quantity(quantity) => Ok(()),
            RefundOf::Quantity(_) => Err(Fault::BadQuantity { line }),
            RefundOf::Amount(amount) => match shape::amount(amount) {
                Ok(shape::Sign::Positive) => Ok(()),
                Ok(shape::Sign::Negative) | Err(_) => Err(Fault::BadLineAmount { line }),
            },
            RefundOf::Rest => Ok(()),
        }
    }
}

/// A refund of some lines of a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// The sale.
    pub sale: SaleName,
    /// The refund's own slip, so that two partial refunds of one sale are two.
    pub receipt: Slip,
    /// What comes back.
    pub lines: Vec<RefundLine>,
}

impl Refund {
    fn check_parts(&self) -> Result<(), Fault> {
        match self.sale.of()? {
            OfSale::Token(token) => shape::token(token)?,
            OfSale::Receipt(receipt) => receipt.check()?,
        }
        self.receipt.check()?;
        match self.lines.len() {
            0 => Err(Fault::NothingToRefund),
            1..=LINES_MAX => self.lines.iter().try_for_each(RefundLine::check),
            _ => Err(Fault::TooManyLines),
        }
    }
}

impl Request for Refund {
    const OPERATION: Operation = Operation::Refund;
    type Answer = Refunded;

    fn check(&self) -> Result<(), Refused> {
        Ok(self.check_parts()?)
    }
}

/// A refund was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// Money to hand back.
    pub money: String,
    /// Used points that came back.
    pub points_back: u64,
    /// Earned points that were taken back.
    pub clawback: u64,
    /// The tier after it.
    pub tier_after: Tier,
    /// Balance after it, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<u64>,
    /// Debt after it, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt: Option<u64>,
    /// Whether this is the answer to an earlier try.
    pub repeated: bool,
}

/// What a slip is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipKind {
    /// A sale.
    Sale,
    /// A refund.
    Refund,
    /// Points used without a sale.
    Redeem,
}

/// Undoes an operation, once, by the original's idempotency key or by its slip: exactly one of the two is given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The original's idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// The original's slip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Slip>,
    /// What the slip is of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<SlipKind>,
}

/// What is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original<'a> {
    /// What was done under this key.
    Key(Key),
    /// What was done under this slip.
    Slip(SlipKind, &'a Slip),
}

impl Reversal {
    /// What is undone.
    pub fn original(&self) -> Result<Original<'_>, Fault> {
        match (self.key, &self.receipt, self.kind) {
            (Some(key), None, None) => Ok(Original::Key(key)),
            (None, Some(receipt), Some(kind)) => Ok(Original::Slip(kind, receipt)),
            _ => Err(Fault::OriginalUnclear),
        }
    }
}

impl Request for Reversal {
    const OPERATION: Operation = Operation::Reversal;
    type Answer = Reversed;

    fn check(&self) -> Result<(), Refused> {
        match self.original()? {
            Original::Key(_) => Ok(()),
            Original::Slip(_, receipt) => Ok(receipt.check()?),
        }
    }
}

/// What was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undone {
    /// A sale was voided.
    Sale,
    /// An open hold was given back.
    Hold,
    /// Points used without a sale came back.
    Points,
}

/// An operation was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    /// What it was.
    pub undone: Undone,
    /// Money to hand back, for a sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money: Option<String>,
    /// Points that came back: used ones, or those of the hold.
    pub points_back: u64,
    /// Earned points that were taken back.
    pub clawback: u64,
    /// The tier after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier_after: Option<Tier>,
    /// Balance after it, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<u64>,
    /// Debt after it, where it may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt: Option<u64>,
    /// Whether this is the answer to an earlier try.
    pub repeated: bool,
}
