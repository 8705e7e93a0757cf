//! What is kept of a PIN: a slow salted hash, inside the sealed core record (SEC-04).

use core::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Pin, normal};

/// Memory of one hash, in KiB (privacy §6; the first choice of OWASP's Password Storage Cheat Sheet).
const MEMORY_KIB: u32 = 19_456;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
/// The longest hash, in bytes.
const HASH: usize = 32;
/// A verifier of nobody: salt and hash are the first bytes of SHA-256 of “jifen decoy salt” and “jifen decoy hash”, so
/// that no PIN is known that matches it.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$I9I4Frzhkp6HdXKWkv7H5Q$1ibriq/94w9YEaeEtBrdBN6jMmK5u8WAgQkV/3+P8Ao";

/// What a PIN is held against: a PHC string of argon2id with its salt and its cost. It prints as dots and is wiped when
/// dropped. Whoever hashes goes through a [`super::HashGate`].
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Verifier(String);

impl Verifier {
    /// The verifier of a new PIN. The salt is 16 random bytes, drawn for it alone.
    pub fn make(pin: &Pin, salt: [u8; 16]) -> Result<Self, HashFailed> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH)).map_err(|_| HashFailed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hash = argon2
            .hash_password_with_salt(pin.as_bytes(), &salt)
            .map_err(|_| HashFailed)?;
        Ok(Self(hash.to_string()))
    }

    /// A verifier of nobody: held against it, an attempt at an unknown card costs what one at a known card costs.
    pub fn decoy() -> Self {
        Self(DECOY.to_owned())
    }

    /// Whether the attempt is the PIN. Every attempt costs one hash, an empty or an overlong one too.
    pub fn matches(&self, attempt: &str) -> bool {
        let normal = normal(attempt);
        let bytes = normal.as_ref().map_or(&[][..], |normal| normal.as_bytes());
        let is_same = Argon2::default().verify_password(bytes, &*self.0).is_ok();
        is_same && !bytes.is_empty()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Verifier(..)")
    }
}

/// The hash could not be computed: a fault of the program, which the caller answers as such.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the verifier could not be computed")]
pub struct HashFailed;

/// A verifier as it is stored, inside the sealed core row only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) enum VerifierRow {
    /// The PHC string.
    V1(String),
}

impl VerifierRow {
    /// The stored form.
    pub(crate) fn of(verifier: &Verifier) -> Self {
        Self::V1(verifier.0.clone())
    }

    /// The verifier, unless it is none of argon2id.
    pub(crate) fn to_verifier(&self) -> Option<Verifier> {
        let Self::V1(text) = self;
        let hash = PasswordHash::new(text).ok()?;
        let is_ours = hash.algorithm == Algorithm::Argon2id.ident() && hash.hash.is_some();
        is_ours.then(|| Verifier(text.clone()))
    }
}

impl fmt::Debug for VerifierRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerifierRow(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Pin {
        Pin::parse(text, &[]).unwrap()
    }

    fn salt() -> [u8; 16] {
        core::array::from_fn(|at| u8::try_from(at).unwrap())
    }

    #[test]
    fn a_verifier_is_the_one_computed_by_another_program() {
        // argon2-cffi in Python, which binds the reference implementation in C.
        let verifier = Verifier::make(&pin("204957"), salt()).unwrap();
        assert_eq!(
            verifier.0,
            "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$RD2jBZFN6/VY8SguhTOS+/W2Uq9o4pJw1RKje33OBO8"
        );
    }

    #[test]
    fn two_equal_pins_have_different_verifiers_and_each_matches_its_pin_only() {
        let [one, other] =
            [salt(), [9; 16]].map(|salt| Verifier::make(&pin("204957"), salt).unwrap());
        assert_ne!(one.0, other.0);
        for verifier in [&one, &other] {
            assert!(verifier.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
            assert!(verifier.matches("204957"));
            assert!(!verifier.matches("204958"));
        }
        assert!(
            one.matches(" ２０４９５７ "),
            "full-width digits are digits"
        );
        for attempt in [
            "",
            " ",
            "20495",
            "2049570",
            "２０４９５８",
            &"2".repeat(5_000),
        ] {
            assert!(!one.matches(attempt), "{attempt}");
        }
    }

    #[test]
    fn a_passphrase_is_the_same_however_its_characters_are_composed() {
        let composed = Verifier::make(&pin("caf\u{e9} tram owl ridge"), salt()).unwrap();
        assert!(composed.matches("cafe\u{301} tram owl ridge"));
        assert!(!composed.matches("cafe tram owl ridge"));
    }

    #[test]
    fn the_decoy_costs_what_others_cost_and_nothing_matches_it() {
        let cost = |verifier: &Verifier| {
            let fields: Vec<_> = verifier.0.split('$').take(4).map(str::to_owned).collect();
            let lengths: Vec<_> = verifier.0.split('$').skip(4).map(str::len).collect();
            (fields, lengths)
        };
        let made = Verifier::make(&pin("204957"), salt()).unwrap();
        assert_eq!(cost(&Verifier::decoy()), cost(&made));
        for attempt in ["", "204957", "123456"] {
            assert!(!Verifier::decoy().matches(attempt), "{attempt}");
        }
        assert!(VerifierRow::of(&Verifier::decoy()).to_verifier().is_some());
    }

    #[test]
    fn a_stored_verifier_is_read_back_and_nothing_else_is_one() {
        let verifier = Verifier::make(&pin("204957"), salt()).unwrap();
        let stored = postcard::to_stdvec(&VerifierRow::of(&verifier)).unwrap();
        assert_eq!(stored[0], 0, "the first version");
        let row: VerifierRow = postcard::from_bytes(&stored).unwrap();
        assert!(row.to_verifier().unwrap().matches("204957"));
        assert_eq!(
            format!("{row:?} {verifier:?}"),
            "VerifierRow(..) Verifier(..)"
        );

        for text in [
            "",
            "204957",
            "$argon2i$v=19$m=19456,t=2,p=1$I9I4Frzhkp6HdXKWkv7H5Q$1ibriq/94w9YEaeEtBrdBN6jMmK5u8WAgQkV/3+P8Ao",
            "$argon2id$v=19$m=19456,t=2,p=1$I9I4Frzhkp6HdXKWkv7H5Q",
        ] {
            assert!(
                VerifierRow::V1(text.to_owned()).to_verifier().is_none(),
                "{text}"
            );
            assert!(!Verifier(text.to_owned()).matches("204957"), "{text}");
        }
    }
}
