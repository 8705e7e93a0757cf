//! Whether the program answers: for monitors, and for `jifen healthcheck`.

use http::{Response, StatusCode};
use serde::Serialize;

use crate::app::App;
use crate::http::json;
use crate::route::Asked;

#[derive(Serialize)]
struct Health {
    ok: bool,
}

/// `GET /healthz`
pub(crate) fn health(_: &App, _: &Asked<'_>) -> Response<Vec<u8>> {
    json(StatusCode::OK, &Health { ok: true })
}
