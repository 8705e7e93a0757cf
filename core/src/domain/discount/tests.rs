//! The worked examples of semantics §4, and what holds for every basket.

use proptest::prelude::*;

use super::*;
use crate::domain::basket::Quantity;
use crate::domain::programme::{DiscountBase, Exclusions};

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

fn pieces(product: &str, count: i64, minor: i64) -> Line {
    Line {
        quantity: Quantity::of_units(count).unwrap(),
        ..line(product, minor)
    }
}

fn in_department(department: &str, line: Line) -> Line {
    Line {
        department: department.into(),
        ..line
    }
}

/// A rule for both tiers.
fn rule(id: &str, percent: i64, group: &str, priority: i64) -> DiscountRule {
    DiscountRule {
        id: id.into(),
        tiers: vec![Tier::Ordinary, Tier::Senior],
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

fn with_floor(minor: i64, rule: DiscountRule) -> DiscountRule {
    DiscountRule {
        floor_price: Money::from_minor(minor),
        ..rule
    }
}

fn at_most(minor: i64, rule: DiscountRule) -> DiscountRule {
    DiscountRule {
        max_amount: Some(Money::from_minor(minor)),
        ..rule
    }
}

fn not_on(department: &str, mut rule: DiscountRule) -> DiscountRule {
    rule.exclude.departments.push(department.into());
    rule
}

fn day(text: &str) -> Day {
    Day::new(text.parse().unwrap())
}

fn discounted(rules: &[DiscountRule], lines: &[Line]) -> Discounted {
    discounts(rules, Some(Tier::Ordinary), day("2017-06-01"), lines).unwrap()
}

/// What is taken off each line, in minor units.
fn off(rules: &[DiscountRule], lines: &[Line]) -> Vec<i64> {
    let discounted = discounted(rules, lines);
    let off: Vec<i64> = discounted
        .lines
        .iter()
        .map(|line| line.discount.minor())
        .collect();
    assert_eq!(off.iter().sum::<i64>(), discounted.total.minor());
    off
}

/// The verdicts as `rule: code`, with what is taken or who was chosen.
fn verdicts(discounted: &Discounted) -> Vec<String> {
    let say = |verdict: &Verdict| match &verdict.reason {
        Reason::Taken(money) => format!("{}: taken {}", verdict.rule, money.display(2)),
        Reason::LostInGroup { to } | Reason::LostToExclusive { to } => {
            format!("{}: {} {to}", verdict.rule, verdict.reason.code())
        }
        Reason::Status
        | Reason::OtherTier
        | Reason::NotToday
        | Reason::NothingCovered
        | Reason::Floor
        | Reason::RoundsToNothing
        | Reason::LostToStack => format!("{}: {}", verdict.rule, verdict.reason.code()),
    };
    discounted.verdicts.iter().map(say).collect()
}

#[test]
fn a_discount_is_rounded_once_and_shared_to_the_last_cent() {
    let percent = |percent| [rule("d", percent, "g", 0)];
    let three = [line("a", 100), line("b", 100), line("c", 100)];
    assert_eq!(
        off(&percent(500), &[line("A", 12_000), line("B", 8_000)]),
        [600, 400]
    );
    assert_eq!(off(&percent(333), &three), [4, 3, 3]);
    assert_eq!(
        off(&percent(5_000), &[line("P", 1), line("P", 1), line("Q", 1)]),
        [1, 0, 1]
    );
    assert_eq!(off(&percent(5_000), &[line("P", 2), line("Q", 1)]), [1, 1]);
    // Half a cent goes up, once: line by line it would be 0.03.
    assert_eq!(
        off(&percent(5_000), &[line("a", 1), line("b", 1), line("c", 1)]),
        [1, 1, 0]
    );
    assert_eq!(off(&percent(50), &[line("a", 99)]), [0]);
    assert_eq!(off(&percent(50), &[line("a", 100)]), [1]);
}

#[test]
fn groups_stack_in_turn_and_each_gives_one_rule() {
    let lines = [
        line("A", 1_999),
        line("B", 1_001),
        in_department("SPIRITS", line("C", 500)),
    ];
    let staff = alone(rule("staff-11", 1_100, "staff", 0));
    let ordinary = not_on("SPIRITS", rule("ordinary-2", 200, "tier", 10));
    let autumn = rule("autumn", 1_000, "season", 20);
    let other = rule("autumn-b", 800, "season", 20);

    let rules = [ordinary, autumn, other, staff];
    let of_original = discounted(&rules, &lines);
    assert_eq!(off(&rules, &lines), [240, 120, 50]);
    assert_eq!(
        verdicts(&of_original),
        [
            "autumn: taken 3.50",
            "autumn-b: lost_in_group autumn",
            "ordinary-2: taken 0.60",
            "staff-11: lost_to_stack",
        ]
    );

    let rules = rules.map(|rule| {
        if rule.exclusive {
            rule
        } else {
            remaining(rule)
        }
    });
    let of_remaining = discounted(&rules, &lines);
    assert_eq!(off(&rules, &lines), [236, 118, 50]);
    assert_eq!(verdicts(&of_remaining)[0], "autumn: taken 3.44");
    assert_eq!(verdicts(&of_remaining)[2], "ordinary-2: taken 0.60");
    let first = &of_remaining.lines[0];
    assert_eq!(first.paid, Money::from_minor(1_763));
    let by = [("ordinary-2", 40), ("autumn", 196)];
    assert_eq!(
        first.by,
        by.map(|(id, minor)| (id.to_owned(), Money::from_minor(minor)))
    );
}

#[test]
fn an_exclusive_rule_is_taken_only_when_it_alone_takes_more() {
    let lines = [line("a", 10_000)];
    let stack = [
        rule("five", 500, "a", 0),
        rule("three", 300, "b", 1),
        rule("two", 200, "b", 1),
    ];
    let with = |exclusive: &[(&str, i64)]| {
        let exclusive = exclusive
            .iter()
            .map(|(id, percent)| alone(rule(id, *percent, "a", 9)));
        let rules: Vec<DiscountRule> = stack.iter().cloned().chain(exclusive).collect();
        discounted(&rules, &lines)
    };
    assert_eq!(verdicts(&with(&[("x", 800)]))[3], "x: lost_to_stack");
    assert_eq!(with(&[("x", 800)]).total, Money::from_minor(800));
    assert_eq!(
        verdicts(&with(&[("x", 801), ("y", 900), ("w", 900)])),
        [
            "five: lost_to_exclusive w",
            "three: lost_to_exclusive w",
            "two: lost_in_group three",
            "w: taken 9.00",
            "x: lost_to_exclusive w",
            "y: lost_to_exclusive w",
        ]
    );
}

#[test]
fn a_group_has_its_turn_by_its_smallest_eligible_number_and_then_by_name() {
    let lines = [line("a", 10_000)];
    let order = |rules: &[DiscountRule]| -> Vec<String> {
        let discounted = discounted(rules, &lines);
        discounted.lines[0]
            .by
            .iter()
            .map(|(id, minor)| format!("{id} {}", minor.minor()))
            .collect()
    };
    let half = remaining(rule("half", 5_000, "b", 5));
    let tenth = remaining(rule("tenth", 1_000, "a", 5));
    assert_eq!(
        order(&[half.clone(), tenth.clone()]),
        ["tenth 1000", "half 4500"]
    );
    let small = rule("small", 1, "b", 4);
    assert_eq!(
        order(&[half.clone(), tenth.clone(), small.clone()]),
        ["half 5000", "tenth 500"]
    );
    let gone = DiscountRule {
        until: Some(day("2017-06-01")),
        ..small
    };
    assert_eq!(order(&[half, tenth, gone]), ["tenth 1000", "half 4500"]);
}

#[test]
fn every_rule_hears_why_it_was_not_taken() {
    let rules = [
        DiscountRule {
            tiers: vec![Tier::Senior],
            ..rule("a", 500, "a", 0)
        },
        DiscountRule {
            from: Some(day("2017-06-02")),
            ..rule("b", 500, "b", 0)
        },
        DiscountRule {
            until: Some(day("2017-06-01")),
            ..rule("c", 500, "c", 0)
        },
        not_on("", rule("d", 500, "d", 0)),
        with_floor(100, rule("e", 500, "e", 0)),
        rule("f", 1, "f", 0),
        alone(with_floor(100, rule("g", 500, "g", 0))),
        DiscountRule {
            from: Some(day("2017-06-01")),
            until: Some(day("2017-06-02")),
            ..rule("h", 500, "h", 0)
        },
    ];
    let lines = [line("a", 100)];
    assert_eq!(
        verdicts(&discounted(&rules, &lines)),
        [
            "a: other_tier",
            "b: not_today",
            "c: not_today",
            "d: nothing_covered",
            "e: floor",
            "f: rounds_to_nothing",
            "g: floor",
            "h: taken 0.05",
        ]
    );
    let restricted = discounts(&rules, None, day("2017-06-01"), &lines).unwrap();
    assert!(
        restricted
            .verdicts
            .iter()
            .all(|verdict| verdict.reason == Reason::Status)
    );
    assert_eq!(restricted.lines[0].paid, Money::from_minor(100));
    let free = discounted(&rules, &[line("a", 0)]);
    assert_eq!(verdicts(&free)[7], "h: nothing_covered");
}

#[test]
fn only_goods_are_discounted() {
    let kinds = [
        LineKind::TopUp,
        LineKind::GiftCard,
        LineKind::Deposit,
        LineKind::Tip,
        LineKind::Fee,
        LineKind::Goods,
    ];
    let lines: Vec<Line> = kinds
        .map(|kind| Line {
            kind,
            ..line("a", 100)
        })
        .into();
    assert_eq!(
        off(&[rule("d", 10_000, "g", 0)], &lines),
        [0, 0, 0, 0, 0, 100]
    );
}

#[test]
fn a_negative_line_is_left_as_it_is() {
    let lines = [line("a", -100), line("a", 100), line("b", 100)];
    assert_eq!(off(&[rule("d", 5_000, "g", 0)], &lines), [0, 50, 50]);
}

#[test]
fn no_line_falls_below_its_floor() {
    // Two pieces may not cost less than 1.60: of 2.00 that leaves 0.40, of 1.50 nothing.
    let half = [with_floor(80, rule("d", 5_000, "g", 0))];
    assert_eq!(
        off(&half, &[pieces("a", 2, 200), pieces("b", 2, 150)]),
        [40, 0]
    );
    assert_eq!(
        off(&half, &[pieces("a", 1, 200), pieces("b", 1, 100)]),
        [100, 20]
    );
    // A weighed line of 0.333 may not cost less than 26.64, so not less than 27.
    let third = Line {
        quantity: Quantity::of_thousandths(333).unwrap(),
        ..line("a", 40)
    };
    assert_eq!(off(&half, &[third]), [13]);
    // The cent that is over would go to the earlier line, which has reached its floor.
    let tie = [with_floor(1, rule("d", 5_000, "g", 0))];
    assert_eq!(off(&tie, &[line("a", 1), line("b", 3)]), [0, 2]);
    // 10 fen are left of the first, and its share of 11 is 10.38: the one that is over passes it by.
    let full = [with_floor(190, rule("d", 1_000, "g", 0))];
    let lines = [line("a", 200), pieces("b", 0, 3), pieces("c", 0, 3)];
    assert_eq!(off(&full, &lines), [10, 1, 0]);
    // A rule takes no more than the groups before have left above its floor.
    let stack = [
        rule("d", 6_000, "a", 0),
        with_floor(20, rule("e", 6_000, "b", 1)),
    ];
    assert_eq!(off(&stack, &[line("a", 100)]), [80]);
}

#[test]
fn like_lines_have_their_floor_together() {
    // 11.00 for two pieces of 5.00: 1.00 is left, and the line that costs 1.00 already gives none of it.
    let half = [with_floor(500, rule("d", 5_000, "g", 0))];
    assert_eq!(
        off(&half, &[pieces("a", 1, 100), pieces("a", 1, 1_000)]),
        [0, 100]
    );
    assert_eq!(off(&half, &[pieces("a", 2, 1_100)]), [100]);
}

#[test]
fn a_maximum_is_shared_like_any_sum() {
    let capped = [at_most(10, rule("d", 5_000, "g", 0))];
    assert_eq!(
        off(&capped, &[line("a", 100), line("b", 100), line("c", 100)]),
        [4, 3, 3]
    );
    // Of a group, what counts is what is taken in the end.
    let group = [
        at_most(10, rule("d", 5_000, "g", 0)),
        rule("e", 1_000, "g", 0),
    ];
    assert_eq!(off(&group, &[line("a", 200)]), [20]);
}

#[test]
fn the_largest_basket_is_answered() {
    let line = |minor| Line {
        quantity: Quantity::MAX,
        ..line("a", minor)
    };
    let rules = [
        at_most(Money::MAX.minor(), rule("d", 9_999, "g", 0)),
        with_floor(Money::MAX.minor(), remaining(rule("e", 10_000, "h", 0))),
    ];
    assert_eq!(off(&rules, &[line(Money::MAX.minor())]), [999_900_000_000]);
}

/// Any rule.
fn any_rule(number: usize) -> impl Strategy<Value = DiscountRule> {
    let amounts = (1_i64..=10_000, prop::option::of(1_i64..400), 0_i64..60);
    let place = (
        0_i64..3,
        0_usize..3,
        any::<bool>(),
        any::<bool>(),
        0_usize..3,
    );
    (amounts, place).prop_map(move |((percent, most, floor), place)| {
        let (priority, group, is_alone, is_remaining, excluded) = place;
        let mut made = rule(
            &format!("r{number}"),
            percent,
            ["a", "b", "c"][group],
            priority,
        );
        made.max_amount = most.map(Money::from_minor);
        // Most rules have no floor.
        made.floor_price = Money::from_minor(if floor < 40 { 0 } else { floor });
        made.exclusive = is_alone && number == 0;
        made.base = if is_remaining {
            DiscountBase::Remaining
        } else {
            DiscountBase::Original
        };
        if excluded < 2 {
            made.exclude.departments.push(["x", "y"][excluded].into());
        }
        made
    })
}

fn any_rules() -> impl Strategy<Value = Vec<DiscountRule>> {
    (1_usize..5).prop_flat_map(|count| (0..count).map(any_rule).collect::<Vec<_>>())
}

fn any_lines() -> impl Strategy<Value = Vec<Line>> {
    let numbers = (0_usize..5, 0_i64..300, 0_i64..4_000);
    let line = numbers.prop_map(|(product, minor, thousandths)| Line {
        quantity: Quantity::of_thousandths(thousandths).unwrap(),
        ..in_department(
            ["x", "y", "z"][product % 3],
            line(&product.to_string(), minor),
        )
    });
    prop::collection::vec(line, 1..8)
}

/// The sums of like lines: what they cost, how much of it, what is taken off.
fn of_product(lines: &[Line], discounted: &Discounted, product: &str) -> (i64, i64, i64) {
    let lines = lines
        .iter()
        .zip(&discounted.lines)
        .filter(|(line, _)| line.product == product);
    lines.fold((0, 0, 0), |(price, quantity, off), (line, discounted)| {
        let (more, taken) = (line.quantity.thousandths(), discounted.discount.minor());
        (price + line.paid.minor(), quantity + more, off + taken)
    })
}

proptest! {
    #[test]
    fn sums_are_exact_and_no_line_falls_below_its_floor(rules in any_rules(), lines in any_lines()) {
        let discounted = discounted(&rules, &lines);
        let mut total = 0;
        for (line, after) in lines.iter().zip(&discounted.lines) {
            prop_assert!(0 <= after.paid.minor() && 0 <= after.discount.minor());
            prop_assert_eq!(line.paid.minor(), after.paid.minor() + after.discount.minor());
            let by: i64 = after.by.iter().map(|(_, minor)| minor.minor()).sum();
            prop_assert_eq!(by, after.discount.minor());
            total += by;
        }
        prop_assert_eq!(total, discounted.total.minor());
        prop_assert_eq!(discounted.verdicts.len(), rules.len());

        let mut taken = 0;
        for verdict in &discounted.verdicts {
            let rule = rules.iter().find(|rule| rule.id == verdict.rule).unwrap();
            let Reason::Taken(amount) = verdict.reason else { continue };
            taken += amount.minor();
            prop_assert!(rule.max_amount.is_none_or(|most| amount <= most));
        }
        prop_assert_eq!(taken, total);

        // The last rule that took from a line left its floor above it.
        for line in &lines {
            let (price, quantity, off) = of_product(&lines, &discounted, &line.product);
            let alike = lines.iter().zip(&discounted.lines).filter(|(other, _)| other.product == line.product);
            for (id, _) in alike.filter_map(|(_, after)| after.by.last()) {
                let rule = rules.iter().find(|rule| rule.id == *id).unwrap();
                let is_last = discounted.lines.iter().zip(&lines).all(|(after, other)| {
                    other.product != line.product || after.by.last().is_none_or(|last| last.0 == *id)
                });
                if is_last {
                    prop_assert!(rule.floor_price.minor() * quantity <= (price - off) * 1_000);
                }
            }
        }
    }

    #[test]
    fn splitting_a_line_changes_nothing_for_the_others(
        rules in any_rules(),
        lines in any_lines(),
        cut in 0_i64..300,
        weight in 0_i64..4_000,
    ) {
        let (cut, weight) =
            (cut.min(lines[0].paid.minor()), weight.min(lines[0].quantity.thousandths()));
        let mut split = lines.clone();
        let mut rest = lines[0].clone();
        split[0].paid = Money::from_minor(cut);
        split[0].quantity = Quantity::of_thousandths(weight).unwrap();
        rest.paid = Money::from_minor(rest.paid.minor() - cut);
        rest.quantity = Quantity::of_thousandths(rest.quantity.thousandths() - weight).unwrap();
        split.push(rest);

        let (one, two) = (discounted(&rules, &lines), discounted(&rules, &split));
        prop_assert_eq!(one.total, two.total);
        prop_assert_eq!(&one.verdicts, &two.verdicts);
        for (line, (before, after)) in lines.iter().zip(one.lines.iter().zip(&two.lines)) {
            if line.product != lines[0].product {
                prop_assert_eq!(before, after);
            }
        }
        let product = &lines[0].product;
        prop_assert_eq!(of_product(&lines, &one, product), of_product(&split, &two, product));
    }

    #[test]
    fn the_order_of_the_rules_does_not_matter(
        (rules, shuffled) in any_rules().prop_flat_map(|rules| {
            (Just(rules.clone()), Just(rules).prop_shuffle())
        }),
        lines in any_lines(),
    ) {
        prop_assert_eq!(discounted(&rules, &lines), discounted(&shuffled, &lines));
    }

    #[test]
    fn all_off_is_exactly_nothing_left(lines in any_lines(), base in any::<bool>()) {
        let all = rule("all", 10_000, "g", 0);
        let all = if base { remaining(all) } else { all };
        let left = discounted(&[all], &lines);
        prop_assert!(left.lines.iter().all(|line| line.paid == Money::ZERO));
    }
}
