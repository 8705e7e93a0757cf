//! Decimal digits: drawn, checked, grouped for the eye, and never printed by accident.

use core::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// `N` decimal digits, each 0 to 9.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Digits<const N: usize>([u8; N]);

impl<const N: usize> Digits<N> {
    /// The digits a function gives for each place from 0.
    pub(super) fn from_fn(digit: impl FnMut(usize) -> u8) -> Self {
        Self(core::array::from_fn(digit))
    }

    /// Exactly `N` digits.
    pub(super) fn of_slice(digits: &[u8]) -> Option<Self> {
        digits.try_into().ok().map(Self)
    }

    pub(super) const fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// As text.
    pub(super) fn text(&self) -> String {
        self.0.iter().map(|digit| ascii(*digit)).collect()
    }

    /// As text in groups of four.
    pub(super) fn grouped(&self) -> String {
        let mut grouped = String::new();
        for group in self.0.chunks(4) {
            if !grouped.is_empty() {
                grouped.push(' ');
            }
            grouped.extend(group.iter().map(|digit| ascii(*digit)));
        }
        grouped
    }

    /// SHA-256 of the text.
    pub(super) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(Zeroizing::new(self.text())).into()
    }
}

impl<const N: usize> PartialEq for Digits<N> {
    /// Takes as long whether they are the same or not.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl<const N: usize> Eq for Digits<N> {}

impl<const N: usize> fmt::Debug for Digits<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("..")
    }
}

fn ascii(digit: u8) -> char {
    char::from_digit(u32::from(digit), 10).unwrap_or('?')
}

/// The digits of what was typed or scanned: spaces and hyphens may stand anywhere, anything else is nothing. At most
/// `TYPED_MAX` bytes are looked at.
pub(super) fn typed_digits(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    /// Room for a digit and a space in every place of the longest token, and some more.
    const TYPED_MAX: usize = 64;
    if TYPED_MAX < text.len() {
        return None;
    }
    let mut digits = Zeroizing::new(Vec::with_capacity(TYPED_MAX));
    for byte in text.trim().bytes() {
        match byte {
            b'0'..=b'9' => digits.push(byte.wrapping_sub(b'0')),
            b' ' | b'-' => {}
            _ => return None,
        }
    }
    Some(digits)
}

/// Uniform random digits without end, from 32 random bytes: SHA-256 of (label, seed, counter), whose bytes below 250 each
/// give their last digit. The others are left out, since 256 is no multiple of 10.
pub(super) struct Stream<'a> {
    label: &'static [u8],
    seed: &'a [u8; 32],
    counter: u64,
    block: Zeroizing<[u8; 32]>,
    used: usize,
}

impl<'a> Stream<'a> {
    /// The stream of one kind of token: the same seed gives others for another label.
    pub(super) fn new(label: &'static [u8], seed: &'a [u8; 32]) -> Self {
        Self {
            label,
            seed,
            counter: 0,
            block: Zeroizing::new([0; 32]),
            used: 32,
        }
    }

    /// The next random byte.
    pub(super) fn byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.block.get(self.used) {
                self.used = self.used.saturating_add(1);
                return *byte;
            }
            let hash = Sha256::new()
                .chain_update(self.label)
                .chain_update(self.seed)
                .chain_update(self.counter.to_be_bytes());
            *self.block = hash.finalize().into();
            self.counter = self.counter.wrapping_add(1);
            self.used = 0;
        }
    }

    /// The next random digit.
    pub(super) fn digit(&mut self) -> u8 {
        loop {
            let byte = self.byte();
            if byte < 250 {
                return byte.checked_rem(10).unwrap_or(0);
            }
        }
    }
}

/// The quasigroup of order 10 that H. M. Damm published (“Total anti-symmetrische Quasigruppen”, Marburg 2004).
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The check digit to put after these digits. Digits that end with theirs give 0.
pub(super) fn damm(digits: &[u8]) -> u8 {
    digits.iter().fold(0, |interim, digit| {
        let row = DAMM.get(usize::from(interim));
        row.and_then(|row| row.get(usize::from(*digit)))
            .copied()
            .unwrap_or(u8::MAX)
    })
}

/// Whether the digits end with their check digit.
pub(super) fn is_checked(digits: &[u8]) -> bool {
    !digits.is_empty() && damm(digits) == 0
}

/// Whether the digits have the check digit of bank cards (ISO/IEC 7812-1, annex B).
pub(super) fn is_luhn(digits: &[u8]) -> bool {
    let sum = digits.iter().rev().enumerate().map(|(place, digit)| {
        let weighed = if place.checked_rem(2) == Some(1) {
            digit.saturating_mul(2)
        } else {
            *digit
        };
        u32::from(if 9 < weighed {
            weighed.saturating_sub(9)
        } else {
            weighed
        })
    });
    sum.sum::<u32>().checked_rem(10) == Some(0)
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        text.bytes().map(|byte| byte - b'0').collect()
    }

    #[test]
    fn the_published_numbers_have_their_check_digits() {
        // 572 → 4 is the example of the published algorithm; the Luhn numbers are those of ISO/IEC 7812-1 and of test
        // cards that every bank refuses.
        assert_eq!(damm(&digits("572")), 4);
        assert!(is_checked(&digits("5724")));
        assert!(!is_checked(&digits("5727")));
        assert!(!is_checked(&[]));
        for (number, expected) in [
            ("79927398713", true),
            ("79927398710", false),
            ("4111111111111111", true),
            ("4111111111111112", false),
        ] {
            assert_eq!(is_luhn(&digits(number)), expected, "{number}");
        }
    }

    #[test]
    fn the_table_is_a_quasigroup_that_is_totally_antisymmetric() {
        let at = |row: usize, column: usize| usize::from(DAMM[row][column]);
        for one in 0..10 {
            assert_eq!(
                at(one, one),
                0,
                "a digit after itself as the interim gives 0"
            );
            let row: std::collections::BTreeSet<_> = (0..10).map(|other| at(one, other)).collect();
            let column: std::collections::BTreeSet<_> =
                (0..10).map(|other| at(other, one)).collect();
            assert_eq!((row.len(), column.len()), (10, 10), "{one}");
            for (x, y) in (0..10).flat_map(|x| (0..10).map(move |y| (x, y))) {
                let swapped = at(at(one, x), y) == at(at(one, y), x);
                assert_eq!(swapped, x == y, "{one} {x} {y}");
            }
        }
    }

    #[test]
    fn digits_are_drawn_evenly() {
        let mut stream = Stream::new(b"test", &[9; 32]);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[usize::from(stream.digit())] += 1;
        }
        // Six standard deviations of 100,000 draws at one in ten: 6 × 95.
        for count in counts {
            assert!((9_430..=10_570).contains(&count), "{counts:?}");
        }
    }

    #[test]
    fn bytes_of_the_stream_are_those_computed_by_another_program() {
        // Python: hashlib.sha256(b"jifen card" + bytes(range(32)) + counter.to_bytes(8, "big")).
        let seed = core::array::from_fn(|at| u8::try_from(at).unwrap());
        let mut stream = Stream::new(b"jifen card", &seed);
        let bytes: Vec<u8> = (0..36).map(|_| stream.byte()).collect();
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        assert_eq!(
            hex,
            "33b10d42d475ae0bd6fb594ca492f80835c9846ad25a1e4110ad6af3d9dfea7c9ca2dc99"
        );
    }

    proptest! {
        #[test]
        fn every_wrong_digit_and_every_swap_of_neighbours_is_caught(
            mut body in prop::collection::vec(0..10_u8, 1..18),
        ) {
            body.push(damm(&body));
            prop_assert!(is_checked(&body));
            for place in 0..body.len() {
                for wrong in (0..10).filter(|wrong| *wrong != body[place]) {
                    let mut changed = body.clone();
                    changed[place] = wrong;
                    prop_assert!(!is_checked(&changed), "{body:?} {place} {wrong}");
                }
            }
            for place in (1..body.len()).filter(|place| body[*place] != body[*place - 1]) {
                let mut changed = body.clone();
                changed.swap(place - 1, place);
                prop_assert!(!is_checked(&changed), "{body:?} {place}");
            }
        }
    }
}
