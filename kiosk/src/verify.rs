//! `jifen verify`: does everything in a store add up.

use std::io::Write;

use jifen::engine::Engine;

use crate::failure::{DIFFERENCES, Failure};
use crate::lang::Lang;
use crate::progress::Progress;

/// From so many accounts on it takes long enough to show how far it is.
const LONG_WORK: u64 = 1_000;
/// How many differences are told one by one.
const TOLD_MAX: usize = 100;

/// Verifies and tells what was found; differences are a failure of their own kind.
pub(crate) fn verify(engine: &Engine, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let mut progress: Option<Progress> = None;
    let verified = engine.verify(&mut |done, all| {
        if LONG_WORK <= all {
            let begin = || Progress::new(lang.pick("核对", "verify"), all);
            progress.get_or_insert_with(begin).at(done);
        }
    })?;
    if let Some(progress) = progress {
        progress.finish();
    }

    let counts = [
        (lang.pick("账户", "accounts"), verified.accounts),
        (lang.pick("流水", "entries"), verified.entries),
        (lang.pick("交易", "sales"), verified.sales),
        (lang.pick("批次", "lots"), verified.lots),
        (lang.pick("回执", "receipts"), verified.receipts),
        (lang.pick("总账行", "journal rows"), verified.journal_rows),
    ];
    let counts = counts
        .map(|(what, count)| format!("{count} {what}"))
        .join(", ");
    writeln!(out, "{counts}")?;
    for difference in verified.differences.iter().take(TOLD_MAX) {
        writeln!(out, "{difference}")?;
    }
    let found = verified.differences.len();
    if TOLD_MAX < found {
        writeln!(out, "…")?;
    }
    // The same words in every language: monitoring looks for them.
    writeln!(out, "verify: {found} differences")?;
    if found == 0 {
        Ok(())
    } else {
        let failure = Failure::new(
            "differences",
            format!("发现 {found} 处不一致"),
            format!("{found} differences were found"),
        );
        Err(failure.with_exit(DIFFERENCES))
    }
}
