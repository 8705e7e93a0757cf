//! Two records of one person become one and two again (semantics 17, 26, 27; QLT-02, QLT-03): nothing is made or lost but a
//! unit that two rests make whole, both cards work, and thirty days of what happened since go where they belong.

use std::sync::Arc;

use jifen::domain::ids::{AccountId, SaleId};
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::domain::time::Moment;
use jifen::engine::adjust::{Adjust, Sanction};
use jifen::engine::audit::Actor;
use jifen::engine::closing::closing;
use jifen::engine::commit::Verb;
use jifen::engine::erase::By;
use jifen::engine::hold::{PlaceHold, Redeem, ReturnPoints, VoidHold};
use jifen::engine::merge::Confirmation;
use jifen::engine::receipt::{Merged, Receipt, Refunded, Sold, Unmerged};
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::TakeSale;
use jifen::engine::statement::Statement;
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::policy::grant::{Ask, decide};
use jifen::store::memory::MemoryStore;
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, PIN, Person, Shop, keys_of};
use jifen_tests::story::line;
use jifen_tests::wishes::{noon, numbered, receipt};
use proptest::prelude::*;

/// A shop in which one person has two cards under one phone.
pub(super) struct Pair {
    pub(super) shop: Shop,
    pub(super) a: Person,
    pub(super) b: Person,
    keys: u64,
}

/// The demo programme with some of its lines in other words, and without the sign-up gift.
fn programme(changes: &[(&str, &str)]) -> String {
    let mut text = DEMO.replace("signup_gift = 100", "signup_gift = 0");
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

impl Pair {
    pub(super) fn of(changes: &[(&str, &str)]) -> Self {
        let keys = keys_of(9);
        let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
        let shop = Shop::new(store, keys, &programme(changes));
        let [a, b] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(1)));
        let staff = Actor::operator();
        for who in [&a, &b] {
            shop.engine()
                .verify_phone_by_staff(who.member, &staff)
                .unwrap();
        }
        let keys = 100;
        Self { shop, a, b, keys }
    }

    fn run<V: Verb>(&mut self, verb: V) -> Result<Receipt, Refusal> {
        self.keys += 1;
        let answer = self.shop.engine().run(&numbered(self.keys), verb);
        answer.map(|answer| answer.receipt)
    }

    fn sell_at(&mut self, who: AccountId, paid: &str, sold_at: Moment) -> Sold {
        let number = format!("s{}", self.keys);
        let sale = TakeSale {
            account: who,
            receipt: receipt(&number),
            sold_at,
            lines: vec![line(&format!("P:{paid}"))],
            holds: Vec::new(),
            presented: Presented::default(),
        };
        match self.run(sale) {
            Ok(Receipt::Sold(sold)) => sold,
            other => panic!("no sale: {other:?}"),
        }
    }

    pub(super) fn sell(&mut self, who: AccountId, paid: &str) -> Sold {
        let now = self.shop.engine().now();
        self.sell_at(who, paid, now)
    }

    pub(super) fn refund(
        &mut self,
        who: AccountId,
        sale: SaleId,
        of: RefundOf,
    ) -> Result<Refunded, Refusal> {
        let number = format!("r{}", self.keys);
        let refund = TakeRefund {
            account: who,
            receipt: receipt(&number),
            sale,
            lines: vec![RefundLine { line: 1, of }],
        };
        match self.run(refund)? {
            Receipt::Refunded(refunded) => Ok(refunded),
            other => panic!("no refund: {other:?}"),
        }
    }

    pub(super) fn merge(&mut self) -> Merged {
        self.try_merge().unwrap()
    }

    fn try_merge(&mut self) -> Result<Merged, Refusal> {
        let (a, b) = (self.a.member, self.b.member);
        let said = Confirmation {
            confirmed: true,
            pin: PIN,
            codes: &[],
            device: "kiosk-1",
        };
        let engine = self.shop.engine();
        let proof = engine.prove_merge(a, b, &said).unwrap();
        self.keys += 1;
        engine.merge(&numbered(self.keys), a, b, proof, &Actor::operator())
    }

    pub(super) fn unmerge(&mut self) -> Result<Unmerged, Refusal> {
        self.keys += 1;
        let (a, b) = (self.a.member, self.b.member);
        let key = numbered(self.keys);
        self.shop.engine().unmerge(&key, a, b, &Actor::operator())
    }

    fn statement(&self, who: AccountId) -> Statement {
        self.shop.engine().statement(who).unwrap()
    }

    /// `[balance, debt]` of both accounts.
    fn stands(&self) -> [[i64; 2]; 2] {
        [self.a.account, self.b.account].map(|who| {
            let statement = self.statement(who);
            [statement.balance.count(), statement.debt.count()]
        })
    }

    /// Σ balances less debts of the accounts that stand for themselves.
    fn net(&self) -> i64 {
        let engine = self.shop.engine();
        let accounts = engine.account_ids().unwrap();
        let net = accounts.into_iter().map(|who| {
            let statement = self.statement(who);
            statement.balance.count() - statement.debt.count()
        });
        net.sum()
    }

    /// Everything adds up.
    fn check(&self, after: &str) {
        self.shop.bench.assert_verified(after);
        let accounts = self.shop.engine().liability().unwrap().accounts;
        assert_eq!(accounts.values().sum::<i64>(), 0, "{after}");
    }
}

fn points(count: i64) -> Points {
    Points::new(count).unwrap()
}

fn own(statement: &Statement) -> (i64, i64, String, String) {
    (
        statement.balance.count(),
        statement.debt.count(),
        statement.carries[0].1.display(2),
        statement.qualifying_spend.display(2),
    )
}

#[test]
fn rests_are_added_and_a_unit_made_whole_is_a_lot_of_that_day() {
    for (per, points, a, b, made, rest) in [
        ("1.00", 1, "0.40", "0.59", 0, "0.99"),
        ("1.00", 1, "0.40", "0.60", 1, "0.00"),
        ("50.00", 1, "30.00", "49.99", 1, "29.99"),
        ("7.00", 5, "20.00", "9.00", 5, "1.00"),
    ] {
        let per = format!("per = \"{per}\"");
        let one = format!("points = {points}\nper");
        let mut pair = Pair::of(&[("points = 1\nper", &one), ("per = \"1.00\"", &per)]);
        let (to_a, to_b) = (pair.a.account, pair.b.account);
        pair.sell(to_a, a);
        pair.sell(to_b, b);
        pair.check("before");
        let (net, before) = (
            pair.net(),
            [to_a, to_b].map(|who| own(&pair.statement(who))),
        );
        let merged = pair.merge();
        pair.check("merged");
        assert_eq!(merged.made.count(), made, "{per} {a} {b}");
        assert_eq!(pair.net(), net + made);
        assert_eq!(own(&pair.statement(to_a)).2, rest);
        assert_eq!(pair.statement(to_a), pair.statement(to_b), "one statement");
        if 0 < made {
            let lots = pair.statement(to_a).lots;
            let day: Moment = "2018-03-02T00:00:00+08:00".parse().unwrap();
            assert!(lots.iter().any(|lot| lot.grant.points.count() == made
                && lot.grant.earned_at == merged.at
                && lot.grant.expires_at == Some(day)));
        }
        let undone = pair.unmerge().unwrap();
        pair.check("undone");
        assert_eq!((undone.taken.count(), undone.loss.count()), (made, 0));
        assert_eq!(
            before,
            [to_a, to_b].map(|who| own(&pair.statement(who))),
            "as before"
        );
    }
}

#[test]
fn debts_are_added_and_paid_and_what_one_paid_for_the_other_is_undone() {
    // A owes 60 and B has 100: B's points pay.
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    owe(&mut pair, a, 60);
    pair.sell(b, "100.00");
    assert_eq!(pair.stands(), [[0, 60], [100, 0]]);
    pair.merge();
    assert_eq!(pair.stands(), [[40, 0], [40, 0]]);
    pair.check("merged");
    pair.unmerge().unwrap();
    assert_eq!(pair.stands(), [[0, 60], [100, 0]]);
    pair.check("undone");

    // Both owe: one debt, and what each earns since pays its own when the merge is undone.
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    owe(&mut pair, a, 60);
    owe(&mut pair, b, 30);
    pair.merge();
    assert_eq!(pair.stands()[0], [0, 90]);
    pair.sell(a, "80.00");
    assert_eq!(pair.stands()[0], [0, 10]);
    pair.check("earned since");
    pair.unmerge().unwrap();
    assert_eq!(pair.stands(), [[20, 0], [0, 30]]);
    pair.check("undone");
}

/// Lets somebody owe so many points: they were used, and the sale that earned them came back.
fn owe(pair: &mut Pair, who: AccountId, debt: i64) {
    let sale = pair.sell(who, &format!("{debt}.00"));
    let take = Adjust {
        account: who,
        points: -debt,
        reason: "used".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    };
    pair.run(take).unwrap();
    let refunded = pair.refund(who, sale.sale, RefundOf::Rest).unwrap();
    assert_eq!(refunded.debt_added.count(), debt);
}

#[test]
fn a_tier_is_reached_by_merging_and_falls_when_only_the_merge_carried_it() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "3000.00");
    pair.sell(b, "2000.00");
    let merged = pair.merge();
    assert_eq!(merged.tier_after, Tier::Senior);
    pair.check("merged");
    assert_eq!(
        pair.sell(b, "100.00").earned.count(),
        150,
        "either card earns as a senior"
    );
    pair.unmerge().unwrap();
    pair.check("undone");
    let [ours, theirs] = [a, b].map(|who| pair.statement(who));
    assert_eq!([ours.tier, theirs.tier], [Tier::Ordinary; 2]);
    assert_eq!(theirs.qualifying_spend.display(2), "2100.00");
    assert_eq!(ours.tiers.len(), 2, "both changes are entries");
}

#[test]
fn refunds_of_either_cards_sales_find_them_while_merged_and_after() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    let early = pair.sell(b, "100.50").sale;
    pair.sell(a, "10.50");
    pair.merge();
    let since = pair.sell(b, "50.00").sale;
    // Under the other card, too: it is one person.
    let refunded = pair.refund(a, early, RefundOf::Amount(Money::from_minor(4_000)));
    assert_eq!(refunded.unwrap().clawback.count(), 40);
    pair.check("refunded while merged");
    pair.unmerge().unwrap();
    pair.check("undone");
    assert!(
        pair.refund(a, early, RefundOf::Rest).is_err(),
        "it is B's again"
    );
    assert_eq!(
        pair.refund(b, early, RefundOf::Rest)
            .unwrap()
            .clawback
            .count(),
        60
    );
    assert_eq!(
        pair.refund(b, since, RefundOf::Rest)
            .unwrap()
            .clawback
            .count(),
        50
    );
    pair.check("refunded after");
    assert_eq!(pair.stands(), [[10, 0], [0, 0]]);
}

#[test]
fn points_used_from_the_other_records_lots_come_back_with_their_dates() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    let earlier = noon().plus_days(1);
    pair.sell(b, "300.00");
    pair.shop.bench.clock.follow(earlier);
    pair.sell(a, "300.00");
    pair.merge();
    let redeem = Redeem {
        account: a,
        receipt: receipt("u1"),
        points: points(400),
        payable: Money::from_minor(100_000),
    };
    let Receipt::Captured(captured) = pair.run(redeem).unwrap() else {
        panic!("not captured")
    };
    pair.check("used");
    pair.unmerge().unwrap();
    pair.check("undone");
    assert_eq!(
        pair.stands(),
        [[200, 0], [0, 0]],
        "B's expire first and went first"
    );
    let back = ReturnPoints {
        account: a,
        hold: captured.hold,
        points: points(400),
    };
    pair.run(back).unwrap();
    pair.check("given back");
    assert_eq!(pair.stands(), [[600, 0], [0, 0]]);
    let ends = pair
        .statement(a)
        .lots
        .iter()
        .map(|lot| lot.grant.expires_at)
        .min();
    assert_eq!(ends.unwrap().unwrap().to_rfc3339(), "2018-03-01T16:00:00Z");
}

#[test]
fn an_open_hold_lives_on_and_keeps_a_merge_from_being_undone() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(b, "300.00");
    let hold = PlaceHold {
        account: b,
        points: points(100),
        lines: vec![line("P:400.00")],
    };
    let Receipt::Held(held) = pair.run(hold).unwrap() else {
        panic!("not held")
    };
    pair.merge();
    pair.check("merged");
    assert_eq!(pair.statement(a).held.count(), 100);
    assert_eq!(pair.unmerge(), Err(Refusal::HoldsOpen));
    let void = VoidHold {
        account: a,
        hold: held.hold,
    };
    pair.run(void).unwrap();
    pair.check("given back under the other card");
    pair.unmerge().unwrap();
    pair.check("undone");
    assert_eq!(pair.stands(), [[0, 0], [300, 0]]);
}

#[test]
fn both_cards_work_and_one_pin_and_old_keys_hear_their_old_answers() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.clone(), pair.b.clone());
    let first = pair.sell(b.account, "20.00");
    let (key, number) = (pair.keys, format!("s{}", pair.keys - 1));
    pair.merge();
    let again = |account| TakeSale {
        account,
        receipt: receipt(&number),
        sold_at: noon(),
        lines: vec![line("P:20.00")],
        holds: Vec::new(),
        presented: Presented::default(),
    };
    let answer = pair
        .shop
        .engine()
        .run(&numbered(key), again(b.account))
        .unwrap();
    assert!(answer.repeated);
    assert_eq!(answer.receipt, Receipt::Sold(first));
    let other = pair.shop.engine().run(&numbered(key), again(a.account));
    assert_eq!(
        other,
        Err(Refusal::KeyReused),
        "and it earns no second time"
    );
    let other = pair.shop.engine().run(&numbered(9_999), again(a.account));
    assert_eq!(other, Err(Refusal::KeyReused));

    for card in [&a.card, &b.card] {
        let known = pair.shop.identify(&numbered(pair.keys + 1), card).unwrap();
        pair.keys += 1;
        let token = known.token.text();
        let number = format!("t{}", pair.keys);
        pair.shop
            .sell(&numbered(pair.keys + 1), &token, &number, &[])
            .unwrap();
        pair.keys += 1;
        let signed_in = pair.shop.engine().sign_in(card, PIN, "kiosk-1").unwrap();
        assert_eq!(signed_in.member, a.member);
    }
    pair.check("both cards");
    assert_eq!(pair.statement(a.account).balance.count(), 420);
    pair.shop = pair.shop.reopened(3);
    assert_eq!(
        pair.statement(b.account).balance.count(),
        420,
        "after a restart"
    );
    pair.unmerge().unwrap();
    pair.check("undone");
    assert_eq!(pair.stands(), [[200, 0], [220, 0]]);
}

#[test]
fn a_late_sale_of_the_other_card_earns_by_the_tier_it_had() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "5000.00");
    pair.shop.wait(86_400_000);
    pair.merge();
    pair.shop.wait(1_000);
    assert_eq!(pair.sell_at(b, "10.00", noon()).earned.count(), 10);
    assert_eq!(
        pair.sell_at(a, "10.00", noon().plus_minutes(1))
            .earned
            .count(),
        15
    );
    assert_eq!(pair.sell(b, "10.00").earned.count(), 15);
    pair.check("late");
}

#[test]
fn a_cap_of_a_day_counts_by_card_so_that_undoing_is_exact() {
    let mut pair = Pair::of(&[("# cap_per_day = 20000", "cap_per_day = 8")]);
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "6.00");
    let of_b = pair.sell(b, "7.00").sale;
    pair.merge();
    pair.check("merged");
    assert_eq!(pair.sell(b, "5.00").earned.count(), 1);
    assert_eq!(pair.sell(a, "5.00").earned.count(), 2);
    assert_eq!(
        pair.refund(a, of_b, RefundOf::Rest)
            .unwrap()
            .clawback
            .count(),
        3
    );
    pair.check("refunded");
    pair.unmerge().unwrap();
    pair.check("undone");
    assert_eq!(pair.stands(), [[8, 0], [5, 0]]);
}

#[test]
fn a_merge_washes_no_sanction_off_and_its_undoing_keeps_none_that_it_brought() {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    let suspend = Sanction {
        account: b,
        state: AccountState::Suspended,
        reason: "untrue data".to_owned(),
        actor: "staff-1".to_owned(),
    };
    pair.run(suspend).unwrap();
    pair.merge();
    assert_eq!(pair.statement(a).state, AccountState::Suspended);
    pair.unmerge().unwrap();
    assert_eq!(pair.statement(a).state, AccountState::Active);
    assert_eq!(pair.statement(b).state, AccountState::Suspended);
    pair.check("undone");
}

#[test]
fn the_stricter_consent_of_each_purpose_holds_until_it_is_undone() {
    let mut pair = Pair::of(&[]);
    let mut form = Form::of(1);
    form.consents = vec![("marketing", true), ("direct_mail", true)];
    pair.a = pair.shop.join(&numbered(50), &form);
    form.consents = vec![("direct_mail", true)];
    pair.b = pair.shop.join(&numbered(51), &form);
    for member in [pair.a.member, pair.b.member] {
        pair.shop
            .engine()
            .verify_phone_by_staff(member, &Actor::operator())
            .unwrap();
    }
    let given = |pair: &Pair, who: &Person| {
        let events = pair.shop.own_data(who.member).unwrap().consents;
        ["marketing", "direct_mail"].map(|word| {
            let last = events
                .iter()
                .rev()
                .find(|event| event.purpose.as_str() == word);
            last.is_some_and(|event| event.decision.as_str() == "given")
        })
    };
    assert_eq!(given(&pair, &pair.a), [true, true]);
    pair.merge();
    assert_eq!(given(&pair, &pair.a), [false, true]);
    pair.unmerge().unwrap();
    assert_eq!(given(&pair, &pair.a), [true, true]);
    assert_eq!(given(&pair, &pair.b), [false, true]);
}

#[test]
fn only_two_verified_records_of_one_phone_are_merged_and_only_when_the_member_says_so() {
    let mut pair = Pair::of(&[]);
    let stranger = pair.shop.join(&numbered(60), &Form::of(2));
    let twin = pair.shop.join(&numbered(61), &Form::of(1));
    let staff = Actor::operator();
    pair.shop
        .engine()
        .verify_phone_by_staff(stranger.member, &staff)
        .unwrap();
    let (a, b) = (pair.a.member, pair.b.member);
    let engine = pair.shop.engine();
    let prove = |one, other, confirmed, pin| {
        let said = Confirmation {
            confirmed,
            pin,
            codes: &[],
            device: "kiosk-1",
        };
        engine.prove_merge(one, other, &said)
    };
    let refused = |one, other, confirmed, pin| prove(one, other, confirmed, pin).unwrap_err();
    assert_eq!(refused(a, b, false, PIN), Refusal::MergeUnconfirmed);
    assert_eq!(
        refused(a, stranger.member, true, PIN),
        Refusal::MergeUnproved,
        "another phone"
    );
    assert_eq!(
        refused(a, twin.member, true, PIN),
        Refusal::MergeUnproved,
        "not verified"
    );
    assert_eq!(refused(a, a, true, PIN), Refusal::MergeUnproved);
    assert_eq!(refused(a, b, true, "555123"), Refusal::SignInFailed);
    // A proof is of its own two records, and counts for ten minutes.
    let proof = prove(a, b, true, PIN).unwrap();
    let other = engine.merge(&numbered(70), b, a, proof.clone(), &staff);
    assert_eq!(other, Err(Refusal::MergeUnproved));
    let later = noon().plus_minutes(10);
    pair.shop.bench.clock.follow(later);
    let late = pair.shop.engine().merge(&numbered(71), a, b, proof, &staff);
    assert_eq!(late, Err(Refusal::MergeUnproved));
    assert_eq!(pair.unmerge(), Err(Refusal::NotMerged));

    pair.merge();
    let engine = pair.shop.engine();
    let said = Confirmation {
        confirmed: true,
        pin: PIN,
        codes: &[],
        device: "kiosk-1",
    };
    assert_eq!(
        engine.prove_merge(a, b, &said).unwrap_err(),
        Refusal::AlreadyMerged
    );
    let merges = engine.merges_of(a).unwrap();
    assert_eq!(merges.len(), 1);
    assert_eq!(merges[0].member, b);
    pair.shop.bench.clock.follow(merges[0].undo_until);
    assert_eq!(pair.unmerge(), Err(Refusal::UndoTooLate { days: 30 }));
}

#[test]
fn what_a_record_took_in_goes_with_it_once_it_cannot_leave_alone() {
    let mut pair = Pair::of(&[]);
    let c = pair.shop.join(&numbered(60), &Form::of(1));
    pair.shop
        .engine()
        .verify_phone_by_staff(c.member, &Actor::operator())
        .unwrap();
    let (a, b) = (pair.a.clone(), pair.b.clone());
    pair.sell(a.account, "10.40");
    pair.sell(b.account, "20.40");
    pair.sell(c.account, "30.40");
    // B takes C. A may take B with what is in it when C cannot leave any more.
    (pair.a, pair.b) = (b.clone(), c.clone());
    pair.merge();
    pair.check("B took C");
    (pair.a, pair.b) = (a.clone(), b.clone());
    assert_eq!(pair.try_merge(), Err(Refusal::AlreadyMerged));
    pair.shop.wait(30 * 86_400_000);
    pair.merge();
    pair.check("A took B");
    assert_eq!(
        own(&pair.statement(c.account)),
        (61, 0, "0.20".into(), "61.20".into())
    );
    pair.sell(c.account, "5.00");
    (pair.a, pair.b) = (b.clone(), c.clone());
    assert_eq!(pair.unmerge(), Err(Refusal::AlreadyMerged));
    (pair.a, pair.b) = (a.clone(), b.clone());
    pair.unmerge().unwrap();
    pair.check("A without B");
    assert_eq!(
        own(&pair.statement(a.account)),
        (10, 0, "0.40".into(), "10.40".into())
    );
    for who in [&b, &c] {
        assert_eq!(
            own(&pair.statement(who.account)),
            (55, 0, "0.80".into(), "55.80".into())
        );
    }
}

#[test]
fn each_of_several_records_leaves_alone() {
    let mut pair = Pair::of(&[]);
    let c = pair.shop.join(&numbered(60), &Form::of(1));
    pair.shop
        .engine()
        .verify_phone_by_staff(c.member, &Actor::operator())
        .unwrap();
    let (a, b) = (pair.a.clone(), pair.b.clone());
    for (who, paid) in [(&a, "10.40"), (&b, "20.40"), (&c, "30.40")] {
        pair.sell(who.account, paid);
    }
    pair.merge();
    pair.b = c.clone();
    pair.merge();
    pair.check("A took both");
    for who in [&a, &b, &c] {
        pair.sell(who.account, "5.30");
        assert_eq!(pair.statement(who.account), pair.statement(a.account));
    }
    pair.b = b.clone();
    pair.unmerge().unwrap();
    pair.check("without B");
    assert_eq!(
        own(&pair.statement(b.account)),
        (25, 0, "0.70".into(), "25.70".into())
    );
    pair.sell(c.account, "1.00");
    pair.b = c.clone();
    pair.unmerge().unwrap();
    pair.check("each alone");
    assert_eq!(
        own(&pair.statement(a.account)),
        (15, 0, "0.70".into(), "15.70".into())
    );
    assert_eq!(
        own(&pair.statement(c.account)),
        (36, 0, "0.70".into(), "36.70".into())
    );
}

#[test]
fn either_card_erases_the_pair_and_one_receipt_counts_both() {
    for by_survivor in [true, false] {
        let mut pair = Pair::of(&[]);
        let (a, b) = (pair.a.clone(), pair.b.clone());
        pair.sell(a.account, "10.00");
        pair.sell(b.account, "20.00");
        pair.merge();
        pair.sell(b.account, "5.00");
        let asks = if by_survivor { &a } else { &b };
        let (signed_in, member) = (asks.member, asks.member);
        let leave = decide(&Ask::OwnData { signed_in, member }).unwrap();
        let engine = pair.shop.engine();
        let farewell = engine.farewell(asks.member, &leave).unwrap();
        assert_eq!(farewell.points.count(), 35);
        let key = numbered(9_000);
        let receipt = engine
            .erase(&key, asks.member, By::Operator, farewell.points)
            .unwrap();
        assert_eq!(receipt.points_forfeited.count(), 35);
        let again = engine
            .erase(&key, asks.member, By::Operator, farewell.points)
            .unwrap();
        assert_eq!(again.leaf, receipt.leaf);
        for who in [&a, &b] {
            assert!(!pair.shop.keys.keybox().is_known(&who.member));
            let sign_in = engine.sign_in(&who.card, PIN, "kiosk-1");
            assert_eq!(sign_in, Err(Refusal::SignInFailed));
        }
        let rows = pair.shop.rows();
        for table in [
            "accounts", "lots", "entries", "sales", "holds", "days", "receipts",
        ] {
            assert_eq!(rows[table].len(), 0, "{table}");
        }
        for table in [
            "members", "sign_ins", "merged", "business", "tokens", "intents",
        ] {
            assert_eq!(rows[table].len(), 0, "{table}");
        }
        pair.check("erased");
    }
}

/// A step of a story.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// To B when `true`, so many fen.
    Sell(bool, i64),
    /// The n-th sale, so many parts of ten; under B's card when `true`.
    Refund(usize, i64, bool),
    Redeem(bool, i64),
    Adjust(bool, i64),
    Wait(u32),
}

/// Sales with what is left to refund.
type Sales = Vec<(bool, SaleId, i64)>;

fn steps(all: bool) -> impl Strategy<Value = Vec<Step>> {
    let sell = (any::<bool>(), 1_i64..30_000).prop_map(|(who, fen)| Step::Sell(who, fen));
    let refund = (0_usize..12, 1_i64..=10, any::<bool>());
    let refund = refund.prop_map(|(sale, parts, who)| Step::Refund(sale, parts, who));
    let redeem = (any::<bool>(), 1_i64..4).prop_map(|(who, n)| Step::Redeem(who, n * 100));
    let adjust = (any::<bool>(), -80_i64..80).prop_map(|(who, n)| Step::Adjust(who, n));
    let wait = (0_u32..5).prop_map(Step::Wait);
    let step = if all {
        prop_oneof![4 => sell, 2 => refund, 2 => redeem, 2 => adjust, 1 => wait].boxed()
    } else {
        prop_oneof![3 => sell, 1 => refund].boxed()
    };
    prop::collection::vec(step, 0..9)
}

/// Takes a step. A sale is named by either card while `merged`, and by its own otherwise.
fn take(pair: &mut Pair, step: Step, sales: &mut Sales, merged: bool) {
    let of = |pair: &Pair, is_b: bool| if is_b { pair.b.account } else { pair.a.account };
    match step {
        Step::Sell(is_b, fen) => {
            let paid = format!("{}.{:02}", fen / 100, fen % 100);
            let who = of(pair, is_b);
            let sold = pair.sell(who, &paid);
            sales.push((is_b, sold.sale, fen));
        }
        Step::Refund(place, tenths, by_b) => {
            let Some((is_b, sale, left)) = sales.get(place).copied() else {
                return;
            };
            let amount = (left * tenths / 10).max(1).min(left);
            if left == 0 {
                return;
            }
            let who = of(pair, if merged { by_b } else { is_b });
            let of = RefundOf::Amount(Money::from_minor(amount));
            pair.refund(who, sale, of).unwrap();
            sales[place].2 -= amount;
        }
        Step::Redeem(is_b, count) => {
            let number = format!("u{}", pair.keys);
            let account = of(pair, is_b);
            let redeem = Redeem {
                account,
                receipt: receipt(&number),
                points: points(count),
                payable: Money::from_minor(1_000_000),
            };
            let _may_be_too_few: Result<Receipt, Refusal> = pair.run(redeem);
        }
        Step::Adjust(is_b, count) => {
            let adjust = Adjust {
                account: of(pair, is_b),
                points: count,
                reason: "goodwill".to_owned(),
                actor: "staff-1".to_owned(),
                approved_by: None,
            };
            let _may_be_too_few: Result<Receipt, Refusal> = pair.run(adjust);
        }
        Step::Wait(days) => {
            let later = pair.shop.engine().now().plus_days(days);
            pair.shop.bench.clock.follow(later);
        }
    }
}

const RULES: [&[(&str, &str)]; 3] = [
    &[("from = \"5000.00\"", "from = \"1000000.00\"")],
    &[
        ("from = \"5000.00\"", "from = \"1000000.00\""),
        ("per = \"1.00\"", "per = \"50.00\""),
    ],
    &[
        ("from = \"5000.00\"", "from = \"1000000.00\""),
        ("points = 1\nper = \"1.00\"", "points = 5\nper = \"7.00\""),
    ],
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_before_between_and_after_everything_adds_up(
        rule in 0_usize..3,
        before in steps(true),
        between in steps(true),
        after in steps(true),
    ) {
        let mut pair = Pair::of(RULES[rule]);
        let mut sales = Sales::new();
        for step in before {
            take(&mut pair, step, &mut sales, false);
        }
        pair.check("before");
        let net = pair.net();
        let merged = pair.merge();
        pair.check("merged");
        prop_assert_eq!(pair.net(), net + merged.made.count());
        for step in between {
            take(&mut pair, step, &mut sales, true);
            pair.check("between");
        }
        let net = pair.net();
        let undone = pair.unmerge().unwrap();
        pair.check("undone");
        prop_assert_eq!(pair.net(), net - undone.taken.count() + undone.loss.count());
        for step in after {
            take(&mut pair, step, &mut sales, false);
            pair.check("after");
        }
    }

    #[test]
    fn sales_and_refunds_come_to_what_two_accounts_that_never_were_merged_come_to(
        rule in 0_usize..3,
        before in steps(false),
        between in steps(false),
    ) {
        let (mut pair, mut twin) = (Pair::of(RULES[rule]), Pair::of(RULES[rule]));
        let (mut sales, mut of_twin) = (Sales::new(), Sales::new());
        for step in before {
            take(&mut pair, step, &mut sales, false);
            take(&mut twin, step, &mut of_twin, false);
        }
        pair.merge();
        for step in between {
            take(&mut pair, step, &mut sales, true);
            take(&mut twin, step, &mut of_twin, false);
        }
        let undone = pair.unmerge().unwrap();
        for (who, other) in [(&pair.a, &twin.a), (&pair.b, &twin.b)] {
            let (is, should) = (pair.statement(who.account), twin.statement(other.account));
            prop_assert_eq!(is.carries, should.carries);
            prop_assert_eq!(is.qualifying_spend, should.qualifying_spend);
            prop_assert_eq!(is.tier, should.tier);
        }
        prop_assert_eq!(pair.net(), twin.net() + undone.loss.count());
    }

    #[test]
    fn merged_and_undone_at_once_both_are_as_before(
        rule in 0_usize..3,
        before in steps(true),
    ) {
        let mut pair = Pair::of(RULES[rule]);
        let mut sales = Sales::new();
        for step in before {
            take(&mut pair, step, &mut sales, false);
        }
        let whole = |pair: &Pair| [pair.a.account, pair.b.account].map(|who| {
            let mut statement = pair.statement(who);
            statement.totals.earned = Points::ZERO;
            statement.totals.clawed_back = Points::ZERO;
            statement
        });
        let stood = whole(&pair);
        let merged = pair.merge();
        let undone = pair.unmerge().unwrap();
        prop_assert_eq!(undone.taken, merged.made);
        prop_assert_eq!(whole(&pair), stood);
    }
}
