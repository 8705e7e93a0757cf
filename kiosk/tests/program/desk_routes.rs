//! The desk's work over HTTP by somebody of the staff: phones, PINs, cards and documents of a member who stands there,
//! requests, and the sweep (MEM-05, MEM-08, X-03, DSR-04, RET-01).

use std::fs;

use serde_json::{Value, json};

use crate::staff::{Desk, hire};
use crate::store::{Person, Store};
use crate::till::new_key;
use crate::wire::{Answer, ask};

pub(crate) const PIN: &str = "Kranich-am-Ufer-5";
pub(crate) const NEW: &str = "Reiher-im-Schilf-8";
/// An identity card of GB 11643's own example.
const DOCUMENT: &str = "11010519491231002X";

pub(crate) fn open(settings: &str) -> Store {
    let mut store = Store::new();
    store.place.write("jifen.toml", settings);
    store.start();
    store
}

pub(crate) fn person(number: u8) -> Person {
    Person::new("欧阳云舒", &format!("1391234567{number}"), PIN)
}

pub(crate) fn asked() -> Value {
    json!({"purpose": "member_asked"})
}

/// What a member reads of themselves.
fn own(store: &Store, card: &str, pin: &str, path: &str) -> Value {
    let cookie = store.sign_in(card, pin);
    let headers = [("cookie", &*cookie)];
    let path = format!("/member/v1/{path}");
    let answer = ask(store.screen(), "GET", &path, &headers, "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Who looked at a member's data, at what, and what for.
pub(crate) fn looks(store: &Store, card: &str, pin: &str) -> Vec<Value> {
    let looks = own(store, card, pin, "looks");
    let line = |look: &Value| json!([look["who"], look["fields"], look["purpose"]]);
    looks.as_array().unwrap().iter().map(line).collect()
}

pub(crate) fn points(store: &Store, card: &str) -> Value {
    own(store, card, PIN, "statement")["points"]["balance"].clone()
}

/// The audit's copy, whole. The store is not being served.
pub(crate) fn audit(store: &Store) -> String {
    let folder = fs::read_dir(store.place.path("jifen-data/audit")).unwrap();
    let read = folder.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok());
    read.collect()
}

/// The lines of the audit with this act.
pub(crate) fn leaves(store: &Store, act: &str) -> Vec<Value> {
    let audit = audit(store);
    let lines = audit
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|leaf| leaf["act"] == act).collect()
}

#[track_caller]
pub(crate) fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{answer:?}");
    answer.json()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// What is refused alike by every address about one member: a purpose that is none, a field that is not there, a name that
/// no page has, and whoever has no grant.
fn refusals(desk: &Desk, stranger: &Desk, reference: &str, path: &str) {
    let at = |of: &str| format!("members/{of}/{path}");
    for wrong in [
        json!({"purpose": "curiosity"}),
        json!({"purpose": "member_asked", "approved_by": "root"}),
        json!({}),
    ] {
        desk.post(&at(reference), &wrong)
            .refuses(400, "bad_request");
    }
    desk.post(&at("0123456789abcdef"), &asked())
        .refuses(404, "token_unknown");
    stranger
        .post(&at(reference), &asked())
        .refuses(403, "not_granted");
}

#[test]
fn the_desk_says_that_a_phone_is_the_members() {
    let mut store = open("registration.review = \"staff\"\n");
    let cards = [1, 1].map(|number| {
        let joined = store.send_form(&store.form(&person(number)));
        text(&body(&joined, 201)["card_number"])
    });
    let desk = hire(&store, "li.lei", "desk");
    let stranger = hire(&store, "han.meimei", "member_manager");
    let reference = desk.reference(&cards[0]);
    refusals(&desk, &stranger, &reference, "verifications");
    assert_eq!(own(&store, &cards[0], PIN, "statement")["state"], "pending");

    let path = format!("members/{reference}/verifications");
    let verified = desk.post(&path, &asked());
    assert_eq!(body(&verified, 200), json!({"others": 1}));
    desk.post(&path, &asked()).refuses(409, "already_verified");
    let states = [0, 1].map(|of| own(&store, &cards[of], PIN, "statement")["state"].clone());
    assert_eq!(states, ["active", "pending"]);

    store.stop();
    let leaves = leaves(&store, "phone_verified");
    let line: Vec<_> = leaves
        .iter()
        .map(|leaf| [&leaf["actor"], &leaf["role"], &leaf["purpose"]])
        .collect();
    assert_eq!(line, [["li.lei", "staff", "member_asked"]]);
    store.verified();
}

#[test]
fn the_desk_prints_a_secret_with_which_the_member_alone_sets_a_pin() {
    let mut store = open("");
    let card = store.register(&person(1));
    let desk = hire(&store, "li.lei", "desk");
    let stranger = hire(&store, "wei.hua", "data_manager");
    let reference = desk.reference(&card);
    refusals(&desk, &stranger, &reference, "pin-resets");
    let path = format!("members/{reference}/pin-resets");
    let first = text(&body(&desk.post(&path, &asked()), 201)["secret"]);
    let issued = body(&desk.post(&path, &asked()), 201);
    assert_eq!(issued["minutes"], 15);
    let secret = text(&issued["secret"]);
    let reset = |secret: &str| {
        let body = json!({"card_number": card, "secret": secret, "pin": NEW});
        store.at_kiosk("pin-resets", &body)
    };
    reset(&first).refuses(401, "sign_in_failed");
    assert_eq!(reset(&secret).status, 204);
    reset(&secret).refuses(401, "sign_in_failed");
    store.try_sign_in(&card, PIN).refuses(401, "sign_in_failed");

    // The member sees who asked for it.
    let seen = json!(["li.lei", ["pin_reset"], "member_asked"]);
    assert_eq!(looks(&store, &card, NEW), [seen.clone(), seen]);
    store.stop();
    let told = store.log() + &audit(&store);
    let digits: String = secret.split(' ').collect();
    assert!(!told.contains(&secret) && !told.contains(&digits));
    let leaf = &leaves(&store, "pin_reset_issued")[0];
    assert_eq!(
        [&leaf["actor"], &leaf["purpose"]],
        ["li.lei", "member_asked"]
    );
    store.verified();
}

#[test]
fn the_desk_gives_another_card_once_for_a_key() {
    let mut store = open("");
    let card = store.register(&person(1));
    let desk = hire(&store, "li.lei", "desk");
    let stranger = hire(&store, "wei.hua", "data_manager");
    let reference = desk.reference(&card);
    refusals(&desk, &stranger, &reference, "cards");
    assert_eq!(store.try_sign_in(&card, PIN).status, 200, "nothing is done");
    let (path, key) = (format!("members/{reference}/cards"), new_key());
    let given = body(&desk.under(&key, "POST", &path, &asked()), 201);
    let again = body(&desk.under(&key, "POST", &path, &asked()), 201);
    assert_eq!(again, given);
    let second = text(&given["card_number"]);
    assert_ne!(second, card);
    store.try_sign_in(&card, PIN).refuses(401, "sign_in_failed");
    let seen = json!(["li.lei", ["card_number"], "member_asked"]);
    assert_eq!(looks(&store, &second, PIN), [seen]);
    // The reference still is the same person.
    assert_eq!(desk.reference(&second), reference);
    store.stop();
    assert!(!(store.log() + &audit(&store)).contains(&second));
    store.verified();
}

#[test]
fn the_desk_notes_a_document_and_keeps_its_number_only_by_the_members_own_consent() {
    let mut store = open("");
    let card = store.register(&person(1));
    let desk = hire(&store, "li.lei", "desk");
    let stranger = hire(&store, "han.meimei", "member_manager");
    let reference = desk.reference(&card);
    refusals(&desk, &stranger, &reference, "identity");
    let path = format!("members/{reference}/identity");
    let plain = body(&desk.post(&path, &asked()), 201);
    assert_eq!(
        [&plain["checked_by"], &plain["number_kept"]],
        [&json!("li.lei"), &json!(false)]
    );

    let kept = |number: &str, consent: bool, pin: Option<&str>| {
        let mut said = asked();
        said["number"] = number.into();
        said["consent"] = consent.into();
        if let Some(pin) = pin {
            said["pin"] = pin.into();
        }
        desk.post(&path, &said)
    };
    kept(DOCUMENT, false, Some(PIN)).refuses(403, "consent_needed");
    kept(DOCUMENT, true, None).refuses(403, "consent_needed");
    kept(DOCUMENT, true, Some(NEW)).refuses(401, "sign_in_failed");
    kept("110105194912310020", true, Some(PIN)).refuses(400, "bad_identity");
    let answer = kept(DOCUMENT, true, Some(PIN));
    assert_eq!(body(&answer, 201)["number_kept"], true);
    assert!(!answer.body.contains(DOCUMENT) && !answer.body.contains("002X"));

    stranger
        .ask("DELETE", &path, &Value::Null)
        .refuses(403, "not_granted");
    assert_eq!(desk.ask("DELETE", &path, &Value::Null).status, 204);
    assert_eq!(desk.ask("DELETE", &path, &Value::Null).status, 204);
    let data = own(&store, &card, PIN, "data").to_string();
    assert!(data.contains("110105********002X") && !data.contains(DOCUMENT));
    store.stop();
    assert!(!(store.log() + &audit(&store)).contains(DOCUMENT));
    assert_eq!(leaves(&store, "identity_checked").len(), 2);
    assert_eq!(leaves(&store, "identity_masked").len(), 1);
    store.verified();
}

#[test]
fn requests_are_listed_without_anybody_read_with_a_look_and_brought_to_their_end() {
    let mut store = open("");
    let card = store.register(&person(1));
    let desk = hire(&store, "li.lei", "desk");
    let stranger = hire(&store, "wei.hua", "data_manager");
    let reference = desk.reference(&card);
    let wish = json!({"language": "zh-CN", "kind": "copy", "text": "想要一份副本"});
    let open = |page: &Desk, wish: &Value| page.post(&format!("members/{reference}/tickets"), wish);
    open(&stranger, &wish).refuses(403, "not_granted");
    for (name, value, code) in [
        ("kind", "parcel", "bad_request"),
        ("text", "\t", "bad_ticket_text"),
    ] {
        let mut wrong = wish.clone();
        wrong[name] = value.into();
        open(&desk, &wrong).refuses(400, code);
    }
    let first = text(&body(&open(&desk, &wish), 201)["number"]);
    let complaint = json!({
        "language": "en",
        "kind": "complaint",
        "text": "two yuan too much",
        "contact": "wang@example.com",
    });
    let taken = store.at_kiosk("complaints", &complaint);
    let second = text(&body(&taken, 201)["number"]);

    let listed = desk.get("tickets");
    let list = body(&listed, 200);
    let rows = |list: &Value| -> Vec<Value> {
        let rows = list["tickets"].as_array().unwrap().iter();
        rows.map(|row| json!([row["number"], row["state"], row["of"]]))
            .collect()
    };
    let both = [
        json!([first, "open", "member"]),
        json!([second, "open", "nobody"]),
    ];
    assert_eq!(rows(&list), both);
    assert_eq!(text(&list["tickets"][0]["due"]).len(), 10);
    assert!(!listed.body.contains("副本") && !listed.body.contains("wang"));
    let after = body(&desk.get(&format!("tickets?after={first}")), 200);
    assert_eq!(rows(&after), both[1..]);
    assert!(rows(&body(&desk.get("tickets?overdue=true"), 200)).is_empty());
    desk.get("tickets?after=x").refuses(400, "bad_request");
    desk.get("tickets?state=closed").refuses(400, "bad_request");

    // Nobody has looked so far: opening and listing show nothing of the member.
    assert!(looks(&store, &card, PIN).is_empty());
    let at = |number: &str, step: &str| format!("tickets/{number}{step}");
    stranger.get(&at(&first, "")).refuses(403, "not_granted");
    desk.get(&at("2026-999999", ""))
        .refuses(404, "ticket_unknown");
    desk.get(&at("parcel", "")).refuses(404, "ticket_unknown");
    let read = body(&desk.get(&at(&first, "")), 200);
    assert_eq!(read["text"], "想要一份副本");
    assert_eq!(read["member"], json!(reference));
    assert!(read.get("contact").is_none());
    let of_nobody = body(&desk.get(&at(&second, "")), 200);
    assert_eq!(of_nobody["contact"], "wang@example.com");
    assert!(of_nobody.get("member").is_none());
    let seen = own(&store, &card, PIN, "looks");
    let look = &seen[0];
    assert_eq!(seen.as_array().unwrap().len(), 1);
    assert_eq!(
        json!([look["who"], look["role"], look["fields"], look["ticket"]]),
        json!(["li.lei", "staff", ["tickets"], first])
    );

    for step in ["/take", "/close", "/replies"] {
        let said = json!({"text": "好"});
        let said = if step == "/take" { Value::Null } else { said };
        stranger
            .post(&at(&first, step), &said)
            .refuses(403, "not_granted");
        desk.post(&at("2026-999999", step), &said)
            .refuses(404, "ticket_unknown");
    }
    desk.post(&at(&first, "/close"), &json!({}))
        .refuses(422, "reply_needed");
    assert_eq!(desk.post(&at(&first, "/take"), &Value::Null).status, 204);
    let reply = json!({"text": "已打印给您"});
    assert_eq!(desk.post(&at(&first, "/replies"), &reply).status, 204);
    assert_eq!(desk.post(&at(&first, "/close"), &json!({})).status, 204);
    desk.post(&at(&first, "/take"), &Value::Null)
        .refuses(409, "ticket_closed");
    let ended = json!({"text": "refunded"});
    assert_eq!(desk.post(&at(&second, "/close"), &ended).status, 204);
    assert!(rows(&body(&desk.get("tickets"), 200)).is_empty());
    let mine = own(&store, &card, PIN, "tickets");
    assert_eq!(
        json!([
            mine[0]["state"],
            mine[0]["owner"],
            mine[0]["replies"][0]["text"]
        ]),
        json!(["closed", "li.lei", "已打印给您"])
    );
    store.stop();
    let told = store.log() + &audit(&store);
    for secret in ["副本", "已打印", "two yuan", "wang@", "refunded"] {
        assert!(!told.contains(secret), "{secret}");
    }
    store.verified();
}

#[test]
fn what_is_past_its_keeping_is_counted_and_destroyed_by_whoever_runs_the_machine() {
    let mut store = open("");
    store.register(&person(1));
    let runner = hire(&store, "root.two", "it_operator");
    let desk = hire(&store, "li.lei", "desk");
    for method in ["GET", "POST"] {
        desk.ask(method, "sweep", &Value::Null)
            .refuses(403, "not_granted");
    }
    let dry = runner.get("sweep");
    assert_eq!(body(&dry, 200), json!({"dry": true, "gone": []}));
    let run = runner.post("sweep", &Value::Null);
    assert_eq!(body(&run, 200), json!({"dry": false, "gone": []}));
    store.stop();
    let leaves = leaves(&store, "sweep_run");
    assert_eq!(leaves.len(), 1, "counting leaves no line");
    assert_eq!(leaves[0]["actor"], "root.two");
    store.verified();
}
