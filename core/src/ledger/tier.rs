//! Weighing the tier (semantics §6).

use crate::domain::ids::SaleId;
use crate::domain::money::Money;
use crate::domain::programme::{OnRefund, Programme, Tier};
use crate::domain::time::Moment;

use super::account::LedgerError;
use super::desk::Desk;
use super::entry::{Movement, TierChange, TierOutcome};

impl Desk {
    /// Qualifying spend in the programme's window at `now`.
    pub fn metric(&self, programme: &Programme, now: Moment) -> Result<Money, LedgerError> {
        let account = &self.account;
        let window = programme.tiers.window;
        let metric = account
            .spend
            .metric(window, account.opened_on, now, self.zone);
        metric.ok_or(LedgerError::Overflow)
    }

    /// Lets a tier fall whose window has moved on while a version of the programme was valid, up to `until`: `grace_days`
    /// after the metric fell below (semantics 29). What another version looks at is not weighed by this one.
    pub fn assess_time(&mut self, programme: &Programme, until: Moment) -> Result<(), LedgerError> {
        let terms = &programme.tiers;
        let Some((since, Tier::Senior)) = self.account.tiers.last().copied() else {
            return Ok(());
        };
        let opened_on = self.account.opened_on;
        let since = since.max(programme.effective_from.plus_millis(-1));
        let until = until.min(self.now);
        let spend = &self.account.spend;
        let drops = spend.drops(terms.window, opened_on, since, until, self.zone);
        for fell_at in drops {
            let metric = self.metric(programme, fell_at)?;
            if metric < terms.senior_from {
                let last_day = self.zone.day_of(fell_at).plus_days(terms.grace_days);
                let after = self
                    .zone
                    .start_of(last_day.ok_or(LedgerError::Calendar)?)
                    .max(fell_at);
                if after <= self.now {
                    self.change_tier(TierOutcome::Downgrade, metric, programme, after, None)?;
                }
                return Ok(());
            }
        }
        Ok(())
    }

    /// Lets a tier rise with the sale that reaches it; it applies from the next sale (semantics 27).
    pub fn assess_sale(
        &mut self,
        programme: &Programme,
        sale: SaleId,
        sold_at: Moment,
    ) -> Result<(), LedgerError> {
        let metric = self.metric(programme, self.now)?;
        let reached = programme.tiers.senior_from <= metric;
        match (self.account.tier(), reached) {
            (Tier::Ordinary, true) => {
                self.change_tier(TierOutcome::Upgrade, metric, programme, sold_at, Some(sale))
            }
            (Tier::Ordinary | Tier::Senior, _) => Ok(()),
        }
    }

    /// Lets a tier fall when what is refunded carried it: when the metric without it is below the threshold
    /// (semantics 28). `before` is the metric before the refund.
    pub fn assess_refund(
        &mut self,
        programme: &Programme,
        sale: SaleId,
        before: Money,
    ) -> Result<(), LedgerError> {
        let metric = self.metric(programme, self.now)?;
        let carried = metric < before && metric < programme.tiers.senior_from;
        if self.account.tier() == Tier::Ordinary || !carried || self.account.tier_flagged {
            return Ok(());
        }
        let outcome = match programme.tiers.on_refund {
            OnRefund::Downgrade => TierOutcome::Downgrade,
            OnRefund::Review => TierOutcome::Review,
        };
        self.change_tier(outcome, metric, programme, self.now, Some(sale))
    }

    /// Weighs the tier after a merge: it may rise by what the other record spent (semantics 26).
    pub fn assess_merge(&mut self, programme: &Programme) -> Result<(), LedgerError> {
        let metric = self.metric(programme, self.now)?;
        let reached = programme.tiers.senior_from <= metric;
        match (self.account.tier(), reached) {
            (Tier::Ordinary, true) => {
                self.change_tier(TierOutcome::Upgrade, metric, programme, self.now, None)
            }
            (Tier::Ordinary | Tier::Senior, _) => Ok(()),
        }
    }

    /// Weighs the tier after a merge was undone: it rises where this record alone reaches it, and falls at once where
    /// only the merge carried it, or a refund since would have let it fall without the merge (`may_fall`).
    pub fn assess_unmerge(
        &mut self,
        programme: &Programme,
        may_fall: bool,
    ) -> Result<(), LedgerError> {
        let metric = self.metric(programme, self.now)?;
        let reached = programme.tiers.senior_from <= metric;
        match (self.account.tier(), reached) {
            (Tier::Senior, false) if may_fall && !self.account.tier_flagged => {
                self.change_tier(TierOutcome::Downgrade, metric, programme, self.now, None)
            }
            (Tier::Ordinary | Tier::Senior, false) | (Tier::Senior, true) => Ok(()),
            (Tier::Ordinary, true) => {
                self.change_tier(TierOutcome::Upgrade, metric, programme, self.now, None)
            }
        }
    }

    fn change_tier(
        &mut self,
        outcome: TierOutcome,
        metric: Money,
        programme: &Programme,
        at: Moment,
        sale: Option<SaleId>,
    ) -> Result<(), LedgerError> {
        let last = self
            .account
            .tiers
            .last()
            .map_or(Moment::EPOCH, |(effective_at, _)| *effective_at);
        let effective_at = at.max(last);
        let senior_from = programme.tiers.senior_from;
        let change = TierChange {
            outcome,
            metric,
            senior_from,
            effective_at,
            sale,
        };
        self.post(effective_at, Movement::Assess(change))
    }
}
