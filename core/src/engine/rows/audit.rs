//! Rows of the audit, of erasures and of log-ins: what stays of a member is in none of them.

use serde::{Deserialize, Serialize};

use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::domain::time::Moment;
use crate::store::Table;
use crate::store::row::Plain;

/// Sequence of an act → its draft, and from the end of its batch on the place of its leaf.
pub(crate) const ACTS: Plain<ActRow> = Plain::new(Table::new("acts"));
/// Place in the audit → the leaf.
pub(crate) const LEAVES: Plain<LeafRow> = Plain::new(Table::new("leaves"));
/// Level and place in the audit's tree → the hash of that whole subtree.
pub(crate) const NODES: Plain<NodeRow> = Plain::new(Table::new("nodes"));
/// How many leaves there are.
pub(crate) const TREE: Plain<TreeRow> = Plain::new(Table::new("tree"));
/// Bucket → the newest epoch of its key that the audit names.
pub(crate) const EPOCHS: Plain<EpochRow> = Plain::new(Table::new("epochs"));
/// The request's key → an erasure that has begun and must be finished.
pub(crate) const INTENTS: Plain<IntentRow> = Plain::new(Table::new("intents"));
/// The request's key → an erasure that was done: readable without any member's key.
pub(crate) const ERASURES: Plain<ErasureRow> = Plain::new(Table::new("erasures"));
/// Bucket and destination → a copy of keys that still has to be replaced.
pub(crate) const OWED: Plain<OwedRow> = Plain::new(Table::new("owed"));
/// Day and sequence → an attempt to sign in, or a success.
pub(crate) const LOGINS: Plain<LoginRow> = Plain::new(Table::new("logins"));
/// Day → how many log-ins it had and their hash, once the day is over.
pub(crate) const LOGIN_DAYS: Plain<LoginDayRow> = Plain::new(Table::new("login_days"));
/// An act: as the command noted it, and then where its leaf is.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ActRow {
    /// The leaf but for its place.
    Draft(String),
    /// The place.
    Leaf(u64),
}

/// A leaf, as one line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum LeafRow {
    V1(String),
}

/// The hash of a whole subtree.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum NodeRow {
    V1([u8; 32]),
}

/// The tree.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum TreeRow {
    V1 {
        size: u64,
        /// The last number of a journal row that a leaf names: the next batch's range begins after it.
        journal_to: u64,
    },
}

/// The newest epoch of a bucket.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum EpochRow {
    V1(u64),
}

/// An erasure on its way (privacy §3): its rows are gone, its keys may not be yet. Nothing of the member is in it but ids
/// that lead nowhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum IntentRow {
    V1 {
        /// Whose keys go.
        member: MemberId,
        /// What the erasure will have come to.
        erasure: ErasureV1,
    },
}

/// An erasure that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ErasureRow {
    V1 {
        erasure: ErasureV1,
        /// The bucket whose key was destroyed, and the epoch of the one that took its place.
        bucket: u8,
        epoch: u64,
        /// The act in the audit.
        act: u64,
    },
}

/// What an erasure came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErasureV1 {
    /// When it began.
    pub(crate) at: Moment,
    /// Who asked for it, in which role, at which device.
    pub(crate) by: (String, ByRole, String),
    /// The member's handle in the audit.
    pub(crate) handle: [u8; 16],
    /// The groups of keys that were destroyed.
    pub(crate) groups: Vec<KeyGroup>,
    /// Points that were lost.
    pub(crate) forfeited: Points,
    /// Debt that the shop bears.
    pub(crate) released: Points,
    /// Who was given the member's data before (DSR-07).
    pub(crate) recipients: Vec<String>,
}

impl ErasureV1 {
    /// Whether the member goes; else only the key of one group.
    pub(crate) fn is_whole(&self) -> bool {
        self.groups.contains(&KeyGroup::Core)
    }
}

/// Whose wish an erasure was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ByRole {
    Member,
    Operator,
    /// Somebody of the staff, named, with the approval that privacy §6 asks for.
    Staff,
    /// The program: the time for which data is kept is over.
    Program,
}

/// A group of a member's keys (privacy §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeyGroup {
    /// Who the member is.
    Core,
    /// The address.
    Postal,
    /// The account and all that happened to it.
    History,
}

/// A copy of a bucket's keys that is older than an erasure in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum OwedRow {
    V1 {
        /// The copy must be of this epoch or a later one.
        epoch: u64,
        /// Since when.
        since: Moment,
    },
}

/// An attempt to sign in, or a success.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum LoginRow {
    V1 {
        at: Moment,
        device: String,
        success: bool,
        /// Whose it was, under the day's key.
        owner: Vec<u8>,
    },
}

/// A day's log-ins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum LoginDayRow {
    V1 { rows: u64, hash: [u8; 32] },
}
