//! Somebody asks or complains.

use std::sync::Arc;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::calendar::{Calendar, Certainty};
use crate::policy::grant::{Grant, Use};
use crate::policy::ticket::{DUE_WORKING_DAYS, TicketKind, TicketNo, TicketState, TicketText};

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::{MEMBERS, MemberRow, NobodyV1, TicketBody, TicketV1};
use super::super::work::{Stop, Work};
use super::place::{Kept, Whose, because};
use super::{ComplaintOpened, OpenedBy, Reference, TicketOpened, Told, zone};

impl Engine {
    /// Opens a request of a member whose identity was verified: signed in, or by staff at the desk. The same wish while
    /// the first one is still open is the first one.
    ///
    /// # Errors
    /// [`Refusal::BadTicketText`]; [`Refusal::TokenUnknown`] when the grant is for somebody else or there is no such
    /// member; the store's.
    pub fn open_ticket(
        &self,
        member: MemberId,
        told: &Told<'_>,
        by: OpenedBy<'_>,
        leave: &Grant,
    ) -> Result<TicketOpened, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let (kind, calendar) = (told.kind, self.calendar());
        let device = match by {
            OpenedBy::Member { device } => device.to_owned(),
            OpenedBy::Staff(actor) => actor.device.clone(),
        };
        let staff = match by {
            OpenedBy::Member { .. } => None,
            OpenedBy::Staff(actor) => Some(actor.clone()),
        };
        let body = TicketBody {
            language: told.language,
            device,
            text: TicketText::parse(told.text)?,
            replies: Vec::new(),
        };
        self.member_work(member, move |work| {
            if let Some(earlier) = same_and_open(work, member, kind, &body.text)? {
                return Ok(earlier);
            }
            let mut row = work.view().member(member)?;
            let handle = Handle::from_bytes(row.handle);
            let opened = draw(work, &calendar)?;
            let previous = row.last_ticket.replace(opened.number.whole());
            let whose = Whose::Member {
                member,
                previous,
                body: body.clone(),
            };
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            let kept = kept(work, &opened, kind, whose);
            work.put_ticket(&kept)?;
            let actor = staff.clone();
            let actor = actor.unwrap_or_else(|| Actor::member(handle, &body.device));
            let act = Act::TicketOpened {
                kind: Text::fitted(kind.as_str()),
            };
            work.ticket_act(&kept, actor, act, &["text"])?;
            Ok(opened)
        })
    }

    /// Takes a complaint, an enquiry, a suggestion or a report from somebody who did not sign in.
    ///
    /// # Errors
    /// [`Refusal::SignInNeeded`] for a right that belongs to a member (DSR-08); [`Refusal::BadTicketText`] and
    /// [`Refusal::BadContact`]; the store's.
    pub fn complain(
        &self,
        told: &Told<'_>,
        contact: Option<&str>,
        device: &str,
    ) -> Result<ComplaintOpened, Refusal> {
        let (kind, calendar) = (told.kind, self.calendar());
        if kind.needs_a_member() {
            return Err(Refusal::SignInNeeded);
        }
        let text = TicketText::parse(told.text)?;
        let contact = contact.map(TicketText::contact).transpose();
        let contact = contact.map_err(|_| Refusal::BadContact)?;
        let device = device.to_owned();
        let body = TicketBody {
            language: told.language,
            device: device.clone(),
            text,
            replies: Vec::new(),
        };
        self.node_work(move |work| {
            let opened = draw(work, &calendar)?;
            let reference = Reference::of(work.random());
            let whose = Whose::Nobody(NobodyV1 {
                reference: reference.hash(opened.number),
                contact: contact.clone(),
                body: body.clone(),
            });
            let kept = kept(work, &opened, kind, whose);
            work.put_ticket(&kept)?;
            let done = Done {
                actor: Actor {
                    name: "visitor".to_owned(),
                    role: "visitor",
                    device: device.clone(),
                },
                act: Act::TicketOpened {
                    kind: Text::fitted(kind.as_str()),
                },
                subject: None,
                fields: &["text", "contact"],
                because: because(kind),
            };
            work.act_of(done, opened.number)?;
            Ok(ComplaintOpened {
                ticket: opened,
                reference,
            })
        })
    }
}

/// A number, and the day on which it is to be answered.
fn draw(work: &mut Work<'_>, calendar: &Arc<Calendar>) -> Result<TicketOpened, Stop> {
    let today = zone(work.versions, work.now).day_of(work.now);
    let (due, certainty) = calendar.after(today, DUE_WORKING_DAYS);
    let number = work.draw_ticket(today)?;
    Ok(TicketOpened {
        number,
        due,
        certainty,
    })
}

fn kept(work: &Work<'_>, opened: &TicketOpened, kind: TicketKind, whose: Whose) -> Kept {
    let index = TicketV1 {
        kind,
        state: TicketState::Open,
        owner: None,
        opened_at: work.now,
        due: opened.due,
        is_assumed: opened.certainty == Certainty::Assumed,
        ended_at: None,
        is_members: matches!(whose, Whose::Member { .. }),
    };
    Kept {
        number: opened.number,
        index,
        whose,
    }
}

/// A request of the member that wishes the same, and that nobody has answered: somebody pressed twice.
fn same_and_open(
    work: &Work<'_>,
    member: MemberId,
    kind: TicketKind,
    text: &TicketText,
) -> Result<Option<TicketOpened>, Stop> {
    let view = work.view();
    for whole in view.ticket_chain(member)? {
        let Some(number) = TicketNo::of_whole(whole) else {
            continue;
        };
        let index = view.ticket_index(number)?;
        let open = index.filter(|index| index.kind == kind && index.state == TicketState::Open);
        if let Some(index) = open
            && view.member_ticket(member, whole)?.1.text == *text
        {
            return Ok(Some(TicketOpened {
                number,
                due: index.due,
                certainty: if index.is_assumed {
                    Certainty::Assumed
                } else {
                    Certainty::Known
                },
            }));
        }
    }
    Ok(None)
}
