//! The code that was sent to a phone comes back (MEM-05). Whoever asks learns nothing of a card but that the code was right.

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::words;

use super::super::form::{Fault, Form};
use super::super::frame::Frame;
use super::super::{Answer, answered, done, mend, returned, show};

#[derive(Template)]
#[template(path = "me/verify.html")]
struct Page {
    frame: Frame,
    card: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// `GET /verify`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let back = returned(app, asked);
    show(&Page {
        frame: Frame::of(app, asked),
        card: back.typed.kept("card"),
        faults: back.faults,
    })
}

/// `POST /verify`: the code, or the wish to have it sent again.
pub(crate) fn verify(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_verify(app, asked))
}

fn try_verify(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["card", "code", "do"])?;
    let card = form.text("card").trim();
    let (tried, key) = match form.text("do") {
        "verify" => {
            let code = form.text("code").trim();
            let verified = app.engine.verify_phone(card, code, KIOSK);
            (verified.map(|_| ()), "verify-done")
        }
        "again" => (app.engine.send_phone_code_of(card), "verify-sent"),
        _ => return Err(Refusal::BadRequest),
    };
    if let Err(no) = tried {
        return mend(app, asked, ("/verify", form), no, &[("code_wrong", "code")]);
    }
    let told = words::say(Frame::of_language(app, asked), key);
    Ok(done(app, asked, told, "/verify"))
}
