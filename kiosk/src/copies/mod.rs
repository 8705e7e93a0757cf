//! A member's copy of their own data (DSR-06): the link that it is fetched by, and its three forms. A copy is rendered when
//! it is asked for and stands nowhere before.

mod json;
mod csv;
mod html;
mod schema;

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use data_encoding::BASE64URL_NOPAD;
use jifen::domain::ids::MemberId;
use jifen::domain::time::Moment;
use jifen::policy::notice::Language;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::words::say;

pub(crate) use csv::csv;
pub(crate) use html::{escaped, html, tables};
pub(crate) use json::Copy;
pub(crate) use schema::schema;

/// How long a link works (DSR-06).
const LINK_MILLIS: i64 = 10 * 60_000;
/// The most links at once; past it the one that ends first is dropped.
const LINKS_MAX: usize = 10_000;

/// The form of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// For machines, with a schema.
    Json,
    /// For spreadsheets.
    Csv,
    /// A page to read.
    Html,
}

impl Form {
    /// The word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
            Self::Html => "html",
        }
    }

    /// The form with that word.
    pub(crate) fn of_word(word: &str) -> Option<Self> {
        let all = [Self::Json, Self::Csv, Self::Html];
        all.into_iter().find(|form| form.as_str() == word)
    }
}

/// What a link leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ordered {
    /// Whose copy.
    pub(crate) member: MemberId,
    /// In which form.
    pub(crate) form: Form,
    /// In which language.
    pub(crate) language: Language,
}

/// The links that nobody has used yet: in memory alone, under the hash of their secret.
#[derive(Default)]
pub(crate) struct Links {
    open: Mutex<HashMap<[u8; 32], (Ordered, Moment)>>,
}

impl Links {
    /// A link's secret, 43 letters, and until when it works. `secret` is random.
    pub(crate) fn make(&self, ordered: Ordered, secret: [u8; 32], now: Moment) -> (String, Moment) {
        let text = BASE64URL_NOPAD.encode(&secret);
        let until = now.plus_millis(LINK_MILLIS);
        let mut open = self.open.lock();
        open.retain(|_, (_, until)| now < *until);
        if LINKS_MAX <= open.len() {
            let first = open.iter().min_by_key(|(_, (_, until))| *until);
            if let Some(key) = first.map(|(key, _)| *key) {
                open.remove(&key);
            }
        }
        open.insert(Sha256::digest(&text).into(), (ordered, until));
        (text, until)
    }

    /// What a link leads to, once: whoever comes second finds nothing.
    pub(crate) fn take(&self, secret: &str, now: Moment) -> Option<Ordered> {
        let key: [u8; 32] = Sha256::digest(secret).into();
        let (ordered, until) = self.open.lock().remove(&key)?;
        (now < until).then_some(ordered)
    }

    /// Whether a link would work. It is not used up by asking.
    pub(crate) fn is_open(&self, secret: &str, now: Moment) -> bool {
        let key: [u8; 32] = Sha256::digest(secret).into();
        let open = self.open.lock();
        open.get(&key).is_some_and(|(_, until)| now < *until)
    }

    /// No link leads to a member any more.
    pub(crate) fn forget(&self, member: &MemberId) {
        let mut open = self.open.lock();
        open.retain(|_, (ordered, _)| ordered.member != *member);
    }
}

/// Yes or no, for people.
fn yes_or_no(flag: bool, language: Language) -> String {
    say(language, if flag { "yes" } else { "no" })
}
