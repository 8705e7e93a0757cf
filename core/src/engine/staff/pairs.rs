//! Two records of one person are merged at the desk: the staff see what would move, and the member, who stands there,
//! confirms it with the PIN (QLT-03). An undo has no PIN that could speak for both, so a second person approves it: it is a
//! proposal.

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::{Cause, Operation};
use crate::policy::catalogue::Field;

use super::super::Engine;
use super::super::audit::Done;
use super::super::commit::IdempotencyKey;
use super::super::merge::{Confirmation, MergeOf, MergeProof, PhoneProved};
use super::super::receipt::Merged;
use super::super::work::{Stop, Work};
use super::{Hand, OnDuty};

/// What a preview shows of both members.
const PREVIEWED: [Field; 3] = [Field::Balance, Field::Debt, Field::Tier];

impl Engine {
    /// Sends a code to a member's phone, for a merge with a record of another phone.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::send_merge_code`].
    pub fn send_merge_code_at_desk(&self, duty: &OnDuty, member: MemberId) -> Result<(), Refusal> {
        self.may(duty, Operation::Merge)?;
        self.send_merge_code(member)
    }

    /// The member has read that code out. It counts for ten minutes.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::prove_phone`].
    pub fn prove_phone_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        code: &str,
    ) -> Result<PhoneProved, Refusal> {
        self.may(duty, Operation::Merge)?;
        self.prove_phone(member, code)
    }

    /// What a merge would come to, without doing it: only of records whose phones show that they are one person's. Both
    /// members see who looked.
    ///
    /// # Errors
    /// Those of [`Engine::may`]; [`Refusal::MergeUnproved`], [`Refusal::AlreadyMerged`]; [`Refusal::TokenUnknown`], and the
    /// store's.
    pub fn preview_merge_at_desk(
        &self,
        duty: &OnDuty,
        (survivor, other): (MemberId, MemberId),
        codes: &[PhoneProved],
        purpose: Cause,
    ) -> Result<Merged, Refusal> {
        self.may(duty, Operation::Merge)?;
        let hand = self.hand(duty, Operation::Merge, purpose);
        let merged = self.preview_merge((survivor, other), codes, &hand)?;
        self.member_work(survivor, move |work| {
            hand.check(work)?;
            [survivor, other]
                .into_iter()
                .try_for_each(|member| looked(work, member, &hand, &PREVIEWED))
        })?;
        Ok(merged)
    }

    /// Merges two records, when the member who stands at the desk has seen what moves, confirms it and types the PIN of the
    /// record that stays. The same key again is answered with what it came to.
    ///
    /// # Errors
    /// Those of [`Engine::may`], of [`Engine::prove_merge`] and of [`Engine::merge`].
    pub fn merge_at_desk(
        &self,
        duty: &OnDuty,
        key: &IdempotencyKey,
        (survivor, other): (MemberId, MemberId),
        said: &Confirmation<'_>,
        purpose: Cause,
    ) -> Result<Merged, Refusal> {
        self.may(duty, Operation::Merge)?;
        let hand = self.hand(duty, Operation::Merge, purpose);
        key.check()?;
        let proof = if self.earlier(key)?.is_some() {
            MergeProof::spent(survivor, other)
        } else {
            self.prove_merge(survivor, other, said)?
        };
        self.merge_by(key, (survivor, other), proof, &hand)
    }

    /// The records that were merged into a member's, the earliest first; the member sees who looked.
    ///
    /// # Errors
    /// Those of [`Engine::may`], and of [`Engine::merges_of`].
    pub fn merges_at_desk(
        &self,
        duty: &OnDuty,
        member: MemberId,
        purpose: Cause,
    ) -> Result<Vec<MergeOf>, Refusal> {
        self.may(duty, Operation::Merge)?;
        let hand = self.hand(duty, Operation::Merge, purpose);
        let merges = self.merges_of(member)?;
        self.member_work(member, move |work| {
            hand.check(work)?;
            looked(work, member, &hand, &[Field::Merged])
        })?;
        Ok(merges)
    }
}

/// Notes a look: a line of the audit, and one that the member sees.
fn looked(
    work: &mut Work<'_>,
    member: MemberId,
    hand: &Hand,
    fields: &[Field],
) -> Result<(), Stop> {
    let handle = Handle::from_bytes(work.view().member(member)?.handle);
    let done = Done {
        actor: hand.actor().clone(),
        act: Act::Looked,
        subject: Some(handle),
        fields: &[],
        because: hand.because(("service", "agreement")),
    };
    let words: Vec<&str> = fields.iter().map(|field| field.word()).collect();
    work.act_on(done, &words, None)?;
    hand.note(work, member, fields)
}
