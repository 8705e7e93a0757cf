//! Where an account lives: in itself, or in the record of the same person that it was merged into. Commands, answers and
//! tokens go on naming the account they were sent to; what they read and write is resolved here.

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::programme::Tier;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::entry::Entry;
use crate::store::StoreError;

use super::super::Engine;
use super::super::rows::{MERGED, MergedRow};
use super::super::work::{Stop, View};

/// How often one record may go into the next. Each merge needs a verified phone, so this is never reached by people.
const DEPTH_MAX: usize = 32;

impl View<'_> {
    /// The account that an account lives on in: itself, unless it was merged. One whose survivor has no keys any more
    /// stands for itself: a restore may find half of a pair.
    pub fn here(&self, id: AccountId) -> Result<AccountId, Stop> {
        let mut at = id;
        for _ in 0..DEPTH_MAX {
            let MergedRow::V1 { into, .. } = self.merged(at)?;
            match into.filter(|(next, _)| self.keys.keybox().of_account(next).is_some()) {
                Some((next, _)) => at = next,
                None => return Ok(at),
            }
        }
        Err(StoreError::Damaged("records that are merged in a ring".into()).into())
    }

    /// The member whose record a member's lives on in.
    pub(crate) fn here_member(&self, member: MemberId) -> Result<MemberId, Stop> {
        let here = self.here(self.keys.account_of(member)?)?;
        Ok(self.keys.member_of(here)?)
    }

    /// The entries of an account, newest first; with them those of every record of the same person that was merged into it.
    pub(crate) fn history(&self, account: AccountId) -> Result<Vec<Entry>, Stop> {
        let mut entries = Vec::new();
        for id in self.group(self.here(account)?)? {
            entries.extend(self.own_entries(id, &self.own_account(id)?.account)?);
        }
        entries.sort_unstable_by_key(|entry| core::cmp::Reverse(entry.id));
        Ok(entries)
    }

    /// What was merged with an account.
    pub(crate) fn merged(&self, id: AccountId) -> Result<MergedRow, Stop> {
        let key = id.as_bytes();
        // Most accounts have none, and need no key for it.
        let Some(value) = self.tx.value(MERGED.table(), key)? else {
            return Ok(MergedRow::NONE);
        };
        Ok(MERGED.read(&self.keys.history(id)?, key, &value)?)
    }

    /// An account and all that live on in it.
    pub(crate) fn group(&self, id: AccountId) -> Result<Vec<AccountId>, Stop> {
        let mut group = vec![id];
        let mut next = 0;
        while let Some(at) = group.get(next).copied() {
            next = next.saturating_add(1);
            let MergedRow::V1 { of, .. } = self.merged(at)?;
            for one in of {
                let is_known = self.keys.keybox().of_account(&one).is_some();
                if is_known && !group.contains(&one) {
                    group.push(one);
                }
            }
        }
        Ok(group)
    }

    /// A member, and everybody whose record lives on in theirs: all of them are one person.
    pub(crate) fn person(&self, member: MemberId) -> Result<Vec<MemberId>, Stop> {
        let group = self.group(self.keys.account_of(member)?)?;
        let members = group
            .into_iter()
            .map(|account| self.keys.member_of(account));
        Ok(members.collect::<Result<_, Refusal>>()?)
    }
}

impl Engine {
    /// The member whose record a member's lives on in: itself, unless it was merged (semantics 17).
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] and the store's.
    pub fn survivor_of(&self, member: MemberId) -> Result<MemberId, Refusal> {
        self.read(|view| view.here_member(member))
    }
}

impl View<'_> {
    /// The tier of a record before it was merged, for a late sale of its card that was sold then (semantics 10).
    pub(crate) fn tier_before_merge(
        &self,
        account: AccountId,
        sold_at: Moment,
    ) -> Result<Option<Tier>, Stop> {
        let MergedRow::V1 { into, .. } = self.merged(account)?;
        match into {
            Some((_, merged_at)) if sold_at < merged_at => {
                Ok(Some(self.own_account(account)?.account.tier_at(sold_at)))
            }
            Some(_) | None => Ok(None),
        }
    }
}
