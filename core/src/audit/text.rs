//! The words that a leaf is made of: bounded text, hashes, and the name under which the audit knows a member.

use core::fmt;
use core::ops::Deref;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use super::leaf::LeafError;

/// The longest text of a leaf, in bytes.
pub const TEXT_MAX: usize = 256;

/// A text of a leaf: at most [`TEXT_MAX`] bytes, no control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

impl Text {
    /// The text itself, or why a leaf may not hold it.
    pub fn new(text: impl Into<String>) -> Result<Self, LeafError> {
        let text = text.into();
        if TEXT_MAX < text.len() {
            return Err(LeafError::TextTooLong);
        }
        if text.chars().any(char::is_control) {
            return Err(LeafError::ControlCharacter);
        }
        Ok(Self(text))
    }

    /// The text made to fit: cut at the end with `…`, and `\u{fffd}` for each control character. For what the act must
    /// not fail on.
    pub fn fitted(text: &str) -> Self {
        const MARK: char = '…';
        let shown = |found: char| {
            if found.is_control() {
                '\u{fffd}'
            } else {
                found
            }
        };
        let mut kept: String = text.chars().map(shown).take(TEXT_MAX).collect();
        if TEXT_MAX < kept.len() || kept.chars().count() < text.chars().count() {
            while TEXT_MAX < kept.len().saturating_add(MARK.len_utf8()) {
                kept.pop();
            }
            kept.push(MARK);
        }
        Self(kept)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for Text {
    type Err = LeafError;

    fn from_str(text: &str) -> Result<Self, LeafError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Text {
    type Error = LeafError;

    fn try_from(text: String) -> Result<Self, LeafError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Text {
    type Error = LeafError;

    fn try_from(text: &str) -> Result<Self, LeafError> {
        Self::new(text)
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

macro_rules! hex {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The one with these bytes.
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0
                    .iter()
                    .try_for_each(|byte| write!(formatter, "{byte:02x}"))
            }
        }

        impl FromStr for $name {
            type Err = LeafError;

            /// Reads lower-case hex digits, two for each byte.
            fn from_str(text: &str) -> Result<Self, LeafError> {
                let bytes = data_encoding::HEXLOWER.decode(text.as_bytes());
                let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
                bytes.map(Self).ok_or(LeafError::NotHex)
            }
        }

        impl TryFrom<String> for $name {
            type Error = LeafError;

            fn try_from(text: String) -> Result<Self, LeafError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(it: $name) -> Self {
                it.to_string()
            }
        }
    };
}

hex! {
    /// Thirty-two bytes, a hash as a rule, written as 64 hex digits.
    Hex32, 32
}

impl fmt::Debug for Hex32 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

hex! {
    /// A member, to the audit: sixteen random bytes that stand in the sealed core record, written as 32 hex digits. When
    /// the member is erased nothing leads from it to a person. Its `Debug` does not print it, since it is a pseudonym.
    Handle, 16
}

impl fmt::Debug for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Handle(..)")
    }
}

/// A moment as RFC 3339 in UTC, always with three digits of milliseconds.
pub(super) mod utc_millis {
    use chrono::{DateTime, SecondsFormat};
    use serde::{Deserialize, Deserializer, Serializer, de, ser};

    use crate::domain::time::Moment;

    pub(in crate::audit) fn serialize<T, S>(time: &T, to: S) -> Result<S::Ok, S::Error>
    where
        T: Copy + Into<Moment>,
        S: Serializer,
    {
        let time: Moment = (*time).into();
        let is_sane = Moment::EPOCH <= time && time <= Moment::MAX;
        let utc = DateTime::from_timestamp_millis(time.millis()).filter(|_| is_sane);
        let utc = utc.ok_or_else(|| ser::Error::custom("a time out of range"))?;
        to.serialize_str(&utc.to_rfc3339_opts(SecondsFormat::Millis, true))
    }

    pub(in crate::audit) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Moment, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_256_bytes_and_no_control_characters() {
        assert_eq!(Text::new("a".repeat(256)).unwrap().len(), 256);
        assert_eq!(Text::new("a".repeat(257)), Err(LeafError::TextTooLong));
        assert_eq!(Text::new("字".repeat(86)), Err(LeafError::TextTooLong));
        for text in ["a\nb", "\0", "\u{7f}", "\u{85}"] {
            assert_eq!(
                Text::new(text),
                Err(LeafError::ControlCharacter),
                "{text:?}"
            );
        }
    }

    #[test]
    fn whatever_is_fitted_is_a_text_and_what_fits_stays() {
        for text in ["", "till-1", "收银台", &"a".repeat(256), &"字".repeat(85)] {
            assert_eq!(Text::fitted(text).as_str(), text);
        }
        for text in [&"a".repeat(257), &"字".repeat(86), &"é".repeat(999)] {
            let fitted = Text::fitted(text);
            assert!(fitted.ends_with('…') && 250 < fitted.len(), "{fitted}");
            assert_eq!(Text::new(fitted.as_str()), Ok(fitted));
        }
        assert_eq!(Text::fitted("a\nb").as_str(), "a\u{fffd}b");
        // A replaced character is longer than the one it replaces.
        assert!(Text::new(Text::fitted(&"\n".repeat(256)).as_str()).is_ok());
    }

    #[test]
    fn hex_is_lower_case_and_whole() {
        let handle = Handle::from_bytes([0xab; 16]);
        assert_eq!(handle.to_string(), "ab".repeat(16));
        assert_eq!("ab".repeat(16).parse(), Ok(handle));
        for text in [
            "AB".repeat(16),
            "ab".repeat(15),
            "ab".repeat(17),
            "zz".repeat(16),
        ] {
            assert_eq!(text.parse::<Handle>(), Err(LeafError::NotHex), "{text}");
        }
        assert_eq!(format!("{handle:?}"), "Handle(..)");
    }
}
