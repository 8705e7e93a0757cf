//! Programme files, good and bad: what loads, and which line and code is named where one does not.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rust_decimal::Decimal;

use super::*;

const DEMO: &str = include_str!("../../../../fixtures/programmes/demo.toml");

/// The line and code of every fault.
fn faults(text: &str) -> Vec<(u32, &'static str)> {
    match Programme::parse(text) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .iter()
            .map(|fault| (fault.line, fault.code.as_str()))
            .collect(),
    }
}

/// The demo programme with the first occurrence of a text replaced.
fn demo_with(from: &str, to: &str) -> String {
    assert!(DEMO.contains(from), "{from}");
    DEMO.replacen(from, to, 1)
}

/// The line on which a text first stands.
fn line_of(text: &str, wanted: &str) -> u32 {
    let before = &text[..text.find(wanted).unwrap()];
    u32::try_from(before.matches('\n').count()).unwrap() + 1
}

fn points(count: i64) -> Points {
    Points::new(count).unwrap()
}

#[test]
fn the_demo_programme_is_read_as_it_is_written() {
    let demo = Programme::parse(DEMO).unwrap();
    let excluded = || vec!["FUEL".to_owned(), "SPIRITS".to_owned()];
    let exclude = || Exclusions {
        departments: excluded(),
        ..Exclusions::default()
    };
    let discount = |id: &str, tier, percent| DiscountRule {
        id: id.into(),
        tiers: vec![tier],
        percent,
        group: "tier".into(),
        priority: 10,
        exclusive: false,
        base: DiscountBase::Original,
        max_amount: None,
        floor_price: Money::ZERO,
        from: None,
        until: None,
        exclude: exclude(),
    };
    let expected = Programme {
        id: "demo".into(),
        version: "2017.1".into(),
        name: Words {
            zh: "示范超市会员计划".into(),
            en: "Demo supermarket programme".into(),
        },
        currency: Currency {
            code: "CNY".into(),
            exponent: 2,
        },
        zone: "Asia/Shanghai".parse().unwrap(),
        announced_on: Day::new("2016-12-01".parse().unwrap()),
        effective_from: "2017-01-01T00:00:00+08:00".parse().unwrap(),
        vest_days: 0,
        lifetime: Lifetime::Months {
            months: 12,
            align: Align::Day,
        },
        signup_gift: points(100),
        earn: vec![EarnRule {
            id: "base".into(),
            points: 1,
            per: Money::from_minor(100),
            carry: true,
            exclude: exclude(),
            cap_per_sale: None,
            cap_per_day: None,
        }],
        redeem: Some(RedeemTerms {
            points: 100,
            worth: Money::from_minor(100),
            min_points: points(100),
            step: 100,
            max_share: 5_000,
            hold_minutes: 15,
        }),
        refund: RefundTerms {
            policy: RefundPolicy::Debt,
            debt_limit: points(10_000),
            expired_grace_days: 0,
            window_days: 400,
        },
        tiers: TierTerms {
            window: Window::Lifetime,
            on_refund: OnRefund::Downgrade,
            grace_days: 0,
            exclude_departments: excluded(),
            ordinary: Multiplier::ONE,
            senior: Multiplier::from_decimal(Decimal::new(15, 1)).unwrap(),
            senior_from: Money::from_minor(500_000),
        },
        discounts: vec![
            discount("ordinary-2", Tier::Ordinary, 200),
            discount("senior-5", Tier::Senior, 500),
        ],
        hash: demo.hash,
    };
    assert_eq!(demo, expected);
    assert_eq!(demo.notice_days(), 31);
}

#[test]
fn what_is_absent_has_its_default() {
    let text = r#"
        schema = 1
        id = "small"
        version = "1"
        currency = "JPY"
        time_zone = "Asia/Tokyo"
        announced_on = 2024-01-01
        effective_from = "2024-01-31T00:00:00+09:00"
        name = { zh = "小店", en = "Small" }
        points.lifetime = "never"
        [redeem]
        points = 300
        worth = "100"
        [[earn]]
        id = "base"
        points = 1
        per = "100"
        [[tier]]
        id = "senior"
        from = "50000"
        multiplier = "1"
        [[tier]]
        id = "ordinary"
        multiplier = "1"
        [[discount]]
        id = "all"
        tiers = ["senior", "ordinary"]
        percent = "0.01"
        group = "all"
    "#;
    let small = Programme::parse(text).unwrap();
    assert_eq!(small.currency.exponent, 0);
    assert_eq!((small.vest_days, small.signup_gift), (0, Points::ZERO));
    assert_eq!(small.lifetime, Lifetime::Never);
    assert!(small.earn[0].carry && small.earn[0].exclude == Exclusions::default());
    assert_eq!(small.earn[0].per, Money::from_minor(100));
    let redeem = small.redeem.clone().unwrap();
    assert_eq!((redeem.step, redeem.min_points), (300, points(300)));
    assert_eq!((redeem.max_share, redeem.hold_minutes), (10_000, 15));
    assert_eq!(small.refund, Programme::parse(DEMO).unwrap().refund);
    assert_eq!(small.tiers.window, Window::Lifetime);
    assert_eq!(small.tiers.on_refund, OnRefund::Downgrade);
    assert_eq!(
        (
            small.tiers.grace_days,
            small.tiers.exclude_departments.len()
        ),
        (0, 0)
    );
    let discount = &small.discounts[0];
    assert_eq!(
        (discount.percent, discount.priority, discount.exclusive),
        (1, 0, false)
    );
    assert_eq!(discount.base, DiscountBase::Original);
    assert_eq!(
        (discount.max_amount, discount.floor_price),
        (None, Money::ZERO)
    );
    assert_eq!(small.notice_days(), 30);
}

#[test]
fn every_key_of_the_schema_is_understood() {
    let mut text = demo_with("# cap_per_sale", "cap_per_sale");
    for key in ["cap_per_day", "max_amount", "floor_price", "from", "until"] {
        text = text.replacen(&format!("# {key} ="), &format!("{key} ="), 1);
    }
    text = text.replace("on_refund = \"downgrade\"", "on_refund = \"review\"");
    text = text.replace("window = \"lifetime\"", "window = { rolling_months = 6 }");
    text = text.replace("12, align = \"day\"", "24, align = \"end-of-year\"");
    text.push_str("\nexclude_categories = [\"WINE\"]\nexclude_products = [\"77\"]\n");
    // What the ordinary discount leaves out, the senior one may.
    text = text.replacen(
        "exclude_departments = [\"FUEL\", \"SPIRITS\"]\n\n[[discount]]",
        "exclude_departments = [\"FUEL\", \"SPIRITS\"]\nexclude_categories = [\"WINE\", \"TEA\"]\nexclude_products = [\"77\"]\n\n[[discount]]",
        1,
    );
    let programme = Programme::parse(&text).unwrap();
    let earn = &programme.earn[0];
    assert_eq!(
        (earn.cap_per_sale, earn.cap_per_day),
        (Some(points(5_000)), Some(points(20_000)))
    );
    assert_eq!(programme.tiers.window, Window::RollingMonths(6));
    assert_eq!(programme.tiers.on_refund, OnRefund::Review);
    assert_eq!(
        programme.lifetime,
        Lifetime::Months {
            months: 24,
            align: Align::EndOfYear
        }
    );
    let discount = &programme.discounts[0];
    assert_eq!(discount.max_amount, Some(Money::from_minor(5_000)));
    assert_eq!(discount.from, Some(Day::new("2017-11-01".parse().unwrap())));
    assert_eq!(
        discount.until,
        Some(Day::new("2017-11-12".parse().unwrap()))
    );
    assert_eq!(programme.discounts[1].exclude.products, ["77"]);
}

#[test]
fn a_change_to_the_text_is_another_hash() {
    let hash = |text: &str| Programme::parse(text).unwrap().hash.to_string();
    assert_ne!(hash(DEMO), hash(&format!("{DEMO}\n")));
    assert_eq!(hash(DEMO).len(), 64);
}

#[test]
fn every_bad_file_is_refused_by_line_and_code() {
    let expected: BTreeMap<&str, &[(u32, &str)]> = BTreeMap::from([
        ("announced-late", &[(7, "contradiction")][..]),
        ("min-points-off-step", &[(31, "contradiction")]),
        ("negative-threshold", &[(54, "out_of_range")]),
        ("not-toml", &[(28, "syntax")]),
        ("number-for-money", &[(22, "wrong_type")]),
        ("senior-multiplier-worse", &[(55, "worse_for_seniors")]),
        (
            "three-faults",
            &[
                (6, "unknown_word"),
                (19, "missing_key"),
                (32, "out_of_range"),
            ],
        ),
        ("senior-excludes-more", &[(75, "worse_for_seniors")]),
        ("senior-worse", &[(70, "worse_for_seniors")]),
        ("three-tiers", &[(58, "unknown_word")]),
        ("unknown-key", &[(15, "unknown_key")]),
        ("unknown-key-inline", &[(16, "unknown_key")]),
    ]);
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/programmes/bad");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        found.insert(name, faults(&fs::read_to_string(path).unwrap()));
    }
    let expected: BTreeMap<String, Vec<(u32, &str)>> = expected
        .into_iter()
        .map(|(name, faults)| (name.to_owned(), faults.to_vec()))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn faults_stand_in_the_order_of_their_lines() {
    let text = format!(
        "{}\n[extra]\n",
        demo_with("vest_days = 0", "vest_days = -1")
    );
    let expected = [
        (line_of(DEMO, "vest_days"), "out_of_range"),
        (line_of(&text, "[extra]"), "unknown_key"),
    ];
    assert_eq!(faults(&text), expected);
}

#[test]
fn an_unknown_word_is_answered_with_the_nearest() {
    let cases = [
        ("vest_days", "vest_day", "`vest_days`"),
        ("align =", "alignment =", "`align`"),
        ("policy = \"debt\"", "policy = \"dept\"", "`debt`"),
        ("[[earn]]", "[[earns]]", "`earn`"),
        (
            "tiers = [\"ordinary\"]",
            "tiers = [\"ordinery\"]",
            "`ordinary`",
        ),
    ];
    for (from, to, near) in cases {
        let faults = Programme::parse(&demo_with(from, to))
            .err()
            .unwrap_or_default();
        let named =
            |fault: &Fault| fault.en.contains(near) && fault.zh.contains(near.trim_matches('`'));
        assert!(
            near.is_empty() || faults.iter().any(named),
            "{to}: {faults:?}"
        );
    }
}

/// What the demo says, what stands there instead, the code. The line is that of the change.
const OUT_OF_RANGE: &[(&str, &str, &str)] = &[
    ("schema = 1", "schema = 2", "out_of_range"),
    ("id = \"demo\"", "id = \"Demo\"", "bad_text"),
    ("id = \"demo\"", "id = \"\"", "bad_text"),
    (
        "id = \"demo\"",
        "id = \"a23456789012345678901234567890123\"",
        "bad_text",
    ),
    ("\"2017.1\"", "\"a\\u0007\"", "bad_text"),
    (
        "\"2017.1\"",
        "\"12345678901234567890123456789012345678901234567890123456789012345\"",
        "bad_text",
    ),
    ("\"2017.1\"", "\" \"", "bad_text"),
    ("\"CNY\"", "\"RMB\"", "unknown_word"),
    ("\"Asia/Shanghai\"", "8", "wrong_type"),
    ("2016-12-01", "\"2016-12-01\"", "wrong_type"),
    ("2016-12-01", "2016-12-01T00:00:00Z", "wrong_type"),
    (
        "2017-01-01T00:00:00+08:00",
        "2017-01-01T00:00:00",
        "unreadable",
    ),
    ("2017-01-01T00:00:00+08:00", "2017-01-01", "unreadable"),
    ("vest_days = 0", "vest_days = -1", "out_of_range"),
    ("vest_days = 0", "vest_days = 3651", "out_of_range"),
    ("vest_days = 0", "vest_days = 337", "contradiction"),
    ("months = 12", "months = 0", "out_of_range"),
    ("months = 12", "months = 1201", "out_of_range"),
    ("months = 12, ", "", "missing_key"),
    (
        "{ months = 12, align = \"day\" }",
        "\"ever\"",
        "unknown_word",
    ),
    ("{ months = 12, align = \"day\" }", "12", "wrong_type"),
    ("signup_gift = 100", "signup_gift = -1", "out_of_range"),
    ("signup_gift = 100", "signup_gift = \"100\"", "wrong_type"),
    ("points = 1\n", "points = 0\n", "out_of_range"),
    ("per = \"1.00\"", "per = 1", "wrong_type"),
    ("per = \"1.00\"", "per = \"0.00\"", "out_of_range"),
    ("per = \"1.00\"", "per = \"1.001\"", "unreadable"),
    ("per = \"1.00\"", "per = \"1,00\"", "unreadable"),
    ("per = \"1.00\"", "per = \"10000000000.01\"", "out_of_range"),
    ("carry = true", "carry = 1", "wrong_type"),
    (
        "exclude_products = []",
        "exclude_products = [\"\"]",
        "bad_text",
    ),
    (
        "exclude_products = []",
        "exclude_products = [\"1\", \"1\"]",
        "duplicate",
    ),
    (
        "exclude_products = []",
        "exclude_products = \"1\"",
        "wrong_type",
    ),
    ("# cap_per_sale = 5000", "cap_per_sale = 0", "out_of_range"),
    ("points = 100\n", "points = 0\n", "out_of_range"),
    ("worth = \"1.00\"", "worth = \"0\"", "out_of_range"),
    ("min_points = 100", "min_points = 0", "out_of_range"),
    ("min_points = 100", "min_points = 50", "contradiction"),
    ("max_share = \"0.50\"", "max_share = \"0\"", "out_of_range"),
    (
        "max_share = \"0.50\"",
        "max_share = \"1.0001\"",
        "out_of_range",
    ),
    (
        "max_share = \"0.50\"",
        "max_share = \"0.50001\"",
        "unreadable",
    ),
    ("max_share = \"0.50\"", "max_share = 0.5", "wrong_type"),
    ("hold_minutes = 15", "hold_minutes = 0", "out_of_range"),
    ("hold_minutes = 15", "hold_minutes = 1441", "out_of_range"),
    ("policy = \"debt\"", "policy = \"none\"", "unknown_word"),
    ("window_days = 400", "window_days = 0", "out_of_range"),
    (
        "window = \"lifetime\"",
        "window = { rolling_months = 0 }",
        "out_of_range",
    ),
    (
        "window = \"lifetime\"",
        "window = { rolling_month = 1 }",
        "missing_key",
    ),
    ("multiplier = \"1\"", "multiplier = \"0\"", "out_of_range"),
    (
        "multiplier = \"1\"",
        "multiplier = \"1.00001\"",
        "unreadable",
    ),
    (
        "multiplier = \"1\"",
        "multiplier = \"1000.0001\"",
        "out_of_range",
    ),
    ("multiplier = \"1\"", "multiplier = 1", "wrong_type"),
    ("from = \"5000.00\"", "from = \"0\"", "out_of_range"),
    ("percent = \"2\"", "percent = \"0\"", "out_of_range"),
    ("percent = \"2\"", "percent = \"100.01\"", "out_of_range"),
    ("percent = \"2\"", "percent = \"2.001\"", "unreadable"),
    ("percent = \"2\"", "percent = \"-2\"", "out_of_range"),
    ("tiers = [\"ordinary\"]", "tiers = []", "out_of_range"),
    (
        "tiers = [\"ordinary\"]",
        "tiers = [\"ordinary\", \"ordinary\"]",
        "duplicate",
    ),
    ("group = \"tier\"", "group = \"Tier\"", "bad_text"),
    ("base = \"original\"", "base = \"rest\"", "unknown_word"),
    (
        "# max_amount = \"50.00\"",
        "max_amount = \"0\"",
        "out_of_range",
    ),
    ("id = \"senior-5\"", "id = \"ordinary-2\"", "duplicate"),
];

#[test]
fn what_is_out_of_its_range_is_refused_on_its_line() {
    for &(from, to, code) in OUT_OF_RANGE {
        let text = demo_with(from, to);
        let found = faults(&text);
        let wanted = (line_of(DEMO, from), code);
        assert!(
            found.contains(&wanted),
            "{to}: {wanted:?} is not in {found:?}"
        );
    }
}

#[test]
fn both_sides_of_an_edge_are_told_apart() {
    let accepted = [
        (
            "\"2017.1\"",
            "\"1234567890123456789012345678901234567890123456789012345678901234\"",
        ),
        ("vest_days = 0", "vest_days = 336"),
        ("months = 12", "months = 1200"),
        ("per = \"1.00\"", "per = \"10000000000\""),
        ("max_share = \"0.50\"", "max_share = \"0.0001\""),
        ("max_share = \"0.50\"", "max_share = \"1\""),
        ("hold_minutes = 15", "hold_minutes = 1440"),
        ("window_days = 400", "window_days = 3650"),
        ("multiplier = \"1.5\"", "multiplier = \"1000\""),
        ("multiplier = \"1.5\"", "multiplier = \"1.0000\""),
        ("percent = \"5\"", "percent = \"100\""),
        ("percent = \"5\"", "percent = \"2.00\""),
        ("2016-12-01", "2017-01-01"),
        (
            "2017-01-01T00:00:00+08:00",
            "\"2017-01-01T00:00:00.5+08:00\"",
        ),
        ("window = \"lifetime\"", "window = \"anniversary\""),
        ("window = \"lifetime\"", "window = \"calendar-year\""),
    ];
    for (from, to) in accepted {
        assert_eq!(Programme::parse(&demo_with(from, to)).err(), None, "{to}");
    }
}

#[test]
fn what_is_missing_is_named_where_its_table_begins() {
    let required = [
        ("schema = 1\n", 1),
        ("id = \"demo\"\n", 1),
        ("version = \"2017.1\"\n", 1),
        ("currency = \"CNY\"\n", 1),
        ("time_zone = \"Asia/Shanghai\"\n", 1),
        ("announced_on = 2016-12-01\n", 1),
        ("effective_from = 2017-01-01T00:00:00+08:00\n", 1),
        ("zh = \"示范超市会员计划\"\n", line_of(DEMO, "[name]")),
        (
            "en = \"Demo supermarket programme\"\n",
            line_of(DEMO, "[name]"),
        ),
        ("id = \"base\"\n", line_of(DEMO, "[[earn]]")),
        ("points = 1\n", line_of(DEMO, "[[earn]]")),
        ("per = \"1.00\"\n", line_of(DEMO, "[[earn]]")),
        ("points = 100\n", line_of(DEMO, "[redeem]")),
        ("worth = \"1.00\"\n", line_of(DEMO, "[redeem]")),
        (
            "multiplier = \"1\"\n",
            line_of(DEMO, "[[tier]]\nid = \"ord"),
        ),
        ("id = \"ordinary\"\n", line_of(DEMO, "[[tier]]\nid = \"ord")),
        (
            "percent = \"2\"\n",
            line_of(DEMO, "[[discount]]\nid = \"ord"),
        ),
        (
            "tiers = [\"ordinary\"]\n",
            line_of(DEMO, "[[discount]]\nid = \"ord"),
        ),
        (
            "group = \"tier\"\n",
            line_of(DEMO, "[[discount]]\nid = \"ord"),
        ),
    ];
    for (removed, mut line) in required {
        // What stands above its table moves nothing; a removed line moves the tables below it.
        if line_of(DEMO, removed) < line {
            line -= 1;
        }
        let found = faults(&DEMO.replacen(&format!("\n{removed}"), "\n", 1));
        assert!(
            found.contains(&(line, "missing_key")),
            "{removed} {found:?}"
        );
    }
    let no_senior = DEMO.replace("id = \"senior\"\nfrom = \"5000.00\"", "id = \"senior\"");
    assert_eq!(
        faults(&no_senior),
        [(line_of(DEMO, "[[tier]]\nid = \"sen"), "missing_key")]
    );
    let empty = faults("");
    assert_eq!(empty.len(), 12, "{empty:?}");
    assert!(empty.iter().all(|fault| *fault == (1, "missing_key")));
}

#[test]
fn tiers_and_tables_of_the_wrong_shape_are_refused() {
    let with_from = DEMO.replace(
        "id = \"ordinary\"\n",
        "id = \"ordinary\"\nfrom = \"0.00\"\n",
    );
    assert!(
        faults(&with_from).contains(&(line_of(DEMO, "id = \"ordinary\"\n") + 1, "contradiction"))
    );
    let twice = DEMO.replace("id = \"senior\"\n", "id = \"ordinary\"\n");
    assert!(faults(&twice).contains(&(line_of(DEMO, "id = \"senior\"\n"), "duplicate")));
    let single = DEMO.replace("[[earn]]", "[earn]");
    assert_eq!(faults(&single), [(line_of(DEMO, "[[earn]]"), "wrong_type")]);
    let several = DEMO.replace("[redeem]", "[[redeem]]");
    assert_eq!(
        faults(&several),
        [(line_of(DEMO, "[redeem]"), "wrong_type")]
    );
    let cap = DEMO
        .replace("points = 1\n", "points = 3\n")
        .replace("# cap_per_day", "cap_per_day");
    assert_eq!(
        faults(&cap),
        [(line_of(DEMO, "# cap_per_day"), "contradiction")]
    );
    let days = DEMO.replacen("# from = 2017-11-01", "from = 2017-11-12", 1);
    let days = days.replacen("# until = 2017-11-12", "until = 2017-11-12", 1);
    assert!(faults(&days).contains(&(line_of(DEMO, "# until"), "contradiction")));
}

#[test]
fn a_redemption_that_no_basket_can_use_is_refused() {
    // A single point is worth more than any basket's share.
    let dear = DEMO.replacen("points = 100\n", "points = 1\n", 1).replacen(
        "worth = \"1.00\"",
        "worth = \"10000000000\"",
        1,
    );
    assert_eq!(
        faults(&dear),
        [(line_of(DEMO, "[redeem]"), "worth_nothing")]
    );
    // The fewest points are worth 0.00, but more are not.
    let cheap = DEMO
        .replacen("points = 100\n", "points = 300\n", 1)
        .replacen("min_points = 100", "min_points = 1", 1)
        .replacen("step = 100", "step = 1", 1);
    assert_eq!(faults(&cheap), []);
}

#[test]
fn there_are_not_too_many_rules() {
    let rule = |number: usize| format!("\n[[earn]]\nid = \"e{number}\"\npoints = 1\nper = \"1\"\n");
    let most: String = (0..63).map(rule).collect();
    assert_eq!(faults(&format!("{DEMO}{most}")), []);
    let more = format!("{DEMO}{most}{}", rule(63));
    assert_eq!(
        faults(&more),
        [(line_of(&more, "[[earn]]\nid = \"e63\""), "too_many")]
    );
    assert_eq!(faults(&"#".repeat(1_000_001)), [(1, "syntax")]);
}
