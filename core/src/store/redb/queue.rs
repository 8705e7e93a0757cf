//! The bodies that wait for the writer, bounded, first in first out; and how far the batch before theirs is, since that
//! is the other thing the writer waits for.

use std::collections::VecDeque;

use std::sync::Arc;

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::super::overlay::Overlay;
use super::super::{Body, Waiter};

/// A body and whoever waits for it.
pub(super) struct Job {
    pub(super) body: Body,
    pub(super) waiter: Waiter,
}

/// What a batch wrote, and the last number it drew.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) rows: Overlay,
    pub(super) sequence: u64,
}

/// How far the last batch is that the writer handed over.
enum Commit {
    /// The committer has it: the file holds it or not.
    Running(Arc<Layer>),
    /// It is in the file.
    Done,
    /// It may not be in the file, which was closed since.
    Failed,
}

#[derive(Debug)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    /// Something came in, or nothing will any more; or a commit is through while the writer waits for company.
    filled: Condvar,
    /// A commit is through.
    through: Condvar,
    /// Something was taken out.
    room: Condvar,
    bound: usize,
}

struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
    commit: Commit,
}

impl Queue {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            jobs: Mutex::new(Jobs {
                waiting: VecDeque::new(),
                closed: false,
                commit: Commit::Done,
            }),
            filled: Condvar::new(),
            through: Condvar::new(),
            room: Condvar::new(),
            bound: bound.max(1),
        }
    }

    /// Adds a job, or hands it back when there is no room.
    pub(super) fn push(&self, job: Job) -> Result<(), Job> {
        let mut jobs = self.jobs.lock();
        if self.bound <= jobs.waiting.len() {
            return Err(job);
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        self.filled.notify_one();
        Ok(())
    }

    /// Adds a job as soon as there is room.
    pub(super) fn push_waiting(&self, job: Job) {
        let mut jobs = self.jobs.lock();
        while self.bound <= jobs.waiting.len() {
            self.room.wait(&mut jobs);
        }
        jobs.waiting.push_back(job);
        drop(jobs);
        self.filled.notify_one();
    }

    /// Everything that waits, oldest first, at most `most`. Waits for the first; `None` when the queue is closed and
    /// empty.
    pub(super) fn take(&self, most: usize) -> Option<Vec<Job>> {
        let mut jobs = self.jobs.lock();
        while jobs.waiting.is_empty() {
            if jobs.closed {
                return None;
            }
            self.filled.wait(&mut jobs);
        }
        Some(self.drain(jobs, most))
    }

    /// The same while a commit runs: `None` when it is through and nothing came in before.
    pub(super) fn take_during_commit(&self, most: usize) -> Option<Vec<Job>> {
        let mut jobs = self.jobs.lock();
        while matches!(jobs.commit, Commit::Running(_)) {
            if !jobs.waiting.is_empty() {
                return Some(self.drain(jobs, most));
            }
            self.filled.wait(&mut jobs);
        }
        None
    }

    fn drain(&self, mut jobs: MutexGuard<'_, Jobs>, most: usize) -> Vec<Job> {
        let count = jobs.waiting.len().min(most.max(1));
        let taken = jobs.waiting.drain(..count).collect();
        drop(jobs);
        self.room.notify_all();
        taken
    }

    /// The committer is about to hear of this batch.
    pub(super) fn begin_commit(&self, layer: Arc<Layer>) {
        self.jobs.lock().commit = Commit::Running(layer);
    }

    /// What is on its way to the disk, if anything is.
    pub(super) fn running(&self) -> Option<Arc<Layer>> {
        match &self.jobs.lock().commit {
            Commit::Running(layer) => Some(Arc::clone(layer)),
            Commit::Done | Commit::Failed => None,
        }
    }

    /// The batch that was on its way is in the file, or it failed and the file was opened again.
    pub(super) fn end_commit(&self, is_durable: bool) {
        let commit = if is_durable {
            Commit::Done
        } else {
            Commit::Failed
        };
        // What it wrote is given back after the lock.
        let _running = core::mem::replace(&mut self.jobs.lock().commit, commit);
        self.filled.notify_one();
        self.through.notify_one();
    }

    /// Waits until no commit runs: whether the last one went well.
    pub(super) fn await_commit(&self) -> bool {
        let mut jobs = self.jobs.lock();
        loop {
            match jobs.commit {
                Commit::Running(_) => self.through.wait(&mut jobs),
                Commit::Done => return true,
                Commit::Failed => return false,
            }
        }
    }

    /// Nothing more will come in; what waits is still taken out.
    pub(super) fn close(&self) {
        self.jobs.lock().closed = true;
        self.filled.notify_all();
    }
}

impl core::fmt::Debug for Jobs {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Jobs")
            .field("waiting", &self.waiting.len())
            .field("closed", &self.closed)
            .finish_non_exhaustive()
    }
}
