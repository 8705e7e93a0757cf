//! Rows about who a member is. Each is sealed under a key of the member's own.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::ids::MemberId;
use crate::domain::time::Moment;
use crate::policy::agreement::AgreementAccepted;
use crate::policy::consent::ConsentEvent;
use crate::policy::notice::Language;
use crate::store::Table;
use crate::store::row::Sealed;
use crate::vault::address::AddressRow;
use crate::vault::pin::VerifierRow;
use crate::vault::profile::ProfileRow;

/// Member id → who the member is, sealed under the core key.
pub(crate) const MEMBERS: Sealed<MemberRow> = Sealed::new(Table::new("members"));
/// Member id → the postal address, sealed under the postal key.
pub(crate) const POSTAL: Sealed<PostalRow> = Sealed::new(Table::new("postal"));
/// Member id → attempts to sign in, sealed likewise.
pub(crate) const SIGN_INS: Sealed<SignInRow> = Sealed::new(Table::new("sign_ins"));
/// A member's core row.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum MemberRow {
    V1(MemberV1),
    V2(MemberV2),
}

/// The second spelling: with the handle that the audit knows the member by, and who was given the data.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberV2 {
    /// What the first one has.
    pub(crate) told: MemberV1,
    /// Sixteen random bytes, in no other row of the member.
    pub(crate) handle: [u8; 16],
    /// Who was given the member's data (DSR-07).
    pub(crate) recipients: Vec<String>,
}

impl MemberRow {
    /// As the newest spelling has it. A row of the first had no handle: it gets one that follows from the member's id, and
    /// keeps it when it is written again.
    pub(crate) fn newest(self, member: MemberId) -> MemberV2 {
        match self {
            Self::V2(row) => row,
            Self::V1(told) => {
                let hash = Sha256::digest([b"jifen handle".as_slice(), member.as_bytes()].concat());
                MemberV2 {
                    told,
                    handle: hash.first_chunk().copied().unwrap_or_default(),
                    recipients: Vec::new(),
                }
            }
        }
    }
}

/// The first spelling of who a member is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberV1 {
    /// Name and mobile number.
    pub(crate) profile: ProfileRow,
    /// What the PIN is held against.
    pub(crate) verifier: VerifierRow,
    /// The card's digits, for the member's own pages.
    pub(crate) card: CardDigits,
    /// The agreement that was accepted (MEM-03).
    pub(crate) agreement: AgreementAccepted,
    /// 18 or older, as the member said; no date of birth (MEM-04).
    pub(crate) age_attested: bool,
    /// Every answer about an optional purpose (CON-02).
    pub(crate) consents: Vec<ConsentEvent>,
    /// The language of the registration.
    pub(crate) language: Language,
    /// The kiosk of the registration.
    pub(crate) device: String,
    /// When.
    pub(crate) enrolled_at: Moment,
    /// Whether another member has the same phone: to be offered for merging, and shown to nobody at the kiosk.
    pub(crate) possible_duplicate: bool,
    /// The first log-in, which brought the gift.
    pub(crate) first_signed_in: Option<Moment>,
}

/// A member's postal address.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum PostalRow {
    V1(AddressRow),
}

/// A card's digits in a row: they print as nothing, and are wiped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct CardDigits(pub(crate) String);

impl core::fmt::Debug for CardDigits {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("CardDigits(..)")
    }
}

/// Attempts to sign in (MEM-08).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SignInRow {
    V1 {
        /// Attempts since the last success.
        failed: u32,
        /// On the wall: no attempt before it.
        wait_until: Moment,
        /// The UTC day of the latest attempt.
        day: i64,
        /// Attempts of that day since the last success.
        of_day: u32,
    },
}

impl SignInRow {
    /// Nobody has tried.
    pub(crate) const NONE: Self = Self::V1 {
        failed: 0,
        wait_until: Moment::EPOCH,
        day: 0,
        of_day: 0,
    };
}
