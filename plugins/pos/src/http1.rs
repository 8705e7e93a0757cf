//! HTTP/1.1 over TCP, as much of it as a till needs: one request, one answer, kept connections, and every wait bounded.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use parking_lot::Mutex;

use crate::clock::Deadline;

/// The longest head of an answer, and the most headers in it.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// The longest body of an answer: a quote of 2,000 lines is below it.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// How many connections wait for the next request.
const IDLE_MAX: usize = 64;

/// Where a store listens: `http://host` or `http://host:port`.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// As it goes into `Host`.
    authority: HeaderValue,
    host: String,
    port: u16,
}

/// The address is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a store's address is http://host or http://host:port and no more")]
pub struct OriginError;

impl Origin {
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        let uri: http::Uri = text.parse().map_err(|_| OriginError)?;
        let authority = uri.authority().ok_or(OriginError)?;
        let is_plain =
            uri.scheme_str() == Some("http") && uri.path() == "/" && uri.query().is_none();
        if !is_plain || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(OriginError);
        }
        let port = authority.port_u16();
        if port.is_none() && authority.as_str() != authority.host() {
            return Err(OriginError);
        }
        let host = authority.host().to_ascii_lowercase();
        // RFC 9421 §2.2.3: lowercase, without the port that goes without saying.
        let written = match port {
            None | Some(80) => host.clone(),
            Some(port) => format!("{host}:{port}"),
        };
        Ok(Self {
            authority: HeaderValue::try_from(written).map_err(|_| OriginError)?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.unwrap_or(80),
        })
    }

    pub(crate) const fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// The addresses behind the name. Looking up a name cannot be given up, so another thread does it.
    fn addresses(&self, deadline: Deadline<'_>) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = self.host.parse() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let name = (self.host.clone(), self.port);
        thread::Builder::new().spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(name.to_socket_addrs().map(Vec::from_iter));
        })?;
        let found = receiver.recv_timeout(left);
        found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

/// The connections to one store.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    idle: Mutex<Vec<TcpStream>>,
    addresses: Mutex<Vec<SocketAddr>>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Broken {
    /// Whether the connection had been kept from an earlier request: it may have been closed since, so the next attempt
    /// need not wait.
    pub(crate) was_kept: bool,
}

impl Connections {
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
        exchanged.map_err(|_| {
            if was_kept {
                self.idle.lock().clear();
            }
            Broken { was_kept }
        })
    }

    fn try_exchange(
        &self,
        kept: Option<TcpStream>,
        origin: &Origin,
        request: &Request<Vec<u8>>,
        deadline: Deadline<'_>,
    ) -> io::Result<Response<Vec<u8>>> {
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.dial(origin, deadline)?,
        };
        write_all(&mut stream, &bytes_of(request), deadline)?;
        let (answer, is_reusable) = read_answer(&mut stream, deadline)?;
        let mut idle = self.idle.lock();
        if is_reusable && idle.len() < IDLE_MAX {
            idle.push(stream);
        }
        Ok(answer)
    }

    /// A connection on which nothing came since, not even its end.
    fn kept(&self) -> Option<TcpStream> {
        loop {
            let stream = self.idle.lock().pop()?;
            let is_quiet = stream.set_nonblocking(true).is_ok()
                && stream
                    .peek(&mut [0])
                    .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
                && stream.set_nonblocking(false).is_ok();
            if is_quiet {
                return Some(stream);
            }
        }
    }

    fn dial(&self, origin: &Origin, deadline: Deadline<'_>) -> io::Result<TcpStream> {
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

fn write_all(stream: &mut TcpStream, bytes: &[u8], deadline: Deadline<'_>) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        stream.set_write_timeout(Some(left))?;
        match stream.write(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => rest = rest.get(written..).unwrap_or(&[]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What was read of a connection and not used yet.
struct Reader<'s, 'c> {
    stream: &'s mut TcpStream,
    deadline: Deadline<'c>,
    bytes: Vec<u8>,
}

impl Reader<'_, '_> {
    /// Reads more. The end of the stream is an error: an answer says itself where it ends.
    fn more(&mut self) -> io::Result<()> {
        let left = self.deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        self.stream.set_read_timeout(Some(left))?;
        let mut block = [0; 8 * 1024];
        match self.stream.read(&mut block) {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                self.bytes.extend(block.get(..count).unwrap_or(&[]));
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// So many bytes.
    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        while self.bytes.len() < count {
            self.more()?;
        }
        let rest = self.bytes.split_off(count);
        Ok(std::mem::replace(&mut self.bytes, rest))
    }

    /// A line of at most so many bytes, without its end.
    fn line(&mut self, max: usize) -> io::Result<Vec<u8>> {
        loop {
            if let Some(end) = self.bytes.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end)?;
                self.take(2)?;
                return Ok(line);
            }
            if max < self.bytes.len() {
                return Err(bad("a line is too long"));
            }
            self.more()?;
        }
    }

    /// Status, headers, and whether the connection may be kept after this answer.
    fn head(&mut self) -> io::Result<(StatusCode, HeaderMap, bool)> {
        loop {
            let mut slots = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Response::new(&mut slots);
            let parsed = head
                .parse(&self.bytes)
                .map_err(|_| bad("not an HTTP answer"))?;
            if let httparse::Status::Complete(length) = parsed {
                let status = head.code.and_then(|code| StatusCode::from_u16(code).ok());
                let status = status.ok_or_else(|| bad("no status"))?;
                let mut headers = HeaderMap::with_capacity(head.headers.len());
                for header in head.headers.iter() {
                    let name = HeaderName::from_bytes(header.name.as_bytes());
                    let value = HeaderValue::from_bytes(header.value);
                    let (Ok(name), Ok(value)) = (name, value) else {
                        return Err(bad("a header cannot be one"));
                    };
                    headers.append(name, value);
                }
                let stays = head.version == Some(1) && !closes(&headers);
                self.take(length)?;
                if !status.is_informational() {
                    return Ok((status, headers, stays));
                }
            } else {
                if HEAD_MAX < self.bytes.len() {
                    return Err(bad("the head is too long"));
                }
                self.more()?;
            }
        }
    }

    fn body(&mut self, headers: &HeaderMap) -> io::Result<Vec<u8>> {
        let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
        let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
        match (
            lengths.next(),
            lengths.next(),
            codings.next(),
            codings.next(),
        ) {
            (Some(length), None, None, None) => {
                let length = length.to_str().ok().filter(|text| is_digits(text));
                let length = length.and_then(|text| text.parse().ok());
                let length = length.filter(|length| *length <= BODY_MAX);
                self.take(length.ok_or_else(|| bad("no length, or too long"))?)
            }
            (None, None, Some(coding), None)
                if coding.as_bytes().eq_ignore_ascii_case(b"chunked") =>
            {
                self.chunks()
            }
            _ => Err(bad("it does not say where it ends, or says it twice")),
        }
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line(256)?;
            let size = line.split(|byte| *byte == b';').next().unwrap_or(&[]);
            let size = core::str::from_utf8(size).unwrap_or("").trim_end();
            let plain = !size.is_empty() && size.bytes().all(|byte| byte.is_ascii_hexdigit());
            let size = plain
                .then(|| usize::from_str_radix(size, 16).ok())
                .flatten();
            let size = size.filter(|size| body.len().saturating_add(*size) <= BODY_MAX);
            let size = size.ok_or_else(|| bad("a chunk's size is none, or too large"))?;
            if size == 0 {
                // Trailers are read over.
                while !self.line(HEAD_MAX)?.is_empty() {}
                return Ok(body);
            }
            body.extend(self.take(size)?);
            if self.take(2)? != b"\r\n" {
                return Err(bad("a chunk does not end where it says"));
            }
        }
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn closes(headers: &HeaderMap) -> bool {
    let words = headers.get_all(CONNECTION).iter();
    let mut words = words.filter_map(|value| value.to_str().ok());
    words.any(|value| {
        let mut tokens = value.split(',');
        tokens.any(|token| token.trim().eq_ignore_ascii_case("close"))
    })
}

/// An answer, and whether its connection may be used again.
fn read_answer(
    stream: &mut TcpStream,
    deadline: Deadline<'_>,
) -> io::Result<(Response<Vec<u8>>, bool)> {
    let mut reader = Reader {
        stream,
        deadline,
        bytes: Vec::new(),
    };
    let (status, headers, stays) = reader.head()?;
    let body = reader.body(&headers)?;
    // What comes after the answer belongs to nothing that was asked.
    let is_reusable = stays && reader.bytes.is_empty();
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok((answer, is_reusable))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_or_without_a_port() {
        for (text, authority, host, port) in [
            ("http://store", "store", "store", 80),
            (
                "http://Store.Example:80/",
                "store.example",
                "store.example",
                80,
            ),
            ("http://127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1", 8443),
            ("http://[::1]:8080", "[::1]:8080", "::1", 8080),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!(origin.authority, authority);
            assert_eq!((origin.host.as_str(), origin.port), (host, port));
        }
        for text in [
            "",
            "store",
            "store:80",
            "https://store",
            "http://",
            "http://store/pos",
            "http://store?x",
            "http://user@store",
            "http://store:99999",
            "http://store:",
            "ftp://store",
        ] {
            assert_eq!(Origin::parse(text).unwrap_err(), OriginError, "{text}");
        }
    }
}
