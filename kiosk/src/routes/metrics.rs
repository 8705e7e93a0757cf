//! Numbers for a monitor on this machine.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use jifen::domain::refusal::Refusal;

use crate::app::App;
use crate::http::{Listener, Peer, not_found};
use crate::refused::refusal;
use crate::route::Asked;

/// The form of the text, which Prometheus reads.
const TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// `GET /metrics`: on the screen's listener alone, which is this machine's; at the edge there is no such address.
pub(crate) fn metrics(app: &App, asked: &Asked<'_>) -> Response<Vec<u8>> {
    let peer = asked.request.extensions().get::<Peer>();
    if peer.is_none_or(|peer| peer.listener != Listener::Screen) {
        return not_found();
    }
    match app.metrics.text(&app.engine, app.ages()) {
        Ok(text) => {
            let mut response = Response::new(text.into_bytes());
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().insert(CONTENT_TYPE, TEXT);
            response
        }
        Err(_) => refusal(&Refusal::StoreFailed),
    }
}
