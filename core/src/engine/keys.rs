//! The keys that rows are sealed and authenticated with: each member's own, by group, and the system's for what belongs
//! to nobody. They come from the keybox and are never in the store (privacy §2).

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::domain::time::{MILLIS_A_DAY, Moment};
use crate::store::StoreError;
use crate::store::row::MacKey;
use crate::vault::{DataKey, DayKey, Keybox};

/// What the tables ask for.
pub struct Keys {
    keybox: Keybox,
    mac: MacKey,
}

impl core::fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Keys(..)")
    }
}

impl Keys {
    /// The keys of a keybox.
    pub fn new(keybox: Keybox) -> Self {
        let mac = keybox.row_mac();
        Self { keybox, mac }
    }

    /// Where they come from.
    pub const fn keybox(&self) -> &Keybox {
        &self.keybox
    }

    /// What authenticates rows that belong to no member.
    pub const fn mac(&self) -> &MacKey {
        &self.mac
    }

    /// What seals an account and all that happened to it. A member whose key is gone is as unknown as one that never was.
    pub(crate) fn history(&self, account: AccountId) -> Result<DataKey, Refusal> {
        let keys = self.keybox.of_account(&account);
        let keys = keys.ok_or(Refusal::TokenUnknown)?;
        Ok(keys.history(self.keybox.install()))
    }

    /// What seals who the member is.
    pub(crate) fn core(&self, member: MemberId) -> Result<DataKey, Refusal> {
        let keys = self.keybox.of_member(&member);
        let keys = keys.ok_or(Refusal::TokenUnknown)?;
        Ok(keys.core(self.keybox.install()))
    }

    /// The core keys that a member's rows may be under, the newest first: after a correction, older backups keep theirs.
    pub(crate) fn core_versions(&self, member: MemberId) -> Result<Vec<DataKey>, Refusal> {
        let keys = self.keybox.of_member(&member);
        let keys = keys.ok_or(Refusal::TokenUnknown)?;
        Ok(keys.core_versions(self.keybox.install()))
    }

    /// What seals the accounts of the staff: a password's verifier is not for whoever has the file alone.
    pub(crate) fn staff(&self) -> DataKey {
        self.keybox.group_key("staff")
    }

    /// What seals requests and complaints of people who are not signed in.
    pub(crate) fn desk(&self) -> DataKey {
        self.keybox.group_key("desk")
    }

    /// The member whose account it is.
    pub(crate) fn member_of(&self, account: AccountId) -> Result<MemberId, Refusal> {
        let keys = self.keybox.of_account(&account);
        Ok(keys.ok_or(Refusal::TokenUnknown)?.member)
    }

    /// The account of a member.
    pub(crate) fn account_of(&self, member: MemberId) -> Result<AccountId, Refusal> {
        let keys = self.keybox.of_member(&member);
        Ok(keys.ok_or(Refusal::TokenUnknown)?.account)
    }
}

/// The key of a day, under which rows that are found by a key alone name their owners.
#[derive(Clone)]
pub(crate) struct Today {
    pub(crate) day: u32,
    pub(crate) key: DayKey,
}

impl Today {
    /// The day key of business time `now`, made durable before it is used.
    pub(crate) fn at(keys: &Keys, now: Moment) -> Result<Self, StoreError> {
        let day = day_of(now);
        let key = keys.keybox.ensure_day(day);
        let key = key.map_err(|_| StoreError::Io("the keys cannot be written".into()))?;
        Ok(Self { day, key })
    }
}

/// The UTC day of a moment, counted from 1970-01-01.
pub(crate) fn day_of(moment: Moment) -> u32 {
    let days = moment.millis().div_euclid(MILLIS_A_DAY);
    u32::try_from(days).unwrap_or(0)
}
