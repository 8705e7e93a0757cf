//! One request to the edge: its body is read within its bounds, the route answers on a thread that may block, and all of
//! it has a deadline.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use http::Response;
use http::header::TRANSFER_ENCODING;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout_at;

use super::super::head::Framing;
use super::super::refusal::{self, Refused};
use super::super::{Limits, Listener, Peer, Route, answer, dispatched};
use super::{LARGE_BODIES_MAX, SMALL_BODY};

/// What every request needs.
#[derive(Clone)]
struct Desk {
    route: Route,
    limits: Limits,
    in_work: Arc<Semaphore>,
    large_bodies: Arc<Semaphore>,
}

/// A router whose fallback answers everything.
pub(super) fn router(route: Route, limits: Limits) -> Router {
    Router::new().fallback(handle).with_state(Desk {
        route,
        limits,
        in_work: Arc::new(Semaphore::new(limits.in_work_max)),
        large_bodies: Arc::new(Semaphore::new(LARGE_BODIES_MAX)),
    })
}

async fn handle(State(desk): State<Desk>, request: Request) -> Response<Body> {
    let begun = Instant::now();
    let method = request.method().clone();
    // What comes after chunks is not read along (see `head.rs`), so nothing may come after them.
    let is_last = request.headers().contains_key(TRANSFER_ENCODING);
    let answered = match desk.attend(request, begun).await {
        Ok(answered) if is_last => refusal::ending(answered),
        Ok(answered) => answered,
        Err(refused) => dispatched(refused.answer(), &method, Listener::Edge, begun),
    };
    answered.map(Body::from)
}

impl Desk {
    /// The route's answer, or a refusal of the edge itself.
    async fn attend(&self, request: Request, begun: Instant) -> Result<Response<Vec<u8>>, Refused> {
        let deadline = tokio::time::Instant::from_std(begun)
            .checked_add(self.limits.request_wait)
            .ok_or(refusal::BUSY)?;
        let (mut head, body) = request.into_parts();
        // Both are put there by the connection; without them nothing is known of it.
        let framing = head.extensions.remove().unwrap_or(Framing::Doubtful);
        if framing == Framing::Doubtful {
            return Err(refusal::BAD_LENGTH.ending());
        }
        let peer: Peer = head.extensions.remove().ok_or(refusal::BUG)?;

        let read = timeout_at(deadline, self.read(body)).await;
        let body = read.unwrap_or_else(|_| Err(refusal::TOO_SLOW.ending()))?;
        let permit = self.in_work.clone().try_acquire_owned();
        let permit = permit.map_err(|_| refusal::BUSY)?;
        let route = self.route.clone();
        let working = tokio::task::spawn_blocking(move || {
            let answered = answer(&route, Request::from_parts(head, body), peer, begun);
            drop(permit);
            answered
        });

        match timeout_at(deadline, working).await {
            Ok(Ok(answered)) => Ok(answered),
            Ok(Err(_)) => Err(refusal::BUG),
            Err(_) => Err(refusal::OUTCOME_UNKNOWN),
        }
    }

    /// The whole body. It is refused as soon as it says, or shows, that it is too long.
    async fn read(&self, mut body: Body) -> Result<Vec<u8>, Refused> {
        let most = u64::try_from(self.limits.body_max).unwrap_or(u64::MAX);
        let told = body.size_hint().lower();
        if most < told {
            return Err(refusal::TOO_LARGE.ending());
        }
        let mut large: Option<OwnedSemaphorePermit> = None;
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            // The client went away, or its chunks are no chunks.
            let frame = frame.map_err(|_| refusal::BAD_REQUEST.ending())?;
            // Trailers say nothing that any command asks.
            let Ok(part) = frame.into_data() else {
                continue;
            };
            let length = bytes.len().saturating_add(part.len());
            if self.limits.body_max < length {
                return Err(refusal::TOO_LARGE.ending());
            }
            if SMALL_BODY < length && large.is_none() {
                let permit = self.large_bodies.clone().try_acquire_owned();
                large = Some(permit.map_err(|_| refusal::BUSY.ending())?);
            }
            bytes.extend_from_slice(&part);
        }
        Ok(bytes)
    }
}
