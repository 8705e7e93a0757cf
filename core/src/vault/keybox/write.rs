//! The files while the keybox is in use: the journal's end, and folding the journal into the buckets. Whoever holds the
//! writer is alone in changing anything, on the disk and in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::root::Kek;
use super::bucket::{Body, Bucket, NONCE, SysBody, seal};
use super::create::BUCKETS_FOLDER;
use super::disk::Disk;
use super::journal::{HEAD_LEN, JOURNAL_FILE, JournalKey, NEW_JOURNAL_FILE, Record, room_of_entry};
use super::keys::Secret;
use super::shelf::Shelves;
use super::{Draw32, KeyboxError, nonce};

/// The journal is folded into the buckets when it is longer than this: 16 MB.
const JOURNAL_MAX: u64 = 16 << 20;
/// Where folding failed, it is tried again when the journal has grown by this much.
const AGAIN_AFTER: u64 = 1 << 20;

/// What is in the system's bucket besides the days.
#[derive(Clone)]
pub(super) struct System {
    pub(super) install: [u8; 16],
    pub(super) key: Secret,
    pub(super) audit_seed: Secret,
}

/// The files, and where the journal ends.
pub(super) struct Writer {
    disk: Option<Arc<dyn Disk>>,
    system: System,
    keks: Vec<Kek>,
    key: JournalKey,
    length: u64,
    /// The place of the next record.
    place: u64,
    /// The buckets that have records in the journal which are not in their files.
    changed: BTreeSet<Bucket>,
    /// Folded when the journal is longer.
    fold_from: u64,
    /// The disk refused, and it is not known what stands there.
    is_lost: bool,
}

impl Writer {
    /// A writer with the buckets' keys, at the start of an empty journal; without a disk, of none.
    pub(super) fn new(disk: Option<Arc<dyn Disk>>, system: System, keks: Vec<Kek>) -> Self {
        Self {
            disk,
            key: JournalKey::new(&system.key, system.install),
            system,
            keks,
            length: EMPTY,
            place: 0,
            changed: BTreeSet::new(),
            fold_from: JOURNAL_MAX,
            is_lost: false,
        }
    }

    /// The journal is this long, its next record has this place, and these buckets have records in it.
    pub(super) fn begin_at(&mut self, length: u64, place: u64, changed: BTreeSet<Bucket>) {
        self.length = length;
        self.place = place;
        self.changed = changed;
    }

    /// The place of the next record.
    pub(super) const fn place(&self) -> u64 {
        self.place
    }

    /// A record as it will stand in the journal: at this place, in a write whose first record has that one.
    pub(super) fn seal(
        &self,
        places: (u64, u64),
        bucket: Bucket,
        nonce: [u8; NONCE],
        record: &Record,
    ) -> Result<Vec<u8>, KeyboxError> {
        self.key
            .record(places, (bucket, self.kek(bucket)?), nonce, record)
    }

    /// Puts records of these buckets, one each, at the end of the journal. They are durable when it returns; after an
    /// error they are not there.
    pub(super) fn append(&mut self, bytes: &[u8], buckets: &[Bucket]) -> Result<(), KeyboxError> {
        self.refuse_when_lost()?;
        if let Some(disk) = &self.disk {
            if let Err(error) = disk.write(JOURNAL_FILE, self.length, bytes) {
                // Some of it may be there. It goes, or nothing is written behind it: two writes would look like one.
                self.is_lost = disk.cut(JOURNAL_FILE, self.length).is_err();
                return Err(error);
            }
            self.length = self.length.saturating_add(long(bytes.len()));
        }
        self.place = self.place.saturating_add(long(buckets.len()));
        self.changed.extend(buckets);
        Ok(())
    }

    /// Folds when the journal has become long.
    pub(super) fn fold_when_long(&mut self, shelves: &Shelves, draw: &Draw32) {
        if self.fold_from < self.length && !self.is_lost && self.fold(shelves, draw).is_err() {
            // Everything is in the journal as before. Whoever writes next is not to pay for it each time.
            self.fold_from = self.length.saturating_add(AGAIN_AFTER);
        }
    }

    /// Writes the changed buckets anew, under the keys that they have, and when all are on the disk begins the journal
    /// anew.
    pub(super) fn fold(&mut self, shelves: &Shelves, draw: &Draw32) -> Result<(), KeyboxError> {
        self.refuse_when_lost()?;
        let Some(disk) = self.disk.clone() else {
            return Ok(());
        };
        if self.length <= EMPTY {
            return Ok(());
        }

        let buckets: Vec<_> = self.changed.iter().copied().collect();
        let tokens = shelves.tokens_of(&buckets);
        for bucket in buckets {
            let kek = self.kek(bucket)?;
            let bytes = if bucket == Bucket::SYS {
                self.system
                    .seal(kek, self.place, shelves.days(), nonce(draw))?
            } else {
                let members = shelves.entries(bucket, &tokens);
                let rooms = members.iter().map(room_of_entry);
                let room = rooms.fold(32, usize::saturating_add);
                let folded = self.place;
                let body = Body::V1 { folded, members };
                seal(kek, &self.system.install, nonce(draw), &body, room)?
            };
            disk.put(&bucket.new_file(), &bytes)?;
            disk.rename(&bucket.new_file(), &bucket.file())?;
        }
        disk.sync_folder(BUCKETS_FOLDER)?;

        disk.put(NEW_JOURNAL_FILE, &self.key.empty(self.place))?;
        let renamed = disk
            .rename(NEW_JOURNAL_FILE, JOURNAL_FILE)
            .and_then(|()| disk.sync_folder(BUCKETS_FOLDER));
        if let Err(error) = renamed {
            // It is not known which of the two journals a power cut would leave, so neither is written to.
            self.is_lost = true;
            return Err(error);
        }
        self.length = EMPTY;
        self.changed.clear();
        self.fold_from = JOURNAL_MAX;
        Ok(())
    }

    fn kek(&self, bucket: Bucket) -> Result<&Kek, KeyboxError> {
        let kek = self.keks.get(bucket.index());
        kek.ok_or_else(|| KeyboxError::Missing(bucket.file()))
    }

    fn refuse_when_lost(&self) -> Result<(), KeyboxError> {
        if self.is_lost {
            let what = "it is not known what stands in the journal: open the keys again";
            return Err(KeyboxError::Io(what.to_owned()));
        }
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn fold_beyond(&mut self, length: u64) {
        self.fold_from = length;
    }

    #[cfg(test)]
    pub(super) fn length(&self) -> u64 {
        self.length
    }
}

impl System {
    /// The system's bucket with these days; journal records before `folded` are in it.
    pub(super) fn seal(
        &self,
        kek: &Kek,
        folded: u64,
        days: Vec<(u32, Secret)>,
        nonce: [u8; NONCE],
    ) -> Result<Vec<u8>, KeyboxError> {
        let room = days.len().saturating_mul(40).saturating_add(128);
        let body = SysBody::V1 {
            folded,
            system: self.key.clone(),
            audit_seed: self.audit_seed.clone(),
            days,
        };
        seal(kek, &self.install, nonce, &body, room)
    }
}

/// How long an empty journal is.
const EMPTY: u64 = 45;
const _: () = assert!(HEAD_LEN == 45, "two names of one number");

pub(super) fn long(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
