//! Which tables there are, and how their rows are spelt. A stored row is an enum with a variant for each version; what
//! is written never changes its meaning.
//!
//! Keys are fixed-width and follow the order of commit wherever rows are many; nothing about a person is ever a key.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::ids::{AccountId, CarryId, EntryId, LotId, MemberId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment, Month};
use crate::ledger::account::{Account, OpenHold, Totals};
use crate::ledger::entry::Entry;
use crate::ledger::hold::Hold;
use crate::ledger::journal::{JournalAccount, Posting};
use crate::ledger::lot::{Lot, LotGrant};
use crate::ledger::sale::{ReceiptNo, Sale};
use crate::ledger::spend::Spend;
use crate::store::Table;
use crate::store::key::{Key, Parts};
use crate::store::row::{Plain, Sealed};

use crate::policy::agreement::AgreementAccepted;
use crate::policy::consent::ConsentEvent;
use crate::policy::notice::Language;
use crate::vault::address::AddressRow;
use crate::vault::pin::VerifierRow;
use crate::vault::profile::ProfileRow;
use crate::vault::tokens::SaleToken;

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
/// Member id → who the member is, sealed under the core key.
pub(crate) const MEMBERS: Sealed<MemberRow> = Sealed::new(Table::new("members"));
/// Member id → the postal address, sealed under the postal key.
pub(crate) const POSTAL: Sealed<PostalRow> = Sealed::new(Table::new("postal"));
/// Member id → attempts to sign in, sealed likewise.
pub(crate) const SIGN_INS: Sealed<SignInRow> = Sealed::new(Table::new("sign_ins"));
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

/// Sequence of an act → its draft, and from the end of its batch on the place of its leaf.
pub(crate) const ACTS: Plain<ActRow> = Plain::new(Table::new("acts"));
/// Place in the audit → the leaf.
pub(crate) const LEAVES: Plain<LeafRow> = Plain::new(Table::new("leaves"));
/// Level and place in the audit's tree → the hash of that whole subtree.
pub(crate) const NODES: Plain<NodeRow> = Plain::new(Table::new("nodes"));
/// How many leaves there are.
pub(crate) const TREE: Plain<TreeRow> = Plain::new(Table::new("tree"));
/// Bucket → the newest epoch of its key that the audit names.
pub(crate) const EPOCHS: Plain<EpochRow> = Plain::new(Table::new("epochs"));
/// The request's key → an erasure that has begun and must be finished.
pub(crate) const INTENTS: Plain<IntentRow> = Plain::new(Table::new("intents"));
/// The request's key → an erasure that was done: readable without any member's key.
pub(crate) const ERASURES: Plain<ErasureRow> = Plain::new(Table::new("erasures"));
/// Bucket and destination → a copy of keys that still has to be replaced.
pub(crate) const OWED: Plain<OwedRow> = Plain::new(Table::new("owed"));
/// Day and sequence → an attempt to sign in, or a success.
pub(crate) const LOGINS: Plain<LoginRow> = Plain::new(Table::new("logins"));
/// Day → how many log-ins it had and their hash, once the day is over.
pub(crate) const LOGIN_DAYS: Plain<LoginDayRow> = Plain::new(Table::new("login_days"));
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
];

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

/// A member's core row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum MemberRow {
    V1(MemberV1),
    V2(MemberV2),
}

/// The second spelling: with the handle that the audit knows the member by, and who was given the data.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberV2 {
    /// What the first one has.
    pub(crate) told: MemberV1,
    /// Sixteen random bytes, in no other row of the member.
    pub(crate) handle: [u8; 16],
    /// Who was given the member's data (DSR-07).
    pub(crate) recipients: Vec<String>,
}

impl MemberRow {
    /// As the newest spelling has it. A row of the first had no handle: it gets one that follows from the member's id, and
    /// keeps it when it is written again.
    pub(crate) fn newest(self, member: MemberId) -> MemberV2 {
        match self {
            Self::V2(row) => row,
            Self::V1(told) => {
                let hash = Sha256::digest([b"jifen handle".as_slice(), member.as_bytes()].concat());
                MemberV2 {
                    told,
                    handle: hash.first_chunk().copied().unwrap_or_default(),
                    recipients: Vec::new(),
                }
            }
        }
    }
}

/// The first spelling of who a member is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberV1 {
    /// Name and mobile number.
    pub(crate) profile: ProfileRow,
    /// What the PIN is held against.
    pub(crate) verifier: VerifierRow,
    /// The card's digits, for the member's own pages.
    pub(crate) card: CardDigits,
    /// The agreement that was accepted (MEM-03).
    pub(crate) agreement: AgreementAccepted,
    /// 18 or older, as the member said; no date of birth (MEM-04).
    pub(crate) age_attested: bool,
    /// Every answer about an optional purpose (CON-02).
    pub(crate) consents: Vec<ConsentEvent>,
    /// The language of the registration.
    pub(crate) language: Language,
    /// The kiosk of the registration.
    pub(crate) device: String,
    /// When.
    pub(crate) enrolled_at: Moment,
    /// Whether another member has the same phone: to be offered for merging, and shown to nobody at the kiosk.
    pub(crate) possible_duplicate: bool,
    /// The first log-in, which brought the gift.
    pub(crate) first_signed_in: Option<Moment>,
}

/// A member's postal address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum PostalRow {
    V1(AddressRow),
}

/// A card's digits in a row: they print as nothing, and are wiped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct CardDigits(pub(crate) String);

impl core::fmt::Debug for CardDigits {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("CardDigits(..)")
    }
}

/// Attempts to sign in (MEM-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SignInRow {
    V1 {
        /// Attempts since the last success.
        failed: u32,
        /// On the wall: no attempt before it.
        wait_until: Moment,
        /// The UTC day of the latest attempt.
        day: i64,
        /// Attempts of that day since the last success.
        of_day: u32,
    },
}

impl SignInRow {
    /// Nobody has tried.
    pub(crate) const NONE: Self = Self::V1 {
        failed: 0,
        wait_until: Moment::EPOCH,
        day: 0,
        of_day: 0,
    };
}

/// An act: as the command noted it, and then where its leaf is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ActRow {
    /// The leaf but for its place.
    Draft(String),
    /// The place.
    Leaf(u64),
}

/// A leaf, as one line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LeafRow {
    V1(String),
}

/// The hash of a whole subtree.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum NodeRow {
    V1([u8; 32]),
}

/// The tree.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum TreeRow {
    V1 {
        size: u64,
        /// The last number of a journal row that a leaf names: the next batch's range begins after it.
        journal_to: u64,
    },
}

/// The newest epoch of a bucket.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum EpochRow {
    V1(u64),
}

/// An erasure on its way (privacy §3): its rows are gone, its keys may not be yet. Nothing of the member is in it but ids
/// that lead nowhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum IntentRow {
    V1 {
        /// Whose keys go.
        member: MemberId,
        /// What the erasure will have come to.
        erasure: ErasureV1,
    },
}

/// An erasure that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ErasureRow {
    V1 {
        erasure: ErasureV1,
        /// The bucket whose key was destroyed, and the epoch of the one that took its place.
        bucket: u8,
        epoch: u64,
        /// The act in the audit.
        act: u64,
    },
}

/// What an erasure came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErasureV1 {
    /// When it began.
    pub(crate) at: Moment,
    /// Who asked for it, in which role, at which device.
    pub(crate) by: (String, ByRole, String),
    /// The member's handle in the audit.
    pub(crate) handle: [u8; 16],
    /// The groups of keys that were destroyed.
    pub(crate) groups: Vec<KeyGroup>,
    /// Points that were lost.
    pub(crate) forfeited: Points,
    /// Debt that the shop bears.
    pub(crate) released: Points,
    /// Who was given the member's data before (DSR-07).
    pub(crate) recipients: Vec<String>,
}

/// Whose wish an erasure was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ByRole {
    Member,
    Operator,
}

/// A group of a member's keys (privacy §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyGroup {
    /// Who the member is.
    Core,
    /// The address.
    Postal,
    /// The account and all that happened to it.
    History,
}

/// A copy of a bucket's keys that is older than an erasure in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum OwedRow {
    V1 {
        /// The copy must be of this epoch or a later one.
        epoch: u64,
        /// Since when.
        since: Moment,
    },
}

/// An attempt to sign in, or a success.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LoginRow {
    V1 {
        at: Moment,
        device: String,
        success: bool,
        /// Whose it was, under the day's key.
        owner: Vec<u8>,
    },
}

/// A day's log-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LoginDayRow {
    V1 { rows: u64, hash: [u8; 32] },
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
