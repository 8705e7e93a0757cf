//! Who does something to a member's record: whoever works on the shop's own machine, or somebody of the staff at the desk.
//! Of the latter, leave is looked at again in the transaction of the act, and what they were shown is a look that the
//! member sees (ACC-01, AUD-02).

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::{Cause, Leave, Operation};
use crate::policy::catalogue::Field;

use super::super::audit::Actor;
use super::super::looks::Look;
use super::super::work::{Stop, Work};
use super::{House, OnDuty};

/// Who does it.
#[derive(Clone)]
pub(in crate::engine) struct Hand {
    actor: Actor,
    desk: Option<AtDesk>,
}

/// Somebody of the staff, with what is done and what for.
#[derive(Clone)]
struct AtDesk {
    duty: OnDuty,
    house: House,
    operation: Operation,
    purpose: Cause,
}

impl Hand {
    /// Whoever needs nobody's leave: a member for themselves, the operator, the program.
    pub(in crate::engine) fn of(actor: &Actor) -> Self {
        Self {
            actor: actor.clone(),
            desk: None,
        }
    }

    /// Somebody of the staff.
    pub(in crate::engine) fn of_staff(
        house: House,
        duty: &OnDuty,
        operation: Operation,
        purpose: Cause,
    ) -> Self {
        Self {
            actor: Actor::staff(&duty.name, &duty.device),
            desk: Some(AtDesk {
                duty: duty.clone(),
                house,
                operation,
                purpose,
            }),
        }
    }

    /// As the audit names them.
    pub(in crate::engine) const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Why, and by what right: the staff say what for, the right stays what it is.
    pub(in crate::engine) fn because(
        &self,
        (purpose, basis): (&'static str, &'static str),
    ) -> (&'static str, &'static str) {
        let said = self.desk.as_ref().map(|desk| desk.purpose.word());
        (said.unwrap_or(purpose), basis)
    }

    /// Whether they may still do it: an account that was blocked a moment ago does nothing (ACC-07). It is asked before
    /// anything is written.
    pub(in crate::engine) fn check(&self, work: &Work<'_>) -> Result<(), Stop> {
        let Some(desk) = &self.desk else {
            return Ok(());
        };
        let leaves = desk
            .house
            .leaves(&work.view(), &desk.duty, work.now, desk.operation, &[])?;
        if leaves.iter().any(Leave::needs_second) {
            return Err(Refusal::SecondPersonNeeded.into());
        }
        Ok(())
    }

    /// Notes that the staff are shown these fields of a member. It writes the member's row: whoever changes that row reads
    /// it afterwards.
    pub(in crate::engine) fn note(
        &self,
        work: &mut Work<'_>,
        member: MemberId,
        fields: &[Field],
    ) -> Result<(), Stop> {
        let Some(desk) = &self.desk else {
            return Ok(());
        };
        let look = Look {
            at: work.now,
            who: self.actor.name.clone(),
            role: self.actor.role.to_owned(),
            fields: fields.to_vec(),
            purpose: desk.purpose.word().to_owned(),
            basis: "agreement".to_owned(),
            ticket: None,
        };
        work.note_look(member, &look)
    }
}
