//! An answer as a snapshot shows it: its status and its body, with a placeholder for whatever is another one every time.

use serde_json::Value;

use crate::wire::Answer;

/// Status and body of an answer.
pub(crate) fn shown(answer: &Answer) -> String {
    let mut body = answer.json();
    replace(&mut body, "");
    // In one order, whatever else of the build keeps the order of the text.
    body.sort_all_objects();
    format!(
        "{}\n{}",
        answer.status,
        serde_json::to_string_pretty(&body).unwrap()
    )
}

/// A "no" in four lines.
pub(crate) fn no(answer: &Answer) -> String {
    let body = answer.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let [code, retry] = ["code", "retry"].map(|name| text(&body[name]));
    let [zh, en] = ["zh", "en"].map(|name| text(&body["message"][name]));
    format!("{} {code} {retry}\n{zh}\n{en}", answer.status)
}

fn replace(value: &mut Value, name: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, name)),
        Value::Object(fields) => fields
            .iter_mut()
            .for_each(|(name, item)| replace(item, name)),
        Value::String(text) => {
            if let Some(placeholder) = placeholder(text, name) {
                *text = placeholder.to_owned();
            }
        }
        Value::Number(_) if name == "offset_millis" => *value = "[milliseconds]".into(),
        Value::Number(_) | Value::Bool(_) | Value::Null => {}
    }
}

/// What stands in place of a text, by its shape.
fn placeholder(text: &str, name: &str) -> Option<&'static str> {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let blanks = text.bytes().filter(|byte| *byte == b' ').count();
    let is_grouped = digits + blanks == text.len();
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (digits, blanks, text.len()) {
        (18, 0, 18) if text.starts_with("990") => Some("[18 digits]"),
        (18, 1.., _) if is_grouped && text.starts_with("990") => Some("[18 digits, grouped]"),
        (8, 0, 8) => Some("[8 digits]"),
        (8, 1, 9) if is_grouped => Some("[8 digits, grouped]"),
        (_, 0, 32) if is_hex => Some("[32 hex digits]"),
        (_, 0, 26) if text.starts_with("jst_") => Some("[sale token]"),
        (14.., 0, 20..) if text.as_bytes()[10] == b'T' && text.ends_with('Z') => Some("[time]"),
        _ if name == "program" && text == env!("CARGO_PKG_VERSION") => Some("[version]"),
        _ => None,
    }
}
