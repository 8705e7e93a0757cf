//! What a command may do inside its transaction: read rows, and stage the rows that are written when it succeeds.
//! A command that is refused has written nothing.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::{AccountId, EntryId, HoldId, LotId, MemberId, ProgrammeHash, SaleId};
use crate::domain::programme::Versions;
use crate::domain::programme::{Programme, Window};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Moment, Zone};
use crate::ledger::account::{Account, LedgerError};
use crate::ledger::desk::{Desk, Ids};
use crate::ledger::earn::{DaySums, RuleInUse};
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::hold::{Hold, HoldState};
use crate::ledger::lot::Lot;
use crate::ledger::sale::{ReceiptNo, Sale};
use crate::store::row::{Plain, Sealed};
use crate::store::{Home, ReadTx, StoreError, Table, WriteTx};
use crate::vault::DataKey;

use super::Settings;
use super::clock::Draw;
use super::keys::{Keys, Today};
use super::rows::{
    ACCOUNTS, AccountRecord, AccountRow, CLOCKS, ClockRow, DAYS, DayRow, ENTRIES, EntryRow, HOLDS,
    Head, HoldRow, JOURNAL, JournalRow, LOTS, LotRow, LotV1, MEMBERS, MemberV2, ReceiptKey, SALES,
    SIGN_INS, SaleRow, SignInRow, TokenKey, day_key,
};

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

/// Typed reading of a transaction.
pub struct View<'a> {
    pub(crate) tx: &'a dyn ReadTx,
    pub(crate) keys: &'a Keys,
}

impl core::fmt::Debug for View<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("View(..)")
    }
}

/// The home of an account: its bucket, by the first byte of its id.
pub fn home_of(account: AccountId) -> Home {
    let [first, ..] = account.as_bytes();
    Home::of(*first)
}

impl<'a> View<'a> {
    pub(crate) const fn new(tx: &'a dyn ReadTx, keys: &'a Keys) -> Self {
        Self { tx, keys }
    }

    /// An account as it was last written.
    pub fn account(&self, id: AccountId) -> Result<AccountRecord, Stop> {
        let codec = self.keys.history(id)?;
        let row = ACCOUNTS.row(self.tx, &codec, id.as_bytes())?;
        Ok(row.ok_or(Refusal::TokenUnknown)?.into())
    }

    /// An account settled up to `now`, as a command or a reader finds it.
    pub fn desk(
        &self,
        id: AccountId,
        now: Moment,
        versions: &Versions,
    ) -> Result<(Head, Desk), Stop> {
        let record = self.account(id)?;
        let programme = versions.at(now).ok_or(Refusal::BeforeProgramme)?;
        let mut account = record.account;
        if looks_at_days(versions, now) {
            self.keep_days(id, &mut account)?;
        }
        let mut desk = Desk::open(account, now, programme.zone)?;
        let mut valid = versions.iter().peekable();
        while let Some(version) = valid.next() {
            let next = valid.peek().map_or(Moment::MAX, |next| next.effective_from);
            desk.assess_time(version, next.plus_millis(-1))?;
        }
        Ok((record.head, desk))
    }

    /// A programme that begins to look at days finds them in the entries.
    fn keep_days(&self, id: AccountId, account: &mut Account) -> Result<(), Stop> {
        if account.spend.by_day {
            return Ok(());
        }
        let lifetime = account.spend.lifetime;
        account.spend = crate::ledger::spend::Spend {
            by_day: true,
            ..Default::default()
        };
        for entry in self.entries(id, account)? {
            let fits = match &entry.movement {
                Movement::Earn { spend, sold_on, .. } => account.spend.add(*sold_on, *spend),
                Movement::Clawback { spend, sold_on, .. } => {
                    let less = crate::domain::money::Money::ZERO.checked_sub(*spend);
                    less.is_some_and(|less| account.spend.add(*sold_on, less))
                }
                Movement::Open { .. }
                | Movement::Redeem { .. }
                | Movement::Return { .. }
                | Movement::Repay { .. }
                | Movement::Adjust { .. }
                | Movement::Expire { .. }
                | Movement::Assess(_)
                | Movement::Sanction { .. }
                | Movement::Grant { .. } => true,
            };
            if !fits {
                return Err(LedgerError::Overflow.into());
            }
        }
        if account.spend.lifetime == lifetime {
            Ok(())
        } else {
            Err(LedgerError::Unfit.into())
        }
    }

    /// All entries of an account, newest first: its chain from the head on.
    pub fn entries(&self, owner: AccountId, account: &Account) -> Result<Vec<Entry>, Stop> {
        let codec = self.keys.history(owner)?;
        let mut entries = Vec::new();
        let mut next = account.last_entry;
        while let Some(id) = next {
            let row = ENTRIES.row(self.tx, &codec, id.as_bytes())?;
            let EntryRow::V1(entry) =
                row.ok_or_else(|| StoreError::Damaged(format!("entry {id} is missing")))?;
            next = entry.previous.filter(|previous| *previous < id);
            entries.push(entry);
        }
        Ok(entries)
    }

    /// A sale of an account.
    pub fn sale(&self, owner: AccountId, id: SaleId) -> Result<Sale, Stop> {
        let codec = self.keys.history(owner)?;
        let row = SALES.row(self.tx, &codec, id.as_bytes())?;
        let SaleRow::V1(sale) = row.ok_or(Refusal::SaleUnknown)?;
        Ok(sale)
    }

    /// A hold and whose it is: its id is the key it is found by.
    pub fn hold(&self, id: HoldId) -> Result<(AccountId, Hold), Stop> {
        let found = HOLDS.look_up(self, id.as_bytes(), id.as_bytes())?;
        let (owner, HoldRow::V1(hold)) = found.ok_or(Refusal::HoldUnknown)?;
        Ok((owner, hold))
    }

    /// A lot of an account, open or spent.
    pub fn lot(&self, owner: AccountId, id: LotId) -> Result<Option<Lot>, Stop> {
        let codec = self.keys.history(owner)?;
        let row = LOTS.row(self.tx, &codec, id.as_bytes())?;
        Ok(row.map(|LotRow::V1(row)| row.into()))
    }

    /// Σ counted of a sale's local day for the rules that have a cap per day.
    pub fn day_sums(
        &self,
        sale: &Sale,
        zone: Zone,
        rules: &[RuleInUse<'_>],
    ) -> Result<DaySums, Stop> {
        let day = zone.day_of(sale.sold_at);
        let mut sums = DaySums::new();
        let codec = self.keys.history(sale.account)?;
        for in_use in rules {
            if let Some(cap) = in_use.rule.cap_per_day {
                let key = day_key(day, sale.account, in_use.carry, cap);
                if let Some(DayRow::V1(sum)) = DAYS.row(self.tx, &codec, key.as_bytes())? {
                    sums.insert((in_use.carry, cap), sum);
                }
            }
        }
        Ok(sums)
    }

    /// Who a member is.
    pub(crate) fn member(&self, member: MemberId) -> Result<MemberV2, Stop> {
        let row = self.core(member, &MEMBERS)?;
        Ok(row.ok_or(Refusal::TokenUnknown)?.newest(member))
    }

    /// A row about who a member is, under whichever of the member's core keys it opens.
    fn core<R: Serialize + DeserializeOwned>(
        &self,
        member: MemberId,
        table: &Sealed<R>,
    ) -> Result<Option<R>, Stop> {
        let Some(value) = self.tx.value(table.table(), member.as_bytes())? else {
            return Ok(None);
        };
        let mut read = Err(Refusal::TokenUnknown.into());
        for codec in self.keys.core_versions(member)? {
            match table.read(&codec, member.as_bytes(), &value) {
                Ok(row) => return Ok(Some(row)),
                Err(error) => read = Err(Stop::from(error)),
            }
        }
        read
    }

    /// A member's attempts to sign in.
    pub(crate) fn sign_ins(&self, member: MemberId) -> Result<SignInRow, Stop> {
        let row = self.core(member, &SIGN_INS)?;
        Ok(row.unwrap_or(SignInRow::NONE))
    }

    /// Business time of the latest commit of all buckets.
    pub fn latest_commit(&self) -> Result<Moment, Stop> {
        let mut latest = Moment::EPOCH;
        for bucket in 0..=Home::BUCKETS {
            if let Some(ClockRow::V1(at)) = CLOCKS.row(self.tx, self.keys.mac(), &[bucket])? {
                latest = latest.max(at);
            }
        }
        Ok(latest)
    }
}

/// Whether a version that was valid until `now` weighs the tier over a time that moves on.
pub(crate) fn looks_at_days(versions: &Versions, now: Moment) -> bool {
    let begun = versions
        .iter()
        .filter(|version| version.effective_from <= now);
    begun
        .into_iter()
        .any(|version| version.tiers.window != Window::Lifetime)
}

/// The rules of a programme with the carries they work on.
pub(crate) fn rules_of<'p>(versions: &Versions, programme: &'p Programme) -> Vec<RuleInUse<'p>> {
    let rules = programme.earn.iter();
    rules
        .map(|rule| RuleInUse {
            rule,
            carry: versions.carry_id(programme, rule),
        })
        .collect()
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
            let lapsed = Hold {
                state: HoldState::Lapsed,
                ..self.view().hold(*hold)?.1
            };
            self.put_hold(id, lapsed)?;
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
        self.answer.chain(&mut head);
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
        let mut record = self.view().account(id)?;
        self.answer.chain(&mut record.head);
        self.put_sealed(id, &ACCOUNTS, id.as_bytes(), &AccountRow::from(&record))
    }

    /// Writes a sale.
    pub fn put_sale(&mut self, sale: Sale) -> Result<(), Stop> {
        let key = *sale.id.as_bytes();
        self.put_sealed(sale.account, &SALES, &key, &SaleRow::V1(sale))
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
