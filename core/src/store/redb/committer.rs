//! The thread that makes batches durable: one after another, from the writer to the file, then their answers.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use ::redb::{TableDefinition, WriteTransaction};

use super::super::{StoreError, Verdict, Waiter};
use super::Shared;
use super::error::{commit_error, guarded, storage_error, table_error};
use super::file::{Bytes, write_sequence};
use super::queue::Layer;

/// A batch whose bodies ran on what is in the file.
pub(super) struct Batch {
    pub(super) layer: Arc<Layer>,
    /// Who waits, and what they will hear if the batch becomes durable.
    pub(super) answers: Vec<(Waiter, Result<Verdict, StoreError>)>,
}

pub(super) struct Committer {
    shared: Arc<Shared>,
    path: Option<PathBuf>,
    quick_repair_from_bytes: u64,
}

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        path: Option<PathBuf>,
        quick_repair_from_bytes: u64,
    ) -> Self {
        Self {
            shared,
            path,
            quick_repair_from_bytes,
        }
    }

    /// Until the writer ends: then the file is closed.
    pub(super) fn run(self, batches: Receiver<Batch>) {
        for Batch { layer, answers } in batches {
            let durable = self.make_durable(&layer);
            drop(layer);
            let answer = |answers: Vec<(Waiter, Result<Verdict, StoreError>)>| {
                for (waiter, outcome) in answers {
                    waiter.answer(durable.clone().and(outcome));
                }
            };
            if durable.is_ok() {
                // The writer first, so that it has the next batch ready when all answers are given.
                self.shared.queue.end_commit(true);
                answer(answers);
            } else {
                // The answers first: whoever hears of a failure may have a word in how later bodies run again.
                answer(answers);
                self.shared.queue.end_commit(false);
            }
        }
        self.shared.file.close();
    }

    /// One transaction with all that the batch wrote. After a failure the file is closed and opened again: redb takes
    /// no further transaction, and what its memory says is no longer what the disk says.
    fn make_durable(&self, layer: &Layer) -> Result<(), StoreError> {
        let file = &self.shared.file;
        if layer.rows.is_empty() && layer.sequence == file.sequence() {
            return Ok(());
        }
        let quick_repair = self.is_large();
        let committed = file
            .begin_write()
            .and_then(|writing| apply(writing, layer, quick_repair))
            .map_err(|error| match error {
                // The transaction was given up before its commit began: no header names its pages.
                StoreError::Full => (StoreError::Full, error),
                error @ (StoreError::Busy
                | StoreError::Unknown
                | StoreError::InUse
                | StoreError::Damaged(_)
                | StoreError::Io(_)
                | StoreError::Bug) => (StoreError::Unknown, error),
            })
            .and_then(|writing| commit(writing).map_err(|error| (StoreError::Unknown, error)));
        match committed {
            Ok(()) => {
                file.note_sequence(layer.sequence);
                Ok(())
            }
            Err((heard, cause)) => {
                file.note(cause);
                // When it cannot be opened now, the next batch tries again.
                let _: Result<(), StoreError> = file.reopen();
                Err(heard)
            }
        }
    }

    fn is_large(&self) -> bool {
        let length = self
            .path
            .as_deref()
            .and_then(|path| std::fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len());
        self.quick_repair_from_bytes <= length
    }
}

/// The writes in the order of their keys, each table opened once. An error gives the transaction up.
fn apply(
    mut writing: WriteTransaction,
    layer: &Layer,
    quick_repair: bool,
) -> Result<WriteTransaction, StoreError> {
    guarded(move || {
        writing.set_two_phase_commit(true);
        writing.set_quick_repair(quick_repair);
        for (table, rows) in layer.rows.tables() {
            let definition = TableDefinition::<Bytes, Bytes>::new(table.name());
            let mut open = writing.open_table(definition).map_err(table_error)?;
            for (key, value) in rows {
                match value {
                    Some(value) => open.insert(key.as_slice(), value.as_slice()),
                    None => open.remove(key.as_slice()),
                }
                .map_err(storage_error)?;
            }
        }
        write_sequence(&writing, layer.sequence)?;
        Ok(writing)
    })
}

fn commit(writing: WriteTransaction) -> Result<(), StoreError> {
    guarded(|| writing.commit().map_err(commit_error))
}
