//! What a merge or its undo would come to: the command itself is decided in a transaction that is dropped, so what is shown
//! is what would be done (QLT-03).

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::store::Verdict;

use super::super::Engine;
use super::super::commit::Verb;
use super::super::receipt::{Merged, Receipt, Unmerged};
use super::super::rows::MergedRow;
use super::super::staff::Hand;
use super::super::work::home_of;
use super::{Actor, PhoneProved, REQUESTED};

impl Engine {
    /// What a merge would come to. Whoever asks has shown by the phones that the records are one person's.
    ///
    /// # Errors
    /// Those of [`Engine::prove_merge`] but for confirmation and PIN, those of [`Engine::merge`], and the store's.
    pub(in crate::engine) fn preview_merge(
        &self,
        (survivor, other): (MemberId, MemberId),
        codes: &[PhoneProved],
        hand: &Hand,
    ) -> Result<Merged, Refusal> {
        let proof = self.show_one_person(survivor, other, codes)?;
        let merge = self.merge_of(survivor, other, proof, hand)?;
        let Receipt::Merged(merged) = self.try_out(merge)? else {
            return Err(Refusal::StoreDamaged);
        };
        Ok(merged)
    }

    /// What the undo of a record's merge would come to, and into which record it was merged.
    ///
    /// # Errors
    /// Those of [`Engine::unmerge`].
    pub(in crate::engine) fn preview_unmerge(
        &self,
        other: MemberId,
    ) -> Result<(MemberId, Unmerged), Refusal> {
        let survivor = self.merged_into(other)?;
        let undo = self.undo_of(survivor, other, &Actor::program(), REQUESTED)?;
        let Receipt::Unmerged(unmerged) = self.try_out(undo)? else {
            return Err(Refusal::StoreDamaged);
        };
        Ok((survivor, unmerged))
    }

    /// The member whose record another was merged into.
    ///
    /// # Errors
    /// [`Refusal::NotMerged`], [`Refusal::TokenUnknown`], and the store's.
    pub(in crate::engine) fn merged_into(&self, other: MemberId) -> Result<MemberId, Refusal> {
        let account = self.keys.account_of(other)?;
        self.read(|view| {
            let MergedRow::V1 { into, .. } = view.merged(account)?;
            let (survivor, _) = into.ok_or(Refusal::NotMerged)?;
            Ok(view.keys.member_of(survivor)?)
        })
    }

    /// Decides a command and keeps nothing of it.
    fn try_out<V: Verb>(&self, verb: V) -> Result<Receipt, Refusal> {
        let home = home_of(verb.account());
        let (ticket, slot) =
            self.transact(home, false, move |work| (verb.decide(work), Verdict::Drop));
        ticket.wait()?;
        let decided = slot.lock().take();
        Ok(decided.unwrap_or(Err(Refusal::Unknown.into()))?)
    }
}
