//! A thousand histories, drawn by seed: members come, change and are erased on a disk that fails or loses power at any
//! step, and again while the keybox is opened. What was destroyed is looked for with every key that stands in a slot, in
//! every file and every record that ever stood on the disk; what was not is all there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::bucket::{self, NONCE, SUITE};
use super::power::{FATES, PowerDisk};
use super::story::{Act, act, is_between};
use super::*;
use crate::vault::root::{Kek, RootFile, RootKeys, Slot};

/// The same numbers for the same seed.
struct Chance(u64, u64);

impl Chance {
    /// One of so many.
    fn of(&mut self, count: usize) -> usize {
        self.1 += 1;
        let drawn = Sha256::digest([self.0.to_be_bytes(), self.1.to_be_bytes()].concat());
        let (head, _) = drawn.split_first_chunk().unwrap();
        usize::try_from(u64::from_be_bytes(*head) >> 16).unwrap() % count
    }

    fn one<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.of(all.len())]
    }
}

/// All that ever stood on a disk, but for the root keys.
#[derive(Clone, Default)]
pub(super) struct Archive {
    buckets: BTreeMap<String, HashSet<Vec<u8>>>,
    records: HashSet<Vec<u8>>,
    /// What stood there before anything happened.
    first: HashSet<Vec<u8>>,
}

impl Archive {
    fn of(made: &PowerDisk) -> Self {
        let mut archive = Self::default();
        for name in made.names() {
            if name.starts_with("keybox/") {
                archive.first.insert(made.bytes(&name));
            }
        }
        archive
    }

    pub(super) fn take(&mut self, disk: &PowerDisk) {
        for name in disk.names() {
            let Some(file) = name.strip_prefix("keybox/") else {
                continue;
            };
            let bytes = disk.bytes(&name);
            if file.starts_with("journal") {
                let records = (0..bytes.len()).filter_map(|from| record(&bytes[from..]));
                self.records.extend(records.map(<[u8]>::to_vec));
            } else if !self.first.contains(&bytes) {
                let bucket = file.trim_end_matches(".new").to_owned();
                self.buckets.entry(bucket).or_default().insert(bytes);
            }
        }
    }

    /// Which of these secrets can be had with the root keys that are on this disk, from all that ever stood on it.
    pub(super) fn found(
        &self,
        disk: &PowerDisk,
        secrets: &BTreeSet<[u8; 32]>,
    ) -> BTreeSet<[u8; 32]> {
        let slots = RootFile::new(Arc::new(disk.copy())).slots().unwrap();
        let filled = |slot: &Slot| match slot {
            Slot::Filled(kek) => Some(kek.clone()),
            Slot::Empty | Slot::Broken => None,
        };
        let keks: Vec<Vec<Kek>> = slots
            .iter()
            .map(|pair| pair.iter().filter_map(filled).collect())
            .collect();
        let mut plains = Vec::new();
        for bucket in Bucket::all() {
            for bytes in self.buckets.get(&bucket.name()).into_iter().flatten() {
                for kek in &keks[bucket.index()] {
                    plains.extend(bucket::open(kek, bytes).map(|opened| opened.plain));
                }
            }
        }
        for record in &self.records {
            let (head, rest) = record.split_at(33 + NONCE);
            let (body, _) = rest.split_at(rest.len() - 16);
            let nonce = head[33..].try_into().unwrap();
            let aad = [&[SUITE], &INSTALL[..], head].concat();
            for kek in &keks[usize::from(head[24])] {
                plains.extend(bucket::opened(&kek.key, nonce, &aad, body));
            }
        }
        let mut found = BTreeSet::new();
        for plain in plains {
            for window in plain.windows(32) {
                let window: [u8; 32] = window.try_into().unwrap();
                if secrets.contains(&window) {
                    found.insert(window);
                }
            }
        }
        found
    }
}

/// The record that these bytes begin with, if there is one.
fn record(bytes: &[u8]) -> Option<&[u8]> {
    let length: [u8; 4] = bytes.strip_prefix(b"JFKR")?.get(..4)?.try_into().unwrap();
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
    let whole = bytes.get(..33 + NONCE + length + 16)?;
    (whole[24] < 65).then_some(whole)
}

/// The keys of a member of a state.
fn of_member(state: &State, number: u16) -> Option<&MemberKeys> {
    let mut entries = state.members.iter();
    let entry = entries.find(|entry| entry.keys.member == keys(number).member)?;
    Some(&entry.keys)
}

pub(super) fn all_of(keys: &MemberKeys) -> BTreeSet<[u8; 32]> {
    let older = keys.older_core().iter();
    let all = older.chain([&keys.core, &keys.history]).chain(&keys.postal);
    all.map(|key| *key.key.bytes()).collect()
}

fn all_in(state: &State) -> BTreeSet<[u8; 32]> {
    let members = state.members.iter().flat_map(|entry| all_of(&entry.keys));
    members
        .chain(state.days.iter().map(|(_, key)| *key.bytes()))
        .collect()
}

/// What is on the disk, what is in memory, and what must be nowhere.
struct History {
    chance: Chance,
    disk: PowerDisk,
    archive: Archive,
    answered: State,
    destroyed: BTreeSet<[u8; 32]>,
    /// Keys of days that were dropped and may still be found in the system's bucket.
    dropped: BTreeSet<[u8; 32]>,
    erased: BTreeSet<u16>,
    addresses: u16,
}

/// How a part of a history ended.
enum End {
    /// The disk refused this.
    Refused(Act),
    Done,
}

const NUMBERS: [u16; 7] = [7, 71, 135, 199, 8, 72, 9];

impl History {
    fn line(&mut self) -> Act {
        let number = self.chance.one(&NUMBERS);
        match self.chance.of(16) {
            0..3 => Act::Add(number),
            3 => Act::AddToken(number),
            4 => Act::Revoke(number),
            5..7 => Act::Renew(number),
            7 => Act::DropOldCore(number),
            8 => {
                self.addresses += 1;
                Act::AddPostal(number, self.addresses)
            }
            9 => Act::DropPostal(number),
            10 => Act::Rotate(self.chance.one(&[7, 8, 64, 64])),
            11 => Act::Fold,
            12 => Act::Day(u32::try_from(self.chance.of(4)).unwrap()),
            13 => Act::DropDays(u32::try_from(self.chance.of(5)).unwrap()),
            _ => Act::Erase(number),
        }
    }

    /// What this destroys, of what is there now.
    fn destroyed_by(&self, line: Act) -> BTreeSet<[u8; 32]> {
        let keys = |number| of_member(&self.answered, number);
        match line {
            Act::Erase(number) => keys(number).map(all_of).unwrap_or_default(),
            Act::DropOldCore(number) => {
                let older = keys(number).into_iter().flat_map(MemberKeys::older_core);
                older.map(|key| *key.key.bytes()).collect()
            }
            Act::DropPostal(number) => {
                let postal = keys(number).and_then(|keys| keys.postal.as_ref());
                postal.map(|key| *key.key.bytes()).into_iter().collect()
            }
            Act::Rotate(64) => self.dropped.clone(),
            Act::Add(_)
            | Act::Group(_)
            | Act::AddToken(_)
            | Act::Revoke(_)
            | Act::Day(_)
            | Act::DropDays(_)
            | Act::Fold
            | Act::Renew(_)
            | Act::AddPostal(..)
            | Act::Rotate(_) => BTreeSet::new(),
        }
    }

    fn went_well(&mut self, line: Act, now: State) {
        self.destroyed.extend(self.destroyed_by(line));
        if let Act::Erase(number) = line {
            self.erased.insert(number);
        }
        if let Act::DropDays(before) = line {
            let days = self.answered.days.iter();
            let gone = days.filter(|(day, _)| *day < before);
            self.dropped.extend(gone.map(|(_, key)| *key.bytes()));
        }
        self.answered = now;
    }

    /// Some lines, until the disk lets nothing more through.
    fn go_on(&mut self, keybox: &Keybox, lines: usize, what: &str) -> End {
        for _ in 0..lines {
            let line = self.line();
            // Nobody comes back with the keys of before.
            if matches!(line, Act::Add(number) if self.erased.contains(&number)) {
                continue;
            }
            let outcome = act(keybox, line);
            self.archive.take(&self.disk);
            let now = state(keybox);
            match outcome {
                Ok(()) => self.went_well(line, now),
                Err(error) => {
                    assert_eq!(now, self.answered, "{what}: {line:?}");
                    if !matches!(error, KeyboxError::Io(_)) {
                        continue;
                    }
                    // A keybox that can go on took all of it back.
                    if keybox.rotate(9).is_err() {
                        return End::Refused(line);
                    }
                }
            }
        }
        End::Done
    }

    /// Nothing that was destroyed is found, and all that is held is.
    fn assert_holds(&self, disk: &PowerDisk, found: &State, what: &str) {
        let gone = self.archive.found(disk, &self.destroyed);
        assert!(gone.is_empty(), "{what}: {} found", gone.len());
        let held = all_in(found);
        assert_eq!(self.archive.found(disk, &held), held, "{what}");
    }
}

/// One history: whether something was under way when the power went, and how much was destroyed.
fn history(seed: u64, made: &PowerDisk) -> (bool, usize) {
    let disk = made.copy();
    let keybox = open(&disk).unwrap();
    let mut history = History {
        chance: Chance(seed, 0),
        archive: Archive::of(made),
        answered: state(&keybox),
        disk: disk.clone(),
        destroyed: BTreeSet::new(),
        dropped: BTreeSet::new(),
        erased: BTreeSet::new(),
        addresses: 0,
    };
    let step = history.chance.of(90);
    match history.chance.of(3) {
        0 => disk.fail_at(step),
        _ => disk.cut_after(step),
    }
    let what = format!("history {seed}");
    let asked = match history.go_on(&keybox, 24, &what) {
        End::Refused(line) => Some(line),
        End::Done => None,
    };
    drop(keybox);

    // The power goes, and once more while the keybox is opened.
    let left = disk.after(history.chance.one(&FATES));
    history.archive.take(&left);
    let again = left.copy();
    again.cut_after(history.chance.of(10));
    drop(open(&again));
    history.archive.take(&again);
    let left = again.after(history.chance.one(&FATES));
    history.archive.take(&left);
    // What was answered holds before anything is put right.
    let gone = history.archive.found(&left, &history.destroyed);
    assert!(gone.is_empty(), "{what}: {} found", gone.len());

    let keybox = open(&left).unwrap_or_else(|error| panic!("{what}: {error}"));
    history.archive.take(&left);
    let found = state(&keybox);
    assert!(
        is_between(&found, &history.answered, asked),
        "{what}: {asked:?}"
    );
    // What was not answered and came about all the same, holds the same.
    match asked {
        Some(line) if found != history.answered => history.went_well(line, found.clone()),
        _ => (),
    }
    history.assert_holds(&left, &found, &what);

    history.disk = left.clone();
    let end = history.go_on(&keybox, 12, &what);
    assert!(matches!(end, End::Done), "{what}");
    let after = state(&keybox);
    history.assert_holds(&left, &after, &what);
    drop(keybox);
    assert_eq!(state(&open(&left).unwrap()), after, "{what}");
    (asked.is_some(), history.destroyed.len())
}

fn histories(seeds: core::ops::Range<u64>) {
    let made = PowerDisk::default();
    drop(create(&made).unwrap());
    let (mut refused, mut destroyed) = (0, 0);
    for seed in seeds.clone() {
        let (was_refused, count) = history(seed, &made);
        refused += usize::from(was_refused);
        destroyed += count;
    }
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    assert!(
        count / 4 < refused && 3 * count < destroyed,
        "{refused} {destroyed}"
    );
}

#[test]
fn in_500_histories_nothing_that_was_destroyed_is_found_and_nothing_else_is_lost() {
    histories(0..500);
}

#[test]
fn in_500_more_histories_nothing_that_was_destroyed_is_found_and_nothing_else_is_lost() {
    histories(500..1_000);
}

#[test]
fn what_was_dropped_but_not_destroyed_is_found_by_the_same_search() {
    // Without this the search above could be blind.
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    let mut archive = Archive::of(&disk);
    for line in [
        Act::Add(7),
        Act::Add(71),
        Act::Fold,
        Act::Renew(7),
        Act::Day(1),
    ] {
        act(&keybox, line).unwrap();
        archive.take(&disk);
    }
    let secrets = all_in(&state(&keybox));
    let day = BTreeSet::from([*keybox.day(1).unwrap().key.bytes()]);
    assert_eq!(archive.found(&disk, &secrets), secrets);
    act(&keybox, Act::DropDays(2)).unwrap();
    act(&keybox, Act::Fold).unwrap();
    archive.take(&disk);
    assert_eq!(archive.found(&disk, &day), day);
    act(&keybox, Act::Rotate(64)).unwrap();
    let gone = all_of(&keybox.of_member(&keys(7).member).unwrap());
    assert_eq!(archive.found(&disk, &gone), gone);
    let before = disk.copy();
    act(&keybox, Act::Erase(7)).unwrap();
    archive.take(&disk);
    assert!(archive.found(&disk, &day).is_empty());
    assert!(archive.found(&disk, &gone).is_empty());
    // With the root keys of before, and all that ever stood there, it is.
    assert_eq!(archive.found(&before, &gone), gone);
}
