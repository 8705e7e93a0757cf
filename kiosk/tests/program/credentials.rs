//! PIN, card and phone over HTTP and at the command line: what is asked, what is answered, and what a gateway picks up
//! (MEM-05, MEM-08, DSR-02).

use std::fs;

use serde_json::{Value, json};

use crate::caller::has_chinese;
use crate::shown::no;
use crate::store::{Person, Store};
use crate::till::new_key;
use crate::wire::{Answer, ask};

const PIN: &str = "Kranich-am-Ufer-5";
const NEW: &str = "Reiher-im-Schilf-8";

fn person() -> Person {
    Person::new("欧阳云舒", "13912345678", PIN)
}

/// A store with these settings, which serves.
fn open(settings: &str) -> Store {
    let mut store = Store::new();
    store.place.write("jifen.toml", settings);
    store.start();
    store
}

impl Store {
    /// A member who is signed in asks, under a key that is new.
    fn as_member(&self, cookie: &str, method: &str, path: &str, body: &Value) -> Answer {
        self.under(&new_key(), cookie, method, path, body)
    }

    fn under(&self, key: &str, cookie: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("cookie", cookie), ("idempotency-key", key)];
        let path = format!("/member/v1/{path}");
        ask(self.screen(), method, &path, &headers, body.to_string())
    }

    /// Anybody at the kiosk asks.
    pub(crate) fn at_kiosk(&self, path: &str, body: &Value) -> Answer {
        let path = format!("/kiosk/v1/{path}");
        ask(self.screen(), "POST", &path, &[], body.to_string())
    }

    fn says(&self, words: &str) -> String {
        let said = self.jifen(words);
        said.ends(0);
        said.out.trim().to_owned()
    }

    /// What lies in the folder `messages`, the earliest first.
    fn messages(&self) -> Vec<Value> {
        let entries = fs::read_dir(self.place.path("messages")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let read = files.iter().map(|file| fs::read_to_string(file).unwrap());
        read.map(|text| serde_json::from_str(&text).unwrap())
            .collect()
    }

    /// The code in the newest message to this phone.
    fn code_sent_to(&self, phone: &str) -> String {
        let messages = self.messages();
        let mine = messages.iter().rev().find(|message| message["to"] == phone);
        let text = mine.unwrap()["text"].as_str().unwrap();
        let mut runs = text.split(|letter: char| !letter.is_ascii_digit());
        runs.find(|run| run.len() == 6).unwrap().to_owned()
    }

    fn acts(&self) -> String {
        let folder = fs::read_dir(self.place.path("jifen-data/audit")).unwrap();
        let files = folder.map(|entry| entry.unwrap().path());
        let read = files.filter_map(|file| fs::read_to_string(file).ok());
        read.collect()
    }
}

#[test]
fn a_member_changes_the_pin_and_every_other_session_ends() {
    let mut store = open("");
    let card = store.register(&person());
    let [here, there] = [0, 1].map(|_| store.sign_in(&card, PIN));
    let change = |cookie: &str, pin: &str, new: &str| {
        let body = json!({"pin": pin, "new_pin": new});
        store.as_member(cookie, "PUT", "pin", &body)
    };
    change("", PIN, NEW).refuses(401, "sign_in_needed");
    change(&here, PIN, "12345").refuses(400, "pin_shape");
    change(&here, PIN, "345678").refuses(422, "pin_common");
    change(&here, NEW, NEW).refuses(401, "sign_in_failed");
    let unknown = json!({"pin": PIN, "new_pin": NEW, "old": 1});
    store
        .as_member(&here, "PUT", "pin", &unknown)
        .refuses(400, "bad_request");

    let changed = change(&here, PIN, NEW);
    assert_eq!((changed.status, &*changed.body), (204, ""));
    let cookie = changed.header("set-cookie").unwrap();
    let (cookie, _) = cookie.split_once(';').unwrap();
    let statement = |cookie: &str| {
        store
            .as_member(cookie, "GET", "statement", &json!({}))
            .status
    };
    assert_eq!(
        [statement(cookie), statement(&here), statement(&there)],
        [200, 401, 401]
    );
    store.try_sign_in(&card, PIN).refuses(401, "sign_in_failed");
    let again = store.try_sign_in(&card, NEW).json();
    assert_eq!(again, json!({"first": false, "gift": 0}), "no reminder yet");
    store.stop();
    assert!(store.acts().contains("\"act\":\"pin_changed\""));
    store.verified();
}

#[test]
fn an_operator_hands_a_secret_over_that_sets_a_pin_once() {
    let mut store = open("");
    let card = store.register(&person());
    let cookie = store.sign_in(&card, PIN);
    let said = store.says(&format!("member pin-reset {card}"));
    let (secret, words) = said.split_once(" (").unwrap();
    assert_eq!((secret.len(), words), (19, "good once, for 15 minutes)"));
    let reset = |card: &str, secret: &str, pin: &str| {
        let body = json!({"card_number": card, "secret": secret, "pin": pin});
        store.at_kiosk("pin-resets", &body)
    };
    reset(&card, secret, "12345").refuses(400, "pin_shape");
    reset(&card, secret, "345678").refuses(422, "pin_common");
    let refused = [
        reset(&card, "0000 0000 0000 0000", NEW),
        reset(&card, "", NEW),
        reset("990000000000000000", secret, NEW),
        reset("", secret, NEW),
    ];
    for answer in &refused {
        assert_eq!(no(answer), no(&refused[0]));
        answer.refuses(401, "sign_in_failed");
    }
    let done = reset(&card, secret, NEW);
    assert_eq!((done.status, &*done.body), (204, ""), "{done:?}");
    assert_eq!(no(&reset(&card, secret, NEW)), no(&refused[0]), "once");
    let statement = store.as_member(&cookie, "GET", "statement", &json!({}));
    statement.refuses(401, "sign_in_needed");
    store.try_sign_in(&card, PIN).refuses(401, "sign_in_failed");
    assert_eq!(store.try_sign_in(&card, NEW).status, 200);

    let unknown = store.jifen("member pin-reset 990000000000000000");
    unknown.refuses(1, "token_unknown");
    store.stop();
    let digits: String = secret.split(' ').collect();
    assert!(!store.log().contains(secret) && !store.log().contains(&digits));
    assert!(!store.acts().contains(&digits));
    store.verified();
}

#[test]
fn another_card_is_given_at_the_screen_and_by_the_operator() {
    let mut store = open("");
    let card = store.register(&person());
    let cookie = store.sign_in(&card, PIN);
    let key = new_key();
    let reissue = |pin: &str| store.under(&key, &cookie, "POST", "cards", &json!({"pin": pin}));
    reissue(NEW).refuses(401, "sign_in_failed");
    let given = reissue(PIN);
    assert_eq!(given.status, 201, "{given:?}");
    let fields: Vec<_> = given.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(fields, ["card_number", "grouped"]);
    let second = given.json()["card_number"].as_str().unwrap().to_owned();
    assert_ne!(second, card);
    assert_eq!(
        reissue(PIN).json(),
        given.json(),
        "the same key, the same card"
    );
    store.try_sign_in(&card, PIN).refuses(401, "sign_in_failed");
    assert_eq!(store.try_sign_in(&second, PIN).status, 200);

    let third = store.says(&format!("member card {second}"));
    assert_eq!(third.len(), 22, "{third}");
    store
        .try_sign_in(&second, PIN)
        .refuses(401, "sign_in_failed");
    assert_eq!(store.try_sign_in(&third, PIN).status, 200);
    for old in [&card, &second] {
        store
            .jifen(&format!("member card {old}"))
            .refuses(1, "token_unknown");
    }
    store.kill();
    store.start();
    store
        .try_sign_in(&second, PIN)
        .refuses(401, "sign_in_failed");
    assert_eq!(store.try_sign_in(&third, PIN).status, 200);
    store.stop();
    store.verified();
}

#[test]
fn a_phone_is_verified_by_the_code_that_a_gateway_picks_up() {
    let mut store = open("registration.review = \"phone_code\"\nmessages.folder = \"messages\"\n");
    let registered = store.send_form(&store.form(&person())).json();
    assert_eq!(registered["state"], "pending");
    let card = registered["card_number"].as_str().unwrap();
    let phone = "+8613912345678";
    let first = store.code_sent_to(phone);
    let verify = |card: &str, code: &str| {
        let body = json!({"card_number": card, "code": code});
        store.at_kiosk("verifications", &body)
    };
    let again = |card: &str| store.at_kiosk("verifications/code", &json!({"card_number": card}));
    let (known, unknown) = (again(card), again("990000000000000000"));
    assert_eq!(
        (known.status, known.json()),
        (202, json!({"code_sent": true}))
    );
    assert_eq!((unknown.status, unknown.body), (known.status, known.body));
    assert_eq!(store.messages().len(), 2);

    let code = store.code_sent_to(phone);
    let wrong = [
        verify(card, "12345"),
        verify("990000000000000000", &code),
        verify("", ""),
    ];
    for answer in &wrong {
        assert_eq!(no(answer), no(&wrong[0]));
        answer.refuses(401, "code_wrong");
    }
    if first != code {
        verify(card, &first).refuses(401, "code_wrong");
    }
    assert_eq!(verify(card, &code).status, 204);
    verify(card, &code).refuses(401, "code_wrong");
    assert_eq!(
        again(card).status,
        202,
        "it does not say that nothing is sent"
    );
    assert_eq!(store.messages().len(), 2);

    // DSR-02
    let cookie = store.sign_in(card, PIN);
    let profile = |code: Option<&str>| {
        let mut body = json!({"name": "欧阳云", "mobile": "13912340000", "pin": PIN});
        if let Some(code) = code {
            body["code"] = code.into();
        }
        store.as_member(&cookie, "PUT", "profile", &body)
    };
    let statement = || {
        store
            .as_member(&cookie, "GET", "statement", &json!({}))
            .json()
    };
    assert_eq!(statement()["state"], "active");
    let asked = profile(None);
    assert_eq!(
        (asked.status, asked.json()),
        (202, json!({"code_sent": true}))
    );
    assert_eq!(
        statement()["mobile"],
        "139****5678",
        "nothing is changed yet"
    );
    profile(Some(&code)).refuses(401, "code_wrong");
    let code = store.code_sent_to("+8613912340000");
    assert_eq!(profile(Some(&code)).status, 204);
    assert_eq!(statement()["mobile"], "139****0000");
    store.stop();
    let told = store.log() + &store.acts();
    for secret in ["13912345678", "13912340000", &code, &first, card] {
        assert!(!told.contains(secret), "{secret}");
    }
    store.verified();
}

#[test]
fn an_operator_says_that_a_phone_is_the_members() {
    let store = open("registration.review = \"staff\"\n");
    let registered = store.send_form(&store.form(&person())).json();
    assert_eq!(registered["state"], "pending");
    let card = registered["card_number"].as_str().unwrap();
    assert_eq!(
        store.says(&format!("member verify-phone {card}")),
        "verified"
    );
    let again = store.jifen(&format!("member verify-phone {card}"));
    again.refuses(1, "already_verified");
    let cookie = store.sign_in(card, PIN);
    let statement = store.as_member(&cookie, "GET", "statement", &json!({}));
    assert_eq!(statement.json()["state"], "active");
}

#[test]
fn a_store_that_sends_codes_does_not_open_without_a_messenger() {
    let store = Store::new();
    for (settings, exit, code, words) in [
        (
            "registration.review = \"phone_code\"\n",
            2,
            "bad_settings",
            "messenger_needed",
        ),
        (
            "messages.folder = \"jifen-data/messages\"\n",
            2,
            "bad_settings",
            "messages_overlap",
        ),
    ] {
        store.place.write("jifen.toml", settings);
        let said = store.place.jifen("serve");
        said.refuses(exit, code);
        said.mentions(words);
    }
}

#[test]
fn the_commands_about_a_member_explain_themselves() {
    let store = Store::new();
    for name in ["pin-reset", "card", "verify-phone"] {
        let english = store.place.jifen(&format!("member {name} --help"));
        assert!(
            english.out.contains("Example") && !has_chinese(&english.out),
            "{english:?}"
        );
        let chinese = store
            .place
            .jifen(&format!("member {name} --help --lang zh"));
        assert!(
            chinese.out.contains("示例") && !chinese.out.contains("Usage"),
            "{chinese:?}"
        );
    }
}
