//! Finding tables and keys in a programme file, with the line and a sentence for whatever is wrong.
//! Single values are read in `value.rs`; what they mean for a programme is said in the files beside that.

use core::ops::Range;

use toml_edit::{ArrayOfTables, Item, TableLike, Value};

use super::fault::{Fault, FaultCode};

/// The text of a file, and what was found wrong so far.
pub(super) struct Reader<'t> {
    text: &'t str,
    faults: Vec<Fault>,
}

/// A table of the file.
#[derive(Clone, Copy)]
pub(super) struct Section<'t> {
    table: &'t dyn TableLike,
    /// The line of its header.
    pub(super) line: u32,
    /// How it is called in a sentence.
    name: &'t str,
}

/// A value, where it stands and how it is called.
#[derive(Clone, Copy)]
pub(super) struct Spot<'t> {
    found: Found<'t>,
    pub(super) key: &'t str,
    pub(super) line: u32,
}

/// What stands at a spot.
#[derive(Clone, Copy)]
enum Found<'t> {
    Value(&'t Value),
    Table(&'t dyn TableLike),
    Tables(&'t ArrayOfTables),
}

impl<'t> Spot<'t> {
    /// The same key with one of its list's values.
    pub(super) const fn with(self, value: &'t Value, line: u32) -> Self {
        Self {
            found: Found::Value(value),
            line,
            ..self
        }
    }

    /// The value, where it is not a table of its own.
    pub(super) const fn value(&self) -> Option<&'t Value> {
        match self.found {
            Found::Value(value) => Some(value),
            Found::Table(_) | Found::Tables(_) => None,
        }
    }

    /// The table, headed or in braces.
    fn table(&self) -> Option<&'t dyn TableLike> {
        match self.found {
            Found::Value(value) => value
                .as_inline_table()
                .map(|table| -> &'t dyn TableLike { table }),
            Found::Table(table) => Some(table),
            Found::Tables(_) => None,
        }
    }
}

/// A fault was noted, so that there is no value.
#[derive(Clone, Copy)]
pub(super) struct Noted;

/// What reads one value: `None` when a fault was noted.
pub(super) type Read<'r, 't, T> = &'r dyn Fn(&mut Reader<'t>, Spot<'t>) -> Option<T>;

impl<'t> Reader<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self {
            text,
            faults: Vec::new(),
        }
    }

    /// The whole text.
    pub(super) const fn text(&self) -> &'t str {
        self.text
    }

    /// All faults, by line.
    pub(super) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort_by_key(|fault| fault.line);
        self.faults
    }

    pub(super) const fn is_faultless(&self) -> bool {
        self.faults.is_empty()
    }

    pub(super) fn fault(
        &mut self,
        line: u32,
        code: FaultCode,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.faults.push(Fault {
            line,
            code,
            zh: zh.into(),
            en: en.into(),
        });
    }

    /// The line on which a span begins; the first where there is no span.
    pub(super) fn line_of(&self, span: Option<Range<usize>>) -> u32 {
        let before = span
            .and_then(|span| self.text.get(..span.start))
            .unwrap_or_default();
        let breaks = before.bytes().filter(|byte| *byte == b'\n').count();
        u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// The line of a key, or of its table when it is not there.
    pub(super) fn line(&self, section: &Section<'t>, key: &str) -> u32 {
        let span = section.table.key(key).and_then(toml_edit::Key::span);
        if span.is_some() {
            self.line_of(span)
        } else {
            section.line
        }
    }

    /// The whole file as a table.
    pub(super) fn top(&mut self, table: &'t dyn TableLike, keys: &[&str]) -> Section<'t> {
        let section = Section {
            table,
            line: 1,
            name: "",
        };
        self.refuse_unknown(&section, keys);
        section
    }

    /// The table under a key, where there is one. A key that is not among `keys` is refused.
    pub(super) fn section(
        &mut self,
        parent: &Section<'t>,
        key: &'t str,
        keys: &[&str],
    ) -> Option<Section<'t>> {
        let spot = self.spot(parent, key)?;
        self.section_at(spot, keys)
    }

    /// As [`Reader::section`], for a value in hand.
    pub(super) fn section_at(&mut self, spot: Spot<'t>, keys: &[&str]) -> Option<Section<'t>> {
        let Some(table) = spot.table() else {
            return self.wrong_type(spot, "表", "a table");
        };
        let section = Section {
            table,
            line: spot.line,
            name: spot.key,
        };
        self.refuse_unknown(&section, keys);
        Some(section)
    }

    /// The tables of a list such as `[[earn]]`; none when it is absent or not such a list.
    pub(super) fn list(
        &mut self,
        parent: &Section<'t>,
        key: &'t str,
        keys: &[&str],
    ) -> Vec<Section<'t>> {
        let Some(spot) = self.spot(parent, key) else {
            return Vec::new();
        };
        let Found::Tables(tables) = spot.found else {
            let (zh, en) = (
                format!("[[{key}]] 形式的表"),
                format!("tables headed [[{key}]]"),
            );
            self.wrong_type::<()>(spot, &zh, &en);
            return Vec::new();
        };
        let mut sections = Vec::new();
        for table in tables {
            let section = Section {
                table,
                line: self.line_of(table.span()),
                name: key,
            };
            self.refuse_unknown(&section, keys);
            sections.push(section);
        }
        sections
    }

    fn refuse_unknown(&mut self, section: &Section<'t>, keys: &[&str]) {
        for (key, _) in section.table.iter().filter(|(key, _)| !keys.contains(key)) {
            let line = self.line(section, key);
            let near = nearest(key, keys);
            self.fault(
                line,
                FaultCode::UnknownKey,
                format!("没有“{key}”这一项；最接近的是“{near}”"),
                format!("there is no key `{key}`; the nearest known one is `{near}`"),
            );
        }
    }

    /// The value under a key, where there is one.
    fn spot(&self, section: &Section<'t>, key: &'t str) -> Option<Spot<'t>> {
        let line = self.line(section, key);
        let found = match section.table.get(key)? {
            Item::None => return None,
            Item::Value(value) => Found::Value(value),
            Item::Table(table) => Found::Table(table),
            Item::ArrayOfTables(tables) => Found::Tables(tables),
        };
        Some(Spot { found, key, line })
    }

    /// A value that must be there.
    pub(super) fn required<T>(
        &mut self,
        section: &Section<'t>,
        key: &'t str,
        read: Read<'_, 't, T>,
    ) -> Option<T> {
        if let Some(spot) = self.spot(section, key) {
            return read(self, spot);
        }
        self.missing(section, key);
        None
    }

    /// Notes that a table is missing, unless something stands in its place (which is noted already).
    pub(super) fn missing_unless_there(&mut self, section: &Section<'t>, key: &str) {
        if section.table.get(key).is_none() {
            self.missing(section, key);
        }
    }

    /// Notes that a key is missing.
    pub(super) fn missing(&mut self, section: &Section<'t>, key: &str) {
        let (zh, en) = if section.name.is_empty() {
            (format!("缺少“{key}”"), format!("`{key}` is missing"))
        } else {
            let name = section.name;
            (
                format!("“{name}”里缺少“{key}”"),
                format!("`{key}` is missing in `{name}`"),
            )
        };
        self.fault(section.line, FaultCode::MissingKey, zh, en);
    }

    /// A value that may be absent.
    pub(super) fn optional<T>(
        &mut self,
        section: &Section<'t>,
        key: &'t str,
        read: Read<'_, 't, T>,
    ) -> Result<Option<T>, Noted> {
        let Some(spot) = self.spot(section, key) else {
            return Ok(None);
        };
        read(self, spot).map(Some).ok_or(Noted)
    }

    /// A value with a default.
    pub(super) fn or<T>(
        &mut self,
        section: &Section<'t>,
        key: &'t str,
        read: Read<'_, 't, T>,
        default: T,
    ) -> Option<T> {
        let value = self.optional(section, key, read).ok()?;
        Some(value.unwrap_or(default))
    }

    pub(super) fn wrong_type<T>(&mut self, spot: Spot<'t>, zh: &str, en: &str) -> Option<T> {
        let key = spot.key;
        let found = spot.value().map_or("table", Value::type_name);
        let found_zh = match found {
            "integer" => "整数",
            "float" => "小数（不带引号）",
            "string" => "字符串",
            "boolean" => "布尔值",
            "datetime" => "日期或时间",
            "array" => "数组",
            _ => "表",
        };
        self.fault(
            spot.line,
            FaultCode::WrongType,
            format!("“{key}”应为{zh}，这里写的是{found_zh}"),
            format!("`{key}` is {en}; here is a value of type {found}"),
        );
        None
    }

    pub(super) fn out_of_range<T>(&mut self, spot: Spot<'t>, zh: &str, en: &str) -> Option<T> {
        let key = spot.key;
        self.fault(
            spot.line,
            FaultCode::OutOfRange,
            format!("“{key}”应{zh}"),
            format!("`{key}` must be {en}"),
        );
        None
    }

    pub(super) fn unreadable<T>(&mut self, spot: Spot<'t>, zh: &str, en: &str) -> Option<T> {
        let key = spot.key;
        self.fault(
            spot.line,
            FaultCode::Unreadable,
            format!("“{key}”{zh}"),
            format!("`{key}` {en}"),
        );
        None
    }
}

/// The known word that is the fewest edits away.
pub(super) fn nearest<'k>(word: &str, known: &[&'k str]) -> &'k str {
    let distance = |other: &&&str| strsim::damerau_levenshtein(word, other);
    known
        .iter()
        .min_by_key(distance)
        .copied()
        .unwrap_or_default()
}
