//! Backups through the program: what is put where, what comes back, and what does not.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use serde_json::Value;

use crate::caller::{Place, Said};
use crate::store::{Person, Store};

/// A place whose settings name two targets, and the key that opens what goes there (`operator.txt`).
fn prepare(place: &Place) -> Identity {
    let key = Identity::generate();
    let secret = format!("# the operator's\n{}\n", key.to_string().expose_secret());
    place.write("operator.txt", secret);
    let other = Identity::generate();
    place.write("other.txt", other.to_string().expose_secret());
    fs::create_dir(place.path("one")).unwrap();
    fs::create_dir(place.path("two")).unwrap();
    let settings = format!(
        "[backup]\nrecipient = \"{}\"\ntargets = [\"one\", \"two\"]\n",
        key.to_public()
    );
    place.write("jifen.toml", settings);
    key
}

fn person(number: u8) -> Person {
    Person::new("赵备份", &format!("1390013900{number}"), "204957")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// The newest backup of a target and its manifest.
fn newest(place: &Place, target: &str) -> (PathBuf, PathBuf) {
    let folder = place.path(target);
    let names = names(&folder);
    let last = |ending: &str| {
        let name = names.iter().rfind(|name| name.ends_with(ending)).unwrap();
        folder.join(name)
    };
    (last(".backup.age"), last(".manifest.json"))
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A store that was replayed, and backed up.
fn replayed() -> (Place, Identity, String) {
    let place = Place::new();
    let key = prepare(&place);
    let (_, report) = place.replay("small.csv", "--data data");
    place.jifen("backup --data data").ends(0);
    (place, key, report)
}

/// Restores into `new` with the keys of `data`.
fn restore(place: &Place, file: &Path, more: &str) -> Said {
    place.jifen(&format!(
        "restore {} --identity operator.txt --data new --keys data-keys --audit data/audit {more}",
        file.display()
    ))
}

#[test]
fn two_targets_hold_the_same_and_either_brings_everything_back() {
    let (place, key, report) = replayed();
    assert_eq!(names(&place.path("one")), names(&place.path("two")));
    assert_eq!(names(&place.path("one")).len(), 2);
    let (file, manifest) = newest(&place, "one");
    let (copy, manifest_copy) = newest(&place, "two");
    assert_eq!(fs::read(&file).unwrap(), fs::read(&copy).unwrap());
    assert_eq!(
        fs::read(&manifest).unwrap(),
        fs::read(&manifest_copy).unwrap()
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&manifest)), (0o600, 0o600));
    let told = json(&manifest);
    assert_eq!(told["program"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["file"], file.file_name().unwrap().to_str().unwrap());
    assert_eq!(told["bytes"], fs::metadata(&file).unwrap().len());
    assert!(told["rows"]["accounts"].as_u64().unwrap() > 0, "{told}");
    assert_eq!(told["rows"]["install"], 1);
    // Nothing of the work is left beside the store, and the store is as it was.
    assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
    let sales = place.verified();

    let said = restore(&place, &copy, "");
    said.ends(0);
    assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");
    let dropped = "0 accounts and 0 members dropped, 0 joined later, 0 damaged";
    assert!(said.out.contains(dropped), "{said:?}");
    assert_eq!(names(&place.path("new")), ["store.redb"]);
    fs::rename(place.path("data"), place.path("old")).unwrap();
    fs::rename(place.path("new"), place.path("data")).unwrap();
    assert_eq!(place.verified(), sales);
    let (_, again) = place.replay("small.csv", "--data data");
    assert_eq!(again, report);

    // The same rows sealed again are other bytes.
    place.jifen("backup --data data").ends(0);
    let (second, second_manifest) = newest(&place, "one");
    assert_ne!(second, file);
    assert_ne!(fs::read(&second).unwrap(), fs::read(&file).unwrap());
    let opened = [&file, &second].map(|file| opened(file, &key));
    assert!(opened.iter().all(|rows| rows.starts_with(b"redb")));
    // But for the leaves that say that there was a restore and a backup.
    let mut rows = [json(&second_manifest)["rows"].clone(), told["rows"].clone()];
    for rows in &mut rows {
        let rows = rows.as_object_mut().unwrap();
        rows.retain(|name, _| !["acts", "leaves", "nodes"].contains(&name.as_str()));
    }
    assert_eq!(rows[0], rows[1]);
    assert_ne!(json(&second_manifest)["rows_sha256"], told["rows_sha256"]);
}

/// What stands in a backup.
fn opened(file: &Path, key: &Identity) -> Vec<u8> {
    let sealed = fs::File::open(file).unwrap();
    let opening = age::Decryptor::new(sealed).unwrap();
    let mut rows = Vec::new();
    let keys = core::iter::once(key).map(|key| -> &dyn age::Identity { key });
    opening
        .decrypt(keys)
        .unwrap()
        .read_to_end(&mut rows)
        .unwrap();
    rows
}

#[test]
fn members_come_back_and_nobody_is_read_from_a_backup() {
    let mut store = Store::new();
    let key = prepare(&store.place);
    store.start();
    let people = [1, 2, 3].map(person);
    let cards = people.each_ref().map(|person| store.register(person));
    store.sign_in(&cards[0], &people[0].pin);
    store.stop();
    store.place.jifen("backup").ends(0);
    let (file, _) = newest(&store.place, "one");
    let rows = opened(&file, &key);
    for (person, card) in people.iter().zip(&cards) {
        let secrets = [&person.name, &person.mobile, card];
        for secret in secrets {
            assert!(!contains(&rows, secret.as_bytes()), "{secret} is readable");
        }
    }
    // The search finds what is there.
    assert!(contains(&rows, b"accounts"));

    fs::rename(store.place.path("jifen-data"), store.place.path("lost")).unwrap();
    let said = store.jifen(&format!(
        "restore {} --identity operator.txt --audit lost/audit",
        file.display()
    ));
    said.ends(0);
    assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");
    store.start();
    for (person, card) in people.iter().zip(&cards) {
        store.sign_in(card, &person.pin);
    }
    store.stop();
    // One who joins after a backup is told, and keeps the keys.
    store.start();
    store.register(&person(4));
    store.stop();
    fs::rename(store.place.path("jifen-data"), store.place.path("lost-too")).unwrap();
    let again = store.jifen(&format!(
        "restore {} --identity operator.txt --audit lost-too/audit",
        file.display()
    ));
    again.ends(0);
    assert!(again.out.contains(" 1 joined later"), "{again:?}");
    let told = "joined after the backup, and has to be registered again";
    assert_eq!(again.out.matches(told).count(), 1, "{again:?}");
    // Whoever has no audit any more says so; a folder that is not there is none.
    let call = format!(
        "restore {} --identity operator.txt --data third --keys jifen-keys",
        file.display()
    );
    store.place.jifen(&call).ends(2);
    let wrong = store.place.jifen(&format!("{call} --audit nowhere"));
    wrong.refuses(1, "no_audit");
    assert!(!store.place.path("third").exists());
    store.place.jifen(&format!("{call} --audit-lost")).ends(0);
}

fn contains(rows: &[u8], wanted: &[u8]) -> bool {
    rows.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn what_is_not_the_backup_is_refused_and_leaves_nothing() {
    let (place, _, _) = replayed();
    let (file, manifest) = newest(&place, "one");
    let whole = fs::read(&file).unwrap();
    let is_empty = |place: &Place| {
        let left = fs::read_dir(place.path("new")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "{:?}", names(&place.path("new")));
    };

    let other = place.jifen(&format!(
        "restore {} --identity other.txt --data new --keys data-keys --audit data/audit",
        file.display()
    ));
    other.refuses(1, "wrong_identity");
    is_empty(&place);
    place.write("nobody.txt", "AGE-SECRET-KEY-1NONSENSE\n");
    let none = place.jifen(&format!(
        "restore {} --identity nobody.txt --data new --keys data-keys --audit data/audit",
        file.display()
    ));
    none.refuses(1, "bad_identity");
    assert!(!none.err.contains("NONSENSE"), "{none:?}");
    is_empty(&place);

    // A byte of the file, or a digit of the manifest.
    for at in [0, 40, whole.len() / 2, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        fs::write(&file, &bent).unwrap();
        restore(&place, &file, "").refuses(1, "backup_altered");
        is_empty(&place);
    }
    fs::write(&file, &whole).unwrap();
    let mut told = json(&manifest);
    told["sha256"] = "00".into();
    place.write("altered.json", told.to_string());
    restore(&place, &file, "--manifest altered.json").refuses(1, "backup_altered");
    place.write("altered.json", "{}");
    restore(&place, &file, "--manifest altered.json").refuses(1, "bad_manifest");
    is_empty(&place);

    // Without a manifest the seal tells.
    for end in [0, 10, 200, whole.len() / 2, whole.len() - 1] {
        place.write("cut.backup.age", &whole[..end]);
        let said = restore(&place, &place.path("cut.backup.age"), "");
        said.refuses(1, "sealed_damaged");
        is_empty(&place);
    }
    for at in [whole.len() / 2, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        place.write("bent.backup.age", &bent);
        let said = restore(&place, &place.path("bent.backup.age"), "");
        said.refuses(1, "sealed_damaged");
        is_empty(&place);
    }

    place.replay("small.csv", "--data elsewhere");
    let said = place.jifen(&format!(
        "restore {} --identity operator.txt --data new --keys elsewhere-keys --audit data/audit",
        file.display()
    ));
    said.refuses(1, "other_install");
    let said = place.jifen(&format!(
        "restore {} --identity operator.txt --data new --keys nowhere --audit data/audit",
        file.display()
    ));
    said.refuses(1, "no_key");
    is_empty(&place);

    let said = restore(&place, &file, "");
    said.ends(0);
    let before = fs::read(place.path("new/store.redb")).unwrap();
    restore(&place, &file, "").refuses(1, "store_exists");
    assert_eq!(fs::read(place.path("new/store.redb")).unwrap(), before);
}

#[test]
fn a_drill_tells_a_good_backup_from_one_that_is_not() {
    let (place, _, _) = replayed();
    let words = "drill --identity operator.txt --data data";
    // What an earlier one left when it was killed goes.
    fs::create_dir(place.path("data/.jifen-work-left")).unwrap();
    let said = place.jifen(words);
    said.ends(0);
    assert!(said.out.contains("verify: 0 differences\n"), "{said:?}");
    assert!(said.out.ends_with(" is good\n"), "{said:?}");
    assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
    place.verified();
    let audit = fs::read_to_string(place.path("data/audit/leaves-000000000000.jsonl")).unwrap();
    let drills = audit
        .lines()
        .filter(|line| line.contains("\"act\":\"drilled\""));
    assert_eq!(drills.count(), 1, "{audit}");

    let (_, manifest) = newest(&place, "one");
    let whole = json(&manifest);
    for (table, field) in [("accounts", "rows"), ("", "rows_sha256")] {
        let mut told = whole.clone();
        if table.is_empty() {
            told[field] = "00".into();
        } else {
            told[field][table] = 1_000.into();
        }
        fs::write(&manifest, told.to_string()).unwrap();
        place.jifen(words).refuses(3, "manifest_differs");
        assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
    }
    fs::write(&manifest, whole.to_string()).unwrap();
    let other = place.jifen("drill --identity other.txt --data data");
    other.refuses(1, "wrong_identity");
    assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
    for name in names(&place.path("one")) {
        fs::remove_file(place.path("one").join(name)).unwrap();
    }
    place.jifen(words).refuses(1, "no_backup");
}

#[test]
fn a_target_out_of_reach_is_told_and_the_others_have_theirs() {
    let (place, _, _) = replayed();
    fs::remove_dir_all(place.path("one")).unwrap();
    let said = place.jifen("backup --data data");
    said.refuses(1, "backup_incomplete");
    assert!(!place.path("one").exists());
    assert_eq!(names(&place.path("two")).len(), 4);
    assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
}

#[test]
fn copies_go_nowhere_where_they_must_not_be() {
    let place = Place::new();
    place.jifen("backup --data data").refuses(1, "no_store");
    assert!(!place.path("data").exists());
    place.replay("small.csv", "--data data");
    place
        .jifen("backup --data data")
        .refuses(1, "no_backup_target");
    place
        .jifen("escrow --data data")
        .refuses(1, "no_escrow_target");
    prepare(&place);
    // A link leads into the data folder, which the settings do not see.
    fs::remove_dir(place.path("one")).unwrap();
    std::os::unix::fs::symlink("data", place.path("one")).unwrap();
    place
        .jifen("backup --data data")
        .refuses(1, "targets_overlap");
    assert_eq!(names(&place.path("data")), ["audit", "store.redb"]);
    fs::remove_file(place.path("one")).unwrap();
    std::os::unix::fs::symlink("data-keys/keybox", place.path("one")).unwrap();
    place
        .jifen("backup --data data")
        .refuses(1, "targets_overlap");

    place
        .jifen("restore-keys one --identity operator.txt --keys k")
        .refuses(2, "two_custodians");
    place.write("jifen.toml", "[backup]\ntargets = [\"one\"]\n");
    let said = place.jifen("backup --data data");
    said.refuses(2, "bad_settings");
    said.mentions("jifen.toml:2: contradiction");
}
