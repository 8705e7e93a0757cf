//! Two records of one person become one, and can become two again for thirty days (semantics 17; QLT-02, QLT-03).
//!
//! The other record's lots, sales and rests go to the survivor's account, under its key. Its own entries, answers, holds
//! and tokens stay where they are and go on naming it: [`View::here`](super::work::View::here) says where it lives on.
//! Its row of who it is stays sealed under its own key, so that undoing needs nothing that is gone.

mod consents;
mod here;
mod preview;
mod proof;
mod undo;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, LotId, MemberId, SaleId};
use crate::domain::money::Exact;
use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::account::LedgerError;
use crate::ledger::earn::grant;
use crate::ledger::entry::Movement;
use crate::ledger::merge::join::{Other, join};
use crate::ledger::merge::{RuleTerms, UNDO_DAYS};
use crate::ledger::replay::replay;
use crate::ledger::sale::Sale;

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::{IdempotencyKey, Verb};
use super::enrol::duplicate_check;
use super::receipt::{Merged, Receipt, Unmerged};
use super::rows::{MEMBERS, MERGED, MemberRow, Merged as MergedWith, MergedRow, SALES, SaleRow};
use super::staff::Hand;
use super::work::{Stop, View, Work};

pub use proof::{Confirmation, MergeProof, PhoneProved};
pub(in crate::engine) use undo::Undo;

/// Why records are merged and parted, where nobody says otherwise, and by what right.
const REQUESTED: (&str, &str) = ("member_rights", "request");

/// A record that lives on in another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MergeOf {
    /// Which one.
    pub member: MemberId,
    /// Since when.
    pub merged_at: Moment,
    /// Until when it can be undone.
    pub undo_until: Moment,
}

impl Engine {
    /// Adds another record of the same person to the one that stays. Both cards work afterwards; the PIN that stays is the
    /// survivor's.
    ///
    /// # Errors
    /// [`Refusal::MergeUnproved`] and [`Refusal::AlreadyMerged`]; [`Refusal::KeyReused`]; and the store's.
    pub fn merge(
        &self,
        key: &IdempotencyKey,
        survivor: MemberId,
        other: MemberId,
        proof: MergeProof,
        actor: &Actor,
    ) -> Result<Merged, Refusal> {
        self.merge_by(key, (survivor, other), proof, &Hand::of(actor))
    }

    /// The same by whoever it is.
    pub(super) fn merge_by(
        &self,
        key: &IdempotencyKey,
        (survivor, other): (MemberId, MemberId),
        proof: MergeProof,
        hand: &Hand,
    ) -> Result<Merged, Refusal> {
        let merge = self.merge_of(survivor, other, proof, hand)?;
        let answer = self.run(key, merge)?;
        let Receipt::Merged(merged) = answer.receipt else {
            return Err(Refusal::StoreDamaged);
        };
        self.index_again(other, self.phone_of(other).as_ref())?;
        Ok(merged)
    }

    /// The command of a merge.
    fn merge_of(
        &self,
        survivor: MemberId,
        other: MemberId,
        proof: MergeProof,
        hand: &Hand,
    ) -> Result<Merge, Refusal> {
        let phone = self.phone_of(other);
        let leave = duplicate_check()?;
        let others = phone.as_ref().map_or_else(Vec::new, |profile| {
            self.phones.others(profile.mobile.disclose(&leave))
        });
        Ok(Merge {
            survivor: self.keys.account_of(survivor)?,
            other: self.keys.account_of(other)?,
            members: (survivor, other),
            proof,
            hand: hand.clone(),
            is_duplicate: others.iter().any(|of| *of != survivor && *of != other),
        })
    }

    /// Makes two records of a pair again: the state before, plus what happened since. The survivor is `survivor`.
    ///
    /// # Errors
    /// [`Refusal::NotMerged`]; [`Refusal::UndoTooLate`]; [`Refusal::HoldsOpen`] while points are held;
    /// [`Refusal::KeyReused`]; and the store's.
    pub fn unmerge(
        &self,
        key: &IdempotencyKey,
        survivor: MemberId,
        other: MemberId,
        actor: &Actor,
    ) -> Result<Unmerged, Refusal> {
        let undo = self.undo_of(survivor, other, actor, REQUESTED)?;
        let answer = self.run(key, undo)?;
        let Receipt::Unmerged(unmerged) = answer.receipt else {
            return Err(Refusal::StoreDamaged);
        };
        self.index_again(other, self.phone_of(other).as_ref())?;
        Ok(unmerged)
    }

    /// The command of an undo, and why it is done.
    pub(super) fn undo_of(
        &self,
        survivor: MemberId,
        other: MemberId,
        actor: &Actor,
        because: (&'static str, &'static str),
    ) -> Result<Undo, Refusal> {
        Ok(Undo {
            survivor: self.keys.account_of(survivor)?,
            other: self.keys.account_of(other)?,
            members: (survivor, other),
            actor: actor.clone(),
            because,
        })
    }

    /// The records that were merged into a member's own, the earliest first.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] and the store's.
    pub fn merges_of(&self, member: MemberId) -> Result<Vec<MergeOf>, Refusal> {
        let account = self.keys.account_of(member)?;
        self.read(|view| {
            let MergedRow::V1 { of, .. } = view.merged(account)?;
            let mut merges = Vec::new();
            for one in of {
                let MergedRow::V1 { into, .. } = view.merged(one)?;
                if let Some((_, merged_at)) = into {
                    merges.push(MergeOf {
                        member: view.keys.member_of(one)?,
                        merged_at,
                        undo_until: merged_at.plus_days(UNDO_DAYS),
                    });
                }
            }
            Ok(merges)
        })
    }

    /// Puts a record into the index of phones, or takes it out, as it stands now. A search finds no record that lives on in
    /// another.
    pub(super) fn index_again(
        &self,
        member: MemberId,
        phone: Option<&crate::vault::profile::Profile>,
    ) -> Result<(), Refusal> {
        let Some(profile) = phone else { return Ok(()) };
        let leave = duplicate_check()?;
        let mobile = profile.mobile.disclose(&leave);
        if self.survivor_of(member)? == member {
            self.phones.add(mobile, member);
        } else {
            self.phones.remove(mobile, &member);
        }
        Ok(())
    }
}

/// Adds a record to another one.
#[derive(Serialize)]
struct Merge {
    survivor: AccountId,
    other: AccountId,
    #[serde(skip)]
    members: (MemberId, MemberId),
    #[serde(skip)]
    proof: MergeProof,
    #[serde(skip)]
    hand: Hand,
    /// Whether a third record has the same phone.
    #[serde(skip)]
    is_duplicate: bool,
}

impl Verb for Merge {
    const NAME: &'static str = "merge";

    fn account(&self) -> AccountId {
        self.survivor
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        self.hand.check(work)?;
        let (survivor, other) = (self.survivor, self.other);
        let view = work.view();
        if view.here(survivor)? != survivor || view.here(other)? != other {
            return Err(Refusal::AlreadyMerged.into());
        }
        // What came to the other record can go its own way for thirty days: until then this record takes nothing elsewhere.
        let MergedRow::V1 { of, .. } = view.merged(other)?;
        for one in of {
            let MergedRow::V1 { into, .. } = view.merged(one)?;
            if into.is_some_and(|(_, at)| work.now < at.plus_days(UNDO_DAYS)) {
                return Err(Refusal::AlreadyMerged.into());
            }
        }
        let rows = (view.member(self.members.0)?, view.member(self.members.1)?);
        let (ours, theirs) = ((self.members.0, &rows.0), (self.members.1, &rows.1));
        self.proof.check(ours, theirs, work.now)?;
        let programme = work.programme()?;
        let (head, mut desk) = view.own_desk(survivor, work.now, work.versions)?;
        let (other_head, mut leaving) = view.own_desk(other, work.now, work.versions)?;
        let mut entries = view.own_entries(other, &view.own_account(other)?.account)?;
        entries.reverse();
        let replayed = replay(&entries, true).map_err(|(_, error)| error)?;
        let mut sales = sales_of(&view, survivor, desk.account.last_sale)?;
        sales.extend(sales_of(&view, other, leaving.account.last_sale)?);

        let (now, versions) = (work.now, work.versions);
        let (arrival, departure) = join(
            (survivor, &desk.account),
            &Other {
                id: other,
                account: &leaving.account,
                entries: &entries,
                replayed: &replayed,
            },
            &|carry| terms_of(versions, carry),
            &mut |points| grant(work.new_id(LotId::new), points, now, programme),
        )?;
        let moved = leaving.account.balance().ok_or(LedgerError::Overflow)?;
        let debt_moved = arrival.debt;
        let made = Points::sum(arrival.made().map(|grant| grant.points));
        let made = made.ok_or(LedgerError::Overflow)?;
        desk.merge(arrival, &mut leaving.account)?;
        desk.assess_merge(programme)?;
        leaving.post(now, Movement::MergeAway(Box::new(departure)))?;
        let merged = Merged {
            at: now,
            moved,
            made,
            debt_moved,
            balance: desk.account.balance().ok_or(LedgerError::Overflow)?,
            debt: desk.account.debt,
            tier_after: desk.account.tier(),
            undo_until: now.plus_days(UNDO_DAYS),
        };

        work.finish(other, other_head, leaving, programme.hash, None)?;
        chain(work, survivor, sales)?;
        work.finish(survivor, head, desk, programme.hash, None)?;
        self.mark(work)?;
        self.members(work)?;
        Ok(Receipt::Merged(merged))
    }
}

impl Merge {
    /// From here on whatever names the other account is about the survivor's.
    fn mark(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let MergedRow::V1 { into, mut of } = work.view().merged(self.survivor)?;
        of.push(self.other);
        let ours = MergedRow::V1 { into, of };
        let MergedRow::V1 { of, .. } = work.view().merged(self.other)?;
        let theirs = MergedRow::V1 {
            into: Some((self.survivor, work.now)),
            of,
        };
        for (id, row) in [(self.survivor, ours), (self.other, theirs)] {
            work.put_sealed(id, &MERGED, id.as_bytes(), &row)?;
        }
        Ok(())
    }

    /// Who they are: the stricter consents hold, and each record says what it has to do with the other.
    fn members(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let (survivor, other) = self.members;
        let (mut ours, mut theirs) = (work.view().member(survivor)?, work.view().member(other)?);
        let (handle, of) = (
            Handle::from_bytes(ours.handle),
            Handle::from_bytes(theirs.handle),
        );
        let stricter = consents::stricter(&ours.told.consents, &theirs.told.consents, work.now);
        ours.told.consents.extend(stricter);
        ours.restricted_since = ours.restricted_since.or(theirs.restricted_since);
        ours.told.possible_duplicate = self.is_duplicate;
        ours.merged = match ours.merged {
            MergedWith::Of(mut members) => {
                members.push(other);
                MergedWith::Of(members)
            }
            MergedWith::No | MergedWith::Into(_) => MergedWith::Of(vec![other]),
        };
        theirs.merged = MergedWith::Into(survivor);
        // What was announced to the one record is not announced to the person that it now is part of.
        theirs.warned_at = None;
        for (member, row) in [(survivor, ours), (other, theirs)] {
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
        }
        work.act(Done {
            actor: self.hand.actor().clone(),
            act: Act::Merged { other: of },
            subject: Some(handle),
            fields: &["account", "consents"],
            because: self.hand.because(REQUESTED),
        })?;
        Ok(())
    }
}

/// What is known of the rule of a carry: every version that has it says the same.
fn terms_of(versions: &Versions, carry: crate::domain::ids::CarryId) -> Option<RuleTerms> {
    let rules = versions.iter().flat_map(|programme| {
        let rules = programme.earn.iter();
        rules.map(move |rule| (programme, rule))
    });
    let mut rules = rules.filter(|(programme, rule)| versions.carry_id(programme, rule) == carry);
    let (_, rule) = rules.next()?;
    Some(RuleTerms {
        rule: rule.id.clone(),
        per: Exact::of(rule.per)?,
        points: rule.points,
    })
}

/// The chain of an account's sales, newest first.
fn sales_of(view: &View<'_>, owner: AccountId, last: Option<SaleId>) -> Result<Vec<Sale>, Stop> {
    let mut sales = Vec::new();
    let mut next = last;
    while let Some(id) = next {
        let sale = view.sale(owner, id)?;
        next = sale.previous.filter(|previous| *previous < id);
        sales.push(sale);
    }
    Ok(sales)
}

/// Writes sales as one chain, in the order of commit, under an account's key.
fn chain(work: &mut Work<'_>, owner: AccountId, sales: Vec<Sale>) -> Result<(), Stop> {
    let sales: BTreeMap<SaleId, Sale> = sales.into_iter().map(|sale| (sale.id, sale)).collect();
    let mut previous = None;
    for (id, sale) in sales {
        let sale = Sale { previous, ..sale };
        work.put_sealed(owner, &SALES, id.as_bytes(), &SaleRow::V1(sale))?;
        previous = Some(id);
    }
    Ok(())
}
