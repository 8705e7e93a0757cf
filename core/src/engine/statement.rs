//! What a member sees of their account (TIER-04): balance, tier, what is missing, what expires, and the history.

use crate::domain::ids::{AccountId, HoldId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::{AccountState, Refusal};
use crate::domain::time::Moment;
use crate::ledger::account::{Account, LedgerError, Totals};
use crate::ledger::desk::Desk;
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::hold::Hold;
use crate::ledger::lot::Lot;

use super::Engine;
use super::work::rules_of;

/// A member's account at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The reference it was opened under.
    pub reference: String,
    /// What the member may do.
    pub state: AccountState,
    /// All points, held and unvested ones included.
    pub balance: Points,
    /// What may be used.
    pub available: Points,
    /// What open holds pin.
    pub held: Points,
    /// What is owed.
    pub debt: Points,
    /// The tier.
    pub tier: Tier,
    /// From when the tier counts; none for the tier everybody begins with.
    pub tier_since: Option<Moment>,
    /// Every change of tier, oldest first.
    pub tiers: Vec<(Moment, Tier)>,
    /// Qualifying spend in the tier's window.
    pub metric: Money,
    /// Qualifying spend in all.
    pub qualifying_spend: Money,
    /// What is missing to the senior tier.
    pub missing: Money,
    /// The rest of each earn rule, in the programme's order.
    pub carries: Vec<(String, Exact)>,
    /// Sums over the history.
    pub totals: Totals,
    /// Open lots in spending order.
    pub lots: Vec<Lot>,
}

/// What a till shows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// All points, held and unvested ones included.
    pub balance: Points,
    /// What may be used.
    pub available: Points,
    /// What is owed.
    pub debt: Points,
}

impl Engine {
    /// The balance as of now: cheaper than a statement.
    pub fn balance(&self, account: AccountId) -> Result<Balance, Refusal> {
        let now = self.now();
        let zone = self
            .versions()
            .latest()
            .ok_or(Refusal::BeforeProgramme)?
            .zone;
        self.read(|view| {
            let owned = Desk::open(view.account(account)?.account, now, zone)?.account;
            Ok(Balance {
                balance: owned.balance().ok_or(LedgerError::Overflow)?,
                available: owned.available(now).ok_or(LedgerError::Overflow)?,
                debt: owned.debt,
            })
        })
    }

    /// The account as of now, with all that time has done to it.
    pub fn statement(&self, account: AccountId) -> Result<Statement, Refusal> {
        self.statement_at(account, self.now())
    }

    /// The account as of a moment, which may be later than now: what expires until then is gone.
    pub fn statement_at(&self, account: AccountId, at: Moment) -> Result<Statement, Refusal> {
        let versions = self.versions();
        self.read(|view| {
            let (head, desk) = view.desk(account, at, &versions)?;
            let programme = versions.at(at).ok_or(Refusal::BeforeProgramme)?;
            let metric = desk.metric(programme, at)?;
            let owned = &desk.account;
            let missing = programme.tiers.senior_from.checked_sub(metric);
            let carries = rules_of(&versions, programme)
                .iter()
                .map(|rule| (rule.rule.id.clone(), owned.carry(rule.carry)))
                .collect();
            let open = owned
                .in_spending_order()
                .into_iter()
                .filter(|lot| !lot.remaining.is_zero());
            Ok(Statement {
                reference: head.reference,
                state: owned.state,
                balance: owned.balance().ok_or(LedgerError::Overflow)?,
                available: owned.available(at).ok_or(LedgerError::Overflow)?,
                held: owned.held().ok_or(LedgerError::Overflow)?,
                debt: owned.debt,
                tier: owned.tier(),
                tier_since: owned.tiers.last().map(|(since, _)| *since),
                tiers: owned.tiers.clone(),
                metric,
                qualifying_spend: owned.spend.lifetime,
                missing: missing.ok_or(LedgerError::Overflow)?.max(Money::ZERO),
                carries,
                totals: owned.totals,
                lots: open.copied().collect(),
            })
        })
    }

    /// Points expired and available as of a moment, which may also lie before the latest commit: then what was earned, used
    /// or corrected after it is left out, and what was held then counts as available.
    pub fn expired_and_available(
        &self,
        account: AccountId,
        at: Moment,
    ) -> Result<(Points, Points), Refusal> {
        if self.now() <= at {
            let statement = self.statement_at(account, at)?;
            return Ok((statement.totals.expired, statement.available));
        }
        let zone = self
            .versions()
            .latest()
            .ok_or(Refusal::BeforeProgramme)?
            .zone;
        self.read(|view| {
            let record = view.account(account)?;
            let mut entries = view.entries(account, &record.account)?;
            entries.reverse();
            let mut past = Account::new(record.account.opened_on);
            for entry in entries {
                let counts = match &entry.movement {
                    // What was before it is not known any more (RET-02).
                    Movement::Forward(_) if at < entry.at => return Err(Refusal::NotKept.into()),
                    Movement::Forward(_) => true,
                    Movement::Earn { lot, .. } => lot.map_or(entry.at, |lot| lot.earned_at) <= at,
                    // Of a lot that was earned by then; what was not entered yet is found again below.
                    Movement::Expire { lot, .. } => entry.at <= at && past.lot(*lot).is_some(),
                    Movement::Open { .. }
                    | Movement::Redeem { .. }
                    | Movement::Return { .. }
                    | Movement::Clawback { .. }
                    | Movement::Repay { .. }
                    | Movement::Adjust { .. }
                    | Movement::Assess(_)
                    | Movement::Sanction { .. }
                    | Movement::Grant { .. }
                    | Movement::Merge(_)
                    | Movement::MergeAway(_)
                    | Movement::Unmerge(_)
                    | Movement::MergeBack(_) => entry.at <= at,
                };
                if counts {
                    past.apply(&entry.movement)?;
                }
            }
            let past = Desk::open(past, at, zone)?.account;
            Ok((
                past.totals.expired,
                past.available(at).ok_or(LedgerError::Overflow)?,
            ))
        })
    }

    /// A hold, and whose it is: its id is what it is found by.
    pub fn hold_at(&self, id: HoldId) -> Result<(AccountId, Hold), Refusal> {
        self.read(|view| view.hold(id))
    }

    /// Whether there is no such account.
    pub fn is_unknown(&self, account: AccountId) -> Result<bool, Refusal> {
        match self.read(|view| view.account(account)) {
            Ok(_) => Ok(false),
            Err(Refusal::TokenUnknown) => Ok(true),
            Err(refusal) => Err(refusal),
        }
    }

    /// The account's entries as they are written, newest first; with them those of every record of the same person that was
    /// merged into it, up to then.
    pub fn entries(&self, account: AccountId) -> Result<Vec<Entry>, Refusal> {
        self.read(|view| view.history(account))
    }

    /// The ids of all accounts, in no order that means anything.
    pub fn account_ids(&self) -> Result<Vec<AccountId>, Refusal> {
        self.read(super::sweep::account_ids)
    }
}
