//! What hangs on no chain: the sums of days, holds, log-ins, and what is the service desk's.

use core::ops::ControlFlow;

use crate::domain::refusal::Refusal;
use crate::domain::time::Day;
use crate::ledger::hold::HoldState;
use crate::policy::retention::{Figure, RecordKind, last_day_over};
use crate::store::key::{Key, Parts};
use crate::store::{Home, StoreError};

use super::super::Engine;
use super::super::logins;
use super::super::rows::{DAYS, HOLDS, HoldRow};
use super::super::tickets::{Ended, drop_ticket, ended_before};
use super::super::work::{Stop, View, Work, home_of};
use super::{AT_ONCE, Cut, Destruction, utc_date};

/// A row that is over: its key and its day.
type Over = (Vec<u8>, Day);

impl Engine {
    /// Sums of days whose sales are over: before the sales themselves, by whose days an erasure finds them.
    pub(super) fn retain_day_sums(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let Some(end) = cut.sales.and_then(|last| last.plus_days(1)) else {
            return Ok(Destruction::default());
        };
        if dry {
            return self.read(|view| {
                let over = day_sums(view, end, usize::MAX)?;
                Ok(counted(RecordKind::DaySums, &over))
            });
        }
        let mut gone = Destruction::default();
        loop {
            let destroyed = self.destroy(Home::Node, move |work| {
                let over = day_sums(&work.view(), end, AT_ONCE)?;
                delete(work, DAYS.table(), RecordKind::DaySums, &over)
            })?;
            gone.merge(&destroyed);
            if destroyed.is_empty() {
                return Ok(gone);
            }
        }
    }

    /// Holds go with the keys of the days that they were last written on: nothing finds them after that. What they used
    /// stands in their sale and in the entry. An open one stays until it is settled.
    pub(super) fn retain_holds(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let before = cut.answers;
        let over = self.read(|view| holds(view, before))?;
        if dry {
            return Ok(counted(RecordKind::Holds, &over));
        }
        let mut gone = Destruction::default();
        for some in over.chunks(AT_ONCE) {
            let some = some.to_vec();
            gone.merge(&self.destroy(Home::Node, move |work| {
                let mut still = Vec::new();
                for (key, day) in &some {
                    let row = HOLDS.outside(&work.view(), key)?;
                    if row.is_some_and(|row| row.day() < before) {
                        still.push((key.clone(), *day));
                    }
                }
                delete(work, HOLDS.table(), RecordKind::Holds, &still)
            })?);
        }
        Ok(gone)
    }

    /// Log-ins older than the shop keeps them (AUD-01). Their day has its leaf before they go.
    pub(super) fn retain_logins(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let oldest = logins::oldest_kept(cut.now, cut.policy.of(Figure::Logins));
        if dry {
            return self.read(|view| {
                let over = logins::before(view, oldest, usize::MAX)?;
                Ok(counted(RecordKind::Logins, &over))
            });
        }
        self.close_days()?;
        let mut gone = Destruction::default();
        loop {
            let destroyed = self.destroy(Home::Node, move |work| {
                let over = logins::before(&work.view(), oldest, AT_ONCE)?;
                delete(
                    work,
                    super::super::rows::LOGINS.table(),
                    RecordKind::Logins,
                    &over,
                )
            })?;
            gone.merge(&destroyed);
            if destroyed.is_empty() {
                return Ok(gone);
            }
        }
    }

    /// Requests and complaints whose time is over (RET-04): those that ended on this day or before.
    pub(super) fn retain_tickets(&self, cut: &Cut, dry: bool) -> Result<Destruction, Refusal> {
        let over = last_day_over(cut.today, cut.policy.of(Figure::Tickets));
        let Some(end) = over.and_then(|last| last.plus_days(1)) else {
            return Ok(Destruction::default());
        };
        let zone = cut.zone;
        let over = self.read(|view| ended_before(view, zone.start_of(end)))?;
        let day = move |(_, index, _): &Ended| zone.day_of(index.ended_at.unwrap_or_default());
        let mut gone = Destruction::default();
        for ended in over {
            if dry {
                gone.add(RecordKind::Tickets, day(&ended));
                continue;
            }
            let home = match ended.2 {
                Some(member) => home_of(self.keys.account_of(member)?),
                None => Home::Node,
            };
            gone.merge(&self.destroy(home, move |work| {
                let mut gone = Destruction::default();
                if drop_ticket(work, &ended)? {
                    gone.add(RecordKind::Tickets, day(&ended));
                }
                Ok(gone)
            })?);
        }
        Ok(gone)
    }
}

fn counted(kind: RecordKind, over: &[Over]) -> Destruction {
    let mut gone = Destruction::default();
    for (_, day) in over {
        gone.add(kind, *day);
    }
    gone
}

fn delete(
    work: &mut Work<'_>,
    table: crate::store::Table,
    kind: RecordKind,
    over: &[Over],
) -> Result<Destruction, Stop> {
    for (key, _) in over {
        work.delete(table, key)?;
    }
    Ok(counted(kind, over))
}

/// Sums of days before `end`.
fn day_sums(view: &View<'_>, end: Day, most: usize) -> Result<Vec<Over>, Stop> {
    let mut over = Vec::new();
    let until = Key::new().i64(i64::from(end.number()));
    let until = Some(until.as_bytes());
    view.tx.scan(DAYS.table(), &[], until, &mut |key, _| {
        let number = Parts::of(key).i64();
        let number = number.and_then(|number| i32::try_from(number).ok());
        if let Some(day) = number.and_then(Day::from_number) {
            over.push((key.to_vec(), day));
        }
        if over.len() < most {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    Ok(over)
}

/// Holds that were last written before a UTC day, and are not open.
fn holds(view: &View<'_>, before: u32) -> Result<Vec<Over>, Stop> {
    let mut old = Vec::new();
    let mut damaged = None;
    view.tx.scan(HOLDS.table(), &[], None, &mut |key, value| {
        match HOLDS.read(view, key, value) {
            Ok(row) if row.day() < before => old.push((key.to_vec(), utc_date(row.day()))),
            Ok(_) | Err(StoreError::Damaged(_)) => {}
            Err(error) => damaged = Some(error),
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = damaged {
        return Err(error.into());
    }
    let mut over = Vec::new();
    for (key, day) in old {
        match HOLDS.look_up(view, &key, &key) {
            Ok(Some((_, HoldRow::V1(hold)))) if hold.state == HoldState::Open => {}
            Ok(_) => over.push((key, day)),
            // `verify` names it.
            Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(over)
}
