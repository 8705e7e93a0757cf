//! Somebody asks for an operation.

use sha2::{Digest, Sha256};

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::{Cause, FieldName, Leave, Operation};
use crate::policy::notice::Language;
use crate::store::StoreError;
use crate::store::key::of_u64;
use crate::vault::profile::{Mobile, Name, Profile};

use super::super::Engine;
use super::super::adjust::check_words;
use super::super::audit::{Actor, Done};
use super::super::commit::IdempotencyKey;
use super::super::rows::{MemberV3, PROPOSALS, ProposalState, ProposalV1, ProposedV1};
use super::super::staff::{OnDuty, language_word};
use super::super::work::{Stop, View, Work};
use super::{ERASES, Proposal, TERMINAL, rows};

/// The longest name of a request, in bytes.
const TICKET_MAX: usize = 64;

/// What somebody asks for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The operation.
    pub operation: Operation,
    /// On which fields; empty for an operation that is about no single one.
    pub fields: &'a [FieldName],
    /// What the fields are to become, for a correction: each of the fields once.
    pub values: &'a [(FieldName, &'a str)],
    /// How many points, for an adjustment: above 0 given, below 0 taken.
    pub points: Option<i64>,
    /// What for.
    pub purpose: Cause,
    /// Why, in words.
    pub reason: &'a str,
    /// The request that it belongs to.
    pub ticket: Option<&'a str>,
}

impl core::fmt::Debug for Wanted<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Wanted({})", self.operation.word())
    }
}

impl Engine {
    /// Asks for an operation on a member. Where no field of it needs a second person it is ready at once; else it
    /// waits for one, and the audit says so.
    ///
    /// # Errors
    /// Those of [`Engine::leave`]; [`Refusal::BadRequest`] for what does not fit together; [`Refusal::BadReason`],
    /// [`Refusal::BadName`], [`Refusal::BadMobile`], [`Refusal::NothingToAdjust`]; [`Refusal::TokenUnknown`]; and the
    /// store's.
    pub fn propose(
        &self,
        duty: &OnDuty,
        member: MemberId,
        wanted: &Wanted<'_>,
    ) -> Result<Proposal, Refusal> {
        let key = IdempotencyKey::drawn(TERMINAL, &self.entropy.seed());
        self.propose_once(duty, &key, member, wanted)
    }

    /// The same under a key that the page made: asked again, it is the same proposal.
    ///
    /// # Errors
    /// As for [`Self::propose`], and [`Refusal::KeyReused`] for a key under which something else was asked for.
    pub fn propose_once(
        &self,
        duty: &OnDuty,
        key: &IdempotencyKey,
        member: MemberId,
        wanted: &Wanted<'_>,
    ) -> Result<Proposal, Refusal> {
        key.check()?;
        // The proposal is carried out under a key of its own, which no page can name.
        let own = Sha256::new()
            .chain_update(b"jifen proposal")
            .chain_update(key.secret().as_bytes())
            .chain_update(duty.name());
        let uuid = IdempotencyKey::drawn(TERMINAL, &own.finalize().into()).uuid;
        let house = self.house();
        let now = self.now();
        self.read(|view| house.leaves(view, duty, now, wanted.operation, wanted.fields))?;
        check(wanted)?;
        let before = self.read(|view| view.member(member))?;
        let mut body = body(&before, wanted)?;
        let account = self.keys.account_of(member)?;
        body.points = if ERASES.contains(&wanted.operation) {
            self.balance(account)?.balance.count()
        } else if wanted.operation == Operation::UndoMerge {
            // What leaves with the record that was merged: refused here already where there is nothing to undo.
            self.preview_unmerge(member)?.1.other_balance.count()
        } else {
            wanted.points.unwrap_or(0)
        };
        let draft = Draft {
            member,
            operation: wanted.operation,
            fields: wanted.fields.to_vec(),
            purpose: wanted.purpose,
            ticket: wanted.ticket.map(str::to_owned),
            body,
            uuid,
            duty: duty.clone(),
        };
        let number = self.member_work(member, move |work| {
            let (operation, fields) = (draft.operation, &draft.fields);
            let leaves = house.leaves(&work.view(), &draft.duty, work.now, operation, fields)?;
            match draft.before(&work.view())? {
                Some(number) => Ok(number),
                None => draft.put(work, leaves.iter().any(Leave::needs_second)),
            }
        })?;
        self.proposal(duty, number)
    }
}

/// A proposal that is to be written.
struct Draft {
    member: MemberId,
    operation: Operation,
    fields: Vec<FieldName>,
    purpose: Cause,
    ticket: Option<String>,
    body: ProposedV1,
    uuid: [u8; 16],
    duty: OnDuty,
}

impl Draft {
    /// The proposal that was made under this key before.
    fn before(&self, view: &View<'_>) -> Result<Option<u64>, Stop> {
        let all = rows::from(view, 0)?;
        let mut same = all.into_iter().filter(|(_, row)| row.uuid == self.uuid);
        let Some((number, row)) = same.next() else {
            return Ok(None);
        };
        let is_about = rows::owner(view, number, &row) == Some(self.member);
        let is_same = is_about && row.operation == self.operation.word();
        if is_same && rows::body(view, self.member, number)? == self.body {
            Ok(Some(number))
        } else {
            Err(Refusal::KeyReused.into())
        }
    }

    fn put(&self, work: &mut Work<'_>, needs_second: bool) -> Result<u64, Stop> {
        let handle = Handle::from_bytes(work.view().member(self.member)?.handle);
        let number = work.number();
        let today = work.today().clone();
        let nonce = work.nonce();
        let owner = today
            .key
            .seal_owner(PROPOSALS.table(), &of_u64(number), nonce, &self.member)
            .map_err(|_| StoreError::Bug)?;
        let words: Vec<&str> = self.fields.iter().map(|field| field.word()).collect();
        let row = ProposalV1 {
            day: today.day,
            owner,
            uuid: self.uuid,
            by: self.duty.name().to_owned(),
            operation: self.operation.word().to_owned(),
            fields: words.iter().map(|word| (*word).to_owned()).collect(),
            purpose: self.purpose.word().to_owned(),
            ticket: self.ticket.clone(),
            made_at: work.now,
            state: if needs_second {
                ProposalState::Open
            } else {
                ProposalState::Ready
            },
        };
        rows::put(work, number, row)?;
        rows::put_body(work, self.member, number, self.body.clone())?;
        if needs_second {
            let done = Done {
                actor: Actor::staff(self.duty.name(), self.duty.device()),
                act: Act::Proposed {
                    operation: Text::fitted(self.operation.word()),
                    proposal: number,
                },
                subject: Some(handle),
                fields: &[],
                because: (self.purpose.word(), "agreement"),
            };
            work.act_on(done, &words, self.ticket.as_deref())?;
        }
        Ok(number)
    }
}

/// Whether what is asked fits together.
fn check(wanted: &Wanted<'_>) -> Result<(), Refusal> {
    check_words(&[&wanted.reason.to_owned()])?;
    let is_ticket = |ticket: &str| {
        !ticket.is_empty() && ticket.len() <= TICKET_MAX && !ticket.chars().any(char::is_control)
    };
    let is_query = wanted.operation == Operation::QueryFields;
    let is_correction = wanted.operation == Operation::CorrectFields;
    let is_adjustment = wanted.operation == Operation::AdjustAboveLimit;
    let erases = ERASES.contains(&wanted.operation);
    let parts = wanted.operation == Operation::UndoMerge;
    let is_twice = |place: usize, field: &FieldName| {
        wanted
            .fields
            .iter()
            .skip(place.saturating_add(1))
            .any(|other| other == field)
    };
    let mut fields = wanted.fields.iter().enumerate();
    let fits = (is_query || is_correction || is_adjustment || erases || parts)
        && (is_query || is_correction) != wanted.fields.is_empty()
        && is_correction != wanted.values.is_empty()
        && is_adjustment == wanted.points.is_some()
        && (!is_correction || wanted.fields.len() == wanted.values.len())
        && !fields.any(|(place, field)| is_twice(place, field))
        && wanted.ticket.is_none_or(is_ticket);
    if !fits {
        return Err(Refusal::BadRequest);
    }
    if wanted.points == Some(0) {
        return Err(Refusal::NothingToAdjust);
    }
    Ok(())
}

/// What of it is the member's: the reason, the new values, and both masked.
fn body(before: &MemberV3, wanted: &Wanted<'_>) -> Result<ProposedV1, Refusal> {
    let mut body = ProposedV1::default();
    wanted.reason.trim().clone_into(&mut body.reason);
    let profile: Profile = before.told.profile.to_profile();
    for field in wanted.fields.iter().filter(|_| !wanted.values.is_empty()) {
        let value = wanted.values.iter().find(|(of, _)| of == field);
        let (_, value) = value.ok_or(Refusal::BadRequest)?;
        let (from, to) = match field {
            FieldName::Name => (profile.masked_name(), Name::parse(value)?.masked()),
            FieldName::Mobile => (profile.masked_mobile(), Mobile::parse(value)?.masked()),
            FieldName::Language => {
                let language = Language::of_tag(value).ok_or(Refusal::BadRequest)?;
                let (from, to) = (before.told.language, language);
                (language_word(from).to_owned(), language_word(to).to_owned())
            }
            FieldName::Address
            | FieldName::Postcode
            | FieldName::Identity
            | FieldName::Credential
            | FieldName::CardNumber
            | FieldName::State
            | FieldName::Tier
            | FieldName::Points
            | FieldName::Purchases
            | FieldName::Consents
            | FieldName::Feedback
            | FieldName::LogIns => return Err(Refusal::NotGranted),
        };
        let word = field.word().to_owned();
        body.values.push((word.clone(), (*value).to_owned()));
        body.masked.push((word, from, to));
    }
    Ok(body)
}
