//! Sharing a whole number of minor units or points over lines, exactly, by largest remainder (semantics 20).
//! Integers only; what a share means is decided by the caller.

use core::cmp::Reverse;
use std::collections::HashMap;

use super::basket::{Line, LineKind};
use super::money::Money;
use super::points::Points;

/// Shares `total` in proportion to `weights`: every share rounded down, and what is left over given to the
/// largest remainders, ties to the earlier. The shares add up to `total`.
///
/// `None` when something is negative, when there is nothing to share by, or on overflow.
pub fn share(total: i64, weights: &[i128]) -> Option<Vec<i64>> {
    share_within(total, weights, &vec![i64::MAX; weights.len()])
}

/// As [`share`], but no share is larger than its room: whoever is full is passed over.
///
/// `None` also when the rooms together are smaller than `total`.
pub(super) fn share_within(total: i64, weights: &[i128], rooms: &[i64]) -> Option<Vec<i64>> {
    let negative = total < 0 || weights.iter().any(|weight| *weight < 0);
    if negative || rooms.iter().any(|room| *room < 0) || weights.len() != rooms.len() {
        return None;
    }
    let mut places: Vec<Place> = weights
        .iter()
        .zip(rooms)
        .map(|(&weight, &room)| Place {
            weight,
            room,
            given: 0,
            remainder: 0,
            is_full: false,
        })
        .collect();

    // Whoever's whole share does not fit gets what fits, and the others share the rest anew.
    let mut left = total;
    loop {
        let sum = places
            .iter()
            .filter(|place| !place.is_full)
            .try_fold(0_i128, |sum, place| sum.checked_add(place.weight))?;
        if sum == 0 {
            break;
        }
        let mut has_filled = false;
        for place in places.iter_mut().filter(|place| !place.is_full) {
            let product = i128::from(left).checked_mul(place.weight)?;
            let whole = product.checked_div(sum)?;
            place.remainder = product.checked_rem(sum)?;
            place.is_full = i128::from(place.room) < whole;
            place.given = if place.is_full {
                place.room
            } else {
                i64::try_from(whole).ok()?
            };
            has_filled |= place.is_full;
        }
        if !has_filled {
            break;
        }
        let filled = places
            .iter()
            .filter(|place| place.is_full)
            .map(|place| place.given);
        left = total.checked_sub(sum_of(filled)?)?;
    }

    let mut over = total.checked_sub(sum_of(places.iter().map(|place| place.given))?)?;
    let mut order: Vec<&mut Place> = places.iter_mut().filter(|place| 0 < place.weight).collect();
    order.sort_by_key(|place| Reverse(place.remainder));
    while 0 < over {
        let before = over;
        for place in &mut order {
            if 0 < over && place.given < place.room {
                place.given = place.given.checked_add(1)?;
                over = over.checked_sub(1)?;
            }
        }
        if over == before {
            return None;
        }
    }
    Some(places.into_iter().map(|place| place.given).collect())
}

/// One of those who share.
struct Place {
    weight: i128,
    room: i64,
    given: i64,
    remainder: i128,
    is_full: bool,
}

/// The sum, unless it overflows.
fn sum_of(mut numbers: impl Iterator<Item = i64>) -> Option<i64> {
    numbers.try_fold(0_i64, i64::checked_add)
}

/// Lines alike in product, department, category and kind: they count as one line, at the place of the first.
#[derive(Debug)]
pub(super) struct Alike {
    /// Their places in the basket, in order.
    pub(super) places: Vec<usize>,
}

/// The lines that `is_wanted` lets through, like ones together.
pub(super) fn alike(lines: &[Line], is_wanted: impl Fn(&Line) -> bool) -> Vec<Alike> {
    let mut known: HashMap<(&str, &str, &str, LineKind), usize> = HashMap::new();
    let mut groups: Vec<Alike> = Vec::new();
    for (place, line) in lines.iter().enumerate().filter(|(_, line)| is_wanted(line)) {
        let label = (
            &*line.product,
            &*line.department,
            &*line.category,
            line.kind,
        );
        let number = *known.entry(label).or_insert(groups.len());
        if let Some(group) = groups.get_mut(number) {
            group.places.push(place);
        } else {
            groups.push(Alike {
                places: vec![place],
            });
        }
    }
    groups
}

/// Shares `total` over like lines as wholes, and then within each, always by `weights` (one for each line of
/// the basket; lines in no group get nothing).
fn share_alike(total: i64, groups: &[Alike], weights: &[i64]) -> Option<Vec<i64>> {
    let weights_within = |group: &Alike| -> Option<Vec<i128>> {
        let weight = |place: &usize| weights.get(*place).copied().map(i128::from);
        group.places.iter().map(weight).collect()
    };
    let within = groups
        .iter()
        .map(weights_within)
        .collect::<Option<Vec<_>>>()?;
    let of_groups: Vec<i128> = within.iter().map(|weights| weights.iter().sum()).collect();
    let mut shares = vec![0; weights.len()];
    for ((group, weights), whole) in groups.iter().zip(&within).zip(share(total, &of_groups)?) {
        for (place, part) in group.places.iter().zip(share(whole, weights)?) {
            *shares.get_mut(*place)? = part;
        }
    }
    Some(shares)
}

/// For each line, the part of its price that points pay, and how many of the points: `worth` shared over the
/// lines that points may pay for, weighted by `paid`; then `points` shared, weighted by that. Like lines count
/// as one, at the place of the first, in both.
///
/// `None` when `worth` is more than those lines cost, when points that are worth nothing are to be shared, or
/// on overflow.
pub fn share_redemption(
    lines: &[Line],
    worth: Money,
    points: Points,
) -> Option<Vec<(Money, Points)>> {
    if worth == Money::ZERO && points.is_zero() {
        return Some(vec![(Money::ZERO, Points::ZERO); lines.len()]);
    }
    let groups = alike(lines, |line| line.kind.points_may_pay());
    let paid: Vec<i64> = lines.iter().map(|line| line.paid.minor()).collect();
    let parts = share_alike(worth.minor(), &groups, &paid)?;
    if parts
        .iter()
        .zip(&paid)
        .any(|(part, paid)| paid.max(&0) < part)
    {
        return None;
    }
    let counts = share_alike(points.count(), &groups, &parts)?;
    let shares = parts.into_iter().zip(counts);
    shares
        .map(|(part, count)| Some((Money::from_minor(part), Points::new(count)?)))
        .collect()
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::basket::Quantity;

    fn line(product: &str, minor: i64) -> Line {
        Line {
            product: product.into(),
            department: String::new(),
            category: String::new(),
            kind: LineKind::Goods,
            quantity: Quantity::of_units(1).unwrap(),
            paid: Money::from_minor(minor),
        }
    }

    fn redemption(lines: &[Line], worth: i64, points: i64) -> Vec<(i64, i64)> {
        let shares = share_redemption(
            lines,
            Money::from_minor(worth),
            Points::new(points).unwrap(),
        );
        shares
            .unwrap()
            .into_iter()
            .map(|(part, count)| (part.minor(), count.count()))
            .collect()
    }

    #[test]
    fn what_is_left_over_goes_to_the_largest_remainders_and_ties_to_the_earlier() {
        let cases: [(i64, &[i128], &[i64]); 7] = [
            (10, &[100, 100, 100], &[4, 3, 3]),
            (2, &[2, 1], &[1, 1]),
            (1_000, &[12_000, 8_000], &[600, 400]),
            (0, &[0, 0], &[0, 0]),
            (0, &[], &[]),
            (3, &[0, 5, 0], &[0, 3, 0]),
            (1, &[1, 3, 3], &[0, 1, 0]),
        ];
        for (total, weights, shares) in cases {
            assert_eq!(
                share(total, weights).unwrap(),
                shares,
                "{total} by {weights:?}"
            );
        }
    }

    #[test]
    fn what_cannot_be_shared_is_refused() {
        assert_eq!(share(1, &[]), None);
        assert_eq!(share(1, &[0, 0]), None);
        assert_eq!(share(-1, &[1]), None);
        assert_eq!(share(1, &[2, -1]), None);
        assert_eq!(share(i64::MAX, &[i128::MAX]), None);
        assert_eq!(share_within(3, &[1, 1], &[1, 1]), None);
    }

    #[test]
    fn a_full_place_is_passed_over() {
        assert_eq!(share_within(1, &[1, 1], &[0, 1]), Some(vec![0, 1]));
        // 90.4 and 3.6, of which the second has no room: the first takes all.
        assert_eq!(share_within(94, &[100, 4], &[95, 0]), Some(vec![94, 0]));
        assert_eq!(share_within(9, &[8, 1, 1], &[3, 9, 9]), Some(vec![3, 3, 3]));
    }

    #[test]
    fn points_are_shared_by_what_they_pay() {
        let three = [line("a", 100), line("b", 100), line("c", 100)];
        assert_eq!(redemption(&three, 33, 100), [(11, 34), (11, 33), (11, 33)]);
        let worked = [line("A", 11_400), line("B", 7_600)];
        assert_eq!(
            redemption(&worked, 5_000, 5_000),
            [(3_000, 3_000), (2_000, 2_000)]
        );
    }

    #[test]
    fn points_go_where_their_worth_went() {
        let two = [line("a", 100), line("b", 100)];
        assert_eq!(redemption(&two, 1, 100), [(1, 100), (0, 0)]);
    }

    #[test]
    fn points_pay_for_no_top_up_gift_card_or_deposit() {
        let mut lines = vec![
            line("a", 100),
            line("b", 900),
            line("c", 900),
            line("d", 900),
        ];
        for (line, kind) in
            lines
                .iter_mut()
                .skip(1)
                .zip([LineKind::TopUp, LineKind::GiftCard, LineKind::Deposit])
        {
            line.kind = kind;
        }
        assert_eq!(
            redemption(&lines, 50, 50),
            [(50, 50), (0, 0), (0, 0), (0, 0)]
        );
        assert_eq!(
            share_redemption(&lines, Money::from_minor(101), Points::ZERO),
            None
        );
    }

    #[test]
    fn a_line_sold_twice_shares_as_it_would_in_one() {
        let split = [line("P", 1), line("P", 1), line("Q", 1)];
        let whole = [line("P", 2), line("Q", 1)];
        assert_eq!(redemption(&whole, 2, 2), [(1, 1), (1, 1)]);
        assert_eq!(redemption(&split, 2, 2), [(1, 1), (0, 0), (1, 1)]);
    }

    proptest! {
        #[test]
        fn the_shares_add_up_and_are_less_than_one_away(
            weights in prop::collection::vec(0_i128..1_000_000, 1..20),
            total in 0_i64..1_000_000,
        ) {
            let sum: i128 = weights.iter().sum();
            prop_assume!(0 < sum);
            let shares = share(total, &weights).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            for (share, weight) in shares.iter().zip(&weights) {
                let distance = i128::from(*share) * sum - i128::from(total) * weight;
                prop_assert!(-sum < distance && distance < sum);
            }
        }

        #[test]
        fn shares_fill_every_room_if_they_must(
            places in prop::collection::vec((1_i128..1_000, 0_i64..50), 1..12),
            part in 0_i64..=100,
        ) {
            let (weights, rooms): (Vec<i128>, Vec<i64>) = places.into_iter().unzip();
            let total = rooms.iter().sum::<i64>() * part / 100;
            let shares = share_within(total, &weights, &rooms).unwrap();
            prop_assert_eq!(shares.iter().sum::<i64>(), total);
            prop_assert!(shares.iter().zip(&rooms).all(|(share, room)| 0 <= *share && share <= room));
        }

        #[test]
        fn splitting_a_line_changes_nothing_for_the_others(
            prices in prop::collection::vec(0_i64..500, 2..8),
            cut in 0_i64..500,
            part in 0_i64..=100,
        ) {
            let whole: Vec<Line> =
                prices.iter().enumerate().map(|(n, minor)| line(&n.to_string(), *minor)).collect();
            let cut = cut.min(prices[0]);
            let mut split = whole.clone();
            split[0].paid = Money::from_minor(cut);
            split.push(line("0", prices[0] - cut));
            let worth = prices.iter().sum::<i64>() * part / 100;
            prop_assume!(0 < worth);
            let (one, two) = (redemption(&whole, worth, worth * 3), redemption(&split, worth, worth * 3));
            prop_assert_eq!(&one[1..], &two[1..whole.len()]);
            let last = two[whole.len()];
            prop_assert_eq!(one[0], (two[0].0 + last.0, two[0].1 + last.1));
            prop_assert_eq!(one.iter().map(|share| share.1).sum::<i64>(), worth * 3);
        }
    }
}
