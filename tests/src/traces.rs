//! What a text may look like in a file: the encodings that a leak could have, and a search for all of them at once.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use data_encoding::{BASE64, BASE64URL, Encoding, HEXLOWER, HEXUPPER};

/// A way in which a text stands in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trace {
    /// As text is kept everywhere.
    Utf8,
    /// As Windows and Java keep it.
    Utf16Le,
    /// The same, the other way round.
    Utf16Be,
    /// As Chinese programs keep it.
    Gb18030,
    /// Hexadecimal digits of the UTF-8.
    HexLower,
    /// The same in capitals.
    HexUpper,
    /// Base64 of the UTF-8, beginning at any byte.
    Base64,
    /// The same in the alphabet of URLs.
    Base64Url,
    /// Two digits a byte, the first one high; the number begins at a whole byte or at half a one.
    Packed,
    /// Two digits a byte, the first one low.
    PackedSwapped,
}

impl Trace {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Gb18030,
        Self::HexLower,
        Self::HexUpper,
        Self::Base64,
        Self::Base64Url,
        Self::Packed,
        Self::PackedSwapped,
    ];

    /// Whether it is one of numbers alone.
    pub const fn is_packed(self) -> bool {
        matches!(self, Self::Packed | Self::PackedSwapped)
    }

    /// The bytes of a whole text; of its digits alone where two stand in a byte.
    pub fn write(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Gb18030 => encoding_rs::GB18030.encode(text).0.into_owned(),
            Self::HexLower => HEXLOWER.encode(text.as_bytes()).into_bytes(),
            Self::HexUpper => HEXUPPER.encode(text.as_bytes()).into_bytes(),
            Self::Base64 => BASE64.encode(text.as_bytes()).into_bytes(),
            Self::Base64Url => BASE64URL.encode(text.as_bytes()).into_bytes(),
            Self::Packed => pack(&digits(text), false),
            Self::PackedSwapped => pack(&digits(text), true),
        }
    }

    /// What stands in a file wherever the text stands within a longer one.
    fn within(self, text: &str) -> Vec<Vec<u8>> {
        match self {
            Self::Utf8
            | Self::Utf16Le
            | Self::Utf16Be
            | Self::Gb18030
            | Self::HexLower
            | Self::HexUpper => vec![self.write(text)],
            Self::Base64 => shifted(&BASE64, text),
            Self::Base64Url => shifted(&BASE64URL, text),
            Self::Packed | Self::PackedSwapped => {
                let digits = digits(text);
                if digits.len() != text.len() {
                    return Vec::new();
                }
                let swapped = self == Self::PackedSwapped;
                let halves = |digits: &[u8]| {
                    let odd = digits.len() % 2 == 1;
                    let last: Vec<_> = if odd { (0..16).map(Some).collect() } else { vec![None] };
                    let all = last.into_iter().map(|last| {
                        let digits: Vec<u8> = digits.iter().copied().chain(last).collect();
                        pack(&digits, swapped)
                    });
                    all.collect::<Vec<_>>()
                };
                let half_before = (0..16).flat_map(|first| {
                    let digits: Vec<u8> = [first].into_iter().chain(digits.clone()).collect();
                    halves(&digits)
                });
                halves(&digits).into_iter().chain(half_before).collect()
            }
        }
    }
}

fn digits(text: &str) -> Vec<u8> {
    let digits = text.bytes().filter(u8::is_ascii_digit);
    digits.map(|byte| byte - b'0').collect()
}

fn pack(digits: &[u8], swapped: bool) -> Vec<u8> {
    let byte = |pair: &[u8]| {
        let (first, second) = (pair[0], pair.get(1).copied().unwrap_or(15));
        if swapped {
            second << 4 | first
        } else {
            first << 4 | second
        }
    };
    digits.chunks(2).map(byte).collect()
}

/// The characters that hold bits of the text alone, for each of the three places where it may begin.
fn shifted(base64: &Encoding, text: &str) -> Vec<Vec<u8>> {
    let at = |before: usize| {
        let bytes = [&vec![0; before], text.as_bytes()].concat();
        let written = base64.encode(&bytes).replace('=', "").into_bytes();
        let first = [0, 2, 3][before];
        let last = written.len() - usize::from(bytes.len() % 3 != 0);
        written[first..last].to_vec()
    };
    (0..3).map(at).collect()
}

/// Looks for many texts in all their encodings.
pub struct Search {
    automaton: AhoCorasick,
    names: Vec<(String, Trace)>,
}

impl Search {
    /// A search for each text in each of these encodings.
    pub fn new<'a>(wanted: impl IntoIterator<Item = (&'a str, &'a [Trace])>) -> Self {
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        for (text, traces) in wanted {
            for trace in traces {
                for pattern in trace.within(text) {
                    // Less than that is found by chance.
                    assert!(5 <= pattern.len(), "{text} is too short for {trace:?}");
                    names.push((text.to_owned(), *trace));
                    patterns.push(pattern);
                }
            }
        }
        let automaton = AhoCorasick::new(&patterns).expect("not too many");
        Self { automaton, names }
    }

    /// Which texts stand in these bytes, and how.
    pub fn found(&self, bytes: &[u8]) -> BTreeSet<(String, Trace)> {
        let hits = self.automaton.find_overlapping_iter(bytes);
        hits.map(|hit| self.names[hit.pattern().as_usize()].clone())
            .collect()
    }
}
