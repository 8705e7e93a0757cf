//! A sale: what was bought and paid earns points. The till sends the basket, never points or tiers (semantics 3).

use serde::{Deserialize, Serialize};

use super::basket::{Line, Slip, check_lines};
use super::free_text::free_text;
use super::refused::Fault;
use super::{Operation, Refused, Request, Tier, Words, shape};

/// The most holds that one sale may use, and the most ways to pay for it.
const HOLDS_MAX: usize = 16;
const TENDERS_MAX: usize = 32;
/// The most discounts that one sale may name.
const DISCOUNTS_MAX: usize = 256;

/// How a part of a sale was paid. Of a payment only its number, amount and method are kept (COL-04).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tender {
    /// The shop's word for it, 1 to 64 bytes: free text.
    pub method: String,
    /// Money; negative for change given back.
    pub amount: String,
    /// The transaction number, 1 to 64 bytes: free text. Never a card number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl Tender {
    fn check(&self) -> Result<(), Fault> {
        for text in [Some(&self.method), self.reference.as_ref()]
            .into_iter()
            .flatten()
        {
            if text.is_empty() || !shape::is_label(text) {
                return Err(Fault::BadText);
            }
            free_text(text)?;
        }
        shape::amount(&self.amount).map(|_| ())
    }
}

/// A discount that the till took off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discount {
    /// The rule's id, 1 to 64 bytes: the programme's, as a quote names it, or the till's own.
    pub rule: String,
    /// Money, 0.00 or more.
    pub amount: String,
}

impl Discount {
    fn check(&self) -> Result<(), Fault> {
        if self.rule.is_empty() || !shape::is_label(&self.rule) {
            return Err(Fault::BadText);
        }
        match shape::amount(&self.amount)? {
            shape::Sign::Positive => Ok(()),
            shape::Sign::Negative => Err(Fault::BadAmount),
        }
    }
}

/// A hold that pays for a part of a sale: open, or captured before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseHold {
    /// The hold.
    pub hold: String,
    /// How many of an open hold's points; all of them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<u64>,
}

/// Whose sale it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Member<'a> {
    /// Identified before, under this token.
    Token(&'a str),
    /// For a sale that was kept before an answer came: it only earns, and uses no point that is not captured yet.
    Code {
        /// What was scanned: a card number, or a live code, which is checked for that moment.
        code: &'a str,
        /// When.
        scanned_at: &'a str,
    },
}

impl core::fmt::Debug for Member<'_> {
    /// The code is not printed: a card number comes again with every visit.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::Code { .. } => "Code(..)",
        })
    }
}

/// A sale. Exactly one of `sale_token`, and `code` with `scanned_at`, is given: see [`Member`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sale {
    /// The token of this sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_token: Option<String>,
    /// What was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When it was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<String>,
    /// The till's name of the sale.
    pub receipt: Slip,
    /// When it was sold; a late sale earns by this time (semantics 10).
    pub sold_at: String,
    /// The lines, each priced after every discount and before points.
    pub lines: Vec<Line>,
    /// How it was paid.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenders: Vec<Tender>,
    /// The discounts that were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discounts: Vec<Discount>,
    /// The holds that pay for a part of it: open ones are captured in the same commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<UseHold>,
}

impl core::fmt::Debug for Sale {
    /// Without the code, and without the basket.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Sale")
            .field("receipt", &self.receipt)
            .finish_non_exhaustive()
    }
}

impl Sale {
    /// A sale without tenders, discounts and holds.
    pub fn new(member: Member<'_>, receipt: Slip, sold_at: &str, lines: Vec<Line>) -> Self {
        let (sale_token, code, scanned_at) = match member {
            Member::Token(token) => (Some(token.to_owned()), None, None),
            Member::Code { code, scanned_at } => {
                (None, Some(code.to_owned()), Some(scanned_at.to_owned()))
            }
        };
        Self {
            sale_token,
            code,
            scanned_at,
            receipt,
            sold_at: sold_at.to_owned(),
            lines,
            tenders: Vec::new(),
            discounts: Vec::new(),
            holds: Vec::new(),
        }
    }

    /// Whose it is.
    pub fn member(&self) -> Result<Member<'_>, Fault> {
        match (&self.sale_token, &self.code, &self.scanned_at) {
            (Some(token), None, None) => Ok(Member::Token(token)),
            (None, Some(code), Some(scanned_at)) => Ok(Member::Code { code, scanned_at }),
            _ => Err(Fault::MemberUnclear),
        }
    }

    fn check_parts(&self) -> Result<(), Fault> {
        match self.member()? {
            Member::Token(token) => shape::token(token)?,
            Member::Code { code, scanned_at } => {
                shape::token(code)?;
                shape::time(scanned_at)?;
            }
        }
        self.receipt.check()?;
        shape::time(&self.sold_at)?;
        check_lines(&self.lines)?;
        if TENDERS_MAX < self.tenders.len()
            || DISCOUNTS_MAX < self.discounts.len()
            || HOLDS_MAX < self.holds.len()
        {
            return Err(Fault::TooManyParts);
        }
        self.tenders.iter().try_for_each(Tender::check)?;
        self.discounts.iter().try_for_each(Discount::check)?;
        for hold in &self.holds {
            shape::hold(&hold.hold)?;
            shape::points(hold.points.unwrap_or(0))?;
        }
        Ok(())
    }
}

impl Request for Sale {
    const OPERATION: Operation = Operation::Sale;
    type Answer = Sold;

    fn check(&self) -> Result<(), Refused> {
        Ok(self.check_parts()?)
    }
}

/// A sale was taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sold {
    /// Points earned.
    pub earned: u64,
    /// What was paid with money.
    pub money: String,
    /// Points used for it.
    pub used: u64,
    /// What those paid.
    pub worth: String,
    /// The tier at the time of the sale.
    pub tier: Tier,
    /// The tier from the next sale on.
    pub tier_after: Tier,
    /// When the points expire; absent when nothing was earned or they never do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Balance after it, if the code allows to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balance: Option<u64>,
    /// Debt after it, if the code allows to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub debt: Option<u64>,
    /// What to print.
    pub receipt_text: Words,
    /// Whether this is the answer to an earlier try.
    pub repeated: bool,
    /// For a sale that came with a code: its token, for refunds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale_token: Option<String>,
}
