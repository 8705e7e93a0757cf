//! Signed commands come with numbers: what was recorded on its way does nothing when it comes again, even after a restart
//! (privacy §6).

use jifen::domain::ids::HoldId;
use jifen::domain::refusal::Refusal;
use jifen::engine::adjust::Adjust;
use jifen::engine::commit::{IdempotencyKey, Sender};
use jifen::engine::hold::VoidHold;
use jifen::engine::receipt::Answer;
use jifen_tests::people::{Form, Person, Shop, at_once};
use jifen_tests::wishes::numbered;

fn shop() -> (Shop, Person) {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1_001), &Form::of(1));
    (shop, anna)
}

fn signed(key: &IdempotencyKey, sequence: u64) -> Sender {
    Sender {
        key: key.clone(),
        sequence: Some(sequence),
    }
}

/// Ten points under this key and number.
fn send(shop: &Shop, who: &Person, key: u64, sequence: u64) -> Result<Answer, Refusal> {
    let ten = Adjust {
        account: who.account,
        points: 10,
        reason: "goodwill".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    };
    let sender = signed(&numbered(key), sequence);
    shop.engine().run_signed(&sender, ten)
}

fn balance(shop: &Shop, who: &Person) -> i64 {
    shop.engine().balance(who.account).unwrap().balance.count()
}

#[test]
fn a_recorded_command_is_stale_after_a_restart_and_does_nothing() {
    let (shop, anna) = shop();
    for number in 1..=3 {
        send(&shop, &anna, number, number).unwrap();
    }
    for shop in [&shop, &shop.reopened(2)] {
        let before = shop.rows();
        for number in 1..=3 {
            let refused = send(shop, &anna, number, number);
            assert_eq!(refused.unwrap_err(), Refusal::SequenceStale);
        }
        // Nor does the number serve another command.
        let refused = send(shop, &anna, 9, 2);
        assert_eq!(refused.unwrap_err(), Refusal::SequenceStale);
        assert_eq!(shop.rows(), before);
        assert_eq!(balance(shop, &anna), 30);
    }
    // The till signs the same key again with a new number, and hears its first answer.
    let shop = shop.reopened(3);
    let again = send(&shop, &anna, 2, 4).unwrap();
    assert!(again.repeated);
    assert_eq!(send(&shop, &anna, 2, 4).unwrap_err(), Refusal::SequenceStale);
    assert_eq!(balance(&shop, &anna), 30);
    shop.bench.assert_verified("recorded commands");
}

#[test]
fn numbers_may_overtake_each_other_within_sixty_four() {
    let (mut shop, anna) = shop();
    let highest = 200;
    send(&shop, &anna, highest, highest).unwrap();
    for (number, fits) in [
        (199, true),
        (137, true),
        (150, true),
        (136, false),
        (137, false),
        (1, false),
        (0, false),
        (201, true),
        (137, false),
        (138, true),
    ] {
        shop = shop.reopened(u8::try_from(number % 100).unwrap() + 2);
        let before = balance(&shop, &anna);
        let answer = send(&shop, &anna, 1_000 + number, number);
        let stale = matches!(answer, Err(Refusal::SequenceStale));
        assert_eq!((answer.is_ok(), stale), (fits, !fits), "{number}");
        let after = before + if fits { 10 } else { 0 };
        assert_eq!(balance(&shop, &anna), after, "{number}");
    }
    shop.bench.assert_verified("numbers out of order");
}

#[test]
fn all_numbers_of_a_window_at_once_and_each_counts_once() {
    let (shop, anna) = shop();
    let answers = at_once(64, |number| send(&shop, &anna, number + 1, number + 1));
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let answers = at_once(32, |number| send(&shop, &anna, 500 + number, 100));
    let done = answers.iter().filter(|answer| answer.is_ok()).count();
    assert_eq!(done, 1);
    assert_eq!(balance(&shop, &anna), 650);
    shop.bench.assert_verified("numbers at once");
}

#[test]
fn a_refused_command_uses_its_number_up_too() {
    let (shop, anna) = shop();
    let void = |person: &Person| VoidHold {
        account: person.account,
        hold: HoldId::from_bytes([1; 16]),
    };
    // One "no" is remembered under its key, the other is not.
    let stranger = Person {
        account: shop.engine().draw_account().unwrap(),
        ..anna.clone()
    };
    for (person, number, code) in [(&anna, 1, "hold_unknown"), (&stranger, 2, "token_unknown")] {
        let sender = signed(&numbered(number), number);
        let refused = shop.engine().run_signed(&sender, void(person));
        assert_eq!(refused.unwrap_err().code(), code);
        let shop = shop.reopened(2);
        let refused = shop.engine().run_signed(&sender, void(person));
        assert_eq!(refused.unwrap_err(), Refusal::SequenceStale);
        assert_eq!(send(&shop, &anna, 50, number).unwrap_err(), Refusal::SequenceStale);
    }
    assert_eq!(balance(&shop, &anna), 0);
}

#[test]
fn each_terminal_counts_for_itself() {
    let (shop, anna) = shop();
    send(&shop, &anna, 1, 500).unwrap();
    let ten = |key: &IdempotencyKey, sequence| {
        let adjust = Adjust {
            account: anna.account,
            points: 10,
            reason: "goodwill".to_owned(),
            actor: "staff-1".to_owned(),
            approved_by: None,
        };
        shop.engine().run_signed(&signed(key, sequence), adjust)
    };
    let mut other = numbered(2);
    other.terminal = "till-2".to_owned();
    assert!(ten(&other, 1).is_ok());
    assert_eq!(ten(&numbered(3), 1).unwrap_err(), Refusal::SequenceStale);
    assert_eq!(ten(&other, 1).unwrap_err(), Refusal::SequenceStale);
}

/// A typed code that was typed by a recorded request is neither answered again nor used up by it.
#[test]
fn a_recorded_identify_of_a_typed_code_is_stale() {
    let (shop, anna) = shop();
    let identify = |key, sequence, code: &str| {
        let sender = signed(&numbered(key), sequence);
        shop.engine().identify(&sender, code)
    };
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    identify(1, 1, &code.digits()).unwrap();
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    let refused = identify(2, 1, &code.digits());
    assert_eq!(refused.unwrap_err(), Refusal::SequenceStale);
    assert!(identify(2, 2, &code.digits()).is_ok());
}
