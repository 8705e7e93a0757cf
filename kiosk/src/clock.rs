//! Where time and randomness come in: the machine's clock, a clock that follows a replay, and the operating system's
//! random numbers. This is the one file of the program that reads the time of day.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use jifen::domain::time::Moment;
use jifen::engine::clock::{Clock, Entropy};

use crate::failure::Failure;

/// The machine's clock: what a shop goes by.
#[derive(Debug)]
pub(crate) struct ShopClock {
    begun: Instant,
}

impl ShopClock {
    /// The machine's clock.
    pub(crate) fn new() -> Self {
        Self {
            begun: Instant::now(),
        }
    }
}

impl Clock for ShopClock {
    fn business(&self) -> Moment {
        self.wall()
    }

    fn wall(&self) -> Moment {
        wall()
    }

    fn monotonic_millis(&self) -> i64 {
        i64::try_from(self.begun.elapsed().as_millis()).unwrap_or(i64::MAX)
    }
}

/// Business time follows what is replayed and never goes back; the wall is the machine's, for signatures and sessions.
#[derive(Debug)]
pub(crate) struct FollowingClock {
    shop: ShopClock,
    business: AtomicI64,
}

impl FollowingClock {
    /// A clock whose business time has not begun.
    pub(crate) fn new() -> Self {
        Self {
            shop: ShopClock::new(),
            business: AtomicI64::new(0),
        }
    }

    /// Moves business time forward to `moment`; an earlier one changes nothing.
    pub(crate) fn follow(&self, moment: Moment) {
        self.business.fetch_max(moment.millis(), Ordering::SeqCst);
    }
}

impl Clock for FollowingClock {
    fn business(&self) -> Moment {
        Moment::from_millis(self.business.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Moment {
        self.shop.wall()
    }

    fn monotonic_millis(&self) -> i64 {
        self.shop.monotonic_millis()
    }

    fn is_given(&self) -> bool {
        true
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the program has to read the time of day somewhere, and reads it here alone"
)]
fn wall() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| {
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    });
    Moment::from_millis(millis)
}

/// Random bytes of the operating system, asked for anew each time: what was drawn cannot be computed again, so a key that
/// was destroyed is gone from this process too.
#[derive(Debug)]
pub(crate) struct OsEntropy(());

impl OsEntropy {
    /// The operating system's, if it gives any.
    pub(crate) fn new() -> Result<Self, Failure> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::new(
                "no_randomness",
                format!("操作系统无法提供随机数：{error}"),
                format!("the operating system gives no random numbers: {error}"),
            )
        })?;
        Ok(Self(()))
    }
}

impl Entropy for OsEntropy {
    fn seed(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        if getrandom::fill(&mut bytes).is_err() {
            // It gave some at the start. Going on without would mean keys that can be guessed.
            std::process::abort();
        }
        bytes
    }
}
