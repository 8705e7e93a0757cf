//! A restore (BAK-02, BAK-03): any backup and the keys as they are now make a fresh store. Whoever has no key any more is
//! not in it, and nothing of them was opened on the way (privacy §4).
//!
//! Reading order: [`restore`] is the whole story, `reached` what the members who have keys lead to.

mod audit;
mod reached;

use core::ops::ControlFlow;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::audit::Handle;
use crate::audit::copy::CopyFolder;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::journal::{JournalAccount, Posting};
use crate::store::redb::{ReadOnly, RedbStore, RowHash, export};
use crate::store::{Home, Store, StoreError, Table, Verdict};

use super::backup::named;
use super::closing::closing;
use super::install;
use super::keys::Keys;
use super::liability::{Sums, totals};
use super::programmes;
use super::rows::{ACCOUNTS, JOURNAL, JournalRow, MEMBERS, TABLES};
use super::work::{Stop, View};
use audit::Ahead;
use reached::Reached;

/// Under which terms a store is restored.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// When: the day of what is booked for it.
    pub at: Moment,
    /// What the audit calls the backup.
    pub name: &'a str,
    /// The copy of the audit, where there is one: the audit goes on from the longer of the two, and numbers go on above
    /// the highest that it names.
    pub copy: Option<&'a CopyFolder>,
}

/// What was restored, and what was not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restored {
    /// How many rows each table of the backup has.
    pub backup_rows: Vec<(&'static str, u64)>,
    /// The hash of the backup's rows, as [`super::backup::Backup::sha256`].
    pub backup_sha256: [u8; 32],
    /// How many rows each table of the fresh store has, before what was booked for the restore.
    pub rows: Vec<(&'static str, u64)>,
    /// The last number of the backup's sequence: what was given out after it is lost.
    pub backup_sequence: u64,
    /// The last number that was given out before the restore's own.
    pub sequence: u64,
    /// Accounts of the backup that have no key any more.
    pub dropped_accounts: u64,
    /// Members of the backup who have no key any more.
    pub dropped_members: u64,
    /// Members who have keys and are not in the backup: they joined after it, or were never committed.
    pub joined_later: Vec<MemberId>,
    /// Accounts whose chains could not be followed to their end: `verify` names what is wrong.
    pub damaged: u64,
    /// Records of members who have keys, which open under none of them: they were corrected since and the old key was
    /// destroyed, or the address was. Their points are there.
    pub unopened: u64,
    /// The handles of members who joined after the backup and have not left since, as far as the audit's copy names them.
    pub joined_handles: Vec<Handle>,
    /// What was booked so that liability and receivable are what the accounts hold, credits less debits: one row of the
    /// journal each.
    pub booked: Vec<(JournalAccount, i64)>,
}

/// Makes a fresh store from a backup, with the keys as they are now. `progress` hears how many accounts of how many were
/// followed.
///
/// # Errors
/// [`Refusal::KeysTooOld`] when the audit names a newer state of the keys than these are; [`Refusal::OtherInstall`] for another installation's backup; `Damaged` for a file that is none, `Io` where there is a
/// store already, and what either file says. Then there is no store.
pub fn restore(
    backup: &Path,
    keys: &Arc<Keys>,
    to: &Path,
    terms: Terms<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, Stop> {
    if to.exists() {
        return Err(StoreError::Io("there is a store already".to_owned()).into());
    }
    let file = ReadOnly::open(backup)?;
    let tx = file.read()?;
    install::check(&*tx, keys)?;
    let view = View::new(&*tx, keys);
    let versions = programmes::stored(&view)?;
    super::audit::check_epochs(&view)?;
    let ahead = audit::ahead(&view, terms.copy)?;
    let mut restored = Restored {
        backup_sequence: file.sequence(),
        joined_later: joined_later(&view)?,
        ..Restored::default()
    };

    let living = living(&view, &mut restored)?;
    let mut reached = Reached::default();
    let mut owed = Sums::new();
    let all = u64::try_from(living.len()).unwrap_or(u64::MAX);
    for (done, id) in (1_u64..).zip(living) {
        match reached.follow(&view, &versions, id, &mut owed) {
            Ok(()) => {}
            Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => {
                restored.damaged = restored.damaged.saturating_add(1);
            }
            Err(stop) => return Err(stop),
        }
        if let Ok(member) = view.keys.member_of(id) {
            reached.follow_looks(&view, member)?;
        }
        progress(done, all);
    }
    reached.sort();

    // Beside its place, until everything is in it: half a store is none.
    let beside = to.with_extension(format!("{}.restoring", std::process::id()));
    let mut seen: Vec<_> = TABLES.iter().map(|table| (table.name(), 0_u64)).collect();
    let mut hash = RowHash::default();
    let mut keep = |table: Table, key: &[u8], value: &[u8]| {
        hash.row(table, key, value);
        if let Some((_, rows)) = seen.iter_mut().find(|(name, _)| *name == table.name()) {
            *rows = rows.saturating_add(1);
        }
        reached.keeps(&view, table, key)
    };
    let exported = export(&*tx, TABLES, &beside, ahead.highest, &mut keep)?;
    restored.unopened = reached.unopened;
    restored.joined_handles.clone_from(&ahead.joined);
    restored.backup_rows = seen;
    restored.backup_sha256 = hash.finish();
    restored.rows = named(&exported);
    restored.sequence = exported.sequence;
    restored.booked = missing(&totals(&view)?, &owed);
    let finished = book(&beside, keys, &versions, (terms, ahead), &mut restored)
        .and_then(|()| in_place(&beside, to).map_err(Stop::from));
    let _: std::io::Result<()> = fs::remove_file(&beside);
    finished.map(|()| restored)
}

/// The accounts that have keys; the others are counted, and so are members without.
fn living(view: &View<'_>, restored: &mut Restored) -> Result<Vec<AccountId>, Stop> {
    let mut living = Vec::new();
    view.tx.scan(ACCOUNTS.table(), &[], None, &mut |key, _| {
        let id = key.try_into().ok().map(AccountId::from_bytes);
        match id.filter(|id| view.keys.keybox().of_account(id).is_some()) {
            Some(id) => living.push(id),
            None => restored.dropped_accounts = restored.dropped_accounts.saturating_add(1),
        }
        ControlFlow::Continue(())
    })?;
    view.tx.scan(MEMBERS.table(), &[], None, &mut |key, _| {
        let id = key.try_into().ok().map(MemberId::from_bytes);
        let has_key = id.is_some_and(|id| view.keys.keybox().of_member(&id).is_some());
        restored.dropped_members = restored.dropped_members.saturating_add(u64::from(!has_key));
        ControlFlow::Continue(())
    })?;
    Ok(living)
}

/// Members who have keys and neither a member's row nor an account's.
fn joined_later(view: &View<'_>) -> Result<Vec<MemberId>, Stop> {
    let mut later = Vec::new();
    for member in view.keys.keybox().members() {
        let Some(keys) = view.keys.keybox().of_member(&member) else {
            continue;
        };
        let row = view.tx.value(MEMBERS.table(), member.as_bytes())?;
        let account = view.tx.value(ACCOUNTS.table(), keys.account.as_bytes())?;
        if row.is_none() && account.is_none() {
            later.push(member);
        }
    }
    Ok(later)
}

/// What has to be added to the liability of each month, and to what members owe.
fn missing(booked: &Sums, owed: &Sums) -> Vec<(JournalAccount, i64)> {
    let names: BTreeSet<_> = booked.keys().chain(owed.keys()).copied().collect();
    let of_members = names.into_iter().filter(|name| {
        matches!(
            name,
            JournalAccount::Liability(_) | JournalAccount::Receivable
        )
    });
    let of = |sums: &Sums, name| sums.get(&name).copied().unwrap_or(0);
    of_members
        .map(|name| (name, of(owed, name).saturating_sub(of(booked, name))))
        .filter(|(_, change)| *change != 0)
        .collect()
}

/// Books what is missing, one row of the journal each, and takes in the audit, all in one transaction; the closing body
/// adds them to the sums and to the tree.
fn book(
    store: &Path,
    keys: &Arc<Keys>,
    versions: &Versions,
    (terms, ahead): (Terms<'_>, Ahead),
    restored: &mut Restored,
) -> Result<(), Stop> {
    let overflow = || StoreError::Damaged("the journal's sums left their range".to_owned());
    let mut rows = Vec::new();
    if let Some(programme) = versions.latest() {
        let day = programme.zone.day_of(terms.at);
        for (account, change) in &restored.booked {
            let postings = postings(*account, *change).ok_or_else(overflow)?;
            rows.push(JournalRow::V1 {
                day,
                receipt: None,
                postings,
            });
        }
    }
    let store = RedbStore::open(store, Some(closing(keys.clone())))?;
    let (with, name) = (keys.clone(), terms.name.to_owned());
    let at = terms.at;
    let booking = store.submit(
        Home::Node,
        Box::new(move |tx| {
            let booked = ahead.take_in(tx, &with, &name, at).and_then(|()| {
                rows.iter().try_for_each(|row| {
                    let key = tx.sequence().to_be_bytes();
                    JOURNAL.put(tx, with.mac(), &key, row)
                })
            });
            match booked {
                Ok(()) => Verdict::Keep,
                Err(_) => Verdict::Drop,
            }
        }),
    );
    match booking.wait()? {
        Verdict::Keep => Ok(()),
        Verdict::Drop => Err(Refusal::StoreFailed.into()),
    }
}

/// The postings that add so much to an account of the journal: more than one where it is more than one may move.
fn postings(account: JournalAccount, change: i64) -> Option<Vec<Posting>> {
    let (debit, credit) = if 0 < change {
        (JournalAccount::Restored, account)
    } else {
        (account, JournalAccount::Restored)
    };
    let mut left = Points::new(change.checked_abs()?)?;
    let mut postings = Vec::new();
    while !left.is_zero() {
        let points = left.min(Points::MAX);
        left = left.checked_sub(points)?;
        postings.push(Posting {
            debit,
            credit,
            points,
        });
    }
    Some(postings)
}

/// Gives the finished file its name, unless somebody else took that meanwhile, and makes the name durable.
fn in_place(beside: &Path, to: &Path) -> Result<(), StoreError> {
    let named = fs::hard_link(beside, to).or_else(|error| {
        // Where there are no links, a file can only be moved.
        if to.exists() {
            Err(error)
        } else {
            fs::rename(beside, to)
        }
    });
    named.map_err(|error| StoreError::Io(error.to_string()))?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        // Where a folder cannot be synced, its names are durable by themselves.
        let _: std::io::Result<()> = fs::File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}
