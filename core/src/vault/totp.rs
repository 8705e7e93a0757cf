//! Codes of six digits that hold for 30 seconds (RFC 6238, SHA-1): in the live codes of members, and as the second factor of
//! the staff, whose authenticators show them.

use core::fmt;

use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha1::Sha1;
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::domain::time::Moment;

/// How long a code is shown, in milliseconds.
pub(super) const STEP_MILLIS: i64 = 30_000;
/// Bytes of a secret: the length of the hash (RFC 4226 §4).
const SECRET: usize = 20;
/// How many digits a code has.
pub(super) const DIGITS: usize = 6;

/// The digits of a step: HMAC-SHA-1 over it, cut down as RFC 4226 §5.3 has it.
pub(super) fn moment_digits(secret: &[u8; SECRET], step: u64) -> Zeroizing<[u8; DIGITS]> {
    // HMAC fills a short key up with zeros.
    let mut block = Zeroizing::new([0; 64]);
    let (head, _) = block.split_at_mut(SECRET);
    head.copy_from_slice(secret);
    let mac = Hmac::<Sha1>::new((&*block).into());
    let hash: [u8; 20] = mac
        .chain_update(step.to_be_bytes())
        .finalize()
        .into_bytes()
        .into();
    let hash = Zeroizing::new(hash);
    let [.., last] = *hash;
    let from = hash.get(usize::from(last & 0x0f)..).unwrap_or_default();
    let word = from.first_chunk().copied().unwrap_or_default();
    let mut rest = u32::from_be_bytes(word) & 0x7fff_ffff;
    let mut digits = Zeroizing::new([0; DIGITS]);
    for digit in digits.iter_mut().rev() {
        *digit = u8::try_from(rest.checked_rem(10).unwrap_or(0)).unwrap_or(0);
        rest = rest.checked_div(10).unwrap_or(0);
    }
    digits
}

/// What an authenticator and the shop both know. It prints as dots and is wiped when dropped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct TotpSecret([u8; SECRET]);

impl TotpSecret {
    /// A new secret; `seed` is random.
    pub fn drawn(seed: &[u8; 32]) -> Self {
        Self(seed.first_chunk().copied().unwrap_or_default())
    }

    /// What an authenticator is told, to be shown once: an `otpauth` address, which also stands in a QR code. `account`
    /// needs no quoting: small letters, digits, dots and hyphens.
    pub fn otpauth(&self, account: &str) -> Zeroizing<String> {
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&self.0));
        Zeroizing::new(format!(
            "otpauth://totp/Jifen:{account}?secret={}&issuer=Jifen&algorithm=SHA1&digits=6&period=30",
            *secret
        ))
    }

    /// The step that a code belongs to, of the one now and its neighbours, if it is after the last that was used: each
    /// works once.
    pub fn step_of(&self, code: &str, wall: Moment, last_used: Option<u64>) -> Option<u64> {
        let now = wall.millis().div_euclid(STEP_MILLIS);
        let mut found = None;
        // All three are looked at, whichever it is.
        for step in [now.saturating_sub(1), now, now.saturating_add(1)] {
            let Ok(step) = u64::try_from(step) else {
                continue;
            };
            let is_same: Choice = self.code(step).as_bytes().ct_eq(code.trim().as_bytes());
            let is_new = last_used.is_none_or(|last| last < step);
            if bool::from(is_same) && is_new {
                found = Some(step);
            }
        }
        found
    }

    /// The code of a step.
    fn code(&self, step: u64) -> Zeroizing<String> {
        let digits = moment_digits(&self.0, step);
        let chars = digits
            .iter()
            .filter_map(|digit| char::from_digit(u32::from(*digit), 10));
        Zeroizing::new(chars.collect())
    }

    /// The code that an authenticator shows at this time.
    pub fn shown(&self, wall: Moment) -> Zeroizing<String> {
        let step = wall.millis().div_euclid(STEP_MILLIS);
        self.code(u64::try_from(step).unwrap_or(0))
    }

    /// The secret of an `otpauth` address: what an authenticator reads.
    pub fn of_otpauth(address: &str) -> Option<Self> {
        let (_, rest) = address.split_once("secret=")?;
        let secret = rest.split('&').next()?;
        let bytes = Zeroizing::new(BASE32_NOPAD.decode(secret.as_bytes()).ok()?);
        bytes.as_slice().try_into().ok().map(Self)
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TotpSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(seconds.saturating_mul(1_000))
    }

    fn secret() -> TotpSecret {
        TotpSecret(*b"12345678901234567890")
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B, the last six of eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret().shown(at(seconds)).as_str(), code, "{seconds}");
        }
    }

    #[test]
    fn a_step_works_once_and_only_beside_its_time() {
        let secret = secret();
        let code = secret.shown(at(1_111_111_111));
        let step = 1_111_111_111 / 30;
        assert_eq!(secret.step_of(&code, at(1_111_111_111), None), Some(step));
        assert_eq!(
            secret.step_of(&code, at(1_111_111_111 + 30), None),
            Some(step)
        );
        assert_eq!(
            secret.step_of(&code, at(1_111_111_111 - 30), None),
            Some(step)
        );
        assert_eq!(secret.step_of(&code, at(1_111_111_111 + 60), None), None);
        assert_eq!(secret.step_of(&code, at(1_111_111_111), Some(step)), None);
        assert_eq!(
            secret.step_of(&code, at(1_111_111_111), Some(step - 1)),
            Some(step)
        );
        for wrong in ["", "050472", "50471", "0504711"] {
            assert_eq!(secret.step_of(wrong, at(1_111_111_111), None), None);
        }
    }

    #[test]
    fn an_authenticator_reads_what_it_is_told() {
        let told = secret().otpauth("li.lei");
        assert_eq!(
            told.as_str(),
            "otpauth://totp/Jifen:li.lei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Jifen&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(TotpSecret::of_otpauth(&told).unwrap().0, secret().0);
        assert_eq!(format!("{:?}", secret()), "TotpSecret(..)");
    }
}
