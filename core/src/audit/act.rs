//! What a leaf says was done. An act is named by its word in the leaf; words are added, never changed.

use serde::{Deserialize, Serialize};

use crate::domain::time::Day;

use super::text::{Handle, Hex32, Text};

/// What was done (privacy §7). Written as `"act":"erased","data":{…}`; an act without data has no `data`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", content = "data", rename_all = "snake_case")]
pub enum Act {
    /// A person became a member.
    Joined,
    /// The login records of one day, which stand in rows under that day's key.
    Logins {
        /// The shop's local day.
        #[serde(with = "day")]
        day: Day,
        /// How many.
        rows: u64,
        /// Over them, as they are stored.
        hash: Hex32,
    },
    /// A member's data was changed.
    Corrected {
        /// The key groups that it stands in.
        groups: Vec<Text>,
    },
    /// A postal address was given or changed.
    AddressSet,
    /// A member agreed to a purpose.
    ConsentGiven {
        /// To which.
        purpose: Text,
    },
    /// A member took the yes back.
    ConsentWithdrawn {
        /// For which purpose.
        purpose: Text,
    },
    /// Keys of a member were destroyed, and with them what they seal (privacy §3).
    Erased {
        /// The keybox bucket that was written without them.
        bucket: u8,
        /// The bucket's epoch since then.
        epoch: u64,
        /// The key groups that are gone.
        groups: Vec<Text>,
    },
    /// A keybox bucket came under a new key without an erasure.
    Rotated {
        /// Which bucket.
        bucket: u8,
        /// Its epoch since then.
        epoch: u64,
    },
    /// Movements were posted: sales and the like have no leaf of their own.
    Journal {
        /// The first journal row.
        from: u64,
        /// The last journal row, itself included.
        to: u64,
        /// How many rows stand there.
        rows: u64,
        /// Over them, as they are stored.
        hash: Hex32,
    },
    /// The store was restored from a backup; the journal rows after it are lost (privacy §4).
    Restored {
        /// Which backup.
        backup: Text,
        /// The first journal row that is lost. Where none is, one above `journal_to`.
        journal_from: u64,
        /// The last journal row that is lost, itself included: the journal goes on above it.
        journal_to: u64,
    },
    /// A data backup was written.
    BackedUp {
        /// Which one.
        backup: Text,
        /// Its rows.
        rows: u64,
        /// Of its manifest.
        hash: Hex32,
    },
    /// A backup was restored into a temporary folder and compared.
    Drilled {
        /// Which one.
        backup: Text,
        /// How much was not as expected: 0 is well.
        differences: u64,
    },
    /// A terminal was let in.
    TerminalAdded {
        /// Its name.
        terminal: Text,
    },
    /// A terminal was shut out.
    TerminalRevoked {
        /// Its name.
        terminal: Text,
    },
    /// A programme version came into force.
    ProgrammeActivated {
        /// Of the programme file's text.
        hash: Hex32,
    },
    /// A privacy notice was published.
    NoticePublished {
        /// Its version.
        version: Text,
        /// Of its exact text.
        hash: Hex32,
    },
    /// Staff gave points, or took some.
    Adjusted {
        /// How many; below 0 they were taken.
        points: i64,
    },
    /// A member's standing was changed by the shop.
    Sanctioned {
        /// To what.
        state: Text,
    },
    /// An operator confirmed that the clock is right.
    ClockConfirmed,
    /// Personal data was handed to someone.
    Disclosed {
        /// To whom.
        recipient: Text,
    },
    /// Secret and alias of a member's live codes were drawn, for the first time or anew.
    LiveCodeSet,
    /// A member agreed to be known in a sector from sale to sale.
    SectorJoined {
        /// Which.
        sector: u16,
    },
    /// A member took that back; the token stands for nobody.
    SectorLeft {
        /// Which.
        sector: u16,
    },
    /// A terminal was let in as one of a sector.
    SectorDeclared {
        /// Its name.
        terminal: Text,
        /// Which sector.
        sector: u16,
    },
    /// A member chose another PIN.
    PinChanged,
    /// A secret was handed out that sets a new PIN once.
    PinResetIssued,
    /// A PIN was set by such a secret.
    PinReset,
    /// A member got another card, and the one before stands for nobody any more.
    CardReissued,
    /// A member's phone was verified.
    PhoneVerified {
        /// `code` or `staff`.
        how: Text,
    },
    /// A request or a complaint was opened.
    TicketOpened {
        /// What it is about.
        kind: Text,
    },
    /// Somebody of the staff took it on.
    TicketTaken,
    /// Somebody of the staff read it.
    TicketRead,
    /// It was answered.
    TicketAnswered,
    /// It was closed.
    TicketClosed,
    /// It was past its keeping and dropped (RET-04).
    TicketDropped,
    /// A member said no to a purpose without having said yes before.
    ConsentRefused {
        /// To which.
        purpose: Text,
    },
    /// Data was to be used for a purpose that the member does not agree to, and was not (CON-06).
    UseRefused {
        /// For which.
        purpose: Text,
    },
    /// A member froze the use of their data (DSR-05).
    UseRestricted,
    /// A member lifted that.
    RestrictionLifted,
    /// A member said that their data is still right (QLT-04).
    DataConfirmed,
    /// A member took a copy of their data along (DSR-06).
    CopyTaken {
        /// In which form.
        form: Text,
    },
    /// Records whose time was over were destroyed (RET-01).
    Destroyed {
        /// Of which kind.
        kind: Text,
        /// How many.
        count: u64,
    },
    /// A member was told that the record will be erased, because nothing was bought for so long (RET-03).
    Warned,
    /// An identity document was shown.
    IdentityChecked {
        /// Whether its number is kept until the operation ends (RET-05).
        number_kept: bool,
    },
    /// The number of an identity document was masked (RET-05).
    IdentityMasked,
    /// A set-up code was given out, with which the first account of the staff is made.
    SetUpIssued,
    /// An account of the staff was added (ACC-01).
    StaffAdded {
        /// Its name.
        account: Text,
    },
    /// A role was given to somebody (ACC-02).
    StaffGranted {
        /// To whom.
        account: Text,
        /// Which.
        role: Text,
        /// Until when, where that is said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Text>,
    },
    /// A role was taken from somebody.
    StaffRevoked {
        /// From whom.
        account: Text,
        /// Which.
        role: Text,
    },
    /// An account was blocked (ACC-07).
    StaffBlocked {
        /// Whose.
        account: Text,
        /// How grave it is.
        degree: Text,
        /// Where it is written down.
        reference: Text,
    },
    /// An account can be used again.
    StaffUnblocked {
        /// Whose.
        account: Text,
    },
    /// A password was set: by its owner, or drawn for them (SEC-05).
    StaffPassword {
        /// Whose.
        account: Text,
        /// Whether it was drawn.
        drawn: bool,
    },
    /// Staff searched for a member, and saw so many, masked.
    Searched {
        /// How many.
        found: u64,
    },
    /// Staff read fields of a member.
    Looked,
    /// Staff asked for an operation that another has to approve (ACC-04).
    Proposed {
        /// Which operation.
        operation: Text,
        /// The proposal's number.
        proposal: u64,
    },
    /// Another person approved it, or declined it.
    Decided {
        /// Which operation.
        operation: Text,
        /// The proposal's number.
        proposal: u64,
        /// Whether it was approved.
        approved: bool,
    },
    /// Nobody did in time.
    ProposalLapsed {
        /// Which operation.
        operation: Text,
        /// The proposal's number.
        proposal: u64,
    },
    /// Another record of the same person was added to the subject's.
    Merged {
        /// Its handle.
        other: Handle,
    },
    /// A merge was undone: there are two records again.
    Unmerged {
        /// The handle of the one that had been added.
        other: Handle,
    },
    /// Somebody of the staff had the sweep run before the night (RET-01).
    SweepRun,
}

impl Act {
    /// The last journal row that it names, bound or lost: the next one is after it.
    pub const fn journal_to(&self) -> Option<u64> {
        if let Self::Journal { to, .. } | Self::Restored { journal_to: to, .. } = self {
            Some(*to)
        } else {
            None
        }
    }

    /// The bucket of keys that was written anew, and its epoch since then.
    pub const fn epoch(&self) -> Option<(u8, u64)> {
        if let Self::Erased { bucket, epoch, .. } | Self::Rotated { bucket, epoch } = self {
            Some((*bucket, *epoch))
        } else {
            None
        }
    }
}

/// A day as its date, `2017-01-31`: in rows it is a number, but this is for people too.
mod day {
    use core::fmt::Display;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::time::Day;

    pub(super) fn serialize<D: Display, S: Serializer>(day: &D, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(day)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Day, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Day::new).map_err(D::Error::custom)
    }
}
