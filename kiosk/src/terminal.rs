//! `jifen terminal add|list|revoke`: which tills may send signed commands.

use std::io::Write;

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use jifen::domain::time::Moment;
use jifen::engine::Engine;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::lang::Lang;

/// What to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// A till may send from now on; its key is shown once.
    Add(String),
    /// The same for a till that declares its sector.
    AddOf(String, u16),
    /// Every till.
    List,
    /// A till may send no more.
    Revoke(String),
}

/// Does it.
pub(crate) fn terminal(
    engine: &Engine,
    wish: &Wish,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    match wish {
        Wish::Add(name) | Wish::AddOf(name, _) => {
            let sector = match wish {
                Wish::AddOf(_, sector) => Some(*sector),
                Wish::Add(_) | Wish::List | Wish::Revoke(_) => None,
            };
            let terminal = engine.add_terminal_of(name, sector)?;
            let key = engine.terminal_key(&terminal.name, terminal.generation);
            // One line for scripts too: the words are the same in both languages.
            write!(
                out,
                "{} generation {} key ",
                terminal.name, terminal.generation
            )?;
            for byte in key.iter() {
                write!(out, "{byte:02x}")?;
            }
            writeln!(out)?;
        }
        Wish::Revoke(name) => {
            let terminal = engine.revoke_terminal(name)?;
            let words = lang.pick("已停用", "revoked");
            writeln!(out, "{} {words}", terminal.name)?;
        }
        Wish::List => {
            let mut table = Table::new();
            table.load_style(UTF8_FULL_CONDENSED);
            table.set_header([
                lang.pick("终端", "terminal"),
                lang.pick("密钥代次", "generation"),
                lang.pick("启用", "since"),
                lang.pick("停用", "revoked"),
                lang.pick("业务范围", "sector"),
            ]);
            for terminal in engine.terminals() {
                let sector = terminal.sector.map(|sector| sector.to_string());
                let revoked = terminal.revoked_at.map(Moment::to_rfc3339);
                table.add_row([
                    terminal.name,
                    terminal.generation.to_string(),
                    terminal.added_at.to_rfc3339(),
                    revoked.unwrap_or_default(),
                    sector.unwrap_or_default(),
                ]);
            }
            writeln!(out, "{table}")?;
        }
    }
    Ok(())
}
