//! What staff may do to an account: correct its points and change its state, each with a reason and a name
//! (semantics 37, 38).

use serde::Serialize;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::{AccountId, LotId};
use crate::domain::points::Points;
use crate::domain::refusal::{AccountState, Refusal};
use crate::ledger::account::LedgerError;
use crate::ledger::earn::grant;
use crate::ledger::entry::Movement;
use crate::ledger::lot::take;

use super::audit::{Actor, Done};
use super::commit::Verb;
use super::receipt::{Adjusted, Receipt, Sanctioned};
use super::work::{Stop, Work};

/// Corrects a balance. Points given are a lot of their own and pay a debt first; points taken come from what is
/// available, in spending order. Neither counts for tiers.
#[derive(Clone, Debug, Serialize)]
pub struct Adjust {
    /// Whose.
    pub account: AccountId,
    /// How many points: above 0 given, below 0 taken.
    pub points: i64,
    /// Why: the shop's reason code.
    pub reason: String,
    /// Who.
    pub actor: String,
    /// Who else approved it; needed above the shop's limit.
    pub approved_by: Option<String>,
}

/// Changes what a member may do (MEM-06).
#[derive(Clone, Debug, Serialize)]
pub struct Sanction {
    /// Whose.
    pub account: AccountId,
    /// The state from now on.
    pub state: AccountState,
    /// Why.
    pub reason: String,
    /// Who.
    pub actor: String,
}

/// Refuses a reason or a name that is missing, too long or unreadable.
pub(crate) fn check_words(words: &[&String]) -> Result<(), Refusal> {
    let unfit = |word: &&&String| {
        word.trim().is_empty() || 200 < word.len() || word.chars().any(char::is_control)
    };
    if words.iter().any(|word| unfit(&word)) {
        Err(Refusal::BadReason)
    } else {
        Ok(())
    }
}

impl Verb for Adjust {
    const NAME: &'static str = "adjust";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        check_words(&[&self.reason, &self.actor])?;
        if let Some(approver) = &self.approved_by {
            check_words(&[approver])?;
            if *approver == self.actor {
                return Err(Refusal::SecondPersonNeeded);
            }
        }
        if self.points == 0 {
            return Err(Refusal::NothingToAdjust);
        }
        let size = self.points.checked_abs().ok_or(Refusal::AmountTooLarge)?;
        if Points::MAX.count() < size {
            Err(Refusal::AmountTooLarge)
        } else {
            Ok(())
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let size = self
            .points
            .checked_abs()
            .and_then(Points::new)
            .ok_or(LedgerError::Overflow)?;
        if work.settings.second_person_above < size && self.approved_by.is_none() {
            return Err(Refusal::SecondPersonNeeded.into());
        }
        let (head, mut desk) = work.desk(self.account)?;
        let (credit, parts) = if 0 < self.points {
            let id = work.new_id(LotId::new);
            let mut lot = grant(id, size, work.now, programme)?;
            lot.available_at = work.now;
            (Some(lot), Vec::new())
        } else {
            let available = desk
                .account
                .available(work.now)
                .ok_or(LedgerError::Overflow)?;
            if available < size {
                return Err(Refusal::NotEnough { available }.into());
            }
            (None, take(size, desk.account.offers(work.now)))
        };
        desk.post(
            work.now,
            Movement::Adjust {
                reason: self.reason.clone(),
                actor: self.actor.clone(),
                approved_by: self.approved_by.clone(),
                credit,
                parts,
            },
        )?;
        if let Some(lot) = credit {
            desk.after_credit(work.now, &lot)?;
        }
        let balance = desk.account.balance().ok_or(LedgerError::Overflow)?;
        let adjusted = Adjusted {
            points: self.points,
            balance,
            debt: desk.account.debt,
        };

        work.finish(self.account, head, desk, programme.hash, None)?;
        let act = Act::Adjusted {
            points: self.points,
        };
        by_staff(work, self.account, &self.actor, act, "membership")?;
        Ok(Receipt::Adjusted(adjusted))
    }
}

impl Verb for Sanction {
    const NAME: &'static str = "sanction";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        check_words(&[&self.reason, &self.actor])
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        self.put(work, "membership")
    }
}

impl Sanction {
    /// Enters the state; `purpose` stands in the audit for the reason, which may name somebody.
    pub(crate) fn put(&self, work: &mut Work<'_>, purpose: &'static str) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(self.account)?;
        desk.post(
            work.now,
            Movement::Sanction {
                state: self.state,
                reason: self.reason.clone(),
                actor: self.actor.clone(),
            },
        )?;

        work.finish(self.account, head, desk, programme.hash, None)?;
        let act = Act::Sanctioned {
            state: Text::fitted(&self.state.to_string()),
        };
        by_staff(work, self.account, &self.actor, act, purpose)?;
        Ok(Receipt::Sanctioned(Sanctioned { state: self.state }))
    }
}

/// Notes what staff did to a member's rights (AUD-02).
fn by_staff(
    work: &mut Work<'_>,
    account: AccountId,
    who: &str,
    act: Act,
    purpose: &'static str,
) -> Result<(), Stop> {
    let member = work.keys().member_of(account)?;
    // An account that nobody registered for has no handle.
    let subject = match work.view().member(member) {
        Ok(row) => Some(Handle::from_bytes(row.handle)),
        Err(Stop::Refused(Refusal::TokenUnknown)) => None,
        Err(stop) => return Err(stop),
    };
    let actor = Actor {
        name: who.to_owned(),
        role: "staff",
        device: "server".to_owned(),
    };
    work.act(Done {
        actor,
        act,
        subject,
        fields: &["account"],
        because: (purpose, "agreement"),
    })?;
    Ok(())
}
