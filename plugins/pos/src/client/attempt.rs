//! One attempt after the other, each signed anew and all under one key, until there is an answer or no time is left.

use std::io;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Request as HttpRequest, StatusCode};

use super::{Client, read};
use crate::clock::Deadline;
use crate::message::{Operation, Refused};
use crate::signature::{SignatureError, sign_request, verify_answer};
use crate::till::TillError;

/// How long to wait before the second attempt; it doubles from there.
const PAUSE: Duration = Duration::from_millis(20);
/// How often a call is signed anew because the store did not take the number, the nonce or the time.
const SIGN_AGAIN_MAX: u32 = 4;

/// What came of one attempt.
enum Heard {
    /// The store's own answer.
    Answer { status: StatusCode, body: Vec<u8> },
    /// Nothing, or nothing whole.
    Nothing {
        /// The connection had been kept: it may have been closed since.
        was_kept: bool,
    },
    /// Nothing was said to whoever is there: the key is not the one that is pinned.
    OtherKey,
    /// Something that the store did not sign.
    Stranger {
        status: StatusCode,
        error: SignatureError,
    },
}

/// What to do after a "no".
enum Next {
    /// It is the answer.
    Stop,
    /// A higher number.
    NewNumber,
    /// The store's time.
    NewTime,
    /// Another nonce.
    SignAgain,
    /// The same, later.
    Wait,
}

impl Next {
    fn after(status: StatusCode, refused: &Refused) -> Self {
        match (status.as_u16(), &*refused.code) {
            (401, "sequence_stale") => Self::NewNumber,
            (401, "signature_expired" | "signature_early") => Self::NewTime,
            (401, "nonce_replayed" | "signature_before_start") => Self::SignAgain,
            (429 | 503, _) => Self::Wait,
            (_, _) => Self::Stop,
        }
    }
}

impl Client {
    /// The body of the store's "yes", or why there is none.
    pub(super) fn attempts(
        &self,
        request: &mut HttpRequest<Vec<u8>>,
        deadline: Deadline<'_>,
    ) -> Result<Vec<u8>, TillError> {
        let mut pause = PAUSE;
        let mut last = None;
        let mut signed_again = 0_u32;
        let mut was_sent = false;
        // The first attempt leaves half of the time for another, on another connection.
        let mut limit = deadline.halfway();
        loop {
            let heard = match self.attempt(request, limit) {
                Ok(heard) => heard,
                Err(error) if !was_sent => return Err(TillError::NotSent(error)),
                Err(_) => return Err(TillError::NoAnswer { last }),
            };
            was_sent = true;
            limit = deadline;
            match heard {
                Heard::Answer { status, body } if status.is_success() => return Ok(body),
                Heard::Answer { status, body } => {
                    let refused: Refused = read(&body)?;
                    let next = Next::after(status, &refused);
                    if let Next::Wait = next {
                        last = Some(refused);
                    } else {
                        signed_again = signed_again.saturating_add(1);
                        if SIGN_AGAIN_MAX < signed_again || !self.is_mended(&next, deadline) {
                            return Err(refused.into());
                        }
                        continue;
                    }
                }
                Heard::OtherKey => return Err(TillError::KeyNotPinned),
                Heard::Nothing { was_kept: true } => continue,
                Heard::Nothing { was_kept: false } => {}
                // A proxy that says "try again" says no more than silence does.
                Heard::Stranger { status, .. } if matches!(status.as_u16(), 429 | 502..=504) => {}
                Heard::Stranger { status, error } => {
                    let status = status.as_u16();
                    return Err(TillError::AnswerNotAuthentic { status, error });
                }
            }
            match deadline.left() {
                Some(left) if pause < left => self.clock.pause(pause),
                Some(_) | None => return Err(TillError::NoAnswer { last }),
            }
            pause = pause.saturating_mul(2);
        }
    }

    /// Mends what the store did not take; `false` when that cannot be done, or when there is nothing to mend.
    fn is_mended(&self, next: &Next, deadline: Deadline<'_>) -> bool {
        match next {
            Next::Stop | Next::Wait => false,
            Next::NewNumber => self.numbers.rise_above(self.store_millis()).is_ok(),
            Next::NewTime => self.ask_time(deadline).is_some(),
            Next::SignAgain => true,
        }
    }

    /// Signs on, once.
    fn ask_time(&self, deadline: Deadline<'_>) -> Option<()> {
        let operation = Operation::SignOn;
        let key = self.new_call().ok()?.key;
        let before = self.clock.wall_millis();
        let request = self.request(operation, key, &operation.path(""), b"{}".to_vec());
        match self.attempt(&mut request.ok()?, deadline).ok()? {
            Heard::Answer { status, body } if status.is_success() => {
                self.learn_time(&read(&body).ok()?, before, self.clock.wall_millis());
                Some(())
            }
            Heard::Answer { .. }
            | Heard::Nothing { .. }
            | Heard::OtherKey
            | Heard::Stranger { .. } => None,
        }
    }

    /// Signs the request with a number and a nonce of its own, sends it, and tells whose answer came.
    fn attempt(
        &self,
        request: &mut HttpRequest<Vec<u8>>,
        deadline: Deadline<'_>,
    ) -> io::Result<Heard> {
        let seq = self.numbers.next()?;
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        let nonce = URL_SAFE_NO_PAD.encode(random);
        let created = self.store_millis() / 1_000;
        let signed = sign_request(request, &self.credential, seq, created, &nonce);
        let binding = signed.map_err(io::Error::other)?;

        let exchanged = self.connections.exchange(&self.origin, request, deadline);
        Ok(match exchanged {
            Err(broken) if broken.is_stranger => Heard::OtherKey,
            Err(broken) => Heard::Nothing {
                was_kept: broken.was_kept,
            },
            Ok(answer) => {
                let status = answer.status();
                match verify_answer(&answer, self.credential.secret(), &binding) {
                    Ok(()) => Heard::Answer {
                        status,
                        body: answer.into_body(),
                    },
                    Err(error) => Heard::Stranger { status, error },
                }
            }
        })
    }
}
