//! A scanned or typed code becomes the token of this sale.

use serde::{Deserialize, Serialize};

use super::{Operation, Refused, Request, Tier, Words, shape};

/// Who is at the till?
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identify {
    /// What was scanned or typed: a card number, a live code or a typed code (privacy §5).
    pub code: String,
}

impl core::fmt::Debug for Identify {
    /// The code is not printed: a card number comes again with every visit.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Identify(..)")
    }
}

impl Request for Identify {
    const OPERATION: Operation = Operation::Identify;
    type Answer = Identified;

    fn check(&self) -> Result<(), Refused> {
        Ok(shape::token(&self.code)?)
    }
}

/// What a code allows. A card earns; a live or typed code does all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allows {
    /// Points for this sale.
    Earn,
    /// Points as a means of payment.
    Redeem,
    /// The balance may be shown.
    Balance,
}

/// What a member has, where the code allows to show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsShown {
    /// All points, held and not yet usable ones included.
    pub balance: u64,
    /// What may be used now.
    pub available: u64,
    /// What is owed after refunds.
    pub debt: u64,
}

/// A member is at the till.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identified {
    /// The token of this sale and its refunds: another one for every sale.
    pub sale_token: String,
    /// The tier that this sale is made in.
    pub tier: Tier,
    /// What the code allows.
    pub allows: Vec<Allows>,
    /// What the member has, if the code allows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<PointsShown>,
    /// A line for the receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Words>,
    /// What a terminal that declares a sector knows the member by from sale to sale, if the member said yes there. It
    /// identifies at terminals of that sector alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_token: Option<String>,
}

impl core::fmt::Debug for Identified {
    /// No token is printed: one of a sector comes again with every visit.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Identified")
            .field("tier", &self.tier)
            .field("allows", &self.allows)
            .finish_non_exhaustive()
    }
}
