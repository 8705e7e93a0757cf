//! A proposal is carried out, once. What changes something runs under the idempotency key that was drawn with the
//! proposal, and the proposal's end is written in the same transaction, or, for an erasure, after it: a crash in between
//! finds the erasure by that key.

use serde::{Serialize, Serializer};

use crate::audit::receipt::DeletionReceipt;
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::sale::ReceiptNo;
use crate::policy::access::{Cause, FieldName, Leave, Opening, Operation, Seconded};
use crate::policy::grant::{Ask, decide};
use crate::policy::notice::Language;
use crate::vault::profile::{Mobile, Name};

use super::super::Engine;
use super::super::adjust::Adjust;
use super::super::audit::Actor;
use super::super::commit::{Kind, Verb};
use super::super::enrol::duplicate_check;
use super::super::erase::By;
use super::super::receipt::{Adjusted, Receipt, Unmerged};
use super::super::rows::{MemberV3, ProposalState, ProposalV1, ProposedV1};
use super::super::staff::{OnDuty, Shown, StaffCorrect, adjusted, looked, show};
use super::super::work::{Stop, Work};
use super::{ERASES, State, key_of, rows, words};

/// What a proposal came to.
#[derive(Debug)]
pub enum Executed {
    /// These fields were read.
    Shown(Vec<Shown>),
    /// The fields were corrected.
    Corrected,
    /// Points were corrected.
    Adjusted(Adjusted),
    /// The member was erased: the receipt is to be handed over.
    Erased(Box<DeletionReceipt>),
    /// A merge was undone: there are two records again.
    Unmerged(Unmerged),
}

/// A proposal that may be carried out now, and by whom.
#[derive(Clone)]
struct Ready {
    number: u64,
    row: ProposalV1,
    operation: Operation,
    fields: Vec<FieldName>,
    purpose: Cause,
    approved_by: Option<String>,
    duty: OnDuty,
}

impl Engine {
    /// Carries a proposal out: by whoever asked for it, or by another who may do such an operation, never by whoever
    /// approved it.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonNeeded`] while nobody has approved it, and for whoever did; [`Refusal::ProposalLapsed`];
    /// [`Refusal::ProposalState`] when it is over; [`Refusal::ProposalUnknown`]; those of [`Engine::leave`]; those of the
    /// operation, which stay what they are when it is tried again: a rule that refuses asks for another proposal.
    pub fn execute(&self, duty: &OnDuty, number: u64) -> Result<Executed, Refusal> {
        let (house, now) = (self.house(), self.now());
        let ready = self.read(|view| {
            let row = rows::of_number(view, number)?;
            let (operation, fields, purpose) = words(&row)?;
            let leaves = house.leaves(view, duty, now, operation, &fields)?;
            let approved_by = may_execute(&row, duty, now, &leaves)?;
            let member = rows::owner(view, number, &row).ok_or(Refusal::ProposalUnknown)?;
            let ready = Ready {
                number,
                row,
                operation,
                fields,
                purpose,
                approved_by,
                duty: duty.clone(),
            };
            Ok((ready, member, leaves))
        });
        let (ready, member, leaves) = ready?;
        let operation = ready.operation;
        if operation == Operation::QueryFields {
            self.execute_query(ready, member, &leaves)
        } else if operation == Operation::CorrectFields {
            self.execute_correction(ready, member)
        } else if operation == Operation::AdjustAboveLimit {
            self.execute_adjustment(ready, member)
        } else if ERASES.contains(&operation) {
            self.execute_erasure(ready, member)
        } else if operation == Operation::UndoMerge {
            self.execute_undo(ready, member)
        } else {
            Err(Refusal::BadRequest)
        }
    }

    fn execute_query(
        &self,
        ready: Ready,
        member: MemberId,
        leaves: &[Leave],
    ) -> Result<Executed, Refusal> {
        let seconded = match &ready.approved_by {
            Some(approver) => Some(Seconded::by(&ready.row.by, approver)?),
            None => None,
        };
        let opening = Opening::of(leaves, seconded)?;
        let (prefix, versions) = (self.settings.prefix, self.versions());
        let shown = self.member_work(member, move |work| {
            ready.end(work)?;
            let grant = decide(&Ask::Staff { member, opening }).map_err(Refusal::from)?;
            let place = (prefix, work.now, &*versions);
            let (operation, fields) = (ready.operation, &ready.fields);
            let shown = show(&work.view(), member, &grant, operation, fields, place)?;
            let because = (ready.purpose, ready.row.ticket.as_deref());
            looked(work, member, &ready.duty, fields, because)?;
            Ok(shown)
        })?;
        Ok(Executed::Shown(shown))
    }

    fn execute_correction(&self, ready: Ready, member: MemberId) -> Result<Executed, Refusal> {
        let body = self.read(|view| rows::body(view, member, ready.number))?;
        let before = self.read(|view| view.member(member))?;
        let old = before.told.profile.to_profile();
        let leave = duplicate_check()?;
        let value = |field: FieldName| {
            let mut values = body.values.iter();
            values
                .find(|(of, _)| of == field.word())
                .map(|(_, value)| value.as_str())
        };
        let (name, mobile) = (value(FieldName::Name), value(FieldName::Mobile));
        let name = name.map(Name::parse).transpose()?;
        let mobile = mobile.map(Mobile::parse).transpose()?;
        let language = match value(FieldName::Language) {
            Some(tag) => Some(Language::of_tag(tag).ok_or(Refusal::StoreDamaged)?),
            None => None,
        };
        let key = key_of(&ready.row);
        // A key that was seen before changes nothing, and draws nothing.
        let is_resealed = name.is_some() || mobile.is_some();
        if is_resealed && self.earlier(&key)?.is_none() {
            let renewed = self.keys.keybox().renew_core(&member, self.entropy.seed());
            renewed.map_err(|_| Refusal::KeysFailed)?;
        }
        let verb = StaffCorrect {
            account: self.keys.account_of(member)?,
            proposal: ready.number,
            member,
            name,
            mobile: mobile.clone(),
            language,
            fields: ready.fields.clone(),
            actor: Actor::staff(ready.duty.name(), ready.duty.device()),
            purpose: ready.purpose.word(),
            ticket: ready.row.ticket.clone(),
        };
        let answer = self.run(&key, Approved { verb, ready })?;
        if let Some(mobile) = mobile.filter(|_| !answer.repeated) {
            self.phones.remove(old.mobile.disclose(&leave), &member);
            self.phones.add(&mobile, member);
        }
        Ok(Executed::Corrected)
    }

    fn execute_adjustment(&self, ready: Ready, member: MemberId) -> Result<Executed, Refusal> {
        let body: ProposedV1 = self.read(|view| rows::body(view, member, ready.number))?;
        let verb = Adjust {
            account: self.keys.account_of(member)?,
            points: body.points,
            reason: body.reason.clone(),
            actor: ready.row.by.clone(),
            approved_by: ready.approved_by.clone(),
        };
        let key = key_of(&ready.row);
        let answer = self.run(&key, Approved { verb, ready })?;
        adjusted(answer.receipt).map(Executed::Adjusted)
    }

    /// The proposal is about the record that was merged into another.
    fn execute_undo(&self, ready: Ready, other: MemberId) -> Result<Executed, Refusal> {
        let key = key_of(&ready.row);
        let survivor = self.merged_into(other)?;
        let actor = Actor::staff(ready.duty.name(), ready.duty.device());
        let because = (ready.purpose.word(), "request");
        let verb = self.undo_of(survivor, other, &actor, because)?;
        let answer = self.run(&key, Approved { verb, ready })?;
        let Receipt::Unmerged(unmerged) = answer.receipt else {
            return Err(Refusal::StoreDamaged);
        };
        self.index_again(other, self.phone_of(other).as_ref())?;
        Ok(Executed::Unmerged(unmerged))
    }

    fn execute_erasure(&self, ready: Ready, member: MemberId) -> Result<Executed, Refusal> {
        let key = key_of(&ready.row);
        let before = self.erasure(&key)?;
        let receipt = if let Some(receipt) = before {
            receipt
        } else {
            let body = self.read(|view| rows::body(view, member, ready.number))?;
            let points = Points::new(body.points).ok_or(Refusal::StoreDamaged)?;
            let told = self.read(|view| view.member(member)).ok();
            let by = By::Staff {
                name: ready.duty.name(),
                device: ready.duty.device(),
            };
            let receipt = self.erase(&key, member, by, points)?;
            if ready.operation == Operation::Terminate
                && let Some(told) = told
            {
                self.tell_of_termination(&told, points);
            }
            receipt
        };
        self.node_work(move |work| ready.end(work))?;
        Ok(Executed::Erased(Box::new(receipt)))
    }

    /// Tells whoever was a member that they are none any more, and what was lost: on a phone that is theirs for certain,
    /// where the shop has a messenger. The receipt says the same.
    fn tell_of_termination(&self, told: &MemberV3, points: Points) {
        let (Some(messenger), Some(_), Ok(leave)) =
            (self.messenger(), &told.verified, duplicate_check())
        else {
            return;
        };
        let text = match told.told.language {
            Language::Zh => format!(
                "您的会员资格已终止，{} 积分已清零。您可到服务台领取删除回执。",
                points.count()
            ),
            Language::En => format!(
                "Your membership was ended and {} points are lost. The deletion receipt is at the service desk.",
                points.count()
            ),
        };
        let profile = told.told.profile.to_profile();
        let _not_sent = messenger.send(profile.mobile.disclose(&leave), &text);
    }
}

/// Whether somebody may carry a proposal out now; who approved it.
fn may_execute(
    row: &ProposalV1,
    duty: &OnDuty,
    now: Moment,
    leaves: &[Leave],
) -> Result<Option<String>, Refusal> {
    match State::of(row, now) {
        State::Ready(Some(approver)) => {
            Seconded::by(&row.by, &approver)?;
            // Nor does whoever approved it carry it out.
            Seconded::by(duty.name(), &approver)?;
            Ok(Some(approver))
        }
        State::Ready(None) if leaves.iter().any(Leave::needs_second) => {
            Err(Refusal::SecondPersonNeeded)
        }
        State::Ready(None) => Ok(None),
        State::Open => Err(Refusal::SecondPersonNeeded),
        State::Lapsed => Err(Refusal::ProposalLapsed),
        State::Declined(_) | State::Executed(_) => Err(Refusal::ProposalState),
    }
}

impl Ready {
    /// The proposal as it was when it was looked at.
    fn still(&self, work: &Work<'_>) -> Result<ProposalV1, Stop> {
        let row = rows::of_number(&work.view(), self.number)?;
        if row.state == self.row.state {
            Ok(row)
        } else {
            Err(Refusal::ProposalState.into())
        }
    }

    /// Ends the proposal in the transaction of what it leads to, if nobody else did by now.
    fn end(&self, work: &mut Work<'_>) -> Result<(), Stop> {
        let row = self.still(work)?;
        let executed = ProposalState::Executed {
            by: self.duty.name().to_owned(),
            at: work.now,
            approved_by: self.approved_by.clone(),
        };
        rows::end(work, self.number, row, executed)
    }
}

/// A command that ends its proposal in its own transaction.
struct Approved<V> {
    verb: V,
    ready: Ready,
}

impl<V: Serialize> Serialize for Approved<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.verb.serialize(serializer)
    }
}

impl<V: Verb> Verb for Approved<V> {
    const NAME: &'static str = V::NAME;

    fn account(&self) -> AccountId {
        self.verb.account()
    }

    fn business(&self) -> Option<(Kind, &ReceiptNo)> {
        self.verb.business()
    }

    fn check(&self) -> Result<(), Refusal> {
        self.verb.check()
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        // First, so that nothing is carried out for a proposal that is over.
        self.ready.still(work)?;
        let receipt = self.verb.decide(work)?;
        self.ready.end(work)?;
        Ok(receipt)
    }
}
