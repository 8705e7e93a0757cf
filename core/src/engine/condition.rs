//! How the shop is, in numbers that say nothing of anybody: for a monitor and for the self-check.

use core::ops::ControlFlow;

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::store::key::of_u64;

use super::Engine;
use super::audit::parse;
use super::rows::{INTENTS, LEAVES, LeafRow, OWED};

/// Numbers of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Members who have keys.
    pub members: u64,
    /// Erasures that have begun and are not finished.
    pub erasures_begun: u64,
    /// Copies of keys that are older than an erasure and still to be replaced.
    pub copies_owed: u64,
    /// Leaves of the audit.
    pub leaves: u64,
}

/// What the audit remembers of the machine's care.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The first act of all: about when the shop was installed.
    pub installed_at: Option<Moment>,
    /// When each bucket of keys last got a key of its own, by bucket.
    pub rotated_at: Vec<(u8, Moment)>,
    /// The last backup.
    pub backed_up_at: Option<Moment>,
    /// The last drill, and whether it found nothing wrong.
    pub drilled_at: Option<(Moment, bool)>,
}

impl Engine {
    /// How the shop is now.
    ///
    /// # Errors
    /// The store's.
    pub fn condition(&self) -> Result<Condition, Refusal> {
        let count = |all: usize| u64::try_from(all).unwrap_or(u64::MAX);
        let members = count(self.keys.keybox().len());
        self.read(|view| {
            let rows = |table| {
                let mut rows = 0_u64;
                view.tx.scan(table, &[], None, &mut |_, _| {
                    rows = rows.saturating_add(1);
                    ControlFlow::Continue(())
                })?;
                Ok::<u64, super::work::Stop>(rows)
            };
            Ok(Condition {
                members,
                erasures_begun: rows(INTENTS.table())?,
                copies_owed: rows(OWED.table())?,
                leaves: super::audit::size(view.tx, view.keys)?,
            })
        })
    }

    /// What the audit remembers. Every leaf is looked at, so it takes some seconds where there are millions.
    ///
    /// # Errors
    /// The store's.
    pub fn remembered(&self) -> Result<Remembered, Refusal> {
        self.read(|view| {
            let mut found = Remembered::default();
            let mut damaged = None;
            let mut rotated = std::collections::BTreeMap::new();
            let from = of_u64(0);
            LEAVES.scan(view.tx, view.keys.mac(), &from, None, &mut |_, row| {
                let LeafRow::V1(line) = row;
                if found.installed_at.is_some() && !tells_of_care(&line) {
                    return ControlFlow::Continue(());
                }
                let leaf = match parse(&line) {
                    Ok(leaf) => leaf,
                    Err(error) => {
                        damaged = Some(error);
                        return ControlFlow::Break(());
                    }
                };
                let at = leaf.time;
                found.installed_at.get_or_insert(at);
                if let Some((bucket, _)) = leaf.act.epoch() {
                    rotated.insert(bucket, at);
                } else if let Act::BackedUp { .. } = leaf.act {
                    found.backed_up_at = Some(at);
                } else if let Act::Drilled { differences, .. } = leaf.act {
                    found.drilled_at = Some((at, differences == 0));
                }
                ControlFlow::Continue(())
            })?;
            if let Some(error) = damaged {
                return Err(error.into());
            }
            found.rotated_at = rotated.into_iter().collect();
            Ok(found)
        })
    }
}

/// Whether a leaf may be one of those that are looked for; it is read to be sure.
fn tells_of_care(line: &str) -> bool {
    ["erased", "rotated", "backed_up", "drilled"]
        .iter()
        .any(|word| line.contains(&format!("\"act\":\"{word}\"")))
}
