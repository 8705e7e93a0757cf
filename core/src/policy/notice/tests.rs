//! Notice files, good and bad: what is shown and hashed, and which line and name is told where a file does not load.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use super::*;

const DEMO: &str = include_str!("../../../../fixtures/notices/demo.toml");

/// Line, code and name of every fault.
fn faults(text: &str) -> Vec<(u32, &'static str, String)> {
    let faults = Notice::parse(text).err().unwrap_or_default();
    faults
        .into_iter()
        .map(|fault| (fault.line, fault.code.as_str(), fault.name))
        .collect()
}

/// The demo notice with the first occurrence of a text replaced.
fn demo_with(from: &str, to: &str) -> String {
    assert!(DEMO.contains(from), "{from}");
    DEMO.replacen(from, to, 1)
}

/// The line on which a text first stands.
fn line_of(text: &str, wanted: &str) -> u32 {
    let before = &text[..text.find(wanted).unwrap()];
    u32::try_from(before.matches('\n').count())
        .unwrap()
        .saturating_add(1)
}

/// Everything there is to show.
fn everything() -> Vec<Shown> {
    let mut all = vec![Shown::Notice, Shown::Advice];
    all.extend(AgreementKind::ALL.map(Shown::Agreement));
    all.extend(Purpose::OPTIONAL.map(Shown::Consent));
    all
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

#[test]
fn the_demo_notice_shows_seven_sections_in_both_languages() {
    let notice = demo();
    assert_eq!(notice.version(), "2017.1");
    assert_eq!(notice.agreement_version(AgreementKind::Member), "M-2017.1");
    assert_eq!(
        notice.agreement_version(AgreementKind::PointsCard),
        "P-2017.1"
    );
    for language in Language::ALL {
        let shown = notice.shown(Shown::Notice, language);
        let sections = notice.sections(language);
        assert_eq!(sections.len(), 7);
        let mut rest = shown.as_str();
        for (name, (heading, text)) in SectionName::ALL.into_iter().zip(sections) {
            assert_eq!(heading, name.heading(language));
            assert!(!text.is_empty(), "{heading}");
            let part = format!("\n\n{heading}\n{text}");
            let at = rest.find(&part).unwrap_or_else(|| panic!("{heading}"));
            rest = &rest[at + part.len()..];
        }
        assert_eq!(rest, "", "nothing comes after the last section");
    }
}

#[test]
fn what_is_shown_has_the_hash_that_another_program_computed_from_the_file() {
    // Python: tomllib for the file, str.strip for the texts, the titles and headings written out, hashlib.sha256.
    let notice = demo();
    let check = |what, language, expected: &str| {
        assert_eq!(hex(&notice.text_hash(what, language)), expected, "{what:?}");
    };
    check(
        Shown::Notice,
        Language::Zh,
        "dbf9993ef29201e34c7d5d141bf3c4990f84c1b2e7248ff19e78c1f7143d9d07",
    );
    check(
        Shown::Notice,
        Language::En,
        "bd6099d351d661bd21d3b43376699e78c7c8f51771bf71c90bc8ca4c59b9b939",
    );
    let member = Shown::Agreement(AgreementKind::Member);
    check(
        member,
        Language::Zh,
        "1704dc638ba4c12fce44c9319c4533ddd8e8b478d3d6cd61aac4be6a7e201117",
    );
    check(
        member,
        Language::En,
        "b45250d326758f1fa8ae0c1c210bf75c092ea9a19cea872d5c5658b5a5aad2cd",
    );
    let mail = Shown::Consent(Purpose::DirectMail);
    check(
        mail,
        Language::Zh,
        "6ac5bb8baa553a238c7d35d53a72a31575d2f26eaf6bdc356089505ca57f231c",
    );
    check(
        mail,
        Language::En,
        "cb8a77558b5be438e24365d420c4a125eb488378b809a588206291c06d820299",
    );
    check(
        Shown::Advice,
        Language::En,
        "c2dc52a6f3d1fc6f9b172929b16805494f86dbe5dbfe55a6066839082d5c3d94",
    );
}

#[test]
fn every_text_has_a_hash_of_its_own_and_a_changed_word_changes_its_hash_alone() {
    let hashes = |notice: &Notice| {
        let all = everything().into_iter();
        let both = all.flat_map(|what| Language::ALL.map(|language| (what, language)));
        both.map(|(what, language)| notice.text_hash(what, language))
            .collect::<Vec<_>>()
    };
    let before = hashes(&demo());
    let distinct: BTreeSet<_> = before.iter().collect();
    assert_eq!(distinct.len(), 14);

    let changed = Notice::parse(&demo_with("我同意示范超市分析", "我同意示范商店分析")).unwrap();
    let after = hashes(&changed);
    let differ: Vec<_> = (0..14).filter(|at| before[*at] != after[*at]).collect();
    assert_eq!(differ, [12], "the Chinese consent to analysis");
    assert_eq!(
        demo().text_hash(Shown::Consent(Purpose::Membership), Language::Zh),
        demo().text_hash(Shown::Notice, Language::Zh),
    );
}

#[test]
fn the_way_an_editor_ends_its_lines_changes_no_hash() {
    let dos = Notice::parse(&DEMO.replace('\n', "\r\n")).unwrap();
    assert_eq!(dos, demo());
}

#[test]
fn languages_are_told_by_their_tags() {
    let check = |tags: &[&str], expected| {
        for tag in tags {
            assert_eq!(Language::of_tag(tag), expected, "{tag}");
        }
    };
    check(&["zh", "zh-CN", "ZH-cn"], Some(Language::Zh));
    check(&["en", "en-GB", "EN", "en-US-x"], Some(Language::En));
    check(&["", "en-", "eng", "zh-TW", "zh_CN", "fr", "中文"], None);
    for language in Language::ALL {
        assert_eq!(Language::of_tag(language.tag()), Some(language));
    }
    let stored = Language::ALL.map(|language| postcard::to_stdvec(&language).unwrap());
    assert_eq!(stored, [vec![0], vec![1]], "stored places never change");
}

#[test]
fn every_bad_notice_is_refused_with_its_line_code_and_name() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/notices/bad");
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let expected = match name.as_str() {
            "no-retention" => vec![(1, "missing_key", "retention")],
            "no-english-rights" => {
                vec![(line_of(&text, "[rights]"), "missing_key", "rights.en")]
            }
            "no-analysis-consent" => {
                // The group has no header of its own: its first table has the line.
                let line = line_of(&text, "[consent.marketing]");
                vec![(line, "missing_key", "consent.analysis")]
            }
            "no-points-card" => {
                let line = line_of(&text, "[agreement.member]");
                vec![(line, "missing_key", "agreement.points_card")]
            }
            "no-advice" => vec![(1, "missing_key", "advice")],
            "unknown-section" => vec![
                (1, "missing_key", "contact"),
                (line_of(&text, "[contacts]"), "unknown_key", "contacts"),
            ],
            "membership-consent" => {
                let line = line_of(&text, "[consent.membership]");
                vec![(line, "unknown_key", "consent.membership")]
            }
            "empty-text" => {
                let line = line_of(&text, "[recipients]") + 1;
                vec![(line, "bad_text", "recipients.zh")]
            }
            "not-toml" => vec![(line_of(&text, "[advice"), "syntax", "")],
            "three-faults" => vec![
                (1, "missing_key", "purposes"),
                (3, "bad_text", "version"),
                (line_of(&text, "zh = 1"), "wrong_type", "recipients.zh"),
            ],
            other => panic!("no one says what is wrong with {other}"),
        };
        let expected = expected
            .into_iter()
            .map(|(line, code, name)| (line, code, name.to_owned()));
        assert_eq!(faults(&text), expected.collect::<Vec<_>>(), "{name}");
        found.insert(name, text);
    }
    assert_eq!(found.len(), 10);
}

#[test]
fn a_fault_is_told_in_both_languages_with_the_nearest_known_key() {
    let text = demo_with("[contact]", "[contacts]");
    let faults = Notice::parse(&text).unwrap_err();
    let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
    let line = line_of(&text, "[contacts]");
    assert_eq!(
        told,
        [
            "1: missing_key: 缺少“contact”：联系方式 / `contact` is missing: whom a customer may ask"
                .to_owned(),
            format!(
                "{line}: unknown_key: 没有“contacts”这一项；最接近的是“contact” / there is no key `contacts`; the nearest known one is `contact`"
            ),
        ]
    );
}

#[test]
fn nothing_that_must_be_there_may_be_left_out() {
    // Every key of the demo is taken out once; none of the files left over loads, and each says what is missing.
    let mut document: toml_edit::DocumentMut = DEMO.parse().unwrap();
    let mut paths: Vec<Vec<String>> = Vec::new();
    for (key, item) in document.as_table() {
        paths.push(vec![key.to_owned()]);
        let inner = item.as_table_like().map(|table| table.iter());
        for (second, item) in inner.into_iter().flatten() {
            paths.push(vec![key.to_owned(), second.to_owned()]);
            let inner = item.as_table_like().map(|table| table.iter());
            for (third, _) in inner.into_iter().flatten() {
                paths.push(vec![key.to_owned(), second.to_owned(), third.to_owned()]);
            }
        }
    }
    assert_eq!(paths.len(), 2 + 7 * 3 + 1 + 2 * 4 + 1 + 3 * 3 + 3);
    for path in paths {
        let whole = document.clone();
        let (last, parents) = path.split_last().unwrap();
        let mut table: &mut dyn toml_edit::TableLike = document.as_table_mut();
        for parent in parents {
            table = table.get_mut(parent).unwrap().as_table_like_mut().unwrap();
        }
        table.remove(last);
        let found = faults(&document.to_string());
        let found: Vec<_> = found
            .iter()
            .map(|(_, code, name)| (*code, name.as_str()))
            .collect();
        assert_eq!(found, [("missing_key", path.join(".").as_str())]);
        document = whole;
    }
}

#[test]
fn versions_and_texts_are_held_to_their_bounds() {
    let version = |version: &str| faults(&demo_with("version = \"2017.1\"", version)).len();
    let long = "v".repeat(32);
    assert_eq!(version(&format!("version = \"{long}\"")), 0);
    assert_eq!(version(&format!("version = \"{long}v\"")), 1);
    assert_eq!(version("version = \"\""), 1);
    assert_eq!(version("version = \"2017 1\""), 1);
    assert_eq!(version("version = \"二〇一七\""), 1);
    assert_eq!(version("version = 2017"), 1);

    let line = "我们使用您的信息，只为向您提供会员服务：";
    let text = |text: &str| faults(&demo_with(line, text)).len();
    let used = demo().sections(Language::Zh)[0].1.len() - line.len();
    assert_eq!(text(&"a".repeat(20_000 - used)), 0);
    assert_eq!(text(&"a".repeat(20_001 - used)), 1);
    assert_eq!(text("a\\tb"), 1, "a tab");
    assert_eq!(text("\\u0000"), 1, "a control character");

    let schema = |schema: &str| {
        let faults = faults(&demo_with("schema = 1", schema));
        faults.first().map(|(_, code, _)| *code)
    };
    assert_eq!(schema("schema = 2"), Some("out_of_range"));
    assert_eq!(schema("schema = \"1\""), Some("wrong_type"));
    assert_eq!(
        faults(&"#".repeat(1_000_001)),
        [(1, "syntax", String::new())]
    );
    assert!(!faults("").is_empty());
    assert!(!faults("purposes = 1\nconsent = []\nagreement = [[1]]").is_empty());
}
