//! Rows of requests and complaints. The index names no person; whose a request is stands under the desk's key, and what a
//! member wrote under the member's own.

use serde::{Deserialize, Serialize};

use crate::domain::ids::MemberId;
use crate::domain::time::{Day, Moment};
use crate::policy::notice::Language;
use crate::policy::ticket::{TicketKind, TicketState, TicketText};
use crate::store::Table;
use crate::store::row::{Plain, Sealed};

/// A request's number → where it stands.
pub(crate) const TICKETS: Plain<TicketRow> = Plain::new(Table::new("tickets"));
/// Year → the last place in it that was given out.
pub(crate) const TICKET_NUMBERS: Plain<TicketNumberRow> = Plain::new(Table::new("ticket_numbers"));
/// A request's number → whose it is, or what nobody's says, sealed under the desk's key.
pub(crate) const DESK_TICKETS: Sealed<DeskTicketRow> = Sealed::new(Table::new("desk_tickets"));
/// A request's number → what the member wrote and was answered, sealed under the member's core key.
pub(crate) const MEMBER_TICKETS: Sealed<MemberTicketRow> =
    Sealed::new(Table::new("member_tickets"));

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum TicketRow {
    V1(TicketV1),
}

/// The first spelling of where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TicketV1 {
    pub(crate) kind: TicketKind,
    pub(crate) state: TicketState,
    /// Who of the staff has taken it on.
    pub(crate) owner: Option<String>,
    pub(crate) opened_at: Moment,
    /// On which day it is to be answered.
    pub(crate) due: Day,
    /// Whether a year of the calendar was not known when that was counted.
    pub(crate) is_assumed: bool,
    pub(crate) ended_at: Option<Moment>,
    /// Whether it is a member's; else nobody's.
    pub(crate) is_members: bool,
}

/// The last place of a year that was given out.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum TicketNumberRow {
    V1(u32),
}

/// Whose a request is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DeskTicketRow {
    /// A member's: what it says is under the member's key.
    Member(MemberId),
    /// Nobody's: whoever has the reference may read it.
    NobodyV1(NobodyV1),
}

/// The first spelling of a request of somebody who did not sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NobodyV1 {
    /// The hash of number and reference.
    pub(crate) reference: [u8; 32],
    /// How to reach whoever wrote it, if they said.
    pub(crate) contact: Option<TicketText>,
    pub(crate) body: TicketBody,
}

/// What a member wrote and was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MemberTicketRow {
    V1 {
        /// The member's request before it.
        previous: Option<u64>,
        body: TicketBody,
    },
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TicketBody {
    /// The language to answer in.
    pub(crate) language: Language,
    /// The kiosk, phone or desk.
    pub(crate) device: String,
    pub(crate) text: TicketText,
    /// The earliest first.
    pub(crate) replies: Vec<TicketReply>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TicketReply {
    pub(crate) at: Moment,
    /// Who of the staff.
    pub(crate) by: String,
    pub(crate) text: TicketText,
}
