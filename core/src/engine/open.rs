//! An account begins: ordinary and empty (TIER-01).

use serde::Serialize;

use crate::domain::ids::AccountId;
use crate::domain::refusal::Refusal;
use crate::ledger::account::Account;
use crate::ledger::desk::Desk;
use crate::ledger::entry::Movement;

use super::commit::Verb;
use super::receipt::{Opened, Receipt};
use super::work::{Stop, Work, looks_at_days};

/// Opens an account. Its id is drawn by the caller before the command is sent.
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// Sixteen random bytes.
    pub account: AccountId,
    /// A made-up reference, never a name: 1 to 64 bytes.
    pub reference: String,
}

impl Verb for Open {
    const NAME: &'static str = "open";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        let readable = !self.reference.chars().any(char::is_control);
        let fits = !self.reference.is_empty() && self.reference.len() <= 64;
        if readable && fits {
            Ok(())
        } else {
            Err(Refusal::BadReceipt)
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        match work.view().account(self.account) {
            Ok(_) => return Err(Refusal::AccountExists.into()),
            Err(Stop::Refused(Refusal::TokenUnknown)) => {}
            Err(stop) => return Err(stop),
        }

        let on = programme.zone.day_of(work.now);
        let mut account = Account::new(on);
        account.spend.by_day = looks_at_days(work.versions, work.now);
        let mut desk = Desk::new(account, work.now, programme.zone);
        desk.post(work.now, Movement::Open { on })?;

        work.finish(
            self.account,
            self.reference.clone(),
            desk,
            programme.hash,
            None,
        )?;
        Ok(Receipt::Opened(Opened { at: work.now }))
    }
}
