//! A member takes a copy of their data along: by a link that works once within ten minutes, on any device (DSR-05).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::copies::{Form as CopyForm, Ordered};
use crate::route::Asked;
use crate::routes::members::KIOSK;

use super::super::form::Form;
use super::super::frame::{Frame, visit};
use super::super::{Fault, see_other, show, symbols};
use super::{clock, fault, of_member};

/// What a copy can be, and the words for it. The page to read comes first.
const FORMS: [(CopyForm, &str); 3] = [
    (CopyForm::Html, "copy-html"),
    (CopyForm::Csv, "copy-csv"),
    (CopyForm::Json, "copy-json"),
];

#[derive(Template)]
#[template(path = "me/copy.html")]
struct Page {
    frame: Frame,
    forms: Vec<(&'static str, String)>,
    form: &'static str,
    link: Option<Link>,
    /// Whether there is a device that it can be taken with.
    possible: bool,
    faults: Vec<Fault>,
}

struct Link {
    /// Its address here; none at a kiosk, whose screen and disk keep nothing.
    to: Option<String>,
    qr: Option<String>,
    until: String,
}

/// `GET /me/copy`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    shown(app, asked, CopyForm::Html, Vec::new())
}

fn shown(app: &App, asked: &Asked<'_>, form: CopyForm, faults: Vec<Fault>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        let frame = Frame::of(app, asked);
        let link = visit(app, asked, |visit| visit.copy.take()).flatten();
        let link = link.map(|(path, until)| {
            let address = app.page_address(&path);
            let qr = address.and_then(|address| symbols::qr(&address));
            let to = (!frame.is_kiosk()).then_some(path);
            let until = clock(app, until)?;
            Ok::<_, Refusal>(Link { to, qr, until })
        });
        Ok(show(&Page {
            forms: FORMS
                .map(|(form, key)| (form.as_str(), frame.say(key)))
                .into(),
            form: form.as_str(),
            link: link.transpose()?,
            possible: !frame.is_kiosk() || app.page_address("/").is_some(),
            faults,
            frame,
        }))
    })
}

/// `POST /me/copy`
pub(crate) fn order(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["form", "pin"])?;
        let of = CopyForm::of_word(form.text("form")).ok_or(Refusal::BadRequest)?;
        let frame = Frame::of(app, asked);
        if let Err(no) = app.engine.confirm_pin(member, form.text("pin"), KIOSK) {
            let faults = fault(&frame, no, &[("sign_in_failed", "pin")])?;
            return Ok(shown(app, asked, of, faults));
        }
        let ordered = Ordered {
            member,
            form: of,
            language: frame.language,
        };
        let (secret, until) = app.links.make(ordered, app.secret(), app.clock.wall());
        visit(app, asked, |visit| {
            visit.copy = Some((format!("/copies/{secret}"), until));
        });
        Ok(see_other("/me/copy"))
    })
}
