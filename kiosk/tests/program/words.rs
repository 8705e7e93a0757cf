//! Help, languages, exit codes of wrong calls, and a reader who leaves early.

use std::process::Stdio;

use crate::caller::{Place, Said, YEAR, has_chinese};

const COMMANDS: &[&str] = &[
    "",
    "demo",
    "replay",
    "verify",
    "programme",
    "programme check",
    "explain",
    "explain member",
    "explain sale",
    "explain liability",
    "backup",
    "restore",
    "drill",
    "escrow",
    "restore-keys",
    "sweep",
    "staff",
    "staff add",
    "staff block",
    "staff password",
    "staff grant",
];

#[test]
fn every_command_has_help_with_an_example_in_both_languages() {
    let place = Place::new();
    for command in COMMANDS {
        let english = place.jifen(&format!("{command} --help"));
        english.ends(0);
        assert!(
            english.out.contains("Example"),
            "{command}: {}",
            english.out
        );
        let name = command.split(' ').next_back().unwrap();
        assert!(
            english.out.contains(&format!(" {name}")),
            "{command}: {}",
            english.out
        );
        assert!(!has_chinese(&english.out), "{command}: {}", english.out);

        let chinese = place.jifen(&format!("{command} --help --lang zh"));
        chinese.ends(0);
        assert!(chinese.out.contains("示例"), "{command}: {}", chinese.out);
        for word in [
            "Usage",
            "Options",
            "Arguments",
            "Commands",
            "Print",
            "Example",
        ] {
            assert!(
                !chinese.out.contains(word),
                "{command}: {word}: {}",
                chinese.out
            );
        }
        assert!(
            has_chinese(chinese.out.lines().next().unwrap()),
            "{command}: {}",
            chinese.out
        );

        let mut call = place.call(&format!("{command} --help"));
        let by_locale = Said::of(&call.env("LANG", "zh_CN.UTF-8").output().unwrap(), command);
        assert_eq!(by_locale.out, chinese.out, "{command}");
        // The flag is the last word, and `LC_ALL` comes before `LANG`.
        let mut call = place.call(&format!("{command} --help --lang en"));
        let flagged = Said::of(&call.env("LANG", "zh_CN.UTF-8").output().unwrap(), command);
        assert_eq!(flagged.out, english.out, "{command}");
        let mut call = place.call(&format!("{command} --help"));
        let all = call.env("LC_ALL", "en_GB.UTF-8").env("LANG", "zh_CN.UTF-8");
        assert_eq!(
            Said::of(&all.output().unwrap(), command).out,
            english.out,
            "{command}"
        );
    }
}

#[test]
fn a_wrong_call_ends_with_two_and_says_how_to_call() {
    let place = Place::new();
    for words in [
        "",
        "frobnicate",
        "programme",
        "programme frobnicate demo.toml",
        "replay",
        "replay small.csv",
        "replay small.csv --programme demo.toml --memory --data data",
        "replay small.csv --programme demo.toml --memory --resume",
        "replay small.csv --programme demo.toml --as-of yesterday",
        "replay small.csv --programme demo.toml --as-of 2017-03-01",
        "verify",
        "explain --data data",
        "explain --data data sale 1 1",
        "demo --lang klingon",
    ] {
        let said = place.jifen(words);
        said.ends(2);
        assert!(
            said.out.is_empty() && (said.err.contains("Usage") || said.err.contains("--help")),
            "{words}: {said:?}"
        );
    }
    assert!(!place.path("data").exists());
}

#[test]
fn the_demonstration_checks_itself_in_both_languages() {
    let place = Place::new();
    let said = place.jifen("demo --exit");
    said.ends(0);
    assert!(
        said.out.ends_with("verify: 0 differences\n"),
        "{}",
        said.out
    );
    for words in ["│ members ", " 40 │", "│ sales of the year ", " 3463 │"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(!has_chinese(&said.out), "{}", said.out);

    let said = place.jifen("--lang zh demo --exit");
    said.ends(0);
    assert!(
        said.out.ends_with("verify: 0 differences\n"),
        "{}",
        said.out
    );
    for words in ["会员", "40 │", "全年交易", "3463 │"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
}

#[test]
fn a_failure_is_said_in_the_language_asked_for_first() {
    let place = Place::new();
    let english = place.jifen("verify --data nowhere");
    english.refuses(1, "no_store");
    let chinese = place.jifen("verify --data nowhere --lang zh");
    let mut lines = english.told();
    lines.swap(1, 2);
    assert_eq!(chinese.told(), lines);
    assert!(
        !place.path("nowhere").exists(),
        "a question makes no folder"
    );
}

#[test]
fn a_reader_who_leaves_early_is_no_panic() {
    let place = Place::new();
    place.replay("small.csv", "--data data");
    for words in [
        "--help",
        "demo --exit",
        "programme check demo.toml",
        "verify --data data",
        "explain --data data member 7",
        "explain --data data liability",
        "replay small.csv --programme demo.toml --data data",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut call = place.call(words);
        let output = call.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = Said::of(&output, words);
        said.ends(1);
    }
    assert_eq!(place.verified(), 7);
}

#[test]
fn the_first_line_of_a_long_answer_can_be_had_alone() {
    let place = Place::new();
    place.write(
        "year.sh",
        format!(
            "{} replay {YEAR} --programme demo.toml --memory | head -1",
            env!("CARGO_BIN_EXE_jifen")
        ),
    );
    let said = Said::of(
        &place.command("sh").arg("year.sh").output().unwrap(),
        "head -1",
    );
    said.ends(0);
    assert!(said.out.starts_with("sales 3463, "), "{said:?}");
}
