//! What staff ask for, what another approves, and what it came to (ACC-04).

use std::collections::BTreeMap;

use http::{Response, StatusCode};
use jifen::audit::receipt::DeletionReceipt;
use jifen::domain::refusal::Refusal;
use jifen::engine::proposals::{Executed, Proposal, State, Wanted};
use jifen::policy::access::{FieldName, Operation, Sight};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::answered;
use crate::routes::rights::forget;
use crate::staff::Seat;

use super::members::Corrected;
use super::pairs::Parted;
use super::{Answered, member, on_duty, page_key, purpose, refer, said};

/// A proposal on a page.
#[derive(Serialize)]
pub(super) struct Shown {
    id: u64,
    by: String,
    operation: &'static str,
    fields: Vec<&'static str>,
    purpose: &'static str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<String>,
    made_at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    member: Who,
    changes: Vec<Change>,
    points: i64,
}

#[derive(Serialize)]
struct Who {
    #[serde(rename = "ref")]
    reference: String,
    name: String,
    mobile: String,
}

#[derive(Serialize)]
struct Change {
    field: String,
    before: String,
    after: String,
}

impl Shown {
    pub(super) fn of(app: &App, seat: &Seat, proposal: &Proposal) -> Self {
        let (name, mobile) = proposal.who.clone();
        let changes = proposal.changes.iter();
        let approved_by = match &proposal.state {
            State::Ready(by) => by.clone(),
            State::Open | State::Declined(_) | State::Executed(_) | State::Lapsed => None,
        };
        Self {
            id: proposal.number,
            by: proposal.by.clone(),
            operation: proposal.operation.word(),
            fields: proposal.fields.iter().map(|field| field.word()).collect(),
            purpose: proposal.purpose.word(),
            reason: proposal.reason.clone(),
            ticket: proposal.ticket.clone(),
            made_at: proposal.made_at.to_rfc3339(),
            state: proposal.state.word(),
            approved_by,
            member: Who {
                reference: refer(app, seat, proposal.member),
                name,
                mobile,
            },
            changes: changes
                .map(|(field, before, after)| Change {
                    field: field.clone(),
                    before: before.clone(),
                    after: after.clone(),
                })
                .collect(),
            points: proposal.points,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asking {
    member: String,
    operation: String,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    values: Values,
    points: Option<i64>,
    purpose: String,
    reason: String,
    ticket: Option<String>,
}

/// Fields and what they are to become: wiped when they were read.
#[derive(Default, Deserialize)]
#[serde(transparent)]
struct Values(BTreeMap<String, Value>);

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct Value(String);

/// `POST /staff/v1/proposals`: asks for an operation. What needs no second person is carried out at once.
pub(crate) fn propose(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_propose(app, asked))
}

fn try_propose(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let said: Asking = said(asked)?;
    let member = member(app, &seat, &said.member)?;
    let field = |word: &str| FieldName::of_word(word).ok_or(Refusal::BadRequest);
    let fields: Result<Vec<FieldName>, Refusal> =
        said.fields.iter().map(|word| field(word)).collect();
    let values: Result<Vec<(FieldName, &str)>, Refusal> = said
        .values
        .0
        .iter()
        .map(|(word, value)| Ok((field(word)?, value.0.as_str())))
        .collect();
    let wanted = Wanted {
        operation: Operation::of_word(&said.operation).ok_or(Refusal::BadRequest)?,
        fields: &fields?,
        values: &values?,
        points: said.points,
        purpose: purpose(&said.purpose)?,
        reason: &said.reason,
        ticket: said.ticket.as_deref(),
    };
    // A page that keeps its key may ask again, and asks for nothing twice.
    let proposal = if asked.request.headers().contains_key("idempotency-key") {
        let key = page_key(asked)?;
        app.engine.propose_once(&seat.duty, &key, member, &wanted)?
    } else {
        app.engine.propose(&seat.duty, member, &wanted)?
    };
    if proposal.state == State::Ready(None) {
        return carry_out(app, &seat, proposal.number);
    }
    Ok(json(StatusCode::CREATED, &Shown::of(app, &seat, &proposal)))
}

#[derive(Serialize)]
struct Listed {
    proposals: Vec<Shown>,
}

/// `GET /staff/v1/proposals?after=N`: those that one may approve and one's own, twenty at most, the earliest first.
pub(crate) fn open(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_open(app, asked))
}

fn try_open(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    let query = asked.request.uri().query().unwrap_or_default();
    let after = query
        .split('&')
        .find_map(|part| part.strip_prefix("after="));
    let after = match after {
        Some(after) => after.parse().map_err(|_| Refusal::BadRequest)?,
        None => 0,
    };
    let proposals = app.engine.proposals(&seat.duty, after)?;
    let shown = proposals.iter().map(|one| Shown::of(app, &seat, one));
    let listed = Listed {
        proposals: shown.collect(),
    };
    Ok(json(StatusCode::OK, &listed))
}

/// `POST /staff/v1/proposals/{id}/approve`
pub(crate) fn approve(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_decide(app, asked, true))
}

/// `POST /staff/v1/proposals/{id}/decline`
pub(crate) fn decline(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_decide(app, asked, false))
}

fn try_decide(app: &App, asked: &Asked<'_>, approves: bool) -> Answered {
    let seat = on_duty(app, asked)?;
    let number = number(asked)?;
    let proposal = if approves {
        app.engine.approve(&seat.duty, number)?
    } else {
        app.engine.decline(&seat.duty, number)?
    };
    Ok(json(StatusCode::OK, &Shown::of(app, &seat, &proposal)))
}

fn number(asked: &Asked<'_>) -> Result<u64, Refusal> {
    asked.id("id").parse().map_err(|_| Refusal::ProposalUnknown)
}

/// What a proposal came to: one of these.
#[derive(Default, Serialize)]
struct Done {
    id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<Vec<FieldShown>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adjusted: Option<Corrected>,
    #[serde(skip_serializing_if = "Option::is_none")]
    erased: Option<Box<DeletionReceipt>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unmerged: Option<Parted>,
}

#[derive(Serialize)]
struct FieldShown {
    field: &'static str,
    sight: &'static str,
    values: Vec<String>,
}

/// `POST /staff/v1/proposals/{id}/execute`: carries out what was approved, once.
pub(crate) fn execute(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_execute(app, asked))
}

fn try_execute(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    carry_out(app, &seat, number(asked)?)
}

fn carry_out(app: &App, seat: &Seat, number: u64) -> Answered {
    // Known before it is done: an erased member is nobody afterwards.
    let about = app.engine.proposal(&seat.duty, number).ok();
    let mut done = Done {
        id: number,
        ..Done::default()
    };
    match app.engine.execute(&seat.duty, number)? {
        Executed::Shown(fields) => {
            let shown = fields.into_iter().map(|shown| FieldShown {
                field: shown.field.word(),
                sight: match shown.sight {
                    Sight::Masked => "masked",
                    Sight::Clear => "clear",
                },
                values: shown.values,
            });
            done.shown = Some(shown.collect());
        }
        Executed::Corrected => done.corrected = Some(true),
        Executed::Adjusted(adjusted) => done.adjusted = Some(Corrected::of(&adjusted)),
        Executed::Erased(receipt) => {
            if let Some(about) = about {
                forget(app, &about.member);
            }
            done.erased = Some(receipt);
        }
        Executed::Unmerged(unmerged) => {
            app.audit_moved();
            done.unmerged = Some(Parted::of(&unmerged));
        }
    }
    Ok(json(StatusCode::OK, &done))
}
