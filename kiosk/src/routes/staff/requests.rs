//! The staff work on requests and complaints: a list with due days and nobody in it, one to read, to take on, to answer and
//! to close, and one that is opened for a member at the desk (DSR-04, SVC-01).

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::tickets::{TicketForStaff, TicketListed};
use jifen::policy::access::Operation;
use jifen::policy::calendar::Certainty;
use jifen::policy::ticket::TicketNo;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::{answered, no_content};
use crate::routes::tickets::told;
use crate::staff::Seat;

use super::{Answered, member, on_duty, refer, said};

#[derive(Serialize)]
struct List {
    tickets: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    number: String,
    kind: &'static str,
    state: &'static str,
    opened_at: String,
    due: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    overdue: bool,
    /// More than a working day is over and nobody has taken it on.
    escalated: bool,
    /// A year of the calendar was not known when the due day was counted.
    holidays_unknown: bool,
    /// Whether it is a member's, or of somebody who did not sign in.
    of: &'static str,
}

impl From<TicketListed> for Row {
    fn from(ticket: TicketListed) -> Self {
        Self {
            number: ticket.number.to_string(),
            kind: ticket.kind.as_str(),
            state: ticket.state.as_str(),
            opened_at: ticket.opened_at.to_rfc3339(),
            due: ticket.due.to_string(),
            owner: ticket.owner,
            overdue: ticket.is_overdue,
            escalated: ticket.is_escalated,
            holidays_unknown: ticket.certainty == Certainty::Assumed,
            of: if ticket.is_members {
                "member"
            } else {
                "nobody"
            },
        }
    }
}

/// `GET /staff/v1/tickets?after=NUMBER&overdue=true`: twenty at most that are not closed, by number.
pub(crate) fn tickets(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_tickets(app, asked))
}

fn try_tickets(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::ReadTickets)?;
    let (mut after, mut overdue) = (None, false);
    let query = asked.request.uri().query().unwrap_or_default();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("after", number)) => {
                let number: TicketNo = number.parse().map_err(|_| Refusal::BadRequest)?;
                after = Some(number);
            }
            Some(("overdue", "true")) => overdue = true,
            Some(("overdue", "false")) => overdue = false,
            Some(_) | None => return Err(Refusal::BadRequest),
        }
    }
    let open = app.engine.tickets_at_desk(&seat.duty, after, overdue)?;
    let list = List {
        tickets: open.into_iter().map(Row::from).collect(),
    };
    Ok(json(StatusCode::OK, &list))
}

/// A request with what was written.
#[derive(Serialize)]
struct Shown {
    number: String,
    kind: &'static str,
    state: &'static str,
    opened_at: String,
    due: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    language: String,
    text: String,
    replies: Vec<Reply>,
    /// Whose it is; left out where somebody did not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<String>,
    /// How to reach whoever did not sign in.
    #[serde(skip_serializing_if = "Option::is_none")]
    contact: Option<String>,
}

#[derive(Serialize)]
struct Reply {
    at: String,
    by: String,
    text: String,
}

impl Shown {
    fn of(app: &App, seat: &Seat, ticket: &TicketForStaff) -> Self {
        let shown = &ticket.shown;
        let replies = shown.replies.iter().map(|reply| Reply {
            at: reply.at.to_rfc3339(),
            by: reply.by.clone(),
            text: reply.text.as_str().to_owned(),
        });
        let contact = ticket.contact.as_ref();
        Self {
            number: shown.number.to_string(),
            kind: shown.kind.as_str(),
            state: shown.state.as_str(),
            opened_at: shown.opened_at.to_rfc3339(),
            due: shown.due.to_string(),
            ended_at: shown.ended_at.map(Moment::to_rfc3339),
            owner: shown.owner.clone(),
            language: ticket.language.to_string(),
            text: shown.text.as_str().to_owned(),
            replies: replies.collect(),
            member: ticket.member.map(|member| refer(app, seat, member)),
            contact: contact.map(|text| text.as_str().to_owned()),
        }
    }
}

fn number(asked: &Asked<'_>) -> Result<TicketNo, Refusal> {
    let number = asked.id("number").parse();
    number.map_err(|_| Refusal::TicketUnknown)
}

/// `GET /staff/v1/tickets/{number}`: reading one is an act, and the member sees who did.
pub(crate) fn ticket(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_ticket(app, asked))
}

fn try_ticket(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::ReadTickets)?;
    let ticket = app.engine.ticket_at_desk(&seat.duty, number(asked)?)?;
    Ok(json(StatusCode::OK, &Shown::of(app, &seat, &ticket)))
}

/// `POST /staff/v1/tickets/{number}/take`: it is mine from now on.
pub(crate) fn take(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_take(app, asked))
}

fn try_take(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::TakeTicket)?;
    app.engine.take_ticket_at_desk(&seat.duty, number(asked)?)?;
    Ok(no_content())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Answer {
    text: String,
}

/// `POST /staff/v1/tickets/{number}/replies`: an answer.
pub(crate) fn reply(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_reply(app, asked))
}

fn try_reply(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::AnswerTicket)?;
    let said: Answer = said(asked)?;
    app.engine
        .answer_ticket_at_desk(&seat.duty, number(asked)?, &said.text)?;
    Ok(no_content())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Last {
    text: Option<String>,
}

/// `POST /staff/v1/tickets/{number}/close`: the end, with an answer or after one.
pub(crate) fn close(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_close(app, asked))
}

fn try_close(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::CloseTicket)?;
    let said: Last = said(asked)?;
    app.engine
        .close_ticket_at_desk(&seat.duty, number(asked)?, said.text.as_deref())?;
    Ok(no_content())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Wished {
    language: String,
    kind: String,
    text: String,
}

#[derive(Serialize)]
struct Opened {
    number: String,
    due: String,
    holidays_unknown: bool,
}

/// `POST /staff/v1/members/{ref}/tickets`: a request of a member who stands at the desk.
pub(crate) fn open(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_open(app, asked))
}

fn try_open(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::TakeTicket)?;
    let said: Wished = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let told = told(&said.language, &said.kind, &said.text)?;
    let opened = app.engine.open_ticket_at_desk(&seat.duty, member, &told)?;
    let opened = Opened {
        number: opened.number.to_string(),
        due: opened.due.to_string(),
        holidays_unknown: opened.certainty == Certainty::Assumed,
    };
    Ok(json(StatusCode::CREATED, &opened))
}
