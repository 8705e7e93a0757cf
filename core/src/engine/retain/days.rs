//! The keys of days (privacy §2): a day's key goes when no row is under it any more, and then nothing leads from a receipt,
//! a token or a hold of that day to its member, in this store or in any backup.

use core::ops::ControlFlow;

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::vault::keybox::SYS_BUCKET;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::erase::owe;
use super::super::escrow::owing;
use super::super::keys::day_of;
use super::super::rows::{
    BUSINESS, DAYS_FROM, HOLDS, KEPT_FROM, KeptFromRow, LOGINS, RECEIPTS, TOKENS,
};
use super::super::work::{Stop, View};
use super::{Cut, kept_from};

impl Engine {
    /// Drops the keys of days that nothing is under, and gives the system's bucket a new key, so that they are gone for
    /// good. What was begun before is finished first.
    pub(super) fn retire_days(&self, cut: &Cut) -> Result<(), Refusal> {
        let begun = self.read(|view| Ok(kept_from(view, DAYS_FROM)?))?;
        // A command that began before midnight may still write under yesterday's key.
        let most = cut.answers.min(day_of(cut.now).saturating_sub(2));
        let keybox = self.keys.keybox();
        if begun.is_none() && !keybox.has_day_before(most) {
            return Ok(());
        }
        let from = self.read(|view| first_needed(view, most))?;
        if begun.is_none() && !keybox.has_day_before(from) {
            return Ok(());
        }
        self.node_work(move |work| {
            work.put_plain(&KEPT_FROM, DAYS_FROM, &KeptFromRow::UtcDay(from))
        })?;
        self.keys
            .keybox()
            .drop_days_before(from)
            .map_err(|_| Refusal::KeysFailed)?;
        {
            let _turn = self.destroying()?;
            let rotated = keybox.rotate(SYS_BUCKET);
            let epoch = rotated.map_err(|_| Refusal::KeysFailed)?.epoch;
            let destinations = owing(self.escrow().as_deref());
            self.node_work(move |work| {
                let bucket = SYS_BUCKET;
                let act = Act::Rotated { bucket, epoch };
                work.act(Done {
                    because: ("retention", "legal"),
                    ..Done::of_shop(Actor::program(), act)
                })?;
                owe(work, (bucket, epoch), &destinations)?;
                work.delete(KEPT_FROM.table(), DAYS_FROM)
            })?;
        }
        // The copies of the bucket hold the old days until they are replaced.
        self.resume_erasures().map(|_| ())
    }
}

/// The first day that a row is under, or `most`. Every table whose rows name their owners under a day's key is here.
fn first_needed(view: &View<'_>, most: u32) -> Result<u32, Stop> {
    let mut first = most;
    let mut failed = None;
    for table in [
        RECEIPTS.table(),
        BUSINESS.table(),
        TOKENS.table(),
        HOLDS.table(),
    ] {
        view.tx.scan(table, &[], None, &mut |key, value| {
            let row = if table == RECEIPTS.table() {
                RECEIPTS.read(view, key, value)
            } else if table == BUSINESS.table() {
                BUSINESS.read(view, key, value)
            } else if table == TOKENS.table() {
                TOKENS.read(view, key, value)
            } else {
                HOLDS.read(view, key, value)
            };
            match row {
                Ok(row) => first = first.min(row.day()),
                // Of a row that does not read, nobody knows which day it needs.
                Err(error) => failed = Some(error),
            }
            ControlFlow::Continue(())
        })?;
    }
    view.tx.scan(LOGINS.table(), &[], None, &mut |key, _| {
        let day = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        first = first.min(day.and_then(|day| u32::try_from(day).ok()).unwrap_or(0));
        ControlFlow::Break(())
    })?;
    failed.map_or(Ok(first), |error| Err(error.into()))
}
