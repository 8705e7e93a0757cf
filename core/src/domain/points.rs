//! Whole points.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A number of points, never negative: a debit is an entry's direction, not a negative amount (semantics 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Points(i64);

impl Points {
    /// No points.
    pub const ZERO: Self = Self(0);
    /// The most that one command may move: 10^12.
    pub const MAX: Self = Self(1_000_000_000_000);

    /// Points from a count, or `None` when it is negative.
    pub const fn new(count: i64) -> Option<Self> {
        if count < 0 { None } else { Some(Self(count)) }
    }

    /// The count, 0 or above.
    pub const fn count(self) -> i64 {
        self.0
    }

    /// Whether there are none.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The sum, unless it overflows.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }

    /// The difference, unless it would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).and_then(Self::new)
    }

    /// What is left of `self` after `other`, and nothing when `other` is the larger.
    pub fn saturating_sub(self, other: Self) -> Self {
        self.checked_sub(other).unwrap_or(Self::ZERO)
    }

    /// The sum of many, unless it overflows.
    pub fn sum(counts: impl IntoIterator<Item = Self>) -> Option<Self> {
        counts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl fmt::Display for Points {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let count = i64::deserialize(deserializer)?;
        Self::new(count).ok_or_else(|| serde::de::Error::custom("points below zero"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_never_negative() {
        assert_eq!(Points::new(-1), None);
        assert_eq!(
            Points::new(3).unwrap().checked_sub(Points::new(4).unwrap()),
            None
        );
        assert!(postcard::from_bytes::<Points>(&postcard::to_stdvec(&-5_i64).unwrap()).is_err());
    }
}
