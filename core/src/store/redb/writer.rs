//! The thread that runs the bodies: batch after batch, from the queue to the committer, one batch ahead of the disk.

use core::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use super::super::layered::Layered;
use super::super::overlay::{Overlay, Written};
use super::super::{Closing, ReadTx, StoreError, Verdict};
use super::Shared;
use super::committer::Batch;
use super::queue::{Job, Layer};
use super::snapshot::Snapshot;

pub(super) struct Writer {
    shared: Arc<Shared>,
    batch_max: usize,
    closing: Option<Closing>,
    hand_over: Sender<Batch>,
}

/// What a waiter will hear if the batch becomes durable.
type Outcome = Result<Verdict, StoreError>;

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        batch_max: usize,
        closing: Option<Closing>,
        hand_over: Sender<Batch>,
    ) -> Self {
        Self {
            shared,
            batch_max,
            closing,
            hand_over,
        }
    }

    /// Until the queue is closed and empty. The committer ends with it.
    pub(super) fn run(mut self) {
        while let Some(jobs) = self.shared.queue.take(self.batch_max) {
            self.batch(jobs);
        }
    }

    /// Runs a batch over the one before it, and hands it over when that one is through. When it failed, what the
    /// bodies saw may not be there: they run again, on the file.
    fn batch(&mut self, mut jobs: Vec<Job>) {
        let (layer, outcomes) = loop {
            let before = self.shared.queue.running();
            let ran = self.run_over(before.as_deref(), &mut jobs);
            if before.is_none() || self.shared.queue.await_commit() {
                break ran;
            }
        };
        let layer = Arc::new(layer);
        self.shared.queue.begin_commit(Arc::clone(&layer));
        let answers = jobs
            .into_iter()
            .map(|job| job.waiter)
            .zip(outcomes)
            .collect();
        // A batch that nobody takes any more says `Unknown` by being dropped.
        let _: Result<(), _> = self.hand_over.send(Batch { layer, answers });
    }

    /// The batch's writes and outcomes over `before`, which is on its way to the disk: until it is through, whatever
    /// comes into the queue joins. A batch that cannot be run or closed has written nothing.
    fn run_over(&mut self, before: Option<&Layer>, jobs: &mut Vec<Job>) -> (Layer, Vec<Outcome>) {
        let mut outcomes = Vec::with_capacity(jobs.len());
        let written = self.snapshot().and_then(|snapshot| match before {
            None => self.run_on(&snapshot, self.shared.file.sequence(), jobs, &mut outcomes),
            // A snapshot that was begun after that commit holds the same rows once more.
            Some(before) => {
                let layered = Layered::new(&snapshot, &before.rows, before.sequence);
                self.run_on(&layered, before.sequence, jobs, &mut outcomes)
            }
        });
        match written {
            Ok(layer) => (layer, outcomes),
            Err(error) => {
                let rows = Overlay::default();
                let sequence = before.map_or_else(|| self.shared.file.sequence(), |b| b.sequence);
                (Layer { rows, sequence }, vec![Err(error); jobs.len()])
            }
        }
    }

    fn run_on(
        &mut self,
        file: &dyn ReadTx,
        sequence: u64,
        jobs: &mut Vec<Job>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<Layer, StoreError> {
        let mut layer = Layer {
            rows: Overlay::default(),
            sequence,
        };
        outcomes.extend(jobs.iter_mut().map(|job| run_body(job, file, &mut layer)));
        while let room @ 1.. = self.batch_max.saturating_sub(jobs.len()) {
            let Some(mut more) = self.shared.queue.take_during_commit(room) else {
                break;
            };
            outcomes.extend(more.iter_mut().map(|job| run_body(job, file, &mut layer)));
            jobs.append(&mut more);
        }
        self.close(file, &mut layer)?;
        Ok(layer)
    }

    /// What the bodies of a batch read. A file that failed and could not be opened again since is opened here.
    fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let Shared { queue, file } = &*self.shared;
        let reading = file
            .begin_read()
            .or_else(|_| {
                // The committer may be opening it.
                queue.await_commit();
                file.begin_read()
            })
            .or_else(|_| {
                file.reopen()?;
                file.begin_read()
            })?;
        Ok(Snapshot::new(reading))
    }

    fn close(&mut self, file: &dyn ReadTx, layer: &mut Layer) -> Result<(), StoreError> {
        let Some(closing) = self.closing.as_mut().filter(|_| !layer.rows.is_empty()) else {
            return Ok(());
        };
        let mut last = Layered::new(file, &layer.rows, layer.sequence);
        let closed = catch_unwind(AssertUnwindSafe(|| {
            closing(&mut last, &Written::new(&layer.rows))
        }));
        closed.unwrap_or(Err(StoreError::Bug))?;
        let (own, drawn) = last.into_parts();
        layer.rows.absorb(own);
        layer.sequence = drawn;
        Ok(())
    }
}

/// Runs a body over what the kept ones before it wrote. What a dropped or a panicking one did is forgotten, its
/// numbers included.
fn run_body(job: &mut Job, file: &dyn ReadTx, layer: &mut Layer) -> Outcome {
    let mut layered = Layered::new(file, &layer.rows, layer.sequence);
    match catch_unwind(AssertUnwindSafe(|| (job.body)(&mut layered))) {
        Ok(Verdict::Keep) => {
            let (own, drawn) = layered.into_parts();
            layer.rows.absorb(own);
            layer.sequence = drawn;
            Ok(Verdict::Keep)
        }
        Ok(Verdict::Drop) => Ok(Verdict::Drop),
        Err(_) => Err(StoreError::Bug),
    }
}
