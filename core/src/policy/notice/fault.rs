//! What is wrong with a notice file: where, what it is called, and a sentence in each language.

use core::fmt;

/// One thing wrong with a notice file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeFault {
    /// The line of the file, counted from 1; for what is missing, the line of the table that should have it.
    pub line: u32,
    /// What kind of fault it is.
    pub code: NoticeFaultCode,
    /// The table and key it is about, such as `retention.en`; empty for the file as a whole.
    pub name: String,
    /// 简体中文
    pub zh: String,
    /// English
    pub en: String,
}

impl fmt::Display for NoticeFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, code) = (self.line, self.code.as_str());
        write!(formatter, "{line}: {code}: {} / {}", self.zh, self.en)
    }
}

/// The kinds of fault, in the words of programme files. Their words are a promise: one is added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NoticeFaultCode {
    /// The text is not TOML, or far too long.
    Syntax,
    /// A section, language, purpose, agreement or other key that the schema does not have.
    UnknownKey,
    /// A section, language, purpose, agreement or other key that must be there.
    MissingKey,
    /// A value of another type.
    WrongType,
    /// A schema that this program does not read.
    OutOfRange,
    /// A text that is empty, too long or has characters it may not have.
    BadText,
}

impl NoticeFaultCode {
    /// The word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown_key",
            Self::MissingKey => "missing_key",
            Self::WrongType => "wrong_type",
            Self::OutOfRange => "out_of_range",
            Self::BadText => "bad_text",
        }
    }
}
