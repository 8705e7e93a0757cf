//! The staff list requests and complaints, read them, take them on, answer and close them, and open one for a member who
//! stands at the desk (DSR-04, SVC-01). A member sees who read a request of theirs.

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::Operation;
use crate::policy::grant::{Ask, decide};
use crate::policy::ticket::TicketNo;

use super::super::Engine;
use super::super::audit::Actor;
use super::super::tickets::{OpenedBy, TicketForStaff, TicketListed, TicketOpened, Told};
use super::{OnDuty, ROWS_MAX};

impl OnDuty {
    /// As the audit names them.
    fn actor(&self) -> Actor {
        Actor::staff(&self.name, &self.device)
    }
}

impl Engine {
    /// Requests that are not closed with numbers after this one, twenty at most: nobody is in the list.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and the store's.
    pub fn tickets_at_desk(
        &self,
        duty: &OnDuty,
        after: Option<TicketNo>,
        overdue: bool,
    ) -> Result<Vec<TicketListed>, Refusal> {
        self.may(duty, Operation::ReadTickets)?;
        let after = after.map_or(0, TicketNo::whole);
        let open = self.open_tickets(self.now())?.into_iter();
        let wanted = |ticket: &TicketListed| {
            after < ticket.number.whole() && (ticket.is_overdue || !overdue)
        };
        Ok(open.filter(wanted).take(ROWS_MAX).collect())
    }

    /// A request with what was written.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::ticket`].
    pub fn ticket_at_desk(
        &self,
        duty: &OnDuty,
        number: TicketNo,
    ) -> Result<TicketForStaff, Refusal> {
        self.may(duty, Operation::ReadTickets)?;
        self.ticket(number, &duty.actor())
    }

    /// Takes a request on.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::take_ticket`].
    pub fn take_ticket_at_desk(&self, duty: &OnDuty, number: TicketNo) -> Result<(), Refusal> {
        self.may(duty, Operation::TakeTicket)?;
        self.take_ticket(number, &duty.actor())
    }

    /// Answers a request.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::answer_ticket`].
    pub fn answer_ticket_at_desk(
        &self,
        duty: &OnDuty,
        number: TicketNo,
        text: &str,
    ) -> Result<(), Refusal> {
        self.may(duty, Operation::AnswerTicket)?;
        self.answer_ticket(number, text, &duty.actor())
    }

    /// Closes a request, with this reply or after one.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::close_ticket`].
    pub fn close_ticket_at_desk(
        &self,
        duty: &OnDuty,
        number: TicketNo,
        text: Option<&str>,
    ) -> Result<(), Refusal> {
        self.may(duty, Operation::CloseTicket)?;
        self.close_ticket(number, text, &duty.actor())
    }

    /// Opens a request of a member who stands at the desk and asks for it. Nothing of the member is shown by that.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::open_ticket`].
    pub fn open_ticket_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        told: &Told<'_>,
    ) -> Result<TicketOpened, Refusal> {
        self.may(duty, Operation::TakeTicket)?;
        let ask = Ask::OwnData {
            signed_in: member,
            member,
        };
        let leave = decide(&ask).map_err(Refusal::from)?;
        self.open_ticket(member, told, OpenedBy::Staff(&duty.actor()), &leave)
    }
}
