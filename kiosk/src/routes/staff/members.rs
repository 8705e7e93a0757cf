//! The staff find members, masked, and sanction them or correct their points (EXT-01, MEM-06).

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::domain::sanction::Sanction;
use jifen::engine::proposals::Wanted;
use jifen::engine::receipt::Adjusted;
use jifen::engine::staff::Sought;
use jifen::policy::access::{FieldName, Operation};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::members::state;
use crate::routes::own::answered;

use super::proposals::Shown;
use super::{Answered, member, on_duty, page_key, purpose, refer, said};

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Search {
    card_number: Option<String>,
    mobile: Option<String>,
}

#[derive(Serialize)]
struct Found {
    members: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    #[serde(rename = "ref")]
    reference: String,
    name: String,
    mobile: String,
    card_number: String,
}

/// `POST /staff/v1/members/search`: at most twenty rows, masked.
pub(crate) fn search(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_search(app, asked))
}

fn try_search(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let said: Search = said(asked)?;
    let sought = match (&said.card_number, &said.mobile) {
        (Some(card), None) => Sought::Card(card),
        (None, Some(mobile)) => Sought::Mobile(mobile),
        (Some(_), Some(_)) | (None, None) => return Err(Refusal::BadRequest),
    };
    let found = app.engine.search_members(&seat.duty, &sought)?;
    let rows = found.iter().map(|found| {
        let value = |field: FieldName| {
            let shown = found.shown.iter().find(|shown| shown.field == field);
            shown
                .and_then(|shown| shown.values.first().cloned())
                .unwrap_or_default()
        };
        Row {
            reference: refer(app, &seat, found.member),
            name: value(FieldName::Name),
            mobile: value(FieldName::Mobile),
            card_number: value(FieldName::CardNumber),
        }
    });
    let found = Found {
        members: rows.collect(),
    };
    Ok(json(StatusCode::OK, &found))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sanctioned {
    kind: String,
    purpose: String,
    reason: String,
}

#[derive(Serialize)]
struct Now {
    state: &'static str,
}

/// `POST /staff/v1/members/{ref}/sanctions`: warns, restricts, suspends, or lifts that. A termination is a proposal.
pub(crate) fn sanction(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_sanction(app, asked))
}

fn try_sanction(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let said: Sanctioned = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let (key, purpose) = (page_key(asked)?, purpose(&said.purpose)?);
    if said.kind == Operation::Terminate.word() {
        let wanted = Wanted {
            operation: Operation::Terminate,
            fields: &[],
            values: &[],
            points: None,
            purpose,
            reason: &said.reason,
            ticket: None,
        };
        let proposal = app.engine.propose_once(&seat.duty, &key, member, &wanted)?;
        let shown = Shown::of(app, &seat, &proposal);
        return Ok(json(StatusCode::ACCEPTED, &shown));
    }
    let sanction = Sanction::of_word(&said.kind).ok_or(Refusal::BadRequest)?;
    let why = (purpose, said.reason.as_str());
    let done = app
        .engine
        .discipline(&seat.duty, &key, member, sanction, why)?;
    let now = Now {
        state: state(done.state),
    };
    Ok(json(StatusCode::OK, &now))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Adjustment {
    points: i64,
    purpose: String,
    reason: String,
}

#[derive(Serialize)]
pub(super) struct Corrected {
    points: i64,
    balance: i64,
    debt: i64,
}

impl Corrected {
    pub(super) const fn of(adjusted: &Adjusted) -> Self {
        Self {
            points: adjusted.points,
            balance: adjusted.balance.count(),
            debt: adjusted.debt.count(),
        }
    }
}

/// `POST /staff/v1/members/{ref}/adjustments`: corrects points up to the shop's limit; more than that is a proposal.
pub(crate) fn adjust(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_adjust(app, asked))
}

fn try_adjust(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let said: Adjustment = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let (key, purpose) = (page_key(asked)?, purpose(&said.purpose)?);
    let what = (said.points, said.reason.as_str());
    match app.engine.adjust_by_staff(&seat.duty, &key, member, what) {
        Ok(adjusted) => Ok(json(StatusCode::OK, &Corrected::of(&adjusted))),
        Err(Refusal::SecondPersonNeeded) => {
            let wanted = Wanted {
                operation: Operation::AdjustAboveLimit,
                fields: &[],
                values: &[],
                points: Some(said.points),
                purpose,
                reason: &said.reason,
                ticket: None,
            };
            let proposal = app.engine.propose_once(&seat.duty, &key, member, &wanted)?;
            let shown = Shown::of(app, &seat, &proposal);
            Ok(json(StatusCode::ACCEPTED, &shown))
        }
        Err(refusal) => Err(refusal),
    }
}
