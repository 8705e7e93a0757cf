//! Backups and key escrow (privacy §4): two artefacts that never lie in one place. A data backup is kept in many
//! generations and says nothing without the keys; of the escrow there is one copy a bucket and destination, so that a key
//! that was destroyed is in none.
//!
//! Reading order: [`take`] makes a backup, [`manifest`] says what is in it, [`restore`] brings it back and [`drill`] tries
//! that every night; [`escrow`] is the other artefact. [`seal`] is the only place that knows `age`, [`place`] the only one
//! that puts files into folders.

pub(crate) mod seal;
pub(crate) mod place;
pub(crate) mod manifest;
pub(crate) mod take;
pub(crate) mod restore;
pub(crate) mod drill;
pub(crate) mod escrow;
pub(crate) mod places;
mod keybox;
