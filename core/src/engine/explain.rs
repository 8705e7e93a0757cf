//! The derivation of any number: which entries made it, in order, each with what it added (semantics 6).

use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, CarryId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::forward::Forward;
use crate::ledger::lot::LotGrant;
use crate::ledger::sale::{ReceiptNo, Sale};

use super::Engine;
use super::commit::{Kind, outcome_of};
use super::receipt::{Outcome, Receipt};
use super::work::{Stop, rules_of};

/// A number that can be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// Points in all lots.
    Balance,
    /// Points earned by purchases.
    Earned,
    /// Points used.
    Redeemed,
    /// Points taken back after refunds.
    ClawedBack,
    /// Points lapsed.
    Expired,
    /// Points owed.
    Debt,
    /// Qualifying spend.
    Spend,
    /// The rest of an earn rule.
    Carry(String),
}

/// An amount of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// Points, of either sign.
    Points(i64),
    /// Money, of either sign.
    Money(Money),
    /// Money with its finest parts.
    Exact(Exact),
}

/// One step of a derivation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The entry.
    pub entry: Entry,
    /// What it added.
    pub added: Amount,
    /// The number after it.
    pub after: Amount,
}

/// A sale with every entry about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleStory {
    /// The sale as it is kept now.
    pub sale: Sale,
    /// Its lot, where it earned.
    pub lot: Option<LotGrant>,
    /// The entries about it, oldest first.
    pub entries: Vec<Entry>,
}

impl Engine {
    /// The entries that made a number, oldest first. The last step's `after` is the number.
    pub fn derive(&self, account: AccountId, number: &Number) -> Result<Vec<Step>, Refusal> {
        let versions = self.versions();
        let entries = self.read(|view| {
            let record = view.account(account)?;
            let mut entries = view.entries(account, &record.account)?;
            entries.reverse();
            Ok(entries)
        })?;
        let mut steps: Vec<Step> = Vec::new();
        let (mut balance, mut debt) = (0, 0);
        for entry in entries {
            let (of_balance, of_debt) = (entry.balance.count(), entry.debt.count());
            let change = match number {
                Number::Balance => Some(Amount::Points(of_balance.saturating_sub(balance))),
                Number::Debt => Some(Amount::Points(of_debt.saturating_sub(debt))),
                Number::Earned
                | Number::Redeemed
                | Number::ClawedBack
                | Number::Expired
                | Number::Spend
                | Number::Carry(_) => {
                    if let Movement::Forward(forward) = &entry.movement {
                        carried(number, forward, &versions)
                    } else {
                        contribution(number, &entry.movement)
                    }
                }
            };
            (balance, debt) = (of_balance, of_debt);
            let Some(added) = change.filter(|change| !is_nothing(*change)) else {
                continue;
            };
            let before = steps.last().map(|step| step.after);
            let after = sum(before, added).ok_or(Refusal::AmountTooLarge)?;
            steps.push(Step {
                entry,
                added,
                after,
            });
        }
        Ok(steps)
    }

    /// A sale by the till's name of it, with every entry about it.
    pub fn story(&self, receipt: &ReceiptNo) -> Result<SaleStory, Refusal> {
        self.read(|view| {
            let Some((owner, Outcome::Done(Receipt::Sold(sold)))) =
                outcome_of(view, Kind::Sale, receipt)?
            else {
                return Err(Stop::from(Refusal::SaleUnknown));
            };
            let sale = view.sale(owner, sold.sale)?;
            let mut entries = view.entries(owner, &view.account(owner)?.account)?;
            entries.retain(|entry| is_about(&entry.movement, &sale));
            entries.reverse();
            let lot = view.lot(owner, crate::domain::ids::LotId::of_sale(sale.id))?;
            Ok(SaleStory {
                sale,
                lot: lot.map(|lot| lot.grant),
                entries,
            })
        })
    }
}

/// What was carried forward of a number.
fn carried(number: &Number, forward: &Forward, versions: &Versions) -> Option<Amount> {
    let totals = &forward.totals;
    let points = |points: Points| Some(Amount::Points(points.count()));
    match number {
        // These are read from what stood after the entry.
        Number::Balance | Number::Debt => None,
        Number::Earned => points(totals.earned),
        Number::Redeemed => points(totals.redeemed),
        Number::ClawedBack => points(totals.clawed_back),
        Number::Expired => points(totals.expired),
        Number::Spend => Some(Amount::Money(forward.lifetime)),
        Number::Carry(rule) => {
            let ids: BTreeSet<CarryId> = versions
                .iter()
                .flat_map(|programme| rules_of(versions, programme))
                .filter(|known| known.rule.id == *rule)
                .map(|known| known.carry)
                .collect();
            let of_rule = forward.carries.iter().filter(|(id, _)| ids.contains(id));
            let mut rests = of_rule.map(|(_, rest)| *rest);
            rests
                .try_fold(Exact::ZERO, Exact::checked_add)
                .map(Amount::Exact)
        }
    }
}

fn contribution(number: &Number, movement: &Movement) -> Option<Amount> {
    let points = |points: Option<Points>| Some(Amount::Points(points?.count()));
    match (number, movement) {
        (Number::Earned, Movement::Earn { lot: Some(lot), .. }) => points(Some(lot.points)),
        (Number::Redeemed, Movement::Redeem { parts, .. }) => {
            points(crate::ledger::lot::total(parts))
        }
        (Number::Expired, Movement::Expire { points: gone, .. }) => points(Some(*gone)),
        (Number::ClawedBack, Movement::Clawback { traces, .. }) => {
            let sum = traces
                .iter()
                .try_fold(0_i64, |sum, trace| sum.checked_sub(trace.points));
            sum.map(Amount::Points)
        }
        (Number::Spend, Movement::Earn { spend, .. }) => Some(Amount::Money(*spend)),
        (Number::Spend, Movement::Clawback { spend, .. }) => {
            Money::ZERO.checked_sub(*spend).map(Amount::Money)
        }
        (
            Number::Carry(rule),
            Movement::Earn { traces, .. } | Movement::Clawback { traces, .. },
        ) => {
            let trace = traces.iter().find(|trace| trace.rule == *rule)?;
            trace
                .carry_after
                .checked_sub(trace.carry_before)
                .map(Amount::Exact)
        }
        _ => moved(number, movement),
    }
}

/// What came with a merge or left with its undoing; `None` for every other movement.
fn moved(number: &Number, movement: &Movement) -> Option<Amount> {
    let (totals, days, carries, sign) = match movement {
        Movement::Merge(arrival) | Movement::MergeBack(arrival) => {
            (&arrival.totals, &arrival.days, &arrival.carries, 1)
        }
        Movement::MergeAway(departure) | Movement::Unmerge(departure) => {
            (&departure.totals, &departure.days, &departure.carries, -1)
        }
        Movement::Forward(_)
        | Movement::Open { .. }
        | Movement::Earn { .. }
        | Movement::Redeem { .. }
        | Movement::Return { .. }
        | Movement::Clawback { .. }
        | Movement::Repay { .. }
        | Movement::Adjust { .. }
        | Movement::Expire { .. }
        | Movement::Assess(_)
        | Movement::Sanction { .. }
        | Movement::Grant { .. } => return None,
    };
    let points = |points: Points| points.count().checked_mul(sign);
    let whole = Points::sum(carries.iter().map(|carry| carry.whole));
    match number {
        Number::Earned => {
            let made = if 0 < sign { whole } else { Some(Points::ZERO) };
            let sum = made.and_then(|made| made.checked_add(totals.earned));
            sum.and_then(points).map(Amount::Points)
        }
        Number::Redeemed => points(totals.redeemed).map(Amount::Points),
        Number::Expired => points(totals.expired).map(Amount::Points),
        Number::ClawedBack => {
            // What is taken back when a merge is undone is a clawback of the survivor's.
            let taken = if sign < 0 { whole } else { Some(Points::ZERO) };
            let left = points(totals.clawed_back);
            let sum = taken.and_then(|taken| left?.checked_add(taken.count()));
            sum.map(Amount::Points)
        }
        Number::Spend => {
            let sum = Money::sum(days.iter().map(|(_, amount)| *amount));
            let signed = |sum: Money| {
                if 0 < sign {
                    Some(sum)
                } else {
                    Money::ZERO.checked_sub(sum)
                }
            };
            sum.and_then(signed).map(Amount::Money)
        }
        Number::Carry(rule) => {
            let of_rule = carries.iter().find(|carry| carry.rule == *rule);
            let changed = of_rule.and_then(|carry| carry.after.checked_sub(carry.before));
            changed.map(Amount::Exact)
        }
        Number::Balance | Number::Debt => None,
    }
}

fn is_nothing(amount: Amount) -> bool {
    match amount {
        Amount::Points(points) => points == 0,
        Amount::Money(money) => money == Money::ZERO,
        Amount::Exact(exact) => exact == Exact::ZERO,
    }
}

fn sum(before: Option<Amount>, added: Amount) -> Option<Amount> {
    match (before, added) {
        (None, added) => Some(added),
        (Some(Amount::Points(a)), Amount::Points(b)) => a.checked_add(b).map(Amount::Points),
        (Some(Amount::Money(a)), Amount::Money(b)) => a.checked_add(b).map(Amount::Money),
        (Some(Amount::Exact(a)), Amount::Exact(b)) => a.checked_add(b).map(Amount::Exact),
        (Some(_), _) => None,
    }
}

fn is_about(movement: &Movement, sale: &Sale) -> bool {
    match movement {
        Movement::Earn { sale: id, .. } | Movement::Clawback { sale: id, .. } => *id == sale.id,
        Movement::Return { of, .. } => *of == crate::ledger::entry::Redemption::Sale(sale.id),
        Movement::Assess(change) => change.sale == Some(sale.id),
        Movement::Expire { lot, .. } => *lot == crate::domain::ids::LotId::of_sale(sale.id),
        Movement::Open { .. }
        | Movement::Redeem { .. }
        | Movement::Repay { .. }
        | Movement::Adjust { .. }
        | Movement::Sanction { .. }
        | Movement::Forward(_)
        | Movement::Grant { .. }
        | Movement::Merge(_)
        | Movement::MergeAway(_)
        | Movement::Unmerge(_)
        | Movement::MergeBack(_) => false,
    }
}
