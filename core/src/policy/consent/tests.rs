//! Stories about consent: what a registration keeps, what holds now, and when nobody asks again.

use std::slice;

use super::*;
use crate::policy::notice::demo;

const T0: Moment = Moment::from_millis(1_500_000_000_000);

fn answered(at: Moment) -> Answered<'static> {
    Answered {
        language: Language::Zh,
        channel: Channel::Popup,
        device: "kiosk-2",
        at,
    }
}

fn register(answers: &[(&str, bool)]) -> Result<Vec<ConsentEvent>, ConsentError> {
    at_registration(&demo(), answers, Language::Zh, "kiosk-1", T0)
}

fn event(decision: Decision, at: Moment) -> ConsentEvent {
    ConsentEvent::new(&demo(), Purpose::Marketing, decision, &answered(at)).unwrap()
}

fn standings(record: &ConsentRecord, version: &str) -> [Standing; 3] {
    Purpose::OPTIONAL.map(|purpose| record.standing(purpose, version))
}

#[test]
fn a_ticked_box_is_kept_with_all_that_proves_it() {
    let notice = demo();
    let events = register(&[("marketing", true)]).unwrap();
    let expected = ConsentEvent {
        purpose: Purpose::Marketing,
        decision: Decision::Given,
        notice_version: "2017.1".to_owned(),
        text_hash: notice.text_hash(Shown::Consent(Purpose::Marketing), Language::Zh),
        language: Language::Zh,
        channel: Channel::Tick,
        device: "kiosk-1".to_owned(),
        at: T0,
    };
    assert_eq!(events[0], expected);
    let english = at_registration(&notice, &[], Language::En, "kiosk-1", T0).unwrap();
    assert_ne!(english[0].text_hash, events[0].text_hash);
}

#[test]
fn a_box_that_is_empty_or_not_there_is_a_refusal() {
    let check = |answers: &[(&str, bool)], expected: [Decision; 3]| {
        let events = register(answers).unwrap();
        let purposes: Vec<_> = events.iter().map(|event| event.purpose).collect();
        assert_eq!(purposes, Purpose::OPTIONAL, "one for each, in their order");
        let decisions: Vec<_> = events.iter().map(|event| event.decision).collect();
        assert_eq!(decisions, expected, "{answers:?}");
    };
    let (yes, no) = (Decision::Given, Decision::Refused);
    check(&[], [no, no, no]);
    check(
        &[
            ("analysis", false),
            ("marketing", false),
            ("direct_mail", false),
        ],
        [no, no, no],
    );
    check(&[("analysis", true)], [no, no, yes]);
    check(
        &[
            ("analysis", true),
            ("direct_mail", true),
            ("marketing", true),
        ],
        [yes, yes, yes],
    );
}

#[test]
fn boxes_that_cannot_be_are_refused() {
    let check = |answers: &[(&str, bool)], expected| {
        assert_eq!(register(answers), Err(expected), "{answers:?}");
    };
    check(&[("religion", true)], ConsentError::UnknownPurpose);
    check(&[("Marketing", false)], ConsentError::UnknownPurpose);
    check(&[("membership", true)], ConsentError::NotOptional);
    check(&[("membership", false)], ConsentError::NotOptional);
    let twice = [("marketing", true), ("marketing", true)];
    check(&twice, ConsentError::AnsweredTwice);
    let both = [
        ("marketing", false),
        ("analysis", true),
        ("marketing", true),
    ];
    check(&both, ConsentError::AnsweredTwice);
}

#[test]
fn a_device_has_a_name_of_64_bytes_at_most() {
    let check = |device: &str, expected| {
        let events = at_registration(&demo(), &[], Language::Zh, device, T0);
        assert_eq!(events.err(), expected, "{device}");
    };
    check(&"k".repeat(64), None);
    check("自助终端1", None);
    check(&"k".repeat(65), Some(ConsentError::BadDevice));
    check("", Some(ConsentError::BadDevice));
    check("kiosk\n1", Some(ConsentError::BadDevice));
}

#[test]
fn the_last_answer_counts_and_only_under_the_notice_it_was_given_to() {
    let mut record = ConsentRecord::default();
    assert_eq!(standings(&record, "2017.1"), [Standing::NotAsked; 3]);

    record = register(&[("marketing", true)]).unwrap().into();
    let no = Standing::Refused;
    assert_eq!(standings(&record, "2017.1"), [Standing::Given, no, no]);
    assert_eq!(standings(&record, "2018.1"), [Standing::Suspended, no, no]);
    assert!(record.standing(Purpose::Marketing, "2017.1").is_given());
    assert!(!record.standing(Purpose::Marketing, "2018.1").is_given());

    // Withdrawn at once, and that stays so under every notice (CON-05).
    record.add(event(Decision::Withdrawn, T0.plus_millis(1)));
    for version in ["2017.1", "2018.1"] {
        let standing = record.standing(Purpose::Marketing, version);
        assert_eq!(standing, Standing::Withdrawn, "{version}");
        assert!(!standing.is_given());
    }

    // The member changes their mind: the answer added last counts, whatever a clock said.
    record.add(event(Decision::Given, T0));
    assert_eq!(standings(&record, "2017.1"), [Standing::Given, no, no]);
    assert_eq!(record.events().len(), 5, "nothing is taken out");
    assert_eq!(
        record.standing(Purpose::Membership, "2017.1"),
        Standing::NotAsked
    );
}

#[test]
fn after_a_refusal_or_a_withdrawal_nobody_asks_for_90_days() {
    let day = |days: u32| T0.plus_days(days);
    let check = |events: &[ConsentEvent], now: Moment, expected: bool| {
        let record = ConsentRecord::from(events.to_vec());
        let may_ask = record.may_ask(Purpose::Marketing, now);
        assert_eq!(may_ask, expected, "{events:?} {now}");
    };
    let refused = event(Decision::Refused, T0);
    let withdrawn = event(Decision::Withdrawn, day(10));
    let given = event(Decision::Given, day(20));
    check(&[], T0, true);
    check(slice::from_ref(&refused), T0, false);
    check(slice::from_ref(&refused), day(90).plus_millis(-1), false);
    check(slice::from_ref(&refused), day(90), true);
    let both = [refused.clone(), withdrawn.clone()];
    check(&both, day(90), false);
    check(&both, day(100).plus_millis(-1), false);
    check(&both, day(100), true);
    check(&both, Moment::EPOCH, false);
    // Given, but suspended by a new notice: the member may be asked about that one.
    check(&[refused, withdrawn, given], day(21), true);

    let record = ConsentRecord::from(vec![event(Decision::Refused, T0)]);
    assert!(record.may_ask(Purpose::Analysis, T0), "another purpose");
    assert!(!record.may_ask(Purpose::Membership, T0), "never");
}

#[test]
fn a_record_is_stored_and_read_back_and_its_places_never_change() {
    let record = ConsentRecord::from(register(&[("analysis", true)]).unwrap());
    let stored = postcard::to_stdvec(&record).unwrap();
    assert_eq!(postcard::from_bytes(&stored), Ok(record));

    let decisions = [Decision::Given, Decision::Refused, Decision::Withdrawn];
    let words = decisions.map(|it| (it.as_str(), postcard::to_stdvec(&it).unwrap()));
    let expected = [
        ("given", vec![0]),
        ("refused", vec![1]),
        ("withdrawn", vec![2]),
    ];
    assert_eq!(words, expected);
    let channels = [Channel::Tick, Channel::Popup, Channel::Paper];
    let words = channels.map(|it| (it.as_str(), postcard::to_stdvec(&it).unwrap()));
    let expected = [("tick", vec![0]), ("popup", vec![1]), ("paper", vec![2])];
    assert_eq!(words, expected);
}
