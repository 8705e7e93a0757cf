//! A sale is taken in: points used pay for a part of it, and what was paid with money earns.

use serde::Serialize;

use crate::domain::basket::{self, Line};
use crate::domain::ids::{AccountId, HoldId, SaleId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::programme::Programme;
use crate::domain::programme::RedeemTerms;
use crate::domain::refusal::Refusal;
use crate::domain::share::share_redemption;
use crate::domain::time::Moment;
use crate::ledger::account::LedgerError;
use crate::ledger::desk::Desk;
use crate::ledger::hold::{Hold, HoldState};
use crate::ledger::lot::Part;
use crate::ledger::sale::{ReceiptNo, Sale, SaleLine};

use super::commit::{Kind, Verb};
use super::hold::{captured, check_may_redeem, hold_of, terms};
use super::receipt::{Receipt, Sold};
use super::refund::check_window;
use super::tokens::{self, Presented};
use super::work::{Stop, Work, rules_of};

/// A hold that pays for a part of a sale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct UseHold {
    /// The hold: open, or captured before.
    pub hold: HoldId,
    /// How many of an open hold's points; all of them when absent.
    pub points: Option<Points>,
}

/// A sale. The till sends the basket, never points or tiers (semantics 3).
#[derive(Clone, Debug, Serialize)]
pub struct TakeSale {
    /// Whose.
    pub account: AccountId,
    /// The till's name of it.
    pub receipt: ReceiptNo,
    /// When it was sold; a late sale earns by this time (semantics 10).
    pub sold_at: Moment,
    /// The lines, each priced after every discount and before points.
    pub lines: Vec<Line>,
    /// The holds that pay for a part of it.
    pub holds: Vec<UseHold>,
    /// How the member was named. It is no part of the body: every try may come with another token (semantics 34).
    #[serde(skip)]
    pub presented: Presented,
}

/// How far a till's clock may be ahead.
const AHEAD_MAX_MINUTES: u32 = 5;
/// The most holds that one sale may use.
const HOLDS_MAX: usize = 16;

/// What the holds of a sale pay.
#[derive(Default)]
struct Paid {
    points: Points,
    worth: Money,
    used: Vec<Part>,
    holds: Vec<Hold>,
}

impl Verb for TakeSale {
    const NAME: &'static str = "sale";

    fn account(&self) -> AccountId {
        self.account
    }

    fn business(&self) -> Option<(Kind, &ReceiptNo)> {
        Some((Kind::Sale, &self.receipt))
    }

    fn check(&self) -> Result<(), Refusal> {
        self.receipt.check()?;
        basket::check(&self.lines)?;
        if self.sold_at < Moment::EPOCH || Moment::MAX < self.sold_at {
            return Err(Refusal::BadTime);
        }
        if HOLDS_MAX < self.holds.len() {
            Err(Refusal::TooManyHolds)
        } else {
            Ok(())
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let (head, mut desk) = work.desk(self.account)?;
        if work.clock_trusted && work.now.plus_minutes(AHEAD_MAX_MINUTES) < self.sold_at {
            return Err(Refusal::InFuture.into());
        }
        let programme = work
            .versions
            .at(self.sold_at)
            .ok_or(Refusal::BeforeProgramme)?;
        check_window(self.sold_at, work.now, programme)?;
        let state = desk.account.state;
        if !state.may_earn() {
            return Err(Refusal::StateForbids { state }.into());
        }

        if let Presented::Token { token, .. } = &self.presented {
            tokens::check_unused(work, self.account, token)?;
        }
        let mut paid = self.pay(work, &mut desk, programme)?;
        let mut sale = self.kept(work, &desk, programme, &mut paid)?;
        let rules = rules_of(work.versions, programme);
        let mut days = work.view().day_sums(&sale, programme.zone, &rules)?;
        let traces = desk.earn(&mut sale, programme, &rules, &mut days)?;
        desk.assess_sale(work.programme()?, sale.id, self.sold_at)?;

        let total =
            Money::sum(self.lines.iter().map(|line| line.paid)).ok_or(LedgerError::Overflow)?;
        let lot = desk
            .account
            .lot(crate::domain::ids::LotId::of_sale(sale.id));
        let sold = Sold {
            sale: sale.id,
            money: total.checked_sub(paid.worth).ok_or(LedgerError::Overflow)?,
            used: paid.points,
            worth: paid.worth,
            earned: sale.earned,
            traces,
            expires_at: lot.and_then(|lot| lot.grant.expires_at),
            tier: sale.tier,
            tier_after: desk.account.tier(),
            balance: desk.account.balance().ok_or(LedgerError::Overflow)?,
            debt: desk.account.debt,
        };
        for hold in paid.holds {
            work.put_hold(self.account, hold)?;
        }
        work.put_day_sums(&sale, programme.zone, &days)?;
        if let Presented::Token { token, role } = &self.presented {
            tokens::put(work, self.account, token, *role, Some(sale.id))?;
        }
        work.put_sale(sale)?;
        work.finish(
            self.account,
            head,
            desk,
            programme.hash,
            Some(&self.receipt),
        )?;
        Ok(Receipt::Sold(sold))
    }
}

impl TakeSale {
    /// Uses the holds: open ones are captured in this commit, captured ones are named by a late sale.
    fn pay(&self, work: &Work<'_>, desk: &mut Desk, programme: &Programme) -> Result<Paid, Stop> {
        let mut paid = Paid::default();
        let mut now = Money::ZERO;
        let payable = RedeemTerms::payable(&self.lines).ok_or(LedgerError::Overflow)?;
        for wanted in &self.holds {
            if paid.holds.iter().any(|hold| hold.id == wanted.hold) {
                return Err(Refusal::HoldUsed.into());
            }
            let hold = hold_of(work, self.account, wanted.hold)?;
            let (points, worth, hold) = match hold.state {
                HoldState::Captured {
                    sale: None,
                    points,
                    worth,
                    returned,
                    ..
                } if returned.is_zero() && wanted.points.is_none_or(|wanted| wanted == points) => {
                    (points, worth, hold)
                }
                HoldState::Captured { .. } => return Err(Refusal::HoldUsed.into()),
                HoldState::Open | HoldState::Voided | HoldState::Lapsed => {
                    self.presented.check_may_redeem()?;
                    hold.check_open(work.now)?;
                    check_may_redeem(desk.account.state)?;
                    let points = wanted.points.unwrap_or(hold.points);
                    if points.is_zero() {
                        desk.void(&hold)?;
                        paid.holds.push(Hold {
                            state: HoldState::Voided,
                            ..hold
                        });
                        continue;
                    }
                    if hold.points < points {
                        return Err(Refusal::ExceedsHold { held: hold.points }.into());
                    }
                    let worth = terms(programme)?
                        .check(points, None, payable)
                        .map_err(Refusal::from)?;
                    desk.capture(&hold, points)?;
                    now = now.checked_add(worth).ok_or(LedgerError::Overflow)?;
                    (points, worth, captured(hold, points, worth, work.now))
                }
            };
            paid.used.extend(hold.used(points));
            paid.points = paid
                .points
                .checked_add(points)
                .ok_or(LedgerError::Overflow)?;
            paid.worth = paid.worth.checked_add(worth).ok_or(LedgerError::Overflow)?;
            paid.holds.push(hold);
        }
        if let Some(terms) = programme.redeem.as_ref().filter(|_| !self.holds.is_empty()) {
            // Holds that are used now obey the share as one; what was captured before may not exceed the lines.
            let (most, limit) = terms.most_usable(Points::MAX, payable);
            if payable < paid.worth || limit < now {
                return Err(Refusal::HoldTooLarge { most }.into());
            }
        }
        Ok(paid)
    }

    /// The sale as it is kept, before it earns.
    fn kept(
        &self,
        work: &mut Work<'_>,
        desk: &Desk,
        programme: &Programme,
        paid: &mut Paid,
    ) -> Result<Sale, Stop> {
        let shares = share_redemption(&self.lines, paid.worth, paid.points);
        let shares = shares.ok_or(LedgerError::Overflow)?;
        let lines = self
            .lines
            .iter()
            .zip(shares)
            .map(|(line, (points_share, points))| SaleLine {
                line: line.clone(),
                points_share,
                points,
                refunded_quantity: basket::Quantity::default(),
                refunded_amount: Money::ZERO,
                all_back: false,
            });
        let tier = match work.view().tier_before_merge(self.account, self.sold_at)? {
            Some(tier) => tier,
            None => desk.account.tier_at(self.sold_at),
        };
        let id = work.new_id(SaleId::new);
        for hold in &mut paid.holds {
            if let HoldState::Captured { sale, .. } = &mut hold.state {
                *sale = Some(id);
            }
        }
        Ok(Sale {
            id,
            account: self.account,
            previous: desk.account.last_sale,
            receipt: self.receipt.clone(),
            sold_at: self.sold_at,
            programme: programme.hash,
            tier,
            multiplier: programme.tiers.multiplier(tier),
            lines: lines.collect(),
            rules: Vec::new(),
            used: paid.used.clone(),
            returned: Points::ZERO,
            given_back: Vec::new(),
            earned: Points::ZERO,
            voided: false,
        })
    }
}
