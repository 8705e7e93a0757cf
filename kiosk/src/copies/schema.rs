//! The schema of the copy (JSON Schema 2020-12), from the field catalogue.

use jifen::policy::catalogue::{Export, Field, Shape};
use jifen::policy::notice::Language;
use serde_json::{Map, Value, json};

/// The schema.
pub(crate) fn schema() -> Value {
    let line = |names: &[&str]| {
        let mut parts: Map<String, Value> = Map::new();
        for name in names {
            parts.insert((*name).to_owned(), json!({"type": "string"}));
        }
        json!({"type": "object", "properties": parts, "required": names, "additionalProperties": false})
    };
    let mut declared = line(&["field", "name", "class", "purpose", "basis", "retention"]);
    declared["properties"]["level"] = json!({"type": "integer", "minimum": 1, "maximum": 3});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A member's copy of their own data",
        "type": "object",
        "properties": {
            "$schema": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "language": {"enum": Language::ALL.map(Language::tag)},
            "masked": {"type": "boolean"},
            "data": object(Field::whole()),
            "withheld": {"type": "array", "items": line(&["field", "name", "why"])},
            "fields": {"type": "array", "items": declared},
        },
        "required": ["$schema", "at", "language", "masked", "data", "withheld", "fields"],
        "additionalProperties": false,
    })
}

/// An object of these fields, and of no other.
fn object(fields: impl Iterator<Item = Field>) -> Value {
    let shown = fields.filter(|field| field.declaration().export == Export::Yes);
    let parts: Map<String, Value> = shown
        .map(|field| (field.word().to_owned(), one(field)))
        .collect();
    json!({"type": "object", "properties": parts, "additionalProperties": false})
}

fn one(field: Field) -> Value {
    let mut one = match field.declaration().shape {
        Shape::Text => json!({"type": "string"}),
        Shape::Time => json!({"type": "string", "format": "date-time"}),
        Shape::Whole => json!({"type": "integer"}),
        Shape::Flag => json!({"type": "boolean"}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Record => object(field.parts()),
        Shape::Records => json!({"type": "array", "items": object(field.parts())}),
    };
    one["title"] = field.name(Language::En).into();
    one["description"] = field.name(Language::Zh).into();
    one
}
