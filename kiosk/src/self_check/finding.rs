//! One line of the self-check.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::lang::Lang;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Grade {
    /// As it should be.
    Ok,
    /// Worth a look.
    Warning,
    /// To be mended.
    Failure,
}

impl Grade {
    /// What stands before its line.
    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "! ",
            Self::Failure => "!!",
        }
    }
}

/// What was looked at, and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) grade: Grade,
    /// A word for machines.
    pub(crate) code: Cow<'static, str>,
    zh: String,
    en: String,
}

impl Finding {
    /// Of this grade.
    pub(crate) fn new(
        grade: Grade,
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self {
            grade,
            code: Cow::Borrowed(code),
            zh: zh.into(),
            en: en.into(),
        }
    }

    /// It is as it should be.
    pub(crate) fn ok(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(Grade::Ok, code, zh, en)
    }

    /// It is worth a look.
    pub(crate) fn warning(
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self::new(Grade::Warning, code, zh, en)
    }

    /// It has to be mended.
    pub(crate) fn failure(
        code: &'static str,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self::new(Grade::Failure, code, zh, en)
    }

    /// Its words.
    pub(crate) fn words(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}
