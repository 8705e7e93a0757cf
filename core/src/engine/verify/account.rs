//! One account: its entries replayed, its lots compared, its sales weighed again.

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use crate::domain::earn::{counted, limit};
use crate::domain::ids::{AccountId, CarryId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::time::Day;
use crate::ledger::account::Account;
use crate::ledger::entry::Entry;
use crate::ledger::hold::HoldState;
use crate::ledger::journal::{JournalAccount, expiry_month};
use crate::ledger::merge::given;
use crate::ledger::replay::{differences, replay};
use crate::ledger::sale::Sale;

use super::super::liability::Sums;
use super::super::retain::kept_from_day;
use super::super::rows::{ACCOUNTS, ANSWERS_FROM, AccountRecord, SALES_FROM};
use super::super::work::{Stop, View, rules_of};
use super::Seen;
use super::carried::Bought;

/// The ids of all accounts; one whose row cannot be read is named.
pub(super) fn ids(view: &View<'_>, seen: &mut Seen) -> Result<Vec<AccountId>, Stop> {
    let mut ids = Vec::new();
    view.tx
        .scan(ACCOUNTS.table(), &[], None, &mut |key, value| {
            let Ok(id) = key.try_into().map(AccountId::from_bytes) else {
                seen.differs("key_unreadable", "accounts", "a key of another length");
                return ControlFlow::Continue(());
            };
            match view.keys.history(id) {
                Ok(codec) => match ACCOUNTS.read(&codec, key, value) {
                    Ok(_) => ids.push(id),
                    Err(error) => seen.differs("row_unreadable", "accounts", error.to_string()),
                },
                Err(_) => seen.differs("keys_missing", "accounts", "an account without its keys"),
            }
            ControlFlow::Continue(())
        })?;
    seen.accounts = ids.iter().copied().collect();
    Ok(ids)
}

/// Checks one account; what cannot be read is named, and the others are looked at all the same.
pub(super) fn check(
    view: &View<'_>,
    versions: &Versions,
    id: AccountId,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let record = view.own_account(id)?;
    let place = record.head.reference.clone();
    seen.verified.accounts = seen.verified.accounts.saturating_add(1);
    match inspect(view, versions, id, &record, seen) {
        Ok(()) => Ok(()),
        Err(Stop::Store(error)) => {
            seen.differs("row_unreadable", place, error.to_string());
            Ok(())
        }
        Err(Stop::Refused(refusal)) => {
            seen.differs("row_missing", place, refusal.code());
            Ok(())
        }
    }
}

fn inspect(
    view: &View<'_>,
    versions: &Versions,
    id: AccountId,
    record: &AccountRecord,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let (account, place) = (&record.account, &record.head.reference);
    let mut entries = view.own_entries(id, account)?;
    entries.reverse();
    count(&mut seen.verified.entries, entries.len());
    let bought = Bought::of(&entries, kept_from_day(view, SALES_FROM)?);
    bought.note_answers(kept_from_day(view, ANSWERS_FROM)?, seen);
    match replay(&entries, account.spend.by_day) {
        Ok(mut replayed) => {
            if bought.may_begin_with(account.last_sale) {
                replayed.last_sale = account.last_sale;
            }
            for name in differences(account, &replayed) {
                seen.differs(
                    "account_differs",
                    place,
                    format!("{name} differs from the entries"),
                );
            }
            lots(view, id, place, account, &replayed, seen)?;
        }
        Err((number, error)) => {
            seen.differs("entry_unfit", place, format!("entry {number}: {error}"));
        }
    }
    holds(view, id, place, account, seen)?;
    super::keys::answers(view, id, place, record.head.last_receipt, seen)?;
    let sales = sales(view, id, place, (account, &bought), seen)?;
    if bought.is_whole(&sales) {
        weigh(versions, place, account, &sales, &entries, seen);
    } else {
        super::carried::weigh(versions, place, &bought, &sales, &entries, seen);
    }
    owed(versions, account, &mut seen.owed);
    Ok(())
}

/// Every lot that ever was, against its row; what is held, against the open holds.
fn lots(
    view: &View<'_>,
    id: AccountId,
    place: &str,
    account: &Account,
    replayed: &Account,
    seen: &mut Seen,
) -> Result<(), Stop> {
    count(&mut seen.verified.lots, replayed.lots.len());
    for lot in &replayed.lots {
        let mut expected = *lot;
        let pins = account.holds.iter().flat_map(|hold| &hold.pins);
        let held = pins
            .filter(|pin| pin.lot == lot.grant.id)
            .map(|pin| pin.points);
        expected.held = Points::sum(held).unwrap_or(Points::ZERO);
        let stored = view.lot(id, lot.grant.id)?;
        if stored != Some(expected) {
            seen.differs(
                "lot_differs",
                place,
                format!("lot {}: its row differs", lot.grant.id),
            );
        }
        let kept = account.lot(lot.grant.id);
        if kept.is_some_and(|kept| *kept != expected) {
            seen.differs(
                "lot_differs",
                place,
                format!("lot {}: the account has another", lot.grant.id),
            );
        }
    }
    let free = account.lots.iter().any(|lot| !lot.free().is_zero());
    if free && !account.debt.is_zero() {
        seen.differs(
            "debt_beside_points",
            place,
            "debt stands beside points that are not held",
        );
    }
    Ok(())
}

fn holds(
    view: &View<'_>,
    id: AccountId,
    place: &str,
    account: &Account,
    seen: &mut Seen,
) -> Result<(), Stop> {
    for open in &account.holds {
        let (owner, hold) = view.hold(open.id)?;
        let same = view.here(owner)? == id
            && view.here(hold.account)? == id
            && hold.until == open.until
            && hold.pins == open.pins;
        if !same || hold.state != HoldState::Open {
            seen.differs(
                "hold_differs",
                place,
                format!("hold {}: its row differs", open.id),
            );
        }
        seen.open_holds.insert(open.id);
    }
    Ok(())
}

/// The account's chain of sales, newest first.
fn sales(
    view: &View<'_>,
    id: AccountId,
    place: &str,
    (account, bought): (&Account, &Bought),
    seen: &mut Seen,
) -> Result<Vec<Sale>, Stop> {
    let mut sales = Vec::new();
    let mut next = account.last_sale;
    while let Some(at) = next {
        let sale = view.sale(id, at)?;
        next = sale.previous.filter(|previous| *previous < at);
        if view.here(sale.account)? != id {
            seen.differs(
                "sale_differs",
                place,
                format!("sale {at} belongs to another account"),
            );
        }
        if !seen.unanswered.contains(&sale.id) {
            seen.answered.insert(sale.id);
        }
        sales.push(sale);
    }
    if u64::try_from(sales.len()).ok() != bought.expected(account.totals.sales, &sales) {
        seen.differs(
            "sales_missing",
            place,
            "the chain of sales is shorter or longer than its count",
        );
    }
    count(&mut seen.verified.sales, sales.len());
    Ok(sales)
}

/// A second, simpler opinion: what all kept baskets count for a rule is what was given for it and its carry
/// (semantics 5); and qualifying spend is what is kept.
fn weigh(
    versions: &Versions,
    place: &str,
    account: &Account,
    sales: &[Sale],
    entries: &[Entry],
    seen: &mut Seen,
) {
    let mut spend = Some(Money::ZERO);
    let mut days: BTreeMap<(CarryId, Option<Points>, Day, AccountId), Exact> = BTreeMap::new();
    let mut rules = BTreeMap::new();
    for sale in sales {
        let Some(programme) = versions.by_hash(&sale.programme) else {
            seen.differs(
                "programme_missing",
                place,
                format!("sale {}: no such programme", sale.id),
            );
            continue;
        };
        spend = spend.and_then(|sum| sum.checked_add(sale.qualifying(&programme.tiers)?));
        let day = programme.zone.day_of(sale.sold_at);
        for (in_use, count) in rules_of(versions, programme).iter().zip(&sale.rules) {
            let rule = in_use.rule;
            let again = sale
                .base(rule)
                .and_then(|base| counted(rule, base, sale.multiplier));
            if again.map(|(counted, _)| counted) != Some(count.counted) {
                let detail = format!("sale {}: rule {} counts otherwise", sale.id, rule.id);
                seen.differs("sale_differs", place, detail);
            }
            rules.insert(in_use.carry, rule);
            let key = (in_use.carry, rule.cap_per_day, day, sale.account);
            let sum = days.entry(key).or_default();
            *sum = sum.checked_add(count.counted).unwrap_or_default();
        }
    }
    if spend != Some(account.spend.lifetime) {
        seen.differs(
            "spend_differs",
            place,
            "qualifying spend is not what the sales keep",
        );
    }

    let given = given(entries);
    for (carry, rule) in rules {
        let of_rule = days.iter().filter(|((id, ..), _)| *id == carry);
        let mut limited = of_rule.map(|((_, cap, ..), sum)| limit(rule, *cap, *sum));
        let counted = limited.try_fold(Exact::ZERO, |all, day| all.checked_add(day?));
        let units = given
            .get(&carry)
            .copied()
            .unwrap_or(0)
            .checked_div(rule.points);
        let expected = Exact::of(rule.per)
            .zip(units)
            .and_then(|(per, units)| per.checked_times(units)?.checked_add(account.carry(carry)));
        if counted.is_none() || counted != expected {
            seen.differs(
                "points_differ",
                place,
                "points and carry are not what the kept baskets earn",
            );
        }
    }
}

/// What the account adds to liability and receivable.
pub(in crate::engine) fn owed(versions: &Versions, account: &Account, owed: &mut Sums) {
    let Some(programme) = versions.latest() else {
        return;
    };
    for lot in account.lots.iter().filter(|lot| !lot.remaining.is_zero()) {
        let month = expiry_month(lot.grant.expires_at, programme.zone);
        let sum = owed.entry(JournalAccount::Liability(month)).or_default();
        *sum = sum.saturating_add(lot.remaining.count());
    }
    if !account.debt.is_zero() {
        let sum = owed.entry(JournalAccount::Receivable).or_default();
        *sum = sum.saturating_sub(account.debt.count());
    }
}

fn count(sum: &mut u64, more: usize) {
    *sum = sum.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
}
