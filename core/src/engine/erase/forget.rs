//! Every row of a member, found by the chains that its account begins, and deleted. What is left in the file's free pages
//! opens under no key; deleting makes room, and it makes every command about the member a refusal.

use core::ops::ControlFlow;
use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, HoldId, LotId, MemberId};
use crate::domain::programme::Versions;
use crate::domain::time::Day;
use crate::ledger::account::Account;
use crate::ledger::entry::Entry;
use crate::ledger::replay::replay;
use crate::store::key::of_u64;
use crate::store::{StoreError, Table};

use super::super::commit::business_key;
use super::super::receipt::{Outcome, Receipt};
use super::super::rows::{
    ACCOUNTS, BUSINESS, DAYS, DESK_TICKETS, ENTRIES, HOLDS, Head, LIVE, LOOKS, LOTS,
    MEMBER_TICKETS, MEMBERS, MERGED, POSTAL, RECEIPTS, ReceiptRow, SALES, SECTORS, SIGN_INS,
    TICKETS, TOKENS, days_of,
};
use super::super::tickets::key_of;
use super::super::work::{Stop, View, Work};

/// Deletes all rows of a member and the account.
pub(super) fn rows_of(
    work: &mut Work<'_>,
    member: MemberId,
    account: AccountId,
    head: &Head,
) -> Result<(), Stop> {
    let mut found = Found::default();
    found.walk(&work.view(), work.versions, account, head)?;
    found.tickets(&work.view(), member)?;
    found.looks(&work.view(), member)?;
    for table in [MEMBERS.table(), SIGN_INS.table(), POSTAL.table()] {
        work.delete(table, member.as_bytes())?;
    }
    super::super::proposals::forget(work, member)?;
    for table in [
        ACCOUNTS.table(),
        MERGED.table(),
        LIVE.table(),
        SECTORS.table(),
    ] {
        work.delete(table, account.as_bytes())?;
    }
    found
        .rows
        .iter()
        .try_for_each(|(table, key)| work.delete(*table, key))
}

/// The keys of rows, by table.
#[derive(Default)]
struct Found {
    rows: BTreeSet<(Table, Vec<u8>)>,
}

impl Found {
    fn add(&mut self, table: Table, key: &[u8]) {
        self.rows.insert((table, key.to_vec()));
    }

    fn walk(
        &mut self,
        view: &View<'_>,
        versions: &Versions,
        account: AccountId,
        head: &Head,
    ) -> Result<(), Stop> {
        let record = view.own_account(account)?;
        let entries = readable(view.own_entries(account, &record.account))?;
        for entry in &entries {
            self.add(ENTRIES.table(), entry.id.as_bytes());
        }
        for lot in lots(&record.account, entries) {
            self.add(LOTS.table(), lot.as_bytes());
        }
        for hold in &record.account.holds {
            self.add(HOLDS.table(), hold.id.as_bytes());
        }
        self.sales(view, versions, account, &record.account)?;
        self.answers(view, account, head)
    }

    /// The chain of requests and complaints.
    fn tickets(&mut self, view: &View<'_>, member: MemberId) -> Result<(), Stop> {
        for whole in readable(view.ticket_chain(member))? {
            for table in [
                TICKETS.table(),
                DESK_TICKETS.table(),
                MEMBER_TICKETS.table(),
            ] {
                self.add(table, &key_of(whole));
            }
        }
        Ok(())
    }

    /// Who looked at the member's data.
    fn looks(&mut self, view: &View<'_>, member: MemberId) -> Result<(), Stop> {
        let row = readable(view.member(member).map(Some))?;
        let Some(row) = row else { return Ok(()) };
        for (number, _) in readable(view.looks(member, &row))? {
            self.add(LOOKS.table(), &of_u64(number));
        }
        Ok(())
    }

    /// The chain of sales, and the sums of their days.
    fn sales(
        &mut self,
        view: &View<'_>,
        versions: &Versions,
        id: AccountId,
        account: &Account,
    ) -> Result<(), Stop> {
        let mut days = BTreeSet::<(Day, AccountId)>::new();
        let mut next = account.last_sale;
        while let Some(at) = next {
            self.add(SALES.table(), at.as_bytes());
            let Some(sale) = readable(view.sale(id, at).map(Some))? else {
                break;
            };
            next = sale.previous.filter(|previous| *previous < at);
            let programme = versions.by_hash(&sale.programme);
            let day = programme.map(|programme| programme.zone.day_of(sale.sold_at));
            days.extend(day.map(|day| (day, sale.account)));
        }
        for (day, account) in days {
            let from = days_of(day, account);
            let from = from.as_bytes();
            view.tx.scan(DAYS.table(), from, None, &mut |key, _| {
                if !key.starts_with(from) {
                    return ControlFlow::Break(());
                }
                self.add(DAYS.table(), key);
                ControlFlow::Continue(())
            })?;
        }
        Ok(())
    }

    /// The chain of answers, with what each leads to.
    fn answers(&mut self, view: &View<'_>, account: AccountId, head: &Head) -> Result<(), Stop> {
        let mut next = head.last_receipt;
        while let Some(key) = next {
            if !self.rows.insert((RECEIPTS.table(), key.to_vec())) {
                break;
            }
            let Some(row) = RECEIPTS.outside(view, &key)? else {
                break;
            };
            let Some(ReceiptRow::V1 {
                outcome,
                previous,
                business,
                token,
                ..
            }) = RECEIPTS.body_of(view, account, &key, &row)?
            else {
                break;
            };
            if let Some((kind, receipt)) = business {
                self.add(BUSINESS.table(), business_key(kind, &receipt).as_bytes());
            }
            if let Some(token) = token {
                self.add(TOKENS.table(), &token.bytes());
            }
            if let Some(hold) = hold_of(&outcome) {
                self.add(HOLDS.table(), hold.as_bytes());
            }
            next = previous;
        }
        Ok(())
    }
}

pub(in crate::engine) fn hold_of(outcome: &Outcome) -> Option<HoldId> {
    match outcome {
        Outcome::Done(Receipt::Held(held)) => Some(held.hold),
        Outcome::Done(Receipt::Captured(captured)) => Some(captured.hold),
        Outcome::Done(Receipt::Voided(voided)) => Some(voided.hold),
        Outcome::Done(Receipt::PointsReturned(returned)) => Some(returned.hold),
        Outcome::Done(
            Receipt::Opened(_)
            | Receipt::Sold(_)
            | Receipt::Refunded(_)
            | Receipt::Adjusted(_)
            | Receipt::Sanctioned(_)
            | Receipt::Identified(_)
            | Receipt::Joined(_)
            | Receipt::Corrected(_)
            | Receipt::CardReissued(_)
            | Receipt::Merged(_)
            | Receipt::Unmerged(_),
        )
        | Outcome::Refused(_) => None,
    }
}

/// Every lot there ever was; of entries that do not add up, those that the account still has.
fn lots(account: &Account, mut entries: Vec<Entry>) -> BTreeSet<LotId> {
    entries.reverse();
    let replayed = replay(&entries, account.spend.by_day);
    let all = replayed.as_ref().map_or(account, |replayed| replayed);
    all.lots
        .iter()
        .chain(&account.lots)
        .map(|lot| lot.grant.id)
        .collect()
}

/// What is damaged stays behind: it opens under no key that is left, and it must not hold the erasure up.
fn readable<T: Default>(read: Result<T, Stop>) -> Result<T, Stop> {
    match read {
        Err(Stop::Store(StoreError::Damaged(_)) | Stop::Refused(_)) => Ok(T::default()),
        other => other,
    }
}
