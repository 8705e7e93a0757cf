//! The contract of the store, held against both backends: what one says, the other says.

use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jifen::store::memory::MemoryStore;
use jifen::store::redb::{RedbStore, Settings};
use jifen::store::{
    Body, Closing, Home, KeyValue, ReadTx, Store, StoreError, Table, Ticket, Verdict, WriteTx,
};
use jifen_tests::fault_disk::{FaultDisk, Unsynced};
use proptest::prelude::*;

const TABLES: [Table; 3] = [Table::new("ants"), Table::new("bees"), Table::new("cats")];
const ANTS: Table = TABLES[0];
const BEES: Table = TABLES[1];

/// A redb store on this disk.
fn on_disk(disk: &FaultDisk, settings: Settings, closing: Option<Closing>) -> RedbStore {
    let disk = disk.clone();
    let opener = move || redb::Database::builder().create_with_backend(disk.clone());
    RedbStore::with_backend_and(opener, settings, closing).unwrap()
}

fn on_new_disk(closing: Option<Closing>) -> RedbStore {
    on_disk(&FaultDisk::new(), Settings::default(), closing)
}

/// Both backends, empty, each with a closing of its own.
fn both(closing: impl Fn() -> Option<Closing>) -> [Box<dyn Store>; 2] {
    [
        Box::new(MemoryStore::new(closing())),
        Box::new(on_new_disk(closing())),
    ]
}

fn run(
    store: &dyn Store,
    body: impl FnMut(&mut dyn WriteTx) -> Verdict + Send + 'static,
) -> Ticket {
    store.submit(Home::Node, Box::new(body))
}

fn rows(tx: &dyn ReadTx, table: Table) -> Vec<KeyValue> {
    let mut rows = Vec::new();
    tx.scan(table, &[], None, &mut |key, value| {
        rows.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    rows
}

/// Holds the writer in a batch until the sender says go (or is dropped), so that what is submitted meanwhile is the
/// next batch.
fn hold(store: &dyn Store) -> (Sender<()>, Ticket) {
    let (started, starts): (Sender<()>, Receiver<()>) = channel();
    let (go, gone) = channel::<()>();
    let ticket = run(store, move |_| {
        started.send(()).unwrap();
        // Whether it was sent or dropped: go.
        let _ = gone.recv();
        Verdict::Drop
    });
    starts.recv().unwrap();
    (go, ticket)
}

/// What a body of the property does.
#[derive(Clone, Debug)]
enum Step {
    Put(Table, Vec<u8>, Vec<u8>),
    Delete(Table, Vec<u8>),
    Value(Table, Vec<u8>),
    Scan {
        table: Table,
        from: Vec<u8>,
        until: Option<Vec<u8>>,
        most: usize,
    },
    Before(Table, Option<Vec<u8>>),
    Last(Table),
    Sequence,
}

#[derive(Clone, Copy, Debug)]
enum End {
    Keep,
    Drop,
    Panic,
}

#[derive(Clone, Debug)]
struct Plan {
    steps: Vec<Step>,
    end: End,
}

type Seen = Arc<Mutex<Vec<String>>>;

impl Plan {
    /// The plan as a body, and where it notes what it saw.
    fn body(&self) -> (Body, Seen) {
        let (plan, seen) = (self.clone(), Seen::default());
        let notes = Arc::clone(&seen);
        let body = Box::new(move |tx: &mut dyn WriteTx| {
            let mut notes = notes.lock().unwrap();
            notes.clear();
            for step in &plan.steps {
                notes.push(step.take(tx));
            }
            drop(notes);
            match plan.end {
                End::Keep => Verdict::Keep,
                End::Drop => Verdict::Drop,
                End::Panic => resume_unwind(Box::new("on purpose")),
            }
        });
        (body, seen)
    }
}

impl Step {
    fn take(&self, tx: &mut dyn WriteTx) -> String {
        match self.clone() {
            Self::Put(table, key, value) => format!("{:?}", tx.put(table, &key, value)),
            Self::Delete(table, key) => format!("{:?}", tx.delete(table, &key)),
            Self::Value(table, key) => format!("{:?}", tx.value(table, &key)),
            Self::Scan {
                table,
                from,
                until,
                most,
            } => {
                let mut rows = Vec::new();
                let scanned = tx.scan(table, &from, until.as_deref(), &mut |key, value| {
                    rows.push((key.to_vec(), value.to_vec()));
                    if rows.len() < most {
                        ControlFlow::Continue(())
                    } else {
                        ControlFlow::Break(())
                    }
                });
                format!("{scanned:?} {rows:?}")
            }
            Self::Before(table, until) => format!("{:?}", tx.before(table, until.as_deref())),
            Self::Last(table) => format!("{:?}", tx.last(table)),
            Self::Sequence => format!("{}", tx.sequence()),
        }
    }
}

/// Keys that meet often: up to two letters out of three.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(vec![0, 97, 255]), 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    let table = || prop::sample::select(TABLES.to_vec());
    prop_oneof![
        6 => (table(), key(), prop::collection::vec(any::<u8>(), 0..4)).prop_map(|(t, k, v)| Step::Put(t, k, v)),
        3 => (table(), key()).prop_map(|(t, k)| Step::Delete(t, k)),
        2 => (table(), key()).prop_map(|(t, k)| Step::Value(t, k)),
        3 => (table(), key(), prop::option::of(key()), 1..9_usize)
            .prop_map(|(table, from, until, most)| Step::Scan { table, from, until, most }),
        1 => (table(), prop::option::of(key())).prop_map(|(t, k)| Step::Before(t, k)),
        1 => table().prop_map(Step::Last),
        2 => Just(Step::Sequence),
    ]
}

fn plan() -> impl Strategy<Value = Plan> {
    let end = prop_oneof![5 => Just(End::Keep), 2 => Just(End::Drop), 1 => Just(End::Panic)];
    (prop::collection::vec(step(), 0..8), end).prop_map(|(steps, end)| Plan { steps, end })
}

/// Writes down the rows of each batch under a number of its own.
fn closing() -> Option<Closing> {
    Some(Box::new(|tx, written| {
        let noted: Vec<String> = written.rows().map(|row| format!("{row:?}")).collect();
        let number = tx.sequence();
        tx.put(
            Table::new("batches"),
            &number.to_be_bytes(),
            noted.concat().into_bytes(),
        )
    }))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn redb_says_what_memory_says(
        batches in prop::collection::vec(prop::collection::vec(plan(), 1..7), 1..6),
        close in any::<bool>(),
        reopen in any::<bool>(),
        batch_max in prop::sample::select(vec![1, 2, 512]),
    ) {
        // A closing body shows where a batch ends, and memory's batches are of one.
        let closing = || if close { closing() } else { None };
        let memory = MemoryStore::rehearsing(closing());
        let disk = FaultDisk::new();
        let settings = Settings { batch_max, ..Settings::default() };
        let mut redb = on_disk(&disk, settings, closing());
        for batch in &batches {
            let mut expected = Vec::new();
            for plan in batch {
                let (body, seen) = plan.body();
                let outcome = memory.submit(Home::Node, body).wait();
                expected.push((outcome, seen.lock().unwrap().clone()));
            }

            let mut found = Vec::new();
            let held = (!close).then(|| hold(&redb));
            let (ran, runs) = channel();
            let tickets: Vec<(Ticket, Seen)> = batch
                .iter()
                .map(|plan| {
                    let (mut body, seen) = plan.body();
                    let ran = ran.clone();
                    let body: Body = Box::new(move |tx| {
                        ran.send(()).unwrap();
                        body(tx)
                    });
                    let ticket = redb.submit(Home::Node, body);
                    let ticket = if close { Ticket::answered(ticket.wait()) } else { ticket };
                    (ticket, seen)
                })
                .collect();
            if held.is_some() {
                // The second batch runs while the first is on its way.
                disk.hold();
                drop(held);
                // Where redb makes the file longer, it holds up readers too: then it goes without.
                for _ in 0..batch.len().min(2 * batch_max) {
                    if runs.recv_timeout(Duration::from_millis(200)).is_err() {
                        break;
                    }
                }
                disk.let_go();
            }
            for (ticket, seen) in tickets {
                let outcome = ticket.wait();
                found.push((outcome, seen.lock().unwrap().clone()));
            }
            prop_assert_eq!(found, expected);

            if reopen {
                drop(redb);
                redb = on_disk(&disk, settings, closing());
            }
            let (redb, memory) = (redb.read().unwrap(), memory.read().unwrap());
            for table in TABLES.into_iter().chain([Table::new("batches")]) {
                prop_assert_eq!(rows(&*redb, table), rows(&*memory, table));
                prop_assert_eq!(redb.last(table), memory.last(table));
            }
        }
    }
}

#[test]
fn a_dropped_and_a_panicking_body_leave_no_trace_between_two_others() {
    for store in both(|| None) {
        let number = Arc::new(Mutex::new(Vec::new()));
        let body = |key: &'static [u8], end: End| {
            let number = Arc::clone(&number);
            move |tx: &mut dyn WriteTx| {
                let drawn = tx.sequence();
                number
                    .lock()
                    .unwrap()
                    .push((drawn, rows(tx, ANTS).len(), rows(tx, BEES).len()));
                tx.put(ANTS, key, vec![1]).unwrap();
                tx.put(BEES, key, vec![2]).unwrap();
                tx.delete(ANTS, b"first").unwrap();
                match end {
                    End::Keep => Verdict::Keep,
                    End::Drop => Verdict::Drop,
                    End::Panic => resume_unwind(Box::new("on purpose")),
                }
            }
        };
        let tickets = [
            run(&*store, body(b"one", End::Keep)),
            run(&*store, body(b"two", End::Drop)),
            run(&*store, body(b"three", End::Panic)),
            run(&*store, body(b"four", End::Keep)),
        ];
        let outcomes: Vec<_> = tickets.into_iter().map(Ticket::wait).collect();
        assert_eq!(
            outcomes,
            [
                Ok(Verdict::Keep),
                Ok(Verdict::Drop),
                Err(StoreError::Bug),
                Ok(Verdict::Keep)
            ]
        );
        assert_eq!(
            *number.lock().unwrap(),
            [(1, 0, 0), (2, 1, 1), (2, 1, 1), (2, 1, 1)]
        );
        let tx = store.read().unwrap();
        let keys: Vec<_> = rows(&*tx, ANTS).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, [b"four".to_vec(), b"one".to_vec()]);
    }
}

#[test]
fn a_snapshot_does_not_see_what_comes_after_it() {
    for store in both(|| None) {
        run(&*store, |tx| {
            tx.put(ANTS, b"a", vec![1])
                .map_or(Verdict::Drop, |()| Verdict::Keep)
        })
        .wait()
        .unwrap();
        let before = store.read().unwrap();
        run(&*store, |tx| {
            tx.delete(ANTS, b"a")
                .map_or(Verdict::Drop, |()| Verdict::Keep)
        })
        .wait()
        .unwrap();
        assert_eq!(before.value(ANTS, b"a"), Ok(Some(vec![1])));
        assert_eq!(store.read().unwrap().value(ANTS, b"a"), Ok(None));
    }
}

#[test]
fn a_closing_body_that_fails_undoes_its_batch() {
    let fails = || -> Option<Closing> {
        Some(Box::new(|tx, written| {
            tx.put(BEES, b"closed", vec![1])?;
            match written.table(ANTS).next() {
                Some((b"error", _)) => Err(StoreError::Io("on purpose".to_owned())),
                Some((b"panic", _)) => resume_unwind(Box::new("on purpose")),
                Some(_) | None => Ok(()),
            }
        }))
    };
    for store in both(fails) {
        for (key, expected) in [
            (&b"error"[..], Err(StoreError::Io("on purpose".to_owned()))),
            (b"panic", Err(StoreError::Bug)),
            (b"well", Ok(Verdict::Keep)),
        ] {
            let ticket = run(&*store, move |tx| {
                assert_eq!(
                    tx.sequence(),
                    1,
                    "a number of an undone batch is given out again"
                );
                assert_eq!(tx.value(BEES, b"closed"), Ok(None));
                tx.put(ANTS, key, vec![0]).unwrap();
                Verdict::Keep
            });
            assert_eq!(ticket.wait(), expected);
        }
        let tx = store.read().unwrap();
        assert_eq!(rows(&*tx, ANTS), [(b"well".to_vec(), vec![0])]);
        assert_eq!(rows(&*tx, BEES), [(b"closed".to_vec(), vec![1])]);
    }
}

#[test]
fn a_batch_that_wrote_nothing_is_not_closed_and_not_committed() {
    let closing: Closing = Box::new(|_, _| Err(StoreError::Io("nothing to close".to_owned())));
    let disk = FaultDisk::new();
    let store = on_disk(&disk, Settings::default(), Some(closing));
    let before = disk.syncs();
    for verdict in [Verdict::Keep, Verdict::Drop] {
        assert_eq!(run(&store, move |_| verdict).wait(), Ok(verdict));
    }
    assert_eq!(disk.syncs(), before);
}

#[test]
fn a_kept_number_is_not_given_out_again_after_a_restart_though_nothing_was_written() {
    let disk = FaultDisk::new();
    for expected in 1..4 {
        let store = on_disk(&disk, Settings::default(), None);
        let ticket = run(&store, move |tx| {
            assert_eq!(tx.sequence(), expected);
            Verdict::Keep
        });
        assert_eq!(ticket.wait(), Ok(Verdict::Keep));
    }
}

#[test]
fn a_full_queue_says_busy_at_once_and_a_patient_submitter_waits() {
    let settings = Settings {
        queue_max: 4,
        ..Settings::default()
    };
    let store = on_disk(&FaultDisk::new(), settings, None);
    let (go, held) = hold(&store);
    let queued: Vec<Ticket> = (0..4).map(|_| run(&store, |_| Verdict::Keep)).collect();

    // Answered at once: a callback is called before this thread goes on.
    let (told, hears) = channel();
    run(&store, |_| panic!("a refused body ran"))
        .then(Box::new(move |outcome| told.send(outcome).unwrap()));
    assert_eq!(hears.try_recv(), Ok(Err(StoreError::Busy)));

    std::thread::scope(|scope| {
        let patient = scope.spawn(|| {
            store
                .submit_waiting(Home::Node, Box::new(|_| Verdict::Keep))
                .wait()
        });
        go.send(()).unwrap();
        assert_eq!(patient.join().unwrap(), Ok(Verdict::Keep));
    });
    assert_eq!(held.wait(), Ok(Verdict::Drop));
    for ticket in queued {
        assert_eq!(ticket.wait(), Ok(Verdict::Keep));
    }
}

#[test]
fn a_batch_takes_what_waits_up_to_512() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sizes);
    let closing: Closing = Box::new(move |_, written| {
        noted.lock().unwrap().push(written.table(ANTS).count());
        Ok(())
    });
    let store = on_new_disk(Some(closing));
    let (go, _held) = hold(&store);
    let put = |number: u64| {
        move |tx: &mut dyn WriteTx| {
            tx.put(ANTS, &number.to_be_bytes(), Vec::new()).unwrap();
            Verdict::Keep
        }
    };
    let tickets: Vec<Ticket> = (0..4_096).map(|number| run(&store, put(number))).collect();
    assert_eq!(run(&store, put(4_096)).wait(), Err(StoreError::Busy));
    go.send(()).unwrap();
    assert!(
        tickets
            .into_iter()
            .all(|ticket| ticket.wait() == Ok(Verdict::Keep))
    );
    assert_eq!(*sizes.lock().unwrap(), [512; 8]);
}

#[test]
fn an_answer_comes_after_its_commit_is_durable() {
    let disk = FaultDisk::new();
    let store = on_disk(&disk, Settings::default(), None);
    for number in 0..20_u8 {
        let (told, hears) = channel();
        let other = disk.clone();
        run(&store, move |tx| {
            tx.put(ANTS, &[number], vec![number]).unwrap();
            Verdict::Keep
        })
        .then(Box::new(move |outcome| {
            told.send((outcome, other.after_power_cut(Unsynced::Lost)))
                .unwrap();
        }));
        let (outcome, bytes) = hears.recv().unwrap();
        assert_eq!(outcome, Ok(Verdict::Keep));
        let survivor = on_disk(&FaultDisk::holding(bytes), Settings::default(), None);
        assert_eq!(
            survivor.read().unwrap().value(ANTS, &[number]),
            Ok(Some(vec![number]))
        );
    }
}

#[test]
fn a_body_sees_what_is_on_its_way_to_the_disk_and_a_reader_does_not() {
    let disk = FaultDisk::new();
    let store = on_disk(&disk, Settings::default(), None);
    disk.hold();
    let (ran, runs) = channel();
    let (answered, answers) = channel();
    let body = |own: &'static [u8], seen: fn(&dyn ReadTx) -> Vec<KeyValue>| {
        let ran = ran.clone();
        move |tx: &mut dyn WriteTx| {
            ran.send((tx.sequence(), seen(tx))).unwrap();
            tx.put(ANTS, own, own.to_vec()).unwrap();
            Verdict::Keep
        }
    };
    let answer = |ticket: Ticket| {
        let answered = answered.clone();
        ticket.then(Box::new(move |outcome| answered.send(outcome).unwrap()));
    };
    answer(run(&store, body(b"one", |tx| rows(tx, ANTS))));
    assert_eq!(runs.recv(), Ok((1, Vec::new())));
    // They join one batch, as long as the first is on its way; the third sees the second too.
    let one = (b"one".to_vec(), b"one".to_vec());
    let two = (b"two".to_vec(), b"two".to_vec());
    answer(run(&store, body(b"two", |tx| rows(tx, ANTS))));
    assert_eq!(runs.recv(), Ok((2, vec![one.clone()])));
    let point_and_last = |tx: &dyn ReadTx| {
        let value = tx.value(ANTS, b"one").unwrap().unwrap();
        vec![
            (b"one".to_vec(), value),
            tx.before(ANTS, None).unwrap().unwrap(),
        ]
    };
    answer(run(&store, body(b"three", point_and_last)));
    assert_eq!(runs.recv(), Ok((3, vec![one, two])));

    assert_eq!(rows(&*store.read().unwrap(), ANTS), []);
    assert!(answers.try_recv().is_err(), "answered before it is durable");
    let before = disk.syncs();
    disk.let_go();
    for _ in 0..3 {
        assert_eq!(answers.recv(), Ok(Ok(Verdict::Keep)));
    }
    assert_eq!(disk.syncs() - before, 4, "two commits of two syncs");
    assert_eq!(rows(&*store.read().unwrap(), ANTS).len(), 3);
}

#[test]
fn bodies_run_and_are_answered_in_the_order_of_the_queue() {
    for batch_max in [1, 3, 512] {
        let settings = Settings {
            batch_max,
            ..Settings::default()
        };
        let closing: Closing = Box::new(|tx, written| {
            let count = u8::try_from(written.table(ANTS).count().min(255)).unwrap();
            let number = tx.sequence();
            tx.put(BEES, &number.to_be_bytes(), vec![count])
        });
        let store = on_disk(&FaultDisk::new(), settings, Some(closing));
        let (answered, answers) = channel();
        for number in 0..2_000_u16 {
            let body = move |tx: &mut dyn WriteTx| {
                let last = tx.last(ANTS).unwrap().map(|(_, value)| value);
                let before = number.checked_sub(1).map(|one| one.to_be_bytes().to_vec());
                assert_eq!(last, before);
                let key = tx.sequence().to_be_bytes();
                tx.put(ANTS, &key, number.to_be_bytes().to_vec()).unwrap();
                Verdict::Keep
            };
            let answered = answered.clone();
            store
                .submit_waiting(Home::Node, Box::new(body))
                .then(Box::new(move |outcome| {
                    answered.send((number, outcome)).unwrap();
                }));
        }
        drop(answered);
        for number in 0..2_000 {
            assert_eq!(answers.recv(), Ok((number, Ok(Verdict::Keep))));
        }
        // Every number was given out once: to a row or to a closing.
        let tx = store.read().unwrap();
        let mut numbers: Vec<Vec<u8>> = rows(&*tx, ANTS)
            .into_iter()
            .chain(rows(&*tx, BEES))
            .map(|(key, _)| key)
            .collect();
        numbers.sort_unstable();
        assert!(
            numbers
                .iter()
                .zip(1_u64..)
                .all(|(key, number)| *key == number.to_be_bytes())
        );
    }
}

#[test]
fn dropping_the_store_finishes_what_is_queued() {
    let disk = FaultDisk::new();
    let store = on_disk(&disk, Settings::default(), None);
    let (go, _held) = hold(&store);
    let tickets: Vec<Ticket> = (0..100_u8)
        .map(|number| {
            run(&store, move |tx| {
                tx.put(ANTS, &[number], Vec::new()).unwrap();
                Verdict::Keep
            })
        })
        .collect();
    go.send(()).unwrap();
    drop(store);
    assert!(
        tickets
            .into_iter()
            .all(|ticket| ticket.wait() == Ok(Verdict::Keep))
    );
    let again = on_disk(&disk, Settings::default(), None);
    assert_eq!(rows(&*again.read().unwrap(), ANTS).len(), 100);
}

#[test]
fn a_callback_may_hold_the_last_of_the_store() {
    let disk = FaultDisk::new();
    let store = Arc::new(on_disk(&disk, Settings::default(), None));
    let (told, hears) = channel();
    let (go, held) = hold(&*store);
    let last = Arc::clone(&store);
    held.then(Box::new(move |_| {
        drop(last);
        told.send(()).unwrap();
    }));
    drop(store);
    go.send(()).unwrap();
    hears.recv().unwrap();
}
