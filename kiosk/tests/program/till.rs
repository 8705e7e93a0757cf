//! A till that writes its own requests, signed by the package's signature; and the client of the package.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{Request, header};
use jifen::domain::time::Moment;
use jifen_pos::client::{Budget, Client};
use jifen_pos::clock::{Clock, SystemClock};
use jifen_pos::key::Key;
use jifen_pos::numbers::MemoryNumbers;
use jifen_pos::signature::{Binding, Credential, sign_request, verify_answer};
use jifen_pos::spool::MemorySpool;
use serde_json::{Value, json};

use crate::store::Store;
use crate::wire::{Answer, send};

/// How many keys, numbers and nonces this process has used.
static USED: AtomicU64 = AtomicU64::new(0);

/// A number that this process has not had.
fn fresh() -> u64 {
    USED.fetch_add(1, Ordering::Relaxed)
}

pub(crate) fn wall_millis() -> u64 {
    SystemClock::new().wall_millis()
}

/// The time now, as a till writes it.
pub(crate) fn now() -> String {
    Moment::from_millis(i64::try_from(wall_millis()).unwrap()).to_rfc3339()
}

/// An idempotency key that nobody has had.
pub(crate) fn new_key() -> String {
    let mut tail = [0; 10];
    tail[2..].copy_from_slice(&fresh().to_be_bytes());
    Key::v7(wall_millis(), &tail).to_string()
}

/// Two digits a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    digits.collect::<Vec<_>>().concat()
}

/// A till.
pub(crate) struct Till {
    pub(crate) credential: Credential,
}

/// A request in the making: what is signed, and how.
pub(crate) struct Draft {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) key: Option<String>,
    pub(crate) body: String,
    /// How long ago it was signed, in seconds.
    pub(crate) age: u64,
    pub(crate) seq: u64,
}

impl Draft {
    /// A command or question with a body, under a new key.
    pub(crate) fn post(path: &str, body: &Value) -> Self {
        Self {
            method: "POST",
            path: format!("/pos/v1/{path}"),
            key: Some(new_key()),
            body: body.to_string(),
            age: 0,
            seq: wall_millis() + fresh(),
        }
    }

    pub(crate) fn ask(path: &str) -> Self {
        Self {
            method: "GET",
            key: None,
            body: String::new(),
            ..Self::post(path, &Value::Null)
        }
    }

    /// The same under this key.
    pub(crate) fn under(self, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..self
        }
    }
}

impl Till {
    /// A till that the store is told of while nobody serves it.
    pub(crate) fn add(store: &Store, name: &str) -> Self {
        Self::new(name, &store.add_till(name))
    }

    pub(crate) fn new(name: &str, key: &[u8; 32]) -> Self {
        let credential = Credential::new(name, 1, key).unwrap();
        Self { credential }
    }

    /// A draft as it goes over the wire, signed for a store of this name; and what its answer is bound to.
    pub(crate) fn sign(&self, authority: &str, draft: &Draft) -> (Vec<u8>, Binding) {
        let mut request = Request::builder()
            .method(draft.method)
            .uri(&draft.path)
            .header(header::HOST, authority)
            .header(header::CONNECTION, "close");
        if let Some(key) = &draft.key {
            request = request.header("idempotency-key", key);
        }
        let mut request = request.body(draft.body.clone().into_bytes()).unwrap();
        let created = wall_millis() / 1_000 - draft.age;
        let nonce = format!("nonce-{:020}", fresh());
        let binding = sign_request(&mut request, &self.credential, draft.seq, created, &nonce);

        let mut bytes = format!("{} {} HTTP/1.1\r\n", draft.method, draft.path).into_bytes();
        for (name, value) in request.headers() {
            write!(bytes, "{name}: {}\r\n", value.to_str().unwrap()).unwrap();
        }
        write!(bytes, "content-length: {}\r\n\r\n", draft.body.len()).unwrap();
        bytes.extend(draft.body.as_bytes());
        (bytes, binding.unwrap())
    }

    /// Signs it, sends it, and sees that the answer is the store's own.
    #[track_caller]
    pub(crate) fn send(&self, store: &Store, draft: &Draft) -> Answer {
        let (bytes, binding) = self.sign(&store.authority(), draft);
        let answer = send(store.edge(), &bytes);
        let mut signed = http::Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            signed = signed.header(name, value);
        }
        let signed = signed.body(answer.body.clone().into_bytes()).unwrap();
        let verified = verify_answer(&signed, self.credential.secret(), &binding);
        assert_eq!(verified, Ok(()), "{answer:?}");
        answer
    }

    #[track_caller]
    pub(crate) fn post(&self, store: &Store, path: &str, body: &Value) -> Answer {
        self.send(store, &Draft::post(path, body))
    }

    /// Exchanges a code for the token of a sale.
    #[track_caller]
    pub(crate) fn identify(&self, store: &Store, code: &str) -> String {
        let answer = self.post(store, "identify", &json!({"code": code}));
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()["sale_token"].as_str().unwrap().to_owned()
    }

    /// The client of the package, for a store at this authority.
    pub(crate) fn client(&self, authority: &str) -> Client {
        let origin = format!("http://{authority}");
        let credential = self.credential.clone();
        let numbers = MemoryNumbers::above(wall_millis() + fresh());
        let client = Client::new(&origin, credential, MemorySpool::new(), numbers).unwrap();
        // A machine that does much else at the same time may answer late.
        client.with_budget(Budget::HARD)
    }
}

/// A basket of one line.
pub(crate) fn basket(paid: &str) -> Value {
    json!([{"product": "milk", "quantity": "2", "paid": paid}])
}

/// A sale of one line under a token, with a receipt number of its own.
pub(crate) fn sale(token: &str, number: &str, paid: &str) -> Value {
    json!({
        "sale_token": token,
        "receipt": {"store": "1", "till": "1", "number": number},
        "sold_at": now(),
        "lines": basket(paid),
    })
}
