//! Sequence numbers that a terminal has used: a window of 64 below the highest, stored with every command that changes
//! something, so that a replay after a restart fails (privacy §6).

use serde::{Deserialize, Serialize};

/// How many numbers may be under way at once.
pub const WINDOW: u32 = 64;

/// The numbers that were taken: the highest, and of the 64 that end with it, which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The highest number taken.
    pub highest: u64,
    /// Bit n is set when `highest − n` was taken. 0 when nothing was.
    pub seen: u64,
}

/// The number was taken before, or is too old to tell. Same key, new number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sequence number is stale")]
pub struct Stale;

impl Window {
    /// The window after this number was taken. This one is left as it is.
    pub fn take(self, seq: u64) -> Result<Self, Stale> {
        if self.seen == 0 {
            return Ok(Self {
                highest: seq,
                seen: 1,
            });
        }
        if let Some(ahead) = seq.checked_sub(self.highest).filter(|ahead| 0 < *ahead) {
            let ahead = u32::try_from(ahead).unwrap_or(WINDOW);
            let seen = self.seen.checked_shl(ahead).unwrap_or(0) | 1;
            return Ok(Self { highest: seq, seen });
        }
        let behind = u32::try_from(self.highest.saturating_sub(seq)).unwrap_or(WINDOW);
        let bit = 1_u64.checked_shl(behind).ok_or(Stale)?;
        if self.seen & bit == 0 {
            Ok(Self {
                seen: self.seen | bit,
                ..self
            })
        } else {
            Err(Stale)
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The same, remembered in full.
    #[derive(Default)]
    struct Model(BTreeSet<u64>);

    impl Model {
        fn take(&mut self, seq: u64) -> Result<(), Stale> {
            let too_old = self.0.last().is_some_and(|highest| seq + 64 <= *highest);
            if too_old || !self.0.insert(seq) {
                return Err(Stale);
            }
            Ok(())
        }
    }

    fn check(numbers: &[u64]) {
        let (mut window, mut model) = (Window::default(), Model::default());
        for seq in numbers {
            let taken = window.take(*seq);
            assert_eq!(taken.map(|_| ()), model.take(*seq), "{seq} of {numbers:?}");
            window = taken.unwrap_or(window);
        }
    }

    #[test]
    fn both_sides_of_each_edge() {
        check(&[0, 0, 1, 0, 1]);
        check(&[100, 37, 36, 100, 99, 37]);
        check(&[100, 163, 100, 164, 100, 101]);
        check(&[100, 164, 100, 101, 165, 101, 102]);
        check(&[5, u64::MAX - 64, 5]);
        assert_eq!(
            Window {
                highest: 9,
                seen: 1
            }
            .take(u64::MAX),
            Ok(Window {
                highest: u64::MAX,
                seen: 1
            })
        );
    }

    proptest! {
        #[test]
        fn a_window_says_what_a_full_memory_says(
            numbers in prop::collection::vec(0_u64..300, 1..200),
            start in 0_u64..1_000_000,
        ) {
            let numbers: Vec<u64> = numbers.iter().map(|number| number + start).collect();
            check(&numbers);
        }

        #[test]
        fn numbers_that_only_rise_are_never_stale(steps in prop::collection::vec(1_u64..10_000, 1..200)) {
            let mut window = Window::default();
            let mut seq = 0;
            for step in steps {
                seq += step;
                window = window.take(seq).unwrap();
                prop_assert_eq!(window.take(seq), Err(Stale));
            }
        }
    }
}
