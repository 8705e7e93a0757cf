//! The schema of the copy (JSON Schema 2020-12), from the field catalogue.

use jifen::policy::catalogue::{Export, Field, Shape};
use jifen::policy::notice::Language;
use serde_json::{Map, Value, json};

/// The schema.
pub(crate) fn schema() -> Value {
    let text = json!({"type": "string"});
    let level = json!({"type": "integer", "minimum": 1, "maximum": 3});
    let withheld = closed([("field", &text), ("name", &text), ("why", &text)]);
    let declared = closed([
        ("field", &text),
        ("name", &text),
        ("class", &text),
        ("level", &level),
        ("purpose", &text),
        ("basis", &text),
        ("retention", &text),
    ]);
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
            "withheld": {"type": "array", "items": withheld},
            "fields": {"type": "array", "items": declared},
        },
        "required": ["$schema", "at", "language", "masked", "data", "withheld", "fields"],
        "additionalProperties": false,
    })
}

/// An object that has all of these parts, and no other.
fn closed<const N: usize>(parts: [(&str, &Value); N]) -> Value {
    let names: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
    let parts: Map<String, Value> = parts
        .into_iter()
        .map(|(name, part)| (name.to_owned(), part.clone()))
        .collect();
    json!({"type": "object", "properties": parts, "required": names, "additionalProperties": false})
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
    let title = field.name(Language::En);
    let description = field.name(Language::Zh);
    let (kind, of) = match field.declaration().shape {
        Shape::Text => ("string", None),
        Shape::Time => ("string", Some(("format", json!("date-time")))),
        Shape::Whole => ("integer", None),
        Shape::Flag => ("boolean", None),
        Shape::Texts => ("array", Some(("items", json!({"type": "string"})))),
        Shape::Record => return titled(object(field.parts()), title, description),
        Shape::Records => ("array", Some(("items", object(field.parts())))),
    };
    let mut one = Map::new();
    one.insert("type".to_owned(), kind.into());
    one.extend(of.map(|(name, of)| (name.to_owned(), of)));
    titled(Value::Object(one), title, description)
}

/// The same with its names.
fn titled(mut schema: Value, title: &str, description: &str) -> Value {
    if let Value::Object(parts) = &mut schema {
        parts.insert("title".to_owned(), title.into());
        parts.insert("description".to_owned(), description.into());
    }
    schema
}
