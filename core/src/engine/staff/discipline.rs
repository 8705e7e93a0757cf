//! Sanctions, and corrections of points up to the shop's limit, by somebody of the staff (MEM-06, semantics 37, 38).

use serde::Serialize;

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::domain::sanction::Sanction;
use crate::policy::access::{Cause, Operation};

use super::super::Engine;
use super::super::adjust::{Adjust, Sanction as PutState, check_words};
use super::super::commit::{IdempotencyKey, Verb};
use super::super::receipt::{Adjusted, Receipt, Sanctioned};
use super::super::work::{Stop, Work};
use super::OnDuty;

/// A sanction that is looked at before it is entered.
#[derive(Serialize)]
struct Discipline {
    account: AccountId,
    sanction: &'static str,
    reason: String,
    actor: String,
    purpose: &'static str,
    #[serde(skip)]
    of: Sanction,
}

impl Verb for Discipline {
    const NAME: &'static str = "discipline";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        check_words(&[&self.reason, &self.actor])
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let state = work.view().account(self.account)?.account.state;
        if !self.of.may_follow(state) {
            return Err(Refusal::StateForbids { state }.into());
        }
        let put = PutState {
            account: self.account,
            state: self.of.state(),
            reason: self.reason.clone(),
            actor: self.actor.clone(),
        };
        put.put(work, self.purpose)
    }
}

/// The operation that the table grants for a sanction.
const fn operation(sanction: Sanction) -> Operation {
    match sanction {
        Sanction::Warn => Operation::Warn,
        Sanction::Restrict => Operation::Restrict,
        Sanction::Suspend => Operation::Suspend,
        Sanction::Lift => Operation::Lift,
    }
}

impl Engine {
    /// Warns, restricts or suspends a member, or takes that back. The reason is shown to the member.
    ///
    /// # Errors
    /// Those of [`Engine::may`]; [`Refusal::BadReason`]; [`Refusal::StateForbids`] for a step that there is not from the
    /// member's state; [`Refusal::TokenUnknown`]; [`Refusal::KeyReused`] and the store's.
    pub fn discipline(
        &self,
        duty: &OnDuty,
        key: &IdempotencyKey,
        member: MemberId,
        sanction: Sanction,
        (purpose, reason): (Cause, &str),
    ) -> Result<Sanctioned, Refusal> {
        self.may(duty, operation(sanction))?;
        let verb = Discipline {
            account: self.keys.account_of(member)?,
            sanction: sanction.word(),
            reason: reason.to_owned(),
            actor: duty.name.clone(),
            purpose: purpose.word(),
            of: sanction,
        };
        let Receipt::Sanctioned(sanctioned) = self.run(key, verb)?.receipt else {
            return Err(Refusal::StoreDamaged);
        };
        Ok(sanctioned)
    }

    /// Corrects points up to the shop's limit; more than that takes a proposal.
    ///
    /// # Errors
    /// Those of [`Engine::may`]; [`Refusal::SecondPersonNeeded`] above the limit; those of [`Adjust`].
    pub fn adjust_by_staff(
        &self,
        duty: &OnDuty,
        key: &IdempotencyKey,
        member: MemberId,
        (points, reason): (i64, &str),
    ) -> Result<Adjusted, Refusal> {
        self.may(duty, Operation::Adjust)?;
        let size = points.checked_abs().ok_or(Refusal::AmountTooLarge)?;
        if self.settings.second_person_above.count() < size {
            return Err(Refusal::SecondPersonNeeded);
        }
        let adjust = Adjust {
            account: self.keys.account_of(member)?,
            points,
            reason: reason.to_owned(),
            actor: duty.name.clone(),
            approved_by: None,
        };
        adjusted(self.run(key, adjust)?.receipt)
    }
}

/// What an adjustment came to.
pub(in crate::engine) fn adjusted(receipt: Receipt) -> Result<Adjusted, Refusal> {
    let Receipt::Adjusted(adjusted) = receipt else {
        return Err(Refusal::StoreDamaged);
    };
    Ok(adjusted)
}
