//! The two rows of a proposal: what staff see of it, and what is the member's.

use core::ops::ControlFlow;

use crate::audit::{Act, Text};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::Operation;
use crate::store::StoreError;
use crate::store::key::of_u64;

use super::super::audit::{Actor, Done, number as number_of};
use super::super::rows::{
    PROPOSALS, PROPOSED, ProposalRow, ProposalState, ProposalV1, ProposedRow, ProposedV1,
};
use super::super::work::{Stop, View, Work};
use super::{ERASES, KEPT_DAYS, State};

/// Proposals from this number on, in the order of asking.
pub(super) fn from(view: &View<'_>, first: u64) -> Result<Vec<(u64, ProposalV1)>, Stop> {
    let mut found = Vec::new();
    let mut unfit = Ok(());
    let codec = view.keys.staff();
    PROPOSALS.scan(view.tx, &codec, &of_u64(first), None, &mut |key, row| {
        let ProposalRow::V1(row) = row;
        match number_of(key) {
            Ok(number) => found.push((number, row)),
            Err(error) => unfit = Err(error),
        }
        ControlFlow::Continue(())
    })?;
    unfit?;
    Ok(found)
}

/// The proposal with this number.
pub(super) fn of_number(view: &View<'_>, number: u64) -> Result<ProposalV1, Stop> {
    let row = PROPOSALS.row(view.tx, &view.keys.staff(), &of_u64(number))?;
    let ProposalRow::V1(row) = row.ok_or(Refusal::ProposalUnknown)?;
    Ok(row)
}

/// Whom a proposal is about; none when that day's key is gone.
pub(super) fn owner(view: &View<'_>, number: u64, row: &ProposalV1) -> Option<MemberId> {
    let day = view.keys.keybox().day(row.day)?;
    day.open_owner(PROPOSALS.table(), &of_u64(number), &row.owner)
}

/// What of it is the member's, under whichever of the member's core keys it opens.
pub(super) fn body(view: &View<'_>, member: MemberId, number: u64) -> Result<ProposedV1, Stop> {
    let key = of_u64(number);
    let value = view.tx.value(PROPOSED.table(), &key)?;
    let value = value.ok_or(Refusal::ProposalUnknown)?;
    let mut read = Err(Refusal::ProposalUnknown.into());
    for codec in view.keys.core_versions(member)? {
        match PROPOSED.read(&codec, &key, &value) {
            Ok(ProposedRow::V1(row)) => return Ok(row),
            Err(error) => read = Err(Stop::from(error)),
        }
    }
    read
}

/// Writes what staff see of a proposal.
pub(super) fn put(work: &mut Work<'_>, number: u64, row: ProposalV1) -> Result<(), Stop> {
    let codec = work.keys().staff();
    let row = ProposalRow::V1(row);
    work.put_under(&codec, &PROPOSALS, &of_u64(number), &row)
}

/// Writes what of it is the member's.
pub(super) fn put_body(
    work: &mut Work<'_>,
    member: MemberId,
    number: u64,
    body: ProposedV1,
) -> Result<(), Stop> {
    work.put_core(member, &PROPOSED, &of_u64(number), &ProposedRow::V1(body))
}

/// Whether a proposal still waits for somebody, by its row.
pub(super) const fn waits(row: &ProposalV1) -> bool {
    match row.state {
        ProposalState::Open | ProposalState::Ready | ProposalState::Approved { .. } => true,
        ProposalState::Declined { .. }
        | ProposalState::Executed { .. }
        | ProposalState::Lapsed { .. } => false,
    }
}

/// Puts the end of a proposal in its row; the values it would have set are kept no longer.
pub(super) fn end(
    work: &mut Work<'_>,
    number: u64,
    mut row: ProposalV1,
    state: ProposalState,
) -> Result<(), Stop> {
    let member = owner(&work.view(), number, &row);
    row.state = state;
    put(work, number, row)?;
    let Some(member) = member else {
        return Ok(());
    };
    match body(&work.view(), member, number) {
        Ok(mut body) => {
            body.values.clear();
            put_body(work, member, number, body)
        }
        Err(Stop::Refused(_)) => Ok(()),
        Err(stop) => Err(stop),
    }
}

/// Enters that a proposal has lapsed, or lets an old one go. Whether it lapsed.
pub(super) fn end_by_time(work: &mut Work<'_>, number: u64) -> Result<bool, Stop> {
    let row = match of_number(&work.view(), number) {
        Ok(row) => row,
        Err(Stop::Refused(_)) => return Ok(false),
        Err(stop) => return Err(stop),
    };
    let is_old = row.made_at.plus_days(KEPT_DAYS) <= work.now;
    if is_old || work.view().keys.keybox().day(row.day).is_none() {
        work.delete(PROPOSALS.table(), &of_u64(number))?;
        work.delete(PROPOSED.table(), &of_u64(number))?;
        return Ok(false);
    }
    if !waits(&row) || State::of(&row, work.now) != State::Lapsed {
        return Ok(false);
    }
    let act = Act::ProposalLapsed {
        operation: Text::fitted(&row.operation),
        proposal: number,
    };
    let at = work.now;
    end(work, number, row, ProposalState::Lapsed { at })?;
    work.act(Done::of_shop(Actor::program(), act))?;
    Ok(true)
}

/// The proposals about a member.
fn about(view: &View<'_>, member: MemberId) -> Result<Vec<(u64, ProposalV1)>, Stop> {
    let all = from(view, 0)?.into_iter();
    let is_theirs = |(number, row): &(u64, ProposalV1)| owner(view, *number, row) == Some(member);
    Ok(all.filter(is_theirs).collect())
}

/// The member leaves: what was theirs in proposals goes with them, and so do the proposals, but for an approved one to
/// erase them, which is being carried out and holds nothing of theirs.
pub(in crate::engine) fn forget(work: &mut Work<'_>, member: MemberId) -> Result<(), Stop> {
    let erases = ERASES.map(Operation::word);
    for (number, row) in about(&work.view(), member)? {
        work.delete(PROPOSED.table(), &of_u64(number))?;
        let is_carried_out = matches!(row.state, ProposalState::Approved { .. });
        if !(is_carried_out && erases.contains(&row.operation.as_str())) {
            work.delete(PROPOSALS.table(), &of_u64(number))?;
        }
    }
    Ok(())
}

/// Writes what of the member's stands in proposals again, under the newest version of the core key.
pub(in crate::engine) fn reseal(work: &mut Work<'_>, member: MemberId) -> Result<(), Stop> {
    for (number, _) in about(&work.view(), member)? {
        match body(&work.view(), member, number) {
            Ok(body) => put_body(work, member, number, body)?,
            Err(Stop::Refused(_)) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

/// Whether the member's part of a proposal opens under a key that its member still has.
pub(in crate::engine) fn opens(view: &View<'_>, key: &[u8]) -> Result<bool, StoreError> {
    let number = number_of(key)?;
    let opened = of_number(view, number).and_then(|row| {
        let member = owner(view, number, &row).ok_or(Refusal::ProposalUnknown)?;
        body(view, member, number).map(|_| ())
    });
    match opened {
        Ok(()) => Ok(true),
        Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Ok(false),
        Err(Stop::Store(error)) => Err(error),
    }
}
