//! Members' discounts (semantics 18–20): which rules a basket gets, what each takes from each line, and for
//! every rule that was looked at, why it was taken or not. What one rule takes is worked out in `cut.rs`.

mod cut;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests;

use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use self::cut::{Cut, Ware};
use super::basket::{Line, LineKind};
use super::money::Money;
use super::programme::{DiscountRule, Tier};
use super::share::alike;
use super::time::Day;

/// A basket after its discounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discounted {
    /// For each line of the basket, in its order.
    pub lines: Vec<LineDiscount>,
    /// What is taken off in all.
    pub total: Money,
    /// For every rule, by its id.
    pub verdicts: Vec<Verdict>,
}

/// A line after its discounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDiscount {
    /// What is taken off.
    pub discount: Money,
    /// What is left to pay.
    pub paid: Money,
    /// What each rule takes off, by its id, in the order in which they were applied.
    pub by: Vec<(String, Money)>,
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The rule's id.
    pub rule: String,
    /// Whether it was taken, or why not.
    pub reason: Reason,
}

/// Why a rule was taken or not. The variants before the amounts stand in the order in which they are checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// It was taken, and takes so much off.
    Taken(Money),
    /// The member gets no member's discount as things stand (semantics 37).
    Status,
    /// It is for another tier.
    OtherTier,
    /// It is not valid on this day.
    NotToday,
    /// It covers nothing in the basket that costs anything.
    NothingCovered,
    /// Nothing is left above its floor, or above zero.
    Floor,
    /// What it would take rounds to nothing.
    RoundsToNothing,
    /// Another rule of its group takes more, or as much and goes first.
    LostInGroup {
        /// The rule that was chosen.
        to: String,
    },
    /// It stands alone, and the others together take as much or more.
    LostToStack,
    /// A rule that stands alone takes more than the others together, or more than this one.
    LostToExclusive {
        /// The rule that was chosen.
        to: String,
    },
}

impl Reason {
    /// The word for machines. It is a promise: one is added, never changed.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Taken(_) => "taken",
            Self::Status => "status",
            Self::OtherTier => "other_tier",
            Self::NotToday => "not_today",
            Self::NothingCovered => "nothing_covered",
            Self::Floor => "floor",
            Self::RoundsToNothing => "rounds_to_nothing",
            Self::LostInGroup { .. } => "lost_in_group",
            Self::LostToStack => "lost_to_stack",
            Self::LostToExclusive { .. } => "lost_to_exclusive",
        }
    }
}

impl DiscountRule {
    /// Whether it is valid on a local day: `from <= day < until`.
    pub fn is_valid_on(&self, day: Day) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Whether it covers a line: goods only, as for points and tiers, and none that it leaves out.
    pub fn covers(&self, line: &Line) -> bool {
        line.kind == LineKind::Goods && !self.exclude.exclude(line)
    }

    /// Why it is out of the question for this member, day and basket, if it is.
    fn out_of_question(
        &self,
        standing: Option<Tier>,
        day: Day,
        wares: &[Ware<'_>],
    ) -> Option<Reason> {
        let Some(tier) = standing else {
            return Some(Reason::Status);
        };
        if !self.tiers.contains(&tier) {
            return Some(Reason::OtherTier);
        }
        if !self.is_valid_on(day) {
            return Some(Reason::NotToday);
        }
        let covers = |ware: &Ware<'_>| 0 < ware.price && self.covers(ware.line);
        (!wares.iter().any(covers)).then_some(Reason::NothingCovered)
    }
}

/// The discounts of a basket whose lines cost `paid` before them. `standing` is `None` for a member who gets no
/// member's discount. The order of `rules` does not matter.
///
/// `None` only when an amount overflows, which no basket that [`super::basket::check`] lets through does.
pub fn discounts(
    rules: &[DiscountRule],
    standing: Option<Tier>,
    day: Day,
    lines: &[Line],
) -> Option<Discounted> {
    let is_ware = |line: &Line| Money::ZERO <= line.paid;
    let groups = alike(lines, is_ware);
    let wares = groups
        .into_iter()
        .map(|group| Ware::new(group, lines))
        .collect::<Option<Vec<_>>>()?;

    let mut verdicts: Vec<Verdict> = Vec::with_capacity(rules.len());
    let mut say = |rule: &DiscountRule, reason: Reason| {
        verdicts.push(Verdict {
            rule: rule.id.clone(),
            reason,
        });
    };
    let (mut stacked, mut exclusive) = (Vec::new(), Vec::new());
    for rule in rules {
        match rule.out_of_question(standing, day, &wares) {
            Some(reason) => say(rule, reason),
            None if rule.exclusive => exclusive.push(rule),
            None => stacked.push(rule),
        }
    }

    let mut stack = Vec::new();
    let mut left: Vec<i64> = wares.iter().map(|ware| ware.price).collect();
    for group in in_turn(stacked) {
        let (best, others) = best_of(&group, &wares, &left, &mut say)?;
        let Some(best) = best else { continue };
        for rule in others {
            say(
                rule,
                Reason::LostInGroup {
                    to: best.rule.id.clone(),
                },
            );
        }
        best.take_from(&mut left)?;
        stack.push(best);
    }
    let stack_total = Money::sum(stack.iter().map(|cut| cut.total))?;

    let prices: Vec<i64> = wares.iter().map(|ware| ware.price).collect();
    let (best, others) = best_of(&exclusive, &wares, &prices, &mut say)?;
    let cuts = match best {
        Some(best) if stack_total < best.total => {
            let losers = others
                .into_iter()
                .chain(stack.into_iter().map(|cut| cut.rule));
            for rule in losers {
                say(
                    rule,
                    Reason::LostToExclusive {
                        to: best.rule.id.clone(),
                    },
                );
            }
            vec![best]
        }
        Some(_) | None => {
            for rule in others.into_iter().chain(best.map(|best| best.rule)) {
                say(rule, Reason::LostToStack);
            }
            stack
        }
    };

    for cut in &cuts {
        say(cut.rule, Reason::Taken(cut.total));
    }
    verdicts.sort_by(|one, other| one.rule.cmp(&other.rule));
    let total = Money::sum(cuts.iter().map(|cut| cut.total))?;
    Some(Discounted {
        lines: over_lines(lines, &wares, &cuts)?,
        total,
        verdicts,
    })
}

/// The rules by group, in the order in which groups have their turn: the smallest priority number of their rules
/// first, ties by name.
fn in_turn(rules: Vec<&DiscountRule>) -> Vec<Vec<&DiscountRule>> {
    let mut groups: Vec<(i64, &str, Vec<&DiscountRule>)> = Vec::new();
    for rule in rules {
        if let Some(group) = groups.iter_mut().find(|(_, name, _)| *name == rule.group) {
            group.0 = group.0.min(rule.priority);
            group.2.push(rule);
        } else {
            groups.push((rule.priority, &rule.group, vec![rule]));
        }
    }
    groups.sort_by_key(|(priority, name, _)| (*priority, *name));
    groups.into_iter().map(|(_, _, rules)| rules).collect()
}

/// The rule that takes most from what is left, ties by id, and the others that would take something. Those that
/// would take nothing get their verdict at once. `None` on overflow.
fn best_of<'r>(
    rules: &[&'r DiscountRule],
    wares: &[Ware<'_>],
    left: &[i64],
    say: &mut impl FnMut(&DiscountRule, Reason),
) -> Option<(Option<Cut<'r>>, Vec<&'r DiscountRule>)> {
    let mut takers = Vec::new();
    for rule in rules {
        let total = cut::total_of(rule, wares, left)?;
        if 0 < total.amount {
            takers.push((Reverse(total.amount), *rule));
        } else if total.room == 0 {
            say(rule, Reason::Floor);
        } else {
            say(rule, Reason::RoundsToNothing);
        }
    }
    takers.sort_by_key(|(amount, rule)| (*amount, &*rule.id));
    let mut takers = takers.into_iter().map(|(_, rule)| rule);
    let best = takers.next().map(|rule| Cut::new(rule, wares, left));
    let best = if let Some(best) = best {
        Some(best?)
    } else {
        None
    };
    Some((best, takers.collect()))
}

/// What the cuts leave of each line of the basket.
fn over_lines(lines: &[Line], wares: &[Ware<'_>], cuts: &[Cut<'_>]) -> Option<Vec<LineDiscount>> {
    let untouched = |line: &Line| LineDiscount {
        discount: Money::ZERO,
        paid: line.paid,
        by: Vec::new(),
    };
    let mut discounted: Vec<LineDiscount> = lines.iter().map(untouched).collect();
    for cut in cuts {
        for (ware, taken) in wares.iter().zip(&cut.taken) {
            let left: Vec<i64> = ware
                .places
                .iter()
                .map(|place| discounted.get(*place).map(|line| line.paid.minor()))
                .collect::<Option<_>>()?;
            for (place, part) in ware
                .places
                .iter()
                .zip(ware.part(cut.rule, *taken, lines, &left)?)
            {
                if part == 0 {
                    continue;
                }
                let line = discounted.get_mut(*place)?;
                let part = Money::from_minor(part);
                line.discount = line.discount.checked_add(part)?;
                line.paid = line.paid.checked_sub(part)?;
                line.by.push((cut.rule.id.clone(), part));
            }
        }
    }
    Some(discounted)
}
