//! Programme files that do not hold: the line and the reason are named, and nothing is begun under them.

use crate::caller::{PROGRAMME, Place, has_chinese};

/// The demo programme with one line replaced, and that line's number.
fn with(from: &str, to: &str) -> (String, usize) {
    assert!(PROGRAMME.contains(from), "{from}");
    let text = PROGRAMME.replacen(from, to, 1);
    let line = 1 + text
        .lines()
        .position(|line| line.contains(to.lines().last().unwrap()))
        .unwrap();
    (text, line)
}

#[test]
fn a_programme_that_holds_is_told_in_both_languages() {
    let place = Place::new();
    let said = place.jifen("programme check demo.toml");
    said.ends(0);
    assert!(
        said.out
            .starts_with("demo 2017.1 — Demo supermarket programme\n"),
        "{said:?}"
    );
    assert!(said.out.ends_with("the programme holds\n"), "{said:?}");
    let said = place.jifen("programme check demo.toml --lang zh");
    said.ends(0);
    assert!(
        said.out.contains("示范超市会员计划") && said.out.ends_with("检查通过\n"),
        "{said:?}"
    );
}

#[test]
fn a_fault_is_named_with_its_line_and_its_reason() {
    let place = Place::new();
    for (from, to, code, reason) in [
        ("vest_days = 0", "vest_day = 0", "unknown_key", "vest_days"),
        (
            "percent = \"5\"",
            "percent = \"1\"",
            "worse_for_seniors",
            "senior",
        ),
        (
            "multiplier = \"1.5\"",
            "multiplier = \"0.9\"",
            "worse_for_seniors",
            "senior",
        ),
        (
            "from = \"5000.00\"",
            "from = \"-1\"",
            "out_of_range",
            "from",
        ),
        (
            "from = \"5000.00\"",
            "from = \"-1.00\"",
            "out_of_range",
            "from",
        ),
    ] {
        let (text, line) = with(from, to);
        place.write("bad.toml", text);
        let said = place.jifen("programme check bad.toml");
        said.refuses(1, "bad_programme");
        let named = format!("    bad.toml:{line}: {code}: ");
        let told: Vec<&str> = said
            .err
            .lines()
            .filter(|told| told.starts_with(&named))
            .collect();
        assert!(told.len() == 2, "{to}: {named}: {said:?}");
        assert!(
            told[0].contains(reason) && !has_chinese(told[0]),
            "{to}: {said:?}"
        );
        assert!(has_chinese(told[1]), "{to}: {said:?}");
        assert!(said.out.is_empty(), "{said:?}");

        let replayed = place.jifen("replay small.csv --programme bad.toml --data data");
        replayed.refuses(1, "bad_programme");
        assert!(!place.path("data").exists(), "nothing is begun under it");
    }
}

#[test]
fn a_programme_file_that_is_none_is_refused() {
    let place = Place::new();
    place.jifen("programme check nowhere.toml").refuses(1, "io");
    place.jifen("programme check .").refuses(1, "io");
    place.write("binary.toml", [0xff, 0xfe, 0x00]);
    place.jifen("programme check binary.toml").refuses(1, "io");
    place.write("empty.toml", "");
    place
        .jifen("programme check empty.toml")
        .refuses(1, "bad_programme");
    place.write("bracket.toml", "[points\n");
    let said = place.jifen("programme check bracket.toml");
    said.refuses(1, "bad_programme");
    said.mentions("bracket.toml:1: ");
}

#[test]
fn another_programme_does_not_rewrite_what_was_sold() {
    let place = Place::new();
    place.replay("small.csv", "--data data");
    let (text, _) = with("per = \"1.00\"", "per = \"2.00\"");
    place.write("other.toml", text);
    let said = place.jifen("replay small.csv --programme other.toml --data data");
    said.refuses(1, "programme_not_activated");
    assert_eq!(place.verified(), 7);
}
