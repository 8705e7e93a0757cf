//! A member freezes the use of their data, lifts that, and says that the data is still right (DSR-05, QLT-04).

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::grant::{Grant, Use};
use crate::store::StoreError;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::rows::{MEMBERS, MemberRow, MemberV3, Merged};
use super::super::work::{Stop, Work};

/// After so many days of 24 hours a member is asked at the next visit whether the data is still right (QLT-04).
pub const CONFIRM_DAYS: u32 = 365;

/// A member whose data nobody has confirmed for long, masked (SEC-02).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconfirmed {
    /// The name.
    pub name: String,
    /// The mobile number.
    pub mobile: String,
    /// When it was last said to be right.
    pub confirmed_at: Moment,
}

impl Engine {
    /// Freezes the use of a member's data: it is kept, and stands in no list until this is lifted. Points and the member's
    /// own view go on. Since when it is frozen; again changes nothing.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else, and the store's.
    pub fn restrict(
        &self,
        member: MemberId,
        device: &str,
        leave: &Grant,
    ) -> Result<Moment, Refusal> {
        self.change(member, device, leave, |row, now| {
            if let Some(since) = row.restricted_since {
                return (since, None);
            }
            row.restricted_since = Some(now);
            (now, Some((Act::UseRestricted, &["restricted_since"])))
        })
    }

    /// Lifts it.
    ///
    /// # Errors
    /// As for [`Self::restrict`].
    pub fn lift_restriction(
        &self,
        member: MemberId,
        device: &str,
        leave: &Grant,
    ) -> Result<(), Refusal> {
        self.change(member, device, leave, |row, _| {
            let was = row.restricted_since.take();
            let done = was.map(|_| (Act::RestrictionLifted, &["restricted_since"]));
            ((), done)
        })
    }

    /// Since when a member's data is frozen.
    ///
    /// # Errors
    /// As for [`Self::restrict`].
    pub fn restricted_since(
        &self,
        member: MemberId,
        leave: &Grant,
    ) -> Result<Option<Moment>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| Ok(view.member(member)?.restricted_since))
    }

    /// The member says that the data is still right.
    ///
    /// # Errors
    /// As for [`Self::restrict`].
    pub fn confirm_data(
        &self,
        member: MemberId,
        device: &str,
        leave: &Grant,
    ) -> Result<(), Refusal> {
        self.change(member, device, leave, |row, now| {
            row.confirmed_at = now;
            ((), Some((Act::DataConfirmed, &["confirmed_at"])))
        })
    }

    /// Whether a member is to be asked: nobody has said for [`CONFIRM_DAYS`] that the data is right.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] for nobody, and the store's.
    pub fn confirm_due(&self, member: MemberId) -> Result<bool, Refusal> {
        let now = self.now();
        self.read(|view| {
            let row = view.member(member)?;
            Ok(row.confirmed_at.plus_days(CONFIRM_DAYS) <= now)
        })
    }

    /// Members whose data nobody has confirmed for more than so many days, masked, the longest first. Those that live on in
    /// another record, and damaged ones, are left out.
    ///
    /// # Errors
    /// The store's.
    pub fn unconfirmed(&self, days: u32) -> Result<Vec<Unconfirmed>, Refusal> {
        let now = self.now();
        let mut found = self.read(|view| {
            let mut found = Vec::new();
            for member in view.keys.keybox().members() {
                let row = match view.member(member) {
                    Ok(row) => row,
                    Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => continue,
                    Err(stop) => return Err(stop),
                };
                let is_old = row.confirmed_at.plus_days(days) < now;
                if is_old && !matches!(row.merged, Merged::Into(_)) {
                    let profile = row.told.profile.to_profile();
                    found.push(Unconfirmed {
                        name: profile.masked_name(),
                        mobile: profile.masked_mobile(),
                        confirmed_at: row.confirmed_at,
                    });
                }
            }
            Ok(found)
        })?;
        found.sort_by_key(|member| member.confirmed_at);
        Ok(found)
    }

    /// Changes a member's own row, with the line of it in the audit when there is something to tell.
    fn change<T: Send + 'static>(
        &self,
        member: MemberId,
        device: &str,
        leave: &Grant,
        change: impl Fn(&mut MemberV3, Moment) -> (T, Option<(Act, &'static [&'static str; 1])>)
        + Send
        + 'static,
    ) -> Result<T, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let device = device.to_owned();
        self.member_work(member, move |work: &mut Work<'_>| {
            let mut row = work.view().member(member)?;
            let (told, done) = change(&mut row, work.now);
            let Some((act, fields)) = done else {
                return Ok(told);
            };
            let handle = Handle::from_bytes(row.handle);
            work.act(Done {
                actor: Actor::member(handle, &device),
                act,
                subject: Some(handle),
                fields,
                because: ("member_rights", "request"),
            })?;
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            Ok(told)
        })
    }
}
