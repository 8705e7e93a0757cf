//! The account: what the member may do, points, tier, lots and the history.

use std::collections::BTreeSet;

use crate::domain::ids::{AccountId, CarryId, LotId};
use crate::domain::money::{Exact, Money};
use crate::domain::programme::Tier;
use crate::domain::time::{Day, Moment};
use crate::ledger::account::{Account, Totals};
use crate::ledger::entry::Entry;
use crate::ledger::lot::{Lot, LotGrant};
use crate::ledger::replay::replay;
use crate::ledger::spend::Spend;
use crate::policy::catalogue::{Field, Record, told};

use super::super::rows::Head;
use super::super::work::Stop;
use super::words::movement_words;
use super::{Teller, link, there};

impl Teller<'_> {
    /// The account as of now, and all that happened to it.
    pub(super) fn account(&self, id: AccountId) -> Result<Record, Stop> {
        let (head, desk) = self.view.desk(id, self.now, self.versions)?;
        let owned = desk.account;
        let mut own = self.view.entries(id, &owned)?;
        own.reverse();
        let mut history = self.view.history(id)?;
        history.reverse();
        let kept_sales = self.kept_sales(id, &owned)?;
        let answers = self.answers(id, head.last_receipt)?;

        let mut record = Record::new();
        record.tell(Field::Balance, owned.balance());
        record.tell(Field::Tier, tier_word(owned.tier()));
        record.tell(Field::Lots, self.lots(id, &owned, &own)?);
        record.tell(Field::Holds, self.holds(&owned, &answers)?);
        record.tell(Field::DaySums, self.day_sums(id, &kept_sales)?);
        let kept_sales: Vec<Record> = kept_sales.into_iter().map(|sale| self.sale(sale)).collect();
        record.tell(Field::Sales, kept_sales);
        let history: Vec<Record> = history.into_iter().map(|entry| self.entry(entry)).collect();
        record.tell(Field::Entries, history);
        record.tell(Field::Answers, there(0 < answers.count));
        record.tell(Field::SaleTokens, there(0 < answers.tokens));
        told!(record, Head {
            reference => Reference: reference;
            last_receipt => link(last_receipt),
        } = head);
        told!(record, Account {
            opened_on => AccountOpened: opened_on.to_string(),
            state => AccountState: state.to_string(),
            debt => Debt: debt,
            carries => Carries: carries.into_iter().map(|carry| self.carry(carry)).collect::<Vec<Record>>(),
            tiers => Tiers: tiers.into_iter().map(tier_change).collect::<Vec<Record>>(),
            tier_flagged => TierFlagged: tier_flagged,
            totals => Totals: totals_of(totals);
            spend => self.spend(&mut record, spend),
            // These were told above, those that are no longer open too.
            lots => link(lots),
            holds => link(holds),
            entries => link(entries),
            last_entry => link(last_entry),
            last_sale => link(last_sale),
        } = owned);
        Ok(record)
    }

    /// Every lot there ever was, the earliest first: open ones as of now, others as they are kept.
    fn lots(&self, id: AccountId, owned: &Account, history: &[Entry]) -> Result<Vec<Record>, Stop> {
        let replayed = replay(history, owned.spend.by_day);
        let ever = replayed.as_ref().map_or(owned, |replayed| replayed);
        let ids: BTreeSet<LotId> = ever.lots.iter().map(|lot| lot.grant.id).collect();
        let mut told = Vec::new();
        for lot in ids {
            let open = owned.lots.iter().find(|open| open.grant.id == lot);
            let lot = match open {
                Some(open) => Some(*open),
                None => self.view.lot(id, lot)?,
            };
            told.extend(lot.map(lot_of));
        }
        Ok(told)
    }

    fn carry(&self, (id, rest): (CarryId, Exact)) -> Record {
        let mut record = Record::new();
        record.tell(Field::CarryRule, id.to_string());
        record.tell(Field::CarryRest, rest.display(self.exponent));
        record
    }

    fn spend(&self, record: &mut Record, spend: Spend) {
        let of_day = |(day, amount): (Day, Money)| {
            let mut record = Record::new();
            record.tell(Field::SpendDay, day.to_string());
            record.tell(Field::SpendOfDay, amount.display(self.exponent));
            record
        };
        told!(*record, Spend {
            lifetime => Spend: lifetime.display(self.exponent),
            days => SpendDays: days.into_iter().map(of_day).collect::<Vec<Record>>();
            by_day => link(by_day),
        } = spend);
    }

    fn entry(&self, entry: Entry) -> Record {
        let mut record = Record::new();
        told!(record, Entry {
            id => EntryNumber: id.to_string(),
            at => EntryAt: at,
            programme => EntryRules: programme.to_string(),
            balance => EntryBalance: balance,
            debt => EntryDebt: debt;
            previous => link(previous),
            movement => {
                record.tell(Field::EntryWhat, movement.word());
                record.tell(Field::EntryWords, movement_words(movement, self.exponent, self.language));
            },
        } = entry);
        record
    }
}

fn lot_of(lot: Lot) -> Record {
    let mut record = Record::new();
    told!(record, Lot {
        remaining => LotRemaining: remaining,
        held => LotHeld: held,
        lapsed => LotLapsed: lapsed;
        grant => told!(record, LotGrant {
            id => LotNumber: id.to_string(),
            points => LotPoints: points,
            earned_at => LotEarnedAt: earned_at,
            available_at => LotAvailableAt: available_at,
            expires_at => LotExpiresAt: expires_at;
        } = grant),
    } = lot);
    record
}

fn tier_change((since, tier): (Moment, Tier)) -> Record {
    let mut record = Record::new();
    record.tell(Field::TierChanged, tier_word(tier));
    record.tell(Field::TierSince, since);
    record
}

fn totals_of(totals: Totals) -> Record {
    let mut record = Record::new();
    told!(record, Totals {
        sales => TotalSales: sales,
        earned => TotalEarned: earned,
        redeemed => TotalRedeemed: redeemed,
        returned => TotalReturned: returned,
        clawed_back => TotalClawedBack: clawed_back,
        expired => TotalExpired: expired,
        repaid => TotalRepaid: repaid,
        adjusted_up => TotalAdjustedUp: adjusted_up,
        adjusted_down => TotalAdjustedDown: adjusted_down,
        lost => TotalLost: lost,
        granted => TotalGranted: granted;
    } = totals);
    record
}

pub(super) const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Ordinary => "ordinary",
        Tier::Senior => "senior",
    }
}
