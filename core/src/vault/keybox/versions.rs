//! Keys that come later: of group `core` when a phone is corrected, of group `postal` with an address (privacy §3).

use super::journal::Change;
use super::keys::{GroupKey, Secret};
use super::{Keybox, KeyboxError};
use crate::domain::ids::MemberId;

impl Keybox {
    /// Gives a member a new key of group `core`, drawn for this, and says which version it is. Rows are sealed under it
    /// from now on; those before it are kept until [`Self::drop_old_core`]. Durable when it returns.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`; `Io`.
    pub fn renew_core(&self, member: &MemberId, key: [u8; 32]) -> Result<u32, KeyboxError> {
        let key = Secret::new(key);
        loop {
            let keys = self.of_member(member).ok_or(KeyboxError::MemberUnknown)?;
            let version = keys.core_version().checked_add(1);
            let version =
                version.ok_or_else(|| KeyboxError::Io("no version is left".to_owned()))?;
            let key = GroupKey {
                version,
                key: key.clone(),
            };
            let member = *member;
            match self.submit(Change::Core { member, key }) {
                // Another one had this version first.
                Err(KeyboxError::Taken) => (),
                renewed => return renewed.map(|()| version),
            }
        }
    }

    /// Gives a member who has no key of group `postal` this one. Durable when it returns.
    ///
    /// # Errors
    ///
    /// `MemberUnknown`; `Taken` when there is one; `Io`.
    pub fn add_postal(&self, member: &MemberId, key: [u8; 32]) -> Result<(), KeyboxError> {
        self.submit(Change::Postal {
            member: *member,
            key: GroupKey::first(key),
        })
    }

    /// Members who have more than one key of group `core`, in no order that means anything.
    pub fn with_old_core(&self) -> Vec<MemberId> {
        self.shelves
            .members_who(|keys| !keys.older_core().is_empty())
    }
}
