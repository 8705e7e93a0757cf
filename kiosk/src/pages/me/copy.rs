//! A member takes a copy of their data along: by a link that works once within ten minutes, on any device (DSR-05).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::copies::{Form as CopyForm, Ordered};
use crate::route::Asked;
use crate::routes::data::order_copy;

use super::super::form::{Fault, Form};
use super::super::frame::{Frame, visit};
use super::super::{mend, returned, see_other, show, symbols};
use super::{PIN_WRONG, clock, of_member};

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
    of_member(app, asked, |_, _| {
        let (frame, back) = (Frame::of(app, asked), returned(app, asked));
        let link = visit(app, asked, |visit| visit.copy.take()).flatten();
        let link = link.map(|(path, until)| {
            let address = app.page_address(&path);
            let qr = address.and_then(|address| symbols::qr(&address));
            let to = (!frame.is_kiosk()).then_some(path);
            let until = clock(app, until)?;
            Ok::<_, Refusal>(Link { to, qr, until })
        });
        let form = CopyForm::of_word(back.typed.text("form")).unwrap_or(CopyForm::Html);
        Ok(show(&Page {
            forms: FORMS
                .map(|(form, key)| (form.as_str(), frame.say(key)))
                .into(),
            form: form.as_str(),
            link: link.transpose()?,
            possible: !frame.is_kiosk() || app.page_address("/").is_some(),
            faults: back.faults,
            frame,
        }))
    })
}

/// `POST /me/copy`
pub(crate) fn order(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["form", "pin"])?;
        let ordered = Ordered {
            member,
            form: CopyForm::of_word(form.text("form")).ok_or(Refusal::BadRequest)?,
            language: Frame::of_language(app, asked),
        };
        match order_copy(app, ordered, form.text("pin")) {
            Ok(link) => {
                visit(app, asked, |visit| visit.copy = Some(link));
                Ok(see_other("/me/copy"))
            }
            Err(no) => mend(app, asked, ("/me/copy", form), no, &[PIN_WRONG]),
        }
    })
}
