//! Two records of one person are merged at the desk: what moves is shown first, and the member confirms it with the PIN
//! (QLT-03). Its undo is a proposal, which a second person approves.

use http::{Response, StatusCode};
use jifen::domain::ids::MemberId;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::engine::merge::Confirmation;
use jifen::engine::receipt::{Merged, Unmerged};
use jifen::policy::access::Operation;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::{answered, no_content};
use crate::routes::verification::code_sent;
use crate::staff::Seat;

use super::{Answered, member, on_duty, page_key, purpose, refer, said};

/// `POST /staff/v1/members/{ref}/merge-codes`: a code to the member's phone, for a merge of records with two phones.
pub(crate) fn send_code(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_send_code(app, asked))
}

fn try_send_code(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::Merge)?;
    let member = member(app, &seat, asked.id("ref"))?;
    app.engine.send_merge_code_at_desk(&seat.duty, member)?;
    Ok(code_sent())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Code {
    code: String,
}

/// `PUT /staff/v1/members/{ref}/merge-codes`: the member has read the code out. The page's session knows it for ten
/// minutes.
pub(crate) fn prove(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_prove(app, asked))
}

fn try_prove(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::Merge)?;
    let said: Code = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let proved = app
        .engine
        .prove_phone_at_desk(&seat.duty, member, &said.code)?;
    app.staff.prove(&seat, proved);
    Ok(no_content())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    stays: String,
    joins: String,
    purpose: String,
}

/// What a merge comes to.
#[derive(Serialize)]
struct Outcome {
    moved: i64,
    made: i64,
    debt_moved: i64,
    balance: i64,
    debt: i64,
    tier: &'static str,
    undo_until: String,
}

impl Outcome {
    fn of(merged: &Merged) -> Self {
        Self {
            moved: merged.moved.count(),
            made: merged.made.count(),
            debt_moved: merged.debt_moved.count(),
            balance: merged.balance.count(),
            debt: merged.debt.count(),
            tier: match merged.tier_after {
                Tier::Ordinary => "ordinary",
                Tier::Senior => "senior",
            },
            undo_until: merged.undo_until.to_rfc3339(),
        }
    }
}

fn pair(
    app: &App,
    seat: &Seat,
    (stays, joins): (&str, &str),
) -> Result<(MemberId, MemberId), Refusal> {
    Ok((member(app, seat, stays)?, member(app, seat, joins)?))
}

/// `POST /staff/v1/merges/preview`: what would move. Nothing does.
pub(crate) fn preview(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_preview(app, asked))
}

fn try_preview(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::Merge)?;
    let said: Shown = said(asked)?;
    let pair = pair(app, &seat, (&said.stays, &said.joins))?;
    let codes = app.staff.proofs(&seat);
    let purpose = purpose(&said.purpose)?;
    let merged = app
        .engine
        .preview_merge_at_desk(&seat.duty, pair, &codes, purpose)?;
    Ok(json(StatusCode::OK, &Outcome::of(&merged)))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Wish {
    stays: String,
    joins: String,
    purpose: String,
    #[serde(default)]
    confirmed: bool,
    #[serde(default)]
    pin: String,
}

/// `POST /staff/v1/merges`: merges, when the member has seen what moves, confirms it and types the PIN of the record that
/// stays. The same key is answered with the same.
pub(crate) fn merge(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_merge(app, asked))
}

fn try_merge(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::Merge)?;
    let said: Wish = said(asked)?;
    let pair = pair(app, &seat, (&said.stays, &said.joins))?;
    let (key, purpose) = (page_key(asked)?, purpose(&said.purpose)?);
    let codes = app.staff.proofs(&seat);
    let confirmation = Confirmation {
        confirmed: said.confirmed,
        pin: &said.pin,
        codes: &codes,
        device: seat.duty.device(),
    };
    let merged = app
        .engine
        .merge_at_desk(&seat.duty, &key, pair, &confirmation, purpose)?;
    // Whoever is signed in with the other card is signed in to a record that stands for itself no more.
    app.sessions.end_all(&pair.1);
    app.audit_moved();
    Ok(json(StatusCode::OK, &Outcome::of(&merged)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    purpose: String,
}

#[derive(Serialize)]
struct Listed {
    merges: Vec<Of>,
}

#[derive(Serialize)]
struct Of {
    #[serde(rename = "ref")]
    reference: String,
    merged_at: String,
    undo_until: String,
}

/// `POST /staff/v1/members/{ref}/merges`: the records that were merged into this one, by references. An undo is a proposal
/// about one of these.
pub(crate) fn merges(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_merges(app, asked))
}

fn try_merges(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::Merge)?;
    let said: For = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let purpose = purpose(&said.purpose)?;
    let merges = app.engine.merges_at_desk(&seat.duty, member, purpose)?;
    let merges = merges.into_iter().map(|merge| Of {
        reference: refer(app, &seat, merge.member),
        merged_at: merge.merged_at.to_rfc3339(),
        undo_until: merge.undo_until.to_rfc3339(),
    });
    let listed = Listed {
        merges: merges.collect(),
    };
    Ok(json(StatusCode::OK, &listed))
}

/// What an undo came to.
#[derive(Serialize)]
pub(super) struct Parted {
    taken: i64,
    loss: i64,
    balance: i64,
    debt: i64,
    other_balance: i64,
    other_debt: i64,
}

impl Parted {
    pub(super) const fn of(unmerged: &Unmerged) -> Self {
        Self {
            taken: unmerged.taken.count(),
            loss: unmerged.loss.count(),
            balance: unmerged.balance.count(),
            debt: unmerged.debt.count(),
            other_balance: unmerged.other_balance.count(),
            other_debt: unmerged.other_debt.count(),
        }
    }
}
