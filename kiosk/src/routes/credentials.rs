//! PIN and card: a member who is signed in changes the PIN or gets another card; one who lost the PIN sets a new one by the
//! secret that was handed over (MEM-08).

use http::{Response, StatusCode};
use jifen::domain::ids::MemberId;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::IdempotencyKey;
use jifen::vault::tokens::CardNumber;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::members::{KIOSK, kiosk_key};
use crate::routes::own::{answered, no_content, signed_in, with_cookie};

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct NewPin {
    pin: String,
    new_pin: String,
}

/// `PUT /member/v1/pin`: another PIN. Every other session of the member ends.
pub(crate) fn change_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_change_pin(app, asked))
}

fn try_change_pin(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let said: NewPin =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    app.engine
        .change_pin(member, &said.pin, &said.new_pin, KIOSK)?;
    app.sessions.end_all(&member);
    let cookie = app.sessions.begin(member, app.secret(), app.clock.wall());
    Ok(with_cookie(no_content(), &cookie))
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Reset {
    card_number: String,
    secret: String,
    pin: String,
}

/// `POST /kiosk/v1/pin-resets`: a new PIN by the secret that was handed over. Every session of the member ends.
pub(crate) fn reset_pin(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_reset_pin(app, asked))
}

fn try_reset_pin(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Reset =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let member = app
        .engine
        .reset_pin(&said.card_number, &said.secret, &said.pin, KIOSK)?;
    app.sessions.end_all(&member);
    Ok(no_content())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Confirmed {
    pin: String,
}

#[derive(Serialize)]
struct Card {
    card_number: String,
    grouped: String,
}

/// `POST /member/v1/cards`: another card; the one before counts no more. The same key gives the same card.
pub(crate) fn reissue(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_reissue(app, asked))
}

fn try_reissue(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let member = signed_in(app, asked)?;
    let key = kiosk_key(asked)?;
    let said: Confirmed =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    let card = reissue_card(app, member, &key, &said.pin)?;
    let card = Card {
        card_number: card.digits(),
        grouped: card.grouped(),
    };
    Ok(json(StatusCode::CREATED, &card))
}

/// Another card of a member who gives the PIN again.
pub(crate) fn reissue_card(
    app: &App,
    member: MemberId,
    key: &IdempotencyKey,
    pin: &str,
) -> Result<CardNumber, Refusal> {
    app.engine.confirm_pin(member, pin, KIOSK)?;
    let by = app.engine.acting_member(member, KIOSK)?;
    Ok(app.engine.reissue_card(key, member, &by)?.card)
}
