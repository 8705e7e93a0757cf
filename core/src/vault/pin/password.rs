//! Passwords of the staff: longer than a PIN, and the drawn ones that are handed out once (SEC-05).

use core::fmt;

use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use super::{PINYIN, Pin, normal};

/// The fewest and the most characters.
const LENGTH: core::ops::RangeInclusive<usize> = 12..=128;
/// What a drawn password is made of: no letter that is read for another.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789=";
/// Letters of a drawn password, in groups of four: 95 bits and more.
const DRAWN: usize = 20;

/// A new password of 12 to 128 characters that is not easily guessed, compared as PINs are. It prints as dots and is
/// wiped when dropped.
pub struct Password(Pin);

impl Password {
    /// Reads a new password. `told` is what others know: names of the account, the person and the shop. None of them is in
    /// it, and it must be beyond 10⁸ guesses by zxcvbn's estimate (its score 3), which knows the commonest passwords.
    ///
    /// # Errors
    /// [`PasswordError`], in the order of checking.
    pub fn parse(text: &str, told: &[&str]) -> Result<Self, PasswordError> {
        let password = normal(text).ok_or(PasswordError::Shape)?;
        let length = password.chars().count();
        if !LENGTH.contains(&length) || password.chars().any(char::is_control) {
            return Err(PasswordError::Shape);
        }
        let known: Vec<&str> = told.iter().copied().chain(PINYIN).collect();
        let lower = Zeroizing::new(password.to_lowercase());
        let holds = |told: &&str| 2 <= told.chars().count() && lower.contains(&told.to_lowercase());
        if told.iter().any(holds) || zxcvbn(&password, &known).score() < Score::Three {
            return Err(PasswordError::Common);
        }
        Ok(Self(Pin(password.as_str().to_owned())))
    }

    /// A password for one use: it is handed out, and has to be changed at the first log-in. `seed` is random.
    pub fn drawn(seed: &[u8; 32]) -> (Self, Zeroizing<String>) {
        let mut text = Zeroizing::new(String::with_capacity(DRAWN.saturating_mul(2)));
        for (place, byte) in seed.iter().take(DRAWN).enumerate() {
            if 0 < place && place.checked_rem(4) == Some(0) {
                text.push('-');
            }
            // 31 letters: the last of the 32 stands for the first, which gives nothing away that counts.
            let letter = LETTERS.get(usize::from(byte & 31)).copied();
            let letter = letter.filter(|letter| *letter != b'=').unwrap_or(b'a');
            text.push(char::from(letter));
        }
        (Self(Pin(text.as_str().to_owned())), text)
    }

    /// What is hashed.
    pub const fn as_pin(&self) -> &Pin {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Password(..)")
    }
}

/// Why a password is refused, in the order of checking. None of them says what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Not 12 to 128 characters.
    #[error("a password has 12 to 128 characters")]
    Shape,
    /// Many others have it, or a program guesses it soon.
    #[error("the password is too easy to guess")]
    Common,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), PasswordError>) {
        let told = ["li.lei", "李雷", "示范超市", "demo supermarket"];
        let parsed = Password::parse(text, &told).map(|_| ());
        assert_eq!(parsed, expected, "{text}");
    }

    #[test]
    fn a_password_is_long_and_hard_to_guess() {
        check("", Err(PasswordError::Shape));
        check("12345678", Err(PasswordError::Shape));
        check("woaini1314", Err(PasswordError::Shape));
        check("Kranich-5-m", Err(PasswordError::Shape));
        check(&"Kranich-am-Ufer ".repeat(9), Err(PasswordError::Shape));
        check("Kranich-am\u{7}-Ufer-5", Err(PasswordError::Shape));
        check("123456789012", Err(PasswordError::Common));
        check("password1234", Err(PasswordError::Common));
        check("woaini131452", Err(PasswordError::Common));
        check("aaaaaaaaaaaaaaaa", Err(PasswordError::Common));
        check("li.lei.li.lei", Err(PasswordError::Common));
        check("demo supermarket", Err(PasswordError::Common));
        check("qwertyuiop[]", Err(PasswordError::Common));
        check("Kranich-am-Ufer-5", Ok(()));
        check("纸鹤 飞过 青石桥 三次 又回来", Ok(()));
    }

    #[test]
    fn a_drawn_password_has_five_groups_and_prints_as_dots() {
        let (password, text) =
            Password::drawn(&core::array::from_fn(|at| 31 - u8::try_from(at).unwrap()));
        assert_eq!(text.as_str(), "a987-6543-2zyx-wvut-srqp");
        assert_eq!(format!("{password:?}"), "Password(..)");
    }
}
