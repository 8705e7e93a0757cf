//! Live codes and sectors through the program's own doors, and the one "no" that every token hears that is not one.

use std::sync::Arc;

use jifen::domain::time::Moment;
use jifen::engine::clock::{GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::keys::Keys;
use jifen::engine::{Engine, Settings};
use jifen::store::redb::RedbStore;
use jifen::vault::Keybox;
use jifen::vault::keybox::TokenHash;
use jifen::vault::tokens::{CardNumber, Prefix};
use serde_json::{Value, json};

use crate::store::{Person, Store};
use crate::till::{Till, basket, now, sale, wall_millis};
use crate::wire::{Answer, ask};

fn person(number: u32) -> Person {
    Person::new(
        "上官云舒",
        &format!("1350004{number:04}"),
        "Rohrweihe-am-See",
    )
}

/// A till that declares its sector, which the store is told of while nobody serves it.
fn till_of(store: &Store, name: &str, sector: u16) -> Till {
    let said = store.jifen(&format!("terminal add {name} --sector {sector}"));
    said.ends(0);
    let hex = said.out.trim().rsplit(' ').next().unwrap();
    let byte = |place: usize| u8::from_str_radix(&hex[2 * place..2 * place + 2], 16).unwrap();
    Till::new(name, &std::array::from_fn(byte))
}

fn member(store: &Store, cookie: &str, method: &str, path: &str) -> Answer {
    let path = format!("/member/v1/{path}");
    ask(store.screen(), method, &path, &[("cookie", cookie)], "")
}

fn identify(store: &Store, till: &Till, code: &str) -> Answer {
    till.post(store, "identify", &json!({"code": code}))
}

/// The live code that the screen showed at this moment of the past, of the member with this card. Nobody serves the store.
fn live_code_of(store: &Store, card: &str, at: Moment) -> String {
    let seed = |number: u8| {
        let mut seed = [number; 32];
        seed[..8].copy_from_slice(&wall_millis().to_be_bytes());
        SeededEntropy::new(seed)
    };
    let (of_keys, of_engine) = (seed(1), seed(2));
    let draw = Arc::new(move || jifen::engine::clock::Entropy::seed(&of_keys));
    let keybox = Keybox::open(&store.place.path("jifen-keys"), draw).unwrap();
    let keys = Arc::new(Keys::new(keybox));
    let file = store.place.path("jifen-data/store.redb");
    let redb = RedbStore::open(file, Some(closing(keys.clone()))).unwrap();
    // The process began a step before.
    let clock = Arc::new(GivenClock::at(at.plus_millis(-60_000)));
    let engine = Engine::open(
        Arc::new(redb),
        keys,
        clock.clone(),
        Arc::new(of_engine),
        Settings::default(),
    );
    let engine = engine.unwrap();
    clock.follow(at);
    let account = engine.account_of_card(card).unwrap();
    let member = engine.member_of_account(account).unwrap();
    engine.live_code(member).unwrap().code.digits()
}

/// All that a caller can see of a "no", but for when it was said and for whom it was signed.
fn seen(answer: &Answer) -> (u16, String, usize, Vec<(String, String)>) {
    let bound = ["date", "signature", "signature-input"];
    let mut headers = answer.headers.clone();
    headers.retain(|(name, _)| !bound.contains(&&**name));
    let length = answer.body.len();
    (answer.status, answer.body.clone(), length, headers)
}

#[test]
fn whatever_is_wrong_with_a_token_the_answer_is_the_same_to_the_byte() {
    let mut store = Store::new();
    let tills = ["till-1", "till-2"].map(|name| Till::add(&store, name));
    let (pharmacy, library) = (
        till_of(&store, "pharmacy", 7),
        till_of(&store, "library", 8),
    );
    store.start();
    let (card, lost) = (store.register(&person(1)), store.register(&person(2)));
    let cookie = store.sign_in(&card, &person(1).pin);
    for sector in ["7", "8"] {
        let joined = member(&store, &cookie, "PUT", &format!("sectors/{sector}"));
        assert_eq!(joined.status, 204, "{joined:?}");
    }
    let token_at = |till: &Till| {
        let known = identify(&store, till, &card).json();
        known["sector_token"].as_str().unwrap().to_owned()
    };
    let (in_pharmacy, in_library) = (token_at(&pharmacy), token_at(&library));
    assert_ne!(in_pharmacy, in_library);
    assert_eq!(member(&store, &cookie, "DELETE", "sectors/8").status, 204);
    store.live_code(&cookie);
    store.stop();

    let keybox = Keybox::open(
        &store.place.path("jifen-keys"),
        Arc::new(|| *b"thirty-two bytes of these tests."),
    );
    keybox.unwrap().revoke_token(&TokenHash::of(&lost)).unwrap();
    let ago = |millis: i64| Moment::from_millis(i64::try_from(wall_millis()).unwrap() - millis);
    let expired = live_code_of(&store, &card, ago(600_000));
    let before_start = live_code_of(&store, &card, ago(0));
    store.start();

    let cookie = store.sign_in(&card, &person(1).pin);
    let (used, typed) = (store.live_code(&cookie), store.typed_code(&cookie));
    for code in [&used, &typed] {
        let known = identify(&store, &tills[0], code);
        assert_eq!(known.status, 200, "{known:?}");
        assert_eq!(known.json()["allows"][1], "redeem");
    }
    let mut misread = card.clone();
    let check = misread.pop().unwrap().to_digit(10).unwrap();
    misread.push(char::from_digit((check + 1) % 10, 10).unwrap());
    let unknown = CardNumber::draw(Prefix::DEFAULT, &[7; 32]).digits();
    let other_shop = CardNumber::draw(Prefix::parse("91").unwrap(), &[7; 32]).digits();
    let sale_token = tills[0].identify(&store, &card);
    let [first, second] = &tills;
    let table: [(&str, &Till, &str); 12] = [
        ("unknown", first, &unknown),
        ("wrong check digit", first, &misread),
        ("of another shop", first, &other_shop),
        ("revoked card", first, &lost),
        ("expired", first, &expired),
        ("begun before the process", first, &before_start),
        ("used live code", second, &used),
        ("used typed code", second, &typed),
        ("sale token", second, &sale_token),
        ("no sector at this till", second, &in_pharmacy),
        ("of another sector", &library, &in_pharmacy),
        ("revoked sector token", &library, &in_library),
    ];
    let expected = seen(&identify(&store, first, &unknown));
    assert_eq!(expected.0, 404);
    for (what, till, code) in table {
        let no = identify(&store, till, code);
        no.refuses(404, "token_unknown");
        assert_eq!(seen(&no), expected, "{what}");
    }
    // And what is right goes on being right.
    assert_eq!(identify(&store, &pharmacy, &in_pharmacy).status, 200);
    assert_eq!(identify(&store, first, &card).status, 200);
    store.stop();
    assert_eq!(store.verified(), 0);
}

#[test]
fn a_till_in_its_cool_down_hears_the_same_of_every_code() {
    let mut store = Store::new();
    let tills = ["till-1", "till-2"].map(|name| Till::add(&store, name));
    let [till, other] = &tills;
    store.start();
    let card = store.register(&person(1));
    let wrong = CardNumber::draw(Prefix::DEFAULT, &[8; 32]).digits();
    let token = till.identify(&store, &card);
    for _ in 0..10 {
        identify(&store, till, &wrong).refuses(404, "token_unknown");
    }
    let cookie = store.sign_in(&card, &person(1).pin);
    let mut kept = sale("", "9", "5.00");
    kept["sale_token"] = Value::Null;
    kept["scanned_at"] = now().into();
    for code in [&wrong, &card, &store.live_code(&cookie)] {
        identify(&store, till, code).refuses(429, "slow_down");
        kept["code"] = code.as_str().into();
        till.post(&store, "sales", &kept).refuses(429, "slow_down");
    }
    // A sale that has its token goes on, and so does the till beside it.
    let sold = till.post(&store, "sales", &sale(&token, "1", "20.00"));
    assert_eq!(sold.status, 200, "{sold:?}");
    assert_eq!(identify(&store, other, &card).status, 200);

    for _ in 0..10 {
        store
            .try_sign_in(&wrong, "Uferschnepfe-3")
            .refuses(401, "sign_in_failed");
    }
    for (card, pin) in [(&card, &person(1).pin), (&wrong, &person(1).pin)] {
        store.try_sign_in(card, pin).refuses(429, "slow_down");
    }
    // Guesses at the kiosk keep nobody out who calls from elsewhere.
    let body = json!({"card_number": card, "pin": person(1).pin}).to_string();
    let elsewhere = ask(store.edge(), "POST", "/member/v1/session", &[], body);
    assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
    store.stop();
    assert_eq!(store.verified(), 1);
}

#[test]
fn a_member_joins_and_leaves_sectors_that_tills_declare() {
    let mut store = Store::new();
    let (pharmacy, till) = (till_of(&store, "pharmacy", 7), Till::add(&store, "till-1"));
    let listed = store.jifen("terminal list");
    listed.ends(0);
    assert!(listed.out.contains("sector"), "{listed:?}");
    store.start();
    let card = store.register(&person(1));
    for path in ["live-codes", "sectors/7"] {
        let method = if path == "live-codes" { "POST" } else { "PUT" };
        member(&store, "", method, path).refuses(401, "sign_in_needed");
    }
    let cookie = store.sign_in(&card, &person(1).pin);
    let sectors = || member(&store, &cookie, "GET", "sectors").json();
    assert_eq!(sectors(), json!([{"sector": 7, "joined": false}]));
    for wrong in ["8", "07", "-1", "65536", "x"] {
        let path = format!("sectors/{wrong}");
        member(&store, &cookie, "PUT", &path).refuses(404, "sector_unknown");
    }
    assert!(identify(&store, &pharmacy, &card).json()["sector_token"].is_null());
    assert_eq!(member(&store, &cookie, "PUT", "sectors/7").status, 204);
    assert_eq!(sectors()[0]["joined"], true);
    let known = identify(&store, &pharmacy, &card).json();
    let token = known["sector_token"].as_str().unwrap();
    assert!(identify(&store, &till, &card).json()["sector_token"].is_null());

    let known = identify(&store, &pharmacy, token).json();
    assert_eq!(known["allows"], json!(["earn"]));
    let sold = sale(known["sale_token"].as_str().unwrap(), "1", "20.00");
    assert_eq!(pharmacy.post(&store, "sales", &sold).json()["earned"], 20);

    assert_eq!(member(&store, &cookie, "DELETE", "sectors/7").status, 204);
    identify(&store, &pharmacy, token).refuses(404, "token_unknown");
    assert_eq!(sectors(), json!([{"sector": 7, "joined": false}]));

    // A sale that the till kept earns with the live code of its moment.
    let code = store.live_code(&cookie);
    let kept = json!({
        "code": code,
        "scanned_at": now(),
        "receipt": {"store": "1", "till": "1", "number": "2"},
        "sold_at": now(),
        "lines": basket("10.00"),
    });
    assert_eq!(till.post(&store, "sales", &kept).json()["earned"], 10);
    assert_eq!(identify(&store, &till, &code).status, 200);
    store.stop();
    assert_eq!(store.verified(), 2);
    for said in [&code, token] {
        assert!(!store.log().contains(said));
    }
}
