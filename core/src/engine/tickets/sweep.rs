//! What ended two years ago goes (RET-04).

use crate::audit::Act;
use crate::domain::ids::MemberId;
use crate::domain::time::Moment;
use crate::policy::ticket::TicketNo;

use super::super::audit::{Actor, Done};
use super::super::rows::{
    DeskTicketRow, MEMBER_TICKETS, MEMBERS, MemberRow, MemberTicketRow, TicketV1,
};
use super::super::work::{Stop, View, Work};
use super::place::{because, key_of};
use super::read::each;

/// A request that ended before a moment: its number, its index row, and whose it is while that is known.
pub(crate) type Ended = (TicketNo, TicketV1, Option<MemberId>);

/// Every request that ended before this moment.
pub(crate) fn ended_before(view: &View<'_>, moment: Moment) -> Result<Vec<Ended>, Stop> {
    let mut ended = Vec::new();
    each(view, &mut |number, index| {
        if index.ended_at.is_some_and(|at| at < moment) {
            ended.push((number, index));
        }
    })?;
    let mut found = Vec::with_capacity(ended.len());
    for (number, index) in ended {
        let member = match view.ticket_owner(number)? {
            Some(DeskTicketRow::Member(member)) => Some(member),
            Some(DeskTicketRow::NobodyV1(_)) | None => None,
        };
        let known = member.filter(|member| view.keys.keybox().is_known(member));
        found.push((number, index, known));
    }
    Ok(found)
}

/// Drops a request with all that was written (RET-04). It is an act. Whether it was still there.
pub(crate) fn drop_ticket(
    work: &mut Work<'_>,
    (number, index, member): &Ended,
) -> Result<bool, Stop> {
    if work.view().ticket_owner(*number)?.is_none() {
        return Ok(false);
    }
    if let Some(member) = member {
        unchain(work, *member, *number)?;
    }
    drop_one(work, *number, index)?;
    Ok(true)
}

fn drop_one(work: &mut Work<'_>, number: TicketNo, index: &TicketV1) -> Result<(), Stop> {
    work.delete_ticket(number.whole())?;
    let done = Done {
        actor: Actor::program(),
        act: Act::TicketDropped,
        subject: None,
        fields: &["text", "replies", "contact"],
        because: (because(index.kind).0, "retention"),
    };
    work.act_of(done, number)?;
    Ok(())
}

/// Takes a request out of its member's chain: whoever named it names the one before it.
fn unchain(work: &mut Work<'_>, member: MemberId, number: TicketNo) -> Result<(), Stop> {
    let whole = number.whole();
    let chain = work.view().ticket_chain(member)?;
    let Some(place) = chain.iter().position(|of| *of == whole) else {
        return Ok(());
    };
    let (before, _) = work.view().member_ticket(member, whole)?;
    let later = place.checked_sub(1).and_then(|place| chain.get(place));
    if let Some(later) = later {
        let (_, body) = work.view().member_ticket(member, *later)?;
        let row = MemberTicketRow::V1 {
            previous: before,
            body,
        };
        return work.put_core(member, &MEMBER_TICKETS, &key_of(*later), &row);
    }
    let mut row = work.view().member(member)?;
    row.last_ticket = before;
    work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))
}
