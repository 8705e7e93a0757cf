//! Bytes and transactions, and nothing about loyalty. A backend holds named tables of rows in the order of their keys,
//! runs bodies one after another, and answers when what they wrote is durable.
//!
//! Reading order: this page is the contract, [`memory`] is the reference that every backend is held equal to,
//! [`redb`] is the one a shop runs on, [`row`] puts types on the bytes and [`key`] spells their keys.

use core::ops::ControlFlow;

mod codec;
mod error;
pub mod key;
#[cfg(feature = "redb")]
mod layered;
pub mod memory;
mod overlay;
#[cfg(feature = "redb")]
pub mod redb;
pub mod row;
mod ticket;

pub use error::StoreError;
pub use overlay::Written;
pub use ticket::{Ticket, Waiter, ticket};

/// A table: a name and nothing else. Names that begin with an underscore belong to the backends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    name: &'static str,
}

impl Table {
    /// The table of this name.
    pub const fn new(name: &'static str) -> Self {
        Self { name }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

/// What a transaction is about. One machine keeps everything in one file and only checks it in debug builds; a
/// cluster sends the body to the shard that holds it, so a body reads and writes the rows of its home alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// A member's bucket: the first byte of the account id, its lowest six bits.
    Bucket(u8),
    /// Settings, terminals, staff: what belongs to the node and to no member.
    Node,
}

impl Home {
    /// How many buckets there are.
    pub const BUCKETS: u8 = 64;

    /// The bucket of an account whose id begins with `first`.
    pub const fn of(first: u8) -> Self {
        Self::Bucket(first & 63)
    }

    /// Whether such a home exists: a bucket below 64, or the node.
    pub const fn is_real(self) -> bool {
        match self {
            Self::Bucket(bucket) => bucket < Self::BUCKETS,
            Self::Node => true,
        }
    }
}

/// What a body says of its own writes. It is not what the caller hears as a yes or a no: a refusal that must be
/// remembered is kept, since it wrote its receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Make them durable.
    Keep,
    /// Forget them, and give the numbers it drew to somebody else.
    Drop,
}

/// The inside of a transaction. It may run twice, the last time counts, and what it sees before its answer may never
/// become durable: so it has no effect outside the transaction it is handed but to say what it found. It must not submit
/// and wait, since the writer is busy running it.
pub type Body = Box<dyn FnMut(&mut dyn WriteTx) -> Verdict + Send + 'static>;

/// Run last in every batch that wrote something, on what the batch wrote. An error of it undoes the whole batch, and
/// every waiter hears that error. Like a body it may run twice on a batch, so it has no effect outside the transaction.
pub type Closing =
    Box<dyn FnMut(&mut dyn WriteTx, &Written<'_>) -> Result<(), StoreError> + Send + 'static>;

/// Called by [`ReadTx::scan`] with each key and value.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// A row as it was found: its key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// The rows as they are at one moment. A table that was never written is empty.
pub trait ReadTx {
    /// The value under this key.
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Rows with `from <= key` (and `key < until` when it is given), ascending, until `visit` breaks.
    fn scan(
        &self,
        table: Table,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError>;

    /// The row with the greatest key below `until`, or the greatest of all.
    fn before(&self, table: Table, until: Option<&[u8]>) -> Result<Option<KeyValue>, StoreError>;

    /// The last row of a table: the one with the greatest key.
    fn last(&self, table: Table) -> Result<Option<KeyValue>, StoreError> {
        self.before(table, None)
    }
}

/// The rows as a body sees them: what the batch wrote before it and what it wrote itself are there.
pub trait WriteTx: ReadTx {
    /// The row under this key becomes `value`.
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) -> Result<(), StoreError>;

    /// There is no row under this key.
    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError>;

    /// The next number in the order of commit of this node: strictly increasing, never used twice by a committed body;
    /// numbers drawn by a dropped body are given out again. The first is 1.
    fn sequence(&mut self) -> u64;
}

/// A place that keeps rows.
pub trait Store: Send + Sync {
    /// A snapshot. Keep it short: what is deleted meanwhile stays in the file until it is dropped.
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError>;

    /// Queues a body. On a full queue the ticket says `Busy` already, and the body did not and will not run.
    fn submit(&self, home: Home, body: Body) -> Ticket;

    /// Queues a body, waiting for room: for a replay that makes work faster than a disk takes it. Never for a request
    /// that somebody waits for.
    fn submit_waiting(&self, home: Home, body: Body) -> Ticket;
}
