//! The copy for machines, and the member's own view on the screen: the same, masked or in clear.

use jifen::engine::own::OwnView;
use jifen::policy::catalogue::{Export, Field, Record, Value};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};

/// Where the schema of a copy is served.
const SCHEMA: &str = "/schemas/member-copy.json";

/// A copy: what is kept, what is kept and not shown, and what each field is.
#[derive(Serialize)]
pub(crate) struct Copy<'v> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    at: String,
    language: &'static str,
    masked: bool,
    data: Parts<'v>,
    withheld: Vec<Withheld>,
    fields: Vec<Declared>,
}

#[derive(Serialize)]
struct Withheld {
    field: &'static str,
    name: &'static str,
    why: &'static str,
}

#[derive(Serialize)]
struct Declared {
    field: &'static str,
    name: &'static str,
    class: &'static str,
    level: u8,
    purpose: &'static str,
    basis: &'static str,
    retention: String,
}

impl<'v> Copy<'v> {
    /// A view as it is handed out.
    pub(crate) fn of(own: &'v OwnView, masked: bool) -> Self {
        let language = own.language;
        let told = || own.record.fields().map(|(field, _)| field);
        let withheld = told().filter_map(|field| match field.declaration().export {
            Export::Yes => None,
            Export::No(why) => Some(Withheld {
                field: field.word(),
                name: field.name(language),
                why: why.words(language),
            }),
        });
        Self {
            schema: SCHEMA,
            at: own.at.to_rfc3339(),
            language: language.tag(),
            masked,
            data: Parts(&own.record),
            withheld: withheld.collect(),
            fields: told().map(|field| declared(field, own)).collect(),
        }
    }
}

fn declared(field: Field, own: &OwnView) -> Declared {
    let language = own.language;
    let declared = field.declaration();
    Declared {
        field: field.word(),
        name: field.name(language),
        class: declared.class.as_str(),
        level: declared.level.number(),
        purpose: declared.why.words(language),
        basis: declared.basis.words(language),
        retention: declared.retention.words(&own.retention, language),
    }
}

/// A record as an object, its fields in the order in which they were told. What is withheld is not in it.
struct Parts<'v>(&'v Record);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (field, value) in self
            .0
            .fields()
            .filter(|(_, value)| **value != Value::Withheld)
        {
            map.serialize_entry(field.word(), &Shown(value))?;
        }
        map.end()
    }
}

struct Shown<'v>(&'v Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Nothing | Value::Withheld => serializer.serialize_none(),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Whole(number) => serializer.serialize_i64(*number),
            Value::Flag(flag) => serializer.serialize_bool(*flag),
            Value::Texts(texts) => serializer.collect_seq(texts.iter().map(|text| text.as_str())),
            Value::Record(record) => Parts(record).serialize(serializer),
            Value::Records(records) => {
                let mut list = serializer.serialize_seq(Some(records.len()))?;
                for record in records {
                    list.serialize_element(&Parts(record))?;
                }
                list.end()
            }
        }
    }
}
