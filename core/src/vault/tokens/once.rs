//! Secrets that are good once: the code that is sent to a phone, and the one that sets a new PIN (MEM-08, privacy §6).
//! How long they live is known to whoever keeps them.

use core::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::digits::{Digits, Stream, damm, is_checked, typed_digits};

/// What a code or a secret is compared by.
#[derive(Clone, Copy, Debug)]
pub struct OnceHash(pub(crate) [u8; 32]);

impl PartialEq for OnceHash {
    /// Takes as long whether they are the same or not.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for OnceHash {}

/// The code that is sent to a phone: six random digits. It prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneCode(Digits<6>);

impl PhoneCode {
    /// A code from 32 random bytes, the same for the same bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen phone code", seed);
        Self(Digits::from_fn(|_| stream.digit()))
    }

    /// Reads a code; spaces and hyphens may stand in it. Nothing when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = typed_digits(text)?;
        Digits::of_slice(&digits).map(Self)
    }

    /// All six digits, for the message: never for a log.
    pub fn digits(&self) -> String {
        self.0.text()
    }

    /// What is kept of it. There are a million codes, so this hides nothing: for tables in memory only.
    pub(crate) fn hash(&self) -> OnceHash {
        OnceHash(self.0.sha256())
    }
}

impl fmt::Debug for PhoneCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneCode(..)")
    }
}

/// The secret that sets a new PIN once: 15 random digits, which is 49 bits, and a Damm digit. It prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct ResetSecret(Digits<16>);

impl ResetSecret {
    /// A secret from 32 random bytes, the same for the same bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen pin reset", seed);
        let random: Zeroizing<[u8; 15]> = Zeroizing::new(core::array::from_fn(|_| stream.digit()));
        let check = damm(&*random);
        Self(Digits::from_fn(|place| {
            random.get(place).copied().unwrap_or(check)
        }))
    }

    /// Reads a secret; spaces and hyphens may stand in it. Nothing when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = typed_digits(text)?;
        let secret = Digits::of_slice(&digits).filter(|_| is_checked(&digits));
        secret.map(Self)
    }

    /// All 16 digits in groups of four, for whoever hands it over: never for a log.
    pub fn grouped(&self) -> String {
        self.0.grouped()
    }

    /// What is kept of it, in the row of the member whom the audit knows by this handle.
    pub(crate) fn hash(&self, handle: &[u8; 16]) -> OnceHash {
        let hash = Sha256::new()
            .chain_update(b"jifen pin reset")
            .chain_update(handle)
            .chain_update(self.0.sha256());
        OnceHash(hash.finalize().into())
    }
}

impl fmt::Debug for ResetSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ResetSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_reads_back() {
        for number in 0..=255 {
            let code = PhoneCode::draw(&[number; 32]);
            let digits = code.digits();
            assert_eq!(digits.len(), 6);
            let spaced = format!(" {} {} ", &digits[..3], &digits[3..]);
            assert_eq!(PhoneCode::parse(&digits), Some(code.clone()));
            assert_eq!(PhoneCode::parse(&spaced).unwrap().hash(), code.hash());
        }
        for text in [
            "",
            "12345",
            "1234567",
            "12345a",
            "１２３４５６",
            &"1".repeat(999),
        ] {
            assert_eq!(PhoneCode::parse(text), None, "{text}");
        }
        let [one, other] = ["123456", "123457"].map(|text| PhoneCode::parse(text).unwrap());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(format!("{one:?}"), "PhoneCode(..)");
    }

    #[test]
    fn a_secret_has_a_check_digit_and_a_hash_for_each_member() {
        for number in 0..=255 {
            let secret = ResetSecret::draw(&[number; 32]);
            let grouped = secret.grouped();
            assert_eq!(grouped.len(), 19);
            assert_eq!(ResetSecret::parse(&grouped), Some(secret.clone()));
            let typed = ResetSecret::parse(&grouped).unwrap();
            assert_eq!(typed.hash(&[1; 16]), secret.hash(&[1; 16]));
            assert_ne!(secret.hash(&[1; 16]), secret.hash(&[2; 16]));
            let last = grouped.as_bytes()[18];
            let wrong = char::from(b'0' + (last - b'0' + 1) % 10);
            let changed = format!("{}{wrong}", &grouped[..18]);
            assert_eq!(ResetSecret::parse(&changed), None);
        }
        let secret = ResetSecret::draw(&[1; 32]);
        assert_eq!(format!("{secret:?}"), "ResetSecret(..)");
    }
}
