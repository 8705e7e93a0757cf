//! The code that was sent to a phone comes back (MEM-05). Nobody is signed in: whoever asks learns nothing of a card but
//! that the code was right.

use http::{Response, StatusCode};
use jifen::domain::refusal::Refusal;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::app::App;
use crate::http::json;
use crate::route::Asked;
use crate::routes::members::KIOSK;
use crate::routes::own::{answered, no_content};

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Given {
    card_number: String,
    code: String,
}

/// `POST /kiosk/v1/verifications`: the phone is verified by the code that was sent to it.
pub(crate) fn verify(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_verify(app, asked))
}

fn try_verify(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Given =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    // Whether the phone is another member's too is not for this screen.
    app.engine
        .verify_phone(&said.card_number, &said.code, KIOSK)?;
    Ok(no_content())
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
struct Again {
    card_number: String,
}

/// `POST /kiosk/v1/verifications/code`: the code is sent again, if there is anything to verify. The answer does not say.
pub(crate) fn send_again(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    answered(try_send_again(app, asked))
}

fn try_send_again(app: &App, asked: &Asked<'_>) -> Result<Response<Vec<u8>>, Refusal> {
    let said: Again =
        serde_json::from_slice(asked.request.body()).map_err(|_| Refusal::BadRequest)?;
    app.engine.send_phone_code_of(&said.card_number)?;
    Ok(code_sent())
}

#[derive(Serialize)]
struct CodeSent {
    code_sent: bool,
}

/// A code was sent, or would have been.
pub(crate) fn code_sent() -> Response<Vec<u8>> {
    json(StatusCode::ACCEPTED, &CodeSent { code_sent: true })
}
