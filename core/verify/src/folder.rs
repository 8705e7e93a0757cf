//! `jifen-verify AUDIT_FOLDER`: the copy of an audit, from end to end.

use std::io::Write;
use std::path::{Path, PathBuf};

use jifen::audit::check::{Place, check as check_folder};
use jifen::audit::checkpoint::VerifierKey;
use jifen::audit::copy::Notes;

use crate::Done;
use crate::failure::{CLEAN, FAULTS, Failure};
use crate::lang::Lang;

/// Checks a folder and says what was found, one thing a line.
pub(crate) fn check(
    folder: &Path,
    key: Option<&VerifierKey>,
    outside: &[PathBuf],
    lang: Lang,
    out: &mut dyn Write,
) -> Done {
    let mut notes = Vec::new();
    for path in outside {
        let text = Failure::text_of(path)?;
        let found = Notes::of_text(&path.display().to_string(), &text);
        if found.is_empty() {
            // A file that was to show something shows nothing: that must not look like a check that passed.
            let empty = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
            return Err(Failure::File(path.display().to_string(), empty));
        }
        notes.extend(found);
    }
    let report = check_folder(folder, key, &notes)?;
    let (leaves, inside, outside) = (report.leaves, report.checkpoints, report.outside);
    let counts = lang.pick(
        format!("审计记录 {leaves} 条，检查点 {inside} 个，存于别处的检查点 {outside} 个"),
        format!("{leaves} leaves, {inside} checkpoints, {outside} checkpoints from elsewhere"),
    );
    writeln!(out, "{counts}")?;
    let place = |place: &Place| lang.pick(place.zh(), place.en());
    for remark in &report.remarks {
        let (word, at) = (lang.pick("说明", "note"), place(&remark.place));
        let said = lang.pick(remark.what.zh(), remark.what.en());
        writeln!(out, "{word} [{}] {at}: {said}", remark.what.code())?;
    }
    for fault in &report.faults {
        let (word, at) = (lang.pick("问题", "FAULT"), place(&fault.place));
        let said = lang.pick(fault.what.zh(), fault.what.en());
        writeln!(out, "{word} [{}] {at}: {said}", fault.what.code())?;
    }
    if report.is_clean() {
        writeln!(out, "{}", lang.pick("未发现问题", "nothing is wrong"))?;
        return Ok(CLEAN);
    }
    let count = report.faults.len();
    let sum = lang.pick(format!("发现问题 {count} 个"), format!("faults: {count}"));
    writeln!(out, "{sum}")?;
    Ok(FAULTS)
}
