//! Requests and complaints: taken from anybody at the kiosk, and from members who signed in; and their answers
//! (DSR-04, DSR-08, SVC-01).

use std::time::Instant;

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::tickets::{ComplaintOpened, OpenedBy, TicketShown, Told};
use jifen::policy::notice::Language;
use jifen::policy::ticket::{TicketKind, TicketText};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::ration::slow_down;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::routes::own::{answered, own, signed_in};

/// What somebody writes who did not sign in.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Complaint {
    language: String,
    kind: String,
    text: String,
    #[serde(default)]
    contact: Option<String>,
}

/// What is taken home: the reference is shown once.
#[derive(Serialize)]
struct Taken {
    number: String,
    reference: String,
    due: String,
}

/// `POST /kiosk/v1/complaints`: takes a complaint, an enquiry, a suggestion or a report without log-in.
pub(crate) fn complain(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_complain(app, asked))
}

fn try_complain(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Complaint =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let told = told(&said.language, &said.kind, &said.text)?;
    let Some(taken) = take(app, &told, said.contact.as_deref())? else {
        return Ok(slow_down());
    };
    let taken = Taken {
        number: taken.ticket.number.to_string(),
        reference: taken.reference.grouped(),
        due: taken.ticket.due.to_string(),
    };
    Ok(json(StatusCode::CREATED, &taken))
}

/// Takes a complaint of somebody who did not sign in; none where too many came within the hour.
pub(crate) fn take(
    app: &App,
    told: &Told<'_>,
    contact: Option<&str>,
) -> Result<Option<ComplaintOpened>, Refusal> {
    // What is refused anyway uses nothing up.
    TicketText::parse(told.text)?;
    if !told.kind.needs_a_member() && !app.complaints.take(Instant::now()) {
        return Ok(None);
    }
    app.engine.complain(told, contact, KIOSK).map(Some)
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Referred {
    reference: String,
}

/// `POST /kiosk/v1/complaints/{number}`: where a complaint stands, for whoever has its reference. It is a POST so that the
/// reference stands in no address.
pub(crate) fn complaint(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_complaint(app, asked))
}

fn try_complaint(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Referred =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let found = find(app, asked.id("number"), &said.reference)?;
    Ok(found.map_or_else(slow_down, |ticket| {
        json(StatusCode::OK, &Shown::of(&ticket))
    }))
}

/// A complaint, for whoever has its reference. Wrong ones alone count (privacy §5), and while there are too many nobody is
/// told what a right one is: none then.
pub(crate) fn find(
    app: &App,
    number: &str,
    reference: &str,
) -> Result<Option<TicketShown>, Refusal> {
    if !app.wrong_references.is_left(Instant::now()) {
        return Ok(None);
    }
    let found = app.engine.complaint(number, reference);
    if found == Err(Refusal::TicketUnknown) {
        app.wrong_references.take(Instant::now());
    }
    found.map(Some)
}

/// A request as it is shown.
#[derive(Serialize)]
struct Shown {
    number: String,
    kind: &'static str,
    state: &'static str,
    opened_at: String,
    due: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<String>,
    text: String,
    replies: Vec<Reply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<String>,
}

#[derive(Serialize)]
struct Reply {
    at: String,
    by: String,
    text: String,
}

impl Shown {
    fn of(ticket: &TicketShown) -> Self {
        let replies = ticket.replies.iter().map(|reply| Reply {
            at: reply.at.to_rfc3339(),
            by: reply.by.clone(),
            text: reply.text.as_str().to_owned(),
        });
        Self {
            number: ticket.number.to_string(),
            kind: ticket.kind.as_str(),
            state: ticket.state.as_str(),
            opened_at: ticket.opened_at.to_rfc3339(),
            due: ticket.due.to_string(),
            owner: ticket.owner.clone(),
            text: ticket.text.as_str().to_owned(),
            replies: replies.collect(),
            ended_at: ticket.ended_at.map(Moment::to_rfc3339),
        }
    }
}

/// `GET /member/v1/tickets`: the member's own requests with their answers, the newest first.
pub(crate) fn own_tickets(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_own_tickets(app, asked))
}

fn try_own_tickets(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let tickets = app.engine.tickets_of(member, &own(member)?)?;
    let shown: Vec<Shown> = tickets.iter().map(Shown::of).collect();
    Ok(json(StatusCode::OK, &shown))
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
}

/// `POST /member/v1/tickets`: a request of the member who is signed in.
pub(crate) fn open(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_open(app, asked))
}

fn try_open(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let said: Wished =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let told = told(&said.language, &said.kind, &said.text)?;
    let by = OpenedBy::Member { device: KIOSK };
    let opened = app.engine.open_ticket(member, &told, by, &own(member)?)?;
    let opened = Opened {
        number: opened.number.to_string(),
        due: opened.due.to_string(),
    };
    Ok(json(StatusCode::CREATED, &opened))
}

/// What is asked, parsed.
pub(crate) fn told<'a>(language: &str, kind: &str, text: &'a str) -> Result<Told<'a>, Refusal> {
    Ok(Told {
        kind: TicketKind::of_word(kind).ok_or(Refusal::BadRequest)?,
        text,
        language: Language::of_tag(language).ok_or(Refusal::BadRequest)?,
    })
}
