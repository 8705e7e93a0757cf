//! What is wrong with the settings: where, which promise it breaks, and a sentence in each language.

use core::fmt;

use crate::failure::{Failure, USAGE};

/// Where a setting was given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A line of the file, counted from 1.
    Line(u32),
    /// A variable of the environment.
    Variable(String),
}

/// One thing wrong with the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it stands.
    pub(crate) place: Place,
    /// The word for machines. These are a promise: one is added, never changed.
    pub(crate) code: &'static str,
    /// 简体中文
    pub(crate) zh: String,
    /// English
    pub(crate) en: String,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(formatter, "{line}"),
            Self::Variable(name) => formatter.write_str(name),
        }
    }
}

/// All faults as one reason to stop.
pub(super) fn refused(file: &str, faults: &[Fault]) -> Failure {
    let told = |pick: fn(&Fault) -> &str| {
        let lines = faults.iter().map(|fault| {
            let place = match &fault.place {
                Place::Line(line) => format!("{file}:{line}"),
                Place::Variable(name) => name.clone(),
            };
            format!("\n    {place}: {}: {}", fault.code, pick(fault))
        });
        lines.collect::<String>()
    };
    let count = faults.len();
    Failure::new(
        "bad_settings",
        format!("设置有 {count} 处错误{}", told(|fault| &fault.zh)),
        format!(
            "the settings have {count} faults{}",
            told(|fault| &fault.en)
        ),
    )
    .with_exit(USAGE)
}
