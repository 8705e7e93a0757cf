//! The till's side of a store of points, as a trait: the client speaks it over the network, a store in process, and every
//! dialect is an adapter onto it.

use std::io;

use crate::key::Key;
use crate::message::hold::{Capture, Captured, Held, Hold, Void, Voided};
use crate::message::identify::{Identified, Identify};
use crate::message::quote::{Quote, Quoted};
use crate::message::refund::{Refund, Refunded, Reversal, Reversed};
use crate::message::sale::{Sale, Sold};
use crate::message::service::{Diagnose, Diagnosis, Outcome, SignOn, SignedOn, Status};
use crate::message::{Refused, Words};
use crate::signature::SignatureError;

/// What goes beside every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The name of this attempt. A retry of the same command has the same one.
    pub key: Key,
}

impl Call {
    /// A call under this key.
    pub const fn new(key: Key) -> Self {
        Self { key }
    }
}

/// Why there is no answer to use.
#[derive(Debug, thiserror::Error)]
pub enum TillError {
    /// The store said no.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The time is over and nothing certain was heard: the outcome is unknown. Sell, and ask again later with the same key.
    #[error("no answer within the time: ask again with the same key")]
    NoAnswer {
        /// The last "try again" of the store, if it got to say that much.
        last: Option<Refused>,
    },
    /// An answer came, and it is not the store's. The outcome is unknown: ask again with the same key.
    #[error("an answer with status {status} that the store did not sign: {error}")]
    AnswerNotAuthentic {
        /// The status it bore. A store cannot sign for a terminal that it does not know: 401 hints at that.
        status: u16,
        /// What is wrong with it.
        error: SignatureError,
    },
    /// Somebody else than the store is at its address: the key is not the one that is pinned. Nothing was said to them; what
    /// an earlier try did is unknown: ask again with the same key.
    #[error("the key of the server is not the one that is pinned")]
    KeyNotPinned,
    /// It was done, and the store's answer could not be read: ask for its status with a newer client.
    #[error("the store's answer could not be read")]
    AnswerUnreadable,
    /// The key, the number or the nonce could not be made or kept, so nothing was sent in this call.
    #[error("nothing was sent: {0}")]
    NotSent(#[source] io::Error),
}

impl TillError {
    /// Whether it may have been done or not: ask again with the same key.
    pub const fn leaves_outcome_open(&self) -> bool {
        match self {
            Self::NoAnswer { .. } | Self::AnswerNotAuthentic { .. } | Self::KeyNotPinned => true,
            Self::Refused(_) | Self::AnswerUnreadable | Self::NotSent(_) => false,
        }
    }

    /// For the cashier.
    pub fn words(&self) -> Words {
        let (zh, en) = match self {
            Self::Refused(refused) => return refused.message.clone(),
            Self::NoAnswer { .. } | Self::AnswerUnreadable => (
                "积分系统没有回应，请照常收款，稍后自动补记。",
                "The points system does not answer. Take the money as usual; the points follow.",
            ),
            Self::AnswerNotAuthentic { .. } => (
                "收到的回应不是积分系统发出的，请照常收款，并通知管理员。",
                "The answer did not come from the points system. Take the money as usual and tell the manager.",
            ),
            Self::KeyNotPinned => (
                "对方的密钥不是本店登记的，没有发送，请照常收款，并通知管理员。",
                "The server's key is not the shop's, and nothing was sent. Take the money as usual and tell the manager.",
            ),
            Self::NotSent(_) => (
                "收银机无法保存交易号，没有发送，请通知管理员。",
                "The till cannot keep its records, and nothing was sent. Tell the manager.",
            ),
        };
        Words {
            zh: zh.into(),
            en: en.into(),
        }
    }
}

/// A store of points, as a till sees it. Every method may be called again with the same call and request.
pub trait Till {
    /// A scanned or typed code becomes the token of this sale.
    fn identify(&self, call: &Call, request: &Identify) -> Result<Identified, TillError>;

    /// What a basket would cost and earn. No effect.
    fn quote(&self, call: &Call, request: &Quote) -> Result<Quoted, TillError>;

    /// Sets points aside for a basket.
    fn hold(&self, call: &Call, request: &Hold) -> Result<Held, TillError>;

    /// Uses a hold, whole or in part.
    fn capture(&self, call: &Call, request: &Capture) -> Result<Captured, TillError>;

    /// Gives a hold back.
    fn void(&self, call: &Call, request: &Void) -> Result<Voided, TillError>;

    /// Takes a sale in: it earns.
    fn sale(&self, call: &Call, request: &Sale) -> Result<Sold, TillError>;

    /// Takes goods back.
    fn refund(&self, call: &Call, request: &Refund) -> Result<Refunded, TillError>;

    /// Undoes an operation, once.
    fn reversal(&self, call: &Call, request: &Reversal) -> Result<Reversed, TillError>;

    /// What became of a key. The call's own key is not used.
    fn status(&self, call: &Call, request: &Status) -> Result<Outcome, TillError>;

    /// Asks for the time and for what is offered.
    fn sign_on(&self, call: &Call, request: &SignOn) -> Result<SignedOn, TillError>;

    /// Asks whether all is well. The call's own key is not used.
    fn diagnose(&self, call: &Call, request: &Diagnose) -> Result<Diagnosis, TillError>;
}
