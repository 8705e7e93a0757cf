//! Writes that no file holds yet.

use std::collections::BTreeMap;

use super::Table;

/// Rows that were written: `None` stands for one that was deleted.
pub(super) type Rows = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// Writes by table and key.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    pub(super) tables: BTreeMap<Table, Rows>,
}

impl Overlay {
    pub(super) fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    pub(super) fn set(&mut self, table: Table, key: &[u8], value: Option<Vec<u8>>) {
        self.tables
            .entry(table)
            .or_default()
            .insert(key.to_vec(), value);
    }

    /// Tables and their rows, both ascending: the order in which a tree takes them best.
    pub(super) fn tables(&self) -> impl Iterator<Item = (Table, &Rows)> {
        self.tables.iter().map(|(table, rows)| (*table, rows))
    }
}

/// What a batch wrote so far, for its closing body.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a>(&'a Overlay);

impl<'a> Written<'a> {
    pub(super) const fn new(overlay: &'a Overlay) -> Self {
        Self(overlay)
    }

    /// Table, key and value of every row, ascending; `None` stands for a row that was deleted.
    pub fn rows(&self) -> impl Iterator<Item = (Table, &'a [u8], Option<&'a [u8]>)> {
        self.0.tables().flat_map(|(table, rows)| {
            rows.iter()
                .map(move |(key, value)| (table, key.as_slice(), value.as_deref()))
        })
    }

    /// The rows of one table, ascending.
    pub fn table(&self, table: Table) -> impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)> {
        self.0
            .tables
            .get(&table)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_slice(), value.as_deref()))
    }
}
