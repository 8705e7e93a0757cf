//! Lines, slips and what pays for them: the parts that several messages share.

use serde::{Deserialize, Serialize};

use super::refused::Fault;
use super::shape;

/// The most lines that a basket or a refund may have.
pub const LINES_MAX: usize = 2_000;

/// What a line is. Only goods earn points and count for tiers (semantics §2, 26).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Goods and services.
    #[default]
    Goods,
    /// Money put on a card or a phone.
    TopUp,
    /// A gift card.
    GiftCard,
    /// A deposit, on a bottle for example; it comes back as money.
    Deposit,
    /// A tip.
    Tip,
    /// A fee, for delivery for example.
    Fee,
}

impl LineKind {
    /// Whether it is the kind that is not written down.
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    const fn is_goods(&self) -> bool {
        matches!(self, Self::Goods)
    }
}

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The shop's product id, 1 to 64 bytes.
    pub product: String,
    /// The shop's department, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    /// The shop's category, at most 64 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// What the line is.
    #[serde(default, skip_serializing_if = "LineKind::is_goods")]
    pub kind: LineKind,
    /// How much of it: at most three decimals, 0 or more.
    pub quantity: String,
    /// Money for all of the line. For a sale and a hold: after every discount, before points. For a quote: before the
    /// programme's discounts.
    pub paid: String,
}

impl Line {
    /// Goods without department and category.
    pub fn goods(product: &str, quantity: &str, paid: &str) -> Self {
        Self {
            product: product.to_owned(),
            department: None,
            category: None,
            kind: LineKind::Goods,
            quantity: quantity.to_owned(),
            paid: paid.to_owned(),
        }
    }

    fn check(&self, line: u32) -> Result<(), Fault> {
        let labels = [&self.department, &self.category];
        let unfit = |label: &&Option<String>| !label.as_deref().is_none_or(shape::is_label);
        if self.product.is_empty() || !shape::is_label(&self.product) || labels.iter().any(unfit) {
            return Err(Fault::BadLabel { line });
        }
        if !shape::is_quantity(&self.quantity) {
            return Err(Fault::BadQuantity { line });
        }
        match shape::amount(&self.paid) {
            Ok(shape::Sign::Positive) => Ok(()),
            Ok(shape::Sign::Negative) => Err(Fault::NegativeAmount { line }),
            Err(_) => Err(Fault::BadLineAmount { line }),
        }
    }
}

/// Checks every line of a basket. The first fault is told, with the line's place counted from 1.
pub(super) fn check_lines(lines: &[Line]) -> Result<(), Fault> {
    match lines.len() {
        0 => Err(Fault::BasketEmpty),
        1..=LINES_MAX => (1_u32..)
            .zip(lines)
            .try_for_each(|(number, line)| line.check(number)),
        _ => Err(Fault::TooManyLines),
    }
}

/// The till's name of a sale or a refund: each part 1 to 48 bytes. A till whose numbers start again puts the business day
/// into the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slip {
    /// The store.
    pub store: String,
    /// The till.
    pub till: String,
    /// The receipt number.
    pub number: String,
}

impl Slip {
    /// A slip of a store's till.
    pub fn new(store: &str, till: &str, number: &str) -> Self {
        Self {
            store: store.to_owned(),
            till: till.to_owned(),
            number: number.to_owned(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Fault> {
        let parts = [&self.store, &self.till, &self.number];
        if parts.iter().all(|part| shape::is_receipt_part(part)) {
            Ok(())
        } else {
            Err(Fault::BadReceipt)
        }
    }
}
