//! Sequence numbers of a terminal: each larger than all before it, also after a restart.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use parking_lot::Mutex;

use crate::signature::SEQ_MAX;

/// How many numbers are set aside with one write.
const RESERVED: u64 = 4_096;

/// Where a terminal's next sequence number comes from.
pub trait Numbers: Send + Sync {
    /// The next number: larger than every one before it.
    fn next(&self) -> io::Result<u64>;

    /// Makes the next number larger than `number`: for a store that has seen higher ones.
    fn rise_above(&self, number: u64) -> io::Result<()>;
}

fn exhausted() -> io::Error {
    io::Error::other("the sequence numbers are used up")
}

/// Numbers in memory. After a restart they must begin above those before it, which the wall time in milliseconds is, as
/// long as no clock was set back and no more than a thousand requests are sent in a second.
#[derive(Debug)]
pub struct MemoryNumbers(Mutex<u64>);

impl MemoryNumbers {
    /// Numbers above this one.
    pub const fn above(number: u64) -> Self {
        Self(Mutex::new(number))
    }
}

impl Numbers for MemoryNumbers {
    fn next(&self) -> io::Result<u64> {
        let mut last = self.0.lock();
        let next = last.saturating_add(1);
        if SEQ_MAX < next {
            return Err(exhausted());
        }
        *last = next;
        Ok(next)
    }

    fn rise_above(&self, number: u64) -> io::Result<()> {
        let mut last = self.0.lock();
        *last = (*last).max(number);
        Ok(())
    }
}

/// Numbers that go on after a restart and a power cut: a file holds a bound that no number has passed yet.
#[derive(Debug)]
pub struct NumberFile(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    file: File,
    last: u64,
    bound: u64,
}

impl NumberFile {
    /// Opens or makes the file. The first number is above what the file says and above `wall_millis`, so a file that was
    /// lost does no harm while the clock is right. A file that another process uses is refused.
    pub fn open(path: &Path, wall_millis: u64) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(path)?;
        file.try_lock()?;
        let mut bytes = Vec::with_capacity(12);
        (&mut file).take(13).read_to_end(&mut bytes)?;
        let stored = read_bound(&bytes).unwrap_or(0);
        let last = stored.max(wall_millis);
        Ok(Self(Mutex::new(Kept {
            file,
            last,
            bound: last,
        })))
    }
}

/// The bound, little-endian, and its CRC-32: torn or empty bytes are none.
fn read_bound(bytes: &[u8]) -> Option<u64> {
    let (bound, sum) = bytes.split_first_chunk::<8>()?;
    let sum: [u8; 4] = sum.try_into().ok()?;
    (crc32fast::hash(bound) == u32::from_le_bytes(sum)).then(|| u64::from_le_bytes(*bound))
}

impl Kept {
    fn reserve(&mut self, bound: u64) -> io::Result<()> {
        let bytes = bound.to_le_bytes();
        let sum = crc32fast::hash(&bytes).to_le_bytes();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&[&bytes[..], &sum[..]].concat())?;
        self.file.sync_data()?;
        self.bound = bound;
        Ok(())
    }
}

impl Numbers for NumberFile {
    fn next(&self) -> io::Result<u64> {
        let mut kept = self.0.lock();
        let next = kept.last.saturating_add(1);
        if SEQ_MAX < next {
            return Err(exhausted());
        }
        if kept.bound < next {
            kept.reserve(next.saturating_add(RESERVED))?;
        }
        kept.last = next;
        Ok(next)
    }

    fn rise_above(&self, number: u64) -> io::Result<()> {
        let mut kept = self.0.lock();
        kept.last = kept.last.max(number);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_above_the_last_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        let mut highest = 1_000;
        // The clock is set back before the third start, and far ahead before the fourth.
        for wall_millis in [1_000, 1_001, 5, 2_000_000] {
            let numbers = NumberFile::open(&path, wall_millis).unwrap();
            assert!(NumberFile::open(&path, 0).is_err(), "one process at a time");
            for _ in 0..5_000 {
                let next = numbers.next().unwrap();
                assert!(highest < next);
                highest = next;
            }
            assert!(wall_millis < highest);
        }
    }

    #[test]
    fn a_torn_file_begins_at_the_clock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("numbers");
        for bytes in [&b""[..], b"abc", &[0xff; 12], &[0; 13]] {
            std::fs::write(&path, bytes).unwrap();
            let numbers = NumberFile::open(&path, 77).unwrap();
            assert_eq!(numbers.next().unwrap(), 78);
        }
    }

    #[test]
    fn numbers_rise_above_what_the_store_has_seen_and_never_fall() {
        let folder = tempfile::tempdir().unwrap();
        let file = NumberFile::open(&folder.path().join("numbers"), 10).unwrap();
        let memory = MemoryNumbers::above(10);
        let all: [&dyn Numbers; 2] = [&file, &memory];
        for numbers in all {
            assert_eq!(numbers.next().unwrap(), 11);
            numbers.rise_above(20).unwrap();
            assert_eq!(numbers.next().unwrap(), 21);
            numbers.rise_above(5).unwrap();
            assert_eq!(numbers.next().unwrap(), 22);
            numbers.rise_above(SEQ_MAX - 1).unwrap();
            assert_eq!(numbers.next().unwrap(), SEQ_MAX);
            assert!(numbers.next().is_err());
        }
    }
}
