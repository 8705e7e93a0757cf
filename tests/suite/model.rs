//! A second, simpler opinion of one account: everything is worked out anew after each command, as fractions, from the list
//! of sales and refunds alone. It is written from semantics §2, §4 (20), §5 (23) and §6, and shares no arithmetic with the
//! engine. And the stores: the same commands give the same answers on each of them.

use std::sync::Arc;

use jifen::domain::basket::{Line, LineKind};
use jifen::domain::ids::SaleId;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::MILLIS_A_DAY;
use jifen::engine::closing::closing;
use jifen::engine::receipt::Receipt;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::store::memory::MemoryStore;
use jifen::store::redb::RedbStore;
use jifen_tests::bench::{account, keys};
use proptest::prelude::*;

use crate::histories::{Act, Shop, Terms, act, ann, of_pieces, seeded, terms};
use crate::properties::exact;

/// A fraction from 0 to 1 in lowest terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction(i128, i128);

impl Fraction {
    const NONE: Self = Self(0, 1);
    const ALL: Self = Self(1, 1);

    fn plus(self, numerator: i128, denominator: i128) -> Self {
        let (top, bottom) = (
            self.0 * denominator + numerator * self.1,
            self.1 * denominator,
        );
        let (mut a, mut b) = (top, bottom);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Self(top / a, bottom / a)
    }

    fn of(self, whole: i128) -> i128 {
        whole * self.0 / self.1
    }
}

#[derive(Clone, Debug)]
struct AuditedLine {
    sold: Line,
    share: i128,
    points: i128,
    back: Fraction,
}

impl AuditedLine {
    fn paid(&self) -> i128 {
        i128::from(self.sold.paid.minor())
    }

    fn money_back(&self) -> i128 {
        self.back.of(self.paid() - self.share)
    }

    fn kept(&self) -> i128 {
        self.paid() - self.share - self.money_back()
    }
}

#[derive(Clone, Debug)]
struct AuditedSale {
    id: SaleId,
    day: i64,
    multiplier: i128,
    lines: Vec<AuditedLine>,
}

/// What stands after the commands so far.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sums {
    money_back: i128,
    points_back: i128,
    /// Earned less clawed back.
    points: i128,
    /// The rest of each rule, in 10^-4 fen.
    carries: Vec<i128>,
    spend: i128,
}

struct Auditor<'a> {
    terms: &'a Terms,
    sales: Vec<AuditedSale>,
    /// From when on the member is senior, or no longer is.
    tiers: Vec<(i64, bool)>,
}

impl Auditor<'_> {
    fn is_senior(&self) -> bool {
        self.tiers.last().is_some_and(|(_, senior)| *senior)
    }

    fn sums(&self) -> Sums {
        let lines = || self.sales.iter().flat_map(|sale| &sale.lines);
        let (mut points, mut carries) = (0, Vec::new());
        for rule in &self.terms.earn {
            let per = i128::from(rule.per) * 10_000;
            let mut days: Vec<(i64, i128)> = Vec::new();
            for sale in &self.sales {
                let eligible = sale.lines.iter().filter(|line| {
                    line.sold.kind == LineKind::Goods && line.sold.department != rule.excluded
                });
                let mut counted = eligible.map(AuditedLine::kept).sum::<i128>() * sale.multiplier;
                if !rule.carry {
                    counted -= counted % per;
                }
                if let Some(units) = rule.cap_per_sale {
                    counted = counted.min(i128::from(units) * per);
                }
                match days.iter_mut().find(|(day, _)| *day == sale.day) {
                    Some((_, sum)) => *sum += counted,
                    None => days.push((sale.day, counted)),
                }
            }
            let limit = |sum: i128| {
                rule.cap_per_day
                    .map_or(sum, |units| sum.min(i128::from(units) * per))
            };
            let all: i128 = days.into_iter().map(|(_, sum)| limit(sum)).sum();
            points += all / per * i128::from(rule.points);
            carries.push(all % per);
        }
        Sums {
            money_back: lines().map(AuditedLine::money_back).sum(),
            points_back: lines().map(|line| line.back.of(line.points)).sum(),
            points,
            carries,
            spend: lines()
                .filter(|line| line.sold.kind == LineKind::Goods && line.sold.department != "X")
                .map(AuditedLine::kept)
                .sum(),
        }
    }

    fn sale(&mut self, id: SaleId, sold_at: i64, lines: &[Line], used: i128) {
        let (points, worth) = self.terms.redeem;
        let worth = used * i128::from(worth) / i128::from(points);
        let paid: Vec<i128> = lines
            .iter()
            .map(|line| i128::from(line.paid.minor()))
            .collect();
        let shares = shared_over(lines, worth, &paid);
        let points = shared_over(lines, used, &shares);
        let was_senior = self.tiers.iter().rev().find(|(from, _)| *from <= sold_at);
        let multiplier = match was_senior {
            Some((_, true)) => self.terms.senior,
            _ => self.terms.ordinary,
        };
        let lines = lines
            .iter()
            .zip(shares)
            .zip(points)
            .map(|((line, share), points)| AuditedLine {
                sold: line.clone(),
                share,
                points,
                back: Fraction::NONE,
            });
        self.sales.push(AuditedSale {
            id,
            day: (sold_at + 8 * 3_600_000).div_euclid(MILLIS_A_DAY),
            multiplier: i128::from(multiplier),
            lines: lines.collect(),
        });
        if !self.is_senior() && i128::from(self.terms.senior_from) <= self.sums().spend {
            self.enter(sold_at, true);
        }
    }

    /// Whether the refund is one; if it is, it has happened.
    fn refund(&mut self, id: SaleId, refunds: &[RefundLine], now: i64) -> bool {
        let spend = self.sums().spend;
        let sale = self.sales.iter_mut().find(|sale| sale.id == id).unwrap();
        let mut lines = sale.lines.clone();
        for refund in refunds {
            let line = &mut lines[usize::try_from(refund.line - 1).unwrap()];
            let (top, bottom) = match refund.of {
                RefundOf::Rest => (line.back.1 - line.back.0, line.back.1),
                RefundOf::Amount(amount) => (i128::from(amount.minor()), line.paid()),
                RefundOf::Quantity(quantity) => (
                    i128::from(quantity.thousandths()),
                    i128::from(line.sold.quantity.thousandths()),
                ),
            };
            if line.back == Fraction::ALL || bottom == 0 {
                return false;
            }
            line.back = line.back.plus(top, bottom);
            if line.back.1 < line.back.0 {
                return false;
            }
        }
        sale.lines = lines;
        let after = self.sums().spend;
        if self.is_senior() && after < spend && after < i128::from(self.terms.senior_from) {
            self.enter(now, false);
        }
        true
    }

    fn enter(&mut self, at: i64, senior: bool) {
        let last = self.tiers.last().map_or(0, |(from, _)| *from);
        self.tiers.push((at.max(last), senior));
    }
}

/// Semantics 20: like lines count as one at the place of the first, and then share among themselves.
fn shared_over(lines: &[Line], total: i128, weights: &[i128]) -> Vec<i128> {
    let mut labels: Vec<(&str, &str, LineKind)> = Vec::new();
    for line in lines {
        let label = (&*line.product, &*line.department, line.kind);
        if line.kind.points_may_pay() && !labels.contains(&label) {
            labels.push(label);
        }
    }
    let places_of = |label: &(&str, &str, LineKind)| -> Vec<usize> {
        let is_like = |line: &Line| {
            (&*line.product, &*line.department, line.kind) == (label.0, label.1, label.2)
        };
        (0..lines.len())
            .filter(|place| is_like(&lines[*place]))
            .collect()
    };
    let groups: Vec<Vec<usize>> = labels.iter().map(places_of).collect();
    let sums: Vec<i128> = groups
        .iter()
        .map(|group| group.iter().map(|place| weights[*place]).sum())
        .collect();
    let mut shares = vec![0; lines.len()];
    for (group, whole) in groups.iter().zip(largest_remainder(total, &sums)) {
        let within: Vec<i128> = group.iter().map(|place| weights[*place]).collect();
        for (place, share) in group.iter().zip(largest_remainder(whole, &within)) {
            shares[*place] = share;
        }
    }
    shares
}

/// Rounded down, and one more for the largest remainders, ties to the earlier.
fn largest_remainder(total: i128, weights: &[i128]) -> Vec<i128> {
    let sum: i128 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i128> = weights.iter().map(|weight| total * weight / sum).collect();
    let mut over = total - shares.iter().sum::<i128>();
    while 0 < over {
        let unserved =
            (0..weights.len()).filter(|place| shares[*place] == total * weights[*place] / sum);
        let largest =
            unserved.max_by_key(|place| (total * weights[*place] % sum, std::cmp::Reverse(*place)));
        shares[largest.unwrap()] += 1;
        over -= 1;
    }
    shares
}

/// A programme whose tier depends on the sales and refunds alone.
fn of_sales_alone() -> impl Strategy<Value = Terms> {
    terms().prop_map(|terms| Terms {
        window: "\"lifetime\"",
        on_refund: "downgrade",
        ..terms
    })
}

proptest! {
    #![proptest_config(seeded(2_500, 23))]

    #[test]
    fn the_engine_and_the_auditor_are_of_one_opinion(
        terms in of_sales_alone(),
        acts in proptest::collection::vec(act(), 1..25),
    ) {
        let mut shop = Shop::new(&terms);
        let mut auditor = Auditor { terms: &terms, sales: Vec::new(), tiers: Vec::new() };
        for act in &acts {
            let before = auditor.sums();
            let refund = match act {
                Act::Refund { sale, pieces } => shop.sale_of(ann(), *sale).map(|(_, id, lines)| (id, of_pieces(&lines, pieces))),
                Act::Void { sale } => shop.sale_of(ann(), *sale).map(|(_, id, _)| {
                    let sale = auditor.sales.iter().find(|sale| sale.id == id).unwrap();
                    let kept = (1_u32..).zip(&sale.lines).filter(|(_, line)| line.back != Fraction::ALL);
                    (id, kept.map(|(line, _)| RefundLine { line, of: RefundOf::Rest }).collect())
                }),
                _ => None,
            };
            let answer = shop.act(ann(), act);
            let now = shop.now.millis();
            match (&answer, refund, act) {
                (Some(Ok(answer)), None, Act::Sale { basket, days, .. }) => {
                    let Receipt::Sold(sold) = &answer.receipt else { panic!("not a sale") };
                    auditor.sale(sold.sale, now - i64::from(*days) * MILLIS_A_DAY, basket, i128::from(sold.used.count()));
                    let after = auditor.sums();
                    let paid: i64 = basket.iter().map(|line| line.paid.minor()).sum();
                    prop_assert_eq!(sold.money.minor(), paid - sold.worth.minor());
                    prop_assert_eq!(i128::from(sold.earned.count()), after.points - before.points, "{:?}", sold);
                }
                (Some(Ok(answer)), Some((sale, lines)), _) => {
                    let Receipt::Refunded(refunded) = &answer.receipt else { panic!("not a refund") };
                    prop_assert!(auditor.refund(sale, &lines, now), "the auditor refuses {:?}", lines);
                    let after = auditor.sums();
                    prop_assert_eq!(i128::from(refunded.money.minor()), after.money_back - before.money_back);
                    prop_assert_eq!(i128::from(refunded.points_back.count()), after.points_back - before.points_back);
                    prop_assert_eq!(i128::from(refunded.clawback.count()), before.points - after.points);
                }
                // More than there is, and nothing else, is refused (semantics 23); a refused refund changes nothing.
                (Some(Err(refusal)), Some((sale, lines)), Act::Refund { .. })
                    if !matches!(refusal, Refusal::TooOld { .. }) =>
                {
                    prop_assert!(!auditor.refund(sale, &lines, now), "{}: {:?}", refusal, lines);
                }
                _ => {}
            }
            let (sums, statement) = (auditor.sums(), shop.statement(ann()));
            let totals = statement.totals;
            prop_assert_eq!(i128::from(totals.earned.count() - totals.clawed_back.count()), sums.points);
            prop_assert_eq!(i128::from(statement.qualifying_spend.minor()), sums.spend);
            prop_assert_eq!(statement.tier == Tier::Senior, auditor.is_senior(), "{:?}", auditor.tiers);
            for ((_, carry), rest) in statement.carries.iter().zip(&sums.carries) {
                prop_assert_eq!(carry.display(2), exact(rest * 100));
            }
        }
    }
}

/// The text with every id cut to the half that counts the order of commit: the other half is random.
fn without_randomness(text: &str) -> String {
    let mut kept = String::new();
    let mut run = String::new();
    for letter in text.chars().chain(['.']) {
        if letter.is_ascii_hexdigit() {
            run.push(letter);
            continue;
        }
        if run.len() == 32 {
            run.truncate(16);
        }
        kept += &run;
        run.clear();
        kept.push(letter);
    }
    kept
}

proptest! {
    #![proptest_config(seeded(32, 3))]

    /// On redb, in memory, and in memory where every body runs twice.
    #[test]
    fn the_same_commands_give_the_same_answers_on_every_store(
        terms in terms(),
        acts in proptest::collection::vec((0_usize..2, act()), 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let redb = RedbStore::open(folder.path().join("shop.redb"), Some(closing(keys()))).unwrap();
        let stores: [Arc<dyn jifen::store::Store>; 3] = [
            Arc::new(redb),
            Arc::new(MemoryStore::new(Some(closing(keys())))),
            Arc::new(MemoryStore::rehearsing(Some(closing(keys())))),
        ];
        let members = ["ann", "bob"];
        let mut accounts = Vec::new();
        for store in stores {
            let mut shop = Shop::over(store, &terms.text(), &members);
            let mut said = Vec::new();
            for (who, act) in &acts {
                let answer = shop.act(account(members[*who]), act);
                said.push(without_randomness(&format!("{answer:?}")));
            }
            for name in members {
                said.push(without_randomness(&format!("{:?}", shop.statement(account(name)))));
                said.push(without_randomness(&format!("{:?}", shop.bench.engine.entries(account(name)))));
            }
            said.push(format!("{:?}", shop.bench.engine.liability()));
            shop.bench.assert_verified("all of it");
            accounts.push(said);
        }
        prop_assert_eq!(&accounts[0], &accounts[1]);
        prop_assert_eq!(&accounts[1], &accounts[2]);
    }
}
