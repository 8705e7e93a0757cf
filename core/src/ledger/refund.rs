//! A refund is a recomputation of the kept basket, not a delta of points (semantics §5).

use serde::{Deserialize, Serialize};

use crate::domain::basket::Quantity;
use crate::domain::earn::Trace;
use crate::domain::ids::LotId;
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::programme::{Programme, RefundPolicy, RefundTerms};
use crate::domain::refusal::Refusal;

use super::account::LedgerError;
use super::desk::{Desk, Ids};
use super::earn::{DaySums, RuleInUse};
use super::entry::{Movement, Redemption, Returned};
use super::lot::{LotGrant, Part, take, total};
use super::sale::Sale;

/// What is taken back of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundOf {
    /// So many pieces.
    Quantity(Quantity),
    /// A part of `paid`: it comes back partly in money and partly in points.
    Amount(Money),
    /// All that is left of the line.
    Rest,
}

/// One line of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundLine {
    /// The line's place in the sale, counted from 1.
    pub line: u32,
    /// What of it.
    pub of: RefundOf,
}

/// What a refund hands over for its lines: the difference to the refund before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandedBack {
    /// Money.
    pub money: Money,
    /// Points that had been used.
    pub points: Points,
}

/// What became of the points taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// How each rule came to its points.
    pub traces: Vec<Trace>,
    /// All that was to be taken back.
    pub clawback: Points,
    /// What became debt.
    pub debt: Points,
    /// What the shop bears.
    pub loss: Points,
}

impl Sale {
    /// Notes what comes back of the lines and says what that hands over. The sale is not to be used any more when it
    /// is refused.
    pub fn take_back(&mut self, refund: &[RefundLine]) -> Result<HandedBack, Refusal> {
        let before = self.returned_so_far().ok_or(Refusal::AmountTooLarge)?;
        if refund.is_empty() {
            return Err(Refusal::NothingToRefund);
        }
        for wanted in refund {
            let number = wanted.line;
            let place = usize::try_from(number)
                .ok()
                .and_then(|number| number.checked_sub(1));
            let line = place.and_then(|place| self.lines.get_mut(place));
            let line = line.ok_or(Refusal::LineUnknown { line: number })?;
            let too_much = Refusal::RefundTooMuch { line: number };
            if line.is_all_back() {
                return Err(too_much);
            }
            match wanted.of {
                RefundOf::Quantity(quantity) => {
                    if line.line.quantity.thousandths() == 0 {
                        return Err(Refusal::AmountOnly { line: number });
                    }
                    if quantity.thousandths() == 0 {
                        return Err(Refusal::NothingToRefund);
                    }
                    let sum = line
                        .refunded_quantity
                        .thousandths()
                        .checked_add(quantity.thousandths())
                        .and_then(Quantity::of_thousandths);
                    line.refunded_quantity = sum.ok_or(too_much.clone())?;
                }
                RefundOf::Amount(amount) => {
                    if line.line.paid == Money::ZERO {
                        return Err(Refusal::QuantityOnly { line: number });
                    }
                    if amount <= Money::ZERO {
                        return Err(Refusal::NothingToRefund);
                    }
                    let sum = line.refunded_amount.checked_add(amount);
                    line.refunded_amount = sum
                        .filter(|sum| *sum <= line.line.paid)
                        .ok_or(too_much.clone())?;
                }
                RefundOf::Rest => line.all_back = true,
            }
            if line.returned().is_none() {
                return Err(too_much);
            }
        }
        let after = self.returned_so_far().ok_or(Refusal::AmountTooLarge)?;
        let money = after
            .0
            .checked_sub(before.0)
            .ok_or(Refusal::AmountTooLarge)?;
        let points = after
            .1
            .checked_sub(before.1)
            .ok_or(Refusal::AmountTooLarge)?;
        Ok(HandedBack { money, points })
    }

    /// All that is still kept, as a refund.
    pub fn rest(&self) -> Vec<RefundLine> {
        (1_u32..)
            .zip(&self.lines)
            .filter(|(_, line)| !line.is_all_back())
            .map(|(line, _)| RefundLine {
                line,
                of: RefundOf::Rest,
            })
            .collect()
    }

    fn returned_so_far(&self) -> Option<(Money, Points)> {
        self.lines
            .iter()
            .try_fold((Money::ZERO, Points::ZERO), |(money, points), line| {
                let (more_money, more_points) = line.returned()?;
                Some((
                    money.checked_add(more_money)?,
                    points.checked_add(more_points)?,
                ))
            })
    }
}

impl Desk {
    /// Gives used points back to their own lots, last used first; the parts that live pay a debt first. Gives what is
    /// left of them.
    ///
    /// A lot that has expired meanwhile stays expired: its points are entered as returned and as expired, unless the
    /// programme has days of grace (semantics 23). Every lot named in `used` has been brought to the account.
    pub fn give_back(
        &mut self,
        of: Redemption,
        used: &[Part],
        already: Points,
        points: Points,
        terms: &RefundTerms,
        ids: &mut dyn Ids,
    ) -> Result<Vec<Part>, LedgerError> {
        if points.is_zero() {
            return Ok(Vec::new());
        }
        let mut skip = already;
        let open = used.iter().rev().map(|part| {
            let gone = part.points.min(skip);
            skip = skip.saturating_sub(gone);
            Part {
                lot: part.lot,
                points: part.points.saturating_sub(gone),
            }
        });
        let parts = take(points, open.collect::<Vec<_>>());
        if total(&parts) != Some(points) {
            return Err(LedgerError::Unfit);
        }

        let (mut returned, mut alive, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for part in parts {
            let lot = *self.account.lot(part.lot).ok_or(LedgerError::Unfit)?;
            let expired = lot.is_expired(self.now);
            let into = if expired && 0 < terms.expired_grace_days {
                let last = self
                    .zone
                    .day_of(self.now)
                    .plus_days(terms.expired_grace_days);
                let next = last
                    .and_then(|day| day.plus_days(1))
                    .ok_or(LedgerError::Calendar)?;
                let (sequence, random) = ids.draw();
                Some(LotGrant {
                    id: LotId::new(sequence, random),
                    points: part.points,
                    expires_at: Some(self.zone.start_of(next)),
                    ..lot.grant
                })
            } else {
                None
            };
            let back = Returned { part, into };
            if expired && into.is_none() {
                gone.push(part);
            } else {
                alive.push(back.lands_in());
            }
            returned.push(back);
        }

        self.post(
            self.now,
            Movement::Return {
                of,
                parts: returned,
            },
        )?;
        for part in gone {
            self.expire(self.now, part)?;
        }
        let debt = self.account.debt;
        self.repay(self.now, &alive)?;
        let repaid = debt.saturating_sub(self.account.debt);
        Ok(after_taking(&alive, repaid))
    }

    /// Takes back what the kept basket no longer earns (semantics 22, 24). The sale's own lot, where it has one, has been
    /// brought to the account.
    pub fn claw_back(
        &mut self,
        sale: &mut Sale,
        programme: &Programme,
        rules: &[RuleInUse<'_>],
        days: &mut DaySums,
        spend_before: Money,
    ) -> Result<Taken, LedgerError> {
        let traces = self.recount(sale, rules, days)?;
        let sum = traces
            .iter()
            .try_fold(0_i64, |sum, trace| sum.checked_sub(trace.points));
        let clawback = sum.and_then(Points::new).ok_or(LedgerError::Overflow)?;
        let spend_after = sale
            .qualifying(&programme.tiers)
            .ok_or(LedgerError::Overflow)?;
        let spend = spend_before
            .checked_sub(spend_after)
            .ok_or(LedgerError::Overflow)?;
        let terms = &programme.refund;

        let own_id = LotId::of_sale(sale.id);
        let own = self.account.lot(own_id).copied();
        let mut left = clawback;
        let mut parts = take(
            left,
            own.map(|lot| Part {
                lot: own_id,
                points: lot.free(),
            }),
        );
        left = left.saturating_sub(total(&parts).ok_or(LedgerError::Overflow)?);
        let lapsed = own.map_or(Points::ZERO, |lot| lot.lapsed).min(left);
        left = left.saturating_sub(lapsed);

        if terms.policy != RefundPolicy::Forgive {
            let others = take(left, self.others(own_id, &sale.given_back)?);
            left = left.saturating_sub(total(&others).ok_or(LedgerError::Overflow)?);
            let came_back = take(left, self.of_given_back(&sale.given_back)?);
            left = left.saturating_sub(total(&came_back).ok_or(LedgerError::Overflow)?);
            sale.given_back = subtract(&sale.given_back, &came_back);
            parts.extend(others);
            parts.extend(came_back);
        }
        let debt = match terms.policy {
            RefundPolicy::Debt => left.min(terms.debt_limit.saturating_sub(self.account.debt)),
            RefundPolicy::WithinBalance | RefundPolicy::Forgive => Points::ZERO,
        };
        let loss = left.saturating_sub(debt);

        let movement = Movement::Clawback {
            sale: sale.id,
            traces: traces.clone(),
            parts,
            lapsed,
            debt,
            loss,
            spend,
            sold_on: self.zone.day_of(sale.sold_at),
        };
        self.post(self.now, movement)?;
        Ok(Taken {
            traces,
            clawback,
            debt,
            loss,
        })
    }

    /// The other live lots in spending order, vested or not, leaving aside what this sale's refunds gave back.
    fn others(&self, own: LotId, given_back: &[Part]) -> Result<Vec<Part>, LedgerError> {
        let mut offers = Vec::new();
        for lot in self.account.in_spending_order() {
            let id = lot.grant.id;
            let aside: Vec<Part> = given_back
                .iter()
                .filter(|part| part.lot == id)
                .copied()
                .collect();
            let aside = total(&aside).ok_or(LedgerError::Overflow)?;
            if id != own && !lot.is_expired(self.now) {
                offers.push(Part {
                    lot: id,
                    points: lot.free().saturating_sub(aside),
                });
            }
        }
        Ok(offers)
    }

    /// What refunds of this sale gave back and still lies free in its lots, in the order it came.
    fn of_given_back(&self, given_back: &[Part]) -> Result<Vec<Part>, LedgerError> {
        let mut offers: Vec<Part> = Vec::new();
        for part in given_back {
            let earlier: Vec<Part> = offers
                .iter()
                .filter(|offer| offer.lot == part.lot)
                .copied()
                .collect();
            let offered = total(&earlier).ok_or(LedgerError::Overflow)?;
            let free = self
                .account
                .lot(part.lot)
                .filter(|lot| !lot.is_expired(self.now));
            let free = free
                .map_or(Points::ZERO, super::lot::Lot::free)
                .saturating_sub(offered);
            offers.push(Part {
                lot: part.lot,
                points: part.points.min(free),
            });
        }
        Ok(offers)
    }
}

/// What is left of `parts` when `points` are taken from their beginning.
fn after_taking(parts: &[Part], points: Points) -> Vec<Part> {
    subtract(parts, &take(points, parts.iter().copied()))
}

/// `parts` without `taken`, lot by lot.
fn subtract(parts: &[Part], taken: &[Part]) -> Vec<Part> {
    let mut left = parts.to_vec();
    for gone in taken {
        let mut points = gone.points;
        for part in left.iter_mut().filter(|part| part.lot == gone.lot) {
            let less = part.points.min(points);
            part.points = part.points.saturating_sub(less);
            points = points.saturating_sub(less);
        }
    }
    left.retain(|part| !part.points.is_zero());
    left
}
