//! What staff may do with members' data only when a second person has approved it (ACC-04). A proposal says who asks for
//! what and why; another person approves or declines it; then it is carried out, once. Nobody has two of these parts.

mod decide;
mod execute;
mod propose;
mod rows;

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::access::{Cause, FieldName, Operation};
use crate::store::StoreError;

use super::Engine;
use super::commit::IdempotencyKey;
use super::rows::{ProposalState, ProposalV1};
use super::staff::{OnDuty, ROWS_MAX, masked_member};
use super::work::{Stop, View};

pub use execute::Executed;
pub use propose::Wanted;
pub(super) use rows::{forget, opens, reseal};

/// How long a proposal waits for a second person, and then for being carried out.
const WAITS_MILLIS: i64 = 24 * 3_600_000;
/// How many days a proposal is kept when it is over, as log-ins are.
const KEPT_DAYS: u32 = 190;
/// Operations that end in an erasure.
const ERASES: [Operation; 2] = [Operation::EraseMember, Operation::Terminate];
/// Whose idempotency keys proposals have.
const TERMINAL: &str = "staff";

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits for a second person.
    Open,
    /// It needs none, or has been approved by this one: it may be carried out.
    Ready(Option<String>),
    /// This person declined it.
    Declined(String),
    /// It was carried out by this person.
    Executed(String),
    /// Its time is over.
    Lapsed,
}

impl State {
    /// The word for it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ready(_) => "ready",
            Self::Declined(_) => "declined",
            Self::Executed(_) => "executed",
            Self::Lapsed => "lapsed",
        }
    }

    /// What it is now: time ends what waits.
    fn of(row: &ProposalV1, now: Moment) -> Self {
        let is_over = |since: Moment| since.plus_millis(WAITS_MILLIS) <= now;
        match &row.state {
            ProposalState::Open | ProposalState::Ready if is_over(row.made_at) => Self::Lapsed,
            ProposalState::Approved { at, .. } if is_over(*at) => Self::Lapsed,
            ProposalState::Open => Self::Open,
            ProposalState::Ready => Self::Ready(None),
            ProposalState::Approved { by, .. } => Self::Ready(Some(by.clone())),
            ProposalState::Declined { by, .. } => Self::Declined(by.clone()),
            ProposalState::Executed { by, .. } => Self::Executed(by.clone()),
            ProposalState::Lapsed { .. } => Self::Lapsed,
        }
    }
}

/// A proposal, as those see it who may approve it or made it.
#[derive(Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its number.
    pub number: u64,
    /// Who asks.
    pub by: String,
    /// For what.
    pub operation: Operation,
    /// On which fields.
    pub fields: Vec<FieldName>,
    /// What for.
    pub purpose: Cause,
    /// Why, in words.
    pub reason: String,
    /// The request that it belongs to.
    pub ticket: Option<String>,
    /// When it was asked.
    pub made_at: Moment,
    /// What became of it.
    pub state: State,
    /// About whom: for the program, and for no page.
    pub member: MemberId,
    /// Name and mobile number, masked.
    pub who: (String, String),
    /// Fields as they are and as they are to become, masked.
    pub changes: Vec<(String, String, String)>,
    /// Points to adjust, those that will be lost, or those that a record takes along when its merge is undone.
    pub points: i64,
}

impl core::fmt::Debug for Proposal {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Proposal({} {})", self.number, self.state.word())
    }
}

impl Engine {
    /// A proposal by its number, for whoever made it and whoever may approve it.
    ///
    /// # Errors
    /// [`Refusal::ProposalUnknown`] for everybody else; [`Refusal::StaffSignInNeeded`], and the store's.
    pub fn proposal(&self, duty: &OnDuty, number: u64) -> Result<Proposal, Refusal> {
        let (house, now) = (self.house(), self.now());
        self.read(|view| {
            house.of(view, duty, now)?;
            let row = rows::of_number(view, number)?;
            let proposal = proposal_of(view, number, &row, now)?;
            let sees = row.by == duty.name()
                || house
                    .approves(view, duty, now, proposal.operation, &proposal.fields)
                    .is_ok();
            if sees {
                Ok(proposal)
            } else {
                Err(Refusal::ProposalUnknown.into())
            }
        })
    }

    /// Proposals after this number that somebody may approve, and those of their own that are not over: twenty at most,
    /// the earliest first.
    ///
    /// # Errors
    /// [`Refusal::StaffSignInNeeded`], [`Refusal::PasswordDue`], and the store's.
    pub fn proposals(&self, duty: &OnDuty, after: u64) -> Result<Vec<Proposal>, Refusal> {
        let (house, now) = (self.house(), self.now());
        self.read(|view| {
            let standing = house.of(view, duty, now)?;
            if standing.access != crate::policy::access::Access::Open {
                return Err(Refusal::PasswordDue.into());
            }
            let mut found = Vec::new();
            for (number, row) in rows::from(view, after.saturating_add(1))? {
                let state = State::of(&row, now);
                let (operation, fields, _) = words(&row)?;
                let is_own =
                    row.by == duty.name() && matches!(state, State::Open | State::Ready(_));
                let approves = row.by != duty.name()
                    && state == State::Open
                    && house.approves(view, duty, now, operation, &fields).is_ok();
                if !(is_own || approves) {
                    continue;
                }
                match proposal_of(view, number, &row, now) {
                    Ok(proposal) => found.push(proposal),
                    // The member has left.
                    Err(Stop::Refused(Refusal::ProposalUnknown | Refusal::TokenUnknown)) => {}
                    Err(stop) => return Err(stop),
                }
                if ROWS_MAX <= found.len() {
                    break;
                }
            }
            Ok(found)
        })
    }

    /// Enters what time has done to proposals: those that waited too long have lapsed, and old ones go. How many lapsed.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`] and the store's.
    pub fn sweep_proposals(&self) -> Result<u64, Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let now = self.now();
        let due = self.read(|view| {
            let all = rows::from(view, 0)?.into_iter();
            let is_due = |row: &ProposalV1| {
                row.made_at.plus_days(KEPT_DAYS) <= now
                    || view.keys.keybox().day(row.day).is_none()
                    || (rows::waits(row) && State::of(row, now) == State::Lapsed)
            };
            Ok(all.filter(|(_, row)| is_due(row)).collect::<Vec<_>>())
        })?;
        let mut lapsed = 0_u64;
        for (number, _) in due {
            let ended = self.node_work(move |work| rows::end_by_time(work, number))?;
            lapsed = lapsed.saturating_add(u64::from(ended));
        }
        Ok(lapsed)
    }
}

/// A proposal as a page shows it.
fn proposal_of(
    view: &View<'_>,
    number: u64,
    row: &ProposalV1,
    now: Moment,
) -> Result<Proposal, Stop> {
    let member = rows::owner(view, number, row).ok_or(Refusal::ProposalUnknown)?;
    let body = rows::body(view, member, number)?;
    let (operation, fields, purpose) = words(row)?;
    Ok(Proposal {
        number,
        by: row.by.clone(),
        operation,
        fields,
        purpose,
        reason: body.reason.clone(),
        ticket: row.ticket.clone(),
        made_at: row.made_at,
        state: State::of(row, now),
        member,
        who: masked_member(view, member)?,
        changes: body.masked.clone(),
        points: body.points,
    })
}

/// Operation, fields and cause, as the row spells them.
fn words(row: &ProposalV1) -> Result<(Operation, Vec<FieldName>, Cause), Stop> {
    let damaged = || StoreError::Damaged("a proposal".into());
    let operation = Operation::of_word(&row.operation).ok_or_else(damaged)?;
    let fields: Option<Vec<FieldName>> = row
        .fields
        .iter()
        .map(|word| FieldName::of_word(word))
        .collect();
    let purpose = Cause::of_word(&row.purpose).ok_or_else(damaged)?;
    Ok((operation, fields.ok_or_else(damaged)?, purpose))
}

fn key_of(row: &ProposalV1) -> IdempotencyKey {
    IdempotencyKey {
        terminal: TERMINAL.to_owned(),
        uuid: row.uuid,
    }
}
