//! Rules 34 and 35: a command that comes again is done once, and a "no" stays a "no".

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jifen::domain::ids::SaleId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::closing::closing;
use jifen::engine::commit::{IdempotencyKey, Kind};
use jifen::engine::open::Open;
use jifen::engine::receipt::{Answer, Outcome, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::TakeSale;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::ledger::sale::ReceiptNo;
use jifen::store::memory::MemoryStore;
use jifen::store::redb::RedbStore;
use jifen::store::{Body, Home, ReadTx, Store, StoreError, Ticket};
use jifen_tests::bench::{Bench, DEMO, account, admitted, keys};
use jifen_tests::wishes::{grant, noon, numbered, receipt, redeem, sale};

/// A bench with members, at noon.
fn bench(members: &[&str]) -> Bench {
    let bench = Bench::in_memory(DEMO);
    bench.clock.follow(noon());
    for (number, name) in (9_000..).zip(members) {
        open(&bench, number, name).unwrap();
    }
    bench
}

fn open(bench: &Bench, number: u64, name: &str) -> Result<Answer, Refusal> {
    let open = Open {
        account: admitted(&bench.engine, name),
        reference: name.to_owned(),
        gift: false,
    };
    bench.engine.run(&numbered(number), open)
}

fn balance(bench: &Bench, who: &str) -> i64 {
    bench
        .engine
        .statement(account(who))
        .unwrap()
        .balance
        .count()
}

fn sales(bench: &Bench, who: &str) -> u64 {
    bench.engine.statement(account(who)).unwrap().totals.sales
}

fn id_of(answer: &Answer) -> SaleId {
    match &answer.receipt {
        Receipt::Sold(sold) => sold.sale,
        other => panic!("not a sale: {other:?}"),
    }
}

#[test]
fn the_same_sale_ten_times_earns_once() {
    let bench = bench(&["A"]);
    let first = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:30.00"))
        .unwrap();
    assert!(!first.repeated);
    for _ in 0..9 {
        // Time goes by between the tries; the answer is the first one's all the same.
        bench.clock.follow(bench.engine.now().plus_minutes(7));
        let again = bench
            .engine
            .run(&numbered(1), sale("A", "s1", "P:30.00"))
            .unwrap();
        assert!(again.repeated);
        assert_eq!(again.receipt, first.receipt);
    }
    assert_eq!((balance(&bench, "A"), sales(&bench, "A")), (30, 1));
    bench.assert_verified("ten tries");
}

#[test]
fn the_same_key_with_another_body_is_key_reused() {
    let bench = bench(&["A", "B"]);
    bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:30.00"))
        .unwrap();
    let others = [
        ("another amount", sale("A", "s1", "P:30.01")),
        ("another receipt", sale("A", "s2", "P:30.00")),
        ("another member", sale("B", "s1", "P:30.00")),
        ("another product", sale("A", "s1", "Q:30.00")),
        (
            "another time",
            TakeSale {
                sold_at: noon().plus_millis(-1),
                ..sale("A", "s1", "P:30.00")
            },
        ),
    ];
    for (what, other) in others {
        let refused = bench.engine.run(&numbered(1), other);
        assert_eq!(refused, Err(Refusal::KeyReused), "{what}");
    }
    // Another kind of command, too.
    let refused = bench.engine.run(&numbered(1), grant("A", 5));
    assert_eq!(refused, Err(Refusal::KeyReused));
    // None of them has taken the key from the sale, nor earned.
    let again = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:30.00"))
        .unwrap();
    assert!(again.repeated);
    assert_eq!((balance(&bench, "A"), balance(&bench, "B")), (30, 0));
}

#[test]
fn the_same_receipt_under_another_key_gives_the_first_answer() {
    let bench = bench(&["A", "B"]);
    let first = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:30.00"))
        .unwrap();
    let again = bench
        .engine
        .run(&numbered(2), sale("A", "s1", "P:30.00"))
        .unwrap();
    assert!(again.repeated);
    assert_eq!(again.receipt, first.receipt);

    let other = bench
        .engine
        .run(&numbered(3), sale("A", "s1", "P:31.00"))
        .unwrap_err();
    assert_eq!(other, Refusal::KeyReused);
    let other = bench
        .engine
        .run(&numbered(4), sale("B", "s1", "P:30.00"))
        .unwrap_err();
    assert_eq!(other, Refusal::KeyReused);
    // `key_reused` is not remembered: the same key, with a body that is right, is carried out.
    let right = bench
        .engine
        .run(&numbered(3), sale("A", "s2", "P:31.00"))
        .unwrap();
    assert!(!right.repeated);
    assert_eq!((balance(&bench, "A"), balance(&bench, "B")), (61, 0));
}

#[test]
fn each_part_of_a_receipt_tells_sales_apart() {
    let bench = bench(&["A"]);
    let named = |store: &str, till: &str, number: &str| TakeSale {
        receipt: ReceiptNo {
            store: store.to_owned(),
            till: till.to_owned(),
            number: number.to_owned(),
        },
        ..sale("A", "", "P:1.00")
    };
    let names = [
        ("1", "1", "1"),
        ("1", "1", "2"),
        ("1", "2", "1"),
        ("2", "1", "1"),
        ("11", "1", "1"),
        ("1", "11", "1"),
    ];
    for (number, (store, till, slip)) in (1..).zip(names) {
        let answer = bench
            .engine
            .run(&numbered(number), named(store, till, slip))
            .unwrap();
        assert!(!answer.repeated, "{store} {till} {slip}");
    }
    assert_eq!(balance(&bench, "A"), 6);
}

#[test]
fn a_refusal_repeated_later_stays_a_refusal() {
    let bench = bench(&["A"]);
    let refused = bench
        .engine
        .run(&numbered(1), redeem("A", "r1", 200))
        .unwrap_err();
    assert_eq!(
        refused,
        Refusal::NotEnough {
            available: Points::ZERO
        }
    );
    bench.engine.run(&numbered(2), grant("A", 500)).unwrap();

    // The balance is enough now, but the customer has gone.
    let again = bench.engine.run(&numbered(1), redeem("A", "r1", 200));
    assert_eq!(again, Err(refused.clone()));
    assert_eq!(
        bench.engine.status(&numbered(1)).unwrap(),
        Some(Outcome::Refused(refused))
    );
    assert_eq!(balance(&bench, "A"), 500);
    // A corrected body does not get in under that key either.
    let corrected = bench.engine.run(&numbered(1), redeem("A", "r1", 100));
    assert_eq!(corrected, Err(Refusal::KeyReused));

    // Under a new key the same slip is done: the refusal has not taken it.
    let done = bench
        .engine
        .run(&numbered(3), redeem("A", "r1", 200))
        .unwrap();
    assert!(!done.repeated);
    assert_eq!(balance(&bench, "A"), 300);
    // And the first key still says no.
    assert!(
        bench
            .engine
            .run(&numbered(1), redeem("A", "r1", 200))
            .is_err()
    );
    bench.assert_verified("refusals");
}

#[test]
fn a_refused_command_does_not_take_the_receipt() {
    let bench = bench(&["A"]);
    let future = TakeSale {
        sold_at: noon().plus_minutes(6),
        ..sale("A", "s1", "P:10.00")
    };
    assert_eq!(
        bench.engine.run(&numbered(1), future),
        Err(Refusal::InFuture)
    );
    assert_eq!(
        bench
            .engine
            .status_of_receipt(Kind::Sale, &receipt("s1"))
            .unwrap(),
        None
    );
    // Even with another body the receipt is free.
    let done = bench
        .engine
        .run(&numbered(2), sale("A", "s1", "P:11.00"))
        .unwrap();
    assert!(!done.repeated);
    let outcome = bench
        .engine
        .status_of_receipt(Kind::Sale, &receipt("s1"))
        .unwrap();
    assert_eq!(outcome, Some(Outcome::Done(done.receipt)));
}

#[test]
fn an_unknown_member_is_not_remembered() {
    let bench = bench(&[]);
    for _ in 0..2 {
        let refused = bench.engine.run(&numbered(1), sale("A", "s1", "P:10.00"));
        assert_eq!(refused, Err(Refusal::TokenUnknown));
    }
    assert_eq!(bench.engine.status(&numbered(1)).unwrap(), None);
    // The client sends the same sale under the same key once the member is known.
    open(&bench, 50, "A").unwrap();
    let done = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:10.00"))
        .unwrap();
    assert!(!done.repeated);
    assert_eq!(balance(&bench, "A"), 10);
}

/// A store that says "busy" when it is told to, before the body has run.
struct Reluctant {
    inner: MemoryStore,
    is_busy: Arc<AtomicBool>,
}

impl Store for Reluctant {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        self.inner.read()
    }

    fn submit(&self, home: Home, body: Body) -> Ticket {
        if self.is_busy.load(Ordering::SeqCst) {
            Ticket::answered(Err(StoreError::Busy))
        } else {
            self.inner.submit(home, body)
        }
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        self.inner.submit_waiting(home, body)
    }
}

#[test]
fn busy_is_not_remembered() {
    let is_busy = Arc::new(AtomicBool::new(false));
    let bench = Bench::over(Arc::new(Reluctant {
        inner: MemoryStore::new(Some(closing(keys()))),
        is_busy: is_busy.clone(),
    }));
    bench.engine.activate(DEMO).unwrap();
    bench.clock.follow(noon());
    open(&bench, 9_000, "A").unwrap();

    is_busy.store(true, Ordering::SeqCst);
    for _ in 0..3 {
        let refused = bench.engine.run(&numbered(1), sale("A", "s1", "P:10.00"));
        assert_eq!(refused, Err(Refusal::Busy));
    }
    assert_eq!(bench.engine.status(&numbered(1)).unwrap(), None);
    assert_eq!(balance(&bench, "A"), 0);

    is_busy.store(false, Ordering::SeqCst);
    let done = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:10.00"))
        .unwrap();
    assert!(!done.repeated);
    assert_eq!(balance(&bench, "A"), 10);
}

#[test]
fn a_key_belongs_to_the_terminal_that_sent_it() {
    let bench = bench(&["A", "B"]);
    let at = |terminal: &str| IdempotencyKey {
        terminal: terminal.to_owned(),
        ..numbered(1)
    };
    for (terminal, who) in [("till-1", "A"), ("till-2", "B"), ("till-12", "A")] {
        let sold = sale(who, terminal, "P:10.00");
        let answer = bench.engine.run(&at(terminal), sold).unwrap();
        assert!(!answer.repeated, "{terminal}");
    }
    assert_eq!((balance(&bench, "A"), balance(&bench, "B")), (20, 10));
    assert_eq!(bench.engine.status(&at("till-3")).unwrap(), None);
}

#[test]
fn a_key_that_is_none_is_refused_before_anything_is_looked_at() {
    let bench = bench(&["A"]);
    let good = numbered(1);
    let mut version_four = good.clone();
    version_four.uuid[6] = 0x40;
    let mut no_variant = good.clone();
    no_variant.uuid[8] = 0;
    let bad = [
        version_four,
        no_variant,
        IdempotencyKey {
            terminal: String::new(),
            ..good.clone()
        },
        IdempotencyKey {
            terminal: "a\n".to_owned(),
            ..good.clone()
        },
        IdempotencyKey {
            terminal: "a".repeat(65),
            ..good.clone()
        },
    ];
    for key in bad {
        let refused = bench.engine.run(&key, sale("A", "s1", "P:10.00"));
        assert_eq!(refused, Err(Refusal::BadKey), "{key:?}");
    }
    let mut version_eight = good;
    version_eight.uuid[6] = 0x8f;
    let answer = bench.engine.run(&version_eight, sale("A", "s1", "P:10.00"));
    assert!(!answer.unwrap().repeated);
}

#[test]
fn two_refunds_of_one_sale_have_slips_of_their_own() {
    let bench = bench(&["A"]);
    let sold = bench
        .engine
        .run(&numbered(1), sale("A", "s1", "P:30.00x3"))
        .unwrap();
    let refund = |slip: &str| TakeRefund {
        account: account("A"),
        receipt: receipt(slip),
        sale: id_of(&sold),
        lines: vec![RefundLine {
            line: 1,
            of: RefundOf::Quantity(jifen::domain::basket::Quantity::of_units(1).unwrap()),
        }],
    };
    let money = |answer: &Answer| match &answer.receipt {
        Receipt::Refunded(refunded) => refunded.money.display(2),
        other => panic!("not a refund: {other:?}"),
    };
    // The slip may have the sale's number: refunds are counted by themselves.
    for (number, slip, is_repeated, left) in [
        (2, "s1", false, 20),
        (3, "s1", true, 20),
        (4, "r2", false, 10),
        (4, "r2", true, 10),
        (5, "r3", false, 0),
    ] {
        let answer = bench.engine.run(&numbered(number), refund(slip)).unwrap();
        assert_eq!(answer.repeated, is_repeated, "{slip}");
        assert_eq!(money(&answer), "10.00");
        assert_eq!(balance(&bench, "A"), left, "{slip}");
    }
    let fourth = bench.engine.run(&numbered(6), refund("r4"));
    assert_eq!(fourth, Err(Refusal::RefundTooMuch { line: 1 }));
    // A slip that led to nothing is free for another refund.
    assert_eq!(
        bench
            .engine
            .status_of_receipt(Kind::Refund, &receipt("r4"))
            .unwrap(),
        None
    );
    bench.assert_verified("three refunds");
}

#[test]
fn keys_are_looked_at_before_balances() {
    let bench = bench(&["A"]);
    bench.engine.run(&numbered(1), grant("A", 250)).unwrap();
    let first = bench
        .engine
        .run(&numbered(2), redeem("A", "r1", 200))
        .unwrap();
    // 50 are left: a second redemption of 200 is refused, and a repetition of the first is not.
    assert!(
        bench
            .engine
            .run(&numbered(3), redeem("A", "r2", 200))
            .is_err()
    );
    for number in [2, 4] {
        let again = bench
            .engine
            .run(&numbered(number), redeem("A", "r1", 200))
            .unwrap();
        assert!(again.repeated);
        assert_eq!(again.receipt, first.receipt);
    }
    assert_eq!(balance(&bench, "A"), 50);
}

fn on_file(path: &Path, seed: u8) -> Bench {
    let store = RedbStore::open(path, Some(closing(keys()))).unwrap();
    Bench::seeded(Arc::new(store), seed)
}

#[test]
fn keys_outlive_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let (first, refused) = {
        let bench = on_file(&path, 1);
        bench.engine.activate(DEMO).unwrap();
        bench.clock.follow(noon());
        open(&bench, 9_000, "A").unwrap();
        let first = bench
            .engine
            .run(&numbered(1), sale("A", "s1", "P:30.00"))
            .unwrap();
        let refused = bench
            .engine
            .run(&numbered(2), redeem("A", "r1", 200))
            .unwrap_err();
        bench.engine.run(&numbered(3), grant("A", 500)).unwrap();
        (first, refused)
    };

    let bench = on_file(&path, 2);
    // Without a clock the engine goes on by the last commit's time.
    assert_eq!(bench.engine.now(), noon());
    for number in [1, 4] {
        let again = bench
            .engine
            .run(&numbered(number), sale("A", "s1", "P:30.00"))
            .unwrap();
        assert!(again.repeated);
        assert_eq!(again.receipt, first.receipt);
    }
    let other = bench.engine.run(&numbered(5), sale("A", "s1", "P:31.00"));
    assert_eq!(other, Err(Refusal::KeyReused));
    let again = bench.engine.run(&numbered(2), redeem("A", "r1", 200));
    assert_eq!(again, Err(refused));
    assert_eq!(balance(&bench, "A"), 530);
    bench.assert_verified("reopened");
}

#[test]
fn a_refusal_by_shape_is_remembered_like_any_other() {
    let bench = bench(&["A"]);
    let empty = TakeSale {
        lines: Vec::new(),
        ..sale("A", "s1", "P:1.00")
    };
    let run = |number, sale| bench.engine.run(&numbered(number), sale);
    assert_eq!(run(1, empty.clone()), Err(Refusal::BasketEmpty));
    assert_eq!(run(1, empty.clone()), Err(Refusal::BasketEmpty));
    // A corrected command comes under a new key.
    assert_eq!(run(1, sale("A", "s1", "P:1.00")), Err(Refusal::KeyReused));
    assert!(run(2, sale("A", "s1", "P:1.00")).is_ok());
    // And what was done stays the answer's owner.
    assert_eq!(run(2, empty), Err(Refusal::KeyReused));
    bench.assert_verified("shapes");
}

#[test]
fn a_key_that_heard_an_answer_through_the_receipt_is_bound_to_it() {
    let bench = bench(&["A"]);
    let run = |number, sale| bench.engine.run(&numbered(number), sale);
    assert!(!run(1, sale("A", "s1", "P:1.00")).unwrap().repeated);
    assert!(run(2, sale("A", "s1", "P:1.00")).unwrap().repeated);
    assert!(run(2, sale("A", "s1", "P:1.00")).unwrap().repeated);
    assert_eq!(run(2, sale("A", "s2", "P:2.00")), Err(Refusal::KeyReused));
    assert_eq!(balance(&bench, "A"), 1);
    bench.assert_verified("two keys, one receipt");
}

#[test]
fn a_stranger_hears_the_same_words_whatever_is_asked() {
    let bench = bench(&["A"]);
    let refund = TakeRefund {
        account: account("nobody"),
        receipt: receipt("r1"),
        sale: SaleId::from_bytes([0; 16]),
        lines: vec![RefundLine {
            line: 1,
            of: RefundOf::Rest,
        }],
    };
    assert_eq!(
        bench.engine.run(&numbered(1), refund),
        Err(Refusal::TokenUnknown)
    );
    assert_eq!(
        bench.engine.status(&numbered(1)).unwrap(),
        None,
        "and it is not remembered"
    );
}
