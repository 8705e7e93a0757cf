//! The destruction record: how much of each kind a run destroyed, counted where it is destroyed, and noted in the audit when
//! the run comes to its end (RET-01).

use crate::audit::{Act, Text};
use crate::domain::refusal::Refusal;
use crate::domain::time::Day;
use crate::store::key::of_u64;

use super::super::Engine;
use super::super::audit::{Actor, Done, number};
use super::super::rows::{DESTRUCTIONS, DestructionRow, GoneV1, KEPT_FROM, KeptFromRow, SWEPT_ON};
use super::super::work::{Stop, View, Work};
use super::Destruction;

/// The newest run, if there was one.
fn newest(view: &View<'_>) -> Result<Option<(u64, DestructionRow)>, Stop> {
    let last = DESTRUCTIONS.last(view.tx, view.keys.mac())?;
    last.map(|(key, row)| Ok((number(&key)?, row))).transpose()
}

/// Counts what is destroyed in this transaction, in the run that goes on or in a new one.
pub(crate) fn book(work: &mut Work<'_>, more: &Destruction) -> Result<(), Stop> {
    let (run, begun, mut gone) = match newest(&work.view())? {
        Some((
            run,
            DestructionRow::V1 {
                begun,
                ended: None,
                gone,
            },
        )) => (run, begun, gone),
        Some((run, DestructionRow::V1 { ended: Some(_), .. })) => {
            (run.saturating_add(1), work.now, Vec::new())
        }
        None => (1, work.now, Vec::new()),
    };
    for (kind, of) in &more.gone {
        if let Some(known) = gone.iter_mut().find(|known| known.kind == *kind) {
            known.count = known.count.saturating_add(of.count);
            known.oldest = known.oldest.min(of.oldest);
            known.youngest = known.youngest.max(of.youngest);
        } else {
            gone.push(GoneV1 {
                kind: *kind,
                count: of.count,
                oldest: of.oldest,
                youngest: of.youngest,
            });
        }
    }
    let row = DestructionRow::V1 {
        begun,
        ended: None,
        gone,
    };
    work.put_plain(&DESTRUCTIONS, &of_u64(run), &row)
}

impl Engine {
    /// The run has come to its end: its acts are noted, one of each kind, and the day.
    pub(super) fn end_run(&self, today: Day) -> Result<(), Refusal> {
        let is_open = self.read(|view| {
            let newest = newest(view)?;
            Ok(newest.is_some_and(|(_, DestructionRow::V1 { ended, .. })| ended.is_none()))
        })?;
        if !is_open && self.swept_on()? == Some(today) {
            return Ok(());
        }
        self.node_work(move |work| {
            if let Some((
                run,
                DestructionRow::V1 {
                    begun,
                    ended: None,
                    gone,
                },
            )) = newest(&work.view())?
            {
                for of in &gone {
                    work.act(destroyed(of))?;
                }
                let row = DestructionRow::V1 {
                    begun,
                    ended: Some(work.now),
                    gone,
                };
                work.put_plain(&DESTRUCTIONS, &of_u64(run), &row)?;
            }
            work.put_plain(&KEPT_FROM, SWEPT_ON, &KeptFromRow::Day(today))
        })
    }
}

fn destroyed(of: &GoneV1) -> Done {
    Done {
        because: ("retention", "legal"),
        ..Done::of_shop(
            Actor::program(),
            Act::Destroyed {
                kind: Text::fitted(of.kind.word()),
                count: of.count,
            },
        )
    }
}
