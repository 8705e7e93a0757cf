//! The journal: what came into the keybox since the buckets were written, the last change last.
//!
//! ```text
//! journal = head ‖ records
//! head    = "JFKJ" ‖ suite (1) ‖ install (16) ‖ place of the first record (8) ‖ MAC (16)
//! record  = "JFKR" ‖ length of the sealed part (4) ‖ place (8) ‖ first place of its write (8) ‖ bucket (1) ‖ epoch (8) ‖ nonce (24)
//!           ‖ ciphertext ‖ tag (16) ‖ MAC (16)
//! sealed under the bucket's key: postcard of `Record`; AAD = suite ‖ install ‖ record up to the nonce
//! MAC     = HMAC-SHA256 under HKDF-SHA256(system key, "jifen keybox journal"), its first 16 bytes, over all before it from the mark on
//! numbers big-endian; sys is bucket 64
//! ```
//!
//! Places go on counting when the journal is cut, and each bucket says from which place on it has not taken records in:
//! so none is taken in twice, whenever the power went. The MAC holds for records of a dead epoch too, which nobody can
//! open any more: they keep their place in the count, and none can be put in place of a living one.
//!
//! A write carries everything that was queued, and nobody was answered before it was durable. What a power cut leaves of
//! the last write is cut off when the journal is opened: from its first record that is not whole. That a record is of an
//! earlier write is known from a later one, which names a first place behind it: then it is damage, and an error.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::super::root::Kek;
use super::super::seal::expand;
use super::KeyboxError;
use super::bucket::{
    Bucket, MemberEntry, NONCE, SUITE, TAG, TokenEntry, Versioned, opened, parse, room_of_entry,
    sealed,
};
use super::keys::{GroupKey, Secret};
use crate::domain::ids::MemberId;

/// The file of the journal.
pub(super) const JOURNAL_FILE: &str = "keybox/journal";
/// The file that is about to take its place.
pub(super) const NEW_JOURNAL_FILE: &str = "keybox/journal.new";

const MARK: &[u8; 4] = b"JFKJ";
const RECORD_MARK: &[u8; 4] = b"JFKR";
const MAC: usize = 16;
/// Mark, suite and install.
const HEAD: usize = 4 + 1 + 16;
/// Bytes of the head with its MAC: of an empty journal.
pub(super) const HEAD_LEN: usize = HEAD + 8 + MAC;
/// A record up to its nonce.
const RECORD_HEAD: usize = 4 + 4 + 8 + 8 + 1 + 8 + NONCE;

/// What stands in a record.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Record {
    V1(Change),
}

/// A change of the keybox.
#[derive(Clone, Serialize, Deserialize)]
pub(super) enum Change {
    /// A new member with the first tokens.
    Member(MemberEntry),
    /// One more token of a member.
    Token { member: MemberId, token: TokenEntry },
    /// A token stands for nobody any more: the first 16 bytes of its hash.
    Revoke([u8; 16]),
    /// A day has this key.
    Day { day: u32, key: Secret },
    /// The days before this one have none.
    DropDays { before: u32 },
    /// This is the newest key of a member's group `core`, and the first with its version.
    Core { member: MemberId, key: GroupKey },
    /// A member who has no key of group `postal` has this one.
    Postal { member: MemberId, key: GroupKey },
}

impl Versioned for Record {
    const NEWEST: u8 = 0;
}

/// The key of the journal's MACs, and the installation that it belongs to.
#[derive(Clone)]
pub(super) struct JournalKey {
    keyed: Hmac<Sha256>,
    install: [u8; 16],
}

/// A record of the journal as it stands there, its MAC found right. It opens under its bucket's key alone.
pub(super) struct Sealed<'a> {
    pub(super) place: u64,
    pub(super) bucket: Bucket,
    pub(super) epoch: u64,
    first_of_write: u64,
    nonce: &'a [u8; NONCE],
    head: &'a [u8],
    body: &'a [u8],
}

/// A journal that was read.
pub(super) struct Journal<'a> {
    pub(super) records: Vec<Sealed<'a>>,
    /// The place of the next record.
    pub(super) next: u64,
    /// How long the journal is without what was left of a torn write.
    pub(super) length: usize,
}

impl JournalKey {
    /// The key that follows from the system's.
    pub(super) fn new(system: &Secret, install: [u8; 16]) -> Self {
        let bytes = Zeroizing::new(expand::<32>(system.bytes(), b"jifen keybox journal"));
        // HMAC fills a short key up with zeros.
        let mut block = Zeroizing::new([0; 64]);
        let (head, _) = block.split_at_mut(bytes.len());
        head.copy_from_slice(bytes.as_slice());
        Self {
            keyed: Hmac::new((&*block).into()),
            install,
        }
    }

    /// A journal without records, whose first one will have this place.
    pub(super) fn empty(&self, first: u64) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_LEN);
        bytes.extend_from_slice(&self.head());
        bytes.extend_from_slice(&first.to_be_bytes());
        let mac = self.mac(&bytes);
        bytes.extend_from_slice(&mac);
        bytes
    }

    /// A record, as it is written.
    pub(super) fn record(
        &self,
        (place, first_of_write): (u64, u64),
        (bucket, kek): (Bucket, &Kek),
        nonce: [u8; NONCE],
        record: &Record,
    ) -> Result<Vec<u8>, KeyboxError> {
        let room = room_of(record);
        let mut head = Vec::with_capacity(room.saturating_add(RECORD_HEAD + TAG + MAC));
        head.extend_from_slice(RECORD_MARK);
        // The length stands in the AAD, so it is measured first.
        let length =
            postcard::serialize_with_flavor(record, postcard::ser_flavors::Size::default())
                .ok()
                .and_then(|length| u32::try_from(length.checked_add(TAG)?).ok())
                .ok_or_else(|| KeyboxError::Io("a record is too long".to_owned()))?;
        head.extend_from_slice(&length.to_be_bytes());
        head.extend_from_slice(&place.to_be_bytes());
        head.extend_from_slice(&first_of_write.to_be_bytes());
        head.push(bucket.number());
        head.extend_from_slice(&kek.epoch.to_be_bytes());
        head.extend_from_slice(&nonce);
        let mut bytes = sealed(&kek.key, &nonce, head, &self.bound(), record)?;
        let mac = self.mac(&bytes);
        bytes.extend_from_slice(&mac);
        Ok(bytes)
    }

    /// What stands in a record, if it is under this key.
    pub(super) fn open(
        &self,
        kek: &Kek,
        record: &Sealed<'_>,
        place: impl FnOnce() -> String,
    ) -> Result<Change, KeyboxError> {
        let aad = [&self.bound()[..], record.head].concat();
        let Some(plain) = opened(&kek.key, record.nonce, &aad, record.body) else {
            return Err(KeyboxError::Damaged(place()));
        };
        let Record::V1(change) = parse(&plain, place)?;
        Ok(change)
    }

    /// The journal in these bytes.
    ///
    /// # Errors
    ///
    /// `TooNew`; `Damaged` when anything before the last write is not as it was written, or not in its place.
    pub(super) fn read<'a>(
        &self,
        bytes: &'a [u8],
        place: impl Fn() -> String,
    ) -> Result<Journal<'a>, KeyboxError> {
        let damaged = || KeyboxError::Damaged(place());
        let (head, mut rest) = bytes.split_at_checked(HEAD_LEN).ok_or_else(damaged)?;
        let suite = head.strip_prefix(MARK).and_then(|rest| rest.first());
        if suite.is_some_and(|suite| SUITE < *suite) {
            return Err(KeyboxError::TooNew(place()));
        }
        let first = self.first(head).ok_or_else(damaged)?;

        let mut journal = Journal {
            records: Vec::new(),
            next: first,
            length: HEAD_LEN,
        };
        while !rest.is_empty() {
            let Some((record, length)) = self.next(rest) else {
                if self.is_torn(rest, journal.next) {
                    break;
                }
                return Err(damaged());
            };
            // Authentic, but not here: copied, or something is missing before it.
            if record.place != journal.next || record.place < record.first_of_write {
                return Err(damaged());
            }
            journal.records.push(record);
            journal.next = journal.next.checked_add(1).ok_or_else(damaged)?;
            journal.length = journal.length.saturating_add(length);
            rest = rest.get(length..).unwrap_or_default();
        }
        Ok(journal)
    }

    /// Whether what begins here, where a record of this place is due and none is whole, can be what is left of the last
    /// write: then nothing behind it was written after it.
    fn is_torn(&self, rest: &[u8], due: u64) -> bool {
        (1..rest.len()).all(|from| {
            let behind = rest.get(from..).unwrap_or_default();
            let record = behind
                .starts_with(RECORD_MARK)
                .then(|| self.next(behind))
                .flatten();
            record.is_none_or(|(record, _)| due < record.place && record.first_of_write <= due)
        })
    }

    /// The record that begins here, and how long it is: nothing if it is not whole.
    fn next<'a>(&self, bytes: &'a [u8]) -> Option<(Sealed<'a>, usize)> {
        let rest = bytes.strip_prefix(RECORD_MARK)?;
        let (length, rest) = rest.split_first_chunk()?;
        let (place, rest) = rest.split_first_chunk()?;
        let (first_of_write, rest) = rest.split_first_chunk()?;
        let (bucket, rest) = rest.split_first()?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (body, rest) = rest.split_at_checked(length)?;
        let (mac, _) = rest.split_first_chunk::<MAC>()?;

        let signed = RECORD_HEAD.checked_add(length)?;
        let expected = self.mac(bytes.get(..signed)?);
        if !bool::from(expected.ct_eq(mac)) {
            return None;
        }
        let record = Sealed {
            place: u64::from_be_bytes(*place),
            bucket: Bucket::from_number(*bucket)?,
            epoch: u64::from_be_bytes(*epoch),
            first_of_write: u64::from_be_bytes(*first_of_write),
            nonce,
            head: bytes.get(..RECORD_HEAD)?,
            body,
        };
        Some((record, signed.checked_add(MAC)?))
    }

    /// The place of the first record, if the head is ours.
    fn first(&self, head: &[u8]) -> Option<u64> {
        let (signed, mac) = head.split_last_chunk::<MAC>()?;
        let expected = self.mac(signed);
        let first = signed.strip_prefix(&self.head())?.first_chunk()?;
        bool::from(expected.ct_eq(mac)).then_some(u64::from_be_bytes(*first))
    }

    fn head(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        let (mark, rest) = head.split_at_mut(MARK.len());
        mark.copy_from_slice(MARK);
        rest.copy_from_slice(&self.bound());
        head
    }

    /// What a record is bound to besides its head.
    fn bound(&self) -> [u8; 17] {
        let mut bound = [SUITE; 17];
        let (_, install) = bound.split_at_mut(1);
        install.copy_from_slice(&self.install);
        bound
    }

    fn mac(&self, bytes: &[u8]) -> [u8; MAC] {
        let mut mac = self.keyed.clone();
        mac.update(bytes);
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let (tag, _) = whole.split_first_chunk().unwrap_or((&[0; MAC], &[]));
        *tag
    }
}

/// At least as many bytes as the postcard of this record takes, so that it is never moved while it is plain.
fn room_of(record: &Record) -> usize {
    let Record::V1(change) = record;
    match change {
        Change::Member(entry) => room_of_entry(entry),
        Change::Token { .. }
        | Change::Revoke(_)
        | Change::Day { .. }
        | Change::DropDays { .. }
        | Change::Core { .. }
        | Change::Postal { .. } => 128,
    }
}
