//! One line of the audit. Its bytes are canonical: one way to write it, so one hash.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use crate::domain::time::Moment;

use super::act::Act;
use super::text::{Handle, Hex32, Text};
use super::tree::{Hash, leaf_hash};

/// The longest line, in bytes.
pub const LINE_MAX: usize = 65_536;

/// Who did what, when, to whom, why, and how it ended. No personal data: a member is a [`Handle`], the fields are named
/// and never shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Its place in the tree, from 0.
    pub seq: u64,
    /// When it was done, written in UTC with milliseconds.
    #[serde(with = "super::text::utc_millis")]
    pub time: Moment,
    /// Who: a staff account, a terminal, `member` or `system`.
    pub actor: Text,
    /// In which role.
    pub role: Text,
    /// At which device.
    pub device: Text,
    /// What.
    #[serde(flatten)]
    pub act: Act,
    /// To which member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Handle>,
    /// Which fields of the member were read or changed.
    pub fields: Vec<Text>,
    /// For which purpose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Text>,
    /// On which legal basis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Text>,
    /// The request or approval it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<Text>,
    /// How it ended.
    pub result: Text,
    /// The hash of a sealed body that belongs to it: when the body's key is gone, the leaf still stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Hex32>,
}

impl Leaf {
    /// The leaf's bytes: one line of JSON without a space and without the line's end. Absent fields are left out.
    pub fn line(&self) -> Result<String, LeafError> {
        let line = serde_json::to_string(self)
            .map_err(|error| LeafError::Unreadable(error.to_string()))?;
        if LINE_MAX < line.len() {
            return Err(LeafError::TooLong);
        }
        Ok(line)
    }

    /// Reads a line, and refuses every other way to write the same leaf.
    pub fn parse(line: &str) -> Result<Self, LeafError> {
        if LINE_MAX < line.len() {
            return Err(LeafError::TooLong);
        }
        let leaf: Self =
            serde_json::from_str(line).map_err(|error| LeafError::Unreadable(error.to_string()))?;
        let mut expected = Expected(line.as_bytes());
        match serde_json::to_writer(&mut expected, &leaf) {
            Ok(()) if expected.0.is_empty() => Ok(leaf),
            Ok(()) | Err(_) => Err(LeafError::NotCanonical),
        }
    }

    /// Its hash in the tree.
    pub fn hash(&self) -> Result<Hash, LeafError> {
        Ok(leaf_hash(self.line()?.as_bytes()))
    }
}

/// What must still be written for a leaf to be written as it was read. A check reads millions of lines, so none is
/// written down again to be compared.
struct Expected<'a>(&'a [u8]);

impl Write for Expected<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let rest = self.0.strip_prefix(bytes);
        self.0 = rest.ok_or(io::ErrorKind::InvalidData)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a line is no leaf, or a leaf no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Not JSON, or not the fields of a leaf: what the reader said.
    #[error("not a leaf: {0}")]
    Unreadable(String),
    /// The fields of a leaf, written otherwise than a leaf is written.
    #[error("a leaf that is not written as leaves are")]
    NotCanonical,
    /// Longer than [`LINE_MAX`].
    #[error("the leaf is longer than {LINE_MAX} bytes")]
    TooLong,
    /// A text longer than [`super::text::TEXT_MAX`].
    #[error("a text of a leaf has at most {} bytes", super::text::TEXT_MAX)]
    TextTooLong,
    /// A text with a control character.
    #[error("a text of a leaf has no control characters")]
    ControlCharacter,
    /// Not the lower-case hex digits that were to stand there.
    #[error("not the expected lower-case hex digits")]
    NotHex,
}

impl LeafError {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "leaf_unreadable",
            Self::NotCanonical => "leaf_not_canonical",
            Self::TooLong => "leaf_too_long",
            Self::TextTooLong => "text_too_long",
            Self::ControlCharacter => "control_character",
            Self::NotHex => "not_hex",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::Unreadable(what) => format!("不是审计记录：{what}"),
            Self::NotCanonical => "审计记录的写法不规范".to_owned(),
            Self::TooLong => format!("审计记录超过 {LINE_MAX} 字节"),
            Self::TextTooLong => {
                format!("审计记录中的文本最多 {} 字节", super::text::TEXT_MAX)
            }
            Self::ControlCharacter => "审计记录中的文本不得含控制字符".to_owned(),
            Self::NotHex => "不是预期的小写十六进制数字".to_owned(),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests;
