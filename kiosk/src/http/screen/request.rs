//! One request to the screen: judged before any of its body is read, answered as bytes of our own making, and forgotten
//! where dropping it would read what nobody should.

use std::io::{Read as _, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use http::header::{CONNECTION, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri};
use tiny_http::Request as Incoming;

use super::super::head::plain_number;
use super::super::refusal::{self, Refused};
use super::super::{Limits, Listener, Peer, Route, answer, dispatched, origin};

/// Answers a request.
pub(super) fn attend(route: &Route, mut incoming: Incoming, limits: Limits) {
    let begun = Instant::now();
    let head = head(&incoming);
    let method = head
        .as_ref()
        .map_or(Method::GET, |head| head.method().clone());
    let judged = head
        .ok_or(refusal::BAD_REQUEST)
        .and_then(|head| Ok((length(&incoming, &head, limits)?, head)));
    let refused = |refused: Refused| dispatched(refused.answer(), &method, Listener::Screen, begun);

    let (length, head) = match judged {
        Ok(judged) => judged,
        Err(refusal) => return refuse(incoming, &refused(refusal), &method),
    };
    match body(&mut incoming, length) {
        Read::Whole(body) => {
            let peer = Peer {
                listener: Listener::Screen,
                address: caller(&incoming),
            };
            let answered = answer(route, head.map(|()| body), peer, begun);
            write(incoming.into_writer().as_mut(), &answered, &method);
        }
        Read::Ended => {
            let refused = refused(refusal::BAD_REQUEST);
            write(incoming.into_writer().as_mut(), &refused, &method);
        }
        Read::Failed => refuse(incoming, &refused(refusal::BAD_REQUEST), &method),
    }
}

/// Answers a request that came when the program stops.
pub(super) fn turn_away(incoming: Incoming) {
    let refused = dispatched(
        refusal::BUSY.answer(),
        &Method::GET,
        Listener::Screen,
        Instant::now(),
    );
    refuse(incoming, &refused, &Method::GET);
}

fn caller(incoming: &Incoming) -> SocketAddr {
    let nobody = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    incoming.remote_addr().copied().unwrap_or(nobody)
}

/// The request without its body; none if it has a method, an address or a header that there cannot be.
fn head(incoming: &Incoming) -> Option<Request<()>> {
    let mut head = Request::new(());
    *head.method_mut() = incoming.method().as_str().parse().ok()?;
    *head.uri_mut() = incoming.url().parse::<Uri>().ok()?;
    for header in incoming.headers() {
        let name = HeaderName::from_bytes(header.field.as_str().as_bytes()).ok()?;
        let value = HeaderValue::from_str(header.value.as_str()).ok()?;
        head.headers_mut().append(name, value);
    }
    Some(head)
}

/// The length of the body, if that is said in one plain way; and all that is refused before a body is looked at.
fn length(incoming: &Incoming, head: &Request<()>, limits: Limits) -> Result<u64, Refused> {
    let headers = incoming.headers();
    let size = |header: &tiny_http::Header| {
        let name = header.field.as_str().as_str().len();
        name.saturating_add(header.value.as_str().len())
    };
    let size = headers.iter().map(size).fold(0, usize::saturating_add);
    if limits.headers_max < headers.len() || limits.head_max < size {
        return Err(refusal::HEAD_TOO_LARGE);
    }
    if !origin::calls_this_machine(head.headers()) {
        return Err(refusal::MISDIRECTED);
    }

    let said = |name: &'static str| {
        let said = headers
            .iter()
            .filter(move |header| header.field.equiv(name));
        said.map(|header| header.value.as_str())
    };
    let lengths: Vec<&str> = said("Content-Length").collect();
    let codings: Vec<&str> = said("Transfer-Encoding").collect();
    let length = match (lengths.as_slice(), codings.as_slice()) {
        ([], []) => 0,
        ([length], []) => plain_number(length.as_bytes()).ok_or(refusal::BAD_LENGTH)?,
        // No page sends chunks, and the reader of them takes what is cut short for whole.
        ([], ["chunked"]) => return Err(refusal::LENGTH_REQUIRED),
        _ => return Err(refusal::BAD_LENGTH),
    };
    if u64::try_from(limits.body_max).unwrap_or(u64::MAX) < length {
        return Err(refusal::TOO_LARGE);
    }
    // For such a request `tiny_http` hands out the connection itself in place of the body.
    if is_upgrade(incoming) && 0 < length {
        return Err(refusal::BAD_LENGTH);
    }
    Ok(length)
}

fn is_upgrade(incoming: &Incoming) -> bool {
    incoming.headers().iter().any(|header| {
        header.field.equiv("Connection")
            && header
                .value
                .as_str()
                .to_ascii_lowercase()
                .contains("upgrade")
    })
}

/// How the reading of a body went.
enum Read {
    Whole(Vec<u8>),
    /// The client ended before the body did: there is nothing more to read.
    Ended,
    /// Some of it may be unread.
    Failed,
}

fn body(incoming: &mut Incoming, length: u64) -> Read {
    let mut bytes = Vec::new();
    if length == 0 {
        return Read::Whole(bytes);
    }
    let read = incoming.as_reader().take(length).read_to_end(&mut bytes);
    match read.map(u64::try_from) {
        Ok(Ok(read)) if read == length => Read::Whole(bytes),
        Ok(_) => Read::Ended,
        Err(_) => Read::Failed,
    }
}

/// Whether something of the body may be unread, so that dropping the request would read it.
fn may_have_more(incoming: &Incoming) -> bool {
    let is_coded = |header: &tiny_http::Header| header.field.equiv("Transfer-Encoding");
    incoming.body_length().is_some_and(|length| 0 < length)
        || incoming.headers().iter().any(is_coded)
}

/// Answers a request whose body stays unread.
fn refuse(incoming: Incoming, refused: &Response<Vec<u8>>, method: &Method) {
    if !may_have_more(&incoming) {
        write(incoming.into_writer().as_mut(), refused, method);
        return;
    }
    // `upgrade` is the one way to the connection that does not drop the body. It writes a head of its own, for which an
    // interim answer does no harm; ours follows.
    let mut stream = incoming.upgrade("none", tiny_http::Response::empty(100));
    write(&mut stream, refused, method);
    // Dropped, the body would be read to its end into one allocation of that size, and the process would abort where
    // there is not so much. Forgotten, it costs a descriptor, and only this machine's own browser could ask for it.
    std::mem::forget(stream);
}

/// Writes an answer, the last one of its connection.
fn write(stream: &mut dyn Write, response: &Response<Vec<u8>>, method: &Method) {
    let (status, body) = (response.status(), response.body());
    let reason = status.canonical_reason().unwrap_or_default();
    let mut bytes = format!("HTTP/1.1 {} {reason}\r\n", status.as_str()).into_bytes();
    let headers = response.headers().iter();
    for (name, value) in headers.filter(|(name, _)| **name != CONNECTION) {
        // Header values of ours are plain ASCII.
        if value.to_str().is_ok() {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.extend_from_slice(b": ");
            bytes.extend_from_slice(value.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
    }
    let length = body.len();
    let end = format!("content-length: {length}\r\nconnection: close\r\n\r\n");
    bytes.extend_from_slice(end.as_bytes());
    if method != Method::HEAD {
        bytes.extend_from_slice(body);
    }
    // A browser that has gone needs no answer.
    let _ = stream.write_all(&bytes).and_then(|()| stream.flush());
}
