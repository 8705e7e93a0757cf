//! The typed code: for a till without a scanner, good for two minutes and once (privacy §5). How long it lives is known
//! to whoever keeps it, in memory only.

use core::fmt;

use zeroize::Zeroizing;

use super::code::CodeError;
use super::digits::{Digits, Stream, damm, is_checked, typed_digits};

/// A typed code: 7 random digits and a Damm digit. It prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode(Digits<8>);

impl TypedCode {
    /// A code from 32 random bytes, the same for the same bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen typed code", seed);
        let random: Zeroizing<[u8; 7]> = Zeroizing::new(core::array::from_fn(|_| stream.digit()));
        let check = damm(&*random);
        Self(Digits::from_fn(|place| {
            random.get(place).copied().unwrap_or(check)
        }))
    }

    /// Reads a typed code; spaces and hyphens may stand in it.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let digits = typed_digits(text).ok_or(CodeError::Shape)?;
        Self::of_digits(&digits)
    }

    /// As [`TypedCode::parse`], for digits in hand.
    pub(super) fn of_digits(digits: &[u8]) -> Result<Self, CodeError> {
        let code = Digits::of_slice(digits).ok_or(CodeError::Shape)?;
        if is_checked(digits) {
            Ok(Self(code))
        } else {
            Err(CodeError::CheckDigit)
        }
    }

    /// All 8 digits, for the member's screen: never for a log.
    pub fn digits(&self) -> String {
        self.0.text()
    }

    /// All 8 digits in groups of four, for the eye.
    pub fn grouped(&self) -> String {
        self.0.grouped()
    }

    /// SHA-256 of the 8 digits as text. It hides nothing, there being ten million codes: for tables in memory only.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256()
    }
}

impl fmt::Debug for TypedCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TypedCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back_and_no_wrong_digit_does() {
        for number in 0..=255 {
            let code = TypedCode::draw(&[number; 32]);
            let (digits, grouped) = (code.digits(), code.grouped());
            assert_eq!((digits.len(), grouped.len()), (8, 9));
            assert_eq!(TypedCode::parse(&digits), Ok(code.clone()));
            assert_eq!(TypedCode::parse(&grouped), Ok(code.clone()));
            assert_eq!(TypedCode::draw(&[number; 32]), code);
            let last = digits.as_bytes()[7];
            let wrong = char::from(b'0' + (last - b'0' + 1) % 10);
            let changed = format!("{}{wrong}", &digits[..7]);
            assert_eq!(TypedCode::parse(&changed), Err(CodeError::CheckDigit));
        }
    }

    #[test]
    fn a_code_prints_no_digits_and_is_no_other_than_itself() {
        let code = TypedCode::draw(&[1; 32]);
        assert_eq!(format!("{code:?}"), "TypedCode(..)");
        assert_ne!(code, TypedCode::draw(&[2; 32]));
        assert_ne!(code.sha256(), TypedCode::draw(&[2; 32]).sha256());
    }
}
