//! A terminal's secret, and the terminal that holds it.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A key of HMAC-SHA256, kept as the two states that the key makes, so that a message costs its own length only.
/// Wiped when dropped.
#[derive(Clone)]
pub struct Secret(Hmac<Sha256>);

impl Secret {
    /// A terminal's key of this generation.
    pub fn new(key: &[u8; 32]) -> Self {
        // HMAC fills a short key up with zeros to the length of a block.
        let mut block = Zeroizing::new([0; 64]);
        for (to, from) in block.iter_mut().zip(key) {
            *to = *from;
        }
        Self::of_block(&block)
    }

    /// A key as long as a block of SHA-256.
    pub(super) fn of_block(key: &[u8; 64]) -> Self {
        Self(Hmac::new(key.into()))
    }

    pub(super) fn mac(&self, base: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(base.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// Whether the signature is right, in a time that does not tell where it is wrong.
    pub(super) fn is_mac(&self, base: &str, signature: &[u8; 32]) -> bool {
        self.mac(base).ct_eq(signature).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A terminal, as it signs: its name, the generation of its key, and the key.
#[derive(Clone, Debug)]
pub struct Credential {
    keyid: String,
    secret: Secret,
}

/// The terminal's name cannot be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a terminal's name is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")]
pub struct CredentialError;

impl Credential {
    /// A terminal with its key of a generation. The caller wipes its own copy of the key.
    pub fn new(terminal: &str, generation: u32, key: &[u8; 32]) -> Result<Self, CredentialError> {
        if !is_terminal(terminal) {
            return Err(CredentialError);
        }
        Ok(Self {
            keyid: format!("{terminal}:{generation}"),
            secret: Secret::new(key),
        })
    }

    /// `terminal:generation`
    pub fn keyid(&self) -> &str {
        &self.keyid
    }

    /// The key, for the answers.
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

fn is_terminal(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// Terminal and generation of a key id, in the one spelling that it has.
pub(super) fn parts_of(keyid: &str) -> Option<(&str, u32)> {
    let (terminal, digits) = keyid.split_once(':')?;
    let generation = whole(digits)?;
    is_terminal(terminal).then_some((terminal, u32::try_from(generation).ok()?))
}

/// A whole number without sign, zeros in front, or anything else.
pub(super) fn whole(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits == "0" || !digits.starts_with('0');
    (plain && canonical).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_has_one_spelling() {
        assert_eq!(parts_of("till-1:7"), Some(("till-1", 7)));
        assert_eq!(parts_of("till-1:0"), Some(("till-1", 0)));
        assert_eq!(parts_of("till-1:4294967295"), Some(("till-1", u32::MAX)));
        for unfit in [
            "",
            ":",
            "till-1",
            "till-1:",
            ":7",
            "till-1:07",
            "till-1:+7",
            "till-1: 7",
            "till-1:7:7",
            "till-1:4294967296",
            "till 1:7",
            "收银:7",
        ] {
            assert_eq!(parts_of(unfit), None, "{unfit}");
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let credential = Credential::new("till-1", 1, &[0xab; 32]).unwrap();
        assert_eq!(
            format!("{credential:?}"),
            "Credential { keyid: \"till-1:1\", secret: Secret(..) }"
        );
        assert_eq!(
            Credential::new("till:1", 1, &[0; 32]).unwrap_err(),
            CredentialError
        );
    }
}
