//! Whether the program answers: for monitors, and for `jifen healthcheck`.

use http::{Response, StatusCode};
use serde::Serialize;

use crate::http::json;
use crate::route::{App, Asked};

#[derive(Serialize)]
struct Health {
    ok: bool,
}

/// `GET /healthz`
pub(crate) fn health(_: &App, _: &Asked<'_>) -> Response<Vec<u8>> {
    json(StatusCode::OK, &Health { ok: true })
}
