//! A copy in its three forms, and the link that leads to it.

use std::sync::Barrier;
use std::thread;

use jifen::engine::own::OwnView;
use jifen::policy::catalogue::{Export, Field, Record, Shape, Value};
use jifen::policy::retention::RetentionPolicy;
use serde_json::Value as Json;

use super::csv::guarded;
use super::html::escaped;
use super::*;

const NOON: Moment = Moment::from_millis(1_488_340_800_000);

/// A value of its own for a field of the member with this tag.
fn planted(field: Field, tag: &str) -> Value {
    let place = Field::ALL.iter().position(|other| *other == field).unwrap();
    let place = i64::try_from(place).unwrap();
    match field.declaration().shape {
        Shape::Text => canary(field, tag).into(),
        Shape::Time => NOON.plus_millis(place).into(),
        Shape::Whole => 7_000_000_i64.saturating_add(place).into(),
        Shape::Flag => true.into(),
        Shape::Texts => vec![canary(field, tag), format!("{}2", canary(field, tag))].into(),
        Shape::Record => parts(field, tag).into(),
        Shape::Records => vec![parts(field, tag), parts(field, &format!("{tag}-again"))].into(),
    }
}

/// With all that a page, a line of CSV and JSON have to take care of.
fn canary(field: Field, tag: &str) -> String {
    format!("<{}> & \"{tag}\", 'x'", field.word())
}

fn parts(whole: Field, tag: &str) -> Record {
    let mut record = Record::new();
    for part in whole.parts() {
        record.tell(part, planted(part, tag));
    }
    record
}

fn view(tag: &str, language: Language) -> OwnView {
    let mut record = Record::new();
    for field in Field::whole() {
        record.tell(field, planted(field, tag));
    }
    OwnView {
        retention: RetentionPolicy::default(),
        at: NOON,
        language,
        record,
    }
}

/// What a view says, leaf by leaf, as the forms for people write it.
fn leaves(record: &Record, language: Language) -> Vec<(Field, String)> {
    let mut all = Vec::new();
    for (field, value) in record.fields() {
        match value {
            Value::Text(text) => all.push((field, text.to_string())),
            Value::Whole(number) => all.push((field, number.to_string())),
            Value::Flag(flag) => all.push((field, yes_or_no(*flag, language))),
            Value::Texts(texts) => all.extend(texts.iter().map(|text| (field, text.to_string()))),
            Value::Record(record) => all.extend(leaves(record, language)),
            Value::Records(records) => {
                all.extend(records.iter().flat_map(|record| leaves(record, language)));
            }
            Value::Withheld => {
                let Export::No(why) = field.declaration().export else {
                    unreachable!("{field:?}");
                };
                all.push((field, why.words(language).to_owned()));
            }
            Value::Nothing => {}
        }
    }
    all
}

/// DSR-06: each value of each field is in each form, and a secret is in none.
#[test]
fn every_form_holds_each_value_and_none_that_is_withheld() {
    for language in Language::ALL {
        let own = view("anna", language);
        let told = leaves(&own.record, language);
        assert!(100 < told.len());
        let file = String::from_utf8(csv(&own).unwrap()).unwrap();
        let page = html(&own);
        let copy = serde_json::to_string(&Copy::of(&own, false)).unwrap();

        let table = file.strip_prefix('\u{feff}').unwrap();
        let lines: Vec<(String, String)> = ::csv::Reader::from_reader(table.as_bytes())
            .records()
            .map(|line| {
                let line = line.unwrap();
                assert_eq!(line.len(), 4);
                (line[0].to_owned(), line[3].to_owned())
            })
            .collect();
        let expected: Vec<(String, String)> = told
            .iter()
            .map(|(field, text)| (field.word().to_owned(), guarded(text)))
            .collect();
        assert_eq!(lines, expected);
        for (field, text) in &told {
            assert!(page.contains(&escaped(text)), "{field:?}: {text}");
            assert!(page.contains(&escaped(field.name(language))), "{field:?}");
        }
        assert!(!page.contains("<name>") && page.matches("<script").count() == 0);
        check_json(&serde_json::from_str(&copy).unwrap(), &own);
        for field in Field::ALL.iter().copied() {
            let is_withheld = field.declaration().export != Export::Yes;
            for form in [&file, &page, &copy] {
                let word = format!("<{}>", field.word());
                assert!(!is_withheld || !form.contains(&word), "{field:?}");
                assert!(!form.contains(&escaped(&word)) || !is_withheld, "{field:?}");
            }
        }
    }
}

/// The JSON says the same as the view, field by field.
fn check_json(copy: &Json, own: &OwnView) {
    fn same(json: &Json, value: &Value, field: Field) {
        match value {
            Value::Text(text) => assert_eq!(json.as_str(), Some(text.as_str()), "{field:?}"),
            Value::Whole(number) => assert_eq!(json.as_i64(), Some(*number), "{field:?}"),
            Value::Flag(flag) => assert_eq!(json.as_bool(), Some(*flag), "{field:?}"),
            Value::Texts(texts) => {
                let list: Vec<&str> = json
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Json::as_str)
                    .collect();
                let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
                assert_eq!(list, texts, "{field:?}");
            }
            Value::Record(record) => object(json, record),
            Value::Records(records) => {
                let list = json.as_array().unwrap();
                assert_eq!(list.len(), records.len(), "{field:?}");
                list.iter()
                    .zip(records)
                    .for_each(|(json, record)| object(json, record));
            }
            Value::Nothing | Value::Withheld => assert!(json.is_null(), "{field:?}"),
        }
    }
    fn object(json: &Json, record: &Record) {
        let shown = record
            .fields()
            .filter(|(_, value)| **value != Value::Withheld);
        assert_eq!(json.as_object().unwrap().len(), shown.count());
        for (field, value) in record.fields() {
            same(&json[field.word()], value, field);
        }
    }
    object(&copy["data"], &own.record);
    let told = |name: &str| -> Vec<String> {
        let lines = copy[name].as_array().unwrap().iter();
        lines
            .map(|line| line["field"].as_str().unwrap().to_owned())
            .collect()
    };
    let all: Vec<&str> = own.record.fields().map(|(field, _)| field.word()).collect();
    assert_eq!(told("fields"), all);
    assert!(told("withheld").contains(&"pin_verifier".to_owned()));
}

#[test]
fn a_copy_fits_its_schema_and_one_with_a_field_more_or_less_does_not() {
    let schema = schema();
    assert!(jsonschema::meta::is_valid(&schema));
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    for language in Language::ALL {
        let own = view("anna", language);
        let copy = serde_json::to_value(Copy::of(&own, false)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&copy)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let empty = OwnView {
            retention: RetentionPolicy::default(),
            record: Record::new(),
            ..own
        };
        assert!(validator.is_valid(&serde_json::to_value(Copy::of(&empty, false)).unwrap()));

        let spoilt: [fn(&mut Json); 5] = [
            |copy| copy["data"]["religion"] = "x".into(),
            |copy| copy["data"]["pin_verifier"] = "x".into(),
            |copy| copy["data"]["sales"][0]["goods"] = "x".into(),
            |copy| copy["data"]["balance"] = "many".into(),
            |copy| drop(copy.as_object_mut().unwrap().remove("data")),
        ];
        for spoil in spoilt {
            let mut spoilt = copy.clone();
            spoil(&mut spoilt);
            assert!(!validator.is_valid(&spoilt));
        }
    }
}

#[test]
fn no_cell_is_a_formula() {
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("+8613812345678", "'+8613812345678"),
        ("-2", "'-2"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("\u{3000}=1", "'\u{3000}=1"),
        ("\u{feff}=1", "'\u{feff}=1"),
        ("＝1＋1", "'＝1＋1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠x", "'＠x"),
        (
            "=HYPERLINK(\"http://a\",\"b\")",
            "'=HYPERLINK(\"http://a\",\"b\")",
        ),
        ("王小明", "王小明"),
        ("a=b", "a=b"),
        ("138****1234", "138****1234"),
        ("", ""),
    ] {
        assert_eq!(guarded(text), cell);
    }
    // Whoever reads the file reads the name with its apostrophe, in one cell.
    let mut record = Record::new();
    record.tell(Field::Name, "=cmd|' /C calc'!A0\",x");
    let own = OwnView {
        retention: RetentionPolicy::default(),
        at: NOON,
        language: Language::En,
        record,
    };
    let file = String::from_utf8(csv(&own).unwrap()).unwrap();
    assert_eq!(
        file,
        "\u{feff}field,place,name,value\nname,,Name,\"'=cmd|' /C calc'!A0\"\",x\"\n"
    );
}

fn ordered() -> Ordered {
    Ordered {
        member: MemberId::from_bytes([7; 16]),
        form: Form::Json,
        language: Language::Zh,
    }
}

#[test]
fn a_link_works_once_however_many_take_it_at_the_same_time() {
    let links = Links::default();
    let (secret, until) = links.make(ordered(), [5; 32], NOON);
    assert_eq!(secret.len(), 43);
    assert_eq!(until, NOON.plus_millis(600_000));
    let begin = Barrier::new(20);
    let taken: Vec<bool> = thread::scope(|scope| {
        let take = || {
            begin.wait();
            links.take(&secret, NOON).is_some()
        };
        let threads: Vec<_> = (0..20).map(|_| scope.spawn(take)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
}

#[test]
fn a_link_ends_after_ten_minutes_and_with_its_member() {
    for (millis, works) in [
        (0, true),
        (599_999, true),
        (600_000, false),
        (600_001, false),
    ] {
        let links = Links::default();
        let (secret, _) = links.make(ordered(), [5; 32], NOON);
        let now = NOON.plus_millis(millis);
        assert_eq!(links.is_open(&secret, now), works, "{millis}");
        assert_eq!(links.take(&secret, now), works.then(ordered), "{millis}");
        assert_eq!(links.take(&secret, NOON), None, "{millis}");
    }
    let links = Links::default();
    let (secret, _) = links.make(ordered(), [5; 32], NOON);
    assert_eq!(links.take("", NOON), None);
    assert_eq!(links.take(&secret[1..], NOON), None);
    links.forget(&MemberId::from_bytes([8; 16]));
    assert!(links.is_open(&secret, NOON));
    links.forget(&ordered().member);
    assert!(!links.is_open(&secret, NOON));
}
