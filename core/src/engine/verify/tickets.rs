//! Requests and complaints: every number has its owner, and every member's what the member wrote.

use core::ops::ControlFlow;

use crate::policy::ticket::TicketNo;
use crate::store::Table;

use super::super::rows::{
    DESK_TICKETS, DeskTicketRow, MEMBER_TICKETS, TICKET_NUMBERS, TICKETS, TicketRow,
};
use super::super::work::{Stop, View};
use super::Seen;
use super::people::plain;

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    plain(view, TICKET_NUMBERS, seen)?;
    let name = TICKETS.table().name();
    let mut listed = Vec::new();
    view.tx
        .scan(TICKETS.table(), &[], None, &mut |key, value| {
            let whole = key.try_into().ok().map(u64::from_be_bytes);
            match TICKETS.read(view.keys.mac(), key, value) {
                Err(error) => seen.differs("row_unreadable", name, error.to_string()),
                Ok(TicketRow::V1(row)) => match whole.and_then(TicketNo::of_whole) {
                    Some(number) => listed.push((number, row.is_members)),
                    None => seen.differs("key_unreadable", name, "a key that is no number"),
                },
            }
            ControlFlow::Continue(())
        })?;
    let mut of_members = 0_usize;
    for (number, is_members) in &listed {
        if *is_members {
            of_members = of_members.saturating_add(1);
        }
        one(view, *number, *is_members, seen);
    }
    count(view, DESK_TICKETS.table(), listed.len(), seen)?;
    count(view, MEMBER_TICKETS.table(), of_members, seen)
}

fn one(view: &View<'_>, number: TicketNo, is_members: bool, seen: &mut Seen) {
    let key = number.whole().to_be_bytes();
    let place = number.to_string();
    let owner = DESK_TICKETS.row(view.tx, &view.keys.desk(), &key);
    match owner {
        Err(error) => seen.differs("row_unreadable", place, error.to_string()),
        Ok(None) => seen.differs("row_missing", place, "a request without its owner"),
        Ok(Some(DeskTicketRow::NobodyV1(_))) if !is_members => {}
        Ok(Some(DeskTicketRow::Member(member))) if is_members => {
            if let Err(stop) = view.member_ticket(member, number.whole()) {
                seen.differs("row_unreadable", place, stop.to_string());
            }
        }
        Ok(Some(DeskTicketRow::NobodyV1(_) | DeskTicketRow::Member(_))) => {
            seen.differs("ticket_stray", place, "the index says another owner");
        }
    }
}

fn count(view: &View<'_>, table: Table, expected: usize, seen: &mut Seen) -> Result<(), Stop> {
    let mut rows = 0_usize;
    view.tx.scan(table, &[], None, &mut |_, _| {
        rows = rows.saturating_add(1);
        ControlFlow::Continue(())
    })?;
    if rows != expected {
        let detail = format!("{rows} rows, but {expected} in the index");
        seen.differs("rows_stray", table.name(), detail);
    }
    Ok(())
}
