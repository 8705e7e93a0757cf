//! The reference: the contract of [`super`] in maps, one body at a time, nothing kept when the program ends.
//! It shares no code with the other backends but the names, so that a property can hold them equal.

use core::ops::Bound;
use core::panic::AssertUnwindSafe;
use std::collections::BTreeMap;
use std::panic::catch_unwind;
use std::sync::Arc;

use parking_lot::Mutex;

use super::overlay::{Overlay, Written};
use super::{
    Body, Closing, Home, KeyValue, ReadTx, Store, StoreError, Table, Ticket, Verdict, Visit,
    WriteTx,
};

/// Tables in memory. A body runs inside `submit`, on the caller's thread, in a batch of its own.
#[derive(Debug)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

struct Inner {
    state: State,
    closing: Option<Closing>,
    rehearsing: bool,
}

type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The tables behind `Arc`s: a snapshot is a copy of the list, and a table is copied only when it is written while a
/// snapshot of it lives.
#[derive(Clone, Debug, Default)]
struct State {
    tables: BTreeMap<Table, Arc<Rows>>,
    sequence: u64,
}

impl MemoryStore {
    /// An empty store.
    pub fn new(closing: Option<Closing>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                state: State::default(),
                closing,
                rehearsing: false,
            }),
        }
    }

    /// An empty store that runs every body twice, the first time for nothing: a body with an effect outside its
    /// transaction shows in any test that runs on it.
    pub fn rehearsing(closing: Option<Closing>) -> Self {
        Self {
            inner: Mutex::new(Inner {
                state: State::default(),
                closing,
                rehearsing: true,
            }),
        }
    }
}

impl Store for MemoryStore {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        Ok(Box::new(self.inner.lock().state.clone()))
    }

    fn submit(&self, home: Home, mut body: Body) -> Ticket {
        debug_assert!(home.is_real(), "no such home: {home:?}");
        Ticket::answered(self.inner.lock().run(&mut body))
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        self.submit(home, body)
    }
}

impl Inner {
    fn run(&mut self, body: &mut Body) -> Result<Verdict, StoreError> {
        if self.rehearsing {
            let mut rehearsal = Run::new(&mut self.state);
            // What it says the second time counts.
            let _: Result<Verdict, _> = catch_unwind(AssertUnwindSafe(|| body(&mut rehearsal)));
            rehearsal.undo();
        }

        let mut run = Run::new(&mut self.state);
        match catch_unwind(AssertUnwindSafe(|| body(&mut run))) {
            Ok(Verdict::Keep) => {}
            Ok(Verdict::Drop) => {
                run.undo();
                return Ok(Verdict::Drop);
            }
            Err(_) => {
                run.undo();
                return Err(StoreError::Bug);
            }
        }

        if let Some(closing) = &mut self.closing {
            let written = run.written();
            if !written.is_empty() {
                let closed = catch_unwind(AssertUnwindSafe(|| {
                    closing(&mut run, &Written::new(&written))
                }));
                if let Err(error) = closed.unwrap_or(Err(StoreError::Bug)) {
                    run.undo();
                    return Err(error);
                }
            }
        }
        Ok(Verdict::Keep)
    }
}

impl core::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Inner")
            .field("sequence", &self.state.sequence)
            .finish_non_exhaustive()
    }
}

impl ReadTx for State {
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .tables
            .get(&table)
            .and_then(|rows| rows.get(key))
            .cloned())
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        let Some(rows) = self.tables.get(&table) else {
            return Ok(());
        };
        for (key, value) in rows.range::<[u8], _>((Bound::Included(from), Bound::Unbounded)) {
            if until.is_some_and(|until| until <= key.as_slice()) || visit(key, value).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn before(&self, table: Table, until: Option<&[u8]>) -> Result<Option<KeyValue>, StoreError> {
        let until = until.map_or(Bound::Unbounded, Bound::Excluded);
        Ok(self
            .tables
            .get(&table)
            .and_then(|rows| rows.range::<[u8], _>((Bound::Unbounded, until)).next_back())
            .map(|(key, value)| (key.clone(), value.clone())))
    }
}

/// One body at work. It writes into the tables themselves and remembers what stood there.
struct Run<'a> {
    state: &'a mut State,
    sequence_before: u64,
    overwritten: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>,
}

impl<'a> Run<'a> {
    fn new(state: &'a mut State) -> Self {
        let sequence_before = state.sequence;
        Self {
            state,
            sequence_before,
            overwritten: Vec::new(),
        }
    }

    fn rows(&mut self, table: Table) -> &mut Rows {
        Arc::make_mut(self.state.tables.entry(table).or_default())
    }

    fn undo(mut self) {
        for (table, key, earlier) in core::mem::take(&mut self.overwritten).into_iter().rev() {
            match earlier {
                Some(value) => self.rows(table).insert(key, value),
                None => self.rows(table).remove(&key),
            };
        }
        self.state.sequence = self.sequence_before;
    }

    fn written(&self) -> Overlay {
        let mut written = Overlay::default();
        for (table, key, _) in &self.overwritten {
            let now = self
                .state
                .tables
                .get(table)
                .and_then(|rows| rows.get(key))
                .cloned();
            written.set(*table, key, now);
        }
        written
    }
}

impl ReadTx for Run<'_> {
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.state.value(table, key)
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        until: Option<&[u8]>,
        visit: &mut Visit<'_>,
    ) -> Result<(), StoreError> {
        self.state.scan(table, from, until, visit)
    }

    fn before(&self, table: Table, until: Option<&[u8]>) -> Result<Option<KeyValue>, StoreError> {
        self.state.before(table, until)
    }
}

impl WriteTx for Run<'_> {
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        let earlier = self.rows(table).insert(key.to_vec(), value);
        self.overwritten.push((table, key.to_vec(), earlier));
        Ok(())
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        let earlier = self.rows(table).remove(key);
        self.overwritten.push((table, key.to_vec(), earlier));
        Ok(())
    }

    fn sequence(&mut self) -> u64 {
        self.state.sequence = self.state.sequence.saturating_add(1);
        self.state.sequence
    }
}
