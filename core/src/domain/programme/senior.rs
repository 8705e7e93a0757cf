//! Whether a programme's discounts ever leave a senior member worse off than an ordinary one (TIER-03).
//! Multipliers are compared where the tiers are read; everything else in a programme is the same for both.
//!
//! # What is promised
//!
//! For every basket and every day, a senior pays no more than an ordinary member. Baskets cannot all be tried, so
//! a programme loads only when one of the arguments below proves it; one that they do not reach is refused with
//! the reason, even where nobody could show a basket that breaks it.
//!
//! In what follows a rule *s* **contains** a rule *u* when its percentage and maximum are not smaller, its floor
//! is not larger, and it is valid on all days of *u* and covers all that *u* covers. `D(r)` is what a rule takes:
//! `min(maximum, half_up(Σ min(percent × base, room)))`, where the room of a line is what is left above the floor.
//!
//! **A. From the same state, *s* takes at least what *u* does**, if *s* contains *u* and has `base = "original"`
//! or *u* has `"remaining"`: every term grows with the percentage, the lines covered, the room and the base, and
//! rounding and the maximum keep the order. On an untouched basket both bases are the same.
//!
//! **B. A stack takes at least what any one of its rules takes from the state the stack began with.** When *r* has
//! its turn, the groups before have taken whole amounts `t` from the lines. For each line
//! `t + min(p × base, room − t) >= min(p × base, room)`, and for `remaining` `t + p × (left − t) >= p × left` as
//! `p <= 1`; a sum of whole amounts moves through half-up rounding and the maximum unchanged. If another rule wins
//! the group, it takes no less than *r*.
//!
//! **C. Where the ordinary rules that stack are all in one group**, the ordinary stack is the largest single
//! `D(u)`. By A and B it is enough that every ordinary rule is contained in some senior rule, in whichever group,
//! stacked or exclusive. The same is enough for an ordinary rule that is exclusive, always.
//!
//! **D. Otherwise** the groups must go in one order for both tiers, whatever a basket makes eligible: all rules of
//! a group have one priority. Up to the first group in which the tiers' rules differ, both are in the same state.
//! If only one group from there on has ordinary rules, A and B apply from that state (with the base of A).
//!
//! **E. Otherwise** every ordinary rule *u* from there on is contained in a senior rule *s* of its own group. In the
//! first group A applies. For those after it, let `C` be all lines covered so far by the groups that differ and
//! those after them: outside `C` both tiers have the same left, and inside it the senior's sum is smaller by some
//! `δ >= 0`. That is all that can be said: from which lines the difference comes is left to coverage, maxima and
//! remainders, and shares of a larger sum are not always larger. So *u* may depend on the sum alone: it has
//! `base = "remaining"` and covers all of `C`; and *s* has no floor. Then
//! `D(s) >= half_up(p × (Σ − δ)) >= D(u) − δ`, with the maximum as well, and the senior's sum stays the smaller one
//! over `C` and what the group covers.

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

/// Why seniors might be worse off with these rules; nothing when it is proven that they never are.
pub(super) fn worse_for_seniors(rules: &[DiscountRule]) -> Vec<Worse> {
    let all: Vec<Placed<'_>> = rules.iter().enumerate().collect();
    let (exclusive, stacked): (Vec<_>, Vec<_>) =
        all.iter().copied().partition(|(_, rule)| rule.exclusive);
    let seniors = for_tier(&all, Tier::Senior);

    let mut worse = Vec::new();
    for ordinary in for_tier(&exclusive, Tier::Ordinary) {
        worse.extend(contained(ordinary, &seniors, Needs::NOTHING_MORE));
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
            worse.extend(contained(rule, seniors, Needs::NOTHING_MORE));
        }
        return worse;
    }
    let differs = |group: &Vec<Placed<'_>>| {
        !group.iter().all(|(_, rule)| {
            rule.tiers.contains(&Tier::Ordinary) && rule.tiers.contains(&Tier::Senior)
        })
    };
    let groups = in_order(stacked);
    let same = groups.iter().take_while(|group| !differs(group)).count();
    let Some(tail) = groups.get(same..).filter(|tail| !tail.is_empty()) else {
        return worse;
    };
    for group in &groups {
        worse.extend(priorities_differ(group));
    }
    if !worse.is_empty() {
        return worse;
    }

    let tail_rules: Vec<Placed<'_>> = tail.iter().flatten().copied().collect();
    let tail_seniors = for_tier(&tail_rules, Tier::Senior);
    let tail_ordinary = for_tier(&tail_rules, Tier::Ordinary);
    let base = Needs {
        base: true,
        ..Needs::NOTHING_MORE
    };
    if is_one_group(&tail_ordinary) {
        for rule in tail_ordinary {
            worse.extend(contained(rule, &tail_seniors, base));
        }
        return worse;
    }
    let mut before: Vec<Placed<'_>> = Vec::new();
    for group in tail {
        let own_seniors = for_tier(group, Tier::Senior);
        let needs = if before.is_empty() {
            base
        } else {
            Needs {
                no_floor: true,
                ..base
            }
        };
        for rule in for_tier(group, Tier::Ordinary) {
            worse.extend(depends_on_more_than_the_sum(rule, &before));
            worse.extend(contained(rule, &own_seniors, needs));
        }
        before.extend(group);
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

/// The rules by group, in the order of their turns.
fn in_order<'r>(rules: &[Placed<'r>]) -> Vec<Vec<Placed<'r>>> {
    let mut groups: Vec<Vec<Placed<'r>>> = Vec::new();
    for placed in rules {
        let is_own = |group: &&mut Vec<Placed<'r>>| {
            group
                .first()
                .is_some_and(|(_, first)| first.group == placed.1.group)
        };
        match groups.iter_mut().find(is_own) {
            Some(group) => group.push(*placed),
            None => groups.push(vec![*placed]),
        }
    }
    groups.sort_by_key(|group| {
        let first = group.first().map(|(_, rule)| &*rule.group);
        (group.iter().map(|(_, rule)| rule.priority).min(), first)
    });
    groups
}

/// The rules of a group that have another priority than its first.
fn priorities_differ(group: &[Placed<'_>]) -> Vec<Worse> {
    let Some((_, first)) = group.first() else {
        return Vec::new();
    };
    let others = group
        .iter()
        .filter(|(_, rule)| rule.priority != first.priority);
    let say = |(place, rule): &Placed<'_>| {
        let (group, id, priority) = (&rule.group, &first.id, first.priority);
        Worse::new(
            *place,
            "priority",
            format!(
                "有多个分组且两个等级的规则不同时，同一分组的 priority 必须相同，否则高级会员的叠加次序可能不同：分组“{group}”里“{id}”是 {priority}"
            ),
            format!(
                "where there are several groups and the tiers' rules differ, all rules of a group have one `priority`, or the groups might go in another order for seniors: in `{group}`, `{id}` has {priority}"
            ),
        )
    };
    others.map(say).collect()
}

/// Why the amount of an ordinary rule may depend on more than the sum that the groups before have left.
fn depends_on_more_than_the_sum((place, rule): Placed<'_>, before: &[Placed<'_>]) -> Option<Worse> {
    let uncovered = before
        .iter()
        .find(|(_, earlier)| excludes_more(rule, earlier).is_some());
    let (_, first) = before.first()?;
    let group = &first.group;
    let zh_way_out = format!("或者给分组“{group}”更大的 priority，让它排在最后");
    let en_way_out =
        format!("or give the group `{group}` a larger `priority`, so that it goes last");
    if rule.base == DiscountBase::Original {
        return Some(Worse::new(
            place,
            "base",
            format!(
                "它排在两个等级规则不同的分组“{group}”之后，无法保证高级会员总是不吃亏：请用 base = \"remaining\"，{zh_way_out}"
            ),
            format!(
                "it follows the group `{group}`, in which the tiers' rules differ, so a senior might end up worse: use base = \"remaining\", {en_way_out}"
            ),
        ));
    }
    let (_, earlier) = uncovered?;
    let (key, label) = excludes_more(rule, earlier)?;
    let id = &earlier.id;
    Some(Worse::new(
        place,
        key,
        format!(
            "它排在两个等级规则不同的分组“{group}”之后，却不包括“{label}”，而“{id}”包括，无法保证高级会员总是不吃亏：请不要排除，{zh_way_out}"
        ),
        format!(
            "it follows the group `{group}`, in which the tiers' rules differ, and leaves out `{label}`, which `{id}` covers, so a senior might end up worse: do not leave it out, {en_way_out}"
        ),
    ))
}

/// What a senior rule needs beyond percentage, maximum, floor, days and coverage.
#[derive(Clone, Copy)]
struct Needs {
    /// A base that is not smaller.
    base: bool,
    /// No floor at all.
    no_floor: bool,
}

impl Needs {
    const NOTHING_MORE: Self = Self {
        base: false,
        no_floor: false,
    };
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
    } else if needs.no_floor && 0 < senior.floor_price.minor() {
        lack(
            "floor_price",
            "它排在两个等级规则不同的分组之后，不能有最低单价".to_owned(),
            "it follows a group in which the tiers' rules differ, and cannot have a floor"
                .to_owned(),
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
    if needs.base && is_base_smaller {
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
