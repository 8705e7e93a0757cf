//! The code that was sent to a phone comes back (MEM-05). Whoever asks learns nothing of a card but that the code was right.

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;

use super::super::form::Form;
use super::super::frame::Frame;
use super::super::start::begun;
use super::super::{Fault, refused, see_other, show};
use super::fault;

#[derive(Template)]
#[template(path = "me/verify.html")]
struct Page {
    frame: Frame,
    card: String,
    faults: Vec<Fault>,
}

/// `GET /verify`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    show(&Page {
        frame: Frame::of(app, asked),
        card: String::new(),
        faults: Vec::new(),
    })
}

/// `POST /verify`: the code, or the wish to have it sent again.
pub(crate) fn verify(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["card", "code", "do"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let card = form.text("card").trim();
    let (answered, words) = match form.text("do") {
        "verify" => {
            let code = form.text("code").trim();
            let verified = app.engine.verify_phone(card, code, KIOSK);
            (verified.map(|_| ()), "verify-done")
        }
        "again" => (app.engine.send_phone_code_of(card), "verify-sent"),
        _ => (Err(Refusal::BadRequest), "verify-done"),
    };
    match answered {
        Ok(()) => begun(app, asked, see_other("/verify"), |visit| {
            visit.told = Some(frame.say(words));
        }),
        Err(no) => match fault(&frame, no, &[("code_wrong", "code")]) {
            Ok(faults) => show(&Page {
                frame,
                card: card.to_owned(),
                faults,
            }),
            Err(no) => refused(frame, &no),
        },
    }
}
