//! Time, as a till has it: the one place of this package that reads a clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What a client needs to know about time.
pub trait Clock: Send + Sync {
    /// Wall time in milliseconds since 1970; a till's may be wrong, and may jump.
    fn wall_millis(&self) -> u64;

    /// Time since some moment; it never goes back.
    fn elapsed(&self) -> Duration;

    /// Lets time pass before the next attempt.
    fn pause(&self, time: Duration);
}

/// The machine's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// The machine's clocks.
    pub fn new() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the clock"
    )]
    fn wall_millis(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
        })
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a store that says \"try again\" has nothing to wait for but time"
    )]
    fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}

/// A moment after which nothing is waited for.
#[derive(Clone, Copy)]
pub(crate) struct Deadline<'c> {
    clock: &'c dyn Clock,
    at: Duration,
}

impl<'c> Deadline<'c> {
    /// The moment after `time`.
    pub(crate) fn after(clock: &'c dyn Clock, time: Duration) -> Self {
        Self {
            clock,
            at: clock.elapsed().saturating_add(time),
        }
    }

    /// What is left; `None` when it is over.
    pub(crate) fn left(&self) -> Option<Duration> {
        let left = self.at.saturating_sub(self.clock.elapsed());
        (!left.is_zero()).then_some(left)
    }

    /// The moment halfway.
    pub(crate) fn halfway(&self) -> Self {
        let half = self.left().unwrap_or_default().checked_div(2);
        Self::after(self.clock, half.unwrap_or_default())
    }
}
