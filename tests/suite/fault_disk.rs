//! Whatever the disk does, what was answered is there, the rest is whole or absent, and nobody panics.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use jifen::store::redb::{RedbStore, Settings};
use jifen::store::{Closing, Home, ReadTx, Store, StoreError, Table, Ticket, Verdict};
use jifen_tests::fault_disk::{Draw, Fault, FaultDisk, Unsynced};

const SALES: Table = Table::new("sales");
const LOTS: Table = Table::new("lots");
const ACCOUNTS: Table = Table::new("accounts");
const BATCHES: Table = Table::new("batches");

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
