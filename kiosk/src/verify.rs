//! `jifen verify`: does everything in a store add up.

use std::io::Write;

use jifen::engine::Engine;
use jifen::store::redb::{Integrity, check_integrity};

use crate::failure::{DIFFERENCES, Failure};
use crate::lang::Lang;
use crate::progress::Progress;
use crate::shop::Folders;

/// From so many accounts on it takes long enough to show how far it is.
const LONG_WORK: u64 = 1_000;
/// How many differences are told one by one.
const TOLD_MAX: usize = 100;

/// Verifies a store in its folders: first what the rows say, and then, when it is closed, every page of the file. A page may
/// hide a whole table, and no row can tell that.
pub(crate) fn verify_folders(
    folders: &Folders,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    verify(&folders.open(false)?.engine, lang, out)?;
    match check_integrity(folders.store_file())? {
        Integrity::Sound => Ok(()),
        Integrity::Repaired => Err(pages_damaged()),
    }
}

/// The file has pages that are not as they were written.
pub(crate) fn pages_damaged() -> Failure {
    Failure::new(
        "pages_damaged",
        "数据文件有页损坏",
        "pages of the store's file are damaged",
    )
    .with_exit(DIFFERENCES)
}

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
