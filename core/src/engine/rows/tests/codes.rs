//! The bytes of what live codes and sector tokens follow from, and of tills that declare a sector.

use super::samples::*;
use super::*;

/// Rows about codes and sectors.
pub(super) fn codes(seen: &mut Names) {
    kept!(
        seen,
        "terminal-v2",
        TerminalRow::V2 {
            generation: 300,
            added_at: moment(1),
            revoked_at: None,
            sector: Some(513),
        }
    );
    kept!(
        seen,
        "live-code",
        LiveRow::V1 {
            alias: AliasDigits("12345678".to_owned()),
            secret: LiveSecretRow([0x5e; 20]),
        }
    );
    let sector = |sector, since| SectorV1 {
        sector,
        token: SectorTokenRow([0x5c; 16]),
        since: moment(since),
    };
    kept!(
        seen,
        "sectors",
        SectorsRow::V1(vec![sector(7, 1), sector(513, 2)])
    );
}
