//! Who of the staff looked at a member's data. Each row is sealed under the member's core key, and each leads to the one
//! before it: the newest stands in the member's row.

use serde::{Deserialize, Serialize};

use crate::domain::time::Moment;
use crate::store::Table;
use crate::store::row::Sealed;

/// The order of commit → one look at a member's data, sealed under that member's core key.
pub(crate) const LOOKS: Sealed<LookRow> = Sealed::new(Table::new("looks"));

/// One look.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LookRow {
    V1 {
        at: Moment,
        /// The name of the account, and its role.
        who: String,
        role: String,
        /// The words of the fields, never a value.
        fields: Vec<String>,
        purpose: String,
        basis: String,
        /// The number of the request or the approval that it belongs to.
        ticket: Option<String>,
        /// The look before it.
        previous: Option<u64>,
    },
}
