//! How many hashes run at once, so that a crowd of attempts takes neither all the memory nor all the cores.

use core::fmt;

use parking_lot::{Condvar, Mutex};

/// Lets a few through at once; a bounded number waits, and the next hears that the house is full. One hash takes 19 MiB.
pub struct HashGate {
    at_once: usize,
    waiting_max: usize,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    waiting: usize,
}

impl HashGate {
    /// A gate for so many at once, at least one, and so many who wait.
    pub fn new(at_once: usize, waiting_max: usize) -> Self {
        Self {
            at_once: at_once.max(1),
            waiting_max,
            state: Mutex::new(State::default()),
            freed: Condvar::new(),
        }
    }

    /// Does the work when there is room, after waiting for it if need be. `None` when too many wait already: nothing was
    /// done, and the caller says so and may try again.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> Option<T> {
        let _place = self.enter()?;
        Some(work())
    }

    fn enter(&self) -> Option<Place<'_>> {
        let mut state = self.state.lock();
        if self.at_once <= state.running {
            if self.waiting_max <= state.waiting {
                return None;
            }
            state.waiting = state.waiting.saturating_add(1);
            self.freed
                .wait_while(&mut state, |state| self.at_once <= state.running);
            state.waiting = state.waiting.saturating_sub(1);
        }
        state.running = state.running.saturating_add(1);
        Some(Place(self))
    }
}

impl Default for HashGate {
    /// Two at once, 64 who wait.
    fn default() -> Self {
        Self::new(2, 64)
    }
}

impl fmt::Debug for HashGate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HashGate(..)")
    }
}

/// A place inside, given back when dropped: after a panic too.
struct Place<'a>(&'a HashGate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.running = state.running.saturating_sub(1);
        drop(state);
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Waits until the gate is as the test wants it.
    fn until(gate: &HashGate, wanted: impl Fn(&State) -> bool) {
        while !wanted(&gate.state.lock()) {
            thread::yield_now();
        }
    }

    #[test]
    fn two_go_in_two_wait_and_the_next_hears_that_it_is_full() {
        let gate = HashGate::new(2, 2);
        let (inside, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            let mut doors = Vec::new();
            let mut done = Vec::new();
            for _ in 0..4 {
                let (open, closed) = mpsc::channel::<()>();
                doors.push(open);
                let (gate, inside, most) = (&gate, &inside, &most);
                done.push(scope.spawn(move || {
                    gate.run(|| {
                        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        let _ = closed.recv();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    })
                }));
            }
            until(&gate, |state| (state.running, state.waiting) == (2, 2));
            // Beside the others, so that a gate which lets it wait is seen at once and does not stop the test.
            let next = scope.spawn(|| gate.run(|| ()));
            until(&gate, |state| next.is_finished() || 2 < state.waiting);
            drop(doors);
            assert_eq!(next.join().unwrap(), None, "full");
            for done in done {
                assert_eq!(done.join().unwrap(), Some(()));
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert_eq!(gate.run(|| 7), Some(7), "room again");
        until(&gate, |state| (state.running, state.waiting) == (0, 0));
    }

    #[test]
    fn a_panic_inside_gives_its_place_back() {
        let gate = HashGate::new(1, 0);
        let panicked = catch_unwind(AssertUnwindSafe(|| gate.run(|| panic!("on purpose"))));
        assert!(panicked.is_err());
        assert_eq!(gate.run(|| 1), Some(1));
    }

    #[test]
    fn a_gate_for_none_lets_one_through() {
        let gate = HashGate::new(0, 0);
        assert_eq!(
            gate.run(|| gate.run(|| ())),
            Some(None),
            "one, and nobody waits"
        );
    }

    #[test]
    fn the_usual_gate_lets_two_in_and_64_wait() {
        let gate = HashGate::default();
        assert_eq!((gate.at_once, gate.waiting_max), (2, 64));
    }
}
