//! HTTP/1.1 over TCP or TLS, as much of it as a till needs: one request, one answer, kept connections, and every wait
//! bounded.

mod origin;
mod pin;
mod stream;
mod answer;

use std::io;
use std::net::{SocketAddr, TcpStream};

use http::{Request, Response};
use parking_lot::Mutex;

use crate::clock::Deadline;

use answer::read_answer;
use pin::Trust;
use stream::Stream;

pub(crate) use origin::Origin;
pub use origin::OriginError;
pub use pin::{Pin, PinError};

/// How many connections wait for the next request.
const IDLE_MAX: usize = 64;

/// The connections to one store.
#[derive(Debug)]
pub(crate) struct Connections {
    trust: Option<Trust>,
    idle: Mutex<Vec<Stream>>,
    addresses: Mutex<Vec<SocketAddr>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Whether the connection had been kept from an earlier request: it may have been closed since, so the next attempt
    /// need not wait.
    pub(crate) was_kept: bool,
    /// Whether somebody answered who has not the key that is pinned: nothing was sent.
    pub(crate) is_stranger: bool,
}

impl Connections {
    /// To a store that has the key of this pin; without one, over connections that are not encrypted.
    pub(crate) fn new(pin: Option<Pin>) -> Self {
        Self {
            trust: pin.map(Trust::new),
            idle: Mutex::default(),
            addresses: Mutex::default(),
        }
    }

    /// Sends a request and reads its answer.
    pub(crate) fn exchange(
        &self,
        origin: &Origin,
        request: &Request<Vec<u8>>,
        deadline: Deadline<'_>,
    ) -> Result<Response<Vec<u8>>, Broken> {
        let kept = self.kept();
        let was_kept = kept.is_some();
        let exchanged = self.try_exchange(kept, origin, request, deadline);
        exchanged.map_err(|error| {
            if was_kept {
                self.idle.lock().clear();
            }
            Broken {
                was_kept,
                is_stranger: Trust::is_stranger(&error),
            }
        })
    }

    fn try_exchange(
        &self,
        kept: Option<Stream>,
        origin: &Origin,
        request: &Request<Vec<u8>>,
        deadline: Deadline<'_>,
    ) -> io::Result<Response<Vec<u8>>> {
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.dial(origin, deadline)?,
        };
        stream.write_all(&bytes_of(request), deadline)?;
        let (answer, is_reusable) = read_answer(&mut stream, deadline)?;
        let mut idle = self.idle.lock();
        if is_reusable && idle.len() < IDLE_MAX {
            idle.push(stream);
        }
        Ok(answer)
    }

    /// A connection on which nothing came since, not even its end.
    fn kept(&self) -> Option<Stream> {
        loop {
            let mut stream = self.idle.lock().pop()?;
            if stream.is_quiet() {
                return Some(stream);
            }
        }
    }

    fn dial(&self, origin: &Origin, deadline: Deadline<'_>) -> io::Result<Stream> {
        let tcp = self.connect(origin, deadline)?;
        match &self.trust {
            Some(trust) => Stream::encrypted(tcp, trust, origin.host(), deadline),
            None => Ok(Stream::Plain(tcp)),
        }
    }

    fn connect(&self, origin: &Origin, deadline: Deadline<'_>) -> io::Result<TcpStream> {
        let mut addresses = self.addresses.lock().clone();
        if addresses.is_empty() {
            addresses = origin.addresses(deadline)?;
            self.addresses.lock().clone_from(&addresses);
        }
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for (place, address) in addresses.iter().enumerate() {
            let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
            // An address that is dead leaves time for the next one.
            let share = addresses.len().saturating_sub(place);
            let share = u32::try_from(share).unwrap_or(u32::MAX);
            let left = left.checked_div(share).unwrap_or(left);
            match TcpStream::connect_timeout(address, left) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        self.addresses.lock().clear();
        Err(last)
    }
}

/// The request as it goes over the wire. Its headers hold the `Host`.
fn bytes_of(request: &Request<Vec<u8>>) -> Vec<u8> {
    let body = request.body();
    let mut bytes = Vec::with_capacity(body.len().saturating_add(1_024));
    let target = request.uri().path_and_query();
    bytes.extend(request.method().as_str().as_bytes());
    bytes.push(b' ');
    bytes.extend(target.map_or("/", |target| target.as_str()).as_bytes());
    bytes.extend(b" HTTP/1.1\r\n");
    for (name, value) in request.headers() {
        bytes.extend(name.as_str().as_bytes());
        bytes.extend(b": ");
        bytes.extend(value.as_bytes());
        bytes.extend(b"\r\n");
    }
    if !body.is_empty() {
        bytes.extend(format!("content-length: {}\r\n", body.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    bytes.extend(body);
    bytes
}
