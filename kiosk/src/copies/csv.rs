//! The copy for spreadsheets: one line a value. A cell that a spreadsheet would take for a formula gets an apostrophe.

use jifen::engine::own::OwnView;
use jifen::policy::catalogue::{Export, Field, Record, Value};
use jifen::policy::notice::Language;

use crate::words::say;

use super::yes_or_no;

/// What spreadsheets need to see that the file is UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A copy as a file, or none when memory for it cannot be had.
pub(crate) fn csv(own: &OwnView) -> Option<Vec<u8>> {
    let mut lines = Lines {
        out: csv::Writer::from_writer(BYTE_ORDER_MARK.as_bytes().to_vec()),
        language: own.language,
    };
    let head = ["copy-field", "copy-place", "copy-name", "copy-value"];
    let head = head.map(|key| say(own.language, key));
    lines.out.write_record(head).ok()?;
    lines.record(&own.record, "", "")?;
    lines.out.into_inner().ok()
}

struct Lines {
    out: csv::Writer<Vec<u8>>,
    language: Language,
}

impl Lines {
    /// The values of a record, which stands at this place of a field of this name.
    fn record(&mut self, record: &Record, place: &str, of: &str) -> Option<()> {
        for (field, value) in record.fields() {
            let name = field.name(self.language);
            let name = if of.is_empty() {
                name.to_owned()
            } else {
                format!("{of} / {name}")
            };
            self.value(field, value, place, &name)?;
        }
        Some(())
    }

    fn value(&mut self, field: Field, value: &Value, place: &str, name: &str) -> Option<()> {
        let within = |number: usize| {
            if place.is_empty() {
                number.to_string()
            } else {
                format!("{place}.{number}")
            }
        };
        match value {
            Value::Nothing => Some(()),
            Value::Text(text) => self.line(field, place, name, &guarded(text)),
            // The program's own figure, which is a number and no formula.
            Value::Whole(number) => self.line(field, place, name, &number.to_string()),
            Value::Flag(flag) => self.line(field, place, name, &yes_or_no(*flag, self.language)),
            Value::Texts(texts) => (1..).zip(texts).try_for_each(|(number, text)| {
                self.line(field, &within(number), name, &guarded(text))
            }),
            Value::Record(record) => self.record(record, place, name),
            Value::Records(records) => (1..)
                .zip(records)
                .try_for_each(|(number, record)| self.record(record, &within(number), name)),
            Value::Withheld => match field.declaration().export {
                Export::Yes => Some(()),
                Export::No(why) => self.line(field, place, name, why.words(self.language)),
            },
        }
    }

    fn line(&mut self, field: Field, place: &str, name: &str, value: &str) -> Option<()> {
        let line = [field.word(), place, name, value];
        self.out.write_record(line).ok()
    }
}

/// The text, with an apostrophe before it when a spreadsheet might take it for a formula: `=`, `+`, `-`, `@` in whatever
/// width, also behind blanks; a tab or the end of a line.
pub(super) fn guarded(text: &str) -> String {
    let begins = |text: &str| {
        text.starts_with([
            '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '﹢', '﹣', '﹦', '﹫',
            '−',
        ])
    };
    let is_unseen = |char: char| char.is_whitespace() || char == '\u{feff}' || char == '\u{200b}';
    if begins(text) || begins(text.trim_start_matches(is_unseen)) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
