//! Who is signed in: in memory alone, under the hash of a random cookie. A session ends after a minute without a request
//! and after five minutes in all (privacy §6).

use std::collections::HashMap;

use jifen::domain::ids::MemberId;
use jifen::domain::time::Moment;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// The cookie's name: a browser takes it from this host alone, and never without `Secure`.
const COOKIE: &str = "__Host-jifen";
/// How long a session lasts without a request.
const IDLE_MILLIS: i64 = 60_000;
/// How long it lasts in all.
const WHOLE_MILLIS: i64 = 5 * 60_000;
/// The most sessions at once; past it the one that was idle longest ends.
const SESSIONS_MAX: usize = 10_000;

/// The sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<[u8; 32], Session>>,
}

#[derive(Clone, Copy)]
struct Session {
    member: MemberId,
    begun: Moment,
    seen: Moment,
}

impl Session {
    fn is_open(&self, now: Moment) -> bool {
        now < self.seen.plus_millis(IDLE_MILLIS) && now < self.begun.plus_millis(WHOLE_MILLIS)
    }
}

impl Sessions {
    /// Begins a session, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn begin(&self, member: MemberId, secret: [u8; 32], now: Moment) -> String {
        let mut open = self.open.lock();
        open.retain(|_, session| session.is_open(now));
        if SESSIONS_MAX <= open.len() {
            let idle = open.iter().min_by_key(|(_, session)| session.seen);
            if let Some(key) = idle.map(|(key, _)| *key) {
                open.remove(&key);
            }
        }
        let text = hex(&secret);
        let session = Session {
            member,
            begun: now,
            seen: now,
        };
        open.insert(Sha256::digest(&text).into(), session);
        format!("{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    /// Who is signed in, by the request's cookie header.
    pub(crate) fn member(&self, cookies: Option<&str>, now: Moment) -> Option<MemberId> {
        let key = key_of(cookies?)?;
        let mut open = self.open.lock();
        let session = open.get_mut(&key)?;
        if session.is_open(now) {
            session.seen = now;
            Some(session.member)
        } else {
            open.remove(&key);
            None
        }
    }

    /// Ends every session of a member, and gives the value of `Set-Cookie` that takes the cookie away.
    pub(crate) fn end_all(&self, member: &MemberId) -> String {
        self.open
            .lock()
            .retain(|_, session| session.member != *member);
        self.end(None)
    }

    /// Ends a session, and gives the value of `Set-Cookie` that takes the cookie away.
    pub(crate) fn end(&self, cookies: Option<&str>) -> String {
        if let Some(key) = cookies.and_then(key_of) {
            self.open.lock().remove(&key);
        }
        format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    }
}

fn key_of(cookies: &str) -> Option<[u8; 32]> {
    let value = cookies.split(';').find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })?;
    Some(Sha256::digest(value).into())
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        // Writing to a string does not fail.
        let _: std::fmt::Result = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGUN: Moment = Moment::from_millis(1_700_000_000_000);

    fn member() -> MemberId {
        MemberId::from_bytes([7; 16])
    }

    /// The cookie as a browser sends it back.
    fn cookie(set: &str) -> String {
        let (pair, _) = set.split_once(';').unwrap();
        format!("other=1; {pair}")
    }

    #[test]
    fn a_session_ends_after_a_minute_of_silence_and_after_five_in_all() {
        let sessions = Sessions::default();
        let kept = cookie(&sessions.begin(member(), [1; 32], BEGUN));
        let at = |seconds: i64| BEGUN.plus_millis(seconds * 1_000);
        for seconds in [0, 59, 118, 177, 236, 295] {
            assert!(
                sessions.member(Some(&kept), at(seconds)).is_some(),
                "{seconds}"
            );
        }
        assert!(sessions.member(Some(&kept), at(300)).is_none());

        let silent = cookie(&sessions.begin(member(), [2; 32], BEGUN));
        assert!(sessions.member(Some(&silent), at(60)).is_none());
        assert!(
            sessions.member(Some(&silent), at(1)).is_none(),
            "it is gone"
        );
    }

    #[test]
    fn only_the_cookie_opens_a_session_and_the_end_of_it_ends_it() {
        let sessions = Sessions::default();
        let set = sessions.begin(member(), [1; 32], BEGUN);
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"));
        let good = cookie(&set);
        for wrong in [
            None,
            Some(""),
            Some("__Host-jifen="),
            Some("__Host-jifen=00"),
            Some("jifen=1"),
        ] {
            assert!(sessions.member(wrong, BEGUN).is_none(), "{wrong:?}");
        }
        assert!(sessions.member(Some(&good), BEGUN).is_some());
        sessions.end(Some(&good));
        assert!(sessions.member(Some(&good), BEGUN).is_none());
    }
}
