//! Accounts of the staff, for whoever may see or keep them (ACC-02, ACC-07).

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::staff::{Account, Asker, Breach};
use jifen::policy::access::{Degree, Role, RoleGrant};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::{answered, no_content};
use crate::staff::day;

use super::session::{Right, fresh};
use super::{Answered, on_duty, said};

#[derive(Serialize)]
struct Listed {
    accounts: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    name: String,
    display: String,
    blocked: bool,
    password_due: bool,
    added_at: String,
    grants: Vec<Granted>,
    breaches: Vec<BreachShown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    may: Option<Vec<Right>>,
}

#[derive(Serialize)]
struct Granted {
    role: &'static str,
    from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<String>,
}

#[derive(Serialize)]
struct BreachShown {
    at: String,
    by: String,
    degree: &'static str,
    reason: String,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    lifted_at: Option<String>,
}

impl From<&Breach> for BreachShown {
    fn from(breach: &Breach) -> Self {
        Self {
            at: breach.at.to_rfc3339(),
            by: breach.by.clone(),
            degree: breach.degree.word(),
            reason: breach.reason.clone(),
            reference: breach.reference.clone(),
            lifted_at: breach.lifted_at.map(Moment::to_rfc3339),
        }
    }
}

impl From<&Account> for Shown {
    fn from(account: &Account) -> Self {
        let grants = account.grants.iter().map(|grant| Granted {
            role: grant.role.word(),
            from: grant.from.to_string(),
            until: grant.until.map(|until| until.to_string()),
            store: grant.store.clone(),
        });
        Self {
            name: account.name.clone(),
            display: account.display.clone(),
            blocked: account.is_blocked,
            password_due: account.is_due,
            added_at: account.added_at.to_rfc3339(),
            grants: grants.collect(),
            breaches: account.breaches.iter().map(BreachShown::from).collect(),
            may: None,
        }
    }
}

fn asker(app: &App, asked: &Asked<'_>) -> Result<Asker, Refusal> {
    Ok(Asker::Staff(on_duty(app, asked)?.duty))
}

/// `GET /staff/v1/accounts`
pub(crate) fn accounts(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_accounts(app, asked))
}

fn try_accounts(app: &App, asked: &Asked<'_>) -> Answered {
    let all = app.engine.staff(&asker(app, asked)?)?;
    let listed = Listed {
        accounts: all.iter().map(Shown::from).collect(),
    };
    Ok(json(StatusCode::OK, &listed))
}

/// `GET /staff/v1/accounts/{name}`: an account with its rights written out.
pub(crate) fn show(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_show(app, asked))
}

fn try_show(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let (account, lines) = app.engine.staff_report(&who, asked.id("name"))?;
    let shown = Shown {
        may: Some(lines.iter().map(Right::of).collect()),
        ..Shown::from(&account)
    };
    Ok(json(StatusCode::OK, &shown))
}

#[derive(Serialize)]
struct LogIn {
    at: String,
    device: String,
    success: bool,
}

/// `GET /staff/v1/accounts/{name}/log-ins`
pub(crate) fn log_ins(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_log_ins(app, asked))
}

fn try_log_ins(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let all = app.engine.staff_logins(&who, asked.id("name"))?;
    let lines = all.into_iter().map(|login| LogIn {
        at: login.at.to_rfc3339(),
        device: login.device,
        success: login.success,
    });
    Ok(json(StatusCode::OK, &lines.collect::<Vec<_>>()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    role: String,
    from: Option<String>,
    until: Option<String>,
    store: Option<String>,
}

impl Given {
    fn grant(&self, app: &App) -> Result<RoleGrant, Refusal> {
        let read = |text: &String| day(text).ok_or(Refusal::BadGrant);
        let from = self.from.as_ref().map(read).transpose()?;
        Ok(RoleGrant {
            role: Role::of_word(&self.role).ok_or(Refusal::BadGrant)?,
            from: from.unwrap_or_else(|| app.engine.shop_day()),
            until: self.until.as_ref().map(read).transpose()?,
            store: self.store.clone(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct New {
    name: String,
    display: String,
    grants: Vec<Given>,
}

/// `POST /staff/v1/accounts`: adds an account, and shows once what it signs in with.
pub(crate) fn add(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_add(app, asked))
}

fn try_add(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let said: New = said(asked)?;
    let grants: Result<Vec<RoleGrant>, Refusal> =
        said.grants.iter().map(|given| given.grant(app)).collect();
    let made = app
        .engine
        .add_staff(&who, &said.name, &said.display, &grants?)?;
    Ok(fresh(StatusCode::CREATED, &made))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Blocked {
    degree: String,
    reason: String,
    #[serde(default)]
    reference: String,
}

/// `POST /staff/v1/accounts/{name}/block`
pub(crate) fn block(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_block(app, asked))
}

fn try_block(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let said: Blocked = said(asked)?;
    let degree = Degree::of_word(&said.degree).ok_or(Refusal::BadRequest)?;
    let why = (said.reason.as_str(), said.reference.as_str());
    app.engine
        .block_staff(&who, asked.id("name"), degree, why)?;
    Ok(no_content())
}

/// `POST /staff/v1/accounts/{name}/unblock`
pub(crate) fn unblock(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_unblock(app, asked))
}

fn try_unblock(app: &App, asked: &Asked<'_>) -> Answered {
    app.engine
        .unblock_staff(&asker(app, asked)?, asked.id("name"))?;
    Ok(no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    totp: bool,
}

/// `POST /staff/v1/accounts/{name}/password`: draws a password for somebody else.
pub(crate) fn password(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_password(app, asked))
}

fn try_password(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let said: Reset = said(asked)?;
    let made = app.engine.reset_staff(&who, asked.id("name"), said.totp)?;
    Ok(fresh(StatusCode::OK, &made))
}

/// `POST /staff/v1/accounts/{name}/grants`
pub(crate) fn grant(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_grant(app, asked))
}

fn try_grant(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let said: Given = said(asked)?;
    app.engine
        .grant_role(&who, asked.id("name"), &said.grant(app)?)?;
    Ok(no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Revoked {
    role: String,
}

/// `POST /staff/v1/accounts/{name}/revocations`
pub(crate) fn revoke(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_revoke(app, asked))
}

fn try_revoke(app: &App, asked: &Asked<'_>) -> Answered {
    let who = asker(app, asked)?;
    let said: Revoked = said(asked)?;
    let role = Role::of_word(&said.role).ok_or(Refusal::BadGrant)?;
    app.engine.revoke_role(&who, asked.id("name"), role)?;
    Ok(no_content())
}
