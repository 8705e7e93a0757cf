//! The store a shop runs on: one file of redb, and a pipeline of two threads with natural group commit.
//!
//! Whatever is queued when the writer comes round becomes one batch: each body runs over what the bodies before it
//! wrote. The committer then writes everything to the file in the order of its keys, in one commit, and answers all.
//! Nobody lingers for company: while one batch is on its way to the disk, the writer runs the bodies of the next one
//! over it, and that one grows until the disk is free. When a commit fails, the bodies that ran over it run again on
//! the file as it was opened again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use ::redb::DatabaseError;

mod committer;
mod error;
mod export;
mod file;
mod queue;
mod snapshot;
mod writer;

use self::committer::Committer;
use self::file::{File, Opener};
use self::queue::{Job, Queue};
use self::snapshot::Snapshot;
use self::writer::Writer;

use super::{Body, Closing, Home, ReadTx, Store, StoreError, Ticket, ticket};

pub use self::export::{Exported, Keep, ReadOnly, RowHash, export};
pub use self::file::{Integrity, check_integrity};

/// How a file is opened and how much may wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Pages of the file that are kept in memory.
    pub cache_bytes: usize,
    /// From this size of the file on, each commit also writes what spares the next start a walk through the whole file.
    pub quick_repair_from_bytes: u64,
    /// How many bodies may wait. Beyond it the answer is `Busy`.
    pub queue_max: usize,
    /// How many bodies one commit takes.
    pub batch_max: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_bytes: 256 * 1024 * 1024,
            quick_repair_from_bytes: 1024 * 1024 * 1024,
            queue_max: 4_096,
            batch_max: 512,
        }
    }
}

/// One file, owned by this process as long as this value lives. Dropping it finishes what is queued and closes the file.
#[derive(Debug)]
pub struct RedbStore {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the readers, the submitters and the two threads hold in common.
#[derive(Debug)]
struct Shared {
    queue: Queue,
    file: File,
}

impl RedbStore {
    /// Opens the file, or begins one where there is none (or an empty one), with the settings that suit a shop.
    pub fn open(path: impl AsRef<Path>, closing: Option<Closing>) -> Result<Self, StoreError> {
        Self::open_with(path, Settings::default(), closing)
    }

    /// The same with other settings.
    pub fn open_with(
        path: impl AsRef<Path>,
        settings: Settings,
        closing: Option<Closing>,
    ) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        let create = move |path: &Path| {
            ::redb::Database::builder()
                .set_cache_size(settings.cache_bytes)
                .create(path)
        };
        file::begin(&path, create)?;
        let again = path.clone();
        let opener = move || create(&again);
        Self::start(Box::new(opener), Some(path), settings, closing)
    }

    /// A store on whatever `opener` opens, for tests that bring a disk of their own. It is called again after every
    /// failed commit. The size of such a disk is taken to be 0.
    pub fn with_backend(
        opener: impl Fn() -> Result<::redb::Database, DatabaseError> + Send + 'static,
        closing: Option<Closing>,
    ) -> Result<Self, StoreError> {
        Self::with_backend_and(opener, Settings::default(), closing)
    }

    /// The same with other settings; those of the cache are the opener's matter.
    pub fn with_backend_and(
        opener: impl Fn() -> Result<::redb::Database, DatabaseError> + Send + 'static,
        settings: Settings,
        closing: Option<Closing>,
    ) -> Result<Self, StoreError> {
        Self::start(Box::new(opener), None, settings, closing)
    }

    /// Why the file cannot be used at the moment, if it cannot: for a health check.
    pub fn trouble(&self) -> Option<StoreError> {
        self.shared.file.trouble()
    }

    fn start(
        opener: Opener,
        path: Option<PathBuf>,
        settings: Settings,
        closing: Option<Closing>,
    ) -> Result<Self, StoreError> {
        let file = File::open(opener)?;
        let shared = Arc::new(Shared {
            queue: Queue::new(settings.queue_max),
            file,
        });
        let (hand_over, batches) = mpsc::channel();
        let writer = Writer::new(Arc::clone(&shared), settings.batch_max, closing, hand_over);
        let committer = Committer::new(Arc::clone(&shared), path, settings.quick_repair_from_bytes);

        // The writer first: should there be no second thread, it ends as the queue is closed by the drop.
        let mut store = Self {
            shared,
            threads: Vec::new(),
        };
        store.spawn("store-writer", move || writer.run())?;
        store.spawn("store-committer", move || committer.run(batches))?;
        Ok(store)
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(run)
            .map_err(|error| StoreError::Io(error.to_string()))?;
        self.threads.push(thread);
        Ok(())
    }
}

impl Store for RedbStore {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        let reading = self.shared.file.begin_read()?;
        Ok(Box::new(Snapshot::new(reading)))
    }

    fn submit(&self, home: Home, body: Body) -> Ticket {
        debug_assert!(home.is_real(), "no such home: {home:?}");
        let (waiter, ticket) = ticket();
        match self.shared.queue.push(Job { body, waiter }) {
            Ok(()) => ticket,
            Err(refused) => {
                refused.waiter.answer(Err(StoreError::Busy));
                ticket
            }
        }
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        debug_assert!(home.is_real(), "no such home: {home:?}");
        let (waiter, ticket) = ticket();
        self.shared.queue.push_waiting(Job { body, waiter });
        ticket
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        self.shared.queue.close();
        // A callback or a body may have held the last of the store: its thread cannot wait for itself, and both end
        // anyway.
        let here = std::thread::current().id();
        if self
            .threads
            .iter()
            .any(|thread| thread.thread().id() == here)
        {
            return;
        }
        for thread in self.threads.drain(..) {
            // They catch their panics, so there is nothing to pass on.
            let _: std::thread::Result<()> = thread.join();
        }
    }
}
