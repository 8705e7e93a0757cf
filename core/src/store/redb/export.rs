//! A fresh file from a snapshot, row by row: what a backup and a restore are written with. It is never a copy of a file, so
//! nothing that was deleted from one file is in the other.

use core::ops::ControlFlow;
use std::fs;
use std::path::Path;

use ::redb::{Database, Durability, ReadOnlyDatabase, ReadableDatabase, TableDefinition};
use sha2::{Digest, Sha256};

use super::super::{KeyValue, ReadTx, StoreError, Table};
use super::error::{
    commit_error, database_error, guarded, storage_error, table_error, transaction_error,
};
use super::file::{Bytes, claim, claimed, create_private, sequence_of, write_sequence};
use super::snapshot::Snapshot;

/// The most rows, and the most bytes of them, that one transaction of the fresh file takes.
const CHUNK_ROWS: usize = 10_000;
const CHUNK_BYTES: usize = 8 * 1024 * 1024;

/// Which rows go into the fresh file, asked in the order of the tables and of their keys. An error ends it.
pub type Keep<'a> = dyn FnMut(Table, &[u8], &[u8]) -> Result<bool, StoreError> + 'a;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// How many rows each table has, in the order in which they were given.
    pub rows: Vec<(Table, u64)>,
    /// The hash of all rows in order.
    pub sha256: [u8; 32],
    /// The number after which the fresh file's sequence goes on.
    pub sequence: u64,
}

/// A hash of rows, in the order of the tables and of their keys: SHA-256 over each row's table, key and value, each with its
/// length (4 bytes, big-endian) before it.
#[derive(Clone, Debug, Default)]
pub struct RowHash(Sha256);

impl RowHash {
    /// And this row.
    pub fn row(&mut self, table: Table, key: &[u8], value: &[u8]) {
        for part in [table.name().as_bytes(), key, value] {
            // Lengths first, so that no two rows spell the same bytes. No row is of 4 GB.
            let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
            self.0.update(length.to_be_bytes());
            self.0.update(part);
        }
    }

    /// The hash.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Writes the kept rows of these tables into a file that is not there yet, and makes it durable. The sequence goes on
/// after the greater of the snapshot's own and `floor`. A file that could not be finished is taken away.
///
/// Only the last of its transactions waits for the disk, and none is held while the snapshot is read.
///
/// # Errors
/// `Io` where the file is there already, and what either file says.
pub fn export(
    read: &dyn ReadTx,
    tables: &[Table],
    to: &Path,
    floor: u64,
    keep: &mut Keep<'_>,
) -> Result<Exported, StoreError> {
    // It is made here, so that what is taken away after a failure is never somebody else's.
    create_private(to).map_err(|error| StoreError::Io(error.to_string()))?;
    let written = write(read, tables, to, floor, keep);
    if written.is_err() {
        let _: std::io::Result<()> = fs::remove_file(to);
    }
    written
}

fn write(
    read: &dyn ReadTx,
    tables: &[Table],
    to: &Path,
    floor: u64,
    keep: &mut Keep<'_>,
) -> Result<Exported, StoreError> {
    let database = guarded(|| {
        let database = Database::create(to).map_err(database_error)?;
        claim(&database)?;
        Ok(database)
    })?;
    let sequence = sequence_of(read)?.max(floor);
    let mut fresh = Fresh {
        database,
        chunk: Vec::new(),
        bytes: 0,
        hash: RowHash::default(),
    };
    let mut rows = Vec::with_capacity(tables.len());
    for table in tables {
        rows.push((*table, fresh.take(read, *table, keep)?));
    }
    let Fresh { database, hash, .. } = fresh;
    guarded(|| {
        let mut writing = database.begin_write().map_err(transaction_error)?;
        writing.set_two_phase_commit(true);
        write_sequence(&writing, sequence)?;
        writing.commit().map_err(commit_error)?;
        database.close().map_err(database_error)
    })?;
    Ok(Exported {
        rows,
        sha256: hash.finish(),
        sequence,
    })
}

/// The file that is being written.
struct Fresh {
    database: Database,
    chunk: Vec<KeyValue>,
    bytes: usize,
    hash: RowHash,
}

impl Fresh {
    /// Takes the kept rows of a table, and says how many they are.
    fn take(
        &mut self,
        read: &dyn ReadTx,
        table: Table,
        keep: &mut Keep<'_>,
    ) -> Result<u64, StoreError> {
        let mut rows = 0_u64;
        let mut failed = None;
        read.scan(table, &[], None, &mut |key, value| {
            let taken = keep(table, key, value).and_then(|kept| {
                if kept {
                    rows = rows.saturating_add(1);
                    self.row(table, key, value)?;
                }
                Ok(())
            });
            match taken {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        })?;
        failed.map_or(Ok(()), Err)?;
        self.flush(table)?;
        Ok(rows)
    }

    fn row(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.hash.row(table, key, value);
        let length = key.len().saturating_add(value.len());
        self.bytes = self.bytes.saturating_add(length);
        self.chunk.push((key.to_vec(), value.to_vec()));
        if CHUNK_ROWS <= self.chunk.len() || CHUNK_BYTES <= self.bytes {
            self.flush(table)?;
        }
        Ok(())
    }

    /// Gives what was gathered to the file. It need not be durable yet: half a file is taken away.
    fn flush(&mut self, table: Table) -> Result<(), StoreError> {
        let chunk = core::mem::take(&mut self.chunk);
        self.bytes = 0;
        if chunk.is_empty() {
            return Ok(());
        }
        guarded(|| {
            let mut writing = self.database.begin_write().map_err(transaction_error)?;
            writing
                .set_durability(Durability::None)
                .map_err(|error| StoreError::Io(error.to_string()))?;
            {
                let definition = TableDefinition::<Bytes, Bytes>::new(table.name());
                let mut open = writing.open_table(definition).map_err(table_error)?;
                for (key, value) in &chunk {
                    open.insert(key.as_slice(), value.as_slice())
                        .map_err(storage_error)?;
                }
            }
            writing.commit().map_err(commit_error)
        })
    }
}

/// A closed store's file, opened to be read and for nothing else: it stays as it is, byte for byte.
pub struct ReadOnly {
    database: ReadOnlyDatabase,
    sequence: u64,
}

impl core::fmt::Debug for ReadOnly {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("ReadOnly").finish_non_exhaustive()
    }
}

impl ReadOnly {
    /// Opens it.
    ///
    /// # Errors
    /// `InUse`; `Damaged` where it is none of ours, or was not closed well.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        guarded(|| {
            let database = ReadOnlyDatabase::open(path).map_err(database_error)?;
            let reading = database.begin_read().map_err(transaction_error)?;
            let nobodys = || StoreError::Damaged("an empty database".to_owned());
            let sequence = claimed(&reading)?.ok_or_else(nobodys)?;
            Ok(Self { database, sequence })
        })
    }

    /// Its rows.
    pub fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        let reading = guarded(|| self.database.begin_read().map_err(transaction_error))?;
        Ok(Box::new(Snapshot::new(reading)))
    }

    /// The last number of its sequence.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }
}
