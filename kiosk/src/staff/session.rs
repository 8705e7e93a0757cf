//! Who of the staff has signed in: in memory alone, under the hash of a random cookie. A session ends after ten minutes
//! without a request and after eight hours; whether the account may still be used is the engine's to say at every request
//! (ACC-07). A page names members by references that mean nothing outside its session.

use std::collections::HashMap;

use data_encoding::HEXLOWER;
use jifen::domain::ids::MemberId;
use jifen::domain::time::Moment;
use jifen::engine::merge::PhoneProved;
use jifen::engine::staff::OnDuty;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// The cookie's name: a browser takes it from this host alone, and never without `Secure`.
const COOKIE: &str = "__Host-jifen-staff";
/// How long a session lasts without a request.
const IDLE_MILLIS: i64 = 10 * 60_000;
/// How long it lasts in all.
const WHOLE_MILLIS: i64 = 8 * 3_600_000;
/// The most sessions at once; past it the one that was idle longest ends.
const SESSIONS_MAX: usize = 1_000;
/// The most members that one session knows by reference; past it the one it learnt first is forgotten.
const MEMBERS_MAX: usize = 1_000;
/// The most phones that a session knows to be proved, the newest. A proof counts for ten minutes.
const PROOFS_MAX: usize = 16;

type Key = [u8; 32];

/// The sessions.
#[derive(Default)]
pub(crate) struct StaffSessions {
    open: Mutex<HashMap<Key, Session>>,
}

struct Session {
    duty: OnDuty,
    begun: Moment,
    seen: Moment,
    members: Vec<(String, MemberId)>,
    proofs: Vec<PhoneProved>,
}

impl Session {
    fn is_open(&self, now: Moment) -> bool {
        now < self.seen.plus_millis(IDLE_MILLIS) && now < self.begun.plus_millis(WHOLE_MILLIS)
    }
}

/// Somebody's place in a session that is open.
#[derive(Clone, Debug)]
pub(crate) struct Seat {
    /// Who.
    pub(crate) duty: OnDuty,
    key: Key,
}

impl StaffSessions {
    /// Begins a session, and gives the value of `Set-Cookie`. `secret` is random.
    pub(crate) fn begin(&self, duty: OnDuty, secret: [u8; 32], now: Moment) -> String {
        let mut open = self.open.lock();
        open.retain(|_, session| session.is_open(now));
        if SESSIONS_MAX <= open.len() {
            let idle = open.iter().min_by_key(|(_, session)| session.seen);
            if let Some(key) = idle.map(|(key, _)| *key) {
                open.remove(&key);
            }
        }
        let text = HEXLOWER.encode(&secret);
        let session = Session {
            duty,
            begun: now,
            seen: now,
            members: Vec::new(),
            proofs: Vec::new(),
        };
        open.insert(Sha256::digest(&text).into(), session);
        format!("{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    /// Who has signed in, by the request's cookie header.
    pub(crate) fn seat(&self, cookies: Option<&str>, now: Moment) -> Option<Seat> {
        let key = key_of(cookies?)?;
        let mut open = self.open.lock();
        let session = open.get_mut(&key)?;
        if session.is_open(now) {
            session.seen = now;
            let duty = session.duty.clone();
            Some(Seat { duty, key })
        } else {
            open.remove(&key);
            None
        }
    }

    /// What this session names a member by. `random` is drawn for it.
    pub(crate) fn refer(&self, seat: &Seat, member: MemberId, random: &[u8; 32]) -> String {
        let mut open = self.open.lock();
        let fresh = HEXLOWER.encode(random.get(..16).unwrap_or_default());
        let Some(session) = open.get_mut(&seat.key) else {
            return fresh;
        };
        if let Some((known, _)) = session.members.iter().find(|(_, of)| *of == member) {
            return known.clone();
        }
        if MEMBERS_MAX <= session.members.len() {
            session.members.remove(0);
        }
        session.members.push((fresh.clone(), member));
        fresh
    }

    /// The member that this session names so.
    pub(crate) fn member(&self, seat: &Seat, reference: &str) -> Option<MemberId> {
        let open = self.open.lock();
        let members = &open.get(&seat.key)?.members;
        let known = members.iter().find(|(of, _)| of == reference);
        known.map(|(_, member)| *member)
    }

    /// Somebody at the desk has read out the code that was sent to their phone.
    pub(crate) fn prove(&self, seat: &Seat, proof: PhoneProved) {
        if let Some(session) = self.open.lock().get_mut(&seat.key) {
            if PROOFS_MAX <= session.proofs.len() {
                session.proofs.remove(0);
            }
            session.proofs.push(proof);
        }
    }

    /// The phones that this session knows to be proved: whether each still counts is the engine's to say.
    pub(crate) fn proofs(&self, seat: &Seat) -> Vec<PhoneProved> {
        let open = self.open.lock();
        open.get(&seat.key)
            .map_or_else(Vec::new, |session| session.proofs.clone())
    }

    /// Ends a session, and gives the value of `Set-Cookie` that takes the cookie away.
    pub(crate) fn end(&self, cookies: Option<&str>) -> String {
        if let Some(key) = cookies.and_then(key_of) {
            self.open.lock().remove(&key);
        }
        format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
    }
}

fn key_of(cookies: &str) -> Option<Key> {
    let value = cookies.split(';').find_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == COOKIE).then_some(value)
    })?;
    Some(Sha256::digest(value).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jifen::domain::time::Day;
    use jifen::engine::staff::Asker;
    use jifen::policy::access::{Role, RoleGrant};
    use jifen::vault::totp::TotpSecret;

    const BEGUN: Moment = Moment::from_millis(1_700_000_000_000);

    /// Somebody who has signed in to a shop in memory.
    fn duty() -> OnDuty {
        let shop = crate::shop::in_memory().unwrap();
        let engine = &shop.engine;
        let grant = RoleGrant {
            role: Role::Desk,
            from: Day::from_ymd(2020, 1, 1).unwrap(),
            until: None,
            store: None,
        };
        let fresh = engine.add_staff(&Asker::Operator, "li.lei", "李雷", &[grant]);
        let fresh = fresh.unwrap();
        let totp = TotpSecret::of_otpauth(&fresh.otpauth.unwrap()).unwrap();
        let wall = jifen::engine::clock::Clock::wall(&*shop.clock);
        let code = totp.shown(wall);
        let said = (fresh.password.as_str(), code.as_str());
        engine.staff_sign_in("li.lei", said, "desk-1").unwrap()
    }

    /// The cookie as a browser sends it back.
    fn cookie(set: &str) -> String {
        let (pair, _) = set.split_once(';').unwrap();
        format!("other=1; {pair}")
    }

    #[test]
    fn a_session_of_the_staff_ends_after_ten_silent_minutes_and_after_eight_hours() {
        let (sessions, duty) = (StaffSessions::default(), duty());
        let kept = cookie(&sessions.begin(duty.clone(), [1; 32], BEGUN));
        let at = |minutes: i64| BEGUN.plus_millis(minutes * 60_000);
        for minutes in (0..480).step_by(9) {
            assert!(
                sessions.seat(Some(&kept), at(minutes)).is_some(),
                "{minutes}"
            );
        }
        assert!(sessions.seat(Some(&kept), at(480)).is_none());
        let silent = cookie(&sessions.begin(duty, [2; 32], BEGUN));
        assert!(sessions.seat(Some(&silent), at(10)).is_none());
        assert!(sessions.seat(Some(&silent), at(1)).is_none(), "it is gone");
    }

    #[test]
    fn a_reference_means_nothing_in_another_session() {
        let (sessions, duty) = (StaffSessions::default(), duty());
        let member = MemberId::from_bytes([7; 16]);
        let seat = |secret| {
            let kept = cookie(&sessions.begin(duty.clone(), [secret; 32], BEGUN));
            sessions.seat(Some(&kept), BEGUN).unwrap()
        };
        let (one, other) = (seat(1), seat(2));
        let reference = sessions.refer(&one, member, &[3; 32]);
        assert_eq!(sessions.refer(&one, member, &[4; 32]), reference);
        assert_eq!(sessions.member(&one, &reference), Some(member));
        assert_eq!(sessions.member(&other, &reference), None);
        assert_eq!(sessions.member(&one, ""), None);
    }

    #[test]
    fn only_the_cookie_of_the_staff_opens_a_session_of_the_staff() {
        let (sessions, duty) = (StaffSessions::default(), duty());
        let set = sessions.begin(duty, [1; 32], BEGUN);
        assert!(set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"));
        let (_, value) = set.split_once('=').unwrap();
        let of_member = format!("__Host-jifen={value}");
        for wrong in [
            None,
            Some(""),
            Some("__Host-jifen-staff="),
            Some(&*of_member),
        ] {
            assert!(sessions.seat(wrong, BEGUN).is_none(), "{wrong:?}");
        }
        let good = cookie(&set);
        assert!(sessions.seat(Some(&good), BEGUN).is_some());
        sessions.end(Some(&good));
        assert!(sessions.seat(Some(&good), BEGUN).is_none());
    }
}
