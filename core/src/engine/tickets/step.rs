//! Staff take a request on, read it, answer it and close it: each step is an act.

use crate::audit::Act;
use crate::domain::refusal::Refusal;
use crate::policy::catalogue::Field;
use crate::policy::ticket::{TicketNo, TicketText};

use super::super::Engine;
use super::super::audit::Actor;
use super::super::looks::Look;
use super::super::rows::{DeskTicketRow, TicketReply};
use super::super::work::{Stop, Work};
use super::TicketForStaff;
use super::place::{Kept, Whose, because};

impl Engine {
    /// A request with what was written, for staff: reading it is a use of it, and an act. The member whose it is sees who
    /// read it (AUD-02).
    ///
    /// # Errors
    /// [`Refusal::TicketUnknown`] and the store's.
    pub fn ticket(&self, number: TicketNo, actor: &Actor) -> Result<TicketForStaff, Refusal> {
        let actor = actor.clone();
        self.ticket_work(number, move |work, kept| {
            work.ticket_act(kept, actor.clone(), Act::TicketRead, &["text", "replies"])?;
            if let Whose::Member { member, .. } = &kept.whose {
                let (purpose, basis) = because(kept.index.kind);
                let look = Look {
                    at: work.now,
                    who: actor.name.clone(),
                    role: actor.role.to_owned(),
                    fields: vec![Field::Tickets],
                    purpose: purpose.to_owned(),
                    basis: basis.to_owned(),
                    ticket: Some(number.to_string()),
                };
                work.note_look(*member, &look)?;
            }
            Ok(kept.for_staff())
        })
    }

    /// Somebody of the staff takes a request on, also from whoever had it.
    ///
    /// # Errors
    /// [`Refusal::TicketUnknown`], [`Refusal::TicketClosed`] and the store's.
    pub fn take_ticket(&self, number: TicketNo, actor: &Actor) -> Result<(), Refusal> {
        let actor = actor.clone();
        self.ticket_work(number, move |work, kept| {
            kept.index.state = kept.index.state.take().map_err(Refusal::from)?;
            kept.index.owner = Some(actor.name.clone());
            work.put_ticket(kept)?;
            work.ticket_act(kept, actor.clone(), Act::TicketTaken, &["owner"])
        })
    }

    /// Answers a request, for the first time or once more. Whoever answers a request that nobody has taken has taken it.
    ///
    /// # Errors
    /// [`Refusal::BadTicketText`], [`Refusal::TicketUnknown`], [`Refusal::TicketClosed`] and the store's.
    pub fn answer_ticket(
        &self,
        number: TicketNo,
        text: &str,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        let (text, actor) = (TicketText::parse(text)?, actor.clone());
        self.ticket_work(number, move |work, kept| {
            kept.index.state = kept.index.state.answer().map_err(Refusal::from)?;
            reply(work, kept, &text, &actor);
            work.put_ticket(kept)?;
            work.ticket_act(kept, actor.clone(), Act::TicketAnswered, &["replies"])
        })
    }

    /// Closes a request: with this reply, or with one that was given before.
    ///
    /// # Errors
    /// [`Refusal::ReplyNeeded`] when nobody has answered; [`Refusal::BadTicketText`], [`Refusal::TicketUnknown`],
    /// [`Refusal::TicketClosed`] and the store's.
    pub fn close_ticket(
        &self,
        number: TicketNo,
        text: Option<&str>,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        let text = text.map(TicketText::parse).transpose()?;
        let actor = actor.clone();
        self.ticket_work(number, move |work, kept| {
            let closed = kept.index.state.close(text.is_some());
            kept.index.state = closed.map_err(Refusal::from)?;
            kept.index.ended_at = Some(work.now);
            if let Some(text) = &text {
                reply(work, kept, text, &actor);
            }
            work.put_ticket(kept)?;
            work.ticket_act(kept, actor.clone(), Act::TicketClosed, &["replies"])
        })
    }

    /// Runs work on one request in one transaction, wherever its rows are.
    fn ticket_work<T: Send + 'static>(
        &self,
        number: TicketNo,
        body: impl Fn(&mut Work<'_>, &mut Kept) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let owner = self.read(|view| view.ticket_owner(number))?;
        let run = move |work: &mut Work<'_>| {
            let mut kept = work.view().ticket(number)?;
            body(work, &mut kept)
        };
        let done = match owner.ok_or(Refusal::TicketUnknown)? {
            DeskTicketRow::Member(member) => self.member_work(member, run),
            DeskTicketRow::NobodyV1(_) => self.node_work(run),
        };
        // Who is gone took the request along.
        done.map_err(|refusal| {
            if refusal == Refusal::TokenUnknown {
                Refusal::TicketUnknown
            } else {
                refusal
            }
        })
    }
}

fn reply(work: &Work<'_>, kept: &mut Kept, text: &TicketText, actor: &Actor) {
    kept.reply(TicketReply {
        at: work.now,
        by: actor.name.clone(),
        text: text.clone(),
    });
    kept.index.owner.get_or_insert_with(|| actor.name.clone());
}
