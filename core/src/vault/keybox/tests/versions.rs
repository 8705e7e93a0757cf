//! Keys that are renewed and dropped one by one, and the count of changes that tells the escrow what to take.

use super::power::PowerDisk;
use super::story::{Act, act};
use super::*;
use crate::store::Table;
use crate::store::row::{Aad, Codec};

fn member(number: u16) -> MemberId {
    keys(number).member
}

const PLACE: Aad<'_> = Aad {
    table: Table::new("profiles"),
    row: b"1",
};

#[test]
fn rows_open_under_every_core_key_until_the_old_ones_are_dropped() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    for number in [6, 7, 71] {
        add(&keybox, number).unwrap();
    }
    let seal = |plain: &[u8]| {
        let key = keybox.of_member(&member(7)).unwrap().core(INSTALL);
        key.seal(&PLACE, [1; 24], plain).unwrap()
    };
    let opens = |keybox: &Keybox, row: &[u8]| {
        let keys = keybox.of_member(&member(7)).unwrap().core_versions(INSTALL);
        keys.iter().position(|key| key.open(&PLACE, row).is_ok())
    };
    assert!(keybox.with_old_core().is_empty());
    let one = seal(b"one");
    assert_eq!(keybox.renew_core(&member(7), [0x11; 32]), Ok(2));
    let two = seal(b"two");
    // The same bytes again are another version's key all the same.
    assert_eq!(keybox.renew_core(&member(7), [0x11; 32]), Ok(3));
    let three = seal(b"three");
    assert_eq!(keybox.of_member(&member(7)).unwrap().core_version(), 3);
    assert_eq!(keybox.renew_core(&member(71), [0x12; 32]), Ok(2));
    let mut with_old = keybox.with_old_core();
    with_old.sort_unstable();
    let mut expected = [7, 71].map(member);
    expected.sort_unstable();
    assert_eq!(with_old, expected);

    let whole = state(&keybox);
    for is_folded in [false, true] {
        if is_folded {
            keybox.fold().unwrap();
        }
        let again = open(&disk.copy()).unwrap();
        assert_eq!(state(&again), whole);
        let at = [&three, &two, &one].map(|row| opens(&again, row));
        assert_eq!(at, [Some(0), Some(1), Some(2)]);
    }

    let dropped = keybox.drop_core_before(&[(member(7), 2), (member(6), 9)]);
    assert_eq!(
        dropped,
        Ok(vec![Destroyed {
            bucket: 7,
            epoch: 2
        }])
    );
    let at = [&three, &two, &one].map(|row| opens(&keybox, row));
    assert_eq!(at, [Some(0), Some(1), None]);
    assert_eq!(keybox.drop_core_before(&[(member(7), 2)]), Ok(vec![]));
    // Both are in one bucket, which is written once; strangers and those with one key are passed over.
    let all = [7, 71, 6, 999].map(member);
    let dropped = keybox.drop_old_core(&all);
    assert_eq!(
        dropped,
        Ok(vec![Destroyed {
            bucket: 7,
            epoch: 3
        }])
    );
    let at = [&three, &two, &one].map(|row| opens(&keybox, row));
    assert_eq!(at, [Some(0), None, None]);
    assert!(keybox.with_old_core().is_empty());
    assert_eq!(keybox.drop_old_core(&all), Ok(vec![]));
    let whole = state(&keybox);
    drop(keybox);
    let keybox = open(&disk).unwrap();
    assert_eq!(state(&keybox), whole);
    // Versions go on counting.
    assert_eq!(keybox.renew_core(&member(7), [0x13; 32]), Ok(4));
}

#[test]
fn of_many_who_renew_at_once_each_has_a_version_of_its_own() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    add(&keybox, 7).unwrap();
    let came = keybox.queue.came();
    let mut versions = std::thread::scope(|scope| {
        let keybox = &keybox;
        // All of them have asked for the second version before one gets it.
        let writer = keybox.writer.lock();
        let threads = [1, 2, 3, 4, 5, 6, 7, 8].map(|byte| {
            scope.spawn(move || (keybox.renew_core(&member(7), [byte; 32]).unwrap(), byte))
        });
        while keybox.queue.came() < came + 8 {
            std::thread::yield_now();
        }
        drop(writer);
        threads.map(|thread| thread.join().unwrap())
    });
    versions.sort_unstable();
    assert!(versions.iter().map(|(version, _)| *version).eq(2..10));
    let keys = keybox.of_member(&member(7)).unwrap();
    let kept = keys.older_core().iter().chain([&keys.core]).skip(1);
    for (key, (version, byte)) in kept.zip(versions) {
        assert_eq!((key.version, key.key.bytes()), (version, &[byte; 32]));
    }
}

#[test]
fn an_address_has_a_key_of_its_own_that_goes_alone() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    let postal = || keybox.of_member(&member(7)).unwrap().postal(INSTALL);
    assert!(postal().is_none());
    keybox.add_postal(&member(7), [0x21; 32]).unwrap();
    let row = postal().unwrap().seal(&PLACE, [1; 24], b"a").unwrap();
    let taken = Err(KeyboxError::Taken);
    assert_eq!(keybox.add_postal(&member(7), [0x22; 32]), taken);
    assert!(postal().unwrap().open(&PLACE, &row).is_ok());
    let old_file = {
        keybox.fold().unwrap();
        disk.bytes("keybox/07")
    };

    let destroyed = keybox.drop_postal(&member(7));
    assert_eq!(
        destroyed,
        Ok(Destroyed {
            bucket: 7,
            epoch: 2
        })
    );
    assert!(postal().is_none());
    assert_eq!(keybox.of_member(&member(7)), Some(keys(7)));
    assert!(keybox.token(&card(7)).is_some());
    let damaged = disk.copy();
    damaged.set("keybox/07", &old_file);
    assert!(open(&damaged).is_err());
    assert!(open(&disk.copy()).unwrap().of_member(&member(7)) == Some(keys(7)));
    // One who has none is left so, and may have another.
    assert_eq!(keybox.drop_postal(&member(7)).unwrap().epoch, 3);
    keybox.add_postal(&member(7), [0x22; 32]).unwrap();
    assert!(postal().unwrap().open(&PLACE, &row).is_err());
}

#[test]
fn the_count_of_changes_moves_with_every_change_of_a_bucket_and_with_no_other() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    drop(keybox);
    let keybox = open(&disk).unwrap();
    let counts = || Bucket::all().map(|bucket| keybox.change_count(bucket.number()));
    assert!(counts().all(|count| count == 0));
    assert_eq!(keybox.change_count(65), 0);
    for (line, bucket) in [
        (Act::Add(135), 7),
        (Act::AddToken(7), 7),
        (Act::Revoke(7), 7),
        (Act::Renew(7), 7),
        (Act::AddPostal(7, 1), 7),
        (Act::DropOldCore(7), 7),
        (Act::DropPostal(7), 7),
        (Act::Erase(7), 7),
        (Act::Rotate(7), 7),
        (Act::Day(1), 64),
        (Act::DropDays(2), 64),
        (Act::Rotate(64), 64),
    ] {
        let before: Vec<_> = counts().collect();
        act(&keybox, line).unwrap();
        for (at, (old, new)) in before.iter().zip(counts()).enumerate() {
            assert_eq!(*old < new, at == bucket, "{line:?} {at}");
        }
    }
    let before: Vec<_> = counts().collect();
    for line in [Act::Fold, Act::DropDays(2), Act::Erase(7), Act::Add(71)] {
        let _ = act(&keybox, line);
    }
    assert!(counts().eq(before), "nothing changed");
    assert_eq!(*keybox.audit_seed(), *state(&keybox).seed.bytes());
}
