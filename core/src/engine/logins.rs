//! Records of log-ins (AUD-01): each attempt and each success is a row, under the key of its day so that whose it was is
//! known to us alone; a day that is over becomes one leaf, and its rows go after the time that the shop has set.

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::audit::{Act, Hex32};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, Moment};
use crate::store::StoreError;
use crate::store::key::Key;

use super::Engine;
use super::audit::{Actor, Done, bind};
use super::keys::day_of;
use super::retain::utc_date;
use super::rows::{LOGIN_DAYS, LOGINS, LoginDayRow, LoginRow};
use super::work::{Stop, View, Work};

/// The least number of days that log-ins are kept (AUD-01: more than 30 days).
pub const LOGIN_DAYS_MIN: u32 = 30;

/// One attempt to sign in, or a success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// When.
    pub at: Moment,
    /// At which kiosk or phone.
    pub device: String,
    /// Whether it was a success. Every success has an attempt before it.
    pub success: bool,
}

impl Work<'_> {
    /// Records an attempt to sign in, or a success.
    pub(crate) fn note_login(
        &mut self,
        member: MemberId,
        device: &str,
        success: bool,
    ) -> Result<(), Stop> {
        let today = self.today().clone();
        let sequence = self.number();
        let key = login_key(today.day).u64(sequence).into_bytes();
        let nonce = self.nonce();
        let sealed = today.key.seal_owner(LOGINS.table(), &key, nonce, &member);
        let row = LoginRow::V1 {
            at: self.now,
            device: device.to_owned(),
            success,
            owner: sealed.map_err(|_| StoreError::Bug)?,
        };
        self.put_plain(&LOGINS, &key, &row)
    }
}

/// What the keys of a day's rows begin with.
fn login_key(day: u32) -> Key {
    Key::new().u64(u64::from(day))
}

impl Engine {
    /// A member's log-ins that are still kept, the earliest first.
    ///
    /// # Errors
    /// The store's.
    pub fn logins(&self, member: MemberId) -> Result<Vec<Login>, Refusal> {
        self.read(|view| {
            // Log-ins of the staff have an owner that is no member.
            let person = match view.person(member) {
                Err(Stop::Refused(Refusal::TokenUnknown)) => vec![member],
                person => person?,
            };
            let mut logins = Vec::new();
            for owner in person {
                logins.extend(logins_of(view, owner)?);
            }
            logins.sort_by_key(|login| login.at);
            Ok(logins)
        })
    }

    /// Gives each day that is over its leaf, and drops the records of days that are older than `keep_days` (at least 30).
    /// How many records were dropped.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`] and the store's.
    pub fn close_login_days(&self, keep_days: u32) -> Result<u64, Refusal> {
        self.close_days()?;
        let oldest = oldest_kept(self.now(), keep_days);
        self.node_work(move |work| drop_before(work, oldest))
    }

    /// Gives each day that is over its leaf. Its records go with the sweep.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`] and the store's.
    pub fn close_days(&self) -> Result<(), Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let today = day_of(self.now());
        for day in self.read(|view| days(view, today))? {
            self.node_work(move |work| close(work, day))?;
        }
        Ok(())
    }
}

/// The log-ins of this owner that are still kept, the earliest first.
pub(crate) fn logins_of(view: &View<'_>, member: MemberId) -> Result<Vec<Login>, Stop> {
    let mut found = Vec::new();
    each(view, &[], None, &mut |key, row| {
        let day = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let day = day.and_then(|day| u32::try_from(day).ok());
        let key_of_day = day.and_then(|day| view.keys.keybox().day(day));
        let LoginRow::V1 {
            at,
            device,
            success,
            owner,
        } = row;
        let whose = key_of_day.and_then(|of| of.open_owner(LOGINS.table(), key, &owner));
        if whose == Some(member) {
            found.push(Login {
                at,
                device,
                success,
            });
        }
    })?;
    Ok(found)
}

fn each(
    view: &View<'_>,
    from: &[u8],
    until: Option<&[u8]>,
    visit: &mut dyn FnMut(&[u8], LoginRow),
) -> Result<(), Stop> {
    LOGINS.scan(view.tx, view.keys.mac(), from, until, &mut |key, row| {
        visit(key, row);
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Days before today that have records and no leaf.
fn days(view: &View<'_>, today: u32) -> Result<Vec<u32>, Stop> {
    let mut days = Vec::new();
    let until = login_key(today);
    each(view, &[], Some(until.as_bytes()), &mut |key, _| {
        let day = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let day = day.and_then(|day| u32::try_from(day).ok());
        days.extend(day.filter(|day| days.last() != Some(day)));
    })?;
    let mut open = Vec::new();
    for day in days {
        let closed = LOGIN_DAYS.row(view.tx, view.keys.mac(), login_key(day).as_bytes())?;
        if closed.is_none() {
            open.push(day);
        }
    }
    Ok(open)
}

/// How many records a day has, and their hash.
pub(crate) fn sum(view: &View<'_>, day: u32) -> Result<(u64, [u8; 32]), Stop> {
    let (from, until) = (login_key(day), login_key(day.saturating_add(1)));
    let mut rows = 0_u64;
    let mut hash = Sha256::new();
    let until = Some(until.as_bytes());
    view.tx
        .scan(LOGINS.table(), from.as_bytes(), until, &mut |key, value| {
            rows = rows.saturating_add(1);
            bind(&mut hash, key, value);
            ControlFlow::Continue(())
        })?;
    Ok((rows, hash.finalize().into()))
}

fn close(work: &mut Work<'_>, day: u32) -> Result<(), Stop> {
    let (rows, hash) = sum(&work.view(), day)?;
    let date = utc_date(day);
    work.act(Done::of_shop(
        Actor::program(),
        Act::Logins {
            day: date,
            rows,
            hash: Hex32::from_bytes(hash),
        },
    ))?;
    let row = LoginDayRow::V1 { rows, hash };
    work.put_plain(&LOGIN_DAYS, login_key(day).as_bytes(), &row)
}

/// The UTC day of the oldest log-ins that are kept for so many days (at least 30).
pub(crate) fn oldest_kept(now: Moment, keep_days: u32) -> u32 {
    day_of(now).saturating_sub(keep_days.max(LOGIN_DAYS_MIN))
}

/// Log-ins of days before this one, some of them: each row's key and day.
pub(crate) fn before(
    view: &View<'_>,
    oldest: u32,
    most: usize,
) -> Result<Vec<(Vec<u8>, Day)>, Stop> {
    let mut old = Vec::new();
    let until = login_key(oldest);
    let until = Some(until.as_bytes());
    view.tx.scan(LOGINS.table(), &[], until, &mut |key, _| {
        let day = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let day = day.and_then(|day| u32::try_from(day).ok());
        old.push((key.to_vec(), utc_date(day.unwrap_or(0))));
        if old.len() < most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(old)
}

/// When each member last logged in, as far as log-ins are kept.
pub(crate) fn last_successes(view: &View<'_>) -> Result<BTreeMap<MemberId, Moment>, Stop> {
    let mut last = BTreeMap::new();
    each(view, &[], None, &mut |key, row| {
        let day = key.first_chunk().map(|bytes| u64::from_be_bytes(*bytes));
        let day = day.and_then(|day| u32::try_from(day).ok());
        let key_of_day = day.and_then(|day| view.keys.keybox().day(day));
        let LoginRow::V1 {
            at, success, owner, ..
        } = row;
        let whose = key_of_day.and_then(|of| of.open_owner(LOGINS.table(), key, &owner));
        if let Some(member) = whose.filter(|_| success) {
            let known = last.entry(member).or_insert(at);
            *known = at.max(*known);
        }
    })?;
    Ok(last)
}

fn drop_before(work: &mut Work<'_>, oldest: u32) -> Result<u64, Stop> {
    let old = before(&work.view(), oldest, usize::MAX)?;
    for (key, _) in &old {
        work.delete(LOGINS.table(), key)?;
    }
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}
