//! A clock that is wrong may not let points expire (semantics 2).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jifen::domain::money::Money;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::{MILLIS_A_DAY, Moment};
use jifen::engine::clock::{Clock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::open::Open;
use jifen::engine::receipt::Receipt;
use jifen::engine::sale::TakeSale;
use jifen::engine::tokens::Presented;
use jifen::engine::{Engine, Settings};
use jifen::ledger::sale::ReceiptNo;
use jifen::store::memory::MemoryStore;
use jifen_tests::bench::{DEMO, account, admitted, key, keys};
use jifen_tests::story::line;

/// A clock of a machine: what it shows, and what has really passed.
#[derive(Default)]
struct Machine {
    shows: AtomicI64,
    passed: AtomicI64,
}

impl Machine {
    /// Time goes by, and the clock shows it.
    fn go(&self, millis: i64) {
        self.shows.fetch_add(millis, Ordering::SeqCst);
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// Somebody sets the clock.
    fn set(&self, by_millis: i64) {
        self.shows.fetch_add(by_millis, Ordering::SeqCst);
    }
}

impl Clock for Machine {
    fn business(&self) -> Moment {
        Moment::from_millis(self.shows.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.business()
    }

    fn monotonic_millis(&self) -> i64 {
        self.passed.load(Ordering::SeqCst)
    }
}

struct Shop {
    clock: Arc<Machine>,
    store: Arc<MemoryStore>,
    engine: Engine,
    sales: u64,
}

fn engine(store: &Arc<MemoryStore>, clock: &Arc<Machine>) -> Engine {
    let entropy = Arc::new(SeededEntropy::new([3; 32]));
    Engine::open(
        store.clone(),
        keys(),
        clock.clone(),
        entropy,
        Settings::default(),
    )
    .unwrap()
}

impl Shop {
    fn new() -> Self {
        let clock = Arc::new(Machine::default());
        clock.go("2017-03-01T10:00:00+08:00"
            .parse::<Moment>()
            .unwrap()
            .millis());
        let store = Arc::new(MemoryStore::new(Some(closing(keys()))));
        let engine = engine(&store, &clock);
        engine.activate(DEMO).unwrap();
        let open = Open {
            account: admitted(&engine, "A"),
            reference: "A".into(),
            gift: false,
        };
        engine.run(&key(clock.business(), u64::MAX), open).unwrap();
        Self {
            clock,
            store,
            engine,
            sales: 0,
        }
    }

    /// Sells for 10.00 at the time the till shows, and says how many points there are then.
    fn sell(&mut self, sold_at: Moment) -> i64 {
        self.sales += 1;
        let sale = TakeSale {
            account: account("A"),
            receipt: ReceiptNo {
                store: "1".into(),
                till: "1".into(),
                number: self.sales.to_string(),
            },
            sold_at,
            lines: vec![line("P:10.00")],
            holds: Vec::new(),
            presented: Presented::default(),
        };
        let answer = self.engine.run(&key(sold_at, self.sales), sale).unwrap();
        let Receipt::Sold(sold) = answer.receipt else {
            panic!("{answer:?}")
        };
        assert_eq!(sold.money, Money::from_minor(1_000));
        sold.balance.count()
    }

    fn restart(&mut self) {
        self.engine = engine(&self.store, &self.clock);
    }
}

#[test]
fn a_clock_that_jumps_is_not_believed_until_somebody_confirms_it() {
    let mut shop = Shop::new();
    let begun = shop.clock.business();
    assert_eq!(shop.sell(begun), 10);

    shop.clock.set(2 * 60_000);
    assert!(
        shop.engine.trusts_clock(),
        "two minutes are within the bound"
    );
    shop.clock.set(2 * 366 * MILLIS_A_DAY);
    assert!(!shop.engine.trusts_clock());
    let statement = shop.engine.statement(account("A")).unwrap();
    assert_eq!(
        statement.balance.count(),
        10,
        "nothing expires by a clock that is wrong"
    );
    assert_eq!(shop.engine.sweep(), Err(Refusal::ClockUntrusted));

    // Sales go on, also with a till whose own clock is right.
    shop.clock.go(3_600_000);
    assert_eq!(shop.sell(begun.plus_minutes(60)), 20);

    shop.clock.set(-(2 * 366 * MILLIS_A_DAY) - 2 * 60_000);
    assert!(
        !shop.engine.trusts_clock(),
        "a clock that was wrong is not believed by itself"
    );
    shop.engine.confirm_clock().unwrap();
    assert!(shop.engine.trusts_clock());
    assert_eq!(shop.engine.now(), begun.plus_minutes(60));
    assert!(shop.engine.sweep().is_ok());
}

#[test]
fn at_start_the_clock_may_be_neither_before_the_last_commit_nor_weeks_after_it() {
    let mut shop = Shop::new();
    let begun = shop.clock.business();
    shop.sell(begun);
    for (days, millis, trusted) in [(35, 0, true), (35, 1, false), (0, -1, false), (0, 0, true)] {
        let by = days * MILLIS_A_DAY + millis;
        shop.clock.go(by);
        shop.restart();
        assert_eq!(
            shop.engine.trusts_clock(),
            trusted,
            "{days} days and {millis} ms later"
        );
        assert!(begun <= shop.engine.now(), "business time never goes back");
        shop.clock.go(-by);
    }
}
