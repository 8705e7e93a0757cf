//! What of one account is over: its sales, the entries that are carried forward with the lots that nothing names any more,
//! and its answers. The chains are closed where their rows go, so that they are walked as before.

use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, LotId, SaleId};
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::forward::carry_forward;
use crate::ledger::lot::Lot;
use crate::ledger::replay::{differences, replay};
use crate::ledger::sale::Sale;
use crate::policy::retention::RecordKind;
use crate::store::Table;

use super::super::Engine;
use super::super::commit::business_key;
use super::super::found::FoundRow;
use super::super::rows::{
    ACCOUNTS, AccountRecord, AccountRow, BUSINESS, BusinessRow, ENTRIES, EntryRow, LOTS, RECEIPTS,
    ReceiptKey, ReceiptRow, SALES, TOKENS,
};
use super::super::sweep::every_account;
use super::super::work::{Stop, View, Work, home_of};
use super::{AT_ONCE, Cut, Destruction, utc_date};

impl Engine {
    pub(super) fn retain_accounts(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let mut gone = Destruction::default();
        let versions = self.versions();
        for id in self.read(every_account)? {
            let cut = *cut;
            let planned = self.read(|view| Plan::of(view, &versions, id, &cut, usize::MAX));
            let planned = match planned {
                Ok(plan) => plan.gone,
                // Erased meanwhile, or damaged: then it stays as it is, and `verify` names it.
                Err(Refusal::TokenUnknown | Refusal::SaleUnknown | Refusal::StoreDamaged) => {
                    continue;
                }
                Err(refusal) => return Err(refusal),
            };
            if dry {
                gone.merge(&planned);
            }
            let mut is_over = dry || planned.is_empty();
            while !is_over {
                let destroyed = self.destroy(home_of(id), move |work| {
                    match Plan::of(&work.view(), work.versions, id, &cut, AT_ONCE) {
                        Ok(plan) => plan.carry_out(work, id),
                        Err(Stop::Refused(Refusal::TokenUnknown)) => Ok(Destruction::default()),
                        Err(stop) => Err(stop),
                    }
                })?;
                gone.merge(&destroyed);
                is_over = destroyed.is_empty();
            }
        }
        Ok(gone)
    }
}

/// What goes of an account, and what is written for it.
struct Plan {
    gone: Destruction,
    /// How many rows may still go.
    room: usize,
    deletes: Vec<(Table, Vec<u8>)>,
    /// Sales whose chain leads elsewhere now.
    linked: Vec<Sale>,
    /// The entry that holds what was carried forward.
    entry: Option<Entry>,
    /// The last answer of the chain now.
    tail: Option<(ReceiptKey, FoundRow, ReceiptRow)>,
    record: AccountRecord,
}

impl Plan {
    fn of(
        view: &View<'_>,
        versions: &Versions,
        id: AccountId,
        cut: &Cut,
        room: usize,
    ) -> Result<Self, Stop> {
        let mut plan = Self {
            gone: Destruction::default(),
            room,
            deletes: Vec::new(),
            linked: Vec::new(),
            entry: None,
            tail: None,
            record: view.own_account(id)?,
        };
        let kept = plan.sales(view, versions, id, cut)?;
        plan.entries(view, id, cut, &kept)?;
        plan.answers(view, id, cut)?;
        Ok(plan)
    }

    fn delete(&mut self, table: Table, key: &[u8]) {
        self.deletes.push((table, key.to_vec()));
        self.room = self.room.saturating_sub(1);
    }

    /// Sales that are over, the earliest committed first; the sales that are kept, newest first.
    fn sales(
        &mut self,
        view: &View<'_>,
        versions: &Versions,
        id: AccountId,
        cut: &Cut,
    ) -> Result<Vec<Sale>, Stop> {
        let mut chain = Vec::new();
        let mut next = self.record.account.last_sale;
        while let Some(at) = next {
            let sale = view.sale(id, at)?;
            next = sale.previous.filter(|previous| *previous < at);
            chain.push(sale);
        }
        let mut going = BTreeSet::new();
        for sale in chain.iter().rev() {
            let programme = versions.by_hash(&sale.programme);
            let day = programme.map(|programme| programme.zone.day_of(sale.sold_at));
            if let Some(day) = day.filter(|day| cut.sales.is_some_and(|last| *day <= last))
                && 0 < self.room
            {
                going.insert(sale.id);
                self.gone.add(RecordKind::Sales, day);
                self.delete(SALES.table(), sale.id.as_bytes());
            }
        }
        if going.is_empty() {
            return Ok(chain);
        }
        chain.retain(|sale| !going.contains(&sale.id));
        self.record.account.last_sale = chain.first().map(|sale| sale.id);
        let before: Vec<Option<SaleId>> = chain
            .iter()
            .skip(1)
            .map(|sale| Some(sale.id))
            .chain([None])
            .collect();
        for (sale, previous) in chain.iter_mut().zip(before) {
            if sale.previous != previous {
                sale.previous = previous;
                self.linked.push(sale.clone());
            }
        }
        Ok(chain)
    }

    /// Entries that are over become one. It is held against the account as it is stored: of one that does not add up,
    /// nothing goes.
    fn entries(
        &mut self,
        view: &View<'_>,
        id: AccountId,
        cut: &Cut,
        kept: &[Sale],
    ) -> Result<(), Stop> {
        let Some(last) = cut.sales else { return Ok(()) };
        let mut entries = view.own_entries(id, &self.record.account)?;
        entries.reverse();
        let of_kept: BTreeSet<SaleId> = kept.iter().map(|sale| sale.id).collect();
        let is_over = |entry: &&Entry| match &entry.movement {
            Movement::Forward(_) => true,
            Movement::Earn { sale, .. } if of_kept.contains(sale) => false,
            Movement::Open { .. }
            | Movement::Earn { .. }
            | Movement::Redeem { .. }
            | Movement::Return { .. }
            | Movement::Clawback { .. }
            | Movement::Repay { .. }
            | Movement::Adjust { .. }
            | Movement::Expire { .. }
            | Movement::Assess(_)
            | Movement::Sanction { .. }
            | Movement::Grant { .. }
            | Movement::Merge(_)
            | Movement::MergeAway(_)
            | Movement::Unmerge(_)
            | Movement::MergeBack(_) => cut.zone.day_of(entry.at) <= last,
        };
        let most = self.room.saturating_add(1);
        let count = entries.iter().take_while(is_over).count().min(most);
        let named = self.lots_in_use(kept);
        let is_done = |lot: &Lot| {
            cut.zone.day_of(lot.grant.earned_at) <= last && !named.contains(&lot.grant.id)
        };
        let is_needed = |day| !cut.prunes_spend || last < day;
        let Ok(Some(carried)) = carry_forward(&entries, count, is_done, is_needed) else {
            return Ok(());
        };

        let rest = entries.iter().skip(count);
        let chain = core::iter::once(&carried.entry).chain(rest);
        let Ok(again) = replay(chain, self.record.account.spend.by_day) else {
            return Ok(());
        };
        let mut account = self.record.account.clone();
        account.last_sale = again.last_sale;
        account.spend.days.clone_from(&again.spend.days);
        if !differences(&account, &again).is_empty() {
            return Ok(());
        }
        self.record.account.spend.days = account.spend.days;
        for entry in entries.iter().take(count) {
            if !matches!(entry.movement, Movement::Forward(_)) {
                let day = cut.zone.day_of(entry.at);
                self.gone.add(RecordKind::Entries, day);
            }
        }
        for id in &carried.gone {
            self.delete(ENTRIES.table(), id.as_bytes());
        }
        for lot in &carried.lots {
            let day = cut.zone.day_of(lot.grant.earned_at);
            self.gone.add(RecordKind::Lots, day);
            self.delete(LOTS.table(), lot.grant.id.as_bytes());
        }
        self.entry = Some(carried.entry);
        Ok(())
    }

    /// Lots that a refund, a hold or the account itself may still ask for.
    fn lots_in_use(&self, kept: &[Sale]) -> BTreeSet<LotId> {
        let account = &self.record.account;
        let of_sales = kept.iter().flat_map(|sale| {
            let parts = sale.used.iter().chain(&sale.given_back);
            let used = parts.map(|part| part.lot);
            used.chain([LotId::of_sale(sale.id)])
        });
        let pinned = account.holds.iter().flat_map(|hold| &hold.pins);
        let open = account.lots.iter().map(|lot| lot.grant.id);
        of_sales
            .chain(pinned.map(|part| part.lot))
            .chain(open)
            .collect()
    }

    /// Answers that are over, from the end of their chain on, with the tills' receipts and the tokens that go with them.
    fn answers(&mut self, view: &View<'_>, id: AccountId, cut: &Cut) -> Result<(), Stop> {
        let mut chain = Vec::new();
        let mut walked = BTreeSet::new();
        let mut next = self.record.head.last_receipt;
        while let Some(key) = next.filter(|key| walked.insert(*key)) {
            let damaged = || crate::store::StoreError::Damaged("a chain is broken".to_owned());
            let outside = RECEIPTS.outside(view, &key)?.ok_or_else(damaged)?;
            let body = RECEIPTS.body_of(view, id, &key, &outside)?;
            let body = body.ok_or_else(damaged)?;
            let ReceiptRow::V1 { previous, .. } = &body;
            next = *previous;
            chain.push((key, outside, body));
        }
        let is_over =
            |(_, outside, _): &&(ReceiptKey, FoundRow, ReceiptRow)| outside.day() < cut.answers;
        let count = chain.iter().rev().take_while(is_over).count();
        let count = count.min(self.room);
        let going = chain.split_off(chain.len().saturating_sub(count));
        if going.is_empty() {
            return Ok(());
        }
        let kept_tokens: BTreeSet<_> = chain
            .iter()
            .filter_map(|(_, _, ReceiptRow::V1 { token, .. })| *token)
            .collect();
        let mut dropped_tokens = BTreeSet::new();
        for (
            key,
            outside,
            ReceiptRow::V1 {
                business, token, ..
            },
        ) in going
        {
            let day = utc_date(outside.day());
            self.gone.add(RecordKind::Answers, day);
            self.delete(RECEIPTS.table(), &key);
            if let Some((kind, receipt)) = business {
                let name = business_key(kind, &receipt);
                let leads = match BUSINESS.outside(view, name.as_bytes())? {
                    None => None,
                    Some(row) => BUSINESS.body_of(view, id, name.as_bytes(), &row)?,
                };
                // A newer answer may have taken it over.
                if leads.is_some_and(|BusinessRow::V1 { receipt }| receipt == key) {
                    self.gone.add(RecordKind::BusinessKeys, day);
                    self.delete(BUSINESS.table(), name.as_bytes());
                }
            }
            if let Some(token) = token
                && !kept_tokens.contains(&token)
                && dropped_tokens.insert(token)
            {
                self.gone.add(RecordKind::SaleTokens, day);
                self.delete(TOKENS.table(), &token.bytes());
            }
        }
        match chain.pop() {
            None => self.record.head.last_receipt = None,
            Some((key, outside, mut body)) => {
                let ReceiptRow::V1 { previous, .. } = &mut body;
                *previous = None;
                self.tail = Some((key, outside, body));
            }
        }
        Ok(())
    }

    fn carry_out(self, work: &mut Work<'_>, id: AccountId) -> Result<Destruction, Stop> {
        if self.gone.is_empty() {
            return Ok(self.gone);
        }
        for sale in self.linked {
            work.put_sale(sale)?;
        }
        for (table, key) in &self.deletes {
            work.delete(*table, key)?;
        }
        if let Some(entry) = self.entry {
            let key = *entry.id.as_bytes();
            work.put_sealed(id, &ENTRIES, &key, &EntryRow::V1(entry))?;
        }
        if let Some((key, outside, row)) = self.tail {
            RECEIPTS.put_body(work, id, &key, outside, &row)?;
        }
        let row = AccountRow::from(&self.record);
        work.put_sealed(id, &ACCOUNTS, id.as_bytes(), &row)?;
        Ok(self.gone)
    }
}
