//! What a basket would cost and earn. No effect.

use serde::{Deserialize, Serialize};

use super::basket::{Line, check_lines};
use super::{Operation, Refused, Request, shape};

/// What would this basket come to?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    /// The token of this sale.
    pub sale_token: String,
    /// The lines, each priced before the programme's discounts.
    pub lines: Vec<Line>,
}

impl Request for Quote {
    const OPERATION: Operation = Operation::Quote;
    type Answer = Quoted;

    fn check(&self) -> Result<(), Refused> {
        shape::token(&self.sale_token)?;
        Ok(check_lines(&self.lines)?)
    }
}

/// What one rule takes off a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOff {
    /// The rule's id.
    pub rule: String,
    /// Money.
    pub amount: String,
}

/// One line of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotedLine {
    /// What is taken off in all.
    pub discount: String,
    /// What is left to pay.
    pub paid: String,
    /// What each rule takes off, in the order in which they were applied.
    pub by: Vec<TakenOff>,
}

/// What became of a rule (semantics 18).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule's id.
    pub rule: String,
    /// `taken`, or why not: `status`, `other_tier`, `not_today`, `nothing_covered`, `floor`, `rounds_to_nothing`,
    /// `lost_in_group`, `lost_to_stack`, `lost_to_exclusive`, `lost_to_ordinary`. More may come.
    pub reason: String,
    /// What it takes off in all, if it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The rule that was chosen instead, if another was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What the basket would come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// For each line, in the order of the basket.
    pub lines: Vec<QuotedLine>,
    /// Every rule that was looked at.
    pub rules: Vec<Verdict>,
    /// What is to pay after discounts.
    pub total: String,
    /// The points it would earn if all of it is paid with money.
    pub earns: u64,
    /// The most points that may pay for it, 0 when none may; absent where the code does not allow to use points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_points: Option<u64>,
    /// What those are worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worth: Option<String>,
}
