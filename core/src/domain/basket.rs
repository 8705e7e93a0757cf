//! What a till sends: lines with what was paid for them, never points or tiers (semantics 3).

use serde::{Deserialize, Serialize};

use super::money::Money;

/// The most lines that a basket may have.
pub const LINES_MAX: usize = 2_000;
/// The longest product, department or category, in bytes.
pub const LABEL_MAX: usize = 64;

/// A quantity in thousandths: pieces, kilograms, litres. 0 and above.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Quantity(i64);

impl Quantity {
    /// The largest quantity: 10^9 units.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// Whole units, or `None` when negative or too many.
    pub fn of_units(units: i64) -> Option<Self> {
        Self::of_thousandths(units.checked_mul(1_000)?)
    }

    /// Thousandths of a unit, or `None` when negative or too many.
    pub const fn of_thousandths(thousandths: i64) -> Option<Self> {
        if 0 <= thousandths && thousandths <= Self::MAX.0 {
            Some(Self(thousandths))
        } else {
            None
        }
    }

    /// Reads a plain decimal with at most three decimals.
    pub fn parse(text: &str) -> Option<Self> {
        Self::of_thousandths(Money::parse(text, 3).ok()?.minor())
    }

    /// Thousandths of a unit.
    pub const fn thousandths(self) -> i64 {
        self.0
    }
}

/// What a line is. Only goods earn points and count for tiers (semantics §2, 26).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
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
    /// Whether points may pay for such a line: never a top-up, gift card or deposit (semantics 15).
    pub const fn points_may_pay(self) -> bool {
        match self {
            Self::Goods | Self::Tip | Self::Fee => true,
            Self::TopUp | Self::GiftCard | Self::Deposit => false,
        }
    }
}

/// One line of a basket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The shop's product id.
    pub product: String,
    /// The shop's department, or empty.
    pub department: String,
    /// The shop's category, or empty.
    pub category: String,
    /// What the line is.
    pub kind: LineKind,
    /// How much of it.
    pub quantity: Quantity,
    /// For a sale: the price after every discount, before points. For a quote: the price before the
    /// programme's discounts.
    pub paid: Money,
}

/// Why a basket is refused. The number is the line's place, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum BasketError {
    /// There are no lines.
    #[error("the basket is empty")]
    Empty,
    /// There are more than [`LINES_MAX`] lines.
    #[error("the basket has more than 2,000 lines")]
    TooManyLines,
    /// A label is longer than [`LABEL_MAX`] bytes, or the product is empty, or a control character stands in it.
    #[error("line {0}: a product, department or category is empty, too long or unreadable")]
    BadLabel(u32),
    /// A negative line in a sale is a refund, and is sent as one (semantics 11).
    #[error("line {0}: a negative amount is a refund")]
    Negative(u32),
    /// A line or the basket is above [`Money::MAX`].
    #[error("line {0}: the amount is too large")]
    TooLarge(u32),
}

/// Checks the shape of a basket and gives the sum of what was paid.
pub fn check(lines: &[Line]) -> Result<Money, BasketError> {
    if lines.is_empty() {
        return Err(BasketError::Empty);
    }
    if LINES_MAX < lines.len() {
        return Err(BasketError::TooManyLines);
    }
    let mut total = Money::ZERO;
    for (number, line) in (1_u32..).zip(lines) {
        let labels = [&line.product, &line.department, &line.category];
        let unfit =
            |label: &&String| LABEL_MAX < label.len() || label.chars().any(char::is_control);
        if line.product.is_empty() || labels.iter().any(unfit) {
            return Err(BasketError::BadLabel(number));
        }
        if line.paid < Money::ZERO {
            return Err(BasketError::Negative(number));
        }
        total = total
            .checked_add(line.paid)
            .ok_or(BasketError::TooLarge(number))?;
        if Money::MAX < total {
            return Err(BasketError::TooLarge(number));
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(minor: i64) -> Line {
        Line {
            product: "1".into(),
            department: String::new(),
            category: String::new(),
            kind: LineKind::Goods,
            quantity: Quantity::of_units(1).unwrap(),
            paid: Money::from_minor(minor),
        }
    }

    #[test]
    fn a_basket_is_refused_by_its_first_fault() {
        assert_eq!(check(&[]), Err(BasketError::Empty));
        assert_eq!(check(&vec![line(1); 2_000]), Ok(Money::from_minor(2_000)));
        assert_eq!(check(&vec![line(1); 2_001]), Err(BasketError::TooManyLines));
        assert_eq!(check(&[line(1), line(-1)]), Err(BasketError::Negative(2)));
        assert_eq!(check(&[line(i64::MAX)]), Err(BasketError::TooLarge(1)));
        assert_eq!(
            check(&[line(Money::MAX.minor()), line(1)]),
            Err(BasketError::TooLarge(2))
        );
        assert_eq!(
            check(&[Line {
                product: String::new(),
                ..line(1)
            }]),
            Err(BasketError::BadLabel(1))
        );
        assert_eq!(
            check(&[Line {
                department: "a\n".into(),
                ..line(1)
            }]),
            Err(BasketError::BadLabel(1))
        );
    }
}
