//! The card number, which is the member number: it identifies and earns, and shows no balance (privacy §5).

use core::fmt;

use zeroize::Zeroizing;

use super::code::CodeError;
use super::digits::{Digits, Stream, damm, is_checked, is_luhn, typed_digits};

/// The two digits that all cards of a shop begin with (setting `till.prefix`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix([u8; 2]);

/// Ranges that others use, both ends included. Pay codes: 10–15 (微信支付), 25–30 (支付宝), 62 (银联云闪付). Transit cards:
/// 31. Bank cards: 22–27, 34–69, 81, and of the 90s those that old domestic cards and national schemes have.
const TAKEN: [(u8, u8); 6] = [(10, 15), (22, 31), (34, 69), (81, 81), (90, 90), (94, 98)];

impl Prefix {
    /// 99.
    pub const DEFAULT: Self = Self([9, 9]);

    /// Reads two digits. A prefix that pay codes or bank cards begin with is refused, so that a till never takes one for
    /// the other.
    pub fn parse(text: &str) -> Result<Self, PrefixError> {
        let digits = match text.as_bytes() {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => {
                [tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0')]
            }
            _ => return Err(PrefixError::NotTwoDigits),
        };
        let [tens, ones] = digits;
        let number = tens.saturating_mul(10).saturating_add(ones);
        let is_taken = |(first, last): &(u8, u8)| (*first..=*last).contains(&number);
        if TAKEN.iter().any(is_taken) {
            return Err(PrefixError::Taken);
        }
        Ok(Self(digits))
    }

    /// Its digits.
    pub(super) const fn digits(self) -> [u8; 2] {
        self.0
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [tens, ones] = self.0;
        write!(formatter, "{tens}{ones}")
    }
}

/// Why a prefix cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrefixError {
    /// Not two digits.
    #[error("a card prefix has two digits")]
    NotTwoDigits,
    /// Others use it.
    #[error("pay codes or bank cards begin with this prefix")]
    Taken,
}

impl PrefixError {
    /// The word for machines: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotTwoDigits => "bad_prefix",
            Self::Taken => "prefix_taken",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotTwoDigits => "卡号前缀应为两位数字，例如 99。",
            Self::Taken => "付款码或银行卡使用这一前缀，请换一个，例如 99。",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotTwoDigits => "The prefix of card numbers has two digits, such as 99.",
            Self::Taken => {
                "Pay codes or bank cards begin with this prefix: take another, such as 99."
            }
        }
    }
}

/// A card number: the prefix, 0, 14 random digits and a Damm digit over all of them. It never has the check digit of bank
/// cards (COL-04). It prints no digits.
///
/// ```
/// use jifen::vault::tokens::{CardNumber, Prefix};
/// let card = CardNumber::draw(Prefix::DEFAULT, &[7; 32]);
/// assert_eq!(CardNumber::parse(&card.grouped(), Prefix::DEFAULT), Ok(card));
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CardNumber(Digits<18>);

impl CardNumber {
    /// A number from 32 random bytes, the same for the same bytes. They are stretched as far as the drawing needs: most
    /// draws take 14 digits, one in ten is drawn again because bank cards could have it. Whether the number was given out
    /// before, the keybox knows (MEM-01).
    pub fn draw(prefix: Prefix, seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen card", seed);
        let [tens, ones] = prefix.digits();
        loop {
            let mut body = Zeroizing::new([0; 17]);
            let [first, second, _kind, random @ ..] = &mut *body;
            (*first, *second) = (tens, ones);
            random.fill_with(|| stream.digit());
            let check = damm(&*body);
            let number = Digits::from_fn(|place| body.get(place).copied().unwrap_or(check));
            if !is_luhn(number.as_slice()) {
                return Self(number);
            }
        }
    }

    /// Reads a card number; spaces and hyphens may stand in it.
    pub fn parse(text: &str, prefix: Prefix) -> Result<Self, CodeError> {
        let digits = typed_digits(text).ok_or(CodeError::Shape)?;
        Self::of_digits(&digits, prefix)
    }

    /// As [`CardNumber::parse`], for digits in hand.
    pub(super) fn of_digits(digits: &[u8], prefix: Prefix) -> Result<Self, CodeError> {
        let number = Digits::of_slice(digits).ok_or(CodeError::Shape)?;
        let [tens, ones] = prefix.digits();
        if !digits.starts_with(&[tens, ones, 0]) || is_luhn(digits) {
            return Err(CodeError::Shape);
        }
        if !is_checked(digits) {
            return Err(CodeError::CheckDigit);
        }
        Ok(Self(number))
    }

    /// All 18 digits, for the card itself: never for a log.
    pub fn digits(&self) -> String {
        self.0.text()
    }

    /// All 18 digits in groups of four, for the eye.
    pub fn grouped(&self) -> String {
        self.0.grouped()
    }

    /// SHA-256 of the 18 digits as text: how the keybox knows it.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256()
    }
}

impl fmt::Debug for CardNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardNumber(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// 32 bytes that differ for every number.
    fn seed(number: u32) -> [u8; 32] {
        let mut seed = [0; 32];
        seed[..4].copy_from_slice(&number.to_be_bytes());
        seed
    }

    #[test]
    fn ten_thousand_numbers_are_all_different_and_none_could_be_a_bank_card() {
        let mut numbers = BTreeSet::new();
        let mut drawn_again = 0;
        for number in 0..10_000 {
            let card = CardNumber::draw(Prefix::DEFAULT, &seed(number));
            let digits = card.0.as_slice();
            assert!(digits.starts_with(&[9, 9, 0]), "{number}");
            assert!(is_checked(digits), "{number}");
            assert!(!is_luhn(digits), "{number}");
            assert_eq!(
                CardNumber::parse(&card.digits(), Prefix::DEFAULT),
                Ok(card.clone())
            );
            numbers.insert(card.digits());

            let seed = seed(number);
            let mut stream = Stream::new(b"jifen card", &seed);
            let first: Vec<u8> = (0..14).map(|_| stream.digit()).collect();
            drawn_again += u32::from(digits[3..17] != first[..]);
        }
        assert_eq!(numbers.len(), 10_000);
        assert!(
            (820..=1_180).contains(&drawn_again),
            "one in ten: {drawn_again}"
        );
    }

    #[test]
    fn a_number_is_the_one_computed_by_another_program() {
        // Python, from the published Damm table and the bytes of `Stream`.
        let seed = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let card = CardNumber::draw(Prefix::DEFAULT, &seed);
        assert_eq!(card.digits(), "990173627414964684");
        assert_eq!(card.grouped(), "9901 7362 7414 9646 84");
        let hash = data_encoding::HEXLOWER.encode(&card.sha256());
        assert_eq!(
            hash,
            "baa04cf9ebb761b6f2f3f5cfdbf14c40a6794e34054bc1b1e421e0ecc2a68667"
        );
    }

    #[test]
    fn a_shop_with_another_prefix_draws_and_reads_its_own_cards_only() {
        let other = Prefix::parse("80").unwrap();
        let card = CardNumber::draw(other, &seed(1));
        assert!(card.digits().starts_with("800"));
        assert_eq!(CardNumber::parse(&card.digits(), other), Ok(card.clone()));
        assert_eq!(
            CardNumber::parse(&card.digits(), Prefix::DEFAULT),
            Err(CodeError::Shape)
        );
    }

    #[test]
    fn prefixes_of_pay_codes_and_bank_cards_are_refused() {
        for prefix in [
            "99", "00", "09", "16", "21", "32", "33", "70", "80", "82", "89", "91", "93",
        ] {
            let read = Prefix::parse(prefix).unwrap();
            assert_eq!(read.to_string(), prefix);
        }
        let taken = [
            "10", "15", "22", "25", "30", "31", "34", "40", "51", "62", "69", "81", "90", "94",
            "98",
        ];
        for prefix in taken {
            assert_eq!(Prefix::parse(prefix), Err(PrefixError::Taken), "{prefix}");
        }
        for prefix in ["", "9", "999", "9a", " 9", "９９", "-1"] {
            assert_eq!(
                Prefix::parse(prefix),
                Err(PrefixError::NotTwoDigits),
                "{prefix}"
            );
        }
        assert_eq!(Prefix::parse("99"), Ok(Prefix::default()));
    }

    #[test]
    fn a_card_number_prints_no_digits() {
        let card = CardNumber::draw(Prefix::DEFAULT, &seed(1));
        assert_eq!(format!("{card:?}"), "CardNumber(..)");
    }
}
