//! The journal: its rows summed again, the sum of all its accounts, and what the accounts of the members hold.

use core::ops::ControlFlow;

use crate::ledger::journal::JournalAccount;

use super::super::liability::{Sums, add, totals};
use super::super::retain::carried;
use super::super::rows::JOURNAL;
use super::super::rows::JournalRow;
use super::super::work::{Stop, View};
use super::Seen;

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut booked = match carried(view) {
        Ok(carried) => carried,
        Err(stop) => {
            seen.differs("row_unreadable", "carried", stop.to_string());
            return Ok(());
        }
    };
    view.tx
        .scan(JOURNAL.table(), &[], None, &mut |key, value| {
            seen.verified.journal_rows = seen.verified.journal_rows.saturating_add(1);
            match JOURNAL.read(view.keys.mac(), key, value) {
                Ok(JournalRow::V1 { postings, .. }) => {
                    if add(&mut booked, &postings).is_none() {
                        seen.differs("journal_overflow", "journal", "a sum left its range");
                    }
                }
                Err(error) => seen.differs("row_unreadable", "journal", error.to_string()),
            }
            ControlFlow::Continue(())
        })?;

    let mut kept = match totals(view) {
        Ok(kept) => kept,
        Err(stop) => {
            seen.differs("row_unreadable", "totals", stop.to_string());
            return Ok(());
        }
    };
    let all: i128 = booked.values().map(|sum| i128::from(*sum)).sum();
    if all != 0 {
        seen.differs(
            "journal_unbalanced",
            "journal",
            format!("its accounts sum to {all}"),
        );
    }
    kept.retain(|_, sum| *sum != 0);
    booked.retain(|_, sum| *sum != 0);
    compare("total_differs", &kept, &booked, "its rows sum to", seen);
    booked.retain(|account, _| {
        matches!(
            account,
            JournalAccount::Liability(_) | JournalAccount::Receivable
        )
    });
    let mut owed = core::mem::take(&mut seen.owed);
    owed.retain(|_, sum| *sum != 0);
    compare(
        "liability_differs",
        &booked,
        &owed,
        "the accounts hold",
        seen,
    );
    Ok(())
}

fn compare(code: &'static str, stands: &Sums, should: &Sums, who: &str, seen: &mut Seen) {
    let names: std::collections::BTreeSet<_> = stands.keys().chain(should.keys()).collect();
    for name in names {
        let (is, wanted) = (
            stands.get(name).unwrap_or(&0),
            should.get(name).unwrap_or(&0),
        );
        if is != wanted {
            seen.differs(
                code,
                format!("{name:?}"),
                format!("{is}, but {who} {wanted}"),
            );
        }
    }
}
