//! A member who has signed in with card and PIN: points, tier, history, and the code for a cashier (TIER-04, MEM-08).

use http::header::{COOKIE, SET_COOKIE};
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::ids::MemberId;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::ledger::entry::Movement;
use jifen::policy::grant::{Ask, decide};
use jifen::policy::notice::Shown;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::refused::refusal;
use crate::route::Asked;
use crate::routes::codes::caller;
use crate::routes::members::{KIOSK, state};

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Credentials {
    card_number: String,
    pin: String,
}

#[derive(Serialize)]
struct SignedIn {
    first: bool,
    gift: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    pin_age_reminder: bool,
    /// Whether to ask if the data is still right (QLT-04); left out where it is not.
    #[serde(skip_serializing_if = "core::ops::Not::not")]
    confirm_due: bool,
    /// The local day on which the record was to be erased; signing in has taken that back (RET-03).
    #[serde(skip_serializing_if = "Option::is_none")]
    erasure_planned: Option<String>,
}

/// `POST /member/v1/session`: signs in and sets the cookie. The first time, the advice comes with it, and the gift.
pub(crate) fn sign_in(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_sign_in(app, asked))
}

fn try_sign_in(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Credentials =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let tried = (&*said.card_number, &*said.pin);
    let signed_in = app.engine.sign_in_from(&caller(asked), tried, KIOSK)?;
    let member = signed_in.member;
    let advice = if signed_in.is_first {
        let own = app.engine.own_data(member, &own(member)?)?;
        let notice = app.engine.notice()?;
        Some(notice.shown(Shown::Advice, own.language))
    } else {
        None
    };
    let body = SignedIn {
        first: signed_in.is_first,
        gift: signed_in.gift.count(),
        advice,
        pin_age_reminder: signed_in.pin_is_old,
        confirm_due: app.engine.confirm_due(member)?,
        erasure_planned: signed_in.erasure_planned.map(|day| day.to_string()),
    };
    let cookie = app.sessions.begin(member, app.secret(), app.clock.wall());
    Ok(with_cookie(json(StatusCode::OK, &body), &cookie))
}

/// `DELETE /member/v1/session`: signs out. Whoever is not signed in is signed out already.
pub(crate) fn sign_out(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let cookie = app.sessions.end(cookies(asked));
    with_cookie(no_content(), &cookie)
}

/// Done, and there is nothing to say.
pub(crate) fn no_content() -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

#[derive(Serialize)]
struct Statement {
    name: String,
    mobile: String,
    card_number: String,
    state: &'static str,
    points: Points,
    tier: Standing,
    expiring: Vec<Expiring>,
}

#[derive(Serialize)]
struct Points {
    balance: i64,
    available: i64,
    held: i64,
    debt: i64,
}

#[derive(Serialize)]
struct Standing {
    tier: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    cumulative: String,
    missing: String,
    history: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    tier: &'static str,
    since: String,
}

#[derive(Serialize)]
struct Expiring {
    points: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
}

/// `GET /member/v1/statement`: points with what expires when, and the tier with what is missing. Name and phone are masked.
pub(crate) fn statement(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_statement(app, asked))
}

fn try_statement(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let own = app.engine.own_data(member, &own(member)?)?;
    let account = app.engine.account_of_member(member)?;
    let statement = app.engine.statement(account)?;
    let versions = app.engine.versions();
    let exponent = versions
        .latest()
        .ok_or(Refusal::BeforeProgramme)?
        .currency
        .exponent;
    let at = |moment: Moment| moment.to_rfc3339();
    let body = Statement {
        name: own.profile.masked_name(),
        mobile: own.profile.masked_mobile(),
        card_number: own.card.grouped(),
        state: state(statement.state),
        points: Points {
            balance: statement.balance.count(),
            available: statement.available.count(),
            held: statement.held.count(),
            debt: statement.debt.count(),
        },
        tier: Standing {
            tier: tier_word(statement.tier),
            since: statement.tier_since.map(at),
            cumulative: statement.metric.display(exponent),
            missing: statement.missing.display(exponent),
            history: statement
                .tiers
                .iter()
                .map(|(since, tier)| Change {
                    tier: tier_word(*tier),
                    since: at(*since),
                })
                .collect(),
        },
        expiring: statement
            .lots
            .iter()
            .map(|lot| Expiring {
                points: lot.remaining.count(),
                at: lot.grant.expires_at.map(at),
            })
            .collect(),
    };
    Ok(json(StatusCode::OK, &body))
}

#[derive(Serialize)]
struct Line {
    at: String,
    what: &'static str,
    balance: i64,
    debt: i64,
    /// Why staff did it: a sanction or a correction of points (MEM-06).
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Why staff made an entry; none for what was nobody's decision.
pub(crate) fn reason(movement: &Movement) -> Option<String> {
    if let Movement::Sanction { reason, .. } | Movement::Adjust { reason, .. } = movement {
        Some(reason.clone())
    } else {
        None
    }
}

/// `GET /member/v1/history`: the account's entries, newest first.
pub(crate) fn history(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_history(app, asked))
}

fn try_history(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let account = app.engine.account_of_member(member)?;
    let entries = app.engine.entries(account)?;
    let lines: Vec<Line> = entries
        .iter()
        .map(|entry| Line {
            at: entry.at.to_rfc3339(),
            what: entry.movement.word(),
            balance: entry.balance.count(),
            debt: entry.debt.count(),
            reason: reason(&entry.movement),
        })
        .collect();
    Ok(json(StatusCode::OK, &lines))
}

#[derive(Serialize)]
struct CodeShown {
    code: String,
    grouped: String,
    until: String,
}

/// `POST /member/v1/codes`: a code of eight digits for a cashier, once, for two minutes.
pub(crate) fn code(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_code(app, asked))
}

fn try_code(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    nothing_said(asked)?;
    let (code, until) = app.engine.typed_code(member)?;
    let shown = CodeShown {
        code: code.digits(),
        grouped: code.grouped(),
        until: until.to_rfc3339(),
    };
    Ok(json(StatusCode::CREATED, &shown))
}

pub(crate) fn answered(result: Result<Response<Vec<u8>>, Refusal>) -> Response<Vec<u8>> {
    result.unwrap_or_else(|no| refusal(&no))
}

/// What asks for nothing takes nothing: a body with a field in it is refused like any other unknown field (COL-02).
pub(crate) fn nothing_said(asked: &Asked<'_>) -> Result<(), Refusal> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Nothing {}

    let body = asked.request.body();
    if body.is_empty() {
        return Ok(());
    }
    let Nothing {} = serde_json::from_slice(body).map_err(|_| Refusal::BadRequest)?;
    Ok(())
}

/// Who is signed in. A session of a record that has been merged since, or erased, is over: they sign in where they live on.
pub(crate) fn signed_in(app: &App, asked: &Asked<'_>) -> Result<MemberId, Refusal> {
    let member = app.sessions.member(cookies(asked), app.clock.wall());
    let member = member.ok_or(Refusal::SignInNeeded)?;
    match app.engine.survivor_of(member) {
        Ok(survivor) if survivor == member => Ok(member),
        Ok(_) | Err(Refusal::TokenUnknown) => {
            app.sessions.end_all(&member);
            Err(Refusal::SignInNeeded)
        }
        Err(refused) => Err(refused),
    }
}

pub(crate) fn own(member: MemberId) -> Result<jifen::policy::grant::Grant, Refusal> {
    let ask = Ask::OwnData {
        signed_in: member,
        member,
    };
    decide(&ask).map_err(|_| Refusal::SignInNeeded)
}

const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Ordinary => "ordinary",
        Tier::Senior => "senior",
    }
}

fn cookies<'r>(asked: &Asked<'r>) -> Option<&'r str> {
    asked.request.headers().get(COOKIE)?.to_str().ok()
}

pub(crate) fn with_cookie(mut response: Response<Vec<u8>>, cookie: &str) -> Response<Vec<u8>> {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}
