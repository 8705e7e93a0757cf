//! The copy as a page to read: no script, no picture, nothing from elsewhere, and every value escaped.

use std::fmt::Write as _;

use jifen::engine::own::OwnView;
use jifen::policy::catalogue::{Export, Field, Record, Shape, Value};
use jifen::policy::notice::Language;

use super::yes_or_no;

/// A copy as a page.
pub(crate) fn html(own: &OwnView) -> String {
    let language = own.language;
    let (title, as_of) = match language {
        Language::Zh => ("我的信息", "截至"),
        Language::En => ("My data", "As of"),
    };
    let (tag, at) = (language.tag(), escaped(&own.at.to_rfc3339()));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{tag}\">\n<head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
         <body>\n<h1>{title}</h1>\n<p>{as_of} {at}</p>\n"
    );
    page.push_str(&tables(own));
    page.push_str("</body>\n</html>\n");
    page
}

/// What is in it, as tables alone: a page of ours has more around them.
pub(crate) fn tables(own: &OwnView) -> String {
    let language = own.language;
    let is_long = |field: Field| matches!(field.declaration().shape, Shape::Records);
    let (long, short): (Vec<_>, Vec<_>) =
        own.record.fields().partition(|(field, _)| is_long(*field));
    let mut page = "<table>\n".to_owned();
    for (field, value) in short {
        row(&mut page, field, value, language);
    }
    page.push_str("</table>\n");
    for (field, value) in long {
        add(
            &mut page,
            format_args!("<h2>{}</h2>\n", escaped(field.name(language))),
        );
        cell(&mut page, field, value, language);
        page.push('\n');
    }
    page
}

fn row(page: &mut String, field: Field, value: &Value, language: Language) {
    let name = escaped(field.name(language));
    add(page, format_args!("<tr><th scope=\"row\">{name}</th><td>"));
    cell(page, field, value, language);
    page.push_str("</td></tr>\n");
}

fn cell(page: &mut String, field: Field, value: &Value, language: Language) {
    match value {
        Value::Nothing => {}
        Value::Text(text) => page.push_str(&escaped(text)),
        Value::Whole(number) => page.push_str(&number.to_string()),
        Value::Flag(flag) => page.push_str(yes_or_no(*flag, language)),
        Value::Texts(texts) => {
            page.push_str("<ul>");
            for text in texts {
                add(page, format_args!("<li>{}</li>", escaped(text)));
            }
            page.push_str("</ul>");
        }
        Value::Record(record) => {
            page.push_str("<table>");
            for (part, value) in record.fields() {
                row(page, part, value, language);
            }
            page.push_str("</table>");
        }
        Value::Records(records) => table(page, field, records, language),
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
fn table(page: &mut String, field: Field, records: &[Record], language: Language) {
    let has = |part: &Field| records.iter().any(|record| record.value(*part).is_some());
    let columns: Vec<Field> = field.parts().filter(has).collect();
    page.push_str("<table><tr>");
    for part in &columns {
        let name = escaped(part.name(language));
        add(page, format_args!("<th scope=\"col\">{name}</th>"));
    }
    page.push_str("</tr>\n");
    for record in records {
        page.push_str("<tr>");
        for part in &columns {
            page.push_str("<td>");
            if let Some(value) = record.value(*part) {
                cell(page, *part, value, language);
            }
            page.push_str("</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>");
}

fn add(page: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a string does not fail.
    let _: std::fmt::Result = page.write_fmt(words);
}

/// The text with nothing in it that a browser would take for anything but text.
pub(super) fn escaped(text: &str) -> String {
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
