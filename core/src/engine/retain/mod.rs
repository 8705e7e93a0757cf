//! The sweep of what is kept no longer (到期清理, RET-01): each kind of record goes on its day, and not a day before. Every
//! step says what it would destroy, and a run does just that, some rows a transaction; what is destroyed is counted in the
//! same transaction, so a run that is cut off has its counts and the next one goes on.
//!
//! Reading order: [`Engine::retain`] is the whole story, `account` what goes of one account, `loose` what hangs on no
//! chain, `journal`, `members`, and `days` for the keys.

mod account;
mod days;
mod journal;
mod loose;
mod members;
mod record;

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use crate::domain::programme::{Versions, Window};
use crate::domain::refusal::Refusal;
use crate::domain::time::{Day, MILLIS_A_DAY, Moment, Zone};
use crate::ledger::merge::UNDO_DAYS;
use crate::policy::retention::{Figure, RecordKind, RetentionPolicy, last_day_over};
use crate::store::{Home, StoreError, Verdict};

use super::Engine;
use super::rows::{
    ANSWERS_FROM, DESTRUCTIONS, DestructionRow, KEPT_FROM, KeptFromRow, SALES_FROM, SWEPT_ON,
};
use super::work::{Stop, View, Work};

pub(crate) use journal::carried;
pub use members::Warned;
pub(crate) use members::planned_erasure;
pub(crate) use record::book;

/// How many rows one transaction deletes, or a few more: tills never wait long for it.
const AT_ONCE: usize = 500;

/// How much of one kind is gone, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// How many records.
    pub count: u64,
    /// The day of the oldest.
    pub oldest: Day,
    /// The day of the youngest.
    pub youngest: Day,
}

/// What a sweep destroyed, or would destroy, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destruction {
    /// Kinds of which nothing is gone are left out.
    pub gone: BTreeMap<RecordKind, Destroyed>,
}

impl Destruction {
    /// How many of a kind are gone.
    pub fn count(&self, kind: RecordKind) -> u64 {
        self.gone.get(&kind).map_or(0, |gone| gone.count)
    }

    /// Whether nothing is gone.
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
    }

    pub(crate) fn add(&mut self, kind: RecordKind, day: Day) {
        let one = Destroyed {
            count: 1,
            oldest: day,
            youngest: day,
        };
        self.join(kind, one);
    }

    fn join(&mut self, kind: RecordKind, more: Destroyed) {
        self.gone
            .entry(kind)
            .and_modify(|gone| {
                gone.count = gone.count.saturating_add(more.count);
                gone.oldest = gone.oldest.min(more.oldest);
                gone.youngest = gone.youngest.max(more.youngest);
            })
            .or_insert(more);
    }

    fn merge(&mut self, other: &Self) {
        for (kind, gone) in &other.gone {
            self.join(*kind, *gone);
        }
    }
}

/// A run that destroyed something, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestructionRecord {
    /// When it destroyed the first record.
    pub begun: Moment,
    /// When it came to its end; none while it goes on, or was cut off.
    pub ended: Option<Moment>,
    /// What is gone.
    pub destruction: Destruction,
}

/// Up to when records are over.
#[derive(Clone, Copy, Debug)]
struct Cut {
    policy: RetentionPolicy,
    now: Moment,
    zone: Zone,
    /// The local day.
    today: Day,
    /// Sales and entries of this local day and before are over.
    sales: Option<Day>,
    /// Rows of the journal likewise.
    journal: Option<Day>,
    /// Answers of UTC days before this one are over.
    answers: u32,
    /// Whether no window looks at a day of spend that is over.
    prunes_spend: bool,
}

impl Cut {
    fn at(
        now: Moment,
        versions: &Versions,
        policy: RetentionPolicy,
    ) -> Result<Option<Self>, Refusal> {
        let Some(latest) = versions.latest() else {
            return Ok(None);
        };
        let windows = versions.iter().map(|version| version.refund.window_days);
        let window = windows.max().unwrap_or(0);
        // A sale that is gone may be asked for by no rule (semantics 35).
        if !policy.outlives(window) {
            return Err(Refusal::RetentionTooShort);
        }
        let zone = latest.zone;
        let today = zone.day_of(now);
        // As long as a merge may be undone, which reads what used its points. A day more than the window, since tills' clocks are not ours and a day of answers ends in UTC.
        let kept = i64::from(window.max(UNDO_DAYS))
            .saturating_add(1)
            .saturating_mul(MILLIS_A_DAY);
        let over = now.millis().saturating_sub(kept).saturating_sub(1);
        let months = policy.of(Figure::Sales);
        let looks_back = |version: &Window| match version {
            Window::Lifetime => 0,
            Window::RollingMonths(months) => months.saturating_add(1),
            // Two whole years, and the one that begins.
            Window::CalendarYear | Window::Anniversary => 37,
        };
        let longest = versions
            .iter()
            .map(|version| looks_back(&version.tiers.window));
        Ok(Some(Self {
            policy,
            now,
            zone,
            today,
            sales: last_day_over(today, months),
            journal: last_day_over(today, policy.of(Figure::Journal)),
            answers: u32::try_from(over.div_euclid(MILLIS_A_DAY)).unwrap_or(0),
            prunes_spend: longest.max().unwrap_or(0) < months,
        }))
    }
}

impl Engine {
    /// Destroys every record whose time is over, or, when `dry`, says what it would destroy and writes nothing. Asked
    /// again, nothing more goes. What is due in an account (lots that expired, holds that lapsed) is entered by
    /// [`Engine::sweep`], and not here.
    ///
    /// # Errors
    /// [`Refusal::ClockUntrusted`], also in the middle of a run: what is gone then is counted, and the next run goes on.
    /// [`Refusal::RetentionTooShort`] when a programme takes refunds of sales that would be gone. [`Refusal::KeysFailed`]
    /// and the store's.
    pub fn retain(&self, policy: &RetentionPolicy, dry: bool) -> Result<Destruction, Refusal> {
        let _turn = self.retaining.lock();
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let mut gone = Destruction::default();
        let Some(cut) = Cut::at(self.now(), &self.versions(), *policy)? else {
            return Ok(gone);
        };
        if !dry {
            self.note_kept_from(&cut)?;
        }
        gone.merge(&self.retain_day_sums(&cut, dry)?);
        gone.merge(&self.retain_holds(&cut, dry)?);
        gone.merge(&self.retain_accounts(&cut, dry)?);
        gone.merge(&self.retain_journal(&cut, dry)?);
        gone.merge(&self.retain_logins(&cut, dry)?);
        gone.merge(&self.retain_identities(&cut, dry)?);
        gone.merge(&self.retain_members(&cut, dry)?);
        gone.merge(&self.retain_tickets(&cut, dry)?);
        if !dry {
            self.retire_days(&cut)?;
            self.end_run(cut.today)?;
        }
        Ok(gone)
    }

    /// The local day on which a sweep last came to its end.
    ///
    /// # Errors
    /// The store's.
    pub fn swept_on(&self) -> Result<Option<Day>, Refusal> {
        self.read(|view| match kept_from(view, SWEPT_ON)? {
            Some(KeptFromRow::Day(day)) => Ok(Some(day)),
            Some(KeptFromRow::Journal { .. } | KeptFromRow::UtcDay(_)) | None => Ok(None),
        })
    }

    /// The local day and hour now, by the programme's zone: the sweep goes at night.
    pub fn local_hour(&self) -> Option<(Day, i64)> {
        let now = self.now();
        let zone = self.versions().latest()?.zone;
        let day = zone.day_of(now);
        let since = now.millis().checked_sub(zone.start_of(day).millis())?;
        Some((day, since.div_euclid(3_600_000)))
    }

    /// Every run that destroyed something, the earliest first.
    ///
    /// # Errors
    /// The store's.
    pub fn destructions(&self) -> Result<Vec<DestructionRecord>, Refusal> {
        self.read(|view| {
            let mut runs = Vec::new();
            DESTRUCTIONS.scan(view.tx, view.keys.mac(), &[], None, &mut |_, row| {
                let DestructionRow::V1 { begun, ended, gone } = row;
                let mut destruction = Destruction::default();
                for of in gone {
                    let (count, oldest, youngest) = (of.count, of.oldest, of.youngest);
                    let of_kind = Destroyed {
                        count,
                        oldest,
                        youngest,
                    };
                    destruction.join(of.kind, of_kind);
                }
                runs.push(DestructionRecord {
                    begun,
                    ended,
                    destruction,
                });
                ControlFlow::Continue(())
            })?;
            Ok(runs)
        })
    }

    /// Runs `body` in one transaction and counts what it destroyed in that same transaction; when that is nothing, nothing
    /// is written. It waits for room in the queue, and for a clock that is believed.
    fn destroy(
        &self,
        home: Home,
        body: impl Fn(&mut Work<'_>) -> Result<Destruction, Stop> + Send + 'static,
    ) -> Result<Destruction, Refusal> {
        if !self.trusts_clock() {
            return Err(Refusal::ClockUntrusted);
        }
        let (ticket, slot) = self.transact(home, true, move |work| {
            let done = body(work).and_then(|gone| {
                if !gone.is_empty() {
                    book(work, &gone)?;
                    work.note_time(home)?;
                }
                Ok(gone)
            });
            match done {
                Ok(gone) if gone.is_empty() => (Ok(gone), Verdict::Drop),
                Ok(gone) => (Ok(gone), Verdict::Keep),
                Err(stop) => (Err(stop), Verdict::Drop),
            }
        });
        ticket.wait()?;
        let done = slot.lock().take();
        Ok(done.unwrap_or(Err(Refusal::Unknown.into()))?)
    }

    /// Says first from when on records will be there, so that whoever checks meanwhile misses none.
    fn note_kept_from(&self, cut: &Cut) -> Result<(), Refusal> {
        let sales = cut.sales.and_then(|last| last.plus_days(1));
        let answers = utc_date(cut.answers);
        let notes = [(SALES_FROM, sales), (ANSWERS_FROM, Some(answers))];
        let later = self.read(|view| {
            let mut later = Vec::new();
            for (what, day) in notes {
                let before = kept_from(view, what)?;
                let day = day.map(KeptFromRow::Day);
                let is_later = match (before, day) {
                    (Some(KeptFromRow::Day(before)), Some(KeptFromRow::Day(day))) => before < day,
                    (before, day) => before.is_none() && day.is_some(),
                };
                later.extend(day.filter(|_| is_later).map(|day| (what, day)));
            }
            Ok(later)
        })?;
        if later.is_empty() {
            return Ok(());
        }
        self.node_work(move |work| {
            let mut put = later.iter();
            put.try_for_each(|(what, day)| work.put_plain(&KEPT_FROM, what, day))
        })
    }
}

/// From when on something is there; none while all of it is.
pub(crate) fn kept_from(view: &View<'_>, what: &[u8]) -> Result<Option<KeptFromRow>, StoreError> {
    KEPT_FROM.row(view.tx, view.keys.mac(), what)
}

/// From which day on something is there.
pub(crate) fn kept_from_day(view: &View<'_>, what: &[u8]) -> Result<Option<Day>, StoreError> {
    match kept_from(view, what)? {
        Some(KeptFromRow::Day(day)) => Ok(Some(day)),
        Some(KeptFromRow::Journal { .. } | KeptFromRow::UtcDay(_)) | None => Ok(None),
    }
}

/// From which number of the journal on its rows are there, and which leaf is looked at next; zeros while all of it is.
pub(crate) fn journal_from(view: &View<'_>) -> Result<(u64, u64), StoreError> {
    match kept_from(view, super::rows::JOURNAL_FROM)? {
        Some(KeptFromRow::Journal { number, leaf }) => Ok((number, leaf)),
        Some(KeptFromRow::Day(_) | KeptFromRow::UtcDay(_)) | None => Ok((0, 0)),
    }
}

/// The date of a UTC day that is counted from 1970-01-01.
pub(crate) fn utc_date(day: u32) -> Day {
    let millis = i64::from(day).saturating_mul(MILLIS_A_DAY);
    Zone::UTC.day_of(Moment::from_millis(millis))
}
