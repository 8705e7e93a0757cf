//! The bodies that wait for the writer: bounded, first in first out.

use std::collections::VecDeque;

use parking_lot::{Condvar, Mutex};

use super::super::{Body, Waiter};

/// A body and whoever waits for it.
pub(super) struct Job {
    pub(super) body: Body,
    pub(super) waiter: Waiter,
}

#[derive(Debug)]
pub(super) struct Queue {
    jobs: Mutex<Jobs>,
    /// Something came in, or nothing will any more.
    filled: Condvar,
    /// Something was taken out.
    room: Condvar,
    bound: usize,
}

struct Jobs {
    waiting: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            jobs: Mutex::new(Jobs {
                waiting: VecDeque::new(),
                closed: false,
            }),
            filled: Condvar::new(),
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
        let count = jobs.waiting.len().min(most.max(1));
        let taken = jobs.waiting.drain(..count).collect();
        drop(jobs);
        self.room.notify_all();
        Some(taken)
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
            .finish()
    }
}
