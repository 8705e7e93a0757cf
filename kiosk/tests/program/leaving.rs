//! A member leaves a shop that has backups and an escrow: the receipt holds, the copies of the keys are replaced, and the
//! oldest backup brings nobody back (BAK-03, PTS-07).

use std::fs;
use std::path::PathBuf;

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use jifen::audit::check::check;
use jifen::audit::checkpoint::VerifierKey;
use jifen::audit::copy::{CopyFolder, Notes};
use jifen::audit::receipt::{EscrowState, check_receipt};
use serde_json::{Value, json};

use crate::store::{Person, Store};
use crate::till::new_key;
use crate::wire::{Answer, ask};

/// A store whose settings name a backup target and an escrow, and the identities in files.
fn shop() -> Store {
    let store = Store::new();
    let place = &store.place;
    let mut recipients = Vec::new();
    for name in ["operator", "first", "second"] {
        let key = Identity::generate();
        place.write(&format!("{name}.txt"), key.to_string().expose_secret());
        recipients.push(key.to_public().to_string());
    }
    for name in ["copies", "safe", "second-place"] {
        fs::create_dir(place.path(name)).unwrap();
    }
    let [operator, first, second] = recipients.try_into().unwrap();
    let settings = format!(
        "[backup]\nrecipient = \"{operator}\"\ntargets = [\"copies\"]\n\
         [escrow]\ncustodians = [\"{first}\", \"{second}\"]\ntargets = [\"safe\"]\n\
         [audit]\nsecond = \"second-place\"\n"
    );
    place.write("jifen.toml", settings);
    store
}

fn person(number: u8) -> Person {
    Person::new("孙离店", &format!("1390013900{number}"), "204957")
}

fn call(store: &Store, method: &str, path: &str, cookie: &str, key: &str, body: &Value) -> Answer {
    let headers = [("cookie", cookie), ("idempotency-key", key)];
    ask(store.edge(), method, path, &headers, body.to_string())
}

fn only_file(store: &Store, folder: &str, ending: &str) -> PathBuf {
    let files = fs::read_dir(store.place.path(folder)).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    let found = paths.find(|path| path.to_str().unwrap().ends_with(ending));
    found.unwrap()
}

#[test]
fn whoever_left_is_in_no_backup_no_escrow_and_no_restored_store() {
    let mut store = shop();
    store.start();
    let cards: Vec<String> = (0..3)
        .map(|number| store.register(&person(number)))
        .collect();
    let said = store.place.jifen("backup");
    said.ends(0);
    store.place.jifen("escrow").ends(0);

    // The first one is shown what is lost, confirms another number, then this one.
    let cookie = store.sign_in(&cards[0], "204957");
    let shown = call(
        &store,
        "GET",
        "/member/v1/erasure",
        &cookie,
        "",
        &Value::Null,
    )
    .json();
    assert_eq!(
        shown,
        json!({"points": 100, "debt": 0, "holds": 0, "recipients": []})
    );
    let key = new_key();
    let erase = |pin: &str, points: i64| {
        let body = json!({"pin": pin, "points": points});
        call(&store, "POST", "/member/v1/erasure", &cookie, &key, &body)
    };
    assert_eq!(erase("204958", 100).json()["code"], "sign_in_failed");
    assert_eq!(erase("204957", 99).json()["code"], "erasure_unconfirmed");
    let answer = erase("204957", 100);
    assert_eq!(answer.status, 200, "{answer:?}");
    let text = answer.json().to_string();
    let verifier = fs::read_to_string(store.place.path("jifen-data/audit/key.txt")).unwrap();
    let verifier = VerifierKey::parse(verifier.trim()).unwrap();
    let (receipt, leaf) = check_receipt(&text, Some(&verifier)).unwrap();
    assert_eq!(leaf.seq, receipt.index);
    assert_eq!(receipt.points_forfeited.count(), 100);
    let copies: Vec<_> = receipt.escrow.iter().map(|copy| copy.state).collect();
    assert_eq!(copies, [EscrowState::Replaced]);
    assert_eq!(store.try_sign_in(&cards[0], "204957").status, 401);
    // Nobody is signed in any more, and the key alone brings the receipt again.
    let again = call(
        &store,
        "POST",
        "/member/v1/erasure",
        &cookie,
        &key,
        &Value::Null,
    );
    assert_eq!(again.json()["leaf"], answer.json()["leaf"]);

    // A checkpoint left the machine; somebody joined after the backup.
    store.place.jifen("audit checkpoint").ends(0);
    let last = store.register(&person(4));
    store.place.jifen("escrow").ends(0);
    store.stop();
    let audit = store.place.path("jifen-data/audit");
    let outside = only_file(&store, "second-place", ".txt");
    let note = fs::read_to_string(&outside).unwrap();
    let notes = Notes::of_text(outside.to_str().unwrap(), &note);
    let report = check(&audit, Some(&verifier), &notes).unwrap();
    assert!(report.is_clean(), "{:?}", report.faults);
    assert!(0 < CopyFolder::new(&audit).lines(0).unwrap().count());

    // The oldest backup, the keys of now.
    let backup = only_file(&store, "copies", ".backup.age");
    let restore = format!(
        "restore {} --identity operator.txt --data new --keys jifen-keys --audit jifen-data/audit",
        backup.display()
    );
    let said = store.place.jifen(&restore);
    said.ends(0);
    let told = "1 accounts and 1 members dropped, 1 joined later, 0 damaged";
    assert!(said.out.contains(told), "{said:?}");
    assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");

    // From the escrow come the same keys, without the one who left.
    let keys = "restore-keys safe --identity first.txt --identity second.txt --keys from-escrow";
    store.place.jifen(keys).ends(0);
    let one = "restore-keys safe --identity first.txt --identity operator.txt --keys other";
    store.place.jifen(one).refuses(1, "wrong_identity");
    let verify = "verify --data jifen-data --keys from-escrow";
    let said = store.place.jifen(verify);
    said.ends(0);
    assert!(said.out.ends_with("verify: 0 differences\n"), "{said:?}");

    // The restored store goes on: the same phone joins anew, the others are as they were.
    fs::rename(store.place.path("jifen-data"), store.place.path("lost")).unwrap();
    fs::rename(store.place.path("new"), store.place.path("jifen-data")).unwrap();
    store.start();
    assert_eq!(store.try_sign_in(&cards[0], "204957").status, 401);
    let again = store.register(&person(0));
    assert_ne!(again, cards[0]);
    store.sign_in(&cards[1], "204957");
    assert_eq!(
        store.try_sign_in(&last, "204957").status,
        401,
        "joined after the backup"
    );
    store.place.jifen("drill --identity operator.txt").ends(0);
    store.stop();
    store.verified();
}
