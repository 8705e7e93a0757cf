//! What a till asks about the work itself: what became of a key, the clock, whether all is well.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::hold::{Captured, Held, Voided};
use super::refund::{Refunded, Reversed};
use super::sale::Sold;
use super::{Operation, Refused, Request};
use crate::key::Key;

/// What became of a key? One that this terminal never used is refused with 404 `operation_unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The key. It stands in the path.
    #[serde(skip)]
    pub key: Key,
}

impl Request for Status {
    const OPERATION: Operation = Operation::Status;
    type Answer = Outcome;

    fn path(&self) -> Cow<'static, str> {
        Self::OPERATION.path(&self.key.to_string())
    }

    fn check(&self) -> Result<(), Refused> {
        Ok(())
    }
}

/// What was done, as it was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", content = "answer", rename_all = "snake_case")]
pub enum Deed {
    /// Points were set aside.
    Hold(Held),
    /// A hold was used.
    Capture(Captured),
    /// A hold was given back.
    Void(Voided),
    /// A sale was taken in.
    Sale(Sold),
    /// A refund was taken in.
    Refund(Refunded),
    /// An operation was undone.
    Reversal(Reversed),
}

/// What became of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Outcome {
    /// It was done.
    Done(Deed),
    /// It was refused, and stays refused.
    Refused {
        /// Why.
        refusal: Refused,
    },
}

/// The first thing a till says: what time is it, and what do you speak? It changes nothing, and its `created` is not judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignOn {}

impl Request for SignOn {
    const OPERATION: Operation = Operation::SignOn;
    type Answer = SignedOn;

    fn check(&self) -> Result<(), Refused> {
        Ok(())
    }
}

/// The store's time, and what it speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOn {
    /// The store's time.
    pub time: String,
    /// The store's time less the request's `created`: what to add to the till's clock, to about a second.
    pub offset_millis: i64,
    /// The versions of this contract that are spoken: 1.
    pub versions: Vec<u32>,
    /// Words for what is offered: `redeem`, `coupons`, `offline_redeem`. More may come.
    pub capabilities: Vec<String>,
}

/// Is all well?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Diagnose {}

impl Request for Diagnose {
    const OPERATION: Operation = Operation::Diagnose;
    type Answer = Diagnosis;

    fn check(&self) -> Result<(), Refused> {
        Ok(())
    }
}

/// How the store is, as far as a till may know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The store's time.
    pub time: String,
    /// The terminal that asked.
    pub terminal: String,
    /// The generation of its key.
    pub generation: u32,
    /// When that key is no longer taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_until: Option<String>,
    /// The program's version.
    pub program: String,
    /// Whether sales are taken now.
    pub ready: bool,
}
