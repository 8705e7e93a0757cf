//! A value of a field, to be handed to the member. It prints nothing and is wiped.

use core::fmt;

use zeroize::Zeroizing;

use super::Field;
use super::declaration::{Export, Mask, Shape};
use crate::domain::points::Points;
use crate::domain::time::Moment;

/// What a field holds.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing is kept.
    Nothing,
    /// A text, or a time as RFC 3339.
    Text(Zeroizing<String>),
    /// A whole number.
    Whole(i64),
    /// Yes or no.
    Flag(bool),
    /// Texts.
    Texts(Vec<Zeroizing<String>>),
    /// Parts.
    Record(Record),
    /// Any number of records.
    Records(Vec<Record>),
    /// It is kept and not shown; why stands in the field's declaration.
    Withheld,
}

impl fmt::Debug for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Value(..)")
    }
}

impl Value {
    /// Whether there is nothing to show.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Texts(texts) => texts.is_empty(),
            Self::Record(record) => record.is_empty(),
            Self::Records(records) => records.is_empty(),
            Self::Text(_) | Self::Whole(_) | Self::Flag(_) | Self::Withheld => false,
        }
    }

    /// Whether it looks as declared.
    pub const fn fits(&self, shape: Shape) -> bool {
        matches!(
            (self, shape),
            (Self::Nothing | Self::Withheld, _)
                | (Self::Text(_), Shape::Text | Shape::Time)
                | (Self::Whole(_), Shape::Whole)
                | (Self::Flag(_), Shape::Flag)
                | (Self::Texts(_), Shape::Texts)
                | (Self::Record(_), Shape::Record)
                | (Self::Records(_), Shape::Records)
        )
    }

    /// As a screen shows it.
    fn masked(self, mask: Mask, by: &dyn Fn(Mask, &str) -> String) -> Self {
        match self {
            Self::Text(text) => Self::Text(by(mask, &text).into()),
            Self::Texts(texts) => {
                Self::Texts(texts.iter().map(|text| by(mask, text).into()).collect())
            }
            Self::Record(record) => Self::Record(record.masked(by)),
            Self::Records(records) => Self::Records(
                records
                    .into_iter()
                    .map(|record| record.masked(by))
                    .collect(),
            ),
            other @ (Self::Nothing | Self::Whole(_) | Self::Flag(_) | Self::Withheld) => other,
        }
    }
}

/// Fields with their values, in the order in which they were told. Its `Debug` prints none of them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Record(Vec<(Field, Value)>);

impl fmt::Debug for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Record(..)")
    }
}

impl Record {
    /// A record that tells nothing yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Puts a value to its field. One that the field's declaration withholds is not kept here, only that there is one.
    pub fn tell(&mut self, field: Field, value: impl Into<Value>) {
        let value: Value = value.into();
        let value = match field.declaration().export {
            Export::No(_) if !value.is_nothing() => Value::Withheld,
            Export::Yes | Export::No(_) => value,
        };
        debug_assert!(value.fits(field.declaration().shape), "{}", field.word());
        self.0.push((field, value));
    }

    /// Whether no field has a value.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, value)| value.is_nothing())
    }

    /// The fields that have a value.
    pub fn fields(&self) -> impl Iterator<Item = (Field, &Value)> {
        let told = self.0.iter().filter(|(_, value)| !value.is_nothing());
        told.map(|(field, value)| (*field, value))
    }

    /// A field's value, if it has one.
    pub fn value(&self, wanted: Field) -> Option<&Value> {
        self.fields()
            .find(|(field, _)| *field == wanted)
            .map(|(_, value)| value)
    }

    /// All of another record's, behind what is told already.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// As a screen shows it: `by` masks a text (SEC-02).
    pub fn masked(self, by: &dyn Fn(Mask, &str) -> String) -> Self {
        let masked = self.0.into_iter().map(|(field, value)| {
            let mask = field.declaration().mask;
            (field, value.masked(mask, by))
        });
        Self(masked.collect())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(text.to_owned().into())
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        if text.is_empty() {
            Self::Nothing
        } else {
            Self::Text(text.into())
        }
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl From<Moment> for Value {
    fn from(moment: Moment) -> Self {
        moment.to_rfc3339().into()
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Whole(number)
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Whole(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Whole(number.into())
    }
}

impl From<Points> for Value {
    fn from(points: Points) -> Self {
        Self::Whole(points.count())
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts.into_iter().map(Zeroizing::new).collect())
    }
}

impl From<Record> for Value {
    fn from(record: Record) -> Self {
        Self::Record(record)
    }
}

impl From<Vec<Record>> for Value {
    fn from(records: Vec<Record>) -> Self {
        Self::Records(records)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}
