//! One bit flips anywhere in any file of a shop: nothing panics, nothing reads as something else, and whatever was hit is
//! named, by whoever opens it or by the checks (SEC-01; privacy §1). Bits that nobody reads may go unnoticed, and then
//! everything is as before.

mod used;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jifen::audit::check::check;
use jifen::domain::refusal::Refusal;
use jifen::engine::clock::{Entropy, SeededEntropy};
use jifen::engine::keys::Keys;
use jifen::engine::restore::{Terms, restore};
use jifen::store::redb::{Integrity, check_integrity};
use jifen::vault::Keybox;
use jifen_tests::wishes::noon;

use used::{Facts, Seen, Used, keybox};

/// Numbers that follow from a seed (splitmix64).
struct Draw(u64);

impl Draw {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(end).unwrap()).unwrap()
    }
}

/// Files with their bytes.
type Files = BTreeMap<PathBuf, Vec<u8>>;

fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            found.insert(path, bytes);
        }
    }
    found
}

/// Puts back what differs from these.
fn put_back(right: &Files) {
    for (path, bytes) in right {
        if fs::read(path).ok().as_ref() != Some(bytes) {
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Flips one bit of one of these files, which long ones are likelier to be, and says where.
fn flip(draw: &mut Draw, of: &Files) -> String {
    let all: usize = of.values().map(Vec::len).sum();
    let mut at = draw.below(all);
    for (path, bytes) in of {
        if at < bytes.len() {
            return flip_at(path, bytes, at, draw.below(8));
        }
        at -= bytes.len();
    }
    unreachable!("below the sum of all")
}

fn flip_at(path: &Path, bytes: &[u8], at: usize, bit: usize) -> String {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    fs::write(path, bytes).unwrap();
    format!(
        "{} byte {at} bit {bit}",
        path.file_name().unwrap().display()
    )
}

/// Whatever is read is what it was; what is not read any more was named. Whether anything was named.
fn is_named(used: &Used, seen: Result<Seen, String>, place: &str) -> bool {
    let seen = match seen {
        Ok(seen) => seen,
        Err(code) => {
            assert!(!code.is_empty(), "{place}");
            return true;
        }
    };
    let named = !seen.differences.is_empty();
    assert_same(
        &used.facts,
        &seen.facts,
        &format!("{place}: {:?}", seen.differences),
        named,
    );
    if let Some(rows) = &seen.rows {
        let differ = rows
            .iter()
            .filter(|(table, rows)| used.rows[*table] != **rows);
        let differ: Vec<_> = differ.map(|(table, _)| *table).collect();
        if !differ.is_empty() {
            // A table that the file has lost the name of looks like one that was never written: the file's own checksums
            // say so.
            let path = used.path("flipped.redb");
            fs::write(&path, &seen.file).unwrap();
            let found = check_integrity(&path);
            assert_ne!(found, Ok(Integrity::Sound), "{place}: {differ:?} differ");
            return true;
        }
    }
    named
}

fn assert_same(before: &Facts, after: &Facts, place: &str, named: bool) {
    assert!(before.keys().eq(after.keys()));
    for ((what, before), after) in before.iter().zip(after.values()) {
        match (before, after) {
            (Ok(before), Ok(after)) => assert_eq!(before, after, "{place}: {what}"),
            (Err(_), Ok(after)) => panic!("{place}: {what} is {after}"),
            (Ok(_), Err(code)) => assert!(named, "{place}: {what} is {code}, and nothing says so"),
            (Err(_), Err(_)) => {}
        }
    }
}

/// Flips `times` bits of these files, one after another, each in a shop that is otherwise right. How many were named.
fn rounds(
    seed: u64,
    times: u32,
    used: &Used,
    of: &Files,
    mut pick: impl FnMut(&mut Draw, &Files) -> String,
) -> u32 {
    let mut draw = Draw(seed);
    let (store, keys) = (files(&used.path("")), files(&used.path("keys")));
    let store: Files = store
        .into_iter()
        .filter(|(path, _)| path.ends_with("store.redb"))
        .collect();
    let mut named = 0;
    for _ in 0..times {
        let place = pick(&mut draw, of);
        named += u32::from(is_named(used, used.look(), &place));
        put_back(&keys);
        put_back(&store);
    }
    named
}

/// Those files of the keys whose names are so.
fn keys_named(used: &Used, is_so: impl Fn(&str) -> bool) -> Files {
    let all = files(&used.path("keys")).into_iter();
    all.filter(|(path, _)| is_so(path.file_name().unwrap().to_str().unwrap()))
        .collect()
}

#[test]
fn in_the_store() {
    let used = Used::new();
    let store = fs::read(used.path("store.redb")).unwrap();
    let of = Files::from([(used.path("store.redb"), store)]);
    let named = rounds(11, 300, &used, &of, flip);
    assert!(0 < named);
}

#[test]
fn in_the_root_keys() {
    let used = Used::new();
    let of = keys_named(&used, |name| name == "root.key");
    assert_eq!(of.len(), 1);
    let named = rounds(12, 150, &used, &of, flip);
    assert!(0 < named);
    // In a key itself, or where one will be.
    let filled = |bytes: &[u8], slot: usize| bytes[4_096 * slot..][..4] != [0; 4];
    let mut hit = 0;
    let named = rounds(13, 150, &used, &of, |draw, of| {
        let (path, bytes) = of.first_key_value().unwrap();
        let slot = draw.below(130);
        hit += u32::from(filled(bytes, slot));
        flip_at(path, bytes, 4_096 * slot + draw.below(48), draw.below(8))
    });
    assert_eq!(
        named, hit,
        "a key that is hit opens nothing, and an empty place has nothing to lose"
    );
    assert!(50 < hit);
}

#[test]
fn in_the_members_buckets() {
    let used = Used::new();
    let of = keys_named(&used, |name| name.len() == 2);
    assert_eq!(of.len(), 64);
    let named = rounds(14, 300, &used, &of, flip);
    assert_eq!(named, 300);
}

#[test]
fn in_the_systems_bucket() {
    let used = Used::new();
    let of = keys_named(&used, |name| name == "sys");
    assert_eq!(of.len(), 1);
    let named = rounds(15, 300, &used, &of, flip);
    assert_eq!(named, 300);
}

#[test]
fn in_the_journal_of_the_keys() {
    let used = Used::new();
    let of = keys_named(&used, |name| name == "journal");
    assert_eq!(of.len(), 1);
    // The last write looks like one that was cut off, and the keys in it are missed.
    let named = rounds(16, 300, &used, &of, flip);
    assert_eq!(named, 300);
}

#[test]
fn in_the_copy_of_the_audit() {
    let used = Used::new();
    let folder = used.path("audit");
    let right = files(&folder);
    let look = || {
        let report = check(&folder, Some(&used.verifier), &used.outside);
        report
            .map(|report| (report.faults, report.remarks))
            .map_err(|error| error.code().to_owned())
    };
    let before = look().unwrap();
    let mut draw = Draw(17);
    for kind in ["leaves-000000000000.jsonl", "checkpoints.txt", "key.txt"] {
        let of: Files = right
            .clone()
            .into_iter()
            .filter(|(path, _)| path.ends_with(kind))
            .collect();
        assert_eq!(of.len(), 1);
        for _ in 0..300 {
            let place = flip(&mut draw, &of);
            assert_ne!(look(), Ok(before.clone()), "{place}");
            put_back(&of);
        }
    }
}

#[test]
fn in_a_backup() {
    let used = Used::new();
    let backup = used.path("backup");
    let of = Files::from([(backup.clone(), fs::read(&backup).unwrap())]);
    let keys = Arc::new(Keys::new(keybox(&used.path("keys")).unwrap()));
    let fresh = used.path("fresh.redb");
    let bring_back = |place: &str| {
        let terms = Terms {
            at: noon(),
            name: "noon",
            copy: None,
        };
        let restored = match restore(&backup, &keys, &fresh, terms, &mut |_, _| {}) {
            Ok(restored) => restored,
            Err(stop) => {
                assert!(!Refusal::from(stop).code().is_empty());
                assert!(!fresh.exists(), "{place}: half a store");
                return true;
            }
        };
        let seen = used.look_at(&fresh, &keys);
        fs::remove_file(&fresh).unwrap();
        let Ok(seen) = seen else {
            return true;
        };
        let named = restored.backup_sha256 != used.backup_sha256
            || restored.damaged != 0
            || !seen.differences.is_empty();
        // The restore itself is in the audit, and so is what of an account could not be read; everything else is as it was.
        let mut after = seen.facts;
        let liability = named.then_some("liability");
        for what in ["audit", "checkpoint", "erasure"]
            .into_iter()
            .chain(liability)
        {
            after.insert(what.to_owned(), used.facts[what].clone());
        }
        assert_same(&used.facts, &after, place, named);
        named
    };
    assert!(!bring_back("nowhere"));
    let mut draw = Draw(18);
    let mut named = 0_u32;
    for _ in 0..300 {
        let place = flip(&mut draw, &of);
        named += u32::from(bring_back(&place));
        put_back(&of);
    }
    assert!(0 < named);
}

#[test]
fn in_a_copy_of_the_keys() {
    let used = Used::new();
    let of = files(&used.path("copies"));
    let restore = |to: &Path| {
        let read = |path: &PathBuf| fs::read(path).unwrap().into();
        let bodies = of.keys().map(read).collect();
        let seeds = SeededEntropy::new([5; 32]);
        Keybox::restore_escrow(to, bodies, Arc::new(move || seeds.seed()))
    };
    let mut draw = Draw(19);
    let to = used.path("restored");
    for _ in 0..300 {
        let place = flip(&mut draw, &of);
        let code = restore(&to).err().map(|error| error.code());
        assert_eq!(code, Some("keys_damaged"), "{place}");
        assert!(!Keybox::exists(&to));
        put_back(&of);
    }
    let keys = Arc::new(Keys::new(restore(&to).unwrap()));
    let seen = used.look_at(&used.path("store.redb"), &keys);
    assert!(!is_named(&used, seen, "nowhere"));
}
