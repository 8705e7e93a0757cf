//! `jifen self-check`: is this shop as it should be (SEC-07)? Each finding is a line with a grade; the exit code tells a
//! monitor: 0 without a failure, 3 with one. It works beside a running `serve`, and where the shop cannot be opened it says
//! what it sees all the same.
//!
//! Reading order: `finding` is a line, `files` looks at modes, `strength` at settings, `encryption` at the edge's
//! certificate, `shop` at what whoever has the store can tell, `copies` at backups and the escrow.

mod finding;
mod files;
mod strength;
mod encryption;
mod shop;
mod copies;

use std::io::Write;

use serde::Serialize;

use crate::control::{self, Command};
use crate::failure::{DIFFERENCES, Failure};
use crate::lang::Lang;
use crate::settings::Settings;

pub(crate) use finding::{Finding, Grade};
pub(crate) use shop::look;

/// Looks at everything, and says it as lines or as JSON.
///
/// # Errors
/// `self_check_found` with exit code 3 when there is a failure.
pub(crate) fn self_check(
    settings: Settings,
    as_json: bool,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let findings = all(settings, lang);
    let count = |grade: Grade| findings.iter().filter(|found| found.grade == grade).count();
    let (failures, warnings) = (count(Grade::Failure), count(Grade::Warning));
    if as_json {
        let report = Report {
            failures,
            warnings,
            findings: &findings,
        };
        let text = serde_json::to_string_pretty(&report).map_err(|_| Failure::bug())?;
        writeln!(out, "{text}")?;
    } else {
        for found in &findings {
            writeln!(out, "{} {}", found.grade.mark(), found.words(lang))?;
        }
        let words = [
            lang.pick("项不合格", "failures"),
            lang.pick("项警告", "warnings"),
        ];
        let [failed, warned] = words;
        writeln!(out, "{failures} {failed}, {warnings} {warned}")?;
    }
    if failures == 0 {
        return Ok(());
    }
    Err(Failure::new(
        "self_check_found",
        format!("自检发现 {failures} 项不合格，见上。"),
        format!("the self-check found {failures} failures; see above"),
    )
    .with_exit(DIFFERENCES))
}

#[derive(Serialize)]
struct Report<'f> {
    failures: usize,
    warnings: usize,
    findings: &'f [Finding],
}

fn all(settings: Settings, lang: Lang) -> Vec<Finding> {
    if !settings.data.exists() && !settings.keys.exists() {
        return vec![Finding::warning(
            "not_opened",
            "此店尚未开过：jifen serve 会建立数据与密钥目录",
            "the shop was never opened: `jifen serve` makes its folders",
        )];
    }
    let mut findings = files::modes(&settings);
    findings.extend(files::space(&settings));
    findings.extend(strength::weaker(&settings));
    findings.extend(encryption::encryption(&settings));
    // By whoever has the store: this process, or the one that serves.
    let mut told = Vec::new();
    let asked = control::ask(settings, Command::SelfCheck, lang, &mut told);
    let read = asked
        .and_then(|()| serde_json::from_slice::<Vec<Finding>>(&told).map_err(|_| Failure::bug()));
    match read {
        Ok(found) => findings.extend(found),
        Err(failure) => findings.push(Finding::failure(
            "does_not_open",
            format!("无法打开：{} {}", failure.code, failure.zh),
            format!("it does not open: {} {}", failure.code, failure.en),
        )),
    }
    findings
}
