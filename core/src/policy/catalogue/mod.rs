//! The field catalogue (COL-02, COL-05, X-16): every field of personal data is declared once, and the notice, the member's
//! own view, the copy and its schema, the erase list, the retention schedule and the masks follow from the declaration.
//!
//! A stored value is taken apart with [`crate::told!`], which names every part and the field that declares it. A part
//! without a field does not compile.

mod declaration;
mod retention;
mod denied;
mod fields;
mod mask;
mod value;
mod told;
pub use told::told;

pub use declaration::{
    Basis, Class, Declaration, Export, Group, Level, Mask, Need, Shape, Why, Withheld,
};
pub use denied::is_denied;
pub use fields::Field;
pub use retention::Retention;
pub use value::{Record, Value};

use super::notice::Language;
use super::retention::RetentionPolicy;

/// Not a field of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAField {
    /// Nobody may be asked for it, and no configuration changes that (COL-03).
    #[error("this must not be asked of anybody")]
    Denied,
    /// The catalogue has no such field (COL-02).
    #[error("there is no such field")]
    Unknown,
}

impl Field {
    /// The field of a word, as a configuration or an application names it.
    ///
    /// # Errors
    /// [`NotAField`]
    pub fn of_word(word: &str) -> Result<Self, NotAField> {
        if is_denied(word) {
            return Err(NotAField::Denied);
        }
        let found = Self::ALL.iter().find(|field| field.word() == word);
        found.copied().ok_or(NotAField::Unknown)
    }

    /// The fields that are no part of another one.
    pub fn whole() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|field| field.declaration().part_of.is_none())
    }

    /// Its parts, in their order.
    pub fn parts(self) -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(move |field| field.declaration().part_of == Some(self))
    }

    /// What an erasure destroys: the fields whose key goes (DSR-03).
    pub fn erased() -> impl Iterator<Item = Self> {
        Self::whole().filter(|field| match field.declaration().group {
            Group::Core | Group::Postal | Group::History => true,
            Group::None => false,
        })
    }

    /// The fields that this shop keeps.
    pub fn kept() -> impl Iterator<Item = Self> {
        Self::whole().filter(|field| match field.declaration().need {
            Need::Required | Need::Optional(..) | Need::Kept => true,
            Need::Off(..) => false,
        })
    }
}

/// A line of the notice's list of fields (CON-01, COL-07).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Which field.
    pub field: Field,
    /// Whether the form cannot be sent without it.
    pub required: bool,
    /// Why it is kept.
    pub purpose: &'static str,
    /// By what right.
    pub basis: &'static str,
    /// For how long.
    pub retention: String,
    /// What is missing without it: for what a member may give or not.
    pub consequence: Option<&'static str>,
}

/// The list of fields that the notice shows, generated from the declarations.
pub fn noted(policy: &RetentionPolicy, language: Language) -> Vec<Noted> {
    let line = |field: Field| {
        let declared = field.declaration();
        let consequence = match (declared.need, language) {
            (Need::Optional(zh, _) | Need::Off(zh, _), Language::Zh) => Some(zh),
            (Need::Optional(_, en) | Need::Off(_, en), Language::En) => Some(en),
            (Need::Required | Need::Kept, _) => None,
        };
        Noted {
            field,
            required: declared.need == Need::Required,
            purpose: declared.why.words(language),
            basis: declared.basis.words(language),
            retention: declared.retention.words(policy, language),
            consequence,
        }
    };
    Field::kept().map(line).collect()
}

#[cfg(test)]
mod tests;
