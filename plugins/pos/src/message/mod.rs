//! The messages of POS v1: requests, answers, and the "no" that any of them may get. JSON; money and quantities are decimal
//! strings, points whole numbers, times RFC 3339 with an offset. Requests with a field that is not known are refused; an
//! answer may gain fields, and a till passes over those that it does not know.

pub mod refused;
pub mod basket;
pub mod free_text;
pub mod identify;
pub mod quote;
pub mod hold;
pub mod sale;
pub mod refund;
pub mod service;
mod shape;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::key::Key;

pub use self::refused::{Fault, Refused, Retry, Words};
pub use self::shape::millis_of;

/// What a till may ask, with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `POST /pos/v1/identify`
    Identify,
    /// `POST /pos/v1/quote`
    Quote,
    /// `POST /pos/v1/holds`
    Hold,
    /// `POST /pos/v1/holds/{hold}/capture`
    Capture,
    /// `POST /pos/v1/holds/{hold}/void`
    Void,
    /// `POST /pos/v1/sales`
    Sale,
    /// `POST /pos/v1/refunds`
    Refund,
    /// `POST /pos/v1/reversals`
    Reversal,
    /// `GET /pos/v1/operations/{key}`
    Status,
    /// `POST /pos/v1/sign-on`
    SignOn,
    /// `GET /pos/v1/diagnose`
    Diagnose,
}

/// How an operation is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// No body, no idempotency key.
    Get,
    /// A JSON body and an idempotency key.
    Post,
}

impl Operation {
    /// `GET` or `POST`.
    pub const fn method(self) -> Method {
        match self {
            Self::Status | Self::Diagnose => Method::Get,
            Self::Identify
            | Self::Quote
            | Self::Hold
            | Self::Capture
            | Self::Void
            | Self::Sale
            | Self::Refund
            | Self::Reversal
            | Self::SignOn => Method::Post,
        }
    }

    /// Whether it changes something: it then takes a sequence number for good, and its key is kept.
    pub const fn is_command(self) -> bool {
        match self {
            Self::Hold
            | Self::Capture
            | Self::Void
            | Self::Sale
            | Self::Refund
            | Self::Reversal => true,
            Self::Identify | Self::Quote | Self::Status | Self::SignOn | Self::Diagnose => false,
        }
    }

    /// The operation that an address stands for, and the hold or key that it names.
    pub fn at<'a>(method: &str, path: &'a str) -> Option<(Self, Option<&'a str>)> {
        let rest = path.strip_prefix("/pos/v1/")?;
        let mut parts = rest.split('/');
        let found = match (parts.next()?, parts.next(), parts.next()) {
            ("identify", None, None) => (Self::Identify, None),
            ("quote", None, None) => (Self::Quote, None),
            ("holds", None, None) => (Self::Hold, None),
            ("holds", Some(hold), Some("capture")) => (Self::Capture, Some(hold)),
            ("holds", Some(hold), Some("void")) => (Self::Void, Some(hold)),
            ("sales", None, None) => (Self::Sale, None),
            ("refunds", None, None) => (Self::Refund, None),
            ("reversals", None, None) => (Self::Reversal, None),
            ("operations", Some(key), None) => (Self::Status, Some(key)),
            ("sign-on", None, None) => (Self::SignOn, None),
            ("diagnose", None, None) => (Self::Diagnose, None),
            _ => return None,
        };
        let wanted = match found.0.method() {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let is_it = method == wanted && parts.next().is_none() && found.1 != Some("");
        is_it.then_some(found)
    }

    /// Where it is asked for. `name` is the hold or the key, for those that need one.
    pub fn path(self, name: &str) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Identify => "/pos/v1/identify",
            Self::Quote => "/pos/v1/quote",
            Self::Hold => "/pos/v1/holds",
            Self::Capture => return Cow::Owned(format!("/pos/v1/holds/{name}/capture")),
            Self::Void => return Cow::Owned(format!("/pos/v1/holds/{name}/void")),
            Self::Sale => "/pos/v1/sales",
            Self::Refund => "/pos/v1/refunds",
            Self::Reversal => "/pos/v1/reversals",
            Self::Status => return Cow::Owned(format!("/pos/v1/operations/{name}")),
            Self::SignOn => "/pos/v1/sign-on",
            Self::Diagnose => "/pos/v1/diagnose",
        })
    }
}

/// A request: where it goes, what it is answered with, and whether its shape is right.
pub trait Request: Serialize {
    /// What it asks.
    const OPERATION: Operation;
    /// What it is answered with.
    type Answer: DeserializeOwned;

    /// Where it goes.
    fn path(&self) -> Cow<'static, str> {
        Self::OPERATION.path("")
    }

    /// Checks the bounds of every field. What it refuses is answered with status 400, or 404 for `token_unknown`.
    fn check(&self) -> Result<(), Refused>;
}

/// A tier, by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 普通会员
    Ordinary,
    /// 高级会员
    Senior,
}

/// Reads a request from its JSON. `name` is what the path names: the hold of a capture or void.
pub fn read<R: Request + DeserializeOwned>(body: &[u8]) -> Result<R, Refused> {
    serde_json::from_slice(body).map_err(|_| Fault::BadRequest.into())
}

/// The path's key of a status request.
pub fn key_of(name: &str) -> Result<Key, Refused> {
    name.parse().map_err(|_| Fault::BadKey.into())
}
