//! Requests about one's own data, complaints, enquiries and suggestions (DSR-04, DSR-08, SVC-01, RET-04). A member's is
//! sealed under the member's own key and goes with it; whoever did not sign in gets a reference, with which alone the
//! answer is read. Every step is an act with the request's number.
//!
//! Reading order: `place` is where the rows are, `open` begins a request, `step` takes it on to its end, `read` shows
//! it, `sweep` drops what is past its keeping.

mod place;
mod reference;
mod open;
mod read;
mod step;
mod sweep;

use crate::audit::Leaf;
use crate::domain::ids::MemberId;
use crate::domain::programme::Versions;
use crate::domain::time::{Day, Moment, Zone};
use crate::policy::calendar::Certainty;
use crate::policy::notice::Language;
use crate::policy::ticket::{StepError, TextError, TicketKind, TicketNo, TicketState, TicketText};

use super::audit::Actor;
use super::rows::TICKET_NUMBERS;
use super::rows::TicketNumberRow;
use crate::domain::refusal::Refusal;
use crate::store::{StoreError, WriteTx};

use super::keys::Keys;

pub(crate) use place::key_of;
pub use reference::Reference;
pub(crate) use sweep::{Ended, drop_ticket, ended_before};

/// What somebody asks or complains about. It is parsed here and nowhere else, and it prints nothing.
pub struct Told<'a> {
    /// What it is about.
    pub kind: TicketKind,
    /// The text, 1 to 2,000 characters.
    pub text: &'a str,
    /// The language to answer in.
    pub language: Language,
}

impl core::fmt::Debug for Told<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Told(..)")
    }
}

/// Who opens a request of a member, whose identity was verified either way (DSR-08).
#[derive(Clone, Copy, Debug)]
pub enum OpenedBy<'a> {
    /// The member, signed in at this kiosk or phone.
    Member {
        /// Where.
        device: &'a str,
    },
    /// Staff, for a member who stands at the desk.
    Staff(&'a Actor),
}

/// A request that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketOpened {
    /// Its number.
    pub number: TicketNo,
    /// On which day it is to be answered.
    pub due: Day,
    /// Whether the calendar of every day until then was known.
    pub certainty: Certainty,
}

/// A complaint that was taken from somebody who did not sign in.
#[derive(Debug)]
pub struct ComplaintOpened {
    /// Its number and its due day.
    pub ticket: TicketOpened,
    /// With which the answer is read. It is kept nowhere.
    pub reference: Reference,
}

/// A line of the list of requests: no person is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketListed {
    /// Its number.
    pub number: TicketNo,
    /// What it is about.
    pub kind: TicketKind,
    /// Where it stands.
    pub state: TicketState,
    /// Who has taken it on.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened_at: Moment,
    /// On which day it is to be answered.
    pub due: Day,
    /// Whether a year of the calendar was not known when that was counted.
    pub certainty: Certainty,
    /// Whether that day is over and nobody has answered.
    pub is_overdue: bool,
    /// Whether more than a working day is over and nobody has taken it on (SVC-01).
    pub is_escalated: bool,
    /// Whether it is a member's.
    pub is_members: bool,
}

/// A request with what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketShown {
    /// Its number.
    pub number: TicketNo,
    /// What it is about.
    pub kind: TicketKind,
    /// Where it stands.
    pub state: TicketState,
    /// Who has taken it on.
    pub owner: Option<String>,
    /// When it was opened.
    pub opened_at: Moment,
    /// On which day it is to be answered.
    pub due: Day,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// What was asked.
    pub text: TicketText,
    /// The answers, the earliest first.
    pub replies: Vec<Reply>,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// When.
    pub at: Moment,
    /// Who of the staff.
    pub by: String,
    /// What.
    pub text: TicketText,
}

/// A request as staff read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketForStaff {
    /// What everybody who may read it sees.
    pub shown: TicketShown,
    /// The language to answer in.
    pub language: Language,
    /// Whose it is; none where somebody did not sign in.
    pub member: Option<MemberId>,
    /// How to reach whoever did not sign in, if they said.
    pub contact: Option<TicketText>,
}

/// Where the shop's days begin.
fn zone(versions: &Versions, now: Moment) -> Zone {
    let programme = versions.at(now).or_else(|| versions.latest());
    programme.map_or(Zone::UTC, |programme| programme.zone)
}

/// A leaf that comes from the audit's copy names a request: its number is not given out again.
pub(crate) fn note_number(
    tx: &mut dyn WriteTx,
    keys: &Keys,
    leaf: &Leaf,
) -> Result<(), StoreError> {
    let number = leaf.ticket.as_ref().map(|text| text.parse::<TicketNo>());
    let Some(Ok(number)) = number else {
        return Ok(());
    };
    let key = number.year().to_be_bytes();
    let before = TICKET_NUMBERS.row(tx, keys.mac(), &key)?;
    let before = before.map_or(0, |TicketNumberRow::V1(place)| place);
    let row = TicketNumberRow::V1(before.max(number.place()));
    TICKET_NUMBERS.put(tx, keys.mac(), &key, &row)
}

impl From<StepError> for Refusal {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Closed => Self::TicketClosed,
            StepError::ReplyNeeded => Self::ReplyNeeded,
        }
    }
}

impl From<TextError> for Refusal {
    fn from(_: TextError) -> Self {
        Self::BadTicketText
    }
}
