//! `cargo bench -p jifen --bench erasure`: how long a member waits to be erased, keys, copy and receipt included, over a
//! store's file, a keybox's folder and a folder with copies of the keys, all on one disk.
//!
//! The shop has 100,000 members, or as many as `JIFEN_BENCH_MEMBERS` says. Copies are written in the clear: what a seal
//! takes is measured elsewhere. Absolute figures belong to the machine.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::float_arithmetic, reason = "measured times are not money")]
#![expect(clippy::arithmetic_side_effects, reason = "counts of a run of minutes")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to say"
)]
#![expect(clippy::indexing_slicing, reason = "the middle of forty times")]

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jifen::domain::ids::{AccountId, MemberId};
use jifen::domain::points::Points;
use jifen::domain::time::Moment;
use jifen::engine::clock::{Entropy, GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::erase::By;
use jifen::engine::escrow::{Copied, Escrow};
use jifen::engine::keys::Keys;
use jifen::engine::open::Open;
use jifen::engine::{Engine, Settings};
use jifen::store::redb::RedbStore;
use jifen::vault::Keybox;
use jifen::vault::keybox::TokenHash;

const PROGRAMME: &str = include_str!("../../fixtures/programmes/demo.toml");
const BEGIN: Moment = Moment::from_millis(1_500_000_000_000);
const MEMBERS: u64 = 100_000;
const ERASED: u64 = 40;
/// Who wait for one another's keys to be durable.
const ADMITTING: usize = 256;
/// Commands on their way at once.
const WAITING: usize = 4_096;

fn main() {
    let given = std::env::var("JIFEN_BENCH_MEMBERS");
    let members = given.map_or(MEMBERS, |given| given.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let begun = Instant::now();
    let (engine, keys) = open(folder.path());
    populate(&engine, members);
    println!(
        "{members} members, set up in {:.0} s; keybox of {} bytes",
        begun.elapsed().as_secs_f64(),
        bytes_of(&folder.path().join("keys"))
    );

    let mut times = Vec::new();
    let mut sizes = Vec::new();
    for number in 0..ERASED {
        // Spread over all buckets.
        let account = account(number * (members / ERASED));
        let member = keys.keybox().of_account(&account).unwrap().member;
        sizes.push(in_bucket(&keys, &member));
        let begun = Instant::now();
        let receipt = engine.erase(&key(1 << 40 | number), member, By::Operator, Points::ZERO);
        times.push(begun.elapsed());
        receipt.unwrap();
        assert!(keys.keybox().of_account(&account).is_none());
    }
    times.sort_unstable();
    sizes.sort_unstable();
    let at = |percent: usize| millis(times[(times.len() - 1) * percent / 100]);
    println!(
        "erasure over {ERASED} members: median {:.1} ms, p95 {:.1} ms; buckets of {} to {} members",
        at(50),
        at(95),
        sizes[0],
        sizes[sizes.len() - 1]
    );
    parts(&engine, &keys, &folder.path().join("copies"));
}

/// What the parts of it take: a commit of the store, of which an erasure has three, a bucket under a new key, and a copy
/// of that.
fn parts(engine: &Engine, keys: &Keys, folder: &Path) {
    let median = |look: &dyn Fn(u8)| {
        let time = |bucket: u8| {
            let begun = Instant::now();
            look(bucket);
            begun.elapsed()
        };
        let mut times: Vec<_> = (0..15).map(time).collect();
        times.sort_unstable();
        millis(times[times.len() / 2])
    };
    let place = Copies(folder.to_owned());
    let rotated = median(&|bucket| {
        keys.keybox().rotate(bucket).unwrap();
    });
    let taken = median(&|bucket| {
        keys.keybox().escrow(bucket).unwrap();
    });
    let copied = median(&|bucket| {
        place.copy(keys.keybox(), bucket).unwrap();
    });
    let committed = median(&|_| engine.confirm_clock().unwrap());
    println!(
        "of it, median: a commit {committed:.1} ms, three of them; a bucket under a new key {rotated:.1} ms, a copy of it {copied:.1} ms ({taken:.1} ms before it is written)"
    );
}

fn open(folder: &Path) -> (Engine, Arc<Keys>) {
    let seeds = SeededEntropy::new([1; 32]);
    let keybox = Keybox::create(
        &folder.join("keys"),
        [1; 16],
        Arc::new(move || seeds.seed()),
    );
    let keys = Arc::new(Keys::new(keybox.unwrap()));
    let store = RedbStore::open(folder.join("store.redb"), Some(closing(keys.clone()))).unwrap();
    let clock = Arc::new(GivenClock::at(BEGIN));
    let entropy = Arc::new(SeededEntropy::new([2; 32]));
    let settings = Settings::default();
    let engine = Engine::open(Arc::new(store), keys.clone(), clock, entropy, settings).unwrap();
    engine.activate(PROGRAMME).unwrap();
    let copies = folder.join("copies");
    fs::create_dir(&copies).unwrap();
    engine.keep_escrow(Arc::new(Copies(copies)));
    (engine, keys)
}

/// Keys for so many members, many at once, and then their accounts.
fn populate(engine: &Engine, members: u64) {
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..ADMITTING {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if members <= number {
                        break;
                    }
                    let card = TokenHash::of(&number.to_string());
                    engine.admit(account(number), &[card]).unwrap();
                }
            });
        }
    });
    let line = engine.in_order();
    let mut waiting = VecDeque::new();
    for number in 0..members {
        let open = Open {
            account: account(number),
            reference: number.to_string(),
            gift: false,
        };
        waiting.push_back(line.send(&key(number), open));
        if waiting.len() == WAITING {
            waiting.pop_front().unwrap().wait().unwrap();
        }
    }
    for pending in waiting {
        pending.wait().unwrap();
    }
}

/// A folder with one file a bucket.
struct Copies(PathBuf);

impl Copies {
    fn copy(&self, keybox: &Keybox, bucket: u8) -> std::io::Result<()> {
        let body = keybox.escrow(bucket).unwrap();
        let new = self.0.join(format!("{bucket:02x}.new"));
        let mut file = File::create(&new)?;
        file.write_all(&body.bytes)?;
        file.sync_all()?;
        fs::rename(&new, self.0.join(format!("{bucket:02x}")))?;
        File::open(&self.0)?.sync_all()
    }
}

impl Escrow for Copies {
    fn destinations(&self) -> Vec<String> {
        vec!["folder".to_owned()]
    }

    fn replace(&self, keybox: &Keybox, bucket: u8) -> Vec<Copied> {
        let copied = self.copy(keybox, bucket);
        vec![Copied {
            destination: "folder".to_owned(),
            outcome: copied.map(|()| BEGIN).map_err(|error| error.to_string()),
        }]
    }

    fn copied_at(&self, _: &str, bucket: u8) -> Option<Moment> {
        let there = self.0.join(format!("{bucket:02x}")).exists();
        there.then_some(BEGIN)
    }
}

fn in_bucket(keys: &Keys, member: &MemberId) -> usize {
    let bucket = keys.keybox().bucket_of(member);
    let all = keys.keybox().members();
    let beside = all
        .iter()
        .filter(|id| keys.keybox().bucket_of(id) == bucket);
    beside.count()
}

fn bytes_of(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let size = |entry: fs::DirEntry| {
        let meta = entry.metadata().unwrap();
        if meta.is_dir() {
            bytes_of(&entry.path())
        } else {
            meta.len()
        }
    };
    entries.map(size).sum()
}

fn account(number: u64) -> AccountId {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    // The bucket is in the first byte.
    let mixed = mixed ^ mixed.rotate_left(32);
    AccountId::from_bytes(((u128::from(mixed) << 64) | u128::from(number)).to_be_bytes())
}

fn key(number: u64) -> IdempotencyKey {
    let time = u128::from(BEGIN.millis().cast_unsigned()) << 80;
    let uuid = time | (0x7 << 76) | (0b10 << 62) | u128::from(number);
    IdempotencyKey {
        terminal: "bench".into(),
        uuid: uuid.to_be_bytes(),
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
