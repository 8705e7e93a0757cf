//! The process dies and another one takes over: what was answered stays answered, what was recorded counts no more, and a
//! store whose keys are not in order does not open.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jifen_pos::client::{Budget, Client};
use jifen_pos::key::Key;
use jifen_pos::message::basket::{Line, Slip};
use jifen_pos::message::sale::{Member, Sale};
use jifen_pos::message::service::{Deed, Outcome, Status};
use jifen_pos::numbers::NumberFile;
use jifen_pos::signature::Credential;
use jifen_pos::spool::KeyFile;
use jifen_pos::till::{Till as _, TillError};
use serde_json::json;

use crate::store::{Person, Store};
use crate::till::{Draft, Till, now, sale, wall_millis};
use crate::wire::send;

/// How many tills sell at once, and how often the store dies meanwhile.
const TILLS: usize = 4;
const DEATHS: usize = 3;
/// How many sales are answered before it dies.
const ANSWERED: usize = 60;

fn person() -> Person {
    Person::new("公孙牧野", "13500044455", "Rohrdommel-77")
}

#[test]
fn what_was_recorded_before_the_process_died_counts_no_more() {
    let mut store = Store::new().named(&"store.example");
    let till = Till::add(&store, "till-1");
    store.start();
    let card = store.register(&person());
    let token = till.identify(&store, &card);
    let sale = Draft::post("sales", &sale(&token, "1", "20.00"));
    let (sold, _) = till.sign("store.example", &sale);
    assert_eq!(send(store.edge(), &sold).status, 200);
    // Signed a while ago, so that it is certainly older than the next process.
    let mut asked = Draft::post("identify", &json!({"code": card}));
    asked.age = 5;
    let (asked, _) = till.sign("store.example", &asked);
    store.kill();
    store.start();

    send(store.edge(), &sold).refuses(401, "sequence_stale");
    send(store.edge(), &asked).refuses(401, "signature_before_start");
    // The till itself says it again, under the same key and with a new number, and hears what it heard.
    let mut again = Draft::post("sales", &json!(null)).under(sale.key.as_ref().unwrap());
    again.body.clone_from(&sale.body);
    let again = till.send(&store, &again).json();
    assert_eq!(
        (&again["repeated"], &again["earned"]),
        (&true.into(), &20.into())
    );
    store.stop();
    assert_eq!(store.verified(), 1);
}

/// What one till did until the store died.
struct Shift {
    answered: Vec<(Key, u64)>,
    /// The last call, if it is not known what became of it.
    open: bool,
}

/// A till with its files, as after a power cut.
fn client(store: &Store, name: &str, key: &[u8; 32]) -> Client {
    let file = |end: &str| -> PathBuf { store.place.path(&format!("{name}.{end}")) };
    let numbers = NumberFile::open(&file("seq"), wall_millis()).unwrap();
    let keys = KeyFile::open(&file("keys")).unwrap();
    let origin = format!("http://{}", store.edge());
    let credential = Credential::new(name, 1, key).unwrap();
    let client = Client::new(&origin, credential, keys, numbers).unwrap();
    client.with_budget(Budget::HARD)
}

/// Sells until there is no answer any more.
fn sell(client: &Client, card: &str, till: &str, round: usize, count: &AtomicUsize) -> Shift {
    let mut answered = Vec::new();
    for number in 0..10_000_u64 {
        let now = now();
        let member = Member::Code {
            code: card,
            scanned_at: &now,
        };
        let slip = Slip::new("1", till, &format!("{round}-{number}"));
        let paid = format!("{}.00", 10 + number % 7);
        let sale = Sale::new(member, slip, &now, vec![Line::goods("milk", "1", &paid)]);
        let call = client.new_call().unwrap();
        match client.sale(&call, &sale) {
            Ok(sold) => {
                answered.push((call.key, sold.earned));
                count.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                assert!(error.leaves_outcome_open(), "{error:?}");
                return Shift {
                    answered,
                    open: true,
                };
            }
        }
    }
    Shift {
        answered,
        open: false,
    }
}

#[test]
fn a_store_that_is_killed_while_tills_sell_loses_nothing_and_books_nothing_twice() {
    let mut store = Store::new();
    let names: Vec<String> = (0..TILLS).map(|till| format!("till-{till}")).collect();
    let keys: Vec<[u8; 32]> = names.iter().map(|name| store.add_till(name)).collect();
    store.start();
    let card = store.register(&person());
    let mut sold = 0;
    let mut were_open = 0;
    for round in 0..DEATHS {
        let clients: Vec<Client> = names
            .iter()
            .zip(&keys)
            .map(|(name, key)| client(&store, name, key))
            .collect();
        let count = AtomicUsize::new(0);
        let shifts: Vec<Shift> = thread::scope(|scope| {
            let (card, count) = (&*card, &count);
            let selling: Vec<_> = clients
                .iter()
                .zip(&names)
                .map(|(client, name)| scope.spawn(move || sell(client, card, name, round, count)))
                .collect();
            while count.load(Ordering::SeqCst) < ANSWERED {
                assert!(!selling.iter().any(thread::ScopedJoinHandle::is_finished));
                thread::yield_now();
            }
            store.kill();
            let shifts = selling.into_iter().map(|till| till.join().unwrap());
            shifts.collect()
        });
        drop(clients);
        store.start();

        for ((name, key), shift) in names.iter().zip(&keys).zip(&shifts) {
            let client = client(&store, name, key);
            for (key, earned) in &shift.answered {
                let call = client.new_call().unwrap();
                let status = client.status(&call, &Status { key: *key }).unwrap();
                let Outcome::Done(Deed::Sale(kept)) = &status else {
                    unreachable!("{key}: {status:?}");
                };
                assert_eq!((kept.earned, kept.repeated), (*earned, true));
            }
            let left = client.pending().unwrap();
            assert_eq!(left.len(), usize::from(shift.open));
            for pending in &left {
                assert!(matches!(client.resend(pending).unwrap(), Deed::Sale(_)));
            }
            assert_eq!(client.pending().unwrap(), []);
            sold += shift.answered.len() + left.len();
            were_open += left.len();
        }
    }
    assert!(0 < were_open, "it never died in the middle of a sale");
    store.stop();
    assert_eq!(store.verified(), u64::try_from(sold).unwrap());
}

#[test]
fn a_store_whose_keys_are_not_in_order_does_not_open() {
    let mut store = Store::new();
    store.start();
    store.register(&person());
    store.stop();
    let refuses = |store: &Store, code: &str, exit: i32| {
        let output = store.call().stderr(std::process::Stdio::piped()).output();
        crate::caller::Said::of(&output.unwrap(), "serve").refuses(exit, code);
    };

    let root = store.place.path("jifen-keys/root.key");
    let mode = |mode: u32| fs::set_permissions(&root, fs::Permissions::from_mode(mode)).unwrap();
    for open in [0o644, 0o640, 0o604] {
        mode(open);
        refuses(&store, "key_readable_by_others", 1);
    }
    mode(0o600);
    assert_eq!(store.verified(), 0);

    let mut other = Store::new();
    other.start();
    other.stop();
    let move_keys = |from: &Store, name: &str, to: &Store, new: &str| {
        fs::rename(from.place.path(name), to.place.path(new)).unwrap();
    };
    move_keys(&store, "jifen-keys", &store, "kept");
    refuses(&store, "no_key", 1);
    move_keys(&other, "jifen-keys", &store, "jifen-keys");
    refuses(&store, "other_install", 1);
    let mut inside = store.call();
    inside.env("JIFEN_KEYS", "jifen-data/keys");
    inside.stderr(std::process::Stdio::piped());
    let said = crate::caller::Said::of(&inside.output().unwrap(), "serve");
    said.refuses(1, "keys_inside_data");

    move_keys(&store, "jifen-keys", &other, "jifen-keys");
    move_keys(&store, "kept", &store, "jifen-keys");
    assert_eq!(store.verified(), 0);
    store.start();
    store.stop();
}

/// A till believes nobody but its store.
#[test]
fn a_bent_answer_is_noticed_and_the_sale_is_not_lost() {
    let tape = crate::tape::Tape::begin();
    let mut store = Store::new().named(&tape.address());
    let till = Till::add(&store, "till-1");
    store.start();
    let card = store.register(&person());
    tape.lead_to(store.edge());
    let client = till.client(&store.authority());

    let now = now();
    let member = Member::Code {
        code: &card,
        scanned_at: &now,
    };
    let slip = Slip::new("1", "1", "1");
    let sale = Sale::new(member, slip, &now, vec![Line::goods("milk", "1", "20.00")]);
    let call = client.new_call().unwrap();
    for (from, to) in [
        ("\"earned\":20", "\"earned\":99"),
        ("\"repeated\":true", "\"repeated\":null"),
    ] {
        tape.bend(Some((from, to)));
        let error = client.sale(&call, &sale).unwrap_err();
        assert!(
            matches!(error, TillError::AnswerNotAuthentic { status: 200, .. }),
            "{error:?}"
        );
        assert_eq!(client.pending().unwrap().len(), 1);
    }
    tape.bend(None);
    let left = client.pending().unwrap();
    let Deed::Sale(sold) = client.resend(&left[0]).unwrap() else {
        unreachable!("a sale was sent");
    };
    assert_eq!((sold.earned, sold.repeated), (20, true));
    store.stop();
    assert_eq!(store.verified(), 1);
}
