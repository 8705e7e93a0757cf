//! Rows of what was destroyed when its time was over: how much of each kind, from when on the rest is there, and the
//! journal's sums up to then. Nothing of a person is in them.

use serde::{Deserialize, Serialize};

use crate::domain::time::{Day, Moment};
use crate::policy::retention::RecordKind;
use crate::store::Table;
use crate::store::row::Plain;

use super::TotalRow;

/// Number of the run → what it destroyed.
pub(crate) const DESTRUCTIONS: Plain<DestructionRow> = Plain::new(Table::new("destructions"));
/// Account of the journal → the sum of its rows that are gone.
pub(crate) const CARRIED: Plain<TotalRow> = Plain::new(Table::new("carried"));
/// What → from when on it is there.
pub(crate) const KEPT_FROM: Plain<KeptFromRow> = Plain::new(Table::new("kept_from"));

/// Sales of an earlier local day may be gone.
pub(crate) const SALES_FROM: &[u8] = &[0];
/// Answers of an earlier UTC day may be gone.
pub(crate) const ANSWERS_FROM: &[u8] = &[1];
/// Rows of the journal before that number are gone.
pub(crate) const JOURNAL_FROM: &[u8] = &[2];
/// The keys of earlier days are being destroyed.
pub(crate) const DAYS_FROM: &[u8] = &[3];
/// The local day of the last run that came to its end.
pub(crate) const SWEPT_ON: &[u8] = &[4];

/// A run of the sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DestructionRow {
    V1 {
        /// When it destroyed the first record.
        begun: Moment,
        /// When it came to its end and its acts were noted; none while it goes on, or was cut off.
        ended: Option<Moment>,
        /// What is gone, by kind.
        gone: Vec<GoneV1>,
    },
}

/// How much of a kind is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GoneV1 {
    pub(crate) kind: RecordKind,
    pub(crate) count: u64,
    /// The day of the oldest record.
    pub(crate) oldest: Day,
    /// The day of the youngest one.
    pub(crate) youngest: Day,
}

/// From when on something is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum KeptFromRow {
    /// From that day on.
    Day(Day),
    /// From that number of the journal on.
    Journal {
        /// The first number that is kept.
        number: u64,
        /// The leaf after the one that binds the last row that is gone.
        leaf: u64,
    },
    /// From that UTC day on, counted from 1970-01-01.
    UtcDay(u32),
}
