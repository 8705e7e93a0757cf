//! Which fields of the catalogue stand in what a member is given.

use std::collections::BTreeSet;

use jifen::policy::catalogue::Field;
use serde_json::Value;

/// The fields of a JSON view, with those of its parts.
pub(crate) fn words_of(data: &Value) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut all = vec![data];
    while let Some(value) = all.pop() {
        match value {
            Value::Object(fields) => {
                words.extend(fields.keys().cloned());
                all.extend(fields.values());
            }
            Value::Array(parts) => all.extend(parts),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    words.retain(|word| Field::of_word(word).is_ok());
    words
}
