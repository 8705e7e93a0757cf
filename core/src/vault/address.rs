//! A postal address: taken only from members who want letters, under a key of its own that goes when they no longer do
//! (COL-03, privacy §2).

use core::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::personal::Personal;

/// The longest address, in characters.
pub const ADDRESS_MAX: usize = 200;
/// The longest postcode, in characters.
pub const POSTCODE_MAX: usize = 12;

/// A postal address as the member wrote it, in Unicode's composed form (NFC).
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Lines(String);

impl Lines {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Lines(..)")
    }
}

/// Where letters go.
#[derive(Debug)]
pub struct Address {
    /// Street, house, town: 1 to 200 characters.
    pub lines: Personal<Lines>,
    /// The postcode: letters, digits, spaces and hyphens, up to 12, or empty.
    pub postcode: Personal<Lines>,
}

/// Not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a postal address")]
pub struct AddressError;

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`AddressError`] when there is none, when it is too long, or when it holds what no letter can carry.
    pub fn parse(lines: &str, postcode: &str) -> Result<Self, AddressError> {
        let lines = text(lines, ADDRESS_MAX)?;
        let postcode = text(postcode, POSTCODE_MAX)?;
        let is_postcode = postcode
            .0
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == ' ' || char == '-');
        if lines.0.is_empty() || !is_postcode {
            return Err(AddressError);
        }
        Ok(Self {
            lines: Personal::new(lines),
            postcode: Personal::new(postcode),
        })
    }
}

fn text(text: &str, most: usize) -> Result<Lines, AddressError> {
    let trimmed = text.trim();
    // Longer than any text that is composed to what is allowed.
    if most.saturating_mul(16) < trimmed.len() || trimmed.chars().any(char::is_control) {
        return Err(AddressError);
    }
    let mut composed = String::with_capacity(trimmed.len().saturating_mul(3));
    composed.extend(trimmed.nfc());
    let lines = Lines(composed);
    if most < lines.0.chars().count() {
        return Err(AddressError);
    }
    Ok(lines)
}

/// An address in a row: it prints as nothing, and is wiped.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
pub(crate) struct AddressRow {
    lines: String,
    postcode: String,
}

impl AddressRow {
    /// How an address stands in a row.
    pub(crate) fn of(address: &Address) -> Self {
        Self {
            lines: address.lines.inside().0.clone(),
            postcode: address.postcode.inside().0.clone(),
        }
    }

    /// The address of a row.
    pub(crate) fn to_address(&self) -> Address {
        Address {
            lines: Personal::new(Lines(self.lines.clone())),
            postcode: Personal::new(Lines(self.postcode.clone())),
        }
    }
}

impl fmt::Debug for AddressRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AddressRow(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_text_that_a_letter_can_carry() {
        let long = "路".repeat(ADDRESS_MAX);
        for (lines, postcode, is_one) in [
            ("上海市延安西路 1 号", "200050", true),
            ("12 High Street, Ely", "CB7 4LJ", true),
            (" 1 号 ", "", true),
            (long.as_str(), "200050", true),
            ("", "200050", false),
            ("  ", "", false),
            ("1 号\n2 号", "", false),
            ("1 号", "<b>", false),
            ("1 号", "1234567890123", false),
            (&format!("{long}路"), "", false),
        ] {
            assert_eq!(Address::parse(lines, postcode).is_ok(), is_one, "{lines}");
        }
    }

    #[test]
    fn it_prints_nothing() {
        let address = Address::parse("延安西路", "200050").unwrap();
        let printed = format!("{address:?} {:?}", AddressRow::of(&address));
        assert!(
            !printed.contains("延安") && !printed.contains("2000"),
            "{printed}"
        );
    }
}
