//! Somebody of the staff sets a password of their own (SEC-05).

use crate::audit::{Act, Text};
use crate::domain::refusal::Refusal;
use crate::vault::pin::{Password, PasswordError, Verifier, VerifierRow};

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::SignInRow;
use super::{OnDuty, on_duty, put};

impl Engine {
    /// Puts a new password in the place of the old one. Other sessions of the account end; the one that is given goes on.
    ///
    /// # Errors
    /// [`Refusal::PasswordShape`], [`Refusal::PasswordCommon`], [`Refusal::StaffSignInFailed`] when the old one is wrong,
    /// [`Refusal::SignInLocked`], [`Refusal::PasswordReused`] for the one now and the five before it,
    /// [`Refusal::StaffSignInNeeded`], [`Refusal::Busy`], and the store's.
    pub fn change_staff_password(
        &self,
        duty: &OnDuty,
        old: &str,
        new: &str,
    ) -> Result<OnDuty, Refusal> {
        let row = self.read(|view| on_duty(view, duty))?;
        let shop = self.staff.read().store.clone().unwrap_or_default();
        let password = Password::parse(new, &[&row.name, &row.display, &shop])?;
        self.book_staff(Some(duty.id), &duty.name, &duty.device)?;
        if !self.staff_matches(&row.verifier, old)? {
            return Err(Refusal::StaffSignInFailed);
        }
        for kept in core::iter::once(&row.verifier).chain(&row.earlier) {
            if self.staff_matches(kept, new)? {
                self.forgive(duty)?;
                return Err(Refusal::PasswordReused);
            }
        }
        let verifier = VerifierRow::of(&self.verifier(password.as_pin())?);
        let duty = duty.clone();
        self.node_work(move |work| {
            let mut row = on_duty(&work.view(), &duty)?;
            row.replace_password(verifier.clone(), work.now);
            row.must_change = false;
            row.attempts = SignInRow::NONE;
            let account = Text::fitted(&row.name);
            let after = OnDuty {
                round: row.round,
                ..duty.clone()
            };
            put(work, duty.id, row)?;
            let actor = Actor::staff(&duty.name, &duty.device);
            let act = Act::StaffPassword {
                account,
                drawn: false,
            };
            work.act(Done::of_shop(actor, act))?;
            Ok(after)
        })
    }

    /// The old password was right: the attempt was none to guess it.
    fn forgive(&self, duty: &OnDuty) -> Result<(), Refusal> {
        let duty = duty.clone();
        self.node_work(move |work| {
            let mut row = on_duty(&work.view(), &duty)?;
            row.attempts = SignInRow::NONE;
            put(work, duty.id, row)
        })
    }

    fn staff_matches(&self, kept: &VerifierRow, attempt: &str) -> Result<bool, Refusal> {
        let verifier = kept.to_verifier().unwrap_or_else(Verifier::decoy);
        self.gate
            .run(|| verifier.matches(attempt))
            .ok_or(Refusal::Busy)
    }
}

impl From<PasswordError> for Refusal {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Shape => Self::PasswordShape,
            PasswordError::Common => Self::PasswordCommon,
        }
    }
}
