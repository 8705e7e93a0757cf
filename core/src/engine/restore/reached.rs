//! What the members who have keys lead to. Entries, lots, sales and answers do not say whose they are, so they are found
//! as an account finds them: along its chains, under its own key.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::programme::Versions;
use crate::ledger::account::Account;
use crate::ledger::entry::{Entry, Movement, Returned};
use crate::ledger::lot::LotGrant;
use crate::store::key::of_u64;
use crate::store::{StoreError, Table};

use super::super::commit::business_key;
use super::super::liability::Sums;
use super::super::rows::{
    ACCOUNTS, BUSINESS, DAYS, DESK_TICKETS, ENTRIES, EntryRow, HOLDS, INTENTS, IntentRow, LIVE,
    LOOKS, LOTS, MEMBER_TICKETS, MEMBERS, MERGED, POSTAL, PROPOSED, RECEIPTS, ReceiptKey,
    ReceiptRow, SALES, SECTORS, SIGN_INS, TICKETS, TOKENS, TicketRow, day_account,
};
use super::super::tickets::key_of;
use super::super::verify::owed_by;
use super::super::work::{Stop, View};

/// A key, by 16 bytes of its hash: millions of rows are reached, and keys are of any length.
type Mark = [u8; 16];

/// Rows that were reached, by table.
#[derive(Default)]
pub(super) struct Reached {
    marks: BTreeMap<Table, Vec<Mark>>,
    /// Records of members who have keys, under none of which they open: the key was destroyed after a correction, or with
    /// the address.
    pub(super) unopened: u64,
}

impl Reached {
    fn note(&mut self, table: Table, key: &[u8]) {
        self.marks.entry(table).or_default().push(mark(key));
    }

    /// Follows an account's chains as far as they go, and adds what it holds to the sums.
    ///
    /// # Errors
    /// Where a chain breaks. What was reached before is noted.
    pub(super) fn follow(
        &mut self,
        view: &View<'_>,
        versions: &Versions,
        id: AccountId,
        owed: &mut Sums,
    ) -> Result<(), Stop> {
        let record = view.own_account(id)?;
        owed_by(versions, &record.account, owed);
        // One broken chain does not hide the others.
        let chains = [
            self.entries(view, id, &record.account),
            self.sales(view, id, &record.account),
            self.answers(view, id, record.head.last_receipt),
            self.tickets(view, id),
        ];
        chains.into_iter().collect()
    }

    /// Follows the chain of looks at a member's data. One that does not open ends it.
    pub(super) fn follow_looks(&mut self, view: &View<'_>, member: MemberId) -> Result<(), Stop> {
        let looks = view.member(member).and_then(|row| view.looks(member, &row));
        match looks {
            Ok(looks) => {
                for (number, _) in looks {
                    self.note(LOOKS.table(), &of_u64(number));
                }
                Ok(())
            }
            Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Ok(()),
            Err(Stop::Store(error)) => Err(error.into()),
        }
    }

    fn entries(&mut self, view: &View<'_>, id: AccountId, account: &Account) -> Result<(), Stop> {
        let codec = view.keys.history(id)?;
        let mut next = account.last_entry;
        while let Some(at) = next {
            let row = ENTRIES.row(view.tx, &codec, at.as_bytes())?;
            let EntryRow::V1(entry) = row.ok_or_else(broken)?;
            self.note(ENTRIES.table(), at.as_bytes());
            for grant in grants(&entry) {
                self.note(LOTS.table(), grant.id.as_bytes());
            }
            next = entry.previous.filter(|previous| *previous < at);
        }
        Ok(())
    }

    fn sales(&mut self, view: &View<'_>, id: AccountId, account: &Account) -> Result<(), Stop> {
        let mut next = account.last_sale;
        while let Some(at) = next {
            let sale = view.sale(id, at)?;
            self.note(SALES.table(), at.as_bytes());
            next = sale.previous.filter(|previous| *previous < at);
        }
        Ok(())
    }

    /// The requests of the account's member. A record that no key opens has none; it is counted elsewhere.
    fn tickets(&mut self, view: &View<'_>, id: AccountId) -> Result<(), Stop> {
        let chain = match view.ticket_chain(view.keys.member_of(id)?) {
            Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Vec::new(),
            other => other?,
        };
        for whole in chain {
            self.note(TICKETS.table(), &key_of(whole));
        }
        Ok(())
    }

    /// Whether a request goes into the fresh store: nobody's does, a member's if its member has it.
    fn keeps_ticket(&self, view: &View<'_>, key: &[u8]) -> Result<bool, StoreError> {
        let row = TICKETS.row(view.tx, view.keys.mac(), key)?;
        let marks = self.marks.get(&TICKETS.table());
        let is_reached = marks.is_some_and(|marks| marks.binary_search(&mark(key)).is_ok());
        Ok(row.is_some_and(|TicketRow::V1(row)| !row.is_members || is_reached))
    }

    /// The account's answers, newest first, and what each of them names.
    fn answers(
        &mut self,
        view: &View<'_>,
        id: AccountId,
        last: Option<ReceiptKey>,
    ) -> Result<(), Stop> {
        let mut walked = BTreeSet::new();
        let mut next = last.filter(|key| walked.insert(*key));
        while let Some(key) = next {
            let row = RECEIPTS.outside(view, &key)?.ok_or_else(broken)?;
            let answer = RECEIPTS.body_of(view, id, &key, &row)?;
            let ReceiptRow::V1 {
                previous,
                business,
                token,
                ..
            } = answer.ok_or_else(broken)?;
            self.note(RECEIPTS.table(), &key);
            if let Some((kind, receipt)) = business {
                let key = business_key(kind, &receipt);
                if let Some(row) = BUSINESS.outside(view, key.as_bytes())?
                    && BUSINESS.body_of(view, id, key.as_bytes(), &row)?.is_some()
                {
                    self.note(BUSINESS.table(), key.as_bytes());
                }
            }
            if let Some(token) = token {
                self.note(TOKENS.table(), &token.bytes());
            }
            next = previous.filter(|key| walked.insert(*key));
        }
        Ok(())
    }

    /// Everything is reached: from here on it is asked.
    pub(super) fn sort(&mut self) {
        for marks in self.marks.values_mut() {
            marks.sort_unstable();
        }
    }

    /// Whether a row of the backup belongs into the fresh store.
    pub(super) fn keeps(
        &mut self,
        view: &View<'_>,
        table: Table,
        key: &[u8],
    ) -> Result<bool, StoreError> {
        let keybox = view.keys.keybox();
        let has_account =
            |id: Option<AccountId>| id.is_some_and(|id| keybox.of_account(&id).is_some());
        let chained = [ENTRIES.table(), LOTS.table(), SALES.table(), LOOKS.table()];
        let found = [RECEIPTS.table(), BUSINESS.table(), TOKENS.table()];
        if chained.contains(&table) || found.contains(&table) {
            let marks = self.marks.get(&table);
            Ok(marks.is_some_and(|marks| marks.binary_search(&mark(key)).is_ok()))
        } else if [
            ACCOUNTS.table(),
            MERGED.table(),
            LIVE.table(),
            SECTORS.table(),
        ]
        .contains(&table)
        {
            Ok(has_account(key.try_into().ok().map(AccountId::from_bytes)))
        } else if table == DAYS.table() {
            Ok(has_account(day_account(key)))
        } else if [MEMBERS.table(), SIGN_INS.table(), POSTAL.table()].contains(&table) {
            let id = key.try_into().ok().map(MemberId::from_bytes);
            let Some(member) = id.filter(|id| keybox.is_known(id)) else {
                return Ok(false);
            };
            let opens = opens(view, table, member)?;
            self.unopened = self.unopened.saturating_add(u64::from(!opens));
            Ok(opens)
        } else if [
            TICKETS.table(),
            DESK_TICKETS.table(),
            MEMBER_TICKETS.table(),
        ]
        .contains(&table)
        {
            self.keeps_ticket(view, key)
        } else if table == INTENTS.table() {
            // One that was finished since the backup is in the audit already.
            let row = INTENTS.row(view.tx, view.keys.mac(), key)?;
            Ok(row.is_some_and(|IntentRow::V1 { member, erasure }| {
                let keys = keybox.of_member(&member);
                keys.is_some_and(|keys| {
                    erasure.is_whole() || keys.postal(keybox.install()).is_some()
                })
            }))
        } else if table == PROPOSED.table() {
            super::super::proposals::opens(view, key)
        } else if table == HOLDS.table() {
            match HOLDS.look_up(view, key, key) {
                Ok(found) => Ok(found.is_some()),
                // Somebody's who has a key: it is for `verify` to name.
                Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Ok(true),
                Err(Stop::Store(error)) => Err(error),
            }
        } else {
            // What belongs to nobody.
            Ok(true)
        }
    }
}

/// Whether a record of a member opens under a key that the member still has.
fn opens(view: &View<'_>, table: Table, member: MemberId) -> Result<bool, StoreError> {
    let read = if table == MEMBERS.table() {
        view.member(member).map(|_| true)
    } else if table == SIGN_INS.table() {
        view.sign_ins(member).map(|_| true)
    } else {
        view.address(member).map(|row| row.is_some())
    };
    match read {
        Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Ok(false),
        Err(Stop::Store(error)) => Err(error),
        Ok(opens) => Ok(opens),
    }
}

/// The lots that begin with an entry.
fn grants(entry: &Entry) -> Vec<LotGrant> {
    match &entry.movement {
        Movement::Earn { lot, .. } | Movement::Adjust { credit: lot, .. } => {
            lot.iter().copied().collect()
        }
        Movement::Grant { lot, .. } => vec![*lot],
        Movement::Forward(forward) => forward.lots.iter().map(|lot| lot.grant).collect(),
        Movement::Merge(arrival) | Movement::MergeBack(arrival) => {
            let moved = arrival.lots.iter().map(|lot| lot.grant);
            moved.chain(arrival.made().copied()).collect()
        }
        Movement::MergeAway(departure) | Movement::Unmerge(departure) => departure.mirrors.clone(),
        Movement::Return { parts, .. } => {
            let into = |returned: &Returned| returned.into;
            parts.iter().filter_map(into).collect()
        }
        Movement::Open { .. }
        | Movement::Redeem { .. }
        | Movement::Clawback { .. }
        | Movement::Repay { .. }
        | Movement::Expire { .. }
        | Movement::Assess(_)
        | Movement::Sanction { .. } => Vec::new(),
    }
}

fn broken() -> StoreError {
    StoreError::Damaged("a chain is broken".to_owned())
}

fn mark(key: &[u8]) -> Mark {
    let hash: [u8; 32] = Sha256::digest(key).into();
    hash.first_chunk().copied().unwrap_or_default()
}
