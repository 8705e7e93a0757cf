//! Everything that is kept about a member, masked until the PIN is given again; that it is right; and whether it may be used
//! (DSR-01, DSR-06, QLT-04, SEC-02).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::copies::tables;
use crate::route::Asked;
use crate::routes::members::KIOSK;

use super::super::form::Form;
use super::super::frame::{Frame, visit};
use super::super::{Fault, see_other, show};
use super::{day, done, fault, of_member, zone};

#[derive(Template)]
#[template(path = "me/data.html")]
struct Page {
    frame: Frame,
    tables: String,
    masked: bool,
    faults: Vec<Fault>,
}

/// `GET /me/data`: in clear once, after the PIN.
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    shown(app, asked, Vec::new())
}

fn shown(app: &App, asked: &Asked<'_>, faults: Vec<Fault>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let is_clear = visit(app, asked, |visit| core::mem::take(&mut visit.unmasked));
        let masked = is_clear != Some(true);
        let frame = Frame::of(app, asked);
        let view = app.engine.own_view(member, frame.language, leave)?;
        let view = if masked { view.masked() } else { view };
        Ok(show(&Page {
            frame,
            tables: tables(&view, Some(zone(app)?)),
            masked,
            faults,
        }))
    })
}

/// `POST /me/data`: the PIN, to see it in clear.
pub(crate) fn unmask(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["pin"])?;
        match app.engine.confirm_pin(member, form.text("pin"), KIOSK) {
            Ok(()) => {
                visit(app, asked, |visit| visit.unmasked = true);
                Ok(see_other("/me/data"))
            }
            Err(no) => {
                let frame = Frame::of(app, asked);
                let faults = fault(&frame, no, &[("sign_in_failed", "pin")])?;
                Ok(shown(app, asked, faults))
            }
        }
    })
}

/// `POST /me/confirm`: it is right.
pub(crate) fn confirm(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        Form::read(asked, &[])?;
        app.engine.confirm_data(member, KIOSK, leave)?;
        let words = Frame::of(app, asked).say("data-confirmed");
        Ok(done(app, asked, words, "/me/data"))
    })
}

#[derive(Template)]
#[template(path = "me/restrict.html")]
struct RestrictPage {
    frame: Frame,
    since: Option<String>,
}

/// `GET /me/restrict`
pub(crate) fn restriction(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let since = app.engine.restricted_since(member, leave)?;
        let since = since.map(|since| day(app, since)).transpose()?;
        Ok(show(&RestrictPage {
            frame: Frame::of(app, asked),
            since: since.map(|day| day.to_string()),
        }))
    })
}

/// `POST /me/restrict`
pub(crate) fn restrict(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, leave| {
        let form = Form::read(asked, &["do"])?;
        let words = match form.text("do") {
            "restrict" => {
                app.engine.restrict(member, KIOSK, leave)?;
                "restrict-done"
            }
            "lift" => {
                app.engine.lift_restriction(member, KIOSK, leave)?;
                "restrict-lifted"
            }
            _ => return Err(Refusal::BadRequest),
        };
        let words = Frame::of(app, asked).say(words);
        Ok(done(app, asked, words, "/me/restrict"))
    })
}
