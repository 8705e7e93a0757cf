//! A form that a page sent, and one that goes back to its page. It is wiped when it was read, and prints nothing.

use jifen::domain::refusal::Refusal;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::route::Asked;

/// What a page never shows again: it is typed anew.
const SECRETS: [&str; 6] = ["pin", "again", "old", "secret", "code", "reference"];

/// The fields of a form, in the order in which they were sent.
#[derive(Default, Zeroize, ZeroizeOnDrop)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// [`Refusal::BadRequest`] where it holds a field that is not among `known`: what is not asked for is not taken
    /// (COL-02). What was sent is not told back.
    pub(crate) fn read(asked: &Asked<'_>, known: &[&str]) -> Result<Self, Refusal> {
        let pairs = form_urlencoded::parse(asked.request.body());
        let form = Self {
            fields: pairs.into_owned().collect(),
        };
        if form
            .fields
            .iter()
            .all(|(name, _)| known.contains(&name.as_str()))
        {
            Ok(form)
        } else {
            Err(Refusal::BadRequest)
        }
    }

    /// What a field says; empty where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// What a field that came back says, else what is kept: a page shows what was typed last.
    pub(crate) fn or(&self, name: &str, kept: &str) -> Zeroizing<String> {
        Zeroizing::new(self.all(name).next().unwrap_or(kept).to_owned())
    }

    /// The same with one more field.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same without what a page never shows again.
    fn without_secrets(mut self) -> Self {
        for (name, value) in &mut self.fields {
            if SECRETS.contains(&name.as_str()) {
                value.zeroize();
            }
        }
        self
    }

    /// The same without blank space at its ends, in memory that is wiped.
    pub(crate) fn kept(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.text(name).trim().to_owned())
    }

    /// Everything that was sent under a name.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let fields = self.fields.iter();
        fields
            .filter(move |(of, _)| of == name)
            .map(|(_, value)| value.as_str())
    }
}

/// What was wrong with a form.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The id of the field that it is about; none where it is about none.
    pub(super) field: Option<&'static str>,
    /// The sentence.
    pub(super) words: String,
}

impl Fault {
    pub(super) fn of(field: &'static str, words: String) -> Self {
        Self {
            field: Some(field),
            words,
        }
    }
}

/// A form that goes back to its page, which shows once what was typed and what was wrong.
#[derive(Default)]
pub(crate) struct Returned {
    to: &'static str,
    pub(super) typed: Form,
    pub(super) faults: Vec<Fault>,
}

impl Returned {
    pub(super) fn new(to: &'static str, typed: Form, faults: Vec<Fault>) -> Self {
        Self {
            to,
            typed: typed.without_secrets(),
            faults,
        }
    }

    /// Whether this is the page that it goes back to.
    pub(super) fn is_for(&self, path: &str) -> bool {
        self.to == path
    }
}
