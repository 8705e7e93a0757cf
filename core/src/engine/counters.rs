//! Wrong codes and PINs are counted for each till and each kiosk: ten a minute, then nothing is looked at for a while
//! (privacy §5). In memory only. Nobody is locked out by it but the device that the guesses come from: what is right
//! never counts, and no member is counted for.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;

use super::Engine;
use super::clock::Clock;

/// So many wrong ones a minute begin a cool-down.
const A_MINUTE: usize = 10;
const MINUTE_MILLIS: i64 = 60_000;
/// The first cool-down. Each further one is twice as long as the one before.
const FIRST_MILLIS: i64 = MINUTE_MILLIS;
/// The longest cool-down.
const LONGEST_MILLIS: i64 = 15 * MINUTE_MILLIS;
/// So long after its last cool-down a device begins again with the first.
const FORGIVEN_MILLIS: i64 = 15 * MINUTE_MILLIS;
/// From so many devices on, those that have nothing to remember are dropped.
const DEVICES_MAX: usize = 4_096;

/// Counts wrong codes by device: a till's name, or a kiosk's.
pub struct Counters {
    clock: Arc<dyn Clock>,
    counts: Mutex<HashMap<String, Count>>,
}

/// What is remembered of one device.
#[derive(Default)]
struct Count {
    /// When the wrong ones of the last minute came, the earliest first.
    wrong: VecDeque<Moment>,
    /// The last cool-down: when it ended or ends, and how long it was.
    cooling: Option<(Moment, i64)>,
}

impl core::fmt::Debug for Counters {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Counters(..)")
    }
}

impl Counters {
    /// Nobody has guessed yet.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            counts: Mutex::default(),
        }
    }

    /// Refuses a device that has to wait. Ask before anything is looked up, so that nobody learns what would have been
    /// right.
    ///
    /// # Errors
    /// [`Refusal::SlowDown`].
    pub fn check(&self, device: &str) -> Result<(), Refusal> {
        let now = self.clock.wall();
        let counts = self.counts.lock();
        let left = counts.get(device).map_or(0, |count| count.left(now));
        if left == 0 {
            return Ok(());
        }
        let seconds = left.saturating_add(999).div_euclid(1_000);
        Err(Refusal::SlowDown { seconds })
    }

    /// Something wrong came from this device.
    pub fn wrong(&self, device: &str) {
        let now = self.clock.wall();
        let mut counts = self.counts.lock();
        if DEVICES_MAX <= counts.len() {
            counts.retain(|_, count| !count.is_idle(now));
        }
        counts.entry(device.to_owned()).or_default().note(now);
    }

    /// Runs what looks a code up, unless the device has to wait, and counts it when the code was wrong: when it was
    /// refused as [`Refusal::TokenUnknown`], [`Refusal::SignInFailed`] or [`Refusal::StaffSignInFailed`].
    ///
    /// # Errors
    /// [`Refusal::SlowDown`], and those of `look_up`.
    pub fn counted<T>(
        &self,
        device: &str,
        look_up: impl FnOnce() -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.check(device)?;
        let found = look_up();
        if matches!(
            found,
            Err(Refusal::TokenUnknown | Refusal::SignInFailed | Refusal::StaffSignInFailed)
        ) {
            self.wrong(device);
        }
        found
    }
}

impl Count {
    /// For how many milliseconds nothing is looked at. A cool-down that would last longer than any was begun by a clock
    /// that has been set back since.
    fn left(&self, now: Moment) -> i64 {
        let until = self.cooling.map_or(now, |(until, _)| until);
        let left = until.millis().saturating_sub(now.millis());
        if (0..=LONGEST_MILLIS).contains(&left) {
            left
        } else {
            0
        }
    }

    fn note(&mut self, now: Moment) {
        // Asked before the cool-down began, and answered in it.
        if self.left(now) != 0 {
            return;
        }
        let recent = |at: &Moment| {
            let ago = now.millis().saturating_sub(at.millis());
            (0..MINUTE_MILLIS).contains(&ago)
        };
        self.wrong.retain(recent);
        self.wrong.push_back(now);
        if self.wrong.len() < A_MINUTE {
            return;
        }
        let length = match self.cooling {
            Some((_, before)) if !self.is_forgiven(now) => {
                before.saturating_mul(2).min(LONGEST_MILLIS)
            }
            Some(_) | None => FIRST_MILLIS,
        };
        self.cooling = Some((now.plus_millis(length), length));
        self.wrong.clear();
    }

    fn is_forgiven(&self, now: Moment) -> bool {
        let until = self.cooling.map(|(until, _)| until);
        until.is_none_or(|until| until.plus_millis(FORGIVEN_MILLIS) <= now)
    }

    fn is_idle(&self, now: Moment) -> bool {
        let last = self.wrong.back();
        self.is_forgiven(now) && last.is_none_or(|last| last.plus_millis(MINUTE_MILLIS) <= now)
    }
}

impl Engine {
    /// The counts of wrong codes, by till and kiosk.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use super::super::clock::GivenClock;
    use super::*;

    const MORNING: Moment = Moment::from_millis(1_700_000_000_000);

    /// A story: at which second how many wrong codes come one after another, and for how many seconds the device has to
    /// wait after them.
    fn check(story: &[(i64, u32, i64)]) {
        let clock = Arc::new(GivenClock::at(MORNING));
        let counters = Counters::new(clock.clone());
        for (second, wrong, wait) in story {
            clock.follow(MORNING.plus_millis(second * 1_000));
            for _ in 0..*wrong {
                counters.wrong("till-1");
            }
            let expected = match wait {
                0 => Ok(()),
                seconds => Err(Refusal::SlowDown { seconds: *seconds }),
            };
            assert_eq!(counters.check("till-1"), expected, "at {second}");
            assert_eq!(counters.check("till-2"), Ok(()), "at {second}");
        }
    }

    #[test]
    fn ten_wrong_codes_a_minute_and_then_a_cool_down_that_doubles() {
        check(&[
            (0, 9, 0),
            (59, 1, 60),
            (60, 0, 59),
            (118, 0, 1),
            (119, 0, 0),
            // Nine more are free, and the next wait is twice as long.
            (119, 9, 0),
            (119, 1, 120),
            (239, 10, 240),
            (479, 10, 480),
            (959, 10, 900),
            (1_859, 10, 900),
            // What was asked before and is answered in the cool-down makes it no longer.
            (1_860, 50, 899),
            (2_759, 0, 0),
            // A quarter of an hour after it everything is forgiven, and not a second before.
            (3_658, 10, 900),
            (4_558, 0, 0),
            (5_458, 10, 60),
        ]);
    }

    #[test]
    fn whoever_guesses_slowly_never_waits() {
        let slowly: Vec<_> = (0..200).map(|number| (number * 7, 1, 0)).collect();
        check(&slowly);
        // The tenth within a minute, to the millisecond.
        check(&[(0, 1, 0), (1, 8, 0), (60, 1, 0), (60, 1, 60)]);
    }

    #[test]
    fn only_what_was_wrong_counts_and_nothing_is_looked_up_in_a_cool_down() {
        let counters = Counters::new(Arc::new(GivenClock::at(MORNING)));
        for _ in 0..100 {
            assert_eq!(counters.counted("till-1", || Ok(1)), Ok(1));
            let busy: Result<(), _> = counters.counted("till-1", || Err(Refusal::Busy));
            assert_eq!(busy, Err(Refusal::Busy));
        }
        for wrong in [Refusal::TokenUnknown, Refusal::SignInFailed] {
            for _ in 0..5 {
                let no: Result<(), _> = counters.counted("till-1", || Err(wrong.clone()));
                assert_eq!(no, Err(wrong.clone()));
            }
        }
        let mut looked = false;
        let right = counters.counted("till-1", || {
            looked = true;
            Ok(())
        });
        assert_eq!(right, Err(Refusal::SlowDown { seconds: 60 }));
        assert!(!looked);
    }

    #[test]
    fn a_clock_that_is_set_back_keeps_nobody_out_for_long() {
        let mut count = Count::default();
        for _ in 0..10 {
            count.note(MORNING);
        }
        assert_eq!(count.left(MORNING), 60_000);
        assert_eq!(count.left(MORNING.plus_millis(-3_600_000)), 0);
        assert_eq!(count.left(MORNING.plus_millis(-60_000)), 120_000);
    }

    #[test]
    fn devices_with_nothing_to_remember_are_dropped() {
        let clock = Arc::new(GivenClock::at(MORNING));
        let counters = Counters::new(clock.clone());
        for number in 0..DEVICES_MAX {
            counters.wrong(&format!("kiosk-{number}"));
        }
        clock.follow(MORNING.plus_millis(MINUTE_MILLIS));
        counters.wrong("till-1");
        assert_eq!(counters.counts.lock().len(), 1);
    }
}
