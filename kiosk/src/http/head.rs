//! Reading heads along, as they come in. Hyper takes two equal lengths as one, and a length beside `chunked` as none, and
//! drops both from what it hands on. Where a proxy stands before us, each is a way to hide one request in another, and no
//! honest client sends them: so they are looked for here, with lines that end without CR.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// As much of a header line as is looked at.
const LINE_MAX: usize = 64;

/// Whether a head says in one plain way where its body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// By nothing, by one length, or by chunks.
    Plain,
    /// By two of them, by a length that is no plain number, or in lines that end without CR.
    Doubtful,
}

/// The heads of a connection that have come in and are not yet answered, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Framings(Arc<Mutex<VecDeque<Framing>>>);

impl Framings {
    /// Of the request that is handed on now. A head that was not seen whole is doubtful.
    pub(super) fn next(&self) -> Framing {
        self.0.lock().pop_front().unwrap_or(Framing::Doubtful)
    }
}

/// Where in the stream the next byte stands.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Head,
    Body(u64),
    /// Within chunks, after which the connection ends: nothing there is looked at.
    Rest,
}

/// What is known of the head that is coming in.
#[derive(Debug)]
struct Heads {
    stage: Stage,
    /// The line that is coming in, as far as it is looked at, without its end.
    line: Vec<u8>,
    /// Whether the line is longer than what was kept of it.
    is_cut: bool,
    ends_in_cr: bool,
    lines: u32,
    length: Option<u64>,
    is_chunked: bool,
    framing: Framing,
}

impl Heads {
    const fn new() -> Self {
        Self {
            stage: Stage::Head,
            line: Vec::new(),
            is_cut: false,
            ends_in_cr: false,
            lines: 0,
            length: None,
            is_chunked: false,
            framing: Framing::Plain,
        }
    }

    /// Takes what came in.
    fn take(&mut self, mut bytes: &[u8], framings: &Framings) {
        while !bytes.is_empty() {
            match self.stage {
                Stage::Head => {
                    let end = bytes.iter().position(|byte| *byte == b'\n');
                    let (line, rest) = end
                        .and_then(|end| bytes.split_at_checked(end))
                        .unwrap_or((bytes, &[]));
                    self.keep(line);
                    if end.is_some() {
                        self.line_ends(framings);
                    }
                    bytes = rest.strip_prefix(b"\n").unwrap_or_default();
                }
                Stage::Body(left) => {
                    let here = usize::try_from(left).unwrap_or(usize::MAX);
                    let (body, rest) = bytes.split_at_checked(here).unwrap_or((bytes, &[]));
                    let left = left.saturating_sub(u64::try_from(body.len()).unwrap_or(u64::MAX));
                    self.stage = if left == 0 {
                        Stage::Head
                    } else {
                        Stage::Body(left)
                    };
                    bytes = rest;
                }
                Stage::Rest => return,
            }
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let room = LINE_MAX.saturating_sub(self.line.len());
        let kept = part.get(..room).unwrap_or(part);
        self.is_cut |= kept.len() < part.len();
        self.line.extend_from_slice(kept);
        self.ends_in_cr = part.last().map_or(self.ends_in_cr, |last| *last == b'\r');
    }

    fn line_ends(&mut self, framings: &Framings) {
        let mut line = std::mem::take(&mut self.line);
        let is_cut = std::mem::take(&mut self.is_cut);
        if !std::mem::take(&mut self.ends_in_cr) {
            self.framing = Framing::Doubtful;
        }
        if !is_cut {
            line.pop_if(|last| *last == b'\r');
        }
        if !line.is_empty() {
            self.judge(&line, is_cut);
            self.lines = self.lines.saturating_add(1);
        } else if 0 < self.lines {
            framings.0.lock().push_back(self.framing);
            let stage = match self.length {
                _ if self.is_chunked => Stage::Rest,
                None | Some(0) => Stage::Head,
                Some(length) => Stage::Body(length),
            };
            *self = Self {
                stage,
                ..Self::new()
            };
        }
        line.clear();
        self.line = line;
    }

    fn judge(&mut self, line: &[u8], is_cut: bool) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (Some(name), Some(value)) = (parts.next(), parts.next()) else {
            return;
        };
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.is_chunked = true;
        } else if name.eq_ignore_ascii_case(b"content-length") {
            let length = plain_number(value).filter(|_| !is_cut);
            if length.is_none() || self.length.is_some() {
                self.framing = Framing::Doubtful;
            }
            self.length = length;
        }
        if self.is_chunked && self.length.is_some() {
            self.framing = Framing::Doubtful;
        }
    }
}

/// A number of digits and nothing else, with blanks around it.
pub(super) fn plain_number(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A stream that is read along.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    heads: Heads,
    framings: Framings,
}

impl<S> Watched<S> {
    pub(super) const fn new(stream: S, framings: Framings) -> Self {
        Self {
            stream,
            heads: Heads::new(),
            framings,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(context, into);
        if let Poll::Ready(Ok(())) = polled {
            let new = into.filled().get(before..).unwrap_or_default();
            this.heads.take(new, &this.framings);
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Framing::{Doubtful, Plain};

    /// Takes the bytes in one piece, and in pieces of every size up to 40: what is said of the heads is the same.
    fn check(bytes: &[u8], expected: &[Framing]) {
        for size in (1..=40).chain([bytes.len()]) {
            let (mut heads, framings) = (Heads::new(), Framings::default());
            for piece in bytes.chunks(size) {
                heads.take(piece, &framings);
            }
            let said: Vec<Framing> = framings.0.lock().iter().copied().collect();
            let text = String::from_utf8_lossy(bytes);
            assert_eq!(said, expected, "{text:?} in pieces of {size}");
        }
    }

    #[test]
    fn a_head_that_says_its_length_once_is_plain() {
        check(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &[Plain]);
        check(b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", &[Plain]);
        check(
            b"POST / HTTP/1.1\r\ncontent-LENGTH:3\r\n\r\n\r\n\n",
            &[Plain],
        );
        check(
            b"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            &[Plain, Plain],
        );
        let chunked = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        check(chunked, &[Plain]);
        let long = format!(
            "GET /{} HTTP/1.1\r\nX-A: {}\r\n\r\n",
            "a".repeat(99),
            "b".repeat(99)
        );
        check(long.repeat(2).as_bytes(), &[Plain, Plain]);
    }

    #[test]
    fn a_head_is_not_found_inside_a_body() {
        let body = b"POST / HTTP/1.1\r\nContent-Length: 23\r\n\r\nContent-Length: 1\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        check(body, &[Plain, Plain]);
        check(
            b"GET / HTTP/1.1\r\nX: Content-Length: 1\r\nContent-Length: 0\r\n\r\n",
            &[Plain],
        );
    }

    #[test]
    fn a_head_that_says_its_length_in_two_ways_is_doubtful() {
        let head = |lines: &str| format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n");
        for lines in [
            "Content-Length: 0\r\nContent-Length: 0",
            "Content-Length: 0\r\nHost: a\r\nCONTENT-LENGTH: 1",
            "Content-Length: 0, 0",
            "Content-Length: +5",
            "Content-Length: -5",
            "Content-Length: abc",
            "Content-Length: 0x5",
            "Content-Length:",
            "Content-Length: 99999999999999999999",
            "Content-Length: 5\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nContent-Length: 5",
            "Transfer-Encoding: chunked\r\nHost: a\r\nContent-Length: 0",
            "Host: a\nHost: b",
            "Host: a\n",
            &format!("Host: a\r\nX: {}\nHost: b", "a".repeat(LINE_MAX)),
        ] {
            check(head(lines).as_bytes(), &[Doubtful]);
        }
        let far = format!("Content-Length: {}5", " ".repeat(LINE_MAX));
        check(head(&far).as_bytes(), &[Doubtful]);
        assert_eq!(Framings::default().next(), Doubtful);
    }
}
