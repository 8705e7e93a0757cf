//! Another card, another PIN, and a new PIN for somebody who lost theirs (MEM-08).

use askama::Template;
use http::Response;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::commit::IdempotencyKey;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::KIOSK;

use super::super::form::Form;
use super::super::frame::{Frame, visit};
use super::super::join::card_page;
use super::super::start::begun;
use super::super::{Fault, refused, see_other, show};
use super::{SIGN_IN, done, fault, of_member};

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
            frame: Frame::of(app, asked),
            faults: Vec::new(),
        }))
    })
}

/// `POST /me/card`: the card before counts no more.
pub(crate) fn reissue(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["pin"])?;
        let frame = Frame::of(app, asked);
        if let Err(no) = app.engine.confirm_pin(member, form.text("pin"), KIOSK) {
            let faults = fault(&frame, no, &[("sign_in_failed", "pin")])?;
            return Ok(show(&CardPage { frame, faults }));
        }
        let key = IdempotencyKey::drawn(KIOSK, &app.secret());
        let by = app.engine.acting_member(member, KIOSK)?;
        let reissued = app.engine.reissue_card(&key, member, &by)?;
        visit(app, asked, |visit| {
            visit.joined = Some((reissued.card, AccountState::Active));
        });
        Ok(done(
            app,
            asked,
            frame.say("card-again-done"),
            "/me/card/new",
        ))
    })
}

#[derive(Template)]
#[template(path = "me/pin.html")]
struct PinPage {
    frame: Frame,
    title: &'static str,
    /// Whether the PIN is set by a secret from the desk, and nobody is signed in.
    reset: bool,
    card: String,
    keypad: &'static str,
    back: &'static str,
    faults: Vec<Fault>,
}

impl PinPage {
    const fn change(frame: Frame, faults: Vec<Fault>) -> Self {
        Self {
            frame,
            title: "pin-change-title",
            reset: false,
            card: String::new(),
            keypad: "old pin again",
            back: "/me",
            faults,
        }
    }

    const fn reset(frame: Frame, card: String, faults: Vec<Fault>) -> Self {
        Self {
            frame,
            title: "reset-title",
            reset: true,
            card,
            keypad: "card secret pin again",
            back: SIGN_IN,
            faults,
        }
    }
}

/// `GET /me/pin`
pub(crate) fn pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        Ok(show(&PinPage::change(Frame::of(app, asked), Vec::new())))
    })
}

/// `POST /me/pin`: every other session of the member ends.
pub(crate) fn change_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let form = Form::read(asked, &["old", "pin", "again"])?;
        let frame = Frame::of(app, asked);
        if let Some(faults) = differs(&frame, &form) {
            return Ok(show(&PinPage::change(frame, faults)));
        }
        let (old, new) = (form.text("old"), form.text("pin"));
        match app.engine.change_pin(member, old, new, KIOSK) {
            Ok(()) => {
                app.sessions
                    .end_others(&member, super::super::frame::cookies(asked));
                Ok(done(app, asked, frame.say("pin-change-done"), "/me"))
            }
            Err(no) => {
                let faults = fault(&frame, no, &of_pin("old"))?;
                Ok(show(&PinPage::change(frame, faults)))
            }
        }
    })
}

/// `GET /pin-reset`
pub(crate) fn lost_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    show(&PinPage::reset(
        Frame::of(app, asked),
        String::new(),
        Vec::new(),
    ))
}

/// `POST /pin-reset`: every session of the member ends.
pub(crate) fn reset_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["card", "secret", "pin", "again"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let card = form.text("card").trim().to_owned();
    if let Some(faults) = differs(&frame, &form) {
        return show(&PinPage::reset(frame, card, faults));
    }
    let secret = form.text("secret").trim();
    match app.engine.reset_pin(&card, secret, form.text("pin"), KIOSK) {
        Ok(member) => {
            app.sessions.end_all(&member);
            begun(app, asked, see_other(SIGN_IN), |visit| {
                visit.told = Some(frame.say("reset-done"));
            })
        }
        Err(no) => match fault(&frame, no, &of_pin("secret")) {
            Ok(faults) => show(&PinPage::reset(frame, card, faults)),
            Err(no) => refused(frame, &no),
        },
    }
}

fn differs(frame: &Frame, form: &Form) -> Option<Vec<Fault>> {
    let words = || frame.say("pin-error-differ");
    (form.text("pin") != form.text("again")).then(|| vec![Fault::of("again", words())])
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

/// The page of the new card.
pub(crate) fn new_card(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |_, _| {
        let card = visit(app, asked, |visit| visit.joined.clone()).flatten();
        let Some((card, _)) = card else {
            return Err(Refusal::SignInNeeded);
        };
        let frame = Frame::of(app, asked);
        Ok(card_page(frame, "card-new-title", &card, false))
    })
}
