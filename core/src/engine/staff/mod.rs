//! The staff: named accounts with roles, how they sign in, and what they may do (ACC, privacy §6). Whatever somebody of
//! the staff does begins with [`Engine::leave`] or with the account's row in the same transaction: blocking an account
//! ends what it may do at once (ACC-07).

mod accounts;
mod correct;
mod desk;
mod discipline;
mod door;
mod hand;
mod pairs;
mod password;
mod query;
mod requests;
mod search;
mod sign_in;
mod sweep;

use core::ops::ControlFlow;

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Moment, Zone};
use crate::policy::access::{
    Access, FieldName, Leave, Level, Operation, RoleGrant, Standing, decide_approval, decide_staff,
};
use crate::policy::grant::GrantRefused;
use crate::store::StoreError;

use super::Engine;
use super::audit::Actor;
use super::rows::{GrantV1, STAFF, StaffRow, StaffV1};
use super::work::{Stop, View, Work};

pub use accounts::{Account, Breach, Fresh};
pub(in crate::engine) use correct::StaffCorrect;
pub use desk::{IdentityShown, PinResetIssued};
pub(in crate::engine) use discipline::adjusted;
pub(in crate::engine) use hand::Hand;
pub use query::Shown;
pub(in crate::engine) use query::{language_word, looked, show};
pub(in crate::engine) use search::masked_member;
pub use search::{FoundMember, ROWS_MAX, Sought};

/// What the shop decided about its staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRules {
    /// After how many days a password must be changed (SEC-05).
    pub password_days: u32,
    /// What this store is called in grants for one store alone.
    pub store: Option<String>,
}

impl Default for StaffRules {
    /// 90 days, and no name.
    fn default() -> Self {
        Self {
            password_days: 90,
            store: None,
        }
    }
}

/// An account of the staff: a random id, which no file but the store's has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct StaffId([u8; 16]);

impl StaffId {
    /// As log-ins name their owners.
    const fn as_owner(self) -> MemberId {
        MemberId::from_bytes(self.0)
    }
}

/// Somebody of the staff who has signed in, at a device. Only a log-in makes it:
///
/// ```compile_fail,E0451
/// use jifen::engine::staff::OnDuty;
/// fn forged(one: &OnDuty) -> OnDuty {
///     OnDuty { name: "root".to_owned(), ..one.clone() }
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct OnDuty {
    id: StaffId,
    /// Which round of sessions of the account it is of.
    round: u32,
    name: String,
    device: String,
}

impl OnDuty {
    /// The name of the account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// At which device.
    pub fn device(&self) -> &str {
        &self.device
    }
}

impl core::fmt::Debug for OnDuty {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("OnDuty(..)")
    }
}

/// Who asks for something about accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// Whoever works on the shop's own machine.
    Operator,
    /// Somebody of the staff.
    Staff(OnDuty),
}

impl Asker {
    fn actor(&self) -> Actor {
        match self {
            Self::Operator => Actor::operator(),
            Self::Staff(duty) => Actor::staff(&duty.name, &duty.device),
        }
    }

    /// Who it is, as rows name them.
    fn name(&self) -> &str {
        match self {
            Self::Operator => "operator",
            Self::Staff(duty) => &duty.name,
        }
    }
}

/// What a decision needs to know beside the account: the shop's rules, and where its days begin.
#[derive(Clone, Debug)]
pub(in crate::engine) struct House {
    rules: StaffRules,
    zone: Zone,
}

impl House {
    /// Where the days of grants begin.
    pub(in crate::engine) const fn zone(&self) -> Zone {
        self.zone
    }

    /// Where an account stands.
    pub(in crate::engine) fn standing(&self, row: &StaffV1, now: Moment) -> Standing {
        let due = row.set_at.plus_days(self.rules.password_days) <= now;
        let access = if is_blocked(row) {
            Access::Blocked
        } else if row.must_change || due {
            Access::PasswordDue
        } else {
            Access::Open
        };
        Standing {
            name: row.name.clone(),
            access,
            grants: row.grants.iter().map(RoleGrant::from).collect(),
            zone: self.zone,
            store: self.rules.store.clone(),
        }
    }

    /// Where somebody who has signed in stands now.
    ///
    /// # Errors
    /// [`Refusal::StaffSignInNeeded`] when the session is over for the account.
    pub(in crate::engine) fn of(
        &self,
        view: &View<'_>,
        duty: &OnDuty,
        now: Moment,
    ) -> Result<Standing, Stop> {
        let row = on_duty(view, duty)?;
        Ok(self.standing(&row, now))
    }

    /// Leave for every one of these fields, or for the operation itself where there are none.
    pub(in crate::engine) fn leaves(
        &self,
        view: &View<'_>,
        duty: &OnDuty,
        now: Moment,
        operation: Operation,
        fields: &[FieldName],
    ) -> Result<Vec<Leave>, Stop> {
        let standing = self.of(view, duty, now)?;
        let decide = |field| decide_staff(&standing, operation, field, now);
        let decided: Result<Vec<Leave>, GrantRefused> = if fields.is_empty() {
            decide(None).map(|leave| vec![leave])
        } else {
            fields.iter().map(|field| decide(Some(*field))).collect()
        };
        Ok(decided.map_err(Refusal::from)?)
    }

    /// Whether somebody may approve this for another. Fields of level 3 need nobody's leave but the applicant's (X-10).
    pub(in crate::engine) fn approves(
        &self,
        view: &View<'_>,
        duty: &OnDuty,
        now: Moment,
        operation: Operation,
        fields: &[FieldName],
    ) -> Result<(), Stop> {
        let standing = self.of(view, duty, now)?;
        let decide = |field| decide_approval(&standing, operation, field, now);
        let mut strict = fields.iter().filter(|field| field.level() < Level::Three);
        let decided: Result<(), GrantRefused> = match strict.next() {
            // About no field, or about none that anybody approves.
            None => decide(fields.first().copied()),
            Some(first) => decide(Some(*first))
                .and_then(|()| strict.try_for_each(|field| decide(Some(*field)))),
        };
        Ok(decided.map_err(Refusal::from)?)
    }
}

impl Engine {
    /// The shop's rules about its staff, from now on.
    pub fn keep_staff_rules(&self, rules: StaffRules) {
        *self.staff.write() = rules;
    }

    /// The day that it is in the shop.
    pub fn shop_day(&self) -> Day {
        self.house().zone.day_of(self.now())
    }

    /// What decisions about the staff go by.
    pub(in crate::engine) fn house(&self) -> House {
        let zone = self
            .versions()
            .latest()
            .map_or(Zone::UTC, |latest| latest.zone);
        House {
            rules: self.staff.read().clone(),
            zone,
        }
    }

    /// Where somebody who has signed in stands now.
    ///
    /// # Errors
    /// [`Refusal::StaffSignInNeeded`] when the account was blocked or its sessions were ended, and the store's.
    pub fn standing(&self, duty: &OnDuty) -> Result<Standing, Refusal> {
        let (house, now) = (self.house(), self.now());
        self.read(|view| house.of(view, duty, now))
    }

    /// Leave for an operation on a field, or on none (ACC-01).
    ///
    /// # Errors
    /// [`Refusal::StaffSignInNeeded`], [`Refusal::PasswordDue`], [`Refusal::NotGranted`], [`Refusal::GrantExpired`], and
    /// the store's.
    pub fn leave(
        &self,
        duty: &OnDuty,
        operation: Operation,
        field: Option<FieldName>,
    ) -> Result<Leave, Refusal> {
        let now = self.now();
        let standing = self.standing(duty)?;
        Ok(decide_staff(&standing, operation, field, now)?)
    }

    /// The same for an operation about no field that needs no second person.
    ///
    /// # Errors
    /// As for [`Self::leave`], and [`Refusal::SecondPersonNeeded`].
    pub fn may(&self, duty: &OnDuty, operation: Operation) -> Result<(), Refusal> {
        if self.leave(duty, operation, None)?.needs_second() {
            Err(Refusal::SecondPersonNeeded)
        } else {
            Ok(())
        }
    }

    /// Whether the asker may do this about accounts.
    fn asker_may(&self, asker: &Asker, operation: Operation) -> Result<(), Refusal> {
        match asker {
            Asker::Operator => Ok(()),
            Asker::Staff(duty) => self.may(duty, operation),
        }
    }
}

/// Whether the account is blocked now.
fn is_blocked(row: &StaffV1) -> bool {
    row.breaches
        .last()
        .is_some_and(|breach| breach.lifted_at.is_none())
}

impl From<&GrantV1> for RoleGrant {
    fn from(row: &GrantV1) -> Self {
        Self {
            role: row.role,
            from: row.from,
            until: row.until,
            store: row.store.clone(),
        }
    }
}

/// Every account, in no order that means anything.
fn accounts(view: &View<'_>) -> Result<Vec<(StaffId, StaffV1)>, Stop> {
    let mut found = Vec::new();
    let mut unfit = false;
    STAFF.scan(view.tx, &view.keys.staff(), &[], None, &mut |key, row| {
        let StaffRow::V1(row) = row;
        match key.try_into() {
            Ok(id) => found.push((StaffId(id), row)),
            Err(_) => unfit = true,
        }
        ControlFlow::Continue(())
    })?;
    if unfit {
        return Err(StoreError::Damaged("an account of the staff".into()).into());
    }
    Ok(found)
}

/// The account of this name.
fn find(view: &View<'_>, name: &str) -> Result<Option<(StaffId, StaffV1)>, Stop> {
    let mut all = accounts(view)?.into_iter();
    Ok(all.find(|(_, row)| row.name == name))
}

/// The account with this id.
fn of_id(view: &View<'_>, id: StaffId) -> Result<Option<StaffV1>, Stop> {
    let row = STAFF.row(view.tx, &view.keys.staff(), &id.0)?;
    Ok(row.map(|StaffRow::V1(row)| row))
}

/// The account of somebody who has signed in, unless the session is over for it.
fn on_duty(view: &View<'_>, duty: &OnDuty) -> Result<StaffV1, Stop> {
    let row = of_id(view, duty.id)?;
    let row = row.filter(|row| row.round == duty.round && !is_blocked(row));
    Ok(row.ok_or(Refusal::StaffSignInNeeded)?)
}

fn put(work: &mut Work<'_>, id: StaffId, row: StaffV1) -> Result<(), Stop> {
    let codec = work.keys().staff();
    work.put_under(&codec, &STAFF, &id.0, &StaffRow::V1(row))
}
