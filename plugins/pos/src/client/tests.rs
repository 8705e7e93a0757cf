//! The client against a store of a few lines on loopback, which does as each test tells it.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
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
        Client::new(&self.origin, credential(), spool, numbers).unwrap()
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

#[test]
fn a_sale_is_signed_sent_and_dropped_from_the_spool() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client();
    let call = client.new_call().unwrap();
    let answer = client.sale(&call, &sale()).unwrap();
    assert_eq!((answer.earned, answer.repeated), (19, false));
    assert!(client.pending().unwrap().is_empty());
    let said = store.said();
    check_attempts(&said, call.key);
    assert_eq!(said[0].path, "/pos/v1/sales");
    assert_eq!(said[0].body, serde_json::to_value(sale()).unwrap());
    assert_eq!(said[0].verified.terminal(), "till-1");
}

#[test]
fn every_operation_goes_to_its_address_over_one_connection() {
    let store = Store::new(|_, _| Do::Answer(422, refused("not_offered", "never")));
    let client = store.client();
    let call = client.new_call().unwrap();
    let token = || "jst_1".to_owned();
    let lines = || sale().lines;
    let hold = || "0001-7f".to_owned();
    let slip = || sale().receipt;
    let name = crate::message::refund::SaleName {
        sale_token: Some(token()),
        receipt: None,
    };
    let back = crate::message::refund::RefundLine {
        line: 1,
        quantity: None,
        amount: None,
        rest: Some(true),
    };
    let refund = Refund {
        sale: name,
        receipt: slip(),
        lines: vec![back],
    };
    let errors = [
        client
            .identify(&call, &Identify { code: "99".into() })
            .err(),
        client
            .quote(
                &call,
                &Quote {
                    sale_token: token(),
                    lines: lines(),
                },
            )
            .err(),
        client
            .hold(
                &call,
                &Hold {
                    sale_token: token(),
                    points: 1,
                    lines: lines(),
                },
            )
            .err(),
        client
            .capture(
                &call,
                &Capture {
                    hold: hold(),
                    points: None,
                },
            )
            .err(),
        client.void(&call, &Void { hold: hold() }).err(),
        client.sale(&call, &sale()).err(),
        client.refund(&call, &refund).err(),
        client
            .reversal(
                &call,
                &Reversal {
                    key: Some(call.key),
                    receipt: None,
                    kind: None,
                },
            )
            .err(),
        client.status(&call, &Status { key: call.key }).err(),
        client.sign_on(&call, &SignOn {}).err(),
        client.diagnose(&call, &Diagnose {}).err(),
    ];
    for error in errors {
        assert!(
            matches!(error, Some(TillError::Refused(refused)) if refused.code == "not_offered")
        );
    }
    let paths: Vec<String> = store.said().into_iter().map(|said| said.path).collect();
    let status = format!("/pos/v1/operations/{}", call.key);
    assert_eq!(
        paths,
        [
            "/pos/v1/identify",
            "/pos/v1/quote",
            "/pos/v1/holds",
            "/pos/v1/holds/0001-7f/capture",
            "/pos/v1/holds/0001-7f/void",
            "/pos/v1/sales",
            "/pos/v1/refunds",
            "/pos/v1/reversals",
            &status,
            "/pos/v1/sign-on",
            "/pos/v1/diagnose",
        ]
    );
    assert_eq!(store.connections(), 1);
    assert!(client.pending().unwrap().is_empty());
}

#[test]
fn a_store_that_is_silent_takes_no_longer_than_the_budget() {
    for (does, budget) in [(0, 120), (1, 120), (0, 500), (1, 500)] {
        let store = Store::new(move |_, _| if does == 0 { Do::Silence } else { Do::Trickle });
        let budget = Budget::new(Duration::from_millis(budget));
        let client = store.client().with_budget(budget);
        let call = client.new_call().unwrap();
        let begun = Instant::now();
        let error = client.sale(&call, &sale()).unwrap_err();
        let taken = begun.elapsed();
        assert!(
            matches!(error, TillError::NoAnswer { last: None }),
            "{error}"
        );
        assert!(error.leaves_outcome_open());
        // A retry waits 20 ms first, so a budget may end a little early; and a machine may be busy.
        let at_least = budget.time().saturating_sub(Duration::from_millis(45));
        assert!(
            at_least <= taken && taken < budget.time() + Duration::from_secs(1),
            "{taken:?}"
        );
        let said = store.said();
        assert_eq!(
            said.len(),
            2,
            "half of the time is left for another attempt"
        );
        check_attempts(&said, call.key);
        let pending = client.pending().unwrap();
        assert_eq!((pending.len(), pending[0].key), (1, call.key));
    }
}

#[test]
fn nobody_waits_longer_than_five_seconds() {
    assert_eq!(Budget::default().time(), Duration::from_millis(500));
    assert_eq!(
        Budget::new(Duration::from_mins(1)).time(),
        Duration::from_secs(5)
    );
    assert_eq!(Budget::new(Duration::ZERO).time(), Duration::from_millis(1));
}

#[test]
fn a_store_that_is_not_there_takes_no_longer_than_the_budget() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let clock = TestClock::at(NOW);
    let numbers = MemoryNumbers::above(0);
    let client = Client::new(&origin, credential(), MemorySpool::new(), numbers).unwrap();
    let client = client.with_clock(clock.clone());
    let error = client
        .sale(&client.new_call().unwrap(), &sale())
        .unwrap_err();
    assert!(matches!(error, TillError::NoAnswer { last: None }));
    assert_eq!(clock.pauses(), [20, 40, 80, 160]);
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let store = Store::new(|_, before| match before {
        0 | 1 => Do::Close,
        _ => Do::Answer(200, sold()),
    });
    let client = store.client().with_clock(TestClock::at(NOW));
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    let said = store.said();
    assert_eq!(said.len(), 3);
    check_attempts(&said, call.key);
    assert!(client.pending().unwrap().is_empty());
}

#[test]
fn try_again_is_tried_again_within_the_budget() {
    type Does = fn(u16) -> Do;
    let table: [(u16, Does, Option<&str>); 5] = [
        (
            503,
            |status| Do::Answer(status, refused("try_again", "later")),
            Some("try_again"),
        ),
        (
            503,
            |status| Do::Answer(status, refused("outcome_unknown", "same_key")),
            Some("outcome_unknown"),
        ),
        (
            429,
            |status| Do::Answer(status, refused("slow_down", "later")),
            Some("slow_down"),
        ),
        // A proxy's own words are not believed, and say as much.
        (503, Do::Unsigned, None),
        (502, Do::Unsigned, None),
    ];
    for (status, does, expected) in table {
        for times in [3, usize::MAX] {
            let store = Store::new(move |_, before| {
                if before < times {
                    does(status)
                } else {
                    Do::Answer(200, sold())
                }
            });
            let clock = TestClock::at(NOW);
            let client = store.client().with_clock(clock.clone());
            let call = client.new_call().unwrap();
            let answer = client.sale(&call, &sale());
            check_attempts(&store.said(), call.key);
            if times == 3 {
                assert_eq!(answer.unwrap().earned, 19);
                assert_eq!(clock.pauses(), [20, 40, 80]);
                continue;
            }
            let TillError::NoAnswer { last } = answer.unwrap_err() else {
                panic!("an answer");
            };
            assert_eq!(last.as_ref().map(|refused| &*refused.code), expected);
            assert_eq!(client.pending().unwrap().len(), 1);
        }
    }
}

#[test]
fn an_answer_that_the_store_did_not_give_is_refused() {
    type Does = fn() -> Do;
    let table: [(Does, u16, SignatureError); 7] = [
        (|| Do::Unsigned(200), 200, SignatureError::Missing),
        (|| Do::Unsigned(401), 401, SignatureError::Missing),
        (|| Do::Unsigned(422), 422, SignatureError::Missing),
        (|| Do::OfAnother, 200, SignatureError::Wrong),
        (
            || {
                Do::Bent(|answer| {
                    *answer.body_mut() = sold().to_string().replace("19", "91").into_bytes();
                })
            },
            200,
            SignatureError::DigestWrong,
        ),
        (
            || Do::Bent(|answer| *answer.status_mut() = http::StatusCode::CREATED),
            201,
            SignatureError::Wrong,
        ),
        (
            || Do::Bent(|answer| drop(answer.headers_mut().remove("signature-input"))),
            200,
            SignatureError::Missing,
        ),
    ];
    for (does, expected, why) in table {
        let store = Store::new(move |_, _| does());
        let client = store.client();
        let call = client.new_call().unwrap();
        let error = client.sale(&call, &sale()).unwrap_err();
        let TillError::AnswerNotAuthentic { status, error } = error else {
            panic!("{error}");
        };
        assert_eq!((status, error), (expected, why));
        assert_eq!(client.pending().unwrap().len(), 1, "the outcome is unknown");
    }
}

#[test]
fn an_answer_to_an_earlier_request_is_refused() {
    let first = Arc::new(Mutex::new(None));
    let store = Store::new(move |said, _| {
        let mut first = first.lock();
        let Some((said, answer)) = first.as_ref() else {
            let mut answer = Response::new(sold().to_string().into_bytes());
            let binding = said.verified.binding();
            sign_answer(&mut answer, credential().secret(), binding, 1).unwrap();
            *first = Some((said.clone(), answer));
            return Do::Answer(200, sold());
        };
        assert_eq!(said.path, "/pos/v1/sales");
        KEPT.with(|kept| *kept.borrow_mut() = Some(answer.clone()));
        Do::Written(|_| {
            let answer = KEPT.with(|kept| kept.borrow().clone()).unwrap();
            written(
                &answer,
                &format!("content-length: {}", answer.body().len()),
                answer.body(),
            )
        })
    });
    let client = store.client();
    assert!(client.sale(&client.new_call().unwrap(), &sale()).is_ok());
    let error = client
        .sale(&client.new_call().unwrap(), &sale())
        .unwrap_err();
    assert!(matches!(
        error,
        TillError::AnswerNotAuthentic {
            status: 200,
            error: SignatureError::Wrong
        }
    ));
}

thread_local! {
    static KEPT: std::cell::RefCell<Option<Response<Vec<u8>>>> = const { std::cell::RefCell::new(None) };
}

#[test]
fn a_kept_connection_that_the_store_closed_costs_nothing() {
    // Closed after the answer; or when the next request comes.
    let closes: [fn(usize) -> Do; 2] = [
        |_| Do::AnswerAndClose(200, sold()),
        |before| {
            if before % 3 == 1 {
                Do::Close
            } else {
                Do::Answer(200, sold())
            }
        },
    ];
    for does in closes {
        let store = Store::new(move |_, before| does(before));
        let clock = TestClock::at(NOW);
        let client = store.client().with_clock(clock.clone());
        for _ in 0..4 {
            let call = client.new_call().unwrap();
            assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        }
        assert!(2 <= store.connections());
        assert!(clock.pauses().is_empty(), "another connection at once");
    }
}

#[test]
fn what_comes_unasked_is_not_taken_for_an_answer() {
    let store = Store::new(|_, _| {
        Do::Written(|answer| {
            let length = answer.body().len();
            let mut bytes = written(answer, &format!("content-length: {length}"), answer.body());
            bytes.extend(b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n");
            bytes
        })
    });
    let client = store.client();
    for _ in 0..3 {
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    }
    assert_eq!(store.connections(), 3);
}

#[test]
fn answers_are_read_however_they_are_framed() {
    let whole: [Writes; 4] = [
        |answer| {
            let (one, two) = answer.body().split_at(7);
            let two = [format!("{:X};a=b\r\n", two.len()).as_bytes(), two].concat();
            let body = [b"7\r\n", one, b"\r\n", &two[..], b"\r\n0\r\nx: y\r\n\r\n"].concat();
            written(answer, "Transfer-Encoding: Chunked", &body)
        },
        |answer| {
            let early = b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n".to_vec();
            let length = answer.body().len();
            [
                early,
                written(answer, &format!("content-length: {length}"), answer.body()),
            ]
            .concat()
        },
        |answer| {
            let length = answer.body().len();
            written(
                answer,
                &format!("connection: x, Close\r\ncontent-length: {length}"),
                answer.body(),
            )
        },
        |answer| {
            let length = answer.body().len();
            let text = written(answer, &format!("content-length: {length}"), answer.body());
            let text = String::from_utf8(text).unwrap();
            text.replacen("HTTP/1.1", "HTTP/1.0", 1).into_bytes()
        },
    ];
    for write in whole {
        let store = Store::new(move |_, _| Do::Written(write));
        let client = store.client();
        for _ in 0..2 {
            let call = client.new_call().unwrap();
            assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        }
    }

    let broken: [Writes; 10] = [
        |_| b"HTTP/2 200\r\n\r\n".to_vec(),
        |_| b"220 smtp ready\r\n".to_vec(),
        |answer| written(answer, "x: y", answer.body()),
        |answer| written(answer, "content-length: +5", answer.body()),
        |answer| {
            written(
                answer,
                "content-length: 99999999999999999999",
                answer.body(),
            )
        },
        |answer| {
            written(
                answer,
                "content-length: 5\r\ncontent-length: 6",
                answer.body(),
            )
        },
        |answer| {
            written(
                answer,
                "content-length: 5\r\ntransfer-encoding: chunked",
                answer.body(),
            )
        },
        |answer| written(answer, "transfer-encoding: gzip, chunked", answer.body()),
        |answer| written(answer, "transfer-encoding: chunked", b"-1\r\n"),
        |_| [b"HTTP/1.1 200 OK\r\nx: ", &vec![b'y'; 100_000][..]].concat(),
    ];
    for (place, write) in broken.into_iter().enumerate() {
        let store = Store::new(move |_, before| {
            if before == 0 {
                Do::Written(write)
            } else {
                Do::Answer(200, sold())
            }
        });
        let client = store.client().with_clock(TestClock::at(NOW));
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19, "{place}");
        assert_eq!(store.said().len(), 2, "{place}");
    }
}

#[test]
fn a_stale_number_is_answered_with_a_higher_one_under_the_same_key() {
    let store = Store::new(|said, _| {
        if said.verified.seq() < NOW {
            Do::Answer(401, refused("sequence_stale", "same_key"))
        } else {
            Do::Answer(200, sold())
        }
    });
    let clock = TestClock::at(NOW);
    let client = store.client().with_clock(clock.clone());
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    check_attempts(&store.said(), call.key);
    let numbers: Vec<u64> = store
        .said()
        .iter()
        .map(|said| said.verified.seq())
        .collect();
    assert_eq!(numbers, [1_001, NOW + 1]);
    assert!(clock.pauses().is_empty());
}

#[test]
fn a_store_that_takes_no_number_at_all_is_given_up() {
    for code in ["sequence_stale", "nonce_replayed", "signature_before_start"] {
        let store = Store::new(move |_, _| Do::Answer(401, refused(code, "same_key")));
        let client = store.client().with_clock(TestClock::at(NOW));
        let call = client.new_call().unwrap();
        let error = client.sale(&call, &sale()).unwrap_err();
        assert!(matches!(error, TillError::Refused(refused) if refused.code == code));
        assert_eq!(store.said().len(), 5);
    }
}

/// A store at [`NOW`], which judges the time as it should.
fn store_with_a_clock() -> Store {
    Store::new(|said, _| {
        let (now, created) = (NOW / 1_000, said.verified.created());
        if said.path == "/pos/v1/sign-on" {
            let offset = (i64::try_from(now).unwrap() - i64::try_from(created).unwrap()) * 1_000;
            let answer = json!({
                "time": TIME, "offset_millis": offset, "versions": [1], "capabilities": [], "more": 1
            });
            Do::Answer(200, answer)
        } else if now + 60 < created {
            Do::Answer(401, refused("signature_early", "same_key"))
        } else if created + 60 <= now {
            Do::Answer(401, refused("signature_expired", "same_key"))
        } else {
            Do::Answer(200, sold())
        }
    })
}

#[test]
fn a_till_whose_clock_is_wrong_learns_the_time() {
    for ours in [0, NOW - 3_600_000, NOW, NOW + 3_600_000] {
        // By itself, when the store says so.
        let store = store_with_a_clock();
        let client = store.client().with_clock(TestClock::at(ours));
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        assert_eq!(store.said().len(), if ours == NOW { 1 } else { 3 });
        assert_eq!(store.said().last().unwrap().verified.created(), NOW / 1_000);
        assert_eq!(store.said().last().unwrap().verified.key(), Some(call.key));

        // Or because it signs on first.
        let store = store_with_a_clock();
        let client = store.client().with_clock(TestClock::at(ours));
        let signed_on = client
            .sign_on(&client.new_call().unwrap(), &SignOn {})
            .unwrap();
        assert_eq!(signed_on.versions, [1]);
        assert_eq!(
            client
                .sale(&client.new_call().unwrap(), &sale())
                .unwrap()
                .earned,
            19
        );
        assert_eq!(store.said().len(), 2);
    }
}

#[test]
fn a_no_for_good_ends_the_command() {
    for (status, code, retry) in [
        (400, "bad_request", "never"),
        (404, "token_unknown", "same_key"),
        (409, "key_reused", "never"),
        (422, "too_old", "never"),
        (401, "authority_wrong", "never"),
    ] {
        let store = Store::new(move |_, _| Do::Answer(status, refused(code, retry)));
        let client = store.client();
        let error = client
            .sale(&client.new_call().unwrap(), &sale())
            .unwrap_err();
        assert!(!error.leaves_outcome_open());
        assert_eq!(error.words().zh, "否");
        assert!(matches!(error, TillError::Refused(refused) if refused.code == code));
        assert_eq!(store.said().len(), 1);
        assert!(client.pending().unwrap().is_empty());
    }
}

#[test]
fn an_answer_of_a_newer_store_may_be_unreadable() {
    for status in [200, 422] {
        let store = Store::new(move |_, _| Do::Answer(status, json!({"points": "many"})));
        let client = store.client();
        let error = client
            .sale(&client.new_call().unwrap(), &sale())
            .unwrap_err();
        assert!(matches!(error, TillError::AnswerUnreadable));
        assert!(client.pending().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_a_request_is_not_sent() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client();
    let mut sale = sale();
    sale.lines.clear();
    let error = client.sale(&client.new_call().unwrap(), &sale).unwrap_err();
    assert!(matches!(error, TillError::Refused(refused) if refused == Fault::BasketEmpty.into()));
    assert_eq!(
        (store.connections(), client.pending().unwrap().len()),
        (0, 0)
    );
}

/// A disk that is full.
struct Full;

impl Spool for Full {
    fn begin(&self, _: Key, _: &[u8]) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn done(&self, _: Key) -> io::Result<()> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_command_that_cannot_be_kept_is_not_sent() {
    let store = Store::new(|_, _| Do::Answer(422, refused("not_offered", "never")));
    let client = store.client_with(Full);
    let call = client.new_call().unwrap();
    assert!(matches!(
        client.sale(&call, &sale()),
        Err(TillError::NotSent(_))
    ));
    assert_eq!(store.connections(), 0);
    // What changes nothing needs no keeping.
    let identify = Identify { code: "99".into() };
    assert!(matches!(
        client.identify(&call, &identify),
        Err(TillError::Refused(_))
    ));
}

/// A spool that looks whether the store has heard of a command when it is kept.
struct Watching {
    seen: Arc<Mutex<Seen>>,
    heard_before: Arc<Mutex<Vec<usize>>>,
}

impl Spool for Watching {
    fn begin(&self, _: Key, _: &[u8]) -> io::Result<()> {
        self.heard_before.lock().push(self.seen.lock().said.len());
        Ok(())
    }

    fn done(&self, _: Key) -> io::Result<()> {
        Ok(())
    }

    fn pending(&self) -> io::Result<Vec<Pending>> {
        Ok(Vec::new())
    }
}

#[test]
fn a_key_is_kept_before_the_store_hears_of_it() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let heard_before = Arc::new(Mutex::new(Vec::new()));
    let client = store.client_with(Watching {
        seen: store.seen.clone(),
        heard_before: heard_before.clone(),
    });
    for _ in 0..3 {
        client.sale(&client.new_call().unwrap(), &sale()).unwrap();
    }
    assert_eq!(*heard_before.lock(), [0, 1, 2]);
}

#[test]
fn a_till_that_was_switched_off_sends_again_what_had_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let store = Store::new(|_, before| {
        let mut answer = sold();
        answer["repeated"] = json!(true);
        if before < 2 {
            Do::Silence
        } else {
            Do::Answer(200, answer)
        }
    });
    let budget = Budget::new(Duration::from_millis(80));
    let client = store
        .client_with(KeyFile::open(&path).unwrap())
        .with_budget(budget);
    let call = client.new_call().unwrap();
    assert!(
        client
            .sale(&call, &sale())
            .unwrap_err()
            .leaves_outcome_open()
    );
    drop(client);

    let client = store.client_with(KeyFile::open(&path).unwrap());
    let pending = client.pending().unwrap();
    assert_eq!((pending.len(), pending[0].key), (1, call.key));
    let Deed::Sale(sold) = client.resend(&pending[0]).unwrap() else {
        panic!("a sale");
    };
    assert!(sold.repeated);
    assert!(client.pending().unwrap().is_empty());
    let keys: BTreeSet<_> = store
        .said()
        .iter()
        .map(|said| said.verified.key())
        .collect();
    assert_eq!(keys, BTreeSet::from([Some(call.key)]));
    assert_eq!(store.said()[2].body, serde_json::to_value(sale()).unwrap());

    for operation in [
        &b""[..],
        b"/pos/v1/sales",
        b"/pos/v1/identify\n{}",
        b"/etc/passwd\n{}",
        b"\xff\n{}",
    ] {
        let unfit = Pending {
            key: call.key,
            operation: operation.to_vec(),
        };
        assert!(matches!(client.resend(&unfit), Err(TillError::NotSent(_))));
    }
}

#[test]
fn a_client_serves_many_threads() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let client = store.client().with_budget(Budget::HARD);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..25 {
                    client.sale(&client.new_call().unwrap(), &sale()).unwrap();
                }
            });
        }
    });
    let said = store.said();
    let numbers: BTreeSet<u64> = said.iter().map(|said| said.verified.seq()).collect();
    assert_eq!((said.len(), numbers.len()), (100, 100));
    assert!(store.connections() <= 4);
}

#[test]
fn a_store_has_a_name_too() {
    let store = Store::new(|_, _| Do::Answer(200, sold()));
    let named = store.origin.replace("127.0.0.1", "localhost");
    let numbers = MemoryNumbers::above(0);
    let client = Client::new(&named, credential(), MemorySpool::new(), numbers).unwrap();
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    assert_eq!(
        Client::new(
            "https://store",
            credential(),
            MemorySpool::new(),
            MemoryNumbers::above(0)
        )
        .unwrap_err(),
        OriginError
    );
}

#[test]
fn a_client_prints_no_secret() {
    let store = Store::new(|_, _| Do::Close);
    let text = format!("{:?}", store.client());
    assert!(text.contains("Secret(..)") && !text.contains("90, 90"));
}
