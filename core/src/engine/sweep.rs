//! Time's bookkeeping: lots that expired and holds that lapsed are entered, dated to their true moments. No rule waits
//! for it, since every command and every reader settles an account first (semantics 7).

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use crate::domain::ids::AccountId;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::ledger::entry::Movement;
use crate::store::Verdict;

use super::Engine;
use super::rows::ACCOUNTS;
use super::work::{Stop, View, Work, home_of};

/// What a sweep entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// Accounts that had something due.
    pub accounts: u64,
    /// Points entered as expired.
    pub expired: Points,
    /// Holds entered as lapsed.
    pub lapsed_holds: u64,
}

impl Engine {
    /// Enters all that is due now, if the clock can be trusted.
    pub fn sweep(&self) -> Result<Sweep, Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let now = self.now();
        let versions = self.versions();
        let due = self.read(|view| {
            let mut due = Vec::new();
            for id in account_ids(view)? {
                let (_, desk) = view.desk(id, now, &versions)?;
                if !desk.posted.is_empty() || !desk.lapsed_holds.is_empty() {
                    due.push(id);
                }
            }
            Ok(due)
        })?;

        let mut sent = Vec::new();
        for id in due {
            sent.push(
                self.transact(home_of(id), true, move |work| match settle(work, id) {
                    Ok(swept) => (Ok(swept), Verdict::Keep),
                    Err(stop) => (Err(stop), Verdict::Drop),
                }),
            );
        }
        let mut sum = Sweep::default();
        for (ticket, slot) in sent {
            ticket.wait()?;
            let swept = slot.lock().take().unwrap_or(Err(Refusal::Unknown.into()))?;
            sum.accounts = sum.accounts.saturating_add(1);
            sum.expired = sum
                .expired
                .checked_add(swept.expired)
                .ok_or(Refusal::AmountTooLarge)?;
            sum.lapsed_holds = sum.lapsed_holds.saturating_add(swept.lapsed_holds);
        }
        Ok(sum)
    }

    /// The account that was opened under a reference.
    pub fn account_of(&self, reference: &str) -> Result<Option<AccountId>, Refusal> {
        let accounts = self.accounts_by_reference()?;
        Ok(accounts.get(reference).copied())
    }

    /// Every account that was opened under a reference.
    pub fn accounts_by_reference(&self) -> Result<BTreeMap<String, AccountId>, Refusal> {
        self.read(|view| {
            let mut found = BTreeMap::new();
            for id in account_ids(view)? {
                let reference = view.account(id)?.head.reference;
                if !reference.is_empty() {
                    found.insert(reference, id);
                }
            }
            Ok(found)
        })
    }
}

fn settle(work: &mut Work<'_>, id: AccountId) -> Result<Sweep, Stop> {
    let programme = work.programme()?;
    let (head, desk) = work.desk(id)?;
    let mut swept = Sweep {
        accounts: 1,
        ..Sweep::default()
    };
    for posted in &desk.posted {
        if let Movement::Expire { points, .. } = posted.movement {
            swept.expired = swept
                .expired
                .checked_add(points)
                .ok_or(Refusal::AmountTooLarge)?;
        }
    }
    swept.lapsed_holds = u64::try_from(desk.lapsed_holds.len()).unwrap_or(u64::MAX);
    work.finish(id, head, desk, programme.hash, None)?;
    work.note_time(home_of(id))?;
    Ok(swept)
}

/// The ids of all accounts that live in themselves, in no order that means anything.
pub(crate) fn account_ids(view: &View<'_>) -> Result<Vec<AccountId>, Stop> {
    let mut here = Vec::new();
    for id in every_account(view)? {
        // One that was merged lives on in another.
        if view.here(id)? == id {
            here.push(id);
        }
    }
    Ok(here)
}

/// The ids of all accounts, those that were merged into others too: entries and answers of their own stand there.
pub(crate) fn every_account(view: &View<'_>) -> Result<Vec<AccountId>, Stop> {
    let mut ids = Vec::new();
    view.tx.scan(ACCOUNTS.table(), &[], None, &mut |key, _| {
        if let Ok(bytes) = key.try_into() {
            ids.push(AccountId::from_bytes(bytes));
        }
        ControlFlow::Continue(())
    })?;
    Ok(ids)
}
