//! A member's requests and complaints, with their answers and by when they are due (DSR-04, DSR-08).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::engine::tickets::{OpenedBy, TicketShown};
use jifen::policy::ticket::{TicketKind, TicketState};
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::routes::tickets::told;
use crate::words;

use super::super::form::{Fault, Form};
use super::super::frame::Frame;
use super::super::{done, mend, returned, show};
use super::{clock, of_member};

#[derive(Template)]
#[template(path = "me/tickets.html")]
struct Page {
    frame: Frame,
    tickets: Vec<Ticket>,
    kinds: Vec<(&'static str, String)>,
    kind: Zeroizing<String>,
    text: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// A request as pages show it.
pub(super) struct Ticket {
    pub(super) number: String,
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) is_over: bool,
    pub(super) due: String,
    pub(super) text: String,
    pub(super) replies: Vec<(String, String)>,
}

impl Ticket {
    pub(super) fn of(app: &App, frame: &Frame, ticket: &TicketShown) -> Result<Self, Refusal> {
        let replies = ticket.replies.iter().map(|reply| {
            let text = reply.text.as_str().to_owned();
            Ok((clock(app, reply.at)?, text))
        });
        Ok(Self {
            number: ticket.number.to_string(),
            kind: frame.say(kind_key(ticket.kind)),
            state: frame.say(match ticket.state {
                TicketState::Open => "ticket-state-open",
                TicketState::Answered => "ticket-state-answered",
                TicketState::Closed => "ticket-state-closed",
            }),
            is_over: ticket.state == TicketState::Closed,
            due: ticket.due.to_string(),
            text: ticket.text.as_str().to_owned(),
            replies: replies.collect::<Result<_, Refusal>>()?,
        })
    }
}

const fn kind_key(kind: TicketKind) -> &'static str {
    match kind {
        TicketKind::Query => "ticket-query",
        TicketKind::Correct => "ticket-correct",
        TicketKind::Delete => "ticket-delete",
        TicketKind::Restrict => "ticket-restrict",
        TicketKind::Withdraw => "ticket-withdraw",
        TicketKind::Copy => "ticket-copy",
        TicketKind::Complaint => "ticket-complaint",
        TicketKind::Enquiry => "ticket-enquiry",
        TicketKind::Suggestion => "ticket-suggestion",
        TicketKind::Violation => "ticket-violation",
    }
}

/// The kinds that somebody may choose, and the words for each: what needs a member is left out where nobody is signed in.
pub(super) fn kinds(frame: &Frame, is_member: bool) -> Vec<(&'static str, String)> {
    let kinds = TicketKind::ALL.into_iter();
    let kinds = kinds.filter(|kind| is_member || !kind.needs_a_member());
    kinds
        .map(|kind| (kind.as_str(), frame.say(kind_key(kind))))
        .collect()
}

/// `GET /me/tickets`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let (frame, back) = (Frame::of(app, asked), returned(app, asked));
        let tickets = app.engine.tickets_of(member, leave)?;
        let tickets = tickets.iter().map(|ticket| Ticket::of(app, &frame, ticket));
        Ok(show(&Page {
            tickets: tickets.collect::<Result<_, Refusal>>()?,
            kinds: kinds(&frame, true),
            kind: back.typed.kept("kind"),
            text: back.typed.or("text", ""),
            faults: back.faults,
            frame,
        }))
    })
}

/// `POST /me/tickets`
pub(crate) fn open(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["kind", "text"])?;
        let language = Frame::of_language(app, asked);
        let told = told(language.tag(), form.text("kind"), form.text("text"))?;
        let by = OpenedBy::Member { device: KIOSK };
        match app.engine.open_ticket(member, &told, by, leave) {
            Ok(opened) => {
                let (number, due) = (opened.number.to_string(), opened.due.to_string());
                let values = [("number", &*number), ("day", &*due)];
                let words = words::fill(language, "tickets-done", &values);
                Ok(done(app, asked, words, "/me/tickets"))
            }
            Err(no) => {
                let fields = [("bad_ticket_text", "text")];
                mend(app, asked, ("/me/tickets", form), no, &fields)
            }
        }
    })
}
