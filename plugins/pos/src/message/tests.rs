//! Every message in full: what is written is read back, no field is there that was not thought of, and each bound holds on
//! both sides.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::basket::{Line, LineKind, Slip};
use super::hold::{Capture, Captured, Held, Hold, Void, Voided};
use super::identify::{Allows, Identified, Identify, PointsShown};
use super::quote::{Quote, Quoted, QuotedLine, TakenOff, Verdict};
use super::refund::{
    Original, Refund, RefundLine, RefundOf, Refunded, Reversal, Reversed, SaleName, SlipKind,
    Undone,
};
use super::sale::{Member, Sale, Sold, Tender, UseHold};
use super::service::{Deed, Diagnose, Diagnosis, Outcome, SignOn, SignedOn, Status};
use super::*;

const TOKEN: &str = "jst_AAAAAAAAAAAAAAAAAAAAAA";
const HOLD: &str = "0000000000000001-5f3a";
const TIME: &str = "2026-03-01T12:00:00+08:00";

/// Every field that any message may have. None of them can hold a person: a new one is thought about before it stands here.
const FIELDS: [&str; 78] = [
    // Requests.
    "amount",
    "category",
    "code",
    "department",
    "discounts",
    "holds",
    "key",
    "kind",
    "line",
    "lines",
    "method",
    "number",
    "paid",
    "points",
    "product",
    "quantity",
    "receipt",
    "reference",
    "rest",
    "rule",
    "sale",
    "sale_token",
    "scanned_at",
    "sold_at",
    "store",
    "tenders",
    "till",
    "hold",
    // Answers.
    "allows",
    "answer",
    "available",
    "balance",
    "by",
    "capabilities",
    "clawback",
    "debt",
    "discount",
    "earned",
    "earns",
    "en",
    "expires_at",
    "generation",
    "key_until",
    "message",
    "money",
    "most_points",
    "notice",
    "offset_millis",
    "operation",
    "points_back",
    "program",
    "ready",
    "reason",
    "receipt_text",
    "refusal",
    "repeated",
    "retry",
    "rules",
    "state",
    "terminal",
    "tier",
    "tier_after",
    "time",
    "to",
    "total",
    "undone",
    "until",
    "used",
    "versions",
    "worth",
    "zh",
    // Never: they stand here to be counted, and the test below refuses them.
    "name",
    "phone",
    "email",
    "address",
    "member",
    "account",
    "birthday",
];
const NEVER: [&str; 7] = [
    "name", "phone", "email", "address", "member", "account", "birthday",
];

fn words() -> Words {
    Words {
        zh: "积 19 分".into(),
        en: "19 points".into(),
    }
}

fn slip() -> Slip {
    Slip {
        store: "1".into(),
        till: "2".into(),
        number: "20260301-17".into(),
    }
}

fn line() -> Line {
    Line {
        product: "milk".into(),
        department: Some("DAIRY".into()),
        category: Some("FRESH".into()),
        kind: LineKind::TopUp,
        quantity: "2.125".into(),
        paid: "19.99".into(),
    }
}

fn sale() -> Sale {
    Sale {
        tenders: vec![Tender {
            method: "wechat".into(),
            amount: "19.99".into(),
            reference: Some("4200001234201703011234567890".into()),
        }],
        discounts: vec![TakenOff {
            rule: "senior-5".into(),
            amount: "1.00".into(),
        }],
        holds: vec![UseHold {
            hold: HOLD.into(),
            points: Some(100),
        }],
        ..Sale::new(Member::Token(TOKEN), slip(), TIME, vec![line()])
    }
}

fn late_sale() -> Sale {
    Sale::new(
        Member::Code {
            code: "990123456789012349",
            scanned_at: TIME,
        },
        slip(),
        TIME,
        vec![line()],
    )
}

fn refund() -> Refund {
    let none = RefundLine {
        line: 1,
        quantity: None,
        amount: None,
        rest: None,
    };
    Refund {
        sale: SaleName {
            sale_token: None,
            receipt: Some(slip()),
        },
        receipt: slip(),
        lines: vec![
            RefundLine {
                quantity: Some("1".into()),
                ..none.clone()
            },
            RefundLine {
                amount: Some("0.50".into()),
                ..none.clone()
            },
            RefundLine {
                rest: Some(true),
                ..none
            },
        ],
    }
}

fn reversal() -> Reversal {
    Reversal {
        key: None,
        receipt: Some(slip()),
        kind: Some(SlipKind::Sale),
    }
}

fn sold() -> Sold {
    Sold {
        earned: 19,
        money: "19.99".into(),
        used: 0,
        worth: "0.00".into(),
        tier: Tier::Ordinary,
        tier_after: Tier::Senior,
        expires_at: Some(TIME.into()),
        balance: Some(119),
        debt: Some(0),
        receipt_text: words(),
        repeated: false,
        sale_token: Some(TOKEN.into()),
    }
}

fn refunded() -> Refunded {
    Refunded {
        money: "19.99".into(),
        points_back: 0,
        clawback: 19,
        tier_after: Tier::Ordinary,
        balance: Some(100),
        debt: Some(0),
        repeated: true,
    }
}

/// Writes and reads it, and gives what was written.
fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Value {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// One full example of each message, as it is written.
#[expect(clippy::too_many_lines, reason = "every message, with every field")]
fn examples() -> Vec<(&'static str, Value)> {
    let held = Held {
        hold: HOLD.into(),
        points: 100,
        worth: "1.00".into(),
        until: TIME.into(),
        available: 250,
        repeated: false,
    };
    let captured = Captured {
        hold: HOLD.into(),
        points: 100,
        worth: "1.00".into(),
        balance: Some(250),
        repeated: false,
    };
    let voided = Voided {
        hold: HOLD.into(),
        available: Some(350),
        repeated: true,
    };
    let reversed = Reversed {
        undone: Undone::Sale,
        money: Some("19.99".into()),
        points_back: 0,
        clawback: 19,
        tier_after: Some(Tier::Ordinary),
        balance: Some(100),
        debt: Some(0),
        repeated: false,
    };
    let status_of = |deed: Deed| there_and_back(&Outcome::Done(deed));
    vec![
        (
            "identify",
            there_and_back(&Identify {
                code: "99012345".into(),
            }),
        ),
        (
            "identified",
            there_and_back(&Identified {
                sale_token: TOKEN.into(),
                tier: Tier::Senior,
                allows: vec![Allows::Earn, Allows::Redeem, Allows::Balance],
                points: Some(PointsShown {
                    balance: 1,
                    available: 1,
                    debt: 0,
                }),
                notice: Some(words()),
            }),
        ),
        (
            "quote",
            there_and_back(&Quote {
                sale_token: TOKEN.into(),
                lines: vec![line()],
            }),
        ),
        (
            "quoted",
            there_and_back(&Quoted {
                lines: vec![QuotedLine {
                    discount: "1.00".into(),
                    paid: "18.99".into(),
                    by: vec![TakenOff {
                        rule: "senior-5".into(),
                        amount: "1.00".into(),
                    }],
                }],
                rules: vec![Verdict {
                    rule: "autumn".into(),
                    reason: "lost_in_group".into(),
                    amount: Some("1.00".into()),
                    to: Some("senior-5".into()),
                }],
                total: "18.99".into(),
                earns: 18,
                most_points: Some(300),
                worth: Some("3.00".into()),
            }),
        ),
        (
            "hold",
            there_and_back(&Hold {
                sale_token: TOKEN.into(),
                points: 100,
                lines: vec![line()],
            }),
        ),
        ("held", there_and_back(&held)),
        (
            "capture",
            serde_json::to_value(Capture {
                hold: HOLD.into(),
                points: Some(50),
            })
            .unwrap(),
        ),
        ("captured", there_and_back(&captured)),
        (
            "void",
            serde_json::to_value(Void { hold: HOLD.into() }).unwrap(),
        ),
        ("voided", there_and_back(&voided)),
        ("sale", there_and_back(&sale())),
        ("late sale", there_and_back(&late_sale())),
        ("sold", there_and_back(&sold())),
        ("refund", there_and_back(&refund())),
        (
            "refund by token",
            there_and_back(&SaleName {
                sale_token: Some(TOKEN.into()),
                receipt: None,
            }),
        ),
        ("refunded", there_and_back(&refunded())),
        ("reversal", there_and_back(&reversal())),
        (
            "reversal by key",
            there_and_back(&Reversal {
                key: Some(Key::v7(1, &[0; 10])),
                receipt: None,
                kind: None,
            }),
        ),
        ("reversed", there_and_back(&reversed)),
        (
            "status",
            serde_json::to_value(Status {
                key: Key::v7(1, &[0; 10]),
            })
            .unwrap(),
        ),
        ("hold, done", status_of(Deed::Hold(held))),
        ("capture, done", status_of(Deed::Capture(captured))),
        ("void, done", status_of(Deed::Void(voided))),
        ("sale, done", status_of(Deed::Sale(sold()))),
        ("refund, done", status_of(Deed::Refund(refunded()))),
        ("reversal, done", status_of(Deed::Reversal(reversed))),
        (
            "refused before",
            there_and_back(&Outcome::Refused {
                refusal: Fault::BadTime.into(),
            }),
        ),
        ("sign-on", there_and_back(&SignOn {})),
        (
            "signed on",
            there_and_back(&SignedOn {
                time: TIME.into(),
                offset_millis: -1_500,
                versions: vec![1],
                capabilities: vec!["redeem".into()],
            }),
        ),
        ("diagnose", serde_json::to_value(Diagnose {}).unwrap()),
        (
            "diagnosis",
            there_and_back(&Diagnosis {
                time: TIME.into(),
                terminal: "till-1".into(),
                generation: 7,
                key_until: Some(TIME.into()),
                program: "0.1.0".into(),
                ready: true,
            }),
        ),
        (
            "refused",
            there_and_back(&Refused::from(Fault::BadLabel { line: 3 })),
        ),
    ]
}

fn fields_of(value: &Value, to: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                to.insert(name.clone());
                fields_of(value, to);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| fields_of(value, to)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn no_message_has_a_field_that_could_hold_a_person() {
    let mut found = BTreeSet::new();
    for (_, example) in examples() {
        fields_of(&example, &mut found);
    }
    let allowed: BTreeSet<String> = FIELDS
        .iter()
        .filter(|field| !NEVER.contains(field))
        .map(|field| (*field).to_owned())
        .collect();
    assert_eq!(found, allowed);
}

#[test]
fn messages_look_as_the_contract_shows_them() {
    let examples = examples();
    let example = |name: &str| &examples.iter().find(|(of, _)| *of == name).unwrap().1;
    assert_eq!(
        example("sale"),
        &json!({
            "sale_token": TOKEN,
            "receipt": {"store": "1", "till": "2", "number": "20260301-17"},
            "sold_at": TIME,
            "lines": [{
                "product": "milk", "department": "DAIRY", "category": "FRESH", "kind": "top_up",
                "quantity": "2.125", "paid": "19.99"
            }],
            "tenders": [{"method": "wechat", "amount": "19.99", "reference": "4200001234201703011234567890"}],
            "discounts": [{"rule": "senior-5", "amount": "1.00"}],
            "holds": [{"hold": HOLD, "points": 100}]
        })
    );
    assert_eq!(example("capture"), &json!({"points": 50}));
    assert_eq!(example("void"), &json!({}));
    assert_eq!(example("refused before")["state"], "refused");
    assert_eq!(example("sale, done")["state"], "done");
    assert_eq!(example("sale, done")["operation"], "sale");
    assert_eq!(example("sale, done")["answer"]["earned"], 19);
    assert_eq!(
        example("refused"),
        &json!({
            "code": "bad_label",
            "message": {
                "zh": "第 3 行的商品、部门或类别为空、过长或含有控制字符。",
                "en": "Line 3: the product, department or category is empty, too long, or has a control character."
            },
            "retry": "never"
        })
    );
}

#[test]
fn a_line_of_goods_needs_three_fields() {
    let short = json!({"product": "milk", "quantity": "1", "paid": "2.00"});
    let line: Line = serde_json::from_value(short.clone()).unwrap();
    assert_eq!(
        (line.kind, line.department.as_ref()),
        (LineKind::Goods, None)
    );
    assert_eq!(serde_json::to_value(&line).unwrap(), short);
}

#[test]
fn a_request_with_an_unknown_field_is_refused_wherever_it_stands() {
    fn check<R: Request + DeserializeOwned>(request: &R) {
        let mut places = Vec::new();
        places_of(
            &serde_json::to_value(request).unwrap(),
            String::new(),
            &mut places,
        );
        for place in places {
            let mut bent = serde_json::to_value(request).unwrap();
            bent.pointer_mut(&place).unwrap()["phone"] = json!("1");
            let refused = read::<R>(bent.to_string().as_bytes()).err().unwrap();
            assert_eq!(refused.code, "bad_request", "{bent}");
        }
    }
    /// Every object in it.
    fn places_of(value: &Value, at: String, to: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    places_of(value, format!("{at}/{name}"), to);
                }
                to.push(at);
            }
            Value::Array(values) => {
                for (place, value) in values.iter().enumerate() {
                    places_of(value, format!("{at}/{place}"), to);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    check(&Identify { code: "1".into() });
    check(&Quote {
        sale_token: TOKEN.into(),
        lines: vec![line()],
    });
    check(&Hold {
        sale_token: TOKEN.into(),
        points: 1,
        lines: vec![line()],
    });
    check(&Capture {
        hold: HOLD.into(),
        points: Some(1),
    });
    check(&Void { hold: HOLD.into() });
    check(&sale());
    check(&late_sale());
    check(&refund());
    check(&reversal());
    check(&SignOn {});
    // The hold stands in the path, and only there.
    assert!(read::<Capture>(br#"{"hold":"x"}"#).is_err());
    assert_eq!(
        read::<Capture>(b"{}").unwrap().check().unwrap_err().code,
        "hold_unknown"
    );
}

#[test]
fn an_answer_may_gain_fields() {
    let mut grown = serde_json::to_value(sold()).unwrap();
    grown["coupons"] = json!([1]);
    assert_eq!(serde_json::from_value::<Sold>(grown).unwrap(), sold());
}

#[test]
fn points_and_lines_are_whole_numbers() {
    for points in [
        "-1",
        "1.0",
        "0.5",
        "1e3",
        "\"1\"",
        "1e300",
        "18446744073709551616",
        "null",
    ] {
        let body = format!("{{\"sale_token\":\"t\",\"points\":{points},\"lines\":[]}}");
        assert!(read::<Hold>(body.as_bytes()).is_err(), "{points}");
    }
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{\"code\":1}",
        "{\"code\":\"1\"}{}",
        "{\"code\":\"1\",\"code\":\"2\"}",
    ] {
        assert_eq!(
            read::<Identify>(body.as_bytes()).err().unwrap().code,
            "bad_request",
            "{body}"
        );
    }
}

/// What a request is refused with, if it is.
fn code_of(request: &impl Request) -> Option<String> {
    request
        .check()
        .err()
        .map(|refused| refused.code.into_owned())
}

#[test]
fn whose_sale_it_is_is_said_in_one_way() {
    let all = (
        Some(TOKEN.to_owned()),
        Some("1".to_owned()),
        Some(TIME.to_owned()),
    );
    for token in [None, all.0] {
        for code in [None, all.1.clone()] {
            for scanned_at in [None, all.2.clone()] {
                let given = (token.is_some(), code.is_some(), scanned_at.is_some());
                let (sale_token, code, token) = (token.clone(), code.clone(), token.clone());
                let sale = Sale {
                    sale_token,
                    code,
                    scanned_at,
                    ..sale()
                };
                let expected = match given {
                    (true, false, false) | (false, true, true) => None,
                    _ => Some("member_unclear".to_owned()),
                };
                assert_eq!(code_of(&sale), expected, "{given:?} {token:?}");
            }
        }
    }
    assert_eq!(sale().member(), Ok(Member::Token(TOKEN)));
    let code = Member::Code {
        code: "990123456789012349",
        scanned_at: TIME,
    };
    assert_eq!(late_sale().member(), Ok(code));
}

#[test]
fn a_sale_is_checked_to_its_last_field() {
    let long = |length: usize| json!("x".repeat(length));
    let many = |what: &str, count: usize| {
        let part = serde_json::to_value(sale()).unwrap()[what][0].clone();
        json!(vec![part; count])
    };
    let table = [
        ("/sale_token", json!(""), "token_unknown"),
        ("/sale_token", json!("a b"), "token_unknown"),
        ("/sale_token", json!("会员"), "token_unknown"),
        ("/sale_token", long(64), ""),
        ("/sale_token", long(65), "token_unknown"),
        ("/receipt/store", json!(""), "bad_receipt"),
        ("/receipt/till", json!("2\n"), "bad_receipt"),
        ("/receipt/number", long(48), ""),
        ("/receipt/number", long(49), "bad_receipt"),
        ("/sold_at", json!("2026-03-01 12:00:00+08:00"), "bad_time"),
        ("/sold_at", json!("2026-03-01T12:00:00"), "bad_time"),
        ("/sold_at", json!("2026-03-01T04:00:00Z"), ""),
        ("/lines", json!([]), "basket_empty"),
        ("/lines", many("lines", 2_000), ""),
        ("/lines", many("lines", 2_001), "too_many_lines"),
        ("/lines/0/product", json!(""), "bad_label"),
        ("/lines/0/product", long(64), ""),
        ("/lines/0/product", long(65), "bad_label"),
        ("/lines/0/department", json!("a\tb"), "bad_label"),
        ("/lines/0/category", json!(""), ""),
        ("/lines/0/category", json!("类".repeat(21)), ""),
        ("/lines/0/category", json!("类".repeat(22)), "bad_label"),
        ("/lines/0/quantity", json!("-1"), "bad_quantity"),
        ("/lines/0/quantity", json!("1.0001"), "bad_quantity"),
        ("/lines/0/quantity", json!("0"), ""),
        ("/lines/0/paid", json!("0.00"), ""),
        ("/lines/0/paid", json!("1,00"), "bad_amount"),
        ("/lines/0/paid", json!("-1.00"), "negative_amount"),
        ("/tenders/0/method", json!(""), "bad_text"),
        ("/tenders/0/method", json!("现金"), ""),
        ("/tenders/0/reference", json!(""), "bad_text"),
        ("/tenders/0/reference", long(64), ""),
        ("/tenders/0/reference", long(65), "bad_text"),
        ("/tenders/0/amount", json!("-0.01"), ""),
        ("/tenders/0/amount", json!("x"), "bad_amount"),
        (
            "/tenders/0/reference",
            json!("6200 0000 0000 0005"),
            "card_number_in_text",
        ),
        (
            "/tenders/0/method",
            json!("4111111111111111"),
            "card_number_in_text",
        ),
        ("/tenders", many("tenders", 32), ""),
        ("/tenders", many("tenders", 33), "too_many_parts"),
        ("/discounts/0/rule", json!(""), "bad_text"),
        ("/discounts/0/rule", long(65), "bad_text"),
        ("/discounts/0/amount", json!("-1.00"), "bad_amount"),
        ("/discounts", many("discounts", 256), ""),
        ("/discounts", many("discounts", 257), "too_many_parts"),
        ("/holds/0/hold", json!("a/b"), "hold_unknown"),
        ("/holds/0/points", json!(1_000_000_000_000_u64), ""),
        (
            "/holds/0/points",
            json!(1_000_000_000_001_u64),
            "amount_too_large",
        ),
        ("/holds", many("holds", 16), ""),
        ("/holds", many("holds", 17), "too_many_parts"),
        // Product ids, receipt numbers and departments are no free text (COL-04).
        ("/lines/0/product", json!("4111111111111111"), ""),
        ("/receipt/number", json!("4111111111111111"), ""),
        ("/lines/0/department", json!("4111111111111111"), ""),
    ];
    for (place, value, expected) in table {
        let mut bent = serde_json::to_value(sale()).unwrap();
        *bent.pointer_mut(place).unwrap() = value.clone();
        let bent: Sale = serde_json::from_value(bent).unwrap();
        assert_eq!(code_of(&bent).unwrap_or_default(), expected, "{place}");
    }
    assert_eq!(code_of(&sale()), None);
    for (place, value, expected) in [
        ("/code", "", "token_unknown"),
        ("/scanned_at", "now", "bad_time"),
    ] {
        let mut bent = serde_json::to_value(late_sale()).unwrap();
        *bent.pointer_mut(place).unwrap() = json!(value);
        let bent: Sale = serde_json::from_value(bent).unwrap();
        assert_eq!(code_of(&bent).as_deref(), Some(expected), "{place}");
    }
}

#[test]
fn the_first_fault_of_a_basket_is_told_with_its_line() {
    let mut sale = sale();
    sale.lines = vec![line(); 4];
    sale.lines[2].paid = "-1".into();
    sale.lines[3].product.clear();
    let refused = sale.check().unwrap_err();
    assert_eq!(
        refused.message.en,
        "Line 3 is negative: send a refund instead."
    );
    assert_eq!(refused.message.zh, "第 3 行金额为负：退货请用退款交易。");
}

#[test]
fn quotes_holds_and_captures_are_checked() {
    let quote = |token: &str, lines| Quote {
        sale_token: token.into(),
        lines,
    };
    assert_eq!(code_of(&quote(TOKEN, vec![line()])), None);
    assert_eq!(
        code_of(&quote("", vec![line()])).as_deref(),
        Some("token_unknown")
    );
    assert_eq!(
        code_of(&quote(TOKEN, vec![])).as_deref(),
        Some("basket_empty")
    );
    let hold = |points| Hold {
        sale_token: TOKEN.into(),
        points,
        lines: vec![line()],
    };
    assert_eq!(code_of(&hold(1_000_000_000_000)), None);
    assert_eq!(
        code_of(&hold(1_000_000_000_001)).as_deref(),
        Some("amount_too_large")
    );
    for (name, expected) in [
        (HOLD, None),
        ("", Some("hold_unknown")),
        ("../sales", Some("hold_unknown")),
        ("a b", Some("hold_unknown")),
        ("a?b", Some("hold_unknown")),
        ("%2e", Some("hold_unknown")),
    ] {
        assert_eq!(
            code_of(&Capture {
                hold: name.into(),
                points: None
            })
            .as_deref(),
            expected
        );
        assert_eq!(code_of(&Void { hold: name.into() }).as_deref(), expected);
    }
    for code in ["", "a\nb", "13 800", &"1".repeat(65)] {
        assert_eq!(
            code_of(&Identify { code: code.into() }).as_deref(),
            Some("token_unknown")
        );
    }
    assert_eq!(
        code_of(&Identify {
            code: "1".repeat(64)
        }),
        None
    );
}

#[test]
fn refunds_name_one_sale_and_one_part_of_each_line() {
    let both = SaleName {
        sale_token: Some(TOKEN.into()),
        receipt: Some(slip()),
    };
    let neither = SaleName {
        sale_token: None,
        receipt: None,
    };
    for sale in [both, neither] {
        assert_eq!(
            code_of(&Refund { sale, ..refund() }).as_deref(),
            Some("sale_unclear")
        );
    }
    assert_eq!(code_of(&refund()), None);
    let none = RefundLine {
        line: 4,
        quantity: None,
        amount: None,
        rest: None,
    };
    let quantity = |text: &str| RefundLine {
        quantity: Some(text.into()),
        ..none.clone()
    };
    let amount = |text: &str| RefundLine {
        amount: Some(text.into()),
        ..none.clone()
    };
    for (line, expected) in [
        (quantity("1"), None),
        (quantity("-1"), Some("bad_quantity")),
        (amount("1.00"), None),
        (amount("-1.00"), Some("bad_amount")),
        (amount("one"), Some("bad_amount")),
        (none.clone(), Some("refund_line_unclear")),
        (
            RefundLine {
                rest: Some(false),
                ..none.clone()
            },
            Some("refund_line_unclear"),
        ),
        (
            RefundLine {
                rest: Some(true),
                ..quantity("1")
            },
            Some("refund_line_unclear"),
        ),
        (
            RefundLine {
                amount: Some("1".into()),
                ..quantity("1")
            },
            Some("refund_line_unclear"),
        ),
    ] {
        let refund = Refund {
            lines: vec![line],
            ..refund()
        };
        assert_eq!(code_of(&refund).as_deref(), expected, "{refund:?}");
    }
    let lines = |count| Refund {
        lines: vec![quantity("1"); count],
        ..refund()
    };
    assert_eq!(code_of(&lines(0)).as_deref(), Some("nothing_to_refund"));
    assert_eq!(code_of(&lines(2_000)), None);
    assert_eq!(code_of(&lines(2_001)).as_deref(), Some("too_many_lines"));
    assert_eq!(quantity("1").of(), Ok(RefundOf::Quantity("1")));
}

#[test]
fn a_reversal_names_its_original_in_one_way() {
    let key = Some(Key::v7(1, &[0; 10]));
    for key in [None, key] {
        for receipt in [None, Some(slip())] {
            for kind in [None, Some(SlipKind::Refund)] {
                let given = (key.is_some(), receipt.is_some(), kind.is_some());
                let reversal = Reversal {
                    key,
                    receipt: receipt.clone(),
                    kind,
                };
                let expected = match given {
                    (true, false, false) | (false, true, true) => None,
                    _ => Some("original_unclear".to_owned()),
                };
                assert_eq!(code_of(&reversal), expected, "{given:?}");
            }
        }
    }
    assert_eq!(
        reversal().original(),
        Ok(Original::Slip(SlipKind::Sale, &slip()))
    );
}

#[test]
fn every_operation_is_found_at_its_address_and_nowhere_else() {
    for operation in [
        Operation::Identify,
        Operation::Quote,
        Operation::Hold,
        Operation::Capture,
        Operation::Void,
        Operation::Sale,
        Operation::Refund,
        Operation::Reversal,
        Operation::Status,
        Operation::SignOn,
        Operation::Diagnose,
    ] {
        let path = operation.path("n-1");
        let (right, wrong) = match operation.method() {
            Method::Get => ("GET", "POST"),
            Method::Post => ("POST", "GET"),
        };
        let named = path.contains("n-1").then_some("n-1");
        assert_eq!(Operation::at(right, &path), Some((operation, named)));
        assert_eq!(Operation::at(wrong, &path), None);
        assert_eq!(Operation::at(right, &format!("{path}/")), None);
        assert_eq!(Operation::at(right, &path.to_uppercase()), None);
    }
    for path in [
        "/",
        "",
        "/pos/v1/",
        "/pos/v2/sales",
        "/pos/v1/holds//capture",
        "/pos/v1/holds/x",
        "/pos/v1/operations/",
    ] {
        assert_eq!(Operation::at("POST", path), None, "{path}");
        assert_eq!(Operation::at("GET", path), None, "{path}");
    }
}

#[test]
fn nothing_prints_a_code() {
    let code = "990123456789012349";
    for text in [
        format!("{:?}", Identify { code: code.into() }),
        format!("{:?}", late_sale()),
        format!("{:?}", late_sale().member()),
    ] {
        assert!(!text.contains(code), "{text}");
    }
}

#[test]
fn codes_are_words_and_sentences_end() {
    for code in Fault::CODES
        .iter()
        .chain(crate::signature::SignatureError::CODES)
    {
        assert!(
            code.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{code}"
        );
    }
    let refused: Refused = Fault::TokenUnknown.into();
    assert_eq!(refused.retry, Retry::SameKey);
    assert_eq!(refused.to_string(), "token_unknown: No such member.");
}
