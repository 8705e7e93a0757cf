//! What a member's live codes and sector tokens follow from, sealed under the history key and found by the account.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::time::Moment;
use crate::store::Table;
use crate::store::row::Sealed;

/// Account id → what the member's live codes follow from.
pub(crate) const LIVE: Sealed<LiveRow> = Sealed::new(Table::new("live_codes"));
/// Account id → the sectors that the member joined.
pub(crate) const SECTORS: Sealed<SectorsRow> = Sealed::new(Table::new("sectors"));

/// What live codes follow from (privacy §5).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LiveRow {
    V1 {
        /// Eight digits, which the keybox has as a token of the member.
        alias: AliasDigits,
        /// The secret of the digits of the moment.
        secret: LiveSecretRow,
    },
}

/// An alias in a row: it prints as nothing, and is wiped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct AliasDigits(pub(crate) String);

impl core::fmt::Debug for AliasDigits {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("AliasDigits(..)")
    }
}

/// A secret in a row: it prints as nothing, and is wiped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct LiveSecretRow(pub(crate) [u8; 20]);

impl core::fmt::Debug for LiveSecretRow {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("LiveSecretRow(..)")
    }
}

/// The sectors that a member joined, in the order of joining.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum SectorsRow {
    V1(Vec<SectorV1>),
}

/// One of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SectorV1 {
    /// Which.
    pub(crate) sector: u16,
    /// The bytes of the member's token there.
    pub(crate) token: SectorTokenRow,
    /// Since when.
    pub(crate) since: Moment,
}

/// A sector token in a row: it prints as nothing, and is wiped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct SectorTokenRow(pub(crate) [u8; 16]);

impl core::fmt::Debug for SectorTokenRow {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("SectorTokenRow(..)")
    }
}
