//! The visits that are open: in memory alone, under the hash of a random cookie. A visit ends 20 seconds after the page
//! that nobody touched for a minute has begun to count, and after five minutes in all unless it is extended (privacy §6).
//! A shop may set other times ([`Patience`]).

use std::collections::HashMap;

use jifen::domain::ids::MemberId;
use jifen::domain::time::Moment;
use jifen::policy::notice::Language;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use crate::visit::Visit;

/// The cookie's name: a browser takes it from this host alone, and never without `Secure`.
const COOKIE: &str = "__Host-jifen";
/// The most sessions at once; past it the one that was idle longest ends, nobody's before a member's.
const SESSIONS_MAX: usize = 10_000;

/// How long a visit waits for somebody, in seconds (kiosk-ui §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Patience {
    /// After how many seconds without a touch a page begins to count.
    pub(crate) idle: u32,
    /// How many seconds it counts before the visit ends.
    pub(crate) count: u32,
    /// How many seconds a visit lasts in all, unless it is extended.
    pub(crate) whole: u32,
}

impl Patience {
    /// How many seconds a session lasts without a request.
    pub(crate) const fn silent(self) -> u32 {
        self.idle.saturating_add(self.count)
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            idle: 60,
            count: 20,
            whole: 5 * 60,
        }
    }
}

/// The sessions.
#[derive(Default)]
pub(crate) struct Sessions {
    patience: Patience,
    open: Mutex<HashMap<[u8; 32], Session>>,
}

struct Session {
    visit: Visit,
    begun: Moment,
    seen: Moment,
}

impl Session {
    fn is_open(&self, now: Moment, patience: Patience) -> bool {
        let end = |since: Moment, seconds: u32| {
            since.plus_millis(i64::from(seconds).saturating_mul(1_000))
        };
        now < end(self.seen, patience.silent()) && now < end(self.begun, patience.whole)
    }
}

impl Sessions {
    /// None is open, and each will wait so long.
    pub(crate) fn new(patience: Patience) -> Self {
        Self {
            patience,
            open: Mutex::default(),
        }
    }

    /// How long each waits.
    pub(crate) const fn patience(&self) -> Patience {
        self.patience
    }

    /// Begins a member's session, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn begin(&self, member: MemberId, secret: [u8; 32], now: Moment) -> String {
        self.open(Visit::of_member(member, Language::Zh), secret, now)
    }

    /// Begins a session of whatever visit, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn open(&self, visit: Visit, secret: [u8; 32], now: Moment) -> String {
        let mut open = self.open.lock();
        open.retain(|_, session| session.is_open(now, self.patience));
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
        if session.is_open(now, self.patience) {
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

    #[test]
    fn a_shop_may_set_how_long_a_visit_waits() {
        let sessions = Sessions::new(Patience {
            idle: 20,
            count: 30,
            whole: 90,
        });
        let kept = cookie(&sessions.begin(member(), [1; 32], BEGUN));
        let at = |seconds: i64| BEGUN.plus_millis(seconds * 1_000);
        for (seconds, is_open) in [(49, true), (89, true), (90, false)] {
            let member = sessions.member(Some(&kept), at(seconds));
            assert_eq!(member.is_some(), is_open, "{seconds}");
        }
        let silent = cookie(&sessions.begin(member(), [2; 32], BEGUN));
        assert!(sessions.member(Some(&silent), at(50)).is_none());
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
