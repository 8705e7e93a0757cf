//! The client against a store of a few lines on loopback, which does as each test tells it.

mod calls;
mod retries;
mod answers;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::Instant;

use http::Response;
use parking_lot::Mutex;
use serde_json::{Value, json};

use super::*;
use crate::message::Fault;
use crate::message::basket::{Line, LineKind, Slip};
use crate::message::sale::Member;
use crate::numbers::MemoryNumbers;
use crate::signature::{Age, Secret, SignatureError, Signed, Verified, sign_answer};
use crate::spool::{KeyFile, MemorySpool};

const TIME: &str = "2026-03-01T12:00:00+08:00";
/// The same in milliseconds.
const NOW: u64 = 1_772_337_600_000;

/// What the store does with a request.
enum Do {
    /// A signed answer.
    Answer(u16, Value),
    /// The same, and the connection is closed.
    AnswerAndClose(u16, Value),
    /// An answer bent after it was signed.
    Bent(fn(&mut Response<Vec<u8>>)),
    /// An answer with another secret.
    OfAnother,
    /// An answer that is not signed.
    Unsigned(u16),
    /// A signed answer, written as this says.
    Written(Writes),
    /// Nothing, for as long as the till waits.
    Silence,
    /// One byte of a head after the other, for as long as the till waits.
    Trickle,
    /// The connection is closed.
    Close,
}

/// What the till said.
#[derive(Clone)]
struct Said {
    verified: Verified,
    path: String,
    body: Value,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    said: Vec<Said>,
}

struct Store {
    origin: String,
    seen: Arc<Mutex<Seen>>,
}

impl Store {
    /// A store that does this with each request; it is told how many came before.
    fn new(does: impl FnMut(&Said, usize) -> Do + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let origin = format!("http://{authority}");
        let (all, does) = (seen.clone(), Arc::new(Mutex::new(does)));
        thread::spawn(move || {
            for stream in listener.incoming() {
                all.lock().connections += 1;
                let (all, does, authority) = (all.clone(), does.clone(), authority.clone());
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    while let Some(request) = read_request(&mut stream) {
                        let said = believe(&request, &authority);
                        let before = {
                            let mut all = all.lock();
                            all.said.push(said.clone());
                            all.said.len() - 1
                        };
                        let what = does.lock()(&said, before);
                        if !carry_out(&mut stream, &said, &what) {
                            break;
                        }
                    }
                });
            }
        });
        Self { origin, seen }
    }

    fn said(&self) -> Vec<Said> {
        self.seen.lock().said.clone()
    }

    fn connections(&self) -> usize {
        self.seen.lock().connections
    }

    fn client(&self) -> Client {
        self.client_with(MemorySpool::new())
    }

    fn client_with(&self, spool: impl Spool + 'static) -> Client {
        let numbers = MemoryNumbers::above(1_000);
        let client = Client::new(&self.origin, credential(), spool, numbers).unwrap();
        // A busy machine is not what these tests are about.
        client.with_budget(Budget::HARD)
    }
}

fn credential() -> Credential {
    Credential::new("till-1", 7, &[0x5a; 32]).unwrap()
}

fn read_request(stream: &mut TcpStream) -> Option<HttpRequest<Vec<u8>>> {
    let mut bytes = Vec::new();
    loop {
        let mut slots = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Request::new(&mut slots);
        if let httparse::Status::Complete(length) = head.parse(&bytes).unwrap() {
            let mut request = HttpRequest::builder()
                .method(head.method.unwrap())
                .uri(head.path.unwrap());
            for header in head.headers.iter() {
                request = request.header(header.name, header.value);
            }
            let mut request = request.body(Vec::new()).unwrap();
            let wanted = request.headers().get("content-length");
            let wanted = wanted.map_or(0, |value| value.to_str().unwrap().parse().unwrap());
            let mut body = bytes.split_off(length);
            while body.len() < wanted {
                more(stream, &mut body)?;
            }
            assert_eq!(body.len(), wanted, "one request at a time");
            *request.body_mut() = body;
            return Some(request);
        }
        more(stream, &mut bytes)?;
    }
}

/// Reads more; `None` at the end.
fn more(stream: &mut TcpStream, to: &mut Vec<u8>) -> Option<()> {
    let mut block = [0; 4_096];
    let count = stream.read(&mut block).ok().filter(|count| 0 < *count)?;
    to.extend(&block[..count]);
    Some(())
}

fn believe(request: &HttpRequest<Vec<u8>>, authority: &str) -> Said {
    let signed = Signed::parse(request).unwrap();
    let authorities = [
        authority.to_owned(),
        authority.replace("127.0.0.1", "localhost"),
    ];
    let verified = signed.verify(credential().secret(), &authorities, Age::NotJudged);
    Said {
        verified: verified.unwrap(),
        path: request.uri().to_string(),
        body: serde_json::from_slice(request.body()).unwrap_or(Value::Null),
    }
}

/// Whether the connection goes on.
fn carry_out(stream: &mut TcpStream, said: &Said, what: &Do) -> bool {
    let (status, body) = match what {
        Do::Answer(status, body) | Do::AnswerAndClose(status, body) => (*status, body.clone()),
        Do::Unsigned(status) => (*status, sold()),
        Do::Bent(_) | Do::OfAnother | Do::Written(_) => (200, sold()),
        Do::Silence => {
            return more(stream, &mut Vec::new()).is_some();
        }
        Do::Trickle => {
            // Waiting for the till to hang up, a little longer each time.
            let wait = Some(Duration::from_millis(10));
            stream.set_read_timeout(wait).unwrap();
            let mut head = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
            while stream.write_all(&head).is_ok() && !is_closed(stream) {
                head = b"y".to_vec();
            }
            return false;
        }
        Do::Close => return false,
    };
    let mut answer = Response::new(body.to_string().into_bytes());
    *answer.status_mut() = status.try_into().unwrap();
    let binding = said.verified.binding();
    let ours = credential();
    let other = Secret::new(&[1; 32]);
    let secret = if matches!(what, Do::OfAnother) {
        &other
    } else {
        ours.secret()
    };
    if !matches!(what, Do::Unsigned(_)) {
        sign_answer(&mut answer, secret, binding, NOW / 1_000).unwrap();
    }
    if let Do::Bent(bend) = what {
        bend(&mut answer);
    }
    let bytes = if let Do::Written(write) = what {
        write(&answer)
    } else {
        plainly(&answer)
    };
    stream.write_all(&bytes).is_ok() && !matches!(what, Do::AnswerAndClose(..))
}

fn is_closed(stream: &mut TcpStream) -> bool {
    matches!(stream.read(&mut [0]), Ok(0))
}

type Writes = fn(&Response<Vec<u8>>) -> Vec<u8>;

/// With its length.
fn plainly(answer: &Response<Vec<u8>>) -> Vec<u8> {
    let framing = format!("content-length: {}", answer.body().len());
    written(answer, &framing, answer.body())
}

fn written(answer: &Response<Vec<u8>>, framing: &str, body: &[u8]) -> Vec<u8> {
    let status = answer.status().as_u16();
    let mut bytes = format!("HTTP/1.1 {status} x\r\n").into_bytes();
    for (name, value) in answer.headers() {
        bytes.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    bytes.extend([framing.as_bytes(), b"\r\n\r\n", body].concat());
    bytes
}

fn sold() -> Value {
    json!({
        "earned": 19, "money": "19.99", "used": 0, "worth": "0.00",
        "tier": "ordinary", "tier_after": "ordinary",
        "receipt_text": {"zh": "积 19 分", "en": "19 points"}, "repeated": false
    })
}

fn refused(code: &str, retry: &str) -> Value {
    json!({"code": code, "message": {"zh": "否", "en": "no"}, "retry": retry})
}

fn sale() -> Sale {
    let line = Line {
        product: "milk".into(),
        department: None,
        category: None,
        kind: LineKind::Goods,
        quantity: "1".into(),
        paid: "19.99".into(),
    };
    let slip = Slip {
        store: "1".into(),
        till: "2".into(),
        number: "17".into(),
    };
    let code = Member::Code {
        code: "990123456789012349",
        scanned_at: TIME,
    };
    Sale::new(code, slip, TIME, vec![line])
}

/// A clock that moves when it is waited for, and only then.
#[derive(Clone)]
struct TestClock(Arc<Mutex<(u64, Vec<Duration>)>>);

impl TestClock {
    fn at(wall_millis: u64) -> Self {
        Self(Arc::new(Mutex::new((wall_millis, Vec::new()))))
    }

    fn pauses(&self) -> Vec<u128> {
        let pauses = &self.0.lock().1;
        pauses.iter().map(Duration::as_millis).collect()
    }
}

impl Clock for TestClock {
    fn wall_millis(&self) -> u64 {
        self.0.lock().0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().1.iter().sum()
    }

    fn pause(&self, time: Duration) {
        self.0.lock().1.push(time);
    }
}

/// All attempts under one key, each with a number and a nonce of its own, each number larger.
fn check_attempts(said: &[Said], key: Key) {
    let keys: BTreeSet<_> = said.iter().map(|said| said.verified.key()).collect();
    assert_eq!(keys, BTreeSet::from([Some(key)]));
    let nonces: BTreeSet<_> = said.iter().map(|said| said.verified.nonce()).collect();
    assert_eq!(nonces.len(), said.len());
    assert!(said.is_sorted_by(|earlier, later| earlier.verified.seq() < later.verified.seq()));
}
