//! What somebody who did not sign in takes home to read the answer: ten characters, of which only a hash is kept.

use core::fmt;

use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::policy::ticket::TicketNo;

/// How many characters it has: 50 random bits.
const LENGTH: usize = 10;

/// A reference, such as `K3MQ7-ZP2AX`. It prints as nothing, and is wiped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct Reference(String);

impl Reference {
    /// The reference of seven random bytes.
    pub(super) fn of(random: [u8; 7]) -> Self {
        let mut text = BASE32_NOPAD.encode(&random);
        text.truncate(LENGTH);
        Self(text)
    }

    /// Reads what a person typed: in letters of either case, in groups or not, with digits in the place of the letters
    /// that look like them.
    pub fn parse(text: &str) -> Option<Self> {
        if 4 * LENGTH < text.len() {
            return None;
        }
        let letters = text.chars().filter(|letter| !matches!(letter, ' ' | '-'));
        let meant = letters.map(|letter| match letter.to_ascii_uppercase() {
            '0' => 'O',
            '1' => 'I',
            '8' => 'B',
            other => other,
        });
        let read = Self(meant.collect());
        let is_known = |byte: u8| matches!(byte, b'A'..=b'Z' | b'2'..=b'7');
        let is_one = read.0.len() == LENGTH && read.0.bytes().all(is_known);
        is_one.then_some(read)
    }

    /// In groups of five, to be shown once.
    pub fn grouped(&self) -> String {
        let (first, last) = self.0.split_at_checked(LENGTH / 2).unwrap_or((&self.0, ""));
        format!("{first}-{last}")
    }

    /// What is kept of it.
    pub(super) fn hash(&self, number: TicketNo) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"jifen ticket reference");
        hash.update(number.whole().to_be_bytes());
        hash.update(self.0.as_bytes());
        hash.finalize().into()
    }

    /// Whether this is what was kept.
    pub(super) fn is_of(&self, number: TicketNo, kept: &[u8; 32]) -> bool {
        self.hash(number).ct_eq(kept).into()
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Reference(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_people_type_it_and_prints_nothing() {
        let reference = Reference::of([0, 1, 2, 0xff, 0x42, 9, 7]);
        let shown = reference.grouped();
        assert_eq!(shown.len(), 11);
        let typed = [
            shown.clone(),
            shown.to_lowercase(),
            shown.replace('-', ""),
            shown.replace('-', " "),
            shown.replace('O', "0").replace('I', "1").replace('B', "8"),
        ];
        for text in typed {
            assert_eq!(Reference::parse(&text).as_ref(), Some(&reference), "{text}");
        }
        for text in [
            "",
            "ABCDE",
            "ABCDE-FGHI9",
            "ABCDE-FGHIJK",
            "甲乙丙丁戊己庚辛壬癸",
        ] {
            assert!(Reference::parse(text).is_none(), "{text}");
        }
        assert_eq!(format!("{reference:?}"), "Reference(..)");
    }

    #[test]
    fn a_reference_is_of_its_own_number_alone() {
        let [one, other] = ["2026-000001", "2026-000002"].map(|text| text.parse().unwrap());
        let reference = Reference::of([7; 7]);
        assert!(reference.is_of(one, &reference.hash(one)));
        assert!(!reference.is_of(other, &reference.hash(one)));
        assert!(!Reference::of([8; 7]).is_of(one, &reference.hash(one)));
    }
}
