//! A backup (BAK-01): every row of one snapshot in a fresh file, while commands go on. The keys are not in it, so it says
//! nothing about anybody to whoever has it alone (privacy §4).

use std::path::Path;

use crate::domain::time::Moment;
use crate::store::StoreError;
use crate::store::redb::{Exported, export};

use super::Engine;
use super::rows::TABLES;
use super::work::Stop;

/// What a backup holds: what its manifest says, and a restore of it is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// Which installation it is of.
    pub install: [u8; 16],
    /// On the wall, when it was begun.
    pub at: Moment,
    /// Business time of the latest command in it.
    pub latest: Moment,
    /// The last number of its sequence.
    pub sequence: u64,
    /// How many rows each table has.
    pub rows: Vec<(&'static str, u64)>,
    /// The hash of all rows in order ([`crate::store::redb::RowHash`]).
    pub sha256: [u8; 32],
}

impl Engine {
    /// Writes a backup into a file that is not there yet. Commands go on meanwhile: what they change is not in it, and
    /// what they free stays in the store's file until it is done.
    ///
    /// # Errors
    /// The store's, of either file; then the new one is taken away.
    pub fn backup(&self, to: &Path) -> Result<Backup, Stop> {
        let mut tries = 3_u8;
        loop {
            tries = tries.saturating_sub(1);
            match self.back_up_once(to) {
                // A reopening of the file has overtaken the snapshot.
                Err(Stop::Store(StoreError::Busy)) if 0 < tries => {}
                result => return result,
            }
        }
    }

    fn back_up_once(&self, to: &Path) -> Result<Backup, Stop> {
        let at = self.clock.wall();
        let tx = self.store.read()?;
        let view = super::View::new(&*tx, &self.keys);
        let latest = view.latest_commit()?;
        let exported = export(&*tx, TABLES, to, 0, &mut |_, _, _| Ok(true))?;
        Ok(Backup {
            install: self.keys.keybox().install(),
            at,
            latest,
            sequence: exported.sequence,
            rows: named(&exported),
            sha256: exported.sha256,
        })
    }
}

/// The counts by the tables' names.
pub(super) fn named(exported: &Exported) -> Vec<(&'static str, u64)> {
    let rows = exported.rows.iter();
    rows.map(|(table, rows)| (table.name(), *rows)).collect()
}
