//! Requests and complaints over HTTP and as commands, the self-check, the metrics and the healthcheck, of the real program
//! (DSR-04, DSR-08, SVC-01, SEC-07, BAK-01, BAK-02).

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use age::secrecy::ExposeSecret;
use age::x25519::Identity;
use serde_json::{Value, json};

use crate::caller::Said;
use crate::store::{Person, Store};
use crate::wire::{Answer, ask};

const DAY: u64 = 24 * 3_600;

fn post(store: &Store, path: &str, cookie: &str, body: &Value) -> Answer {
    let headers = [("cookie", cookie)];
    ask(store.screen(), "POST", path, &headers, body.to_string())
}

fn complaint(kind: &str, text: &str) -> Value {
    json!({"language": "zh-CN", "kind": kind, "text": text})
}

fn read(store: &Store, number: &str, reference: &str) -> Answer {
    let path = format!("/kiosk/v1/complaints/{number}");
    post(store, &path, "", &json!({"reference": reference}))
}

/// A store that is open.
fn opened() -> Store {
    let mut store = Store::new();
    store.start();
    store
}

#[test]
fn a_complaint_is_taken_answered_and_read_with_its_reference_alone() {
    let mut store = opened();
    let mut said = complaint("complaint", "多收了两元\n请查");
    said["contact"] = "13911112222".into();
    let taken = post(&store, "/kiosk/v1/complaints", "", &said);
    assert_eq!(taken.status, 201, "{taken:?}");
    let taken = taken.json();
    let text = |name: &str| taken[name].as_str().unwrap().to_owned();
    let (number, reference, due) = (text("number"), text("reference"), text("due"));
    assert!(number.ends_with("-000001"), "{number}");
    assert_eq!((reference.len(), due.len()), (11, 10));

    let list = store.jifen("ticket list");
    list.ends(0);
    assert_eq!(
        list.out,
        format!("{number} complaint open due {due} -\n1 not closed\n")
    );
    let shown = store.jifen(&format!("ticket show {number}"));
    shown.ends(0);
    assert!(shown.out.contains("contact: 13911112222"), "{shown:?}");
    assert!(shown.out.contains("\n多收了两元\n请查\n"), "{shown:?}");
    store
        .jifen(&format!("ticket answer {number} 已退还"))
        .ends(0);
    let answer = read(&store, &number, &reference.to_lowercase()).json();
    assert_eq!(answer["state"], "answered");
    assert_eq!(answer["owner"], "operator");
    assert_eq!(answer["text"], "多收了两元\n请查");
    assert_eq!(answer["replies"][0]["text"], "已退还");
    assert!(answer.get("contact").is_none());
    store.jifen(&format!("ticket close {number}")).ends(0);
    let said = store.jifen(&format!("ticket close {number} 再见"));
    said.refuses(1, "ticket_closed");
    assert_eq!(read(&store, &number, &reference).json()["state"], "closed");

    // What is wrong is told alike.
    let wrong = [
        read(&store, &number, "AAAAA-AAAAA"),
        read(&store, &number, ""),
        read(&store, "2026-999999", &reference),
        read(&store, "nonsense", &reference),
    ];
    for answer in &wrong {
        answer.refuses(404, "ticket_unknown");
        assert_eq!(answer.body, wrong[0].body);
        assert_eq!(answer.headers.len(), wrong[0].headers.len());
    }
    store.stop();
    let log = store.log();
    for secret in [
        &reference,
        &reference.replace('-', ""),
        "多收了两元",
        "13911112222",
        "已退还",
    ] {
        assert!(!log.contains(secret), "{secret}");
    }
    store.verified();
}

#[test]
fn the_kiosk_takes_twenty_complaints_an_hour_and_ten_wrong_references_a_minute() {
    let mut store = opened();
    // What is refused anyway uses nothing up.
    for _ in 0..3 {
        post(
            &store,
            "/kiosk/v1/complaints",
            "",
            &complaint("query", "我的信息"),
        )
        .refuses(401, "sign_in_needed");
        post(
            &store,
            "/kiosk/v1/complaints",
            "",
            &complaint("complaint", "\t"),
        )
        .refuses(400, "bad_ticket_text");
        post(
            &store,
            "/kiosk/v1/complaints",
            "",
            &complaint("gossip", "嗯"),
        )
        .refuses(400, "bad_request");
    }
    let mut references = Vec::new();
    for number in 0..20 {
        let said = complaint("suggestion", &format!("第 {number} 条"));
        let taken = post(&store, "/kiosk/v1/complaints", "", &said);
        assert_eq!(taken.status, 201, "{taken:?}");
        references.push(taken.json());
    }
    let flooded = post(
        &store,
        "/kiosk/v1/complaints",
        "",
        &complaint("enquiry", "还有"),
    );
    flooded.refuses(429, "slow_down");
    assert_eq!(flooded.header("retry-after"), Some("1"));
    let list = store.jifen("ticket list");
    assert!(list.out.ends_with("\n20 not closed\n"), "{list:?}");

    let number = references[0]["number"].as_str().unwrap();
    let reference = references[0]["reference"].as_str().unwrap();
    for _ in 0..10 {
        read(&store, number, "AAAAA-AAAAB").refuses(404, "ticket_unknown");
    }
    read(&store, number, reference).refuses(429, "slow_down");
    store.stop();
}

#[test]
fn a_member_asks_at_the_kiosk_or_at_the_desk_and_reads_the_answer() {
    let mut store = opened();
    let card = store.register(&Person::new("孙小北", "13900139001", "204957"));
    let other = store.register(&Person::new("周小南", "13900139002", "204957"));
    let said = complaint("copy", "我想要一份副本");
    post(&store, "/member/v1/tickets", "", &said).refuses(401, "sign_in_needed");
    let cookie = store.sign_in(&card, "204957");
    let opened = post(&store, "/member/v1/tickets", &cookie, &said);
    assert_eq!(opened.status, 201, "{opened:?}");
    let number = opened.json()["number"].as_str().unwrap().to_owned();
    // Pressed twice.
    let again = post(&store, "/member/v1/tickets", &cookie, &said);
    assert_eq!(again.json(), opened.json());
    let at_the_desk = store.jifen(&format!("ticket open {card} restrict 请先别用"));
    at_the_desk.ends(0);
    store
        .jifen("ticket open 990000000000000000 copy 一份")
        .refuses(1, "token_unknown");
    // A text from a file, which stands in no list of processes.
    store.place.write("answer.txt", "已打印给您\n");
    let words = format!("ticket close {number} - --data jifen-data --keys jifen-keys");
    let mut call = store.place.call(&words);
    let text = File::open(store.place.path("answer.txt")).unwrap();
    Said::of(&call.stdin(text).output().unwrap(), &words).ends(0);

    let own = |cookie: &str| {
        let headers = [("cookie", cookie)];
        ask(store.screen(), "GET", "/member/v1/tickets", &headers, "").json()
    };
    let seen = own(&cookie);
    assert_eq!(seen.as_array().unwrap().len(), 2);
    assert_eq!(seen[0]["kind"], "restrict");
    assert_eq!(seen[1]["number"], number);
    assert_eq!(seen[1]["state"], "closed");
    assert_eq!(seen[1]["replies"][0]["text"], "已打印给您");
    let cookie = store.sign_in(&other, "204957");
    assert_eq!(own(&cookie), json!([]));
    // Nobody reads a member's with a reference.
    read(&store, &number, "AAAAA-AAAAA").refuses(404, "ticket_unknown");
    // Nor with a command that is told to a stopped shop: then it opens it.
    store.stop();
    let list = store.jifen("ticket list --overdue");
    assert_eq!(list.out, "0 overdue\n");
    store.verified();
}

/// The samples of a text of metrics: name with labels, and value.
fn samples(text: &str) -> Vec<(String, f64)> {
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.parse().unwrap())
        })
        .collect()
}

#[test]
fn metrics_count_without_anybody_in_them_and_are_not_at_the_edge() {
    let mut store = shop_with_copies();
    store.start();
    let person = Person::new("孙小北", "13900139001", "204957");
    let card = store.register(&person);
    store
        .try_sign_in(&card, "204958")
        .refuses(401, "sign_in_failed");
    let cookie = store.sign_in(&card, "204957");
    let code = store.typed_code(&cookie);
    let taken = post(
        &store,
        "/kiosk/v1/complaints",
        "",
        &complaint("enquiry", "几点开门"),
    );
    let reference = taken.json()["reference"].as_str().unwrap().to_owned();
    ask(store.screen(), "GET", &format!("/nowhere/{card}"), &[], "")
        .refuses(404, "no_such_address");
    store.jifen("backup").ends(0);
    store.jifen("audit checkpoint").ends(0);
    store.jifen("escrow").ends(0);

    let answer = ask(store.screen(), "GET", "/metrics", &[], "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let kind = answer.header("content-type").unwrap();
    assert!(kind.starts_with("application/openmetrics-text"), "{kind}");
    let all = samples(&answer.body);
    let value = |name: &str| {
        let found = all.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| *value)
    };
    for (name, expected) in [
        ("jifen_members", 1.0),
        ("jifen_tickets_open", 1.0),
        ("jifen_tickets_overdue", 0.0),
        ("jifen_erasures_owed", 0.0),
        ("jifen_escrow_copies_owed", 0.0),
        ("jifen_clock_trusted", 1.0),
        ("jifen_panics_total", 0.0),
        (
            r#"jifen_requests_total{route="/kiosk/v1/members",status="2xx"}"#,
            1.0,
        ),
        (
            r#"jifen_requests_total{route="/member/v1/session",status="4xx"}"#,
            1.0,
        ),
        (
            r#"jifen_requests_total{route="/member/v1/session",status="2xx"}"#,
            1.0,
        ),
        (r#"jifen_requests_total{route="-",status="4xx"}"#, 1.0),
        (
            r#"jifen_request_duration_seconds_count{route="/kiosk/v1/complaints"}"#,
            1.0,
        ),
    ] {
        assert_eq!(value(name), Some(expected), "{name}\n{}", answer.body);
    }
    for name in [
        "jifen_audit_checkpoint_age_seconds",
        r#"jifen_backup_age_seconds{target="1"}"#,
        r#"jifen_escrow_age_seconds{target="1"}"#,
    ] {
        let age = value(name);
        assert!(
            age.is_some_and(|age| (0.0..600.0).contains(&age)),
            "{name} {age:?}"
        );
    }
    assert!(value("jifen_audit_leaves").unwrap() > 3.0);
    // No label, and nothing else, is of a person, a card, a code or a reference.
    for secret in [
        &card,
        &code,
        &reference,
        &person.name,
        &person.mobile,
        "nowhere",
    ] {
        assert!(!answer.body.contains(secret), "{secret}");
    }
    for (name, _) in &all {
        let labels = name.split_once('{').map_or("", |(_, labels)| labels);
        for label in labels
            .trim_end_matches('}')
            .split("\",")
            .filter(|label| !label.is_empty())
        {
            let (key, _) = label.split_once("=\"").unwrap();
            assert!(["route", "status", "le", "target"].contains(&key), "{name}");
        }
    }
    ask(store.edge(), "GET", "/metrics", &[], "").refuses(404, "no_such_address");
    store.stop();
}

/// A store whose settings name a backup target and an escrow.
fn shop_with_copies() -> Store {
    let store = Store::new();
    let place = &store.place;
    let recipients = ["operator", "first", "second"].map(|name| {
        let key = Identity::generate();
        place.write(&format!("{name}.txt"), key.to_string().expose_secret());
        key.to_public().to_string()
    });
    for name in ["copies", "safe"] {
        fs::create_dir(place.path(name)).unwrap();
    }
    let [operator, first, second] = recipients;
    let settings = format!(
        "[backup]\nrecipient = \"{operator}\"\ntargets = [\"copies\"]\n\
         [escrow]\ncustodians = [\"{first}\", \"{second}\"]\ntargets = [\"safe\"]\n"
    );
    place.write("jifen.toml", settings);
    store
}

/// What the self-check finds: its exit code, and each code with its grade.
fn checked(store: &Store) -> (Said, Vec<(String, String)>) {
    let said = store.place.jifen("self-check --format json");
    let report: Value = serde_json::from_str(&said.out).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| (text(&finding["code"]), text(&finding["grade"])))
        .collect();
    let count = |grade: &str| found.iter().filter(|(_, of)| of == grade).count();
    assert_eq!(report["failures"], count("failure"), "{said:?}");
    assert_eq!(report["warnings"], count("warning"), "{said:?}");
    let exit = if count("failure") == 0 { 0 } else { 3 };
    said.ends(exit);
    (said, found)
}

/// One finding with this code has this grade, and every failure has this code.
#[track_caller]
fn finds(store: &Store, code: &str, grade: &str) {
    let (said, found) = checked(store);
    let wanted = (code.to_owned(), grade.to_owned());
    assert!(found.contains(&wanted), "{wanted:?}: {said:?}");
    let failures = found.iter().filter(|(_, grade)| grade == "failure");
    let others = failures.filter(|(of, _)| of != code);
    assert_eq!(others.count(), 0, "{said:?}");
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// The file was last written so much longer ago than it was.
fn age(path: &Path, seconds: u64) {
    let written = fs::metadata(path).unwrap().modified().unwrap();
    date(path, written - Duration::from_secs(seconds));
}

fn date(path: &Path, at: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_clean_install_has_no_failure_open_or_closed() {
    let mut store = Store::new();
    finds(&store, "not_opened", "warning");
    store.start();
    finds(&store, "opens", "ok");
    finds(&store, "data_modes", "ok");
    finds(&store, "no_backups", "warning");
    store.stop();
    finds(&store, "keys_modes", "ok");
    let said = store.place.jifen("self-check");
    said.ends(0);
    assert!(said.out.contains("\n0 failures, "), "{said:?}");
    let said = store.place.jifen("self-check --lang zh");
    assert!(said.out.contains("\n0 项不合格, "), "{said:?}");
}

#[test]
fn each_fault_that_is_planted_is_found() {
    let mut store = shop_with_copies();
    store.start();
    store.register(&Person::new("孙小北", "13900139001", "204957"));
    store.jifen("backup").ends(0);
    store.jifen("escrow").ends(0);
    store.jifen("drill --identity operator.txt").ends(0);
    finds(&store, "backup_age", "ok");
    finds(&store, "escrow_age", "ok");
    finds(&store, "drill_age", "ok");
    store.stop();
    finds(&store, "backup_age", "ok");

    let path = |name: &str| store.place.path(name);
    // A file that others read, in each place; then as it was.
    for (file, code) in [
        (path("jifen-data/store.redb"), "data_modes"),
        (files(&path("copies")).remove(0), "backup_modes"),
        (files(&path("safe")).remove(0), "escrow_modes"),
    ] {
        chmod(&file, 0o644);
        finds(&store, code, "failure");
        let said = store.place.jifen("self-check");
        said.refuses(3, "self_check_found");
        assert!(said.out.contains("has mode 0644"), "{said:?}");
        chmod(&file, 0o600);
        finds(&store, code, "ok");
    }
    chmod(&path("jifen-data"), 0o755);
    finds(&store, "data_modes", "failure");
    chmod(&path("jifen-data"), 0o700);

    // Keys that others read are not opened at all.
    chmod(&path("jifen-keys/root.key"), 0o644);
    let (_, found) = checked(&store);
    for code in ["keys_modes", "does_not_open"] {
        assert!(
            found.contains(&(code.to_owned(), "failure".to_owned())),
            "{found:?}"
        );
    }
    chmod(&path("jifen-keys/root.key"), 0o600);

    // A backup is as old as its name says, a copy of the keys as its file.
    for file in files(&path("copies")) {
        let name = file.file_name().unwrap().to_str().unwrap().to_owned();
        let (_, ending) = name.split_once("Z.").unwrap();
        fs::rename(
            &file,
            path("copies").join(format!("jifen-20200101T000000.000Z.{ending}")),
        )
        .unwrap();
    }
    finds(&store, "backup_age", "failure");
    for file in files(&path("copies")) {
        fs::remove_file(file).unwrap();
    }
    // None at all counts from the installation, which was just now.
    finds(&store, "backup_age", "warning");
    for file in files(&path("safe")) {
        age(&file, 7 * DAY - 3_600);
    }
    finds(&store, "escrow_age", "ok");
    for file in files(&path("safe")) {
        age(&file, 2 * 3_600);
    }
    finds(&store, "escrow_age", "failure");
    // The newest of them counts.
    let store_file = fs::metadata(path("jifen-data/store.redb")).unwrap();
    date(&files(&path("safe"))[0], store_file.modified().unwrap());
    finds(&store, "escrow_age", "ok");

    // A setting that is weaker than its default is listed with it.
    let settings = store.place.read("jifen.toml");
    store.place.write(
        "jifen.toml",
        format!("{settings}[audit]\nlogin_days = 30\n"),
    );
    finds(&store, "weaker_setting", "warning");
    let said = store.place.jifen("self-check");
    let told = "audit.login_days = 30 is weaker than its default 190";
    assert!(said.out.contains(told), "{said:?}");
    store.place.write("jifen.toml", settings);

    // A broken year of the calendar keeps the shop closed, with its line.
    fs::create_dir(path("jifen-data/holidays")).unwrap();
    store.place.write(
        "jifen-data/holidays/2027.json",
        "{\n\"year\": 2027,\n\"off\": 3}",
    );
    finds(&store, "does_not_open", "failure");
    let said = store.jifen("ticket list");
    said.refuses(1, "bad_holidays");
    said.mentions("2027.json has faults: line 3: ");
    store.place.write(
        "jifen-data/holidays/2027.json",
        "{\"year\": 2027, \"off\": [], \"work\": []}",
    );
    finds(&store, "opens", "ok");
}

#[test]
fn a_healthcheck_tells_whether_the_shop_answers() {
    let mut store = opened();
    let screen = store.screen().to_string();
    let check = |words: &str| {
        let mut call = store.place.call(words);
        let output = call.env("JIFEN_SCREEN_LISTEN", &screen).output().unwrap();
        Said::of(&output, words)
    };
    let said = check("healthcheck");
    said.ends(0);
    assert_eq!(said.out, "healthy\n");
    assert_eq!(check("healthcheck --lang zh").out, "运行正常\n");
    store
        .place
        .write("other.toml", "[screen]\nlisten = \"127.0.0.1:1\"\n");
    let other = store.place.jifen("healthcheck --settings other.toml");
    other.refuses(1, "not_healthy");
    store.kill();
    let mut call = store.place.call("healthcheck");
    let output = call.env("JIFEN_SCREEN_LISTEN", &screen).output().unwrap();
    Said::of(&output, "healthcheck").refuses(1, "not_healthy");
}
