//! The visits that are open: in memory alone, under the hash of a random cookie. A visit ends 20 seconds after the page
//! that nobody touched for a minute has begun to count, and after five minutes in all unless it is extended (privacy §6).

use std::collections::HashMap;

use jifen::domain::ids::MemberId;
use jifen::domain::time::Moment;
use jifen::policy::notice::Language;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::visit::Visit;

/// The cookie's name: a browser takes it from this host alone, and never without `Secure`.
const COOKIE: &str = "__Host-jifen";
/// After how many seconds without a touch a page begins to count.
pub(crate) const IDLE_SECONDS: i64 = 60;
/// How many seconds it counts before the visit ends.
pub(crate) const COUNT_SECONDS: i64 = 20;
/// How many seconds a visit lasts in all, unless it is extended.
pub(crate) const WHOLE_SECONDS: i64 = 5 * 60;
/// How many seconds a session lasts without a request.
pub(crate) const SILENT_SECONDS: i64 = IDLE_SECONDS + COUNT_SECONDS;
/// The same in milliseconds.
const SILENT_MILLIS: i64 = SILENT_SECONDS * 1_000;
/// How long it lasts in all.
const WHOLE_MILLIS: i64 = WHOLE_SECONDS * 1_000;
/// The most sessions at once; past it the one that was idle longest ends, nobody's before a member's.
const SESSIONS_MAX: usize = 10_000;

/// The sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<[u8; 32], Session>>,
}

struct Session {
    visit: Visit,
    begun: Moment,
    seen: Moment,
}

impl Session {
    fn is_open(&self, now: Moment) -> bool {
        now < self.seen.plus_millis(SILENT_MILLIS) && now < self.begun.plus_millis(WHOLE_MILLIS)
    }
}

impl Sessions {
    /// Begins a member's session, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn begin(&self, member: MemberId, secret: [u8; 32], now: Moment) -> String {
        self.open(Visit::of_member(member, Language::Zh), secret, now)
    }

    /// Begins a session of whatever visit, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn open(&self, visit: Visit, secret: [u8; 32], now: Moment) -> String {
        let mut open = self.open.lock();
        open.retain(|_, session| session.is_open(now));
        if SESSIONS_MAX <= open.len() {
            let spared = |session: &Session| (session.visit.member.is_some(), session.seen);
            let idle = open.iter().min_by_key(|(_, session)| spared(session));
            if let Some(key) = idle.map(|(key, _)| *key) {
                open.remove(&key);
            }
        }
        let text = hex(&secret);
        let session = Session {
            visit,
            begun: now,
            seen: now,
        };
        open.insert(Sha256::digest(&text).into(), session);
        format!("{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    /// Who is signed in, by the request's cookie header.
    pub(crate) fn member(&self, cookies: Option<&str>, now: Moment) -> Option<MemberId> {
        self.with(cookies, now, |visit| visit.member).flatten()
    }

    /// What `work` makes of the visit of a cookie header, which is somebody's touch.
    pub(crate) fn with<T>(
        &self,
        cookies: Option<&str>,
        now: Moment,
        work: impl FnOnce(&mut Visit) -> T,
    ) -> Option<T> {
        self.find(cookies, now, |session| {
            session.seen = now;
            work(&mut session.visit)
        })
    }

    /// Whose visit it is and in which language, for what a page asks by itself: that nobody has touched it still counts.
    pub(crate) fn glance(
        &self,
        cookies: Option<&str>,
        now: Moment,
    ) -> Option<(Option<MemberId>, Language)> {
        self.find(cookies, now, |session| {
            (session.visit.member, session.visit.language)
        })
    }

    /// Somebody said that they are still here: the visit is as long as a new one. Whether there was one.
    pub(crate) fn extend(&self, cookies: Option<&str>, now: Moment) -> bool {
        let extended = self.find(cookies, now, |session| {
            session.seen = now;
            session.begun = now;
        });
        extended.is_some()
    }

    fn find<T>(
        &self,
        cookies: Option<&str>,
        now: Moment,
        work: impl FnOnce(&mut Session) -> T,
    ) -> Option<T> {
        let key = key_of(cookies?)?;
        let mut open = self.open.lock();
        let session = open.get_mut(&key)?;
        if session.is_open(now) {
            Some(work(session))
        } else {
            open.remove(&key);
            None
        }
    }

    /// Ends every session of a member, and gives the value of `Set-Cookie` that takes the cookie away.
    pub(crate) fn end_all(&self, member: &MemberId) -> String {
        self.open
            .lock()
            .retain(|_, session| session.visit.member != Some(*member));
        self.end(None)
    }

    /// Ends every session of a member but the one of this cookie header.
    pub(crate) fn end_others(&self, member: &MemberId, cookies: Option<&str>) {
        let own = cookies.and_then(key_of);
        self.open
            .lock()
            .retain(|key, session| session.visit.member != Some(*member) || own == Some(*key));
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
    fn a_session_ends_after_a_minute_of_silence_and_a_count_and_after_five_minutes_in_all() {
        let sessions = Sessions::default();
        let kept = cookie(&sessions.begin(member(), [1; 32], BEGUN));
        let at = |seconds: i64| BEGUN.plus_millis(seconds * 1_000);
        for seconds in [0, 79, 158, 237, 299] {
            assert!(
                sessions.member(Some(&kept), at(seconds)).is_some(),
                "{seconds}"
            );
        }
        assert!(sessions.member(Some(&kept), at(300)).is_none());

        let silent = cookie(&sessions.begin(member(), [2; 32], BEGUN));
        assert!(sessions.member(Some(&silent), at(80)).is_none());
        assert!(
            sessions.member(Some(&silent), at(1)).is_none(),
            "it is gone"
        );
    }

    /// The countdown can be stopped as often as wanted.
    #[test]
    fn a_visit_lasts_as_long_as_somebody_says_so() {
        let sessions = Sessions::default();
        let kept = cookie(&sessions.begin(member(), [1; 32], BEGUN));
        let at = |seconds: i64| BEGUN.plus_millis(seconds * 1_000);
        for time in 1..=10 {
            assert!(sessions.extend(Some(&kept), at(79 * time)), "{time}");
        }
        assert!(!sessions.extend(Some(&kept), at(870)));
    }

    #[test]
    fn where_there_are_too_many_a_member_is_the_last_to_go() {
        let sessions = Sessions::default();
        let kept = cookie(&sessions.begin(member(), [0xff; 32], BEGUN));
        for number in 0..SESSIONS_MAX {
            let mut secret = [0; 32];
            secret[..8].copy_from_slice(&number.to_be_bytes());
            let later = BEGUN.plus_millis(1);
            sessions.open(Visit::new(Language::En), secret, later);
        }
        assert!(sessions.member(Some(&kept), BEGUN.plus_millis(2)).is_some());
        assert_eq!(sessions.open.lock().len(), SESSIONS_MAX);
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
