//! A member's own data: theirs alone, masked where it is a list of the staff, and asked about once a year.

use std::collections::BTreeSet;

use jifen::engine::own::CONFIRM_DAYS;
use jifen::policy::catalogue::{Record, Value};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::policy::notice::Language;
use jifen_tests::people::{Form, Person, Shop};
use jifen_tests::wishes::numbered;

const DAY_MILLIS: i64 = 86_400_000;

fn own(person: &Person) -> Grant {
    let signed_in = person.member;
    let member = person.member;
    decide(&Ask::OwnData { signed_in, member }).expect("their own")
}

fn texts(record: &Record, all: &mut BTreeSet<String>) {
    for (_, value) in record.fields() {
        match value {
            Value::Text(text) => drop(all.insert(text.to_string())),
            Value::Texts(texts) => all.extend(texts.iter().map(|text| text.to_string())),
            Value::Record(record) => texts_of(record, all),
            Value::Records(records) => records.iter().for_each(|record| texts_of(record, all)),
            Value::Nothing | Value::Whole(_) | Value::Flag(_) | Value::Withheld => {}
        }
    }
}

fn texts_of(record: &Record, all: &mut BTreeSet<String>) {
    texts(record, all);
}

/// DSR-01.
#[test]
fn two_hundred_members_see_nothing_of_one_another() {
    let shop = Shop::in_memory();
    let join = |number: u64| {
        let form = Form {
            device: format!("kiosk-{number}-"),
            ..Form::of(number)
        };
        let person = shop.join(&numbered(number), &form);
        // Of each of them these values are their own, and what a till sold them.
        let token = shop.shown(&numbered(1_000 + number), &person);
        let slip = format!("S-{number}-");
        shop.sell(&numbered(2_000 + number), &token, &slip, &[])
            .expect("it earns");
        let values = [
            form.device,
            format!("+86{}", form.mobile),
            person.card.clone(),
            slip,
        ];
        (person, values)
    };
    let people: Vec<_> = (1..=200).map(join).collect();
    for (person, values) in &people {
        let view = shop
            .engine()
            .own_view(person.member, Language::En, &own(person));
        let mut told = BTreeSet::new();
        texts(&view.expect("it is theirs").record, &mut told);
        for value in values {
            assert!(told.contains(value), "{value}");
        }
        let others = people
            .iter()
            .filter(|(other, _)| other.member != person.member);
        for value in others.flat_map(|(_, values)| values) {
            assert!(told.iter().all(|text| !text.contains(value)), "{value}");
        }
    }
}

/// QLT-04, on both sides of the day.
#[test]
fn after_a_year_a_member_is_asked_and_one_tap_is_enough() {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    let engine = shop.engine();
    let year = i64::from(CONFIRM_DAYS) * DAY_MILLIS;
    shop.wait(year - 1);
    assert_eq!(engine.confirm_due(anna.member), Ok(false));
    shop.wait(1);
    engine.confirm_clock().expect("it is noted");
    assert_eq!(engine.confirm_due(anna.member), Ok(true));
    assert_eq!(engine.unconfirmed(CONFIRM_DAYS).expect("it reads").len(), 0);
    shop.wait(DAY_MILLIS);
    engine.confirm_clock().expect("it is noted");
    let listed = engine.unconfirmed(CONFIRM_DAYS).expect("it reads");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&*listed[0].name, &*listed[0].mobile),
        ("王＊＊", "138****0001")
    );

    engine
        .confirm_data(anna.member, "kiosk-1", &own(&anna))
        .expect("it is theirs");
    assert_eq!(engine.confirm_due(anna.member), Ok(false));
    assert!(
        engine
            .unconfirmed(CONFIRM_DAYS)
            .expect("it reads")
            .is_empty()
    );
    shop.bench.assert_verified("still right");
}
