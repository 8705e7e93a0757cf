//! Codes that were sent to phones. They are in memory alone and go with the process: whoever waits for one asks again.

use std::collections::HashMap;

use parking_lot::Mutex;

use crate::domain::ids::MemberId;
use crate::domain::time::Moment;
use crate::vault::phone_index::Mark;
use crate::vault::tokens::{OnceHash, PhoneCode};

/// How long a code is good.
const LIFE_MINUTES: u32 = 10;
/// Wrong tries after which it is gone.
const TRIES: u8 = 5;
/// How many messages a phone gets within an hour, whoever asks for them.
const AN_HOUR: usize = 3;
/// An hour.
const HOUR_MILLIS: i64 = 3_600_000;
/// The most codes, and the most phones, at once: past it nothing is sent until some are over.
const MOST: usize = 100_000;

/// The codes of this process.
#[derive(Default)]
pub(crate) struct PhoneCodes {
    waiting: Mutex<HashMap<(MemberId, Mark), Waiting>>,
    sent: Mutex<HashMap<Mark, Vec<Moment>>>,
}

/// A code that nobody has given yet: of one member, for one phone.
#[derive(Clone, Copy)]
pub(crate) struct Waiting {
    hash: OnceHash,
    until: Moment,
    failed: u8,
}

impl PhoneCodes {
    /// Counts a message to this phone, if one may go now.
    pub(crate) fn may_send(&self, phone: Mark, now: Moment) -> bool {
        let mut sent = self.sent.lock();
        let before = now.plus_millis(HOUR_MILLIS.saturating_neg());
        sent.retain(|_, times| {
            times.retain(|at| before < *at);
            !times.is_empty()
        });
        let is_full = MOST <= sent.len() && !sent.contains_key(&phone);
        if is_full || AN_HOUR <= sent.get(&phone).map_or(0, Vec::len) {
            return false;
        }
        sent.entry(phone).or_default().push(now);
        true
    }

    /// The message that was counted last did not go.
    pub(crate) fn not_sent(&self, phone: Mark) {
        if let Some(times) = self.sent.lock().get_mut(&phone) {
            times.pop();
        }
    }

    /// This code counts from now on; an earlier one of the same member for the same phone does no more.
    pub(crate) fn put(&self, member: MemberId, phone: Mark, code: &PhoneCode, now: Moment) {
        let mut waiting = self.waiting.lock();
        waiting.retain(|_, code| now < code.until);
        if MOST <= waiting.len() {
            return;
        }
        let new = Waiting {
            hash: code.hash(),
            until: now.plus_minutes(LIFE_MINUTES),
            failed: 0,
        };
        waiting.insert((member, phone), new);
    }

    /// Takes the code out when this is it. A wrong try is counted; after the fifth the code is gone.
    pub(crate) fn take(
        &self,
        member: MemberId,
        phone: Mark,
        tried: Option<&PhoneCode>,
        now: Moment,
    ) -> Option<Waiting> {
        let mut waiting = self.waiting.lock();
        let found = waiting.get_mut(&(member, phone))?;
        if now < found.until && tried.is_some_and(|tried| tried.hash() == found.hash) {
            return waiting.remove(&(member, phone));
        }
        found.failed = found.failed.saturating_add(1);
        if found.until <= now || TRIES <= found.failed {
            waiting.remove(&(member, phone));
        }
        None
    }

    /// What the code was for was not done: it may be given again, unless there is a newer one.
    pub(crate) fn give_back(&self, member: MemberId, phone: Mark, code: Waiting) {
        self.waiting.lock().entry((member, phone)).or_insert(code);
    }

    /// No code leads to this member any more.
    pub(crate) fn forget(&self, member: &MemberId) {
        self.waiting.lock().retain(|(of, _), _| of != member);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_700_000_000_000);
    const MEMBER: MemberId = MemberId::from_bytes([7; 16]);

    fn mark(number: u8) -> Mark {
        Mark::from_bytes([number; 16])
    }

    fn code(text: &str) -> PhoneCode {
        PhoneCode::parse(text).unwrap()
    }

    /// Whether the code is taken: of this member, for this phone, so many seconds after it was put there.
    fn takes(codes: &PhoneCodes, member: MemberId, phone: u8, text: &str, seconds: i64) -> bool {
        let now = NOW.plus_millis(seconds.saturating_mul(1_000));
        let tried = PhoneCode::parse(text);
        codes
            .take(member, mark(phone), tried.as_ref(), now)
            .is_some()
    }

    fn waiting() -> PhoneCodes {
        let codes = PhoneCodes::default();
        codes.put(MEMBER, mark(1), &code("204957"), NOW);
        codes
    }

    #[test]
    fn a_code_is_good_once_for_its_member_and_phone_and_for_ten_minutes() {
        let other = MemberId::from_bytes([8; 16]);
        let codes = waiting();
        assert!(!takes(&codes, other, 1, "204957", 0));
        assert!(!takes(&codes, MEMBER, 2, "204957", 0));
        assert!(takes(&codes, MEMBER, 1, "204957", 599));
        assert!(!takes(&codes, MEMBER, 1, "204957", 599), "once");
        let codes = waiting();
        assert!(!takes(&codes, MEMBER, 1, "204957", 600));
        assert!(!takes(&codes, MEMBER, 1, "204957", 1), "it is gone");
    }

    #[test]
    fn the_fifth_wrong_try_is_the_last() {
        for (wrong, is_there) in [(4, true), (5, false)] {
            let codes = waiting();
            for number in 0..wrong {
                let tried = ["204958", "", "20495", "abc", "204958"][number];
                assert!(!takes(&codes, MEMBER, 1, tried, 0));
            }
            assert_eq!(takes(&codes, MEMBER, 1, "204957", 0), is_there, "{wrong}");
        }
    }

    #[test]
    fn a_newer_code_takes_the_place_of_the_older_also_when_that_is_given_back() {
        let codes = waiting();
        let taken = codes.take(MEMBER, mark(1), Some(&code("204957")), NOW);
        codes.give_back(MEMBER, mark(1), taken.unwrap());
        assert!(takes(&codes, MEMBER, 1, "204957", 0), "given back");

        let codes = waiting();
        let taken = codes
            .take(MEMBER, mark(1), Some(&code("204957")), NOW)
            .unwrap();
        codes.put(MEMBER, mark(1), &code("731946"), NOW);
        codes.give_back(MEMBER, mark(1), taken);
        assert!(!takes(&codes, MEMBER, 1, "204957", 0));
        assert!(takes(&codes, MEMBER, 1, "731946", 0));
        codes.put(MEMBER, mark(1), &code("731946"), NOW);
        codes.forget(&MEMBER);
        assert!(!takes(&codes, MEMBER, 1, "731946", 0));
    }

    #[test]
    fn a_phone_gets_three_messages_an_hour() {
        let codes = PhoneCodes::default();
        let at = |seconds: i64| NOW.plus_millis(seconds * 1_000);
        for seconds in [0, 10, 20] {
            assert!(codes.may_send(mark(1), at(seconds)));
        }
        assert!(!codes.may_send(mark(1), at(3_599)));
        assert!(codes.may_send(mark(2), at(3_599)), "another phone");
        assert!(codes.may_send(mark(1), at(3_600)));
        assert!(!codes.may_send(mark(1), at(3_609)));
        codes.not_sent(mark(1));
        assert!(
            codes.may_send(mark(1), at(3_609)),
            "the last one did not go"
        );
    }
}
