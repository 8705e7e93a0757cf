//! Live codes, sector tokens, and what becomes of a till where too many wrong codes are tried (privacy §5).

use std::collections::BTreeSet;

use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::commit::{IdempotencyKey, Sender};
use jifen::engine::erase::By;
use jifen::engine::tokens::{Known, Role};
use jifen::vault::keybox::TokenHash;
use jifen::vault::tokens::SectorToken;
use jifen_tests::people::{Form, PIN, Person, Shop, at_once, counts, sale_to};
use jifen_tests::wishes::{noon, numbered};

const STEP: i64 = 30_000;

fn shop() -> (Shop, Person) {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1_001), &Form::of(1));
    (shop, anna)
}

fn live(shop: &Shop, who: &Person) -> String {
    let shown = shop.engine().live_code(who.member).unwrap();
    assert!(shop.bench.engine.now() < shown.valid_until);
    shown.code.digits()
}

/// A key of this till.
fn at(till: &str, number: u64) -> IdempotencyKey {
    IdempotencyKey {
        terminal: till.to_owned(),
        ..numbered(number)
    }
}

fn identify(shop: &Shop, till: &str, number: u64, code: &str) -> Result<Known, Refusal> {
    let sender = Sender::from(&at(till, number));
    shop.engine().identify(&sender, code)
}

#[track_caller]
fn unknown<T: core::fmt::Debug>(answer: Result<T, Refusal>) {
    assert_eq!(answer.unwrap_err(), Refusal::TokenUnknown);
}

#[test]
fn a_live_code_allows_everything_and_counts_for_its_step_and_one_on_either_side() {
    for (waits, counts) in [
        (0, true),
        (STEP - 1, true),
        (STEP, true),
        (2 * STEP - 1, true),
        (2 * STEP, false),
        (100 * STEP, false),
    ] {
        let (shop, anna) = shop();
        let code = live(&shop, &anna);
        assert_eq!(code.len(), 18);
        shop.wait(waits);
        let known = identify(&shop, "till-1", 1, &code);
        if counts {
            let known = known.unwrap();
            assert_eq!(known.role, Role::All, "{waits}");
            assert!(known.may_redeem && known.balance.is_some());
            assert_eq!(known.sector_token, None);
            let token = known.token.text();
            shop.sell(&numbered(2), &token, "1", &[]).unwrap();
        } else {
            unknown(known);
        }
        shop.bench.assert_verified("a live code");
    }

    // One step ahead of the clock: the code of a screen whose step was used already.
    let (shop, anna) = shop();
    let first = live(&shop, &anna);
    assert_eq!(live(&shop, &anna), first);
    identify(&shop, "till-1", 1, &first).unwrap();
    let ahead = live(&shop, &anna);
    assert_ne!(ahead, first);
    identify(&shop, "till-1", 2, &ahead).unwrap();
    // Two steps ahead there is nothing yet.
    let later = live(&shop, &anna);
    unknown(identify(&shop, "till-1", 3, &later));
    shop.wait(STEP);
    identify(&shop, "till-1", 4, &later).unwrap();
}

#[test]
fn of_a_hundred_who_scan_one_live_code_one_is_answered() {
    let (shop, anna) = shop();
    let code = live(&shop, &anna);
    let answers = at_once(100, |number| {
        identify(&shop, &format!("till-{number}"), number, &code)
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for refused in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(*refused, Refusal::TokenUnknown);
    }
    assert_eq!(shop.rows()["tokens"].len(), 1);
    shop.bench.assert_verified("a hundred tills");
}

#[test]
fn of_a_hundred_who_ask_for_the_first_live_code_all_see_the_same() {
    let (shop, anna) = shop();
    let codes = at_once(100, |_| live(&shop, &anna));
    let codes: BTreeSet<_> = codes.into_iter().collect();
    assert_eq!((codes.len(), shop.rows()["live_codes"].len()), (1, 1));
    let acts = shop.engine().audit_size().unwrap();
    live(&shop, &anna);
    assert_eq!(shop.engine().audit_size().unwrap(), acts);
}

#[test]
fn a_retry_of_a_live_code_gets_its_token_again_and_its_key_is_for_nothing_else() {
    let (shop, anna) = shop();
    let bo = shop.join(&numbered(1_002), &Form::of(2));
    let code = live(&shop, &anna);
    let first = identify(&shop, "till-1", 1, &code).unwrap();
    shop.wait(600_000);
    for shop in [&shop, &shop.reopened(2)] {
        let again = identify(shop, "till-1", 1, &code).unwrap();
        assert_eq!((again.token, again.role), (first.token.clone(), Role::All));
    }
    for other in [live(&shop, &anna), live(&shop, &bo)] {
        let refused = identify(&shop, "till-1", 1, &other);
        assert_eq!(refused.unwrap_err(), Refusal::KeyReused);
        identify(
            &shop,
            "till-1",
            2 + u64::from(other == live(&shop, &bo)),
            &other,
        )
        .unwrap();
    }
    unknown(identify(&shop, "till-2", 1, &code));
}

#[test]
fn a_code_of_a_step_that_began_before_the_process_is_refused_and_the_next_is_taken() {
    let (shop, anna) = shop();
    let before = live(&shop, &anna);
    shop.wait(1);
    let again = shop.reopened(2);
    unknown(identify(&again, "till-1", 1, &before));
    // The screen knows, and shows one that is taken at once.
    let next = live(&again, &anna);
    assert_ne!(next, before);
    assert_eq!(
        identify(&again, "till-1", 2, &next).unwrap().role,
        Role::All
    );

    // A process that begins with the step takes its codes, and those of no step before.
    let (shop, anna) = self::shop();
    let before = live(&shop, &anna);
    shop.wait(STEP);
    let of_step = live(&shop, &anna);
    let again = shop.reopened(2);
    unknown(identify(&again, "till-1", 1, &before));
    identify(&again, "till-1", 2, &of_step).unwrap();
}

#[test]
fn a_sale_that_was_kept_earns_with_the_code_of_its_moment_however_long_ago_that_is() {
    let (shop, anna) = shop();
    let code = live(&shop, &anna);
    // It was used, too.
    identify(&shop, "till-1", 1, &code).unwrap();
    shop.wait(20 * 24 * 3_600_000);
    let again = shop.reopened(2);
    for (off, counts) in [
        (-STEP - 1, false),
        (-STEP, true),
        (0, true),
        (2 * STEP - 1, true),
        (2 * STEP, false),
        (20 * 24 * 3_600_000, false),
    ] {
        let till = format!("till-{off}");
        let scanned_at = noon().plus_millis(off);
        let holder = again.engine().holder_of_code(&till, &code, scanned_at);
        if !counts {
            unknown(holder);
            continue;
        }
        let holder = holder.unwrap();
        assert_eq!((holder.account, holder.role), (anna.account, Role::Earn));
        assert!(!holder.may_hold);
        // The till's receipt makes it count once.
        let sale = sale_to(&holder, "1", &[]);
        let sold = again.engine().run(&numbered(7), sale).unwrap();
        assert_eq!(sold.repeated, off != -STEP);
    }
    again.bench.assert_verified("a kept sale");
}

#[test]
fn a_renewed_live_code_leaves_the_old_one_worth_nothing() {
    let (shop, anna) = shop();
    // Where there is none, nothing is drawn.
    shop.engine().renew_live(anna.member).unwrap();
    assert!(shop.rows()["live_codes"].is_empty());
    let old = live(&shop, &anna);
    let before = shop.rows();
    shop.engine().renew_live(anna.member).unwrap();
    let new = live(&shop, &anna);
    assert_ne!(old[3..11], new[3..11], "the alias is another one");
    assert_ne!(before["live_codes"], shop.rows()["live_codes"]);
    unknown(identify(&shop, "till-1", 1, &old));
    let kept = shop.engine().holder_of_code("till-1", &old, noon());
    unknown(kept.map(|_| ()));
    identify(&shop, "till-1", 2, &new).unwrap();
    // An alias that was given out is never given out again.
    let hash = TokenHash::of(&old[3..11]);
    assert!(shop.keys.keybox().is_taken(&hash));
    shop.bench.assert_verified("renewed");
}

#[test]
fn erasing_a_member_leaves_neither_rows_nor_aliases_nor_sector_tokens() {
    let (shop, anna) = shop();
    let bo = shop.join(&numbered(1_002), &Form::of(2));
    shop.engine().add_terminal_of("pharmacy", Some(7)).unwrap();
    for who in [&anna, &bo] {
        shop.engine().join_sector(who.member, 7, "kiosk-1").unwrap();
    }
    let (code, of_bo) = (live(&shop, &anna), live(&shop, &bo));
    let in_sector = identify(&shop, "pharmacy", 1, &anna.card).unwrap();
    let in_sector = in_sector.sector_token.unwrap().text();
    let tables = |shop: &Shop| {
        let counts = counts(&shop.rows());
        (counts["live_codes"], counts["sectors"])
    };
    assert_eq!(tables(&shop), (2, 2));
    let by = By::Member { device: "kiosk-1" };
    let erased = shop
        .engine()
        .erase(&numbered(9), anna.member, by, Points::ZERO);
    erased.unwrap();
    assert_eq!(tables(&shop), (1, 1));
    let keybox = shop.keys.keybox();
    for token in [&code[3..11], &in_sector] {
        assert!(!keybox.is_taken(&TokenHash::of(token)), "{token}");
    }
    unknown(identify(&shop, "pharmacy", 2, &code));
    unknown(identify(&shop, "pharmacy", 3, &in_sector));
    unknown(shop.engine().live_code(anna.member));
    unknown(shop.engine().sectors(anna.member));
    identify(&shop, "pharmacy", 4, &of_bo).unwrap();
    shop.bench.assert_verified("erased");
}

#[test]
fn two_sectors_know_a_member_by_tokens_that_have_nothing_to_do_with_each_other() {
    let (shop, anna) = shop();
    let engine = shop.engine();
    for (till, sector) in [
        ("a-1", Some(1)),
        ("a-2", Some(1)),
        ("b-1", Some(2)),
        ("c", None),
    ] {
        engine.add_terminal_of(till, sector).unwrap();
    }
    let own = |till: &str, number: u64| {
        let known = identify(&shop, till, number, &anna.card).unwrap();
        known.sector_token.as_ref().map(SectorToken::text)
    };
    // Nobody is known anywhere who has not said yes.
    for (till, number) in ["a-1", "a-2", "b-1", "c", "nobody"].iter().zip(10..) {
        assert_eq!(own(till, number), None, "{till}");
    }
    let joined = engine.join_sector(anna.member, 3, "kiosk-1");
    assert_eq!(joined, Err(Refusal::SectorUnknown));
    let acts = engine.audit_size().unwrap();
    for sector in [1, 2, 1] {
        engine.join_sector(anna.member, sector, "kiosk-1").unwrap();
    }
    assert_eq!(engine.audit_size().unwrap(), acts + 2, "an act for each");

    let of_a = own("a-1", 20).unwrap();
    let of_b = own("b-1", 21).unwrap();
    assert_eq!(own("a-2", 22).as_ref(), Some(&of_a));
    assert_eq!((own("c", 23), own("nobody", 24)), (None, None));
    assert_ne!(of_a, of_b);
    assert!(!of_a.is_empty() && of_a.starts_with("jsc_"));

    // A token leads to its member in its own sector, to earn, and is nothing anywhere else.
    let known = identify(&shop, "a-2", 30, &of_a).unwrap();
    assert_eq!((known.role, known.balance.is_none()), (Role::Earn, true));
    let token = known.token.text();
    let holder = engine.holder(&token).unwrap();
    assert_eq!(holder.account, anna.account);
    for (till, token) in [
        ("b-1", &of_a),
        ("c", &of_a),
        ("nobody", &of_a),
        ("a-1", &of_b),
    ] {
        unknown(identify(&shop, till, 31, token));
    }
    let kept = engine.holder_of_code("a-1", &of_a, noon());
    unknown(kept.map(|_| ()));
    engine.revoke_terminal("b-1").unwrap();
    assert_eq!(own("b-1", 32), None);
    unknown(identify(&shop, "b-1", 33, &of_b));

    // Taken back, it is nothing in its own sector either, after a restart too; another yes is another token.
    for _ in 0..2 {
        engine.leave_sector(anna.member, 1, "kiosk-1").unwrap();
    }
    assert_eq!(engine.audit_size().unwrap(), acts + 4);
    assert_eq!(own("a-1", 40), None);
    for shop in [&shop, &shop.reopened(2)] {
        unknown(identify(shop, "a-1", 41, &of_a));
    }
    let sectors: Vec<_> = engine.sectors(anna.member).unwrap();
    let shown: Vec<_> = sectors
        .iter()
        .map(|it| (it.sector, it.since.is_some()))
        .collect();
    assert_eq!(shown, [(1, false), (2, true)]);
    engine.join_sector(anna.member, 1, "kiosk-1").unwrap();
    let again = own("a-1", 42).unwrap();
    assert_ne!(again, of_a);
    unknown(identify(&shop, "a-1", 43, &of_a));
    shop.bench.assert_verified("sectors");
}

#[test]
fn of_a_hundred_who_join_a_sector_for_one_member_one_token_is_kept() {
    let (shop, anna) = shop();
    shop.engine().add_terminal_of("a-1", Some(1)).unwrap();
    let acts = shop.engine().audit_size().unwrap();
    let joined = at_once(100, |_| {
        shop.engine().join_sector(anna.member, 1, "kiosk-1")
    });
    assert!(joined.iter().all(Result::is_ok));
    assert_eq!(shop.engine().audit_size().unwrap(), acts + 1);
    let known = identify(&shop, "a-1", 1, &anna.card).unwrap();
    let token = known.sector_token.unwrap().text();
    identify(&shop, "a-1", 2, &token).unwrap();
}

/// What a till hears of a code.
fn heard(shop: &Shop, till: &str, number: u64, code: &str) -> String {
    match identify(shop, till, number, code) {
        Ok(_) => "in".to_owned(),
        Err(Refusal::SlowDown { seconds }) => format!("wait {seconds}"),
        Err(refusal) => refusal.code().to_owned(),
    }
}

#[test]
fn a_till_with_too_many_wrong_codes_waits_and_learns_nothing_meanwhile() {
    let (shop, anna) = shop();
    let token = identify(&shop, "till-1", 1, &anna.card)
        .unwrap()
        .token
        .text();
    let wrong = shop.engine().draw_card().digits();
    let mut number = 10;
    let mut say = |till: &str, code: &str| {
        number += 1;
        heard(&shop, till, number, code)
    };
    for _ in 0..50 {
        assert_eq!(
            say("till-1", &anna.card),
            "in",
            "what is right never counts"
        );
    }
    for _ in 0..9 {
        assert_eq!(say("till-1", &wrong), "token_unknown");
    }
    assert_eq!(say("till-1", &anna.card), "in");
    // A kept sale with a wrong code counts with the others.
    let kept = shop.engine().holder_of_code("till-1", &wrong, noon());
    unknown(kept.map(|_| ()));
    for code in [&*anna.card, &wrong, &live(&shop, &anna), "", "王小明"] {
        assert_eq!(say("till-1", code), "wait 60", "{code}");
        let kept = shop.engine().holder_of_code("till-1", code, noon());
        assert_eq!(kept.unwrap_err(), Refusal::SlowDown { seconds: 60 });
    }
    // Nobody else waits, and a sale that has its token goes on.
    assert_eq!(say("till-2", &anna.card), "in");
    shop.sell(&at("till-1", 2), &token, "1", &[]).unwrap();
    let in_again = shop.engine().sign_in(&anna.card, PIN, "kiosk-1");
    in_again.unwrap();

    shop.wait(59_999);
    assert_eq!(say("till-1", &anna.card), "wait 1");
    shop.wait(1);
    assert_eq!(say("till-1", &anna.card), "in");
    for _ in 0..10 {
        assert_eq!(say("till-1", &wrong), "token_unknown");
    }
    assert_eq!(say("till-1", &anna.card), "wait 120");
}

#[test]
fn a_kiosk_with_too_many_strangers_waits_and_no_member_is_locked() {
    let (shop, anna) = shop();
    let stranger = shop.engine().draw_card().digits();
    let sign_in = |card: &str, pin: &str, kiosk: &str| {
        let answer = shop.engine().sign_in(card, pin, kiosk);
        answer.map_or_else(|no| no.code(), |_| "in")
    };
    for _ in 0..8 {
        assert_eq!(sign_in(&stranger, PIN, "kiosk-1"), "sign_in_failed");
    }
    assert_eq!(sign_in(&anna.card, PIN, "kiosk-1"), "in");
    for _ in 0..2 {
        assert_eq!(sign_in(&anna.card, "731946", "kiosk-1"), "sign_in_failed");
    }
    for (card, pin) in [(&anna.card, PIN), (&stranger, PIN), (&anna.card, "731946")] {
        assert_eq!(sign_in(card, pin, "kiosk-1"), "slow_down");
    }
    assert_eq!(sign_in(&anna.card, PIN, "kiosk-2"), "in");
    shop.wait(60_000);
    assert_eq!(sign_in(&anna.card, PIN, "kiosk-1"), "in");
}
