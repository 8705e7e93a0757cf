//! The screen: pages for the kiosk's own browser, over `tiny_http`, which is small and right for that and must not face
//! a network. Its rules: loopback alone; one request a connection, answered through the raw writer; no body is read that
//! is too long or whose length is in doubt, and none such is dropped, because dropping it reads and allocates all of it.

mod request;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use tiny_http::Server;

use super::{Limits, Route, cannot_listen};
use crate::failure::Failure;
use crate::log;

/// How many requests are answered at once.
const WORKERS: usize = 4;
/// How long it waits before it accepts again, after the system refused it a connection.
const PAUSE: Duration = Duration::from_millis(200);

/// How often a worker without a request looks whether anybody still accepts.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How many threads without a name have panicked. All of ours have names; `tiny_http` gives its threads none, and the one
/// that accepts panics, and tells nobody, when it has accepted a connection and finds no descriptor or thread for it.
static STRANGERS_LOST: AtomicU64 = AtomicU64::new(0);

/// Called for every panic of the program, on the thread that panics.
pub(super) fn note_panic() {
    if thread::current().name().is_none() {
        STRANGERS_LOST.fetch_add(1, Ordering::SeqCst);
    }
}

/// The screen, open.
#[derive(Debug)]
pub(super) struct Screen {
    address: SocketAddr,
    hall: Arc<Hall>,
    ended: Mutex<Receiver<()>>,
}

/// What the workers share.
struct Hall {
    route: Route,
    limits: Limits,
    /// Kept beside the server: `tiny_http` gives up accepting for good at the first error of the system, such as no
    /// descriptors left, and then a new server is put on the same listener.
    listener: TcpListener,
    door: Mutex<Door>,
    bell: Condvar,
}

impl core::fmt::Debug for Hall {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Hall(..)")
    }
}

/// The server of the moment.
struct Door {
    server: Arc<Server>,
    /// [`STRANGERS_LOST`] as it was before the server began.
    lost_before: u64,
    is_closing: bool,
}

impl Screen {
    /// Binds, and begins to accept.
    pub(super) fn open(route: Route, address: SocketAddr, limits: Limits) -> Result<Self, Failure> {
        if !address.ip().is_loopback() {
            return Err(Failure::new(
                "screen_off_loopback",
                format!("screen.listen {address}：屏幕页面只能监听本机地址"),
                format!("screen.listen {address}: the screen is for this machine alone"),
            ));
        }
        let failed = |error: io::Error| cannot_listen("screen", address, &error);
        let listener = TcpListener::bind(address).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let door = Door {
            lost_before: STRANGERS_LOST.load(Ordering::SeqCst),
            server: Arc::new(serve_on(&listener).map_err(failed)?),
            is_closing: false,
        };
        let hall = Arc::new(Hall {
            route,
            limits,
            listener,
            door: Mutex::new(door),
            bell: Condvar::new(),
        });

        let (end, ended) = mpsc::channel();
        for _ in 0..WORKERS {
            let (hall, end) = (hall.clone(), end.clone());
            let worker = thread::Builder::new().name("jifen-screen".to_owned());
            let started = worker.spawn(move || {
                hall.work();
                drop(end);
            });
            started.map_err(failed)?;
        }
        Ok(Self {
            address,
            hall,
            ended: Mutex::new(ended),
        })
    }

    /// The address that is bound.
    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more requests, and waits for those in work.
    pub(super) fn stop(self) {
        let server = {
            let mut door = self.hall.door.lock();
            door.is_closing = true;
            door.server.clone()
        };
        self.hall.bell.notify_all();
        for _ in 0..WORKERS {
            server.unblock();
        }
        let ended = self.ended.into_inner();
        let waited = ended.recv_timeout(self.hall.limits.drain_wait);
        if waited == Err(RecvTimeoutError::Timeout) {
            log::cut_short();
        }
        // What came in and was not taken up: dropped with the server, it would be read to its end. One more time than
        // there are unused calls to end.
        for _ in 0..=WORKERS {
            while let Ok(Some(request)) = server.try_recv() {
                request::turn_away(request);
            }
        }
    }
}

impl Hall {
    /// Answers requests until the program stops.
    fn work(&self) {
        while let Some(server) = self.server() {
            match server.recv_timeout(LOOK_AGAIN) {
                Ok(Some(request)) => request::attend(&self.route, request, self.limits),
                Ok(None) if self.may_be_deaf() => {
                    let error = io::Error::other("a thread of the server was lost");
                    self.renew(&server, &error);
                }
                Ok(None) => {}
                Err(error) => self.renew(&server, &error),
            }
        }
    }

    /// The server of the moment, unless the program stops.
    fn server(&self) -> Option<Arc<Server>> {
        let door = self.door.lock();
        (!door.is_closing).then(|| door.server.clone())
    }

    /// Whether the thread that accepts may be gone. Where it is not, it answers whom it had accepted, and ends.
    fn may_be_deaf(&self) -> bool {
        self.door.lock().lost_before != STRANGERS_LOST.load(Ordering::SeqCst)
    }

    /// Puts a new server in the place of one that has given up. One worker hears the error; the others it wakes.
    fn renew(&self, failed: &Arc<Server>, error: &io::Error) {
        let mut door = self.door.lock();
        if door.is_closing || !Arc::ptr_eq(&door.server, failed) {
            return;
        }
        log::cannot_accept(error);
        loop {
            self.bell.wait_for(&mut door, PAUSE);
            if door.is_closing {
                return;
            }
            let lost_before = STRANGERS_LOST.load(Ordering::SeqCst);
            match serve_on(&self.listener) {
                Ok(server) => {
                    door.lost_before = lost_before;
                    door.server = Arc::new(server);
                    break;
                }
                Err(error) => log::cannot_accept(&error),
            }
        }
        for _ in 1..WORKERS {
            failed.unblock();
        }
    }
}

fn serve_on(listener: &TcpListener) -> io::Result<Server> {
    let listener = listener.try_clone()?;
    Server::from_listener(listener, None).map_err(io::Error::other)
}
