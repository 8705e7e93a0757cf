//! A signed-in member sees all that is kept about them and who looked at it, freezes its use, says that it is right, and
//! takes a copy along (DSR-01, DSR-05, DSR-06, QLT-04).

use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use http::{HeaderValue, Method, Response, StatusCode};
use jifen::domain::refusal::{Refusal, Retry};
use jifen::domain::time::Moment;
use jifen::policy::notice::Language;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::copies::{Copy, Form, Ordered, csv, html, schema};
use crate::http::{json, refuse};
use crate::route::Asked;
use crate::routes::members::{KIOSK, language_of};
use crate::routes::own::{answered, no_content, nothing_said, own, signed_in};

/// `GET /member/v1/data?lang=`: every field that has a value, masked.
pub(crate) fn masked(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_masked(app, asked))
}

fn try_masked(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let view = app
        .engine
        .own_view(member, language_of(asked), &own(member)?)?;
    Ok(json(StatusCode::OK, &Copy::of(&view.masked(), true)))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Again {
    pin: String,
}

/// `POST /member/v1/data?lang=`: the same in clear, for who gives the PIN again.
pub(crate) fn clear(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_clear(app, asked))
}

fn try_clear(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let said: Again =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    app.engine.confirm_pin(member, &said.pin, KIOSK)?;
    let view = app
        .engine
        .own_view(member, language_of(asked), &own(member)?)?;
    Ok(json(StatusCode::OK, &Copy::of(&view, false)))
}

#[derive(Serialize)]
struct LookShown {
    at: String,
    who: String,
    role: String,
    fields: Vec<&'static str>,
    purpose: String,
    basis: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
}

/// `GET /member/v1/looks`: who of the staff looked, the earliest first.
pub(crate) fn looks(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_looks(app, asked))
}

fn try_looks(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let looks = app.engine.looks(member, &own(member)?)?;
    let shown = looks.into_iter().map(|look| LookShown {
        at: look.at.to_rfc3339(),
        who: look.who,
        role: look.role,
        fields: look.fields.iter().map(|field| field.word()).collect(),
        purpose: look.purpose,
        basis: look.basis,
        ticket: look.ticket,
    });
    Ok(json(StatusCode::OK, &shown.collect::<Vec<LookShown>>()))
}

/// `GET /member/v1/recipients`: who was given the member's data.
pub(crate) fn recipients(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let recipients = signed_in(app, asked)
        .and_then(|member| app.engine.recipients(member, &own(member)?))
        .map(|recipients| json(StatusCode::OK, &recipients));
    answered(recipients)
}

#[derive(Serialize)]
struct LoginShown {
    at: String,
    device: String,
    success: bool,
}

/// `GET /member/v1/logins`: attempts to sign in and successes, the earliest first.
pub(crate) fn logins(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_logins(app, asked))
}

fn try_logins(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let logins = app.engine.logins(signed_in(app, asked)?)?;
    let shown = logins.into_iter().map(|login| LoginShown {
        at: login.at.to_rfc3339(),
        device: login.device,
        success: login.success,
    });
    Ok(json(StatusCode::OK, &shown.collect::<Vec<LoginShown>>()))
}

#[derive(Serialize)]
struct Restricted {
    since: Option<String>,
}

fn restricted(since: Option<Moment>) -> Response<Vec<u8>> {
    let since = since.map(Moment::to_rfc3339);
    json(StatusCode::OK, &Restricted { since })
}

/// `GET /member/v1/restriction`: since when the use is frozen, or null.
pub(crate) fn restriction(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let since =
        signed_in(app, asked).and_then(|member| app.engine.restricted_since(member, &own(member)?));
    answered(since.map(restricted))
}

/// `PUT /member/v1/restriction`: freezes the use of the member's data; points and the member's own pages go on.
pub(crate) fn restrict(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let since = signed_in(app, asked).and_then(|member| {
        nothing_said(asked)?;
        app.engine.restrict(member, KIOSK, &own(member)?)
    });
    answered(since.map(|since| restricted(Some(since))))
}

/// `DELETE /member/v1/restriction`: lifts it.
pub(crate) fn lift(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let lifted = signed_in(app, asked).and_then(|member| {
        nothing_said(asked)?;
        app.engine.lift_restriction(member, KIOSK, &own(member)?)
    });
    answered(lifted.map(|()| no_content()))
}

/// `POST /member/v1/confirmation`: the data is still right.
pub(crate) fn confirm(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let confirmed = signed_in(app, asked).and_then(|member| {
        nothing_said(asked)?;
        app.engine.confirm_data(member, KIOSK, &own(member)?)
    });
    answered(confirmed.map(|()| no_content()))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct CopyOrder {
    pin: String,
    form: String,
    language: String,
}

#[derive(Serialize)]
struct Link {
    link: String,
    until: String,
}

/// `POST /member/v1/copies`: a link to a copy, which works once and for ten minutes, on any device.
pub(crate) fn order(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_order(app, asked))
}

fn try_order(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let said: CopyOrder =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let ordered = Ordered {
        member,
        form: Form::of_word(&said.form).ok_or(Refusal::BadRequest)?,
        language: Language::of_tag(&said.language).ok_or(Refusal::BadRequest)?,
    };
    let (link, until) = order_copy(app, ordered, &said.pin)?;
    let link = Link {
        link,
        until: until.to_rfc3339(),
    };
    Ok(json(StatusCode::CREATED, &link))
}

/// A link to a copy, and until when it works, for who gives the PIN again.
pub(crate) fn order_copy(
    app: &App,
    ordered: Ordered,
    pin: &str,
) -> Result<(String, Moment), Refusal> {
    app.engine.confirm_pin(ordered.member, pin, KIOSK)?;
    let (secret, until) = app.links.make(ordered, app.secret(), app.clock.wall());
    Ok((format!("/copies/{secret}"), until))
}

/// `GET /copies/{secret}`: the copy, made now. The link is used up.
pub(crate) fn copy(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let (secret, now) = (asked.id("secret"), app.clock.wall());
    // Whoever only asks whether it is there does not use it up.
    if asked.request.method() == Method::HEAD {
        return if app.links.is_open(secret, now) {
            Response::new(Vec::new())
        } else {
            gone()
        };
    }
    match app.links.take(secret, now) {
        Some(ordered) => answered(try_copy(app, ordered)),
        None => gone(),
    }
}

fn try_copy(app: &App, ordered: Ordered) -> Result<Response<Vec<u8>>, Refusal> {
    let (member, form) = (ordered.member, ordered.form);
    let how = (form.as_str(), "link");
    let view = app
        .engine
        .take_copy(member, ordered.language, how, &own(member)?)?;
    let (mut response, kind, attached) = match form {
        Form::Json => {
            let response = json(StatusCode::OK, &Copy::of(&view, false));
            (
                response,
                None,
                Some("attachment; filename=\"my-data.json\""),
            )
        }
        Form::Csv => {
            let file = csv(&view).ok_or(Refusal::Busy)?;
            let kind = Some("text/csv; charset=utf-8");
            (
                Response::new(file),
                kind,
                Some("attachment; filename=\"my-data.csv\""),
            )
        }
        Form::Html => {
            let page = html(&view).into_bytes();
            (Response::new(page), Some("text/html; charset=utf-8"), None)
        }
    };
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    if let Some(attached) = attached {
        headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static(attached));
    }
    Ok(response)
}

/// `GET /schemas/member-copy.json`: what a copy looks like.
pub(crate) fn copy_schema(_: &App, _: &Asked<'_>) -> Response<Vec<u8>> {
    let mut response = json(StatusCode::OK, &schema());
    let kind = HeaderValue::from_static("application/schema+json");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

/// The same whether a link never was, was used, or is too old.
fn gone() -> Response<Vec<u8>> {
    refuse(
        StatusCode::NOT_FOUND,
        "link_gone",
        "此链接不存在、已使用或已过期。请重新申请。",
        "There is no such link, it was used, or its time is over. Please ask for a new one.",
        Retry::Never,
    )
}
