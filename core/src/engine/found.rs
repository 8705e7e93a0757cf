//! Rows that are found by a key alone: an idempotency key, a till's receipt, a hold, a sale token. Such a row names its
//! owner only to whoever brings that key, under the key of its day; what it says is sealed under the owner's own key. So
//! when the day's key is dropped, or the owner's is destroyed, nothing in the row leads anywhere (privacy §2).

use core::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::ids::{AccountId, MemberId};
use crate::store::row::{Plain, Sealed};
use crate::store::{StoreError, Table};

use super::keys::Today;
use super::work::{Stop, View, Work};

/// What stands in the table, under a MAC.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum FoundRow {
    V1 {
        /// Under which day's key the owner is named.
        day: u32,
        /// The owner, sealed under that key and the key that the row is found by.
        owner: Vec<u8>,
        /// The row itself, sealed under the owner's history key.
        body: Vec<u8>,
    },
}

/// A table of such rows.
pub(crate) struct Found<R> {
    plain: Plain<FoundRow>,
    sealed: Sealed<R>,
    row: PhantomData<fn() -> R>,
}

impl FoundRow {
    /// Under which day's key the owner is named: the UTC day on which it was written.
    pub(crate) const fn day(&self) -> u32 {
        let Self::V1 { day, .. } = self;
        *day
    }
}

impl<R: Serialize + DeserializeOwned> Found<R> {
    /// The typed face of this table.
    pub(crate) const fn new(name: &'static str) -> Self {
        let table = Table::new(name);
        Self {
            plain: Plain::new(table),
            sealed: Sealed::new(table),
            row: PhantomData,
        }
    }

    /// The table.
    pub(crate) const fn table(&self) -> Table {
        self.plain.table()
    }

    /// The outside of the row under this key.
    pub(crate) fn outside(
        &self,
        view: &View<'_>,
        key: &[u8],
    ) -> Result<Option<FoundRow>, StoreError> {
        self.plain.row(view.tx, view.keys.mac(), key)
    }

    /// Who owns a row, asked with the secret it is found by. `None` when its day's key is gone.
    pub(crate) fn owner(
        &self,
        view: &View<'_>,
        secret: &[u8],
        FoundRow::V1 { day, owner, .. }: &FoundRow,
    ) -> Option<MemberId> {
        let day = view.keys.keybox().day(*day)?;
        day.open_owner(self.table(), secret, owner)
    }

    /// What a row says, when it belongs to this account; `None` when it does not open under the account's key.
    pub(crate) fn body_of(
        &self,
        view: &View<'_>,
        account: AccountId,
        key: &[u8],
        FoundRow::V1 { body, .. }: &FoundRow,
    ) -> Result<Option<R>, Stop> {
        let codec = view.keys.history(account)?;
        Ok(self.sealed.read(&codec, key, body).ok())
    }

    /// Whose a row is and what it says, asked with the secret. A row whose owner is gone is as unknown as none.
    pub(crate) fn look_up(
        &self,
        view: &View<'_>,
        key: &[u8],
        secret: &[u8],
    ) -> Result<Option<(AccountId, R)>, Stop> {
        let Some(row) = self.outside(view, key)? else {
            return Ok(None);
        };
        let owner = self.owner(view, secret, &row);
        let Some(keys) = owner.and_then(|owner| view.keys.keybox().of_member(&owner)) else {
            return Ok(None);
        };
        let FoundRow::V1 { body, .. } = &row;
        let body = self
            .sealed
            .read(&keys.history(view.keys.keybox().install()), key, body)?;
        Ok(Some((keys.account, body)))
    }

    /// The outside as the bytes of a scan have it.
    pub(crate) fn read(
        &self,
        view: &View<'_>,
        key: &[u8],
        value: &[u8],
    ) -> Result<FoundRow, StoreError> {
        self.plain.read(view.keys.mac(), key, value)
    }

    /// The row under this key says `row` from now on. Who owns it and under which day is left as it stands.
    pub(crate) fn put_body(
        &self,
        work: &mut Work<'_>,
        account: AccountId,
        key: &[u8],
        FoundRow::V1 { day, owner, .. }: FoundRow,
        row: &R,
    ) -> Result<(), Stop> {
        let codec = work.keys().history(account)?;
        let nonce = work.nonce();
        let body = self.sealed.value(&codec, nonce, key, row)?;
        work.put_plain(&self.plain, key, &FoundRow::V1 { day, owner, body })
    }

    /// The row under this key becomes `row`, of this account.
    pub(crate) fn put(
        &self,
        work: &mut Work<'_>,
        account: AccountId,
        key: &[u8],
        secret: &[u8],
        row: &R,
    ) -> Result<(), Stop> {
        let member = work.keys().member_of(account)?;
        let codec = work.keys().history(account)?;
        let (owner_nonce, nonce) = (work.nonce(), work.nonce());
        let body = self.sealed.value(&codec, nonce, key, row)?;
        let Today { day, key: day_key } = work.today();
        let owner = day_key
            .seal_owner(self.table(), secret, owner_nonce, &member)
            .map_err(|_| StoreError::Bug)?;
        let row = FoundRow::V1 {
            day: *day,
            owner,
            body,
        };
        work.put_plain(&self.plain, key, &row)
    }
}
