//! What a member is shown before leaving (PTS-07).

use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::policy::grant::{Grant, Use};
use crate::vault::profile::Profile;

use super::super::Engine;
use super::super::work::Stop;

/// What is lost by leaving, and who had the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Farewell {
    /// Points that will be lost, those on hold included. They must be confirmed.
    pub points: Points,
    /// Points owed, which are owed no more.
    pub debt: Points,
    /// Open holds, which end.
    pub holds: usize,
    /// Everybody who was given the member's data (DSR-07).
    pub recipients: Vec<String>,
}

impl Engine {
    /// What the member would lose now.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else or there is no such member, and the store's.
    pub fn farewell(&self, member: MemberId, leave: &Grant) -> Result<Farewell, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let account = self.keys.account_of(member)?;
        let (now, versions) = (self.now(), self.versions());
        self.read(|view| {
            let (_, desk) = view.desk(account, now, &versions)?;
            let mut recipients = Vec::new();
            for one in view.group(view.here(account)?)? {
                let told = match view.member(view.keys.member_of(one)?) {
                    Ok(row) => row.recipients,
                    Err(Stop::Refused(Refusal::TokenUnknown)) => Vec::new(),
                    Err(stop) => return Err(stop),
                };
                recipients.extend(told);
            }
            recipients.sort_unstable();
            recipients.dedup();
            Ok(Farewell {
                points: desk.account.balance().ok_or(Refusal::AmountTooLarge)?,
                debt: desk.account.debt,
                holds: desk.account.holds.len(),
                recipients,
            })
        })
    }

    /// The profile of a member who has one: for the index of phones.
    pub(in crate::engine) fn phone_of(&self, member: MemberId) -> Option<Profile> {
        let row = self.read(|view| view.member(member));
        row.ok().map(|row| row.told.profile.to_profile())
    }

    pub(in crate::engine) fn has_postal(&self, member: MemberId) -> bool {
        let keybox = self.keys.keybox();
        let keys = keybox.of_member(&member);
        keys.is_some_and(|keys| keys.postal(keybox.install()).is_some())
    }
}
