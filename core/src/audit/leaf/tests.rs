//! Every act as its line, and the lines that are refused.

use crate::audit::{Act, Handle, Hex32, Text};
use crate::domain::time::Day;

use super::*;

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
fn every_act_has_its_word_and_comes_back() {
    let hash = Hex32::from_bytes([0; 32]);
    let groups = vec![text("core")];
    let word = |word: &str| text(word);
    let acts = [
        (Act::Joined, "joined"),
        (
            Act::Logins {
                day: Day::from_ymd(2017, 3, 1).unwrap(),
                rows: 1,
                hash,
            },
            "logins",
        ),
        (
            Act::Corrected {
                groups: groups.clone(),
            },
            "corrected",
        ),
        (Act::AddressSet, "address_set"),
        (
            Act::ConsentGiven {
                purpose: word("sms"),
            },
            "consent_given",
        ),
        (
            Act::ConsentWithdrawn {
                purpose: word("sms"),
            },
            "consent_withdrawn",
        ),
        (
            Act::Erased {
                bucket: 0,
                epoch: 1,
                groups,
            },
            "erased",
        ),
        (
            Act::Rotated {
                bucket: 255,
                epoch: u64::MAX,
            },
            "rotated",
        ),
        (
            Act::Journal {
                from: 1,
                to: 2,
                rows: 2,
                hash,
            },
            "journal",
        ),
        (
            Act::Restored {
                backup: word("b-1"),
                journal_from: 2,
                journal_to: 1,
            },
            "restored",
        ),
        (
            Act::BackedUp {
                backup: word("b-1"),
                rows: 9,
                hash,
            },
            "backed_up",
        ),
        (
            Act::Drilled {
                backup: word("b-1"),
                differences: 0,
            },
            "drilled",
        ),
        (
            Act::TerminalAdded {
                terminal: word("till-1"),
            },
            "terminal_added",
        ),
        (
            Act::TerminalRevoked {
                terminal: word("till-1"),
            },
            "terminal_revoked",
        ),
        (Act::ProgrammeActivated { hash }, "programme_activated"),
        (
            Act::NoticePublished {
                version: word("3"),
                hash,
            },
            "notice_published",
        ),
        (Act::Adjusted { points: i64::MIN }, "adjusted"),
        (
            Act::Sanctioned {
                state: word("suspended"),
            },
            "sanctioned",
        ),
        (Act::ClockConfirmed, "clock_confirmed"),
        (
            Act::Disclosed {
                recipient: word("printer"),
            },
            "disclosed",
        ),
    ];
    for (act, word) in acts {
        let leaf = leaf(act);
        let line = leaf.line().unwrap();
        assert!(line.contains(&format!(r#""act":"{word}""#)), "{line}");
        assert_eq!(Leaf::parse(&line), Ok(leaf), "{line}");
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
