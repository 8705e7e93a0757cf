//! Another card, another PIN, and a new PIN for somebody who lost theirs (MEM-08).

use askama::Template;
use http::Response;
use jifen::domain::refusal::AccountState;
use jifen::engine::commit::IdempotencyKey;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::credentials::reissue_card;
use crate::routes::members::KIOSK;
use crate::words;

use super::super::form::{Fault, Form, Returned};
use super::super::frame::{Frame, cookies, visit};
use super::super::join::card_page;
use super::super::{Answer, SIGN_IN, answered, done, mend, returned, see_other, send_back, show};
use super::{PIN_WRONG, of_member};

#[derive(Template)]
#[template(path = "me/card.html")]
struct CardPage {
    frame: Frame,
    faults: Vec<Fault>,
}

/// `GET /me/card`
pub(crate) fn card(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        Ok(show(&CardPage {
            faults: returned(app, asked).faults,
            frame: Frame::of(app, asked),
        }))
    })
}

/// `POST /me/card`: the card before counts no more.
pub(crate) fn reissue(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["pin"])?;
        let key = IdempotencyKey::drawn(KIOSK, &app.secret());
        match reissue_card(app, member, &key, form.text("pin")) {
            Ok(card) => {
                visit(app, asked, |visit| {
                    visit.joined = Some((card, AccountState::Active));
                });
                let told = words::say(Frame::of_language(app, asked), "card-again-done");
                Ok(done(app, asked, told, "/me/card/new"))
            }
            Err(no) => mend(app, asked, ("/me/card", form), no, &[PIN_WRONG]),
        }
    })
}

/// `GET /me/card/new`: the card that was just made.
pub(crate) fn new_card(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        let card = visit(app, asked, |visit| visit.joined.clone()).flatten();
        let Some((card, _)) = card else {
            return Ok(see_other("/me/card"));
        };
        Ok(card_page((app, asked), "card-new-title", &card, false))
    })
}

#[derive(Template)]
#[template(path = "me/pin.html")]
struct PinPage {
    frame: Frame,
    title: &'static str,
    /// Whether the PIN is set by a secret from the desk, and nobody is signed in.
    reset: bool,
    card: Zeroizing<String>,
    keypad: &'static str,
    back: &'static str,
    faults: Vec<Fault>,
}

impl PinPage {
    fn change(frame: Frame, back: Returned) -> Self {
        Self {
            frame,
            title: "pin-change-title",
            reset: false,
            card: Zeroizing::default(),
            keypad: "old pin again",
            back: "/me",
            faults: back.faults,
        }
    }

    fn reset(frame: Frame, back: Returned) -> Self {
        Self {
            frame,
            title: "reset-title",
            reset: true,
            card: back.typed.kept("card"),
            keypad: "card secret pin again",
            back: SIGN_IN,
            faults: back.faults,
        }
    }
}

/// `GET /me/pin`
pub(crate) fn pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        let back = returned(app, asked);
        Ok(show(&PinPage::change(Frame::of(app, asked), back)))
    })
}

/// `POST /me/pin`: every other session of the member ends.
pub(crate) fn change_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["old", "pin", "again"])?;
        if let Some(faults) = differs(app, asked, &form) {
            return Ok(send_back(app, asked, "/me/pin", form, faults));
        }
        let (old, new) = (form.text("old"), form.text("pin"));
        if let Err(no) = app.engine.change_pin(member, old, new, KIOSK) {
            return mend(app, asked, ("/me/pin", form), no, &of_pin("old"));
        }
        app.sessions.end_others(&member, cookies(asked));
        let told = words::say(Frame::of_language(app, asked), "pin-change-done");
        Ok(done(app, asked, told, "/me"))
    })
}

/// `GET /pin-reset`
pub(crate) fn lost_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let back = returned(app, asked);
    show(&PinPage::reset(Frame::of(app, asked), back))
}

/// `POST /pin-reset`: every session of the member ends.
pub(crate) fn reset_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_reset_pin(app, asked))
}

fn try_reset_pin(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["card", "secret", "pin", "again"])?;
    if let Some(faults) = differs(app, asked, &form) {
        return Ok(send_back(app, asked, "/pin-reset", form, faults));
    }
    let (card, secret) = (form.text("card").trim(), form.text("secret").trim());
    match app.engine.reset_pin(card, secret, form.text("pin"), KIOSK) {
        Ok(member) => {
            app.sessions.end_all(&member);
            let told = words::say(Frame::of_language(app, asked), "reset-done");
            Ok(done(app, asked, told, SIGN_IN))
        }
        Err(no) => mend(app, asked, ("/pin-reset", form), no, &of_pin("secret")),
    }
}

/// The fault of two PINs that are not one.
fn differs(app: &App, asked: &Asked<'_>, form: &Form) -> Option<Vec<Fault>> {
    let told = || words::say(Frame::of_language(app, asked), "pin-error-differ");
    (form.text("pin") != form.text("again")).then(|| vec![Fault::of("again", told())])
}

/// Where the refusals of a new PIN stand, and those of what allows it.
const fn of_pin(allowed_by: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("pin_shape", "pin"),
        ("pin_common", "pin"),
        ("sign_in_failed", allowed_by),
        ("code_wrong", allowed_by),
    ]
}
