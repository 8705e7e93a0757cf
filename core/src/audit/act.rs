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
