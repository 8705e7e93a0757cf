//! `kill -9` while a member is being erased, at twenty moments: whoever was answered is gone, whoever was not is there
//! or gone and never by half, and asking again under the same key ends it. All others go on.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use jifen::audit::check::check;
use jifen::audit::receipt::check_receipt;
use serde_json::json;

use crate::store::{Person, Store};
use crate::till::new_key;
use crate::wire::{Answer, ask};

/// What is watched from outside while the erasure goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    /// The file of the rows was written so often.
    Rows(u32),
    /// A bucket is about to be replaced.
    NewBucket,
    /// The root keys were written so often.
    Root(u32),
    /// The names of the buckets changed so often.
    Names(u32),
    /// The copy of the audit grew.
    Copy,
    /// The answer is there.
    Answer,
}

const MOMENTS: [Moment; 20] = [
    Moment::Rows(1),
    Moment::NewBucket,
    Moment::Root(1),
    Moment::Names(1),
    Moment::Rows(2),
    Moment::Root(2),
    Moment::Rows(3),
    Moment::NewBucket,
    Moment::Rows(4),
    Moment::Root(1),
    Moment::Names(2),
    Moment::Rows(5),
    Moment::Root(2),
    Moment::Rows(6),
    Moment::NewBucket,
    Moment::Names(1),
    Moment::Rows(8),
    Moment::Answer,
    Moment::Copy,
    Moment::Answer,
];

/// What a file looks like from outside.
fn look(path: &Path) -> Option<(u64, std::time::SystemTime)> {
    let seen = |found: Metadata| Some((found.len(), found.modified().ok()?));
    fs::metadata(path).ok().and_then(seen)
}

/// Where to look for a moment.
struct Watched {
    rows: PathBuf,
    root: PathBuf,
    buckets: PathBuf,
    audit: PathBuf,
}

impl Watched {
    fn of(store: &Store) -> Self {
        Self {
            rows: store.place.path("jifen-data/store.redb"),
            root: store.place.path("jifen-keys/root.key"),
            buckets: store.place.path("jifen-keys/keybox"),
            audit: store.place.path("jifen-data/audit"),
        }
    }

    /// All of the copy of the audit.
    fn copy(&self) -> BTreeSet<(PathBuf, u64)> {
        let entries = fs::read_dir(&self.audit).into_iter().flatten().flatten();
        entries
            .filter_map(|entry| Some((entry.path(), entry.metadata().ok()?.len())))
            .collect()
    }

    fn has_new_bucket(&self) -> bool {
        let mut names = fs::read_dir(&self.buckets).into_iter().flatten().flatten();
        names.any(|entry| entry.path().extension().is_some_and(|end| end == "new"))
    }

    /// Waits for a moment, which may never come: then for the answer.
    fn wait(&self, moment: Moment, begun: &dyn Fn(), is_over: &AtomicBool) {
        let goes_on = || {
            thread::yield_now();
            !is_over.load(Ordering::SeqCst)
        };
        let changes = |path: &Path, times: u32| {
            let mut before = look(path);
            begun();
            for _ in 0..times {
                while look(path) == before && goes_on() {}
                before = look(path);
            }
        };
        match moment {
            Moment::Rows(times) => changes(&self.rows, times),
            Moment::Root(times) => changes(&self.root, times),
            Moment::Names(times) => changes(&self.buckets, times),
            Moment::NewBucket => {
                begun();
                while !self.has_new_bucket() && goes_on() {}
            }
            Moment::Copy => {
                let before = self.copy();
                begun();
                while self.copy() == before && goes_on() {}
            }
            Moment::Answer => {
                begun();
                while goes_on() {}
            }
        }
    }
}

/// A member who is about to leave.
struct Leaver {
    card: String,
    pin: String,
    points: i64,
    cookie: String,
    key: String,
}

impl Leaver {
    fn new(store: &Store, number: usize) -> Self {
        let pin = format!("Abendsegler-{number:02}");
        let person = Person::new("司马若兰", &format!("1391357{number:04}"), &pin);
        let card = store.register(&person);
        let mut leaver = Self {
            card,
            pin,
            points: 0,
            cookie: String::new(),
            key: new_key(),
        };
        leaver.sign_in(store);
        leaver
    }

    /// Signs in, and is shown what will be lost.
    fn sign_in(&mut self, store: &Store) {
        self.cookie = store.sign_in(&self.card, &self.pin);
        let headers = [("cookie", &*self.cookie)];
        let path = "/member/v1/erasure";
        let shown = ask(store.screen(), "GET", path, &headers, "");
        assert_eq!(shown.status, 200, "{shown:?}");
        self.points = shown.json()["points"].as_i64().unwrap();
    }

    fn leave(&self, screen: SocketAddr) -> Answer {
        let headers = [("cookie", &*self.cookie), ("idempotency-key", &*self.key)];
        let body = json!({"pin": self.pin, "points": self.points}).to_string();
        ask(screen, "POST", "/member/v1/erasure", &headers, body)
    }

    fn receipt(&self, store: &Store) -> Answer {
        let path = format!("/member/v1/erasures/{}", self.key);
        ask(store.screen(), "GET", &path, &[], "")
    }
}

/// The leaf of a receipt that proves itself.
#[track_caller]
fn leaf_of(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    let (receipt, _) = check_receipt(&answer.body, None).unwrap();
    receipt.leaf
}

/// Kills the store at a moment of this erasure: the leaf of the receipt, if it was answered.
fn kill_at(store: &mut Store, leaver: &Leaver, moment: Moment) -> Option<String> {
    let watched = Watched::of(store);
    let screen = store.screen();
    let (is_begun, is_over) = (AtomicBool::new(false), AtomicBool::new(false));
    let answer = thread::scope(|scope| {
        let asked = scope.spawn(|| {
            while !is_begun.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            let answer = leaver.leave(screen);
            is_over.store(true, Ordering::SeqCst);
            answer
        });
        let begun = || is_begun.store(true, Ordering::SeqCst);
        watched.wait(moment, &begun, &is_over);
        store.kill();
        asked.join().unwrap()
    });
    // Cut off in the middle it was no answer.
    let is_whole = serde_json::from_str::<serde_json::Value>(&answer.body).is_ok();
    (is_whole && answer.status == 200).then(|| leaf_of(&answer))
}

#[test]
fn in_twenty_kills_nobody_is_erased_by_half_and_what_was_answered_holds() {
    let mut store = Store::new();
    store.start();
    let others = [
        Person::new("欧阳云舒", "13912340001", "Zwergtaucher-88"),
        Person::new("诸葛清扬", "13912340002", "Rohrdommel-77"),
    ];
    let cards = others.each_ref().map(|person| store.register(person));
    let mut receipts = BTreeSet::new();
    let (mut answered, mut in_the_middle) = (0, 0);
    for (number, moment) in MOMENTS.into_iter().enumerate() {
        let what = format!("kill {number} at {moment:?}");
        let mut leaver = Leaver::new(&store, number);
        let before = kill_at(&mut store, &leaver, moment);
        if number % 2 == 1 {
            // Here it is put right by the first who opens the store, and not by a server.
            store.verified();
        }
        store.start();

        let found = leaver.receipt(&store);
        let leaf = if found.status == 200 {
            in_the_middle += u32::from(before.is_none());
            leaf_of(&found)
        } else {
            assert_eq!(found.status, 404, "{what}: {found:?}");
            assert_eq!(before, None, "{what}: answered, and there is no receipt");
            leaver.sign_in(&store);
            leaf_of(&leaver.leave(store.screen()))
        };
        if let Some(before) = before {
            answered += 1;
            assert_eq!(before, leaf, "{what}");
        }
        assert_eq!(leaf_of(&leaver.receipt(&store)), leaf, "{what}");
        // Nobody is signed in any more, and the same key still hears the same.
        assert_eq!(leaf_of(&leaver.leave(store.screen())), leaf, "{what}");
        let gone = store.try_sign_in(&leaver.card, &leaver.pin);
        assert_eq!(gone.status, 401, "{what}: {gone:?}");
        for (person, card) in others.iter().zip(&cards) {
            store.sign_in(card, &person.pin);
        }
        assert!(receipts.insert(leaf), "{what}");

        store.stop();
        store.verified();
        let copy = check(&store.place.path("jifen-data/audit"), None, &[]).unwrap();
        assert!(copy.is_clean(), "{what}: {copy:?}");
        store.start();
    }
    assert_eq!(receipts.len(), MOMENTS.len());
    assert!(
        2 <= in_the_middle,
        "{in_the_middle}: hardly ever in the middle"
    );
    assert!(1 <= answered, "{answered}: never after the answer");
}
