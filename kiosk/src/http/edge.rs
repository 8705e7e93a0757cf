//! The edge: HTTP/1.1 for tills, phones and staff, over hyper, with a bound on everything: connections, heads, bodies,
//! time, and requests in work. Over TLS 1.3; without it on loopback alone.

mod connection;
mod request;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, watch};
use tokio_rustls::TlsAcceptor;

use super::guests::Guests;
use super::{Limits, Route, cannot_listen};
use crate::certificate::Tls;
use crate::failure::Failure;
use crate::log;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How long no connection is taken after the system refused one: there are no descriptors or there is no memory.
const PAUSE: Duration = Duration::from_millis(50);
/// How many bodies longer than [`SMALL_BODY`] are held at once, so that many clients cannot fill the memory.
const LARGE_BODIES_MAX: usize = 64;
/// The longest body, in bytes, that every connection may send at any time.
const SMALL_BODY: usize = 8 * 1024;

/// The edge, open.
#[derive(Debug)]
pub(super) struct Edge {
    address: SocketAddr,
    runtime: Runtime,
    stop: watch::Sender<bool>,
    shared: Arc<Shared>,
}

/// What all connections share.
struct Shared {
    limits: Limits,
    guests: Arc<Guests>,
    seats: Arc<Semaphore>,
    /// Without it every connection is plain.
    tls: Option<TlsAcceptor>,
    /// Its fallback is all there is in it: the addresses are in `route/addresses.rs`.
    router: Router,
}

impl core::fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Shared(..)")
    }
}

impl Edge {
    /// Binds, and begins to accept.
    pub(super) fn open(
        route: Route,
        address: SocketAddr,
        tls: Option<Tls>,
        limits: Limits,
    ) -> Result<Self, Failure> {
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(Failure::new(
                "plain_http_off_loopback",
                format!("edge.listen {address}：非本机地址不能使用未加密的 HTTP"),
                format!("edge.listen {address}: plain HTTP is for loopback addresses alone"),
            ));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .thread_name("jifen-edge")
            .max_blocking_threads(limits.in_work_max.saturating_add(8))
            .enable_all()
            .build()
            .map_err(|error| cannot_listen("edge", address, &error))?;
        let listener = {
            let _within = runtime.enter();
            bind(address).map_err(|error| cannot_listen("edge", address, &error))?
        };
        let address = listener.local_addr();
        let address = address.map_err(|error| Failure::from(error).at("edge", "edge"))?;

        let shared = Arc::new(Shared {
            limits,
            guests: Arc::default(),
            seats: Arc::new(Semaphore::new(limits.connections_max)),
            tls: tls.map(TlsAcceptor::from),
            router: request::router(route, limits),
        });
        let (stop, stopping) = watch::channel(false);
        runtime.spawn(accept(listener, shared.clone(), stopping));
        Ok(Self {
            address,
            runtime,
            stop,
            shared,
        })
    }

    /// The address that is bound.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more, sends away who is idle, and waits for the requests in work.
    pub(super) fn stop(self) {
        let limits = self.shared.limits;
        self.stop.send_replace(true);
        let seats = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
        let drained = self.runtime.block_on(async {
            tokio::time::timeout(limits.drain_wait, self.shared.seats.acquire_many(seats))
                .await
                .is_ok()
        });
        if !drained {
            log::cut_short();
        }
        // Commands whose callers have gone may still be in work.
        self.runtime.shutdown_timeout(Duration::from_secs(1));
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts until the program stops. No error of the system ends it: it waits a moment, and makes room.
async fn accept(listener: TcpListener, shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    loop {
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_other_end(&error) => continue,
            Err(error) => {
                log::cannot_accept(&error);
                shared.guests.send_one_away();
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let seats = shared.seats.clone();
        let seat = if let Ok(seat) = seats.clone().try_acquire_owned() {
            seat
        } else {
            shared.guests.send_one_away();
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                Ok(seat) = seats.acquire_owned() => seat,
                else => return,
            }
        };
        // Written down before anyone else is accepted, who may need somebody to leave.
        let guest = shared.guests.arrive();
        let shared = shared.clone();
        let attended = connection::attend(stream, address, shared, guest, seat, stopping.clone());
        tokio::spawn(attended);
    }
}

/// Whether the caller went away before it was accepted; the system is well.
fn is_of_the_other_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::Interrupted
    )
}
