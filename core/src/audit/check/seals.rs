//! The checkpoints, the folder's and those from elsewhere, against the tree over the lines that stand there.

use core::cmp::Ordering;

use super::super::checkpoint::{Checkpoint, VerifierKey};
use super::super::copy::{CopyError, CopyFolder, Note};
use super::super::tree::{Edge, Hash};
use super::{Place, Report, Worth, Wrong};

/// A checkpoint whose signature is right.
#[derive(Debug)]
struct Seal {
    size: u64,
    root: Hash,
    source: Source,
    file: String,
    number: u64,
    fits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Folder,
    Elsewhere,
}

/// All of them, by their size.
#[derive(Debug)]
pub(super) struct Seals {
    seals: Vec<Seal>,
    /// How many were compared with the tree.
    compared: usize,
}

impl Seals {
    /// Reads them all. Those that are no checkpoints of this key are told, and left out.
    pub(super) fn read(
        folder: &CopyFolder,
        outside: &[Note],
        key: Option<&VerifierKey>,
        report: &mut Report,
    ) -> Result<Self, CopyError> {
        let mut seals = Vec::new();
        let mut lacks_a_key = false;
        let mut take = |note: &Note, source: Source, report: &mut Report| {
            let place = Place::Checkpoint {
                file: note.file.clone(),
                number: note.number,
            };
            if !note.is_whole {
                report.worth(place, Worth::Torn);
                return;
            }
            let count = match source {
                Source::Folder => &mut report.checkpoints,
                Source::Elsewhere => &mut report.outside,
            };
            *count = count.saturating_add(1);
            match key.map(|key| key.open(&note.text)) {
                Some(Ok(Checkpoint { size, root, .. })) => seals.push(Seal {
                    size,
                    root,
                    source,
                    file: note.file.clone(),
                    number: note.number,
                    fits: false,
                }),
                Some(Err(error)) => report.wrong(place, Wrong::Checkpoint(error)),
                None => lacks_a_key = true,
            }
        };
        for note in folder.notes()? {
            take(&note?, Source::Folder, report);
        }
        for note in outside {
            take(note, Source::Elsewhere, report);
        }
        if lacks_a_key {
            report.wrong(Place::Folder, Wrong::NoKey);
        }
        seals.sort_by_key(|seal| seal.size);
        Ok(Self { seals, compared: 0 })
    }

    /// Compares those that were signed for just as many leaves as the tree has now.
    pub(super) fn compare(&mut self, edge: &Edge) {
        let mut root = None;
        while let Some(seal) = self.seals.get_mut(self.compared) {
            match seal.size.cmp(&edge.size()) {
                Ordering::Greater => return,
                Ordering::Equal => {
                    seal.fits = seal.root == *root.get_or_insert_with(|| edge.root());
                }
                Ordering::Less => {}
            }
            self.compared = self.compared.saturating_add(1);
        }
    }

    /// Says what those that do not fit show, when the leaves reach so far.
    ///
    /// A changed leaf changes every later root. So what was changed lies between the last checkpoint that fits and the
    /// first one that does not; and one that does not fit below one that does was signed for other leaves.
    pub(super) fn judge(&self, reach: u64, report: &mut Report) {
        let sealed = self
            .seals
            .iter()
            .filter(|seal| seal.fits)
            .map(|seal| seal.size)
            .max();
        let sealed = sealed.unwrap_or(0);
        let mut is_changed = false;
        for seal in self.seals.iter().filter(|seal| !seal.fits) {
            let to = seal.size.saturating_sub(1);
            if reach < seal.size {
                continue;
            }
            if seal.size <= sealed {
                let from = self.last_fit(seal);
                let size = seal.size;
                report.wrong(
                    Place::Leaves {
                        from,
                        to: to.max(from),
                    },
                    Wrong::Rewritten { size },
                );
            } else if !is_changed {
                is_changed = true;
                let size = seal.size;
                report.wrong(Place::Leaves { from: sealed, to }, Wrong::Changed { size });
            }
        }
        // The one that knows most says how much is missing.
        let longest = self.seals.last().filter(|seal| reach < seal.size);
        if let Some(Seal {
            size, file, number, ..
        }) = longest
        {
            let place = Place::Checkpoint {
                file: file.clone(),
                number: *number,
            };
            let (size, leaves) = (*size, reach);
            report.wrong(place, Wrong::Truncated { size, leaves });
        }
        let signed = self.seals.last().map_or(0, |seal| seal.size);
        if signed < reach {
            let (from, to) = (signed, reach.saturating_sub(1));
            report.worth(Place::Leaves { from, to }, Worth::NotSealed);
        }
    }

    /// Where the leaves begin that this checkpoint may have been signed otherwise for: behind the last one from the same
    /// place that fits.
    fn last_fit(&self, seal: &Seal) -> u64 {
        let earlier = self
            .seals
            .iter()
            .filter(|other| other.fits && other.source == seal.source && other.size < seal.size);
        earlier.map(|other| other.size).max().unwrap_or(0)
    }
}
