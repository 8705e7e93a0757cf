//! Sealing, suite 1: XChaCha20-Poly1305 under a key of its own for every value. What is sealed opens in its place, under
//! its key, and nowhere else; its length shows to 64 bytes.
//!
//! ```text
//! sealed = suite (1) ‖ key version (4) ‖ nonce (24) ‖ commitment (16) ‖ ciphertext (64 n) ‖ tag (16)
//! value key (32) ‖ commitment (16) = HKDF-SHA256(data key, salt = nonce, info = AAD)
//! AAD = install ‖ table ‖ row ‖ group ‖ key version ‖ suite, each with its length before it
//! plaintext = value ‖ 0x80 ‖ zeros, up to the next multiple of 64
//! ```

use core::fmt;

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::store::key::Key;
use crate::store::row::{Aad, Codec, RowError};

const SUITE: u8 = 1;
const NONCE: usize = 24;
const COMMITMENT: usize = 16;
const TAG: usize = 16;
/// Suite, key version, nonce and commitment.
const HEAD: usize = 1 + 4 + NONCE + COMMITMENT;
/// Lengths of values show in steps of this many bytes.
const STEP: usize = 64;

/// A key that values are sealed under, and what they are bound to besides their place.
pub struct DataKey {
    bytes: Zeroizing<[u8; 32]>,
    install: [u8; 16],
    group: &'static str,
    version: u32,
}

impl DataKey {
    /// The key of a group of fields in this version, in one installation.
    pub fn new(bytes: [u8; 32], install: [u8; 16], group: &'static str, version: u32) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
            install,
            group,
            version,
        }
    }

    fn aad(&self, place: &Aad<'_>) -> Key {
        Key::new()
            .part(&self.install)
            .text(place.table.name())
            .part(place.row)
            .text(self.group)
            .part(&self.version.to_be_bytes())
            .part(&[SUITE])
    }

    /// The key of one value, and the proof that it is sealed under this data key: without the proof, one sealed value
    /// could be made to open under two keys.
    fn derive(
        &self,
        nonce: &[u8; NONCE],
        aad: &Key,
    ) -> Result<(XChaCha20Poly1305, [u8; COMMITMENT]), RowError> {
        let mut derived = Zeroizing::new([0; 32 + COMMITMENT]);
        Hkdf::<Sha256>::new(Some(nonce), self.bytes.as_slice())
            .expand(aad.as_bytes(), derived.as_mut_slice())
            .map_err(|_| RowError::Malformed)?;
        let (key, commitment) = derived
            .split_first_chunk::<32>()
            .ok_or(RowError::Malformed)?;
        let commitment = commitment.first_chunk().ok_or(RowError::Malformed)?;
        Ok((XChaCha20Poly1305::new(key.into()), *commitment))
    }
}

impl Codec for DataKey {
    fn seal(&self, aad: &Aad<'_>, nonce: [u8; NONCE], plain: &[u8]) -> Result<Vec<u8>, RowError> {
        let aad = self.aad(aad);
        let (cipher, commitment) = self.derive(&nonce, &aad)?;

        let padded = padded_len(plain.len()).ok_or(RowError::Malformed)?;
        let mut sealed = Vec::with_capacity(padded.saturating_add(HEAD).saturating_add(TAG));
        sealed.push(SUITE);
        sealed.extend_from_slice(&self.version.to_be_bytes());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&commitment);
        sealed.extend_from_slice(plain);
        sealed.push(0x80);
        sealed.resize(padded.saturating_add(HEAD), 0);

        let (_, body) = sealed.split_at_mut(HEAD);
        let tag = cipher
            .encrypt_inout_detached(&XNonce::from(nonce), aad.as_bytes(), body.into())
            .map_err(|_| RowError::Malformed)?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    fn open(&self, aad: &Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, RowError> {
        let Parts {
            nonce,
            commitment,
            body,
            tag,
        } = Parts::of(sealed, self.version)?;
        let aad = self.aad(aad);
        let (cipher, expected) = self.derive(nonce, &aad)?;
        if !bool::from(expected.ct_eq(commitment)) {
            return Err(RowError::NotAuthentic);
        }

        let mut plain = body.to_vec();
        cipher
            .decrypt_inout_detached(
                &XNonce::from(*nonce),
                aad.as_bytes(),
                plain.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| RowError::NotAuthentic)?;
        let end = plain
            .iter()
            .rposition(|byte| *byte != 0)
            .ok_or(RowError::Malformed)?;
        if plain.get(end) != Some(&0x80) || padded_len(end) != Some(plain.len()) {
            return Err(RowError::Malformed);
        }
        plain.truncate(end);
        Ok(plain)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey(..)")
    }
}

/// A sealed value, taken apart.
struct Parts<'a> {
    nonce: &'a [u8; NONCE],
    commitment: &'a [u8; COMMITMENT],
    body: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8], version: u32) -> Result<Self, RowError> {
        let (suite, rest) = sealed.split_first().ok_or(RowError::Malformed)?;
        if *suite != SUITE {
            return Err(RowError::UnknownSuite(*suite));
        }
        let (written_under, rest) = rest.split_first_chunk().ok_or(RowError::Malformed)?;
        if u32::from_be_bytes(*written_under) != version {
            return Err(RowError::NotAuthentic);
        }
        let (nonce, rest) = rest.split_first_chunk().ok_or(RowError::Malformed)?;
        let (commitment, rest) = rest.split_first_chunk().ok_or(RowError::Malformed)?;
        let (body, tag) = rest.split_last_chunk().ok_or(RowError::Malformed)?;
        Ok(Self {
            nonce,
            commitment,
            body,
            tag,
        })
    }
}

/// How long a value of `len` bytes is when padded: at least one byte says where it ends.
fn padded_len(len: usize) -> Option<usize> {
    len.checked_add(1)?.checked_next_multiple_of(STEP)
}

/// Bytes for another purpose, which do not tell the key. No label spells an AAD: those begin with a length.
pub(super) fn expand<const N: usize>(key: &[u8; 32], label: &[u8]) -> [u8; N] {
    const { assert!(N <= 255 * 32, "HKDF-SHA256 gives no more") }
    let mut bytes = [0; N];
    let expanded = Hkdf::<Sha256>::new(None, key).expand(label, &mut bytes);
    debug_assert!(
        expanded.is_ok(),
        "the length was checked when this was compiled"
    );
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Table;

    const PROFILES: Table = Table::new("profiles");
    const PLACE: Aad<'_> = Aad {
        table: PROFILES,
        row: b"row 1",
    };
    const NONCE_1: [u8; 24] = [5; 24];

    fn key() -> DataKey {
        DataKey::new([1; 32], [3; 16], "history", 1)
    }

    fn data_key() -> DataKey {
        DataKey::new([1; 32], [2; 16], "core", 3)
    }

    #[test]
    fn what_was_sealed_opens_in_its_place_whatever_its_length() {
        for len in (0..200).chain([4_095, 4_096, 30_000]) {
            let plain = vec![0x80; len];
            let sealed = key().seal(&PLACE, NONCE_1, &plain).unwrap();
            assert_eq!(key().open(&PLACE, &sealed), Ok(plain), "{len}");
            let zeros = vec![0; len];
            let sealed = key().seal(&PLACE, NONCE_1, &zeros).unwrap();
            assert_eq!(key().open(&PLACE, &sealed), Ok(zeros), "{len}");
        }
    }

    #[test]
    fn suite_1_is_the_one_computed_by_another_program() {
        // HKDF-SHA256 by Python's standard library and XChaCha20-Poly1305 written out in Python, both tried first on the
        // vectors of RFC 5869 and draft-irtf-cfrg-xchacha-03. A change here is another suite.
        let bytes = |first: u8| core::array::from_fn(|at| first + u8::try_from(at).unwrap());
        let key = DataKey::new(
            bytes(0),
            core::array::from_fn(|at| 0xa0 + u8::try_from(at).unwrap()),
            "core",
            3,
        );
        let nonce = core::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
        let sealed = key
            .seal(&PLACE, nonce, "小明, an invented name".as_bytes())
            .unwrap();
        let expected = [
            "0100000003404142434445464748494a4b4c4d4e4f50515253545556573a92815ac688197c79e9e5",
            "fdfa90b2503a887a6a4523fde2e26100aca49a390cc91ac860f528b9cbb54747b18f944d30cb4896",
            "7a27ac8388ebd75e74fff37e038e315eaf000e287bcda2ea373cd93893d88d7534503c5c2af3b54a",
            "a33029ea3f",
        ]
        .concat();
        assert_eq!(sealed.len() * 2, expected.len());
        for (at, byte) in sealed.iter().enumerate() {
            assert_eq!(format!("{byte:02x}"), expected[2 * at..][..2], "byte {at}");
        }
    }

    #[test]
    fn a_length_shows_in_steps_of_64_bytes() {
        let len = |plain: usize| key().seal(&PLACE, NONCE_1, &vec![7; plain]).unwrap().len();
        assert_eq!(len(0), len(63));
        assert_eq!(len(63) + 64, len(64));
        assert_eq!(len(64), len(127));
        assert_eq!(len(127) + 64, len(128));
    }

    #[test]
    fn sealed_bytes_do_not_travel() {
        let sealed = data_key().seal(&PLACE, NONCE_1, b"Li Lei").unwrap();
        assert_eq!(data_key().open(&PLACE, &sealed), Ok(b"Li Lei".to_vec()));
        for (what, key, place) in [
            (
                "table",
                data_key(),
                Aad {
                    table: Table::new("profile"),
                    ..PLACE
                },
            ),
            (
                "row",
                data_key(),
                Aad {
                    row: b"row 2",
                    ..PLACE
                },
            ),
            (
                "seam",
                data_key(),
                Aad {
                    table: Table::new("profilesr"),
                    row: b"ow 1",
                },
            ),
            ("key", DataKey::new([9; 32], [2; 16], "core", 3), PLACE),
            ("install", DataKey::new([1; 32], [3; 16], "core", 3), PLACE),
            ("group", DataKey::new([1; 32], [2; 16], "postal", 3), PLACE),
            ("version", DataKey::new([1; 32], [2; 16], "core", 4), PLACE),
        ] {
            assert_eq!(
                key.open(&place, &sealed),
                Err(RowError::NotAuthentic),
                "{what}"
            );
        }
        assert_eq!(key().open(&PLACE, &sealed), Err(RowError::NotAuthentic));
    }

    #[test]
    fn no_bit_of_a_sealed_value_can_be_changed_and_none_of_its_bytes_left_out() {
        let sealed = key().seal(&PLACE, NONCE_1, b"Han Meimei").unwrap();
        for bit in 0..8 * sealed.len() {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(key().open(&PLACE, &flipped).is_err(), "bit {bit}");
        }
        for len in 0..sealed.len() {
            assert!(key().open(&PLACE, &sealed[..len]).is_err(), "{len} bytes");
        }
        assert!(
            key()
                .open(&PLACE, &[sealed.clone(), vec![0]].concat())
                .is_err()
        );
        assert_eq!(key().open(&PLACE, &[2]), Err(RowError::UnknownSuite(2)));
    }

    #[test]
    fn the_plain_value_does_not_show_and_no_key_is_printed() {
        let sealed = key().seal(&PLACE, NONCE_1, b"0123456789").unwrap();
        assert!(
            !sealed
                .windows(4)
                .any(|window| b"0123456789".windows(4).any(|w| w == window))
        );
        assert_eq!(format!("{:?}", key()), "DataKey(..)");
    }
}
