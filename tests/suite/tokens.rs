//! What a till holds in place of a member: a card earns, a code shown also spends, each token is for one sale and its
//! refunds, and every "no" about one reads the same.

use std::collections::BTreeSet;

use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::adjust::{Adjust, Sanction};
use jifen::engine::receipt::{Answer, Receipt};
use jifen::engine::refund::TakeRefund;
use jifen::engine::tokens::Role;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::vault::keybox::TokenHash;
use jifen_tests::people::{Form, Person, Shop, at_once, sale_to};
use jifen_tests::wishes::{noon, numbered, receipt};

/// A shop and a member with a thousand points.
fn shop() -> (Shop, Person) {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1_001), &Form::of(1));
    let adjust = Adjust {
        account: anna.account,
        points: 1_000,
        reason: "goodwill".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    };
    shop.engine().run(&numbered(1_002), adjust).unwrap();
    (shop, anna)
}

/// A token of the member's card.
fn of_card(shop: &Shop, key: u64, person: &Person) -> String {
    let known = shop.identify(&numbered(key), &person.card).unwrap();
    assert_eq!((known.role, known.balance.is_none()), (Role::Earn, true));
    assert!(known.may_earn && !known.may_redeem);
    known.token.text()
}

fn is_unknown(shop: &Shop, token: &str) -> bool {
    match shop.engine().holder(token) {
        Ok(_) => false,
        Err(refusal) => {
            assert_eq!(refusal, Refusal::TokenUnknown);
            true
        }
    }
}

fn refund(shop: &Shop, key: u64, token: &str, number: &str) -> Result<Answer, Refusal> {
    let holder = shop.engine().holder(token)?;
    let back = TakeRefund {
        account: holder.account,
        receipt: receipt(number),
        sale: holder.sale.ok_or(Refusal::SaleUnknown)?,
        lines: vec![RefundLine {
            line: 1,
            of: RefundOf::Amount(Money::from_minor(5_000)),
        }],
    };
    shop.engine().run(&numbered(key), back)
}

#[test]
fn a_card_uses_no_points_and_a_typed_code_does() {
    let (shop, anna) = shop();
    let card = of_card(&shop, 1, &anna);
    let refused = shop.hold(&numbered(2), &card, 100);
    assert_eq!(refused, Err(Refusal::CodeNeeded));

    let shown = shop.shown(&numbered(3), &anna);
    let hold = shop.hold(&numbered(4), &shown, 100).unwrap();
    // The hold is open, and a card's token does not use it; nor does the card itself.
    let before = shop.rows();
    let refused = shop.sell(&numbered(5), &card, "s1", &[hold]);
    assert_eq!(refused.unwrap_err(), Refusal::CodeNeeded);
    let by_card = shop
        .engine()
        .holder_of_code("till-1", &anna.card, noon())
        .unwrap();
    let late = shop
        .engine()
        .run(&numbered(6), sale_to(&by_card, "s2", &[hold]));
    assert_eq!(late.unwrap_err(), Refusal::CodeNeeded);
    assert_eq!(shop.rows()["sales"], before["sales"]);

    let done = shop.sell(&numbered(7), &shown, "s1", &[hold]).unwrap();
    assert!(matches!(done.receipt, Receipt::Sold(sold) if sold.used.count() == 100));
    // The card's token is as good as before for a sale of its own.
    let done = shop.sell(&numbered(8), &card, "s2", &[]).unwrap();
    assert!(matches!(done.receipt, Receipt::Sold(sold) if sold.earned.count() == 200));
    shop.bench.assert_verified("cards and codes");
}

#[test]
fn a_typed_code_works_once_and_for_two_minutes_and_kills_the_one_before() {
    let (shop, anna) = shop();
    let engine = shop.engine();
    let unknown = |key, code: &str| {
        let refused = shop.identify(&numbered(key), code);
        assert_eq!(refused.unwrap_err(), Refusal::TokenUnknown);
    };

    let (code, _) = engine.typed_code(anna.member).unwrap();
    let known = shop.identify(&numbered(1), &code.grouped()).unwrap();
    assert_eq!((known.role, known.may_redeem), (Role::All, true));
    assert_eq!(
        known.balance.unwrap().available,
        Points::new(1_000).unwrap()
    );
    unknown(2, &code.digits());

    let (code, until) = engine.typed_code(anna.member).unwrap();
    assert_eq!(until, engine.now().plus_millis(120_000));
    shop.wait(119_999);
    assert!(shop.identify(&numbered(3), &code.digits()).is_ok());
    let (code, _) = engine.typed_code(anna.member).unwrap();
    shop.wait(120_000);
    unknown(4, &code.digits());

    let (old, _) = engine.typed_code(anna.member).unwrap();
    let (new, _) = engine.typed_code(anna.member).unwrap();
    unknown(5, &old.digits());
    assert!(shop.identify(&numbered(6), &new.digits()).is_ok());

    // In memory only: after a restart it is unknown.
    let (code, _) = engine.typed_code(anna.member).unwrap();
    let again = shop.reopened(2);
    let refused = again.identify(&numbered(7), &code.digits());
    assert_eq!(refused.unwrap_err(), Refusal::TokenUnknown);
    shop.bench.assert_verified("typed codes");
}

#[test]
fn codes_of_two_members_live_side_by_side() {
    let (shop, anna) = shop();
    let bo = shop.join(&numbered(1), &Form::of(2));
    let codes = [&anna, &bo].map(|who| shop.engine().typed_code(who.member).unwrap().0);
    for ((code, who), key) in codes.iter().zip([&anna, &bo]).zip(2..) {
        let known = shop.identify(&numbered(key), &code.digits()).unwrap();
        let holder = shop.engine().holder(&known.token.text()).unwrap();
        assert_eq!(holder.account, who.account);
    }
}

#[test]
fn of_a_hundred_who_type_one_code_one_is_answered() {
    let (shop, anna) = shop();
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    let answers = at_once(100, |number| {
        let mut key = numbered(number);
        // Each at a till of its own: wrong codes are counted for each till.
        key.terminal = format!("till-{number}");
        shop.identify(&key, &code.digits())
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(*refused, Refusal::TokenUnknown);
    }
    assert_eq!(shop.rows()["tokens"].len(), 1);
    shop.bench.assert_verified("a hundred tills");
}

#[test]
fn a_retry_of_a_typed_code_gets_its_token_again() {
    let (shop, anna) = shop();
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    let first = shop.identify(&numbered(1), &code.digits()).unwrap();
    shop.wait(600_000);
    let written = shop.rows();
    for shop in [&shop, &shop.reopened(2)] {
        let again = shop.identify(&numbered(1), &code.digits()).unwrap();
        assert_eq!((again.token, again.role), (first.token.clone(), Role::All));
    }
    assert_eq!(shop.rows(), written);
    // Another till's key is another key.
    let mut other = numbered(1);
    other.terminal = "till-2".to_owned();
    let refused = shop.identify(&other, &code.digits());
    assert_eq!(refused.unwrap_err(), Refusal::TokenUnknown);
}

/// A key that was used for one code is not answered with somebody else's token.
#[test]
fn a_key_of_one_code_does_not_answer_for_another() {
    let (shop, anna) = shop();
    let bo = shop.join(&numbered(1), &Form::of(2));
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    shop.identify(&numbered(2), &code.digits()).unwrap();
    let (code, _) = shop.engine().typed_code(bo.member).unwrap();
    let refused = shop.identify(&numbered(2), &code.digits());
    assert_eq!(refused.unwrap_err(), Refusal::KeyReused);
    // The code was not used up by it.
    let known = shop.identify(&numbered(3), &code.digits()).unwrap();
    let holder = shop.engine().holder(&known.token.text()).unwrap();
    assert_eq!(holder.account, bo.account);
}

#[test]
fn no_two_sale_tokens_are_alike() {
    let (shop, anna) = shop();
    let mut seen = BTreeSet::new();
    for key in 0..200 {
        let token = if key % 2 == 0 {
            of_card(&shop, key, &anna)
        } else {
            shop.shown(&numbered(key), &anna)
        };
        assert!(token.starts_with("jst_") && token.len() == 26);
        assert!(!token.contains(&anna.card));
        assert!(seen.insert(token));
    }
}

#[test]
fn a_token_is_for_one_sale_and_its_refunds() {
    let (shop, anna) = shop();
    let tokens = [of_card(&shop, 1, &anna), shop.shown(&numbered(2), &anna)];
    for (token, key) in tokens.iter().zip([10, 20]) {
        let slip = |number: u64| format!("s{}", key + number);
        let first = shop.sell(&numbered(key), token, &slip(1), &[]).unwrap();
        let second = shop.sell(&numbered(key + 1), token, &slip(2), &[]);
        assert_eq!(second.unwrap_err(), Refusal::TokenUnknown);
        // The sale itself again, and its refunds, for as long as they may come.
        let again = shop.sell(&numbered(key), token, &slip(1), &[]).unwrap();
        assert!(again.repeated && again.receipt == first.receipt);
        shop.wait(86_400_000);
        for part in [3, 4] {
            let back = refund(&shop, key + part, token, &slip(part)).unwrap();
            assert!(matches!(back.receipt, Receipt::Refunded(it) if it.clawback.count() == 50));
        }
        assert_eq!(shop.rows()["sales"].len() as u64, key / 10);
    }
    shop.bench.assert_verified("a sale and its refunds");
}

#[test]
fn of_two_sales_at_once_under_one_token_one_is_taken() {
    let (shop, anna) = shop();
    for round in 0..20 {
        let token = of_card(&shop, round * 10, &anna);
        let answers = at_once(2, |till| {
            let number = round * 10 + till + 1;
            shop.sell(&numbered(number), &token, &format!("s{number}"), &[])
        });
        let refused: Vec<_> = answers.iter().filter_map(|it| it.as_ref().err()).collect();
        assert_eq!(refused, [&Refusal::TokenUnknown], "round {round}");
    }
    assert_eq!(shop.rows()["sales"].len(), 20);
    shop.bench.assert_verified("two sales under one token");
}

/// Semantics 34: how the member was named is no part of the sale.
#[test]
fn a_retry_with_another_token_or_the_card_hears_the_first_answer() {
    let (shop, anna) = shop();
    let token = of_card(&shop, 1, &anna);
    let first = shop.sell(&numbered(2), &token, "s1", &[]).unwrap();
    let written = shop.rows();
    let other = of_card(&shop, 3, &anna);
    let by_other = shop.engine().holder(&other).unwrap();
    let by_card = shop
        .engine()
        .holder_of_code("till-1", &anna.card, noon())
        .unwrap();
    for holder in [by_other, by_card] {
        let sale = sale_to(&holder, "s1", &[]);
        let again = shop.engine().run(&numbered(2), sale).unwrap();
        assert!(again.repeated && again.receipt == first.receipt);
    }
    assert_eq!(shop.rows(), written);
    // Under another key the slip says that it is the same sale.
    let again = shop.sell(&numbered(4), &other, "s1", &[]).unwrap();
    assert!(again.repeated && again.receipt == first.receipt);
    // Somebody else's token with that key is not.
    let bo = shop.join(&numbered(5), &Form::of(2));
    let strange = of_card(&shop, 6, &bo);
    let refused = shop.sell(&numbered(2), &strange, "s1", &[]);
    assert_eq!(refused.unwrap_err(), Refusal::KeyReused);
    shop.bench.assert_verified("retries with other tokens");
}

#[test]
fn a_token_waits_half_an_hour_and_only_a_sale_outlives_the_process() {
    let (shop, anna) = shop();
    let (sold, waiting) = (of_card(&shop, 1, &anna), of_card(&shop, 2, &anna));
    let shown = shop.shown(&numbered(3), &anna);
    shop.sell(&numbered(4), &sold, "s1", &[]).unwrap();

    let again = shop.reopened(2);
    assert!(is_unknown(&again, &waiting));
    assert!(again.engine().holder(&sold).unwrap().sale.is_some());
    // A typed code cannot be checked later: its token is kept at once.
    assert!(again.engine().holder(&shown).unwrap().sale.is_none());
    assert!(again.sell(&numbered(5), &shown, "s2", &[]).is_ok());
    assert!(refund(&again, 6, &sold, "r1").is_ok());
    again
        .bench
        .assert_verified("a restart between token and sale");

    shop.wait(30 * 60_000 - 1);
    assert!(!is_unknown(&shop, &waiting));
    shop.wait(1);
    assert!(is_unknown(&shop, &waiting));
    assert!(!is_unknown(&shop, &sold));
}

#[test]
fn whatever_is_wrong_with_a_code_the_answer_is_the_same() {
    let (shop, anna) = shop();
    let lost = shop.join(&numbered(1), &Form::of(2));
    let token = of_card(&shop, 2, &anna);
    shop.keys
        .keybox()
        .revoke_token(&TokenHash::of(&lost.card))
        .unwrap();
    let (typed, _) = shop.engine().typed_code(anna.member).unwrap();
    let misread = |digits: &str| {
        let last = digits.bytes().last().unwrap();
        let wrong = char::from(b'0' + (last - b'0' + 1) % 10);
        format!("{}{wrong}", &digits[..digits.len() - 1])
    };
    let codes = [
        misread(&anna.card),
        misread(&typed.digits()),
        shop.engine().draw_card().digits(),
        lost.card.clone(),
        token.clone(),
        String::new(),
        "6221880000000000000".to_owned(),
        format!("991{}", &anna.card[3..]),
        "王小明".to_owned(),
    ];
    let before = shop.rows();
    for (code, key) in codes.iter().zip(10..) {
        let refused = shop.identify(&numbered(key), code).map(|_| ());
        assert_eq!(refused, Err(Refusal::TokenUnknown), "{code}");
        let refused = shop
            .engine()
            .holder_of_code("till-9", code, noon())
            .map(|_| ());
        assert_eq!(refused, Err(Refusal::TokenUnknown), "{code}");
        assert!(*code == token || is_unknown(&shop, code));
    }
    // Codes that were shown a moment ago belong to the moment: a kept sale names its member by the card alone.
    let refused = shop
        .engine()
        .holder_of_code("till-9", &typed.digits(), noon())
        .map(|_| ());
    assert_eq!(refused, Err(Refusal::TokenUnknown));
    for token in [
        token.replace("jst_", "jsc_"),
        token[..25].to_owned(),
        format!("{token}A"),
    ] {
        assert!(is_unknown(&shop, &token));
    }
    assert_eq!(shop.rows(), before);
    assert!(shop.identify(&numbered(30), &typed.digits()).is_ok());
}

#[test]
fn a_suspended_member_is_known_and_allowed_nothing() {
    let (shop, anna) = shop();
    let state = AccountState::Suspended;
    let sanction = Sanction {
        account: anna.account,
        state,
        reason: "untrue data".to_owned(),
        actor: "staff-1".to_owned(),
    };
    shop.engine().run(&numbered(1), sanction).unwrap();
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    for (code, key) in [(&anna.card, 2), (&code.digits(), 3)] {
        let known = shop.identify(&numbered(key), code).unwrap();
        assert!(!known.may_earn && !known.may_redeem);
        let token = known.token.text();
        let sold = shop.sell(&numbered(key + 10), &token, &format!("s{key}"), &[]);
        assert_eq!(sold.unwrap_err(), Refusal::StateForbids { state });
    }
    let token = shop.shown(&numbered(20), &anna);
    let held = shop.hold(&numbered(21), &token, 100);
    assert_eq!(held.unwrap_err(), Refusal::StateForbids { state });
    shop.bench.assert_verified("a suspended member");
}
