//! The addresses of POS v1: what a good answer of each looks like, from signing on to undoing a sale.

use insta::assert_snapshot;
use serde_json::json;

use crate::shown::shown;
use crate::store::{Person, Store};
use crate::till::{Draft, Till, basket, now, sale};

/// A store with a till and a member who signed in once, and has 100 points for it; and the cookie.
fn open() -> (Store, Till, String, String) {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    store.start();
    let person = Person::new("司马若兰", "13700011122", "Silberreiher-9");
    let card = store.register(&person);
    let cookie = store.sign_in(&card, &person.pin);
    (store, till, card, cookie)
}

#[test]
fn a_till_signs_on_and_asks_how_the_store_is() {
    let (store, till, ..) = open();
    assert_snapshot!(shown(&till.post(&store, "sign-on", &json!({}))), @r#"
    200
    {
      "capabilities": [
        "redeem"
      ],
      "offset_millis": "[milliseconds]",
      "time": "[time]",
      "versions": [
        1
      ]
    }
    "#);
    assert_snapshot!(shown(&till.send(&store, &Draft::ask("diagnose"))), @r#"
    200
    {
      "generation": 1,
      "program": "[version]",
      "ready": true,
      "terminal": "till-1",
      "time": "[time]"
    }
    "#);
    // A clock that is an hour slow is no reason not to be told the time.
    let mut slow = Draft::post("sign-on", &json!({}));
    slow.age = 3_600;
    let told = till.send(&store, &slow);
    let offset = told.json()["offset_millis"].as_i64().unwrap();
    assert!((3_600_000..3_660_000).contains(&offset), "{offset}");
}

#[test]
fn a_card_identifies_and_earns_and_shows_no_balance() {
    let (mut store, till, card, _) = open();
    let identified = till.post(&store, "identify", &json!({"code": card}));
    assert_snapshot!(shown(&identified), @r#"
    200
    {
      "allows": [
        "earn"
      ],
      "sale_token": "[sale token]",
      "tier": "ordinary"
    }
    "#);
    let token = identified.json()["sale_token"].as_str().unwrap().to_owned();

    let ask = json!({"sale_token": token, "lines": basket("40.00")});
    assert_snapshot!(shown(&till.post(&store, "quote", &ask)), @r#"
    200
    {
      "earns": 39,
      "lines": [
        {
          "by": [
            {
              "amount": "0.80",
              "rule": "ordinary-2"
            }
          ],
          "discount": "0.80",
          "paid": "39.20"
        }
      ],
      "rules": [
        {
          "amount": "0.80",
          "reason": "taken",
          "rule": "ordinary-2"
        },
        {
          "reason": "other_tier",
          "rule": "senior-5"
        }
      ],
      "total": "39.20"
    }
    "#);
    let sold = Draft::post("sales", &sale(&token, "1", "39.20"));
    assert_snapshot!(shown(&till.send(&store, &sold)), @r#"
    200
    {
      "earned": 39,
      "expires_at": "[time]",
      "money": "39.20",
      "receipt_text": {
        "en": "Points earned: 39.",
        "zh": "本次积分 +39。"
      },
      "repeated": false,
      "tier": "ordinary",
      "tier_after": "ordinary",
      "used": 0,
      "worth": "0.00"
    }
    "#);
    let mut again = Draft::post("sales", &json!(null)).under(sold.key.as_ref().unwrap());
    again.body.clone_from(&sold.body);
    assert_eq!(till.send(&store, &again).json()["repeated"], true);

    let path = format!("operations/{}", sold.key.as_ref().unwrap());
    assert_snapshot!(shown(&till.send(&store, &Draft::ask(&path))), @r#"
    200
    {
      "answer": {
        "earned": 39,
        "expires_at": "[time]",
        "money": "39.20",
        "receipt_text": {
          "en": "Points earned: 39.",
          "zh": "本次积分 +39。"
        },
        "repeated": true,
        "tier": "ordinary",
        "tier_after": "ordinary",
        "used": 0,
        "worth": "0.00"
      },
      "operation": "sale",
      "state": "done"
    }
    "#);
    store.stop();
    assert_eq!(store.verified(), 1);
}

#[test]
fn a_typed_code_shows_the_balance_and_what_points_may_pay() {
    let (mut store, till, _, cookie) = open();
    let code = store.typed_code(&cookie);
    let identified = till.post(&store, "identify", &json!({"code": code}));
    assert_snapshot!(shown(&identified), @r#"
    200
    {
      "allows": [
        "earn",
        "redeem",
        "balance"
      ],
      "points": {
        "available": 100,
        "balance": 100,
        "debt": 0
      },
      "sale_token": "[sale token]",
      "tier": "ordinary"
    }
    "#);
    let token = identified.json()["sale_token"].as_str().unwrap().to_owned();
    let ask = json!({"sale_token": token, "lines": basket("40.00")});
    assert_snapshot!(shown(&till.post(&store, "quote", &ask)), @r#"
    200
    {
      "earns": 39,
      "lines": [
        {
          "by": [
            {
              "amount": "0.80",
              "rule": "ordinary-2"
            }
          ],
          "discount": "0.80",
          "paid": "39.20"
        }
      ],
      "most_points": 100,
      "rules": [
        {
          "amount": "0.80",
          "reason": "taken",
          "rule": "ordinary-2"
        },
        {
          "reason": "other_tier",
          "rule": "senior-5"
        }
      ],
      "total": "39.20",
      "worth": "1.00"
    }
    "#);

    store.stop();
    assert_eq!(store.verified(), 0);
}

#[test]
fn points_are_held_given_back_used_and_returned() {
    let (mut store, till, _, cookie) = open();
    let token = till.identify(&store, &store.typed_code(&cookie));
    let wish = json!({"sale_token": token, "points": 100, "lines": basket("39.20")});
    let first = till.post(&store, "holds", &wish);
    assert_snapshot!(shown(&first), @r#"
    200
    {
      "available": 0,
      "hold": "[32 hex digits]",
      "points": 100,
      "repeated": false,
      "until": "[time]",
      "worth": "1.00"
    }
    "#);
    let void = format!("holds/{}/void", first.json()["hold"].as_str().unwrap());
    assert_snapshot!(shown(&till.post(&store, &void, &json!({}))), @r#"
    200
    {
      "available": 100,
      "hold": "[32 hex digits]",
      "repeated": false
    }
    "#);

    let again = till.post(&store, "holds", &wish).json();
    let hold = again["hold"].as_str().unwrap();
    let capture = format!("holds/{hold}/capture");
    assert_snapshot!(shown(&till.post(&store, &capture, &json!({"points": 100}))), @r#"
    200
    {
      "balance": 0,
      "hold": "[32 hex digits]",
      "points": 100,
      "repeated": false,
      "worth": "1.00"
    }
    "#);
    let mut paid = sale(&token, "7", "39.20");
    paid["holds"] = json!([{"hold": hold}]);
    paid["tenders"] = json!([{"method": "cash", "amount": "38.20", "reference": "T-0042"}]);
    assert_snapshot!(shown(&till.post(&store, "sales", &paid)), @r#"
    200
    {
      "balance": 38,
      "debt": 0,
      "earned": 38,
      "expires_at": "[time]",
      "money": "38.20",
      "receipt_text": {
        "en": "Points earned: 38, used: 100, balance: 38.",
        "zh": "本次积分 +38，使用积分 100，积分余额 38。"
      },
      "repeated": false,
      "tier": "ordinary",
      "tier_after": "ordinary",
      "used": 100,
      "worth": "1.00"
    }
    "#);

    let refund = json!({
        "sale": {"sale_token": token},
        "receipt": {"store": "1", "till": "1", "number": "8"},
        "lines": [{"line": 1, "quantity": "1"}],
    });
    assert_snapshot!(shown(&till.post(&store, "refunds", &refund)), @r#"
    200
    {
      "balance": 69,
      "clawback": 19,
      "debt": 0,
      "money": "19.10",
      "points_back": 50,
      "repeated": false,
      "tier_after": "ordinary"
    }
    "#);
    store.stop();
    assert_eq!(store.verified(), 1);
}

#[test]
fn a_sale_is_undone_by_its_slip() {
    let (mut store, till, card, _) = open();
    let scanned = json!({
        "code": card,
        "scanned_at": now(),
        "receipt": {"store": "1", "till": "1", "number": "9"},
        "sold_at": now(),
        "lines": basket("12.00"),
    });
    assert_snapshot!(shown(&till.post(&store, "sales", &scanned)), @r#"
    200
    {
      "earned": 12,
      "expires_at": "[time]",
      "money": "12.00",
      "receipt_text": {
        "en": "Points earned: 12.",
        "zh": "本次积分 +12。"
      },
      "repeated": false,
      "tier": "ordinary",
      "tier_after": "ordinary",
      "used": 0,
      "worth": "0.00"
    }
    "#);
    let slip = json!({"receipt": {"store": "1", "till": "1", "number": "9"}, "kind": "sale"});
    let undo = Draft::post("reversals", &slip);
    assert_snapshot!(shown(&till.send(&store, &undo)), @r#"
    200
    {
      "clawback": 12,
      "money": "12.00",
      "points_back": 0,
      "repeated": false,
      "tier_after": "ordinary",
      "undone": "sale"
    }
    "#);
    let refused = till.post(&store, "reversals", &slip);
    refused.refuses(410, "already_reversed");
    store.stop();
    assert_eq!(store.verified(), 1);
}
