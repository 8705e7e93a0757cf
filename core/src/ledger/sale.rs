//! A sale as it is kept: its lines, what points paid, and what has come back so far.

use serde::{Deserialize, Serialize};

use crate::domain::basket::{Line, Quantity};
use crate::domain::ids::{AccountId, CarryId, ProgrammeHash, SaleId};
use crate::domain::money::{Exact, Money, Multiplier, floor_share};
use crate::domain::points::Points;
use crate::domain::programme::{EarnRule, Tier, TierTerms};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;

use super::lot::Part;

/// The longest store, till or receipt number, in bytes.
pub const RECEIPT_PART_MAX: usize = 48;

/// The till's own name of a sale or a refund (semantics 34).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ReceiptNo {
    /// The store.
    pub store: String,
    /// The till.
    pub till: String,
    /// The number on the slip.
    pub number: String,
}

impl ReceiptNo {
    /// Refuses parts that are empty, too long or unreadable.
    pub fn check(&self) -> Result<(), Refusal> {
        let unfit = |part: &&String| {
            part.is_empty() || RECEIPT_PART_MAX < part.len() || part.chars().any(char::is_control)
        };
        let parts = [&self.store, &self.till, &self.number];
        if parts.iter().any(unfit) {
            Err(Refusal::BadReceipt)
        } else {
            Ok(())
        }
    }
}

/// A line of a sale, and what has come back of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleLine {
    /// The line as it was sold.
    pub line: Line,
    /// The part of `paid` that was paid with points.
    pub points_share: Money,
    /// The points that paid it.
    pub points: Points,
    /// Σ of the quantities refunded.
    pub refunded_quantity: Quantity,
    /// Σ of the amounts refunded.
    pub refunded_amount: Money,
    /// Whether all of the rest has come back, whatever the sums say.
    pub all_back: bool,
}

impl SaleLine {
    /// What was paid with money.
    pub fn money(&self) -> Option<Money> {
        self.line.paid.checked_sub(self.points_share)
    }

    /// The part `φ` that has come back, as numerator and denominator; `None` when it is more than the whole.
    ///
    /// A refund by amount counts against `paid`, one by quantity against `quantity` (semantics 23).
    fn fraction(&self) -> Option<(i128, i128)> {
        if self.all_back {
            return Some((1, 1));
        }
        let wide = |number: i64| i128::from(number);
        let (paid, quantity) = (self.line.paid.minor(), self.line.quantity.thousandths());
        let (amount, pieces) = (
            self.refunded_amount.minor(),
            self.refunded_quantity.thousandths(),
        );
        let (numerator, denominator) = match (0 < paid, 0 < quantity) {
            (true, true) => (
                wide(pieces)
                    .checked_mul(wide(paid))?
                    .checked_add(wide(amount).checked_mul(wide(quantity))?)?,
                wide(quantity).checked_mul(wide(paid))?,
            ),
            (true, false) => (wide(amount), wide(paid)),
            (false, true) => (wide(pieces), wide(quantity)),
            (false, false) => (0, 1),
        };
        (numerator <= denominator).then_some((numerator, denominator))
    }

    /// Money and points that have come back so far: `floor(money × φ)` and `floor(points × φ)`.
    pub fn returned(&self) -> Option<(Money, Points)> {
        let (numerator, denominator) = self.fraction()?;
        let money = floor_share(self.money()?.minor(), numerator, denominator)?;
        let points = floor_share(self.points.count(), numerator, denominator)?;
        Some((Money::from_minor(money), Points::new(points)?))
    }

    /// Whether nothing of it is left to refund.
    pub fn is_all_back(&self) -> bool {
        self.fraction()
            .is_some_and(|(numerator, denominator)| numerator == denominator)
    }

    /// Money less what has come back: what earns points and counts for tiers.
    pub fn kept(&self) -> Option<Money> {
        self.money()?.checked_sub(self.returned()?.0)
    }
}

/// What of a sale counts for one rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleCount {
    /// The rule's carry.
    pub carry: CarryId,
    /// What counts now, before the day's cap.
    pub counted: Exact,
}

/// A sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// Its id, which its lot shares.
    pub id: SaleId,
    /// Whose.
    pub account: AccountId,
    /// The sale of the same account committed before it.
    pub previous: Option<SaleId>,
    /// The till's name of it.
    pub receipt: ReceiptNo,
    /// When it was sold.
    pub sold_at: Moment,
    /// The rules it was made under, for its refunds too.
    pub programme: ProgrammeHash,
    /// The tier at `sold_at`.
    pub tier: Tier,
    /// That tier's multiplier.
    pub multiplier: Multiplier,
    /// The lines.
    pub lines: Vec<SaleLine>,
    /// What counts, rule by rule, in the programme's order.
    pub rules: Vec<RuleCount>,
    /// Points used, in the order of use.
    pub used: Vec<Part>,
    /// How many of them have come back.
    pub returned: Points,
    /// What refunds have given back and is not yet taken again, in the order it came (semantics 24c).
    pub given_back: Vec<Part>,
    /// Points that it earned when it was made.
    pub earned: Points,
    /// Whether it was voided.
    pub voided: bool,
}

impl Sale {
    /// `base(rule, sale)`: money kept of the lines that earn under a rule.
    pub fn base(&self, rule: &EarnRule) -> Option<Money> {
        self.sum_kept(|line| rule.is_eligible(line))
    }

    /// Money kept that counts for tiers (semantics 26).
    pub fn qualifying(&self, tiers: &TierTerms) -> Option<Money> {
        self.sum_kept(|line| tiers.qualifies(line))
    }

    fn sum_kept(&self, counts: impl Fn(&Line) -> bool) -> Option<Money> {
        let kept = self
            .lines
            .iter()
            .filter(|line| counts(&line.line))
            .map(SaleLine::kept);
        kept.collect::<Option<Vec<Money>>>().and_then(Money::sum)
    }
}
