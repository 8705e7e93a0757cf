//! What is wrong with a programme file: where, which promise it breaks, and a sentence in each language.

use core::fmt;

/// One thing wrong with a programme file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, counted from 1.
    pub line: u32,
    /// What kind of fault it is.
    pub code: FaultCode,
    /// 简体中文
    pub zh: String,
    /// English
    pub en: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}: {}: {} / {}",
            self.line,
            self.code.as_str(),
            self.zh,
            self.en
        )
    }
}

/// The kinds of fault. Their words are a promise: one is added, never changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// The text is not TOML, or far too long.
    Syntax,
    /// A key that the schema does not have.
    UnknownKey,
    /// A key or table that must be there.
    MissingKey,
    /// A value of another type: a number where a decimal in quotes is wanted, for example.
    WrongType,
    /// A word that is none of those the key may have.
    UnknownWord,
    /// Not a plain decimal, not a time, or with too many decimals.
    Unreadable,
    /// Too small or too large.
    OutOfRange,
    /// An id or a label that is empty, too long or has characters it may not have.
    BadText,
    /// The same twice.
    Duplicate,
    /// More of them than a programme may have.
    TooMany,
    /// Two settings that cannot both be meant.
    Contradiction,
    /// A redemption that no basket could ever use.
    WorthNothing,
    /// Something that a senior member would have it worse by (TIER-03).
    WorseForSeniors,
}

impl FaultCode {
    /// The word for machines.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::UnknownKey => "unknown_key",
            Self::MissingKey => "missing_key",
            Self::WrongType => "wrong_type",
            Self::UnknownWord => "unknown_word",
            Self::Unreadable => "unreadable",
            Self::OutOfRange => "out_of_range",
            Self::BadText => "bad_text",
            Self::Duplicate => "duplicate",
            Self::TooMany => "too_many",
            Self::Contradiction => "contradiction",
            Self::WorthNothing => "worth_nothing",
            Self::WorseForSeniors => "worse_for_seniors",
        }
    }
}
