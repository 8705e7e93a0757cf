//! The listeners as a client meets them: real sockets on loopback, ports of the system's choice.

mod caller;
mod everyday;
mod broken;
mod crowd;
mod closing;
mod encrypted;

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use parking_lot::{Condvar, Mutex};

use super::{Limits, Listener, Listeners, Peer, Route, listen, method_not_allowed, not_found};
use caller::Caller;

/// Both listeners over a route of the tests.
struct House {
    listeners: Listeners,
    gate: Arc<Gate>,
}

/// Where `/gate` waits until it is opened; and how many wait.
#[derive(Default)]
struct Gate {
    state: Mutex<(bool, usize)>,
    bell: Condvar,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock();
        state.1 = state.1.saturating_add(1);
        self.bell.notify_all();
        self.bell.wait_while(&mut state, |(is_open, _)| !*is_open);
    }

    fn open(&self) {
        self.state.lock().0 = true;
        self.bell.notify_all();
    }

    /// Waits until so many have come.
    fn wait_for(&self, count: usize) {
        let mut state = self.state.lock();
        self.bell.wait_while(&mut state, |(_, came)| *came < count);
    }
}

impl House {
    fn new(limits: Limits) -> Self {
        let gate = Arc::new(Gate::default());
        let local = Some("127.0.0.1:0".parse().unwrap());
        let listeners = listen(&route(gate.clone()), local, local, limits).unwrap();
        Self { listeners, gate }
    }

    fn usual() -> Self {
        Self::new(Limits::new(64))
    }

    /// With so little time that a test need not wait long.
    fn hasty() -> Self {
        Self::new(Limits {
            head_wait: Duration::from_millis(300),
            request_wait: Duration::from_millis(600),
            ..Limits::new(64)
        })
    }

    fn call(&self, listener: Listener) -> Caller {
        let address = match listener {
            Listener::Screen => self.listeners.screen(),
            Listener::Edge => self.listeners.edge(),
        };
        Caller::new(address.unwrap())
    }
}

const BOTH: [Listener; 2] = [Listener::Screen, Listener::Edge];

/// `/` says how long the body is and by which door it came, `/gate` waits, `/panic` panics, `/get` takes GET alone.
fn route(gate: Arc<Gate>) -> Route {
    Arc::new(
        move |request: Request<Vec<u8>>| match request.uri().path() {
            "/" => {
                let peer: &Peer = request.extensions().get().unwrap();
                assert!(peer.address.ip().is_loopback());
                let length = request.body().len();
                Response::new(format!("{length} by {}", peer.listener.as_str()).into_bytes())
            }
            "/gate" => {
                gate.pass();
                Response::new(b"passed".to_vec())
            }
            "/panic" => panic!("13800138000"),
            "/get" => method_not_allowed("GET, HEAD"),
            "/odd" => {
                let mut odd = Response::new(b"odd".to_vec());
                *odd.status_mut() = StatusCode::CREATED;
                let headers = odd.headers_mut();
                headers.insert("content-length", 7.into());
                headers.insert("cache-control", "max-age=1".parse().unwrap());
                odd
            }
            _ => not_found(),
        },
    )
}
