//! A store that is in use, cut short or without its key is said to be so, and nothing panics.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::caller::{Place, Running, YEAR, has_chinese};

#[test]
fn a_second_process_hears_that_the_store_is_in_use() {
    let place = Place::new();
    let call = place.call(&format!(
        "replay {YEAR} --programme demo.toml --report report.csv --data data"
    ));
    let mut running = Running::begin(call);
    assert!(running.wait_for(10));
    // It stops where it is, so that it is there however slow the others are.
    running.signal("STOP");
    for words in [
        "verify --data data",
        "explain --data data liability",
        "replay small.csv --programme demo.toml --data data",
    ] {
        let said = place.jifen(words);
        said.refuses(4, "store_in_use");
        let said = place.jifen(&format!("{words} --lang zh"));
        said.ends(4);
        assert_eq!(said.told()[0], "jifen: store_in_use");
        assert!(
            has_chinese(said.told()[1]) && !has_chinese(said.told()[2]),
            "{said:?}"
        );
    }
    running.signal("CONT");
    running.finish().ends(0);
    assert_eq!(place.verified(), 3_463);
    let report = place.read("report.csv");
    let (_, undisturbed) = place.replay(YEAR, "--memory");
    assert_eq!(report, undisturbed);
}

#[test]
fn a_store_that_was_cut_short_is_damaged_wherever_it_ends() {
    let place = Place::new();
    let (_, report) = place.replay("small.csv", "--data data");
    let whole = fs::read(place.path("data/store.redb")).unwrap();
    let length = whole.len();
    for end in [
        1,
        8,
        100,
        320,
        4_095,
        4_096,
        8_192,
        length / 3,
        length / 2,
        length - 4_096,
        length - 1,
    ] {
        place.write("data/store.redb", &whole[..end]);
        for words in [
            "verify --data data",
            "replay small.csv --programme demo.toml --data data",
        ] {
            let said = place.jifen(words);
            said.refuses(4, "store_damaged");
        }
        assert_eq!(
            fs::read(place.path("data/store.redb")).unwrap(),
            whole[..end],
            "{end}: what may still be saved is left as it was"
        );
    }
    place.write("data/store.redb", &whole);
    let (_, again) = place.replay("small.csv", "--data data");
    assert_eq!(again, report);
}

#[test]
fn a_store_with_other_bytes_in_it_is_told_by_code() {
    let place = Place::new();
    place.replay("small.csv", "--data data");
    let whole = fs::read(place.path("data/store.redb")).unwrap();
    let mut found = 0;
    // Most pages of so small a store are free.
    let step = whole.len() / 160;
    for at in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        let until = whole.len().min(at + 64);
        bytes[at..until].fill(0xa5);
        place.write("data/store.redb", &bytes);
        let output = place.call("verify --data data").output().unwrap();
        // What redb says before the store catches it is for developers; the code and the words come after it.
        let told = String::from_utf8(output.stderr).unwrap();
        match output.status.code() {
            Some(0) => {}
            Some(3) => assert!(told.contains("jifen: differences\n"), "byte {at}: {told}"),
            Some(4) => assert!(told.contains("jifen: store_damaged\n"), "byte {at}: {told}"),
            other => panic!("byte {at}: {other:?}: {told}"),
        }
        found += u32::from(!output.status.success());
    }
    assert!(3 < found, "{found}");
}

#[test]
fn keys_are_needed_private_and_elsewhere() {
    let place = Place::new();
    let (_, report) = place.replay("small.csv", "--data data");
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(place.path("data")), mode(place.path("data-keys"))),
        (0o700, 0o700)
    );
    let files = ["root.key", "keybox/00", "keybox/sys", "keybox/journal"];
    for file in files {
        let key = place.path(&format!("data-keys/{file}"));
        assert_eq!(mode(key.clone()), 0o600, "{file}");
        for open in [0o644, 0o640, 0o604, 0o660] {
            fs::set_permissions(&key, Permissions::from_mode(open)).unwrap();
            let said = place.jifen("verify --data data");
            said.refuses(1, "key_readable_by_others");
        }
        fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();

        let bytes = fs::read(&key).unwrap();
        let mut bent = bytes.clone();
        let at = bent.iter().rposition(|byte| *byte != 0).unwrap();
        if file != "keybox/journal" {
            // The very last bytes of the journal may be what a power cut left.
            bent[at] ^= 1;
            fs::write(&key, &bent).unwrap();
            place.jifen("verify --data data").refuses(4, "keys_damaged");
        }
        fs::write(&key, &bytes).unwrap();
    }

    let (_, _) = place.replay("small.csv", "--data other");
    place
        .jifen("verify --data data --keys other-keys")
        .refuses(1, "other_install");

    fs::rename(place.path("data-keys"), place.path("elsewhere")).unwrap();
    for words in [
        "verify --data data",
        "replay small.csv --programme demo.toml --data data",
    ] {
        place.jifen(words).refuses(1, "no_key");
        assert!(
            !place.path("data-keys").exists(),
            "no new key for an old store"
        );
    }
    place
        .jifen("verify --data data --keys nowhere")
        .refuses(1, "no_key");
    let (_, again) = place.replay("small.csv", "--data data --keys elsewhere");
    assert_eq!(again, report);
}

#[test]
fn keys_may_not_lie_inside_the_data_however_it_is_spelt() {
    let place = Place::new();
    fs::create_dir(place.path("data")).unwrap();
    std::os::unix::fs::symlink("data", place.path("link")).unwrap();
    let absolute = place.path("data").display().to_string();
    for keys in [
        "data/keys".to_owned(),
        "data".to_owned(),
        "./data/keys".to_owned(),
        "data/../data/keys".to_owned(),
        "nowhere/../data/keys".to_owned(),
        "link/keys".to_owned(),
        format!("{absolute}/keys"),
    ] {
        let said = place.jifen(&format!(
            "replay small.csv --programme demo.toml --data data --keys {keys}"
        ));
        said.refuses(1, "keys_inside_data");
    }
    assert_eq!(
        fs::read_dir(place.path("data")).unwrap().count(),
        0,
        "nothing was begun"
    );
    place.replay("small.csv", "--data data --keys keys");
    place.replay("small.csv", "--data data --keys data/../keys");
}

/// A bit in the name of a table hides all its rows, and no row is left to say so: the pages do.
#[test]
fn a_table_that_lost_its_name_is_found() {
    let place = Place::new();
    place.replay("small.csv", "--data data");
    place.verified();
    let path = place.path("data/store.redb");
    let whole = fs::read(&path).unwrap();
    let mut bent = whole.clone();
    let places: Vec<usize> = (0..whole.len())
        .filter(|place| whole[*place..].starts_with(b"clocks"))
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bent[place + b"clock".len()] ^= 1;
    }
    fs::write(&path, bent).unwrap();
    let said = place.jifen("verify --data data");
    assert!(matches!(said.code, Some(3 | 4)), "{said:?}");
    assert!(!said.err.is_empty());
    fs::write(&path, whole).unwrap();
    place.verified();
}
