//! A client that sends exactly the bytes it is told to, and reads answers one by one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

/// A test that waits longer than this for anything has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// One connection.
pub(super) struct Caller {
    stream: BufReader<TcpStream>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// The interim answers before it.
    pub(super) interim: usize,
}

impl Caller {
    pub(super) fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        Self {
            stream: BufReader::new(stream),
        }
    }

    /// Sends bytes as they are. The other end may have closed already.
    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let _ = self.stream.get_mut().write_all(bytes.as_ref());
        self
    }

    /// Sends a request of HTTP/1.1 with a host and these further lines.
    pub(super) fn ask(&mut self, line: &str, lines: &[&str], body: &[u8]) -> &mut Self {
        let lines: String = lines.iter().map(|line| [line, "\r\n"].concat()).collect();
        let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n");
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        self.send(bytes)
    }

    /// A POST with a body of its length, and the answer.
    pub(super) fn post(&mut self, path: &str, body: &[u8]) -> Answer {
        let length = format!("Content-Length: {}", body.len());
        self.ask(&format!("POST {path}"), &[&length], body).answer()
    }

    pub(super) fn get(&mut self, path: &str) -> Answer {
        self.ask(&format!("GET {path}"), &[], b"").answer()
    }

    pub(super) fn answer(&mut self) -> Answer {
        self.answer_of(true)
    }

    /// The next answer; to HEAD it has no body.
    pub(super) fn answer_of(&mut self, has_body: bool) -> Answer {
        let mut interim = 0_usize;
        loop {
            let line = self.line();
            let status = line.split(' ').nth(1).and_then(|word| word.parse().ok());
            let status = status.unwrap_or_else(|| panic!("no answer but {line:?}"));
            let mut headers = Vec::new();
            loop {
                let line = self.line();
                let Some((name, value)) = line.split_once(": ") else {
                    break;
                };
                headers.push((name.to_ascii_lowercase(), value.to_owned()));
            }
            if status < 200 {
                interim = interim.saturating_add(1);
                continue;
            }
            let mut answer = Answer {
                status,
                headers,
                body: String::new(),
                interim,
            };
            let length = answer.header("content-length").parse().unwrap_or(0);
            if has_body {
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body).unwrap();
                answer.body = String::from_utf8(body).unwrap();
            }
            return answer;
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Waits for the end of the connection; gives what came before it.
    pub(super) fn end(&mut self) -> String {
        let mut rest = Vec::new();
        match self.stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("still open: {error}"),
        }
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Sends no more.
    pub(super) fn hang_up(&mut self) {
        self.stream.get_ref().shutdown(Shutdown::Write).unwrap();
    }

    /// The connection a second time, for another thread.
    pub(super) fn stream(&self) -> TcpStream {
        self.stream.get_ref().try_clone().unwrap()
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        let mut headers = self.headers.iter();
        let found = headers.find(|(of, _)| of == name);
        found.map_or("", |(_, value)| value)
    }

    /// Refused with this status and code, in both languages.
    pub(super) fn is_refused(&self, status: u16, code: &str) {
        assert_eq!(self.status, status, "{self:?}");
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        assert_eq!(body["code"], code, "{self:?}");
        let is_chinese = |text: &str| text.ends_with('。');
        assert!(
            is_chinese(body["message"]["zh"].as_str().unwrap()),
            "{self:?}"
        );
        assert!(
            body["message"]["en"].as_str().unwrap().is_ascii(),
            "{self:?}"
        );
        let retry = body["retry"].as_str().unwrap();
        assert!(["never", "same_key", "later"].contains(&retry), "{self:?}");
        assert_eq!(
            self.header("content-type"),
            "application/json; charset=utf-8"
        );
    }
}
