//! What the staff do for a member who stands at the desk: a phone is verified, a PIN may be set anew, a lost card gets
//! another, an identity document is looked at (MEM-05, MEM-08, X-03). Each says what for.

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::access::{Cause, Operation};
use crate::vault::tokens::ResetSecret;

use super::super::Engine;
use super::super::audit::Actor;
use super::super::commit::IdempotencyKey;
use super::super::phone::PhoneVerified;
use super::super::pin::RESET_MINUTES;
use super::super::reissue::Reissued;
use super::{Hand, OnDuty};

/// A secret that sets a new PIN, to be handed to the member.
#[derive(Clone, Debug)]
pub struct PinResetIssued {
    /// Good once. It prints nothing of itself.
    pub secret: ResetSecret,
    /// For how many minutes.
    pub minutes: u32,
}

/// An identity document that was looked at, as whoever did so hears of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityShown {
    /// Who looked.
    pub checked_by: String,
    /// When.
    pub checked_at: Moment,
    /// Whether its number is kept until the operation ends.
    pub number_kept: bool,
}

impl Engine {
    /// Somebody of the staff as they do this one thing.
    pub(super) fn hand(&self, duty: &OnDuty, operation: Operation, purpose: Cause) -> Hand {
        Hand::of_staff(self.house(), duty, operation, purpose)
    }

    /// Somebody of the staff has looked: the phone is the member's.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::verify_phone_by_staff`].
    pub fn verify_phone_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        purpose: Cause,
    ) -> Result<PhoneVerified, Refusal> {
        self.may(duty, Operation::VerifyPhone)?;
        let hand = self.hand(duty, Operation::VerifyPhone, purpose);
        self.verify_phone_by_hand(member, &hand)
    }

    /// A secret that sets a new PIN for a member, to be printed for that member. An earlier one works no more, and the
    /// member sees who asked for it.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::issue_pin_reset`].
    pub fn issue_pin_reset_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        purpose: Cause,
    ) -> Result<PinResetIssued, Refusal> {
        self.may(duty, Operation::IssuePinReset)?;
        let hand = self.hand(duty, Operation::IssuePinReset, purpose);
        Ok(PinResetIssued {
            secret: self.issue_pin_reset_to(member, &hand)?,
            minutes: RESET_MINUTES,
        })
    }

    /// Gives a member another card, whose number is printed for that member. The member sees who was shown it.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::reissue_card`].
    pub fn reissue_card_at_desk(
        &self,
        duty: &OnDuty,
        key: &IdempotencyKey,
        member: MemberId,
        purpose: Cause,
    ) -> Result<Reissued, Refusal> {
        self.may(duty, Operation::ReissueCard)?;
        let hand = self.hand(duty, Operation::ReissueCard, purpose);
        self.reissue_card_by(key, member, &hand)
    }

    /// Notes that an identity document was shown at the desk. Its number is kept only with the member's separate express
    /// consent, which is nobody's to give but the member's: they type the PIN for it (CON-04).
    ///
    /// # Errors
    /// Those of [`Engine::may`]; [`Refusal::BadIdentity`] and the others of [`Engine::record_identity`]; those of
    /// [`Engine::confirm_pin`].
    pub fn check_identity_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        number_and_pin: Option<(&str, &str)>,
        purpose: Cause,
    ) -> Result<IdentityShown, Refusal> {
        self.may(duty, Operation::CheckIdentity)?;
        let hand = self.hand(duty, Operation::CheckIdentity, purpose);
        let number = match number_and_pin {
            Some((number, pin)) => {
                super::super::identity::is_number(number)?;
                self.confirm_pin(member, pin, duty.device())?;
                Some(number)
            }
            None => None,
        };
        self.record_identity_by(member, number, number.is_some(), &hand)?;
        let checked = self.identity_check(member)?;
        let checked = checked.ok_or(Refusal::StoreDamaged)?;
        Ok(IdentityShown {
            checked_by: checked.checked_by,
            checked_at: checked.checked_at,
            number_kept: checked.number_kept,
        })
    }

    /// The operation that needed the number of a document has ended: it is masked at once (RET-05).
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::end_identity`].
    pub fn end_identity_at_desk(&self, duty: &OnDuty, member: MemberId) -> Result<(), Refusal> {
        self.may(duty, Operation::CheckIdentity)?;
        self.end_identity(member, &Actor::staff(duty.name(), duty.device()))
    }
}
