//! What a restore does with the audit, and with records whose keys were destroyed since the backup.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jifen::audit::copy::{AuditCopy, CopyFolder};
use jifen::domain::refusal::Refusal;
use jifen::engine::clock::{GivenClock, SeededEntropy};
use jifen::engine::erase::By;
use jifen::engine::keys::Keys;
use jifen::engine::restore::{Terms, restore};
use jifen::engine::work::Stop;
use jifen::engine::{Engine, Settings};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::store::StoreError;
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, Person, Shop, keys_of};
use jifen_tests::wishes::{noon, numbered};

use super::restore::{
    back_up, bring_back, copy_folder, keys_in, last_journal, live, open, reopen, terms,
};

fn own(who: &Person) -> Grant {
    let member = who.member;
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

/// A member leaves.
fn leaves(shop: &Shop, who: &Person) {
    let points = shop
        .engine()
        .farewell(who.member, &own(who))
        .unwrap()
        .points;
    let by = By::Operator;
    let erased = shop.engine().erase(&numbered(990), who.member, by, points);
    erased.unwrap();
}

/// The audit so far, in a copy.
fn copied(shop: &Shop, folder: &Path) -> Vec<String> {
    let lines = shop.engine().audit_lines(0, 10_000).unwrap();
    AuditCopy::open(folder).unwrap().append(&lines).unwrap();
    lines
}

#[test]
fn the_audit_goes_on_from_its_copy_and_numbers_above_the_highest_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let person = live(&shop, 1);
    back_up(&shop, &path("backup"));
    // After the backup somebody joins, shops, and the first one leaves.
    let later = live(&shop, 2);
    leaves(&shop, &person);
    let highest = last_journal(&shop);
    let size = shop.engine().audit_size().unwrap();
    let lines = copied(&shop, &path("audit"));
    drop(shop);

    let copy = CopyFolder::new(&path("audit"));
    let terms = Terms {
        copy: Some(&copy),
        ..terms()
    };
    let to = path("restored.redb");
    let restored = restore(&path("backup"), &keys, &to, terms, &mut |_, _| {}).unwrap();
    assert_eq!(restored.joined_later, [later.member]);
    assert_eq!(restored.dropped_accounts, 1);
    let shop = reopen(&to, &keys, 2);
    assert!(size < shop.engine().audit_size().unwrap());
    assert_eq!(shop.engine().audit_lines(0, lines.len()).unwrap(), lines);
    assert!(shop.engine().audit_lines(size, 1).unwrap()[0].contains("\"act\":\"restored\""));
    assert!(
        highest < last_journal(&shop),
        "what was booked for the restore"
    );
    shop.bench.assert_verified("the audit that goes on");

    // A copy of another audit, or one with a leaf left out, is not taken for this one's.
    for (name, bent) in [("other", lines[1..].to_vec()), ("hole", without(&lines, 4))] {
        fs::create_dir(path(name)).unwrap();
        let file = path(name).join("leaves-000000000000.jsonl");
        fs::write(file, bent.join("\n") + "\n").unwrap();
        let copy = CopyFolder::new(&path(name));
        let terms = Terms {
            copy: Some(&copy),
            ..terms
        };
        let refused = restore(
            &path("backup"),
            &keys,
            &path(name).join("x"),
            terms,
            &mut |_, _| {},
        );
        assert!(
            matches!(refused, Err(Stop::Store(StoreError::Damaged(_)))),
            "{name}"
        );
    }
}

fn without(lines: &[String], place: usize) -> Vec<String> {
    let mut lines = lines.to_vec();
    lines.remove(place);
    lines
}

#[test]
fn keys_of_before_an_erasure_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_in(&path("keys"), 7);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let person = live(&shop, 1);
    back_up(&shop, &path("backup"));
    copy_folder(&path("keys"), &path("yesterday"));
    leaves(&shop, &person);
    copied(&shop, &path("audit"));
    drop((shop, keys));

    let copy = CopyFolder::new(&path("audit"));
    let terms = Terms {
        copy: Some(&copy),
        ..terms()
    };
    let yesterday = keys_in(&path("yesterday"), 8);
    let back = |keys: &Arc<Keys>, to: &str| {
        restore(&path("backup"), keys, &path(to), terms, &mut |_, _| {})
    };
    let refused = back(&yesterday, "old.redb");
    assert_eq!(refused.unwrap_err(), Stop::Refused(Refusal::KeysTooOld));
    assert!(!path("old.redb").exists());
    // And the live store does not open with them either.
    let store = open(&path("store.redb"), &yesterday);
    let entropy = Arc::new(SeededEntropy::new([9; 32]));
    let clock = Arc::new(GivenClock::at(noon()));
    let opened = Engine::open(store, yesterday, clock, entropy, Settings::default());
    assert_eq!(opened.err(), Some(Stop::Refused(Refusal::KeysTooOld)));

    let today = keys_in(&path("keys"), 10);
    assert_eq!(back(&today, "new.redb").unwrap().dropped_members, 1);
    let shop = reopen(&path("new.redb"), &today, 2);
    assert!(shop.rows()["members"].is_empty());
    let again = shop.join(&numbered(995), &Form::of(1));
    assert_ne!(again.member, person.member);
    shop.bench.assert_verified("the same phone joins anew");
}

#[test]
fn a_backup_from_before_a_correction_loses_that_record_and_no_points() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let form = Form {
        consents: vec![("direct_mail", true)],
        ..Form::of(1)
    };
    let anna = shop.join(&numbered(1), &form);
    let bo = live(&shop, 2);
    let engine = shop.engine();
    engine.sign_in(&anna.card, &anna.pin, "kiosk-1").unwrap();
    let leave = own(&anna);
    let address = ("延安西路 1 号", "200050");
    engine
        .set_address(anna.member, address, "kiosk-1", &leave)
        .unwrap();
    back_up(&shop, &path("oldest"));

    let told = ("王大明", "13800000099");
    engine
        .correct(&numbered(3), anna.member, told, "kiosk-1", &leave)
        .unwrap();
    engine
        .erase_address(anna.member, "kiosk-1", &leave)
        .unwrap();
    let retired = engine.retire_core().unwrap();
    back_up(&shop, &path("newest"));
    engine.drop_retired(&retired).unwrap();
    let balance = engine.balance(anna.account).unwrap();
    drop(shop);

    let restored = bring_back(&path("oldest"), &keys, &path("old.redb"));
    assert_eq!(restored.unopened, 3, "member, attempts and address");
    let shop = reopen(&path("old.redb"), &keys, 2);
    assert_eq!(shop.engine().balance(anna.account).unwrap(), balance);
    let signed_in = shop.engine().sign_in(&anna.card, &anna.pin, "kiosk-1");
    assert_eq!(signed_in.err(), Some(Refusal::SignInFailed));
    assert!(shop.own_data(bo.member).is_ok());
    shop.bench.assert_verified("the oldest backup");
    drop(shop);

    let restored = bring_back(&path("newest"), &keys, &path("new.redb"));
    assert_eq!(restored.unopened, 0);
    let shop = reopen(&path("new.redb"), &keys, 3);
    let own_data = shop.own_data(anna.member).unwrap();
    assert_eq!(own_data.profile.name.disclose(&leave).as_str(), told.0);
    shop.bench.assert_verified("the newest backup");
}
