//! Rows that are found by a key alone: each must read, belong to an account that is there, and be counted.

use core::ops::ControlFlow;
use std::collections::BTreeSet;

use crate::ledger::hold::HoldState;

use super::super::receipt::{Outcome, Receipt};
use super::super::rows::{
    BUSINESS, BusinessRow, DAYS, ENTRIES, EntryRow, HOLDS, HoldRow, LOTS, RECEIPTS, ReceiptRow,
    SALES, SaleRow,
};
use super::super::work::{Stop, View};
use super::Seen;

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    receipts(view, seen)?;
    holds(view, seen)?;
    strays(view, seen)
}

/// Every answer reads; every sale has one answer that says it was done, and a till's receipt that leads to it.
fn receipts(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut sold = BTreeSet::new();
    view.tx
        .scan(RECEIPTS.table(), &[], None, &mut |key, value| {
            seen.verified.receipts = seen.verified.receipts.saturating_add(1);
            match RECEIPTS.read(view.keys.codec(), key, value) {
                Ok(ReceiptRow::V1 {
                    account, outcome, ..
                }) => {
                    let done = matches!(outcome, Outcome::Done(_));
                    if done && !seen.accounts.contains(&account) {
                        seen.differs("receipt_stray", "receipts", "an answer about no account");
                    }
                    if let Outcome::Done(Receipt::Sold(sale)) = outcome {
                        sold.insert(sale.sale);
                    }
                }
                Err(error) => seen.differs("row_unreadable", "receipts", error.to_string()),
            }
            ControlFlow::Continue(())
        })?;
    let sold = u64::try_from(sold.len()).unwrap_or(u64::MAX);
    if sold != seen.verified.sales {
        let detail = format!("{sold} answers, but {} sales", seen.verified.sales);
        seen.differs("receipts_differ", "receipts", detail);
    }

    let mut leads = Vec::new();
    view.tx
        .scan(BUSINESS.table(), &[], None, &mut |key, value| {
            match BUSINESS.read(view.keys.mac(), key, value) {
                Ok(BusinessRow::V1 { receipt }) => leads.push(receipt),
                Err(error) => seen.differs("row_unreadable", "business", error.to_string()),
            }
            ControlFlow::Continue(())
        })?;
    for receipt in leads {
        if view.tx.value(RECEIPTS.table(), &receipt)?.is_none() {
            seen.differs(
                "receipt_missing",
                "business",
                "a till's receipt leads nowhere",
            );
        }
    }
    Ok(())
}

/// Every open hold is on its account's list.
fn holds(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    view.tx.scan(HOLDS.table(), &[], None, &mut |key, value| {
        match HOLDS.read(view.keys.codec(), key, value) {
            Ok(HoldRow::V1(hold)) => {
                if hold.state == HoldState::Open && !seen.open_holds.contains(&hold.id) {
                    seen.differs(
                        "hold_stray",
                        "holds",
                        format!("hold {} is on no list", hold.id),
                    );
                }
            }
            Err(error) => seen.differs("row_unreadable", "holds", error.to_string()),
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// No entry, sale or lot stands outside the chains that were walked.
fn strays(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut entries = 0_u64;
    view.tx
        .scan(ENTRIES.table(), &[], None, &mut |key, value| {
            entries = entries.saturating_add(1);
            match ENTRIES.read(view.keys.codec(), key, value) {
                Ok(EntryRow::V1 { account, .. }) if seen.accounts.contains(&account) => {}
                Ok(EntryRow::V1 { entry, .. }) => {
                    seen.differs(
                        "entry_stray",
                        "entries",
                        format!("entry {} is nobody's", entry.id),
                    );
                }
                Err(error) => seen.differs("row_unreadable", "entries", error.to_string()),
            }
            ControlFlow::Continue(())
        })?;
    let mut sales = 0_u64;
    view.tx.scan(SALES.table(), &[], None, &mut |key, value| {
        sales = sales.saturating_add(1);
        match SALES.read(view.keys.codec(), key, value) {
            Ok(SaleRow::V1(_)) => {}
            Err(error) => seen.differs("row_unreadable", "sales", error.to_string()),
        }
        ControlFlow::Continue(())
    })?;
    let mut lots = 0_u64;
    view.tx.scan(LOTS.table(), &[], None, &mut |key, value| {
        lots = lots.saturating_add(1);
        if let Err(error) = LOTS.read(view.keys.codec(), key, value) {
            seen.differs("row_unreadable", "lots", error.to_string());
        }
        ControlFlow::Continue(())
    })?;
    view.tx.scan(DAYS.table(), &[], None, &mut |key, value| {
        if let Err(error) = DAYS.read(view.keys.codec(), key, value) {
            seen.differs("row_unreadable", "days", error.to_string());
        }
        ControlFlow::Continue(())
    })?;
    let walked = [
        ("entries", entries, seen.verified.entries),
        ("sales", sales, seen.verified.sales),
        ("lots", lots, seen.verified.lots),
    ];
    for (table, rows, walked) in walked {
        if rows != walked {
            seen.differs(
                "rows_stray",
                table,
                format!("{rows} rows, but {walked} in the chains"),
            );
        }
    }
    Ok(())
}
