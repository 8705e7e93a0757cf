//! What one rule takes: rounded once on the sum of its lines, and shared over them to the last cent.

use crate::domain::basket::Line;
use crate::domain::money::Money;
use crate::domain::programme::{DiscountBase, DiscountRule};
use crate::domain::share::{Alike, share_within};

/// Parts of a minor unit in which percentages are exact.
const PARTS: i128 = 10_000;
/// Thousandths in a unit of quantity.
const THOUSANDTHS: i128 = 1_000;

/// Like lines: one line, as far as discounts go.
pub(super) struct Ware<'l> {
    /// The first of them.
    pub(super) line: &'l Line,
    /// Their places in the basket.
    pub(super) places: Vec<usize>,
    /// What they cost before any discount.
    pub(super) price: i64,
    /// How much of it there is, in thousandths.
    quantity: i64,
}

impl<'l> Ware<'l> {
    pub(super) fn new(alike: Alike, lines: &'l [Line]) -> Option<Self> {
        let line = lines.get(*alike.places.first()?)?;
        let (mut price, mut quantity) = (0_i64, 0_i64);
        for place in &alike.places {
            let line = lines.get(*place)?;
            price = price.checked_add(line.paid.minor())?;
            quantity = quantity.checked_add(line.quantity.thousandths())?;
        }
        Some(Self {
            line,
            places: alike.places,
            price,
            quantity,
        })
    }

    /// What is left above the rule's floor, which is for one piece; a part of a minor unit counts as a whole one.
    fn room(&self, rule: &DiscountRule, left: i64) -> Option<i64> {
        let floor = i128::from(rule.floor_price.minor()).checked_mul(i128::from(self.quantity))?;
        let whole = floor
            .checked_add(THOUSANDTHS.checked_sub(1)?)?
            .checked_div(THOUSANDTHS)?;
        i64::try_from(i128::from(left).checked_sub(whole)?.max(0)).ok()
    }

    /// How the lines share what a rule takes from all of them, by the rule's base. Their floors hold for all of
    /// them together; a single one is passed over at its own floor too, which here is rounded down, so that there
    /// is always room for what is taken.
    pub(super) fn part(
        &self,
        rule: &DiscountRule,
        taken: i64,
        lines: &[Line],
        left: &[i64],
    ) -> Option<Vec<i64>> {
        if self.places.len() == 1 || taken == 0 {
            let mut parts = vec![0; self.places.len()];
            *parts.first_mut()? = taken;
            return Some(parts);
        }
        let (mut weights, mut rooms) = (Vec::new(), Vec::new());
        for (place, left) in self.places.iter().zip(left) {
            let line = lines.get(*place)?;
            let quantity = i128::from(line.quantity.thousandths());
            let floor = i128::from(rule.floor_price.minor()).checked_mul(quantity)?;
            let room = i128::from(*left)
                .checked_sub(floor.checked_div(THOUSANDTHS)?)?
                .max(0);
            weights.push(match rule.base {
                DiscountBase::Original => i128::from(line.paid.minor()),
                DiscountBase::Remaining => i128::from(*left),
            });
            rooms.push(i64::try_from(room).ok()?);
        }
        share_within(taken, &weights, &rooms)
    }
}

/// What a rule takes in all, and what it could take at most.
pub(super) struct Total {
    pub(super) amount: i64,
    pub(super) room: i64,
    /// What each ware gives to the sum, in ten-thousandths of a minor unit.
    gifts: Vec<i128>,
    /// What is left of each ware above the floor; nothing where the rule does not cover it.
    rooms: Vec<i64>,
}

/// What a rule takes from what is left of the wares. A ware gives its percentage of the rule's base, but no more
/// than is left above the floor; the sum is rounded half-up once, and then held at the rule's maximum.
pub(super) fn total_of(rule: &DiscountRule, wares: &[Ware<'_>], left: &[i64]) -> Option<Total> {
    let mut total = Total {
        amount: 0,
        room: 0,
        gifts: Vec::new(),
        rooms: Vec::new(),
    };
    let mut sum = 0_i128;
    for (ware, left) in wares.iter().zip(left) {
        let (mut gift, mut room) = (0, 0);
        if rule.covers(ware.line) {
            room = ware.room(rule, *left)?;
            let base = match rule.base {
                DiscountBase::Original => ware.price,
                DiscountBase::Remaining => *left,
            };
            gift = i128::from(base).checked_mul(i128::from(rule.percent))?;
            gift = gift.min(i128::from(room).checked_mul(PARTS)?);
        }
        sum = sum.checked_add(gift)?;
        total.room = total.room.checked_add(room)?;
        total.gifts.push(gift);
        total.rooms.push(room);
    }
    let half_up = sum.checked_add(PARTS.checked_div(2)?)?.checked_div(PARTS)?;
    let most = rule.max_amount.map_or(i64::MAX, Money::minor);
    total.amount = i64::try_from(half_up).ok()?.min(most);
    Some(total)
}

/// What a rule takes from each ware.
pub(super) struct Cut<'r> {
    pub(super) rule: &'r DiscountRule,
    pub(super) total: Money,
    pub(super) taken: Vec<i64>,
}

impl<'r> Cut<'r> {
    /// The rule's total, shared by largest remainder, weighted by what each ware gave to it. A ware that would
    /// fall below the floor is passed over: the rooms are whole, so there is always another.
    pub(super) fn new(rule: &'r DiscountRule, wares: &[Ware<'_>], left: &[i64]) -> Option<Self> {
        let total = total_of(rule, wares, left)?;
        let taken = share_within(total.amount, &total.gifts, &total.rooms)?;
        Some(Self {
            rule,
            total: Money::from_minor(total.amount),
            taken,
        })
    }

    /// Takes it off what is left.
    pub(super) fn take_from(&self, left: &mut [i64]) -> Option<()> {
        for (left, taken) in left.iter_mut().zip(&self.taken) {
            *left = left.checked_sub(*taken)?;
        }
        Some(())
    }
}
