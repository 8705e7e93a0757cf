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
#[expect(
    clippy::large_enum_variant,
    reason = "rows are read one at a time, and nearly all are of the newest spelling"
)]
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum MemberRow {
    V1(MemberV1),
    V2(MemberV2),
    V3(MemberV3),
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

/// The third: with what became of the record since.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct MemberV3 {
    /// What the first one has.
    pub(crate) told: MemberV1,
    /// Sixteen random bytes, in no other row of the member.
    pub(crate) handle: [u8; 16],
    /// Who was given the member's data (DSR-07).
    pub(crate) recipients: Vec<String>,
    /// Where the record came from (COL-06).
    pub(crate) source: Source,
    /// When and how the phone was verified; none while it is a claim (privacy §6).
    pub(crate) verified: Option<Verified>,
    /// Since when the member has frozen its use (DSR-05).
    pub(crate) restricted_since: Option<Moment>,
    /// When the member last said that it is right: at the latest when it was written (QLT-04).
    pub(crate) confirmed_at: Moment,
    /// When the PIN was set (SEC-05).
    pub(crate) pin_set_at: Moment,
    /// A secret that sets a new PIN once (MEM-08).
    pub(crate) reset: Option<Reset>,
    /// Whether it was merged with another record of the same person (semantics 17).
    pub(crate) merged: Merged,
    /// When the member was told that it will be erased because nothing was bought for so long (RET-03).
    pub(crate) warned_at: Option<Moment>,
    /// The newest of the looks that staff took at it.
    pub(crate) last_look: Option<u64>,
    /// The newest of the member's requests and complaints.
    pub(crate) last_ticket: Option<u64>,
    /// An identity document that was shown (X-03, RET-05).
    pub(crate) identity: Option<Identity>,
}

/// Where a record came from (COL-06). Stored by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Source {
    Kiosk,
    Desk,
}

/// When and how a phone was verified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Verified {
    pub(crate) at: Moment,
    pub(crate) how: VerifiedHow,
}

/// How a phone was verified. Stored by its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum VerifiedHow {
    /// By a code that was sent to it.
    Code,
    /// By somebody of the staff, named.
    Staff(String),
}

/// A secret that sets a new PIN once: its hash, and until when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reset {
    pub(crate) hash: [u8; 32],
    pub(crate) until: Moment,
    /// How often a wrong one was tried.
    pub(crate) failed: u8,
}

/// What a record has to do with another record of the same person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Merged {
    /// Nothing.
    #[default]
    No,
    /// It lives on in that member's record.
    Into(MemberId),
    /// These live on in it.
    Of(Vec<MemberId>),
}

/// An identity document that was shown: who looked at it and when, and, for as long as an operation needs it, its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) checked_by: String,
    pub(crate) checked_at: Moment,
    /// Its first six and last four characters (RET-05).
    pub(crate) masked: Option<String>,
    /// The number, until the operation ends: 30 days at most.
    pub(crate) number: Option<IdentityNumber>,
}

/// An identity number in a row: it prints as nothing, and is wiped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct IdentityNumber(pub(crate) String);

impl core::fmt::Debug for IdentityNumber {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("IdentityNumber(..)")
    }
}

impl MemberRow {
    /// As the newest spelling has it. A row of the first had no handle: it gets one that follows from the member's id, and
    /// keeps it when it is written again.
    pub(crate) fn newest(self, member: MemberId) -> MemberV3 {
        let (told, handle, recipients) = match self {
            Self::V3(row) => return row,
            Self::V2(MemberV2 {
                told,
                handle,
                recipients,
            }) => (told, handle, recipients),
            Self::V1(told) => {
                let hash = Sha256::digest([b"jifen handle".as_slice(), member.as_bytes()].concat());
                let handle = hash.first_chunk().copied().unwrap_or_default();
                (told, handle, Vec::new())
            }
        };
        MemberV3::new(told, handle, recipients)
    }
}

impl MemberV3 {
    /// A record that nothing has become of yet.
    pub(crate) fn new(told: MemberV1, handle: [u8; 16], recipients: Vec<String>) -> Self {
        let at = told.enrolled_at;
        Self {
            told,
            handle,
            recipients,
            source: Source::Kiosk,
            verified: None,
            restricted_since: None,
            confirmed_at: at,
            pin_set_at: at,
            reset: None,
            merged: Merged::No,
            warned_at: None,
            last_look: None,
            last_ticket: None,
            identity: None,
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
