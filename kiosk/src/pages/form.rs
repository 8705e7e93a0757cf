//! A form that a page sent. It is wiped when it was read, and prints nothing.

use jifen::domain::refusal::Refusal;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::route::Asked;

/// The fields of a form, in the order in which they were sent.
#[derive(Zeroize, ZeroizeOnDrop)]
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
