//! PIN and card of a member: changed, set anew by a secret, given anew; and wherever the giving stops, one card counts
//! (MEM-08, SEC-05).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jifen::domain::refusal::Refusal;
use jifen::engine::audit::Actor;
use jifen::engine::closing::closing;
use jifen::store::memory::MemoryStore;
use jifen::store::{Body, Home, ReadTx, Store, StoreError, Ticket, ticket};
use jifen::vault::keybox::{TokenHash, TokenState};
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, PIN, Person, Shop, at_once, keys_of};
use jifen_tests::wishes::numbered;

const NEW: &str = "731946";
const NEWEST: &str = "862057";
const DAY: i64 = 24 * 3_600_000;

fn shop() -> (Shop, Person) {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    (shop, anna)
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

fn sign_in(shop: &Shop, card: &str, pin: &str) -> &'static str {
    word(shop.engine().sign_in(card, pin, "kiosk-1"))
}

/// How many leaves have this act.
fn leaves(shop: &Shop, act: &str) -> usize {
    let lines = shop.engine().audit_lines(0, usize::MAX).unwrap();
    let named = format!("\"act\":\"{act}\"");
    lines.iter().filter(|line| line.contains(&named)).count()
}

#[test]
fn a_member_who_gives_the_old_pin_chooses_another() {
    let (shop, anna) = shop();
    let change =
        |pin: &str, new: &str| word(shop.engine().change_pin(anna.member, pin, new, "kiosk-1"));
    assert_eq!(change(PIN, "12345"), "pin_shape");
    assert_eq!(change(PIN, "123456"), "pin_common");
    // The form's phone is 13800000001.
    assert_eq!(change(PIN, "000001"), "pin_common");
    assert_eq!(change(NEW, NEWEST), "sign_in_failed");
    assert_eq!(leaves(&shop, "pin_changed"), 0);
    assert_eq!(sign_in(&shop, &anna.card, PIN), "done");

    assert_eq!(change(PIN, NEW), "done");
    assert_eq!(sign_in(&shop, &anna.card, PIN), "sign_in_failed");
    assert_eq!(sign_in(&shop, &anna.card, NEW), "done");
    assert_eq!(leaves(&shop, "pin_changed"), 1);
    shop.bench.assert_verified("after another PIN");
}

#[test]
fn five_wrong_old_pins_lock_the_change_like_a_log_in() {
    let (shop, anna) = shop();
    let change = |pin: &str| {
        word(
            shop.engine()
                .change_pin(anna.member, pin, NEWEST, "kiosk-1"),
        )
    };
    for _ in 0..5 {
        assert_eq!(change(NEW), "sign_in_failed");
    }
    assert_eq!(change(PIN), "sign_in_locked");
    assert_eq!(sign_in(&shop, &anna.card, PIN), "sign_in_locked");
}

/// SEC-05.
#[test]
fn a_pin_of_180_days_is_reminded_of_until_it_is_changed() {
    let (shop, anna) = shop();
    let is_old = || {
        let signed_in = shop.engine().sign_in(&anna.card, PIN, "kiosk-1");
        signed_in.unwrap().pin_is_old
    };
    assert!(!is_old());
    shop.wait(180 * DAY - 1);
    assert!(!is_old());
    shop.wait(1);
    assert!(is_old());
    let changed = shop.engine().change_pin(anna.member, PIN, NEW, "kiosk-1");
    changed.unwrap();
    let back = shop.engine().change_pin(anna.member, NEW, PIN, "kiosk-1");
    back.unwrap();
    assert!(!is_old());
}

#[test]
fn a_secret_sets_a_pin_once_and_forgets_wrong_attempts() {
    let (shop, anna) = shop();
    for _ in 0..5 {
        assert_eq!(sign_in(&shop, &anna.card, NEW), "sign_in_failed");
    }
    assert_eq!(sign_in(&shop, &anna.card, PIN), "sign_in_locked");
    let secret = shop.engine().issue_pin_reset(&anna.card, &staff()).unwrap();
    let secret = secret.grouped();
    let shop = shop.reopened(2);
    let reset =
        |secret: &str, pin: &str| word(shop.engine().reset_pin(&anna.card, secret, pin, "kiosk-1"));
    assert_eq!(reset(&secret, "12345"), "pin_shape");
    // Only who has the secret hears that it is the end of the phone; and it is still good.
    assert_eq!(
        reset("0000 0000 0000 0000", "000001"),
        "pin_common",
        "common by itself"
    );
    assert_eq!(reset(&secret, NEW), "done");
    assert_eq!(sign_in(&shop, &anna.card, NEW), "done", "nothing is locked");
    assert_eq!(sign_in(&shop, &anna.card, PIN), "sign_in_failed");
    assert_eq!(reset(&secret, NEWEST), "sign_in_failed", "once");
    let acts = ["pin_reset_issued", "pin_reset"].map(|act| leaves(&shop, act));
    assert_eq!(acts, [1, 1]);
    let lines = shop.engine().audit_lines(0, usize::MAX).unwrap().join("\n");
    let digits: String = secret.split(' ').collect();
    assert!(!lines.contains(&digits) && !lines.contains(&anna.card) && lines.contains("li.lei"));
    shop.bench.assert_verified("after a reset");
}

#[test]
fn a_pin_of_the_own_phone_is_refused_and_the_secret_stays() {
    let shop = Shop::in_memory();
    let mut form = Form::of(1);
    form.mobile = "13800749136".to_owned();
    let anna = shop.join(&numbered(1), &form);
    let secret = shop.engine().issue_pin_reset(&anna.card, &staff()).unwrap();
    let reset = |pin| {
        let done = shop
            .engine()
            .reset_pin(&anna.card, &secret.grouped(), pin, "kiosk-1");
        word(done)
    };
    assert_eq!(reset("749136"), "pin_common");
    assert_eq!(reset(NEW), "done");
}

/// Whatever is wrong, it sounds the same, and nothing is done.
#[test]
fn a_reset_without_the_right_secret_is_refused_alike() {
    let check = |told: &str, spoil: &dyn Fn(&Shop, &Person, &str) -> (String, String)| {
        let (shop, anna) = shop();
        let secret = shop.engine().issue_pin_reset(&anna.card, &staff()).unwrap();
        let (card, secret) = spoil(&shop, &anna, &secret.grouped());
        let refused = shop.engine().reset_pin(&card, &secret, NEW, "kiosk-1");
        assert_eq!(refused, Err(Refusal::SignInFailed), "{told}");
        assert_eq!(sign_in(&shop, &anna.card, PIN), "done", "{told}");
        assert_eq!(leaves(&shop, "pin_reset"), 0, "{told}");
    };
    let own = |anna: &Person, secret: &str| (anna.card.clone(), secret.to_owned());
    let wrong = |seed| jifen::vault::tokens::ResetSecret::draw(&[seed; 32]).grouped();
    check("no card", &|_, _, secret| {
        (String::new(), secret.to_owned())
    });
    check("an unknown card", &|shop, _, secret| {
        (shop.engine().draw_card().digits(), secret.to_owned())
    });
    check("another's card", &|shop, _, secret| {
        let bo = shop.join(&numbered(2), &Form::of(2));
        shop.engine().issue_pin_reset(&bo.card, &staff()).unwrap();
        (bo.card, secret.to_owned())
    });
    check("a card without a secret", &|shop, _, secret| {
        (
            shop.join(&numbered(2), &Form::of(2)).card,
            secret.to_owned(),
        )
    });
    check("a wrong secret", &|_, anna, _| own(anna, &wrong(99)));
    check("no secret", &|_, anna, _| own(anna, ""));
    check("a secret that is over", &|shop, anna, secret| {
        shop.wait(15 * 60_000);
        own(anna, secret)
    });
    check("after five wrong ones", &|shop, anna, secret| {
        for seed in 1..=5 {
            let tried = shop
                .engine()
                .reset_pin(&anna.card, &wrong(seed), NEW, "kiosk-1");
            assert_eq!(tried, Err(Refusal::SignInFailed));
        }
        own(anna, secret)
    });
    check("an earlier secret", &|shop, anna, secret| {
        shop.engine().issue_pin_reset(&anna.card, &staff()).unwrap();
        own(anna, secret)
    });
    check("after another PIN", &|shop, anna, secret| {
        for (pin, new) in [(PIN, NEWEST), (NEWEST, PIN)] {
            shop.engine()
                .change_pin(anna.member, pin, new, "kiosk-1")
                .unwrap();
        }
        own(anna, secret)
    });
    let (shop, _) = shop();
    let refused = shop
        .engine()
        .issue_pin_reset("990000000000000000", &staff());
    assert_eq!(refused, Err(Refusal::TokenUnknown));
}

#[test]
fn four_wrong_secrets_leave_the_right_one() {
    let (shop, anna) = shop();
    let secret = shop.engine().issue_pin_reset(&anna.card, &staff()).unwrap();
    shop.wait(15 * 60_000 - 1);
    let reset = |secret: &str| word(shop.engine().reset_pin(&anna.card, secret, NEW, "kiosk-1"));
    for _ in 0..4 {
        assert_eq!(reset("1234"), "sign_in_failed");
    }
    assert_eq!(reset(&secret.grouped()), "done");
}

fn state(shop: &Shop, card: &str) -> Option<TokenState> {
    let token = shop.keys.keybox().token(&TokenHash::of(card));
    token.map(|token| token.state)
}

/// MEM-08.
#[test]
fn another_card_takes_the_place_of_the_one_before_at_once() {
    let (shop, anna) = shop();
    let by = shop.engine().acting_member(anna.member, "kiosk-1").unwrap();
    let reissue = |key| shop.engine().reissue_card(&numbered(key), anna.member, &by);
    // A till and a phone that were led here by the card before.
    let waiting = shop.identify(&numbered(10), &anna.card).unwrap();
    let (typed, _) = shop.engine().typed_code(anna.member).unwrap();

    let first = reissue(20).unwrap();
    let card = first.card.digits();
    assert_ne!(card, anna.card);
    assert_eq!(
        word(shop.identify(&numbered(11), &anna.card)),
        "token_unknown"
    );
    assert_eq!(sign_in(&shop, &anna.card, PIN), "sign_in_failed");
    assert_eq!(
        word(shop.engine().holder(&waiting.token.text())),
        "token_unknown"
    );
    assert_eq!(
        word(shop.identify(&numbered(12), &typed.digits())),
        "token_unknown"
    );
    assert_eq!(state(&shop, &anna.card), Some(TokenState::Revoked));

    assert_eq!(word(shop.identify(&numbered(13), &card)), "done");
    assert_eq!(sign_in(&shop, &card, PIN), "done");
    assert_eq!(shop.own_data(anna.member).unwrap().card, first.card);
    assert_eq!(shop.person(&card, PIN).account, anna.account);

    // The same key gives the same card, also after a restart; another key another one.
    let again = reissue(20).unwrap();
    assert_eq!((again.card, again.repeated), (first.card.clone(), true));
    let bo = shop.join(&numbered(2), &Form::of(2));
    let reused = shop.engine().reissue_card(&numbered(20), bo.member, &by);
    assert_eq!(word(reused), "key_reused");
    assert_eq!(state(&shop, &bo.card), Some(TokenState::Active));
    assert_eq!(leaves(&shop, "card_reissued"), 1);
    let second = reissue(21).unwrap().card.digits();
    let shop = shop.reopened(2);
    for (card, wanted) in [
        (&anna.card, TokenState::Revoked),
        (&card, TokenState::Revoked),
        (&second, TokenState::Active),
        (&bo.card, TokenState::Active),
    ] {
        assert_eq!(state(&shop, card), Some(wanted), "{card}");
    }
    assert!(shop.keys.keybox().with_several_cards().is_empty());
    let lines = shop.engine().audit_lines(0, usize::MAX).unwrap().join("\n");
    assert!(
        [&anna.card, &card, &second]
            .iter()
            .all(|card| !lines.contains(*card))
    );
    shop.bench.assert_verified("after two cards");
}

#[test]
fn cards_that_are_asked_for_at_once_end_in_one() {
    let (shop, anna) = shop();
    let by = shop.engine().acting_member(anna.member, "kiosk-1").unwrap();
    let given = at_once(8, |number| {
        let key = numbered(20 + number / 2);
        let reissued = shop.engine().reissue_card(&key, anna.member, &by);
        (number / 2, reissued.unwrap().card.digits())
    });
    for (key, card) in &given {
        let same = given
            .iter()
            .filter(|(of, other)| of == key && other == card);
        assert_eq!(same.count(), 2, "one card a key");
    }
    let active = given
        .iter()
        .filter(|(_, card)| state(&shop, card) == Some(TokenState::Active));
    assert_eq!(active.count(), 2, "of one key");
    assert_eq!(leaves(&shop, "card_reissued"), 4);
}

/// A store that a process is cut off from after so many of its operations.
struct CutOff {
    inside: Arc<dyn Store>,
    left: AtomicI64,
}

impl CutOff {
    fn is_over(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) <= 0
    }

    fn gone() -> StoreError {
        StoreError::Io("cut off".to_owned())
    }

    fn unless_over(&self, submit: impl FnOnce(&dyn Store) -> Ticket) -> Ticket {
        if self.is_over() {
            let (waiter, over) = ticket();
            waiter.answer(Err(Self::gone()));
            return over;
        }
        submit(&*self.inside)
    }
}

impl Store for CutOff {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        if self.is_over() {
            return Err(Self::gone());
        }
        self.inside.read()
    }

    fn submit(&self, home: Home, body: Body) -> Ticket {
        self.unless_over(|store| store.submit(home, body))
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        self.unless_over(|store| store.submit_waiting(home, body))
    }
}

/// The process ends after each operation on the store in turn; then it begins anew, and the same request comes again.
#[test]
fn wherever_a_re_issue_is_cut_short_one_card_counts_in_the_end() {
    let mut seen = [0_u32; 3];
    for operations in 0.. {
        let keys = keys_of(9);
        let inside: Arc<dyn Store> = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
        let store = Arc::new(CutOff {
            inside: inside.clone(),
            left: AtomicI64::new(i64::MAX),
        });
        let shop = Shop::new(store.clone(), keys, DEMO);
        let anna = shop.join(&numbered(1), &Form::of(1));
        let by = shop.engine().acting_member(anna.member, "kiosk-1").unwrap();
        store.left.store(operations, Ordering::SeqCst);
        let answer = shop.engine().reissue_card(&numbered(20), anna.member, &by);
        let several = shop.keys.keybox().with_several_cards().len();
        store.left.store(i64::MAX, Ordering::SeqCst);

        let shop = shop.reopened(2);
        assert!(
            shop.keys.keybox().with_several_cards().is_empty(),
            "{operations}"
        );
        let named = shop.own_data(anna.member).unwrap().card.digits();
        assert_eq!(
            state(&shop, &named),
            Some(TokenState::Active),
            "{operations}"
        );
        assert_eq!(sign_in(&shop, &named, PIN), "done", "{operations}");
        let is_new = named != anna.card;
        seen[if several == 0 {
            0
        } else {
            1 + usize::from(is_new)
        }] += 1;

        let again = shop.engine().reissue_card(&numbered(20), anna.member, &by);
        let again = again.unwrap();
        assert_eq!(again.repeated, is_new, "{operations}");
        let card = again.card.digits();
        assert_eq!(
            state(&shop, &card),
            Some(TokenState::Active),
            "{operations}"
        );
        assert_eq!(
            state(&shop, &anna.card),
            Some(TokenState::Revoked),
            "{operations}"
        );
        assert!(
            shop.keys.keybox().with_several_cards().is_empty(),
            "{operations}"
        );
        assert_eq!(leaves(&shop, "card_reissued"), 1, "{operations}");
        shop.bench.assert_verified("after a cut");
        if let Ok(answer) = answer {
            assert_eq!(answer.card.digits(), card, "{operations}");
            break;
        }
    }
    // Nothing had begun; the new card was there and the record not written; it was written and the old card still there.
    assert!(seen.iter().all(|times| 0 < *times), "{seen:?}");
}

#[test]
fn an_erased_member_has_neither_a_secret_nor_a_card() {
    let (shop, anna) = shop();
    let by = shop.engine().acting_member(anna.member, "kiosk-1").unwrap();
    let card = shop
        .engine()
        .reissue_card(&numbered(20), anna.member, &by)
        .unwrap()
        .card
        .digits();
    let secret = shop.engine().issue_pin_reset(&card, &staff()).unwrap();
    let by_operator = jifen::engine::erase::By::Operator;
    let points = jifen::domain::points::Points::ZERO;
    shop.engine()
        .erase(&numbered(30), anna.member, by_operator, points)
        .unwrap();
    assert_eq!(
        word(shop.engine().issue_pin_reset(&card, &staff())),
        "token_unknown"
    );
    let reset = shop
        .engine()
        .reset_pin(&card, &secret.grouped(), NEW, "kiosk-1");
    assert_eq!(word(reset), "sign_in_failed");
    for key in [20, 21] {
        let again = shop.engine().reissue_card(&numbered(key), anna.member, &by);
        assert_eq!(word(again), "token_unknown");
    }
    assert_eq!(
        (state(&shop, &card), state(&shop, &anna.card)),
        (None, None)
    );
    shop.bench.assert_verified("after leaving");
}
