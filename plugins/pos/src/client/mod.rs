//! A till that speaks to a store over the network: blocking, small, and never longer than its budget.

mod attempt;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests;

use std::io;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use http::{HeaderValue, Request as HttpRequest, header};
use serde::de::DeserializeOwned;

use crate::clock::{Clock, Deadline, SystemClock};
use crate::http1::{Connections, Origin};
use crate::key::Key;
use crate::message::hold::{Capture, Captured, Held, Hold, Void, Voided};
use crate::message::identify::{Identified, Identify};
use crate::message::quote::{Quote, Quoted};
use crate::message::refund::{Refund, Refunded, Reversal, Reversed};
use crate::message::sale::{Sale, Sold};
use crate::message::service::{Deed, Diagnose, Diagnosis, Outcome, SignOn, SignedOn, Status};
use crate::message::{Method, Operation, Request, millis_of};
use crate::numbers::Numbers;
use crate::signature::{Credential, KEY_HEADER};
use crate::spool::{Pending, Spool, operation_bytes};
use crate::till::{Call, Till, TillError};

pub use crate::http1::{OriginError, Pin, PinError};

/// How long a call may take, connecting and every retry included: at least a millisecond, at most five seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget(Duration);

impl Budget {
    /// The longest that a till waits.
    pub const HARD: Self = Self(Duration::from_secs(5));

    /// So long, within the bounds.
    pub fn new(time: Duration) -> Self {
        Self(time.clamp(Duration::from_millis(1), Self::HARD.0))
    }

    /// How long it is.
    pub const fn time(self) -> Duration {
        self.0
    }
}

impl Default for Budget {
    /// 500 ms (semantics 36).
    fn default() -> Self {
        Self(Duration::from_millis(500))
    }
}

/// A client of one store for one terminal. It may be used from many threads.
pub struct Client {
    origin: Origin,
    credential: Credential,
    spool: Box<dyn Spool>,
    numbers: Box<dyn Numbers>,
    clock: Box<dyn Clock>,
    budget: Budget,
    /// The store's time less ours, as learned at sign-on.
    offset_millis: AtomicI64,
    connections: Connections,
}

impl core::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_struct("Client")
            .field("origin", &self.origin)
            .field("credential", &self.credential)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A client of the store at `http://host` or `http://host:port`, with the machine's clock and the default budget: for a
    /// store on the same machine. See [`Self::pinned`] for any other.
    pub fn new(
        origin: &str,
        credential: Credential,
        spool: impl Spool + 'static,
        numbers: impl Numbers + 'static,
    ) -> Result<Self, OriginError> {
        Self::at(origin, None, credential, spool, numbers)
    }

    /// The same over TLS 1.3, of the store at `https://host` or `https://host:port` that has the key of this pin. `serve`
    /// and `self-check` print it; nobody else's certificate is taken, whoever signed it.
    pub fn pinned(
        origin: &str,
        pin: Pin,
        credential: Credential,
        spool: impl Spool + 'static,
        numbers: impl Numbers + 'static,
    ) -> Result<Self, OriginError> {
        Self::at(origin, Some(pin), credential, spool, numbers)
    }

    fn at(
        origin: &str,
        pin: Option<Pin>,
        credential: Credential,
        spool: impl Spool + 'static,
        numbers: impl Numbers + 'static,
    ) -> Result<Self, OriginError> {
        let origin = Origin::parse(origin)?;
        if origin.is_encrypted() != pin.is_some() {
            return Err(OriginError);
        }
        Ok(Self {
            origin,
            credential,
            spool: Box::new(spool),
            numbers: Box::new(numbers),
            clock: Box::new(SystemClock::new()),
            budget: Budget::default(),
            offset_millis: AtomicI64::new(0),
            connections: Connections::new(pin),
        })
    }

    /// The same with another budget for each call.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// A call under a new key, for a new command. A retry of the same command takes the same call.
    pub fn new_call(&self) -> io::Result<Call> {
        let mut random = [0; 10];
        getrandom::fill(&mut random)?;
        Ok(Call::new(Key::v7(self.store_millis(), &random)))
    }

    /// The commands that have no answer yet, those of a till that was switched off among them, in order.
    pub fn pending(&self) -> io::Result<Vec<Pending>> {
        self.spool.pending()
    }

    /// Sends a command that has no answer yet once more, under its key.
    pub fn resend(&self, pending: &Pending) -> Result<Deed, TillError> {
        let unfit = || TillError::NotSent(io::ErrorKind::InvalidData.into());
        let (path, body) = pending.parts().ok_or_else(unfit)?;
        let (operation, _) = Operation::at("POST", path).ok_or_else(unfit)?;
        if !operation.is_command() {
            return Err(unfit());
        }
        let answer = self.run(operation, pending.key, path, body.to_vec())?;
        match operation {
            Operation::Hold => read(&answer).map(Deed::Hold),
            Operation::Capture => read(&answer).map(Deed::Capture),
            Operation::Void => read(&answer).map(Deed::Void),
            Operation::Sale => read(&answer).map(Deed::Sale),
            Operation::Refund => read(&answer).map(Deed::Refund),
            Operation::Reversal => read(&answer).map(Deed::Reversal),
            Operation::Identify
            | Operation::Quote
            | Operation::Status
            | Operation::SignOn
            | Operation::Diagnose => Err(unfit()),
        }
    }

    /// The store's time, as far as it is known.
    fn store_millis(&self) -> u64 {
        let offset = self.offset_millis.load(Ordering::Relaxed);
        self.clock.wall_millis().saturating_add_signed(offset)
    }

    fn send<R: Request>(&self, call: &Call, request: &R) -> Result<R::Answer, TillError> {
        request.check()?;
        let body = match R::OPERATION.method() {
            Method::Get => Vec::new(),
            Method::Post => serde_json::to_vec(request)
                .map_err(io::Error::from)
                .map_err(TillError::NotSent)?,
        };
        read(&self.run(R::OPERATION, call.key, &request.path(), body)?)
    }

    /// Keeps a command under its key, sends it until there is an answer or no time is left, and drops it when there is one.
    fn run(
        &self,
        operation: Operation,
        key: Key,
        path: &str,
        body: Vec<u8>,
    ) -> Result<Vec<u8>, TillError> {
        if operation.is_command() {
            let kept = self.spool.begin(key, &operation_bytes(path, &body));
            kept.map_err(TillError::NotSent)?;
        }
        let mut request = self.request(operation, key, path, body)?;
        let deadline = Deadline::after(&*self.clock, self.budget.time());
        let answer = self.attempts(&mut request, deadline);
        let is_over = match &answer {
            Ok(_) | Err(TillError::Refused(_) | TillError::AnswerUnreadable) => true,
            Err(
                TillError::NoAnswer { .. }
                | TillError::AnswerNotAuthentic { .. }
                | TillError::KeyNotPinned
                | TillError::NotSent(_),
            ) => false,
        };
        if operation.is_command() && is_over {
            // If it cannot be dropped it is sent once more some day, under its key, and nothing is done twice.
            let _ = self.spool.done(key);
        }
        answer
    }

    /// The request, not signed yet.
    fn request(
        &self,
        operation: Operation,
        key: Key,
        path: &str,
        body: Vec<u8>,
    ) -> Result<HttpRequest<Vec<u8>>, TillError> {
        let unfit = |_| TillError::NotSent(io::ErrorKind::InvalidInput.into());
        let mut request = HttpRequest::new(body);
        *request.uri_mut() = path.parse().map_err(unfit)?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.origin.authority().clone());
        if operation.method() == Method::Post {
            let key = HeaderValue::try_from(key.to_string());
            let key = key.map_err(|_| TillError::NotSent(io::ErrorKind::InvalidInput.into()))?;
            headers.insert(KEY_HEADER, key);
            *request.method_mut() = http::Method::POST;
        }
        Ok(request)
    }

    /// Learns the store's time from what it said between these two moments of ours.
    fn learn_time(&self, signed_on: &SignedOn, before: u64, after: u64) {
        let middle = before.midpoint(after);
        if let (Some(theirs), Ok(ours)) = (millis_of(&signed_on.time), i64::try_from(middle)) {
            self.offset_millis
                .store(theirs.saturating_sub(ours), Ordering::Relaxed);
        }
    }
}

fn read<A: DeserializeOwned>(answer: &[u8]) -> Result<A, TillError> {
    serde_json::from_slice(answer).map_err(|_| TillError::AnswerUnreadable)
}

impl Till for Client {
    fn identify(&self, call: &Call, request: &Identify) -> Result<Identified, TillError> {
        self.send(call, request)
    }

    fn quote(&self, call: &Call, request: &Quote) -> Result<Quoted, TillError> {
        self.send(call, request)
    }

    fn hold(&self, call: &Call, request: &Hold) -> Result<Held, TillError> {
        self.send(call, request)
    }

    fn capture(&self, call: &Call, request: &Capture) -> Result<Captured, TillError> {
        self.send(call, request)
    }

    fn void(&self, call: &Call, request: &Void) -> Result<Voided, TillError> {
        self.send(call, request)
    }

    fn sale(&self, call: &Call, request: &Sale) -> Result<Sold, TillError> {
        self.send(call, request)
    }

    fn refund(&self, call: &Call, request: &Refund) -> Result<Refunded, TillError> {
        self.send(call, request)
    }

    fn reversal(&self, call: &Call, request: &Reversal) -> Result<Reversed, TillError> {
        self.send(call, request)
    }

    fn status(&self, call: &Call, request: &Status) -> Result<Outcome, TillError> {
        self.send(call, request)
    }

    /// Also sets the clock that later requests are signed by.
    fn sign_on(&self, call: &Call, request: &SignOn) -> Result<SignedOn, TillError> {
        let before = self.clock.wall_millis();
        let signed_on = self.send(call, request)?;
        self.learn_time(&signed_on, before, self.clock.wall_millis());
        Ok(signed_on)
    }

    fn diagnose(&self, call: &Call, request: &Diagnose) -> Result<Diagnosis, TillError> {
        self.send(call, request)
    }
}
