//! A signed-in member corrects what they told us, gives or takes back an address, and leaves (DSR-02, DSR-03, PTS-07).
//! What cannot be undone asks for the PIN again.

use http::{Response, StatusCode};
use jifen::audit::receipt::DeletionReceipt;
use jifen::domain::ids::MemberId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::correct::Correction;
use jifen::engine::erase::By;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::members::{KIOSK, kiosk_key};
use crate::routes::own::{answered, no_content, nothing_said, own, signed_in, with_cookie};
use crate::routes::verification::code_sent;

#[derive(Serialize)]
struct FarewellShown {
    points: i64,
    debt: i64,
    holds: usize,
    recipients: Vec<String>,
}

/// `GET /member/v1/erasure`: what leaving would lose, to be shown before it is confirmed.
pub(crate) fn farewell(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_farewell(app, asked))
}

fn try_farewell(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let farewell = app.engine.farewell(member, &own(member)?)?;
    let shown = FarewellShown {
        points: farewell.points.count(),
        debt: farewell.debt.count(),
        holds: farewell.holds,
        recipients: farewell.recipients,
    };
    Ok(json(StatusCode::OK, &shown))
}

/// The confirmation: the PIN, and the number of points that was shown.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    pin: String,
    points: i64,
}

/// `POST /member/v1/erasure`: erases the member who is signed in, and answers with the receipt when the keys are gone. The
/// same key asked again gives the receipt again; nobody is signed in by then.
pub(crate) fn erase(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_erase(app, asked))
}

fn try_erase(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let key = kiosk_key(asked)?;
    let member = match signed_in(app, asked) {
        Ok(member) => member,
        Err(no) => {
            let before = app.engine.erasure(&key)?;
            return before
                .map(|receipt| json(StatusCode::OK, &receipt))
                .ok_or(no);
        }
    };
    let said: Confirmed =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let points = Points::new(said.points).ok_or(Refusal::BadRequest)?;
    let receipt = erase_by_pin(app, &key, member, (&said.pin, points))?;
    let cookie = forget(app, &member);
    Ok(with_cookie(json(StatusCode::OK, &receipt), &cookie))
}

/// Erases a member who gives the PIN again, and says how many points are lost.
pub(crate) fn erase_by_pin(
    app: &App,
    key: &IdempotencyKey,
    member: MemberId,
    (pin, points): (&str, Points),
) -> Result<DeletionReceipt, Refusal> {
    app.engine.confirm_pin(member, pin, KIOSK)?;
    let by = By::Member { device: KIOSK };
    app.engine.erase(key, member, by, points)
}

/// What the program itself remembers of a member who was erased goes too: sessions, and links to copies. The value of
/// `Set-Cookie` that takes a cookie away.
pub(crate) fn forget(app: &App, member: &MemberId) -> String {
    let cookie = app.sessions.end_all(member);
    app.links.forget(member);
    app.audit_moved();
    cookie
}

/// `GET /member/v1/erasures/{key}`: the receipt of an erasure, for whoever made the key: also later, when the copies that
/// could not be reached have been replaced.
pub(crate) fn receipt(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_receipt(app, asked))
}

fn try_receipt(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let key: jifen_pos::key::Key = asked.id("key").parse().map_err(|_| Refusal::BadKey)?;
    let key = IdempotencyKey {
        terminal: KIOSK.to_owned(),
        uuid: *key.bytes(),
    };
    let receipt = app.engine.erasure(&key)?;
    let receipt = receipt.ok_or(Refusal::OperationUnknown)?;
    Ok(json(StatusCode::OK, &receipt))
}

/// The corrected record.
#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Profile {
    name: String,
    mobile: String,
    pin: String,
    #[serde(default)]
    code: Option<String>,
}

/// `PUT /member/v1/profile`: another name or mobile number. Where phones are verified by a code, another number needs the
/// one that was sent to it; without it, it is sent, and nothing is changed.
pub(crate) fn correct(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_correct(app, asked))
}

fn try_correct(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let key = kiosk_key(asked)?;
    let said: Profile =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    app.engine.confirm_pin(member, &said.pin, KIOSK)?;
    let told = (said.name.as_str(), said.mobile.as_str());
    let by = (said.code.as_deref(), KIOSK);
    let corrected = app
        .engine
        .correct_by_code(&key, member, told, by, &own(member)?)?;
    Ok(match corrected {
        Correction::Done(_) => no_content(),
        Correction::CodeSent => code_sent(),
    })
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Address {
    address: String,
    #[serde(default)]
    postcode: String,
}

/// `PUT /member/v1/address`: where letters go, for a member who agreed to letters.
pub(crate) fn set_address(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_address(app, asked, |member| {
        let said: Address =
            serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
        let told = (said.address.as_str(), said.postcode.as_str());
        app.engine.set_address(member, told, KIOSK, &own(member)?)
    }))
}

/// `DELETE /member/v1/address`: the key of the address is destroyed, and nothing else.
pub(crate) fn erase_address(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_address(app, asked, |member| {
        nothing_said(asked)?;
        app.engine.erase_address(member, KIOSK, &own(member)?)
    }))
}

fn try_address(
    app: &App,
    asked: &Asked<'_>,
    change: impl FnOnce(MemberId) -> Result<(), Refusal>,
) -> Result<Response<Vec<u8>>, Refusal> {
    change(signed_in(app, asked)?)?;
    Ok(no_content())
}
