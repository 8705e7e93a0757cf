//! What ended two years ago goes (RET-04).

use crate::audit::Act;
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::ticket::{TicketNo, kept_from};

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::{
    DeskTicketRow, MEMBER_TICKETS, MEMBERS, MemberRow, MemberTicketRow, TicketV1,
};
use super::super::work::{Stop, Work};
use super::place::{because, key_of};
use super::read::each;
use super::zone;

/// How many requests were dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TicketsDropped {
    /// Of members.
    pub of_members: u64,
    /// Of people who did not sign in.
    pub of_nobody: u64,
}

impl Engine {
    /// The moment before which a request must have ended to be past its keeping: two years ago, to the day.
    pub fn tickets_kept_from(&self) -> Moment {
        let now = self.now();
        let zone = zone(&self.versions(), now);
        let from = kept_from(zone.day_of(now));
        from.map_or(Moment::EPOCH, |day| zone.start_of(day))
    }

    /// Drops every request that ended before this moment, with all that was written: see [`Engine::tickets_kept_from`].
    /// Each is an act.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`] and the store's.
    pub fn drop_tickets_ended_before(&self, moment: Moment) -> Result<TicketsDropped, Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let ended = |index: &TicketV1| index.ended_at.is_some_and(|at| at < moment);
        let over = self.read(|view| {
            let mut over = Vec::new();
            each(view, &mut |number, index| {
                if ended(&index) {
                    over.push((number, index));
                }
            })?;
            Ok(over)
        })?;
        let mut dropped = TicketsDropped::default();
        for (number, index) in over {
            let owner = self.read(|view| view.ticket_owner(number))?;
            let member = match owner {
                Some(DeskTicketRow::Member(member)) => Some(member),
                Some(DeskTicketRow::NobodyV1(_)) | None => None,
            };
            let known = member.filter(|member| self.keys.keybox().is_known(member));
            match known {
                Some(member) => {
                    self.member_work(member, move |work| {
                        unchain(work, member, number)?;
                        drop_one(work, number, &index)
                    })?;
                }
                None => self.node_work(move |work| drop_one(work, number, &index))?,
            }
            let count = if member.is_some() {
                &mut dropped.of_members
            } else {
                &mut dropped.of_nobody
            };
            *count = count.saturating_add(1);
        }
        Ok(dropped)
    }
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
