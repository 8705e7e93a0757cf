//! The code that a member shows a cashier: one to scan, which renews itself, and one to say (privacy §5).

use askama::Template;
use http::Response;
use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::route::Asked;

use super::super::form::Form;
use super::super::frame::{Frame, cookies, visit};
use super::super::{refused, see_other, show, symbols};
use super::{SIGN_IN, clock, of_member};

#[derive(Template)]
#[template(path = "me/code.html")]
struct Page {
    frame: Frame,
    qr: String,
    digits: String,
    grouped: String,
    typed: Option<(String, String)>,
}

/// `GET /me/code`
pub(crate) fn page(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        let now = app.clock.wall();
        let typed = visit(app, asked, |visit| visit.typed.clone()).flatten();
        let typed = typed.filter(|(_, until)| now < *until);
        let typed = typed.map(|(code, until)| clock(app, until).map(|until| (code, until)));
        let (qr, digits, grouped) = live(app, member)?;
        Ok(show(&Page {
            frame: Frame::of(app, asked),
            qr,
            digits,
            grouped,
            typed: typed.transpose()?,
        }))
    })
}

#[derive(Template)]
#[template(path = "me/live.html")]
struct Live {
    frame: Frame,
    qr: String,
    digits: String,
    grouped: String,
}

/// `GET /me/code/live`: the next code alone. The page asks for it by itself, so it is no sign that anybody is there.
pub(crate) fn renew(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let member = app.sessions.glance(cookies(asked), app.clock.wall());
    let Some((Some(member), language)) = member else {
        return see_other(SIGN_IN);
    };
    let frame = Frame::plain(asked, language);
    match live(app, member) {
        Ok((qr, digits, grouped)) => show(&Live {
            frame,
            qr,
            digits,
            grouped,
        }),
        Err(no) => refused(frame, &no),
    }
}

/// `POST /me/code`: a code to say.
pub(crate) fn say(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    of_member(app, asked, |member, _| {
        Form::read(asked, &[])?;
        let (code, until) = app.engine.typed_code(member)?;
        visit(app, asked, |visit| {
            visit.typed = Some((code.grouped(), until));
        });
        Ok(see_other("/me/code"))
    })
}

/// The code of these seconds: its picture, its digits, and the digits in groups.
fn live(app: &App, member: MemberId) -> Result<(String, String, String), Refusal> {
    let shown = app.engine.live_code(member)?;
    let digits = shown.code.digits();
    let qr = symbols::qr(&digits).unwrap_or_default();
    Ok((qr, digits, shown.code.grouped()))
}
