//! Reads a copy of the audit from end to end and says what is wrong with it, and where first. It trusts the key it is
//! given and the checkpoints that were kept elsewhere, and nothing in the folder.

mod fault;
mod leaves;
mod seals;

use std::path::Path;

use super::checkpoint::VerifierKey;
use super::copy::{CopyError, CopyFolder, KEY, Note};
use super::tree::Edge;

use leaves::Walk;
use seals::Seals;

pub use fault::{Fault, Found, Place, Remark, Worth, Wrong};

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many leaves are there.
    pub leaves: u64,
    /// How many checkpoints of the folder were looked at.
    pub checkpoints: u64,
    /// How many checkpoints from elsewhere were looked at.
    pub outside: u64,
    /// What is wrong: lines first, in their order, then checkpoints and what they show.
    pub faults: Vec<Fault>,
    /// What is worth saying.
    pub remarks: Vec<Remark>,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    fn wrong(&mut self, place: Place, what: Wrong) {
        self.faults.push(Found { what, place });
    }

    fn worth(&mut self, place: Place, what: Worth) {
        self.remarks.push(Found { what, place });
    }
}

/// Checks the copy in a folder. `key` is one that was kept elsewhere; without it the folder's own is used. `outside` are
/// checkpoints that left the machine: only they show that the end was cut off, or that all was written again.
///
/// Every line must be a leaf, and the leaves must count up from 0; every checkpoint must be signed and fit the tree at its
/// size; the epochs of a bucket go up; the journal rows follow each other, but for those that a restore names as lost.
pub fn check(
    folder: &Path,
    key: Option<&VerifierKey>,
    outside: &[Note],
) -> Result<Report, CopyError> {
    let folder = CopyFolder::new(folder);
    let mut report = Report::default();
    let key = key_for(&folder, key, &mut report)?;

    let segments = folder.segments()?;
    let mut seals = Seals::read(&folder, outside, key.as_ref(), &mut report)?;
    if segments.is_empty() && report.checkpoints == 0 && outside.is_empty() {
        return Err(CopyError::Missing(folder.path().display().to_string()));
    }
    let mut walk = Walk::default();
    seals.compare(&Edge::default());
    for segment in &segments {
        walk.segment(segment, &mut seals, &mut report)?;
    }
    report.leaves = walk.lines();
    seals.judge(walk.reach(), &mut report);
    if outside.is_empty() {
        report.worth(Place::Folder, Worth::NoneFromElsewhere);
    }
    Ok(report)
}

/// The key to check with, if there is one.
fn key_for(
    folder: &CopyFolder,
    given: Option<&VerifierKey>,
    report: &mut Report,
) -> Result<Option<VerifierKey>, CopyError> {
    let text = folder.key()?;
    let own = text.as_deref().map(VerifierKey::parse);
    match (given, own) {
        (Some(given), Some(own)) => {
            if own.as_ref() != Ok(given) {
                report.wrong(Place::Folder, Wrong::OtherKey);
            }
            Ok(Some(given.clone()))
        }
        (Some(given), None) => Ok(Some(given.clone())),
        (None, Some(Ok(own))) => {
            report.worth(Place::Folder, Worth::OwnKey);
            Ok(Some(own))
        }
        (None, Some(Err(error))) => {
            let file = KEY.to_owned();
            report.wrong(Place::Line { file, line: 1 }, Wrong::Checkpoint(error));
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
