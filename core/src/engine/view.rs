//! Typed reading of a transaction: of one that goes on, or of a snapshot.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::{AccountId, HoldId, LotId, MemberId, SaleId};
use crate::domain::programme::{Programme, Versions, Window};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Moment, Zone};
use crate::ledger::account::{Account, LedgerError};
use crate::ledger::desk::Desk;
use crate::ledger::earn::{DaySums, RuleInUse};
use crate::ledger::entry::Entry;
use crate::ledger::hold::Hold;
use crate::ledger::lot::Lot;
use crate::ledger::replay::replay;
use crate::ledger::sale::Sale;
use crate::store::row::Sealed;
use crate::store::{Home, ReadTx, StoreError};

use super::keys::Keys;
use super::rows::{
    ACCOUNTS, AccountRecord, CLOCKS, ClockRow, DAYS, DayRow, ENTRIES, EntryRow, HOLDS, Head,
    HoldRow, LOTS, LotRow, MEMBERS, MemberV3, SALES, SIGN_INS, SaleRow, SignInRow, day_key,
};
use super::work::Stop;

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

    /// An account as it was last written: the one that it lives on in, where it was merged.
    pub fn account(&self, id: AccountId) -> Result<AccountRecord, Stop> {
        self.own_account(self.here(id)?)
    }

    /// An account's own row.
    pub(crate) fn own_account(&self, id: AccountId) -> Result<AccountRecord, Stop> {
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
        self.own_desk(self.here(id)?, now, versions)
    }

    /// The same of an account's own row.
    pub(crate) fn own_desk(
        &self,
        id: AccountId,
        now: Moment,
        versions: &Versions,
    ) -> Result<(Head, Desk), Stop> {
        let record = self.own_account(id)?;
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
        let mut entries = self.own_entries(id, account)?;
        entries.reverse();
        let replayed = replay(&entries, true).map_err(|(_, error)| error)?;
        account.spend = replayed.spend;
        if account.spend.lifetime == lifetime {
            Ok(())
        } else {
            Err(LedgerError::Unfit.into())
        }
    }

    /// All entries of an account, newest first: its chain from the head on. Of one that was merged, those of the account
    /// it lives on in.
    pub fn entries(&self, owner: AccountId, account: &Account) -> Result<Vec<Entry>, Stop> {
        self.own_entries(self.here(owner)?, account)
    }

    /// The same of an account's own.
    pub(crate) fn own_entries(
        &self,
        owner: AccountId,
        account: &Account,
    ) -> Result<Vec<Entry>, Stop> {
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
        let codec = self.keys.history(self.here(owner)?)?;
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
        let codec = self.keys.history(self.here(owner)?)?;
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
    pub(crate) fn member(&self, member: MemberId) -> Result<MemberV3, Stop> {
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
