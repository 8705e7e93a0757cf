//! Templates, script and words as they stand in the tree: nothing in them is inline or from elsewhere, and both languages
//! have the same words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn all(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|of| of == ending) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} {ending}");
    found
}

/// The keys of a language, each with the names of the values that its words take.
fn words(language: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut words = BTreeMap::new();
    for (path, text) in all(&format!("words/{language}"), "ftl") {
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once(" = ").expect(line);
            let values = value.split("{ $").skip(1);
            let values = values.map(|rest| rest.split(' ').next().unwrap().to_owned());
            let before = words.insert(key.to_owned(), values.collect());
            assert!(before.is_none(), "{key} stands twice: {}", path.display());
        }
    }
    words
}

#[test]
fn both_languages_have_the_same_words_and_each_is_used() {
    let (zh, en) = (words("zh-CN"), words("en"));
    assert_eq!(zh, en);
    let used: String = all("pages", "html")
        .into_iter()
        .chain(all("src/pages", "rs"))
        .chain(all("src/words", "rs"))
        .chain(all("src/copies", "rs"))
        .chain(all("src/printer", "rs"))
        .map(|(_, text)| text)
        .collect();
    for key in zh.keys() {
        assert!(
            used.contains(&format!("\"{key}\"")),
            "{key} is used nowhere"
        );
    }
    for asked in used
        .split(".say(\"")
        .skip(1)
        .chain(used.split(".fill(\"").skip(1))
    {
        let key = asked.split('"').next().unwrap();
        assert!(zh.contains_key(key), "{key} has no words");
    }
}

/// The policy of the listeners lets neither run: such a page would be a dead one.
#[test]
fn nothing_in_a_page_is_inline_or_from_elsewhere() {
    for (path, page) in all("pages", "html") {
        for unwanted in [
            "style=",
            "<style",
            " onclick",
            "javascript:",
            "http://",
            "https://",
        ] {
            assert!(!page.contains(unwanted), "{}: {unwanted}", path.display());
        }
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/assets/"), "{}", path.display());
        }
    }
    for (path, script) in all("pages/assets", "js") {
        if super::vendored::is_vendored(&path) {
            continue;
        }
        for unwanted in ["innerHTML", "eval(", "Storage", "document.cookie", ".style"] {
            assert!(!script.contains(unwanted), "{}: {unwanted}", path.display());
        }
    }
}

/// CON-02, CON-03: a field says what it is for, and a box is ticked only where the visit says that a person ticked it.
#[test]
fn every_field_has_a_label_and_no_box_is_ticked_by_the_page() {
    for (path, page) in all("pages", "html") {
        for input in page.split("<input ").skip(1) {
            let tag = input.split('\n').next().unwrap();
            if let Some(id) = tag
                .strip_prefix("id=\"")
                .and_then(|rest| rest.split('"').next())
            {
                let is_labelled = page.contains(&format!("<label for=\"{id}\""))
                    || page.contains(&format!("<label class=\"tick\"><input id=\"{id}\""));
                assert!(is_labelled, "{}: {id}", path.display());
            }
            if let Some((before, _)) = tag.split_once(" checked") {
                assert!(before.ends_with("%}"), "{}: {tag}", path.display());
            }
        }
    }
}
