//! HTTP/1.1 as plain bytes: a request is written out, sent on a connection of its own, and what comes back is read.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::caller::has_chinese;

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&*text, ""));
        let (line, fields) = head.split_once("\r\n").unwrap_or((head, ""));
        let status = line.split(' ').nth(1).unwrap_or_default();
        let headers = fields.split("\r\n").filter_map(|field| {
            let (name, value) = field.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        });
        Self {
            status: status.parse().unwrap_or(0),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    /// A header that stands there once.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(of, _)| of == name);
        let value = values.next();
        assert!(values.next().is_none(), "{name} stands twice: {self:?}");
        value.map(|(_, value)| &**value)
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        let read = serde_json::from_str(&self.body);
        read.unwrap_or_else(|_| unreachable!("no JSON: {self:?}"))
    }

    /// It is a "no" with this status and code, in both languages.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) {
        let told = (self.status, self.json()["code"].clone());
        assert_eq!(told, (status, code.into()), "{self:?}");
        let message = &self.json()["message"];
        let (zh, en) = (message["zh"].as_str().unwrap(), message["en"].as_str());
        assert!(has_chinese(zh), "{self:?}");
        let en = en.unwrap();
        assert!(!en.is_empty() && !has_chinese(en), "{self:?}");
        let retry = self.json()["retry"].as_str().unwrap().to_owned();
        assert!(
            ["never", "same_key", "later"].contains(&&*retry),
            "{self:?}"
        );
    }
}

/// A request as it goes over the wire.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Vec<u8> {
    let body = body.as_ref();
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    if !body.is_empty() {
        head.extend(["content-length: ", &*body.len().to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    [head.as_bytes(), body].concat()
}

/// Asks, and gives what comes back: JSON, and called by the listener's own address.
#[track_caller]
pub(crate) fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) -> Answer {
    let host = address.to_string();
    let mut all = vec![("host", &*host), ("content-type", "application/json")];
    all.extend(headers);
    send(address, &request(method, path, &all, body))
}

/// Sends these bytes, and reads one whole answer meanwhile: a listener that has heard enough may read no more.
#[track_caller]
pub(crate) fn send(address: SocketAddr, bytes: &[u8]) -> Answer {
    let stream = TcpStream::connect(address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut answer = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| (&stream).write_all(bytes).is_ok());
        let mut part = [0; 4_096];
        while !is_whole(&answer) {
            match (&stream).read(&mut part) {
                Ok(0) | Err(_) => break,
                Ok(length) => answer.extend(&part[..length]),
            }
        }
        stream.shutdown(Shutdown::Both).ok();
    });
    Answer::of(final_answer(&answer))
}

/// Whether an answer has all of the body that its head speaks of.
fn is_whole(bytes: &[u8]) -> bool {
    let bytes = final_answer(bytes);
    let Some(head) = head_length(bytes) else {
        return false;
    };
    let length = Answer::of(&bytes[..head])
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap());
    head + length <= bytes.len()
}

/// Without the heads of answers that only say that there will be one (RFC 9110, 15.2).
fn final_answer(bytes: &[u8]) -> &[u8] {
    match head_length(bytes) {
        Some(length) if bytes.starts_with(b"HTTP/1.1 1") => final_answer(&bytes[length..]),
        Some(_) | None => bytes,
    }
}

fn head_length(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|found| found == b"\r\n\r\n")?;
    Some(end + 4)
}
