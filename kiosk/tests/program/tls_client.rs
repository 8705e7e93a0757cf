//! The package's client over TLS, with the pin that the program prints: it is answered over one connection, what it says is
//! read by nobody on the way, and nothing is said to anybody with another key (SEC-03).

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use jifen_pos::client::{Budget, Client, Pin};
use jifen_pos::message::basket::{Line, Slip};
use jifen_pos::message::identify::Identify;
use jifen_pos::message::sale::{Member, Sale};
use jifen_pos::numbers::MemoryNumbers;
use jifen_pos::spool::MemorySpool;
use jifen_pos::till::{Till as _, TillError};
use parking_lot::Mutex;

use crate::store::{Person, Store};
use crate::till::{Till, now, wall_millis};

/// A wire that keeps what goes over it, and counts the connections.
#[derive(Clone, Default)]
struct Wire {
    target: Arc<Mutex<Option<SocketAddr>>>,
    connections: Arc<Mutex<usize>>,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl Wire {
    /// A wire with an end for tills, whose other end is at no store yet. Its threads end with the process.
    fn begin() -> (Self, SocketAddr) {
        let (wire, listener) = (Self::default(), TcpListener::bind("127.0.0.1:0").unwrap());
        let (kept, address) = (wire.clone(), listener.local_addr().unwrap());
        thread::spawn(move || {
            for till in listener.incoming().map_while(Result::ok) {
                *kept.connections.lock() += 1;
                let store = TcpStream::connect(kept.target.lock().unwrap()).unwrap();
                let other = (till.try_clone().unwrap(), store.try_clone().unwrap());
                for (from, to) in [(till, store), (other.1, other.0)] {
                    let kept = kept.clone();
                    thread::spawn(move || kept.pass_on(from, &to));
                }
            }
        });
        (wire, address)
    }

    fn pass_on(&self, mut from: TcpStream, mut to: &TcpStream) {
        let mut block = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut block) {
            self.bytes.lock().extend(&block[..count]);
            if to.write_all(&block[..count]).is_err() {
                break;
            }
        }
        to.shutdown(Shutdown::Write).ok();
    }
}

/// A store over TLS that tills find at the end of a wire, and the pin that it prints.
fn encrypted(wire: SocketAddr) -> (Store, Till, Pin) {
    let mut store = Store::new().named(&wire);
    store.set("JIFEN_EDGE_TLS", "on");
    let till = Till::add(&store, "till-1");
    let said = store.start_saying();
    let (_, pin) = said.split_once("sha256/").unwrap();
    let pin = format!("sha256/{}", pin.split_whitespace().next().unwrap());
    (store, till, pin.parse().unwrap())
}

fn client(till: &Till, wire: SocketAddr, pin: Pin) -> Client {
    let origin = format!("https://{wire}");
    let numbers = MemoryNumbers::above(wall_millis());
    let credential = till.credential.clone();
    let client = Client::pinned(&origin, pin, credential, MemorySpool::new(), numbers).unwrap();
    // A machine that does much else at the same time may answer late.
    client.with_budget(Budget::HARD)
}

#[test]
fn a_till_sells_over_one_connection_that_nobody_reads() {
    let (wire, address) = Wire::begin();
    let (store, till, pin) = encrypted(address);
    *wire.target.lock() = Some(store.edge());
    let card = store.register(&Person::new("孙小北", "13900139001", "204957"));
    let client = client(&till, address, pin);
    for number in 1..=20 {
        let code = card.clone();
        let call = client.new_call().unwrap();
        let member = client.identify(&call, &Identify { code }).unwrap();
        let sale = Sale::new(
            Member::Token(&member.sale_token),
            Slip::new("1", "1", &number.to_string()),
            &now(),
            vec![Line::goods("milk", "1", "19.00")],
        );
        let sold = client.sale(&client.new_call().unwrap(), &sale).unwrap();
        assert_eq!(sold.earned, 19);
        let bytes = wire.bytes.lock();
        for word in [card.as_str(), &member.sale_token, "milk", "/pos/v1/"] {
            let seen = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            assert!(!seen, "{word}");
        }
    }
    assert_eq!(*wire.connections.lock(), 1);
    assert!(client.pending().unwrap().is_empty());
}

#[test]
fn nothing_is_said_to_whoever_has_another_key() {
    let (wire, address) = Wire::begin();
    let (store, till, pin) = encrypted(address);
    let (other, _, _) = encrypted(address);
    *wire.target.lock() = Some(other.edge());
    let card = store.register(&Person::new("孙小北", "13900139001", "204957"));
    let client = client(&till, address, pin);
    let code = Member::Code {
        code: &card,
        scanned_at: &now(),
    };
    let slip = Slip::new("1", "1", "1");
    let sale = Sale::new(code, slip, &now(), vec![Line::goods("milk", "1", "19.00")]);
    let no = client.sale(&client.new_call().unwrap(), &sale).unwrap_err();
    assert!(matches!(no, TillError::KeyNotPinned), "{no:?}");
    assert!(no.leaves_outcome_open());
    assert!(!other.log().contains("/pos/v1/"), "{}", other.log());

    // The sale is kept, and counts once the store itself is there again.
    let pending = client.pending().unwrap();
    assert_eq!(pending.len(), 1);
    *wire.target.lock() = Some(store.edge());
    client.resend(&pending[0]).unwrap();
    assert!(client.pending().unwrap().is_empty());
    let cookie = store.sign_in(&card, "204957");
    let headers = [("cookie", &*cookie)];
    let path = "/member/v1/statement";
    let told = crate::wire::ask(store.screen(), "GET", path, &headers, "").json();
    assert_eq!(told["points"]["balance"], 100 + 19, "{told}");
}

#[test]
fn a_pin_goes_with_https_and_with_nothing_else() {
    let store = Store::new();
    let till = Till::add(&store, "till-1");
    let pin: Pin = format!("sha256/{}=", "A".repeat(43)).parse().unwrap();
    let at = |origin: &str, pin: Option<Pin>| {
        let (credential, spool) = (till.credential.clone(), MemorySpool::new());
        let numbers = MemoryNumbers::above(1);
        match pin {
            Some(pin) => Client::pinned(origin, pin, credential, spool, numbers),
            None => Client::new(origin, credential, spool, numbers),
        }
    };
    assert!(at("https://127.0.0.1:1", Some(pin)).is_ok());
    assert!(at("https://127.0.0.1:1", None).is_err());
    assert!(at("http://127.0.0.1:1", Some(pin)).is_err());
}
