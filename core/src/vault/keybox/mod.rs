//! The keybox: every member's keys, who a token belongs to, the days' keys and the system's. It stands in a folder of its
//! own, outside the store and outside every data backup, so that a key that is destroyed here is gone (privacy §1, §2).
//!
//! Erasure is that: the bucket is written anew without the keys, under a new key, and its old key is overwritten (privacy
//! §3, 1 to 4). What stood under the old one opens nowhere from then on, in no file, no freed block and no copy: it is as
//! gone as that key is. `erase` destroys a member, `drop_postal` and `drop_old_core` one of the keys, and `rotate` what
//! was dropped before and still stands sealed, such as the keys of old days.
//!
//! Reading order: `keys` is what it holds, `bucket` and `journal` how that is written, `slab` and `shelf` how it lies in
//! memory, `queue` and `write` how it changes, `erase` and `versions` what is destroyed and renewed, `create` and `load`
//! how it begins, `escrow` what is handed out and taken back. The root keys are in `vault/root.rs`.
//!
//! ```
//! use std::sync::Arc;
//! use jifen::domain::ids::{AccountId, MemberId};
//! use jifen::vault::keybox::{Draw32, Keybox, MemberKeys, TokenHash, TokenKind};
//!
//! # fn main() -> Result<(), jifen::vault::keybox::KeyboxError> {
//! # let count = std::sync::atomic::AtomicU8::new(0);
//! # let draw = move || [count.fetch_add(1, std::sync::atomic::Ordering::Relaxed); 32];
//! let draw: Draw32 = Arc::new(draw); // of the operating system, in a shop
//! let keybox = Keybox::in_memory([1; 16], draw);
//! let member = MemberId::from_bytes(*b"sixteen bytes, 1");
//! let account = AccountId::from_bytes(*b"sixteen bytes, 2");
//! let card = TokenHash::of("990123456789012345");
//! let keys = MemberKeys::new(member, account, [2; 32], [3; 32]);
//! keybox.add(keys, &[(card, TokenKind::Card)])?;
//! assert_eq!(keybox.token(&card).map(|token| token.member), Some(member));
//! # Ok(())
//! # }
//! ```

use core::fmt;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use zeroize::Zeroizing;

use self::bucket::{Bucket, MemberEntry, NONCE, TokenEntry};
use self::create::First;
use self::disk::{Disk, Folder};
use self::journal::Change;
use self::keys::Secret;
use self::load::Loaded;
use self::queue::Queue;
use self::shelf::Shelves;
use self::write::{System, Writer};
use super::seal::{DataKey, expand};
use crate::domain::ids::{AccountId, MemberId};
use crate::store::key::Key;
use crate::store::row::MacKey;

pub(super) mod keys;
mod error;
pub(super) mod bucket;
mod journal;
mod slab;
mod shelf;
mod queue;
mod write;
mod erase;
mod versions;
mod create;
mod load;
mod escrow;
mod cards;
pub(super) mod disk;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers are small, and a panic is a failed test"
)]
pub(crate) mod tests;

pub use self::erase::Destroyed;
pub use self::error::KeyboxError;
pub use self::escrow::EscrowBody;
pub use self::keys::{DayKey, MemberKeys, Token, TokenHash, TokenKind, TokenState};

/// Gives 32 fresh random bytes each call: the only source of randomness. Of two calls that gave the same, a nonce would be
/// used twice.
pub type Draw32 = Arc<dyn Fn() -> [u8; 32] + Send + Sync>;

/// The number of the system's bucket. Those of the members' are 0 to 63.
pub const SYS_BUCKET: u8 = Bucket::SYS.number();

/// The keybox, open, and held against every other process until it is dropped.
///
/// Reading takes no turn and touches no disk. What changes it is durable when it returns, and seen by nobody before;
/// many at once share one fsync. After an error of a change, nothing of it is there, unless the power went or the disk
/// would not say: then it is found out when the keybox is opened again.
pub struct Keybox {
    system: System,
    shelves: Shelves,
    queue: Queue,
    writer: Mutex<Writer>,
    draw: Draw32,
}

impl Keybox {
    /// A new keybox in this folder, for the installation with this id. The folder is made if it is not there, for its
    /// owner alone. Every key is drawn here.
    ///
    /// # Errors
    ///
    /// `Exists` where any file of a keybox is already; `ReadableByOthers` and `IsALink` as for [`Self::open`]; `InUse`
    /// while another process makes one there; `Io`.
    pub fn create(folder: &Path, install: [u8; 16], draw: Draw32) -> Result<Self, KeyboxError> {
        let disk: Arc<dyn Disk> = Arc::new(Folder::new(folder));
        Self::create_on(&disk, install, draw)
    }

    /// Opens the keybox in this folder: reads everything, settles what a power cut left, and refuses what is not as it was
    /// written. Nothing on the disk is changed unless everything opened.
    ///
    /// # Errors
    ///
    /// `Missing`, `InUse`, `ReadableByOthers`, `IsALink`, `TooNew`, `Damaged`, `Io`.
    pub fn open(folder: &Path, draw: Draw32) -> Result<Self, KeyboxError> {
        let disk: Arc<dyn Disk> = Arc::new(Folder::new(folder));
        Self::open_on(&disk, draw)
    }

    /// A keybox that leaves nothing: for tests, and for replays.
    pub fn in_memory(install: [u8; 16], draw: Draw32) -> Self {
        let first = First::draw(install, &draw);
        let system = first.system.clone();
        Self::with(system, Shelves::default(), first.writer(None), draw)
    }

    /// Whether there is a keybox in this folder. One whose making was cut short is none, unless only the last step of it
    /// is missing: [`Self::open`] does that.
    pub fn exists(folder: &Path) -> bool {
        create::exists(&Folder::new(folder))
    }

    fn create_on(
        disk: &Arc<dyn Disk>,
        install: [u8; 16],
        draw: Draw32,
    ) -> Result<Self, KeyboxError> {
        let first = First::draw(install, &draw);
        let system = first.system.clone();
        let writer = first.writer(Some(Arc::clone(disk)));
        let shelves = Shelves::default();
        create::write(&**disk, &writer, &shelves, &draw)?;
        Ok(Self::with(system, shelves, writer, draw))
    }

    fn open_on(disk: &Arc<dyn Disk>, draw: Draw32) -> Result<Self, KeyboxError> {
        let Loaded {
            system,
            shelves,
            writer,
        } = load::load(disk)?;
        Ok(Self::with(system, shelves, writer, draw))
    }

    fn with(system: System, shelves: Shelves, writer: Writer, draw: Draw32) -> Self {
        Self {
            system,
            shelves,
            queue: Queue::default(),
            writer: Mutex::new(writer),
            draw,
        }
    }

    /// The id of the installation, which every key of it is bound to.
    pub fn install(&self) -> [u8; 16] {
        self.system.install
    }

    /// Adds a new member with the first tokens, all of it or nothing. Durable when it returns.
    ///
    /// # Errors
    ///
    /// `Taken` when the member, the account or a token is there already, or a token is named twice; `Io`.
    pub fn add(
        &self,
        keys: MemberKeys,
        tokens: &[(TokenHash, TokenKind)],
    ) -> Result<(), KeyboxError> {
        let tokens = tokens.iter().map(|(hash, kind)| active(hash, *kind));
        self.submit(Change::Member(MemberEntry {
            keys,
            tokens: tokens.collect(),
        }))
    }

    /// Gives a member one more token. Durable when it returns.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`; `Taken` when anybody has or had the token; `Io`.
    pub fn add_token(
        &self,
        member: MemberId,
        hash: TokenHash,
        kind: TokenKind,
    ) -> Result<(), KeyboxError> {
        let token = active(&hash, kind);
        self.submit(Change::Token { member, token })
    }

    /// The token stands for nobody any more. It stays as revoked, so that it is never given to anybody again (MEM-01); a
    /// second time changes nothing. Durable when it returns.
    ///
    /// # Errors
    ///
    /// `TokenUnknown`; `Io`.
    pub fn revoke_token(&self, hash: &TokenHash) -> Result<(), KeyboxError> {
        self.submit(Change::Revoke(hash.kept()))
    }

    /// The keys of a member.
    pub fn of_member(&self, member: &MemberId) -> Option<MemberKeys> {
        self.shelves.of_member(member)
    }

    /// The keys of the member whose account this is.
    pub fn of_account(&self, account: &AccountId) -> Option<MemberKeys> {
        self.shelves.of_account(account)
    }

    /// What is known of a token. Whether it still stands is for the caller to see.
    pub fn token(&self, hash: &TokenHash) -> Option<Token> {
        self.shelves.token(hash.kept())
    }

    /// Whether anybody has or had this token.
    pub fn is_taken(&self, hash: &TokenHash) -> bool {
        self.shelves.has_token(hash.kept())
    }

    /// Whether this member is in the keybox.
    pub fn is_known(&self, member: &MemberId) -> bool {
        self.shelves.has_member(member)
    }

    /// Every member, in no order that means anything.
    pub fn members(&self) -> Vec<MemberId> {
        self.shelves.members()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.shelves.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of this day; a new one is durable before it is returned. Cheap where there is one. A day whose key was
    /// dropped gets another one, which opens nothing of before.
    ///
    /// # Errors
    ///
    /// `Io`, also when the key is dropped at the same moment.
    pub fn ensure_day(&self, day: u32) -> Result<DayKey, KeyboxError> {
        if let Some(key) = self.day(day) {
            return Ok(key);
        }
        let key = Secret::new((self.draw)());
        self.submit(Change::Day { day, key })?;
        let dropped = || KeyboxError::Io("the day's key was dropped meanwhile".to_owned());
        self.day(day).ok_or_else(dropped)
    }

    /// The key of this day, if it has one.
    pub fn day(&self, day: u32) -> Option<DayKey> {
        let key = self.shelves.day(day)?;
        Some(DayKey {
            day,
            install: self.system.install,
            key,
        })
    }

    /// Whether a day before this one still has a key.
    pub fn has_day_before(&self, day: u32) -> bool {
        self.shelves.has_day_before(day)
    }

    /// Drops the keys of all days before this one.
    ///
    /// What holds when it returns: they are gone from memory, and no keybox that is opened from these files gives them
    /// again. What does not yet: their bytes stand sealed in `keybox/sys` until it is folded, in the blocks that the disk
    /// freed then, and in older copies, and whoever has the system bucket's key can open them there. They are gone for
    /// good after [`Self::rotate`] of the system's bucket, [`SYS_BUCKET`].
    ///
    /// # Errors
    ///
    /// `Io`.
    pub fn drop_days_before(&self, day: u32) -> Result<(), KeyboxError> {
        self.submit(Change::DropDays { before: day })
    }

    /// The key of the MACs of plain rows: HKDF-SHA256 of the system key, info = "jifen row mac".
    pub fn row_mac(&self) -> MacKey {
        let bytes = Zeroizing::new(expand(self.system.key.bytes(), b"jifen row mac"));
        MacKey::from_bytes(&bytes)
    }

    /// The key that this terminal signs with in this generation: HKDF-SHA256 of the system key, info = "jifen terminal
    /// key", then the terminal and the generation (4 bytes, big-endian), each with its length (4 bytes, big-endian) before
    /// it.
    pub fn terminal_key(&self, terminal: &str, generation: u32) -> Zeroizing<[u8; 32]> {
        let parts = Key::new().text(terminal).part(&generation.to_be_bytes());
        let label = [b"jifen terminal key", parts.as_bytes()].concat();
        Zeroizing::new(expand(self.system.key.bytes(), &label))
    }

    /// The key of a group of the shop's own rows that are about no member: HKDF-SHA256 of the system key, info = "jifen
    /// group ", then the group.
    pub fn group_key(&self, group: &'static str) -> DataKey {
        let label = [b"jifen group ", group.as_bytes()].concat();
        let bytes = Zeroizing::new(expand(self.system.key.bytes(), &label));
        DataKey::new(*bytes, self.system.install, group, 1)
    }

    /// What the audit's checkpoints are signed with.
    pub fn audit_seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(*self.system.audit_seed.bytes())
    }

    /// Writes the journal into the buckets, and begins it anew when all of them are on the disk. Happens by itself when
    /// the journal passes 16 MB; changes wait meanwhile, readers do not.
    ///
    /// # Errors
    ///
    /// `Io`: then everything is as before.
    pub fn fold(&self) -> Result<(), KeyboxError> {
        self.writer.lock().fold(&self.shelves, &self.draw)
    }

    fn submit(&self, change: Change) -> Result<(), KeyboxError> {
        // Drawn here, so that nothing of a stranger's runs while everybody waits for the writer.
        let nonce = nonce(&self.draw);
        self.queue
            .submit(change, nonce, &self.writer, &self.shelves, &self.draw)
    }
}

impl fmt::Debug for Keybox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Keybox(..)")
    }
}

fn active(hash: &TokenHash, kind: TokenKind) -> TokenEntry {
    TokenEntry {
        hash: hash.kept(),
        kind,
        state: TokenState::Active,
        expires: None,
    }
}

fn nonce(draw: &Draw32) -> [u8; NONCE] {
    let drawn = draw();
    let (nonce, _) = drawn.split_first_chunk().unwrap_or((&[0; NONCE], &[]));
    *nonce
}
