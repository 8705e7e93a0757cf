//! The audit goes on where it stood, not where the backup stood: leaves that the copy in files has and the backup has not
//! are taken in, and a leaf says what the restore lost (privacy §4).

use std::collections::BTreeMap;

use crate::audit::copy::{CopyError, CopyFolder};
use crate::audit::{Act, Handle, Text};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::store::key::of_u64;
use crate::store::{StoreError, WriteTx};

use super::super::audit::{Actor, Done, adopt, draft, parse, size, tree_row};
use super::super::keys::Keys;
use super::super::rows::{KeyGroup, LEAVES, LeafRow, TreeRow};
use super::super::work::{Stop, View};

/// Leaves that the backup has not.
#[derive(Default)]
pub(super) struct Ahead {
    lines: Vec<String>,
    /// The highest number of a journal row that a leaf names.
    pub(super) highest: u64,
    /// Who joined, and has not left since.
    pub(super) joined: Vec<Handle>,
}

/// What the copy has beyond the backup.
///
/// # Errors
/// [`Refusal::KeysTooOld`] when a leaf names an epoch that these keys have not reached: they may hold keys that were
/// destroyed. `Damaged` when the copy and the backup are not of one audit.
pub(super) fn ahead(view: &View<'_>, copy: Option<&CopyFolder>) -> Result<Ahead, Stop> {
    let size = size(view.tx, view.keys)?;
    let mut ahead = Ahead::default();
    let Some(copy) = copy else {
        return Ok(ahead);
    };
    // From the backup's last leaf on, which both have.
    let mut lines = copy
        .lines(size.saturating_sub(1))
        .map_err(|error| unreadable(&error))?;
    if let Some(last) = size.checked_sub(1) {
        let row = LEAVES.row(view.tx, view.keys.mac(), &of_u64(last))?;
        let kept = row.map(|LeafRow::V1(line)| line);
        let Some(line) = lines.next() else {
            // The copy is the shorter one.
            return Ok(ahead);
        };
        if kept != Some(line.map_err(|error| unreadable(&error))?) {
            return Err(other_audit().into());
        }
    }
    let mut epochs = BTreeMap::new();
    let mut due = size;
    for line in lines {
        let line = line.map_err(|error| unreadable(&error))?;
        let leaf = parse(&line)?;
        if leaf.seq != due {
            return Err(other_audit().into());
        }
        due = due.saturating_add(1);
        if let Some(to) = leaf.act.journal_to() {
            ahead.highest = to.max(ahead.highest);
        }
        epochs.extend(leaf.act.epoch());
        if let Some(subject) = leaf.subject {
            if leaf.act == Act::Joined {
                ahead.joined.push(subject);
            } else if matches!(&leaf.act, Act::Erased { groups, .. } if groups.iter().any(|group| &**group == KeyGroup::Core.word()))
            {
                ahead.joined.retain(|handle| *handle != subject);
            }
        }
        ahead.lines.push(line);
    }
    let is_old = |(bucket, epoch): (&u8, &u64)| view.keys.keybox().epoch(*bucket) < *epoch;
    if epochs.iter().any(is_old) {
        return Err(Refusal::KeysTooOld.into());
    }
    Ok(ahead)
}

impl Ahead {
    /// Takes the leaves in, and notes the restore as an act.
    pub(super) fn take_in(
        &self,
        tx: &mut dyn WriteTx,
        keys: &Keys,
        backup: &str,
        at: Moment,
    ) -> Result<(), StoreError> {
        // What the backup's own journal ended with: everything after it is lost.
        let TreeRow::V1 {
            journal_to: kept, ..
        } = tree_row(tx, keys)?;
        for line in &self.lines {
            adopt(tx, keys, line)?;
        }
        let act = Act::Restored {
            backup: Text::fitted(backup),
            journal_from: kept.saturating_add(1),
            journal_to: self.highest.max(kept),
        };
        draft(tx, keys, Done::of_shop(Actor::operator(), act), at)
    }
}

fn unreadable(error: &CopyError) -> StoreError {
    StoreError::Damaged(format!("the audit's copy: {error}"))
}

fn other_audit() -> StoreError {
    StoreError::Damaged("the audit's copy is not of this backup's audit".to_owned())
}
