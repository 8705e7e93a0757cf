//! An account as its row holds it: the cache of its entries, with the heads of its chains.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{CarryId, EntryId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};
use crate::ledger::account::{Account, OpenHold, Totals};
use crate::ledger::lot::Lot;
use crate::ledger::spend::Spend;

use super::LotV1;

/// An account's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum AccountRow {
    V1(AccountV1),
}

/// The first spelling of an account.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AccountV1 {
    reference: String,
    opened_on: Day,
    state: AccountState,
    lots: Vec<LotV1>,
    holds: Vec<OpenHold>,
    debt: Points,
    carries: Vec<(CarryId, Exact)>,
    lifetime: Money,
    days: Vec<(Day, Money)>,
    by_day: bool,
    tiers: Vec<(Moment, Tier)>,
    tier_flagged: bool,
    totals: Totals,
    entries: u64,
    last_entry: Option<EntryId>,
    last_sale: Option<SaleId>,
    last_receipt: Option<ReceiptKey>,
}

/// What an account's row holds beside the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What it was opened under: made up, never a name; empty for members.
    pub reference: String,
    /// The last answer that is kept: the head of the account's chain of answers.
    pub last_receipt: Option<ReceiptKey>,
}

/// The row's key of an answer: an idempotency key's time and a hash of it.
pub type ReceiptKey = [u8; 24];

/// An account with what its row holds beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// What is not the ledger's.
    pub head: Head,
    /// The account.
    pub account: Account,
}

impl From<&AccountRecord> for AccountRow {
    fn from(record: &AccountRecord) -> Self {
        let account = &record.account;
        let open = account.lots.iter().filter(|lot| !lot.remaining.is_zero());
        Self::V1(AccountV1 {
            reference: record.head.reference.clone(),
            opened_on: account.opened_on,
            state: account.state,
            lots: open.map(LotV1::from).collect(),
            holds: account.holds.clone(),
            debt: account.debt,
            carries: account.carries.clone(),
            lifetime: account.spend.lifetime,
            days: account.spend.days.clone(),
            by_day: account.spend.by_day,
            tiers: account.tiers.clone(),
            tier_flagged: account.tier_flagged,
            totals: account.totals,
            entries: account.entries,
            last_entry: account.last_entry,
            last_sale: account.last_sale,
            last_receipt: record.head.last_receipt,
        })
    }
}

impl From<AccountRow> for AccountRecord {
    fn from(AccountRow::V1(row): AccountRow) -> Self {
        let spend = Spend {
            lifetime: row.lifetime,
            days: row.days,
            by_day: row.by_day,
        };
        Self {
            head: Head {
                reference: row.reference,
                last_receipt: row.last_receipt,
            },
            account: Account {
                opened_on: row.opened_on,
                state: row.state,
                lots: row.lots.into_iter().map(Lot::from).collect(),
                holds: row.holds,
                debt: row.debt,
                carries: row.carries,
                spend,
                tiers: row.tiers,
                tier_flagged: row.tier_flagged,
                totals: row.totals,
                entries: row.entries,
                last_entry: row.last_entry,
                last_sale: row.last_sale,
            },
        }
    }
}
