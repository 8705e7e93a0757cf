//! Questions and complaints without signing in, and where one stands for whoever has its reference (SVC-01, DSR-08).

use std::time::Instant;

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::engine::tickets::Told;
use jifen::policy::ticket::{TicketKind, TicketText};

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::visit::Taken;

use super::super::form::Form;
use super::super::frame::{Frame, visit};
use super::super::start::begun;
use super::super::{Fault, refused, see_other, show};
use super::fault;
use super::tickets::{Ticket, kinds};

/// How long somebody has to wait who wrote too often, in seconds.
const PATIENCE: i64 = 60;

#[derive(Template)]
#[template(path = "me/complaint.html")]
struct Page {
    frame: Frame,
    taken: Option<Taken>,
    found: Option<Ticket>,
    kinds: Vec<(&'static str, String)>,
    kind: String,
    text: String,
    faults: Vec<Fault>,
}

/// `GET /complaint`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    shown(app, asked, ("", ""), Vec::new())
}

fn shown(
    app: &App,
    asked: &Asked<'_>,
    (kind, text): (&str, &str),
    faults: Vec<Fault>,
) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let seen = visit(app, asked, |visit| {
        (visit.taken.clone(), visit.followed.clone())
    });
    let (taken, followed) = seen.unwrap_or_default();
    let found = followed.map(|(number, reference)| {
        let ticket = app.engine.complaint(&number, &reference)?;
        Ticket::of(app, &frame, &ticket)
    });
    match found.transpose() {
        Ok(found) => show(&Page {
            taken,
            found,
            kinds: kinds(&frame, false),
            kind: kind.to_owned(),
            text: text.to_owned(),
            faults,
            frame,
        }),
        Err(no) => refused(frame, &no),
    }
}

/// `POST /complaint`
pub(crate) fn complain(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["kind", "text", "contact"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    match try_complain(app, &frame, &form) {
        Ok(taken) => begun(app, asked, see_other("/complaint"), |visit| {
            visit.taken = Some(taken);
        }),
        Err(no) => {
            let fields = [("bad_ticket_text", "text"), ("bad_contact", "contact")];
            match fault(&frame, no, &fields) {
                Ok(faults) => shown(app, asked, (form.text("kind"), form.text("text")), faults),
                Err(no) => refused(frame, &no),
            }
        }
    }
}

fn try_complain(app: &App, frame: &Frame, form: &Form) -> Result<Taken, Refusal> {
    let told = Told {
        kind: TicketKind::of_word(form.text("kind")).ok_or(Refusal::BadRequest)?,
        text: form.text("text"),
        language: frame.language,
    };
    // What is refused anyway uses nothing up.
    TicketText::parse(told.text)?;
    if !told.kind.needs_a_member() && !app.complaints.take(Instant::now()) {
        return Err(Refusal::SlowDown { seconds: PATIENCE });
    }
    let contact = Some(form.text("contact").trim()).filter(|contact| !contact.is_empty());
    let taken = app.engine.complain(&told, contact, KIOSK)?;
    Ok(Taken {
        number: taken.ticket.number.to_string(),
        reference: taken.reference.grouped(),
        due: taken.ticket.due.to_string(),
    })
}

/// `POST /complaint/follow`
pub(crate) fn follow(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["number", "reference"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let (number, reference) = (form.text("number").trim(), form.text("reference").trim());
    match found(app, number, reference) {
        Ok(()) => {
            let followed = (number.to_owned(), reference.to_owned());
            begun(app, asked, see_other("/complaint"), |visit| {
                visit.taken = None;
                visit.followed = Some(followed);
            })
        }
        Err(no) => match fault(&frame, no, &[("ticket_unknown", "reference")]) {
            Ok(faults) => shown(app, asked, ("", ""), faults),
            Err(no) => refused(frame, &no),
        },
    }
}

/// Whether there is such a complaint. Wrong ones alone count, and while there are too many nobody is told (privacy §5).
fn found(app: &App, number: &str, reference: &str) -> Result<(), Refusal> {
    if !app.wrong_references.is_left(Instant::now()) {
        return Err(Refusal::SlowDown { seconds: PATIENCE });
    }
    let found = app.engine.complaint(number, reference);
    if found == Err(Refusal::TicketUnknown) {
        app.wrong_references.take(Instant::now());
    }
    found.map(|_| ())
}
