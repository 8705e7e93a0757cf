//! Whether a programme gives an ordinary member a discount that seniors do not have, or have worse (TIER-03).
//! Multipliers are compared where the tiers are read; everything else in a programme is the same for both.
//!
//! A senior rule *s* **contains** an ordinary rule *u* when its percentage and maximum are not smaller, its floor is not
//! larger, and it is valid on all days of *u* and covers all that *u* covers. A programme loads when every ordinary
//! rule is contained in a senior one:
//!
//! * in whichever group, where the ordinary rules that stack are all in one group, and for an ordinary rule that is
//!   exclusive: the ordinary stack is then the largest single rule, and a stack takes at least what any one of its
//!   rules takes alone;
//! * in its own group and with a base that is not smaller, where they stack in several groups. (Groups that are the same
//!   for both tiers contain themselves.)
//!
//! Where groups stack, this alone does not settle the last cent of every basket: what an earlier group took from a line
//! decides what a later one finds there. So [`discounts`](crate::domain::discount::discounts) gives a senior the ordinary
//! discount whenever that is larger: what loads here names what a shop promises, what is computed there keeps it.

use rust_decimal::Decimal;

use super::{DiscountBase, DiscountRule, Tier};

/// A rule that a senior would have it worse by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Worse {
    /// Its place among the rules.
    pub(super) rule: usize,
    /// The key that makes it so.
    pub(super) key: &'static str,
    /// 简体中文
    pub(super) zh: String,
    /// English
    pub(super) en: String,
}

impl Worse {
    const fn new(rule: usize, key: &'static str, zh: String, en: String) -> Self {
        Self { rule, key, zh, en }
    }
}

/// A rule and its place in the file.
type Placed<'r> = (usize, &'r DiscountRule);

/// Which ordinary discounts seniors lack; nothing when they have them all.
pub(super) fn worse_for_seniors(rules: &[DiscountRule]) -> Vec<Worse> {
    let all: Vec<Placed<'_>> = rules.iter().enumerate().collect();
    let (exclusive, stacked): (Vec<_>, Vec<_>) =
        all.iter().copied().partition(|(_, rule)| rule.exclusive);
    let seniors = for_tier(&all, Tier::Senior);

    let mut worse = Vec::new();
    for ordinary in for_tier(&exclusive, Tier::Ordinary) {
        worse.extend(contained(ordinary, &seniors, Needs::NothingMore));
    }
    worse.extend(stack_worse(&stacked, &seniors));
    worse
}

/// As [`worse_for_seniors`], for the rules that stack. `seniors` are all senior rules, stacked or not.
fn stack_worse(stacked: &[Placed<'_>], seniors: &[Placed<'_>]) -> Vec<Worse> {
    let ordinary = for_tier(stacked, Tier::Ordinary);
    let mut worse = Vec::new();
    if is_one_group(&ordinary) {
        for rule in ordinary {
            worse.extend(contained(rule, seniors, Needs::NothingMore));
        }
        return worse;
    }
    for rule in ordinary {
        let own_group: Vec<Placed<'_>> = seniors
            .iter()
            .copied()
            .filter(|(_, senior)| senior.group == rule.1.group && !senior.exclusive)
            .collect();
        worse.extend(contained(rule, &own_group, Needs::BaseToo));
    }
    worse
}

fn for_tier<'r>(rules: &[Placed<'r>], tier: Tier) -> Vec<Placed<'r>> {
    rules
        .iter()
        .copied()
        .filter(|(_, rule)| rule.tiers.contains(&tier))
        .collect()
}

fn is_one_group(rules: &[Placed<'_>]) -> bool {
    let mut names = rules.iter().map(|(_, rule)| &rule.group);
    let first = names.next();
    names.all(|name| Some(name) == first)
}

/// What a senior rule needs beyond percentage, maximum, floor, days and coverage.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    NothingMore,
    /// A base that is not smaller.
    BaseToo,
}

/// Nothing when a senior rule contains the ordinary one; otherwise what the one that comes closest lacks.
fn contained((place, ordinary): Placed<'_>, seniors: &[Placed<'_>], needs: Needs) -> Vec<Worse> {
    let lacking = seniors.iter().map(|senior| {
        let lacks = lacks(*senior, ordinary, needs);
        (lacks.len(), senior.1.group != ordinary.group, lacks)
    });
    let closest = lacking.min_by_key(|(count, is_elsewhere, _)| (*count, *is_elsewhere));
    let (id, group) = (&ordinary.id, &ordinary.group);
    closest.map_or_else(
        || {
            vec![Worse::new(
                place,
                "tiers",
                format!("高级会员没有与“{id}”相当的规则：请把 \"senior\" 加入 tiers，或在分组“{group}”里加一条不差于它的规则"),
                format!("no senior rule stands for `{id}`: add \"senior\" to its `tiers`, or a rule that is not worse to the group `{group}`"),
            )]
        },
        |(_, _, lacks)| lacks,
    )
}

/// All that keeps a senior rule from containing an ordinary one.
fn lacks((place, senior): Placed<'_>, ordinary: &DiscountRule, needs: Needs) -> Vec<Worse> {
    let id = &ordinary.id;
    let mut lacks = Vec::new();
    let mut lack = |key, zh: String, en: String| {
        lacks.push(Worse {
            rule: place,
            key,
            zh,
            en,
        });
    };
    if senior.percent < ordinary.percent {
        let [own, other] = [senior, ordinary].map(|rule| Decimal::new(rule.percent, 2).normalize());
        lack(
            "percent",
            format!("高级会员的折扣 {own} % 低于普通会员“{id}”的 {other} %"),
            format!("the senior discount of {own} % is below the {other} % of the ordinary `{id}`"),
        );
    }
    if senior
        .max_amount
        .is_some_and(|most| ordinary.max_amount.is_none_or(|other| most < other))
    {
        lack(
            "max_amount",
            format!("高级会员的最高优惠低于普通会员“{id}”"),
            format!("the most it takes is below that of the ordinary `{id}`"),
        );
    }
    if ordinary.floor_price < senior.floor_price {
        lack(
            "floor_price",
            format!("高级会员的最低单价高于普通会员“{id}”"),
            format!("its floor is above that of the ordinary `{id}`"),
        );
    }
    if senior
        .from
        .is_some_and(|from| ordinary.from.is_none_or(|other| other < from))
    {
        lack(
            "from",
            format!("高级会员的规则比普通会员“{id}”晚开始"),
            format!("it begins after the ordinary `{id}`"),
        );
    }
    if senior
        .until
        .is_some_and(|until| ordinary.until.is_none_or(|other| until < other))
    {
        lack(
            "until",
            format!("高级会员的规则比普通会员“{id}”早结束"),
            format!("it ends before the ordinary `{id}`"),
        );
    }
    if let Some((key, label)) = excludes_more(senior, ordinary) {
        lack(
            key,
            format!("高级会员的规则不包括“{label}”，而普通会员的“{id}”包括"),
            format!("it leaves out `{label}`, which the ordinary `{id}` covers"),
        );
    }
    let is_base_smaller =
        senior.base == DiscountBase::Remaining && ordinary.base == DiscountBase::Original;
    if needs == Needs::BaseToo && is_base_smaller {
        lack(
            "base",
            format!("高级会员的规则按余额计算，而普通会员的“{id}”按原价计算"),
            format!("its base is what remains, and that of the ordinary `{id}` the original price"),
        );
    }
    lacks
}

/// The first label that `rule` leaves out and `other` does not, with its key.
fn excludes_more<'r>(
    rule: &'r DiscountRule,
    other: &DiscountRule,
) -> Option<(&'static str, &'r str)> {
    let (own, its) = (&rule.exclude, &other.exclude);
    [
        ("exclude_departments", &own.departments, &its.departments),
        ("exclude_categories", &own.categories, &its.categories),
        ("exclude_products", &own.products, &its.products),
    ]
    .into_iter()
    .find_map(|(key, own, its)| {
        own.iter()
            .find(|label| !its.contains(label))
            .map(|label| (key, label.as_str()))
    })
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests;
