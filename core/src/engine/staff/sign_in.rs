//! Somebody of the staff signs in with name, password and code. An attempt is booked before the hash is computed, as a
//! member's is; a name that nobody has is refused in the same words, after the same work (privacy §6).

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::vault::pin::Verifier;

use super::super::Engine;
use super::super::rows::SignInRow;
use super::door::stranger;
use super::{OnDuty, StaffId, find, is_blocked, of_id, put};

/// Whose log-in it is when nobody has the name.
const NOBODY: MemberId = MemberId::from_bytes([0; 16]);

impl Engine {
    /// Signs somebody of the staff in. A password that is due lets them do nothing but change it. Wrong attempts are counted
    /// for `caller` too, whatever the name: a stranger who guesses has to wait, and does not lock the others out.
    ///
    /// # Errors
    /// As for [`Self::staff_sign_in`], and [`Refusal::SlowDown`].
    pub fn staff_sign_in_from(
        &self,
        caller: &str,
        name: &str,
        proofs: (&str, &str),
        device: &str,
    ) -> Result<OnDuty, Refusal> {
        self.counters
            .counted(caller, || self.staff_sign_in(name, proofs, device))
    }

    /// Signs somebody of the staff in, wherever they are.
    ///
    /// # Errors
    /// [`Refusal::StaffSignInFailed`] alike for unknown names, wrong passwords, wrong or used codes and blocked accounts;
    /// [`Refusal::SignInLocked`] while attempts have to wait; [`Refusal::Busy`] and the store's.
    pub fn staff_sign_in(
        &self,
        name: &str,
        (password, code): (&str, &str),
        device: &str,
    ) -> Result<OnDuty, Refusal> {
        let found = self.read(|view| find(view, name))?;
        let id = found.as_ref().map(|(id, _)| *id);
        self.book_staff(id, name, device)?;

        let round = found.as_ref().map(|(_, row)| row.round);
        let verifier = found.and_then(|(_, row)| row.verifier.to_verifier());
        let verifier = verifier.unwrap_or_else(Verifier::decoy);
        let matches = self.gate.run(|| verifier.matches(password));
        let matches = matches.ok_or(Refusal::Busy)?;

        let wall = self.clock.wall();
        let (code, device) = (code.to_owned(), device.to_owned());
        self.node_work(move |work| {
            let row = match id {
                Some(id) => of_id(&work.view(), id)?,
                None => None,
            };
            let step = row
                .as_ref()
                .and_then(|row| row.totp.step_of(&code, wall, row.last_step));
            let (Some(id), Some(mut row), Some(step), true) = (id, row, step, matches) else {
                return Err(Refusal::StaffSignInFailed.into());
            };
            // A password that was changed while it was held against what was kept before opens nothing.
            if is_blocked(&row) || round != Some(row.round) {
                return Err(Refusal::StaffSignInFailed.into());
            }
            row.last_step = Some(step);
            row.attempts = SignInRow::NONE;
            let duty = OnDuty {
                id,
                round: row.round,
                name: row.name.clone(),
                device: device.clone(),
            };
            put(work, id, row)?;
            work.note_login(id.as_owner(), &device, true)?;
            Ok(duty)
        })
    }

    /// Books an attempt under a name, whether anybody has it or not.
    pub(super) fn book_staff(
        &self,
        id: Option<StaffId>,
        name: &str,
        device: &str,
    ) -> Result<(), Refusal> {
        let wall = self.clock.wall();
        let (name, device) = (name.to_owned(), device.to_owned());
        self.node_work(move |work| {
            let row = match id {
                Some(id) => of_id(&work.view(), id)?.map(|row| (id, row)),
                None => None,
            };
            if let Some((id, mut row)) = row {
                row.attempt(wall)?;
                put(work, id, row)?;
                work.note_login(id.as_owner(), &device, false)
            } else {
                stranger(work, &name, wall)?;
                work.note_login(NOBODY, &device, false)
            }
        })
    }
}
