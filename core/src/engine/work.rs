//! What a command may do inside its transaction: read rows, and stage the rows that are written when it succeeds.
//! A command that is refused has written nothing.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::{AccountId, EntryId, LotId, MemberId, ProgrammeHash};
use crate::domain::programme::{Programme, Versions};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Moment, Zone};
use crate::ledger::account::LedgerError;
use crate::ledger::desk::{Desk, Ids};
use crate::ledger::earn::DaySums;
use crate::ledger::entry::Entry;
use crate::ledger::hold::{Hold, HoldState};
use crate::ledger::sale::{ReceiptNo, Sale};
use crate::store::row::{Plain, Sealed};
use crate::store::{Home, StoreError, Table, WriteTx};
use crate::vault::DataKey;

use super::Settings;
use super::clock::Draw;
use super::keys::{Keys, Today};
use super::rows::{
    ACCOUNTS, AccountRecord, AccountRow, CLOCKS, ClockRow, DAYS, DayRow, ENTRIES, EntryRow, HOLDS,
    Head, HoldRow, JOURNAL, JournalRow, LOTS, LotRow, LotV1, ReceiptKey, SALES, SaleRow, TokenKey,
    day_key,
};

pub use super::view::{View, home_of};
pub(crate) use super::view::{looks_at_days, rules_of};

/// Why a command stops: a "no" by rule, or a fault of the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// By rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<LedgerError> for Stop {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Overflow => Self::Refused(Refusal::AmountTooLarge),
            LedgerError::Calendar => Self::Refused(Refusal::BadTime),
            LedgerError::Unfit => {
                Self::Store(StoreError::Damaged("an account does not add up".into()))
            }
        }
    }
}

impl From<Stop> for Refusal {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => refusal,
            Stop::Store(error) => error.into(),
        }
    }
}

/// What a command is given before its transaction begins, and which does not change when the body runs again.
pub(crate) struct Given {
    pub(crate) keys: Arc<Keys>,
    pub(crate) today: Today,
    pub(crate) now: Moment,
    pub(crate) clock_trusted: bool,
    pub(crate) versions: Arc<Versions>,
    pub(crate) settings: Settings,
}

/// The answer that a command is about to keep, and its place in the account's chain of answers.
#[derive(Debug, Default)]
pub(crate) struct Answering {
    /// The row's key of the answer; none for work that keeps no answer.
    pub(crate) key: Option<ReceiptKey>,
    /// Whose answer it is: the account that the command names, wherever it lives on.
    pub(crate) account: Option<AccountId>,
    /// The answer before it.
    pub(crate) previous: Option<ReceiptKey>,
    /// The sale token that was written with it.
    pub(crate) token: Option<TokenKey>,
    chained: bool,
}

impl Answering {
    fn chain(&mut self, head: &mut Head) {
        if let Some(key) = self.key.filter(|_| !self.chained) {
            self.previous = head.last_receipt.replace(key);
            self.chained = true;
        }
    }
}

/// A command's transaction: reads, decides, and writes last.
pub struct Work<'a> {
    tx: &'a mut dyn WriteTx,
    keys: &'a Keys,
    today: &'a Today,
    draw: Draw,
    wrote: bool,
    /// Under which key the answer will be kept, and what the accounts chain to it.
    pub(crate) answer: Answering,
    /// Business time of the command.
    pub now: Moment,
    /// Whether the clock was trusted when the command came.
    pub clock_trusted: bool,
    /// The programme's versions.
    pub versions: &'a Versions,
    /// The shop's settings.
    pub settings: Settings,
}

impl core::fmt::Debug for Work<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Work")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

impl Ids for Work<'_> {
    fn draw(&mut self) -> (u64, [u8; 8]) {
        (self.tx.sequence(), self.draw.bytes())
    }
}

impl<'a> Work<'a> {
    pub(crate) fn new(tx: &'a mut dyn WriteTx, draw: Draw, given: &'a Given) -> Self {
        Self {
            tx,
            keys: &given.keys,
            today: &given.today,
            draw,
            wrote: false,
            answer: Answering::default(),
            now: given.now,
            clock_trusted: given.clock_trusted,
            versions: &given.versions,
            settings: given.settings,
        }
    }

    /// Reading.
    pub fn view(&self) -> View<'_> {
        View::new(self.tx, self.keys)
    }

    /// Whether a row was written: a command that is refused has written none.
    pub(crate) const fn wrote(&self) -> bool {
        self.wrote
    }

    /// The programme that is valid now.
    pub fn programme(&self) -> Result<&'a Programme, Stop> {
        let programme = self.versions.at(self.now).ok_or(Refusal::BeforeProgramme)?;
        Ok(programme)
    }

    /// An account settled up to now.
    pub fn desk(&self, id: AccountId) -> Result<(Head, Desk), Stop> {
        self.view().desk(id, self.now, self.versions)
    }

    /// Puts the lots of some ids beside the open ones, so that points may come back to them.
    pub fn bring(
        &self,
        owner: AccountId,
        desk: &mut Desk,
        lots: impl IntoIterator<Item = LotId>,
    ) -> Result<(), Stop> {
        for id in lots {
            if desk.account.lot(id).is_none()
                && let Some(lot) = self.view().lot(owner, id)?
            {
                desk.account.bring(lot);
            }
        }
        Ok(())
    }

    /// Writes what a desk has done: entries, lots, holds that lapsed, the account and the journal.
    pub fn finish(
        &mut self,
        id: AccountId,
        mut head: Head,
        mut desk: Desk,
        rules: ProgrammeHash,
        receipt: Option<&ReceiptNo>,
    ) -> Result<(), Stop> {
        // Where it lives on; its answers stay its own.
        let id = self.view().here(id)?;
        for posted in core::mem::take(&mut desk.posted) {
            let (sequence, random) = self.draw();
            let entry = Entry {
                id: EntryId::new(sequence, random),
                previous: desk.account.last_entry,
                at: posted.at,
                programme: rules,
                movement: posted.movement,
                balance: posted.balance,
                debt: posted.debt,
            };
            desk.account.last_entry = Some(entry.id);
            desk.account.entries = desk.account.entries.saturating_add(1);
            let key = *entry.id.as_bytes();
            self.put_sealed(id, &ENTRIES, &key, &EntryRow::V1(entry))?;
        }
        for lot in desk.touched_lots() {
            self.put_sealed(
                id,
                &LOTS,
                lot.grant.id.as_bytes(),
                &LotRow::V1(LotV1::from(lot)),
            )?;
        }
        for (hold, _) in &desk.lapsed_holds {
            let (owner, hold) = self.view().hold(*hold)?;
            let state = HoldState::Lapsed;
            self.put_hold(owner, Hold { state, ..hold })?;
        }
        if !desk.journal.is_empty() {
            let sequence = self.number();
            let day = desk.zone.day_of(self.now);
            let row = JournalRow::V1 {
                day,
                receipt: receipt.cloned(),
                postings: desk.journal,
            };
            self.put_plain(&JOURNAL, &sequence.to_be_bytes(), &row)?;
        }
        if self.answer.account == Some(id) {
            self.answer.chain(&mut head);
        }
        let record = AccountRecord {
            head,
            account: desk.account,
        };
        self.put_sealed(id, &ACCOUNTS, id.as_bytes(), &AccountRow::from(&record))
    }

    /// Chains the answer to an account that the command itself did not write.
    pub(crate) fn chain_answer(&mut self, id: AccountId) -> Result<(), Stop> {
        if self.answer.chained {
            return Ok(());
        }
        let mut record = self.view().own_account(id)?;
        self.answer.chain(&mut record.head);
        self.put_sealed(id, &ACCOUNTS, id.as_bytes(), &AccountRow::from(&record))
    }

    /// Writes a sale, under the key of the account that its own lives on in.
    pub fn put_sale(&mut self, sale: Sale) -> Result<(), Stop> {
        let key = *sale.id.as_bytes();
        let here = self.view().here(sale.account)?;
        self.put_sealed(here, &SALES, &key, &SaleRow::V1(sale))
    }

    /// Writes a hold.
    pub fn put_hold(&mut self, owner: AccountId, hold: Hold) -> Result<(), Stop> {
        let key = *hold.id.as_bytes();
        HOLDS.put(self, owner, &key, &key, &HoldRow::V1(hold))
    }

    /// Writes the sums of a sale's local day.
    pub fn put_day_sums(&mut self, sale: &Sale, zone: Zone, sums: &DaySums) -> Result<(), Stop> {
        let day = zone.day_of(sale.sold_at);
        for ((carry, cap), sum) in sums {
            let key = day_key(day, sale.account, *carry, *cap);
            self.put_sealed(sale.account, &DAYS, key.as_bytes(), &DayRow::V1(*sum))?;
        }
        Ok(())
    }

    /// Notes the time of this commit in its bucket: no later command may be before it.
    pub(crate) fn note_time(&mut self, home: Home) -> Result<(), Stop> {
        let bucket = match home {
            Home::Bucket(bucket) => bucket,
            Home::Node => Home::BUCKETS,
        };
        let before = CLOCKS.row(self.tx, self.keys.mac(), &[bucket])?;
        let before = before.map_or(Moment::EPOCH, |ClockRow::V1(at)| at);
        self.put_plain(&CLOCKS, &[bucket], &ClockRow::V1(self.now.max(before)))
    }

    /// Writes a row of an account, under a nonce of its own.
    pub(crate) fn put_sealed<R: Serialize + DeserializeOwned>(
        &mut self,
        owner: AccountId,
        table: &Sealed<R>,
        key: &[u8],
        row: &R,
    ) -> Result<(), Stop> {
        let codec = self.keys.history(owner)?;
        self.put_under(&codec, table, key, row)
    }

    /// Writes a row about who a member is, under a nonce of its own.
    pub(crate) fn put_core<R: Serialize + DeserializeOwned>(
        &mut self,
        owner: MemberId,
        table: &Sealed<R>,
        key: &[u8],
        row: &R,
    ) -> Result<(), Stop> {
        let codec = self.keys.core(owner)?;
        self.put_under(&codec, table, key, row)
    }

    /// Writes a sealed row under this key of a member.
    pub(crate) fn put_under<R: Serialize + DeserializeOwned>(
        &mut self,
        codec: &DataKey,
        table: &Sealed<R>,
        key: &[u8],
        row: &R,
    ) -> Result<(), Stop> {
        self.wrote = true;
        let nonce = self.nonce();
        Ok(table.put(self.tx, codec, nonce, key, row)?)
    }

    /// Writes a row that belongs to nobody.
    pub(crate) fn put_plain<R: Serialize + DeserializeOwned>(
        &mut self,
        table: &Plain<R>,
        key: &[u8],
        row: &R,
    ) -> Result<(), Stop> {
        self.wrote = true;
        Ok(table.put(self.tx, self.keys.mac(), key, row)?)
    }

    /// There is no row under this key.
    pub(crate) fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), Stop> {
        self.wrote = true;
        Ok(self.tx.delete(table, key)?)
    }

    /// The next number in the order of commit.
    pub(crate) fn number(&mut self) -> u64 {
        self.tx.sequence()
    }

    /// Random bytes for what has no order.
    pub(crate) fn random<const N: usize>(&mut self) -> [u8; N] {
        self.draw.bytes()
    }

    /// A nonce that no other value has.
    pub(crate) fn nonce(&mut self) -> [u8; 24] {
        self.draw.bytes()
    }

    pub(crate) const fn keys(&self) -> &'a Keys {
        self.keys
    }

    /// The day's key.
    pub(crate) const fn today(&self) -> &'a Today {
        self.today
    }

    /// A new sale's or hold's sixteen bytes.
    pub fn new_id<T>(&mut self, make: impl FnOnce(u64, [u8; 8]) -> T) -> T {
        let (sequence, random) = self.draw();
        make(sequence, random)
    }
}
