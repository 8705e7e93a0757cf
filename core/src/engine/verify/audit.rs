//! The audit: its leaves stand without a gap and hash to the tree that is kept, every act has its leaf, every journal row
//! is bound into one, and no keys are older than what was done with them.

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::audit::tree::{Edge, leaf_hash};
use crate::audit::{Act, Hex32};
use crate::store::StoreError;

use super::super::audit::{bind, number, parse, root, size};
use super::super::logins;
use super::super::retain::journal_from;
use super::super::rows::{
    ACTS, ActRow, CARRIED, DESTRUCTIONS, EPOCHS, ERASURES, EpochRow, INTENTS, JOURNAL, KEPT_FROM,
    LEAVES, LOGIN_DAYS, LOGINS, LeafRow, LoginDayRow, NODES, OWED,
};
use super::super::work::{Stop, View};
use super::Seen;
use super::people::plain;

/// What the leaves say.
#[derive(Default)]
struct Said {
    tree: Edge,
    /// First and last journal row of a batch, how many rows, and their hash; by the first one.
    batches: BTreeMap<u64, (u64, u64, Hex32)>,
    /// The newest epoch of each bucket.
    epochs: BTreeMap<u8, u64>,
}

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut said = leaves(view, seen)?;
    // Rows before it are gone, and their sums are carried; a row that is there all the same is bound into nothing.
    let (kept_from, _) = journal_from(view)?;
    said.batches.retain(|from, _| kept_from <= *from);
    let kept = size(view.tx, view.keys)?;
    if kept != said.tree.size() {
        let found = said.tree.size();
        let detail = format!("{found} leaves, but the tree has {kept}");
        seen.differs("leaves_missing", "leaves", detail);
    } else if root(view, kept).ok() != Some(said.tree.root()) {
        seen.differs("tree_differs", "nodes", "the leaves hash to another root");
    }
    acts(view, kept, seen)?;
    journal(view, &said, seen)?;
    epochs(view, &said, seen)?;
    days(view, seen)?;
    plain(view, NODES, seen)?;
    plain(view, ERASURES, seen)?;
    plain(view, OWED, seen)?;
    plain(view, LOGINS, seen)?;
    plain(view, DESTRUCTIONS, seen)?;
    plain(view, CARRIED, seen)?;
    plain(view, KEPT_FROM, seen)?;
    unfinished(view, seen)
}

fn leaves(view: &View<'_>, seen: &mut Seen) -> Result<Said, Stop> {
    let mut said = Said::default();
    let mac = view.keys.mac();
    view.tx.scan(LEAVES.table(), &[], None, &mut |key, value| {
        seen.verified.leaves = seen.verified.leaves.saturating_add(1);
        let place = said.tree.size();
        let read = LEAVES.read(mac, key, value).and_then(|LeafRow::V1(line)| {
            said.tree.push(leaf_hash(line.as_bytes()));
            parse(&line)
        });
        match read {
            Ok(leaf) if leaf.seq != place || number(key).ok() != Some(place) => {
                seen.differs(
                    "leaf_misplaced",
                    format!("leaf {place}"),
                    "it names another place",
                );
            }
            Ok(leaf) => said.note(&leaf.act),
            Err(error) => seen.differs("row_unreadable", "leaves", error.to_string()),
        }
        ControlFlow::Continue(())
    })?;
    Ok(said)
}

impl Said {
    fn note(&mut self, act: &Act) {
        if let Some((bucket, epoch)) = act.epoch() {
            let newest = self.epochs.entry(bucket).or_default();
            *newest = epoch.max(*newest);
        }
        if let Act::Journal {
            from,
            to,
            rows,
            hash,
        } = act
        {
            self.batches.insert(*from, (*to, *rows, *hash));
        }
        // Rows after the backup are lost, and the audit says so.
        if let Act::Restored { journal_from, .. } = act {
            self.batches.retain(|from, _| from < journal_from);
        }
    }
}

/// Every act has its leaf.
fn acts(view: &View<'_>, size: u64, seen: &mut Seen) -> Result<(), Stop> {
    view.tx.scan(ACTS.table(), &[], None, &mut |key, value| {
        match ACTS.read(view.keys.mac(), key, value) {
            Ok(ActRow::Leaf(place)) if place < size => {}
            Ok(ActRow::Leaf(_) | ActRow::Draft(_)) => {
                seen.differs("act_without_leaf", "acts", "an act leads to no leaf");
            }
            Err(error) => seen.differs("row_unreadable", "acts", error.to_string()),
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Every journal row is in one batch, and every batch hashes to what its leaf says.
fn journal(view: &View<'_>, said: &Said, seen: &mut Seen) -> Result<(), Stop> {
    let mut hashes: BTreeMap<u64, (u64, Sha256)> = BTreeMap::new();
    view.tx
        .scan(JOURNAL.table(), &[], None, &mut |key, value| {
            let batch = number(key).ok().and_then(|number| {
                let (from, (to, ..)) = said.batches.range(..=number).next_back()?;
                (number <= *to).then_some(*from)
            });
            match batch {
                Some(from) => {
                    let (rows, hash) = hashes.entry(from).or_default();
                    *rows = rows.saturating_add(1);
                    bind(hash, key, value);
                }
                None => seen.differs("journal_unbound", "journal", "a row is bound into no leaf"),
            }
            ControlFlow::Continue(())
        })?;
    for (from, (_, rows, hash)) in &said.batches {
        let found = hashes.remove(from);
        let same = found.is_some_and(|(found, summed)| {
            found == *rows && Hex32::from_bytes(summed.finalize().into()) == *hash
        });
        if !same {
            let place = format!("journal from {from}");
            seen.differs(
                "journal_altered",
                place,
                "its rows are not those that its leaf names",
            );
        }
    }
    Ok(())
}

fn epochs(view: &View<'_>, said: &Said, seen: &mut Seen) -> Result<(), Stop> {
    for (bucket, newest) in &said.epochs {
        let row = EPOCHS.row(view.tx, view.keys.mac(), &[*bucket])?;
        let kept = row.map(|EpochRow::V1(epoch)| epoch);
        let keys = view.keys.keybox().epoch(*bucket);
        if kept != Some(*newest) || keys < *newest {
            let detail = format!("the audit has {newest}, the table {kept:?}, the keys {keys}");
            seen.differs("epoch_differs", format!("bucket {bucket:02x}"), detail);
        }
    }
    Ok(())
}

/// The log-ins of a day that is over, as long as they are kept.
fn days(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut closed = Vec::new();
    let mac = view.keys.mac();
    LOGIN_DAYS.scan(view.tx, mac, &[], None, &mut |key, row| {
        closed.extend(number(key).ok().map(|day| (day, row)));
        ControlFlow::Continue(())
    })?;
    for (day, LoginDayRow::V1 { rows, hash }) in closed {
        let day = u32::try_from(day).map_err(|_| StoreError::Damaged("a day".into()))?;
        let (found, summed) = logins::sum(view, day)?;
        if found != 0 && (found, summed) != (rows, hash) {
            let place = format!("log-ins of day {day}");
            seen.differs(
                "logins_altered",
                place,
                "they are not those that their leaf names",
            );
        }
    }
    Ok(())
}

/// A started erasure is always finished: the next start does it.
fn unfinished(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    view.tx.scan(INTENTS.table(), &[], None, &mut |_, _| {
        seen.differs(
            "erasure_unfinished",
            "intents",
            "an erasure waits to be finished",
        );
        ControlFlow::Continue(())
    })?;
    Ok(())
}
