//! Carrying forward: entries whose time is over become one that holds the account as it stood after them, so that the
//! account can still be built again from what is kept (RET-02).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::ids::{CarryId, EntryId, LotId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};

use super::account::{Account, LedgerError, Totals};
use super::entry::{Entry, Movement};
use super::lot::{Lot, LotGrant};
use super::replay::replay;
use super::spend::Spend;

/// An account as it stood after an entry. Open holds are not entries, so nothing is held in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// The local day it was opened.
    pub opened_on: Day,
    /// What the member may do.
    pub state: AccountState,
    /// The lots that are still needed, by id, each with its own dates.
    pub lots: Vec<ForwardLot>,
    /// Points owed.
    pub debt: Points,
    /// The rest of each rule.
    pub carries: Vec<(CarryId, Exact)>,
    /// Qualifying spend in all.
    pub lifetime: Money,
    /// Qualifying spend by local day, as far as a window may still look at it.
    pub days: Vec<(Day, Money)>,
    /// Tiers with the moment from which each counts.
    pub tiers: Vec<(Moment, Tier)>,
    /// Whether staff is to look at the tier.
    pub tier_flagged: bool,
    /// Sums over all entries so far.
    pub totals: Totals,
    /// How many entries it stands for, itself included.
    pub entries: u64,
    /// The last sale so far.
    pub last_sale: Option<SaleId>,
    /// The local day of the last purchase so far.
    pub last_purchase: Option<Day>,
}

/// A lot that is carried forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForwardLot {
    /// What it was born with.
    pub grant: LotGrant,
    /// What is left of it.
    pub remaining: Points,
    /// What of it expired unspent.
    pub lapsed: Points,
}

impl Forward {
    /// The account that it stands for, before the entry itself is counted.
    pub fn account(&self, by_day: bool) -> Account {
        let lots = self.lots.iter().map(|lot| Lot {
            grant: lot.grant,
            remaining: lot.remaining,
            held: Points::ZERO,
            lapsed: lot.lapsed,
        });
        Account {
            opened_on: self.opened_on,
            state: self.state,
            lots: lots.collect(),
            holds: Vec::new(),
            debt: self.debt,
            carries: self.carries.clone(),
            spend: Spend {
                lifetime: self.lifetime,
                days: if by_day {
                    self.days.clone()
                } else {
                    Vec::new()
                },
                by_day,
            },
            tiers: self.tiers.clone(),
            tier_flagged: self.tier_flagged,
            totals: self.totals,
            entries: self.entries.saturating_sub(1),
            last_entry: None,
            last_sale: self.last_sale,
        }
    }
}

/// The last local day on which these entries bought something.
pub fn last_purchase<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Option<Day> {
    let days = entries.into_iter().filter_map(|entry| {
        if let Movement::Forward(forward) = &entry.movement {
            return forward.last_purchase;
        }
        // What was bought in the name of a record while it lived on in another comes back with it.
        if let Movement::MergeBack(arrival) = &entry.movement {
            let bought = arrival.days.iter().rev();
            let mut bought = bought.filter(|(_, amount)| Money::ZERO < *amount);
            return bought.next().map(|(day, _)| *day);
        }
        entry.movement.purchase().map(|(_, day)| day)
    });
    days.max()
}

/// What is carried forward and what goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The entry in the place of the last one that goes.
    pub entry: Entry,
    /// The entries before it: their rows go.
    pub gone: Vec<EntryId>,
    /// Lots that nothing needs any more.
    pub lots: Vec<Lot>,
}

/// Carries the first `count` entries forward, oldest first. `is_done` says of a spent lot whether it may go when no kept
/// entry names it; `is_kept` says which days of spend are still needed.
///
/// # Errors
/// [`LedgerError`] when the entries do not fit each other: then nothing is carried.
pub fn carry_forward(
    entries: &[Entry],
    count: usize,
    is_done: impl Fn(&Lot) -> bool,
    is_kept: impl Fn(Day) -> bool,
) -> Result<Option<Carried>, LedgerError> {
    let Some((old, kept)) = entries.split_at_checked(count) else {
        return Err(LedgerError::Unfit);
    };
    let Some((last, before)) = old.split_last() else {
        return Ok(None);
    };
    let account = replay(old, true).map_err(|(_, error)| error)?;
    let named: BTreeSet<LotId> = kept
        .iter()
        .flat_map(|entry| super::desk::lots_of(&entry.movement))
        .collect();
    let goes =
        |lot: &&Lot| lot.remaining.is_zero() && !named.contains(&lot.grant.id) && is_done(lot);
    let lots: Vec<Lot> = account.lots.iter().filter(goes).copied().collect();
    if before.is_empty() && lots.is_empty() && matches!(last.movement, Movement::Forward(_)) {
        return Ok(None);
    }

    let stays = account.lots.iter().filter(|lot| !goes(lot));
    let days = account.spend.days.iter().filter(|(day, _)| is_kept(*day));
    let forward = Forward {
        opened_on: account.opened_on,
        state: account.state,
        lots: stays
            .map(|lot| ForwardLot {
                grant: lot.grant,
                remaining: lot.remaining,
                lapsed: lot.lapsed,
            })
            .collect(),
        debt: account.debt,
        carries: account.carries.clone(),
        lifetime: account.spend.lifetime,
        days: days.copied().collect(),
        tiers: account.tiers.clone(),
        tier_flagged: account.tier_flagged,
        totals: account.totals,
        entries: account.entries,
        last_sale: account.last_sale,
        last_purchase: last_purchase(old),
    };
    Ok(Some(Carried {
        entry: Entry {
            id: last.id,
            previous: None,
            at: last.at,
            programme: last.programme,
            movement: Movement::Forward(Box::new(forward)),
            balance: last.balance,
            debt: last.debt,
        },
        gone: before.iter().map(|entry| entry.id).collect(),
        lots,
    }))
}
