//! Files and variables, what they mean, and every fault with its place.

mod copies;
mod messages;
mod visits;

use jifen::policy::retention::{Figure, RetentionPolicy};

use super::*;

/// The settings of a file in `/etc/jifen` under these variables.
fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<Fault>> {
    let variables = variables
        .iter()
        .map(|(name, value)| (OsString::from(name), OsString::from(value)));
    Settings::parse(text, Path::new("/etc/jifen"), variables)
}

/// The faults, a line each: where, code, and the English sentence.
fn check(text: &str, variables: &[(&str, &str)], expected: &[&str]) {
    let faults = parse(text, variables).err().unwrap_or_default();
    let told: Vec<String> = faults
        .iter()
        .map(|fault| format!("{} {} {}", fault.place, fault.code, fault.en))
        .collect();
    assert_eq!(told.len(), expected.len(), "{text}\n{told:#?}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{text}\n{told}\n{expected}");
    }
    for fault in &faults {
        assert!(!fault.zh.is_ascii(), "{fault:?}");
    }
}

#[test]
fn without_a_file_everything_has_its_default() {
    let settings = parse("", &[]).unwrap();
    let expected = Settings {
        data: "/etc/jifen/jifen-data".into(),
        keys: "/etc/jifen/jifen-keys".into(),
        programme: None,
        notice: None,
        screen_listen: "127.0.0.1:8080".parse().unwrap(),
        edge_listen: "127.0.0.1:8081".parse().unwrap(),
        edge_names: None,
        edge_connections: 1_024,
        review: Review::None,
        till_prefix: Prefix::default(),
        second_person_above: Points::new(1_000).unwrap(),
        password_days: 90,
        store: None,
        audit_second: None,
        backup: Backups {
            recipient: None,
            targets: Vec::new(),
            keep_days: 35,
        },
        escrow: Escrow {
            custodians: None,
            targets: Vec::new(),
        },
        messages: None,
        retention: RetentionPolicy::default(),
        patience: Patience::default(),
    };
    assert_eq!(settings, expected);
}

/// The law's figures are the most (X-22): a longer one does not load.
#[test]
fn a_record_may_be_kept_shorter_and_never_longer() {
    let settings = parse(
        "[audit]\nlogin_days = 31\n[retention]\nsales_months = 24\nidentity_days = 1\n",
        &[("JIFEN_RETENTION_INACTIVE_MONTHS", "12")],
    );
    let kept = settings.unwrap().retention;
    for (figure, value) in [
        (Figure::Logins, 31),
        (Figure::Sales, 24),
        (Figure::Journal, 60),
        (Figure::Inactive, 12),
        (Figure::Notice, 30),
        (Figure::Identity, 1),
        (Figure::Tickets, 24),
    ] {
        assert_eq!(kept.of(figure), value, "{figure:?}");
    }
    for (key, too_long) in [
        ("sales_months", 61),
        ("sales_months", 11),
        ("journal_months", 61),
        ("inactive_months", 37),
        ("notice_days", 29),
        ("identity_days", 31),
        ("identity_days", 0),
        ("tickets_months", 25),
    ] {
        let text = format!("[retention]\n{key} = {too_long}\n");
        check(&text, &[], &["2 out_of_range"]);
    }
    check("[audit]\nlogin_days = 29\n", &[], &["2 out_of_range"]);
    check("[retention]\nsale_months = 60\n", &[], &["2 unknown_key"]);
}

#[test]
fn a_file_says_everything_and_paths_are_relative_to_it() {
    let text = r#"
data = "../data"
keys = "/var/keys"
programme = "p.toml"
notice = "n.toml"

[screen]
listen = "[::1]:80"

[edge]
listen = "127.0.0.2:0"
names = ["Jifen.Local:8081", "127.0.0.1"]
connections = 16

[registration]
review = "phone_code"

[till]
prefix = "07"

[adjust]
second_person_above = 0

[messages]
folder = "messages"
[staff]
password_days = 30
store = "north"
"#;
    let settings = parse(text, &[]).unwrap();
    assert_eq!(settings.data, Path::new("/etc/jifen/../data"));
    assert_eq!(settings.keys, Path::new("/var/keys"));
    assert_eq!(settings.programme.unwrap(), Path::new("/etc/jifen/p.toml"));
    assert_eq!(settings.notice.unwrap(), Path::new("/etc/jifen/n.toml"));
    assert_eq!(settings.screen_listen, "[::1]:80".parse().unwrap());
    assert_eq!(settings.edge_listen, "127.0.0.2:0".parse().unwrap());
    assert_eq!(
        settings.edge_names.as_deref().unwrap(),
        ["jifen.local:8081", "127.0.0.1"]
    );
    assert_eq!(settings.edge_connections, 16);
    assert_eq!(settings.review, Review::PhoneCode);
    assert_eq!(settings.till_prefix, Prefix::parse("07").unwrap());
    assert_eq!(settings.second_person_above, Points::ZERO);
    assert_eq!(
        settings.messages.as_deref().unwrap(),
        Path::new("/etc/jifen/messages")
    );
    assert_eq!(settings.password_days, 30);
    assert_eq!(settings.store.as_deref(), Some("north"));

    let dotted = parse("edge.connections = 99\nedge = { }", &[]);
    assert!(dotted.is_err());
    let dotted = parse(
        "edge.connections = 99\nregistration = { review = \"staff\" }",
        &[],
    )
    .unwrap();
    assert_eq!(
        (dotted.edge_connections, dotted.review),
        (99, Review::Staff)
    );
}

#[test]
fn a_variable_overrides_the_file_fault_and_all() {
    let text = "data = \"a\"\nedge.connections = \"many\"\n";
    let settings = parse(
        text,
        &[
            ("JIFEN_DATA", "b"),
            ("JIFEN_EDGE_CONNECTIONS", "64"),
            ("JIFEN_EDGE_NAMES", "a.example, B.example:81"),
            ("JIFEN_TILL_PREFIX", "92"),
            ("JIFEN_ADJUST_SECOND_PERSON_ABOVE", "5"),
            ("JIFEN_LANG", "zh"),
            ("JIFEN_LOG", "debug"),
            ("JIFEN_SETTINGS", "x"),
            ("JIFENX", "1"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(settings.data, Path::new("/etc/jifen/b"));
    assert_eq!(settings.edge_connections, 64);
    assert_eq!(settings.edge_names.unwrap(), ["a.example", "b.example:81"]);
    assert_eq!(settings.till_prefix, Prefix::parse("92").unwrap());
    assert_eq!(settings.second_person_above, Points::new(5).unwrap());
}

#[test]
fn every_key_has_a_variable_of_its_own() {
    let names: std::collections::BTreeSet<String> =
        KEYS.iter().map(|key| given::variable_of(key)).collect();
    assert_eq!(names.len(), KEYS.len());
    assert!(names.contains("JIFEN_EDGE_LISTEN") && names.contains("JIFEN_DATA"));
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    check(
        "dta = \"x\"",
        &[],
        &["1 unknown_key there is no key `dta`; the nearest known one is `data`"],
    );
    check(
        "\n[edge]\nlisen = \"127.0.0.1:1\"",
        &[],
        &["3 unknown_key there is no key `edge.lisen`; the nearest known one is `edge.listen`"],
    );
    check(
        "[egde]\nlisten = \"127.0.0.1:1\"",
        &[],
        &["2 unknown_key there is no key `egde.listen`; the nearest known one is `edge.listen`"],
    );
    check(
        "[egde]\n[screen]\n",
        &[],
        &["1 unknown_key there is no key `egde`"],
    );
    check(
        "[[edge]]\nlisten = 1",
        &[],
        &["1 wrong_type `edge` is a table"],
    );
    check("edge = 1", &[], &["1 wrong_type `edge` is a table"]);
    check(
        "edge.listen.port = 1",
        &[],
        &["1 wrong_type `edge.listen`: it is a string; here is a table"],
    );
    // Keys of later versions are not known yet.
    let later = "edge.tls = \"files\"\nedge.proxy = \"x\"\ntill.offline_redeem = 1\naudit.keep = 30\nbackup.every = \"day\"\nescrow.every = \"hour\"";
    check(
        later,
        &[],
        &[
            "1 unknown_key",
            "2 unknown_key",
            "3 unknown_key",
            "4 unknown_key",
            "5 unknown_key",
            "6 unknown_key",
        ],
    );
    check(
        "",
        &[("JIFEN_EDGE_LISTN", "x"), ("JIFEN_LANGUAGE", "zh")],
        &[
            "JIFEN_EDGE_LISTN unknown_variable there is no variable `JIFEN_EDGE_LISTN`; the nearest known one is `JIFEN_EDGE_LISTEN`",
            "JIFEN_LANGUAGE unknown_variable there is no variable `JIFEN_LANGUAGE`; the nearest known one is `JIFEN_LANG`",
        ],
    );
}

#[test]
fn a_value_that_cannot_be_meant_is_refused_at_its_line() {
    check("data = ", &[], &["1 syntax not valid TOML"]);
    check("a = 1\na = 1", &[], &["2 syntax not valid TOML"]);
    check(
        &format!("#{}", "x".repeat(100_000)),
        &[],
        &["1 syntax the file is longer"],
    );
    check(
        "data = 5",
        &[],
        &["1 wrong_type `data`: it is a string; here is a whole number"],
    );
    check("data = \"\"", &[], &["1 bad_text"]);
    check("data = \"a\\u0000b\"", &[], &["1 bad_text"]);
    check(
        "\nedge.connections = 15",
        &[],
        &["2 out_of_range `edge.connections`: it is 16 to 65536"],
    );
    check("edge.connections = 65537", &[], &["1 out_of_range"]);
    check(
        "edge.connections = 64.0",
        &[],
        &["1 wrong_type `edge.connections`: it is a whole number; here is a decimal"],
    );
    check("edge.connections = \"64\"", &[], &["1 wrong_type"]);
    check("edge.names = []", &[], &["1 out_of_range"]);
    check("edge.names = \"a\"", &[], &["1 wrong_type"]);
    check("edge.names = [1]", &[], &["1 wrong_type"]);
    check(
        "edge.names = [\"http://a\", \"b/c\", \"a@b\", \"\", \"a b\"]",
        &[],
        &["1 unreadable"; 5],
    );
    check(
        "registration.review = \"nobody\"",
        &[],
        &[
            "1 unknown_word `registration.review`: there is no word `nobody`; it is one of none, staff, phone_code",
        ],
    );
    check("registration.review = false", &[], &["1 wrong_type"]);
    for prefix in ["9", "999", "9a", "９９", "-1", " 9"] {
        check(
            &format!("till.prefix = \"{prefix}\""),
            &[],
            &["1 unreadable `till.prefix`"],
        );
    }
    check("till.prefix = 99", &[], &["1 wrong_type"]);
    // Ranges of bank cards are not for members' cards.
    check("till.prefix = \"62\"", &[], &["1 prefix_taken"]);
    check("adjust.second_person_above = -1", &[], &["1 out_of_range"]);
    for listen in [
        "8080",
        "127.0.0.1",
        "localhost:80",
        "127.0.0.1:65536",
        ":80",
    ] {
        check(
            &format!("screen.listen = \"{listen}\""),
            &[],
            &["1 unreadable `screen.listen`"],
        );
    }
    check(
        "",
        &[("JIFEN_EDGE_CONNECTIONS", "x")],
        &["JIFEN_EDGE_CONNECTIONS wrong_type"],
    );
    check(
        "",
        &[("JIFEN_EDGE_NAMES", "")],
        &["JIFEN_EDGE_NAMES unreadable"],
    );
    check("", &[("JIFEN_DATA", "")], &["JIFEN_DATA bad_text"]);
}

/// SEC-03
#[test]
fn no_listener_leaves_this_machine_without_encryption() {
    for address in [
        "0.0.0.0:80",
        "192.0.2.7:80",
        "[::]:80",
        "[::ffff:127.0.0.1]:80",
    ] {
        check(
            &format!("screen.listen = \"{address}\""),
            &[],
            &["1 screen_off_loopback"],
        );
        check(
            &format!("edge.listen = \"{address}\""),
            &[],
            &["1 plain_http_off_loopback"],
        );
        check(
            "",
            &[("JIFEN_EDGE_LISTEN", address)],
            &["JIFEN_EDGE_LISTEN plain_http_off_loopback"],
        );
    }
    check(
        "edge.listen = \"127.0.0.1:8080\"",
        &[],
        &["1 contradiction"],
    );
    check(
        "edge.listen = \"127.0.0.1:0\"\nscreen.listen = \"127.0.0.1:0\"",
        &[],
        &[],
    );
}

#[test]
fn every_fault_is_named_at_once() {
    check(
        "dta = 1\nkeys = 2\n[edge]\nlisten = \"0.0.0.0:1\"\nconnections = 1\n[till]\nprefix = \"x\"",
        &[("JIFEN_NOTICE", ""), ("JIFEN_X", "")],
        &[
            "1 unknown_key",
            "2 wrong_type",
            "4 plain_http_off_loopback",
            "5 out_of_range",
            "7 unreadable",
            "JIFEN_NOTICE bad_text",
            "JIFEN_X unknown_variable",
        ],
    );
}

#[test]
fn the_names_of_the_edge_are_where_it_listens_unless_they_are_set() {
    let names =
        |text: &str, bound: &str| parse(text, &[]).unwrap().edge_names(bound.parse().unwrap());
    assert_eq!(names("", "127.0.0.1:8081"), ["127.0.0.1:8081"]);
    assert_eq!(names("", "127.0.0.1:80"), ["127.0.0.1"]);
    assert_eq!(names("", "[::1]:80"), ["[::1]"]);
    assert_eq!(names("", "[::1]:8081"), ["[::1]:8081"]);
    assert_eq!(names("edge.names = [\"A:1\"]", "127.0.0.1:8081"), ["a:1"]);
}
