//! What is proven to be no worse for seniors, what is refused, and a search for a basket that proves the proof wrong.

use core::cell::Cell;
use core::slice::from_ref;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::super::Exclusions;
use super::*;
use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::discount::discounts;
use crate::domain::money::Money;
use crate::domain::time::Day;

const ORDINARY: [Tier; 1] = [Tier::Ordinary];
const SENIOR: [Tier; 1] = [Tier::Senior];
const BOTH: [Tier; 2] = [Tier::Ordinary, Tier::Senior];

fn rule(id: &str, tiers: &[Tier], percent: i64, group: &str, priority: i64) -> DiscountRule {
    DiscountRule {
        id: id.into(),
        tiers: tiers.to_vec(),
        percent,
        group: group.into(),
        priority,
        exclusive: false,
        base: DiscountBase::Original,
        max_amount: None,
        floor_price: Money::ZERO,
        from: None,
        until: None,
        exclude: Exclusions::default(),
    }
}

fn remaining(rule: DiscountRule) -> DiscountRule {
    DiscountRule {
        base: DiscountBase::Remaining,
        ..rule
    }
}

fn alone(rule: DiscountRule) -> DiscountRule {
    DiscountRule {
        exclusive: true,
        ..rule
    }
}

fn not_on(department: &str, mut rule: DiscountRule) -> DiscountRule {
    rule.exclude.departments.push(department.into());
    rule
}

fn with_floor(minor: i64, rule: DiscountRule) -> DiscountRule {
    DiscountRule {
        floor_price: Money::from_minor(minor),
        ..rule
    }
}

fn day(number: u32) -> Day {
    Day::new("2017-06-01".parse().unwrap())
        .plus_days(number)
        .unwrap()
}

/// What is refused: the rule's id and the key.
fn refused(rules: &[DiscountRule]) -> Vec<(&str, &str)> {
    let worse = worse_for_seniors(rules);
    worse
        .iter()
        .map(|worse| (&*rules[worse.rule].id, worse.key))
        .collect()
}

#[test]
fn one_group_loads_when_some_senior_rule_contains_each_ordinary_one() {
    let o = rule("o", &ORDINARY, 200, "tier", 10);
    let s = rule("s", &SENIOR, 500, "tier", 10);
    let limited = |minor: i64, rule: &DiscountRule| DiscountRule {
        max_amount: Some(Money::from_minor(minor)),
        ..rule.clone()
    };
    let begins = |number, rule: &DiscountRule| DiscountRule {
        from: Some(day(number)),
        ..rule.clone()
    };
    let ends = |number, rule: &DiscountRule| DiscountRule {
        until: Some(day(number)),
        ..rule.clone()
    };
    let percent = |percent, rule: &DiscountRule| DiscountRule {
        percent,
        ..rule.clone()
    };
    let accepted = [
        vec![o.clone(), s.clone()],
        vec![o.clone(), percent(200, &s)],
        vec![rule("b", &BOTH, 200, "tier", 10)],
        vec![s.clone()],
        vec![],
        // Alone, elsewhere, on what remains: it takes as much all the same.
        vec![o.clone(), alone(s.clone())],
        vec![o.clone(), remaining(rule("s", &SENIOR, 500, "other", 3))],
        vec![alone(o.clone()), s.clone()],
        vec![limited(50, &o), limited(50, &s)],
        vec![with_floor(2, o.clone()), with_floor(2, s.clone())],
        vec![begins(2, &o), begins(2, &s)],
        vec![ends(2, &o), ends(2, &s)],
        vec![not_on("x", o.clone()), not_on("x", s.clone())],
    ];
    for rules in accepted {
        assert_eq!(refused(&rules), [], "{rules:?}");
    }
    let worse = [
        (vec![o.clone()], vec![("o", "tiers")]),
        (vec![alone(o.clone())], vec![("o", "tiers")]),
        (vec![o.clone(), percent(199, &s)], vec![("s", "percent")]),
        (
            vec![alone(o.clone()), percent(199, &s)],
            vec![("s", "percent")],
        ),
        (vec![o.clone(), limited(50, &s)], vec![("s", "max_amount")]),
        (
            vec![limited(51, &o), limited(50, &s)],
            vec![("s", "max_amount")],
        ),
        (
            vec![with_floor(2, o.clone()), with_floor(3, s.clone())],
            vec![("s", "floor_price")],
        ),
        (vec![o.clone(), begins(2, &s)], vec![("s", "from")]),
        (vec![begins(1, &o), begins(2, &s)], vec![("s", "from")]),
        (vec![o.clone(), ends(2, &s)], vec![("s", "until")]),
        (vec![ends(3, &o), ends(2, &s)], vec![("s", "until")]),
        (
            vec![not_on("y", o.clone()), not_on("x", s.clone())],
            vec![("s", "exclude_departments")],
        ),
        // All that is missing is named, of the rule that comes closest.
        (
            vec![
                rule("p", &SENIOR, 1, "tier", 10),
                not_on("x", o),
                begins(9, &percent(1, &s)),
            ],
            vec![("p", "percent")],
        ),
    ];
    for (rules, expected) in worse {
        assert_eq!(refused(&rules), expected, "{rules:?}");
    }
}

/// A tier discount for each tier, not on spirits.
fn tiers(priority: i64) -> [DiscountRule; 2] {
    [
        not_on("SPIRITS", rule("o", &ORDINARY, 200, "tier", priority)),
        not_on("SPIRITS", rule("s", &SENIOR, 500, "tier", priority)),
    ]
}

fn tiers_and(priority: i64, others: &[DiscountRule]) -> Vec<DiscountRule> {
    tiers(priority)
        .into_iter()
        .chain(others.iter().cloned())
        .collect()
}

#[test]
fn the_group_in_which_tiers_differ_may_go_last_whatever_goes_before() {
    let season = rule("season", &BOTH, 1_000, "season", 5);
    for season in [
        season.clone(),
        remaining(season.clone()),
        not_on("FUEL", season.clone()),
        with_floor(100, season),
    ] {
        assert_eq!(refused(&tiers_and(10, &[season])), []);
    }
    // A senior rule of a group of its own does no harm.
    let extra = rule("extra", &SENIOR, 100, "extra", 11);
    let season = rule("season", &BOTH, 1_000, "season", 5);
    assert_eq!(refused(&tiers_and(10, &[season.clone(), extra])), []);
    // But it may stand for an ordinary one only with a base that is not smaller.
    let only = remaining(not_on("SPIRITS", rule("s", &SENIOR, 500, "extra", 11)));
    let [ordinary, _] = tiers(10);
    assert_eq!(refused(&[ordinary, only, season]), [("s", "base")]);
}

#[test]
fn what_follows_the_group_in_which_tiers_differ_depends_on_the_sum_alone() {
    let season = remaining(rule("season", &BOTH, 1_000, "season", 20));
    assert_eq!(refused(&tiers_and(10, from_ref(&season))), []);
    assert_eq!(
        refused(&tiers_and(10, &[not_on("SPIRITS", season.clone())])),
        []
    );
    let original = DiscountRule {
        base: DiscountBase::Original,
        ..season.clone()
    };
    assert_eq!(refused(&tiers_and(10, &[original])), [("season", "base")]);
    let narrow = not_on("FUEL", season.clone());
    assert_eq!(
        refused(&tiers_and(10, &[narrow])),
        [("season", "exclude_departments")]
    );
    assert_eq!(
        refused(&tiers_and(10, &[with_floor(1, season.clone())])),
        [("season", "floor_price")]
    );
    // Nor may the order of the groups depend on the tier or the basket.
    let sooner = rule("sooner", &SENIOR, 1, "season", 1);
    assert_eq!(
        refused(&tiers_and(10, &[season, sooner])),
        [("sooner", "priority")]
    );
}

#[test]
fn groups_that_are_the_same_for_both_tiers_are_free() {
    let rules = [
        rule("a", &BOTH, 500, "a", 1),
        not_on("x", remaining(rule("b", &BOTH, 500, "b", 2))),
        with_floor(5, rule("c", &BOTH, 500, "b", 0)),
        alone(rule("d", &BOTH, 500, "b", 0)),
    ];
    assert_eq!(refused(&rules), []);
}

/// A basket of like prices shows what the sentences in the refusals are about.
#[test]
fn a_refused_programme_may_really_be_worse_for_seniors() {
    // Seniors get their discount on the very lines that the season's half is taken from afterwards.
    let rules = [
        not_on("x", rule("o", &ORDINARY, 1_000, "tier", 1)),
        rule("s", &SENIOR, 1_000, "tier", 1),
        DiscountRule {
            max_amount: Some(Money::from_minor(500)),
            ..not_on("y", remaining(rule("half", &BOTH, 9_000, "season", 2)))
        },
    ];
    assert_eq!(refused(&rules), [("half", "exclude_departments")]);
    let rules = [
        DiscountRule {
            max_amount: Some(Money::from_minor(100)),
            ..rules[0].clone()
        },
        DiscountRule {
            max_amount: Some(Money::from_minor(100)),
            ..rules[1].clone()
        },
        DiscountRule {
            max_amount: None,
            ..rules[2].clone()
        },
    ];
    let lines = [line("x", 1_000), line("y", 1_000)];
    let total = |tier| {
        discounts(&rules, Some(tier), day(0), &lines)
            .unwrap()
            .total
            .minor()
    };
    assert_eq!((total(Tier::Ordinary), total(Tier::Senior)), (1_000, 955));
}

fn line(department: &str, minor: i64) -> Line {
    Line {
        product: department.into(),
        department: department.into(),
        category: String::new(),
        kind: LineKind::Goods,
        quantity: Quantity::of_units(1).unwrap(),
        paid: Money::from_minor(minor),
    }
}

/// Any rule, its numbers drawn from few, so that rules often compare.
fn any_rule() -> impl Strategy<Value = DiscountRule> {
    let percent = prop::sample::select(vec![1, 200, 500, 1_000, 3_333, 5_000, 7_500, 10_000]);
    let most = prop::sample::select(vec![None, None, None, Some(1), Some(3), Some(20)]);
    let floor = prop::sample::select(vec![0, 0, 0, 0, 2, 9]);
    let days = prop::sample::select(vec![
        (None, None),
        (None, None),
        (Some(1), None),
        (None, Some(1)),
    ]);
    let left_out = prop::sample::select(vec![
        vec![],
        vec![],
        vec!["x"],
        vec!["y"],
        vec!["x", "y"],
        vec!["z"],
    ]);
    let place = (
        0_usize..3,
        prop::bool::weighted(0.03),
        prop::bool::weighted(0.1),
        any::<bool>(),
    );
    (percent, most, floor, days, left_out, place).prop_map(
        |(percent, most, floor, (from, until), left_out, place)| {
            let (group, is_moved, is_alone, is_remaining) = place;
            let moved = i64::from(is_moved) * 2;
            let mut rule = rule("", &BOTH, percent, ["a", "b", "c"][group], moved);
            rule.priority += i64::try_from(group).unwrap();
            rule.max_amount = most.map(Money::from_minor);
            rule.floor_price = Money::from_minor(floor);
            (rule.from, rule.until) = (from.map(day), until.map(day));
            rule.exclude.departments = left_out.into_iter().map(str::to_owned).collect();
            rule.exclusive = is_alone;
            rule.base = if is_remaining {
                DiscountBase::Remaining
            } else {
                DiscountBase::Original
            };
            rule
        },
    )
}

/// A senior rule that mostly contains an ordinary one.
fn better(ordinary: &DiscountRule, change: u32) -> DiscountRule {
    let mut senior = DiscountRule {
        tiers: SENIOR.to_vec(),
        ..ordinary.clone()
    };
    match change {
        0 => senior.percent = (senior.percent + 1_000).min(10_000),
        1 => senior.max_amount = None,
        2 => senior.exclude = Exclusions::default(),
        3 => (senior.from, senior.until) = (None, None),
        4 => senior.floor_price = Money::ZERO,
        5 => senior.base = DiscountBase::Original,
        6 => senior.group = "c".into(),
        _ => {}
    }
    senior
}

/// Any few rules: for both tiers, for one each in pairs, and for seniors only.
fn any_rules() -> impl Strategy<Value = Vec<DiscountRule>> {
    let some = (any_rule(), 0_u32..8, 0_u32..12);
    prop::collection::vec(some, 1..5).prop_map(|drawn| {
        let mut rules = Vec::new();
        for (rule, kind, change) in drawn {
            match kind {
                0..4 => rules.push(rule),
                4..7 => {
                    rules.push(better(&rule, change));
                    rules.push(DiscountRule {
                        tiers: ORDINARY.to_vec(),
                        ..rule
                    });
                }
                _ => rules.push(DiscountRule {
                    tiers: SENIOR.to_vec(),
                    ..rule
                }),
            }
        }
        for (number, rule) in rules.iter_mut().enumerate() {
            rule.id = format!("r{number}");
        }
        rules
    })
}

/// Any basket, with prices so small that every rounding counts.
fn any_lines() -> impl Strategy<Value = Vec<Line>> {
    let small = prop_oneof![3 => 0_i64..12, 1 => 0_i64..2_000];
    let line = (0_usize..9, small, 0_i64..3).prop_map(|(product, minor, units)| Line {
        product: product.to_string(),
        quantity: Quantity::of_units(units).unwrap(),
        ..line(["x", "y", "z"][product % 3], minor)
    });
    prop::collection::vec(line, 1..9)
}

#[test]
fn a_senior_never_pays_more_in_a_programme_that_loads() {
    let (loaded, stacked) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new(Config {
        cases: 30_000,
        ..Config::default()
    });
    let baskets = prop::collection::vec(any_lines(), 3);
    let checked = runner.run(&(any_rules(), baskets), |(rules, baskets)| {
        if !worse_for_seniors(&rules).is_empty() {
            return Ok(());
        }
        loaded.set(loaded.get() + 1);
        let placed: Vec<Placed<'_>> = rules.iter().enumerate().collect();
        let ordinary: Vec<Placed<'_>> = placed
            .iter()
            .copied()
            .filter(|(_, rule)| !rule.exclusive && rule.tiers != SENIOR)
            .collect();
        let differ = rules
            .iter()
            .any(|rule| !rule.exclusive && rule.tiers.len() == 1);
        stacked.set(stacked.get() + u32::from(differ && !is_one_group(&ordinary)));
        for lines in &baskets {
            for day in [day(0), day(1)] {
                let total = |tier| discounts(&rules, Some(tier), day, lines).unwrap().total;
                prop_assert!(total(Tier::Ordinary) <= total(Tier::Senior));
            }
        }
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
    // Or nothing would have been tried.
    assert!(
        8_000 < loaded.get() && 1_500 < stacked.get(),
        "{} {}",
        loaded.get(),
        stacked.get()
    );
}
