//! Somebody of the staff signs in, sees what they may do, and changes the password.

use http::{Response, StatusCode};
use jifen::engine::staff::Fresh;
use jifen::policy::access::{Access, Hands, Part, Sight, report};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::codes::caller;
use crate::routes::own::{answered, no_content, with_cookie};

use super::{Answered, DEVICE, cookies, on_duty, said};

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
    code: String,
}

#[derive(Serialize)]
struct SignedIn {
    name: String,
    password_due: bool,
}

/// `POST /staff/v1/session`: signs in and sets the cookie.
pub(crate) fn sign_in(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_sign_in(app, asked))
}

fn try_sign_in(app: &App, asked: &Asked<'_>) -> Answered {
    let said: Credentials = said(asked)?;
    let proofs = (said.password.as_str(), said.code.as_str());
    let caller = format!("staff {}", caller(asked));
    let duty = app
        .engine
        .staff_sign_in_from(&caller, &said.name, proofs, DEVICE)?;
    let standing = app.engine.standing(&duty)?;
    let body = SignedIn {
        name: standing.name,
        password_due: standing.access == Access::PasswordDue,
    };
    let cookie = app.staff.begin(duty, app.secret(), app.clock.wall());
    Ok(with_cookie(json(StatusCode::OK, &body), &cookie))
}

/// `DELETE /staff/v1/session`: signs out. Whoever is not signed in is signed out already.
pub(crate) fn sign_out(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    with_cookie(no_content(), &app.staff.end(cookies(asked)))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Passwords {
    old: String,
    new: String,
}

/// `POST /staff/v1/password`: another password. The session goes on under a new cookie; every other one ends.
pub(crate) fn password(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_password(app, asked))
}

fn try_password(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let said: Passwords = said(asked)?;
    let duty = app
        .engine
        .change_staff_password(&seat.duty, &said.old, &said.new)?;
    app.staff.end(cookies(asked));
    let cookie = app.staff.begin(duty, app.secret(), app.clock.wall());
    Ok(with_cookie(no_content(), &cookie))
}

#[derive(Serialize)]
struct Me {
    name: String,
    password_due: bool,
    roles: Vec<&'static str>,
    may: Vec<Right>,
}

/// One line of what somebody may do (ACC-02).
#[derive(Serialize)]
pub(super) struct Right {
    operation: &'static str,
    part: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sight: Option<&'static str>,
    second_person: bool,
    role: &'static str,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
    in_force: bool,
}

impl Right {
    pub(super) fn of(line: &jifen::policy::access::Line) -> Self {
        let sight = match line.sight {
            Sight::Masked => "masked",
            Sight::Clear => "clear",
        };
        Self {
            operation: line.operation.word(),
            part: match line.part {
                Part::Do => "do",
                Part::Approve => "approve",
            },
            field: line.field.map(jifen::policy::access::FieldName::word),
            level: line.field.map(|field| field.level().number()),
            sight: line.field.map(|_| sight),
            second_person: line.hands == Hands::Second,
            role: line.role.word(),
            from: line.from.to_string(),
            until: line.until.map(|until| until.to_string()),
            store: line.store.clone(),
            in_force: line.in_force,
        }
    }
}

/// `GET /staff/v1/me`: one's own rights, written out.
pub(crate) fn me(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_me(app, asked))
}

fn try_me(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let standing = app.engine.standing(&seat.duty)?;
    let now = app.engine.now();
    let lines = report(&standing, now);
    let body = Me {
        password_due: standing.access == Access::PasswordDue,
        roles: standing
            .in_force(now)
            .map(|grant| grant.role.word())
            .collect(),
        may: lines.iter().map(Right::of).collect(),
        name: standing.name,
    };
    Ok(json(StatusCode::OK, &body))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct SetUp {
    code: String,
    name: String,
    display: String,
}

/// `POST /staff/v1/setup`: the first account, with the code that was printed when the shop was first served.
pub(crate) fn set_up(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_set_up(app, asked))
}

fn try_set_up(app: &App, asked: &Asked<'_>) -> Answered {
    let said: SetUp = said(asked)?;
    let made = app
        .engine
        .set_up_staff(&said.code, &said.name, &said.display)?;
    Ok(fresh(StatusCode::CREATED, &made))
}

/// What is shown once.
#[derive(Serialize)]
struct FreshShown<'a> {
    name: &'a str,
    password: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    otpauth: Option<&'a str>,
}

pub(super) fn fresh(status: StatusCode, fresh: &Fresh) -> Response<Vec<u8>> {
    let shown = FreshShown {
        name: &fresh.name,
        password: &fresh.password,
        otpauth: fresh.otpauth.as_ref().map(|otpauth| otpauth.as_str()),
    };
    json(status, &shown)
}
