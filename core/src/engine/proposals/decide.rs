//! Another person approves a proposal, or declines it.

use crate::audit::{Act, Handle, Text};
use crate::domain::refusal::Refusal;
use crate::policy::access::Seconded;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::ProposalState;
use super::super::staff::OnDuty;
use super::{Proposal, State, rows, words};

impl Engine {
    /// Approves a proposal.
    ///
    /// # Errors
    /// [`Refusal::SecondPersonNeeded`] for one's own; [`Refusal::ProposalLapsed`] after 24 hours;
    /// [`Refusal::ProposalState`] when it does not wait; [`Refusal::ProposalUnknown`]; [`Refusal::NotGranted`] and the
    /// others of [`Engine::leave`]; and the store's.
    pub fn approve(&self, duty: &OnDuty, number: u64) -> Result<Proposal, Refusal> {
        self.decide_proposal(duty, number, true)
    }

    /// Declines a proposal.
    ///
    /// # Errors
    /// As for [`Self::approve`].
    pub fn decline(&self, duty: &OnDuty, number: u64) -> Result<Proposal, Refusal> {
        self.decide_proposal(duty, number, false)
    }

    fn decide_proposal(
        &self,
        duty: &OnDuty,
        number: u64,
        approved: bool,
    ) -> Result<Proposal, Refusal> {
        let (house, by) = (self.house(), duty.clone());
        self.node_work(move |work| {
            let view = work.view();
            let mut row = rows::of_number(&view, number)?;
            let (operation, fields, purpose) = words(&row)?;
            house.of(&view, &by, work.now)?;
            Seconded::by(&row.by, by.name()).map_err(Refusal::from)?;
            house.approves(&view, &by, work.now, operation, &fields)?;
            match State::of(&row, work.now) {
                State::Open => {}
                State::Lapsed => return Err(Refusal::ProposalLapsed.into()),
                State::Ready(_) | State::Declined(_) | State::Executed(_) => {
                    return Err(Refusal::ProposalState.into());
                }
            }
            let member = rows::owner(&view, number, &row).ok_or(Refusal::ProposalUnknown)?;
            let handle = Handle::from_bytes(view.member(member)?.handle);
            let ticket = row.ticket.clone();
            let (by_name, at) = (by.name().to_owned(), work.now);
            if approved {
                row.state = ProposalState::Approved { by: by_name, at };
                rows::put(work, number, row)?;
            } else {
                let declined = ProposalState::Declined { by: by_name, at };
                rows::end(work, number, row, declined)?;
            }
            let done = Done {
                actor: Actor::staff(by.name(), by.device()),
                act: Act::Decided {
                    operation: Text::fitted(operation.word()),
                    proposal: number,
                    approved,
                },
                subject: Some(handle),
                fields: &[],
                because: (purpose.word(), "agreement"),
            };
            let words: Vec<&str> = fields.iter().map(|field| field.word()).collect();
            work.act_on(done, &words, ticket.as_deref())?;
            Ok(())
        })?;
        self.proposal(duty, number)
    }
}
