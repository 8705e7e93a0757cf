//! A merge is undone within thirty days: the state before, plus what happened since.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, LotId, MemberId, SaleId};
use crate::domain::points::Points;
use crate::domain::programme::Window;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::account::{Account, LedgerError};
use crate::ledger::desk::Desk;
use crate::ledger::entry::{Entry, Movement, TierOutcome};
use crate::ledger::hold::{Hold, HoldState};
use crate::ledger::lot::{LotGrant, Part};
use crate::ledger::merge::split::{Ends, Mirrors, Side, Since, leaving, split};
use crate::ledger::merge::{Arrival, UNDO_DAYS};
use crate::ledger::replay::replay;
use crate::ledger::sale::Sale;

use super::super::audit::{Actor, Done};
use super::super::commit::Verb;
use super::super::receipt::{Receipt, Unmerged};
use super::super::rows::{MEMBERS, MERGED, MemberRow, Merged as MergedWith, MergedRow};
use super::super::work::{Stop, View, Work};
use super::{chain, consents, sales_of, terms_of};

/// Makes two records of a pair again.
#[derive(Serialize)]
pub(in crate::engine) struct Undo {
    pub(super) survivor: AccountId,
    pub(super) other: AccountId,
    #[serde(skip)]
    pub(super) members: (MemberId, MemberId),
    #[serde(skip)]
    pub(super) actor: Actor,
    #[serde(skip)]
    pub(super) because: (&'static str, &'static str),
}

/// A merge with everything after it.
struct Story {
    arrival: Arrival,
    debt_before: Points,
    since: Vec<Movement>,
}

impl Verb for Undo {
    const NAME: &'static str = "unmerge";

    fn account(&self) -> AccountId {
        self.survivor
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let (survivor, other) = (self.survivor, self.other);
        let (now, versions) = (work.now, work.versions);
        let merged_at = self.check(&work.view(), now)?;
        let programme = work.programme()?;
        let (head, mut desk) = work.view().own_desk(survivor, now, versions)?;
        if !desk.account.holds.is_empty() {
            return Err(Refusal::HoldsOpen.into());
        }
        let story = self.story(&work.view(), &mut desk)?;
        let group: BTreeSet<AccountId> = work.view().group(other)?.into_iter().collect();
        let sales = sales_of(&work.view(), survivor, desk.account.last_sale)?;
        let origins: BTreeMap<SaleId, AccountId> =
            sales.iter().map(|sale| (sale.id, sale.account)).collect();
        let is_theirs = |sale: SaleId| {
            origins
                .get(&sale)
                .is_some_and(|account| group.contains(account))
        };
        let since = Since {
            merge: &story.arrival,
            debt_before: story.debt_before,
            entries: &story.since,
            is_theirs: &is_theirs,
        };
        let terms = |carry| terms_of(versions, carry);

        let lots = leaving(&desk.account, &since, &terms)?;
        let mut crossing = Crossing::new(lots);
        crossing.find(work, &desk.account, &since, &group)?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for sale in sales {
            let is_theirs = group.contains(&sale.account);
            let side = if is_theirs { Side::Theirs } else { Side::Ours };
            let kept = if is_theirs { &mut theirs } else { &mut ours };
            kept.push(crossing.sale(side, sale));
        }
        let last = |sales: &[Sale]| sales.iter().map(|sale| sale.id).max();
        let ends = Ends {
            survivor,
            our_last: last(&ours),
            their_last: last(&theirs),
            their_state: work.view().own_account(other)?.account.state,
            mirrors: crossing.mirrors(),
            now,
        };
        let halves = split(&desk.account, &since, ends, &terms)?;
        let is_upgrade = |movement: &Movement| matches!(movement, Movement::Assess(change) if change.outcome == TierOutcome::Upgrade);
        let is_lifetime = programme.tiers.window == Window::Lifetime;
        let may_fall = story.since.iter().any(is_upgrade) || (is_lifetime && halves.ours_fell);
        let borne = halves.departure.loss;
        let parts = halves
            .departure
            .taken
            .iter()
            .chain(&halves.departure.lapsed);
        let taken = Points::sum(parts.map(|part| part.points).chain([borne]));
        let taken = taken.ok_or(LedgerError::Overflow)?;

        desk.post(now, Movement::Unmerge(Box::new(halves.departure)))?;
        after(&mut desk)?;
        desk.assess_unmerge(programme, may_fall)?;
        self.mark(work)?;
        let (other_head, mut back) = work.view().own_desk(other, now, versions)?;
        back.post(now, Movement::MergeBack(Box::new(halves.arrival)))?;
        after(&mut back)?;
        back.assess_unmerge(programme, is_lifetime && halves.theirs_fell)?;
        let unmerged = Unmerged {
            at: now,
            taken,
            loss: borne,
            balance: desk.account.balance().ok_or(LedgerError::Overflow)?,
            debt: desk.account.debt,
            other_balance: back.account.balance().ok_or(LedgerError::Overflow)?,
            other_debt: back.account.debt,
        };

        work.finish(survivor, head, desk, programme.hash, None)?;
        work.finish(other, other_head, back, programme.hash, None)?;
        chain(work, survivor, ours)?;
        chain(work, other, theirs)?;
        for (owner, hold) in crossing.holds {
            work.put_hold(owner, hold)?;
        }
        self.members(work, merged_at)?;
        Ok(Receipt::Unmerged(unmerged))
    }
}

/// What a merge being undone leaves to do on a side: what came back to a lot whose date has passed is gone, and what is
/// free pays what is owed.
fn after(desk: &mut Desk) -> Result<(), LedgerError> {
    let gone = desk
        .account
        .lots
        .iter()
        .filter(|lot| lot.is_expired(desk.now));
    let gone = gone.map(|lot| Part {
        lot: lot.grant.id,
        points: lot.free(),
    });
    let gone: Vec<_> = gone.filter(|part| !part.points.is_zero()).collect();
    for part in gone {
        desk.expire(desk.now, part)?;
    }
    desk.repay_from_all()
}

impl Undo {
    /// Refuses what is not merged, or too long ago. Since when it is.
    fn check(&self, view: &View<'_>, now: Moment) -> Result<Moment, Stop> {
        let MergedRow::V1 { into, .. } = view.merged(self.other)?;
        let merged_at = match into {
            Some((account, at)) if account == self.survivor => at,
            Some(_) | None => return Err(Refusal::NotMerged.into()),
        };
        if view.here(self.survivor)? != self.survivor {
            return Err(Refusal::AlreadyMerged.into());
        }
        if merged_at.plus_days(UNDO_DAYS) <= now {
            return Err(Refusal::UndoTooLate { days: UNDO_DAYS }.into());
        }
        Ok(merged_at)
    }

    /// The merge and everything after it; every lot that ever was is brought to the desk.
    fn story(&self, view: &View<'_>, desk: &mut Desk) -> Result<Story, Stop> {
        let mut entries = view.own_entries(self.survivor, &desk.account)?;
        entries.reverse();
        let replayed = replay(&entries, true).map_err(|(_, error)| error)?;
        for lot in replayed.lots {
            desk.account.bring(lot);
        }
        let found = entries
            .iter()
            .rposition(|entry| self.arrival(entry).is_some());
        let (before, since) = entries.split_at(found.map_or(0, |place| place.saturating_add(1)));
        let merge = before.last().ok_or(LedgerError::Unfit)?;
        let arrival = self.arrival(merge).ok_or(LedgerError::Unfit)?;
        let debt_before = merge.debt.checked_sub(arrival.debt);
        let settled = desk.posted.iter().map(|posted| &posted.movement);
        let since = since.iter().map(|entry| &entry.movement).chain(settled);
        Ok(Story {
            debt_before: debt_before.ok_or(LedgerError::Unfit)?,
            since: since.cloned().collect(),
            arrival: arrival.clone(),
        })
    }

    fn arrival<'e>(&self, entry: &'e Entry) -> Option<&'e Arrival> {
        if let Movement::Merge(arrival) = &entry.movement
            && arrival.from == self.other
        {
            Some(arrival)
        } else {
            None
        }
    }

    /// From here on whatever names the other account is about itself.
    fn mark(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let MergedRow::V1 { into, mut of } = work.view().merged(self.survivor)?;
        of.retain(|account| *account != self.other);
        let ours = MergedRow::V1 { into, of };
        let MergedRow::V1 { of, .. } = work.view().merged(self.other)?;
        let theirs = MergedRow::V1 { into: None, of };
        for (id, row) in [(self.survivor, ours), (self.other, theirs)] {
            if row == MergedRow::NONE {
                work.delete(MERGED.table(), id.as_bytes())?;
            } else {
                work.put_sealed(id, &MERGED, id.as_bytes(), &row)?;
            }
        }
        Ok(())
    }

    /// Who they are: each record stands for itself again, with its own answers.
    fn members(&self, work: &mut Work<'_>, merged_at: Moment) -> Result<(), Stop> {
        let (survivor, other) = self.members;
        let (mut ours, mut theirs) = (work.view().member(survivor)?, work.view().member(other)?);
        let (handle, of) = (
            Handle::from_bytes(ours.handle),
            Handle::from_bytes(theirs.handle),
        );
        let undone = consents::undone(&ours.told.consents, merged_at, work.now);
        ours.told.consents.extend(undone);
        if ours.restricted_since.is_some() && ours.restricted_since == theirs.restricted_since {
            ours.restricted_since = None;
        }
        ours.told.possible_duplicate = true;
        theirs.told.possible_duplicate = true;
        theirs.warned_at = None;
        for (account, row) in [(self.survivor, &mut ours), (self.other, &mut theirs)] {
            let MergedRow::V1 { of, .. } = work.view().merged(account)?;
            let of: Result<Vec<_>, _> = of
                .into_iter()
                .map(|account| work.keys().member_of(account))
                .collect();
            row.merged = match of? {
                none if none.is_empty() => MergedWith::No,
                some => MergedWith::Of(some),
            };
        }
        for (member, row) in [(survivor, ours), (other, theirs)] {
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
        }
        work.act(Done {
            actor: self.actor.clone(),
            act: Act::Unmerged { other: of },
            subject: Some(handle),
            fields: &["account", "consents"],
            because: self.because,
        })?;
        Ok(())
    }
}

/// Points that one side has used from lots of the other since the merge. When they come back, they come back to an empty
/// lot of that side's own, with the dates that they had.
struct Crossing {
    leaving: BTreeSet<LotId>,
    mirrors: BTreeMap<(Side, LotId), LotGrant>,
    /// Holds that were used without a sale.
    holds: Vec<(AccountId, Hold)>,
}

impl Crossing {
    const fn new(leaving: BTreeSet<LotId>) -> Self {
        Self {
            leaving,
            mirrors: BTreeMap::new(),
            holds: Vec::new(),
        }
    }

    fn crosses(&self, side: Side, lot: LotId) -> bool {
        (side == Side::Theirs) != self.leaving.contains(&lot)
    }

    fn find(
        &mut self,
        work: &mut Work<'_>,
        account: &Account,
        since: &Since<'_>,
        group: &BTreeSet<AccountId>,
    ) -> Result<(), Stop> {
        for movement in since.entries {
            let Movement::Redeem { hold, parts } = movement else {
                continue;
            };
            let (owner, hold) = work.view().hold(*hold)?;
            let (is_theirs, is_bare) = match hold.state {
                HoldState::Captured {
                    sale: Some(sale), ..
                } => ((since.is_theirs)(sale), false),
                HoldState::Captured { sale: None, .. }
                | HoldState::Open
                | HoldState::Voided
                | HoldState::Lapsed => (group.contains(&owner), true),
            };
            let side = if is_theirs { Side::Theirs } else { Side::Ours };
            let across = parts.iter().filter(|part| self.crosses(side, part.lot));
            let across: Vec<Part> = across.copied().collect();
            for part in &across {
                let grant = account.lot(part.lot).ok_or(LedgerError::Unfit)?.grant;
                let mirror = self
                    .mirrors
                    .entry((side, part.lot))
                    .or_insert_with(|| LotGrant {
                        id: work.new_id(LotId::new),
                        points: Points::ZERO,
                        ..grant
                    });
                let points = mirror.points.checked_add(part.points);
                mirror.points = points.ok_or(LedgerError::Overflow)?;
            }
            if is_bare && !across.is_empty() {
                let pins = hold
                    .pins
                    .iter()
                    .map(|pin| self.mirrored(side, *pin))
                    .collect();
                self.holds.push((owner, Hold { pins, ..hold }));
            }
        }
        Ok(())
    }

    fn mirrored(&self, side: Side, part: Part) -> Part {
        match self.mirrors.get(&(side, part.lot)) {
            Some(mirror) => Part {
                lot: mirror.id,
                ..part
            },
            None => part,
        }
    }

    /// A sale as its side keeps it.
    fn sale(&self, side: Side, sale: Sale) -> Sale {
        let used = sale
            .used
            .iter()
            .map(|part| self.mirrored(side, *part))
            .collect();
        let given_back = sale.given_back.iter().copied();
        let given_back = given_back
            .filter(|part| !self.crosses(side, part.lot))
            .collect();
        Sale {
            used,
            given_back,
            ..sale
        }
    }

    fn mirrors(&self) -> Mirrors {
        let of = |wanted: Side| {
            let of_side = self.mirrors.iter().filter(|((side, _), _)| *side == wanted);
            let mut grants: Vec<LotGrant> = of_side.map(|(_, grant)| *grant).collect();
            grants.sort_unstable_by_key(|grant| grant.id);
            grants
        };
        Mirrors {
            ours: of(Side::Ours),
            theirs: of(Side::Theirs),
        }
    }
}
