//! Opening a keybox: what a power cut left is decided by what opens, never by what a head says (privacy §3). Nothing is
//! changed on the disk before everything opened.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread;

use parking_lot::Mutex;

use super::super::root::{Kek, ROOT_FILE, RootFile, RootKeys, Side, Slot};
use super::KeyboxError;
use super::bucket::{Body, Bucket, Opened, SysBody, is_too_new, open, parse};
use super::create::{BUCKETS_FOLDER, NEW_ROOT_FILE, is_unfinished};
use super::disk::Disk;
use super::journal::{JOURNAL_FILE, JournalKey, NEW_JOURNAL_FILE};
use super::queue::{apply, bucket_of};
use super::shelf::Shelves;
use super::write::{System, Writer, long};

/// A keybox that was opened.
pub(super) struct Loaded {
    pub(super) system: System,
    pub(super) shelves: Shelves,
    pub(super) writer: Writer,
}

/// A bucket that was opened: the key that it opened under, its slot, and what is to be put right before it is at rest.
pub(super) struct Decided {
    pub(super) kek: Kek,
    pub(super) side: Side,
    pub(super) opened: Opened,
    pub(super) mends: Vec<Mend>,
}

/// What is put right on the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mend {
    /// The new file takes the bucket's place.
    TakeNew,
    /// The new file goes.
    DropNew,
    /// The slot is overwritten with zeros.
    Zero(Side),
}

/// Which key the bucket is under: nothing if that cannot be told, and then nothing may be zeroed.
pub(super) fn decide(
    [left, right]: [Slot; 2],
    bucket: Option<&[u8]>,
    new: Option<&[u8]>,
) -> Option<Decided> {
    let drop_new = new.is_some().then_some(Mend::DropNew);
    let decided = |kek: Kek, side, opened, mends: [Option<Mend>; 2]| Decided {
        kek,
        side,
        opened,
        mends: mends.into_iter().flatten().collect(),
    };
    let alone = |kek: Kek, side, zero| {
        let opened = open(&kek, bucket?)?;
        Some(decided(kek, side, opened, [drop_new, zero]))
    };
    match (left, right) {
        (Slot::Filled(kek), Slot::Empty) => alone(kek, Side::Left, None),
        (Slot::Empty, Slot::Filled(kek)) => alone(kek, Side::Right, None),
        (Slot::Filled(kek), Slot::Broken) => alone(kek, Side::Left, Some(Mend::Zero(Side::Right))),
        (Slot::Broken, Slot::Filled(kek)) => alone(kek, Side::Right, Some(Mend::Zero(Side::Left))),
        (Slot::Filled(left), Slot::Filled(right)) => {
            let (old, new_kek, newer) = match left.epoch.cmp(&right.epoch) {
                core::cmp::Ordering::Less => (left, right, Side::Right),
                core::cmp::Ordering::Greater => (right, left, Side::Left),
                core::cmp::Ordering::Equal => return None,
            };
            let zero_old = Some(Mend::Zero(newer.other()));
            if let Some(opened) = bucket.and_then(|bytes| open(&new_kek, bytes)) {
                return Some(decided(new_kek, newer, opened, [drop_new, zero_old]));
            }
            if let Some(opened) = new.and_then(|bytes| open(&new_kek, bytes)) {
                let mends = [Some(Mend::TakeNew), zero_old];
                return Some(decided(new_kek, newer, opened, mends));
            }
            alone(old, newer.other(), Some(Mend::Zero(newer)))
        }
        (Slot::Empty | Slot::Broken, Slot::Empty | Slot::Broken) => None,
    }
}

/// Opens the keybox in this folder, and puts right what a power cut left.
pub(super) fn load(disk: &Arc<dyn Disk>) -> Result<Loaded, KeyboxError> {
    disk.check_folder("")?;
    if is_unfinished(&**disk) {
        disk.lock(NEW_ROOT_FILE, false)?;
        disk.rename(NEW_ROOT_FILE, ROOT_FILE)?;
        disk.sync_folder("")?;
    } else {
        disk.lock(ROOT_FILE, false)?;
    }
    disk.check_folder(BUCKETS_FOLDER)?;
    let root = RootFile::new(Arc::clone(disk));
    let slots = root.slots()?;

    let of_sys = slots.get(Bucket::SYS.index()).cloned();
    let of_sys = of_sys.ok_or_else(|| KeyboxError::Damaged(disk.place(ROOT_FILE)))?;
    let sys = read_bucket(&**disk, Bucket::SYS, of_sys)?;
    let install = sys.opened.install;
    let SysBody::V1 {
        folded,
        system: key,
        audit_seed,
        days,
    } = parse(&sys.opened.plain, || disk.place(&Bucket::SYS.file()))?;

    let shelves = Shelves::default();
    let damaged = |name: &str| KeyboxError::Damaged(disk.place(name));
    for (day, day_key) in days {
        let added = shelves.add_day(day, day_key);
        added.map_err(|_| damaged(&Bucket::SYS.file()))?;
    }
    let members = Bucket::all().take(usize::from(Bucket::OF_MEMBERS));
    let members: Vec<_> = members.zip(slots).collect();
    let mut buckets = in_parallel(&members, |(bucket, slots)| {
        load_bucket(&**disk, *bucket, slots.clone(), install, &shelves)
    })?;
    buckets.push(Held {
        kek: sys.kek,
        side: sys.side,
        folded,
        mends: sys.mends,
    });

    let system = System {
        install,
        key,
        audit_seed,
    };
    let journal = disk.read(JOURNAL_FILE)?;
    let journal = journal.ok_or_else(|| KeyboxError::Missing(disk.place(JOURNAL_FILE)))?;
    let replayed = replay(&**disk, &system, &buckets, &journal, &shelves)?;

    // Everything opened: now what was left is put right.
    for (bucket, held) in Bucket::all().zip(&buckets) {
        for mend in &held.mends {
            put_right(&**disk, &root, bucket, *mend)?;
        }
    }
    if disk.is_there(NEW_JOURNAL_FILE) {
        disk.remove(NEW_JOURNAL_FILE)?;
    }
    if replayed.length < journal.len() {
        disk.cut(JOURNAL_FILE, long(replayed.length))?;
    }
    let keks = buckets.into_iter().map(|held| (held.kek, held.side));
    let keks = keks.collect();
    let mut writer = Writer::new(Some(Arc::clone(disk)), system.clone(), keks);
    writer.begin_at(long(replayed.length), replayed.next, replayed.changed);
    Ok(Loaded {
        system,
        shelves,
        writer,
    })
}

/// What is known of a bucket whose members are on the shelves.
struct Held {
    kek: Kek,
    side: Side,
    folded: u64,
    mends: Vec<Mend>,
}

fn read_bucket(disk: &dyn Disk, bucket: Bucket, slots: [Slot; 2]) -> Result<Decided, KeyboxError> {
    let file = disk.read(&bucket.file())?;
    let new = disk.read(&bucket.new_file())?;
    let decided = decide(
        slots,
        file.as_ref().map(|bytes| bytes.as_slice()),
        new.as_ref().map(|bytes| bytes.as_slice()),
    );
    decided.ok_or_else(|| {
        let place = disk.place(&bucket.file());
        match file {
            None => KeyboxError::Missing(place),
            Some(bytes) if is_too_new(&bytes) => KeyboxError::TooNew(place),
            Some(_) => KeyboxError::Damaged(place),
        }
    })
}

fn load_bucket(
    disk: &dyn Disk,
    bucket: Bucket,
    slots: [Slot; 2],
    install: [u8; 16],
    shelves: &Shelves,
) -> Result<Held, KeyboxError> {
    let place = || disk.place(&bucket.file());
    let damaged = || KeyboxError::Damaged(place());
    let Decided {
        kek,
        side,
        opened,
        mends,
    } = read_bucket(disk, bucket, slots)?;
    if opened.install != install {
        return Err(damaged());
    }
    let body = parse(&opened.plain, place)?;
    let folded = take_in(bucket, body, shelves).ok_or_else(damaged)?;
    Ok(Held {
        kek,
        side,
        folded,
        mends,
    })
}

/// Puts the members of a bucket on the shelves, and gives the place from which on records are not in it; nothing if one of
/// them cannot be there.
pub(super) fn take_in(bucket: Bucket, body: Body, shelves: &Shelves) -> Option<u64> {
    let (folded, members) = body.into_members()?;
    for entry in members {
        if Bucket::of(&entry.keys.member) != bucket {
            return None;
        }
        shelves.add(entry).ok()?;
    }
    Some(folded)
}

/// What every one of them gives, in their order, or the first error. As many at a time as there are processors.
fn in_parallel<T: Sync, R: Send>(
    all: &[T],
    each: impl Fn(&T) -> Result<R, KeyboxError> + Sync,
) -> Result<Vec<R>, KeyboxError> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(all.len()));
    let work = || {
        while let Some((at, item)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            all.get(at).map(|item| (at, item))
        } {
            let result = each(item);
            done.lock().push((at, result));
        }
    };
    let others = thread::available_parallelism().map_or(0, |count| count.get().saturating_sub(1));
    thread::scope(|scope| {
        for _ in 0..others.min(15) {
            // Where no thread can be had, this one does it all.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    let mut done = done.into_inner();
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A journal that was taken in.
struct Replayed {
    /// How much of it is whole.
    length: usize,
    next: u64,
    /// The buckets that have something in it which is not in their files.
    changed: BTreeSet<Bucket>,
}

fn replay(
    disk: &dyn Disk,
    system: &System,
    buckets: &[Held],
    bytes: &[u8],
    shelves: &Shelves,
) -> Result<Replayed, KeyboxError> {
    let place = || disk.place(JOURNAL_FILE);
    let damaged = || KeyboxError::Damaged(place());
    let key = JournalKey::new(&system.key, system.install);
    let journal = key.read(bytes, place)?;
    // A bucket that has taken in more than there is belongs to a younger journal.
    if buckets.iter().any(|held| journal.next < held.folded) {
        return Err(damaged());
    }

    let mut changed = BTreeSet::new();
    for record in &journal.records {
        let bucket = record.bucket;
        let held = buckets.get(bucket.index()).ok_or_else(damaged)?;
        if held.kek.epoch < record.epoch {
            return Err(KeyboxError::Damaged(disk.place(&bucket.file())));
        }
        if record.epoch < held.kek.epoch || record.place < held.folded {
            continue;
        }
        let change = key.open(&held.kek, record, place)?;
        if bucket_of(&change, shelves) != Some(bucket) {
            return Err(damaged());
        }
        apply(change, shelves).map_err(|_| damaged())?;
        changed.insert(bucket);
    }
    Ok(Replayed {
        length: journal.length,
        next: journal.next,
        changed,
    })
}

fn put_right(
    disk: &dyn Disk,
    root: &dyn RootKeys,
    bucket: Bucket,
    mend: Mend,
) -> Result<(), KeyboxError> {
    match mend {
        Mend::TakeNew => {
            disk.rename(&bucket.new_file(), &bucket.file())?;
            disk.sync_folder(BUCKETS_FOLDER)
        }
        Mend::DropNew => disk.remove(&bucket.new_file()),
        Mend::Zero(side) => root.zero_slot(bucket, side),
    }
}
