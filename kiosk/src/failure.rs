//! Why the program ends with something else than 0: a code, a sentence in two languages, and an exit code.

use std::borrow::Cow;
use std::io::{self, Write};

use jifen::domain::refusal::Refusal;
use jifen::engine::work::Stop;
use jifen::store::StoreError;

use crate::lang::Lang;

/// Something was refused or failed.
pub(crate) const FAILED: u8 = 1;
/// The call was wrong.
pub(crate) const USAGE: u8 = 2;
/// `verify` found differences.
pub(crate) const DIFFERENCES: u8 = 3;
/// The store cannot be used: in use, damaged, full or out of reach.
pub(crate) const STORE: u8 = 4;

/// Why the program stops.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: u8,
    pub(crate) code: Cow<'static, str>,
    pub(crate) zh: String,
    pub(crate) en: String,
}

impl Failure {
    /// A refusal of the program itself.
    pub(crate) fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            exit: FAILED,
            code: Cow::Borrowed(code),
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// The same once more: for each of many that failed for one reason.
    pub(crate) fn copy(&self) -> Self {
        Self {
            exit: self.exit,
            code: self.code.clone(),
            zh: self.zh.clone(),
            en: self.en.clone(),
        }
    }

    /// The same with another exit code.
    pub(crate) fn with_exit(self, exit: u8) -> Self {
        Self { exit, ..self }
    }

    /// The same, with where it happened said first.
    pub(crate) fn at(self, zh: &str, en: &str) -> Self {
        Self {
            zh: format!("{zh}：{}", self.zh),
            en: format!("{en}: {}", self.en),
            ..self
        }
    }

    /// The program has a bug. What was answered before is durable all the same.
    pub(crate) fn bug() -> Self {
        Self::new(
            "bug",
            "程序出现内部错误；设置 RUST_BACKTRACE=1 再运行可见详情。",
            "an internal error; run again with RUST_BACKTRACE=1 to see more",
        )
    }

    /// A file or folder that cannot be used.
    pub(crate) fn of_io(what: &std::path::Path, error: &io::Error) -> Self {
        let name = what.display();
        Self::new(
            "io",
            format!("无法使用 {name}：{error}"),
            format!("cannot use {name}: {error}"),
        )
    }

    /// Says it: the code, then the sentence in the language asked for, then in the other.
    pub(crate) fn tell(&self, lang: Lang, to: &mut dyn Write) -> io::Result<()> {
        let (first, second) = match lang {
            Lang::Zh => (&self.zh, &self.en),
            Lang::En => (&self.en, &self.zh),
        };
        writeln!(to, "jifen: {}\n  {first}\n  {second}", self.code)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let exit = if refusal.is_of_store() { STORE } else { FAILED };
        Self::new(refusal.code(), refusal.zh(), refusal.en()).with_exit(exit)
    }
}

impl From<StoreError> for Failure {
    /// The operator, unlike a till, is told what the store said.
    fn from(error: StoreError) -> Self {
        let said = error.to_string();
        Self::from(Refusal::from(error)).at(&said, &said)
    }
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Refused(refusal) => refusal.into(),
            Stop::Store(error) => error.into(),
        }
    }
}

impl From<io::Error> for Failure {
    /// What the program writes cannot be written.
    fn from(error: io::Error) -> Self {
        Self::new(
            "io",
            format!("无法写出：{error}"),
            format!("cannot write: {error}"),
        )
    }
}
