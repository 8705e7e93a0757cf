//! Rows about records of one person that were merged (semantics 17).

use serde::{Deserialize, Serialize};

use crate::domain::ids::AccountId;
use crate::domain::time::Moment;
use crate::store::Table;
use crate::store::row::Sealed;

/// Account id → where it went and what came to it; there is no row for an account that nothing was merged with.
pub(crate) const MERGED: Sealed<MergedRow> = Sealed::new(Table::new("merged"));

/// What was merged with an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MergedRow {
    V1 {
        /// In which account it lives on, and since when.
        into: Option<(AccountId, Moment)>,
        /// Which accounts live on in it, the earliest first.
        of: Vec<AccountId>,
    },
}

impl MergedRow {
    /// Nothing.
    pub(crate) const NONE: Self = Self::V1 {
        into: None,
        of: Vec::new(),
    };
}
