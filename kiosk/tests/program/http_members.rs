//! The kiosk's and the members' addresses: what a good answer looks like, and how a session begins, is kept and ends.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::shown::{no, shown};
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

impl Store {
    fn own(&self, method: &str, path: &str, cookie: Option<&str>) -> Answer {
        let headers: Vec<_> = cookie.iter().map(|cookie| ("cookie", *cookie)).collect();
        ask(
            self.screen(),
            method,
            &format!("/member/v1/{path}"),
            &headers,
            "",
        )
    }
}

#[test]
fn the_notice_is_shown_in_both_languages_before_the_first_field() {
    let store = open();
    let head = |tag: &str| {
        let path = format!("/kiosk/v1/notice?lang={tag}");
        let answer = ask(store.screen(), "GET", &path, &[], "");
        assert_eq!(answer.status, 200, "{answer:?}");
        let notice = answer.json();
        let start = |text: &Value| text.as_str().unwrap().chars().take(12).collect::<String>();
        let mut lines = vec![
            notice["version"].to_string(),
            notice["agreement"]["version"].to_string(),
        ];
        for section in notice["sections"].as_array().unwrap() {
            let [id, title, text] = ["id", "title", "text"].map(|name| start(&section[name]));
            lines.push(format!("{id}: {title}: {text}"));
        }
        for consent in notice["consents"].as_array().unwrap() {
            lines.push(format!("? {}", consent["purpose"]));
        }
        lines.join("\n")
    };
    assert_snapshot!(head("zh-CN"), @r#"
    "2017.1"
    "M-2017.1"
    purposes: 一、处理目的: 我们使用您的信息，只为向
    data_types: 二、信息类型: 注册时只需要您的姓名和手
    method: 三、处理方式: 您的信息保存在本店自己的
    retention: 四、保存期限: 会员信息：保存至您最后一
    recipients: 五、信息接收方: 您的信息仅供本店内部使用
    rights: 六、您的权利: 您随时可以在店内的会员自
    contact: 七、联系方式: 示范超市，示范市样板路 
    ? "marketing"
    ? "direct_mail"
    ? "analysis"
    "#);
    assert_snapshot!(head("en"), @r#"
    "2017.1"
    "M-2017.1"
    purposes: 1. Purposes: We use your 
    data_types: 2. Types of : To register 
    method: 3. How it is: Your data st
    retention: 4. How long : Your member 
    recipients: 5. Who recei: Your data is
    rights: 6. Your righ: At any time,
    contact: 7. Contact: Demo Superma
    ? "marketing"
    ? "direct_mail"
    ? "analysis"
    "#);
}

#[test]
fn a_member_registers_signs_in_and_sees_what_is_theirs() {
    let mut store = open();
    let registered = store.send_form(&store.form(&person()));
    assert_snapshot!(shown(&registered), @r#"
    201
    {
      "card_number": "[18 digits]",
      "grouped": "[18 digits, grouped]",
      "state": "active"
    }
    "#);
    let card = registered.json()["card_number"]
        .as_str()
        .unwrap()
        .to_owned();

    let signed_in = store.try_sign_in(&card, &person().pin);
    let mut first = signed_in.json();
    let advice = first["advice"].take();
    assert!(20 < advice.as_str().unwrap().len(), "{advice}");
    assert_eq!(first, json!({"first": true, "gift": 100, "advice": null}));
    let again = store.try_sign_in(&card, &person().pin);
    assert_snapshot!(shown(&again), @r#"
    200
    {
      "first": false,
      "gift": 0
    }
    "#);

    let cookie = store.sign_in(&card, &person().pin);
    assert_snapshot!(shown(&store.own("GET", "statement", Some(&cookie))), @r#"
    200
    {
      "card_number": "[18 digits, grouped]",
      "expiring": [
        {
          "at": "[time]",
          "points": 100
        }
      ],
      "mobile": "139****5678",
      "name": "欧＊＊",
      "points": {
        "available": 100,
        "balance": 100,
        "debt": 0,
        "held": 0
      },
      "state": "active",
      "tier": {
        "cumulative": "0.00",
        "history": [],
        "missing": "5000.00",
        "tier": "ordinary"
      }
    }
    "#);
    assert_snapshot!(shown(&store.own("GET", "history", Some(&cookie))), @r#"
    200
    [
      {
        "at": "[time]",
        "balance": 100,
        "debt": 0,
        "what": "grant"
      },
      {
        "at": "[time]",
        "balance": 0,
        "debt": 0,
        "what": "open"
      }
    ]
    "#);
    assert_snapshot!(shown(&store.own("POST", "codes", Some(&cookie))), @r#"
    201
    {
      "code": "[8 digits]",
      "grouped": "[8 digits, grouped]",
      "until": "[time]"
    }
    "#);
    store.stop();
    assert_eq!(store.verified(), 0);
}

/// Whoever asks for the same thing under the same key registers once.
#[test]
fn a_form_that_is_sent_twice_under_one_key_gives_one_card() {
    let store = open();
    let form = store.form(&person()).to_string();
    let key = crate::till::new_key();
    let register = |key: &str| {
        let headers = [("idempotency-key", key)];
        let answer = ask(store.screen(), "POST", "/kiosk/v1/members", &headers, &form);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["card_number"].clone()
    };
    let first = register(&key);
    assert_eq!(register(&key), first);
    assert_ne!(register(&crate::till::new_key()), first);
}

#[test]
fn a_session_is_a_cookie_that_no_script_and_no_other_site_gets() {
    let store = open();
    let card = store.register(&person());
    let signed_in = store.try_sign_in(&card, &person().pin);
    let set = signed_in.header("set-cookie").unwrap();
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let value = pair.strip_prefix("__Host-jifen=").unwrap();
    assert_eq!(value.len(), 64, "256 bits");
    assert!(
        value.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{value}"
    );
    assert_ne!(
        store.sign_in(&card, &person().pin),
        pair,
        "another one each time"
    );

    let bent = format!("__Host-jifen={}", "0".repeat(64));
    for cookie in [None, Some(&*bent), Some(value)] {
        for (method, path) in [("GET", "statement"), ("GET", "history"), ("POST", "codes")] {
            let refused = store.own(method, path, cookie);
            refused.refuses(401, "sign_in_needed");
        }
    }
    let refused = store.own("GET", "statement", None);
    assert_snapshot!(no(&refused), @"
    401 sign_in_needed never
    请先以会员号和密码登录。
    Please sign in with card number and PIN first.
    ");

    assert_eq!(store.own("GET", "statement", Some(pair)).status, 200);
    let signed_out = store.own("DELETE", "session", Some(pair));
    assert_eq!(signed_out.status, 204);
    assert_eq!(
        signed_out.header("set-cookie"),
        Some("__Host-jifen=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    );
    let gone = store.own("GET", "statement", Some(pair));
    gone.refuses(401, "sign_in_needed");
}

/// With a session's cookie and without: what another site's page has a browser send changes nothing.
#[test]
fn a_page_of_another_site_can_neither_sign_in_nor_use_a_session() {
    let store = open();
    let card = store.register(&person());
    let cookie = store.sign_in(&card, &person().pin);
    let credentials = json!({"card_number": card, "pin": person().pin}).to_string();
    let own = format!("http://{}", store.screen());
    let from = |method, path, headers: &[(&str, &str)]| {
        let headers = [&[("cookie", &*cookie)], headers].concat();
        ask(store.screen(), method, path, &headers, &credentials)
    };
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
    ] {
        for (method, path) in [
            ("POST", "/member/v1/session"),
            ("DELETE", "/member/v1/session"),
            ("POST", "/member/v1/codes"),
            ("POST", "/kiosk/v1/members"),
        ] {
            from(method, path, headers).refuses(403, "cross_site");
        }
    }
    let refused = from("POST", "/member/v1/codes", &[("origin", "null")]);
    assert_snapshot!(no(&refused), @"
    403 cross_site never
    拒绝来自其他网站的请求。
    A request that another site makes is refused.
    ");
    // Its own page may, and the session that the other one wanted to end is still there.
    let headers = [("sec-fetch-site", "same-origin"), ("origin", &*own)];
    let headers = [&headers[..], &[("cookie", &*cookie)]].concat();
    let own = ask(store.screen(), "POST", "/member/v1/codes", &headers, "");
    assert_eq!(own.status, 201);
}

#[test]
fn a_card_alone_and_a_wrong_pin_sound_alike() {
    let store = open();
    let card = store.register(&person());
    let wrong = store.try_sign_in(&card, "Kranich-am-Ufer-6");
    let unknown = store.try_sign_in("990000000000000000", &person().pin);
    let unreadable = store.try_sign_in("13912345678", &person().pin);
    assert_snapshot!(no(&wrong), @"
    401 sign_in_failed never
    会员号或密码不正确。
    The card number or the PIN is wrong.
    ");
    assert_eq!(no(&unknown), no(&wrong));
    assert_eq!(no(&unreadable), no(&wrong));
    // Five tries are free; then one has to wait, with the right PIN too.
    for _ in 1..5 {
        store
            .try_sign_in(&card, "Kranich-am-Ufer-6")
            .refuses(401, "sign_in_failed");
    }
    let locked = store.try_sign_in(&card, &person().pin);
    locked.refuses(429, "sign_in_locked");
    assert_eq!(locked.header("retry-after"), Some("1"));
}
