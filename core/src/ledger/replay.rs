//! The account from its entries (重算): what `verify` holds the stored account against.

use crate::domain::points::Points;
use crate::domain::time::Day;

use super::account::{Account, LedgerError};
use super::entry::{Entry, Movement};

/// The account that `entries` make, oldest first, with every lot that ever was. Open holds are not entries, so nothing
/// is held in it.
///
/// # Errors
/// The place of the first entry (counted from 0) that does not fit what came before it.
pub fn replay<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    by_day: bool,
) -> Result<Account, (usize, LedgerError)> {
    let mut account: Option<Account> = None;
    for (place, entry) in entries.into_iter().enumerate() {
        let unfit = |error| (place, error);
        if let (None, Movement::Open { on }) = (&account, &entry.movement) {
            account = Some(begin(*on, by_day));
        }
        if let (None, Movement::Forward(forward)) = (&account, &entry.movement) {
            account = Some(begin(forward.opened_on, by_day));
        }
        let account = account.as_mut().ok_or((place, LedgerError::Unfit))?;
        if entry.previous != account.last_entry {
            return Err(unfit(LedgerError::Unfit));
        }
        account.apply(&entry.movement).map_err(unfit)?;
        account.entries = account.entries.saturating_add(1);
        account.last_entry = Some(entry.id);
        if account.balance() != Some(entry.balance) || account.debt != entry.debt {
            return Err(unfit(LedgerError::Unfit));
        }
    }
    account.ok_or((0, LedgerError::Unfit))
}

fn begin(on: Day, by_day: bool) -> Account {
    let mut account = Account::new(on);
    account.spend.by_day = by_day;
    account
}

/// Where a stored account and its entries differ, in words; empty when they agree.
pub fn differences(stored: &Account, replayed: &Account) -> Vec<&'static str> {
    let mut named = Vec::new();
    let mut compare = |name, same: bool| {
        if !same {
            named.push(name);
        }
    };
    compare("opening day", stored.opened_on == replayed.opened_on);
    compare("state", stored.state == replayed.state);
    compare("debt", stored.debt == replayed.debt);
    compare("carries", stored.carries == replayed.carries);
    compare("qualifying spend", stored.spend == replayed.spend);
    compare("tiers", stored.tiers == replayed.tiers);
    compare("tier flag", stored.tier_flagged == replayed.tier_flagged);
    compare("totals", stored.totals == replayed.totals);
    compare("number of entries", stored.entries == replayed.entries);
    compare("last entry", stored.last_entry == replayed.last_entry);
    compare("last sale", stored.last_sale == replayed.last_sale);
    let open = replayed.lots.iter().filter(|lot| !lot.remaining.is_zero());
    let bare = stored.lots.iter().map(|lot| {
        let mut lot = *lot;
        lot.held = Points::ZERO;
        lot
    });
    compare("open lots", open.copied().eq(bare));
    named
}
