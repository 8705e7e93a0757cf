//! The terminals that may send signed commands. A terminal's key is not stored: it follows from the system key, the
//! terminal's name and its generation (privacy §2, §6).

use core::ops::ControlFlow;
use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::audit::{Act, Text};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;

use super::Engine;
use super::audit::{Actor, Done};
use super::rows::{TERMINALS, TerminalRow};
use super::work::{Stop, View};

/// A terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its name: what its key id begins with, and whose its idempotency keys are.
    pub name: String,
    /// Which of its keys counts, from 1.
    pub generation: u32,
    /// Since when it may send.
    pub added_at: Moment,
    /// Since when it may no more.
    pub revoked_at: Option<Moment>,
    /// The sector that it declares: members who joined it are known there by a token (privacy §5).
    pub sector: Option<u16>,
}

/// The longest name, in bytes.
const NAME_MAX: usize = 48;

/// Terminals by name, as they stand in the store.
pub(crate) type Terminals = BTreeMap<String, Terminal>;

/// All terminals.
pub(crate) fn stored(view: &View<'_>) -> Result<Terminals, Stop> {
    let mut found = Terminals::new();
    TERMINALS.scan(view.tx, view.keys.mac(), &[], None, &mut |key, row| {
        let name = String::from_utf8_lossy(key).into_owned();
        found.insert(name.clone(), terminal(name, &row));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}

fn terminal(name: String, row: &TerminalRow) -> Terminal {
    let (generation, added_at, revoked_at, sector) = match *row {
        TerminalRow::V1 {
            generation,
            added_at,
            revoked_at,
        } => (generation, added_at, revoked_at, None),
        TerminalRow::V2 {
            generation,
            added_at,
            revoked_at,
            sector,
        } => (generation, added_at, revoked_at, sector),
    };
    Terminal {
        name,
        generation,
        added_at,
        revoked_at,
        sector,
    }
}

impl Engine {
    /// Lets a terminal send. Its key is [`Engine::terminal_key`] of generation 1.
    ///
    /// # Errors
    /// [`Refusal::BadTerminal`], [`Refusal::TerminalExists`] (also when it was revoked: a name is never given again, since
    /// its idempotency keys are remembered), and the store's.
    pub fn add_terminal(&self, name: &str) -> Result<Terminal, Refusal> {
        self.add_terminal_of(name, None)
    }

    /// The same for a terminal that declares its sector.
    ///
    /// # Errors
    /// As for [`Self::add_terminal`].
    pub fn add_terminal_of(&self, name: &str, sector: Option<u16>) -> Result<Terminal, Refusal> {
        let readable = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if name.is_empty() || NAME_MAX < name.len() || !name.chars().all(readable) {
            return Err(Refusal::BadTerminal);
        }
        let act = move |terminal| match sector {
            Some(sector) => Act::SectorDeclared { terminal, sector },
            None => Act::TerminalAdded { terminal },
        };
        self.change_terminal(name, act, move |row, now| match row {
            Some(_) => Err(Refusal::TerminalExists),
            None => Ok(TerminalRow::V2 {
                generation: 1,
                added_at: now,
                revoked_at: None,
                sector,
            }),
        })
    }

    /// Nothing that this terminal sends counts from now on.
    pub fn revoke_terminal(&self, name: &str) -> Result<Terminal, Refusal> {
        let act = |terminal| Act::TerminalRevoked { terminal };
        self.change_terminal(name, act, |row, now| {
            let row = row.ok_or(Refusal::TerminalUnknown)?;
            let before = terminal(String::new(), &row);
            Ok(TerminalRow::V2 {
                generation: before.generation,
                added_at: before.added_at,
                revoked_at: before.revoked_at.or(Some(now)),
                sector: before.sector,
            })
        })
    }

    /// Every terminal there is, by name.
    pub fn terminals(&self) -> Vec<Terminal> {
        self.terminals.read().values().cloned().collect()
    }

    /// A terminal that may send.
    pub fn terminal(&self, name: &str) -> Result<Terminal, Refusal> {
        let terminals = self.terminals.read();
        let found = terminals
            .get(name)
            .filter(|found| found.revoked_at.is_none());
        found.cloned().ok_or(Refusal::TerminalUnknown)
    }

    /// The sector that a terminal declares, if it may send.
    pub(super) fn sector_of(&self, name: &str) -> Option<u16> {
        self.terminal(name).ok()?.sector
    }

    /// The secret that a terminal of this generation signs with.
    pub fn terminal_key(&self, name: &str, generation: u32) -> Zeroizing<[u8; 32]> {
        self.keys.keybox().terminal_key(name, generation)
    }

    fn change_terminal(
        &self,
        name: &str,
        act: impl Fn(Text) -> Act + Send + 'static,
        change: impl Fn(Option<TerminalRow>, Moment) -> Result<TerminalRow, Refusal> + Send + 'static,
    ) -> Result<Terminal, Refusal> {
        let key = name.to_owned();
        let row = self.node_work(move |work| {
            let view = work.view();
            let row = TERMINALS.row(view.tx, view.keys.mac(), key.as_bytes())?;
            let row = change(row, work.now)?;
            work.put_plain(&TERMINALS, key.as_bytes(), &row)?;
            work.act(Done::of_shop(Actor::operator(), act(Text::fitted(&key))))?;
            Ok(row)
        })?;
        let changed = terminal(name.to_owned(), &row);
        self.terminals
            .write()
            .insert(name.to_owned(), changed.clone());
        Ok(changed)
    }
}
