//! Which tables there are, and how their rows are spelt. A stored row is an enum with a variant for each version; what
//! is written never changes its meaning.
//!
//! Keys are fixed-width and follow the order of commit wherever rows are many; nothing about a person is ever a key.

mod account;
mod audit;
mod codes;
mod merged;
mod people;
mod tickets;
mod looks;
mod retention;
mod staff;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, CarryId, LotId, SaleId};
use crate::domain::money::Exact;
use crate::domain::points::Points;
use crate::domain::time::{Day, Moment, Month};
use crate::ledger::entry::Entry;
use crate::ledger::hold::Hold;
use crate::ledger::journal::{JournalAccount, Posting};
use crate::ledger::lot::{Lot, LotGrant};
use crate::ledger::sale::{ReceiptNo, Sale};
use crate::store::Table;
use crate::store::key::{Key, Parts};
use crate::store::row::{Plain, Sealed};

use crate::vault::tokens::SaleToken;

pub(crate) use account::AccountRow;
pub use account::{AccountRecord, Head, ReceiptKey};
pub use audit::KeyGroup;
pub(crate) use audit::{
    ACTS, ActRow, ByRole, EPOCHS, ERASURES, EpochRow, ErasureRow, ErasureV1, INTENTS, IntentRow,
    LEAVES, LOGIN_DAYS, LOGINS, LeafRow, LoginDayRow, LoginRow, NODES, NodeRow, OWED, OwedRow,
    TREE, TreeRow,
};
pub(crate) use codes::{
    AliasDigits, LIVE, LiveRow, LiveSecretRow, SECTORS, SectorTokenRow, SectorV1, SectorsRow,
};
pub(crate) use merged::{MERGED, MergedRow};
pub(crate) use people::{
    CardDigits, Identity, IdentityNumber, MEMBERS, MemberRow, MemberV1, MemberV3, Merged, POSTAL,
    PostalRow, Reset, SIGN_INS, SignInRow, Source, Verified, VerifiedHow,
};
pub(crate) use tickets::{
    DESK_TICKETS, DeskTicketRow, MEMBER_TICKETS, MemberTicketRow, NobodyV1, TICKET_NUMBERS,
    TICKETS, TicketBody, TicketNumberRow, TicketReply, TicketRow, TicketV1,
};

pub(crate) use looks::{LOOKS, LookRow};
pub(crate) use retention::{
    ANSWERS_FROM, CARRIED, DAYS_FROM, DESTRUCTIONS, DestructionRow, GoneV1, JOURNAL_FROM,
    KEPT_FROM, KeptFromRow, SALES_FROM, SWEPT_ON,
};

pub(crate) use staff::{
    BreachV1, DoorRow, GrantV1, PROPOSALS, PROPOSED, ProposalRow, ProposalState, ProposalV1,
    ProposedRow, ProposedV1, SET_UP, STAFF, STAFF_DOOR, STRANGERS, StaffRow, StaffV1,
};

use super::commit::Kind;
use super::found::Found;
use super::receipt::Outcome;
use super::tokens::Role;

/// Account id → the account with its open lots and the heads of its chains.
pub(crate) const ACCOUNTS: Sealed<AccountRow> = Sealed::new(Table::new("accounts"));
/// Lot id → the lot as it stands.
pub(crate) const LOTS: Sealed<LotRow> = Sealed::new(Table::new("lots"));
/// Entry id → the entry.
pub(crate) const ENTRIES: Sealed<EntryRow> = Sealed::new(Table::new("entries"));
/// Sale id → the sale.
pub(crate) const SALES: Sealed<SaleRow> = Sealed::new(Table::new("sales"));
/// Hold id → the hold.
pub(crate) const HOLDS: Found<HoldRow> = Found::new("holds");
/// Local day, account, carry, cap → Σ counted of that day.
pub(crate) const DAYS: Sealed<DayRow> = Sealed::new(Table::new("days"));
/// An idempotency key's time and a hash of it → the answer.
pub(crate) const RECEIPTS: Found<ReceiptRow> = Found::new("receipts");
/// Kind, store, till, receipt number → the key in [`RECEIPTS`].
pub(crate) const BUSINESS: Found<BusinessRow> = Found::new("business");
/// A sale token's time and its hash → what it may, and its sale.
pub(crate) const TOKENS: Found<TokenRow> = Found::new("tokens");
/// Version → the notice's text.
pub(crate) const NOTICES: Plain<NoticeRow> = Plain::new(Table::new("notices"));
/// Terminal → its generation and state.
pub(crate) const TERMINALS: Plain<TerminalRow> = Plain::new(Table::new("terminals"));
/// Terminal → the sequence numbers it has used.
pub(crate) const WINDOWS: Plain<WindowRow> = Plain::new(Table::new("windows"));
/// Sequence → what the journal books for one command.
pub(crate) const JOURNAL: Plain<JournalRow> = Plain::new(Table::new("journal"));
/// Account of the journal → its sum.
pub(crate) const TOTALS: Plain<TotalRow> = Plain::new(Table::new("totals"));
/// `effective_from` → the programme's text.
pub(crate) const PROGRAMMES: Plain<ProgrammeRow> = Plain::new(Table::new("programmes"));
/// Bucket → business time of its latest commit.
pub(crate) const CLOCKS: Plain<ClockRow> = Plain::new(Table::new("clocks"));

/// Every table that is backed up: all there are. A new one is named here, or no backup has it.
#[cfg(feature = "redb")]
pub(crate) const TABLES: &[Table] = &[
    super::install::INSTALL,
    ACCOUNTS.table(),
    LOTS.table(),
    ENTRIES.table(),
    SALES.table(),
    HOLDS.table(),
    DAYS.table(),
    RECEIPTS.table(),
    BUSINESS.table(),
    TOKENS.table(),
    MEMBERS.table(),
    SIGN_INS.table(),
    NOTICES.table(),
    TERMINALS.table(),
    WINDOWS.table(),
    JOURNAL.table(),
    TOTALS.table(),
    PROGRAMMES.table(),
    CLOCKS.table(),
    POSTAL.table(),
    ACTS.table(),
    LEAVES.table(),
    NODES.table(),
    TREE.table(),
    EPOCHS.table(),
    INTENTS.table(),
    ERASURES.table(),
    OWED.table(),
    LOGINS.table(),
    LOGIN_DAYS.table(),
    LIVE.table(),
    SECTORS.table(),
    TICKETS.table(),
    TICKET_NUMBERS.table(),
    DESK_TICKETS.table(),
    MEMBER_TICKETS.table(),
    LOOKS.table(),
    DESTRUCTIONS.table(),
    CARRIED.table(),
    KEPT_FROM.table(),
    STAFF.table(),
    STAFF_DOOR.table(),
    PROPOSALS.table(),
    PROPOSED.table(),
    MERGED.table(),
];

/// A lot's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LotRow {
    V1(LotV1),
}

/// The first spelling of a lot. Dates are distances from `earned_at`, since an account keeps hundreds of them.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct LotV1 {
    id: LotId,
    points: Points,
    remaining: Points,
    held: Points,
    lapsed: Points,
    earned_at: Moment,
    vests_after_millis: i64,
    expires_after_millis: Option<i64>,
}

impl From<&Lot> for LotV1 {
    fn from(lot: &Lot) -> Self {
        let from_earned = |to: Moment| to.millis().saturating_sub(lot.grant.earned_at.millis());
        Self {
            id: lot.grant.id,
            points: lot.grant.points,
            remaining: lot.remaining,
            held: lot.held,
            lapsed: lot.lapsed,
            earned_at: lot.grant.earned_at,
            vests_after_millis: from_earned(lot.grant.available_at),
            expires_after_millis: lot.grant.expires_at.map(from_earned),
        }
    }
}

impl From<LotV1> for Lot {
    fn from(row: LotV1) -> Self {
        let grant = LotGrant {
            id: row.id,
            points: row.points,
            earned_at: row.earned_at,
            available_at: row.earned_at.plus_millis(row.vests_after_millis),
            expires_at: row
                .expires_after_millis
                .map(|after| row.earned_at.plus_millis(after)),
        };
        Self {
            grant,
            remaining: row.remaining,
            held: row.held,
            lapsed: row.lapsed,
        }
    }
}

/// An entry's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum EntryRow {
    V1(Entry),
}

/// A sale's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum SaleRow {
    V1(Sale),
}

/// A hold's row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum HoldRow {
    V1(Hold),
}

/// What counted for a rule on a local day.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum DayRow {
    V1(Exact),
}

/// What is kept under an idempotency key.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ReceiptRow {
    V1 {
        /// SHA-256 of the canonical command.
        body: [u8; 32],
        /// The answer.
        outcome: Outcome,
        /// Business time of the commit.
        at: Moment,
        /// The answer of the same account that was kept before it.
        previous: Option<ReceiptKey>,
        /// The till's own name of it, which leads here.
        business: Option<(Kind, ReceiptNo)>,
        /// The row of the sale token that was written with it.
        token: Option<TokenKey>,
    },
}

/// Which receipt a business key leads to.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum BusinessRow {
    V1 { receipt: ReceiptKey },
}

/// The row's key of a sale token: its time and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct TokenKey {
    seconds: [u8; 4],
    hash: [u8; 32],
}

impl TokenKey {
    /// The key of a token's row.
    pub(crate) fn of(token: &SaleToken) -> Self {
        let key = token.row_key();
        let (seconds, hash) = key.split_first_chunk().unwrap_or((&[0; 4], &[]));
        Self {
            seconds: *seconds,
            hash: hash.try_into().unwrap_or([0; 32]),
        }
    }

    /// The bytes that the row stands under.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [self.seconds.as_slice(), &self.hash].concat()
    }
}

/// What a sale token leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TokenRow {
    V1 {
        /// What it may.
        role: Role,
        /// The sale it was used for.
        sale: Option<SaleId>,
    },
}

/// A notice, as it was published.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum NoticeRow {
    V1 {
        /// The order of publishing: the highest is the current one.
        number: u64,
        /// The file's text.
        text: String,
    },
}

/// A terminal that may send signed commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TerminalRow {
    V1 {
        /// Its key follows from the system key, its name and this.
        generation: u32,
        /// Since when.
        added_at: Moment,
        /// Since when no more.
        revoked_at: Option<Moment>,
    },
    /// With the sector that it declares.
    V2 {
        generation: u32,
        added_at: Moment,
        revoked_at: Option<Moment>,
        /// Which, if any: members who joined it are known there by a token (privacy §5).
        sector: Option<u16>,
    },
}

/// The sequence numbers that a terminal has used: the highest, and which of the 64 up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WindowRow {
    V1 { highest: u64, seen: u64 },
}

/// What the journal books for one command. No member, and the day instead of the time.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum JournalRow {
    V1 {
        day: Day,
        receipt: Option<ReceiptNo>,
        postings: Vec<Posting>,
    },
}

/// The sum of one account of the journal: credits less debits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum TotalRow {
    V1(i64),
}

/// A programme's text, as it was activated.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ProgrammeRow {
    V1(String),
}

/// Business time of a bucket's latest commit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ClockRow {
    V1(Moment),
}

/// The key of an account of the journal: a byte for its kind, then the month.
pub(crate) fn total_key(account: JournalAccount) -> Key {
    let (kind, month) = match account {
        JournalAccount::Liability(None) => (0, NEVER),
        JournalAccount::Liability(Some(month)) => (0, i64::from(month.0)),
        JournalAccount::Receivable => (1, 0),
        JournalAccount::Issued => (2, 0),
        JournalAccount::Redeemed => (3, 0),
        JournalAccount::ClawedBack => (4, 0),
        JournalAccount::Expired => (5, 0),
        JournalAccount::Adjusted => (6, 0),
        JournalAccount::Loss => (7, 0),
        JournalAccount::Forfeited => (8, 0),
        JournalAccount::Restored => (9, 0),
    };
    Key::new().u8(kind).i64(month)
}

/// After every month: the liability that never expires.
const NEVER: i64 = i64::MAX;

/// The account of the journal with that key.
pub(crate) fn total_account(key: &[u8]) -> Option<JournalAccount> {
    let mut parts = Parts::of(key);
    let (kind, month) = (parts.u8()?, parts.i64()?);
    let account = match kind {
        0 if month == NEVER => JournalAccount::Liability(None),
        0 => JournalAccount::Liability(Some(Month(i32::try_from(month).ok()?))),
        1 => JournalAccount::Receivable,
        2 => JournalAccount::Issued,
        3 => JournalAccount::Redeemed,
        4 => JournalAccount::ClawedBack,
        5 => JournalAccount::Expired,
        6 => JournalAccount::Adjusted,
        7 => JournalAccount::Loss,
        8 => JournalAccount::Forfeited,
        9 => JournalAccount::Restored,
        _ => return None,
    };
    (total_key(account).as_bytes() == key).then_some(account)
}

/// The key of a day's sum.
pub(crate) fn day_key(day: Day, account: AccountId, carry: CarryId, cap: Points) -> Key {
    days_of(day, account)
        .u64(u64::from_be_bytes(*carry.as_bytes()))
        .i64(cap.count())
}

/// What the keys of an account's sums of a day begin with.
pub(crate) fn days_of(day: Day, account: AccountId) -> Key {
    let key = Key::new().i64(i64::from(day.number()));
    key.id(account.as_bytes())
}

/// Whose sum the row under this key is.
pub(crate) fn day_account(key: &[u8]) -> Option<AccountId> {
    let (_, rest) = key.split_first_chunk::<8>()?;
    rest.first_chunk().copied().map(AccountId::from_bytes)
}

#[cfg(test)]
mod tests;
