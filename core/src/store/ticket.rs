//! The two ends of an answer: the [`Ticket`] stays with whoever submitted a body, the [`Waiter`] with the store.

use std::sync::Arc;

use parking_lot::{Condvar, Mutex};

use super::{StoreError, Verdict};

/// What became of a body.
type Outcome = Result<Verdict, StoreError>;
type Callback = Box<dyn FnOnce(Outcome) + Send>;

/// The caller's end. A ticket that is dropped changes nothing: the body runs all the same.
#[must_use = "what became of the body is known only through its ticket"]
pub struct Ticket(Kind);

enum Kind {
    Answered(Outcome),
    Pending(Arc<Slot>),
}

struct Slot {
    state: Mutex<State>,
    answered: Condvar,
}

enum State {
    Waiting,
    Calling(Callback),
    Answered(Outcome),
    Taken,
}

/// A waiter and its ticket.
pub fn ticket() -> (Waiter, Ticket) {
    let slot = Arc::new(Slot {
        state: Mutex::new(State::Waiting),
        answered: Condvar::new(),
    });
    (
        Waiter {
            slot: Some(Arc::clone(&slot)),
        },
        Ticket(Kind::Pending(slot)),
    )
}

impl Ticket {
    /// A ticket that is answered already.
    pub const fn answered(outcome: Result<Verdict, StoreError>) -> Self {
        Self(Kind::Answered(outcome))
    }

    /// Blocks until the body's batch is durable, or until it is certain or uncertain for good.
    pub fn wait(self) -> Result<Verdict, StoreError> {
        let slot = match self.0 {
            Kind::Answered(outcome) => return outcome,
            Kind::Pending(slot) => slot,
        };
        let mut state = slot.state.lock();
        loop {
            match core::mem::replace(&mut *state, State::Taken) {
                State::Answered(outcome) => return outcome,
                earlier @ (State::Waiting | State::Calling(_) | State::Taken) => *state = earlier,
            }
            slot.answered.wait(&mut state);
        }
    }

    /// Calls back once, from the store's own thread or at once when the answer is there: it must be short, and wait
    /// for nothing. A panic of it is swallowed.
    pub fn then(self, callback: Box<dyn FnOnce(Result<Verdict, StoreError>) + Send>) {
        let outcome = match self.0 {
            Kind::Answered(outcome) => outcome,
            Kind::Pending(slot) => {
                let mut state = slot.state.lock();
                match core::mem::replace(&mut *state, State::Taken) {
                    State::Answered(outcome) => outcome,
                    State::Waiting | State::Calling(_) | State::Taken => {
                        *state = State::Calling(callback);
                        return;
                    }
                }
            }
        };
        call(callback, outcome);
    }
}

impl core::fmt::Debug for Ticket {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match &self.0 {
            Kind::Answered(outcome) => formatter.debug_tuple("Ticket").field(outcome).finish(),
            Kind::Pending(_) => formatter.write_str("Ticket(..)"),
        }
    }
}

/// The store's end. Dropped without an answer it says `Unknown`, so that nobody waits for ever.
#[derive(Debug)]
pub struct Waiter {
    slot: Option<Arc<Slot>>,
}

impl Waiter {
    /// Answers, once.
    pub fn answer(mut self, outcome: Result<Verdict, StoreError>) {
        self.settle(outcome);
    }

    fn settle(&mut self, outcome: Outcome) {
        let Some(slot) = self.slot.take() else { return };
        let mut state = slot.state.lock();
        match core::mem::replace(&mut *state, State::Taken) {
            State::Calling(callback) => {
                drop(state);
                call(callback, outcome);
            }
            State::Waiting | State::Answered(_) | State::Taken => {
                *state = State::Answered(outcome);
                drop(state);
                slot.answered.notify_one();
            }
        }
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        self.settle(Err(StoreError::Unknown));
    }
}

impl core::fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Slot(..)")
    }
}

fn call(callback: Callback, outcome: Outcome) {
    // The writer thread serves everybody: one caller's bug does not stop it.
    let _: Result<(), _> =
        std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| callback(outcome)));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn an_answer_reaches_whoever_waits_before_or_after_it() {
        let (waiter, ticket) = ticket();
        waiter.answer(Ok(Verdict::Keep));
        assert_eq!(ticket.wait(), Ok(Verdict::Keep));

        let (waiter, ticket) = super::ticket();
        let waiting = std::thread::spawn(move || ticket.wait());
        waiter.answer(Ok(Verdict::Drop));
        assert_eq!(waiting.join().unwrap(), Ok(Verdict::Drop));
    }

    #[test]
    fn a_callback_is_called_once_before_or_after_the_answer() {
        for late in [false, true] {
            let (waiter, ticket) = ticket();
            let (sent, received) = mpsc::channel();
            let callback = Box::new(move |outcome| sent.send(outcome).unwrap());
            if late {
                waiter.answer(Err(StoreError::Full));
                ticket.then(callback);
            } else {
                ticket.then(callback);
                waiter.answer(Err(StoreError::Full));
            }
            assert_eq!(received.iter().collect::<Vec<_>>(), [Err(StoreError::Full)]);
        }
    }

    #[test]
    fn a_waiter_that_is_lost_says_so() {
        let (waiter, ticket) = ticket();
        drop(waiter);
        assert_eq!(ticket.wait(), Err(StoreError::Unknown));
    }

    #[test]
    fn a_callback_that_panics_stays_with_its_caller() {
        let (waiter, ticket) = ticket();
        ticket.then(Box::new(|_| panic!("on purpose")));
        waiter.answer(Ok(Verdict::Keep));
    }
}
