//! A member signs in with card and PIN (MEM-08). The attempt is booked before the hash is computed and the success after
//! it, each in a transaction of its own: guesses at the same time pass the bound as little as guesses one after another,
//! and a restart forgets none (privacy §6).

use crate::domain::ids::{AccountId, LotId, MemberId};
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, MILLIS_A_DAY, Moment};
use crate::ledger::earn::grant;
use crate::ledger::entry::{GrantSource, Movement};
use crate::store::{Home, Verdict};
use crate::vault::pin::{Verifier, VerifierRow};
use crate::vault::tokens::CardNumber;

use super::Engine;
use super::pin::is_old;
use super::retain::planned_erasure;
use super::rows::{MEMBERS, MemberRow, SIGN_INS, SignInRow};
use super::work::{Stop, Work, home_of};

/// Wrong attempts without a wait.
const FREE: u32 = 5;
/// The first wait; each further wrong attempt doubles it.
const WAIT_MILLIS: i64 = 30_000;
/// Attempts a day, from the first wrong one on.
const A_DAY: u32 = 20;

/// A member is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub member: MemberId,
    /// Whether it is the first time: the advice is shown then.
    pub is_first: bool,
    /// Points that were given for it (PTS-01).
    pub gift: Points,
    /// Whether the PIN was set 180 days ago or earlier: the member is reminded then (SEC-05).
    pub pin_is_old: bool,
    /// The local day on which the member was to be erased, because nothing was bought for so long. Signing in has taken
    /// the notice back (RET-03).
    pub erasure_planned: Option<Day>,
}

impl Engine {
    /// Signs a member in.
    ///
    /// # Errors
    /// [`Refusal::SignInFailed`] alike for unknown cards and wrong PINs, [`Refusal::SignInLocked`] while attempts have to
    /// wait, [`Refusal::SlowDown`] while the device has to, [`Refusal::Busy`] when too many PINs are being hashed, and the
    /// store's.
    pub fn sign_in(&self, card: &str, pin: &str, device: &str) -> Result<SignedIn, Refusal> {
        self.sign_in_from(device, (card, pin), device)
    }

    /// The same where wrong attempts are counted for `caller`, and not for the device that the record names: many phones are
    /// one device to the shop, and the guesses of one are no reason to let the others wait.
    ///
    /// # Errors
    /// As for [`Self::sign_in`].
    pub fn sign_in_from(
        &self,
        caller: &str,
        (card, pin): (&str, &str),
        device: &str,
    ) -> Result<SignedIn, Refusal> {
        self.counters
            .counted(caller, || self.sign_in_once(card, pin, device))
    }

    fn sign_in_once(&self, card: &str, pin: &str, device: &str) -> Result<SignedIn, Refusal> {
        let card = CardNumber::parse(card, self.settings.prefix);
        let known = card.ok().and_then(|card| self.member_of_card(&card).ok());
        let Some(member) = known else {
            return Err(self.as_much_work(pin)?);
        };
        // Either card of a person leads to the record that both live on in, and to its PIN.
        let member = match self.survivor_of(member) {
            Err(Refusal::TokenUnknown) => return Err(self.as_much_work(pin)?),
            other => other?,
        };

        let held = self.hold_against(member, pin, device)?;
        let device = device.to_owned();
        self.member_work(member, move |work| succeed(work, member, &held, &device))
    }

    /// Asks a member who is signed in for the PIN again, before something that cannot be undone. Attempts count as for
    /// signing in.
    ///
    /// # Errors
    /// As for [`Self::sign_in`].
    pub fn confirm_pin(&self, member: MemberId, pin: &str, device: &str) -> Result<(), Refusal> {
        let held = self.hold_against(member, pin, device)?;
        let device = device.to_owned();
        let confirmed = self.member_work(member, move |work| succeed(work, member, &held, &device));
        confirmed.map(|_| ())
    }

    /// Books an attempt, and holds the PIN against what is kept of it, which is given where the PIN is right.
    fn hold_against(
        &self,
        member: MemberId,
        pin: &str,
        device: &str,
    ) -> Result<VerifierRow, Refusal> {
        let (wall, device) = (self.clock.wall(), device.to_owned());
        let booked = self.member_work(member, move |work| book(work, member, wall, &device));
        let row = match booked {
            // Keys without a row: of somebody who is being erased, or whom a restore has lost.
            Err(Refusal::TokenUnknown) => return Err(self.as_much_work(pin)?),
            other => other?,
        };
        let verifier = row.to_verifier().ok_or(Refusal::StoreDamaged)?;
        let matches = self.gate.run(|| verifier.matches(pin));
        if matches.ok_or(Refusal::Busy)? {
            Ok(row)
        } else {
            Err(Refusal::SignInFailed)
        }
    }

    /// The refusal of a card that is nobody's, after as much work as for one that somebody has.
    fn as_much_work(&self, pin: &str) -> Result<Refusal, Refusal> {
        self.idle_work()?;
        let decoy = Verifier::decoy();
        self.gate.run(|| decoy.matches(pin)).ok_or(Refusal::Busy)?;
        Ok(Refusal::SignInFailed)
    }

    /// Runs work on a member's own rows in one transaction.
    pub(crate) fn member_work<T: Send + 'static>(
        &self,
        member: MemberId,
        body: impl Fn(&mut Work<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let home = home_of(self.keys.account_of(member)?);
        self.work_at(home, body)
    }

    /// Runs work on what belongs to no member in one transaction.
    pub(crate) fn node_work<T: Send + 'static>(
        &self,
        body: impl Fn(&mut Work<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.work_at(Home::Node, body)
    }

    fn work_at<T: Send + 'static>(
        &self,
        home: Home,
        body: impl Fn(&mut Work<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (ticket, slot) = self.transact(home, false, move |work| {
            let done = body(work).and_then(|done| {
                work.note_time(home)?;
                Ok(done)
            });
            match done {
                Ok(done) => (Ok(done), Verdict::Keep),
                Err(stop) => (Err(stop), Verdict::Drop),
            }
        });
        ticket.wait()?;
        let done = slot.lock().take();
        Ok(done.unwrap_or(Err(Refusal::Unknown.into()))?)
    }
}

/// Books an attempt, if one is allowed now, and gives what it is held against.
fn book(
    work: &mut Work<'_>,
    member: MemberId,
    wall: Moment,
    device: &str,
) -> Result<VerifierRow, Stop> {
    let row = work.view().member(member)?.told;
    let before = work.view().sign_ins(member)?;
    let after = attempt(before, wall)?;
    work.put_core(member, &SIGN_INS, member.as_bytes(), &after)?;
    work.note_login(member, device, false)?;
    Ok(row.verifier.clone())
}

/// The attempts after one more, or for how long there may be none.
pub(crate) fn attempt(
    SignInRow::V1 {
        failed,
        wait_until,
        day,
        of_day,
    }: SignInRow,
    wall: Moment,
) -> Result<SignInRow, Refusal> {
    let today = wall.millis().div_euclid(MILLIS_A_DAY);
    let of_day = if day == today { of_day } else { 0 };
    let tomorrow = Moment::from_millis(today.saturating_add(1).saturating_mul(MILLIS_A_DAY));
    let free_at = if A_DAY <= of_day {
        tomorrow.max(wait_until)
    } else {
        wait_until
    };
    if wall < free_at {
        let millis = free_at.millis().saturating_sub(wall.millis());
        let seconds = millis.saturating_add(999).div_euclid(1_000);
        return Err(Refusal::SignInLocked { seconds });
    }
    let failed = failed.saturating_add(1);
    // Booked as if it were wrong; a success takes it back.
    let doubled = failed.checked_sub(FREE).map_or(0, |above| {
        let wait = 1_i64.checked_shl(above.min(20)).unwrap_or(i64::MAX);
        WAIT_MILLIS.saturating_mul(wait).min(MILLIS_A_DAY)
    });
    Ok(SignInRow::V1 {
        failed,
        wait_until: wall.plus_millis(doubled),
        day: today,
        of_day: of_day.saturating_add(1),
    })
}

/// The PIN was right: attempts are forgotten, and the first log-in brings the gift (PTS-01).
/// A notice of erasure is taken back (RET-03).
///
/// A PIN that was changed while it was held against what was kept before opens nothing.
fn succeed(
    work: &mut Work<'_>,
    member: MemberId,
    held: &VerifierRow,
    device: &str,
) -> Result<SignedIn, Stop> {
    let mut row = work.view().member(member)?;
    if row.told.verifier != *held {
        return Err(Refusal::SignInFailed.into());
    }
    work.note_login(member, device, true)?;
    work.put_core(member, &SIGN_INS, member.as_bytes(), &SignInRow::NONE)?;
    let account = work.keys().account_of(member)?;
    let erasure_planned = match (row.warned_at, work.versions.latest()) {
        (Some(_), Some(programme)) => {
            let policy = work.settings.retention;
            planned_erasure(&work.view(), &row, account, programme.zone, &policy)?
        }
        (Some(_), None) | (None, _) => None,
    };
    let was_warned = row.warned_at.take().is_some();
    let is_first = row.told.first_signed_in.is_none();
    let pin_is_old = is_old(row.pin_set_at, work.now);
    if is_first {
        row.told.first_signed_in = Some(work.now);
    }
    if is_first || was_warned {
        work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
    }
    let gift = if is_first {
        sign_up_gift(work, account)?
    } else {
        Points::ZERO
    };
    Ok(SignedIn {
        member,
        is_first,
        gift,
        pin_is_old,
        erasure_planned,
    })
}

/// Gives the programme's sign-up gift, once in an account's life (semantics 8).
pub(crate) fn sign_up_gift(work: &mut Work<'_>, account: AccountId) -> Result<Points, Stop> {
    let programme = work.programme()?;
    let points = programme.signup_gift;
    if points.is_zero() {
        return Ok(points);
    }
    let (head, mut desk) = work.desk(account)?;
    let id = work.new_id(LotId::new);
    let mut lot = grant(id, points, work.now, programme)?;
    lot.available_at = work.now;
    let source = GrantSource::SignUp;
    desk.post(work.now, Movement::Grant { source, lot })?;
    desk.after_credit(work.now, &lot)?;
    work.finish(account, head, desk, programme.hash, None)?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MORNING: Moment = Moment::from_millis(20_000 * MILLIS_A_DAY + 8 * 3_600_000);

    /// Attempts at these seconds of the morning, each wrong: for how long the next is locked, 0 for not at all.
    fn check(story: &[(u32, i64)]) {
        let mut row = SignInRow::NONE;
        for (seconds, locked) in story {
            let wall = MORNING.plus_millis(i64::from(*seconds).saturating_mul(1_000));
            match attempt(row, wall) {
                Ok(after) => {
                    assert_eq!(*locked, 0, "at {seconds}");
                    row = after;
                }
                Err(refusal) => {
                    let wanted = Refusal::SignInLocked { seconds: *locked };
                    assert_eq!(refusal, wanted, "at {seconds}");
                }
            }
        }
    }

    #[test]
    fn five_attempts_are_free_and_then_each_waits_twice_as_long() {
        check(&[
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 0),
            (0, 30),
            (29, 1),
            (30, 0),
            (30, 60),
            (89, 1),
            (90, 0),
            (90, 120),
            (210, 0),
            (211, 239),
        ]);
    }

    #[test]
    fn twenty_attempts_a_day_and_no_more_until_the_next() {
        let mut row = SignInRow::NONE;
        let mut wall = MORNING;
        for _ in 0..20 {
            let SignInRow::V1 { day, of_day, .. } = attempt(row, wall).unwrap();
            // As if each had a success between it and the one before: only the day counts.
            row = SignInRow::V1 {
                failed: 0,
                wait_until: wall,
                day,
                of_day,
            };
            wall = wall.plus_millis(1_000);
        }
        assert!(matches!(
            attempt(row, wall),
            Err(Refusal::SignInLocked { .. })
        ));
        let next_day = Moment::from_millis(20_001 * MILLIS_A_DAY);
        assert!(attempt(row, next_day.plus_millis(-1)).is_err());
        assert!(attempt(row, next_day).is_ok());
    }
}
