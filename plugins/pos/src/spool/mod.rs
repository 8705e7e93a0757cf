//! Commands that have no answer yet, each under its key: kept before it is sent, dropped when the answer came. What is
//! kept is the command as it goes over the wire, so it never holds a person; a scanned code goes when the answer comes.

mod key_file;

use std::collections::BTreeMap;
use std::io;

use parking_lot::Mutex;

use crate::key::Key;

pub use self::key_file::KeyFile;

/// A command that has no answer yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its key.
    pub key: Key,
    /// What it is, as [`operation_bytes`] wrote it.
    pub operation: Vec<u8>,
}

impl core::fmt::Debug for Pending {
    /// Without the operation: a code may stand in it.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Pending")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl Pending {
    /// The command's path and body.
    pub fn parts(&self) -> Option<(&str, &[u8])> {
        let end = self.operation.iter().position(|byte| *byte == b'\n')?;
        let (path, body) = self.operation.split_at_checked(end)?;
        Some((core::str::from_utf8(path).ok()?, body.get(1..)?))
    }
}

/// A command as it is kept: its path, a line's end, its body.
pub fn operation_bytes(path: &str, body: &[u8]) -> Vec<u8> {
    [path.as_bytes(), b"\n", body].concat()
}

/// Where commands are kept.
pub trait Spool: Send + Sync {
    /// Keeps a command. When it returns, the command survives what the spool promises to survive. A key that is kept
    /// already with another operation is begun anew with this one.
    fn begin(&self, key: Key, operation: &[u8]) -> io::Result<()>;

    /// Drops a command: its answer came. A key that is not kept is none of its business.
    fn done(&self, key: Key) -> io::Result<()>;

    /// The commands that have no answer yet, in the order in which they were begun.
    fn pending(&self) -> io::Result<Vec<Pending>>;
}

/// Commands in order, by when they were begun.
#[derive(Debug)]
struct Order<T> {
    next: u64,
    places: BTreeMap<Key, u64>,
    by_place: BTreeMap<u64, (Key, T)>,
}

impl<T> Default for Order<T> {
    fn default() -> Self {
        Self {
            next: 0,
            places: BTreeMap::new(),
            by_place: BTreeMap::new(),
        }
    }
}

impl<T> Order<T> {
    fn put(&mut self, key: Key, value: T) {
        let _ = self.forget(key);
        self.places.insert(key, self.next);
        self.by_place.insert(self.next, (key, value));
        self.next = self.next.saturating_add(1);
    }

    fn forget(&mut self, key: Key) -> Option<T> {
        let place = self.places.remove(&key)?;
        self.by_place.remove(&place).map(|(_, value)| value)
    }

    fn value(&self, key: Key) -> Option<&T> {
        let place = self.places.get(&key)?;
        self.by_place.get(place).map(|(_, value)| value)
    }

    fn iter(&self) -> impl Iterator<Item = (Key, &T)> {
        self.by_place.values().map(|(key, value)| (*key, value))
    }
}

/// Commands in memory: they survive nothing. For load tests, and for tills that keep their own.
#[derive(Debug, Default)]
pub struct MemorySpool(Mutex<Order<Vec<u8>>>);

impl MemorySpool {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Spool for MemorySpool {
    fn begin(&self, key: Key, operation: &[u8]) -> io::Result<()> {
        let mut order = self.0.lock();
        if order.value(key).is_none_or(|earlier| earlier != operation) {
            order.put(key, operation.to_vec());
        }
        Ok(())
    }

    fn done(&self, key: Key) -> io::Result<()> {
        self.0.lock().forget(key);
        Ok(())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        let order = self.0.lock();
        let pending = order.iter().map(|(key, operation)| Pending {
            key,
            operation: operation.clone(),
        });
        Ok(pending.collect())
    }
}
