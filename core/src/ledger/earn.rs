//! A purchase earns: the formula of semantics §2 on an account's carries and days.

use std::collections::BTreeMap;

use crate::domain::earn::{Cap, Change, Trace, counted, step};
use crate::domain::ids::{CarryId, LotId};
use crate::domain::money::Exact;
use crate::domain::points::Points;
use crate::domain::programme::{EarnRule, Programme};
use crate::domain::time::Moment;

use super::account::LedgerError;
use super::desk::Desk;
use super::entry::Movement;
use super::lot::LotGrant;
use super::sale::{RuleCount, Sale};

/// One rule of the sale's own programme version, with the carry it works on.
#[derive(Clone, Copy, Debug)]
pub struct RuleInUse<'a> {
    /// The rule.
    pub rule: &'a EarnRule,
    /// Its carry.
    pub carry: CarryId,
}

/// Σ counted over the sales of the sale's local day, for the rules that have a cap per day.
pub type DaySums = BTreeMap<(CarryId, Points), Exact>;

impl Desk {
    /// Earns what a sale is worth under its rules: posts the entry and its lot, and fills in the sale's counts.
    pub fn earn(
        &mut self,
        sale: &mut Sale,
        programme: &Programme,
        rules: &[RuleInUse<'_>],
        days: &mut DaySums,
    ) -> Result<Vec<Trace>, LedgerError> {
        sale.rules = rules
            .iter()
            .map(|rule| RuleCount {
                carry: rule.carry,
                counted: Exact::ZERO,
            })
            .collect();
        let traces = self.recount(sale, rules, days)?;
        let points: Option<i64> = traces
            .iter()
            .try_fold(0_i64, |sum, t| sum.checked_add(t.points));
        let points = points
            .and_then(Points::new)
            .filter(|points| *points <= Points::MAX);
        let points = points.ok_or(LedgerError::Overflow)?;
        let sold_on = self.zone.day_of(sale.sold_at);
        let lot = if points.is_zero() {
            None
        } else {
            let id = LotId::of_sale(sale.id);
            Some(grant(id, points, sale.sold_at, programme)?)
        };
        let spend = sale
            .qualifying(&programme.tiers)
            .ok_or(LedgerError::Overflow)?;

        sale.earned = points;
        let movement = Movement::Earn {
            sale: sale.id,
            lot,
            traces: traces.clone(),
            spend,
            sold_on,
        };
        self.post(self.now, movement)?;
        if let Some(grant) = lot {
            self.after_credit(self.now, &grant)?;
        }
        Ok(traces)
    }

    /// Runs the formula on what is kept of a sale now, and notes what counts from now on. The account's carries change
    /// when the movement that takes these traces is posted.
    pub fn recount(
        &self,
        sale: &mut Sale,
        rules: &[RuleInUse<'_>],
        days: &mut DaySums,
    ) -> Result<Vec<Trace>, LedgerError> {
        let mut traces = Vec::with_capacity(rules.len());
        for (place, in_use) in rules.iter().enumerate() {
            let rule = in_use.rule;
            let base = sale.base(rule).ok_or(LedgerError::Overflow)?;
            let (now, sale_cap) =
                counted(rule, base, sale.multiplier).ok_or(LedgerError::Overflow)?;
            let before = sale.rules.get(place).ok_or(LedgerError::Unfit)?.counted;
            let day = rule.cap_per_day.map(|cap| (in_use.carry, cap));
            let change = Change {
                counted_before: before,
                counted: now,
                day_before: day
                    .and_then(|key| days.get(&key).copied())
                    .unwrap_or_default(),
                carry_before: self.account.carry(in_use.carry),
            };
            let step = step(rule, &change).ok_or(LedgerError::Overflow)?;

            if let Some(key) = day {
                days.insert(key, step.day_after);
            }
            if let Some(count) = sale.rules.get_mut(place) {
                count.counted = now;
            }
            traces.push(Trace {
                rule: rule.id.clone(),
                carry: in_use.carry,
                base,
                multiplier: sale.multiplier,
                counted: now,
                counted_before: before,
                delta: step.delta,
                carry_before: change.carry_before,
                carry_after: step.carry_after,
                points: step.points,
                capped: if step.day_capped {
                    Some(Cap::Day)
                } else {
                    sale_cap
                },
            });
        }
        Ok(traces)
    }
}

/// A lot of points earned at `sold_at`, with the dates that the programme gives it (semantics 7).
pub fn grant(
    id: LotId,
    points: Points,
    sold_at: Moment,
    programme: &Programme,
) -> Result<LotGrant, LedgerError> {
    let day = programme.zone.day_of(sold_at);
    let expires_at = programme
        .lifetime
        .end(day, programme.zone)
        .map_err(|_| LedgerError::Calendar)?;
    let available_at = sold_at.plus_days(programme.vest_days);
    Ok(LotGrant {
        id,
        points,
        earned_at: sold_at,
        available_at,
        expires_at,
    })
}
