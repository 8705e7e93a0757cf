//! Rows about the staff and about what they propose. A name is personal data of an employee: these rows are sealed under
//! the staff's key, and found by numbers and random ids alone.

use serde::{Deserialize, Serialize};

use crate::domain::time::{Day, Moment};
use crate::policy::access::{Degree, Role};
use crate::store::Table;
use crate::store::row::Sealed;
use crate::vault::pin::VerifierRow;
use crate::vault::totp::TotpSecret;

use super::SignInRow;

/// Random id → an account of the staff.
pub(crate) const STAFF: Sealed<StaffRow> = Sealed::new(Table::new("staff"));
/// 0 → the set-up code of a shop without an account; 1 → attempts under names that nobody has.
pub(crate) const STAFF_DOOR: Sealed<DoorRow> = Sealed::new(Table::new("staff_door"));
/// Sequence → a proposal, sealed under the staff's key.
pub(crate) const PROPOSALS: Sealed<ProposalRow> = Sealed::new(Table::new("proposals"));
/// The same sequence → what of it is about the member, sealed under the member's core key.
pub(crate) const PROPOSED: Sealed<ProposedRow> = Sealed::new(Table::new("proposed"));

/// The row of the set-up code.
pub(crate) const SET_UP: &[u8] = &[0];
/// The row of attempts under names that nobody has.
pub(crate) const STRANGERS: &[u8] = &[1];

/// An account of the staff.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum StaffRow {
    V1(StaffV1),
}

/// The first spelling of an account.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StaffV1 {
    /// What they sign in as: never given to another.
    pub(crate) name: String,
    /// What the person is called.
    pub(crate) display: String,
    /// The roles that were given and not taken back.
    pub(crate) grants: Vec<GrantV1>,
    /// Every breach that it was blocked for, the earliest first; it is blocked while the last one is not lifted.
    pub(crate) breaches: Vec<BreachV1>,
    /// What the password is held against.
    pub(crate) verifier: VerifierRow,
    /// When it was set.
    pub(crate) set_at: Moment,
    /// Whether it was drawn, and must be changed.
    pub(crate) must_change: bool,
    /// Those before it, the latest first: five at most (SEC-05).
    pub(crate) earlier: Vec<VerifierRow>,
    /// The secret of the authenticator.
    pub(crate) totp: TotpSecret,
    /// The last step of it that was used.
    pub(crate) last_step: Option<u64>,
    /// Attempts to sign in.
    pub(crate) attempts: SignInRow,
    /// Sessions of an earlier round have ended.
    pub(crate) round: u32,
    /// When it was added.
    pub(crate) added_at: Moment,
}

/// A role that was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GrantV1 {
    pub(crate) role: Role,
    pub(crate) from: Day,
    pub(crate) until: Option<Day>,
    pub(crate) store: Option<String>,
}

/// A breach (ACC-07).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BreachV1 {
    pub(crate) at: Moment,
    pub(crate) by: String,
    pub(crate) degree: Degree,
    pub(crate) reason: String,
    pub(crate) reference: String,
    pub(crate) lifted_at: Option<Moment>,
}

/// What stands at the door of the staff.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum DoorRow {
    /// The set-up code: its hash, until the first account is there.
    SetUp { hash: [u8; 32], made_at: Moment },
    /// Attempts under names that nobody has, by a hash of the name: they wait like others do.
    Strangers(Vec<([u8; 8], SignInRow)>),
}

/// A proposal.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ProposalRow {
    V1(ProposalV1),
}

/// The first spelling of a proposal. The member is named under the key of a day alone, as log-ins do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProposalV1 {
    /// Under which day's key the member is named.
    pub(crate) day: u32,
    /// The member, under that key.
    pub(crate) owner: Vec<u8>,
    /// The idempotency key of the command that it leads to: so that it is carried out once.
    pub(crate) uuid: [u8; 16],
    /// Who asks.
    pub(crate) by: String,
    /// The operation's word.
    pub(crate) operation: String,
    /// The fields' words.
    pub(crate) fields: Vec<String>,
    /// The cause's word.
    pub(crate) purpose: String,
    /// The request that it belongs to.
    pub(crate) ticket: Option<String>,
    /// When it was asked.
    pub(crate) made_at: Moment,
    /// What became of it.
    pub(crate) state: ProposalState,
}

/// What became of a proposal. Stored by its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ProposalState {
    /// It waits for a second person.
    Open,
    /// It needs none.
    Ready,
    /// Somebody approved it.
    Approved { by: String, at: Moment },
    /// Somebody declined it.
    Declined { by: String, at: Moment },
    /// It was carried out; by whose approval, where it needed one.
    Executed {
        by: String,
        at: Moment,
        approved_by: Option<String>,
    },
    /// Nobody approved it, or carried it out, in time.
    Lapsed { at: Moment },
}

/// What of a proposal is about the member.
#[derive(Serialize, Deserialize)]
pub(crate) enum ProposedRow {
    V1(ProposedV1),
}

impl core::fmt::Debug for ProposedRow {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("ProposedRow(..)")
    }
}

/// The first spelling of it.
#[derive(
    Clone, Default, PartialEq, Eq, Serialize, Deserialize, zeroize::Zeroize, zeroize::ZeroizeOnDrop,
)]
pub(crate) struct ProposedV1 {
    /// Why, in words.
    pub(crate) reason: String,
    /// Fields and what they are to become; emptied when it is over.
    pub(crate) values: Vec<(String, String)>,
    /// The same masked, before and after (QLT-06).
    pub(crate) masked: Vec<(String, String, String)>,
    /// Points of an adjustment, or those that are lost by a termination.
    pub(crate) points: i64,
}

impl core::fmt::Debug for ProposedV1 {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("ProposedV1(..)")
    }
}
