//! Rows about people, and the plain rows beside them: each opens in its place. What a member told us is opened to see that
//! it is authentic, and looked at by nobody.

use core::ops::ControlFlow;
use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::{AccountId, MemberId};
use crate::store::key::of_u64;
use crate::store::row::{Plain, Sealed};
use crate::vault::{DataKey, MemberKeys};

use super::super::rows::{
    CLOCKS, EPOCHS, LIVE, LOOKS, MEMBERS, NOTICES, POSTAL, PROPOSALS, PROPOSED, SECTORS, SIGN_INS,
    STAFF, STAFF_DOOR, TERMINALS, WINDOWS,
};
use super::super::work::{Stop, View};
use super::Seen;

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let install = view.keys.keybox().install();
    // After a correction a row may still be under the version before.
    let core = |keys: &MemberKeys| keys.core_versions(install);
    let postal = |keys: &MemberKeys| keys.postal(install).into_iter().collect();
    of_members(view, MEMBERS, core, seen)?;
    of_members(view, SIGN_INS, core, seen)?;
    of_members(view, POSTAL, postal, seen)?;
    of_accounts(view, LIVE, seen)?;
    of_accounts(view, SECTORS, seen)?;
    looks(view, seen)?;
    plain(view, NOTICES, seen)?;
    plain(view, TERMINALS, seen)?;
    plain(view, WINDOWS, seen)?;
    plain(view, CLOCKS, seen)?;
    plain(view, EPOCHS, seen)?;
    of_staff(view, STAFF, seen)?;
    of_staff(view, STAFF_DOOR, seen)?;
    of_staff(view, PROPOSALS, seen)?;
    let name = PROPOSED.table().name();
    view.tx.scan(PROPOSED.table(), &[], None, &mut |key, _| {
        if !matches!(super::super::proposals::opens(view, key), Ok(true)) {
            let why = "it opens under no key of its member";
            seen.differs("row_unreadable", name, why);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Rows under the staff's key.
fn of_staff<R: Serialize + DeserializeOwned>(
    view: &View<'_>,
    table: Sealed<R>,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let codec = view.keys.staff();
    view.tx.scan(table.table(), &[], None, &mut |key, value| {
        if let Err(error) = table.read(&codec, key, value) {
            seen.differs("row_unreadable", table.table().name(), error.to_string());
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Who looked: every row is one that a member's chain leads to.
fn looks(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let name = LOOKS.table().name();
    let mut reached = BTreeSet::new();
    for member in view.keys.keybox().members() {
        // The member's own row was looked at above.
        let Ok(row) = view.member(member) else {
            continue;
        };
        match view.looks(member, &row) {
            Ok(looks) => reached.extend(looks.into_iter().map(|(number, _)| of_u64(number))),
            Err(stop) => seen.differs("row_unreadable", name, stop.to_string()),
        }
    }
    view.tx.scan(LOOKS.table(), &[], None, &mut |key, _| {
        let number = <[u8; 8]>::try_from(key);
        if !number.is_ok_and(|number| reached.contains(&number)) {
            seen.differs("row_unreached", name, "a look that no member leads to");
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Rows under member ids, each sealed under one of these keys of its member.
fn of_members<R: Serialize + DeserializeOwned>(
    view: &View<'_>,
    table: Sealed<R>,
    codecs: impl Fn(&MemberKeys) -> Vec<DataKey>,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let name = table.table().name();
    view.tx.scan(table.table(), &[], None, &mut |key, value| {
        let Ok(member) = key.try_into().map(MemberId::from_bytes) else {
            seen.differs("key_unreadable", name, "a key of another length");
            return ControlFlow::Continue(());
        };
        let keys = view.keys.keybox().of_member(&member);
        let codecs = keys.map_or_else(Vec::new, |keys| codecs(&keys));
        if codecs.is_empty() {
            seen.differs("keys_missing", name, "a member without keys");
        } else if !codecs
            .iter()
            .any(|codec| table.read(codec, key, value).is_ok())
        {
            let why = "it opens under no key of its member";
            seen.differs("row_unreadable", name, why);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

/// Rows under account ids, each sealed under the history key of its member.
fn of_accounts<R: Serialize + DeserializeOwned>(
    view: &View<'_>,
    table: Sealed<R>,
    seen: &mut Seen,
) -> Result<(), Stop> {
    let name = table.table().name();
    view.tx.scan(table.table(), &[], None, &mut |key, value| {
        let account = key.try_into().map(AccountId::from_bytes);
        match account.map(|account| view.keys.history(account)) {
            Err(_) => seen.differs("key_unreadable", name, "a key of another length"),
            Ok(Err(_)) => seen.differs("keys_missing", name, "an account without its keys"),
            Ok(Ok(codec)) => {
                if let Err(error) = table.read(&codec, key, value) {
                    seen.differs("row_unreadable", name, error.to_string());
                }
            }
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}

pub(super) fn plain<R: Serialize + DeserializeOwned>(
    view: &View<'_>,
    table: Plain<R>,
    seen: &mut Seen,
) -> Result<(), Stop> {
    view.tx.scan(table.table(), &[], None, &mut |key, value| {
        if let Err(error) = table.read(view.keys.mac(), key, value) {
            seen.differs("row_unreadable", table.table().name(), error.to_string());
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
