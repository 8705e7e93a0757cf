//! What the keybox holds: the keys of a member, the keys of days, and who a token belongs to. Keys are wiped when they
//! are dropped, and none of these types prints what it holds.

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::super::seal::{DataKey, expand};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::time::Moment;
use crate::store::Table;
use crate::store::key::Key;
use crate::store::row::{Aad, Codec, RowError};

/// 32 secret bytes.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::vault) struct Secret([u8; 32]);

impl Secret {
    pub(in crate::vault) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(in crate::vault) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

/// A key of a group of fields and which one it is: 1 is the first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct GroupKey {
    pub(super) version: u32,
    pub(super) key: Secret,
}

impl GroupKey {
    pub(super) fn first(key: [u8; 32]) -> Self {
        Self {
            version: 1,
            key: Secret::new(key),
        }
    }

    fn data_key(&self, install: [u8; 16], group: &'static str) -> DataKey {
        DataKey::new(*self.key.bytes(), install, group, self.version)
    }
}

/// The keys of one member, one a group of fields, random and independent of each other (privacy §2). Who destroys one
/// destroys what was sealed under it, in every file and every backup. Wiped when dropped.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberKeys {
    /// The member: which bucket the keys lie in follows from the first byte.
    pub member: MemberId,
    /// The member's account. Nothing else says whose it is.
    pub account: AccountId,
    pub(super) core: GroupKey,
    pub(super) history: GroupKey,
    pub(super) postal: Option<GroupKey>,
    /// The keys of `core` before that one. A bucket writes them beside its members, not within.
    #[serde(skip)]
    older: Option<Box<OlderCore>>,
}

/// The keys of `core` that rows may still stand under besides the newest, oldest first. Few members have any.
#[derive(Clone, PartialEq)]
struct OlderCore(Vec<GroupKey>);

impl MemberKeys {
    /// The first keys of a new member, without an address. All four are drawn for this member and never derived.
    pub fn new(member: MemberId, account: AccountId, core: [u8; 32], history: [u8; 32]) -> Self {
        Self {
            member,
            account,
            core: GroupKey::first(core),
            history: GroupKey::first(history),
            postal: None,
            older: None,
        }
    }

    /// The same, with the first key of the address.
    pub fn with_postal(mut self, postal: [u8; 32]) -> Self {
        self.postal = Some(GroupKey::first(postal));
        self
    }

    /// The newest key of group `core`: name, phone, credential, consents, tickets, audit handle.
    pub fn core(&self, install: [u8; 16]) -> DataKey {
        self.core.data_key(install, "core")
    }

    /// Every key of group `core` that is kept, newest first. A row that was not sealed again since the last one came opens
    /// under one of the others.
    pub fn core_versions(&self, install: [u8; 16]) -> Vec<DataKey> {
        let older = self.older_core().iter().rev();
        let all = core::iter::once(&self.core).chain(older);
        all.map(|key| key.data_key(install, "core")).collect()
    }

    /// Which key of group `core` is the newest: 1 is the first. A sealed row says which one it is under.
    pub const fn core_version(&self) -> u32 {
        self.core.version
    }

    /// The key of group `history`: the account, lots, entries, holds, sales, stored answers.
    pub fn history(&self, install: [u8; 16]) -> DataKey {
        self.history.data_key(install, "history")
    }

    /// The key of group `postal`, the address, where the member has one.
    pub fn postal(&self, install: [u8; 16]) -> Option<DataKey> {
        self.postal
            .as_ref()
            .map(|key| key.data_key(install, "postal"))
    }

    /// The keys of `core` before the newest, oldest first.
    pub(super) fn older_core(&self) -> &[GroupKey] {
        self.older.as_ref().map_or(&[], |older| &older.0)
    }

    /// Keeps these as the keys of `core` before the newest, oldest first.
    pub(super) fn keep_older(&mut self, older: Vec<GroupKey>) {
        self.older = (!older.is_empty()).then(|| Box::new(OlderCore(older)));
    }

    /// This is the newest key of `core` now; the one before is kept.
    pub(super) fn renew_core(&mut self, key: GroupKey) {
        // A list of the right length at once: one that grew would leave keys behind where it lay.
        let mut older = Vec::with_capacity(self.older_core().len().saturating_add(1));
        older.extend_from_slice(self.older_core());
        older.push(self.core.clone());
        self.keep_older(older);
        self.core = key;
    }

    /// Whether there is a key of `core` before this version that is not the newest.
    pub(super) fn has_core_before(&self, version: u32) -> bool {
        self.older_core().iter().any(|key| key.version < version)
    }

    /// Drops the keys of `core` before this version, but never the newest.
    pub(super) fn drop_core_before(&mut self, version: u32) {
        let kept = self.older_core().iter();
        let kept: Vec<_> = kept.filter(|key| version <= key.version).collect();
        let mut older = Vec::with_capacity(kept.len());
        older.extend(kept.into_iter().cloned());
        self.keep_older(older);
    }
}

impl fmt::Debug for MemberKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MemberKeys(..)")
    }
}

/// The key of one day, under which rows of that day that are found by a key alone say whose they are (privacy §2, §5).
/// Once it is dropped, none of them does. Wiped when dropped.
#[derive(Clone, PartialEq)]
pub struct DayKey {
    pub(super) day: u32,
    pub(super) install: [u8; 16],
    pub(super) key: Secret,
}

impl DayKey {
    /// The day it is the key of.
    pub const fn day(&self) -> u32 {
        self.day
    }

    /// Seals who owns a row that is found by `key` alone: the secret key itself, not what the row is stored under. It is
    /// sealed by suite 1, group `owner`, the day as the key's version, under HKDF-SHA256(day key, "jifen owner" ‖ key
    /// with its length before it), and bound to the table. 125 bytes. A nonce is never used for two rows.
    ///
    /// # Errors
    ///
    /// None that a key of less than 4 GB meets.
    pub fn seal_owner(
        &self,
        table: Table,
        key: &[u8],
        nonce: [u8; 24],
        member: &MemberId,
    ) -> Result<Vec<u8>, RowError> {
        let aad = Aad { table, row: &[] };
        self.of_row(key).seal(&aad, nonce, member.as_bytes())
    }

    /// Who owns the row, if it was sealed under this day's key, for this table and this key.
    pub fn open_owner(&self, table: Table, key: &[u8], sealed: &[u8]) -> Option<MemberId> {
        let aad = Aad { table, row: &[] };
        let plain = Zeroizing::new(self.of_row(key).open(&aad, sealed).ok()?);
        let member = <[u8; 16]>::try_from(plain.as_slice()).ok()?;
        Some(MemberId::from_bytes(member))
    }

    fn of_row(&self, key: &[u8]) -> DataKey {
        let label = Zeroizing::new([b"jifen owner", Key::new().part(key).as_bytes()].concat());
        let bytes = Zeroizing::new(expand(self.key.bytes(), &label));
        DataKey::new(*bytes, self.install, "owner", self.day)
    }
}

impl fmt::Debug for DayKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DayKey(..)")
    }
}

/// The SHA-256 of a token's text: the keybox never holds the token. Of its 32 bytes the first 16 are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash of a token as it is printed: a card's digits, or a sector token with its `jsc_`.
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// What is kept of it.
    pub(super) fn kept(&self) -> [u8; 16] {
        let (kept, _) = self.0.split_first_chunk().unwrap_or((&[0; 16], &[]));
        *kept
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenHash(..)")
    }
}

/// What kind of token it is (privacy §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TokenKind {
    /// A card number.
    Card,
    /// The token of the member for one sector alone.
    Sector(u16),
    /// The alias of the member's live codes.
    Alias,
}

/// Whether a token still stands for its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TokenState {
    /// It does.
    Active,
    /// It does not, and nobody is given it again (MEM-01).
    Revoked,
}

/// What the keybox knows of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Whose it is.
    pub member: MemberId,
    /// What kind.
    pub kind: TokenKind,
    /// Whether it still stands.
    pub state: TokenState,
    /// The first moment at which it no longer does, for those that end by themselves.
    pub expires: Option<Moment>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SALES: Table = Table::new("sale tokens");
    const MEMBER: MemberId = MemberId::from_bytes([3; 16]);

    fn day(day: u32) -> DayKey {
        DayKey {
            day,
            install: [2; 16],
            key: Secret::new([1; 32]),
        }
    }

    #[test]
    fn an_owner_opens_under_its_day_its_table_and_its_key_alone() {
        let sealed = day(7)
            .seal_owner(SALES, b"jst_x", [5; 24], &MEMBER)
            .unwrap();
        assert_eq!(sealed.len(), 125);
        assert_eq!(day(7).open_owner(SALES, b"jst_x", &sealed), Some(MEMBER));

        let other = DayKey {
            key: Secret::new([9; 32]),
            ..day(7)
        };
        let elsewhere = DayKey {
            install: [9; 16],
            ..day(7)
        };
        for (what, key, table, text) in [
            ("day", day(8), SALES, "jst_x"),
            ("key of the day", other, SALES, "jst_x"),
            ("install", elsewhere, SALES, "jst_x"),
            ("table", day(7), Table::new("holds"), "jst_x"),
            ("key", day(7), SALES, "jst_y"),
            ("length", day(7), SALES, "jst_"),
        ] {
            assert_eq!(
                key.open_owner(table, text.as_bytes(), &sealed),
                None,
                "{what}"
            );
        }
        for bit in 0..8 * sealed.len() {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(day(7).open_owner(SALES, b"jst_x", &flipped), None, "{bit}");
        }
        assert_eq!(day(7).open_owner(SALES, b"jst_x", &[]), None);
    }

    #[test]
    fn each_group_of_a_member_has_a_key_of_its_own() {
        let keys = MemberKeys::new(MEMBER, AccountId::from_bytes([4; 16]), [5; 32], [6; 32]);
        assert!(keys.postal([0; 16]).is_none());
        let keys = keys.with_postal([5; 32]);
        let place = Aad {
            table: SALES,
            row: b"1",
        };
        let sealed = keys.core([0; 16]).seal(&place, [0; 24], b"x").unwrap();
        assert!(keys.core([0; 16]).open(&place, &sealed).is_ok());
        assert!(keys.history([0; 16]).open(&place, &sealed).is_err());
        // The bytes are the same here, the group is not.
        assert!(keys.postal([0; 16]).unwrap().open(&place, &sealed).is_err());
        assert!(keys.core([1; 16]).open(&place, &sealed).is_err());
    }

    #[test]
    fn no_key_and_no_hash_is_printed() {
        let keys = MemberKeys::new(MEMBER, AccountId::from_bytes([4; 16]), [5; 32], [6; 32]);
        assert_eq!(format!("{keys:?}"), "MemberKeys(..)");
        assert_eq!(format!("{:?}", day(7)), "DayKey(..)");
        assert_eq!(format!("{:?}", TokenHash::of("1")), "TokenHash(..)");
        assert_eq!(format!("{:?}", Secret::new([1; 32])), "Secret(..)");
    }
}
