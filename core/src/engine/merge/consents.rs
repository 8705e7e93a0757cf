//! The stricter consent of each purpose holds for a pair of records (semantics 17). What the merge makes stricter is an
//! answer in the survivor's record that says so; the other record's own answers are never touched.

use crate::domain::time::Moment;
use crate::policy::consent::{ConsentEvent, Decision};
use crate::policy::purpose::Purpose;

/// The device of an answer that a merge has put there.
pub(crate) const BY_MERGE: &str = "merge";

fn last(events: &[ConsentEvent], purpose: Purpose) -> Option<&ConsentEvent> {
    events.iter().rev().find(|event| event.purpose == purpose)
}

/// The answers that are added to `ours`: for each purpose that we gave and they did not, theirs; where they were never
/// asked, a no. A yes to an older version of the notice is no yes while we gave one to a newer.
pub(crate) fn stricter(
    ours: &[ConsentEvent],
    theirs: &[ConsentEvent],
    at: Moment,
) -> Vec<ConsentEvent> {
    let added = Purpose::OPTIONAL.into_iter().filter_map(|purpose| {
        let given = last(ours, purpose).filter(|event| event.decision == Decision::Given)?;
        let answer = match last(theirs, purpose) {
            None => ConsentEvent {
                decision: Decision::Refused,
                ..given.clone()
            },
            Some(theirs)
                if theirs.decision == Decision::Given
                    && theirs.notice_version == given.notice_version =>
            {
                return None;
            }
            Some(theirs) => theirs.clone(),
        };
        Some(ConsentEvent {
            device: BY_MERGE.to_owned(),
            at,
            ..answer
        })
    });
    added.collect()
}

/// The answers that are added to `ours` when the merge of that moment is undone: where its answer is still the last, the
/// one before it.
pub(crate) fn undone(ours: &[ConsentEvent], merged_at: Moment, at: Moment) -> Vec<ConsentEvent> {
    let added = Purpose::OPTIONAL.into_iter().filter_map(|purpose| {
        let mut about = ours.iter().rev().filter(|event| event.purpose == purpose);
        let last = about.next()?;
        if last.device != BY_MERGE || last.at != merged_at {
            return None;
        }
        Some(ConsentEvent {
            device: BY_MERGE.to_owned(),
            at,
            ..about.next()?.clone()
        })
    });
    added.collect()
}
