//! A member chooses another PIN, or sets a new one by a secret that was handed over (MEM-08, SEC-05). The secret is good
//! once, for a quarter of an hour and five tries; only its hash is kept. Whatever is wrong, a stranger hears the same after
//! the same work.

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::catalogue::Field;
use crate::vault::pin::{Pin, VerifierRow};
use crate::vault::tokens::{CardNumber, OnceHash, ResetSecret};

use super::Engine;
use super::audit::{Actor, Done};
use super::enrol::duplicate_check;
use super::rows::{MEMBERS, MemberRow, MemberV3, Reset, SIGN_INS, SignInRow};
use super::staff::Hand;
use super::work::{Stop, Work};

/// How long a secret is good, in minutes.
pub const RESET_MINUTES: u32 = 15;
/// Wrong tries after which it is gone.
const RESET_TRIES: u8 = 5;
/// After how many days a member is reminded to choose another PIN.
const PIN_DAYS: u32 = 180;

/// Whether a PIN that was set then is to be changed (SEC-05).
pub(crate) fn is_old(set_at: Moment, now: Moment) -> bool {
    set_at.plus_days(PIN_DAYS) <= now
}

impl Engine {
    /// Puts another PIN in the place of a member's, who is signed in and gives the old one again.
    ///
    /// # Errors
    /// `pin_shape` and `pin_common` for the new one; for the old one as [`Self::confirm_pin`]; `try_again` when too many
    /// PINs are being hashed, and the store's.
    pub fn change_pin(
        &self,
        member: MemberId,
        pin: &str,
        new_pin: &str,
        device: &str,
    ) -> Result<(), Refusal> {
        let row = self.read(|view| view.member(member))?;
        let new = parse(&row, new_pin)?;
        self.confirm_pin(member, pin, device)?;
        let verifier = VerifierRow::of(&self.verifier(&new)?);
        let device = device.to_owned();
        self.member_work(member, move |work| {
            let row = work.view().member(member)?;
            let actor = Actor::member(Handle::from_bytes(row.handle), &device);
            set(work, member, row, &verifier, (actor, Act::PinChanged))
        })
    }

    /// A secret that sets a new PIN for the member whose card this is, to be handed to that member. An earlier one works no
    /// more.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for a card that is nobody's, and the store's.
    pub fn issue_pin_reset(&self, card: &str, actor: &Actor) -> Result<ResetSecret, Refusal> {
        let card = CardNumber::parse(card, self.settings.prefix);
        let member = self.member_of_card(&card.map_err(|_| Refusal::TokenUnknown)?)?;
        self.issue_pin_reset_to(member, &Hand::of(actor))
    }

    /// The same for a member who is known, by whoever it is.
    pub(super) fn issue_pin_reset_to(
        &self,
        member: MemberId,
        hand: &Hand,
    ) -> Result<ResetSecret, Refusal> {
        // Either card of a person leads to the record that both live on in, and to its PIN.
        let member = self.survivor_of(member)?;
        let secret = ResetSecret::draw(&self.entropy.seed());
        let (kept, hand) = (secret.clone(), hand.clone());
        let until = self.clock.wall().plus_minutes(RESET_MINUTES);
        self.member_work(member, move |work| {
            hand.check(work)?;
            hand.note(work, member, &[Field::PinReset])?;
            let mut row = work.view().member(member)?;
            let handle = row.handle;
            row.reset = Some(Reset {
                hash: kept.hash(&handle).0,
                until,
                failed: 0,
            });
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            let done = done(handle, hand.actor().clone(), Act::PinResetIssued);
            let because = hand.because(done.because);
            work.act(Done { because, ..done })?;
            Ok(())
        })?;
        Ok(secret)
    }

    /// Sets a new PIN by a secret that was handed over; wrong attempts to sign in are forgotten then.
    ///
    /// # Errors
    /// `pin_shape` and `pin_common` for the new PIN; [`Refusal::SignInFailed`] alike for an unknown card, for one without a
    /// secret, for a wrong one and for one that is over; `try_again` when too many PINs are being hashed, and the store's.
    /// With the right secret, a PIN that the member's own phone or name gives away is `pin_common`, and the secret is still
    /// good.
    pub fn reset_pin(
        &self,
        card: &str,
        secret: &str,
        new_pin: &str,
        device: &str,
    ) -> Result<MemberId, Refusal> {
        let new = Pin::parse(new_pin, &[])?;
        // For a card that is nobody's as for any other: the hash is what takes the time.
        let verifier = VerifierRow::of(&self.verifier(&new)?);
        let card = CardNumber::parse(card, self.settings.prefix);
        let known = card.ok().and_then(|card| self.member_of_card(&card).ok());
        let known = match known.map(|member| self.survivor_of(member)).transpose() {
            Err(Refusal::TokenUnknown) => None,
            other => other?,
        };
        let Some(member) = known else {
            self.idle_work()?;
            return Err(Refusal::SignInFailed);
        };

        let tried = ResetSecret::parse(secret);
        let (device, wall) = (device.to_owned(), self.clock.wall());
        let new_pin = zeroize::Zeroizing::new(new_pin.to_owned());
        let reset = self.member_work(member, move |work| {
            let mut row = work.view().member(member)?;
            let reset = row.reset.take();
            match hold(reset, &row.handle, tried.as_ref(), wall) {
                Tried::Right => {
                    parse(&row, &new_pin)?;
                    let actor = Actor::member(Handle::from_bytes(row.handle), &device);
                    set(work, member, row, &verifier, (actor, Act::PinReset))?;
                    work.put_core(member, &SIGN_INS, member.as_bytes(), &SignInRow::NONE)?;
                    Ok(true)
                }
                Tried::Wrong(left) => {
                    row.reset = left;
                    work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
                    Ok(false)
                }
            }
        });
        match reset {
            Ok(true) => Ok(member),
            Ok(false) => Err(Refusal::SignInFailed),
            // Keys without a row: of somebody who is being erased, or whom a restore has lost.
            Err(Refusal::TokenUnknown) => {
                self.idle_work()?;
                Err(Refusal::SignInFailed)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// Writes nothing about anybody, and takes as long as writing.
    pub(super) fn idle_work(&self) -> Result<(), Refusal> {
        self.node_work(|_| Ok(()))
    }
}

/// What a try came to.
#[derive(Debug)]
enum Tried {
    Right,
    /// What is left of the secret.
    Wrong(Option<Reset>),
}

/// Holds a secret against what is kept of the right one.
fn hold(
    reset: Option<Reset>,
    handle: &[u8; 16],
    tried: Option<&ResetSecret>,
    wall: Moment,
) -> Tried {
    let Some(mut reset) = reset.filter(|reset| wall < reset.until) else {
        return Tried::Wrong(None);
    };
    if tried.is_some_and(|tried| tried.hash(handle) == OnceHash(reset.hash)) {
        return Tried::Right;
    }
    reset.failed = reset.failed.saturating_add(1);
    Tried::Wrong(Some(reset).filter(|reset| reset.failed < RESET_TRIES))
}

/// Reads a new PIN of a member whose phone and name are known.
fn parse(row: &MemberV3, pin: &str) -> Result<Pin, Refusal> {
    let leave = duplicate_check()?;
    let profile = row.told.profile.to_profile();
    let (mobile, name) = (
        profile.mobile.disclose(&leave),
        profile.name.disclose(&leave),
    );
    Ok(Pin::parse(pin, &[mobile.e164(), name.as_str()])?)
}

/// The PIN of the record is this one from now on; a secret that would set another is gone.
fn set(
    work: &mut Work<'_>,
    member: MemberId,
    mut row: MemberV3,
    verifier: &VerifierRow,
    (actor, act): (Actor, Act),
) -> Result<(), Stop> {
    let handle = row.handle;
    row.told.verifier = verifier.clone();
    row.pin_set_at = work.now;
    row.reset = None;
    work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
    work.act(done(handle, actor, act))?;
    Ok(())
}

fn done(handle: [u8; 16], actor: Actor, act: Act) -> Done {
    Done {
        actor,
        act,
        subject: Some(Handle::from_bytes(handle)),
        fields: &["pin"],
        because: ("security", "agreement"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_700_000_000_000);
    const HANDLE: [u8; 16] = [7; 16];

    fn kept(secret: &ResetSecret, failed: u8) -> Reset {
        Reset {
            hash: secret.hash(&HANDLE).0,
            until: NOW.plus_minutes(RESET_MINUTES),
            failed,
        }
    }

    #[test]
    fn a_secret_is_right_until_it_is_over_or_was_guessed_at_five_times() {
        let [right, wrong] = [1, 2].map(|seed| ResetSecret::draw(&[seed; 32]));
        let at = |millis| NOW.plus_minutes(RESET_MINUTES).plus_millis(millis);
        for (tried, failed, wall, is_right, left) in [
            (Some(&right), 0, NOW, true, None),
            (Some(&right), 4, at(-1), true, None),
            (Some(&right), 0, at(0), false, None),
            (Some(&wrong), 0, NOW, false, Some(1)),
            (None, 3, NOW, false, Some(4)),
            (Some(&wrong), 4, NOW, false, None),
        ] {
            let told = format!("{failed} {wall:?}");
            match hold(Some(kept(&right, failed)), &HANDLE, tried, wall) {
                Tried::Right => assert!(is_right, "{told}"),
                Tried::Wrong(reset) => {
                    assert!(!is_right, "{told}");
                    assert_eq!(reset.map(|reset| reset.failed), left, "{told}");
                }
            }
        }
        assert!(matches!(
            hold(None, &HANDLE, Some(&right), NOW),
            Tried::Wrong(None)
        ));
        // The secret of another member is none.
        assert!(matches!(
            hold(Some(kept(&right, 0)), &[8; 16], Some(&right), NOW),
            Tried::Wrong(Some(_))
        ));
    }

    #[test]
    fn a_pin_is_old_from_the_180th_day_on() {
        assert!(!is_old(NOW, NOW.plus_days(180).plus_millis(-1)));
        assert!(is_old(NOW, NOW.plus_days(180)));
    }
}
