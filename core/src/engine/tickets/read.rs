//! Requests as they are shown: to the member, to whoever has the reference, and as a list without anybody in it.

use core::ops::ControlFlow;

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::calendar::Certainty;
use crate::policy::grant::{Grant, Use};
use crate::policy::ticket::{TAKEN_WORKING_DAYS, TicketNo, TicketState};

use super::super::Engine;
use super::super::rows::{DeskTicketRow, TICKETS, TicketRow, TicketV1};
use super::super::work::{Stop, View};
use super::{Reference, TicketListed, TicketShown, zone};

impl Engine {
    /// A member's requests with their answers, for that member, the newest first.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else, and the store's.
    pub fn tickets_of(&self, member: MemberId, leave: &Grant) -> Result<Vec<TicketShown>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| {
            let mut tickets = Vec::new();
            for member in view.person(member)? {
                tickets.extend(view.tickets_of(member)?);
            }
            tickets.sort_by_key(|ticket| core::cmp::Reverse(ticket.number));
            Ok(tickets)
        })
    }

    /// A request of somebody who did not sign in, for whoever has its reference.
    ///
    /// # Errors
    /// [`Refusal::TicketUnknown`], the same whatever is wrong: the number, the reference, or that it is a member's; and the
    /// store's.
    pub fn complaint(&self, number: &str, reference: &str) -> Result<TicketShown, Refusal> {
        let number: TicketNo = number.parse().map_err(|_| Refusal::TicketUnknown)?;
        let read = Reference::parse(reference);
        let reference = read.clone().unwrap_or_else(|| Reference::of([0; 7]));
        self.read(|view| {
            let nobody = match view.ticket_owner(number)? {
                Some(DeskTicketRow::NobodyV1(nobody)) => Some(nobody),
                Some(DeskTicketRow::Member(_)) | None => None,
            };
            // An unknown number costs as much as a known one.
            let kept = nobody.as_ref().map_or([0; 32], |nobody| nobody.reference);
            if reference.is_of(number, &kept) && read.is_some() && nobody.is_some() {
                Ok(view.ticket(number)?.shown())
            } else {
                Err(Refusal::TicketUnknown.into())
            }
        })
    }

    /// Every request that is not closed, by number, from the index alone: nobody is in it. A request is overdue on the day
    /// after its due day, unless somebody has answered.
    ///
    /// # Errors
    /// The store's.
    pub fn open_tickets(&self, now: Moment) -> Result<Vec<TicketListed>, Refusal> {
        let (calendar, versions) = (self.calendar(), self.versions());
        let zone = zone(&versions, now);
        let today = zone.day_of(now);
        let listed = |number: TicketNo, index: TicketV1| {
            let unanswered = index.state == TicketState::Open;
            let opened_on = zone.day_of(index.opened_at);
            let (to_be_taken, _) = calendar.after(opened_on, TAKEN_WORKING_DAYS);
            TicketListed {
                number,
                kind: index.kind,
                state: index.state,
                is_overdue: unanswered && index.due < today,
                is_escalated: unanswered && index.owner.is_none() && to_be_taken < today,
                owner: index.owner,
                opened_at: index.opened_at,
                due: index.due,
                certainty: if index.is_assumed {
                    Certainty::Assumed
                } else {
                    Certainty::Known
                },
                is_members: index.is_members,
            }
        };
        self.read(|view| {
            let mut open = Vec::new();
            each(view, &mut |number, index| {
                if index.state != TicketState::Closed {
                    open.push(listed(number, index));
                }
            })?;
            Ok(open)
        })
    }
}

/// Every request there is, by number.
pub(super) fn each(view: &View<'_>, visit: &mut dyn FnMut(TicketNo, TicketV1)) -> Result<(), Stop> {
    TICKETS.scan(view.tx, view.keys.mac(), &[], None, &mut |key, row| {
        let TicketRow::V1(index) = row;
        let whole = key.try_into().ok().map(u64::from_be_bytes);
        if let Some(number) = whole.and_then(TicketNo::of_whole) {
            visit(number, index);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
