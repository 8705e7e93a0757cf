//! An answer, read to where it says that it ends.

use std::io;

use http::header::{CONNECTION, CONTENT_LENGTH, HeaderName, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::stream::Stream;
use crate::clock::Deadline;

/// The longest head of an answer, and the most headers in it.
const HEAD_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;
/// The longest body of an answer: a quote of 2,000 lines is below it.
const BODY_MAX: usize = 8 * 1024 * 1024;

fn bad(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// What was read of a connection and not used yet.
struct Reader<'s, 'c> {
    stream: &'s mut Stream,
    deadline: Deadline<'c>,
    bytes: Vec<u8>,
}

impl Reader<'_, '_> {
    /// Reads more. The end of the stream is an error: an answer says itself where it ends.
    fn more(&mut self) -> io::Result<()> {
        let mut block = [0; 8 * 1024];
        let count = self.stream.read(&mut block, self.deadline)?;
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.bytes.extend(block.get(..count).unwrap_or(&[]));
        Ok(())
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
pub(super) fn read_answer(
    stream: &mut Stream,
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
