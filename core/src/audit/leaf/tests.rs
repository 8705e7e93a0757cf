//! Every act as its line, and the lines that are refused.

use super::*;
use crate::audit::{Act, Handle, Hex32, Text};

fn text(text: &str) -> Text {
    Text::new(text).unwrap()
}

fn leaf(act: Act) -> Leaf {
    Leaf {
        seq: 7,
        time: "2017-03-01T12:00:00.5+08:00".parse().unwrap(),
        actor: text("member"),
        role: text("member"),
        device: text("kiosk-1"),
        act,
        subject: None,
        fields: Vec::new(),
        purpose: None,
        basis: None,
        ticket: None,
        result: text("done"),
        commitment: None,
    }
}

#[test]
fn a_leaf_has_one_line_and_the_line_gives_the_leaf() {
    let full = Leaf {
        subject: Some(Handle::from_bytes([0x1f; 16])),
        fields: vec![text("phone"), text("姓名")],
        purpose: Some(text("erasure")),
        basis: Some(text("request")),
        ticket: Some(text("R-\"1\"")),
        commitment: Some(Hex32::from_bytes([0xc0; 32])),
        ..leaf(Act::Erased {
            bucket: 63,
            epoch: 12,
            groups: vec![text("core"), text("history")],
        })
    };
    let expected = format!(
        r#"{{"seq":7,"time":"2017-03-01T04:00:00.500Z","actor":"member","role":"member","device":"kiosk-1","act":"erased","data":{{"bucket":63,"epoch":12,"groups":["core","history"]}},"subject":"{}","fields":["phone","姓名"],"purpose":"erasure","basis":"request","ticket":"R-\"1\"","result":"done","commitment":"{}"}}"#,
        "1f".repeat(16),
        "c0".repeat(32),
    );
    assert_eq!(full.line().unwrap(), expected);
    assert_eq!(Leaf::parse(&expected), Ok(full.clone()));
    assert_eq!(full.hash(), Ok(leaf_hash(expected.as_bytes())));
}

#[test]
fn every_act_is_written_so_for_ever() {
    let hash = Hex32::from_bytes([0xc0; 32]);
    let acts = [
        ("joined", String::new()),
        (
            "logins",
            format!(r#"{{"day":"2017-03-01","rows":1,"hash":"{hash}"}}"#),
        ),
        ("corrected", r#"{"groups":["core"]}"#.to_owned()),
        ("address_set", String::new()),
        ("consent_given", r#"{"purpose":"sms"}"#.to_owned()),
        ("consent_withdrawn", r#"{"purpose":"sms"}"#.to_owned()),
        (
            "erased",
            r#"{"bucket":0,"epoch":1,"groups":["core","history"]}"#.to_owned(),
        ),
        (
            "rotated",
            r#"{"bucket":255,"epoch":18446744073709551615}"#.to_owned(),
        ),
        (
            "journal",
            format!(r#"{{"from":1,"to":2,"rows":2,"hash":"{hash}"}}"#),
        ),
        (
            "restored",
            r#"{"backup":"b-1","journal_from":2,"journal_to":1}"#.to_owned(),
        ),
        (
            "backed_up",
            format!(r#"{{"backup":"b-1","rows":9,"hash":"{hash}"}}"#),
        ),
        ("drilled", r#"{"backup":"b-1","differences":0}"#.to_owned()),
        ("terminal_added", r#"{"terminal":"till-1"}"#.to_owned()),
        ("terminal_revoked", r#"{"terminal":"till-1"}"#.to_owned()),
        ("programme_activated", format!(r#"{{"hash":"{hash}"}}"#)),
        (
            "notice_published",
            format!(r#"{{"version":"3","hash":"{hash}"}}"#),
        ),
        ("adjusted", r#"{"points":-9223372036854775808}"#.to_owned()),
        ("sanctioned", r#"{"state":"suspended"}"#.to_owned()),
        ("clock_confirmed", String::new()),
        ("disclosed", r#"{"recipient":"printer"}"#.to_owned()),
    ];
    let line = leaf(Act::Joined).line().unwrap();
    for (word, data) in acts {
        let data = if data.is_empty() {
            data
        } else {
            format!(r#","data":{data}"#)
        };
        let line = line.replacen(r#""act":"joined""#, &format!(r#""act":"{word}"{data}"#), 1);
        let found = Leaf::parse(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
        // The word is the variant's own: two acts do not share one.
        let name = format!("{:?}", found.act).to_lowercase();
        assert!(name.starts_with(&word.replace('_', "")), "{word}: {name}");
    }
}

#[test]
fn another_way_to_write_the_same_leaf_is_refused() {
    let line = leaf(Act::TerminalAdded {
        terminal: text("till-1"),
    })
    .line()
    .unwrap();
    assert!(Leaf::parse(&line).is_ok());
    let head = r#"{"seq":7,"time":"2017-03-01T04:00:00.500Z""#;
    assert!(line.starts_with(head));
    for (from, to) in [
        (r#""seq":7"#, r#""seq": 7"#),
        (r#""seq":7"#, r#""seq":7.0"#),
        (r#""seq":7"#, r#""seq":07"#),
        (r#""seq":7"#, r#""seq":-7"#),
        (r#""seq":7"#, r#""seq":7,"note":"new""#),
        (r#""seq":7"#, r#""seq":7,"subject":null"#),
        (head, r#"{"time":"2017-03-01T04:00:00.500Z","seq":7"#),
        (".500Z", ".5Z"),
        (".500Z", ".500+00:00"),
        (".500Z", ".500500Z"),
        ("04:00:00.500Z", "12:00:00.500+08:00"),
        ("2017", "1917"),
        ("kiosk-1", r"kiosk\u002d1"),
        ("kiosk-1", r"kiosk\n1"),
        ("terminal_added", "terminal_made"),
        (r#","data":{"terminal":"till-1"}"#, ""),
        (r#""terminal":"till-1""#, r#""terminal":"till-1","more":1"#),
        (r#""fields":[]"#, r#""fields":null"#),
        (r#""result":"done""#, r#""result":"done","result":"done""#),
        (r#""result":"done""#, r#""result":"done","ticket":"t""#),
        (r#""result":"done"}"#, r#""result":"done"} "#),
        (r#""result":"done"}"#, r#""result":"done"}{}"#),
        (r#","result":"done""#, ""),
    ] {
        let changed = line.replacen(from, to, 1);
        assert_ne!(changed, line, "{from}");
        let found = Leaf::parse(&changed);
        assert!(
            matches!(
                found,
                Err(LeafError::NotCanonical | LeafError::Unreadable(_))
            ),
            "{changed}: {found:?}"
        );
    }
    assert!(matches!(Leaf::parse(""), Err(LeafError::Unreadable(_))));
}

#[test]
fn what_is_too_long_or_out_of_time_has_no_line() {
    let long = text(&"a".repeat(256));
    let mut leaf = leaf(Act::Joined);
    leaf.fields = vec![long; 252];
    assert!(leaf.line().is_ok());
    leaf.fields.extend(leaf.fields.clone());
    assert_eq!(leaf.line(), Err(LeafError::TooLong));
    assert_eq!(
        Leaf::parse(&" ".repeat(LINE_MAX + 1)),
        Err(LeafError::TooLong)
    );
    leaf.fields.clear();
    leaf.time = Moment::from_millis(-1);
    assert!(matches!(leaf.line(), Err(LeafError::Unreadable(_))));
}

#[test]
fn every_refusal_has_a_code_and_both_languages() {
    let all = [
        LeafError::Unreadable("x".to_owned()),
        LeafError::NotCanonical,
        LeafError::TooLong,
        LeafError::TextTooLong,
        LeafError::ControlCharacter,
        LeafError::NotHex,
    ];
    let mut codes: Vec<_> = all.iter().map(LeafError::code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
    for error in all {
        assert!(!error.zh().is_ascii() && error.en().is_ascii(), "{error:?}");
    }
}
