//! The files while the keybox is in use: the journal's end, folding the journal into the buckets, and writing one of them
//! under a new key. Whoever holds the writer is alone in changing anything, on the disk and in memory.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::root::{Kek, RootFile, RootKeys, Side};
use super::bucket::{Body, Bucket, Content, NONCE, SysBody, seal};
use super::create::BUCKETS_FOLDER;
use super::disk::Disk;
use super::erase::{Destroyed, Going};
use super::journal::{HEAD_LEN, JOURNAL_FILE, JournalKey, NEW_JOURNAL_FILE, Record};
use super::keys::Secret;
use super::shelf::{Placed, Shelves};
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
    keks: Vec<(Kek, Side)>,
    key: JournalKey,
    length: u64,
    /// The place of the next record.
    place: u64,
    /// The buckets that have records in the journal which are not in their files.
    changed: BTreeSet<Bucket>,
    /// How often each bucket changed since the keybox was opened.
    counts: Vec<u64>,
    /// Folded when the journal is longer.
    fold_from: u64,
    /// The disk refused, and it is not known what stands there.
    is_lost: bool,
}

impl Writer {
    /// A writer with the buckets' keys and the slots that they are in, at the start of an empty journal; without a disk, of
    /// none.
    pub(super) fn new(disk: Option<Arc<dyn Disk>>, system: System, keks: Vec<(Kek, Side)>) -> Self {
        Self {
            disk,
            key: JournalKey::new(&system.key, system.install),
            system,
            keks,
            length: EMPTY,
            place: 0,
            changed: BTreeSet::new(),
            counts: vec![0; Bucket::COUNT],
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

    /// The buckets' keys, in their order.
    pub(super) fn keks(&self) -> impl Iterator<Item = &Kek> {
        self.keks.iter().map(|(kek, _)| kek)
    }

    /// The installation.
    pub(super) const fn install(&self) -> &[u8; 16] {
        &self.system.install
    }

    /// A journal without records, whose first one is the next.
    pub(super) fn empty_journal(&self) -> Vec<u8> {
        self.key.empty(self.place)
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
        for bucket in buckets {
            self.count(*bucket);
        }
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
            let content = self.content(bucket, shelves, &tokens, &Going::Nothing);
            let install = &self.system.install;
            let bytes = seal(self.kek(bucket)?, install, nonce(draw), &content)?;
            disk.put(&bucket.new_file(), &bytes)?;
            disk.rename(&bucket.new_file(), &bucket.file())?;
        }
        disk.sync_folder(BUCKETS_FOLDER)?;

        disk.put(NEW_JOURNAL_FILE, &self.empty_journal())?;
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

    /// Writes a bucket under a new key without what goes, its journal records folded in, and destroys the key that it was
    /// under (privacy §3, 1 to 4): then what goes is gone from memory too.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`; `Io`: then everything is as before, or nothing is written until the keybox was opened again.
    pub(super) fn rewrite(
        &mut self,
        bucket: Bucket,
        going: &Going,
        drawn: Drawn,
        shelves: &Shelves,
    ) -> Result<Destroyed, KeyboxError> {
        self.refuse_when_lost()?;
        going.refuse_unknown(shelves)?;
        let Drawn { key, nonce } = drawn;
        let old = self.kek(bucket)?;
        let epoch = old.epoch.checked_add(1);
        let epoch = epoch.ok_or_else(|| KeyboxError::Io("no epoch is left".to_owned()))?;
        let new = Kek { epoch, key };

        let tokens = shelves.tokens_of(&[bucket]);
        if let Some(disk) = self.disk.clone() {
            let content = self.content(bucket, shelves, &tokens, going);
            let sealed = seal(&new, &self.system.install, nonce, &content)?;
            drop(content);
            self.replace(&disk, bucket, &new, &sealed)?;
        }

        let slot = self.keks.get_mut(bucket.index());
        let (kek, side) = slot.ok_or_else(|| KeyboxError::Missing(bucket.file()))?;
        *kek = new;
        *side = side.other();
        // Its records in the journal are in the file, and nobody can open them any more.
        self.changed.remove(&bucket);
        self.count(bucket);
        going.leave(shelves, &tokens);
        Ok(Destroyed {
            bucket: bucket.number(),
            epoch,
        })
    }

    /// The new file takes the bucket's place, and the new key the old one's. After an error the old ones hold, or it is
    /// not known which do.
    fn replace(
        &mut self,
        disk: &Arc<dyn Disk>,
        bucket: Bucket,
        new: &Kek,
        sealed: &[u8],
    ) -> Result<(), KeyboxError> {
        let (_, side) = self.standing(bucket)?;
        let side = *side;
        let root = RootFile::new(Arc::clone(disk));
        disk.put(&bucket.new_file(), sealed)?;
        if let Err(error) = root.write_slot(bucket, side.other(), new) {
            // The new file opens under what may stand there. It goes, or nothing is written: a power cut could make
            // the new file the bucket, without what came after it.
            self.is_lost = root.zero_slot(bucket, side.other()).is_err();
            return Err(error);
        }
        let replaced = disk
            .rename(&bucket.new_file(), &bucket.file())
            .and_then(|()| disk.sync_folder(BUCKETS_FOLDER))
            .and_then(|()| root.zero_slot(bucket, side));
        self.is_lost = replaced.is_err();
        replaced
    }

    /// What stands in a bucket now, without what goes. These tokens are those of the bucket's members, or more.
    pub(super) fn content(
        &self,
        bucket: Bucket,
        shelves: &Shelves,
        tokens: &[Placed],
        going: &Going,
    ) -> Content {
        if bucket == Bucket::SYS {
            return Content::System(self.system.body(self.place, shelves.days()));
        }
        let members = shelves.entries(bucket, tokens, |keys| going.leaves(keys));
        Content::Members(Body::new(self.place, members))
    }

    /// What stands in a bucket now, and the epoch of its key.
    ///
    /// # Errors
    ///
    /// `Io` while it is not known what stands on the disk.
    pub(super) fn standing_content(
        &self,
        bucket: Bucket,
        shelves: &Shelves,
    ) -> Result<(u64, Content), KeyboxError> {
        self.refuse_when_lost()?;
        let tokens = shelves.tokens_of(&[bucket]);
        let content = self.content(bucket, shelves, &tokens, &Going::Nothing);
        Ok((self.kek(bucket)?.epoch, content))
    }

    /// The epoch of each bucket's key.
    pub(super) fn epochs(&self) -> Vec<(u8, u64)> {
        let keks = Bucket::all().zip(&self.keks);
        keks.map(|(bucket, (kek, _))| (bucket.number(), kek.epoch))
            .collect()
    }

    /// How often a bucket changed since the keybox was opened.
    pub(super) fn changes(&self, bucket: Bucket) -> u64 {
        self.counts.get(bucket.index()).copied().unwrap_or(0)
    }

    fn count(&mut self, bucket: Bucket) {
        if let Some(count) = self.counts.get_mut(bucket.index()) {
            *count = count.saturating_add(1);
        }
    }

    fn kek(&self, bucket: Bucket) -> Result<&Kek, KeyboxError> {
        self.standing(bucket).map(|(kek, _)| kek)
    }

    fn standing(&self, bucket: Bucket) -> Result<&(Kek, Side), KeyboxError> {
        let kek = self.keks.get(bucket.index());
        kek.ok_or_else(|| KeyboxError::Missing(bucket.file()))
    }

    fn refuse_when_lost(&self) -> Result<(), KeyboxError> {
        if self.is_lost {
            let what = "it is not known what stands on the disk: open the keys again";
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

/// What is drawn for a bucket's new key, before the writer is waited for: nothing of a stranger's runs while everybody
/// waits.
pub(super) struct Drawn {
    key: Secret,
    nonce: [u8; NONCE],
}

impl Drawn {
    pub(super) fn new(draw: &Draw32) -> Self {
        Self {
            key: Secret::new(draw()),
            nonce: nonce(draw),
        }
    }
}

impl System {
    /// What stands in the system's bucket with these days, which journal records before `folded` are in.
    pub(super) fn body(&self, folded: u64, days: Vec<(u32, Secret)>) -> SysBody {
        SysBody::V1 {
            folded,
            system: self.key.clone(),
            audit_seed: self.audit_seed.clone(),
            days,
        }
    }
}

/// How long an empty journal is.
pub(super) const EMPTY: u64 = 45;
const _: () = assert!(HEAD_LEN == 45, "two names of one number");

pub(super) fn long(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
