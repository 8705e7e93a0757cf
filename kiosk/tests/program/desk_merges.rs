//! Two records of one person at the desk: they become one by codes and the member's PIN, and two again by two people
//! (QLT-03).

use std::fs;

use serde_json::{Value, json};

use crate::caller::Said;
use crate::desk_routes::{NEW, PIN, asked, audit, body, leaves, looks, open, person, points, text};
use crate::staff::{Desk, hire};
use crate::store::Store;
use crate::till::new_key;
use crate::wire::ask;

/// The code in the newest message to this phone.
fn code_sent_to(store: &Store, phone: &str) -> String {
    let entries = fs::read_dir(store.place.path("messages")).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = files.iter().rev().map(|file| {
        let text = fs::read_to_string(file).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()
    });
    let mut mine = read.filter(|message| message["to"] == phone);
    let text = text(&mine.next().unwrap()["text"]);
    let mut runs = text.split(|letter: char| !letter.is_ascii_digit());
    runs.find(|run| run.len() == 6).unwrap().to_owned()
}

/// The code that is sent to each phone comes back: before both have, nothing is shown.
fn prove_both(store: &Store, manager: &Desk, pair: &Value) {
    for (which, phone) in [("stays", "+8613912345671"), ("joins", "+8613912345672")] {
        let path = format!("members/{}/merge-codes", text(&pair[which]));
        assert_eq!(
            body(&manager.post(&path, &Value::Null), 202),
            json!({"code_sent": true})
        );
        let code = code_sent_to(store, phone);
        let wrong = if code == "000000" { "000001" } else { "000000" };
        let prove = |page: &Desk, code: &str| page.ask("PUT", &path, &json!({"code": code}));
        prove(manager, wrong).refuses(401, "code_wrong");
        manager
            .post("merges/preview", pair)
            .refuses(403, "merge_unproved");
        assert_eq!(prove(manager, &code).status, 204);
        prove(manager, &code).refuses(401, "code_wrong");
    }
}

#[test]
fn two_phones_become_one_member_by_codes_and_pin_and_two_again_by_two_people() {
    let mut store = open("messages.folder = \"messages\"\n");
    let cards = [1, 2].map(|number| store.register(&person(number)));
    assert_eq!([0, 1].map(|of| points(&store, &cards[of])), [100, 100]);
    let manager = hire(&store, "han.meimei", "member_manager");
    let other = hire(&store, "wei.hua", "data_manager");
    let [stays, joins] = [0, 1].map(|of| manager.reference(&cards[of]));
    let pair = json!({"stays": stays, "joins": joins, "purpose": "member_asked"});
    let with = |name: &str, value: Value, of: &Value| {
        let mut said = of.clone();
        said[name] = value;
        said
    };
    // Nobody sees what would move before the phones have shown that it is one person.
    manager
        .post("merges/preview", &pair)
        .refuses(403, "merge_unproved");
    prove_both(&store, &manager, &pair);
    let shown = body(&manager.post("merges/preview", &pair), 200);
    let moved = [&shown["moved"], &shown["balance"], &shown["debt"]];
    assert_eq!(moved, [&json!(100), &json!(200), &json!(0)]);
    assert_eq!([0, 1].map(|of| points(&store, &cards[of])), [100, 100]);
    let seen = json!(["han.meimei", ["balance", "debt", "tier"], "member_asked"]);
    for card in &cards {
        assert_eq!(looks(&store, card, PIN), std::slice::from_ref(&seen));
    }
    // What one page proved counts for no other.
    let theirs = [0, 1].map(|of| other.reference(&cards[of]));
    let at_theirs = json!({"stays": theirs[0], "joins": theirs[1], "purpose": "member_asked"});
    other
        .post("merges/preview", &at_theirs)
        .refuses(403, "merge_unproved");

    manager
        .post("merges", &with("pin", json!(PIN), &pair))
        .refuses(409, "merge_unconfirmed");
    let confirmed = with("confirmed", json!(true), &pair);
    manager
        .post("merges", &confirmed)
        .refuses(401, "sign_in_failed");
    manager
        .post("merges", &with("pin", json!(NEW), &confirmed))
        .refuses(401, "sign_in_failed");
    let (said, key) = (with("pin", json!(PIN), &confirmed), new_key());
    let merged = body(&manager.under(&key, "POST", "merges", &said), 200);
    let again = body(&manager.under(&key, "POST", "merges", &said), 200);
    assert_eq!((&merged, &merged["balance"]), (&again, &json!(200)));
    manager.post("merges", &said).refuses(409, "already_merged");
    assert_eq!([0, 1].map(|of| points(&store, &cards[of])), [200, 200]);

    let listed = manager.post(&format!("members/{stays}/merges"), &asked());
    let listed = body(&listed, 200);
    assert_eq!(listed["merges"][0]["ref"], json!(joins), "{listed}");
    let undo = json!({
        "member": joins,
        "operation": "undo_merge",
        "purpose": "complaint",
        "reason": "they are sisters",
    });
    manager
        .post("proposals", &with("member", json!(stays), &undo))
        .refuses(422, "not_merged");
    let asked = body(&manager.post("proposals", &undo), 201);
    let brief = [&asked["state"], &asked["points"]];
    assert_eq!(brief, [&json!("open"), &json!(100)]);
    assert_eq!(points(&store, &cards[0]), 200, "nothing is undone yet");
    let step = |page: &Desk, step: &str| {
        page.post(&format!("proposals/{}/{step}", asked["id"]), &Value::Null)
    };
    step(&manager, "execute").refuses(403, "second_person_needed");
    step(&manager, "approve").refuses(403, "second_person_needed");
    assert_eq!(body(&step(&other, "approve"), 200)["state"], "ready");
    step(&other, "execute").refuses(403, "second_person_needed");
    let done = body(&step(&manager, "execute"), 200);
    let parted = [
        &done["unmerged"]["balance"],
        &done["unmerged"]["other_balance"],
    ];
    assert_eq!(parted, [100, 100]);
    assert_eq!([0, 1].map(|of| points(&store, &cards[of])), [100, 100]);
    step(&manager, "execute").refuses(409, "proposal_state");
    manager.post("proposals", &undo).refuses(422, "not_merged");

    store.stop();
    let leaf = |act: &str| {
        let leaves = leaves(&store, act);
        let of = |leaf: &Value| json!([leaf["actor"], leaf["purpose"], leaf["basis"]]);
        leaves.iter().map(of).collect::<Vec<_>>()
    };
    let merge = json!(["han.meimei", "member_asked", "request"]);
    assert_eq!(leaf("merged"), [merge]);
    let undone = json!(["han.meimei", "complaint", "request"]);
    assert_eq!(leaf("unmerged"), [undone]);
    let told = store.log() + &audit(&store);
    assert!(!told.contains(PIN) && !told.contains("sisters") && !told.contains("1391234567"));
    store.verified();
}

#[test]
fn one_phone_that_the_desk_has_looked_at_twice_merges_with_the_pin_alone() {
    let mut store = open("");
    let cards = [1, 1].map(|number| store.register(&person(number)));
    let keeper = hire(&store, "wei.hua", "data_manager");
    let desk = hire(&store, "li.lei", "desk");
    let [stays, joins] = [0, 1].map(|of| keeper.reference(&cards[of]));
    let said = json!({
        "stays": stays,
        "joins": joins,
        "purpose": "verification",
        "confirmed": true,
        "pin": PIN,
    });
    for reference in [&stays, &joins] {
        keeper.post("merges", &said).refuses(403, "merge_unproved");
        let path = format!("members/{reference}/verifications");
        assert_eq!(body(&keeper.post(&path, &asked()), 200)["others"], 1);
    }
    let alone = json!({"stays": stays, "joins": stays, "purpose": "verification"});
    keeper
        .post("merges/preview", &alone)
        .refuses(403, "merge_unproved");
    keeper
        .post(&format!("members/{stays}/merge-codes"), &Value::Null)
        .refuses(503, "message_not_sent");
    desk.post("merges", &said).refuses(403, "not_granted");
    assert_eq!(body(&keeper.post("merges", &said), 200)["tier"], "ordinary");
    assert_eq!(points(&store, &cards[1]), points(&store, &cards[0]));
    store.stop();
    store.verified();
}

/// The same by command while the shop is open: whoever was signed in by the other card is not any more.
#[test]
fn a_command_merges_with_the_pin_from_stdin_and_ends_what_was_open() {
    let mut store = open("");
    let cards = [1, 1].map(|number| store.register(&person(number)));
    let desk = hire(&store, "li.lei", "desk");
    for card in &cards {
        let path = format!("members/{}/verifications", desk.reference(card));
        body(&desk.post(&path, &asked()), 200);
    }
    let [_, cookie] = [0, 1].map(|of| store.sign_in(&cards[of], PIN));
    let read = || {
        ask(
            store.screen(),
            "GET",
            "/member/v1/statement",
            &[("cookie", &*cookie)],
            "",
        )
    };
    body(&read(), 200);

    let words = |act: &str| format!("member {act} {} {} --confirmed", cards[0], cards[1]);
    let typed = |pin: &str| {
        store.place.write("pin", format!("{pin}\n"));
        let file = fs::File::open(store.place.path("pin")).unwrap();
        let output = store.place.call(&words("merge")).stdin(file).output();
        Said::of(&output.unwrap(), "member merge")
    };
    let asks = store
        .place
        .jifen(&format!("member merge {} {}", cards[0], cards[1]));
    asks.refuses(1, "merge_unconfirmed");
    assert!(asks.out.contains("100 points"), "{asks:?}");
    typed(NEW).refuses(1, "sign_in_failed");
    body(&read(), 200);
    let merged = typed(PIN);
    merged.ends(0);
    assert!(merged.out.contains("merged; points now 200"), "{merged:?}");
    read().refuses(401, "sign_in_needed");
    assert_eq!(points(&store, &cards[1]), 200);

    store.place.jifen(&words("unmerge")).ends(0);
    assert_eq!([0, 1].map(|of| points(&store, &cards[of])), [100, 100]);
    store.stop();
    store.verified();
}
