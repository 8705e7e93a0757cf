//! The rows of the file as they were at one commit.

use core::cell::RefCell;
use core::ops::{Bound, ControlFlow};
use std::collections::BTreeMap;

use ::redb::{ReadOnlyTable, ReadTransaction, ReadableTable, TableDefinition, TableError};

use super::super::{KeyValue, ReadTx, StoreError, Table, Visit};
use super::error::{guarded, storage_error, table_error};
use super::file::Bytes;

/// A read transaction and the tables it has opened so far: opening one costs a walk down the tree of tables.
pub(super) struct Snapshot {
    reading: ReadTransaction,
    tables: RefCell<BTreeMap<Table, Option<ReadOnlyTable<Bytes, Bytes>>>>,
}

impl Snapshot {
    pub(super) fn new(reading: ReadTransaction) -> Self {
        Self {
            reading,
            tables: RefCell::default(),
        }
    }

    /// What `ask` gets from the table; nothing when it was never written.
    fn ask<T>(
        &self,
        table: Table,
        ask: impl FnOnce(&ReadOnlyTable<Bytes, Bytes>) -> Result<T, ::redb::StorageError>,
    ) -> Result<Option<T>, StoreError> {
        guarded(|| {
            if let Some(opened) = self.tables.borrow().get(&table) {
                return opened
                    .as_ref()
                    .map(|opened| ask(opened).map_err(storage_error))
                    .transpose();
            }
            let definition = TableDefinition::<Bytes, Bytes>::new(table.name());
            let opened = match self.reading.open_table(definition) {
                Ok(opened) => Some(opened),
                Err(TableError::TableDoesNotExist(_)) => None,
                Err(error) => return Err(table_error(error)),
            };
            let answer = opened
                .as_ref()
                .map(|opened| ask(opened).map_err(storage_error))
                .transpose();
            self.tables.borrow_mut().insert(table, opened);
            answer
        })
    }
}

impl ReadTx for Snapshot {
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.ask(table, |rows| {
            Ok(ReadOnlyTable::get(rows, key)?.map(|value| value.value().to_vec()))
        })?;
        Ok(found.flatten())
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        if until.is_some_and(|until| until <= from) {
            return Ok(());
        }
        let bounds = (
            Bound::Included(from),
            until.map_or(Bound::Unbounded, Bound::Excluded),
        );
        let Some(mut rows) = self.ask(table, |rows| ReadOnlyTable::range::<&[u8]>(rows, bounds))?
        else {
            return Ok(());
        };
        // The visitor's own panics are the visitor's: only the steps of redb are guarded. To look at a row is one of them,
        // as redb finds its ends in the page.
        while let Some((key, value)) = guarded(|| rows.next().transpose().map_err(storage_error))? {
            let (key, value) = guarded(|| Ok((key.value(), value.value())))?;
            if let ControlFlow::Break(()) = visit(key, value) {
                break;
            }
        }
        Ok(())
    }

    fn before(&self, table: Table, until: Option<&[u8]>) -> Result<Option<KeyValue>, StoreError> {
        let found = self.ask(table, |rows| {
            let row = match until {
                None => rows.last()?,
                Some(until) => ReadOnlyTable::range::<&[u8]>(rows, ..until)?
                    .next_back()
                    .transpose()?,
            };
            Ok(row.map(|(key, value)| (key.value().to_vec(), value.value().to_vec())))
        })?;
        Ok(found.flatten())
    }
}
