//! The caller's name for an attempt: made, and kept, before anything is sent (semantics 34).

use core::fmt;
use core::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid, Variant};

/// An idempotency key: a UUID of version 7, or of version 8 where a dialect brings ids of its own. It belongs to the
/// terminal that sent it. On the wire it is 36 characters, lowercase and hyphenated, and nothing else is read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Uuid);

/// The text is not a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an idempotency key is a UUID of version 7 or 8, lowercase and hyphenated")]
pub struct KeyError;

impl Key {
    /// A key made at a time, in milliseconds since 1970, from 74 of 80 random bits. Keys made one after the other are kept
    /// side by side by the store.
    pub const fn v7(millis: u64, random: &[u8; 10]) -> Self {
        Self(Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// The key of a message that has ids of its own: SHA-256 over dialect, terminal and ids, each with its length before
    /// it, so that the same ids always give the same key and no two lists of them spell the same bytes.
    pub fn v8(dialect: &str, terminal: &str, ids: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in [dialect, terminal].iter().chain(ids) {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part);
        }
        let mut bytes = [0; 16];
        for (to, from) in bytes.iter_mut().zip(hash.finalize()) {
            *to = from;
        }
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// A key from its sixteen bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, KeyError> {
        let uuid = Uuid::from_bytes(bytes);
        let is_ours =
            matches!(uuid.get_version_num(), 7 | 8) && uuid.get_variant() == Variant::RFC4122;
        if is_ours {
            Ok(Self(uuid))
        } else {
            Err(KeyError)
        }
    }

    /// Its sixteen bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl FromStr for Key {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let uuid = Uuid::try_parse(text).map_err(|_| KeyError)?;
        let mut buffer = Uuid::encode_buffer();
        if &*uuid.hyphenated().encode_lower(&mut buffer) != text {
            return Err(KeyError);
        }
        Self::from_bytes(uuid.into_bytes())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0.as_hyphenated(), formatter)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Key({self})")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut buffer = Uuid::encode_buffer();
        serializer.serialize_str(self.0.hyphenated().encode_lower(&mut buffer))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_in_one_spelling_only() {
        let text = "0190163d-8694-739b-aea5-966c26f8ad91";
        let key: Key = text.parse().unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!(serde_json::to_string(&key).unwrap(), format!("\"{text}\""));
        assert_eq!(
            serde_json::from_str::<Key>(&format!("\"{text}\"")).unwrap(),
            key
        );

        for unfit in [
            "",
            "0190163D-8694-739B-AEA5-966C26F8AD91",
            "0190163d8694739baea5966c26f8ad91",
            "{0190163d-8694-739b-aea5-966c26f8ad91}",
            "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91",
            " 0190163d-8694-739b-aea5-966c26f8ad91",
            "\"0190163d-8694-739b-aea5-966c26f8ad91\"",
            // Version 4; version 7 of another variant; nothing at all.
            "0190163d-8694-439b-aea5-966c26f8ad91",
            "0190163d-8694-739b-cea5-966c26f8ad91",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(unfit.parse::<Key>(), Err(KeyError), "{unfit}");
        }
    }

    #[test]
    fn keys_of_a_later_moment_sort_later() {
        let earlier = Key::v7(1_700_000_000_000, &[0xff; 10]);
        let later = Key::v7(1_700_000_000_001, &[0; 10]);
        assert!(earlier < later);
        assert_eq!(
            &earlier.bytes()[..6],
            &1_700_000_000_000_u64.to_be_bytes()[2..]
        );
        assert_eq!(earlier.to_string().parse(), Ok(earlier));
    }

    #[test]
    fn the_same_ids_give_the_same_key_and_other_ids_another() {
        let key = Key::v8("nexo", "till-1", &["POS1", "LANE1", "42"]);
        assert_eq!(key, Key::v8("nexo", "till-1", &["POS1", "LANE1", "42"]));
        assert_eq!(key.to_string().parse(), Ok(key));
        for other in [
            Key::v8("nexo", "till-2", &["POS1", "LANE1", "42"]),
            Key::v8("drop", "till-1", &["POS1", "LANE1", "42"]),
            Key::v8("nexo", "till-1", &["POS1", "LANE14", "2"]),
            Key::v8("nexo", "till-1", &["POS1", "LANE1", "42", ""]),
            Key::v8("nexo", "till-1POS1", &["LANE1", "42"]),
        ] {
            assert_ne!(key, other);
        }
    }
}
