//! What commands did: the answers that are kept under their keys.

use serde::{Deserialize, Serialize};

use crate::domain::earn::Trace;
use crate::domain::ids::{HoldId, SaleId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::{AccountState, Refusal};
use crate::domain::time::Moment;

/// An account was opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// When.
    pub at: Moment,
}

/// Points were set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The hold.
    pub hold: HoldId,
    /// How many points.
    pub points: Points,
    /// What they are worth.
    pub worth: Money,
    /// When the hold lapses.
    pub until: Moment,
    /// What else may be used.
    pub available: Points,
}

/// A hold was used, or points were used at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The hold.
    pub hold: HoldId,
    /// Points used.
    pub points: Points,
    /// What they paid.
    pub worth: Money,
    /// Balance after it.
    pub balance: Points,
}

/// A hold was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voided {
    /// The hold.
    pub hold: HoldId,
    /// What may be used now.
    pub available: Points,
}

/// A sale was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sold {
    /// The sale.
    pub sale: SaleId,
    /// What was paid with money.
    pub money: Money,
    /// Points used for it, and what they paid.
    pub used: Points,
    /// What the points used paid.
    pub worth: Money,
    /// Points earned.
    pub earned: Points,
    /// How each rule came to its points.
    pub traces: Vec<Trace>,
    /// When the points expire; none when nothing was earned or they never do.
    pub expires_at: Option<Moment>,
    /// The tier at the time of the sale.
    pub tier: Tier,
    /// The tier from the next sale on.
    pub tier_after: Tier,
    /// Balance after it.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
}

/// A refund was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refunded {
    /// The sale.
    pub sale: SaleId,
    /// Whether it was a void of the whole sale.
    pub void: bool,
    /// Money to hand back.
    pub money: Money,
    /// Used points that came back.
    pub points_back: Points,
    /// Earned points that were taken back, whoever bore it.
    pub clawback: Points,
    /// What of it the member owes now.
    pub debt_added: Points,
    /// What of it the shop bears: to be looked at.
    pub loss: Points,
    /// How each rule came to its points.
    pub traces: Vec<Trace>,
    /// The tier after it.
    pub tier_after: Tier,
    /// Balance after it.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
}

/// Used points came back without a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsReturned {
    /// The hold they had been used by.
    pub hold: HoldId,
    /// How many.
    pub points: Points,
    /// Balance after it.
    pub balance: Points,
}

/// Staff corrected the balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adjusted {
    /// How many points, negative when taken.
    pub points: i64,
    /// Balance after it.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
}

/// Staff changed what the member may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanctioned {
    /// The state from now on.
    pub state: AccountState,
}

/// A typed code was exchanged for a sale token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    /// The token, to be given again to a retry.
    pub(crate) token: String,
}

impl core::fmt::Debug for Identified {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Identified(..)")
    }
}

/// A person became a member.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The card's digits, to be shown again to a retry.
    pub(crate) card: String,
    /// What the member may do.
    pub(crate) state: AccountState,
}

impl core::fmt::Debug for Joined {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Joined(..)")
    }
}

/// A member's data was corrected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Corrected {
    /// When.
    pub at: Moment,
}

/// A member got another card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardReissued {
    /// The card's digits, to be shown again to a retry.
    pub(crate) card: String,
}

impl core::fmt::Debug for CardReissued {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("CardReissued(..)")
    }
}

/// Another record of the same person came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// When.
    pub at: Moment,
    /// Points that came.
    pub moved: Points,
    /// Points that two rests made whole.
    pub made: Points,
    /// Debt that came.
    pub debt_moved: Points,
    /// Balance after it.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
    /// The tier after it.
    pub tier_after: Tier,
    /// Until when it can be undone.
    pub undo_until: Moment,
}

/// A merge was undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unmerged {
    /// When.
    pub at: Moment,
    /// Points taken back, since two rests no longer make a unit; what of them the shop bears included.
    pub taken: Points,
    /// What of them the shop bears.
    pub loss: Points,
    /// The survivor's balance after it.
    pub balance: Points,
    /// The survivor's debt after it.
    pub debt: Points,
    /// The other record's balance after it.
    pub other_balance: Points,
    /// The other record's debt after it.
    pub other_debt: Points,
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Receipt {
    /// See [`Opened`].
    Opened(Opened),
    /// See [`Held`].
    Held(Held),
    /// See [`Captured`].
    Captured(Captured),
    /// See [`Voided`].
    Voided(Voided),
    /// See [`Sold`].
    Sold(Sold),
    /// See [`Refunded`].
    Refunded(Refunded),
    /// See [`PointsReturned`].
    PointsReturned(PointsReturned),
    /// See [`Adjusted`].
    Adjusted(Adjusted),
    /// See [`Sanctioned`].
    Sanctioned(Sanctioned),
    /// See [`Identified`].
    Identified(Identified),
    /// See [`Joined`].
    Joined(Joined),
    /// See [`Corrected`].
    Corrected(Corrected),
    /// See [`CardReissued`].
    CardReissued(CardReissued),
    /// See [`Merged`].
    Merged(Merged),
    /// See [`Unmerged`].
    Unmerged(Unmerged),
}

/// A command's answer: what it did, and whether it was done by an earlier try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it did.
    pub receipt: Receipt,
    /// Whether this is the answer to an earlier try (semantics 34).
    pub repeated: bool,
}

/// What is kept under a key: a deed or a "no" by rule (semantics 35).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was done.
    Done(Receipt),
    /// It was refused, and stays refused.
    Refused(Refusal),
}
