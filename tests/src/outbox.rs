//! A messenger that keeps what it is given, and can be told to take nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use jifen::engine::messenger::{Messenger, NotSent};
use jifen::vault::profile::Mobile;

/// What was sent, the earliest first: to whom, and the text.
#[derive(Default)]
pub struct Outbox {
    sent: Mutex<Vec<(String, String)>>,
    is_broken: AtomicBool,
}

impl Outbox {
    /// Takes nothing from now on, or everything again.
    pub fn breaks(&self, is_broken: bool) {
        self.is_broken.store(is_broken, Ordering::SeqCst);
    }

    /// What was sent so far.
    pub fn all(&self) -> Vec<(String, String)> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.clone()
    }

    /// The code in the message that was sent last.
    pub fn code(&self) -> String {
        let all = self.all();
        let (_, text) = all.last().expect("a message");
        digits(text)
    }
}

impl Messenger for Outbox {
    fn send(&self, to: &Mobile, text: &str) -> Result<(), NotSent> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(NotSent);
        }
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push((to.e164().to_owned(), text.to_owned()));
        Ok(())
    }
}

/// The first six digits in a row.
pub fn digits(text: &str) -> String {
    let mut runs = text.split(|letter: char| !letter.is_ascii_digit());
    let code = runs.find(|run| run.len() == 6);
    code.expect("six digits").to_owned()
}
