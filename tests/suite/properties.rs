//! What must hold for every programme, basket and history, on the real engine (semantics §2, §3, §5).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use jifen::domain::basket::{Line, Quantity};
use jifen::domain::ids::{AccountId, LotId, SaleId};
use jifen::domain::money::{Exact, Money};
use jifen::domain::points::Points;
use jifen::domain::programme::Tier;
use jifen::domain::time::Moment;
use jifen::engine::closing::closing;
use jifen::engine::receipt::{Answer, Receipt};
use jifen::ledger::entry::Movement;
use jifen::ledger::lot::total;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::store::memory::MemoryStore;
use jifen::store::{Store, Table};
use jifen_tests::bench::{account, keys};
use proptest::prelude::*;

use crate::histories::{
    Act, Shop, Terms, act, ann, arranged, basket, part, permille, pieces, refund_lines, seeded,
    terms,
};

/// A lot by its id, or by its dates when a refund has made it within the days of grace: how many of those there are
/// depends on how the refund was split.
type LotName = (Option<LotId>, Moment, Moment, Option<Moment>);

/// An account as far as it must not depend on the order of things.
#[derive(Debug, PartialEq, Eq)]
struct State {
    balance: Points,
    debt: Points,
    carries: Vec<(String, Exact)>,
    spend: Money,
    metric: Money,
    tier: Tier,
    tiers: Vec<(Moment, Tier)>,
    flagged: bool,
    /// Points of each lot that ever was: given, remaining, held and lapsed.
    lots: BTreeMap<LotName, (i64, i64, i64, i64)>,
}

/// The account as it stands, with every lot it ever had.
fn state(shop: &Shop) -> State {
    let statement = shop.statement(ann());
    let engine = &shop.bench.engine;
    let versions = engine.versions();
    let (desk, entries, stored) = engine
        .read(|view| {
            let (_, desk) = view.desk(ann(), shop.now, &versions)?;
            let entries = view.entries(ann(), &view.account(ann())?.account)?;
            let mut stored = Vec::new();
            for id in entries.iter().flat_map(|entry| granted(&entry.movement)) {
                stored.push((
                    id,
                    view.lot(ann(), id.0)?
                        .expect("a lot that was granted has a row"),
                ));
            }
            Ok((desk, entries, stored))
        })
        .unwrap();
    assert!(!entries.is_empty());
    let mut lots: BTreeMap<LotName, (i64, i64, i64, i64)> = BTreeMap::new();
    for ((id, is_of_grace), row) in stored {
        let lot = desk.account.lot(id).copied().unwrap_or(row);
        let grant = lot.grant;
        let name = (
            (!is_of_grace).then_some(id),
            grant.earned_at,
            grant.available_at,
            grant.expires_at,
        );
        let sum = lots.entry(name).or_default();
        sum.0 += grant.points.count();
        sum.1 += lot.remaining.count();
        sum.2 += lot.held.count();
        sum.3 += lot.lapsed.count();
    }
    State {
        balance: statement.balance,
        debt: statement.debt,
        carries: statement.carries,
        spend: statement.qualifying_spend,
        metric: statement.metric,
        tier: statement.tier,
        tiers: statement.tiers,
        flagged: desk.account.tier_flagged,
        lots,
    }
}

/// The lots that a movement grants, and whether they are lots of grace.
fn granted(movement: &Movement) -> Vec<(LotId, bool)> {
    match movement {
        Movement::Earn { lot, .. } => lot.iter().map(|lot| (lot.id, false)).collect(),
        Movement::Adjust { credit, .. } => credit.iter().map(|lot| (lot.id, false)).collect(),
        Movement::Return { parts, .. } => parts
            .iter()
            .filter_map(|part| part.into)
            .map(|lot| (lot.id, true))
            .collect(),
        _ => Vec::new(),
    }
}

/// What a series of refunds hands over in all.
#[derive(Debug, Default, PartialEq, Eq)]
struct Handed {
    money: i64,
    points: i64,
    clawback: i64,
    loss: i64,
}

fn refund_all(shop: &mut Shop, sale: SaleId, commands: &[Vec<RefundLine>]) -> Handed {
    let mut handed = Handed::default();
    for lines in commands {
        let refunded = shop.refund(ann(), sale, lines).unwrap();
        handed.money += refunded.money.minor();
        handed.points += refunded.points_back.count();
        handed.clawback += refunded.clawback.count();
        handed.loss += refunded.loss.count();
    }
    handed
}

/// One sale with what came before it and what happened between it and its refunds.
#[derive(Clone, Debug)]
struct Case {
    terms: Terms,
    before: Vec<Act>,
    basket: Vec<Line>,
    points: Option<i64>,
    between: Vec<Act>,
    refunds: Vec<RefundLine>,
}

fn case() -> impl Strategy<Value = Case> {
    let between = prop_oneof![
        2 => permille().prop_map(|permille| Act::Redeem { permille }),
        2 => permille().prop_map(|permille| Act::Hold { permille }),
        1 => (-60_i64..120).prop_map(|points| Act::Adjust { points }),
        2 => (1_u32..60 * 24 * 40).prop_map(|minutes| Act::Wait { minutes }),
        1 => (basket(), Just(None), Just(0)).prop_map(|(basket, points, days)| Act::Sale { basket, points, days }),
    ];
    let points = prop_oneof![1 => Just(None), 2 => permille().prop_map(Some)];
    (
        terms(),
        proptest::collection::vec(act(), 0..8),
        basket(),
        points,
        proptest::collection::vec(between, 0..4),
        pieces(),
    )
        .prop_map(|(terms, before, basket, points, between, (some, rests))| {
            let refunds = refund_lines(&basket, &some, &rests);
            Case {
                terms,
                before,
                basket,
                points,
                between,
                refunds,
            }
        })
}

/// The shop after the sale, or nothing when the sale was refused.
fn sold(case: &Case) -> Option<(Shop, SaleId)> {
    let mut shop = Shop::new(&case.terms);
    for act in &case.before {
        let _ = shop.act(ann(), act);
    }
    let now = shop.now;
    let answer = shop.sell(ann(), &case.basket, case.points, now).ok()?;
    let Receipt::Sold(sold) = answer.receipt else {
        panic!("not a sale")
    };
    for act in &case.between {
        let _ = shop.act(ann(), act);
    }
    Some((shop, sold.sale))
}

proptest! {
    #![proptest_config(seeded(2_500, 22))]

    /// Semantics 22, first bullet, with nothing booked as loss (24).
    #[test]
    fn any_order_and_split_of_the_refunds_of_one_sale_ends_in_the_same_state(
        case in case(),
        order in proptest::collection::vec(any::<u16>(), 13),
        other in proptest::collection::vec(any::<u16>(), 13),
    ) {
        let Some((mut whole, sale)) = sold(&case) else { return Ok(()) };
        if case.refunds.is_empty() { return Ok(()) }
        let handed = refund_all(&mut whole, sale, std::slice::from_ref(&case.refunds));
        for order in [order, other] {
            let (mut split, sale) = sold(&case).expect("the same shop");
            let commands = arranged(&case.refunds, &order);
            let in_pieces = refund_all(&mut split, sale, &commands);
            if 0 < handed.loss + in_pieces.loss { continue }
            prop_assert_eq!(&handed, &in_pieces, "{:?}", &commands);
            prop_assert_eq!(state(&whole), state(&split), "{:?}", &commands);
        }
        whole.bench.assert_verified("the refund");
    }

    /// Semantics 22: as if the sale had never been, time aside: what has expired since would have expired without it.
    #[test]
    fn refunding_everything_restores_the_state_before_the_sale(
        mut case in case(),
        order in proptest::collection::vec(any::<u16>(), 13),
        minutes in prop_oneof![Just(0_u32), 1_u32..60 * 24 * 70],
    ) {
        let refunds = {
            let some: Vec<RefundLine> = case.refunds.iter().filter(|line| line.of != RefundOf::Rest).copied().collect();
            let kept = refund_rest(&case.basket, &some);
            some.into_iter().chain(kept).collect::<Vec<_>>()
        };
        case.between.clear();
        if 0 < minutes {
            // Points that come back within the days of grace live longer than they would have.
            case.terms.expired_grace_days = 0;
        }
        let mut before = Shop::new(&case.terms);
        for act in &case.before {
            let _ = before.act(ann(), act);
        }
        let Some((mut shop, sale)) = sold(&case) else { return Ok(()) };
        // Points that return from a hold pay whatever debt there is then: which lots that leaves is another story.
        if 0 < minutes && 0 < before.statement(ann()).held.count() { return Ok(()) }
        before.wait(minutes);
        shop.wait(minutes);
        let handed = refund_all(&mut shop, sale, &arranged(&refunds, &order));
        if 0 < handed.loss { return Ok(()) }

        let (was, is) = (state(&before), state(&shop));
        prop_assert_eq!((was.balance, was.debt), (is.balance, is.debt));
        prop_assert_eq!((&was.carries, was.spend, was.metric), (&is.carries, is.spend, is.metric));
        if case.terms.on_refund == "downgrade" {
            prop_assert_eq!(was.tier, is.tier);
        }
        // The sale's own lot is left behind, empty.
        let mut lots = is.lots;
        let own = lots.iter().find(|(name, _)| name.0 == Some(LotId::of_sale(sale))).map(|(name, lot)| (*name, *lot));
        if let Some((name, (_, remaining, held, lapsed))) = own {
            prop_assert_eq!((remaining, held, lapsed), (0, 0, 0));
            lots.remove(&name);
        }
        prop_assert_eq!(was.lots, lots);
    }
}

/// A `Rest` for every line that these refunds leave something of.
fn refund_rest(lines: &[Line], refunds: &[RefundLine]) -> Vec<RefundLine> {
    (1_u32..)
        .zip(lines)
        .filter(|(number, line)| {
            let (mut quantity, mut amount) = (0_i128, 0_i128);
            for refund in refunds.iter().filter(|refund| refund.line == *number) {
                match refund.of {
                    RefundOf::Quantity(some) => quantity += i128::from(some.thousandths()),
                    RefundOf::Amount(some) => amount += i128::from(some.minor()),
                    RefundOf::Rest => {}
                }
            }
            let (whole, paid) = (
                i128::from(line.quantity.thousandths()),
                i128::from(line.paid.minor()),
            );
            match (0 < whole, 0 < paid) {
                (true, true) => quantity * paid + amount * whole < whole * paid,
                (true, false) => quantity < whole,
                (false, true) => amount < paid,
                (false, false) => true,
            }
        })
        .map(|(line, _)| RefundLine {
            line,
            of: RefundOf::Rest,
        })
        .collect()
}

/// What may come between the refunds, in any order.
#[derive(Clone, Debug)]
enum Loose {
    Refund(usize, RefundLine),
    Sale(Vec<Line>, u32),
    Other(Act),
}

#[derive(Clone, Debug)]
struct Mixed {
    terms: Terms,
    sales: Vec<(Vec<Line>, Option<i64>, u32)>,
    loose: Vec<Loose>,
}

fn mixed() -> impl Strategy<Value = Mixed> {
    let other = prop_oneof![
        2 => permille().prop_map(|permille| Act::Redeem { permille }),
        2 => permille().prop_map(|permille| Act::Hold { permille }),
        1 => (0_usize..9, permille()).prop_map(|(hold, permille)| Act::Capture { hold, permille }),
        1 => (0_usize..9).prop_map(|hold| Act::Release { hold }),
        1 => (-60_i64..120).prop_map(|points| Act::Adjust { points }),
        2 => (1_u32..60 * 24 * 40).prop_map(|minutes| Act::Wait { minutes }),
        1 => Just(Act::Sweep),
    ];
    let days = 0_u32..4;
    let sale = (
        basket(),
        proptest::option::weighted(0.5, permille()),
        days.clone(),
        pieces(),
    );
    let loose_sale = (basket(), days).prop_map(|(basket, days)| Loose::Sale(basket, days));
    (
        terms(),
        proptest::collection::vec(sale, 1..4),
        proptest::collection::vec(loose_sale, 0..4),
        proptest::collection::vec(other.prop_map(Loose::Other), 0..6),
    )
        .prop_map(|(mut terms, sales, more, others)| {
            // All sales earn at the same tier, though the tier itself moves.
            terms.senior = terms.ordinary;
            terms.on_refund = "downgrade";
            let mut loose: Vec<Loose> = more.into_iter().chain(others).collect();
            for (number, (lines, _, _, (some, rests))) in sales.iter().enumerate() {
                let refunds = refund_lines(lines, some, rests);
                loose.extend(
                    refunds
                        .into_iter()
                        .map(|refund| Loose::Refund(number, refund)),
                );
            }
            let sales = sales
                .into_iter()
                .map(|(lines, points, days, _)| (lines, points, days))
                .collect();
            Mixed {
                terms,
                sales,
                loose,
            }
        })
}

/// What the second bullet of semantics 22 promises whatever the order.
#[derive(Debug, PartialEq, Eq)]
struct Promised {
    money: i64,
    points_back: i64,
    earned_less_clawed_back: i64,
    carries: Vec<(String, Exact)>,
    spend: Money,
    metric: Money,
    tier: Tier,
}

fn played(mixed: &Mixed, order: &[u16]) -> Promised {
    let mut shop = Shop::new(&mixed.terms);
    shop.wait(60 * 24 * 5);
    let opened = shop.now;
    let sold_at = |days: u32| opened.plus_millis(-i64::from(days) * 86_400_000);
    let mut ids = Vec::new();
    for (lines, points, days) in &mixed.sales {
        let answer = shop.sell(ann(), lines, *points, sold_at(*days)).unwrap();
        let Receipt::Sold(sold) = answer.receipt else {
            panic!("not a sale")
        };
        ids.push(sold.sale);
    }

    let mut keyed: Vec<(u16, &Loose)> = mixed
        .loose
        .iter()
        .enumerate()
        .map(|(place, loose)| (order[place % order.len()].rotate_left(place as u32), loose))
        .collect();
    keyed.sort_by_key(|(key, _)| *key);
    let mut sequence: Vec<&Loose> = keyed.into_iter().map(|(_, loose)| loose).collect();
    let line_of = |loose: &Loose| match loose {
        Loose::Refund(sale, refund) => Some((*sale, refund.line)),
        Loose::Sale(..) | Loose::Other(_) => None,
    };
    let lines: BTreeSet<_> = sequence.iter().filter_map(|loose| line_of(loose)).collect();
    for line in lines {
        let places: Vec<usize> = (0..sequence.len())
            .filter(|place| line_of(sequence[*place]) == Some(line))
            .collect();
        let mut of_line: Vec<&Loose> = places.iter().map(|place| sequence[*place]).collect();
        of_line.sort_by_key(
            |loose| matches!(loose, Loose::Refund(_, refund) if refund.of == RefundOf::Rest),
        );
        for (place, loose) in places.into_iter().zip(of_line) {
            sequence[place] = loose;
        }
    }

    let (mut money, mut points_back) = (0, 0);
    for loose in sequence {
        match loose {
            Loose::Refund(sale, refund) => {
                let refunded = shop.refund(ann(), ids[*sale], &[*refund]).unwrap();
                money += refunded.money.minor();
                points_back += refunded.points_back.count();
            }
            Loose::Sale(lines, days) => {
                shop.sell(ann(), lines, None, sold_at(*days)).unwrap();
            }
            Loose::Other(act) => {
                let _ = shop.act(ann(), act);
            }
        }
    }
    shop.bench.assert_verified("the history");
    let statement = shop.statement(ann());
    let totals = statement.totals;
    Promised {
        money,
        points_back,
        earned_less_clawed_back: totals.earned.count() - totals.clawed_back.count(),
        carries: statement.carries,
        spend: statement.qualifying_spend,
        metric: statement.metric,
        tier: statement.tier,
    }
}

proptest! {
    #![proptest_config(seeded(1_200, 5))]

    /// Semantics 22, second bullet.
    #[test]
    fn whatever_comes_between_refunds_earn_and_give_back_the_same_in_every_order(
        mixed in mixed(),
        order in proptest::collection::vec(any::<u16>(), 17),
        other in proptest::collection::vec(any::<u16>(), 17),
    ) {
        prop_assert_eq!(played(&mixed, &order), played(&mixed, &other));
    }
}

/// What of a sale counts for a rule, in 10^-6 fen, worked out from its base alone (semantics §2).
fn naive_counted(rule: &crate::histories::Rule, multiplier: i64, base: i64) -> i128 {
    let per = i128::from(rule.per) * 1_000_000;
    let weighted = i128::from(base) * i128::from(multiplier) * 100;
    let whole = if rule.carry {
        weighted
    } else {
        weighted / per * per
    };
    rule.cap_per_sale
        .map_or(whole, |units| whole.min(i128::from(units) * per))
}

proptest! {
    #![proptest_config(seeded(800, 50))]

    /// Rule 5, with caps by day and by sale: points are `floor(Σ counted ÷ per) × points` after every command.
    #[test]
    fn points_are_the_floor_of_all_that_counts_whatever_the_order(
        mut terms in terms(),
        baskets in proptest::collection::vec((basket(), 0_u32..3), 1..6),
        refunds in proptest::collection::vec((0_usize..6, 0_usize..5), 0..8),
        order in any::<u64>(),
    ) {
        terms.senior = terms.ordinary;
        let mut shop = Shop::new(&terms);
        shop.wait(60 * 24 * 5);
        let opened = shop.now;
        let mut acts: Vec<Result<usize, (usize, usize)>> = (0..baskets.len()).map(Ok).collect();
        for (place, refund) in refunds.into_iter().enumerate() {
            let at = usize::try_from(order.rotate_left(u32::try_from(place * 7).unwrap()) % 16).unwrap() % (acts.len() + 1);
            acts.insert(at, Err(refund));
        }
        // Sale number → its id and, line by line, whether it is still kept.
        let mut kept: BTreeMap<usize, (SaleId, Vec<bool>)> = BTreeMap::new();
        for act in acts {
            match act {
                Ok(number) => {
                    let (basket, days) = &baskets[number];
                    let sold_at = opened.plus_millis(-i64::from(*days) * 86_400_000);
                    let answer = shop.sell(ann(), basket, None, sold_at).unwrap();
                    let Receipt::Sold(sold) = answer.receipt else { panic!("not a sale") };
                    kept.insert(number, (sold.sale, vec![true; basket.len()]));
                }
                Err((number, line)) => {
                    let Some((sale, lines)) = kept.get_mut(&number) else { continue };
                    let line = line % lines.len();
                    if lines[line] {
                        lines[line] = false;
                        let rest = RefundLine { line: crate::histories::number(line), of: RefundOf::Rest };
                        shop.refund(ann(), *sale, &[rest]).unwrap();
                    }
                }
            }
            let mut points = 0;
            for (rule, (_, carry)) in terms.earn.iter().zip(shop.statement(ann()).carries) {
                let per = i128::from(rule.per) * 1_000_000;
                let mut days: BTreeMap<u32, i128> = BTreeMap::new();
                for (number, (_, lines)) in &kept {
                    let (basket, day) = &baskets[*number];
                    let base = basket.iter().zip(lines)
                        .filter(|(line, kept)| **kept && line.kind == jifen::domain::basket::LineKind::Goods && line.department != rule.excluded)
                        .map(|(line, _)| line.paid.minor())
                        .sum();
                    *days.entry(*day).or_default() += naive_counted(rule, terms.ordinary, base);
                }
                let all: i128 = days.values().map(|sum| rule.cap_per_day.map_or(*sum, |units| (*sum).min(i128::from(units) * per))).sum();
                points += i64::try_from(all / per).unwrap() * rule.points;
                prop_assert_eq!(carry.display(2), exact(all % per), "{:?}", rule);
            }
            let totals = shop.statement(ann()).totals;
            prop_assert_eq!(totals.earned.count() - totals.clawed_back.count(), points);
        }
    }
}

/// An amount of 10^-6 fen as the engine prints it: at least two decimals, no zeros after them.
pub(crate) fn exact(amount: i128) -> String {
    let text = format!("{}.{:08}", amount / 100_000_000, amount % 100_000_000);
    let (whole, decimals) = text.split_once('.').unwrap();
    let decimals = decimals.trim_end_matches('0');
    format!("{whole}.{decimals:0<2}")
}

/// The tables whose rows belong to a member.
const OF_MEMBERS: [&str; 6] = ["accounts", "lots", "entries", "sales", "holds", "days"];

type Rows = BTreeMap<(&'static str, Vec<u8>), Vec<u8>>;

/// Every row of every member, as it lies in the store.
fn rows(store: &dyn Store) -> Rows {
    let tx = store.read().unwrap();
    let mut rows = Rows::new();
    for name in OF_MEMBERS {
        tx.scan(Table::new(name), &[], None, &mut |key, value| {
            rows.insert((name, key.to_vec()), value.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    }
    rows
}

/// Points in and out of an account by its entries: what an auditor with a pencil adds up.
fn added(movement: &Movement) -> i64 {
    let of = |parts: &[jifen::ledger::lot::Part]| total(parts).unwrap().count();
    match movement {
        Movement::Open { .. }
        | Movement::Assess(_)
        | Movement::Sanction { .. }
        | Movement::Forward(_) => 0,
        Movement::Earn { lot, .. } => lot.map_or(0, |lot| lot.points.count()),
        Movement::Grant { lot, .. } => lot.points.count(),
        Movement::Return { parts, .. } => parts
            .iter()
            .map(|returned| returned.part.points.count())
            .sum(),
        Movement::Redeem { parts, .. }
        | Movement::Repay { parts }
        | Movement::Clawback { parts, .. } => -of(parts),
        Movement::Adjust { credit, parts, .. } => {
            credit.map_or(0, |lot| lot.points.count()) - of(parts)
        }
        Movement::Expire { points, .. } => -points.count(),
        Movement::Merge(_)
        | Movement::MergeAway(_)
        | Movement::Unmerge(_)
        | Movement::MergeBack(_) => panic!("nobody merges here"),
    }
}

const MEMBERS: [&str; 3] = ["ann", "bob", "cid"];

proptest! {
    #![proptest_config(seeded(500, 500))]

    /// After every command of a random history: balances, debts, the journal, liability and `verify`.
    #[test]
    fn everything_adds_up_after_every_command(
        terms in terms(),
        acts in proptest::collection::vec((0_usize..3, act()), 1..25),
    ) {
        let store = Arc::new(MemoryStore::new(Some(closing(keys()))));
        let mut shop = Shop::over(store, &terms.text(), &MEMBERS);
        for (who, act) in acts {
            let _ = shop.act(account(MEMBERS[who]), &act);
            let (mut outstanding, mut receivable) = (0, 0);
            for name in MEMBERS {
                let now = shop.statement(account(name));
                prop_assert!(now.debt == Points::ZERO || now.balance == now.held, "{:?} after {:?}", now, act);
                let entries = shop.bench.engine.entries(account(name)).unwrap();
                let booked: i64 = entries.iter().map(|entry| added(&entry.movement)).sum();
                prop_assert_eq!(booked, entries[0].balance.count(), "{} after {:?}", name, act);
                outstanding += entries[0].balance.count();
                receivable += entries[0].debt.count();
            }
            let liability = shop.bench.engine.liability().unwrap();
            prop_assert_eq!(liability.accounts.values().sum::<i64>(), 0);
            prop_assert_eq!((liability.outstanding, liability.receivable), (outstanding, receivable));
            shop.bench.assert_verified(&format!("{act:?}"));
        }
        // After the sweep, what is booked is what the members see.
        shop.bench.engine.sweep().unwrap();
        let seen: i64 = MEMBERS.iter().map(|name| shop.statement(account(name)).balance.count()).sum();
        prop_assert_eq!(shop.bench.engine.liability().unwrap().outstanding, seen);
        shop.bench.assert_verified("the sweep");
    }

    /// Rows as they lie in the store: a command changes those of its own account alone, and no entry is ever edited.
    #[test]
    fn no_command_touches_the_rows_of_another_account(
        terms in terms(),
        acts in proptest::collection::vec((0_usize..3, act()), 1..25),
    ) {
        let store = Arc::new(MemoryStore::new(Some(closing(keys()))));
        let mut shop = Shop::over(store.clone(), &terms.text(), &MEMBERS);
        let owner_of_entry = |shop: &Shop, key: &[u8]| {
            MEMBERS.into_iter().find(|name| {
                let entries = shop.bench.engine.entries(account(name)).unwrap();
                entries.iter().any(|entry| entry.id.as_bytes() == key)
            })
        };
        let mut owners: BTreeMap<(&str, Vec<u8>), AccountId> = BTreeMap::new();
        for ((table, key), _) in rows(&*store) {
            let owner = match table {
                "accounts" => AccountId::from_bytes(key.clone().try_into().unwrap()),
                "entries" => account(owner_of_entry(&shop, &key).expect("whose")),
                _ => panic!("a row of {table} at the opening"),
            };
            owners.insert((table, key), owner);
        }
        for (who, act) in acts {
            // A sweep is no command of a member.
            if matches!(act, Act::Sweep) { continue }
            let who = account(MEMBERS[who]);
            let before = rows(&*store);
            let _ = shop.act(who, &act);
            let after = rows(&*store);
            for (place, value) in &after {
                let was = before.get(place);
                if was == Some(value) { continue }
                let owner = *owners.entry(place.clone()).or_insert(who);
                prop_assert_eq!(owner.as_bytes(), who.as_bytes(), "{} was written by {:?}", place.0, act);
                prop_assert!(was.is_none() || place.0 != "entries", "an entry was edited by {:?}", act);
            }
            for place in before.keys() {
                prop_assert!(after.contains_key(place), "a row of {} is gone after {:?}", place.0, act);
            }
        }
    }
}

/// A basket and the same with one line in two.
fn split_basket() -> impl Strategy<Value = (Vec<Line>, Vec<Line>, usize)> {
    (
        basket(),
        any::<prop::sample::Index>(),
        permille(),
        permille(),
        any::<bool>(),
    )
        .prop_map(|(basket, which, of_paid, of_quantity, at_end)| {
            let place = which.index(basket.len());
            let line = &basket[place];
            let paid = part(line.paid.minor(), of_paid).min(line.paid.minor());
            let quantity =
                part(line.quantity.thousandths(), of_quantity).min(line.quantity.thousandths());
            let first = Line {
                paid: Money::from_minor(paid),
                quantity: Quantity::of_thousandths(quantity).unwrap(),
                ..line.clone()
            };
            let second = Line {
                paid: Money::from_minor(line.paid.minor() - paid),
                quantity: Quantity::of_thousandths(line.quantity.thousandths() - quantity).unwrap(),
                ..line.clone()
            };
            let mut split = basket.clone();
            split[place] = first;
            let second_place = if at_end { split.len() } else { place + 1 };
            split.insert(second_place, second);
            (basket, split, place)
        })
}

/// Sums over like lines, which count as one: those that are in two in one basket only.
fn by_label<T: Copy + Default + std::ops::AddAssign>(
    lines: &[Line],
    figures: impl IntoIterator<Item = T>,
) -> BTreeMap<String, T> {
    let mut sums: BTreeMap<String, T> = BTreeMap::new();
    for (line, figure) in lines.iter().zip(figures) {
        let label = format!("{} {} {:?}", line.product, line.department, line.kind);
        *sums.entry(label).or_default() += figure;
    }
    sums
}

/// Rules that stack, with a floor, a most, and one that stands alone.
const DISCOUNTS: &str = r#"
[[discount]]
id = "all-3"
tiers = ["ordinary", "senior"]
percent = "3.33"
group = "tier"
priority = 10
base = "BASE"
[[discount]]
id = "season"
tiers = ["ordinary", "senior"]
percent = "12.5"
group = "season"
priority = 20
base = "remaining"
max_amount = "MOST"
exclude_departments = ["D"]
[[discount]]
id = "alone"
tiers = ["ordinary", "senior"]
percent = "11"
group = "alone"
exclusive = true
"#;

proptest! {
    #![proptest_config(seeded(1_500, 4))]

    /// Semantics 4 and 20.
    #[test]
    fn splitting_a_line_of_a_sale_changes_nothing(
        terms in terms(),
        first in basket(),
        (whole, split, _) in split_basket(),
        permille in permille(),
    ) {
        let mut answers = Vec::new();
        for lines in [&whole, &split] {
            let mut shop = Shop::new(&terms);
            let now = shop.now;
            shop.sell(ann(), &first, None, now).unwrap();
            shop.wait(60 * 24 * 3);
            let now = shop.now;
            let Receipt::Sold(sold) = shop.sell(ann(), lines, Some(permille), now).unwrap().receipt else {
                panic!("not a sale")
            };
            let sale = shop.bench.engine.read(|view| view.sale(ann(), sold.sale)).unwrap();
            let shares = by_label(lines, sale.lines.iter().map(|line| line.points_share.minor()));
            let points = by_label(lines, sale.lines.iter().map(|line| line.points.count()));
            let spent: i64 = sale.lines.iter().map(|line| line.points.count()).sum();
            prop_assert_eq!(spent, sold.used.count());
            answers.push((sold.money, sold.used, sold.worth, sold.earned, sold.balance, shares, points, state(&shop).spend));
        }
        prop_assert_eq!(&answers[0], &answers[1]);
    }

    /// The same of a quote, with discounts.
    #[test]
    fn splitting_a_line_of_a_quote_changes_nothing(
        terms in terms(),
        first in basket(),
        (whole, split, _) in split_basket(),
        original in any::<bool>(),
        most in 1_i64..900,
        is_alone in any::<bool>(),
    ) {
        let base = if original { "original" } else { "remaining" };
        let rules = DISCOUNTS.replace("BASE", base).replace("MOST", &Money::from_minor(most).display(2));
        let rules = if is_alone { rules } else { rules.replace("exclusive = true", "exclusive = false") };
        let mut shop = Shop::with_programme(&(terms.text() + &rules));
        let now = shop.now;
        shop.sell(ann(), &first, None, now).unwrap();
        shop.wait(60 * 24 * 3);
        let mut answers = Vec::new();
        for lines in [&whole, &split] {
            let quote = shop.bench.engine.quote(ann(), lines).unwrap();
            let paid = by_label(lines, quote.discounts.lines.iter().map(|line| line.paid.minor()));
            answers.push((quote.total, quote.earns, quote.most_points, quote.worth, quote.discounts.verdicts, paid));
        }
        prop_assert_eq!(&answers[0], &answers[1]);
    }
}

/// Semantics 11.
#[test]
fn a_sale_of_nothing_is_accepted_and_earns_nothing() {
    let mut shop = Shop::with_programme(jifen_tests::bench::DEMO);
    let now = shop.now;
    let answer: Answer = shop
        .sell(ann(), &[jifen_tests::story::line("P:0.00")], None, now)
        .unwrap();
    let Receipt::Sold(sold) = answer.receipt else {
        panic!("not a sale")
    };
    assert_eq!((sold.money, sold.earned), (Money::ZERO, Points::ZERO));
}
