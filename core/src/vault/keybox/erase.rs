//! Destroying keys: what goes from a bucket when it is written under a new key. How that is done, step by step, is in
//! `write`; what a power cut leaves of it is settled in `load`.

use std::collections::{BTreeMap, BTreeSet};

use super::bucket::Bucket;
use super::keys::MemberKeys;
use super::shelf::{Placed, Shelves};
use super::write::Drawn;
use super::{Keybox, KeyboxError};
use crate::domain::ids::MemberId;

/// What was destroyed: everything that stood under the keys of this bucket before this epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// The bucket: 64 is the system's.
    pub bucket: u8,
    /// The epoch of the key that it is under now.
    pub epoch: u64,
}

/// What goes when a bucket is written under a new key.
pub(super) enum Going {
    Nothing,
    /// A member, with all keys and tokens.
    Member(MemberId),
    /// A member's key of group `postal`.
    Postal(MemberId),
    /// Of these members the keys of group `core` before a version, but never the newest.
    CoreBefore(BTreeMap<MemberId, u32>),
}

impl Going {
    /// Takes it from these keys: whether their member is left.
    pub(super) fn leaves(&self, keys: &mut MemberKeys) -> bool {
        match self {
            Self::Nothing => (),
            Self::Member(member) => return *member != keys.member,
            Self::Postal(member) => {
                if *member == keys.member {
                    keys.postal = None;
                }
            }
            Self::CoreBefore(versions) => {
                if let Some(version) = versions.get(&keys.member) {
                    keys.drop_core_before(*version);
                }
            }
        }
        true
    }

    /// Refuses a member who is not there.
    pub(super) fn refuse_unknown(&self, shelves: &Shelves) -> Result<(), KeyboxError> {
        let is_known = match self {
            Self::Nothing | Self::CoreBefore(_) => true,
            Self::Member(member) | Self::Postal(member) => shelves.has_member(member),
        };
        is_known.then_some(()).ok_or(KeyboxError::MemberUnknown)
    }

    /// Takes it from memory. These tokens are those of the bucket's members.
    pub(super) fn leave(&self, shelves: &Shelves, tokens: &[Placed]) {
        let change = |member| {
            shelves.change(member, |keys| self.leaves(keys));
        };
        match self {
            Self::Nothing => (),
            Self::Member(member) => shelves.remove(member, tokens),
            Self::Postal(member) => change(member),
            Self::CoreBefore(versions) => versions.keys().for_each(change),
        }
    }
}

impl Keybox {
    /// Destroys the keys and tokens of a member (privacy §3, 1 to 4). When it returns, nothing that was sealed under these
    /// keys can be opened any more, by anybody, in any file or backup, and the member, the account and the tokens are
    /// unknown here; changes of the member that wait are refused. All others are as they were.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`, also for one who was erased before; `Io`: then the member is there as before, or it is not known,
    /// and nothing more is written: when the keybox is opened again, [`Self::is_known`] says it.
    pub fn erase(&self, member: &MemberId) -> Result<Destroyed, KeyboxError> {
        self.rewrite(Bucket::of(member), &Going::Member(*member))
    }

    /// Destroys a member's key of group `postal` as [`Self::erase`] does all of them. One who has none is left so.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`; `Io` as for [`Self::erase`].
    pub fn drop_postal(&self, member: &MemberId) -> Result<Destroyed, KeyboxError> {
        self.rewrite(Bucket::of(member), &Going::Postal(*member))
    }

    /// Writes a bucket under a new key, and destroys the old one. What was dropped before, and stood sealed in older files
    /// alone, is gone for good: in [`SYS_BUCKET`](super::SYS_BUCKET) the keys of the days that were dropped.
    ///
    /// # Errors
    ///
    /// `Missing` when there is no bucket with this number; `Io` as for [`Self::erase`].
    pub fn rotate(&self, bucket: u8) -> Result<Destroyed, KeyboxError> {
        self.rewrite(numbered(bucket)?, &Going::Nothing)
    }

    /// Destroys all keys of group `core` but the newest, of these members, with one rewriting for each bucket that has any.
    /// Who is not there, or has one key alone, is passed over.
    ///
    /// Rows that still stand under an older key are lost with it, in the store as well: this is for members whose newest
    /// key is known to be that of the row, in the store and in a good backup. [`Self::drop_core_before`] is for those of
    /// whom an older version is known to be.
    ///
    /// # Errors
    ///
    /// `Io` as for [`Self::erase`]: of some buckets they are gone then. Asked again, the rest goes.
    pub fn drop_old_core(&self, members: &[MemberId]) -> Result<Vec<Destroyed>, KeyboxError> {
        let newest = members.iter().map(|member| (*member, u32::MAX));
        self.drop_core_before(&newest.collect::<Vec<_>>())
    }

    /// Destroys the keys of group `core` before a version, of these members; never the newest. All else is as for
    /// [`Self::drop_old_core`].
    ///
    /// # Errors
    ///
    /// As for [`Self::drop_old_core`].
    pub fn drop_core_before(
        &self,
        versions: &[(MemberId, u32)],
    ) -> Result<Vec<Destroyed>, KeyboxError> {
        let has_older = |(member, version): &&(MemberId, u32)| {
            let keys = self.shelves.of_member(member);
            keys.is_some_and(|keys| keys.has_core_before(*version))
        };
        let versions: BTreeMap<_, _> = versions.iter().filter(has_older).copied().collect();
        let buckets: BTreeSet<_> = versions.keys().map(Bucket::of).collect();
        let going = Going::CoreBefore(versions);
        let rewritten = buckets.into_iter();
        rewritten
            .map(|bucket| self.rewrite(bucket, &going))
            .collect()
    }

    /// The epoch of each bucket's key, by the bucket's number. It counts up by one with each rewriting.
    pub fn epochs(&self) -> Vec<(u8, u64)> {
        self.writer.lock().epochs()
    }

    /// The epoch of this bucket's key; 0 for one that there is not.
    pub fn epoch(&self, bucket: u8) -> u64 {
        let epochs = self.epochs();
        let found = epochs.iter().find(|(number, _)| *number == bucket);
        found.map_or(0, |(_, epoch)| *epoch)
    }

    /// The number of the bucket that a member's keys lie in, whether they are there or not.
    pub fn bucket_of(&self, member: &MemberId) -> u8 {
        Bucket::of(member).number()
    }

    /// How often a bucket changed since the keybox was opened; 0 for one that there is not. Whoever reads it before taking
    /// the bucket's [`Self::escrow`] knows by it later that nothing changed since.
    pub fn change_count(&self, bucket: u8) -> u64 {
        let bucket = Bucket::from_number(bucket);
        bucket.map_or(0, |bucket| self.writer.lock().changes(bucket))
    }

    fn rewrite(&self, bucket: Bucket, going: &Going) -> Result<Destroyed, KeyboxError> {
        let drawn = Drawn::new(&self.draw);
        self.writer
            .lock()
            .rewrite(bucket, going, drawn, &self.shelves)
    }
}

/// The bucket with this number.
pub(super) fn numbered(number: u8) -> Result<Bucket, KeyboxError> {
    let missing = || KeyboxError::Missing(format!("bucket {number}"));
    Bucket::from_number(number).ok_or_else(missing)
}
