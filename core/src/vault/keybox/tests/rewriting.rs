//! A bucket written under a new key: what goes, what stays, who waits meanwhile, and what still finds what went.

use std::sync::Barrier;

use super::power::{FATES, Fate, PowerDisk};
use super::story::{Act, act};
use super::write::Drawn;
use super::*;
use crate::vault::keybox::erase::Going;

fn member(number: u16) -> MemberId {
    keys(number).member
}

fn epoch_of(keybox: &Keybox, bucket: u8) -> u64 {
    let epochs = keybox.epochs();
    epochs[usize::from(bucket)].1
}

#[test]
fn an_erased_member_is_unknown_by_every_way_in_and_others_are_as_they_were() {
    let disk = PowerDisk::default();
    for is_in_memory in [false, true] {
        let keybox = if is_in_memory {
            Keybox::in_memory(INSTALL, draw())
        } else {
            create(&disk).unwrap()
        };
        for number in [7, 71, 135, 8] {
            add(&keybox, number).unwrap();
        }
        act(&keybox, Act::AddToken(7)).unwrap();
        keybox.revoke_token(&card(7)).unwrap();
        let before = state(&keybox);
        assert_eq!(epoch_of(&keybox, 7), 1);

        let destroyed = keybox.erase(&member(7)).unwrap();
        assert_eq!(
            destroyed,
            Destroyed {
                bucket: 7,
                epoch: 2
            }
        );
        assert_eq!(keybox.of_member(&member(7)), None);
        assert_eq!(keybox.of_account(&keys(7).account), None);
        for token in [card(7), sector(7, 4)] {
            assert_eq!(keybox.token(&token), None);
            assert!(!keybox.is_taken(&token));
        }
        assert!(!keybox.is_known(&member(7)) && keybox.is_known(&member(71)));
        let unknown = KeyboxError::MemberUnknown;
        assert_eq!(keybox.erase(&member(7)), Err(unknown.clone()));
        assert_eq!(keybox.drop_postal(&member(7)), Err(unknown.clone()));
        assert_eq!(keybox.renew_core(&member(7), [1; 32]), Err(unknown.clone()));
        assert_eq!(keybox.add_postal(&member(7), [1; 32]), Err(unknown.clone()));
        assert_eq!(act(&keybox, Act::AddToken(7)), Err(unknown));
        assert_eq!(
            keybox.revoke_token(&card(7)),
            Err(KeyboxError::TokenUnknown)
        );
        let mut without = before;
        without
            .members
            .retain(|entry| entry.keys.member != member(7));
        assert_eq!(state(&keybox), without);

        // The place is given to the next one, and nobody else's is touched.
        add(&keybox, 199).unwrap();
        keybox.erase(&member(135)).unwrap();
        keybox.erase(&member(71)).unwrap();
        add(&keybox, 263).unwrap();
        add(&keybox, 327).unwrap();
        add(&keybox, 391).unwrap();
        let mut left: Vec<_> = keybox.members();
        left.sort_unstable();
        let mut expected = [199, 8, 263, 327, 391].map(member);
        expected.sort_unstable();
        assert_eq!(left, expected);
        assert_eq!(epoch_of(&keybox, 7), 4);
        assert_eq!((epoch_of(&keybox, 8), epoch_of(&keybox, 64)), (1, 1));
        state(&keybox);
    }
    // And the same when it is read again.
    let keybox = open(&disk).unwrap();
    assert_eq!((keybox.len(), epoch_of(&keybox, 7)), (5, 4));
}

#[test]
fn a_change_that_waited_while_its_member_was_erased_is_refused() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    let came = keybox.queue.came();
    std::thread::scope(|scope| {
        let mut writer = keybox.writer.lock();
        let waiting = [
            (Act::AddToken(7), Err(KeyboxError::MemberUnknown)),
            (Act::AddPostal(7, 1), Err(KeyboxError::MemberUnknown)),
            (Act::Renew(7), Err(KeyboxError::MemberUnknown)),
            (Act::Revoke(7), Err(KeyboxError::TokenUnknown)),
            (Act::AddToken(71), Ok(())),
            (Act::Add(135), Ok(())),
        ]
        .map(|(line, expected)| {
            let keybox = &keybox;
            scope.spawn(move || assert_eq!(act(keybox, line), expected, "{line:?}"))
        });
        while keybox.queue.came() < came + 6 {
            std::thread::yield_now();
        }
        let drawn = Drawn::new(&keybox.draw);
        let going = Going::Member(member(7));
        let erased = writer.rewrite(Bucket::of(&member(7)), &going, drawn, &keybox.shelves);
        assert_eq!(
            erased,
            Ok(Destroyed {
                bucket: 7,
                epoch: 2
            })
        );
        drop(writer);
        for thread in waiting {
            thread.join().unwrap();
        }
    });
    let whole = state(&keybox);
    assert_eq!(whole.members.len(), 2);
    drop(keybox);
    assert_eq!(state(&open(&disk).unwrap()), whole);
}

#[test]
fn what_others_add_while_a_member_is_erased_is_there_whenever_the_power_went() {
    let made = PowerDisk::default();
    let keybox = create(&made).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    drop(keybox);
    let (mut cut, mut erased) = (0, 0);
    for steps in 0..40 {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.cut_after(steps);
        let start = Barrier::new(5);
        let (is_erased, answered) = std::thread::scope(|scope| {
            let (keybox, start) = (&keybox, &start);
            let others = [1, 2, 3, 4].map(|thread| {
                scope.spawn(move || {
                    start.wait();
                    let mine = (0..3).map(|turn| 7 + 64 * (thread + 4 * turn + 4));
                    let answered = mine.filter(|number| add(keybox, *number).is_ok());
                    answered.collect::<Vec<_>>()
                })
            });
            start.wait();
            let is_erased = keybox.erase(&member(7)).is_ok();
            let answered = others.map(|thread| thread.join().unwrap()).concat();
            (is_erased, answered)
        });
        for fate in FATES {
            let found = open(&disk.after(fate)).unwrap();
            let all = state(&found);
            assert!(
                !(is_erased && found.is_known(&member(7))),
                "{steps} {fate:?}"
            );
            assert_eq!(found.of_member(&member(71)), Some(keys(71)));
            for number in &answered {
                let what = format!("{number}, cut after {steps}, {fate:?}");
                assert_eq!(
                    found.of_member(&member(*number)),
                    Some(keys(*number)),
                    "{what}"
                );
                assert!(found.token(&card(*number)).is_some(), "{what}");
            }
            assert!(all.members.len() <= 2 + 12);
        }
        erased += usize::from(is_erased);
        cut += usize::from(!is_erased);
    }
    assert!(0 < erased && 0 < cut, "{erased} {cut}");
}

#[test]
fn a_token_never_leads_to_another_member_while_places_are_given_again() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    let numbers = [7_u16, 71, 135, 199];
    let done = core::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut found = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    for number in numbers {
                        if let Some(token) = keybox.token(&card(number)) {
                            assert_eq!(token.member, member(number));
                            found += 1;
                        }
                        if let Some(keys) = keybox.of_account(&keys(number).account) {
                            assert_eq!(keys.member, member(number));
                        }
                    }
                }
                assert!(0 < found);
            });
        }
        for turn in 0..4_000 {
            let number = numbers[turn % numbers.len()];
            add(&keybox, number).unwrap();
            if 0 < turn {
                keybox
                    .erase(&member(numbers[(turn - 1) % numbers.len()]))
                    .unwrap();
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(keybox.len(), 1);
}

#[test]
fn a_step_that_fails_leaves_the_member_there_or_the_keybox_closed() {
    let made = PowerDisk::default();
    let keybox = create(&made).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    let before = state(&keybox);
    drop(keybox);
    let (mut again, mut closed) = (0, 0);
    for step in 0.. {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.fail_at(step);
        let count = keybox.change_count(7);
        let Err(error) = keybox.erase(&member(7)) else {
            break;
        };
        assert_eq!(error, KeyboxError::Io("no room".to_owned()));
        assert_eq!(state(&keybox), before, "{step}");
        assert_eq!(epoch_of(&keybox, 7), 1);
        assert_eq!(keybox.change_count(7), count);
        if add(&keybox, 135).is_ok() {
            // Nothing is under way that a power cut could finish over what was added.
            let with = state(&keybox);
            for fate in FATES {
                assert_eq!(
                    state(&open(&disk.after(fate)).unwrap()),
                    with,
                    "{step} {fate:?}"
                );
            }
            keybox.erase(&member(7)).unwrap();
            assert!(!open(&disk.after(Fate::Lost)).unwrap().is_known(&member(7)));
            again += 1;
        } else {
            assert!(keybox.erase(&member(71)).is_err());
            assert!(keybox.escrow(7).is_err());
            assert!(keybox.rotate(9).is_err());
            for fate in FATES {
                let found = open(&disk.after(fate)).unwrap();
                assert!(found.is_known(&member(71)) && !found.is_known(&member(135)));
                let _ = found.erase(&member(7));
                assert!(!found.is_known(&member(7)));
            }
            closed += 1;
        }
    }
    assert_eq!(
        (again, closed),
        (6, 4),
        "the new file and the slot, then the rest"
    );
}

#[test]
fn a_slot_that_can_neither_be_written_nor_cleared_closes_the_keybox() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    // The new file takes four steps, the slot's bytes one: its fsync fails, and so does what would take it back.
    disk.cut_after(5);
    assert!(keybox.erase(&member(7)).is_err());
    let left: Vec<_> = FATES.into_iter().map(|fate| disk.after(fate)).collect();
    disk.cut_after(1_000);
    assert!(matches!(add(&keybox, 71), Err(KeyboxError::Io(_))));
    for disk in left {
        let found = open(&disk).unwrap();
        let _ = found.erase(&member(7));
        assert!(found.is_empty());
    }
}

#[test]
fn dropped_days_open_from_old_files_until_the_systems_bucket_is_rotated() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    let dropped = keybox.ensure_day(1).unwrap();
    let kept = keybox.ensure_day(2).unwrap();
    keybox.fold().unwrap();
    let old_file = disk.bytes("keybox/sys");
    keybox.drop_days_before(2).unwrap();
    keybox.fold().unwrap();
    assert_eq!(keybox.day(1), None);

    // The folder as it is now, with the system's bucket of before: a block that was freed, or an older copy.
    let with_old_file = |disk: &PowerDisk| {
        let disk = disk.copy();
        disk.set("keybox/sys", &old_file);
        open(&disk).map(|keybox| (keybox.day(1), keybox.day(2)))
    };
    let both = (Some(dropped), Some(kept.clone()));
    assert_eq!(with_old_file(&disk), Ok(both));
    let destroyed = keybox.rotate(SYS_BUCKET).unwrap();
    assert_eq!(
        destroyed,
        Destroyed {
            bucket: 64,
            epoch: 2
        }
    );
    let damaged = KeyboxError::Damaged("keybox/sys".to_owned());
    assert_eq!(with_old_file(&disk), Err(damaged));
    let whole = state(&keybox);
    drop(keybox);
    let keybox = open(&disk).unwrap();
    assert_eq!(state(&keybox), whole);
    assert_eq!((keybox.day(1), keybox.day(2)), (None, Some(kept)));
    let missing = KeyboxError::Missing("bucket 65".to_owned());
    assert_eq!(keybox.rotate(65), Err(missing.clone()));
    assert_eq!(keybox.escrow(65).map(|_| ()), Err(missing));
}
