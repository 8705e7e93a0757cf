//! Records that were merged: each side names the other, what went is empty, and who they are says the same.

use core::ops::ControlFlow;

use crate::domain::ids::AccountId;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::store::StoreError;

use super::super::rows::{MERGED, Merged, MergedRow};
use super::super::work::{Stop, View};
use super::Seen;

pub(super) fn check(view: &View<'_>, seen: &mut Seen) -> Result<(), Stop> {
    let mut ids = Vec::new();
    view.tx.scan(MERGED.table(), &[], None, &mut |key, _| {
        match key.try_into().map(AccountId::from_bytes) {
            Ok(id) => ids.push(id),
            Err(_) => seen.differs("key_unreadable", "merged", "a key of another length"),
        }
        ControlFlow::Continue(())
    })?;
    for id in ids {
        match one(view, id, seen) {
            Ok(()) => {}
            Err(Stop::Store(StoreError::Damaged(why))) => {
                seen.differs("row_unreadable", "merged", why);
            }
            Err(Stop::Refused(refusal)) => seen.differs("keys_missing", "merged", refusal.code()),
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}

fn one(view: &View<'_>, id: AccountId, seen: &mut Seen) -> Result<(), Stop> {
    let MergedRow::V1 { into, of } = view.merged(id)?;
    if let Some((survivor, _)) = into {
        let MergedRow::V1 { of: back, .. } = view.merged(survivor)?;
        if !back.contains(&id) {
            seen.differs(
                "merge_differs",
                "merged",
                "the survivor does not name what came to it",
            );
        }
        let account = view.own_account(id)?.account;
        let is_empty = account.balance() == Some(Points::ZERO)
            && account.debt.is_zero()
            && account.holds.is_empty()
            && account.last_sale.is_none();
        if !is_empty {
            seen.differs(
                "merge_differs",
                "merged",
                "a record that was merged is not empty",
            );
        }
    }
    for other in &of {
        let MergedRow::V1 { into, .. } = view.merged(*other)?;
        if into.map(|(survivor, _)| survivor) != Some(id) {
            seen.differs(
                "merge_differs",
                "merged",
                "what came to a record went elsewhere",
            );
        }
    }
    let expected = if let Some((survivor, _)) = into {
        Merged::Into(view.keys.member_of(survivor)?)
    } else {
        let of = of.iter().map(|other| view.keys.member_of(*other));
        Merged::Of(of.collect::<Result<Vec<_>, Refusal>>()?)
    };
    match view.member(view.keys.member_of(id)?) {
        Ok(row) if row.merged != expected => {
            seen.differs("merge_differs", "members", "a member's row says otherwise");
            Ok(())
        }
        // Nobody registered for it, or the record was dropped by a restore.
        Ok(_) | Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => Ok(()),
        Err(stop) => Err(stop),
    }
}
