//! The copy as a page to read: no script, no picture, nothing from elsewhere, and every value escaped.

use std::borrow::Cow;
use std::fmt::Write as _;

use jifen::domain::time::{Moment, Zone};
use jifen::engine::own::OwnView;
use jifen::policy::catalogue::{Export, Field, Record, Shape, Value};
use jifen::policy::notice::Language;

use crate::words::{coded, say};

use super::yes_or_no;

/// A copy as a page.
pub(crate) fn html(own: &OwnView) -> String {
    let language = own.language;
    let (title, as_of) = (say(language, "data-title"), say(language, "copy-as-of"));
    let (tag, at) = (language.tag(), escaped(&own.at.to_rfc3339()));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n<p>{as_of} {at}</p>\n"
    );
    page.push_str(&tables(own, None));
    page.push_str("</body>\n</html>\n");
    page
}

/// What is in it, as tables alone: a page of ours has more around them. With a zone, times are shown as its clocks show them.
pub(crate) fn tables(own: &OwnView, zone: Option<Zone>) -> String {
    let shown = Shown {
        language: own.language,
        zone,
    };
    let language = own.language;
    let is_long = |field: Field| matches!(field.declaration().shape, Shape::Records);
    // As the catalogue has them: first who somebody is.
    let mut fields: Vec<_> = own.record.fields().collect();
    fields.sort_by_key(|(field, _)| *field);
    let (long, short): (Vec<_>, Vec<_>) =
        fields.into_iter().partition(|(field, _)| is_long(*field));
    let mut page = "<table>\n".to_owned();
    for (field, value) in short {
        row(&mut page, field, value, shown);
    }
    page.push_str("</table>\n");
    for (field, value) in long {
        add(
            &mut page,
            format_args!("<h2>{}</h2>\n", escaped(field.name(language))),
        );
        cell(&mut page, field, value, shown);
        page.push('\n');
    }
    page
}

/// How values are written.
#[derive(Clone, Copy)]
struct Shown {
    language: Language,
    zone: Option<Zone>,
}

fn row(page: &mut String, field: Field, value: &Value, shown: Shown) {
    let name = escaped(field.name(shown.language));
    add(page, format_args!("<tr><th scope=\"row\">{name}</th><td>"));
    cell(page, field, value, shown);
    page.push_str("</td></tr>\n");
}

fn cell(page: &mut String, field: Field, value: &Value, shown: Shown) {
    let language = shown.language;
    match value {
        Value::Nothing => {}
        Value::Text(text) => page.push_str(&escaped(&words(field, text, shown))),
        Value::Whole(number) => page.push_str(&number.to_string()),
        Value::Flag(flag) => page.push_str(&yes_or_no(*flag, language)),
        Value::Texts(texts) => {
            page.push_str("<ul>");
            for text in texts {
                let text = words(field, text, shown);
                add(page, format_args!("<li>{}</li>", escaped(&text)));
            }
            page.push_str("</ul>");
        }
        Value::Record(record) => {
            page.push_str("<table>");
            for (part, value) in record.fields() {
                row(page, part, value, shown);
            }
            page.push_str("</table>");
        }
        Value::Records(records) => table(page, field, records, shown),
        Value::Withheld => {
            if let Export::No(why) = field.declaration().export {
                add(
                    page,
                    format_args!("<em>{}</em>", escaped(why.words(language))),
                );
            }
        }
    }
}

/// A line a record, with a column for each part that any of them has.
fn table(page: &mut String, field: Field, records: &[Record], shown: Shown) {
    let has = |part: &Field| records.iter().any(|record| record.value(*part).is_some());
    let columns: Vec<Field> = field.parts().filter(has).collect();
    page.push_str("<table><tr>");
    for part in &columns {
        let name = escaped(part.name(shown.language));
        add(page, format_args!("<th scope=\"col\">{name}</th>"));
    }
    page.push_str("</tr>\n");
    for record in records {
        page.push_str("<tr>");
        for part in &columns {
            page.push_str("<td>");
            if let Some(value) = record.value(*part) {
                cell(page, *part, value, shown);
            }
            page.push_str("</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>");
}

/// A text as people read it: a time by the clocks of the zone, a word of the program in their language.
fn words(field: Field, text: &str, shown: Shown) -> Cow<'_, str> {
    let told = time(field, text, shown.zone);
    let told = told.or_else(|| coded::words(field, text, shown.language));
    told.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// A time of a field, as the clocks of the zone show it.
fn time(field: Field, text: &str, zone: Option<Zone>) -> Option<String> {
    let moment: Moment = text.parse().ok()?;
    let is_time = field.declaration().shape == Shape::Time;
    zone.filter(|_| is_time).map(|zone| zone.display(moment))
}

fn add(page: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _: std::fmt::Result = page.write_fmt(words);
}

/// The text with nothing in it that a browser would take for anything but text.
pub(crate) fn escaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '"' => plain.push_str("&quot;"),
            '\'' => plain.push_str("&#39;"),
            other => plain.push(other),
        }
    }
    plain
}
