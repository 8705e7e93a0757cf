//! The view through what is written and not in the file yet: one overlay of the batch, one of the body that runs.

use core::ops::{Bound, ControlFlow};
use std::collections::btree_map;
use std::iter::Peekable;

use super::overlay::Overlay;
use super::{KeyValue, ReadTx, StoreError, Table, Visit, WriteTx};

/// What one body sees: the file, over it what the batch wrote, over that what the body wrote itself.
pub(super) struct Layered<'a> {
    file: &'a dyn ReadTx,
    batch: &'a Overlay,
    own: Overlay,
    sequence: u64,
}

impl<'a> Layered<'a> {
    pub(super) fn new(file: &'a dyn ReadTx, batch: &'a Overlay, sequence: u64) -> Self {
        Self {
            file,
            batch,
            own: Overlay::default(),
            sequence,
        }
    }

    /// What the body wrote, and the last number it drew.
    pub(super) fn into_parts(self) -> (Overlay, u64) {
        (self.own, self.sequence)
    }
}

impl ReadTx for Layered<'_> {
    fn value(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self
            .own
            .row(table, key)
            .or_else(|| self.batch.row(table, key))
        {
            Some(written) => Ok(written.clone()),
            None => self.file.value(table, key),
        }
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
        let mut written = Merged {
            own: self.own.range(table, from, until),
            batch: self.batch.range(table, from, until),
        };

        let mut flow = ControlFlow::Continue(());
        self.file.scan(table, from, until, &mut |key, value| {
            flow = written.visit_below(Some(key), visit);
            if flow.is_continue() {
                flow = match written.take(key) {
                    Some(Some(newer)) => visit(key, newer),
                    Some(None) => ControlFlow::Continue(()),
                    None => visit(key, value),
                };
            }
            flow
        })?;
        if flow.is_continue() {
            // Nothing comes after these, so whether the visitor has had enough does not matter.
            let _: ControlFlow<()> = written.visit_below(None, visit);
        }
        Ok(())
    }

    fn before(&self, table: Table, until: Option<&[u8]>) -> Result<Option<KeyValue>, StoreError> {
        let mut until = until.map(<[u8]>::to_vec);
        loop {
            let bound = until.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
            let own = self.own.before(table, bound);
            let batch = self.batch.before(table, bound);
            // On equal keys the body's own row is the newer one.
            let written = match (own, batch) {
                (Some(own), Some(batch)) if own.0 < batch.0 => Some(batch),
                (Some(own), _) => Some(own),
                (None, batch) => batch,
            };
            let filed = self.file.before(table, until.as_deref())?;
            match (written, filed) {
                (None, filed) => return Ok(filed),
                (Some((key, _)), Some(filed)) if *key < filed.0 => return Ok(Some(filed)),
                (Some((key, Some(value))), _) => return Ok(Some((key.clone(), value.clone()))),
                (Some((key, None)), _) => until = Some(key.clone()),
            }
        }
    }
}

impl WriteTx for Layered<'_> {
    fn put(&mut self, table: Table, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        self.own.set(table, key, Some(value));
        Ok(())
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.own.set(table, key, None);
        Ok(())
    }

    fn sequence(&mut self) -> u64 {
        self.sequence = self.sequence.saturating_add(1);
        self.sequence
    }
}

/// Two ranges of written rows as one, ascending; the body's own row hides the batch's.
struct Merged<'a> {
    own: Range<'a>,
    batch: Range<'a>,
}

impl<'a> Merged<'a> {
    fn peek(&mut self) -> Option<&'a [u8]> {
        let own = self.own.peek().map(|(key, _)| key.as_slice());
        let batch = self.batch.peek().map(|(key, _)| key.as_slice());
        match (own, batch) {
            (Some(own), Some(batch)) => Some(own.min(batch)),
            (own, batch) => own.or(batch),
        }
    }

    /// The written row under `key`, when it is the next one.
    fn take(&mut self, key: &[u8]) -> Option<&'a Option<Vec<u8>>> {
        let batch = self.batch.next_if(|(next, _)| next.as_slice() == key);
        let own = self.own.next_if(|(next, _)| next.as_slice() == key);
        own.or(batch).map(|(_, value)| value)
    }

    /// Visits the written rows that come before `key`, or all that are left.
    fn visit_below(&mut self, key: Option<&[u8]>, visit: &mut Visit<'_>) -> ControlFlow<()> {
        while let Some(next) = self.peek().filter(|next| key.is_none_or(|key| *next < key)) {
            if let Some(Some(value)) = self.take(next) {
                visit(next, value)?;
            }
        }
        ControlFlow::Continue(())
    }
}

type Range<'a> = Peekable<
    core::iter::Flatten<core::option::IntoIter<btree_map::Range<'a, Vec<u8>, Option<Vec<u8>>>>>,
>;

impl Overlay {
    /// Everything that `later` wrote stands over what was here.
    pub(super) fn absorb(&mut self, later: Self) {
        for (table, rows) in later.tables {
            match self.tables.entry(table) {
                btree_map::Entry::Vacant(place) => {
                    place.insert(rows);
                }
                btree_map::Entry::Occupied(mut place) => place.get_mut().extend(rows),
            }
        }
    }

    fn row(&self, table: Table, key: &[u8]) -> Option<&Option<Vec<u8>>> {
        self.tables.get(&table)?.get(key)
    }

    fn range<'a>(&'a self, table: Table, from: &[u8], until: Option<&[u8]>) -> Range<'a> {
        let until = until.map_or(Bound::Unbounded, Bound::Excluded);
        self.tables
            .get(&table)
            .map(|rows| rows.range::<[u8], _>((Bound::Included(from), until)))
            .into_iter()
            .flatten()
            .peekable()
    }

    fn before(&self, table: Table, until: Bound<&[u8]>) -> Option<(&Vec<u8>, &Option<Vec<u8>>)> {
        self.tables
            .get(&table)?
            .range::<[u8], _>((Bound::Unbounded, until))
            .next_back()
    }
}
