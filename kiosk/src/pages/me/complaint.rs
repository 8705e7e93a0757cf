//! Questions and complaints without signing in, and where one stands for whoever has its reference (SVC-01, DSR-08).

use askama::Template;
use http::Response;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::tickets::{find, take, told};
use crate::visit::Taken;
use crate::words;

use super::super::form::{Fault, Form};
use super::super::frame::{Frame, visit};
use super::super::start::begun;
use super::super::{Answer, answered, mend, returned, see_other, send_back, show};
use super::tickets::{Ticket, kinds};

/// The page of complaints.
const COMPLAINT: &str = "/complaint";

#[derive(Template)]
#[template(path = "me/complaint.html")]
struct Page {
    frame: Frame,
    taken: Option<Taken>,
    found: Option<Ticket>,
    kinds: Vec<(&'static str, String)>,
    kind: Zeroizing<String>,
    text: Zeroizing<String>,
    contact: Zeroizing<String>,
    number: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// `GET /complaint`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_page(app, asked))
}

fn try_page(app: &App, asked: &Asked<'_>) -> Answer {
    let (frame, back) = (Frame::of(app, asked), returned(app, asked));
    let seen = visit(app, asked, |visit| {
        (visit.taken.clone(), visit.followed.clone())
    });
    let (taken, followed) = seen.unwrap_or_default();
    let found = followed.map(|(number, reference)| {
        let ticket = app.engine.complaint(&number, &reference)?;
        Ticket::of(app, &frame, &ticket)
    });
    Ok(show(&Page {
        taken,
        found: found.transpose()?,
        kinds: kinds(&frame, false),
        kind: back.typed.kept("kind"),
        text: back.typed.or("text", ""),
        contact: back.typed.kept("contact"),
        number: back.typed.kept("number"),
        faults: back.faults,
        frame,
    }))
}

/// `POST /complaint`
pub(crate) fn complain(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_complain(app, asked))
}

fn try_complain(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["kind", "text", "contact"])?;
    let language = Frame::of_language(app, asked);
    let told = told(language.tag(), form.text("kind"), form.text("text"))?;
    let contact = Some(form.text("contact").trim()).filter(|contact| !contact.is_empty());
    match take(app, &told, contact) {
        Ok(Some(taken)) => {
            let taken = Taken {
                number: taken.ticket.number.to_string(),
                reference: taken.reference.grouped(),
                due: taken.ticket.due.to_string(),
            };
            Ok(begun(app, asked, see_other(COMPLAINT), |visit| {
                visit.taken = Some(taken);
            }))
        }
        Ok(None) => Ok(too_often(app, asked, form)),
        Err(no) => {
            let fields = [("bad_ticket_text", "text"), ("bad_contact", "contact")];
            mend(app, asked, (COMPLAINT, form), no, &fields)
        }
    }
}

/// `POST /complaint/follow`
pub(crate) fn follow(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_follow(app, asked))
}

fn try_follow(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["number", "reference"])?;
    let (number, reference) = (form.text("number").trim(), form.text("reference").trim());
    match find(app, number, reference) {
        Ok(Some(_)) => {
            let followed = (number.to_owned(), reference.to_owned());
            Ok(begun(app, asked, see_other(COMPLAINT), |visit| {
                visit.taken = None;
                visit.followed = Some(followed);
            }))
        }
        Ok(None) => Ok(too_often(app, asked, form)),
        Err(no) => {
            let fields = [("ticket_unknown", "reference")];
            mend(app, asked, (COMPLAINT, form), no, &fields)
        }
    }
}

/// Too much was asked from here: what was typed stays.
fn too_often(app: &App, asked: &Asked<'_>, form: Form) -> Response<Vec<u8>> {
    let fault = Fault {
        field: None,
        words: words::say(Frame::of_language(app, asked), "complaint-often"),
    };
    send_back(app, asked, COMPLAINT, form, vec![fault])
}
