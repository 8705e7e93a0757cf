//! What comes in from outside: time and randomness. A whole run is a function of what these give.

use core::sync::atomic::{AtomicI64, Ordering};

use sha2::{Digest, Sha256};

use crate::domain::time::Moment;

/// Two readings of time.
pub trait Clock: Send + Sync {
    /// The time that rules go by.
    fn business(&self) -> Moment;
    /// The time on the wall: for signatures, sessions and rate limits.
    fn wall(&self) -> Moment;
    /// Milliseconds of a clock that nobody sets, from any beginning.
    fn monotonic_millis(&self) -> i64;
    /// Whether the time is given and not to be judged: in replays and tests.
    fn is_given(&self) -> bool {
        false
    }
}

/// How far wall clock and monotonic clock may part while the process runs.
const DRIFT_MAX_MILLIS: u64 = 2 * 60_000;
/// How long a shop may have been closed when the process starts.
const CLOSED_MAX_DAYS: u32 = 35;

/// Judges a clock that is not given: a wrong one would let points expire that are not due (semantics 2).
#[derive(Debug)]
pub(crate) struct Judge {
    /// Business and monotonic time when the clock was last believed; none while it is not.
    believed: Option<(Moment, i64)>,
}

impl Judge {
    /// At start the clock may not be before the last commit, nor 35 days after it.
    pub(crate) fn new(clock: &dyn Clock, latest: Moment) -> Self {
        let now = clock.business();
        let is_new = latest == Moment::EPOCH;
        let fits = latest <= now && now <= latest.plus_days(CLOSED_MAX_DAYS);
        let mut judge = Self { believed: None };
        if is_new || fits {
            judge.confirm(clock);
        }
        judge
    }

    /// Business time, unless the clock is not believed.
    pub(crate) fn business(&mut self, clock: &dyn Clock) -> Option<Moment> {
        let now = clock.business();
        if clock.is_given() {
            return Some(now);
        }
        let (business, monotonic) = self.believed?;
        let went = now.millis().saturating_sub(business.millis());
        let passed = clock.monotonic_millis().saturating_sub(monotonic);
        if DRIFT_MAX_MILLIS < went.abs_diff(passed) {
            self.believed = None;
        }
        self.believed.map(|_| now)
    }

    /// The clock is believed from here on.
    pub(crate) fn confirm(&mut self, clock: &dyn Clock) {
        self.believed = Some((clock.business(), clock.monotonic_millis()));
    }
}

/// 32 random bytes at a time.
pub trait Entropy: Send + Sync {
    /// A seed that was never given before.
    fn seed(&self) -> [u8; 32];
}

/// A clock that is given: it follows the sales that are replayed and never goes back.
#[derive(Debug, Default)]
pub struct GivenClock(AtomicI64);

impl GivenClock {
    /// A clock that stands at `moment`.
    pub const fn at(moment: Moment) -> Self {
        Self(AtomicI64::new(moment.millis()))
    }

    /// Moves forward to `moment`; an earlier one changes nothing.
    pub fn follow(&self, moment: Moment) {
        self.0.fetch_max(moment.millis(), Ordering::SeqCst);
    }
}

impl Clock for GivenClock {
    fn business(&self) -> Moment {
        Moment::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.business()
    }

    fn monotonic_millis(&self) -> i64 {
        self.business().millis()
    }

    fn is_given(&self) -> bool {
        true
    }
}

/// Seeds expanded from one seed: the operating system's in a shop, a known one in a test. Who knows the first seed knows
/// every id and nonce that follows.
pub struct SeededEntropy {
    seed: [u8; 32],
    drawn: AtomicI64,
}

impl core::fmt::Debug for SeededEntropy {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("SeededEntropy(..)")
    }
}

impl SeededEntropy {
    /// All seeds follow from this one.
    pub const fn new(seed: [u8; 32]) -> Self {
        Self {
            seed,
            drawn: AtomicI64::new(0),
        }
    }
}

impl Entropy for SeededEntropy {
    fn seed(&self) -> [u8; 32] {
        let number = self.drawn.fetch_add(1, Ordering::SeqCst);
        Sha256::new()
            .chain_update(self.seed)
            .chain_update(number.to_be_bytes())
            .finalize()
            .into()
    }
}

/// Random bytes of one attempt of one command, expanded from its seed: an attempt that runs again draws others, so no
/// nonce is ever used twice.
pub(crate) struct Draw {
    seed: [u8; 32],
    attempt: u32,
    drawn: u32,
}

impl Draw {
    /// The bytes of the n-th attempt.
    pub(crate) const fn new(seed: [u8; 32], attempt: u32) -> Self {
        Self {
            seed,
            attempt,
            drawn: 0,
        }
    }

    /// The next bytes, at most 32.
    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        self.drawn = self.drawn.saturating_add(1);
        let block: [u8; 32] = Sha256::new()
            .chain_update(self.seed)
            .chain_update(self.attempt.to_be_bytes())
            .chain_update(self.drawn.to_be_bytes())
            .finalize()
            .into();
        let mut bytes = [0; N];
        for (to, from) in bytes.iter_mut().zip(block) {
            *to = from;
        }
        bytes
    }
}
