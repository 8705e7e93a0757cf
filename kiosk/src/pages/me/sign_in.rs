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

use super::super::form::{Fault, Form};
use super::super::frame::{Frame, cookies, visit};
use super::super::start::with_cookie;
use super::super::{Answer, SIGN_IN, answered, mend, returned, see_other, show};
use super::PIN_WRONG;

#[derive(Template)]
#[template(path = "me/sign_in.html")]
struct Page {
    frame: Frame,
    card: Zeroizing<String>,
    faults: Vec<Fault>,
}

/// `GET /me/sign-in`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let is_member = visit(app, asked, |visit| visit.member.is_some());
    if is_member == Some(true) {
        return see_other("/me");
    }
    let back = returned(app, asked);
    show(&Page {
        frame: Frame::of(app, asked),
        card: back.typed.kept("card"),
        faults: back.faults,
    })
}

/// `POST /me/sign-in`
pub(crate) fn sign_in(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(app, asked, try_sign_in(app, asked))
}

fn try_sign_in(app: &App, asked: &Asked<'_>) -> Answer {
    let form = Form::read(asked, &["card", "pin"])?;
    let tried = (form.text("card").trim(), form.text("pin"));
    let signed_in = match app.engine.sign_in_from(&caller(asked), tried, KIOSK) {
        Ok(signed_in) => signed_in,
        Err(no) => return mend(app, asked, (SIGN_IN, form), no, &[PIN_WRONG]),
    };
    let frame = Frame::of(app, asked);
    let mut begun = Visit::of_member(signed_in.member, frame.language);
    begun.told = told(app, &frame, &signed_in)?;
    begun.look = visit(app, asked, |visit| visit.look).unwrap_or_default();
    // A cookie from before is good for nothing any more.
    app.sessions.end(cookies(asked));
    let cookie = app.sessions.open(begun, app.secret(), app.clock.wall());
    Ok(with_cookie(see_other("/me"), &cookie))
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
