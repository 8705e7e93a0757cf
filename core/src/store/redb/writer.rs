//! The one thread that writes: batch after batch, from the queue to the file.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::path::PathBuf;
use std::sync::Arc;

use ::redb::{TableDefinition, WriteTransaction};

use super::super::layered::Layered;
use super::super::overlay::{Overlay, Written};
use super::super::{Closing, StoreError, Verdict, Waiter};
use super::error::{commit_error, guarded, storage_error, table_error};
use super::file::{Bytes, Opener, write_sequence};
use super::queue::Job;
use super::snapshot::Snapshot;
use super::{Settings, Shared};

pub(super) struct Writer {
    shared: Arc<Shared>,
    opener: Opener,
    path: Option<PathBuf>,
    settings: Settings,
    closing: Option<Closing>,
    /// The last number that a committed body drew.
    sequence: u64,
}

/// A body that ran, and what its waiter will hear if the batch becomes durable.
type Ran = (Waiter, Result<Verdict, StoreError>);

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        opener: Opener,
        path: Option<PathBuf>,
        settings: Settings,
        closing: Option<Closing>,
        sequence: u64,
    ) -> Self {
        Self {
            shared,
            opener,
            path,
            settings,
            closing,
            sequence,
        }
    }

    pub(super) fn run(mut self) {
        while let Some(jobs) = self.shared.queue.take(self.settings.batch_max) {
            self.batch(jobs);
        }
        self.shared.file.close();
    }

    fn batch(&mut self, jobs: Vec<Job>) {
        let snapshot = match self.snapshot() {
            Ok(snapshot) => snapshot,
            Err(error) => {
                for job in jobs {
                    job.waiter.answer(Err(error.clone()));
                }
                return;
            }
        };
        let mut written = Overlay::default();
        let mut sequence = self.sequence;
        let ran = run_bodies(jobs, &snapshot, &mut written, &mut sequence);

        let closed = self.close(&snapshot, &mut written, &mut sequence);
        // The snapshot goes before the commit, so that the commit can use the pages it held.
        drop(snapshot);
        let durable = closed.and_then(|()| self.make_durable(&written, sequence));

        for (waiter, outcome) in ran {
            match &durable {
                Ok(()) => waiter.answer(outcome),
                Err(error) => waiter.answer(Err(error.clone())),
            }
        }
    }

    /// What the bodies of a batch read. A file that failed since the last batch is opened again here.
    fn snapshot(&mut self) -> Result<Snapshot, StoreError> {
        let reading = self.shared.file.begin_read().or_else(|_| {
            self.reopen()?;
            self.shared.file.begin_read()
        })?;
        Ok(Snapshot::new(reading))
    }

    fn close(
        &mut self,
        snapshot: &Snapshot,
        written: &mut Overlay,
        sequence: &mut u64,
    ) -> Result<(), StoreError> {
        let Some(closing) = self.closing.as_mut().filter(|_| !written.is_empty()) else {
            return Ok(());
        };
        let mut last = Layered::new(snapshot, written, *sequence);
        let closed = catch_unwind(AssertUnwindSafe(|| {
            closing(&mut last, &Written::new(written))
        }));
        closed.unwrap_or(Err(StoreError::Bug))?;
        let (own, drawn) = last.into_parts();
        written.absorb(own);
        *sequence = drawn;
        Ok(())
    }

    /// One transaction with all that the batch wrote. After a failure the file is closed and opened again: redb takes
    /// no further transaction, and what its memory says is no longer what the disk says.
    fn make_durable(&mut self, written: &Overlay, sequence: u64) -> Result<(), StoreError> {
        if written.is_empty() && sequence == self.sequence {
            return Ok(());
        }
        let quick_repair = self.is_large();
        let committed = self
            .shared
            .file
            .begin_write()
            .and_then(|writing| apply(writing, written, sequence, quick_repair))
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
                self.sequence = sequence;
                Ok(())
            }
            Err((heard, cause)) => {
                self.shared.file.note(cause);
                // When it cannot be opened now, the next batch tries again.
                let _: Result<(), StoreError> = self.reopen();
                Err(heard)
            }
        }
    }

    fn reopen(&mut self) -> Result<(), StoreError> {
        let sequence = self.shared.file.reopen(&self.opener)?;
        if sequence < self.sequence {
            // Somebody put an older file in its place. Going on would give numbers out twice.
            self.shared.file.close();
            let error = StoreError::Damaged("the file is older than what was answered".to_owned());
            self.shared.file.note(error.clone());
            return Err(error);
        }
        self.sequence = sequence;
        Ok(())
    }

    fn is_large(&self) -> bool {
        let length = self
            .path
            .as_deref()
            .and_then(|path| std::fs::metadata(path).ok())
            .map_or(0, |metadata| metadata.len());
        self.settings.quick_repair_from_bytes <= length
    }
}

/// Runs each body over what the kept ones before it wrote. What a dropped or a panicking one did is forgotten, its
/// numbers included.
fn run_bodies(
    jobs: Vec<Job>,
    snapshot: &Snapshot,
    written: &mut Overlay,
    sequence: &mut u64,
) -> Vec<Ran> {
    let mut ran = Vec::with_capacity(jobs.len());
    for Job { mut body, waiter } in jobs {
        let mut layered = Layered::new(snapshot, written, *sequence);
        let outcome = match catch_unwind(AssertUnwindSafe(|| body(&mut layered))) {
            Ok(Verdict::Keep) => {
                let (own, drawn) = layered.into_parts();
                written.absorb(own);
                *sequence = drawn;
                Ok(Verdict::Keep)
            }
            Ok(Verdict::Drop) => Ok(Verdict::Drop),
            Err(_) => Err(StoreError::Bug),
        };
        ran.push((waiter, outcome));
    }
    ran
}

/// The writes in the order of their keys, each table opened once. An error gives the transaction up.
fn apply(
    mut writing: WriteTransaction,
    written: &Overlay,
    sequence: u64,
    quick_repair: bool,
) -> Result<WriteTransaction, StoreError> {
    guarded(move || {
        writing.set_two_phase_commit(true);
        writing.set_quick_repair(quick_repair);
        for (table, rows) in written.tables() {
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
        write_sequence(&writing, sequence)?;
        Ok(writing)
    })
}

fn commit(writing: WriteTransaction) -> Result<(), StoreError> {
    guarded(|| writing.commit().map_err(commit_error))
}
