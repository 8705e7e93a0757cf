//! The journal: whole batches whose rows are over go, and their sums are kept, so that the totals are what was carried and
//! what is there. The leaves that bind them stay: they say how many rows there were, and their hash.

use core::ops::ControlFlow;

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::domain::time::Day;
use crate::policy::retention::RecordKind;
use crate::store::key::of_u64;
use crate::store::{Home, StoreError};

use super::super::Engine;
use super::super::audit::parse;
use super::super::liability::{Sums, add};
use super::super::rows::{
    CARRIED, JOURNAL, JOURNAL_FROM, JournalRow, KEPT_FROM, KeptFromRow, LEAVES, LeafRow, TotalRow,
    total_account, total_key,
};
use super::super::work::{Stop, View, Work};
use super::{AT_ONCE, Cut, Destruction, journal_from};

/// Rows of whole batches that are over.
#[derive(Default)]
struct Over {
    /// Each row's number and day.
    rows: Vec<(u64, Day)>,
    sums: Sums,
    /// From which number on rows are kept then, and which leaf is looked at next.
    kept_from: Option<(u64, u64)>,
}

impl Engine {
    pub(super) fn retain_journal(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let Some(last) = cut.journal else {
            return Ok(Destruction::default());
        };
        let mut gone = Destruction::default();
        if dry {
            return self.read(|view| Ok(over(view, last, usize::MAX)?.counted()));
        }
        loop {
            // Looked for in a snapshot: there may be many leaves between two batches.
            let found = self.read(|view| over(view, last, AT_ONCE))?;
            if found.rows.is_empty() {
                return Ok(gone);
            }
            gone.merge(&self.destroy(Home::Node, move |work| drop_batches(work, &found))?);
        }
    }
}

impl Over {
    fn counted(&self) -> Destruction {
        let mut gone = Destruction::default();
        for (_, day) in &self.rows {
            gone.add(RecordKind::Journal, *day);
        }
        gone
    }
}

/// Whole batches from the beginning on whose rows are all of `last` or before, until there are enough rows.
fn over(view: &View<'_>, last: Day, enough: usize) -> Result<Over, Stop> {
    let (_, leaf) = journal_from(view)?;
    let mut found = Over::default();
    let mut failed = None;
    let from = of_u64(leaf);
    LEAVES.scan(view.tx, view.keys.mac(), &from, None, &mut |_, row| {
        let LeafRow::V1(line) = row;
        let batch = parse(&line).map_err(Stop::from).and_then(|leaf| {
            let Act::Journal { from, to, .. } = leaf.act else {
                return Ok(true);
            };
            take(view, &mut found, (from, to, leaf.seq), last)
        });
        match batch {
            Ok(true) if found.rows.len() < enough => ControlFlow::Continue(()),
            Ok(_) => ControlFlow::Break(()),
            Err(stop) => {
                failed = Some(stop);
                ControlFlow::Break(())
            }
        }
    })?;
    failed.map_or(Ok(found), Err)
}

/// Takes a batch in if all its rows are over. Whether to look further.
fn take(
    view: &View<'_>,
    found: &mut Over,
    (from, to, leaf): (u64, u64, u64),
    last: Day,
) -> Result<bool, Stop> {
    let mut rows = Vec::new();
    let mut is_over = true;
    let (begin, end) = (of_u64(from), of_u64(to.saturating_add(1)));
    let mac = view.keys.mac();
    JOURNAL.scan(view.tx, mac, &begin, Some(&end), &mut |key, row| {
        let JournalRow::V1 { day, postings, .. } = row;
        let number = key.try_into().map_or(0, u64::from_be_bytes);
        is_over = is_over && day <= last;
        rows.push((number, day, postings));
        if is_over {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if !is_over {
        return Ok(false);
    }
    // A batch that a restore has lost has no rows, and is passed over with the next one that has.
    for (number, day, postings) in rows {
        add(&mut found.sums, &postings).ok_or_else(overflow)?;
        found.rows.push((number, day));
        found.kept_from = Some((to.saturating_add(1), leaf.saturating_add(1)));
    }
    Ok(true)
}

fn drop_batches(work: &mut Work<'_>, over: &Over) -> Result<Destruction, Stop> {
    let Some((number, leaf)) = over.kept_from else {
        return Ok(Destruction::default());
    };
    // Another run was here before.
    let (kept, _) = journal_from(&work.view())?;
    if over.rows.iter().any(|(row, _)| *row < kept) {
        return Ok(Destruction::default());
    }
    for (row, _) in &over.rows {
        work.delete(JOURNAL.table(), &of_u64(*row))?;
    }
    for (account, change) in &over.sums {
        let key = total_key(*account);
        let view = work.view();
        let before = CARRIED.row(view.tx, view.keys.mac(), key.as_bytes())?;
        let before = before.map_or(0, |TotalRow::V1(sum)| sum);
        let sum = before.checked_add(*change).ok_or_else(overflow)?;
        work.put_plain(&CARRIED, key.as_bytes(), &TotalRow::V1(sum))?;
    }
    let row = KeptFromRow::Journal { number, leaf };
    work.put_plain(&KEPT_FROM, JOURNAL_FROM, &row)?;
    Ok(over.counted())
}

fn overflow() -> StoreError {
    StoreError::Damaged("the journal's sums left their range".into())
}

/// The sums of the rows that are gone.
pub(crate) fn carried(view: &View<'_>) -> Result<Sums, Stop> {
    let mut sums = Sums::new();
    let mac = view.keys.mac();
    CARRIED.scan(view.tx, mac, &[], None, &mut |key, TotalRow::V1(sum)| {
        sums.extend(total_account(key).map(|account| (account, sum)));
        ControlFlow::Continue(())
    })?;
    Ok(sums)
}
