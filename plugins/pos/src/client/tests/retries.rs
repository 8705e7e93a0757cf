//! Attempts under one key, and what is mended between them.

use super::*;

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_key() {
    let store = Store::new(|_, before| match before {
        0 | 1 => Do::Close,
        _ => Do::Answer(200, sold()),
    });
    let client = store.client().with_clock(TestClock::at(NOW));
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    let said = store.said();
    assert_eq!(said.len(), 3);
    check_attempts(&said, call.key);
    assert!(client.pending().unwrap().is_empty());
}

#[test]
fn try_again_is_tried_again_within_the_budget() {
    type Does = fn(u16) -> Do;
    let table: [(u16, Does, Option<&str>); 5] = [
        (
            503,
            |status| Do::Answer(status, refused("try_again", "later")),
            Some("try_again"),
        ),
        (
            503,
            |status| Do::Answer(status, refused("outcome_unknown", "same_key")),
            Some("outcome_unknown"),
        ),
        (
            429,
            |status| Do::Answer(status, refused("slow_down", "later")),
            Some("slow_down"),
        ),
        // A proxy's own words are not believed, and say as much.
        (503, Do::Unsigned, None),
        (502, Do::Unsigned, None),
    ];
    for (status, does, expected) in table {
        for times in [3, usize::MAX] {
            let store = Store::new(move |_, before| {
                if before < times {
                    does(status)
                } else {
                    Do::Answer(200, sold())
                }
            });
            let clock = TestClock::at(NOW);
            let client = store.client().with_clock(clock.clone());
            let call = client.new_call().unwrap();
            let answer = client.sale(&call, &sale());
            check_attempts(&store.said(), call.key);
            if times == 3 {
                assert_eq!(answer.unwrap().earned, 19);
                assert_eq!(clock.pauses(), [20, 40, 80]);
                continue;
            }
            let TillError::NoAnswer { last } = answer.unwrap_err() else {
                panic!("an answer");
            };
            assert_eq!(last.as_ref().map(|refused| &*refused.code), expected);
            assert_eq!(client.pending().unwrap().len(), 1);
        }
    }
}

#[test]
fn a_kept_connection_that_the_store_closed_costs_nothing() {
    // Closed after the answer; or when the next request comes.
    let closes: [fn(usize) -> Do; 2] = [
        |_| Do::AnswerAndClose(200, sold()),
        |before| {
            if before % 3 == 1 {
                Do::Close
            } else {
                Do::Answer(200, sold())
            }
        },
    ];
    for does in closes {
        let store = Store::new(move |_, before| does(before));
        let clock = TestClock::at(NOW);
        let client = store.client().with_clock(clock.clone());
        for _ in 0..4 {
            let call = client.new_call().unwrap();
            assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        }
        assert!(2 <= store.connections());
        assert!(clock.pauses().is_empty(), "another connection at once");
    }
}

#[test]
fn a_stale_number_is_answered_with_a_higher_one_under_the_same_key() {
    let store = Store::new(|said, _| {
        if said.verified.seq() < NOW {
            Do::Answer(401, refused("sequence_stale", "same_key"))
        } else {
            Do::Answer(200, sold())
        }
    });
    let clock = TestClock::at(NOW);
    let client = store.client().with_clock(clock.clone());
    let call = client.new_call().unwrap();
    assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
    check_attempts(&store.said(), call.key);
    let numbers: Vec<u64> = store
        .said()
        .iter()
        .map(|said| said.verified.seq())
        .collect();
    assert_eq!(numbers, [1_001, NOW + 1]);
    assert!(clock.pauses().is_empty());
}

#[test]
fn a_store_that_takes_no_number_at_all_is_given_up() {
    for code in ["sequence_stale", "nonce_replayed", "signature_before_start"] {
        let store = Store::new(move |_, _| Do::Answer(401, refused(code, "same_key")));
        let client = store.client().with_clock(TestClock::at(NOW));
        let call = client.new_call().unwrap();
        let error = client.sale(&call, &sale()).unwrap_err();
        assert!(matches!(error, TillError::Refused(refused) if refused.code == code));
        assert_eq!(store.said().len(), 5);
    }
}

/// A store at [`NOW`], which judges the time as it should.
fn store_with_a_clock() -> Store {
    Store::new(|said, _| {
        let (now, created) = (NOW / 1_000, said.verified.created());
        if said.path == "/pos/v1/sign-on" {
            let offset = (i64::try_from(now).unwrap() - i64::try_from(created).unwrap()) * 1_000;
            let answer = json!({
                "time": TIME, "offset_millis": offset, "versions": [1], "capabilities": [], "more": 1
            });
            Do::Answer(200, answer)
        } else if now + 60 < created {
            Do::Answer(401, refused("signature_early", "same_key"))
        } else if created + 60 <= now {
            Do::Answer(401, refused("signature_expired", "same_key"))
        } else {
            Do::Answer(200, sold())
        }
    })
}

#[test]
fn a_till_whose_clock_is_wrong_learns_the_time() {
    for ours in [0, NOW - 3_600_000, NOW, NOW + 3_600_000] {
        // By itself, when the store says so.
        let store = store_with_a_clock();
        let client = store.client().with_clock(TestClock::at(ours));
        let call = client.new_call().unwrap();
        assert_eq!(client.sale(&call, &sale()).unwrap().earned, 19);
        assert_eq!(store.said().len(), if ours == NOW { 1 } else { 3 });
        assert_eq!(store.said().last().unwrap().verified.created(), NOW / 1_000);
        assert_eq!(store.said().last().unwrap().verified.key(), Some(call.key));

        // Or because it signs on first.
        let store = store_with_a_clock();
        let client = store.client().with_clock(TestClock::at(ours));
        let signed_on = client
            .sign_on(&client.new_call().unwrap(), &SignOn {})
            .unwrap();
        assert_eq!(signed_on.versions, [1]);
        assert_eq!(
            client
                .sale(&client.new_call().unwrap(), &sale())
                .unwrap()
                .earned,
            19
        );
        assert_eq!(store.said().len(), 2);
    }
}
