//! The staff over HTTP: nothing without a log-in, nothing that the table does not grant, two people for a member's data,
//! and accounts that begin on the machine.

use std::net::SocketAddr;

use jifen::policy::access::{Operation, Part, RULES, Role};
use jifen::vault::totp::TotpSecret;
use serde_json::{Value, json};

use crate::store::{Person, Store};
use crate::wire::{Answer, ask};

const PASSWORD: &str = "Kranich am Ufer 7 Boote";

/// Somebody of the staff with a page that is signed in.
pub(crate) struct Desk {
    at: SocketAddr,
    cookie: String,
}

impl Desk {
    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> Answer {
        self.under(&crate::till::new_key(), method, path, body)
    }

    /// The same under a key that the page made before.
    pub(crate) fn under(&self, key: &str, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("cookie", &*self.cookie), ("idempotency-key", key)];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        ask(
            self.at,
            method,
            &format!("/staff/v1/{path}"),
            &headers,
            body,
        )
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, body)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &Value::Null)
    }

    /// The reference that this page has for whoever holds the card.
    pub(crate) fn reference(&self, card: &str) -> String {
        let found = self.post("members/search", &json!({"card_number": card}));
        assert_eq!(found.status, 200, "{found:?}");
        found.json()["members"][0]["ref"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// What was printed of an account: the password and the authenticator's secret.
fn printed(out: &str) -> (String, TotpSecret) {
    let after = |word: &str| {
        let line = out.lines().find_map(|line| line.strip_prefix(word));
        line.unwrap().trim().to_owned()
    };
    let secret = TotpSecret::of_otpauth(&after("authenticator ")).unwrap();
    (after("password "), secret)
}

/// The code that the authenticator shows now.
fn code(secret: &TotpSecret) -> String {
    let millis = i64::try_from(crate::till::wall_millis()).unwrap();
    let wall = jifen::domain::time::Moment::from_millis(millis);
    secret.shown(wall).as_str().to_owned()
}

fn sign_in(at: SocketAddr, name: &str, password: &str, code: &str) -> Answer {
    let body = json!({"name": name, "password": password, "code": code}).to_string();
    ask(at, "POST", "/staff/v1/session", &[], body)
}

fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").unwrap();
    assert!(
        set.starts_with("__Host-jifen-staff=") && set.ends_with("SameSite=Strict"),
        "{set}"
    );
    set.split_once(';').unwrap().0.to_owned()
}

/// Somebody with this role, who has set a password at a page.
pub(crate) fn hire(store: &Store, name: &str, role: &str) -> Desk {
    let said = store.jifen(&format!("staff add {name} --role {role}"));
    said.ends(0);
    let (drawn, secret) = printed(&said.out);
    let at = store.edge();
    let answer = sign_in(at, name, &drawn, &code(&secret));
    assert_eq!(
        (answer.status, answer.json()["password_due"].clone()),
        (200, json!(true))
    );
    let fresh = Desk {
        at,
        cookie: cookie(&answer),
    };
    fresh.get("proposals").refuses(403, "password_due");
    fresh
        .post("members/search", &json!({"mobile": "13912345678"}))
        .refuses(403, "password_due");
    let changed = fresh.post("password", &json!({"old": drawn, "new": PASSWORD}));
    assert_eq!(changed.status, 204, "{changed:?}");
    fresh.get("me").refuses(401, "staff_sign_in_needed");
    Desk {
        at,
        cookie: cookie(&changed),
    }
}

fn open() -> Store {
    let mut store = Store::new();
    store.start();
    store
}

fn person() -> Person {
    Person::new("欧阳云舒", "13912345678", "Kranich-am-Ufer-5")
}

/// Every address of the staff, with a body that is right, and the operation that it takes; none where signing in is
/// enough.
#[expect(clippy::too_many_lines, reason = "one table of addresses")]
fn addresses(reference: &str) -> Vec<(&'static str, String, Value, Option<Operation>)> {
    let why = |more: Value| {
        let mut body = json!({"purpose": "rules_broken", "reason": "sold points on"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let of = |operation: &str, fields: Value| {
        why(json!({"member": reference, "operation": operation, "fields": fields}))
    };
    let at = |path: &str| format!("members/{reference}/{path}");
    let account = |path: &str| format!("accounts/nobody-9/{path}");
    let corrected = |mut body: Value| {
        body["values"] = json!({"name": "王小红"});
        body
    };
    let points = |mut body: Value| {
        body["points"] = json!(5_000);
        body
    };
    let role = json!({"role": "desk"});
    let new = json!({"name": "nobody-8", "display": "李雷", "grants": [role]});
    let breach = json!({"degree": "warning", "reason": "r"});
    let asked = json!({"purpose": "member_asked"});
    let pair = json!({"stays": reference, "joins": reference, "purpose": "member_asked"});
    let request = json!({"language": "zh-CN", "kind": "copy", "text": "一份"});
    let ticket = |path: &str| format!("tickets/2026-000009{path}");
    vec![
        (
            "POST",
            at("verifications"),
            asked.clone(),
            Some(Operation::VerifyPhone),
        ),
        (
            "POST",
            at("pin-resets"),
            asked.clone(),
            Some(Operation::IssuePinReset),
        ),
        (
            "POST",
            at("cards"),
            asked.clone(),
            Some(Operation::ReissueCard),
        ),
        (
            "POST",
            at("identity"),
            asked.clone(),
            Some(Operation::CheckIdentity),
        ),
        (
            "DELETE",
            at("identity"),
            Value::Null,
            Some(Operation::CheckIdentity),
        ),
        ("POST", at("tickets"), request, Some(Operation::TakeTicket)),
        (
            "POST",
            at("merge-codes"),
            Value::Null,
            Some(Operation::Merge),
        ),
        (
            "PUT",
            at("merge-codes"),
            json!({"code": "204957"}),
            Some(Operation::Merge),
        ),
        ("POST", at("merges"), asked, Some(Operation::Merge)),
        (
            "POST",
            "merges/preview".to_owned(),
            pair.clone(),
            Some(Operation::Merge),
        ),
        ("POST", "merges".to_owned(), pair, Some(Operation::Merge)),
        (
            "POST",
            "proposals".to_owned(),
            of("undo_merge", json!([])),
            Some(Operation::UndoMerge),
        ),
        (
            "GET",
            "tickets".to_owned(),
            Value::Null,
            Some(Operation::ReadTickets),
        ),
        ("GET", ticket(""), Value::Null, Some(Operation::ReadTickets)),
        (
            "POST",
            ticket("/take"),
            Value::Null,
            Some(Operation::TakeTicket),
        ),
        (
            "POST",
            ticket("/replies"),
            json!({"text": "好"}),
            Some(Operation::AnswerTicket),
        ),
        (
            "POST",
            ticket("/close"),
            json!({"text": "好"}),
            Some(Operation::CloseTicket),
        ),
        (
            "GET",
            "sweep".to_owned(),
            Value::Null,
            Some(Operation::RunSweep),
        ),
        (
            "POST",
            "sweep".to_owned(),
            Value::Null,
            Some(Operation::RunSweep),
        ),
        ("GET", "me".to_owned(), Value::Null, None),
        ("GET", "proposals".to_owned(), Value::Null, None),
        (
            "POST",
            "members/search".to_owned(),
            json!({"mobile": "13912345678"}),
            Some(Operation::SearchMember),
        ),
        (
            "POST",
            "proposals".to_owned(),
            of("query_fields", json!(["mobile"])),
            Some(Operation::QueryFields),
        ),
        (
            "POST",
            "proposals".to_owned(),
            corrected(of("correct_fields", json!(["name"]))),
            Some(Operation::CorrectFields),
        ),
        (
            "POST",
            "proposals".to_owned(),
            of("erase_member", json!([])),
            Some(Operation::EraseMember),
        ),
        (
            "POST",
            "proposals".to_owned(),
            points(of("adjust_above_limit", json!([]))),
            Some(Operation::AdjustAboveLimit),
        ),
        (
            "POST",
            at("sanctions"),
            why(json!({"kind": "warn"})),
            Some(Operation::Warn),
        ),
        (
            "POST",
            at("sanctions"),
            why(json!({"kind": "restrict"})),
            Some(Operation::Restrict),
        ),
        (
            "POST",
            at("sanctions"),
            why(json!({"kind": "suspend"})),
            Some(Operation::Suspend),
        ),
        (
            "POST",
            at("sanctions"),
            why(json!({"kind": "lift"})),
            Some(Operation::Lift),
        ),
        (
            "POST",
            at("sanctions"),
            why(json!({"kind": "terminate"})),
            Some(Operation::Terminate),
        ),
        (
            "POST",
            at("adjustments"),
            why(json!({"points": 5})),
            Some(Operation::Adjust),
        ),
        (
            "GET",
            "accounts".to_owned(),
            Value::Null,
            Some(Operation::ReadStaff),
        ),
        (
            "GET",
            "accounts/nobody-9".to_owned(),
            Value::Null,
            Some(Operation::ReadStaff),
        ),
        (
            "GET",
            account("log-ins"),
            Value::Null,
            Some(Operation::ReadLogIns),
        ),
        (
            "POST",
            "accounts".to_owned(),
            new,
            Some(Operation::ManageStaff),
        ),
        (
            "POST",
            account("block"),
            breach,
            Some(Operation::BlockStaff),
        ),
        (
            "POST",
            account("unblock"),
            Value::Null,
            Some(Operation::ManageStaff),
        ),
        (
            "POST",
            account("password"),
            json!({}),
            Some(Operation::ManageStaff),
        ),
        (
            "POST",
            account("grants"),
            role,
            Some(Operation::ManageStaff),
        ),
        (
            "POST",
            account("revocations"),
            json!({"role": "desk"}),
            Some(Operation::ManageStaff),
        ),
    ]
}

/// Addresses that need no grant of the table, or ask the operation of what they are about.
const WITHOUT: [&str; 7] = [
    "POST setup",
    "POST session",
    "DELETE session",
    "POST password",
    "POST proposals/{id}/approve",
    "POST proposals/{id}/decline",
    "POST proposals/{id}/execute",
];

/// Whether a path is one of a pattern's.
fn is_of(pattern: &str, path: &str) -> bool {
    let (wanted, found): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    let fits = |(of, is): (&&str, &&str)| of.starts_with('{') || of == is;
    wanted.len() == found.len() && wanted.iter().zip(found.iter()).all(fits)
}

#[test]
fn every_address_of_the_staff_is_among_those_that_are_tried_without_a_grant() {
    let page = include_str!("../../src/route/addresses.rs");
    let known = addresses("0");
    let mut count = 0;
    for line in page.split("Address::new(").skip(1) {
        let Some((method, rest)) = line.split_once(',') else {
            continue;
        };
        let pattern = rest.split('"').nth(1).unwrap_or_default();
        let Some(pattern) = pattern.strip_prefix("/staff/v1/") else {
            continue;
        };
        count += 1;
        let method = method.trim().trim_start_matches("Method::");
        let is_tried = known
            .iter()
            .any(|(of, path, ..)| *of == method && is_of(pattern, path));
        let is_without = WITHOUT.contains(&&*format!("{method} {pattern}"));
        assert!(is_tried != is_without, "{method} {pattern}");
    }
    assert!(40 <= count, "{count} addresses were found");
}

fn is_granted(role: Role, operation: Operation) -> bool {
    let mut rules = RULES.iter();
    rules.any(|rule| (rule.role, rule.part, rule.operation) == (role, Part::Do, operation))
}

#[test]
fn no_address_of_the_staff_is_reached_without_a_log_in_or_without_a_grant() {
    let store = open();
    let card = store.register(&person());
    let nobody = Desk {
        at: store.edge(),
        cookie: String::new(),
    };
    for (method, path, body, _) in addresses("0") {
        nobody
            .ask(method, &path, &body)
            .refuses(401, "staff_sign_in_needed");
    }
    for path in [
        "proposals/1/approve",
        "proposals/1/decline",
        "proposals/1/execute",
    ] {
        nobody
            .post(path, &Value::Null)
            .refuses(401, "staff_sign_in_needed");
    }
    // A member's cookie opens no page of the staff.
    let member = Desk {
        at: store.screen(),
        cookie: store.sign_in(&card, &person().pin),
    };
    member.get("me").refuses(401, "staff_sign_in_needed");

    for role in Role::ALL.iter().copied() {
        let name = role.word().replace('_', "-");
        let page = hire(&store, &name, role.word());
        // Only who may search has a name for a member.
        let reference = if is_granted(role, Operation::SearchMember) {
            page.reference(&card)
        } else {
            "0".repeat(32)
        };
        for (method, path, body, operation) in addresses(&reference) {
            let Some(operation) = operation.filter(|of| !is_granted(role, *of)) else {
                continue;
            };
            let answer = page.ask(method, &path, &body);
            let code = answer.json()["code"].as_str().unwrap().to_owned();
            let hidden = reference.starts_with("000000") && code == "token_unknown";
            assert!(
                code == "not_granted" || hidden,
                "{role:?} {operation:?}: {answer:?}"
            );
        }
    }
}

#[test]
fn two_people_show_a_member_once_and_what_is_shown_is_nothing_else() {
    let store = open();
    let card = store.register(&person());
    let desk = hire(&store, "li.lei", "desk");
    let manager = hire(&store, "han.meimei", "member_manager");
    let found = desk.post("members/search", &json!({"mobile": "+86 139 1234 5678"}));
    let row = &found.json()["members"][0];
    assert_eq!(
        (row["name"].clone(), row["mobile"].clone()),
        (json!("欧＊＊"), json!("139****5678"))
    );
    assert!(
        !found.body.contains(&card) && !found.body.contains("13912345678"),
        "{found:?}"
    );

    let reference = desk.reference(&card);
    let body = json!({
        "member": reference,
        "operation": "query_fields",
        "fields": ["mobile"],
        "purpose": "member_asked",
        "reason": "rang about a parcel",
    });
    let asked = desk.post("proposals", &body);
    assert_eq!(
        (asked.status, asked.json()["state"].clone()),
        (201, json!("open")),
        "{asked:?}"
    );
    let id = asked.json()["id"].as_u64().unwrap();
    desk.post(&format!("proposals/{id}/execute"), &Value::Null)
        .refuses(403, "second_person_needed");
    desk.post(&format!("proposals/{id}/approve"), &Value::Null)
        .refuses(403, "second_person_needed");
    let listed = manager.get("proposals").json();
    assert_eq!(listed["proposals"][0]["id"], json!(id), "{listed}");
    assert_ne!(
        listed["proposals"][0]["member"]["ref"],
        json!(reference),
        "another page's name"
    );
    let approved = manager.post(&format!("proposals/{id}/approve"), &Value::Null);
    assert_eq!(
        approved.json()["approved_by"],
        json!("han.meimei"),
        "{approved:?}"
    );
    let done = desk.post(&format!("proposals/{id}/execute"), &Value::Null);
    let shown = json!([{"field": "mobile", "sight": "clear", "values": ["+8613912345678"]}]);
    assert_eq!(done.json(), json!({"id": id, "shown": shown}), "{done:?}");
    desk.post(&format!("proposals/{id}/execute"), &Value::Null)
        .refuses(409, "proposal_state");
    desk.post("proposals/999999/execute", &Value::Null)
        .refuses(404, "proposal_unknown");

    // Level 3 is done at once; an unknown field and a name that stands nowhere are refused.
    let mut language = body.clone();
    language["operation"] = json!("correct_fields");
    language["fields"] = json!(["language"]);
    language["values"] = json!({"language": "en"});
    let corrected = desk.post("proposals", &language);
    assert_eq!(
        (corrected.status, corrected.json()["corrected"].clone()),
        (200, json!(true))
    );
    for (name, value) in [("approved_by", json!("x")), ("fields", json!(["religion"]))] {
        let mut wrong = body.clone();
        wrong[name] = value;
        desk.post("proposals", &wrong).refuses(400, "bad_request");
    }
    assert!(!store.log().contains("13912345678") && !store.log().contains("parcel"));
}

#[test]
fn sanctions_and_points_go_through_the_manager_and_large_ones_through_two() {
    let store = open();
    let card = store.register(&person());
    let manager = hire(&store, "han.meimei", "member_manager");
    let other = hire(&store, "wei.hua", "member_manager");
    let reference = manager.reference(&card);
    let sanctions = format!("members/{reference}/sanctions");
    let why =
        |kind: &str| json!({"kind": kind, "purpose": "rules_broken", "reason": "sold points on"});
    let warned = manager.post(&sanctions, &why("warn"));
    assert_eq!(
        (warned.status, warned.json()),
        (200, json!({"state": "warned"}))
    );
    manager
        .post(&sanctions, &why("warn"))
        .refuses(403, "state_forbids");
    manager
        .post(&sanctions, &why("ban"))
        .refuses(400, "bad_request");

    let cookie = store.sign_in(&card, &person().pin);
    let own = [("cookie", &*cookie)];
    let history = ask(store.screen(), "GET", "/member/v1/history", &own, "");
    let newest = &history
        .json()
        .as_array()
        .unwrap()
        .iter()
        .find(|line| line["what"] == "sanction")
        .cloned()
        .unwrap();
    assert_eq!(newest["reason"], json!("sold points on"), "{history:?}");
    let statement = ask(store.screen(), "GET", "/member/v1/statement", &own, "");
    assert_eq!(statement.json()["state"], json!("warned"));

    let adjustments = format!("members/{reference}/adjustments");
    let points = |points: i64| json!({"points": points, "purpose": "goodwill", "reason": "r"});
    let given = manager.post(&adjustments, &points(50));
    assert_eq!(
        given.json(),
        json!({"points": 50, "balance": 150, "debt": 0})
    );
    let mut forged = points(5_000);
    forged["approved_by"] = json!("wei.hua");
    manager
        .post(&adjustments, &forged)
        .refuses(400, "bad_request");
    let large = manager.post(&adjustments, &points(5_000));
    assert_eq!(
        (large.status, large.json()["state"].clone()),
        (202, json!("open"))
    );
    let id = large.json()["id"].as_u64().unwrap();
    other.post(&format!("proposals/{id}/approve"), &Value::Null);
    let done = manager.post(&format!("proposals/{id}/execute"), &Value::Null);
    assert_eq!(done.json()["adjusted"]["balance"], json!(5_150), "{done:?}");

    let ended = manager.post(&sanctions, &why("terminate"));
    assert_eq!(
        (ended.status, ended.json()["points"].clone()),
        (202, json!(5_150))
    );
    let id = ended.json()["id"].as_u64().unwrap();
    manager
        .post(&format!("proposals/{id}/approve"), &Value::Null)
        .refuses(403, "second_person_needed");
    other.post(&format!("proposals/{id}/approve"), &Value::Null);
    let done = manager.post(&format!("proposals/{id}/execute"), &Value::Null);
    assert!(done.json()["erased"].is_object(), "{done:?}");
    store
        .try_sign_in(&card, &person().pin)
        .refuses(401, "sign_in_failed");
}

#[test]
fn a_block_on_the_machine_ends_the_session_of_a_page() {
    let store = open();
    let desk = hire(&store, "li.lei", "desk");
    assert_eq!(desk.get("me").json()["roles"], json!(["desk"]));
    let blocked =
        store.jifen("staff block li.lei --degree suspension --reason neighbour --reference 2017-3");
    blocked.ends(0);
    desk.get("me").refuses(401, "staff_sign_in_needed");
    let shown = store.jifen("staff show li.lei");
    assert!(
        shown.out.contains("suspension") && shown.out.contains("2017-3"),
        "{shown:?}"
    );
    store.jifen("staff unblock li.lei").ends(0);
    desk.get("me").refuses(401, "staff_sign_in_needed");
}

#[test]
fn another_site_signs_nobody_in_and_a_code_works_once() {
    let store = open();
    let said = store.jifen("staff add li.lei --role desk");
    let (drawn, secret) = printed(&said.out);
    let code = code(&secret);
    let body = json!({"name": "li.lei", "password": drawn, "code": code}).to_string();
    for at in [store.edge(), store.screen()] {
        let headers = [("sec-fetch-site", "cross-site")];
        let answer = ask(at, "POST", "/staff/v1/session", &headers, &body);
        assert_eq!(answer.status, 403, "{answer:?}");
    }
    assert_eq!(sign_in(store.edge(), "li.lei", &drawn, &code).status, 200);
    sign_in(store.edge(), "li.lei", &drawn, &code).refuses(401, "staff_sign_in_failed");
    sign_in(store.edge(), "nobody", &drawn, &code).refuses(401, "staff_sign_in_failed");
    for secret in [&drawn, &code] {
        assert!(!store.log().contains(secret.as_str()));
    }
}

#[test]
fn the_first_account_needs_the_code_that_was_printed_and_everything_can_be_done_without_a_server() {
    let store = Store::new();
    store.jifen("terminal add till-1").ends(0);
    let said = store.jifen("staff add root.one --role administrator");
    said.ends(0);
    let (password, _) = printed(&said.out);
    assert_eq!(password.len(), 24, "{password}");
    store
        .jifen("staff add root.one --role administrator")
        .refuses(1, "staff_exists");
    store
        .jifen("staff add Root --role administrator")
        .refuses(1, "bad_staff_name");
    store.jifen("staff add li.lei --role king").ends(2);
    store
        .jifen("staff grant root.one desk --until 2031-12-31")
        .ends(0);
    let list = store.jifen("staff list");
    assert!(
        list.out.contains("administrator, desk –2031-12-31"),
        "{list:?}"
    );
    store
        .jifen("staff grant root.one desk --until 1999-12-31")
        .refuses(1, "bad_grant");
    store.jifen("staff revoke root.one desk").ends(0);
    store
        .jifen("staff revoke root.one desk")
        .refuses(1, "bad_grant");
    store.jifen("staff show nobody").refuses(1, "staff_unknown");
    let show = store.jifen("staff show root.one");
    assert!(show.out.contains("manage staff accounts"), "{show:?}");
    let again = store.jifen("staff password root.one --totp");
    assert_ne!(printed(&again.out).0, password);
    assert!(!list.out.contains(&password));
    store.verified();
}

#[test]
fn the_set_up_code_makes_the_first_administrator_at_a_page() {
    let mut store = Store::new();
    let said = store.start_saying();
    let code = said
        .split_once("(shown once): ")
        .unwrap()
        .1
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let set_up = |code: &str, name: &str| {
        let body = json!({"code": code, "name": name, "display": "李雷"}).to_string();
        ask(store.screen(), "POST", "/staff/v1/setup", &[], body)
    };
    set_up("no", "root.one").refuses(401, "staff_sign_in_failed");
    let made = set_up(&code, "root.one");
    assert_eq!(made.status, 201, "{made:?}");
    assert!(
        made.json()["otpauth"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/")
    );
    set_up(&code, "root.two").refuses(401, "staff_sign_in_failed");
    store.stop();
    assert!(!store.start_saying().contains("shown once"));
}
