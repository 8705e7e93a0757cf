//! Requests about one's own data, complaints, enquiries and suggestions (DSR-04, DSR-08, SVC-01): what they are about,
//! where they stand, and how they are numbered. Who may read one is the engine's matter.

use core::fmt;
use core::str::FromStr;

use chrono::Datelike;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::domain::time::Day;

/// Within so many working days a request is answered (R40 一(五)).
pub const DUE_WORKING_DAYS: u32 = 15;
/// After so many working days a request that nobody took is escalated (SVC-01).
pub const TAKEN_WORKING_DAYS: u32 = 1;
/// The longest text of a request or a reply, in characters.
pub const TEXT_MAX: usize = 2_000;
/// The longest way to reach somebody, in characters.
pub const CONTACT_MAX: usize = 100;

/// What a request is about. Stored by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TicketKind {
    /// To see one's own data (查询).
    Query,
    /// To have it corrected (更正).
    Correct,
    /// To have it deleted (删除).
    Delete,
    /// To have its use frozen (限制处理).
    Restrict,
    /// To take a consent back (撤回同意).
    Withdraw,
    /// To get a copy of it (副本).
    Copy,
    /// A complaint (投诉).
    Complaint,
    /// A question (咨询).
    Enquiry,
    /// A suggestion (建议).
    Suggestion,
    /// A report that a rule is not kept (违规举报).
    Violation,
}

impl TicketKind {
    /// All of them, in their stable order.
    pub const ALL: [Self; 10] = [
        Self::Query,
        Self::Correct,
        Self::Delete,
        Self::Restrict,
        Self::Withdraw,
        Self::Copy,
        Self::Complaint,
        Self::Enquiry,
        Self::Suggestion,
        Self::Violation,
    ];

    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Correct => "correct",
            Self::Delete => "delete",
            Self::Restrict => "restrict",
            Self::Withdraw => "withdraw",
            Self::Copy => "copy",
            Self::Complaint => "complaint",
            Self::Enquiry => "enquiry",
            Self::Suggestion => "suggestion",
            Self::Violation => "violation",
        }
    }

    /// The kind with that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word for people, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Query => "查询",
            Self::Correct => "更正",
            Self::Delete => "删除",
            Self::Restrict => "限制处理",
            Self::Withdraw => "撤回同意",
            Self::Copy => "副本",
            Self::Complaint => "投诉",
            Self::Enquiry => "咨询",
            Self::Suggestion => "建议",
            Self::Violation => "违规举报",
        }
    }

    /// Whether it asks for a right that belongs to a member: nobody has it exercised without being known (DSR-08).
    pub const fn needs_a_member(self) -> bool {
        match self {
            Self::Query
            | Self::Correct
            | Self::Delete
            | Self::Restrict
            | Self::Withdraw
            | Self::Copy => true,
            Self::Complaint | Self::Enquiry | Self::Suggestion | Self::Violation => false,
        }
    }
}

/// Where a request stands. Stored by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TicketState {
    /// Nobody has answered.
    Open,
    /// Somebody has answered.
    Answered,
    /// It is over.
    Closed,
}

impl TicketState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Answered, Self::Closed];

    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The word for people, in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Open => "待答复",
            Self::Answered => "已答复",
            Self::Closed => "已办结",
        }
    }

    /// Somebody takes it on: where it stands then.
    ///
    /// # Errors
    /// [`StepError::Closed`].
    pub const fn take(self) -> Result<Self, StepError> {
        match self {
            Self::Open | Self::Answered => Ok(self),
            Self::Closed => Err(StepError::Closed),
        }
    }

    /// It is answered, for the first time or once more.
    ///
    /// # Errors
    /// [`StepError::Closed`].
    pub const fn answer(self) -> Result<Self, StepError> {
        match self {
            Self::Open | Self::Answered => Ok(Self::Answered),
            Self::Closed => Err(StepError::Closed),
        }
    }

    /// It is over, which it is not before somebody has answered: now, or at an earlier step.
    ///
    /// # Errors
    /// [`StepError::Closed`] and [`StepError::ReplyNeeded`].
    pub const fn close(self, with_reply: bool) -> Result<Self, StepError> {
        match self {
            Self::Open if !with_reply => Err(StepError::ReplyNeeded),
            Self::Open | Self::Answered => Ok(Self::Closed),
            Self::Closed => Err(StepError::Closed),
        }
    }
}

/// Why a request does not go a step further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// It is over.
    #[error("the request is closed")]
    Closed,
    /// Nobody has answered.
    #[error("a request is closed with a reply")]
    ReplyNeeded,
}

/// The number of a request: the year, and its place in the year from 1. Written `2026-000123`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketNo {
    year: u32,
    place: u32,
}

/// Not the number of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a number such as 2026-000123")]
pub struct TicketNoError;

impl TicketNo {
    /// The number of this place in the year of a day.
    pub fn new(day: Day, place: u32) -> Option<Self> {
        let year = u32::try_from(day.date().year()).ok()?;
        ((1..=9_999).contains(&year) && 0 < place).then_some(Self { year, place })
    }

    /// The year.
    pub const fn year(self) -> u32 {
        self.year
    }

    /// Its place in the year, from 1.
    pub const fn place(self) -> u32 {
        self.place
    }

    /// One number that sorts as they were given out: the form for rows and keys.
    pub fn whole(self) -> u64 {
        u64::from(self.year).wrapping_shl(32) | u64::from(self.place)
    }

    /// The number that this is the form of.
    pub fn of_whole(whole: u64) -> Option<Self> {
        let year = u32::try_from(whole.wrapping_shr(32)).ok()?;
        let place = u32::try_from(whole & u64::from(u32::MAX)).ok()?;
        ((1..=9_999).contains(&year) && 0 < place).then_some(Self { year, place })
    }
}

impl fmt::Display for TicketNo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:06}", self.year, self.place)
    }
}

impl FromStr for TicketNo {
    type Err = TicketNoError;

    /// Reads the one spelling.
    fn from_str(text: &str) -> Result<Self, TicketNoError> {
        let (year, place) = text.split_once('-').ok_or(TicketNoError)?;
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| TicketNoError);
        let read = Self {
            year: number(year)?,
            place: number(place)?,
        };
        // No sign, no zero too many or too few.
        let is_one = Self::of_whole(read.whole()).is_some() && read.to_string() == text;
        is_one.then_some(read).ok_or(TicketNoError)
    }
}

/// What somebody wrote, of a request or an answer: composed (NFC), without control characters but line feeds. It prints
/// as nothing, and is wiped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub struct TicketText(String);

/// Not a text of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a text of 1 to {TEXT_MAX} characters without control characters")]
pub struct TextError;

impl TicketText {
    /// Reads the text of a request or a reply: 1 to [`TEXT_MAX`] characters. Line ends of other systems become line feeds.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        Self::read(text, TEXT_MAX, true)
    }

    /// Reads a way to reach somebody: one line of 1 to [`CONTACT_MAX`] characters.
    pub fn contact(text: &str) -> Result<Self, TextError> {
        Self::read(text, CONTACT_MAX, false)
    }

    fn read(text: &str, most: usize, has_lines: bool) -> Result<Self, TextError> {
        // Longer than any text that is composed to what is allowed.
        if most.saturating_mul(16) < text.len() {
            return Err(TextError);
        }
        let mut composed = Self(String::with_capacity(text.len().saturating_mul(3)));
        let mut before = None;
        for found in text.trim().nfc() {
            match found {
                '\n' if before == Some('\r') => {}
                '\r' | '\n' if has_lines => composed.0.push('\n'),
                found if found.is_control() => return Err(TextError),
                found => composed.0.push(found),
            }
            before = Some(found);
        }
        let is_there = !composed.0.is_empty() && composed.0.chars().count() <= most;
        is_there.then_some(composed).ok_or(TextError)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TicketText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TicketText(..)")
    }
}

#[cfg(test)]
mod tests;
