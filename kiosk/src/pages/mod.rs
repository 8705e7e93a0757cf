//! The pages for people: at the kiosk's screen and on a member's own phone. Every change is a form that is sent, answered
//! with the address of the next page (POST, 303, GET), so that Back and reload repeat nothing; without script everything
//! can still be read and sent (kiosk-ui §2).

mod words;
mod frame;
mod form;
mod symbols;
mod pictures;
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

use crate::refused::status_of;

use frame::Frame;

/// What was wrong with a form.
#[derive(Clone, Debug)]
struct Fault {
    /// The id of the field that it is about; none where it is about none.
    field: Option<&'static str>,
    /// The sentence.
    words: String,
}

impl Fault {
    fn of(field: &'static str, words: String) -> Self {
        Self {
            field: Some(field),
            words,
        }
    }
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
    title: String,
    text: String,
    to: &'static str,
    label: String,
}

/// Why a page cannot be shown.
fn refused(frame: Frame, no: &Refusal) -> Response<Vec<u8>> {
    let status = status_of(no.code());
    let page = Lost {
        title: frame.say("error-title"),
        text: sentence(no, frame.language),
        to: "/",
        label: frame.say("to-start"),
        frame,
    };
    show_as(status, &page)
}
