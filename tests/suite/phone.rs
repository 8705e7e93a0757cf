//! A phone is verified by a code or by the staff: who waits for it earns and uses no points, who is behind a phone is told
//! to nobody, and a changed phone is another claim (MEM-05, DSR-02, QLT-02).

use std::sync::Arc;

use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::Review;
use jifen::engine::adjust::Sanction;
use jifen::engine::audit::Actor;
use jifen::engine::correct::Correction;
use jifen::policy::grant::{Ask, decide};
use jifen_tests::outbox::{Outbox, digits};
use jifen_tests::people::{Form, PIN, Person, Shop};
use jifen_tests::wishes::numbered;

const HOUR: i64 = 3_600_000;

fn shop(review: Review) -> (Shop, Arc<Outbox>) {
    let shop = Shop::reviewing(review);
    let outbox = Arc::new(Outbox::default());
    shop.engine().keep_messenger(outbox.clone());
    (shop, outbox)
}

fn staff() -> Actor {
    Actor {
        name: "li.lei".to_owned(),
        role: "staff",
        device: "desk-1".to_owned(),
    }
}

/// What became of it, in a word.
fn word<T>(result: Result<T, Refusal>) -> &'static str {
    result.map_or_else(|refusal| refusal.code(), |_| "done")
}

fn state(shop: &Shop, who: &Person) -> AccountState {
    shop.engine().statement(who.account).unwrap().state
}

fn verify(shop: &Shop, card: &str, code: &str) -> &'static str {
    word(shop.engine().verify_phone(card, code, "kiosk-1"))
}

fn leaves(shop: &Shop, act: &str) -> usize {
    let lines = shop.engine().audit_lines(0, usize::MAX).unwrap();
    let named = format!("\"act\":\"{act}\"");
    lines.iter().filter(|line| line.contains(&named)).count()
}

/// A code that is not this one.
fn other_than(code: &str) -> String {
    let last = code.as_bytes()[5];
    let wrong = char::from(b'0' + (last - b'0' + 1) % 10);
    format!("{}{wrong}", &code[..5])
}

/// MEM-05.
#[test]
fn a_pending_member_earns_and_uses_points_once_the_phone_is_verified() {
    for review in [Review::PhoneCode, Review::Staff] {
        let (shop, outbox) = shop(review);
        let anna = shop.join(&numbered(1), &Form::of(1));
        assert_eq!(state(&shop, &anna), AccountState::Pending, "{review:?}");
        shop.engine().sign_in(&anna.card, PIN, "kiosk-1").unwrap();
        let before = shop.engine().balance(anna.account).unwrap().balance;
        let token = shop.shown(&numbered(10), &anna);
        shop.sell(&numbered(11), &token, "1", &[]).unwrap();
        let balance = shop.engine().balance(anna.account).unwrap().balance;
        assert!(before < balance, "{review:?}: a pending member earns");
        let hold = |key: u64| {
            let token = shop.shown(&numbered(key), &anna);
            word(shop.hold(&numbered(key + 1), &token, 100))
        };
        assert_eq!(hold(20), "state_forbids", "{review:?}");

        let verified = if review == Review::PhoneCode {
            shop.engine()
                .verify_phone(&anna.card, &outbox.code(), "kiosk-1")
        } else {
            assert!(outbox.all().is_empty(), "nobody is sent anything");
            shop.engine().verify_phone_by_staff(anna.member, &staff())
        };
        assert_eq!(verified.unwrap().others, 0);
        assert_eq!(state(&shop, &anna), AccountState::Active, "{review:?}");
        assert_eq!(hold(30), "done", "{review:?}");
        assert_eq!(leaves(&shop, "phone_verified"), 1);
        let lines = shop.engine().audit_lines(0, usize::MAX).unwrap().join("\n");
        assert_eq!(lines.contains("li.lei"), review == Review::Staff);
        assert!(!lines.contains("1380000"));
        shop.bench.assert_verified("after a review");
    }
}

#[test]
fn without_a_review_a_phone_is_a_claim_and_its_member_active() {
    let (shop, outbox) = shop(Review::None);
    let anna = shop.join(&numbered(1), &Form::of(1));
    assert_eq!(state(&shop, &anna), AccountState::Active);
    assert!(outbox.all().is_empty());
    // It can be verified all the same.
    shop.engine().send_phone_code(anna.member).unwrap();
    assert_eq!(verify(&shop, &anna.card, &outbox.code()), "done");
    assert_eq!(state(&shop, &anna), AccountState::Active);
}

/// Every state, and whether the phone is a claim: what becomes of verifying it, by a code and by the staff.
#[test]
fn a_phone_is_verified_once_and_lifts_no_sanction() {
    use AccountState::{Active, Pending, Restricted, Suspended, Warned};

    for (from, after) in [
        (Pending, Ok(Active)),
        (Active, Ok(Active)),
        (Warned, Ok(Warned)),
        (Restricted, Ok(Restricted)),
        (Suspended, Err("state_forbids")),
    ] {
        for by_code in [true, false] {
            let (shop, outbox) = shop(Review::PhoneCode);
            let anna = shop.join(&numbered(1), &Form::of(1));
            if from != Pending {
                let sanction = Sanction {
                    account: anna.account,
                    state: from,
                    reason: "test".to_owned(),
                    actor: "li.lei".to_owned(),
                };
                shop.engine().run(&numbered(2), sanction).unwrap();
            }
            let try_it = || {
                if by_code {
                    shop.engine()
                        .verify_phone_of(anna.member, &outbox.code(), "kiosk-1")
                } else {
                    shop.engine().verify_phone_by_staff(anna.member, &staff())
                }
            };
            let told = format!("{from} {by_code}");
            match after {
                Ok(after) => {
                    try_it().unwrap();
                    assert_eq!(state(&shop, &anna), after, "{told}");
                    assert_eq!(word(try_it()), "already_verified", "{told}");
                    let again = shop.engine().send_phone_code(anna.member);
                    assert_eq!(word(again), "already_verified", "{told}");
                }
                Err(code) => {
                    assert_eq!(word(try_it()), code, "{told}");
                    assert_eq!(state(&shop, &anna), from, "{told}");
                }
            }
            // At the screen it all sounds the same.
            assert_eq!(verify(&shop, &anna.card, &outbox.code()), "code_wrong");
            let expected = usize::from(after.is_ok());
            assert_eq!(leaves(&shop, "phone_verified"), expected, "{told}");
            shop.bench.assert_verified(&told);
        }
    }
}

#[test]
fn a_code_is_good_for_ten_minutes_five_tries_and_once() {
    let (shop, outbox) = shop(Review::PhoneCode);
    let anna = shop.join(&numbered(1), &Form::of(1));
    let code = outbox.code();
    for _ in 0..5 {
        assert_eq!(verify(&shop, &anna.card, &other_than(&code)), "code_wrong");
    }
    assert_eq!(verify(&shop, &anna.card, &code), "code_wrong", "it is gone");

    shop.engine().send_phone_code_of(&anna.card).unwrap();
    let code = outbox.code();
    shop.wait(10 * 60_000);
    assert_eq!(verify(&shop, &anna.card, &code), "code_wrong", "too late");

    shop.engine().send_phone_code_of(&anna.card).unwrap();
    assert_eq!(outbox.all().len(), 3);
    // The fourth within the hour is not sent, and does not sound otherwise; the third is still good.
    shop.engine().send_phone_code_of(&anna.card).unwrap();
    assert_eq!(
        word(shop.engine().send_phone_code(anna.member)),
        "too_many_codes"
    );
    assert_eq!(outbox.all().len(), 3);
    shop.wait(HOUR - 10 * 60_000 - 1);
    assert_eq!(
        word(shop.engine().send_phone_code(anna.member)),
        "too_many_codes"
    );
    shop.wait(1);
    assert_eq!(word(shop.engine().send_phone_code(anna.member)), "done");
    let code = outbox.code();
    for card in [
        "",
        "990000000000000000",
        &shop.engine().draw_card().digits(),
    ] {
        assert_eq!(verify(&shop, card, &code), "code_wrong", "{card}");
        shop.engine().send_phone_code_of(card).unwrap();
    }
    assert_eq!(outbox.all().len(), 4);
    assert_eq!(verify(&shop, &anna.card, &code), "done");
    assert_eq!(verify(&shop, &anna.card, &code), "code_wrong", "once");
}

#[test]
fn a_message_that_is_not_taken_counts_for_nothing() {
    let (shop, outbox) = shop(Review::PhoneCode);
    outbox.breaks(true);
    let anna = shop.join(&numbered(1), &Form::of(1));
    for _ in 0..5 {
        assert_eq!(
            word(shop.engine().send_phone_code(anna.member)),
            "message_not_sent"
        );
    }
    outbox.breaks(false);
    shop.engine().send_phone_code(anna.member).unwrap();
    assert_eq!(verify(&shop, &anna.card, &outbox.code()), "done");

    let (shop, _) = (Shop::reviewing(Review::PhoneCode), ());
    let anna = shop.join(&numbered(1), &Form::of(1));
    assert_eq!(state(&shop, &anna), AccountState::Pending);
    assert_eq!(
        word(shop.engine().send_phone_code(anna.member)),
        "message_not_sent"
    );
}

/// QLT-02.
#[test]
fn a_known_phone_is_treated_like_any_other_and_is_known_inside() {
    let (shop, outbox) = shop(Review::PhoneCode);
    let anna = shop.join(&numbered(1), &Form::of(1));
    let mut again = Form::of(1);
    again.mobile = "+86 138 0000 0001".to_owned();
    let known = again.send(shop.engine(), &numbered(2)).unwrap();
    let unknown = Form::of(3).send(shop.engine(), &numbered(3)).unwrap();
    assert_eq!(
        (known.state, known.repeated),
        (unknown.state, unknown.repeated)
    );
    let sent = outbox.all();
    let words = |text: &str| text.replace(&digits(text), "");
    assert_eq!(sent.len(), 3);
    assert_eq!(sent[0].0, sent[1].0);
    for (_, text) in &sent {
        assert_eq!(words(text), words(&sent[0].1));
        assert_eq!(text.len(), sent[0].1.len());
    }
    assert_ne!(
        digits(&sent[0].1),
        digits(&sent[1].1),
        "each has a code of its own"
    );

    let [bo, cleo] = [&known, &unknown].map(|it| shop.person(&it.card.digits(), PIN));
    // One member's code is not the other's, though it came to the same phone.
    assert_eq!(verify(&shop, &anna.card, &digits(&sent[1].1)), "code_wrong");
    let done = shop
        .engine()
        .verify_phone(&bo.card, &digits(&sent[1].1), "kiosk-1");
    assert_eq!(done.unwrap().others, 1);
    assert_eq!(shop.engine().same_phone(bo.member).unwrap(), [anna.member]);
    assert_eq!(shop.engine().same_phone(anna.member).unwrap(), [bo.member]);
    assert_eq!(shop.engine().same_phone(cleo.member).unwrap(), []);
    assert_eq!(state(&shop, &anna), AccountState::Pending);
}

/// The profile of the n-th person's form with another phone, or the same.
fn correct(
    shop: &Shop,
    key: u64,
    who: &Person,
    mobile: &str,
    code: Option<&str>,
) -> Result<Correction, Refusal> {
    let (signed_in, member) = (who.member, who.member);
    let leave = decide(&Ask::OwnData { signed_in, member }).unwrap();
    let told = ("王大明", mobile);
    let by = (code, "kiosk-1");
    shop.engine()
        .correct_by_code(&numbered(key), member, told, by, &leave)
}

fn masked(shop: &Shop, who: &Person) -> String {
    shop.own_data(who.member).unwrap().profile.masked_mobile()
}

/// DSR-02.
#[test]
fn with_codes_a_changed_phone_is_taken_with_the_code_that_was_sent_to_it() {
    let (shop, outbox) = shop(Review::PhoneCode);
    let anna = shop.join(&numbered(1), &Form::of(1));
    let first = outbox.code();
    assert_eq!(verify(&shop, &anna.card, &first), "done");
    let new = "13800000077";
    let refused = {
        let (signed_in, member) = (anna.member, anna.member);
        let leave = decide(&Ask::OwnData { signed_in, member }).unwrap();
        shop.engine()
            .correct(&numbered(9), member, ("王大明", new), "kiosk-1", &leave)
    };
    assert_eq!(word(refused), "phone_code_needed");

    assert_eq!(
        correct(&shop, 10, &anna, new, None),
        Ok(Correction::CodeSent)
    );
    assert_eq!(outbox.all().last().unwrap().0, "+8613800000077");
    assert_eq!(
        masked(&shop, &anna),
        "138****0001",
        "nothing is changed yet"
    );
    let code = outbox.code();
    for wrong in [&other_than(&code), &first] {
        assert_eq!(
            word(correct(&shop, 11, &anna, new, Some(wrong))),
            "code_wrong"
        );
    }
    // The code is for that number alone.
    assert_eq!(
        word(correct(&shop, 12, &anna, "13800000078", Some(&code))),
        "code_wrong"
    );
    assert_eq!(leaves(&shop, "corrected"), 0);
    let done = correct(&shop, 13, &anna, new, Some(&code)).unwrap();
    assert!(matches!(done, Correction::Done(_)));
    assert_eq!(masked(&shop, &anna), "138****0077");
    assert_eq!(
        correct(&shop, 13, &anna, new, Some(&code)),
        Ok(done),
        "a retry"
    );
    assert_eq!(
        word(shop.engine().send_phone_code(anna.member)),
        "already_verified"
    );
    assert_eq!(
        [leaves(&shop, "corrected"), leaves(&shop, "phone_verified")],
        [1, 2]
    );

    // A name alone needs no code.
    assert!(matches!(
        correct(&shop, 14, &anna, new, None),
        Ok(Correction::Done(_))
    ));
    let lines = shop.engine().audit_lines(0, usize::MAX).unwrap().join("\n");
    for value in ["13800000001", "13800000077", "0077", "王"] {
        assert!(!lines.contains(value), "{value}");
    }
    shop.bench.assert_verified("after corrections");
}

#[test]
fn a_pending_member_who_proves_another_phone_waits_no_more_and_a_sanction_stays() {
    for (sanctioned, after) in [
        (None, AccountState::Active),
        (Some(AccountState::Suspended), AccountState::Suspended),
    ] {
        let (shop, outbox) = shop(Review::PhoneCode);
        let anna = shop.join(&numbered(1), &Form::of(1));
        if let Some(state) = sanctioned {
            let sanction = Sanction {
                account: anna.account,
                state,
                reason: "test".to_owned(),
                actor: "li.lei".to_owned(),
            };
            shop.engine().run(&numbered(2), sanction).unwrap();
        }
        let old_code = outbox.code();
        let new = "13800000077";
        assert_eq!(
            correct(&shop, 10, &anna, new, None),
            Ok(Correction::CodeSent)
        );
        let code = outbox.code();
        correct(&shop, 11, &anna, new, Some(&code)).unwrap();
        assert_eq!(state(&shop, &anna), after);
        assert_eq!(
            verify(&shop, &anna.card, &old_code),
            "code_wrong",
            "of the old phone"
        );
        shop.bench.assert_verified("after another phone");
    }
}

#[test]
fn without_codes_a_changed_phone_is_a_claim_again() {
    for review in [Review::None, Review::Staff] {
        let (shop, outbox) = shop(review);
        let anna = shop.join(&numbered(1), &Form::of(1));
        let bo = shop.join(&numbered(2), &Form::of(2));
        let by_staff = || word(shop.engine().verify_phone_by_staff(anna.member, &staff()));
        assert_eq!(by_staff(), "done");
        assert_eq!(by_staff(), "already_verified");
        // The same phone in another spelling is no other phone.
        correct(&shop, 10, &anna, "+86 138-0000-0001", None).unwrap();
        assert_eq!(by_staff(), "already_verified");
        let done = correct(&shop, 11, &anna, "13800000002", None).unwrap();
        assert!(matches!(done, Correction::Done(_)), "{review:?}");
        assert_eq!(state(&shop, &anna), AccountState::Active, "{review:?}");
        assert_eq!(shop.engine().same_phone(anna.member).unwrap(), [bo.member]);
        assert_eq!(by_staff(), "done", "it was a claim");
        assert!(outbox.all().is_empty());
        shop.bench.assert_verified("after another phone");
    }
}

/// MEM-05: where the staff is to look, a code that comes back from a phone is no look of theirs.
#[test]
fn a_code_does_not_stand_in_for_the_staff() {
    let (shop, outbox) = shop(Review::Staff);
    let anna = shop.join(&numbered(1), &Form::of(1));
    assert_eq!(
        word(shop.engine().send_phone_code(anna.member)),
        "message_not_sent"
    );
    shop.engine().send_phone_code_of(&anna.card).unwrap();
    assert!(outbox.all().is_empty(), "nothing is sent");
    // One that was sent for a merge is good for that merge alone.
    shop.engine().send_merge_code(anna.member).unwrap();
    let code = outbox.code();
    assert_eq!(verify(&shop, &anna.card, &code), "code_wrong");
    assert_eq!(state(&shop, &anna), AccountState::Pending);
    let looked = shop.engine().verify_phone_by_staff(anna.member, &staff());
    assert!(looked.is_ok());
    assert_eq!(state(&shop, &anna), AccountState::Active);
}
