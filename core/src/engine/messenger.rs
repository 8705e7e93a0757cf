//! What carries a short text to a phone: a code, or a notice. The engine opens no connection by itself; a shop plugs its
//! own messenger in (privacy §6).

use crate::vault::profile::Mobile;

/// Carries a text to a phone.
pub trait Messenger: Send + Sync {
    /// Hands the text over. It may be asked from several threads at once.
    ///
    /// # Errors
    /// [`NotSent`] when it could not be handed over: nothing was sent then.
    fn send(&self, to: &Mobile, text: &str) -> Result<(), NotSent>;
}

/// The text was not handed over. Why stays with the messenger: it may name the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message could not be sent")]
pub struct NotSent;
