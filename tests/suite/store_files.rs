//! Files as a shop has them: in use, cut short, altered, or somebody else's.

use std::ops::ControlFlow;
use std::path::Path;

use jifen::store::redb::{Integrity, RedbStore, check_integrity};
use jifen::store::{Home, Store, StoreError, Table, Verdict};
use jifen_tests::fault_disk::Draw;

const SALES: Table = Table::new("sales");

/// A closed store of a few hundred kilobytes.
fn write_store(path: &Path) {
    let store = RedbStore::open(path, None).unwrap();
    let tickets: Vec<_> = (0..200_u64)
        .map(|number| {
            let body = move |tx: &mut dyn jifen::store::WriteTx| {
                tx.put(SALES, &number.to_be_bytes(), vec![7; 700]).unwrap();
                tx.sequence();
                Verdict::Keep
            };
            store.submit(Home::Node, Box::new(body))
        })
        .collect();
    assert!(
        tickets
            .into_iter()
            .all(|ticket| ticket.wait() == Ok(Verdict::Keep))
    );
}

#[test]
fn a_file_has_one_owner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    write_store(&path);
    let store = RedbStore::open(&path, None).unwrap();
    assert_eq!(RedbStore::open(&path, None).err(), Some(StoreError::InUse));
    assert_eq!(check_integrity(&path), Err(StoreError::InUse));
    drop(store);
    assert_eq!(check_integrity(&path), Ok(Integrity::Sound));
    assert!(RedbStore::open(&path, None).is_ok());
}

#[test]
fn a_new_store_leaves_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    // A process of the same number was cut off while it began one.
    let half = format!("store.{}.new", std::process::id());
    std::fs::write(folder.path().join(half), b"half").unwrap();
    write_store(&folder.path().join("store.redb"));
    let names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["store.redb"]);
}

#[test]
fn a_missing_or_an_empty_file_is_begun_and_a_folder_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    std::fs::write(&path, b"").unwrap();
    assert!(RedbStore::open(&path, None).is_ok());
    assert!(matches!(
        RedbStore::open(folder.path(), None).err(),
        Some(StoreError::Io(_))
    ));
    let nowhere = folder.path().join("nowhere").join("store.redb");
    assert!(matches!(
        RedbStore::open(nowhere, None).err(),
        Some(StoreError::Io(_))
    ));
}

#[test]
fn a_stranger_is_damaged_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    for bytes in [
        b"x".to_vec(),
        b"name,points\nA,1\n".repeat(9_000),
        b"redb".to_vec(),
        vec![0; 5_000],
        vec![0; 70_000],
    ] {
        std::fs::write(&path, &bytes).unwrap();
        let error = RedbStore::open(&path, None).err();
        assert!(
            matches!(error, Some(StoreError::Damaged(_))),
            "{} bytes: {error:?}",
            bytes.len()
        );
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }

    let other = folder.path().join("other.redb");
    let database = redb::Database::create(&other).unwrap();
    let writing = database.begin_write().unwrap();
    let definition = redb::TableDefinition::<u64, u64>::new("prices");
    writing
        .open_table(definition)
        .unwrap()
        .insert(1, 2)
        .unwrap();
    writing.commit().unwrap();
    drop(database);
    let error = RedbStore::open(&other, None).err();
    assert_eq!(
        error,
        Some(StoreError::Damaged(
            "a database of another program".to_owned()
        ))
    );
}

#[test]
fn a_file_cut_short_anywhere_is_damaged_and_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    write_store(&path);
    let whole = std::fs::read(&path).unwrap();
    let mut draw = Draw(1);
    let lengths = (1..20)
        .chain((20..whole.len()).step_by(4_096))
        .chain((1..40).map(|pages| pages * 4_096))
        .chain((0..60).map(|_| usize::try_from(draw.below(whole.len() as u64)).unwrap()))
        .chain([320, 512, whole.len() - 1]);
    for length in lengths.filter(|length| (1..whole.len()).contains(length)) {
        std::fs::write(&path, &whole[..length]).unwrap();
        let error = RedbStore::open(&path, None).err();
        assert!(
            matches!(error, Some(StoreError::Damaged(_))),
            "{length} bytes: {error:?}"
        );
        let error = check_integrity(&path);
        assert!(
            matches!(error, Err(StoreError::Damaged(_))),
            "{length} bytes: {error:?}"
        );
    }
}

#[test]
fn a_flipped_bit_is_no_panic_wherever_it_is_and_the_check_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    write_store(&path);
    let whole = std::fs::read(&path).unwrap();
    let mut draw = Draw(2);
    let mut found = 0;
    for _ in 0..150 {
        let mut bytes = whole.clone();
        // Half of them in the header and the tables' pages, which come first.
        let reach = if draw.below(2) == 0 {
            40_000
        } else {
            whole.len() as u64
        };
        let at = usize::try_from(draw.below(reach)).unwrap();
        bytes[at] ^= 1 << draw.below(8);
        std::fs::write(&path, &bytes).unwrap();

        let body = |tx: &mut dyn jifen::store::WriteTx| {
            // Whether it can be read is the question.
            let _: Result<_, _> = tx.last(SALES);
            tx.put(SALES, &[255; 8], vec![1])
                .map_or(Verdict::Drop, |()| Verdict::Keep)
        };
        let usable = RedbStore::open(&path, None).map(|store| {
            let read = store
                .read()
                .and_then(|tx| tx.scan(SALES, &[], None, &mut |_, _| ControlFlow::Continue(())));
            let heard = store.submit(Home::Node, Box::new(body)).wait();
            assert_ne!(heard, Err(StoreError::Bug), "byte {at}");
            (read, heard)
        });
        std::fs::write(&path, &bytes).unwrap();
        found += usize::from(usable.is_err() || check_integrity(&path) != Ok(Integrity::Sound));
    }
    assert!(0 < found);
}
