//! The two listeners and what they share: the route that both call, how much they take, and the way every answer goes.
//! The screen is for the browser on this machine, the edge for everyone else (tills, phones, staff).

mod refusal;
mod headers;
mod origin;
mod head;
mod guests;
mod edge;
mod screen;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::{Method, Request, Response};

use crate::certificate::Tls;
use crate::failure::Failure;
use crate::log;

pub(crate) use refusal::{Sentence, json, method_not_allowed, not_found, refuse};

/// What answers requests, whichever listener they came to. It may block: it runs on threads of its own.
pub(crate) type Route = Arc<dyn Fn(Request<Vec<u8>>) -> Response<Vec<u8>> + Send + Sync>;

/// Which door a request came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    /// The kiosk's own browser, on the same machine.
    Screen,
    /// Everyone else.
    Edge,
}

impl Listener {
    /// The word for it in logs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Edge => "edge",
        }
    }
}

/// Where a request came from; an extension of every request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    /// The door it came in by.
    pub(crate) listener: Listener,
    /// The other end of the connection. Behind a proxy this is the proxy.
    pub(crate) address: SocketAddr,
}

/// How much the listeners take, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The longest body, in bytes.
    pub(crate) body_max: usize,
    /// The longest head on the edge, in bytes; at least 8,192.
    pub(crate) head_max: usize,
    /// The most headers.
    pub(crate) headers_max: usize,
    /// The most connections to the edge at once.
    pub(crate) connections_max: usize,
    /// The most requests of the edge in work at once.
    pub(crate) in_work_max: usize,
    /// How long a TLS handshake with the edge may take.
    pub(crate) handshake_wait: Duration,
    /// How long the edge waits for a whole head, the wait between two requests included.
    pub(crate) head_wait: Duration,
    /// How long a request to the edge may take from its head to its answer.
    pub(crate) request_wait: Duration,
    /// How long requests in work may take to end when the program stops.
    pub(crate) drain_wait: Duration,
}

impl Limits {
    /// The limits, with as many connections to the edge as the settings say.
    pub(crate) const fn new(connections_max: usize) -> Self {
        Self {
            body_max: 256 * 1024,
            head_max: 32 * 1024,
            headers_max: 100,
            connections_max,
            in_work_max: 256,
            handshake_wait: Duration::from_secs(10),
            head_wait: Duration::from_secs(10),
            request_wait: Duration::from_secs(15),
            drain_wait: Duration::from_secs(10),
        }
    }
}

/// Tells the listeners of a panic, on the thread that panics: the screen's library does not.
pub(crate) fn note_panic() {
    screen::note_panic();
}

/// The listeners that are open.
#[derive(Debug)]
pub(crate) struct Listeners {
    screen: Option<screen::Screen>,
    edge: Option<edge::Edge>,
}

/// Opens the listeners, both in plain HTTP. When this returns, both addresses take connections.
pub(crate) fn listen(
    route: &Route,
    screen: Option<SocketAddr>,
    edge: Option<SocketAddr>,
    limits: Limits,
) -> Result<Listeners, Failure> {
    listen_over(None, route, screen, edge, limits)
}

/// The same, with the edge over TLS where there is any.
pub(crate) fn listen_over(
    tls: Option<Tls>,
    route: &Route,
    screen: Option<SocketAddr>,
    edge: Option<SocketAddr>,
    limits: Limits,
) -> Result<Listeners, Failure> {
    let screen = screen.map(|address| screen::Screen::open(route.clone(), address, limits));
    let screen = screen.transpose()?;
    let edge = edge.map(|address| edge::Edge::open(route.clone(), address, tls, limits));
    match edge.transpose() {
        Ok(edge) => Ok(Listeners { screen, edge }),
        Err(failure) => {
            Listeners { screen, edge: None }.stop();
            Err(failure)
        }
    }
}

impl Listeners {
    /// The screen's address, with the port that the system chose where it was 0.
    pub(crate) fn screen(&self) -> Option<SocketAddr> {
        self.screen.as_ref().map(screen::Screen::address)
    }

    /// The edge's address, likewise.
    pub(crate) fn edge(&self) -> Option<SocketAddr> {
        self.edge.as_ref().map(edge::Edge::address)
    }

    /// Takes no more, lets what is in work end (as long as the limits say), and closes.
    pub(crate) fn stop(self) {
        let Self { screen, edge } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| screen.map(screen::Screen::stop));
            if let Some(edge) = edge {
                edge.stop();
            }
        });
    }
}

/// A listener's address cannot be had.
fn cannot_listen(name: &str, address: SocketAddr, error: &std::io::Error) -> Failure {
    Failure::new(
        "cannot_listen",
        format!("无法监听 {name} {address}：{error}"),
        format!("cannot listen on {address} for {name}: {error}"),
    )
}

/// The way of every request that came in whole: refused if another site makes it, handed to the route, a panic of which
/// is an answer too, dressed, and logged.
fn answer(
    route: &Route,
    request: Request<Vec<u8>>,
    peer: Peer,
    begun: Instant,
) -> Response<Vec<u8>> {
    let method = request.method().clone();
    let mut request = request;
    request.extensions_mut().insert(peer);
    let response = if origin::is_cross_site(&request) {
        refusal::CROSS_SITE.answer()
    } else {
        // The engine's own bodies leave nothing half done when they unwind, and the route shares nothing else.
        catch_unwind(AssertUnwindSafe(|| route(request))).unwrap_or_else(|_| {
            // What the panic said may hold what the request said: it is not logged.
            log::panicked(peer.listener);
            refusal::BUG.answer()
        })
    };
    dispatched(response, &method, peer.listener, begun)
}

/// The way of every answer: dressed and logged.
fn dispatched(
    mut response: Response<Vec<u8>>,
    method: &Method,
    listener: Listener,
    begun: Instant,
) -> Response<Vec<u8>> {
    headers::dress(response.headers_mut());
    log::answered(listener, method, &response, begun.elapsed());
    response
}
