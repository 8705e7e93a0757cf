//! The pages for people: at the kiosk's screen and on a member's own phone. Every change is a form that is sent, answered
//! with the address of the next page (POST, 303, GET), so that Back and reload repeat nothing; without script everything
//! can still be read and sent (kiosk-ui §2).

mod frame;
pub(crate) mod form;
mod symbols;
mod pictures;
mod slips;
pub(crate) mod print;
pub(crate) mod assets;
pub(crate) mod start;
pub(crate) mod notice;
pub(crate) mod join;
pub(crate) mod me;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vendored;
#[cfg(test)]
mod pinyin;

use askama::Template;
use http::header::{CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::policy::notice::Language;

use crate::app::App;
use crate::http::Sentence;
use crate::refused::status_of;
use crate::route::Asked;
use crate::words;

use form::{Fault, Form, Returned};
use frame::{Frame, visit};
use start::begun;

/// Where somebody signs in.
const SIGN_IN: &str = "/me/sign-in";

/// What a request comes to: its answer, or why there is none.
type Answer = Result<Response<Vec<u8>>, Refusal>;

/// The answer; the way to sign in for whoever has to, and a page that says why for what else is refused.
fn answered(app: &App, asked: &Asked<'_>, answer: Answer) -> Response<Vec<u8>> {
    match answer {
        Ok(response) => response,
        Err(Refusal::SignInNeeded) => see_other(SIGN_IN),
        Err(no) => refused(Frame::of(app, asked), &no),
    }
}

/// Done: what was is said on the next page.
fn done(app: &App, asked: &Asked<'_>, words: String, to: &str) -> Response<Vec<u8>> {
    begun(app, asked, see_other(to), |visit| visit.told = Some(words))
}

/// The form goes back to the page at `to`. Nothing is shown in answer to the form itself: whoever comes after and presses
/// Back finds a page that the visit has taken along.
fn send_back(
    app: &App,
    asked: &Asked<'_>,
    to: &'static str,
    form: Form,
    faults: Vec<Fault>,
) -> Response<Vec<u8>> {
    begun(app, asked, see_other(to), |visit| {
        visit.returned = Some(Returned::new(to, form, faults));
    })
}

/// What came back to this page, once; nothing where nothing did.
fn returned(app: &App, asked: &Asked<'_>) -> Returned {
    let returned = visit(app, asked, |visit| visit.returned.take()).flatten();
    let path = asked.request.uri().path();
    returned
        .filter(|returned| returned.is_for(path))
        .unwrap_or_default()
}

/// A refusal that the form can mend sends it back: beside the field that `fields` has for its code, else above all of them.
///
/// # Errors
/// The refusal, where it is no fault of the form.
fn mend(
    app: &App,
    asked: &Asked<'_>,
    (to, form): (&'static str, Form),
    no: Refusal,
    fields: &[(&str, &'static str)],
) -> Answer {
    if no.is_of_store() || no == Refusal::SignInNeeded || no == Refusal::BadRequest {
        return Err(no);
    }
    let field = fields.iter().find(|(code, _)| *code == no.code());
    let language = Frame::of_language(app, asked);
    // Where only the PIN is asked for, only the PIN can be wrong.
    let is_pin = no == Refusal::SignInFailed && to != SIGN_IN;
    let fault = Fault {
        field: field.map(|(_, field)| *field),
        words: if is_pin {
            words::say(language, "pin-wrong")
        } else {
            sentence(&no, language)
        },
    };
    Ok(send_back(app, asked, to, form, vec![fault]))
}

/// The sentence of a refusal.
fn sentence(no: &Refusal, language: Language) -> String {
    match language {
        Language::Zh => no.zh(),
        Language::En => no.en(),
    }
}

/// A page.
fn show(page: &impl Template) -> Response<Vec<u8>> {
    show_as(StatusCode::OK, page)
}

/// A page with another status.
fn show_as(status: StatusCode, page: &impl Template) -> Response<Vec<u8>> {
    let Ok(text) = page.render() else {
        // Only what is written into memory is written here: this cannot fail, and the listener says so if it does.
        let mut response = Response::new(Vec::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        return response;
    };
    let mut response = Response::new(text.into_bytes());
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The next page is there.
fn see_other(to: &str) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

/// A page that cannot be shown, with the way out.
#[derive(Template)]
#[template(path = "lost.html")]
struct Lost {
    frame: Frame,
    text: String,
}

/// What was refused to a browser, as a page.
pub(crate) fn lost(
    app: &App,
    asked: &Asked<'_>,
    status: StatusCode,
    sentence: &Sentence,
) -> Response<Vec<u8>> {
    let frame = Frame::of(app, asked);
    let text = words::either(frame.language, &sentence.zh, &sentence.en).to_owned();
    show_as(status, &Lost { frame, text })
}

/// Why a page cannot be shown.
fn refused(frame: Frame, no: &Refusal) -> Response<Vec<u8>> {
    let text = sentence(no, frame.language);
    show_as(status_of(no.code()), &Lost { frame, text })
}
