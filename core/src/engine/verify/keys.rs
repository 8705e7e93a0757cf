//! Rows that are found by a key alone, and rows outside the chains. An account's answers are walked along their chain;
//! what cannot be asked without its key is read from the outside and counted.

use core::ops::ControlFlow;
use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, HoldId};
use crate::ledger::hold::HoldState;
use crate::store::Table;

use super::super::commit::business_key;
use super::super::receipt::{Outcome, Receipt};
use super::super::rows::{
    BUSINESS, BusinessRow, DAYS, ENTRIES, HOLDS, HoldRow, LOTS, RECEIPTS, ReceiptKey, ReceiptRow,
    SALES, TOKENS, TokenRow, day_account,
};
use super::super::work::{Stop, View};
use super::Seen;

/// One account's answers, newest first: each reads, is of this account, and is led to by the till's receipt that it
/// names; and every sale has one that says it was done.
pub(super) fn answers(
    view: &View<'_>,
    id: AccountId,
    place: &str,
    last: Option<ReceiptKey>,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let mut walked = BTreeSet::new();
    let mut next = last.filter(|key| walked.insert(*key));
    while let Some(key) = next {
        let Some(row) = RECEIPTS.outside(view, &key)? else {
            seen.differs("receipt_missing", place, "the chain of answers is broken");
            return Ok(());
        };
        let Some(ReceiptRow::V1 {
            outcome,
            previous,
            business,
            token,
            ..
        }) = RECEIPTS.body_of(view, id, &key, &row)?
        else {
            seen.differs("receipt_stray", place, "an answer of another account");
            return Ok(());
        };
        seen.verified.receipts = seen.verified.receipts.saturating_add(1);
        if let Outcome::Done(Receipt::Sold(sold)) = &outcome {
            seen.sold.insert(sold.sale);
        }
        if let Some((kind, receipt)) = business {
            let key_of_receipt = business_key(kind, &receipt);
            let leads = match BUSINESS.outside(view, key_of_receipt.as_bytes())? {
                None => None,
                Some(row) => BUSINESS.body_of(view, id, key_of_receipt.as_bytes(), &row)?,
            };
            if leads.is_none() {
                seen.differs("receipt_missing", place, "a till's receipt leads nowhere");
            }
            // Another key may have led to the same receipt later, so it is counted once.
            seen.business.insert(key_of_receipt.as_bytes().to_vec());
            if let Some(BusinessRow::V1 { receipt }) = leads
                && RECEIPTS.outside(view, &receipt)?.is_none()
            {
                seen.differs("receipt_missing", place, "a till's receipt leads nowhere");
            }
        }
        if let Some(token) = token {
            let key = token.bytes();
            let row = match TOKENS.outside(view, &key)? {
                None => None,
                Some(row) => TOKENS.body_of(view, id, &key, &row)?,
            };
            if !matches!(row, Some(TokenRow::V1 { .. })) {
                seen.differs("token_missing", place, "a sale token is not in its place");
            }
            seen.tokens.insert(token);
        }
        next = previous.filter(|key| walked.insert(*key));
    }
    Ok(())
}

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    // An answer that is past its keeping may be there or not, and so may its sale.
    let sold = seen.sold.difference(&seen.unanswered);
    let sold = u64::try_from(sold.count()).unwrap_or(u64::MAX);
    let answered = seen.answered.difference(&seen.unanswered).count();
    let expected = u64::try_from(answered).unwrap_or(u64::MAX);
    if sold != expected {
        let detail = format!("{sold} answers, but {expected} sales");
        seen.differs("receipts_differ", "receipts", detail);
    }
    holds(view, seen)?;
    outsides(view, seen)?;
    strays(view, seen)
}

/// Every open hold is on its account's list.
fn holds(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut ids = Vec::new();
    view.tx.scan(HOLDS.table(), &[], None, &mut |key, _| {
        match key.try_into() {
            Ok(bytes) => ids.push(HoldId::from_bytes(bytes)),
            Err(_) => seen.differs("key_unreadable", "holds", "a key of another length"),
        }
        ControlFlow::Continue(())
    })?;
    for id in ids {
        match HOLDS.look_up(view, id.as_bytes(), id.as_bytes()) {
            Ok(Some((_, HoldRow::V1(hold)))) => {
                if hold.state == HoldState::Open && !seen.open_holds.contains(&id) {
                    seen.differs("hold_stray", "holds", format!("hold {id} is on no list"));
                }
            }
            // Its day's key is gone, or its owner is.
            Ok(None) => {}
            Err(stop) => seen.differs("row_unreadable", "holds", stop.to_string()),
        }
    }
    Ok(())
}

/// The outsides of answers, receipts and tokens read, and there are as many as were walked to.
fn outsides(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let count = |all: usize| u64::try_from(all).unwrap_or(u64::MAX);
    let tables = [
        (RECEIPTS.table(), seen.verified.receipts),
        (BUSINESS.table(), count(seen.business.len())),
        (TOKENS.table(), count(seen.tokens.len())),
    ];
    for (table, walked) in tables {
        let mut rows = 0_u64;
        view.tx.scan(table, &[], None, &mut |key, value| {
            rows = rows.saturating_add(1);
            let read = if table == RECEIPTS.table() {
                RECEIPTS.read(view, key, value)
            } else if table == BUSINESS.table() {
                BUSINESS.read(view, key, value)
            } else {
                TOKENS.read(view, key, value)
            };
            if let Err(error) = read {
                seen.differs("row_unreadable", table.name(), error.to_string());
            }
            ControlFlow::Continue(())
        })?;
        compare(table, rows, walked, seen);
    }
    Ok(())
}

/// No entry, sale or lot stands outside the chains that were walked.
fn strays(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let tables = [
        (ENTRIES.table(), seen.verified.entries),
        (SALES.table(), seen.verified.sales),
        (LOTS.table(), seen.verified.lots),
    ];
    for (table, walked) in tables {
        let mut rows = 0_u64;
        view.tx.scan(table, &[], None, &mut |_, _| {
            rows = rows.saturating_add(1);
            ControlFlow::Continue(())
        })?;
        compare(table, rows, walked, seen);
    }
    let mut days = Vec::new();
    view.tx.scan(DAYS.table(), &[], None, &mut |key, value| {
        days.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    })?;
    for (key, value) in days {
        let read = day_account(&key)
            .ok_or_else(|| Stop::from(crate::store::StoreError::Damaged("days".into())))
            .and_then(|account| Ok(DAYS.read(&view.keys.history(account)?, &key, &value)?));
        if let Err(stop) = read {
            seen.differs("row_unreadable", "days", stop.to_string());
        }
    }
    Ok(())
}

fn compare(table: Table, rows: u64, walked: u64, seen: &mut Seen) {
    if rows != walked {
        let detail = format!("{rows} rows, but {walked} in the chains");
        seen.differs("rows_stray", table.name(), detail);
    }
}
