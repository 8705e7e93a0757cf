//! The staff's addresses: signing in, members by opaque references, proposals, and accounts. Every one but the first two
//! asks who has signed in, and the engine asks again what they may do (ACC-01).

mod accounts;
mod members;
mod proposals;
mod session;
mod desk;
mod pairs;
mod requests;
mod sweep;

pub(crate) use accounts::{
    accounts, add, block, grant, log_ins, password as reset, revoke, show, unblock,
};
pub(crate) use desk::{end_identity, identify, reissue, reset_pin, verify};
pub(crate) use members::{adjust, sanction, search};
pub(crate) use pairs::{merge, merges, preview, prove, send_code};
pub(crate) use proposals::{approve, decline, execute, open, propose};
pub(crate) use requests::{close, open as open_ticket, reply, take, ticket, tickets};
pub(crate) use session::{me, password, set_up, sign_in, sign_out};
pub(crate) use sweep::{count, run as run_sweep};

use http::Response;
use http::header::COOKIE;
use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::policy::access::Cause;
use serde::Deserialize;

use crate::app::App;
use crate::route::Asked;
use crate::routes::members::kiosk_key;
use crate::staff::Seat;

/// The device of whoever works on a page, as log-ins and the audit name it.
const DEVICE: &str = "page";
/// Whose idempotency keys pages have.
const PAGE: &str = "staff-page";

fn cookies<'r>(asked: &Asked<'r>) -> Option<&'r str> {
    asked.request.headers().get(COOKIE)?.to_str().ok()
}

/// Who has signed in.
pub(crate) fn on_duty(app: &App, asked: &Asked<'_>) -> Result<Seat, Refusal> {
    let seat = app.staff.seat(cookies(asked), app.clock.wall());
    let seat = seat.ok_or(Refusal::StaffSignInNeeded)?;
    // An account that was blocked since is signed in to nothing.
    app.engine.standing(&seat.duty)?;
    Ok(seat)
}

/// The member that the page names so.
pub(crate) fn member(app: &App, seat: &Seat, reference: &str) -> Result<MemberId, Refusal> {
    let known = app.staff.member(seat, reference);
    known.ok_or(Refusal::TokenUnknown)
}

/// What the page names a member by.
pub(crate) fn refer(app: &App, seat: &Seat, member: MemberId) -> String {
    app.staff.refer(seat, member, &app.secret())
}

/// The body of a request: unknown fields are refused, and what was sent is not told back.
fn said<'r, T: Deserialize<'r>>(asked: &Asked<'r>) -> Result<T, Refusal> {
    serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)
}

fn purpose(word: &str) -> Result<Cause, Refusal> {
    Cause::of_word(word).ok_or(Refusal::BadRequest)
}

/// The key that the page made before it sent anything.
fn page_key(asked: &Asked<'_>) -> Result<IdempotencyKey, Refusal> {
    Ok(IdempotencyKey {
        terminal: PAGE.to_owned(),
        ..kiosk_key(asked)?
    })
}

type Answered = Result<Response<Vec<u8>>, Refusal>;
