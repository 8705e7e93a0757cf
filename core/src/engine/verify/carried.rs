//! An account of which a part is past its keeping: which sales must still be there, and what those weigh by themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::earn::{counted, limit};
use crate::domain::ids::{CarryId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::time::{Day, Moment, Zone};
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::sale::Sale;

use super::super::work::rules_of;
use super::Seen;

/// What the entries say was bought.
#[derive(Debug, Default)]
pub(super) struct Bought {
    /// Each sale's local day and the moment of its commit, the earliest committed first.
    earned: Vec<(SaleId, Day, Moment)>,
    /// How many sales were carried forward.
    carried: Option<u64>,
    /// Sales of an earlier day may be gone.
    from: Option<Day>,
    /// Sales came from another record or went to one: their entries stand there.
    is_merged: bool,
}

impl Bought {
    pub(super) fn of(entries: &[Entry], from: Option<Day>) -> Self {
        let mut bought = Self {
            from,
            ..Self::default()
        };
        for entry in entries {
            if let Movement::Forward(forward) = &entry.movement {
                bought.carried = Some(forward.totals.sales);
            }
            bought.is_merged |= entry.movement.is_of_merge();
            let purchase = entry.movement.purchase();
            bought
                .earned
                .extend(purchase.map(|(sale, day)| (sale, day, entry.at)));
        }
        bought
    }

    /// Notes which sales must have an answer: those that were committed on a day whose answers are kept.
    pub(super) fn note_answers(&self, from: Option<Day>, seen: &mut Seen) {
        for (sale, _, at) in &self.earned {
            if from.is_some_and(|from| Zone::UTC.day_of(*at) < from) {
                seen.unanswered.insert(*sale);
            } else {
                seen.answered.insert(*sale);
            }
        }
    }

    fn may_be_gone(&self, day: Day) -> bool {
        self.from.is_some_and(|from| day < from)
    }

    /// Whether the chain of sales may begin with this one: all that were committed after it are past their keeping.
    pub(super) fn may_begin_with(&self, first: Option<SaleId>) -> bool {
        if self.is_merged {
            return self.from.is_some();
        }
        let newer = self.earned.iter().rev();
        let mut newer = newer.take_while(|(sale, ..)| Some(*sale) != first);
        newer.all(|(_, day, _)| self.may_be_gone(*day))
    }

    /// Whether no sale is gone.
    pub(super) fn is_whole(&self, sales: &[Sale]) -> bool {
        if self.is_merged {
            return self.from.is_none();
        }
        self.carried.is_none() && self.missing(sales).next().is_none()
    }

    /// How many sales must be there, of so many that there ever were.
    pub(super) fn expected(&self, ever: u64, sales: &[Sale]) -> Option<u64> {
        if self.is_merged {
            let there = u64::try_from(sales.len()).ok()?;
            let some_may_be_gone = self.from.is_some() && there <= ever;
            return Some(if some_may_be_gone { there } else { ever });
        }
        let gone = self.missing(sales).filter(|day| self.may_be_gone(*day));
        let gone = u64::try_from(gone.count()).ok()?;
        ever.checked_sub(self.carried.unwrap_or(0))?
            .checked_sub(gone)
    }

    /// The days of sales that are not there.
    fn missing<'s>(&'s self, sales: &[Sale]) -> impl Iterator<Item = Day> + use<'s> {
        let there: BTreeSet<SaleId> = sales.iter().map(|sale| sale.id).collect();
        let earned = self.earned.iter();
        let missing = earned.filter(move |(sale, ..)| !there.contains(sale));
        missing.map(|(_, day, _)| *day)
    }
}

/// The second opinion where sales are gone (none of records that were merged: the entries of their sales stand in another
/// record): what the kept baskets count for a rule is by how much their entries changed
/// it, each entry's points and carry are what that change makes of the carry before it, and qualifying spend likewise.
pub(super) fn weigh(
    versions: &Versions,
    place: &str,
    bought: &Bought,
    sales: &[Sale],
    entries: &[Entry],
    seen: &mut Seen,
) {
    if bought.is_merged {
        return;
    }
    let mut kept = BTreeSet::new();
    let mut spend = Some(Money::ZERO);
    let mut days: BTreeMap<(CarryId, Option<Points>, Day), Exact> = BTreeMap::new();
    let mut rules = BTreeMap::new();
    for sale in sales {
        let Some(programme) = versions.by_hash(&sale.programme) else {
            let detail = format!("sale {}: no such programme", sale.id);
            seen.differs("programme_missing", place, detail);
            continue;
        };
        let day = programme.zone.day_of(sale.sold_at);
        // Of a day that a sweep is at, some sales may be gone.
        if bought.may_be_gone(day) {
            continue;
        }
        kept.insert(sale.id);
        spend = spend.and_then(|sum| sum.checked_add(sale.qualifying(&programme.tiers)?));
        for (in_use, count) in rules_of(versions, programme).iter().zip(&sale.rules) {
            let rule = in_use.rule;
            let base = sale.base(rule);
            let again = base.and_then(|base| counted(rule, base, sale.multiplier));
            if again.map(|(counted, _)| counted) != Some(count.counted) {
                let detail = format!("sale {}: rule {} counts otherwise", sale.id, rule.id);
                seen.differs("sale_differs", place, detail);
            }
            rules.insert(in_use.carry, rule);
            let key = (in_use.carry, rule.cap_per_day, day);
            let sum = days.entry(key).or_default();
            *sum = sum.checked_add(count.counted).unwrap_or_default();
        }
    }

    let said = said(versions, &kept, entries);
    if said.spend != spend {
        let detail = "qualifying spend is not what the sales keep";
        seen.differs("spend_differs", place, detail);
    }
    let balanced = said.is_balanced
        && rules.iter().all(|(carry, rule)| {
            let of_rule = days.iter().filter(|((id, ..), _)| id == carry);
            let mut limited = of_rule.map(|((_, cap, _), sum)| limit(rule, *cap, *sum));
            let counted = limited.try_fold(Exact::ZERO, |all, day| all.checked_add(day?));
            let changed = said.changes.get(carry).copied().unwrap_or_default();
            counted == Some(changed)
        });
    if !balanced {
        let detail = "points and carry are not what the kept baskets earn";
        seen.differs("points_differ", place, detail);
    }
}

/// What the entries say of the sales that are kept.
struct Said {
    spend: Option<Money>,
    /// By how much what counts for a rule changed.
    changes: BTreeMap<CarryId, Exact>,
    /// Whether every entry's points and carry follow from its change and the carry before it.
    is_balanced: bool,
}

fn said(versions: &Versions, kept: &BTreeSet<SaleId>, entries: &[Entry]) -> Said {
    let mut said = Said {
        spend: Some(Money::ZERO),
        changes: BTreeMap::new(),
        is_balanced: true,
    };
    let mut carries: BTreeMap<CarryId, Exact> = BTreeMap::new();
    for entry in entries {
        let (sale, traces, spend) = match &entry.movement {
            Movement::Forward(forward) => {
                carries = forward.carries.iter().copied().collect();
                continue;
            }
            Movement::Earn {
                sale,
                traces,
                spend,
                ..
            } => (sale, traces, Some(*spend)),
            Movement::Clawback {
                sale,
                traces,
                spend,
                ..
            } => (sale, traces, Money::ZERO.checked_sub(*spend)),
            Movement::Open { .. }
            | Movement::Redeem { .. }
            | Movement::Return { .. }
            | Movement::Repay { .. }
            | Movement::Adjust { .. }
            | Movement::Expire { .. }
            | Movement::Assess(_)
            | Movement::Sanction { .. }
            | Movement::Grant { .. }
            | Movement::Merge(_)
            | Movement::MergeAway(_)
            | Movement::Unmerge(_)
            | Movement::MergeBack(_) => continue,
        };
        let is_kept = kept.contains(sale);
        if is_kept {
            said.spend = said
                .spend
                .zip(spend)
                .and_then(|(sum, more)| sum.checked_add(more));
        }
        let programme = versions.by_hash(&entry.programme);
        for trace in traces {
            let before = carries.insert(trace.carry, trace.carry_after);
            let rule = programme.and_then(|programme| {
                let mut rules = programme.earn.iter();
                rules.find(|rule| rule.id == trace.rule)
            });
            let follows = rule.and_then(|rule| {
                let units = trace.points.checked_div(rule.points)?;
                let whole = Exact::of(rule.per)?.checked_times(units)?;
                let after = whole.checked_add(trace.carry_after)?;
                Some(trace.carry_before.checked_add(trace.delta)? == after)
            });
            let is_chained = before.unwrap_or_default() == trace.carry_before;
            said.is_balanced = said.is_balanced && is_chained && follows == Some(true);
            if is_kept {
                let change = said.changes.entry(trace.carry).or_default();
                *change = change.checked_add(trace.delta).unwrap_or_default();
            }
        }
    }
    said
}
