//! A member signs in with card and PIN. What has to be said then stands at the top of the first page (MEM-08, QLT-04, RET-03).

use askama::Template;
use http::Response;
use jifen::domain::refusal::Refusal;
use jifen::engine::sign_in::SignedIn;
use jifen::policy::notice::Shown;
use zeroize::Zeroizing;

use crate::app::App;
use crate::route::Asked;
use crate::routes::codes::caller;
use crate::routes::members::KIOSK;
use crate::visit::Visit;

use super::super::form::Form;
use super::super::frame::{Frame, cookies, visit};
use super::super::start::with_cookie;
use super::super::{Fault, refused, see_other, show};
use super::fault;

#[derive(Template)]
#[template(path = "me/sign_in.html")]
struct Page {
    frame: Frame,
    card: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// `GET /me/sign-in`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    if frame.is_member() {
        return see_other("/me");
    }
    show(&Page {
        frame,
        card: Zeroizing::default(),
        faults: Vec::new(),
    })
}

/// `POST /me/sign-in`
pub(crate) fn sign_in(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let form = match Form::read(asked, &["card", "pin"]) {
        Ok(form) => form,
        Err(no) => return refused(frame, &no),
    };
    let card = form.kept("card");
    let tried = (card.as_str(), form.text("pin"));
    let signed_in = app.engine.sign_in_from(&caller(asked), tried, KIOSK);
    let told =
        signed_in.and_then(|signed_in| Ok((signed_in.member, told(app, &frame, &signed_in)?)));
    match told {
        Ok((member, told)) => {
            let look = visit(app, asked, |visit| visit.look).unwrap_or_default();
            // A cookie from before is good for nothing any more.
            app.sessions.end(cookies(asked));
            let mut visit = Visit::of_member(member, frame.language);
            visit.look = look;
            visit.told = told;
            let cookie = app.sessions.open(visit, app.secret(), app.clock.wall());
            with_cookie(see_other("/me"), &cookie)
        }
        Err(no) => match fault(&frame, no, &[("sign_in_failed", "pin")]) {
            Ok(faults) => show(&Page {
                frame,
                card,
                faults,
            }),
            Err(no) => refused(frame, &no),
        },
    }
}

/// What is said to somebody who has just signed in; none where there is nothing to say.
fn told(app: &App, frame: &Frame, signed_in: &SignedIn) -> Result<Option<String>, Refusal> {
    let mut lines = Vec::new();
    if signed_in.is_first {
        lines.push(frame.say("sign-in-first"));
        if 0 < signed_in.gift.count() {
            lines.push(frame.fill("sign-in-gift", "points", &signed_in.gift.to_string()));
        }
        lines.push(app.engine.notice()?.shown(Shown::Advice, frame.language));
    }
    if let Some(day) = signed_in.erasure_planned {
        lines.push(frame.fill("sign-in-planned", "day", &day.to_string()));
    }
    if signed_in.pin_is_old {
        lines.push(frame.say("sign-in-pin-old"));
    }
    if app.engine.confirm_due(signed_in.member)? {
        lines.push(frame.say("sign-in-confirm"));
    }
    Ok((!lines.is_empty()).then(|| lines.join("\n")))
}
