//! What makes a live code: the alias that says whose it is, and the secret that the digits of the moment follow from
//! (privacy §5; RFC 6238 with HMAC-SHA-1, steps of 30 seconds, six digits). Which steps count is for the engine to say.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::super::totp::{DIGITS, STEP_MILLIS, moment_digits};
use super::card::Prefix;
use super::code::LiveCode;
use super::digits::{Digits, Stream, damm, typed_digits};
use crate::domain::time::Moment;

/// One of the steps of 30 seconds, counted from 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Step(u64);

impl Step {
    /// The step that a moment is in. Everything before 1970 is in the first.
    pub fn at(moment: Moment) -> Self {
        Self(u64::try_from(moment.millis().div_euclid(STEP_MILLIS)).unwrap_or(0))
    }

    /// The one after it.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The one before it; the first has itself.
    pub const fn previous(self) -> Self {
        Self(self.0.saturating_sub(1))
    }

    /// Its first moment.
    pub fn begins(self) -> Moment {
        let number = i64::try_from(self.0).unwrap_or(i64::MAX);
        Moment::from_millis(number.saturating_mul(STEP_MILLIS))
    }

    /// The first moment after it.
    pub fn ends(self) -> Moment {
        self.next().begins()
    }
}

/// Eight random digits that say whose a live code is, and nothing of anybody. They print as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Alias(Digits<8>);

impl Alias {
    /// An alias from 32 random bytes, the same for the same bytes. Whether it was given out before, the keybox knows.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen alias", seed);
        Self(Digits::from_fn(|_| stream.digit()))
    }

    /// The alias with these eight digits, if they are that.
    pub fn parse(text: &str) -> Option<Self> {
        Digits::of_slice(&typed_digits(text)?).map(Self)
    }

    /// Its digits: never for a log.
    pub fn digits(&self) -> String {
        self.0.text()
    }

    /// SHA-256 of the 8 digits as text: what the keybox knows it by.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256()
    }
}

impl fmt::Debug for Alias {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Alias(..)")
    }
}

/// The 20 secret bytes that a member's live codes follow from. Wiped, and printed as nothing.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LiveSecret([u8; 20]);

impl LiveSecret {
    /// The secret with these bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// A secret that is the first 20 of these random bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        Self(seed.first_chunk().copied().unwrap_or_default())
    }

    /// Its bytes, for the row that keeps them sealed.
    pub const fn bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// The code of this step.
    pub fn code(&self, prefix: Prefix, alias: &Alias, step: Step) -> LiveCode {
        let [tens, ones] = prefix.digits();
        let mut head = Zeroizing::new([0; 11]);
        let [first, second, kind, rest @ ..] = &mut *head;
        (*first, *second, *kind) = (tens, ones, 1);
        rest.copy_from_slice(alias.0.as_slice());
        let check = damm(&*head);
        let moment = self.digits_of(step);
        let all = head.iter().chain([&check]).chain(&*moment);
        let all: Zeroizing<Vec<u8>> = Zeroizing::new(all.copied().collect());
        LiveCode::of(Digits::from_fn(|place| {
            all.get(place).copied().unwrap_or(0)
        }))
    }

    /// Whether a code shows the digits of this step. It takes as long whether they are the same or not.
    pub fn shows(&self, code: &LiveCode, step: Step) -> bool {
        self.digits_of(step).ct_eq(code.moment()).into()
    }

    fn digits_of(&self, Step(step): Step) -> Zeroizing<[u8; DIGITS]> {
        moment_digits(&self.0, step)
    }
}

impl fmt::Debug for LiveSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LiveSecret(..)")
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use super::super::code::{Code, CodeError};
    use super::*;

    fn of_rfc() -> LiveSecret {
        LiveSecret::from_bytes(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> Step {
        Step::at(Moment::from_millis(seconds * 1_000))
    }

    #[test]
    fn a_code_shows_the_digits_of_rfc_6238() {
        // Appendix B, the rows of SHA-1: the last six of its eight digits.
        let alias = Alias::parse("12345678").unwrap();
        for (seconds, digits) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let code = of_rfc().code(Prefix::DEFAULT, &alias, at(seconds));
            let Ok(Code::Live(read)) = Code::parse(&code.digits(), Prefix::DEFAULT) else {
                panic!("not a live code: {seconds}");
            };
            assert_eq!(read.step_digits(), digits, "{seconds}");
            assert_eq!(read.alias(), "12345678");
            assert!(of_rfc().shows(&read, at(seconds)));
            for other in [at(seconds).next(), at(seconds).previous()] {
                assert!(!of_rfc().shows(&read, other), "{seconds}");
            }
            let another = LiveSecret::draw(&[7; 32]);
            assert!(!another.shows(&read, at(seconds)), "{seconds}");
        }
    }

    #[test]
    fn a_step_is_thirty_seconds_from_1970_on() {
        for (millis, begins) in [
            (-1, 0),
            (0, 0),
            (29_999, 0),
            (30_000, 30_000),
            (59_999, 30_000),
            (1_500_000_000_999, 1_500_000_000_000),
        ] {
            let step = Step::at(Moment::from_millis(millis));
            assert_eq!(step.begins().millis(), begins, "{millis}");
            assert_eq!(step.ends().millis(), begins + 30_000, "{millis}");
            assert_eq!(step.next().previous(), step);
        }
        assert_eq!(at(0).previous(), at(0));
    }

    #[test]
    fn an_alias_is_eight_digits_and_a_misread_one_is_noticed() {
        let alias = Alias::draw(&[3; 32]);
        assert_eq!(Alias::parse(&alias.digits()), Some(alias.clone()));
        assert_ne!(alias, Alias::draw(&[4; 32]));
        for wrong in ["", "1234567", "123456789", "1234567x"] {
            assert_eq!(Alias::parse(wrong), None, "{wrong}");
        }
        let code = of_rfc()
            .code(Prefix::DEFAULT, &Alias::parse("00000012").unwrap(), at(0))
            .digits();
        let misread = code.replacen("00000012", "00000021", 1);
        let read = Code::parse(&misread, Prefix::DEFAULT);
        assert_eq!(read, Err(CodeError::CheckDigit));
    }

    #[test]
    fn neither_alias_nor_secret_is_printed() {
        assert_eq!(format!("{:?}", Alias::draw(&[3; 32])), "Alias(..)");
        assert_eq!(format!("{:?}", of_rfc()), "LiveSecret(..)");
    }
}
