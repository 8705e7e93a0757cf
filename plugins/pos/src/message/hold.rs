//! Points set aside for a sale, used, and given back (semantics 13).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::basket::{Line, check_lines};
use super::{Operation, Refused, Request, shape};

/// Sets points aside for a basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hold {
    /// The token of this sale.
    pub sale_token: String,
    /// How many.
    pub points: u64,
    /// The basket they are to pay for, priced after every discount.
    pub lines: Vec<Line>,
}

impl Request for Hold {
    const OPERATION: Operation = Operation::Hold;
    type Answer = Held;

    fn check(&self) -> Result<(), Refused> {
        shape::token(&self.sale_token)?;
        shape::points(self.points)?;
        Ok(check_lines(&self.lines)?)
    }
}

/// Points were set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// The hold.
    pub hold: String,
    /// How many points.
    pub points: u64,
    /// What they are worth.
    pub worth: String,
    /// When the hold lapses by itself.
    pub until: String,
    /// What else may be used.
    pub available: u64,
    /// Whether this is the answer to an earlier try.
    #[serde(default)]
    pub repeated: bool,
}

/// Uses a hold, whole or in part; 0 points give it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capture {
    /// The hold. It stands in the path: a server sets it from there, and one that is not set is refused.
    #[serde(skip)]
    pub hold: String,
    /// How many of its points; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
}

impl Request for Capture {
    const OPERATION: Operation = Operation::Capture;
    type Answer = Captured;

    fn path(&self) -> Cow<'static, str> {
        Self::OPERATION.path(&self.hold)
    }

    fn check(&self) -> Result<(), Refused> {
        shape::hold(&self.hold)?;
        Ok(shape::points(self.points.unwrap_or(0))?)
    }
}

/// A hold was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The hold.
    pub hold: String,
    /// Points used.
    pub points: u64,
    /// What they paid.
    pub worth: String,
    /// Balance after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<u64>,
    /// Whether this is the answer to an earlier try.
    #[serde(default)]
    pub repeated: bool,
}

/// Gives a hold back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Void {
    /// The hold. It stands in the path: a server sets it from there, and one that is not set is refused.
    #[serde(skip)]
    pub hold: String,
}

impl Request for Void {
    const OPERATION: Operation = Operation::Void;
    type Answer = Voided;

    fn path(&self) -> Cow<'static, str> {
        Self::OPERATION.path(&self.hold)
    }

    fn check(&self) -> Result<(), Refused> {
        Ok(shape::hold(&self.hold)?)
    }
}

/// A hold was given back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voided {
    /// The hold.
    pub hold: String,
    /// What may be used now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub available: Option<u64>,
    /// Whether this is the answer to an earlier try.
    #[serde(default)]
    pub repeated: bool,
}
