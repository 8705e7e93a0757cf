//! The catalogue as a whole.

use std::collections::BTreeSet;

use super::*;

/// COL-05: every field has all that is declared about one, and its parts are what it says they are.
#[test]
fn every_field_is_declared_and_every_level_1_field_has_a_rule() {
    let words: BTreeSet<&str> = Field::ALL.iter().map(|field| field.word()).collect();
    assert_eq!(words.len(), Field::ALL.len(), "a word stands twice");
    for field in Field::ALL.iter().copied() {
        let declared = field.declaration();
        let is_record = matches!(declared.shape, Shape::Record | Shape::Records);
        assert_eq!(is_record, field.parts().next().is_some(), "{field:?}");
        for language in Language::ALL {
            assert!(!field.name(language).is_empty(), "{field:?}");
        }
        if let Some(whole) = declared.part_of {
            assert_eq!(whole.declaration().group, declared.group, "{field:?}");
            assert_eq!(
                declared.need,
                Need::Kept,
                "{field:?} is asked for with its whole"
            );
        }
        if declared.level == Level::One {
            let is_ruled = match declared.export {
                Export::No(_) => declared.mask == Mask::Hidden,
                Export::Yes => declared.retention == Retention::Identity,
            };
            assert!(is_ruled, "{field:?} is of level 1 and has no rule");
        }
        assert_eq!(Field::of_word(field.word()), Ok(field));
    }
}

/// COL-01, COL-07, X-24.
#[test]
fn two_fields_are_required_and_every_optional_one_says_what_is_missing_without_it() {
    for language in Language::ALL {
        let noted = noted(&RetentionPolicy::default(), language);
        let required = noted.iter().filter(|line| line.required);
        let required: Vec<&str> = required.map(|line| line.field.word()).collect();
        assert_eq!(required, ["name", "mobile"]);
        let optional = noted.iter().filter(|line| line.consequence.is_some());
        let optional: Vec<&str> = optional.map(|line| line.field.word()).collect();
        assert_eq!(optional, ["address", "postcode"]);
        for line in &noted {
            assert!(
                !line.purpose.is_empty() && !line.basis.is_empty() && !line.retention.is_empty()
            );
            assert!(line.consequence.is_none_or(|words| !words.is_empty()));
        }
        assert!(
            noted.iter().all(|line| line.field != Field::Email),
            "it is off"
        );
    }
}

#[test]
fn a_field_that_is_denied_or_unknown_cannot_be_named() {
    for word in [
        "religion",
        "political_leaning",
        "bank_card",
        "fingerprint",
        "health",
        "appearance",
        "宗教",
    ] {
        assert_eq!(Field::of_word(word), Err(NotAField::Denied), "{word}");
    }
    for word in ["", "Name", "shoe_size", "birth_date"] {
        assert_eq!(Field::of_word(word), Err(NotAField::Unknown), "{word}");
    }
}

/// RET-02 to RET-05, AUD-01: what the built-in notice tells is what the figures say.
#[test]
fn the_demo_notice_names_the_same_figures() {
    let notice = crate::policy::notice::demo();
    let policy = RetentionPolicy::default();
    for language in Language::ALL {
        let sections = notice.sections(language);
        let told = sections.map(|(_, text)| text).join("\n");
        for retention in [Retention::Member, Retention::Transaction] {
            let figure = retention.period(&policy, language);
            assert!(
                told.contains(&figure),
                "{retention:?}: {figure} is not in {told}"
            );
        }
    }
}

/// The same figures stand in the README.
#[test]
fn the_readme_names_every_figure() {
    let readme = include_str!("../../../../README.md").replace('\n', " ");
    let policy = RetentionPolicy::default();
    for (retention, what) in [
        (Retention::Member, "member data {} after the last purchase"),
        (Retention::Transaction, "purchases {}"),
        (Retention::Service, "requests and complaints {}"),
        (Retention::Identity, "identity numbers {}"),
        (Retention::Logins, "log-ins {}"),
    ] {
        let figure = retention.period(&policy, Language::En);
        let told = what.replace("{}", &figure);
        assert!(readme.contains(&told), "{told}");
    }
}

#[test]
fn a_record_tells_no_value_that_is_withheld_and_prints_none() {
    let mut record = Record::new();
    told!(record, Secrets { a => PinVerifier: a, b => Duplicate: b, c => Name: c; } = Secrets { a: "argon", b: true, c: "王小明" });
    assert_eq!(record.value(Field::PinVerifier), Some(&Value::Withheld));
    assert_eq!(record.value(Field::Duplicate), Some(&Value::Withheld));
    let printed = format!("{record:?} {:?}", record.value(Field::Name));
    assert!(!printed.contains('王'), "{printed}");
    let masked = record.masked(&|mask, text| mask.apply(text));
    assert_eq!(masked.value(Field::Name), Some(&Value::from("王＊＊")));
}

struct Secrets {
    a: &'static str,
    b: bool,
    c: &'static str,
}
