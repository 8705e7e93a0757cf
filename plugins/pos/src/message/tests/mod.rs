//! Every message in full: what is written is read back, no field is there that was not thought of, and each bound holds on
//! both sides.

mod bounds;

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
use super::sale::{Discount, Member, Sale, Sold, Tender, UseHold};
use super::service::{Deed, Diagnose, Diagnosis, Outcome, SignOn, SignedOn, Status};
use super::*;

const TOKEN: &str = "jst_AAAAAAAAAAAAAAAAAAAAAA";
const HOLD: &str = "0000000000000001-5f3a";
const TIME: &str = "2026-03-01T12:00:00+08:00";

/// Every field that any message may have. None of them can hold a person: a new one is thought about before it stands here.
const FIELDS: [&str; 79] = [
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
    "sector_token",
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
        discounts: vec![Discount {
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
                sector_token: Some("jsc_AAAAAAAAAAAAAAAAAAAAAA".into()),
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
