//! What the shop owes in points, by the month in which they expire. The sums are kept by the closing body of each batch,
//! so that no command writes a row that all commands write (architecture §7).

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::Month;
use crate::ledger::journal::{JournalAccount, Posting};
use crate::store::{StoreError, WriteTx, Written};

use super::Engine;
use super::keys::Keys;
use super::retain::carried;
use super::rows::{JOURNAL, JournalRow, TOTALS, TotalRow, total_account, total_key};
use super::work::{Stop, View};

/// Sums of the journal's accounts: credits less debits.
pub type Sums = BTreeMap<JournalAccount, i64>;

/// Adds postings to sums; `None` on overflow.
pub(crate) fn add(sums: &mut Sums, postings: &[Posting]) -> Option<()> {
    for posting in postings {
        let debit = sums.entry(posting.debit).or_default();
        *debit = debit.checked_sub(posting.points.count())?;
        let credit = sums.entry(posting.credit).or_default();
        *credit = credit.checked_add(posting.points.count())?;
    }
    Some(())
}

/// Adds a batch's journal to the sums.
pub(crate) fn add_batch(
    tx: &mut dyn WriteTx,
    written: Written<'_>,
    keys: &Keys,
) -> Result<(), StoreError> {
    let mut sums = Sums::new();
    for (key, value) in written.table(JOURNAL.table()) {
        let Some(value) = value else { continue };
        let JournalRow::V1 { postings, .. } = JOURNAL.read(keys.mac(), key, value)?;
        add(&mut sums, &postings).ok_or_else(overflow)?;
    }
    for (account, change) in sums {
        let key = total_key(account);
        let TotalRow::V1(before) = TOTALS
            .row(tx, keys.mac(), key.as_bytes())?
            .unwrap_or(TotalRow::V1(0));
        let after = before.checked_add(change).ok_or_else(overflow)?;
        TOTALS.put(tx, keys.mac(), key.as_bytes(), &TotalRow::V1(after))?;
    }
    Ok(())
}

fn overflow() -> StoreError {
    StoreError::Damaged("the journal's sums left their range".into())
}

/// The kept sums.
pub(crate) fn totals(view: &View<'_>) -> Result<Sums, Stop> {
    let mut sums = Sums::new();
    TOTALS.scan(view.tx, view.keys.mac(), &[], None, &mut |key,
                                                            TotalRow::V1(
        sum,
    )| {
        if let Some(account) = total_account(key) {
            sums.insert(account, sum);
        }
        ControlFlow::Continue(())
    })?;
    Ok(sums)
}

/// What the journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Liability {
    /// Points outstanding by the month in which they expire, `None` for those that never do; zeros left out.
    pub months: BTreeMap<Option<Month>, i64>,
    /// All points outstanding: Σ balances.
    pub outstanding: i64,
    /// All points owed by members: Σ debt.
    pub receivable: i64,
    /// Every account of the journal, credits less debits; they sum to 0.
    pub accounts: Sums,
}

/// A month's liability by what moved it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MonthMoves {
    /// The other side of each posting, and how many points it added.
    pub moves: BTreeMap<JournalAccount, i64>,
    /// What came of rows that are kept no longer (RET-02): only their sum is known.
    pub carried: i64,
    /// Their sum: the month's liability.
    pub outstanding: i64,
}

impl Engine {
    /// The liability as it is booked now. After a [`Engine::sweep`] nothing lapsed is left in it.
    pub fn liability(&self) -> Result<Liability, Refusal> {
        let accounts = self.read(totals)?;
        let mut liability = Liability::default();
        for (account, sum) in &accounts {
            match account {
                JournalAccount::Liability(month) => {
                    liability.outstanding = liability.outstanding.saturating_add(*sum);
                    if *sum != 0 {
                        liability.months.insert(*month, *sum);
                    }
                }
                JournalAccount::Receivable => liability.receivable = sum.saturating_neg(),
                JournalAccount::Issued
                | JournalAccount::Redeemed
                | JournalAccount::ClawedBack
                | JournalAccount::Expired
                | JournalAccount::Adjusted
                | JournalAccount::Loss
                | JournalAccount::Forfeited
                | JournalAccount::Restored => {}
            }
        }
        liability.accounts = accounts;
        Ok(liability)
    }

    /// How one month's liability came about, from the journal's rows.
    pub fn liability_moves(&self, month: Option<Month>) -> Result<MonthMoves, Refusal> {
        let wanted = JournalAccount::Liability(month);
        self.read(|view| {
            let mut moves = MonthMoves::default();
            moves.carried = carried(view)?.get(&wanted).copied().unwrap_or(0);
            moves.outstanding = moves.carried;
            let mut note = |other: JournalAccount, points: Points, sign: i64| {
                let change = points.count().saturating_mul(sign);
                let sum = moves.moves.entry(other).or_default();
                *sum = sum.saturating_add(change);
                moves.outstanding = moves.outstanding.saturating_add(change);
            };
            JOURNAL.scan(view.tx, view.keys.mac(), &[], None, &mut |_, row| {
                let JournalRow::V1 { postings, .. } = row;
                for posting in postings {
                    if posting.credit == wanted {
                        note(posting.debit, posting.points, 1);
                    }
                    if posting.debit == wanted {
                        note(posting.credit, posting.points, -1);
                    }
                }
                ControlFlow::Continue(())
            })?;
            Ok(moves)
        })
    }
}
