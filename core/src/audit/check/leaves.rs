//! The leaves, one after the other: each a leaf, none missing, epochs that go up, journal rows that follow each other.

use std::collections::BTreeMap;

use crate::domain::time::Moment;

use super::super::act::Act;
use super::super::copy::{CopyError, RawLine, Segment};
use super::super::leaf::{Leaf, LeafError};
use super::super::tree::{Edge, leaf_hash};
use super::seals::Seals;
use super::{Place, Report, Worth, Wrong};

/// What is known of the leaves that were passed.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The tree over the lines, as they stand.
    edge: Edge,
    /// The number that the next leaf must have.
    next: u64,
    /// One above the highest number that was seen.
    reach: u64,
    time: Option<Moment>,
    epochs: BTreeMap<u8, u64>,
    journal: Option<u64>,
}

impl Walk {
    /// How many lines there were.
    pub(super) const fn lines(&self) -> u64 {
        self.edge.size()
    }

    /// One above the highest leaf, even where others are missing below it.
    pub(super) const fn reach(&self) -> u64 {
        self.reach
    }

    /// Passes the lines of a file.
    pub(super) fn segment(
        &mut self,
        segment: &Segment,
        seals: &mut Seals,
        report: &mut Report,
    ) -> Result<(), CopyError> {
        for (line, number) in segment.lines()?.zip(1..) {
            let line = line?;
            let place = Place::Line {
                file: segment.name.clone(),
                line: number,
            };
            if !line.is_whole {
                report.worth(place, Worth::Torn);
                break;
            }
            let seq = self.line(&line, &place, report);
            if number == 1 && seq.is_some_and(|seq| seq != segment.first) {
                report.wrong(place, Wrong::Misnamed);
            }
            seals.compare(&self.edge);
        }
        Ok(())
    }

    /// Passes a line. Its number, if it is a leaf.
    fn line(&mut self, line: &RawLine, place: &Place, report: &mut Report) -> Option<u64> {
        self.edge.push(leaf_hash(&line.bytes));
        let leaf = core::str::from_utf8(&line.bytes)
            .map_err(|error| LeafError::Unreadable(error.to_string()))
            .and_then(Leaf::parse);
        let seq = match &leaf {
            Ok(leaf) => leaf.seq,
            // What cannot be read is taken for the one that belongs there.
            Err(_) => self.next,
        };
        if self.next < seq {
            let (from, to) = (self.next, seq.saturating_sub(1));
            report.wrong(place.clone(), Wrong::Missing { from, to });
        }
        if seq < self.next {
            let (found, expected) = (seq, self.next);
            report.wrong(place.clone(), Wrong::OutOfPlace { found, expected });
        }
        self.next = seq.saturating_add(1);
        self.reach = self.reach.max(self.next);
        match leaf {
            Ok(leaf) => {
                self.time(leaf.time, place, report);
                self.act(&leaf.act, place, report);
                Some(seq)
            }
            Err(error) => {
                report.wrong(place.clone(), Wrong::Leaf(error));
                None
            }
        }
    }

    fn time(&mut self, time: Moment, place: &Place, report: &mut Report) {
        if let Some(before) = self.time.filter(|before| time < *before) {
            report.worth(place.clone(), Worth::TimeWentBack { time, before });
        }
        self.time = Some(time);
    }

    fn act(&mut self, act: &Act, place: &Place, report: &mut Report) {
        match act {
            Act::Erased { bucket, epoch, .. } | Act::Rotated { bucket, epoch } => {
                self.epoch(*bucket, *epoch, place, report);
            }
            Act::Journal { from, to, .. } => self.rows(*from, *to, place, report),
            Act::Restored {
                journal_from,
                journal_to,
                ..
            } => {
                // The lost rows had leaves, or they were lost together with them: either way the journal goes on above.
                if let Some(before) = self.journal {
                    hole(before, *journal_from, place, report);
                    self.journal = Some(before.max(*journal_to));
                } else {
                    self.journal = Some(*journal_to);
                }
            }
            Act::Joined
            | Act::Logins { .. }
            | Act::Corrected { .. }
            | Act::AddressSet
            | Act::ConsentGiven { .. }
            | Act::ConsentWithdrawn { .. }
            | Act::BackedUp { .. }
            | Act::Drilled { .. }
            | Act::TerminalAdded { .. }
            | Act::LiveCodeSet
            | Act::SectorJoined { .. }
            | Act::SectorLeft { .. }
            | Act::SectorDeclared { .. }
            | Act::TerminalRevoked { .. }
            | Act::ProgrammeActivated { .. }
            | Act::NoticePublished { .. }
            | Act::Adjusted { .. }
            | Act::Sanctioned { .. }
            | Act::ClockConfirmed
            | Act::Disclosed { .. }
            | Act::PinChanged
            | Act::PinResetIssued
            | Act::PinReset
            | Act::CardReissued
            | Act::PhoneVerified { .. }
            | Act::TicketOpened { .. }
            | Act::TicketTaken
            | Act::TicketRead
            | Act::TicketAnswered
            | Act::TicketClosed
            | Act::TicketDropped
            | Act::ConsentRefused { .. }
            | Act::UseRefused { .. }
            | Act::UseRestricted
            | Act::RestrictionLifted
            | Act::DataConfirmed
            | Act::CopyTaken { .. }
            | Act::Destroyed { .. }
            | Act::Warned
            | Act::IdentityChecked { .. }
            | Act::IdentityMasked
            | Act::SetUpIssued
            | Act::StaffAdded { .. }
            | Act::StaffGranted { .. }
            | Act::StaffRevoked { .. }
            | Act::StaffBlocked { .. }
            | Act::StaffUnblocked { .. }
            | Act::StaffPassword { .. }
            | Act::Searched { .. }
            | Act::Looked
            | Act::Proposed { .. }
            | Act::Decided { .. }
            | Act::ProposalLapsed { .. }
            | Act::Merged { .. }
            | Act::Unmerged { .. }
            | Act::SweepRun => {}
        }
    }

    fn epoch(&mut self, bucket: u8, epoch: u64, place: &Place, report: &mut Report) {
        let before = self.epochs.get(&bucket).copied();
        if let Some(before) = before.filter(|before| epoch <= *before) {
            let what = Wrong::Epoch {
                bucket,
                epoch,
                before,
            };
            report.wrong(place.clone(), what);
            return;
        }
        self.epochs.insert(bucket, epoch);
    }

    fn rows(&mut self, from: u64, to: u64, place: &Place, report: &mut Report) {
        let before = self.journal;
        if to < from || before.is_some_and(|before| from <= before) {
            let before = before.unwrap_or(0);
            report.wrong(place.clone(), Wrong::JournalOverlap { from, to, before });
        } else if let Some(before) = before {
            hole(before, from, place, report);
        }
        self.journal = Some(before.map_or(to, |before| before.max(to)));
    }
}

/// Says which rows are missing between one and the next.
fn hole(before: u64, next: u64, place: &Place, report: &mut Report) {
    let expected = before.saturating_add(1);
    if expected < next {
        let (from, to) = (expected, next.saturating_sub(1));
        report.wrong(place.clone(), Wrong::JournalHole { from, to });
    }
}
