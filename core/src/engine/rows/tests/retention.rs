//! The bytes of what was destroyed, and from when on the rest is there.

use super::samples::*;
use super::*;
use crate::policy::retention::RecordKind;

pub(super) fn retention(seen: &mut Names) {
    let gone = |kind| GoneV1 {
        kind,
        count: 129,
        oldest: day(),
        youngest: day().plus_days(1).unwrap(),
    };
    kept!(
        seen,
        "destruction",
        DestructionRow::V1 {
            begun: moment(1),
            ended: None,
            gone: RecordKind::ALL.into_iter().map(gone).collect(),
        }
    );
    kept!(
        seen,
        "destruction-that-ended",
        DestructionRow::V1 {
            begun: moment(1),
            ended: Some(moment(2)),
            gone: Vec::new(),
        }
    );
    kept!(seen, "kept-from-day", KeptFromRow::Day(day()));
    kept!(seen, "kept-from-utc-day", KeptFromRow::UtcDay(17_226));
    kept!(
        seen,
        "kept-from-journal",
        KeptFromRow::Journal {
            number: 300,
            leaf: 129,
        }
    );
}
