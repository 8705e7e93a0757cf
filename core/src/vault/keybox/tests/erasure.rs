//! An erasure (privacy §3, steps 1 to 4), cut after every step: whatever was left, the keybox opens, with the member or
//! without, and never with once it was answered; the other members are always there. And its order, spelled out step by
//! step on the formats, beside other orders, which the same cuts find wrong.

use super::super::bucket::{Body, Content, open as opens, seal};
use super::power::{FATES, PowerDisk};
use super::*;
use crate::vault::root::{Kek, RootFile, RootKeys, Side, Slot};

/// What an erasure does to the disk.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    WriteNew,
    WriteSlot,
    Rename,
    SyncFolder,
    ZeroSlot,
}

/// As privacy §3 has it.
const ORDER: [Step; 5] = [
    Step::WriteNew,
    Step::WriteSlot,
    Step::Rename,
    Step::SyncFolder,
    Step::ZeroSlot,
];

fn root(disk: &PowerDisk) -> RootFile {
    RootFile::new(Arc::new(disk.clone()))
}

/// The key of a bucket, and the side that it is on.
fn kek_of(disk: &PowerDisk, bucket: Bucket) -> (Kek, Side) {
    let disk = disk.copy();
    match root(&disk).slots().unwrap()[bucket.index()].clone() {
        [Slot::Filled(kek), Slot::Empty] => (kek, Side::Left),
        [Slot::Empty, Slot::Filled(kek)] => (kek, Side::Right),
        slots => panic!("not at rest: {slots:?}"),
    }
}

/// The steps of an erasure in some order.
fn erase_in(
    order: &[Step],
    disk: &PowerDisk,
    keybox: &Keybox,
    number: u16,
) -> Result<(), KeyboxError> {
    let member = keys(number).member;
    let bucket = Bucket::of(&member);
    let (old, side) = kek_of(disk, bucket);
    let new = Kek {
        epoch: old.epoch + 1,
        key: Secret::new((keybox.draw)()),
    };
    let tokens = keybox.shelves.tokens_of(&[bucket]);
    let others = |keys: &mut MemberKeys| keys.member != member;
    let members = keybox.shelves.entries(bucket, &tokens, others);
    let content = Content::Members(Body::new(keybox.writer.lock().place(), members));
    let sealed = seal(&new, &INSTALL, nonce(&keybox.draw), &content)?;
    let root = root(disk);
    order.iter().try_for_each(|step| match step {
        Step::WriteNew => disk.put(&bucket.new_file(), &sealed),
        Step::WriteSlot => root.write_slot(bucket, side.other(), &new),
        Step::Rename => disk.rename(&bucket.new_file(), &bucket.file()),
        Step::SyncFolder => disk.sync_folder("keybox"),
        Step::ZeroSlot => root.zero_slot(bucket, side),
    })
}

/// Members 7, 71 and 135 in one bucket, some of them in its file and some in the journal.
fn made() -> PowerDisk {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    keybox.fold().unwrap();
    add(&keybox, 8).unwrap();
    add(&keybox, 135).unwrap();
    keybox.revoke_token(&card(71)).unwrap();
    keybox.ensure_day(5).unwrap();
    keybox.revoke_token(&card(7)).unwrap();
    disk.copy()
}

fn without(state: &State, number: u16) -> State {
    let mut state = state.clone();
    state
        .members
        .retain(|entry| entry.keys.member != keys(number).member);
    state
}

/// How often the order loses something, over all cuts: a bucket that does not open, an answered erasure that did not hold.
fn losses(erase: &dyn Fn(&PowerDisk, &Keybox) -> Result<(), KeyboxError>) -> usize {
    let made = made();
    let before = state(&open(&made.copy()).unwrap());
    let mut losses = 0;
    for steps in 0.. {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.cut_after(steps);
        let is_done = erase(&disk, &keybox).is_ok();
        for fate in FATES {
            let left = disk.after(fate);
            let holds = open(&left).is_ok_and(|keybox| {
                let found = state(&keybox);
                found == without(&before, 7) || (!is_done && found == before)
            });
            losses += usize::from(!holds);
        }
        if is_done {
            return losses;
        }
    }
    losses
}

#[test]
fn a_member_is_there_or_erased_whenever_the_power_went_and_all_others_are_there() {
    let made = made();
    let before = state(&open(&made.copy()).unwrap());
    let bucket = Bucket::of(&keys(7).member);
    let old_file = made.bytes(&bucket.file());
    let (old_kek, _) = kek_of(&made, bucket);
    assert!(opens(&old_kek, &old_file).is_some());

    let (mut with, mut erased) = (0, 0);
    for steps in 0.. {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.cut_after(steps);
        let is_done = keybox.erase(&keys(7).member).is_ok();
        for fate in FATES {
            let what = format!("cut after {steps}, {fate:?}");
            let left = disk.after(fate);
            // A second cut, while the first is put right.
            for again in 0.. {
                let once_more = left.copy();
                once_more.cut_after(again);
                let is_open = open(&once_more).is_ok();
                for then in FATES {
                    let found = state(&open(&once_more.after(then)).unwrap());
                    assert!(
                        found == without(&before, 7) || (!is_done && found == before),
                        "{what}, then {again} {then:?}"
                    );
                }
                if is_open {
                    break;
                }
            }

            let keybox = open(&left).unwrap_or_else(|error| panic!("{what}: {error}"));
            let found = state(&keybox);
            assert_eq!(left.names().len(), 68, "{what}");
            let (kek, _) = kek_of(&left, bucket);
            if found == before {
                assert!(!is_done, "{what}");
                assert_eq!(kek, old_kek);
                with += 1;
            } else {
                assert_eq!(found, without(&before, 7), "{what}");
                // Nothing that is there opens what was there.
                assert_eq!(kek.epoch, old_kek.epoch + 1);
                assert!(opens(&kek, &old_file).is_none());
                let root = left.bytes("root.key");
                assert!(!root.windows(32).any(|bytes| bytes == old_kek.key.bytes()));
                erased += 1;
            }
            // Life goes on in that bucket, beside records of the dead epoch.
            add(&keybox, 199).unwrap();
            keybox.revoke_token(&card(135)).unwrap();
            let after = state(&keybox);
            drop(keybox);
            let keybox = open(&left).unwrap();
            assert_eq!(state(&keybox), after, "{what}");
            // And one more is erased, into the other slot.
            let destroyed = keybox.erase(&keys(71).member).unwrap();
            assert_eq!(destroyed.epoch, kek.epoch + 1);
            assert_eq!(state(&keybox), without(&after, 71), "{what}");
            drop(keybox);
            let keybox = open(&left).unwrap();
            assert_eq!(state(&keybox), without(&after, 71), "{what}");
            keybox.fold().unwrap();
            drop(keybox);
            assert_eq!(state(&open(&left).unwrap()), without(&after, 71), "{what}");
        }
        if is_done {
            break;
        }
    }
    assert!(20 < with && 10 < erased, "{with} {erased}");
}

#[test]
fn the_cuts_find_no_loss_in_the_order_and_some_in_others() {
    let member = keys(7).member;
    assert_eq!(losses(&|_, keybox| keybox.erase(&member).map(|_| ())), 0);
    let losses = |order: &[Step]| losses(&|disk, keybox| erase_in(order, disk, keybox, 7));
    assert_eq!(losses(&ORDER), 0);
    for (what, order) in [
        (
            "zero before rename",
            [
                Step::WriteNew,
                Step::WriteSlot,
                Step::ZeroSlot,
                Step::Rename,
                Step::SyncFolder,
            ],
        ),
        (
            "zero before the folder's fsync",
            [
                Step::WriteNew,
                Step::WriteSlot,
                Step::Rename,
                Step::ZeroSlot,
                Step::SyncFolder,
            ],
        ),
        (
            "rename before the slot",
            [
                Step::WriteNew,
                Step::Rename,
                Step::SyncFolder,
                Step::WriteSlot,
                Step::ZeroSlot,
            ],
        ),
    ] {
        assert!(0 < losses(&order), "{what}");
    }
    // Answered before the old key is overwritten.
    assert!(0 < losses(&ORDER[..2]));
}

/// What is spoiled, and how.
type Spoiling<'a> = (&'a str, &'a dyn Fn(&PowerDisk));

#[test]
fn a_bucket_that_opens_under_no_slot_is_named_and_nothing_is_zeroed() {
    let bucket = Bucket::of(&keys(7).member);
    let kek = |disk: &PowerDisk| kek_of(disk, bucket);
    let stranger = |epoch| Kek {
        epoch,
        key: Secret::new([0x77; 32]),
    };
    let break_slot = |disk: &PowerDisk, side: Side| {
        let from = (usize::from(bucket.number()) * 2 + usize::from(side == Side::Right)) * 4_096;
        let mut bytes = disk.bytes("root.key");
        bytes[from + 20] ^= 1;
        disk.set("root.key", &bytes);
    };
    let spoil = |disk: &PowerDisk, name: &str| {
        let mut bytes = disk.bytes(name);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        disk.set(name, &bytes);
    };
    let cases: [Spoiling<'_>; 6] = [
        ("no slot", &|disk| {
            let (_, side) = kek(disk);
            root(disk).zero_slot(bucket, side).unwrap();
        }),
        ("a broken slot alone", &|disk| break_slot(disk, Side::Left)),
        ("two slots and neither opens", &|disk| {
            root(disk)
                .write_slot(bucket, Side::Right, &stranger(2))
                .unwrap();
            spoil(disk, "keybox/07");
        }),
        ("two slots of one epoch", &|disk| {
            root(disk)
                .write_slot(bucket, Side::Right, &stranger(1))
                .unwrap();
        }),
        ("a broken slot, and the bucket does not open", &|disk| {
            root(disk)
                .write_slot(bucket, Side::Right, &stranger(2))
                .unwrap();
            break_slot(disk, Side::Right);
            spoil(disk, "keybox/07");
        }),
        ("another one's key", &|disk| {
            root(disk)
                .write_slot(bucket, Side::Left, &stranger(1))
                .unwrap();
        }),
    ];
    for (what, spoiled) in cases {
        let disk = made();
        disk.put("keybox/07.new", b"left").unwrap();
        // Elsewhere there is something to put right, which is left alone too.
        disk.put("keybox/08.new", b"left").unwrap();
        spoiled(&disk);
        let names = disk.names();
        let root = disk.bytes("root.key");
        let error = open(&disk).map(|_| ()).unwrap_err();
        assert_eq!(
            error,
            KeyboxError::Damaged("keybox/07".to_owned()),
            "{what}"
        );
        assert_eq!(disk.bytes("root.key"), root, "{what}");
        assert_eq!(disk.names(), names, "{what}");
    }
}

#[test]
fn records_of_a_dead_epoch_are_passed_over_whatever_the_bucket_says_it_has_taken_in() {
    // As a bucket is that was brought back from elsewhere.
    let disk = made();
    let before = state(&open(&disk).unwrap());
    let bucket = Bucket::of(&keys(7).member);
    let members = before
        .members
        .iter()
        .filter(|entry| Bucket::of(&entry.keys.member) == bucket);
    let content = Content::Members(Body::new(0, members.cloned().collect()));
    let new = Kek {
        epoch: 2,
        key: Secret::new([0x77; 32]),
    };
    let sealed = seal(&new, &INSTALL, [9; 24], &content).unwrap();
    disk.set(&bucket.file(), &sealed);
    root(&disk).write_slot(bucket, Side::Left, &new).unwrap();
    assert_eq!(state(&open(&disk).unwrap()), before);
    // And those of an epoch to come are not.
    let old = Kek { epoch: 0, ..new };
    disk.set(
        &bucket.file(),
        &seal(&old, &INSTALL, [9; 24], &content).unwrap(),
    );
    root(&disk).write_slot(bucket, Side::Left, &old).unwrap();
    let error = open(&disk).map(|_| ()).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged(bucket.file()));
}

#[test]
fn nothing_is_put_right_while_the_journal_does_not_open() {
    let disk = made();
    let bucket = Bucket::of(&keys(7).member);
    let new = Kek {
        epoch: 2,
        key: Secret::new([0x77; 32]),
    };
    root(&disk).write_slot(bucket, Side::Right, &new).unwrap();
    disk.put("keybox/07.new", b"left").unwrap();
    let whole = disk.copy();
    let mut journal = disk.bytes("keybox/journal");
    journal[60] ^= 1;
    disk.set("keybox/journal", &journal);
    let (names, slots) = (disk.names(), disk.bytes("root.key"));
    let error = open(&disk).map(|_| ()).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged("keybox/journal".to_owned()));
    assert_eq!((disk.names(), disk.bytes("root.key")), (names, slots));
    // With the journal as it was, both go.
    drop(open(&whole).unwrap());
    assert_eq!(kek_of(&whole, bucket).1, Side::Left);
    assert_eq!(whole.names().len(), 68);
}

#[test]
fn a_broken_slot_beside_one_that_opens_is_zeroed() {
    for side in [Side::Left, Side::Right] {
        let disk = made();
        let before = state(&open(&disk).unwrap());
        let bucket = Bucket::of(&keys(7).member);
        if side == Side::Left {
            // Of somebody who is not there, so that the key is on the right.
            let keybox = open(&disk).unwrap();
            erase_in(&ORDER, &disk, &keybox, 199).unwrap();
        }
        let (_, filled) = kek_of(&disk, bucket);
        assert_eq!(filled, side.other());
        let from = (usize::from(bucket.number()) * 2 + usize::from(side == Side::Right)) * 4_096;
        let mut bytes = disk.bytes("root.key");
        bytes[from + 4_000] = 1;
        disk.set("root.key", &bytes);
        assert_eq!(state(&open(&disk).unwrap()), before);
        let (_, still) = kek_of(&disk, bucket);
        assert_eq!(still, filled);
    }
}
