use proptest::prelude::*;

use super::*;

fn day(text: &str) -> Day {
    Day::new(text.parse().unwrap())
}

/// A day, so many working days, the day that they end on, and whether that is certain.
fn check(calendar: &Calendar, from: &str, working_days: u32, expected: &str, sure: Certainty) {
    let found = calendar.after(day(from), working_days);
    assert_eq!(found, (day(expected), sure), "{working_days} after {from}");
    assert_eq!(
        calendar.between(day(from), found.0).0,
        working_days,
        "back from {expected} to {from}"
    );
}

#[test]
fn fifteen_working_days_are_counted_over_the_holidays_of_the_year() {
    let official = Calendar::official();
    let known = Certainty::Known;
    check(&official, "2026-09-18", 15, "2026-10-15", known);
    // The day of opening does not count, and the day of the Dragon Boat Festival is off.
    check(&official, "2026-06-01", 15, "2026-06-23", known);
    check(&official, "2026-09-18", 1, "2026-09-20", known);
    check(&official, "2026-02-13", 1, "2026-02-14", known);
    check(&official, "2026-02-14", 1, "2026-02-24", known);
    check(&official, "2026-06-20", 0, "2026-06-20", known);
    check(&official, "2025-01-24", 3, "2025-02-05", known);
    check(&official, "2025-09-27", 3, "2025-09-30", known);
    check(&official, "2025-12-31", 1, "2026-01-04", known);
}

#[test]
fn a_year_that_is_not_known_counts_monday_to_friday_and_says_so() {
    let official = Calendar::official();
    // 1 June 2020 is a Monday.
    check(
        &official,
        "2020-06-01",
        15,
        "2020-06-22",
        Certainty::Assumed,
    );
    // The last days are of a year that nobody knows yet.
    check(&official, "2026-12-30", 1, "2026-12-31", Certainty::Known);
    check(&official, "2026-12-30", 2, "2027-01-01", Certainty::Assumed);
    assert!(official.knows(2026) && !official.knows(2027));

    let empty = HolidayYear::parse(r#"{"year": 2026, "off": [], "work": []}"#).unwrap();
    let without = Calendar::official().with(empty);
    check(&without, "2026-06-01", 15, "2026-06-22", Certainty::Known);
    assert_eq!(without.named(day("2026-10-01")), None);
}

#[test]
fn every_day_off_and_every_make_up_day_of_2026_is_as_the_state_council_arranged_it() {
    let official = Calendar::official();
    let off = [
        ("01-01", "01-03"),
        ("02-15", "02-23"),
        ("04-04", "04-06"),
        ("05-01", "05-05"),
        ("06-19", "06-21"),
        ("09-25", "09-27"),
        ("10-01", "10-07"),
    ];
    let work = ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"];
    let off =
        off.map(|(from, until)| (day(&format!("2026-{from}")), day(&format!("2026-{until}"))));
    let work = work.map(|at| day(&format!("2026-{at}")));
    let mut at = day("2026-01-01");
    let mut working = 0;
    while at < day("2027-01-01") {
        let is_off = off.iter().any(|(from, until)| *from <= at && at <= *until);
        let expected = work.contains(&at) || !(is_off || is_weekend(at));
        assert_eq!(official.is_working(at), expected, "{at}");
        let is_named = work.contains(&at) || (is_off && !is_weekend(at));
        assert_eq!(official.named(at).is_some(), is_named, "{at}");
        working += u32::from(expected);
        at = at.plus_days(1).unwrap();
    }
    assert_eq!(working, 248);
    let name = |text: &str| official.named(day(text)).unwrap().clone();
    assert_eq!(name("2026-02-17").zh, "春节");
    assert_eq!(name("2026-09-20").en, "National Day, make-up day");
    let all_of_2025 = official.between(day("2024-12-31"), day("2025-12-31"));
    assert_eq!(all_of_2025, (248, Certainty::Known));
}

/// What a file is refused with.
fn faults(text: &str) -> Vec<(u32, &'static str)> {
    let faults = HolidayYear::parse(text).unwrap_err();
    for fault in &faults {
        assert!(!fault.zh().is_empty() && fault.to_string().contains("line"));
    }
    faults
        .iter()
        .map(|fault| (fault.line, fault.code()))
        .collect()
}

#[test]
fn a_broken_file_is_refused_with_its_line() {
    let one = |off: &str, work: &str| {
        format!("{{\n\"year\": 2026,\n\"off\": [\n{off}],\n\"work\": [{work}]}}")
    };
    let named = |at: &str| format!(r#"{{"day": "{at}", "zh": "节", "en": "feast"}}"#);
    let cases = [
        ("{".to_owned(), vec![(1, "syntax")]),
        (
            "{\n\"year\": 2026,\n\"of\": []}".to_owned(),
            vec![(3, "syntax")],
        ),
        (one(&named("2026-13-01"), ""), vec![(4, "not_a_day")]),
        (one(&named("2025-10-01"), ""), vec![(4, "other_year")]),
        (one(&named("2026-10-03"), ""), vec![(4, "off_at_weekend")]),
        (one("", &named("2026-10-01")), vec![(5, "work_on_weekday")]),
        (
            one(&named("2026-10-01").replace("feast", " "), ""),
            vec![(4, "no_name")],
        ),
        (
            one(
                &format!("{},\n{}", named("2026-10-01"), named("2026-10-01")),
                &named("2027-01-02"),
            ),
            vec![(5, "twice"), (6, "other_year")],
        ),
        (" ".repeat(100_001), vec![(1, "too_long")]),
    ];
    for (text, expected) in cases {
        assert_eq!(faults(&text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn working_days_grow_end_on_working_days_and_count_back(
        number in 738_000_i32..741_000,
        some in 0_u32..60,
        more in 1_u32..20,
    ) {
        let official = Calendar::official();
        let from = Day::from_number(number).unwrap();
        let (first, _) = official.after(from, some);
        let (later, _) = official.after(from, some.saturating_add(more));
        prop_assert!(first < later);
        prop_assert!(official.is_working(later));
        prop_assert!(some == 0 || official.is_working(first));
        prop_assert_eq!(official.between(from, first).0, some);
        prop_assert_eq!(official.after(first, more).0, later);
        let next = from.plus_days(1).unwrap();
        prop_assert!(first <= official.after(next, some).0);
    }
}
