//! Whatever the disk does, what was answered is there, the rest is whole or absent, and nobody panics.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::mpsc::channel;
use std::time::Duration;

use jifen::store::redb::{RedbStore, Settings};
use jifen::store::{Closing, Home, ReadTx, Store, StoreError, Table, Ticket, Verdict};
use jifen_tests::fault_disk::{Draw, Fault, FaultDisk, Unsynced};

const SALES: Table = Table::new("sales");
const LOTS: Table = Table::new("lots");
const ACCOUNTS: Table = Table::new("accounts");
const BATCHES: Table = Table::new("batches");
const WITNESS: Table = Table::new("witness");

const ACCOUNTS_MAX: u8 = 5;

/// With and without the allocator's state in each commit.
const LAYOUTS: [u64; 2] = [0, u64::MAX];

fn open(disk: &FaultDisk, quick_repair_from_bytes: u64) -> Result<RedbStore, StoreError> {
    let disk = disk.clone();
    let opener = move || redb::Database::builder().create_with_backend(disk.clone());
    let settings = Settings {
        quick_repair_from_bytes,
        ..Settings::default()
    };
    RedbStore::with_backend_and(opener, settings, Some(closing()))
}

/// One row a batch: how many sales it held.
fn closing() -> Closing {
    Box::new(|tx, written| {
        let count = u8::try_from(written.table(SALES).count()).unwrap();
        let number = tx.sequence();
        tx.put(BATCHES, &number.to_be_bytes(), vec![count])
    })
}

/// A sale: a row, its lot, and one more on its account. `name` is the caller's own and stands in the row.
fn sale(store: &RedbStore, name: u8) -> Ticket {
    let body = move |tx: &mut dyn jifen::store::WriteTx| {
        let account = [name % ACCOUNTS_MAX];
        let Ok(earlier) = tx.value(ACCOUNTS, &account) else {
            return Verdict::Drop;
        };
        let key = tx.sequence().to_be_bytes();
        let mut count = earlier.unwrap_or_else(|| vec![0; 2_000]);
        count[0] += 1;
        tx.put(SALES, &key, vec![name; 300]).unwrap();
        tx.put(LOTS, &key, vec![name; 30]).unwrap();
        tx.put(ACCOUNTS, &account, count).unwrap();
        Verdict::Keep
    };
    store.submit(Home::of(name), Box::new(body))
}

/// What callers heard of their sales, by name.
#[derive(Default)]
struct Heard {
    /// Answered `Keep`: it is there, whatever happens.
    kept: Vec<u8>,
    /// Answered with a no that is certain: it is not there.
    refused: Vec<u8>,
}

impl Heard {
    /// Sales in groups of this many, each group awaited. Those that were answered `Keep`.
    fn sell(&mut self, store: &RedbStore, names: std::ops::Range<u8>, group: usize) -> usize {
        let before = self.kept.len();
        let names: Vec<u8> = names.collect();
        for names in names.chunks(group) {
            let tickets: Vec<_> = names
                .iter()
                .map(|name| (*name, sale(store, *name)))
                .collect();
            for (name, ticket) in tickets {
                match ticket.wait() {
                    Ok(Verdict::Keep) => self.kept.push(name),
                    // `Drop`: the body could not read.
                    Ok(Verdict::Drop)
                    | Err(StoreError::Full | StoreError::Io(_) | StoreError::Busy) => {
                        self.refused.push(name);
                    }
                    Err(StoreError::Unknown) => {}
                    Err(error @ (StoreError::Bug | StoreError::InUse | StoreError::Damaged(_))) => {
                        panic!("{name}: {error}")
                    }
                }
            }
        }
        self.kept.len() - before
    }
}

fn rows(tx: &dyn ReadTx, table: Table) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    tx.scan(table, &[], None, &mut |key, value| {
        rows.insert(key.to_vec(), value.to_vec());
        ControlFlow::Continue(())
    })
    .unwrap();
    rows
}

/// What was answered is there, everything else whole or absent; and the store goes on.
fn check(store: &RedbStore, heard: &Heard, what: &str) {
    let tx = store.read().unwrap();
    let sales = rows(&*tx, SALES);
    let names: Vec<u8> = sales.values().map(|value| value[0]).collect();
    for name in &heard.kept {
        assert!(
            names.contains(name),
            "{what}: {name} was answered and is gone"
        );
    }
    for name in &heard.refused {
        assert!(
            !names.contains(name),
            "{what}: {name} was refused and is there"
        );
    }
    assert!(
        sales.values().all(|value| *value == [value[0]; 300]),
        "{what}: torn"
    );
    let lots = rows(&*tx, LOTS);
    assert!(sales.keys().eq(lots.keys()), "{what}: half of a sale");
    assert!(
        sales
            .values()
            .zip(lots.values())
            .all(|(sale, lot)| *lot == [sale[0]; 30]),
        "{what}"
    );
    for account in 0..ACCOUNTS_MAX {
        let count = names
            .iter()
            .filter(|name| **name % ACCOUNTS_MAX == account)
            .count();
        let row = tx.value(ACCOUNTS, &[account]).unwrap();
        assert_eq!(
            row.map_or(0, |row| usize::from(row[0])),
            count,
            "{what}: account {account}"
        );
    }
    let closed: usize = rows(&*tx, BATCHES)
        .values()
        .map(|value| usize::from(value[0]))
        .sum();
    assert_eq!(
        closed,
        sales.len(),
        "{what}: a batch without its closing row"
    );
    let last = sales
        .keys()
        .chain(rows(&*tx, BATCHES).keys())
        .max()
        .cloned();
    drop(tx);

    let more = Heard::default().sell(store, 200..201, 1);
    assert_eq!(more, 1, "{what}: it does not go on");
    let next = store
        .read()
        .unwrap()
        .last(SALES)
        .unwrap()
        .map(|(key, _)| key);
    assert!(last < next, "{what}: a number was given out twice");
}

/// Every survivor of a power cut holds what was answered.
fn check_survivors(disk: &FaultDisk, heard: &Heard, layout: u64, seed: u64, what: &str) {
    for unsynced in [
        Unsynced::Lost,
        Unsynced::Kept,
        Unsynced::FirstSector,
        Unsynced::AllButFirstSector,
        Unsynced::Drawn(seed),
        Unsynced::Drawn(seed + 1),
        Unsynced::Drawn(seed + 2),
    ] {
        let what = format!("{what}, {unsynced:?}");
        let survivor = FaultDisk::holding(disk.after_power_cut(unsynced));
        match open(&survivor, layout) {
            Ok(store) => check(&store, heard, &what),
            // A file that was being begun holds nothing that was answered: it is begun again by hand.
            Err(StoreError::Damaged(_) | StoreError::Io(_)) if heard.kept.is_empty() => {}
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

/// How many operations a quiet run takes, the store's opening included.
fn quiet_operations(layout: u64, group: usize) -> u64 {
    let disk = FaultDisk::new();
    let store = open(&disk, layout).unwrap();
    assert_eq!(
        Heard::default().sell(&store, 0..SOLD, group),
        usize::from(SOLD)
    );
    drop(store);
    disk.operations()
}

const SOLD: u8 = 18;

#[test]
fn a_power_cut_at_any_operation_loses_nothing_that_was_answered() {
    for (layout, group) in [(LAYOUTS[0], 1), (LAYOUTS[1], 1), (LAYOUTS[1], 6)] {
        let operations = quiet_operations(layout, group);
        for at in 0..operations {
            let disk = FaultDisk::new();
            disk.break_at(Fault::PowerCut(at));
            let mut heard = Heard::default();
            if let Ok(store) = open(&disk, layout) {
                heard.sell(&store, 0..SOLD, group);
            }
            let what = format!("cut at {at} of {operations}, layout {layout}, groups of {group}");
            check_survivors(&disk, &heard, layout, at * 10, &what);
        }
    }
}

/// A disk that was in use already, so that its file does not grow in every batch.
fn used(layout: u64, seed: u64) -> (FaultDisk, RedbStore, Heard) {
    let disk = FaultDisk::seeded(seed);
    let store = open(&disk, layout).unwrap();
    let mut heard = Heard::default();
    assert_eq!(heard.sell(&store, 0..SOLD, 3), usize::from(SOLD));
    (disk, store, heard)
}

#[test]
fn a_write_or_a_sync_that_fails_once_makes_an_unknown_and_the_store_goes_on() {
    for layout in LAYOUTS {
        let mut unknown = 0;
        for at in 0..60 {
            let what = format!("operation {at} fails, layout {layout}");
            let (disk, store, mut heard) = used(layout, at);
            disk.break_at(Fault::Fails(at));
            unknown += usize::from(heard.sell(&store, 30..42, 3) < 12);
            assert!(disk.operations() > at, "{what}: it was never reached");
            check_survivors(&disk, &heard, layout, at * 10, &what);

            assert_eq!(
                heard.sell(&store, 50..53, 1),
                3,
                "{what}: the store did not come back"
            );
            assert_eq!(store.trouble(), None, "{what}");
            check_survivors(&disk, &heard, layout, at * 10, &what);
            check(&store, &heard, &what);
        }
        assert!(50 < unknown, "{unknown}");
    }
}

#[test]
fn a_full_disk_loses_nothing_and_the_store_comes_back_when_there_is_room() {
    for layout in LAYOUTS {
        let mut draw = Draw(layout);
        for (round, fault) in [
            Fault::Full(0),
            Fault::NotLonger(0),
            Fault::Full(7),
            Fault::NotLonger(7),
        ]
        .into_iter()
        .enumerate()
        {
            let what = format!("{fault:?}, layout {layout}");
            let (disk, store, mut heard) = used(layout, draw.number());
            disk.break_at(fault);
            let (mut full, mut large) = (0, 0_u64);
            // Until it does not fit any more, then ten times more.
            while full < 10 && large < 4_000 {
                large += 1;
                let body = move |tx: &mut dyn jifen::store::WriteTx| {
                    tx.put(Table::new("large"), &large.to_be_bytes(), vec![7; 30_000])
                        .unwrap();
                    Verdict::Keep
                };
                match store.submit(Home::Node, Box::new(body)).wait() {
                    Ok(Verdict::Keep) if full == 0 => {}
                    Ok(_) | Err(StoreError::Full | StoreError::Unknown | StoreError::Io(_)) => {
                        full += 1
                    }
                    Err(error) => panic!("{what}: {error}"),
                }
            }
            assert_eq!(full, 10, "{what}: it never filled up");
            heard.sell(&store, 30..33, 1);
            check_survivors(&disk, &heard, layout, round as u64, &what);

            disk.mend();
            assert_eq!(
                heard.sell(&store, 50..53, 3),
                3,
                "{what}: the store did not come back"
            );
            check(&store, &heard, &what);
        }
    }
}

#[test]
fn a_batch_that_does_not_fit_is_known_not_to_be_committed() {
    let (disk, store, heard) = used(u64::MAX, 1);
    disk.break_at(Fault::NotLonger(0));
    let body = |tx: &mut dyn jifen::store::WriteTx| {
        tx.put(Table::new("large"), b"much", vec![7; 64 << 20])
            .unwrap();
        Verdict::Keep
    };
    assert_eq!(
        store.submit(Home::Node, Box::new(body)).wait(),
        Err(StoreError::Full)
    );
    disk.mend();
    check(&store, &heard, "after a batch that did not fit");
    assert_eq!(
        store.read().unwrap().value(Table::new("large"), b"much"),
        Ok(None)
    );
}

/// The first row of the sale of this name, if it is there.
fn is_sold(tx: &dyn ReadTx, name: u8) -> bool {
    rows(tx, SALES).values().any(|value| value[0] == name)
}

/// One sale on its way to the disk, which fails; one more and a witness that ran over it meanwhile. The witness writes
/// down whether it saw the first.
struct Overtaken {
    heard: Heard,
    /// What the first of them heard.
    first: Result<Verdict, StoreError>,
    /// What the witness heard.
    witness: Result<Verdict, StoreError>,
    /// How often the witness ran.
    runs: usize,
}

fn overtake(disk: &FaultDisk, store: &RedbStore, mut heard: Heard, fault: Fault) -> Overtaken {
    disk.hold();
    disk.break_at(fault);
    // A body that runs tells so: from then on its batch is taken, and what comes later is another.
    let (taken, takes) = channel();
    let tell = move |_: &mut dyn jifen::store::WriteTx| {
        taken.send(()).unwrap();
        Verdict::Drop
    };
    let first = sale(store, 30);
    let tail = store.submit(Home::Node, Box::new(tell));
    takes.recv().unwrap();

    let (ran, runs) = channel();
    let witness = store.submit(
        Home::Node,
        Box::new(move |tx| {
            // The file may be closed under it: what it says then does not count.
            let mut saw = false;
            let scanned = tx.scan(SALES, &[], None, &mut |_, value| {
                saw |= value[0] == 30;
                ControlFlow::Continue(())
            });
            let put = scanned.and_then(|()| tx.put(WITNESS, b"saw", vec![u8::from(saw)]));
            ran.send(()).unwrap();
            put.map_or(Verdict::Drop, |()| Verdict::Keep)
        }),
    );
    let second = sale(store, 35);
    // It does not run before the disk is let go where redb makes the file longer meanwhile.
    let early = runs.recv_timeout(Duration::from_secs(2)).is_ok();
    disk.let_go();

    let first = first.wait();
    let _: Result<_, _> = tail.wait();
    let witness = witness.wait();
    for (name, outcome) in [(30, first.clone()), (35, second.wait())] {
        match outcome {
            Ok(Verdict::Keep) => heard.kept.push(name),
            Err(StoreError::Unknown) => {}
            Ok(Verdict::Drop)
            | Err(
                StoreError::Full
                | StoreError::Io(_)
                | StoreError::Busy
                | StoreError::Bug
                | StoreError::InUse
                | StoreError::Damaged(_),
            ) => heard.refused.push(name),
        }
    }
    let runs = runs.try_iter().count() + usize::from(early);
    Overtaken {
        heard,
        first,
        witness,
        runs,
    }
}

impl Overtaken {
    /// What the witness saw is what there is; and when it was told that its row is kept, the row is there.
    fn check_witness(&self, store: &RedbStore, what: &str) {
        let tx = store.read().unwrap();
        let row = tx.value(WITNESS, b"saw").unwrap();
        if self.witness == Ok(Verdict::Keep) {
            assert!(row.is_some(), "{what}: the witness is gone");
        }
        if let Some(saw) = row {
            assert_eq!(
                saw,
                [u8::from(is_sold(&*tx, 30))],
                "{what}: a false witness"
            );
        }
    }

    fn check_survivors(&self, disk: &FaultDisk, layout: u64, seed: u64, what: &str) {
        check_survivors(disk, &self.heard, layout, seed, what);
        for unsynced in [
            Unsynced::Lost,
            Unsynced::Kept,
            Unsynced::FirstSector,
            Unsynced::Drawn(seed),
        ] {
            let survivor = FaultDisk::holding(disk.after_power_cut(unsynced));
            self.check_witness(&open(&survivor, layout).unwrap(), what);
        }
    }
}

#[test]
fn a_batch_that_ran_over_one_that_failed_runs_again_on_what_is_there() {
    for layout in LAYOUTS {
        let (mut again, mut unknown, mut without) = (0, 0, 0);
        for at in 0..60 {
            let what = format!("operation {at} fails, layout {layout}");
            let (disk, store, heard) = used(layout, at);
            let mut ran = overtake(&disk, &store, heard, Fault::Fails(at));
            disk.mend();
            ran.check_witness(&store, &what);
            ran.check_survivors(&disk, layout, at * 10, &what);
            again += usize::from(1 < ran.runs);
            if ran.first == Err(StoreError::Unknown) {
                unknown += 1;
                // One fault, and it struck the first: the second batch is answered as if nothing had been.
                assert_eq!(ran.witness, Ok(Verdict::Keep), "{what}");
                assert!(ran.heard.kept.contains(&35), "{what}");
                without += usize::from(!is_sold(&*store.read().unwrap(), 30));
            }
            assert_eq!(ran.heard.sell(&store, 50..53, 1), 3, "{what}");
            assert_eq!(store.trouble(), None, "{what}");
            check(&store, &ran.heard, &what);
        }
        assert!(
            5 < again && again <= unknown && 5 < without,
            "{again} {unknown} {without}"
        );
    }
}

#[test]
fn a_power_cut_under_two_batches_leaves_both_or_the_first_or_none() {
    for layout in LAYOUTS {
        for at in 0..60 {
            let what = format!("cut at {at}, layout {layout}");
            let (disk, store, heard) = used(layout, at);
            let ran = overtake(&disk, &store, heard, Fault::PowerCut(at));
            ran.check_survivors(&disk, layout, at * 10, &what);
            drop(store);
            ran.check_survivors(&disk, layout, at * 10, &what);
        }
    }
}

#[test]
fn a_batch_that_ran_over_one_that_did_not_fit_runs_again_without_it() {
    let (disk, store, mut heard) = used(u64::MAX, 1);
    disk.break_at(Fault::NotLonger(0));
    let (taken, takes) = channel();
    let large = move |tx: &mut dyn jifen::store::WriteTx| {
        tx.put(Table::new("large"), b"much", vec![7; 64 << 20])
            .unwrap();
        taken.send(()).unwrap();
        Verdict::Keep
    };
    // There is room again when the first is answered, before the second is on its way.
    let (answered, answers) = channel();
    let room = disk.clone();
    store
        .submit(Home::Node, Box::new(large))
        .then(Box::new(move |outcome| {
            room.mend();
            answered.send(outcome).unwrap();
        }));
    takes.recv().unwrap();
    let small = store.submit(
        Home::Node,
        Box::new(|tx| {
            let saw = tx.value(Table::new("large"), b"much");
            let saw = saw.is_ok_and(|saw| saw.is_some());
            let put = tx.put(WITNESS, b"saw", vec![u8::from(saw)]);
            put.map_or(Verdict::Drop, |()| Verdict::Keep)
        }),
    );
    let sold = sale(&store, 30);
    assert_eq!(answers.recv(), Ok(Err(StoreError::Full)));
    assert_eq!(small.wait(), Ok(Verdict::Keep));
    assert_eq!(sold.wait(), Ok(Verdict::Keep));
    heard.kept.push(30);
    assert_eq!(
        store.read().unwrap().value(WITNESS, b"saw"),
        Ok(Some(vec![0]))
    );
    check(&store, &heard, "after a batch that did not fit");
}

#[test]
fn a_reader_from_before_a_reopening_hears_busy_and_begins_again() {
    let (disk, store, mut heard) = used(u64::MAX, 1);
    let before = store.read().unwrap();
    disk.break_at(Fault::Fails(0));
    assert_eq!(heard.sell(&store, 30..31, 1), 0);
    let mut seen = 0;
    let said = before.scan(SALES, &[], None, &mut |_, _| {
        seen += 1;
        ControlFlow::Continue(())
    });
    // What it had in memory it may still say.
    assert!(
        said == Err(StoreError::Busy) || (said == Ok(()) && seen == heard.kept.len()),
        "{said:?}"
    );
    check(&store, &heard, "after the reopening");
}
