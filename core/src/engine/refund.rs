//! Goods come back: the kept basket is computed again (semantics §5).

use serde::Serialize;

use crate::domain::ids::{AccountId, LotId, SaleId};
use crate::domain::points::Points;
use crate::domain::programme::Programme;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::account::LedgerError;
use crate::ledger::entry::Redemption;
use crate::ledger::refund::RefundLine;
use crate::ledger::sale::{ReceiptNo, Sale};

use super::commit::{Kind, Verb};
use super::receipt::{Receipt, Refunded};
use super::work::{Stop, Work, rules_of};

/// A refund of some lines of a sale, under a slip of its own.
#[derive(Clone, Debug, Serialize)]
pub struct TakeRefund {
    /// Whose.
    pub account: AccountId,
    /// The refund's own slip.
    pub receipt: ReceiptNo,
    /// The sale.
    pub sale: SaleId,
    /// What comes back.
    pub lines: Vec<RefundLine>,
}

/// The most lines that a refund may name.
const LINES_MAX: usize = crate::domain::basket::LINES_MAX;

/// Refuses what is older than the programme's refund window (semantics 35).
pub(crate) fn check_window(
    sold_at: Moment,
    now: Moment,
    programme: &Programme,
) -> Result<(), Refusal> {
    let days = programme.refund.window_days;
    if sold_at.plus_days(days) < now {
        Err(Refusal::TooOld { days })
    } else {
        Ok(())
    }
}

impl Verb for TakeRefund {
    const NAME: &'static str = "refund";

    fn account(&self) -> AccountId {
        self.account
    }

    fn business(&self) -> Option<(Kind, &ReceiptNo)> {
        Some((Kind::Refund, &self.receipt))
    }

    fn check(&self) -> Result<(), Refusal> {
        self.receipt.check()?;
        match self.lines.len() {
            0 => Err(Refusal::NothingToRefund),
            1..=LINES_MAX => Ok(()),
            _ => Err(Refusal::TooManyLines),
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let sale = sale_of(work, self.account, self.sale)?;
        refund(work, sale, &self.lines, Some(&self.receipt), false)
    }
}

/// A sale of this account.
pub(crate) fn sale_of(work: &Work<'_>, account: AccountId, id: SaleId) -> Result<Sale, Stop> {
    work.view().account(account)?;
    let sale = work.view().sale(account, id)?;
    // Of the account itself, or of another record of the same person that was merged with it.
    if work.view().here(sale.account)? == work.view().here(account)? {
        Ok(sale)
    } else {
        Err(Refusal::SaleUnknown.into())
    }
}

/// Refunds lines of a sale: points used come back first, then what is no longer earned is taken back.
pub(crate) fn refund(
    work: &mut Work<'_>,
    mut sale: Sale,
    lines: &[RefundLine],
    receipt: Option<&ReceiptNo>,
    void: bool,
) -> Result<Receipt, Stop> {
    let (head, mut desk) = work.desk(sale.account)?;
    let found = work.versions.by_hash(&sale.programme);
    let programme = found.ok_or(LedgerError::Unfit)?;
    check_window(sale.sold_at, work.now, programme)?;
    let current = work.programme()?;
    let metric = desk.metric(current, work.now)?;
    let spend = sale
        .qualifying(&programme.tiers)
        .ok_or(LedgerError::Overflow)?;
    let back = sale.take_back(lines)?;

    let lots: Vec<LotId> = sale.used.iter().map(|part| part.lot).collect();
    work.bring(
        sale.account,
        &mut desk,
        lots.into_iter().chain([LotId::of_sale(sale.id)]),
    )?;
    work.bring(
        sale.account,
        &mut desk,
        sale.given_back.iter().map(|part| part.lot),
    )?;
    let of = Redemption::Sale(sale.id);
    let alive = desk.give_back(
        of,
        &sale.used,
        sale.returned,
        back.points,
        &programme.refund,
        work,
    )?;
    sale.returned = sale
        .returned
        .checked_add(back.points)
        .ok_or(LedgerError::Overflow)?;
    sale.given_back.extend(alive);
    let rules = rules_of(work.versions, programme);
    let mut days = work.view().day_sums(&sale, programme.zone, &rules)?;
    let taken = desk.claw_back(&mut sale, programme, &rules, &mut days, spend)?;
    desk.assess_refund(current, sale.id, metric)?;

    sale.voided = sale.voided || void;
    let refunded = Refunded {
        sale: sale.id,
        void,
        money: back.money,
        points_back: back.points,
        clawback: taken.clawback,
        debt_added: taken.debt,
        loss: taken.loss,
        traces: taken.traces,
        tier_after: desk.account.tier(),
        balance: desk.account.balance().unwrap_or(Points::ZERO),
        debt: desk.account.debt,
    };
    let account = sale.account;
    work.put_day_sums(&sale, programme.zone, &days)?;
    work.put_sale(sale)?;
    work.finish(account, head, desk, programme.hash, receipt)?;
    Ok(Receipt::Refunded(refunded))
}
