//! Does everything add up? Every account is replayed from its entries, every sale is weighed again, the journal is summed
//! again, and every row is read: each difference is named.

mod account;
mod audit;
mod carried;
mod journal;
mod keys;
mod merged;
mod people;
mod tickets;

use core::fmt;
use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, HoldId, SaleId};
use crate::domain::refusal::Refusal;

use super::Engine;
use super::liability::Sums;
use super::rows::TokenKey;
use super::work::View;

#[cfg(feature = "redb")]
pub(super) use account::owed as owed_by;

/// Something that does not add up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// A stable word for its kind.
    pub code: &'static str,
    /// Where: a table and key, or an account's reference.
    pub place: String,
    /// What stands there and what should.
    pub detail: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}: {}", self.code, self.place, self.detail)
    }
}

/// What `verify` looked at and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Accounts replayed.
    pub accounts: u64,
    /// Entries read.
    pub entries: u64,
    /// Sales weighed again.
    pub sales: u64,
    /// Lots compared.
    pub lots: u64,
    /// Answers under keys.
    pub receipts: u64,
    /// Rows of the journal.
    pub journal_rows: u64,
    /// Leaves of the audit.
    pub leaves: u64,
    /// What does not add up.
    pub differences: Vec<Difference>,
}

/// What the accounts come to in all, to hold the journal and the tables against.
#[derive(Debug, Default)]
struct Seen {
    verified: Verified,
    /// Liability by month and receivable, as the accounts have them.
    owed: Sums,
    open_holds: BTreeSet<HoldId>,
    /// Sales that an answer says were done.
    sold: BTreeSet<SaleId>,
    /// Sales that must have an answer: those of the chains, and those of entries whose sale is past its keeping.
    answered: BTreeSet<SaleId>,
    /// Sales whose answer is past its keeping.
    unanswered: BTreeSet<SaleId>,
    /// Tills' receipts that lead to an answer.
    business: BTreeSet<Vec<u8>>,
    /// Rows of sale tokens that an answer names.
    tokens: BTreeSet<TokenKey>,
    accounts: BTreeSet<AccountId>,
}

impl Seen {
    fn differs(&mut self, code: &'static str, place: impl Into<String>, detail: impl Into<String>) {
        let (place, detail) = (place.into(), detail.into());
        self.verified.differences.push(Difference {
            code,
            place,
            detail,
        });
    }
}

impl Engine {
    /// Looks at everything in one snapshot. `progress` hears how many accounts of how many are done.
    pub fn verify(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<Verified, Refusal> {
        let versions = self.versions();
        self.read(|view: &View<'_>| {
            let mut seen = Seen::default();
            let ids = account::ids(view, &mut seen)?;
            let all = u64::try_from(ids.len()).unwrap_or(u64::MAX);
            for (done, id) in (1_u64..).zip(ids) {
                account::check(view, &versions, id, &mut seen)?;
                progress(done, all);
            }
            keys::check(view, &mut seen)?;
            people::check(view, &mut seen)?;
            tickets::check(view, &mut seen)?;
            merged::check(view, &mut seen)?;
            journal::check(view, &mut seen)?;
            audit::check(view, &mut seen)?;
            Ok(seen.verified)
        })
    }
}
