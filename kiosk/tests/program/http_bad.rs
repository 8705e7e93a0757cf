//! Whatever comes in that should not: a "no" with a code, in both languages, and a store in which everything adds up.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::shown::no;
use crate::store::{Person, Store};
use crate::till::{Draft, Till, basket, now, sale};
use crate::wire::{ask, request, send};

/// Ten megabytes.
const LARGE: usize = 10 * 1024 * 1024;

fn person() -> Person {
    Person::new("诸葛清扬", "13600022233", "Mauersegler-31")
}

/// The same digits with another check digit.
fn bent(card: &str) -> String {
    let (head, last) = card.split_at(card.len() - 1);
    let last: u32 = last.parse().unwrap();
    format!("{head}{}", (last + 1) % 10)
}

#[test]
fn no_code_that_is_wrong_says_why() {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    let other = Till::add(&store, "till-2");
    store.start();
    let card = store.register(&person());
    let identify = |code: &str| till.post(&store, "identify", &json!({"code": code}));
    assert_eq!(identify(&card).status, 200);

    let unknown = no(&identify("990123456789012345"));
    assert_snapshot!(unknown, @"
    404 token_unknown same_key
    未找到会员。
    No such member.
    ");
    let mobile = person().mobile;
    let abroad = format!("+86{mobile}");
    for code in [
        &*bent(&card),
        &card[..17],
        "00000000",
        "12345678",
        "jst_AAAAAAAAAAAAAAAAAAAAAA",
        &mobile,
        &abroad,
        &person().name,
        "",
    ] {
        assert_eq!(no(&identify(code)), unknown, "{code}");
    }
    let quote = json!({"sale_token": "jst_AAAAAAAAAAAAAAAAAAAAAA", "lines": basket("1.00")});
    assert_eq!(no(&till.post(&store, "quote", &quote)), unknown);
    let scanned = |code: &str| {
        let mut scanned = sale("", "1", "1.00");
        scanned["sale_token"] = Value::Null;
        scanned["code"] = code.into();
        scanned["scanned_at"] = now().into();
        other.post(&store, "sales", &scanned)
    };
    assert_eq!(no(&scanned(&bent(&card))), unknown);
    assert_eq!(no(&scanned(&mobile)), unknown);
    // A code is good once.
    let code = store.typed_code(&store.sign_in(&card, &person().pin));
    let identify = |code: &str| other.post(&store, "identify", &json!({"code": code}));
    assert_eq!(identify(&code).status, 200);
    assert_eq!(no(&identify(&code)), unknown);
    store.stop();
    assert_eq!(store.verified(), 0);
}

#[test]
fn nobody_speaks_for_a_till_but_the_till_and_once() {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    store.start();
    let card = store.register(&person());
    let authority = store.authority();
    let identify = json!({"code": card});

    let stranger = Till::new("till-1", &[7; 32]);
    let unsigned = [("idempotency-key", &*crate::till::new_key())];
    let unsigned = ask(
        store.edge(),
        "POST",
        "/pos/v1/identify",
        &unsigned,
        identify.to_string(),
    );
    assert_snapshot!(no(&unsigned), @"
    401 signature_missing never
    请求没有签名。
    The message is not signed.
    ");
    for other in [stranger, Till::new("till-2", &[7; 32])] {
        let (bytes, _) = other.sign(&authority, &Draft::post("identify", &identify));
        let wrong = send(store.edge(), &bytes);
        assert_eq!(
            no(&wrong),
            "401 signature_wrong never\n签名不正确。\nThe signature is wrong."
        );
    }

    let token = till.identify(&store, &card);
    let draft = Draft::post("sales", &sale(&token, "1", "20.00"));
    let (bytes, _) = till.sign(&authority, &draft);
    assert_eq!(send(store.edge(), &bytes).status, 200);
    let replayed = send(store.edge(), &bytes);
    assert_snapshot!(no(&replayed), @"
    401 nonce_replayed same_key
    签名已经使用过，请重新签名。
    The signature was used before: sign again.
    ");

    let bent = String::from_utf8(bytes.clone()).unwrap();
    let bent = bent.replacen("\"20.00\"", "\"90.00\"", 1);
    send(store.edge(), bent.as_bytes()).refuses(401, "digest_wrong");
    let (bytes, _) = till.sign("elsewhere.example", &draft);
    send(store.edge(), &bytes).refuses(401, "authority_wrong");
    let mut old = Draft::post("identify", &identify);
    old.age = 61;
    till.send(&store, &old).refuses(401, "signature_expired");
    let mut stale = Draft::post("reversals", &json!({"key": draft.key}));
    stale.seq = draft.seq;
    assert_snapshot!(no(&till.send(&store, &stale)), @"
    401 sequence_stale same_key
    该请求序号已使用或过旧：请用同一幂等键和新的序号重新签名。
    The sequence number was used or is too old: sign again with the same key and a new number.
    ");

    store.stop();
    store.jifen("terminal revoke till-1").ends(0);
    store.start();
    let (bytes, _) = till.sign(&store.authority(), &Draft::post("identify", &identify));
    send(store.edge(), &bytes).refuses(401, "signature_wrong");
    store.stop();
    assert_eq!(store.verified(), 1);
}

#[test]
fn a_body_without_end_is_not_read() {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    store.start();
    let body = "a".repeat(LARGE);
    for address in [store.edge(), store.screen()] {
        let large = ask(address, "POST", "/kiosk/v1/members", &[], &body);
        large.refuses(413, "body_too_large");
    }
    let mut draft = Draft::post("sales", &json!(null));
    draft.body = format!("\"{body}\"");
    let (bytes, _) = till.sign(&store.authority(), &draft);
    assert_snapshot!(no(&send(store.edge(), &bytes)), @"
    413 body_too_large never
    请求体过大。
    The body is too large.
    ");
    let host = ("host", "localhost");
    let bytes = request("GET", "/healthz", &[host], "");
    assert_eq!(send(store.edge(), &bytes).status, 200, "it is well");
    store.stop();
    assert_eq!(store.verified(), 0);
}

/// CON-03, MEM-01: what is not asked for is not taken, and what is refused leaves no trace.
#[test]
fn a_form_with_more_or_less_than_is_asked_is_refused_and_forgotten() {
    let mut store = Store::new();
    store.start();
    let good = store.form(&person());
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut form = good.clone();
        change(&mut form);
        let answer = store.send_form(&form);
        assert!(!answer.body.contains("Manich"), "{answer:?}");
        no(&answer)
    };

    assert_snapshot!(refused(&|form| form["religion"] = "Manichaeism".into()), @"
    400 bad_request never
    请求不是有效的 JSON，或缺少字段，或含有未知字段。
    The request is not valid JSON, lacks a field, or has an unknown one.
    ");
    let nested = refused(&|form| form["agreement"]["religion"] = "Manichaeism".into());
    assert!(nested.starts_with("400 bad_request"), "{nested}");
    assert_snapshot!(refused(&|form| form["mobile"] = "1360002223".into()), @"
    400 bad_mobile never
    手机号码不正确，请检查位数。
    This is not a mobile number; please check its digits.
    ");
    assert_snapshot!(refused(&|form| form["agreement"]["accepted"] = false.into()), @"
    422 agreement_needed never
    须先同意现行的会员规约。
    The current member agreement must be accepted first.
    ");
    assert_snapshot!(refused(&|form| form["age_attested"] = false.into()), @"
    422 age_needed never
    须年满 18 周岁并确认，方可入会。
    Members are at least 18 years old and confirm it.
    ");
    assert_snapshot!(refused(&|form| form["pin"] = "123456".into()), @"
    422 pin_common never
    这个密码太容易被猜到，请换一个。
    This PIN is too easy to guess; please choose another.
    ");
    assert_snapshot!(refused(&|form| form["notice_version"] = "1999.1".into()), @"
    409 notice_outdated never
    告知书已更新，请重新阅读。
    The notice has changed; please read it again.
    ");
    let mobile = refused(&|form| form["name"] = Value::Null);
    assert!(mobile.starts_with("400 bad_request"), "{mobile}");
    let unkeyed = ask(
        store.screen(),
        "POST",
        "/kiosk/v1/members",
        &[],
        good.to_string(),
    );
    unkeyed.refuses(400, "bad_key");

    let files = store.files();
    assert!(5 < files.len());
    for words in ["Manichaeism", &person().name, "1360002223"] {
        for (name, bytes) in &files {
            assert!(!holds(bytes, words.as_bytes()), "{words} is in {name}");
        }
    }
    // They were no members; whoever fills the form in well is one.
    store.register(&person());
    store.stop();
    assert_eq!(store.verified(), 0);
}

#[test]
fn a_sale_that_says_too_much_or_nonsense_is_refused() {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    store.start();
    let card = store.register(&person());
    let token = till.identify(&store, &card);
    let refused = |path: &str, change: &dyn Fn(&mut Value)| {
        let mut body = sale(&token, "1", "20.00");
        change(&mut body);
        no(&till.post(&store, path, &body))
    };
    let card_number = refused("sales", &|sale| {
        sale["tenders"] =
            json!([{"method": "card", "amount": "20.00", "reference": "4111 1111 1111 1111"}]);
    });
    assert_snapshot!(card_number, @"
    400 card_number_in_text never
    文字中含有疑似银行卡号，拒绝受理：请只填交易单号。
    The text holds what looks like a bank card number and is refused: give the transaction number only.
    ");
    let code = |no: String| no.split(' ').take(2).collect::<Vec<_>>().join(" ");
    for (code_of, change) in [
        ("400 bad_request", json!({"member_name": "诸葛清扬"})),
        ("400 bad_request", json!({"phone": "13600022233"})),
        ("400 basket_empty", json!({"lines": []})),
        ("400 bad_amount", json!({"lines": basket("1e3")})),
        ("400 negative_amount", json!({"lines": basket("-1.00")})),
        ("400 bad_time", json!({"sold_at": "yesterday"})),
        (
            "400 member_unclear",
            json!({"code": card, "scanned_at": now()}),
        ),
        ("422 in_future", json!({"sold_at": "2999-01-01T00:00:00Z"})),
        ("422 too_old", json!({"sold_at": "2018-01-01T00:00:00Z"})),
    ] {
        let no = refused("sales", &|sale| {
            for (name, value) in change.as_object().unwrap() {
                sale[name] = value.clone();
            }
        });
        assert_eq!(code(no), code_of, "{change}");
    }
    // A card alone uses no points.
    let wish = json!({"sale_token": token, "points": 100, "lines": basket("20.00")});
    assert_snapshot!(no(&till.post(&store, "holds", &wish)), @"
    403 code_needed never
    使用积分须出示会员的动态码或八位码，仅凭会员卡不可。
    Points are used with the member's code; the card alone does not allow it.
    ");
    let nothing = till.send(
        &store,
        &Draft::ask(&format!("operations/{}", crate::till::new_key())),
    );
    nothing.refuses(404, "operation_unknown");

    assert_eq!(
        till.post(&store, "sales", &sale(&token, "1", "20.00"))
            .status,
        200
    );
    let other = till.post(
        &store,
        "sales",
        &sale(&till.identify(&store, &card), "1", "21.00"),
    );
    assert_snapshot!(no(&other), @"
    409 key_reused never
    此幂等键或小票号已用于另一笔不同的交易。
    This key or receipt number was used for a different command.
    ");
    store.stop();
    assert_eq!(store.verified(), 1);
}

/// Whether these bytes stand anywhere in those.
pub(crate) fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|found| found == wanted)
}

impl Store {
    /// Every file of the store, its keys and its log, by name.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.place.path("")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else if entry.file_type().unwrap().is_file() {
                    let bytes = std::fs::read(entry.path()).unwrap();
                    found.push((entry.path().display().to_string(), bytes));
                }
            }
        }
        found
    }
}
