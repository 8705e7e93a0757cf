//! The file itself: opening it, telling ours from a stranger's, and opening it again after a failure.

use std::path::Path;

use ::redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, StorageError, TableDefinition,
    TableHandle, WriteTransaction,
};
use parking_lot::{Mutex, RwLock};

use super::super::{ReadTx, StoreError, Table};
use super::error::{
    commit_error, database_error, guarded, storage_error, table_error, transaction_error,
};

/// Every table of ours is one of bytes to bytes.
pub(super) type Bytes = &'static [u8];

/// The store's own rows. The engine's tables do not begin with an underscore.
const META: TableDefinition<'static, Bytes, Bytes> = TableDefinition::new(META_NAME);
const META_NAME: &str = "_store";
const FORMAT: &[u8] = b"format";
const FORMAT_NOW: &[u8] = &[1];
const SEQUENCE: &[u8] = b"sequence";

pub(super) type Opener = Box<dyn Fn() -> Result<Database, DatabaseError> + Send>;

/// The open database, or the reason why there is none.
pub(super) struct File {
    database: RwLock<Option<Database>>,
    trouble: Mutex<Option<StoreError>>,
    opening: Mutex<Opening>,
}

struct Opening {
    opener: Opener,
    /// The last number that is known to be durable.
    sequence: u64,
}

impl File {
    pub(super) fn open(opener: Opener) -> Result<Self, StoreError> {
        let file = Self {
            database: RwLock::default(),
            trouble: Mutex::default(),
            opening: Mutex::new(Opening {
                opener,
                sequence: 0,
            }),
        };
        file.reopen()?;
        Ok(file)
    }

    /// The last sequence number that is known to be durable.
    pub(super) fn sequence(&self) -> u64 {
        self.opening.lock().sequence
    }

    /// A commit made this number durable.
    pub(super) fn note_sequence(&self, sequence: u64) {
        self.opening.lock().sequence = sequence;
    }

    pub(super) fn trouble(&self) -> Option<StoreError> {
        self.trouble.lock().clone()
    }

    /// Notes why a commit failed. A reopening that succeeds ends it.
    pub(super) fn note(&self, trouble: StoreError) {
        *self.trouble.lock() = Some(trouble);
    }

    /// A snapshot. Without an open file it is `Busy`: it is about to be opened again.
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, StoreError> {
        let database = self.database.read();
        let database = database.as_ref().ok_or(StoreError::Busy)?;
        guarded(|| database.begin_read().map_err(transaction_error))
    }

    pub(super) fn begin_write(&self) -> Result<WriteTransaction, StoreError> {
        let database = self.database.read();
        let database = database.as_ref().ok_or(StoreError::Busy)?;
        guarded(|| database.begin_write().map_err(transaction_error))
    }

    /// Closes the file. What read from it hears `Busy` from now on.
    pub(super) fn close(&self) {
        let database = self.database.write().take();
        // A database that failed may fail again while it closes; the next open repairs it.
        let _: Result<(), StoreError> = guarded(|| {
            drop(database);
            Ok(())
        });
    }

    /// Closes the file if it is open and opens it again.
    pub(super) fn reopen(&self) -> Result<(), StoreError> {
        let mut opening = self.opening.lock();
        self.close();
        let fresh = guarded(|| {
            let database = (opening.opener)().map_err(database_error)?;
            let sequence = claim(&database)?;
            if sequence < opening.sequence {
                // Somebody put an older file in its place. Going on would give numbers out twice.
                let what = "the file is older than what was answered";
                return Err(StoreError::Damaged(what.to_owned()));
            }
            Ok((database, sequence))
        });
        match fresh {
            Ok((database, sequence)) => {
                opening.sequence = sequence;
                *self.database.write() = Some(database);
                *self.trouble.lock() = None;
                Ok(())
            }
            Err(error) => {
                self.note(error.clone());
                Err(error)
            }
        }
    }
}

impl core::fmt::Debug for File {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("File")
            .field("trouble", &self.trouble())
            .finish_non_exhaustive()
    }
}

/// A new and empty file, which its owner alone can read (SEC-07).
pub(super) fn create_private(path: &Path) -> std::io::Result<()> {
    let mut how = std::fs::OpenOptions::new();
    how.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
    how.open(path).map(|_| ())
}

/// Begins a store where there is no file yet: beside its place first, so that a power cut in the middle leaves no half
/// of a file that nobody can open.
pub(super) fn begin(
    path: &Path,
    create: impl Fn(&Path) -> Result<Database, DatabaseError>,
) -> Result<(), StoreError> {
    if path.exists() {
        return Ok(());
    }
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    // A process of this number may have been cut off here.
    let _: std::io::Result<()> = std::fs::remove_file(&beside);
    let begun = guarded(|| {
        let io = |error| database_error(DatabaseError::Storage(StorageError::Io(error)));
        create_private(&beside).map_err(io)?;
        let database = create(&beside).map_err(database_error)?;
        claim(&database)?;
        database.close().map_err(database_error)
    });

    // A link does not replace what another process put there meanwhile. Where there are no links, or somebody was
    // faster, the file is opened as it is found.
    if begun.is_ok() {
        let _: std::io::Result<()> = std::fs::hard_link(&beside, path);
    }
    let _: std::io::Result<()> = std::fs::remove_file(&beside);
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        // Where a folder cannot be synced (as on Windows), its names are durable by themselves.
        let _: std::io::Result<()> =
            std::fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    begun
}

/// Makes a new file ours, or reads from ours how far the sequence got.
pub(super) fn claim(database: &Database) -> Result<u64, StoreError> {
    let reading = database.begin_read().map_err(transaction_error)?;
    if let Some(sequence) = claimed(&reading)? {
        return Ok(sequence);
    }
    drop(reading);
    let mut writing = database.begin_write().map_err(transaction_error)?;
    writing.set_two_phase_commit(true);
    writing
        .open_table(META)
        .map_err(table_error)?
        .insert(FORMAT, FORMAT_NOW)
        .map_err(storage_error)?;
    writing.commit().map_err(commit_error)?;
    Ok(0)
}

/// How far the sequence of a file of ours got; none where there is nothing in it at all.
pub(super) fn claimed(reading: &ReadTransaction) -> Result<Option<u64>, StoreError> {
    let mut tables = reading.list_tables().map_err(storage_error)?.peekable();
    if tables.peek().is_none() {
        return Ok(None);
    }
    if !tables.any(|table| table.name() == META.name()) {
        return Err(StoreError::Damaged(
            "a database of another program".to_owned(),
        ));
    }

    let meta = reading.open_table(META).map_err(table_error)?;
    let format = meta.get(FORMAT).map_err(storage_error)?;
    if format.is_none_or(|format| format.value() != FORMAT_NOW) {
        return Err(StoreError::Damaged("a store of another format".to_owned()));
    }
    let row = meta.get(SEQUENCE).map_err(storage_error)?;
    sequence_in(row.as_ref().map(::redb::AccessGuard::value)).map(Some)
}

/// How far the sequence of a snapshot got.
pub(super) fn sequence_of(read: &dyn ReadTx) -> Result<u64, StoreError> {
    let row = read.value(Table::new(META_NAME), SEQUENCE)?;
    sequence_in(row.as_deref())
}

fn sequence_in(row: Option<&[u8]>) -> Result<u64, StoreError> {
    let damaged = || StoreError::Damaged("the sequence row".to_owned());
    row.map_or(Ok(0), |row| read_sequence(row).ok_or_else(damaged))
}

/// The number and its complement: redb does not check what it reads, and a number that went back would be given out
/// twice.
fn sequence_row(sequence: u64) -> [u8; 16] {
    let both = u128::from(sequence) << 64 | u128::from(!sequence);
    both.to_be_bytes()
}

fn read_sequence(row: &[u8]) -> Option<u64> {
    let sequence = u64::from_be_bytes(*row.first_chunk()?);
    (row == sequence_row(sequence)).then_some(sequence)
}

/// Puts the sequence row into a transaction.
pub(super) fn write_sequence(writing: &WriteTransaction, sequence: u64) -> Result<(), StoreError> {
    let mut meta = writing.open_table(META).map_err(table_error)?;
    meta.insert(SEQUENCE, sequence_row(sequence).as_slice())
        .map_err(storage_error)?;
    Ok(())
}

/// What an integrity check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// Every page is as it was written.
    Sound,
    /// Something was wrong that could be put right, and was.
    Repaired,
}

/// Reads every page of the file and compares its checksum. The file must be closed everywhere else; what stands in the
/// rows is not looked at, since only their keys' holder can.
pub fn check_integrity(path: impl AsRef<Path>) -> Result<Integrity, StoreError> {
    guarded(|| {
        let mut database = Database::open(path.as_ref()).map_err(database_error)?;
        claim(&database)?;
        let sound = database.check_integrity().map_err(database_error)?;
        Ok(if sound {
            Integrity::Sound
        } else {
            Integrity::Repaired
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flipped_bit_in_the_sequence_is_seen() {
        let row = sequence_row(0x0123_4567_89ab_cdef);
        assert_eq!(read_sequence(&row), Some(0x0123_4567_89ab_cdef));
        for bit in 0..128 {
            let mut flipped = row;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(read_sequence(&flipped), None, "bit {bit}");
        }
        assert_eq!(read_sequence(&row[..15]), None);
    }
}
