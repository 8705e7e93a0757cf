//! Exact money: whole minor units of the programme's currency, and the finer amounts that points are counted in.
//! No floats, no rounding that is not named (semantics §1).

use core::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

/// An amount of money in minor units (fen for CNY), of either sign.
///
/// What a command may carry is bounded by [`Money::MAX`]; sums inside the engine may go beyond it,
/// and every sum is checked.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Money(i64);

/// Why a text is not an amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not a plain decimal number such as `12.30`.
    #[error("not a decimal number")]
    NotANumber,
    /// More decimals than the currency has.
    #[error("more decimals than the currency has")]
    TooFine,
    /// Larger than [`Money::MAX`].
    #[error("larger than 10,000,000,000.00")]
    TooLarge,
}

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount that a line, a sale or a setting may have: 10^12 minor units.
    /// It leaves room for exact products of amount, quantity and points in 128 bits.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// An amount from its minor units.
    pub const fn from_minor(minor: i64) -> Self {
        Self(minor)
    }

    /// The amount in minor units.
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Reads a plain decimal such as `12.30` in a currency with `exponent` decimals (0 to 4).
    /// Fewer decimals are fine (`12.3`), more are refused, also when they are zeros.
    pub fn parse(text: &str, exponent: u32) -> Result<Self, MoneyError> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !plain(whole) || !plain(fraction) {
            return Err(MoneyError::NotANumber);
        }
        let given = digits.split_once('.').map_or("", |(_, fraction)| fraction);
        let wanted = usize::try_from(exponent).map_err(|_| MoneyError::TooFine)?;
        if given.len() > wanted {
            return Err(MoneyError::TooFine);
        }
        let mut minor: i64 = 0;
        let padding = core::iter::repeat_n(b'0', wanted.saturating_sub(given.len()));
        for byte in whole.bytes().chain(given.bytes()).chain(padding) {
            let digit = i64::from(byte.saturating_sub(b'0'));
            minor = minor
                .checked_mul(10)
                .and_then(|tens| tens.checked_add(digit))
                .ok_or(MoneyError::TooLarge)?;
        }
        if Self::MAX.0 < minor {
            return Err(MoneyError::TooLarge);
        }
        Ok(Self(if digits.len() == text.len() {
            minor
        } else {
            minor.saturating_neg()
        }))
    }

    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it overflows.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The sum of many, unless it overflows.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }

    /// The amount as text with `exponent` decimals: `12.30`.
    pub fn display(self, exponent: u32) -> String {
        Decimal::from_i128_with_scale(i128::from(self.0), exponent).to_string()
    }
}

/// An exact amount in 10^-12 minor units: what a weighted amount, a counted amount and a carry are made of.
///
/// Twelve decimals hold the product of three multipliers of four decimals each.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Exact(i128);

/// 10^-12 minor units in a minor unit.
const PER_MINOR: i128 = 1_000_000_000_000;
/// Decimals of an [`Exact`] beyond the minor unit.
const EXACT_DECIMALS: u32 = 12;

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The same amount, finer.
    pub fn of(money: Money) -> Option<Self> {
        i128::from(money.0).checked_mul(PER_MINOR).map(Self)
    }

    /// The amount times a multiplier, exactly, unless it overflows or needs a thirteenth decimal.
    pub fn times(self, multiplier: Multiplier) -> Option<Self> {
        let product = self.0.checked_mul(i128::from(multiplier.0))?;
        let rest = product.checked_rem(Multiplier::ONE_PARTS)?;
        if rest == 0 {
            product.checked_div(Multiplier::ONE_PARTS).map(Self)
        } else {
            None
        }
    }

    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it overflows.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// The amount taken `count` times, unless it overflows.
    pub fn checked_times(self, count: i64) -> Option<Self> {
        self.0.checked_mul(i128::from(count)).map(Self)
    }

    /// How often `per` (above zero) goes into the amount, rounded towards minus infinity.
    pub fn whole_units(self, per: Self) -> Option<i64> {
        i64::try_from(self.0.checked_div_euclid(per.0)?).ok()
    }

    /// The exact amount in currency units with at least `exponent` decimals: `0.99`, `0.995`.
    pub fn display(self, exponent: u32) -> String {
        let places = exponent.saturating_add(EXACT_DECIMALS);
        let Ok(mut decimal) = Decimal::try_from_i128_with_scale(self.0, places) else {
            // Only an amount beyond every bound of a command comes here; it is shown in its raw parts.
            return format!("{}e-{places}", self.0);
        };
        decimal.normalize_assign();
        if decimal.scale() < exponent {
            decimal.rescale(exponent);
        }
        decimal.to_string()
    }
}

/// A tier's or a campaign's multiplier: above 0, at most 1,000, with at most four decimals (semantics 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Multiplier(i64);

impl Multiplier {
    /// Times one.
    pub const ONE: Self = Self(10_000);
    /// Ten-thousandths in one.
    const ONE_PARTS: i128 = 10_000;

    /// A multiplier from a decimal, or `None` outside its range.
    pub fn from_decimal(decimal: Decimal) -> Option<Self> {
        let parts = decimal.checked_mul(Decimal::from(10_000))?;
        let parts = if parts.fract().is_zero() {
            parts.to_i64()?
        } else {
            return None;
        };
        (1..=10_000_000).contains(&parts).then_some(Self(parts))
    }
}

impl fmt::Display for Multiplier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        Decimal::new(self.0, 4).normalize().fmt(formatter)
    }
}

/// `floor(number × numerator / denominator)` in 128 bits, for numbers of 0 and above; `None` on overflow.
pub fn floor_share(number: i64, numerator: i128, denominator: i128) -> Option<i64> {
    let product = i128::from(number).checked_mul(numerator)?;
    i64::try_from(product.checked_div_euclid(denominator)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_exactly_or_refused() {
        let cases = [
            ("0", Ok(0)),
            ("12.3", Ok(1230)),
            ("-0.01", Ok(-1)),
            ("10000000000.00", Ok(1_000_000_000_000)),
            ("10000000000.01", Err(MoneyError::TooLarge)),
            ("9223372036854775807", Err(MoneyError::TooLarge)),
            ("1.230", Err(MoneyError::TooFine)),
            ("NaN", Err(MoneyError::NotANumber)),
            ("1e3", Err(MoneyError::NotANumber)),
            ("+1", Err(MoneyError::NotANumber)),
            (".5", Err(MoneyError::NotANumber)),
            ("5.", Err(MoneyError::NotANumber)),
            ("", Err(MoneyError::NotANumber)),
            ("-", Err(MoneyError::NotANumber)),
        ];
        for (text, minor) in cases {
            assert_eq!(Money::parse(text, 2).map(Money::minor), minor, "{text}");
        }
        assert_eq!(Money::parse("120", 0).map(Money::minor), Ok(120));
        assert_eq!(
            Money::parse("120.0", 0).map(Money::minor),
            Err(MoneyError::TooFine)
        );
    }

    #[test]
    fn exact_amounts_print_with_the_decimals_they_have() {
        let multiplier = Multiplier::from_decimal(Decimal::new(1333, 3)).unwrap();
        let weighted = Exact::of(Money::from_minor(199))
            .unwrap()
            .times(multiplier)
            .unwrap();
        assert_eq!(weighted.display(2), "2.65267");
        assert_eq!(Exact::ZERO.display(2), "0.00");
        assert_eq!(multiplier.to_string(), "1.333");
    }

    #[test]
    fn a_multiplier_has_four_decimals_at_most() {
        let read = |text: &str| Multiplier::from_decimal(text.parse().unwrap());
        assert!(read("1.3333").is_some() && read("0.0001").is_some() && read("1000").is_some());
        assert!(read("1.33333").is_none() && read("0").is_none() && read("1000.0001").is_none());
        assert!(read("-1").is_none());
    }
}
