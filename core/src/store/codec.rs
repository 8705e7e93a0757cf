//! What proves that a value stands where it was written: the MAC of a plain row, and the codec of a sealed one, which
//! whoever holds the keys brings along.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Table;

/// The place of a value, which it cannot leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aad<'a> {
    /// The table.
    pub table: Table,
    /// The row's key.
    pub row: &'a [u8],
}

/// Seals values and opens them again: whoever holds the keys gives one.
pub trait Codec: Send + Sync {
    /// Seals `plain` for its place. A nonce is never used for two values.
    fn seal(&self, aad: &Aad<'_>, nonce: [u8; 24], plain: &[u8]) -> Result<Vec<u8>, RowError>;

    /// The plain value, if it was sealed for this place under this key.
    fn open(&self, aad: &Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, RowError>;
}

/// Why a value is not a row. It does not say what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Sealed by a suite that this program does not know.
    #[error("unknown suite {0}")]
    UnknownSuite(u8),
    /// Altered, moved from another place, or written under another key.
    #[error("altered, moved or under another key")]
    NotAuthentic,
    /// Not a row of this table, or more than a row.
    #[error("not a row of this table")]
    Malformed,
}

/// The key of the MACs of plain rows.
#[derive(Clone)]
pub struct MacKey {
    // The state after the key was taken in: each row spares itself half of the work. It is wiped when dropped.
    keyed: Hmac<Sha256>,
}

impl MacKey {
    /// The key with these bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        // HMAC fills a short key up with zeros.
        let mut block = Zeroizing::new([0; 64]);
        let (head, _) = block.split_at_mut(bytes.len());
        head.copy_from_slice(bytes);
        Self {
            keyed: Hmac::new((&*block).into()),
        }
    }

    /// The MAC of a value in its place.
    pub(super) fn tag(&self, table: Table, key: &[u8], plain: &[u8]) -> [u8; TAG] {
        let mut mac = self.keyed.clone();
        // Lengths first, so that no two places spell the same bytes.
        for part in [table.name().as_bytes(), key] {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.update(plain);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let (tag, _) = whole.split_first_chunk().unwrap_or((&[0; TAG], &[]));
        *tag
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MacKey(..)")
    }
}

/// Bytes of a row's MAC.
pub(super) const TAG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_of_a_row_is_the_one_computed_by_another_program() {
        // HMAC-SHA256 by Python's standard library, cut to 16 bytes.
        let tag = MacKey::from_bytes(&[7; 32]).tag(Table::new("stamps"), &[1], &[0, 7]);
        assert_eq!(
            u128::from_be_bytes(tag),
            0xaefa_4a4f_a7c6_e8ea_0951_f77f_8eda_94ae
        );
    }
}
