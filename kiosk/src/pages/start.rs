//! The first page, and what every page has: the beginning and end of a visit, and how pages look.

use askama::Template;
use http::header::{HeaderName, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::policy::notice::{Language, SectionName};

use crate::app::App;
use crate::route::Asked;
use crate::visit::Visit;

use super::form::Form;
use super::frame::{Frame, cookies};
use super::{refused, see_other, show};

#[derive(Template)]
#[template(path = "start.html")]
struct Start {
    frame: Frame,
}

/// `GET /`: nothing on it is about anybody.
pub(crate) fn start(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    show(&Start {
        frame: Frame::of(app, asked),
    })
}

/// `POST /visit`: begins a visit in the language of the page, and goes where the button said.
pub(crate) fn begin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let form = match Form::read(asked, &["to", "lang"]) {
        Ok(form) => form,
        Err(no) => return refused(Frame::of(app, asked), &no),
    };
    let to = match form.text("to") {
        "join" => "/join",
        "me" => "/me",
        "help" => "/help",
        _ => "/",
    };
    let language = Language::of_tag(form.text("lang"));
    begun(app, asked, see_other(to), |visit| {
        visit.language = language.unwrap_or(visit.language);
    })
}

/// `POST /look`: another language, or another look, for the rest of the visit. Back to the page it was asked on.
pub(crate) fn look(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let form = match Form::read(asked, &["to", "look"]) {
        Ok(form) => form,
        Err(no) => return refused(Frame::of(app, asked), &no),
    };
    // A path of our own, and nothing that a browser would take for another host.
    let to = Some(form.text("to")).filter(|to| to.starts_with('/') && !to.starts_with("//"));
    let language = Frame::of_language(app, asked);
    begun(app, asked, see_other(to.unwrap_or("/")), |visit| {
        visit.language = language;
        match form.text("look") {
            "large" => visit.look.large = true,
            "normal" => visit.look.large = false,
            "low" => visit.look.low = true,
            "high" => visit.look.low = false,
            "contrast" => visit.look.contrast = true,
            "plain" => visit.look.contrast = false,
            tag => visit.language = Language::of_tag(tag).unwrap_or(visit.language),
        }
    })
}

/// `POST /stay`: somebody pressed the button of the countdown. 204, or 410 where the visit is over.
pub(crate) fn stay(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let is_open = app.sessions.extend(cookies(asked), app.clock.wall());
    answer_of_visit(is_open)
}

/// `POST /here`: somebody touched the page since it was fetched.
pub(crate) fn here(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let is_open = app.sessions.with(cookies(asked), app.clock.wall(), |_| ());
    answer_of_visit(is_open.is_some())
}

fn answer_of_visit(is_open: bool) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = if is_open {
        StatusCode::NO_CONTENT
    } else {
        StatusCode::GONE
    };
    response
}

/// `POST /finish`, and `GET /finish` where the page has no script: the visit is over, and nothing of it remains here or in
/// the browser.
pub(crate) fn finish(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let cookie = app.sessions.end(cookies(asked));
    let mut response = with_cookie(see_other("/"), &cookie);
    let all = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), all);
    response
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    frame: Frame,
    contact: String,
}

/// `GET /help`: how to reach the staff.
pub(crate) fn help(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    match contact(app, frame.language) {
        Ok(contact) => show(&Help { frame, contact }),
        Err(no) => refused(frame, &no),
    }
}

/// Whom to ask, as the notice says it.
fn contact(app: &App, language: Language) -> Result<String, Refusal> {
    let notice = app.engine.notice()?;
    let sections = SectionName::ALL.into_iter().zip(notice.sections(language));
    let of = sections.filter(|(name, _)| *name == SectionName::Contact);
    Ok(of.map(|(_, (_, text))| text.to_owned()).collect())
}

/// The answer of whatever changes a visit: one that is not open is begun.
pub(super) fn begun(
    app: &App,
    asked: &Asked<'_>,
    response: Response<Vec<u8>>,
    change: impl FnOnce(&mut Visit),
) -> Response<Vec<u8>> {
    let now = app.clock.wall();
    let mut change = Some(change);
    let changed = app.sessions.with(cookies(asked), now, |visit| {
        if let Some(change) = change.take() {
            change(visit);
        }
    });
    let (None, Some(change)) = (changed, change) else {
        return response;
    };
    let mut visit = Visit::new(Frame::of_language(app, asked));
    change(&mut visit);
    let cookie = app.sessions.open(visit, app.secret(), now);
    with_cookie(response, &cookie)
}

pub(super) fn with_cookie(mut response: Response<Vec<u8>>, cookie: &str) -> Response<Vec<u8>> {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}
