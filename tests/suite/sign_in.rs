//! Card and PIN: the gift comes once, guesses run out, and nothing tells a stranger which of the two was wrong.

use jifen::domain::ids::AccountId;
use jifen::domain::refusal::Refusal;
use jifen::vault::keybox::TokenHash;
use jifen_tests::people::{Form, PIN, Person, Shop, at_once};
use jifen_tests::wishes::numbered;

const WRONG: &str = "731946";

fn shop() -> (Shop, Person) {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    (shop, anna)
}

fn balance(shop: &Shop, account: AccountId) -> i64 {
    shop.engine().balance(account).unwrap().balance.count()
}

/// What the attempt came to, in a word.
fn attempt(shop: &Shop, person: &Person, pin: &str) -> &'static str {
    match shop.engine().sign_in(&person.card, pin, "kiosk-1") {
        Ok(_) => "in",
        Err(refusal) => refusal.code(),
    }
}

/// PTS-01.
#[test]
fn the_gift_comes_with_the_first_log_in_and_never_again() {
    let (shop, anna) = shop();
    assert_eq!(balance(&shop, anna.account), 0);
    assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
    assert_eq!(balance(&shop, anna.account), 0);
    for time in 1..=10 {
        let signed_in = shop.engine().sign_in(&anna.card, PIN, "kiosk-1").unwrap();
        assert_eq!(signed_in.member, anna.member);
        assert_eq!(signed_in.is_first, time == 1);
        assert_eq!(signed_in.gift.count(), if time == 1 { 100 } else { 0 });
        assert_eq!(balance(&shop, anna.account), 100, "after log-in {time}");
    }
    let shop = shop.reopened(2);
    assert!(
        !shop
            .engine()
            .sign_in(&anna.card, PIN, "kiosk-1")
            .unwrap()
            .is_first
    );
    assert_eq!(balance(&shop, anna.account), 100);
    shop.bench.assert_verified("eleven log-ins");
}

#[test]
fn first_log_ins_at_once_bring_one_gift() {
    let (shop, anna) = shop();
    let answers = at_once(4, |_| shop.engine().sign_in(&anna.card, PIN, "kiosk-1"));
    let firsts = answers.iter().filter(|it| it.as_ref().unwrap().is_first);
    assert_eq!(firsts.count(), 1);
    assert_eq!(balance(&shop, anna.account), 100);
    shop.bench.assert_verified("four log-ins at once");
}

/// MEM-08.
#[test]
fn of_two_hundred_guesses_at_once_five_are_compared() {
    let (shop, anna) = shop();
    let bo = shop.join(&numbered(2), &Form::of(2));
    // Each at a kiosk of its own: wrong attempts are counted for each kiosk too.
    let answers = at_once(200, |number| {
        let kiosk = format!("kiosk-{number}");
        shop.engine().sign_in(&anna.card, WRONG, &kiosk)
    });
    let count = |wanted: fn(&Refusal) -> bool| {
        let refused = answers.iter().map(|answer| answer.as_ref().unwrap_err());
        refused.filter(|refusal| wanted(refusal)).count()
    };
    let failed = count(|it| matches!(it, Refusal::SignInFailed));
    let locked = count(|it| matches!(it, Refusal::SignInLocked { seconds: 30 }));
    assert_eq!((failed, locked), (5, 195));

    // The right PIN waits as long as any other, and nobody else waits at all.
    assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
    assert_eq!(attempt(&shop, &bo, PIN), "in");
    shop.wait(29_999);
    assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
    assert_eq!(balance(&shop, anna.account), 0);
    shop.wait(1);
    assert_eq!(attempt(&shop, &anna, PIN), "in");

    // The success took the wrong ones back: five are free again.
    for _ in 0..5 {
        assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
    }
    assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
}

#[test]
fn each_further_guess_waits_twice_as_long() {
    let (shop, anna) = shop();
    for _ in 0..5 {
        assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
    }
    for seconds in [30, 60, 120, 240] {
        let locked = shop
            .engine()
            .sign_in(&anna.card, PIN, "kiosk-1")
            .unwrap_err();
        assert_eq!(locked, Refusal::SignInLocked { seconds });
        shop.wait(seconds * 1_000 - 1);
        assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
        shop.wait(1);
        assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
    }
}

#[test]
fn a_restart_forgets_no_guess() {
    let (mut shop, anna) = shop();
    for time in 0..5 {
        assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
        shop = shop.reopened(2 + time);
    }
    assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
    let shop = shop.reopened(10);
    assert_eq!(attempt(&shop, &anna, PIN), "sign_in_locked");
    shop.wait(30_000);
    assert_eq!(attempt(&shop, &anna, PIN), "in");
}

#[test]
fn an_unknown_card_and_a_wrong_pin_hear_the_same_and_write_nothing_of_the_card() {
    let (shop, anna) = shop();
    let lost = shop.join(&numbered(2), &Form::of(2));
    let hash = TokenHash::of(&lost.card);
    shop.keys.keybox().revoke_token(&hash).unwrap();
    let stranger = shop.engine().draw_card().digits();

    let wrong = shop
        .engine()
        .sign_in(&anna.card, WRONG, "kiosk-1")
        .unwrap_err();
    let before = shop.rows();
    for card in [
        stranger.as_str(),
        &lost.card,
        "",
        "12345",
        "990000000000000000",
    ] {
        let refused = shop.engine().sign_in(card, PIN, "kiosk-1").unwrap_err();
        assert_eq!(refused, wrong, "{card}");
        assert_eq!((refused.zh(), refused.en()), (wrong.zh(), wrong.en()));
    }
    assert_eq!(shop.rows(), before);
    // Guesses at cards that nobody has lock nobody out.
    assert_eq!(attempt(&shop, &anna, PIN), "in");
}

/// SEC-04: what can be seen of it from outside is that each PIN opens its own account alone.
#[test]
fn a_pin_opens_its_own_account_alone() {
    let (shop, anna) = shop();
    let form = Form {
        pin: WRONG.to_owned(),
        ..Form::of(2)
    };
    let bo = shop.join(&numbered(2), &form);
    assert_eq!(attempt(&shop, &anna, WRONG), "sign_in_failed");
    assert_eq!(attempt(&shop, &bo, PIN), "sign_in_failed");
    assert_eq!(attempt(&shop, &bo, WRONG), "in");
    for pin in ["", " ", "20495", "204957 8"] {
        assert_eq!(attempt(&shop, &anna, pin), "sign_in_failed", "{pin:?}");
        assert_eq!(attempt(&shop, &anna, PIN), "in");
    }
    // Full-width digits are digits.
    assert_eq!(attempt(&shop, &anna, "２０４９５７"), "in");
}
