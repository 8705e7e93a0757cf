//! Planning a merge.

use crate::domain::ids::AccountId;
use crate::domain::points::Points;

use super::{Arrival, CarryMoved, Departure, TermsOf, given, moved, stricter};
use crate::domain::money::{Exact, Money};
use crate::ledger::account::{Account, LedgerError};
use crate::ledger::desk::Desk;
use crate::ledger::entry::{Entry, Movement};
use crate::ledger::lot::{LotGrant, Part};

/// A record that is to be added to another one: settled, with its whole past.
#[derive(Clone, Copy, Debug)]
pub struct Other<'a> {
    /// Which one.
    pub id: AccountId,
    /// As it stands.
    pub account: &'a Account,
    /// Its entries, in any order.
    pub entries: &'a [Entry],
    /// What they make, with every lot that ever was and every day.
    pub replayed: &'a Account,
}

/// What comes to `survivor`, whose id is `to`, and what leaves the other record. `lot` makes the lot of a unit made whole.
///
/// # Errors
/// Sums that leave their range, and a carry whose rule nobody knows.
pub fn join(
    (to, survivor): (AccountId, &Account),
    other: &Other<'_>,
    terms: TermsOf<'_>,
    lot: &mut dyn FnMut(Points) -> Result<LotGrant, LedgerError>,
) -> Result<(Arrival, Departure), LedgerError> {
    let lots = other.replayed.lots.iter().map(|lot| {
        let live = other.account.lot(lot.grant.id);
        moved(live.unwrap_or(lot))
    });
    let lots: Vec<_> = lots.collect();
    let points = given(other.entries);
    let (mut come, mut gone) = (Vec::new(), Vec::new());
    for (carry, rest) in &other.account.carries {
        let of = terms(*carry).ok_or(LedgerError::Unfit)?;
        let before = survivor.carry(*carry);
        let sum = before.checked_add(*rest).ok_or(LedgerError::Overflow)?;
        let units = sum.whole_units(of.per).ok_or(LedgerError::Overflow)?;
        let whole = of.per.checked_times(units);
        let after = whole.and_then(|whole| sum.checked_sub(whole));
        let made = units.checked_mul(of.points).and_then(Points::new);
        let made = made.ok_or(LedgerError::Overflow)?;
        let given = points.get(carry).copied().unwrap_or(0);
        gone.push(CarryMoved {
            rule: of.rule.clone(),
            carry: *carry,
            before: *rest,
            after: Exact::ZERO,
            moved: *rest,
            points: given,
            whole: Points::ZERO,
            lot: None,
        });
        come.push(CarryMoved {
            rule: of.rule,
            carry: *carry,
            before,
            after: after.ok_or(LedgerError::Overflow)?,
            moved: *rest,
            points: given,
            whole: made,
            lot: if made.is_zero() {
                None
            } else {
                Some(lot(made)?)
            },
        });
    }
    let kept = Money::sum(other.replayed.spend.days.iter().map(|(_, amount)| *amount));
    let older = kept.and_then(|kept| other.replayed.spend.lifetime.checked_sub(kept));
    let older = older.ok_or(LedgerError::Overflow)?;
    let arrival = Arrival {
        from: other.id,
        lots: lots.clone(),
        carries: come,
        debt: other.account.debt,
        days: other.replayed.spend.days.clone(),
        older,
        totals: other.account.totals,
        state_before: survivor.state,
        state: stricter(survivor.state, other.account.state),
        last_sale: survivor.last_sale.max(other.account.last_sale),
    };
    let departure = Departure {
        to,
        given_back: Vec::new(),
        taken: Vec::new(),
        lapsed: Vec::new(),
        loss: Points::ZERO,
        lots,
        mirrors: Vec::new(),
        carries: gone,
        debt: other.account.debt,
        days: other.replayed.spend.days.clone(),
        older,
        totals: other.account.totals,
        state: other.account.state,
        last_sale: None,
    };
    Ok((arrival, departure))
}

impl Desk {
    /// Adds a record: what it brings, its open holds, and debt that free points pay at once (semantics 24).
    pub fn merge(&mut self, arrival: Arrival, other: &mut Account) -> Result<(), LedgerError> {
        self.post(self.now, Movement::Merge(Box::new(arrival)))?;
        for hold in core::mem::take(&mut other.holds) {
            for pin in &hold.pins {
                self.account.pin(*pin)?;
            }
            self.account.holds.push(hold);
        }
        self.account.holds.sort_unstable_by_key(|hold| hold.id);
        self.repay_from_all()
    }

    /// Pays debt from whatever is free, in spending order.
    pub fn repay_from_all(&mut self) -> Result<(), LedgerError> {
        let free = self
            .account
            .in_spending_order()
            .into_iter()
            .map(|lot| Part {
                lot: lot.grant.id,
                points: lot.free(),
            });
        let free: Vec<_> = free.collect();
        self.repay(self.now, &free)
    }
}
