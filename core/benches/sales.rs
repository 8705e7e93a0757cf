//! `cargo bench -p jifen`: durable sales beside the disk's own rate, in alternating rounds of one run; what a balance
//! costs to read; and a replay that does not wait for each answer.
//!
//! It is a program of its own and no harness, since what counts is the ratio of two things measured in turn. `raw` is
//! one overwrite of 4 KiB in a preallocated file, then fdatasync. Absolute figures belong to the machine.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(
    clippy::float_arithmetic,
    reason = "ratios of measured times are not money"
)]
#![expect(clippy::as_conversions, reason = "counts become rates")]
#![expect(clippy::cast_precision_loss, reason = "counts become rates")]
#![expect(clippy::arithmetic_side_effects, reason = "counts of a run of seconds")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot run has nothing to say"
)]
#![expect(clippy::indexing_slicing, reason = "the middle of five rounds")]

use std::fs::File;
use std::hint::black_box;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use jifen::domain::basket::{Line, LineKind, Quantity};
use jifen::domain::ids::AccountId;
use jifen::domain::money::Money;
use jifen::domain::time::Moment;
use jifen::engine::clock::{Entropy, GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::keys::Keys;
use jifen::engine::open::Open;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::engine::{Engine, Settings};
use jifen::ledger::sale::ReceiptNo;
use jifen::store::redb::RedbStore;
use jifen::vault::Keybox;

const PROGRAMME: &str = include_str!("../../fixtures/programmes/demo.toml");
const ACCOUNTS: u64 = 2_000;
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1_500);
/// The first sale's time; each sale is a second later than the one before.
const BEGIN: Moment = Moment::from_millis(1_500_000_000_000);

/// An engine over a file, and how many sales it has taken.
struct Shop {
    engine: Engine,
    clock: Arc<GivenClock>,
    sales: AtomicU64,
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let shop = open(folder.path());
    println!(
        "durable sales, median of {ROUNDS} alternating rounds of {} ms",
        ROUND.as_millis()
    );
    println!(
        "{:>8} {:>10} {:>10} {:>9} {:>9}",
        "clients", "raw/s", "sales/s", "p50 ms", "÷ raw"
    );
    for clients in [1, 16, 64, 512] {
        let mut rounds: Vec<(f64, f64, f64, f64)> = (0..ROUNDS)
            .map(|_| {
                let raw = raw_rate(folder.path());
                let (rate, p50) = sale_rate(&shop, clients);
                (rate / raw, raw, rate, p50)
            })
            .collect();
        rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (ratio, raw, rate, p50) = rounds[ROUNDS / 2];
        println!("{clients:>8} {raw:>10.0} {rate:>10.0} {p50:>9.2} {ratio:>9.2}");
    }
    reads(&shop);
    replay(&shop);
}

fn open(folder: &Path) -> Shop {
    let seeds = SeededEntropy::new([1; 32]);
    let keybox = Keybox::in_memory([1; 16], Arc::new(move || seeds.seed()));
    let keys = Arc::new(Keys::new(keybox));
    let store = RedbStore::open(folder.join("store.redb"), Some(closing(keys.clone()))).unwrap();
    let clock = Arc::new(GivenClock::at(BEGIN));
    let entropy = Arc::new(SeededEntropy::new([2; 32]));
    let settings = Settings::default();
    let engine = Engine::open(Arc::new(store), keys, clock.clone(), entropy, settings).unwrap();
    engine.activate(PROGRAMME).unwrap();
    let line = engine.in_order();
    let opened: Vec<_> = (0..ACCOUNTS)
        .map(|number| {
            let account = account(number);
            engine.admit(account, &[]).unwrap();
            let open = Open {
                account,
                reference: number.to_string(),
                gift: false,
            };
            line.send(&key(BEGIN, u64::MAX - number), open)
        })
        .collect();
    for pending in opened {
        pending.wait().unwrap();
    }
    Shop {
        engine,
        clock,
        sales: AtomicU64::new(0),
    }
}

impl Shop {
    /// The next sale: five lines, for one of the members in no order.
    fn next(&self) -> (IdempotencyKey, TakeSale) {
        let number = self.sales.fetch_add(1, Ordering::Relaxed);
        let sold_at = BEGIN.plus_millis(number.cast_signed() * 1_000);
        self.clock.follow(sold_at);
        let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let line = |product: u64| Line {
            product: (900_000 + product).to_string(),
            department: "GROCERY".into(),
            category: "SOFT DRINKS".into(),
            kind: LineKind::Goods,
            quantity: Quantity::of_units(1).unwrap(),
            paid: Money::from_minor(99 + product.cast_signed() * 100),
        };
        let receipt = ReceiptNo {
            store: (number % 10).to_string(),
            till: "1".into(),
            number: format!("{number:012}"),
        };
        let lines = (0..5).map(line).collect();
        let account = account(scattered % ACCOUNTS);
        (
            key(sold_at, number),
            TakeSale {
                account,
                receipt,
                sold_at,
                lines,
                holds: Vec::new(),
                presented: Presented::default(),
            },
        )
    }
}

fn account(number: u64) -> AccountId {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    AccountId::from_bytes(((u128::from(mixed) << 64) | u128::from(number)).to_be_bytes())
}

fn key(at: Moment, number: u64) -> IdempotencyKey {
    let time = u128::from(at.millis().cast_unsigned()) << 80;
    let uuid = time | (0x7 << 76) | (0b10 << 62) | (u128::from(number) & ((1 << 62) - 1));
    IdempotencyKey {
        terminal: "bench".into(),
        uuid: uuid.to_be_bytes(),
    }
}

/// Overwrites and syncs a second.
fn raw_rate(folder: &Path) -> f64 {
    let path = folder.join("raw");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .unwrap();
    file.write_all_at(&vec![1; 4096 * 256], 0).unwrap();
    file.sync_all().unwrap();
    let (begun, mut writes) = (Instant::now(), 0_u64);
    while begun.elapsed() < ROUND {
        file.write_all_at(&[(writes % 251) as u8; 4096], (writes % 256) * 4096)
            .unwrap();
        file.sync_data().unwrap();
        writes += 1;
    }
    writes as f64 / begun.elapsed().as_secs_f64()
}

/// Sales a second with so many clients that each wait for their answer, and the median time one waited.
fn sale_rate(shop: &Shop, clients: usize) -> (f64, f64) {
    let begun = Instant::now();
    let mut waits: Vec<Duration> = std::thread::scope(|scope| {
        let run = || {
            let mut waits = Vec::new();
            while begun.elapsed() < ROUND {
                let (key, sale) = shop.next();
                let sent = Instant::now();
                shop.engine.run(&key, sale).unwrap();
                waits.push(sent.elapsed());
            }
            waits
        };
        let clients: Vec<_> = (0..clients).map(|_| scope.spawn(run)).collect();
        clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect()
    });
    let rate = waits.len() as f64 / begun.elapsed().as_secs_f64();
    waits.sort_unstable();
    (rate, waits[waits.len() / 2].as_secs_f64() * 1_000.0)
}

/// The median time of a read of a member, settled to now, while nothing is written.
fn reads(shop: &Shop) {
    let p50 = |look: &dyn Fn(AccountId)| {
        let time = |number: u64| {
            let id = account(number.wrapping_mul(7_919) % ACCOUNTS);
            let begun = Instant::now();
            look(id);
            begun.elapsed()
        };
        let mut times: Vec<Duration> = (0..20_000).map(time).collect();
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e6
    };
    let balance = p50(&|id| {
        black_box(shop.engine.balance(id).unwrap());
    });
    let statement = p50(&|id| {
        black_box(shop.engine.statement(id).unwrap());
    });
    println!(
        "balance read p50 {balance:.1} µs, statement p50 {statement:.1} µs, by member at random"
    );
}

/// Sales a second when answers are waited for in order, many at once.
fn replay(shop: &Shop) {
    let count = 30_000_u64;
    let begun = Instant::now();
    let line = shop.engine.in_order();
    let mut waiting = std::collections::VecDeque::new();
    for _ in 0..count {
        let (key, sale) = shop.next();
        waiting.push_back(line.send(&key, sale));
        if waiting.len() == 1_536 {
            waiting.pop_front().unwrap().wait().unwrap();
        }
    }
    for pending in waiting {
        pending.wait().unwrap();
    }
    println!(
        "replay in process: {:.0} durable sales/s",
        count as f64 / begun.elapsed().as_secs_f64()
    );
}
