//! Records that were merged, and what is past its keeping (semantics 17, RET-02, RET-03): whichever came first, points and
//! debts stay, everything adds up, and the pair goes together.

use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::erase::By;
use jifen::ledger::refund::RefundOf;
use jifen::policy::retention::{RecordKind, RetentionPolicy};
use jifen_tests::wishes::noon;

use super::merge::Pair;

/// Two records, under points that never end.
fn pair() -> Pair {
    Pair::of(&[(
        r#"lifetime = { months = 12, align = "day" }"#,
        r#"lifetime = "never""#,
    )])
}

fn go(pair: &Pair, years: u32, days: u32) -> Moment {
    let to = noon().plus_days(years * 366 + days);
    pair.shop.bench.clock.follow(to);
    to
}

fn verified(pair: &Pair, when: &str) {
    let verified = pair.shop.engine().verify(&mut |_, _| {}).unwrap();
    assert!(
        verified.differences.is_empty(),
        "{when}: {:#?}",
        verified.differences
    );
}

/// Sweeps, and the pair has what it had; how many sales and entries are gone.
fn sweep(pair: &Pair, when: &str) -> (u64, u64) {
    let engine = pair.shop.engine();
    let of = |account| engine.statement(account).unwrap();
    let before = [of(pair.a.account), of(pair.b.account)].map(|of| (of.balance, of.debt, of.tier));
    let law = RetentionPolicy::default();
    let dry = engine.retain(&law, true).unwrap();
    let gone = engine.retain(&law, false).unwrap();
    assert_eq!(dry.gone, gone.gone, "{when}");
    let after = [of(pair.a.account), of(pair.b.account)].map(|of| (of.balance, of.debt, of.tier));
    assert_eq!(before, after, "{when}");
    verified(pair, when);
    assert!(engine.retain(&law, false).unwrap().is_empty(), "{when}");
    (
        gone.count(RecordKind::Sales),
        gone.count(RecordKind::Entries),
    )
}

#[test]
fn what_a_pair_bought_leaves_on_its_days_and_its_points_stay() {
    let mut pair = pair();
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "100.50");
    pair.sell(b, "200.75");
    go(&pair, 1, 0);
    pair.sell(a, "300.00");
    pair.sell(b, "400.00");
    go(&pair, 2, 0);
    pair.merge();
    pair.sell(a, "10.00");
    pair.sell(b, "20.00");
    verified(&pair, "merged");
    let balance = pair.shop.engine().balance(a).unwrap().balance;

    go(&pair, 4, 300);
    let late = pair.sell(b, "30.00");
    let balance = balance.checked_add(Points::new(30).unwrap()).unwrap();
    assert_eq!(sweep(&pair, "nothing is five years old").0, 0);
    go(&pair, 5, 1);
    assert_eq!(sweep(&pair, "the first two").0, 2);
    pair.refund(b, late.sale, RefundOf::Rest).unwrap();
    pair.sell(a, "30.00");
    go(&pair, 6, 1);
    assert_eq!(sweep(&pair, "the next two").0, 2);
    go(&pair, 7, 1);
    let (sales, entries) = sweep(&pair, "those since the merge");
    assert_eq!(sales, 2);
    assert!(0 < entries);
    for account in [a, b] {
        assert_eq!(
            pair.shop.engine().balance(account).unwrap().balance,
            balance
        );
    }
    let late = pair.refund(a, late.sale, RefundOf::Rest);
    assert!(late.is_err(), "{late:?}");

    let by = By::Member { device: "kiosk-1" };
    let engine = pair.shop.engine();
    let key = jifen_tests::wishes::numbered(9_000);
    engine.erase(&key, pair.b.member, by, balance).unwrap();
    for member in [pair.a.member, pair.b.member] {
        assert!(!engine.keys().keybox().is_known(&member));
    }
    verified(&pair, "gone");
}

#[test]
fn records_of_which_a_part_is_gone_are_merged_and_parted() {
    let mut pair = pair();
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "100.50");
    pair.sell(b, "200.75");
    go(&pair, 4, 0);
    pair.sell(a, "5.25");
    pair.sell(b, "7.40");
    go(&pair, 5, 1);
    assert_eq!(sweep(&pair, "before").0, 2);
    let of = |pair: &Pair, account| pair.shop.engine().statement(account).unwrap();
    let apart = [of(&pair, a), of(&pair, b)].map(|of| (of.balance, of.metric));

    pair.merge();
    verified(&pair, "merged");
    let sold = pair.sell(b, "3.00");
    sweep(&pair, "as a pair");
    pair.refund(b, sold.sale, RefundOf::Rest).unwrap();
    pair.unmerge().unwrap();
    verified(&pair, "parted");
    let again = [of(&pair, a), of(&pair, b)].map(|of| (of.balance, of.metric));
    assert_eq!(apart, again);
    assert_eq!(sweep(&pair, "apart").0, 0);
}

#[test]
fn a_pair_that_buys_nothing_is_told_once_and_goes_together() {
    let mut pair = pair();
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "1.00");
    pair.merge();
    go(&pair, 1, 0);
    // By the other card: the person is the same.
    pair.sell(b, "2.00");
    let law = RetentionPolicy::default();
    go(&pair, 3, 10);
    assert!(pair.shop.engine().warn_inactive(&law).unwrap().is_empty());
    go(&pair, 4, 0);
    let told = pair.shop.engine().warn_inactive(&law).unwrap();
    let told: Vec<_> = told.into_iter().map(|told| told.member).collect();
    assert_eq!(told, [pair.a.member]);
    go(&pair, 4, 31);
    let engine = pair.shop.engine();
    let gone = engine.retain(&law, false).unwrap();
    assert_eq!(gone.count(RecordKind::Members), 1);
    for account in [a, b] {
        assert_eq!(engine.balance(account), Err(Refusal::TokenUnknown));
    }
    verified(&pair, "gone");
}

/// What was announced to one record, and what was bought by its card while it lived on in the other, is not forgotten when
/// they part.
#[test]
fn a_record_that_parts_again_is_not_erased_for_what_came_before() {
    let mut pair = pair();
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "1.00");
    pair.sell(b, "1.00");
    go(&pair, 2, 300);
    pair.sell(a, "1.00");
    let law = RetentionPolicy::default();
    go(&pair, 3, 0);
    let told = pair.shop.engine().warn_inactive(&law).unwrap();
    let told: Vec<_> = told.into_iter().map(|told| told.member).collect();
    assert_eq!(told, [pair.b.member]);
    go(&pair, 3, 2);
    pair.merge();
    pair.sell(b, "2.00");
    go(&pair, 3, 20);
    pair.unmerge().unwrap();
    go(&pair, 3, 40);
    let engine = pair.shop.engine();
    assert!(engine.warn_inactive(&law).unwrap().is_empty());
    let gone = engine.retain(&law, false).unwrap();
    assert_eq!(gone.count(RecordKind::Members), 0);
    assert!(engine.keys().keybox().is_known(&pair.b.member));
    verified(&pair, "parted");
}

/// What was spent so long ago that its days are gone still counts for a tier that looks at a lifetime (semantics 17, 22).
#[test]
fn spend_of_days_that_are_gone_goes_along_and_comes_back() {
    let mut pair = pair();
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(b, "6000.00");
    go(&pair, 4, 0);
    pair.sell(a, "5.00");
    pair.sell(b, "10.00");
    go(&pair, 5, 1);
    assert_eq!(sweep(&pair, "before").0, 1);
    let of = |pair: &Pair, account| {
        let statement = pair.shop.engine().statement(account).unwrap();
        (statement.metric.display(2), statement.tier)
    };
    let apart = [of(&pair, a), of(&pair, b)];
    assert_eq!(apart[0].0, "5.00");
    pair.merge();
    assert_eq!(of(&pair, a), ("6015.00".to_owned(), apart[1].1));
    verified(&pair, "merged");
    sweep(&pair, "as a pair");
    pair.unmerge().unwrap();
    verified(&pair, "parted");
    assert_eq!(of(&pair, b), apart[1]);
    assert_eq!(of(&pair, a).0, "5.00");
}
