use super::*;

fn day(text: &str) -> Day {
    Day::new(text.parse().unwrap())
}

#[test]
fn words_and_stored_places_never_change() {
    let kinds = [
        "query",
        "correct",
        "delete",
        "restrict",
        "withdraw",
        "copy",
        "complaint",
        "enquiry",
        "suggestion",
        "violation",
    ];
    assert_eq!(TicketKind::ALL.map(TicketKind::as_str), kinds);
    for (place, kind) in (0_u8..).zip(TicketKind::ALL) {
        assert_eq!(postcard::to_stdvec(&kind).unwrap(), [place]);
        assert_eq!(TicketKind::of_word(kind.as_str()), Some(kind));
        assert_eq!(kind.needs_a_member(), place < 6, "{kind:?}");
    }
    let states =
        TicketState::ALL.map(|state| (state.as_str(), postcard::to_stdvec(&state).unwrap()));
    let expected = [
        ("open", vec![0]),
        ("answered", vec![1]),
        ("closed", vec![2]),
    ];
    assert_eq!(states, expected);
}

#[test]
fn a_request_goes_from_open_to_answered_to_closed_and_never_back() {
    use TicketState::{Answered, Closed, Open};
    let cases = [
        (
            Open,
            Ok(Open),
            Ok(Answered),
            Err(StepError::ReplyNeeded),
            Ok(Closed),
        ),
        (Answered, Ok(Answered), Ok(Answered), Ok(Closed), Ok(Closed)),
        (
            Closed,
            Err(StepError::Closed),
            Err(StepError::Closed),
            Err(StepError::Closed),
            Err(StepError::Closed),
        ),
    ];
    for (state, take, answer, close, close_with_reply) in cases {
        let steps = (
            state.take(),
            state.answer(),
            state.close(false),
            state.close(true),
        );
        assert_eq!(steps, (take, answer, close, close_with_reply), "{state:?}");
    }
}

#[test]
fn a_number_has_one_spelling_and_sorts_as_it_was_given_out() {
    let at = |year: &str, place| TicketNo::new(day(year), place).unwrap();
    let ascending = [
        at("2025-12-31", 999_999),
        at("2026-01-01", 1),
        at("2026-12-31", 123),
        at("2026-01-01", 1_000_000),
        at("2027-01-01", 1),
    ];
    assert!(ascending.map(TicketNo::whole).is_sorted());
    assert_eq!(ascending[2].to_string(), "2026-000123");
    assert_eq!(ascending[3].to_string(), "2026-1000000");
    for number in ascending {
        assert_eq!(number.to_string().parse(), Ok(number));
        assert_eq!(TicketNo::of_whole(number.whole()), Some(number));
    }
    for text in [
        "",
        "2026",
        "2026-",
        "-000123",
        "2026-123",
        "2026-0000123",
        "2026-000000",
        "0000-000001",
        "+2026-000123",
        "2026-+00123",
        "2026-000123 ",
        "２０２６-000123",
    ] {
        assert_eq!(text.parse::<TicketNo>(), Err(TicketNoError), "{text}");
    }
    assert_eq!(TicketNo::of_whole(0), None);
    assert_eq!(TicketNo::new(day("2026-01-01"), 0), None);
}

#[test]
fn a_text_is_composed_bounded_and_holds_line_feeds_alone() {
    let read = |text: &str| TicketText::parse(text).map(|text| text.as_str().to_owned());
    assert_eq!(
        read("  e\u{301}te\u{301}\r\n二\r三\n四 ").unwrap(),
        "été\n二\n三\n四"
    );
    assert_eq!(read(&"字".repeat(2_000)).unwrap().chars().count(), 2_000);
    for bad in ["", " \n ", "a\tb", "a\u{0}b", "a\u{1b}[2Jb", "a\u{85}b"] {
        assert!(read(bad).is_err(), "{bad:?}");
    }
    assert!(read(&"字".repeat(2_001)).is_err());
    assert!(read(&" ".repeat(40_000)).is_err());
    let contact = |text: &str| TicketText::contact(text).is_ok();
    assert!(contact("li@example.com") && contact(&"1".repeat(100)));
    assert!(!contact("") && !contact("a\nb") && !contact(&"1".repeat(101)));
    let text = TicketText::parse("漏了一单").unwrap();
    assert_eq!(format!("{text:?}"), "TicketText(..)");
}
