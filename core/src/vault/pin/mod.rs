//! What a member signs in with: a PIN or a passphrase, and what is kept of it (SEC-04, privacy §6).

mod common;
mod verifier;
mod gate;
mod password;

pub use gate::HashGate;
pub use password::{Password, PasswordError};
pub(crate) use verifier::VerifierRow;
pub use verifier::{HashFailed, Verifier};

use core::fmt;
use core::ops::RangeInclusive;

use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};
use zxcvbn::{Score, zxcvbn};

/// The digits of a PIN.
const PIN: usize = 6;
/// The fewest and the most characters of a passphrase.
const PASSPHRASE: RangeInclusive<usize> = 8..=64;
/// From so many characters on a passphrase may be guessed in 10¹⁰ tries, below that it may not.
const LONG: usize = 12;
/// The longest text that is looked at, in bytes.
const INPUT_MAX: usize = 1_000;

/// A PIN of six digits, or a passphrase of 8 to 64 characters, that is not easily guessed. Characters count in Unicode's
/// compatibility form (NFKC), so that full-width digits are digits; blank space at the ends is not a part of it. It prints
/// as dots and is wiped when dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Pin(String);

impl Pin {
    /// Reads a new PIN or passphrase. `told` is what the member told us, their phone number first of all: its last six
    /// digits are neither the PIN nor in the passphrase.
    ///
    /// Of the million PINs those that people choose first are refused, more than 3,000 of them. A passphrase must be
    /// beyond 10¹⁰ guesses by zxcvbn's estimate (its score 4), and from 12 characters on beyond 10⁸ (score 3). The
    /// estimate looks at the year of the machine's clock, for passphrases that hold a date.
    pub fn parse(text: &str, told: &[&str]) -> Result<Self, PinError> {
        let pin = normal(text).ok_or(PinError::Shape)?;
        let length = pin.chars().count();
        let digits: Option<Zeroizing<[u8; PIN]>> = six_digits(&pin);
        let is_passphrase = PASSPHRASE.contains(&length) && !pin.chars().any(char::is_control);
        if digits.is_none() && !is_passphrase {
            return Err(PinError::Shape);
        }

        let is_in_a_phone = told
            .iter()
            .filter_map(|told| last_six(told))
            .any(|six| pin.contains(six.as_str()));
        if is_in_a_phone {
            return Err(PinError::OwnPhone);
        }

        let is_common = match digits {
            Some(digits) => common::is_common(digits.as_slice()),
            None => !is_hard_to_guess(&pin, length, told),
        };
        if is_common {
            return Err(PinError::Common);
        }
        Ok(Self(pin.as_str().to_owned()))
    }

    fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pin(..)")
    }
}

/// The form in which PINs are compared, or nothing for a text that is far too long.
fn normal(text: &str) -> Option<Zeroizing<String>> {
    let trimmed = text.trim();
    if INPUT_MAX < trimmed.len() {
        return None;
    }
    // One character becomes 18 at most: with room for all of them no half-filled copy is left in memory.
    let room = trimmed.len().saturating_mul(18);
    let mut normal = Zeroizing::new(String::with_capacity(room));
    normal.extend(trimmed.nfkc());
    Some(normal)
}

fn six_digits(pin: &str) -> Option<Zeroizing<[u8; PIN]>> {
    let bytes: &[u8; PIN] = pin.as_bytes().try_into().ok()?;
    let mut digits = Zeroizing::new([0; PIN]);
    for (digit, byte) in digits.iter_mut().zip(bytes) {
        *digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
    }
    Some(digits)
}

/// The last six digits of a phone number, where there are so many.
fn last_six(told: &str) -> Option<Zeroizing<String>> {
    let digits: Zeroizing<String> =
        Zeroizing::new(told.nfkc().filter(char::is_ascii_digit).collect());
    let from = digits.len().checked_sub(PIN)?;
    digits.get(from..).map(|six| Zeroizing::new(six.to_owned()))
}

/// Words that Chinese speakers put into passphrases, which the estimate's English lists do not have.
const PINYIN: [&str; 13] = [
    "woaini", "woaiwo", "aini", "nihao", "mima", "wangyi", "baobei", "laopo", "laogong", "jifen",
    "huiyuan", "5201314", "1314520",
];

fn is_hard_to_guess(passphrase: &str, length: usize, told: &[&str]) -> bool {
    let known: Vec<&str> = told.iter().copied().chain(PINYIN).collect();
    let needed = if LONG <= length {
        Score::Three
    } else {
        Score::Four
    };
    needed <= zxcvbn(passphrase, &known).score()
}

/// Why a PIN is refused, in the order of checking. None of them says what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Neither six digits nor 8 to 64 characters.
    #[error("a PIN has six digits, a passphrase 8 to 64 characters")]
    Shape,
    /// It holds the last six digits of the member's own phone.
    #[error("the PIN is a part of the phone number")]
    OwnPhone,
    /// Many others have it, or a program guesses it soon.
    #[error("the PIN is too easy to guess")]
    Common,
}

impl PinError {
    /// The word for machines: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Shape => "pin_shape",
            Self::OwnPhone | Self::Common => "pin_common",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Shape => "密码应为 6 位数字，或 8 到 64 个字符的口令。",
            Self::OwnPhone => "密码不能含有您手机号的后六位，请您换一个。",
            Self::Common => {
                "这个密码太容易被猜到，请您换一个：避免生日、重复或连续的数字，口令请再长一些。"
            }
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Shape => "A PIN has 6 digits, a passphrase has 8 to 64 characters.",
            Self::OwnPhone => {
                "The last six digits of your phone cannot be in it. Please choose another."
            }
            Self::Common => {
                "This is too easy to guess. Please choose another: no birthday, no repeated digits or runs, and a longer passphrase."
            }
        }
    }
}

#[cfg(test)]
mod tests;
