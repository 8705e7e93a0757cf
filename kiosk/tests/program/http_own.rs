//! A member's own data over HTTP: consents, who looked, restriction, the copy; and that no field is taken that nobody asks
//! for.

use std::path::Path;
use std::thread;

use serde_json::{Value, json};

use crate::store::{Person, Store};
use crate::wire::{Answer, ask};

fn person() -> Person {
    Person::new("欧阳云舒", "13912345678", "Kranich-am-Ufer-5")
}

fn open() -> Store {
    let mut store = Store::new();
    store.start();
    store
}

/// A member who is signed in.
struct Own<'s> {
    store: &'s Store,
    cookie: String,
}

impl<'s> Own<'s> {
    fn of(store: &'s Store) -> Self {
        let card = store.register(&person());
        let cookie = store.sign_in(&card, &person().pin);
        Self { store, cookie }
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        let headers = [("cookie", &*self.cookie)];
        let path = format!("/member/v1/{path}");
        ask(self.store.screen(), method, &path, &headers, body)
    }

    fn copy(&self, form: &str) -> String {
        let order = json!({"pin": person().pin, "form": form, "language": "en"}).to_string();
        let answer = self.ask("POST", "copies", &order);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["link"].as_str().unwrap().to_owned()
    }
}

/// COL-01, COL-07.
#[test]
fn the_notice_lists_every_field_and_two_are_required() {
    let store = open();
    for tag in ["zh-CN", "en"] {
        let path = format!("/kiosk/v1/notice?lang={tag}");
        let notice = ask(store.screen(), "GET", &path, &[], "").json();
        let fields = notice["fields"].as_array().unwrap();
        let required = fields.iter().filter(|field| field["required"] == true);
        let required: Vec<&str> = required
            .map(|field| field["field"].as_str().unwrap())
            .collect();
        assert_eq!(required, ["name", "mobile"]);
        for field in fields {
            for part in ["field", "name", "purpose", "basis", "retention"] {
                assert!(!field[part].as_str().unwrap().is_empty(), "{field}");
            }
        }
        let address = fields
            .iter()
            .find(|field| field["field"] == "address")
            .unwrap();
        assert!(10 < address["consequence"].as_str().unwrap().len());
    }
}

/// CON-02, CON-05: taking back is as easy as giving.
#[test]
fn a_member_agrees_and_takes_it_back_and_has_proof_of_both() {
    let store = open();
    let own = Own::of(&store);
    let marketing = || {
        let all = own.ask("GET", "consents?lang=en", "").json();
        all["purposes"][0].clone()
    };
    assert_eq!(marketing()["purpose"], "marketing");
    assert_eq!(marketing()["standing"], "refused");
    assert_eq!(marketing()["may_ask"], false);
    let version = own.ask("GET", "consents", "").json()["notice_version"].clone();
    let yes = json!({"given": true, "notice_version": version, "language": "en"}).to_string();
    let given = own.ask("PUT", "consents/marketing", &yes);
    assert_eq!(
        given.json(),
        json!({"purpose": "marketing", "standing": "given"})
    );
    let old = yes.replace("2017.1", "2016.1");
    own.ask("PUT", "consents/marketing", &old)
        .refuses(409, "notice_outdated");
    own.ask("PUT", "consents/religion", &yes)
        .refuses(400, "bad_consent");
    own.ask("DELETE", "consents/membership", "")
        .refuses(400, "bad_consent");
    assert_eq!(own.ask("DELETE", "consents/marketing", "").status, 204);
    assert_eq!(own.ask("DELETE", "consents/marketing", "").status, 204);
    assert_eq!(marketing()["standing"], "withdrawn");

    let proof = own.ask("GET", "consents/proof", "").json();
    let told: Vec<&str> = proof
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["decision"].as_str().unwrap())
        .collect();
    assert_eq!(
        told,
        ["refused", "refused", "refused", "given", "withdrawn"]
    );
    assert_eq!(proof[3]["text"], marketing()["text"]);
    let text = own.ask("GET", "consents/proof?form=text&lang=en", "");
    assert!(
        text.header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    assert!(
        text.body.contains(marketing()["text"].as_str().unwrap()),
        "{}",
        text.body
    );
}

/// DSR-01, DSR-05, QLT-04, SEC-02.
#[test]
fn a_member_sees_all_that_is_kept_and_freezes_its_use() {
    let store = open();
    let own = Own::of(&store);
    let masked = own.ask("GET", "data?lang=en", "");
    assert_eq!(masked.json()["masked"], true);
    assert_eq!(masked.json()["data"]["mobile"], "139****5678");
    for clear in [&*person().name, &*person().mobile] {
        assert!(!masked.body.contains(clear));
    }
    own.ask(
        "POST",
        "data",
        &json!({"pin": "Kranich-am-Ufer-6"}).to_string(),
    )
    .refuses(401, "sign_in_failed");
    let clear = own
        .ask("POST", "data", &json!({"pin": person().pin}).to_string())
        .json();
    assert_eq!(clear["data"]["name"], *person().name);
    assert_eq!(clear["data"]["mobile"], "+8613912345678");
    assert_eq!(clear["data"]["balance"], 100);
    assert!(clear["data"]["pin_verifier"].is_null());

    assert_eq!(own.ask("GET", "looks", "").json(), json!([]));
    assert_eq!(own.ask("GET", "recipients", "").json(), json!([]));
    let logins = own.ask("GET", "logins", "").json();
    assert!(
        logins
            .as_array()
            .unwrap()
            .iter()
            .any(|login| login["success"] == true)
    );

    assert_eq!(
        own.ask("GET", "restriction", "").json(),
        json!({"since": null})
    );
    let since = own.ask("PUT", "restriction", "").json();
    assert!(since["since"].is_string());
    assert_eq!(own.ask("GET", "restriction", "").json(), since);
    assert_eq!(own.ask("DELETE", "restriction", "").status, 204);
    assert_eq!(own.ask("POST", "confirmation", "").status, 204);
    for (method, path) in [
        ("GET", "data"),
        ("POST", "data"),
        ("GET", "consents"),
        ("GET", "consents/proof"),
        ("PUT", "consents/marketing"),
        ("DELETE", "consents/marketing"),
        ("GET", "looks"),
        ("GET", "recipients"),
        ("GET", "logins"),
        ("GET", "restriction"),
        ("PUT", "restriction"),
        ("DELETE", "restriction"),
        ("POST", "confirmation"),
        ("POST", "copies"),
    ] {
        let path = format!("/member/v1/{path}");
        ask(store.screen(), method, &path, &[], "").refuses(401, "sign_in_needed");
    }
}

/// DSR-06.
#[test]
fn a_copy_is_taken_once_from_any_device_in_three_forms() {
    let store = open();
    let own = Own::of(&store);
    let fetch = |method: &str, link: &str| ask(store.edge(), method, link, &[], "");
    for (form, kind, attached) in [
        ("json", "application/json", true),
        ("csv", "text/csv", true),
        ("html", "text/html", false),
    ] {
        let link = own.copy(form);
        assert_eq!(link.len(), "/copies/".len() + 43);
        let copy = fetch("GET", &link);
        assert_eq!(copy.status, 200, "{copy:?}");
        assert!(
            copy.header("content-type").unwrap().starts_with(kind),
            "{copy:?}"
        );
        let disposition = copy.header("content-disposition").unwrap_or_default();
        assert_eq!(disposition.starts_with("attachment"), attached);
        assert_eq!(copy.header("cache-control"), Some("no-store"));
        assert!(copy.body.contains(&person().name) && copy.body.contains("+8613912345678"));
        fetch("GET", &link).refuses(404, "link_gone");
    }
    let schema: Value = fetch("GET", "/schemas/member-copy.json").json();
    let copy = fetch("GET", &own.copy("json")).json();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    assert!(validator.is_valid(&copy), "{copy}");

    // Of twenty that take one link at once, one has it.
    let link = own.copy("csv");
    let taken: Vec<u16> = thread::scope(|scope| {
        let take = || fetch("GET", &link).status;
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(take)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(
        taken.iter().filter(|status| **status == 200).count(),
        1,
        "{taken:?}"
    );
    assert_eq!(
        taken.iter().filter(|status| **status == 404).count(),
        19,
        "{taken:?}"
    );

    let wrong = json!({"pin": "Kranich-am-Ufer-6", "form": "csv", "language": "en"}).to_string();
    own.ask("POST", "copies", &wrong)
        .refuses(401, "sign_in_failed");
    fetch("GET", "/copies/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA").refuses(404, "link_gone");

    // Who has left takes nothing along any more.
    let link = own.copy("json");
    let points = own.ask("GET", "erasure", "").json()["points"].clone();
    let key = crate::till::new_key();
    let headers = [("cookie", &*own.cookie), ("idempotency-key", &*key)];
    let leave = json!({"pin": person().pin, "points": points}).to_string();
    let left = ask(
        store.screen(),
        "POST",
        "/member/v1/erasure",
        &headers,
        &leave,
    );
    assert_eq!(left.status, 200, "{left:?}");
    fetch("GET", &link).refuses(404, "link_gone");
}

const CANARY: &str = "Zoroaster-7f3a";

/// COL-02: a field that nobody asks for is refused wherever it is sent, and no byte of it is kept.
#[test]
fn a_religion_is_refused_at_every_address_and_stands_nowhere() {
    let mut store = open();
    let form = store.form(&person());
    let own = Own::of(&store);
    let with = |mut body: Value| {
        body["religion"] = CANARY.into();
        body.to_string()
    };
    let pin = person().pin;
    let consent = json!({"given": true, "notice_version": "2017.1", "language": "en"});
    for (method, path, body) in [
        (
            "POST",
            "/member/v1/session",
            json!({"card_number": "990000000000000000", "pin": pin}),
        ),
        ("POST", "/member/v1/codes", json!({})),
        (
            "PUT",
            "/member/v1/profile",
            json!({"name": "李雷", "mobile": "13900000001", "pin": pin}),
        ),
        (
            "PUT",
            "/member/v1/address",
            json!({"address": "延安西路 1 号", "postcode": "200050"}),
        ),
        ("DELETE", "/member/v1/address", json!({})),
        (
            "POST",
            "/member/v1/erasure",
            json!({"pin": pin, "points": 100}),
        ),
        ("PUT", "/member/v1/consents/marketing", consent),
        ("DELETE", "/member/v1/consents/marketing", json!({})),
        ("POST", "/member/v1/data", json!({"pin": pin})),
        ("PUT", "/member/v1/restriction", json!({})),
        ("DELETE", "/member/v1/restriction", json!({})),
        ("POST", "/member/v1/confirmation", json!({})),
        (
            "POST",
            "/member/v1/copies",
            json!({"pin": pin, "form": "json", "language": "en"}),
        ),
        ("POST", "/kiosk/v1/members", form.clone()),
    ] {
        let key = crate::till::new_key();
        let headers = [("cookie", &*own.cookie), ("idempotency-key", &*key)];
        let refused = ask(store.screen(), method, path, &headers, with(body));
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (400, &"bad_request".into()),
            "{method} {path}"
        );
    }
    // Within what the form holds, too.
    for part in ["agreement", "consents"] {
        let mut form = form.clone();
        let within = if part == "agreement" {
            &mut form[part]
        } else {
            &mut form[part][0]
        };
        within["religion"] = CANARY.into();
        store.send_form(&form).refuses(400, "bad_request");
    }
    drop(own);
    store.stop();
    assert!(!store.log().contains(CANARY));
    let mut files = 0;
    search(&store.place.path("."), &mut files);
    assert!(5 < files, "{files}");
}

/// No file has the canary.
fn search(folder: &Path, files: &mut u32) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            search(&path, files);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes
                .windows(CANARY.len())
                .any(|window| window == CANARY.as_bytes());
            assert!(!found, "{}", path.display());
            *files += 1;
        }
    }
}
