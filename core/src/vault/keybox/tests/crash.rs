//! The power is cut after every single step of everything that writes, and what was under way is lost, kept or torn:
//! what was answered is there when the keybox is opened again, and nothing is there by half.

use super::power::{FATES, Fate, PowerDisk};
use super::story::{Act, STORY, act, is_between};
use super::*;

/// Nothing is left of what was under way: each bucket's file alone, one slot each.
fn assert_at_rest(disk: &PowerDisk) {
    let names = disk.names();
    assert_eq!(names.len(), 65 + 1 + 2, "{names:?}");
    assert!(!names.iter().any(|name| name.contains("new")), "{names:?}");
    let root = disk.bytes("root.key");
    for pair in root.chunks(8_192) {
        let filled = pair.chunks(4_096).filter(|slot| slot[0] != 0).count();
        assert_eq!(filled, 1);
    }
}

/// Opens what the power cut left, and goes on with it.
fn assert_goes_on(disk: &PowerDisk, holds: &dyn Fn(&State) -> bool, what: &str) {
    let keybox = open(disk).unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = state(&keybox);
    assert!(holds(&found), "{what}: {found:?}");
    assert_at_rest(disk);
    add(&keybox, 999).unwrap();
    let after = state(&keybox);
    drop(keybox);
    assert_eq!(state(&open(disk).unwrap()), after, "{what}");
    assert!(disk.names().len() == 68, "{what}");
}

#[test]
fn what_was_answered_is_there_whenever_the_power_went() {
    let made = PowerDisk::default();
    drop(create(&made).unwrap());
    let all = {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        for line in STORY {
            act(&keybox, line).unwrap();
        }
        disk.steps()
    };
    assert!(60 < all, "{all} steps");

    for steps in 0..=all {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.cut_after(steps);
        let asked = STORY.into_iter().find(|line| act(&keybox, *line).is_err());
        assert_eq!(asked.is_none(), steps == all);
        // What is in memory is what was answered: nobody saw more.
        let answered = state(&keybox);
        for fate in FATES {
            let what = format!("cut after {steps} in {asked:?}, {fate:?}");
            let holds = |found: &State| is_between(found, &answered, asked);
            assert_goes_on(&disk.after(fate), &holds, &what);
        }
    }
}

#[test]
fn a_power_cut_while_opening_after_a_power_cut_loses_nothing() {
    let made = PowerDisk::default();
    drop(create(&made).unwrap());
    let mut second_cuts = 0;
    for steps in 0.. {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.cut_after(steps);
        let asked = STORY.into_iter().find(|line| act(&keybox, *line).is_err());
        let answered = state(&keybox);
        for fate in [Fate::Kept, Fate::FirstHalf, Fate::Pieces] {
            let left = disk.after(fate);
            for again in 0.. {
                let once_more = left.copy();
                once_more.cut_after(again);
                let outcome = open(&once_more).map(|_| ());
                for then in [Fate::Lost, Fate::Kept, Fate::FirstHalf] {
                    let found = state(&open(&once_more.after(then)).unwrap());
                    let what = format!("{steps} {asked:?} {fate:?}, then {again} {then:?}");
                    assert!(is_between(&found, &answered, asked), "{what}");
                }
                if outcome.is_ok() {
                    break;
                }
                second_cuts += 1;
            }
        }
        if asked.is_none() {
            break;
        }
    }
    assert!(100 < second_cuts, "{second_cuts}");
}

#[test]
fn a_keybox_is_made_whole_or_not_at_all_and_then_can_be_made_again() {
    let all = {
        let disk = PowerDisk::default();
        create(&disk).unwrap();
        disk.steps()
    };
    let (mut opened, mut made_again) = (0, 0);
    for steps in 0..=all {
        // One bucket is written like the other: not each of the 65 is looked at.
        if 24 < steps && steps + 24 < all && !steps.is_multiple_of(7) {
            continue;
        }
        let disk = PowerDisk::default();
        disk.cut_after(steps);
        let outcome = create(&disk);
        assert_eq!(outcome.is_ok(), steps == all);
        for fate in FATES {
            let what = format!("cut after {steps}, {fate:?}");
            let left = disk.after(fate);
            if create::exists(&left) {
                assert_goes_on(&left, &|found| found.members.is_empty(), &what);
                assert!(matches!(create(&left.copy()), Err(KeyboxError::Exists(_))));
                opened += 1;
            } else {
                assert!(outcome.is_err(), "{what}");
                assert!(
                    matches!(open(&left), Err(KeyboxError::Missing(_))),
                    "{what}"
                );
                drop(create(&left).unwrap_or_else(|error| panic!("{what}: {error}")));
                assert_goes_on(&left, &|found| found.members.is_empty(), &what);
                made_again += 1;
            }
        }
    }
    assert!(10 < opened && 200 < made_again, "{opened} {made_again}");
}

#[test]
fn a_disk_that_refuses_once_is_asked_again_and_nothing_is_there_that_was_refused() {
    let made = PowerDisk::default();
    drop(create(&made).unwrap());
    let mut lost = 0;
    for steps in 0.. {
        let disk = made.copy();
        let keybox = open(&disk).unwrap();
        disk.fail_at(steps);
        let refused = STORY
            .into_iter()
            .position(|line| act(&keybox, line).is_err());
        let Some(refused) = refused else {
            break;
        };
        let answered = state(&keybox);
        let rest = &STORY[refused..];
        if act(&keybox, rest[0]).is_ok() {
            for line in &rest[1..] {
                act(&keybox, *line).unwrap();
            }
            let whole = state(&keybox);
            for fate in [Fate::Lost, Fate::FirstHalf] {
                assert_eq!(state(&open(&disk.after(fate)).unwrap()), whole, "{steps}");
            }
        } else {
            // It cannot say what stands on the disk, so nothing is written until it was opened again.
            assert!(matches!(add(&keybox, 998), Err(KeyboxError::Io(_))));
            assert!(matches!(keybox.fold(), Err(KeyboxError::Io(_))));
            assert_eq!(state(&keybox), answered, "{steps}");
            for fate in FATES {
                let holds = |found: &State| is_between(found, &answered, Some(rest[0]));
                assert_goes_on(&disk.after(fate), &holds, "lost");
            }
            lost += 1;
        }
    }
    assert!(0 < lost);
}

#[test]
fn a_disk_that_refuses_twice_takes_nothing_more_until_the_keys_are_opened_again() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 1).unwrap();
    let answered = state(&keybox);
    // The write is done; neither its fsync is, nor what would take it back.
    disk.cut_after(1);
    assert!(matches!(add(&keybox, 2), Err(KeyboxError::Io(_))));
    let left: Vec<_> = FATES.into_iter().map(|fate| disk.after(fate)).collect();
    disk.cut_after(1_000);
    assert!(matches!(add(&keybox, 3), Err(KeyboxError::Io(_))));
    assert_eq!(state(&keybox), answered);
    assert!(matches!(keybox.fold(), Err(KeyboxError::Io(_))));
    for disk in left {
        let holds = |found: &State| is_between(found, &answered, Some(Act::Add(2)));
        assert_goes_on(&disk, &holds, "refused twice");
    }
}

#[test]
fn a_journal_folds_by_itself_when_it_is_long() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    keybox.writer.lock().fold_beyond(1_000);
    let mut longest = 0;
    for number in 0..20 {
        add(&keybox, number).unwrap();
        longest = longest.max(keybox.writer.lock().length());
        if keybox.writer.lock().length() == 45 {
            break;
        }
    }
    assert_eq!(keybox.writer.lock().length(), 45);
    assert_eq!(disk.bytes("keybox/journal").len(), 45);
    assert!((500..1_000).contains(&longest), "{longest}");
    let whole = state(&keybox);
    drop(keybox);
    assert_eq!(state(&open(&disk).unwrap()), whole);
}
