//! Each bound of each field, on both sides.

use super::*;

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
