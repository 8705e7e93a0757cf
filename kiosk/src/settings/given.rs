//! What was given, before it is understood: the file's keys by their dotted names, each with its line, and over them the
//! variables of the environment. A name that is not known is refused here, with the nearest one that is.

use core::ops::Range;
use std::collections::BTreeMap;
use std::ffi::OsString;

use toml_edit::{Document, Item, TableLike, Value};

use super::fault::{Fault, Place};

/// The longest file, in bytes.
const TEXT_MAX: usize = 100_000;
/// What every variable of ours begins with.
const PREFIX: &str = "JIFEN_";
/// Variables that are no settings: the language, the log's filter, and where the file is.
const OTHER_VARIABLES: [&str; 3] = ["JIFEN_LANG", "JIFEN_LOG", super::VARIABLE];

/// One value as it was given.
#[derive(Clone, Debug)]
pub(super) struct Given {
    pub(super) place: Place,
    pub(super) value: Raw,
}

/// What a value is, as far as its writing tells.
#[derive(Clone, Debug)]
pub(super) enum Raw {
    /// A string of the file.
    Text(String),
    /// A whole number of the file.
    Whole(i64),
    /// A list of strings in the file.
    List(Vec<String>),
    /// From a variable: what it is depends on the key.
    Variable(String),
    /// Something that no setting is, by its name in both languages.
    Other(&'static str, &'static str),
}

/// All that was given, by dotted name.
#[derive(Debug, Default)]
pub(super) struct Gift {
    pub(super) values: BTreeMap<&'static str, Given>,
    pub(super) faults: Vec<Fault>,
}

impl Gift {
    pub(super) fn fault(
        &mut self,
        place: Place,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        let (zh, en) = (zh.into(), en.into());
        self.faults.push(Fault {
            place,
            code,
            zh,
            en,
        });
    }

    /// Takes a file's text.
    pub(super) fn take_file(&mut self, text: &str, keys: &[&'static str]) {
        if TEXT_MAX < text.len() {
            let (zh, en) = (
                "文件超过 100,000 字节",
                "the file is longer than 100,000 bytes",
            );
            self.fault(Place::Line(1), "syntax", zh, en);
            return;
        }
        match Document::parse(text) {
            Ok(document) => self.take_table(text, "", document.as_table(), keys),
            Err(error) => {
                let (line, why) = (line_of(text, error.span()), error.message());
                let zh = format!("不是有效的 TOML：{why}");
                self.fault(
                    Place::Line(line),
                    "syntax",
                    zh,
                    format!("not valid TOML: {why}"),
                );
            }
        }
    }

    fn take_table(
        &mut self,
        text: &str,
        above: &str,
        table: &dyn TableLike,
        keys: &[&'static str],
    ) {
        for (key, item) in table.iter() {
            let name = if above.is_empty() {
                key.to_owned()
            } else {
                format!("{above}.{key}")
            };
            let span = table.key(key).and_then(toml_edit::Key::span);
            let place = Place::Line(line_of(text, span.or_else(|| item.span())));
            let within = item.as_table_like();
            let is_above = keys.iter().any(|known| is_below(known, &name));
            if let Some(known) = keys.iter().find(|known| **known == name) {
                let value = raw(item);
                self.values.insert(known, Given { place, value });
            } else if let Some(within) = within.filter(|within| is_above || !within.is_empty()) {
                self.take_table(text, &name, within, keys);
            } else if is_above {
                let zh = format!("“{name}”应为表");
                self.fault(place, "wrong_type", zh, format!("`{name}` is a table"));
            } else {
                let near = nearest(&name, keys);
                let zh = format!("没有“{name}”这一项；最接近的是“{near}”");
                let en = format!("there is no key `{name}`; the nearest known one is `{near}`");
                self.fault(place, "unknown_key", zh, en);
            }
        }
    }

    /// Takes the variables that are ours. Each overrides the file.
    pub(super) fn take_variables(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
        keys: &[&'static str],
    ) {
        let known: Vec<String> = keys.iter().map(|key| variable_of(key)).collect();
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            if !name.starts_with(PREFIX) || OTHER_VARIABLES.contains(&name.as_str()) {
                continue;
            }
            let place = Place::Variable(name.clone());
            let key = keys.iter().zip(&known).find(|(_, known)| **known == name);
            let Some((key, _)) = key else {
                let known = known.iter().map(String::as_str).chain(OTHER_VARIABLES);
                let near = nearest(&name, &known.collect::<Vec<_>>()).to_owned();
                let zh = format!("没有“{name}”这个变量；最接近的是“{near}”");
                let en =
                    format!("there is no variable `{name}`; the nearest known one is `{near}`");
                self.fault(place, "unknown_variable", zh, en);
                continue;
            };
            match value.into_string() {
                Ok(value) => {
                    let value = Raw::Variable(value);
                    self.values.insert(key, Given { place, value });
                }
                Err(_) => self.fault(place, "bad_text", "不是 UTF-8 文本", "it is not UTF-8"),
            }
        }
    }
}

/// Whether a key lies in a table.
fn is_below(key: &str, table: &str) -> bool {
    key.strip_prefix(table)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// The variable that overrides a key.
pub(super) fn variable_of(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "_").to_ascii_uppercase())
}

fn raw(item: &Item) -> Raw {
    let Some(value) = item.as_value() else {
        return Raw::Other("表", "a table");
    };
    match value {
        Value::String(text) => Raw::Text(text.value().clone()),
        Value::Integer(whole) => Raw::Whole(*whole.value()),
        Value::Float(_) => Raw::Other("小数", "a decimal"),
        Value::Boolean(_) => Raw::Other("布尔值", "a boolean"),
        Value::Datetime(_) => Raw::Other("日期或时间", "a time"),
        Value::InlineTable(_) => Raw::Other("表", "a table"),
        Value::Array(list) => {
            let texts = list.iter().map(|one| one.as_str().map(ToOwned::to_owned));
            texts.collect::<Option<_>>().map_or(
                Raw::Other("含有非字符串的列表", "a list of other things"),
                Raw::List,
            )
        }
    }
}

fn line_of(text: &str, span: Option<Range<usize>>) -> u32 {
    let before = span
        .and_then(|span| text.get(..span.start))
        .unwrap_or_default();
    let breaks = before.bytes().filter(|byte| *byte == b'\n').count();
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

/// The known word that is the fewest edits away.
fn nearest<'k>(word: &str, known: &[&'k str]) -> &'k str {
    let distance = |other: &&&str| strsim::damerau_levenshtein(word, other);
    known
        .iter()
        .min_by_key(distance)
        .copied()
        .unwrap_or_default()
}
