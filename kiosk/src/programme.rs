//! `jifen programme check`: does a programme file hold, and if not, which line and why.

use std::fs;
use std::io::Write;
use std::path::Path;

use jifen::domain::programme::Fault;
use jifen::domain::programme::Programme;

use crate::failure::Failure;
use crate::lang::Lang;

/// A programme file's text, and the programme in it.
pub(crate) fn load(path: &Path, lang: Lang) -> Result<(String, Programme), Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::of_io(path, &error))?;
    match Programme::parse(&text) {
        Ok(programme) => Ok((text, programme)),
        Err(faults) => Err(refused(path, &faults, lang)),
    }
}

/// Checks a file and says what it holds.
pub(crate) fn check(path: &Path, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let (_, programme) = load(path, lang)?;
    let name = lang.pick(&programme.name.zh, &programme.name.en);
    let (rules, discounts) = (programme.earn.len(), programme.discounts.len());
    writeln!(out, "{} {} — {name}", programme.id, programme.version)?;
    writeln!(out, "{}: {}", lang.pick("哈希", "hash"), programme.hash)?;
    writeln!(
        out,
        "{}: {}",
        lang.pick("生效", "effective from"),
        programme.effective_from
    )?;
    writeln!(
        out,
        "{}: {rules}, {}: {discounts}",
        lang.pick("累积规则", "earn rules"),
        lang.pick("折扣", "discounts")
    )?;
    writeln!(out, "{}", lang.pick("检查通过", "the programme holds"))?;
    Ok(())
}

fn refused(path: &Path, faults: &[Fault], lang: Lang) -> Failure {
    let told = |pick: fn(&Fault) -> &str| {
        let lines = faults.iter().map(|fault| {
            format!(
                "\n    {}:{}: {}: {}",
                path.display(),
                fault.line,
                fault.code.as_str(),
                pick(fault)
            )
        });
        lines.collect::<String>()
    };
    let count = faults.len();
    // Each fault is said in the language asked for; the other one has the same lines in its own words.
    let _ = lang;
    Failure::new(
        "bad_programme",
        format!("会员制度文件有 {count} 处错误{}", told(|fault| &fault.zh)),
        format!(
            "the programme file has {count} faults{}",
            told(|fault| &fault.en)
        ),
    )
}
