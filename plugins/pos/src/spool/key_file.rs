//! The spool of one till, as a file that survives a power cut: commands are appended and synced before they are sent.
//!
//! ```text
//! file   = "jifenKF1" record*
//! record = kind (1) ‖ key (16) ‖ length (4) ‖ CRC-32 of those (4) ‖ operation (length) ‖ CRC-32 of it (4)
//! kind   = 'B' begun | 'D' done (length 0)
//! ```
//!
//! When a command is done, its operation is overwritten with zeros, and the file is cut when nothing is pending. That is
//! not synced: after a power cut a command that was done may be pending again, and is sent again under its key.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;

use super::{Order, Pending, Spool};
use crate::key::Key;

const MAGIC: &[u8; 8] = b"jifenKF1";
/// The length of [`MAGIC`].
const START: u64 = 8;
const BEGUN: u8 = b'B';
const DONE: u8 = b'D';
/// Kind, key, length and their CRC.
const HEAD: usize = 1 + 16 + 4 + 4;
const SUM: usize = 4;

/// The longest operation: a sale of 2,000 lines is below it.
const OPERATION_MAX: usize = 1 << 20;
/// The most commands that may be pending.
const PENDING_MAX: usize = 10_000;
/// A file longer than this, most of which is done, is written anew.
const TIDY_BYTES: u64 = 1 << 20;

/// A spool in a file. One process at a time.
#[derive(Debug)]
pub struct KeyFile {
    path: PathBuf,
    torn_bytes: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    length: u64,
    /// How many bytes of the file belong to commands that are pending.
    live: u64,
    order: Order<Place>,
}

/// Where an operation stands in the file.
#[derive(Debug)]
struct Place {
    at: u64,
    operation: Vec<u8>,
}

impl Place {
    fn record_length(&self) -> u64 {
        length_of(
            self.operation
                .len()
                .saturating_add(HEAD)
                .saturating_add(SUM),
        )
    }
}

impl KeyFile {
    /// Opens or makes the file, for this user only. One that another process uses is refused, and so is a file that is
    /// something else.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = open(path, false)?;
        file.try_lock()?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let records = match bytes.strip_prefix(MAGIC) {
            Some(records) => records,
            // The very first write was cut short.
            None if MAGIC.starts_with(&bytes) => {
                file.set_len(0)?;
                file.seek(SeekFrom::Start(0))?;
                file.write_all(MAGIC)?;
                file.sync_all()?;
                sync_folder(path)?;
                &[]
            }
            None => return Err(io::Error::new(io::ErrorKind::InvalidData, "not a key file")),
        };

        let mut kept = Kept {
            file,
            length: START,
            live: 0,
            order: Order::default(),
        };
        let mut rest = records;
        while let Some((record, length)) = Record::read(rest) {
            kept.take_in(&record);
            kept.length = kept.length.saturating_add(length_of(length));
            rest = rest.get(length..).unwrap_or(&[]);
        }
        // What is left was being written when the power went, so it was not sent.
        kept.file.set_len(kept.length)?;
        Ok(Self {
            path: path.to_owned(),
            torn_bytes: length_of(rest.len()),
            kept: Mutex::new(kept),
        })
    }

    /// How many bytes at the end could not be read when the file was opened: more than one record means that the file was
    /// damaged, and not only cut short.
    pub const fn torn_bytes(&self) -> u64 {
        self.torn_bytes
    }

    /// Writes the file anew, with what is pending.
    fn tidy(&self, kept: &mut Kept) -> io::Result<()> {
        let beside = self.path.with_extension("new");
        let mut file = open(&beside, true)?;
        file.try_lock()?;
        let mut bytes = MAGIC.to_vec();
        let mut order = Order::default();
        for (key, place) in kept.order.iter() {
            let at = length_of(bytes.len().saturating_add(HEAD));
            let operation = place.operation.clone();
            bytes.extend(record(BEGUN, key, &operation)?);
            order.put(key, Place { at, operation });
        }
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, &self.path)?;
        sync_folder(&self.path)?;
        let length = length_of(bytes.len());
        *kept = Kept {
            file,
            length,
            live: length.saturating_sub(START),
            order,
        };
        Ok(())
    }
}

impl Spool for KeyFile {
    fn begin(&self, key: Key, operation: &[u8]) -> io::Result<()> {
        let mut kept = self.kept.lock();
        let earlier = kept.order.value(key).map(|place| &place.operation);
        if earlier.is_some_and(|earlier| earlier == operation) {
            return Ok(());
        }
        if earlier.is_none() && PENDING_MAX <= kept.order.places.len() {
            return Err(io::Error::new(
                io::ErrorKind::StorageFull,
                "too many commands have no answer yet",
            ));
        }
        if TIDY_BYTES < kept.length && kept.live < kept.length / 2 {
            self.tidy(&mut kept)?;
        }
        let bytes = record(BEGUN, key, operation)?;
        let appended = kept.append(&bytes, true);
        if appended.is_err() {
            // It was not sent, so it is not to be found at the next start. If this fails too, it is sent once more.
            let length = kept.length;
            let _ = kept.file.set_len(length);
            return appended;
        }
        let at = kept.length.saturating_add(length_of(HEAD));
        kept.length = kept.length.saturating_add(length_of(bytes.len()));
        let operation = operation.to_vec();
        let earlier = kept.order.value(key);
        let earlier = earlier.map(|place| (place.at, place.operation.len()));
        kept.put(key, Place { at, operation });
        match earlier {
            Some((at, length)) => kept.overwrite(at, length),
            None => Ok(()),
        }
    }

    fn done(&self, key: Key) -> io::Result<()> {
        let mut kept = self.kept.lock();
        let Some(place) = kept.forget(key) else {
            return Ok(());
        };
        if kept.order.places.is_empty() {
            kept.file.set_len(START)?;
            kept.length = START;
            return Ok(());
        }
        kept.overwrite(place.at, place.operation.len())?;
        let bytes = record(DONE, key, &[])?;
        kept.append(&bytes, false)?;
        kept.length = kept.length.saturating_add(length_of(bytes.len()));
        Ok(())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        let kept = self.kept.lock();
        let pending = kept.order.iter().map(|(key, place)| Pending {
            key,
            operation: place.operation.clone(),
        });
        Ok(pending.collect())
    }
}

impl Kept {
    fn append(&mut self, bytes: &[u8], synced: bool) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(self.length))?;
        self.file.write_all(bytes)?;
        if synced {
            self.file.sync_data()
        } else {
            Ok(())
        }
    }

    fn overwrite(&mut self, at: u64, length: usize) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(at))?;
        self.file.write_all(&vec![0; length])
    }

    fn put(&mut self, key: Key, place: Place) {
        let _ = self.forget(key);
        self.live = self.live.saturating_add(place.record_length());
        self.order.put(key, place);
    }

    fn forget(&mut self, key: Key) -> Option<Place> {
        let place = self.order.forget(key)?;
        self.live = self.live.saturating_sub(place.record_length());
        Some(place)
    }

    /// Takes in a record of the file, which stands at the end of those taken in so far.
    fn take_in(&mut self, record: &Record<'_>) {
        match record.operation {
            Some(operation) if record.kind == BEGUN => {
                let at = self.length.saturating_add(length_of(HEAD));
                let operation = operation.to_vec();
                self.put(record.key, Place { at, operation });
            }
            // Done; or begun and overwritten, in whole or in part, because it was done.
            Some(_) | None => {
                let _ = self.forget(record.key);
            }
        }
    }
}

/// A record of the file.
struct Record<'b> {
    kind: u8,
    key: Key,
    /// `None` when it is not the one that was written.
    operation: Option<&'b [u8]>,
}

impl<'b> Record<'b> {
    /// The record that the bytes begin with, and its length.
    fn read(bytes: &'b [u8]) -> Option<(Self, usize)> {
        let (head, rest) = bytes.split_at_checked(HEAD)?;
        let (fields, sum) = head.split_last_chunk::<4>()?;
        if crc32fast::hash(fields) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (kind, fields) = fields.split_first()?;
        let (key, length) = fields.split_first_chunk::<16>()?;
        let length = u32::from_le_bytes(length.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        let (operation, rest) = rest.split_at_checked(length)?;
        let sum = u32::from_le_bytes(*rest.first_chunk::<4>()?);
        let record = Self {
            kind: *kind,
            key: Key::from_bytes(*key).ok()?,
            operation: (crc32fast::hash(operation) == sum).then_some(operation),
        };
        Some((record, HEAD.checked_add(length)?.checked_add(SUM)?))
    }
}

fn record(kind: u8, key: Key, operation: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(operation.len()).unwrap_or(u32::MAX);
    if OPERATION_MAX < operation.len() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "the command is too long",
        ));
    }
    let mut bytes = Vec::with_capacity(operation.len().saturating_add(HEAD).saturating_add(SUM));
    bytes.push(kind);
    bytes.extend(key.bytes());
    bytes.extend(length.to_le_bytes());
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes.extend(operation);
    bytes.extend(crc32fast::hash(operation).to_le_bytes());
    Ok(bytes)
}

fn length_of(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn open(path: &Path, truncate: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(truncate);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes a file's name durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if cfg!(unix) {
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u8) -> Key {
        Key::v7(1_700_000_000_000, &[number; 10])
    }

    fn keys(spool: &dyn Spool) -> Vec<Key> {
        let pending = spool.pending().unwrap();
        pending.iter().map(|pending| pending.key).collect()
    }

    struct Folder(tempfile::TempDir);

    impl Folder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("keys")
        }

        fn open(&self) -> KeyFile {
            KeyFile::open(&self.path()).unwrap()
        }

        fn bytes(&self) -> Vec<u8> {
            std::fs::read(self.path()).unwrap()
        }
    }

    #[test]
    fn what_has_no_answer_is_pending_after_a_restart_in_its_order() {
        let folder = Folder::new();
        let spool = folder.open();
        for number in [3, 1, 2] {
            spool.begin(key(number), &[number]).unwrap();
        }
        assert!(
            KeyFile::open(&folder.path()).is_err(),
            "one process at a time"
        );
        spool.done(key(1)).unwrap();
        drop(spool);

        let spool = folder.open();
        assert_eq!(keys(&spool), [key(3), key(2)]);
        // The same again changes nothing; the same key with another body is begun anew.
        let before = folder.bytes();
        spool.begin(key(3), &[3]).unwrap();
        assert_eq!(folder.bytes(), before);
        spool.begin(key(3), b"other").unwrap();
        assert_eq!(keys(&spool), [key(2), key(3)]);
        spool.done(key(9)).unwrap();
        drop(spool);

        let spool = folder.open();
        assert_eq!(spool.torn_bytes(), 0);
        let pending = spool.pending().unwrap();
        let pending: Vec<_> = pending
            .iter()
            .map(|pending| (pending.key, &pending.operation[..]))
            .collect();
        assert_eq!(pending, [(key(2), &[2][..]), (key(3), b"other")]);
    }

    #[test]
    fn nothing_of_a_command_is_left_once_its_answer_came() {
        let folder = Folder::new();
        let spool = folder.open();
        let holds = |text: &[u8]| {
            folder
                .bytes()
                .windows(text.len())
                .any(|bytes| bytes == text)
        };
        spool.begin(key(1), b"code 991234567890123456").unwrap();
        spool.begin(key(2), b"another").unwrap();
        assert!(holds(b"991234567890123456"));
        spool.done(key(1)).unwrap();
        assert!(!holds(b"991234567890123456"));
        assert!(holds(b"another"));
        spool.begin(key(2), b"corrected").unwrap();
        assert!(holds(b"corrected") && !holds(b"another"));
        spool.done(key(2)).unwrap();
        assert_eq!(folder.bytes(), MAGIC);
    }

    #[test]
    fn a_power_cut_at_any_byte_loses_nothing_that_was_begun() {
        let folder = Folder::new();
        let spool = folder.open();
        spool.begin(key(1), b"first").unwrap();
        let one = folder.bytes().len();
        spool.begin(key(2), b"second").unwrap();
        let bytes = folder.bytes();
        drop(spool);
        for length in 0..=bytes.len() {
            std::fs::write(folder.path(), &bytes[..length]).unwrap();
            let spool = folder.open();
            let expected = match length {
                _ if length == bytes.len() => vec![key(1), key(2)],
                _ if one <= length => vec![key(1)],
                _ => vec![],
            };
            assert_eq!(keys(&spool), expected, "{length} bytes");
            // And it goes on from there.
            spool.begin(key(3), b"third").unwrap();
            drop(spool);
            assert_eq!(keys(&folder.open()), [expected, vec![key(3)]].concat());
        }
    }

    #[test]
    fn a_command_half_overwritten_is_done() {
        let folder = Folder::new();
        let spool = folder.open();
        spool.begin(key(1), b"first").unwrap();
        spool.begin(key(2), b"second").unwrap();
        drop(spool);
        let mut bytes = folder.bytes();
        // The zeros came to the disk in part, and the record of "done" did not.
        bytes[MAGIC.len() + HEAD] = 0;
        std::fs::write(folder.path(), &bytes).unwrap();
        assert_eq!(keys(&folder.open()), [key(2)]);
    }

    #[test]
    fn a_file_of_something_else_is_left_alone() {
        let folder = Folder::new();
        std::fs::write(folder.path(), "a letter").unwrap();
        let error = KeyFile::open(&folder.path()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(folder.bytes(), b"a letter");
    }

    #[test]
    fn the_file_does_not_grow_while_one_command_waits_for_its_answer() {
        let folder = Folder::new();
        let spool = folder.open();
        spool.begin(key(1), b"waits").unwrap();
        let long = vec![b'x'; 300_000];
        for _ in 0..12 {
            spool.begin(key(2), &long).unwrap();
            spool.done(key(2)).unwrap();
            assert!(folder.bytes().len() < 2_000_000);
        }
        spool.begin(key(3), b"after").unwrap();
        drop(spool);
        assert_eq!(keys(&folder.open()), [key(1), key(3)]);
        let too_long = vec![0; OPERATION_MAX + 1];
        assert!(folder.open().begin(key(4), &too_long).is_err());
    }
}
