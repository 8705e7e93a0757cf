//! What the pictures show, and what they never hold.

use super::*;

fn reading(day: i64, label: &str, balance: i64) -> Reading<'_> {
    Reading {
        day,
        label,
        balance,
    }
}

/// The texts of a picture, in the order they stand there.
fn texts(svg: &str) -> Vec<&str> {
    let parts = svg.split("<text").skip(1);
    let inside = parts.filter_map(|part| part.split_once('>')?.1.split_once("</text>"));
    inside.map(|(text, _)| text.trim()).collect()
}

/// What holds for every picture.
fn check(svg: &str) {
    for never in [
        " style=", "<style", "<script", "#000000", "onload", "href", "NaN", "inf",
    ] {
        assert!(!svg.contains(never), "{never} in {svg}");
    }
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    assert_eq!(svg.matches("<svg ").count(), 1);
    assert!(svg.contains("role=\"img\" aria-label=\""), "{svg}");
    assert!(svg.contains("currentColor"));
}

#[test]
fn the_bar_is_filled_as_far_as_it_was_reached() {
    // 94.0 % of the picture is the whole bar.
    for (reached, filled) in [
        (0, None),
        (1, Some("0.0%")),
        (250, Some("23.5%")),
        (999, Some("93.9%")),
        (1_000, Some("94.0%")),
        (1_001, Some("94.0%")),
        (u16::MAX, Some("94.0%")),
    ] {
        let svg = progress(reached, ["普通会员", "高级会员"], "还差 750 元");
        check(&svg);
        let part = svg.split_once("class=\"reached\"").map(|(_, part)| part);
        let width = part.and_then(|part| part.split("width=\"").nth(1)?.split('"').next());
        assert_eq!(width, filled, "{reached}");
        assert_eq!(texts(&svg), ["普通会员", "高级会员"]);
        assert!(svg.contains("aria-label=\"还差 750 元\""));
        let is_marked = svg.contains("r=\".75rem\" fill=\"currentColor\"");
        assert_eq!(is_marked, 1_000 <= reached, "{reached}");
    }
}

#[test]
fn the_chart_names_the_numbers_and_days_it_was_given() {
    let readings = [
        reading(100, "9月1日", 120),
        reading(110, "9月11日", 870),
        reading(130, "10月1日", 400),
    ];
    let expiring = Expiring {
        day: 180,
        label: "11月20日",
        points: 250,
    };
    let svg = points_over_time(&readings, Some(&expiring), "积分变化").unwrap();
    check(&svg);
    let shown = texts(&svg);
    for word in ["870", "400", "150", "9月1日", "10月1日", "11月20日"] {
        assert!(shown.contains(&word), "{word} in {shown:?}");
    }
    // Each text is one of a number or a day that was given, or zero.
    let given = [
        "870",
        "400",
        "150",
        "120",
        "0",
        "9月1日",
        "10月1日",
        "11月20日",
    ];
    assert!(shown.iter().all(|word| given.contains(word)), "{shown:?}");

    // Without an expiry there is nothing dashed: one line for the balance, and no more.
    let plain = points_over_time(&readings, None, "积分变化").unwrap();
    check(&plain);
    assert!(!texts(&plain).contains(&"150"));
    let lines = |svg: &str| svg.matches("stroke-width=\"3\"").count();
    assert_eq!(lines(&plain), 1);
    assert!(1 < lines(&svg));
}

#[test]
fn steps_turn_at_the_day_of_the_next_reading() {
    let readings = [
        reading(1, "a", 10),
        reading(4, "b", 30),
        reading(4, "c", 20),
    ];
    let corners = [(1, 10), (4, 10), (4, 30), (4, 30), (4, 20)];
    assert_eq!(steps(&readings), corners);
    assert_eq!(steps(&[]), []);
}

#[test]
fn fewer_than_two_readings_are_no_chart() {
    let one = reading(1, "1", 5);
    let expiring = Expiring {
        day: 2,
        label: "2",
        points: 5,
    };
    assert!(points_over_time(&[], None, "x").is_none());
    assert!(points_over_time(&[one], Some(&expiring), "x").is_none());
    assert!(points_over_time(&[one, one], None, "x").is_some());
}

#[test]
fn equal_zero_negative_and_huge_numbers_are_drawn_or_left_out() {
    for (one, other) in [
        ((5, 0), (5, 0)),
        ((5, 7), (5, 7)),
        ((0, 7), (9, 7)),
        ((0, 0), (9, 0)),
        ((0, -3), (9, -40)),
        ((-9, -3), (-9, 40)),
        ((9, 1), (3, 2)),
        ((0, DRAWN_MAX), (1, -DRAWN_MAX)),
        ((-DRAWN_MAX, 1), (DRAWN_MAX, 1)),
    ] {
        let readings = [reading(one.0, "甲", one.1), reading(other.0, "乙", other.1)];
        let expiring = Expiring {
            day: 0,
            label: "丙",
            points: 0,
        };
        for expiring in [None, Some(&expiring)] {
            let svg = points_over_time(&readings, expiring, "x").unwrap();
            check(&svg);
            // The highest of the two is always named.
            let most = one.1.max(other.1).to_string();
            assert!(texts(&svg).contains(&most.as_str()), "{one:?} {other:?}");
        }
    }
    for wrong in [
        reading(0, "x", i64::MAX),
        reading(0, "x", i64::MIN),
        reading(i64::MIN, "x", 0),
        reading(DRAWN_MAX + 1, "x", 0),
    ] {
        assert!(points_over_time(&[reading(0, "x", 0), wrong], None, "x").is_none());
    }
    let expiring = Expiring {
        day: i64::MAX,
        label: "x",
        points: i64::MIN,
    };
    let readings = [reading(0, "x", 0), reading(1, "x", 0)];
    assert!(points_over_time(&readings, Some(&expiring), "x").is_none());
}

#[test]
fn only_the_last_readings_are_drawn() {
    let many: Vec<_> = (0..1_000)
        .map(|day| reading(day, "日", 1_000 - day))
        .collect();
    let svg = points_over_time(&many, None, "x").unwrap();
    check(&svg);
    // The first of the last two hundred is the highest.
    assert!(texts(&svg).contains(&"200") && !svg.contains("1000"));
}

#[test]
fn markup_in_words_is_words() {
    let bad = "<b onx='1'>\"&\"#000000</b><script>";
    let good = "&lt;b onx=";
    let bar = progress(500, [bad, bad], bad);
    assert_eq!(bar.matches(good).count(), 3);
    let readings = [reading(0, bad, 0), reading(9, bad, 5)];
    let chart = points_over_time(&readings, None, bad).unwrap();
    assert_eq!(chart.matches(good).count(), 3, "{chart}");
    for svg in [bar, chart] {
        for never in ["<b", "<script", "\"&\"", "'1'"] {
            assert!(!svg.contains(never), "{never}: {svg}");
        }
        assert!(svg.contains("&quot;#000000"), "{svg}");
    }
}
