//! Reading a notice file: all of it is understood, or every fault in it is named by line.

use core::ops::Range;

use toml_edit::{Document, Item, TableLike, Value};

use super::{Agreement, Notice, NoticeFault, NoticeFaultCode, SectionName, Text};
use crate::policy::agreement::AgreementKind;
use crate::policy::purpose::Purpose;

/// The longest file, in bytes.
const FILE_MAX: usize = 1_000_000;
/// The longest text of one language, in bytes.
const TEXT_MAX: usize = 20_000;
/// The longest version, in bytes.
const VERSION_MAX: usize = 32;
/// The languages of every text, as keys.
const LANGUAGES: [&str; 2] = ["zh", "en"];

impl Notice {
    /// Reads a notice file. Either all of it is understood, or every fault in it is named, by line. One that lacks a
    /// section or a language is refused, so that no kiosk begins with it (CON-01).
    pub fn parse(text: &str) -> Result<Self, Vec<NoticeFault>> {
        let mut reader = Reader {
            text,
            faults: Vec::new(),
        };
        let notice = reader.file();
        match notice {
            Some(notice) if reader.faults.is_empty() => Ok(notice),
            Some(_) | None => {
                reader.faults.sort_by_key(|fault| fault.line);
                Err(reader.faults)
            }
        }
    }
}

/// A file, and what was found wrong so far.
struct Reader<'t> {
    text: &'t str,
    faults: Vec<NoticeFault>,
}

/// A table of the file.
struct Section<'t> {
    table: &'t dyn TableLike,
    /// The line of its header.
    line: u32,
    /// How it is called, such as `consent.marketing`; empty for the file as a whole.
    name: String,
    /// What it is, for sentences.
    zh: &'static str,
    en: &'static str,
}

impl<'t> Section<'t> {
    /// The full name of a key in it.
    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn item(&self, key: &str) -> Option<&'t Item> {
        self.table.get(key).filter(|item| !item.is_none())
    }
}

impl Reader<'_> {
    fn file(&mut self) -> Option<Notice> {
        let syntax = NoticeFaultCode::Syntax;
        if FILE_MAX < self.text.len() {
            let zh = format!("文件超过 {FILE_MAX} 字节");
            let en = format!("the file is longer than {FILE_MAX} bytes");
            self.fault(1, syntax, "", zh, en);
            return None;
        }
        let document = match Document::parse(self.text) {
            Ok(document) => document,
            Err(error) => {
                let (line, why) = (self.line_of(error.span()), error.message());
                let zh = format!("不是有效的 TOML：{why}");
                self.fault(line, syntax, "", zh, format!("not valid TOML: {why}"));
                return None;
            }
        };
        self.notice(document.as_table())
    }

    /// The notice, unless a fault kept a part of it from being read. Every part is read whatever the others are.
    fn notice(&mut self, table: &dyn TableLike) -> Option<Notice> {
        let top = Section {
            table,
            line: 1,
            name: String::new(),
            zh: "文件",
            en: "the file",
        };
        let mut keys = vec!["schema", "version"];
        keys.extend(SectionName::ALL.map(SectionName::as_str));
        keys.extend(["agreement", "consent", "advice"]);
        self.refuse_unknown(&top, &keys);
        self.schema(&top);
        let version = self.version(&top, "告知书版本", "the version of the notice");

        let sections = SectionName::ALL.map(|name| {
            let (zh, en) = what_a_section_is(name);
            let section = self.section(&top, name.as_str(), zh, en, &LANGUAGES);
            section.and_then(|section| self.both(&section))
        });
        let agreements = self.agreements(&top);
        let consents = self.consents(&top);
        let (zh, en) = (
            "首次登录时的提醒（不得转借、账户安全）",
            "the advice at the first log-in (not to share, security)",
        );
        let advice = self.section(&top, "advice", zh, en, &LANGUAGES);
        let advice = advice.and_then(|section| self.both(&section));

        Some(Notice {
            version: version?,
            sections: all(sections)?,
            agreements: agreements?,
            consents: consents?,
            advice: advice?,
        })
    }

    fn schema(&mut self, top: &Section<'_>) {
        let Some(item) = top.item("schema") else {
            let (zh, en) = ("文件格式版本", "the version of the file's form");
            self.missing(top, "schema", zh, en);
            return;
        };
        let line = self.line(top, "schema");
        match item.as_integer() {
            None => self.wrong_type(line, "schema", "整数 1", "the whole number 1"),
            Some(1) => {}
            Some(_) => self.fault(
                line,
                NoticeFaultCode::OutOfRange,
                "schema",
                "“schema”应为 1",
                "`schema` must be 1",
            ),
        }
    }

    fn agreements(&mut self, top: &Section<'_>) -> Option<[Agreement; 2]> {
        let kinds = AgreementKind::ALL.map(AgreementKind::as_str);
        let (zh, en) = ("两种规约", "the two agreements");
        let group = self.section(top, "agreement", zh, en, &kinds)?;
        let agreements = AgreementKind::ALL.map(|kind| {
            let (zh, en) = match kind {
                AgreementKind::Member => ("会员规约", "the members' agreement"),
                AgreementKind::PointsCard => ("积分卡会员规约", "the points card agreement"),
            };
            let keys = ["version", "zh", "en"];
            let section = self.section(&group, kind.as_str(), zh, en, &keys)?;
            let version = self.version(&section, "规约版本", "the version of the agreement");
            let text = self.both(&section);
            Some(Agreement {
                version: version?,
                text: text?,
            })
        });
        all(agreements)
    }

    fn consents(&mut self, top: &Section<'_>) -> Option<[Text; 3]> {
        let words = Purpose::OPTIONAL.map(Purpose::as_str);
        let (zh, en) = ("各项目的的同意文本", "the consent texts");
        let group = self.section(top, "consent", zh, en, &words)?;
        let consents = words.map(|word| {
            let (zh, en) = (
                "这一目的的单独同意文本",
                "the consent text of this purpose alone",
            );
            let section = self.section(&group, word, zh, en, &LANGUAGES)?;
            self.both(&section)
        });
        all(consents)
    }

    /// A table that must be there and has no other keys.
    fn section<'s>(
        &mut self,
        parent: &Section<'s>,
        key: &str,
        zh: &'static str,
        en: &'static str,
        keys: &[&str],
    ) -> Option<Section<'s>> {
        let Some(item) = parent.item(key) else {
            self.missing(parent, key, zh, en);
            return None;
        };
        let (line, name) = (self.line(parent, key), parent.path(key));
        let Some(table) = item.as_table_like() else {
            self.wrong_type(line, &name, "表", "a table");
            return None;
        };
        let section = Section {
            table,
            line,
            name,
            zh,
            en,
        };
        self.refuse_unknown(&section, keys);
        Some(section)
    }

    /// The text in both languages.
    fn both(&mut self, section: &Section<'_>) -> Option<Text> {
        let zh = self.written(section, "zh", "简体中文文本", "the text in Chinese");
        let en = self.written(section, "en", "英文文本", "the text in English");
        Some(Text { zh: zh?, en: en? })
    }

    /// One text: not empty, not too long, no control characters but line feeds.
    fn written(&mut self, section: &Section<'_>, key: &str, zh: &str, en: &str) -> Option<String> {
        let (text, line) = self.string(section, key, zh, en)?;
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        let is_plain = |char: char| char == '\n' || !char.is_control();
        if !text.is_empty() && text.len() <= TEXT_MAX && text.chars().all(is_plain) {
            return Some(text.to_owned());
        }
        let name = section.path(key);
        let zh = format!(
            "“{name}”应为 1 到 {TEXT_MAX} 个字节的文字，除换行外不含控制字符：这是{}",
            section.zh
        );
        let en = format!(
            "`{name}` must be a text of 1 to {TEXT_MAX} bytes without control characters but line feeds: it is {}",
            section.en
        );
        self.fault(line, NoticeFaultCode::BadText, name, zh, en);
        None
    }

    fn version(&mut self, section: &Section<'_>, zh: &str, en: &str) -> Option<String> {
        let (text, line) = self.string(section, "version", zh, en)?;
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'-';
        if (1..=VERSION_MAX).contains(&text.len()) && text.bytes().all(fits) {
            return Some(text.to_owned());
        }
        let name = section.path("version");
        let zh = format!("“{name}”应为 1 到 {VERSION_MAX} 个字母、数字、点或连字符");
        let en = format!("`{name}` must be 1 to {VERSION_MAX} letters, digits, dots or hyphens");
        self.fault(line, NoticeFaultCode::BadText, name, zh, en);
        None
    }

    /// A string that must be there, and its line.
    fn string<'s>(
        &mut self,
        section: &Section<'s>,
        key: &str,
        zh: &str,
        en: &str,
    ) -> Option<(&'s str, u32)> {
        let Some(item) = section.item(key) else {
            self.missing(section, key, zh, en);
            return None;
        };
        let line = self.line(section, key);
        let text = item.as_value().and_then(Value::as_str);
        if text.is_none() {
            let name = section.path(key);
            self.wrong_type(line, &name, "字符串", "a string in quotes");
        }
        Some((text?, line))
    }

    fn refuse_unknown(&mut self, section: &Section<'_>, keys: &[&str]) {
        let table = section.table;
        for (key, _) in table.iter().filter(|(key, _)| !keys.contains(key)) {
            let (line, name) = (self.line(section, key), section.path(key));
            let distance = |known: &&&str| strsim::damerau_levenshtein(key, known);
            let near = keys.iter().min_by_key(distance).copied();
            let near = section.path(near.unwrap_or_default());
            let zh = format!("没有“{name}”这一项；最接近的是“{near}”");
            let en = format!("there is no key `{name}`; the nearest known one is `{near}`");
            self.fault(line, NoticeFaultCode::UnknownKey, name, zh, en);
        }
    }

    fn missing(&mut self, section: &Section<'_>, key: &str, zh: &str, en: &str) {
        let name = section.path(key);
        let zh = format!("缺少“{name}”：{zh}");
        let en = format!("`{name}` is missing: {en}");
        self.fault(section.line, NoticeFaultCode::MissingKey, name, zh, en);
    }

    fn wrong_type(&mut self, line: u32, name: &str, zh: &str, en: &str) {
        let zh = format!("“{name}”应为{zh}");
        let en = format!("`{name}` must be {en}");
        self.fault(line, NoticeFaultCode::WrongType, name, zh, en);
    }

    fn fault(
        &mut self,
        line: u32,
        code: NoticeFaultCode,
        name: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) {
        self.faults.push(NoticeFault {
            line,
            code,
            name: name.into(),
            zh: zh.into(),
            en: en.into(),
        });
    }

    /// The line of a key, or of its table when its key has no place.
    fn line(&self, section: &Section<'_>, key: &str) -> u32 {
        let span = section.table.key(key).and_then(toml_edit::Key::span);
        if span.is_some() {
            self.line_of(span)
        } else {
            section.line
        }
    }

    /// The line on which a span begins; the first where there is no span.
    fn line_of(&self, span: Option<Range<usize>>) -> u32 {
        let before = span
            .and_then(|span| self.text.get(..span.start))
            .unwrap_or_default();
        let breaks = before.bytes().filter(|byte| *byte == b'\n').count();
        u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// What a section says, for the sentence that it is missing.
const fn what_a_section_is(name: SectionName) -> (&'static str, &'static str) {
    match name {
        SectionName::Purposes => ("处理目的", "why data is processed"),
        SectionName::DataTypes => ("信息类型", "which types of data there are"),
        SectionName::Method => ("处理方式", "how data is processed"),
        SectionName::Retention => ("保存期限", "how long data is kept"),
        SectionName::Recipients => ("信息接收方", "who receives data"),
        SectionName::Rights => ("顾客权利", "which rights a customer has"),
        SectionName::Contact => ("联系方式", "whom a customer may ask"),
    }
}

/// All of them, when none is missing.
fn all<T, const N: usize>(parts: [Option<T>; N]) -> Option<[T; N]> {
    let parts: Vec<T> = parts.into_iter().flatten().collect();
    parts.try_into().ok()
}
