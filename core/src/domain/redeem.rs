//! Money off for points (semantics 15): what points are worth, how many a basket takes, and why not.
//! Holds and lots are the ledger's; whether the programme offers this at all is the caller's question.

use super::basket::Line;
use super::money::{Money, floor_share};
use super::points::Points;
use super::programme::RedeemTerms;

/// Parts of [`RedeemTerms::max_share`] in the whole.
const SHARE_PARTS: i128 = 10_000;

/// Why so many points cannot be used, in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedeemError {
    /// Fewer than the programme takes.
    #[error("fewer than {min} points")]
    BelowMinimum {
        /// The fewest.
        min: Points,
    },
    /// Not a multiple of the step.
    #[error("not a multiple of {step} points")]
    NotAMultiple {
        /// The step.
        step: i64,
    },
    /// So few that they are worth 0.00.
    #[error("so few points are worth nothing")]
    WorthNothing,
    /// Worth more than points may pay of this basket.
    #[error("this basket takes {most} points at most")]
    AboveShare {
        /// The most that the basket takes, whoever has them.
        most: Points,
    },
    /// More than the member may use.
    #[error("only {available} points are available")]
    NotEnough {
        /// What is available.
        available: Points,
    },
}

impl RedeemTerms {
    /// What so many points are worth, rounded down; `None` beyond every amount.
    pub fn worth_of(&self, points: Points) -> Option<Money> {
        let worth = i128::from(self.worth.minor());
        floor_share(points.count(), worth, i128::from(self.points)).map(Money::from_minor)
    }

    /// What the lines cost that points may pay for; `None` on overflow.
    pub fn payable(lines: &[Line]) -> Option<Money> {
        let lines = lines.iter().filter(|line| line.kind.points_may_pay());
        Money::sum(lines.map(|line| line.paid))
    }

    /// The most that points may pay of a payable amount, rounded down.
    fn share_of(&self, payable: Money) -> Money {
        let payable = payable.max(Money::ZERO).minor();
        let share = floor_share(payable, i128::from(self.max_share), SHARE_PARTS);
        share.map_or(Money::ZERO, Money::from_minor)
    }

    /// The most points that can be used, and what they are worth: nothing when nothing can.
    pub fn most_usable(&self, available: Points, payable: Money) -> (Points, Money) {
        self.most(available, payable)
            .unwrap_or((Points::ZERO, Money::ZERO))
    }

    /// As [`RedeemTerms::most_usable`], with `None` for nothing.
    fn most(&self, available: Points, payable: Money) -> Option<(Points, Money)> {
        // floor(n × worth / points) <= share, exactly when n × worth < (share + 1) × points.
        let share = i128::from(self.share_of(payable).minor());
        let below = share.checked_add(1)?.checked_mul(i128::from(self.points))?;
        let fitting = below
            .checked_sub(1)?
            .checked_div(i128::from(self.worth.minor()))?;
        let count = fitting.min(i128::from(available.min(Points::MAX).count()));
        let count = i64::try_from(count).ok()?;
        let points = Points::new(count.checked_sub(count.checked_rem(self.step)?)?)?;
        let worth = self.worth_of(points)?;
        (self.min_points <= points && Money::ZERO < worth).then_some((points, worth))
    }

    /// What `points` are worth on a basket with so much to pay, or why they cannot be used.
    /// `available` is `None` where a hold has already set the points aside.
    pub fn check(
        &self,
        points: Points,
        available: Option<Points>,
        payable: Money,
    ) -> Result<Money, RedeemError> {
        if points < self.min_points {
            return Err(RedeemError::BelowMinimum {
                min: self.min_points,
            });
        }
        if points.count().checked_rem(self.step) != Some(0) {
            return Err(RedeemError::NotAMultiple { step: self.step });
        }
        let worth = self.worth_of(points);
        if worth == Some(Money::ZERO) {
            return Err(RedeemError::WorthNothing);
        }
        // A worth beyond every amount is above every share.
        let worth = worth
            .filter(|worth| *worth <= self.share_of(payable))
            .ok_or_else(|| RedeemError::AboveShare {
                most: self.most_usable(Points::MAX, payable).0,
            })?;
        match available {
            Some(available) if available < points => Err(RedeemError::NotEnough { available }),
            Some(_) | None => Ok(worth),
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::basket::{LineKind, Quantity};

    fn points(count: i64) -> Points {
        Points::new(count).unwrap()
    }

    fn terms(of: i64, worth: i64, min: i64, step: i64, max_share: i64) -> RedeemTerms {
        RedeemTerms {
            points: of,
            worth: Money::from_minor(worth),
            min_points: points(min),
            step,
            max_share,
            hold_minutes: 15,
        }
    }

    #[test]
    fn a_quote_says_the_most_that_can_be_used() {
        let demo = terms(100, 100, 100, 100, 5_000);
        let cases = [
            (0, 0),
            (199, 0),
            (200, 100),
            (399, 100),
            (400, 200),
            (1_000, 300),
        ];
        for (payable, most) in cases {
            let expected = (points(most), Money::from_minor(most));
            let payable = Money::from_minor(payable);
            assert_eq!(
                demo.most_usable(points(350), payable),
                expected,
                "{payable:?}"
            );
        }
        assert_eq!(
            demo.most_usable(points(99), Money::from_minor(1_000)).0,
            Points::ZERO
        );
    }

    #[test]
    fn worth_is_rounded_down_and_a_worth_of_nothing_is_refused() {
        let terms = terms(300, 100, 1, 1, 10_000);
        let payable = Money::from_minor(10_000);
        for (count, worth) in [(2, 0), (3, 1), (100, 33), (299, 99), (300, 100)] {
            let expected = Money::from_minor(worth);
            assert_eq!(terms.worth_of(points(count)), Some(expected), "{count}");
            let refused = (worth == 0).then_some(RedeemError::WorthNothing);
            assert_eq!(
                terms.check(points(count), None, payable).err(),
                refused,
                "{count}"
            );
        }
    }

    #[test]
    fn what_is_refused_is_refused_by_name_and_in_this_order() {
        let demo = terms(100, 100, 200, 100, 5_000);
        let (two, ten) = (Money::from_minor(200), Money::from_minor(1_000));
        let cases = [
            (
                0,
                0,
                two,
                Err(RedeemError::BelowMinimum { min: points(200) }),
            ),
            (
                199,
                0,
                two,
                Err(RedeemError::BelowMinimum { min: points(200) }),
            ),
            (250, 0, two, Err(RedeemError::NotAMultiple { step: 100 })),
            (
                200,
                0,
                two,
                Err(RedeemError::AboveShare { most: points(0) }),
            ),
            (
                600,
                0,
                ten,
                Err(RedeemError::AboveShare { most: points(500) }),
            ),
            (
                500,
                499,
                ten,
                Err(RedeemError::NotEnough {
                    available: points(499),
                }),
            ),
            (500, 500, ten, Ok(Money::from_minor(500))),
        ];
        for (count, available, payable, expected) in cases {
            let checked = demo.check(points(count), Some(points(available)), payable);
            assert_eq!(checked, expected, "{count} of {available}");
        }
        assert_eq!(
            demo.check(points(500), None, ten),
            Ok(Money::from_minor(500))
        );
    }

    #[test]
    fn the_largest_numbers_are_answered() {
        let dear = terms(1, Money::MAX.minor(), 1, 1, 10_000);
        let most = RedeemError::AboveShare { most: points(1) };
        assert_eq!(dear.check(Points::MAX, None, Money::MAX), Err(most));
        assert_eq!(
            dear.most_usable(Points::MAX, Money::MAX),
            (points(1), Money::MAX)
        );
        let cheap = terms(Points::MAX.count(), 1, 1, 1, 10_000);
        assert_eq!(
            cheap.most_usable(points(i64::MAX), Money::MAX),
            (Points::MAX, Money::from_minor(1))
        );
    }

    #[test]
    fn points_do_not_pay_for_what_is_money_itself() {
        let line = |kind, minor| Line {
            product: "1".into(),
            department: String::new(),
            category: String::new(),
            kind,
            quantity: Quantity::of_units(1).unwrap(),
            paid: Money::from_minor(minor),
        };
        let kinds = [
            LineKind::Goods,
            LineKind::TopUp,
            LineKind::GiftCard,
            LineKind::Deposit,
            LineKind::Tip,
            LineKind::Fee,
        ];
        let lines: Vec<Line> = kinds
            .into_iter()
            .zip([1, 10, 100, 1_000, 10_000, 100_000])
            .map(|(kind, minor)| line(kind, minor))
            .collect();
        assert_eq!(
            RedeemTerms::payable(&lines),
            Some(Money::from_minor(110_001))
        );
    }

    proptest! {
        #[test]
        fn the_most_is_what_trying_every_number_finds(
            of in 1_i64..400,
            worth in 1_i64..400,
            step in 1_i64..40,
            steps in 1_i64..5,
            max_share in 1_i64..=10_000,
            available in 0_i64..600,
            payable in 0_i64..600,
        ) {
            let terms = terms(of, worth, step * steps, step, max_share);
            let payable = Money::from_minor(payable);
            let available = points(available);
            let tried = (0..=available.count())
                .filter_map(|count| {
                    let worth = terms.check(points(count), Some(available), payable).ok()?;
                    Some((points(count), worth))
                })
                .next_back()
                .unwrap_or((Points::ZERO, Money::ZERO));
            prop_assert_eq!(terms.most_usable(available, payable), tried);
        }
    }
}
