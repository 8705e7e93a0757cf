//! Real threads on the store a shop runs on: whatever comes at once, it is as if it had come one after another.

use std::sync::mpsc::channel;
use std::sync::{Arc, Barrier};

use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::closing::closing;
use jifen::engine::commit::Kind;
use jifen::engine::hold::{Capture, PlaceHold, VoidHold};
use jifen::engine::open::Open;
use jifen::engine::receipt::{Answer, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::TakeSale;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::store::redb::{RedbStore, Settings};
use jifen::store::{Home, Store, Verdict};
use jifen_tests::bench::{Bench, DEMO, account, admitted, keys};
use jifen_tests::story::line;
use jifen_tests::wishes::{grant, noon, numbered, receipt, redeem, sale};
use tempfile::TempDir;

/// The demo programme, with points used one by one.
fn programme() -> String {
    DEMO.replace("min_points = 100", "min_points = 1")
        .replace("step = 100", "step = 1")
        .replace("max_share = \"0.50\"", "max_share = \"1\"")
}

/// A shop on a file, with these members.
fn shop(settings: Settings, members: &[&str]) -> (TempDir, Arc<RedbStore>, Bench) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.redb");
    let store = Arc::new(RedbStore::open_with(path, settings, Some(closing(keys()))).unwrap());
    let bench = Bench::over(store.clone());
    bench.engine.activate(&programme()).unwrap();
    bench.clock.follow(noon());
    for (number, name) in (1..).zip(members) {
        let open = Open {
            account: admitted(&bench.engine, name),
            reference: (*name).to_owned(),
            gift: false,
        };
        bench
            .engine
            .run(&numbered(1_000_000 + number), open)
            .unwrap();
    }
    (folder, store, bench)
}

/// Runs `body` in so many threads that begin at once, and gives what each came to.
fn at_once<T: Send>(threads: u64, body: impl Fn(u64) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(usize::try_from(threads).unwrap());
    std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads)
            .map(|number| {
                let (barrier, body) = (&barrier, &body);
                scope.spawn(move || {
                    barrier.wait();
                    body(number)
                })
            })
            .collect();
        started
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// Σ balances and Σ debt are what the journal says, and everything adds up.
fn assert_whole(bench: &Bench, members: &[&str]) {
    bench.assert_verified("the threads");
    let (mut balance, mut debt) = (0, 0);
    for name in members {
        let statement = bench.engine.statement(account(name)).unwrap();
        balance += statement.balance.count();
        debt += statement.debt.count();
    }
    let liability = bench.engine.liability().unwrap();
    assert_eq!(
        (liability.outstanding, liability.receivable),
        (balance, debt)
    );
    assert_eq!(liability.accounts.values().sum::<i64>(), 0);
}

/// Semantics 14: a balance of 100, two tills, 80 each.
#[test]
fn of_two_redeemers_of_one_balance_exactly_one_succeeds() {
    let (_folder, _store, bench) = shop(Settings::default(), &["A"]);
    for round in 0..40 {
        bench
            .engine
            .run(&numbered(round * 10), grant("A", 100))
            .unwrap();
        let answers = at_once(2, |till| {
            let number = round * 10 + till + 1;
            bench
                .engine
                .run(&numbered(number), redeem("A", &number.to_string(), 80))
        });
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        assert_eq!(done, 1, "round {round}: {answers:?}");
        let refused = answers.iter().find_map(|answer| answer.as_ref().err());
        let available = Points::new(20).unwrap();
        assert_eq!(refused, Some(&Refusal::NotEnough { available }));
        bench
            .engine
            .run(&numbered(round * 10 + 9), grant("A", -20))
            .unwrap();
    }
    assert_whole(&bench, &["A"]);
}

#[test]
fn sixteen_threads_with_one_key_earn_once() {
    let (_folder, _store, bench) = shop(Settings::default(), &["A"]);
    for round in 0..10 {
        let answers = at_once(16, |thread| {
            // Half of them come under the same key, the others with the same receipt under keys of their own.
            let number = round * 100 + if thread % 2 == 0 { 0 } else { thread };
            let sold = sale("A", &round.to_string(), "P:30.00");
            bench.engine.run(&numbered(number), sold).unwrap()
        });
        let first: Vec<&Answer> = answers.iter().filter(|answer| !answer.repeated).collect();
        assert_eq!(first.len(), 1, "round {round}");
        assert!(
            answers
                .iter()
                .all(|answer| answer.receipt == first[0].receipt)
        );
    }
    let statement = bench.engine.statement(account("A")).unwrap();
    assert_eq!(
        (statement.balance.count(), statement.totals.sales),
        (300, 10)
    );
    assert_whole(&bench, &["A"]);
}

/// Numbers that follow from a seed: each thread does the same work at every run, in another order among the others.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

#[test]
fn random_work_of_thirty_two_threads_adds_up() {
    let members = ["A", "B", "C", "D", "E", "F", "G", "H"];
    let (_folder, _store, bench) = shop(Settings::default(), &members);
    let earned = at_once(32, |thread| {
        let mut dice = Dice(thread + 1);
        let (mut earned, mut clawed_back) = (0, 0);
        let (mut sales, mut holds) = (Vec::new(), Vec::new());
        for step in 0..24 {
            let who = members[usize::try_from(dice.below(8)).unwrap()];
            let number = thread * 1_000 + step;
            let slip = number.to_string();
            let key = numbered(number);
            let engine = &bench.engine;
            let answer = match dice.below(8) {
                0..3 => {
                    let item = format!("P:{}.{:02}x3", dice.below(90), dice.below(100));
                    let answer = engine.run(&key, sale(who, &slip, &item));
                    if let Ok(Answer {
                        receipt: Receipt::Sold(sold),
                        ..
                    }) = &answer
                    {
                        sales.push((who, sold.sale));
                    }
                    answer
                }
                3 => {
                    let Some((who, sale)) = sales.pop() else {
                        continue;
                    };
                    let lines = vec![RefundLine {
                        line: 1,
                        of: RefundOf::Rest,
                    }];
                    engine.run(
                        &key,
                        TakeRefund {
                            account: account(who),
                            receipt: receipt(&slip),
                            sale,
                            lines,
                        },
                    )
                }
                4 => {
                    let points = i64::try_from(dice.below(80)).unwrap() + 1;
                    engine.run(&key, redeem(who, &slip, points))
                }
                5 => {
                    let points = i64::try_from(dice.below(40)).unwrap() + 1;
                    let answer = engine.run(
                        &key,
                        PlaceHold {
                            account: account(who),
                            points: Points::new(points).unwrap(),
                            lines: vec![line("P:900.00")],
                        },
                    );
                    if let Ok(Answer {
                        receipt: Receipt::Held(held),
                        ..
                    }) = &answer
                    {
                        holds.push((who, held.hold));
                    }
                    answer
                }
                6 => {
                    let Some((who, hold)) = holds.pop() else {
                        continue;
                    };
                    if dice.below(2) == 0 {
                        engine.run(
                            &key,
                            VoidHold {
                                account: account(who),
                                hold,
                            },
                        )
                    } else {
                        engine.run(
                            &key,
                            Capture {
                                account: account(who),
                                hold,
                                points: Points::new(1).unwrap(),
                            },
                        )
                    }
                }
                _ => {
                    // Readers come between.
                    let statement = engine.statement(account(who)).unwrap();
                    assert!(statement.debt.is_zero() || statement.balance == statement.held);
                    continue;
                }
            };
            match answer.map(|answer| answer.receipt) {
                Ok(Receipt::Sold(sold)) => earned += sold.earned.count(),
                Ok(Receipt::Refunded(refunded)) => clawed_back += refunded.clawback.count(),
                Ok(_) => {}
                Err(refusal) => assert!(!refusal.is_of_store(), "{refusal}"),
            }
        }
        (earned, clawed_back)
    });
    // What the callers heard is what the accounts say.
    let heard = earned
        .iter()
        .fold((0, 0), |sum, heard| (sum.0 + heard.0, sum.1 + heard.1));
    let mut kept = (0, 0);
    for name in members {
        let totals = bench.engine.statement(account(name)).unwrap().totals;
        kept.0 += totals.earned.count();
        kept.1 += totals.clawed_back.count();
    }
    assert_eq!(heard, kept);
    assert!(0 < heard.0 && 0 < heard.1, "{heard:?}");
    assert_whole(&bench, &members);
}

#[test]
fn busy_is_refused_and_nothing_of_it_is_there() {
    let settings = Settings {
        queue_max: 4,
        batch_max: 4,
        ..Settings::default()
    };
    let (_folder, store, bench) = shop(settings, &["A", "B"]);
    let mut again = Vec::new();
    for round in 0..10 {
        // The writer waits inside a batch until the tills have all been heard.
        let (started, starts) = channel::<()>();
        let (go, gone) = channel::<()>();
        let blocking = store.submit(
            Home::Node,
            Box::new(move |_| {
                started.send(()).unwrap();
                let _ = gone.recv();
                Verdict::Drop
            }),
        );
        starts.recv().unwrap();
        let (sent, answers) = channel();
        std::thread::scope(|scope| {
            for till in 0..12 {
                let (engine, sent) = (&bench.engine, sent.clone());
                scope.spawn(move || {
                    let number = round * 100 + till;
                    let answer = engine.run(&numbered(number), of_till(number));
                    sent.send((number, answer)).unwrap();
                });
            }
            // Four of twelve wait; the eight others are told at once, and are told that nothing was done.
            let refused: Vec<u64> = (0..8)
                .map(|_| match answers.recv().unwrap() {
                    (number, Err(Refusal::Busy)) => number,
                    (number, answer) => panic!("{number} heard {answer:?}"),
                })
                .collect();
            go.send(()).unwrap();
            for _ in 0..4 {
                let (number, answer) = answers.recv().unwrap();
                assert!(!answer.unwrap().repeated, "{number}");
            }
            for number in refused {
                let slip = receipt(&number.to_string());
                let of_receipt = bench.engine.status_of_receipt(Kind::Sale, &slip);
                assert_eq!(bench.engine.status(&numbered(number)), Ok(None));
                assert_eq!(of_receipt, Ok(None));
                again.push(number);
            }
        });
        blocking.wait().unwrap();
        let sales =
            ["A", "B"].map(|who| bench.engine.statement(account(who)).unwrap().totals.sales);
        assert_eq!(sales.iter().sum::<u64>(), (round + 1) * 4);
    }
    assert_whole(&bench, &["A", "B"]);

    // It was not remembered: the same sale under the same key is done now.
    for number in again {
        let answer = bench.engine.run(&numbered(number), of_till(number));
        assert!(!answer.unwrap().repeated, "{number}");
    }
    let balances = ["A", "B"].map(|who| {
        let statement = bench.engine.statement(account(who)).unwrap();
        statement.balance.count()
    });
    assert_eq!(balances, [600, 600]);
    assert_whole(&bench, &["A", "B"]);
}

/// The sale of a till, to one member or the other.
fn of_till(number: u64) -> TakeSale {
    let who = if number.is_multiple_of(2) { "A" } else { "B" };
    sale(who, &number.to_string(), "P:10.00")
}
