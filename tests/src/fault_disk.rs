//! A disk that remembers what was synced, and breaks when it is told to.
//!
//! It keeps, for every sector, the version that a sync made durable and every version written since. A power cut leaves
//! one of them, sector by sector and independently: that is every way to drop, reorder and tear writes at once. The
//! length of the file is one more such thing.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

/// What a disk writes whole or not at all.
pub const SECTOR: usize = 512;

/// A fault, at the operation of this number: writes, changes of length and syncs are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The power goes before it: it fails, and so does everything after it.
    PowerCut(u64),
    /// It fails, once. A sync that fails forgets what it should have written: each sector stays as the last sync left
    /// it or not, the system calls it clean, and reads go on to see the newest version, as Linux does.
    Fails(u64),
    /// From it on there is no space: a longer length is refused, and a write where nothing was ever synced.
    Full(u64),
    /// From it on there is no space for a longer length; what is there can be written.
    NotLonger(u64),
}

/// What is left of the writes that no sync made durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsynced {
    /// None of them.
    Lost,
    /// All of them.
    Kept,
    /// Those to the first sector alone.
    FirstSector,
    /// All but those to the first sector.
    AllButFirstSector,
    /// For each sector one of its versions, drawn from this seed.
    Drawn(u64),
}

/// A handle on the disk: clones share it. It is a `redb::StorageBackend`.
#[derive(Clone, Debug, Default)]
pub struct FaultDisk {
    state: Arc<Mutex<State>>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    held: Mutex<bool>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    /// What reads see.
    seen: Vec<u8>,
    /// What the last sync left.
    durable: Vec<u8>,
    /// Versions of sectors since, oldest first.
    unsynced: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    /// Lengths since.
    lengths: Vec<usize>,
    fault: Option<Fault>,
    operations: u64,
    syncs: u64,
    off: bool,
    draw: Draw,
}

impl FaultDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty disk whose failed syncs lose what follows from this seed.
    pub fn seeded(seed: u64) -> Self {
        let disk = Self::new();
        disk.state.lock().draw = Draw(seed);
        disk
    }

    /// A disk with these bytes on it, all durable.
    pub fn holding(bytes: Vec<u8>) -> Self {
        let disk = Self::new();
        {
            let mut state = disk.state.lock();
            state.seen.clone_from(&bytes);
            state.durable = bytes;
        }
        disk
    }

    /// The disk will break like this. The count of operations begins anew.
    pub fn break_at(&self, fault: Fault) {
        let mut state = self.state.lock();
        state.operations = 0;
        state.fault = Some(fault);
    }

    /// It breaks no more: there is room again.
    pub fn mend(&self) {
        self.state.lock().fault = None;
    }

    /// Writes and syncs wait from now on; reads do not.
    pub fn hold(&self) {
        *self.gate.held.lock() = true;
    }

    /// They go on.
    pub fn let_go(&self) {
        *self.gate.held.lock() = false;
        self.gate.freed.notify_all();
    }

    /// Writes, changes of length and syncs so far.
    pub fn operations(&self) -> u64 {
        self.state.lock().operations
    }

    /// Syncs that succeeded so far.
    pub fn syncs(&self) -> u64 {
        self.state.lock().syncs
    }

    /// Bytes a power cut at this moment could leave.
    pub fn after_power_cut(&self, unsynced: Unsynced) -> Vec<u8> {
        let state = self.state.lock();
        let mut draw = Draw(match unsynced {
            Unsynced::Drawn(seed) => seed,
            Unsynced::Lost
            | Unsynced::Kept
            | Unsynced::FirstSector
            | Unsynced::AllButFirstSector => 0,
        });

        let mut bytes = state.durable.clone();
        let length = match unsynced {
            Unsynced::Lost | Unsynced::FirstSector => None,
            Unsynced::Kept | Unsynced::AllButFirstSector => state.lengths.last(),
            Unsynced::Drawn(_) => draw.one_or_none(&state.lengths),
        };
        if let Some(length) = length {
            bytes.resize(*length, 0);
        }
        for (sector, versions) in &state.unsynced {
            let version = match unsynced {
                Unsynced::Lost => None,
                Unsynced::Kept => versions.last(),
                Unsynced::FirstSector => versions.last().filter(|_| *sector == 0),
                Unsynced::AllButFirstSector => versions.last().filter(|_| *sector != 0),
                Unsynced::Drawn(_) => draw.one_or_none(versions),
            };
            if let Some(version) = version {
                put_sector(&mut bytes, *sector, version);
            }
        }
        bytes
    }
}

impl redb::StorageBackend for FaultDisk {
    fn len(&self) -> io::Result<u64> {
        let state = self.state.lock();
        state.alive()?;
        Ok(state.seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state.lock();
        state.alive()?;
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = state
            .seen
            .get(from..from + out.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.state.lock();
        state.begin()?;
        let len = usize::try_from(len).map_err(io::Error::other)?;
        if state.seen.len() < len && state.is_full() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // What stands behind a new end is gone for whoever makes the file longer again.
        for sector in len.div_ceil(SECTOR)..state.seen.len().div_ceil(SECTOR) {
            state.unsynced.entry(sector).or_default().push([0; SECTOR]);
        }
        state.seen.resize(len, 0);
        state.lengths.push(len);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.gate.pass();
        let mut state = self.state.lock();
        match state.begin() {
            Ok(()) => {
                state.sync();
                Ok(())
            }
            Err(error) => {
                if !state.off {
                    state.lose_a_sync();
                }
                Err(error)
            }
        }
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.gate.pass();
        let mut state = self.state.lock();
        state.begin()?;
        let from = usize::try_from(offset).map_err(io::Error::other)?;
        let until = from + data.len();
        if state.seen.len() < until {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if state.durable.len() < until
            && matches!(state.fault, Some(Fault::Full(at)) if at < state.operations)
        {
            return Err(io::ErrorKind::StorageFull.into());
        }
        state.seen[from..until].copy_from_slice(data);
        for sector in from / SECTOR..until.div_ceil(SECTOR) {
            let version = sector_of(&state.seen, sector);
            state.unsynced.entry(sector).or_default().push(version);
        }
        Ok(())
    }
}

impl Gate {
    fn pass(&self) {
        let mut held = self.held.lock();
        while *held {
            self.freed.wait(&mut held);
        }
    }
}

impl State {
    fn alive(&self) -> io::Result<()> {
        if self.off {
            Err(io::Error::other("the power is off"))
        } else {
            Ok(())
        }
    }

    /// Counts an operation, which is the one that fails or not.
    fn begin(&mut self) -> io::Result<()> {
        self.alive()?;
        let number = self.operations;
        self.operations += 1;
        match self.fault {
            Some(Fault::PowerCut(at)) if at <= number => {
                self.off = true;
                Err(io::Error::other("the power went"))
            }
            Some(Fault::Fails(at)) if at == number => Err(io::Error::other("it failed once")),
            Some(Fault::PowerCut(_) | Fault::Fails(_) | Fault::Full(_) | Fault::NotLonger(_))
            | None => Ok(()),
        }
    }

    fn is_full(&self) -> bool {
        matches!(self.fault, Some(Fault::Full(at) | Fault::NotLonger(at)) if at < self.operations)
    }

    fn sync(&mut self) {
        let length = self.seen.len();
        self.durable.resize(length, 0);
        for (sector, versions) in core::mem::take(&mut self.unsynced) {
            if let Some(version) = versions.last() {
                put_sector(&mut self.durable, sector, version);
            }
        }
        self.lengths.clear();
        self.syncs += 1;
    }

    /// Each sector reaches the disk or not, and is clean from now on: only writing it again gives it another chance.
    fn lose_a_sync(&mut self) {
        let length = self.seen.len();
        self.durable.resize(length, 0);
        for (sector, versions) in core::mem::take(&mut self.unsynced) {
            if let Some(version) = self.draw.one_or_none(&versions) {
                put_sector(&mut self.durable, sector, version);
            }
        }
        self.lengths.clear();
    }
}

impl core::fmt::Debug for State {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("State")
            .field("length", &self.seen.len())
            .field("operations", &self.operations)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

fn sector_of(bytes: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut version = [0; SECTOR];
    let from = sector * SECTOR;
    let until = bytes.len().min(from + SECTOR);
    version[..until - from].copy_from_slice(&bytes[from..until]);
    version
}

/// Writes a sector, as far as the file reaches.
fn put_sector(bytes: &mut [u8], sector: usize, version: &[u8; SECTOR]) {
    let from = sector * SECTOR;
    if let Some(rest) = bytes.get_mut(from..) {
        let length = rest.len().min(SECTOR);
        rest[..length].copy_from_slice(&version[..length]);
    }
}

/// Numbers that follow from a seed (`SplitMix64`).
#[derive(Clone, Copy, Debug, Default)]
pub struct Draw(pub u64);

impl Draw {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// The next number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound.max(1)
    }

    fn one_or_none<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let one = self.below(from.len() as u64 + 1);
        from.get(usize::try_from(one).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use redb::StorageBackend as _;

    use super::*;

    #[test]
    fn what_was_synced_survives_and_what_was_not_survives_by_sectors() {
        let disk = FaultDisk::new();
        disk.set_len(4 * SECTOR as u64).unwrap();
        disk.write(0, &[1; 2 * SECTOR]).unwrap();
        disk.sync_data().unwrap();
        disk.write(100, &[2; 2 * SECTOR]).unwrap();

        let lost = disk.after_power_cut(Unsynced::Lost);
        assert_eq!(lost, [vec![1; 2 * SECTOR], vec![0; 2 * SECTOR]].concat());
        let kept = disk.after_power_cut(Unsynced::Kept);
        assert_eq!(kept[..101], [vec![1; 100], vec![2]].concat());
        assert_eq!(kept[2 * SECTOR..][..101], [vec![2; 100], vec![0]].concat());
        let first = disk.after_power_cut(Unsynced::FirstSector);
        assert_eq!((first[SECTOR - 1], first[SECTOR]), (2, 1));

        let mut torn = 0;
        for seed in 0..64 {
            let drawn = disk.after_power_cut(Unsynced::Drawn(seed));
            for sector in 0..4 {
                let part = sector * SECTOR..(sector + 1) * SECTOR;
                assert!(
                    drawn[part.clone()] == lost[part.clone()] || drawn[part.clone()] == kept[part]
                );
            }
            torn += usize::from(drawn != lost && drawn != kept);
        }
        assert!(30 < torn, "{torn}");
    }

    #[test]
    fn faults_strike_at_their_number() {
        let disk = FaultDisk::new();
        disk.set_len(SECTOR as u64).unwrap();
        disk.sync_data().unwrap();
        disk.break_at(Fault::Fails(1));
        assert!(disk.write(0, &[1]).is_ok());
        assert!(disk.write(0, &[2]).is_err());
        assert!(disk.write(0, &[3]).is_ok());
        disk.break_at(Fault::NotLonger(0));
        assert!(disk.write(0, &[4]).is_ok());
        assert_eq!(
            disk.set_len(9999).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        disk.mend();
        assert!(disk.set_len(9999).is_ok());
        disk.break_at(Fault::Full(0));
        assert_eq!(
            disk.write(9000, &[5]).unwrap_err().kind(),
            io::ErrorKind::StorageFull
        );
        disk.break_at(Fault::PowerCut(1));
        assert!(disk.write(0, &[6]).is_ok());
        assert!(disk.sync_data().is_err());
        assert!(disk.len().is_err());
        assert_eq!(disk.after_power_cut(Unsynced::Lost)[0], 0);
        assert_eq!(disk.after_power_cut(Unsynced::Kept)[0], 6);
    }

    #[test]
    fn a_failed_sync_may_lose_what_it_was_asked_to_keep() {
        let outcomes: Vec<u8> = (0..64)
            .map(|seed| {
                let disk = FaultDisk::seeded(seed);
                disk.set_len(SECTOR as u64).unwrap();
                disk.sync_data().unwrap();
                disk.write(0, &[1]).unwrap();
                disk.break_at(Fault::Fails(0));
                assert!(disk.sync_data().is_err());
                disk.sync_data().unwrap();
                disk.after_power_cut(Unsynced::Kept)[0]
            })
            .collect();
        assert!(outcomes.contains(&0) && outcomes.contains(&1));
    }
}
