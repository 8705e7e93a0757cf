//! What the staff do for a member who stands at the desk: a phone is verified, a secret for a new PIN and another card are
//! printed, an identity document is looked at (MEM-05, MEM-08, X-03).

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use jifen::policy::access::Operation;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::own::{answered, no_content};

use super::{Answered, member, on_duty, page_key, purpose, said};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct For {
    purpose: String,
}

#[derive(Serialize)]
struct Verified {
    /// How many other members gave the same phone: somebody to merge with. Not for the member's eyes.
    others: usize,
}

/// `POST /staff/v1/members/{ref}/verifications`: somebody has looked, and the phone is the member's.
pub(crate) fn verify(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_verify(app, asked))
}

fn try_verify(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::VerifyPhone)?;
    let said: For = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let purpose = purpose(&said.purpose)?;
    let verified = app
        .engine
        .verify_phone_at_desk(&seat.duty, member, purpose)?;
    let verified = Verified {
        others: verified.others,
    };
    Ok(json(StatusCode::OK, &verified))
}

/// What is printed for the member, once.
#[derive(Serialize, Zeroize, ZeroizeOnDrop)]
struct Secret {
    secret: String,
    minutes: u32,
}

/// `POST /staff/v1/members/{ref}/pin-resets`: a secret with which the member sets a new PIN at the screen.
pub(crate) fn reset_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_reset_pin(app, asked))
}

fn try_reset_pin(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::IssuePinReset)?;
    let said: For = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let purpose = purpose(&said.purpose)?;
    let issued = app
        .engine
        .issue_pin_reset_at_desk(&seat.duty, member, purpose)?;
    let secret = Secret {
        secret: issued.secret.grouped(),
        minutes: issued.minutes,
    };
    Ok(json(StatusCode::CREATED, &secret))
}

#[derive(Serialize)]
struct Card {
    card_number: String,
    grouped: String,
}

/// `POST /staff/v1/members/{ref}/cards`: another card; the one before counts no more. The same key gives the same card.
pub(crate) fn reissue(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_reissue(app, asked))
}

fn try_reissue(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::ReissueCard)?;
    let said: For = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let (key, purpose) = (page_key(asked)?, purpose(&said.purpose)?);
    let reissued = app
        .engine
        .reissue_card_at_desk(&seat.duty, &key, member, purpose)?;
    let card = Card {
        card_number: reissued.card.digits(),
        grouped: reissued.card.grouped(),
    };
    Ok(json(StatusCode::CREATED, &card))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Document {
    purpose: String,
    number: Option<String>,
    #[serde(default)]
    consent: bool,
    pin: Option<String>,
}

#[derive(Serialize)]
struct Checked {
    #[serde(rename = "checked_by")]
    by: String,
    #[serde(rename = "checked_at")]
    at: String,
    number_kept: bool,
}

/// `POST /staff/v1/members/{ref}/identity`: a document was shown. Its number is kept only where the member consents to that
/// separately, with the PIN (CON-04).
pub(crate) fn identify(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_identify(app, asked))
}

fn try_identify(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::CheckIdentity)?;
    let said: Document = said(asked)?;
    let member = member(app, &seat, asked.id("ref"))?;
    let purpose = purpose(&said.purpose)?;
    let number = match (&said.number, &said.pin) {
        (Some(number), Some(pin)) if said.consent => Some((number.as_str(), pin.as_str())),
        (Some(_), _) => return Err(Refusal::ConsentNeeded),
        (None, None) => None,
        // A PIN is asked for nothing else here.
        (None, Some(_)) => return Err(Refusal::BadRequest),
    };
    let checked = app
        .engine
        .check_identity_at_desk(&seat.duty, member, number, purpose)?;
    let checked = Checked {
        by: checked.checked_by,
        at: checked.checked_at.to_rfc3339(),
        number_kept: checked.number_kept,
    };
    Ok(json(StatusCode::CREATED, &checked))
}

/// `DELETE /staff/v1/members/{ref}/identity`: what the number was needed for has ended; it is masked at once (RET-05).
pub(crate) fn end_identity(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_end_identity(app, asked))
}

fn try_end_identity(app: &App, asked: &Asked<'_>) -> Answered {
    let seat = on_duty(app, asked)?;
    app.engine.may(&seat.duty, Operation::CheckIdentity)?;
    let member = member(app, &seat, asked.id("ref"))?;
    app.engine.end_identity_at_desk(&seat.duty, member)?;
    Ok(no_content())
}
