//! Rows about people, and the plain rows beside them: each opens in its place. What a member told us is opened to see that
//! it is authentic, and looked at by nobody.

use core::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::MemberId;
use crate::store::row::{Plain, Sealed};
use crate::vault::{DataKey, MemberKeys};

use super::super::rows::{
    CLOCKS, EPOCHS, MEMBERS, NOTICES, POSTAL, PROPOSALS, PROPOSED, SIGN_INS, STAFF, STAFF_DOOR,
    TERMINALS, WINDOWS,
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
