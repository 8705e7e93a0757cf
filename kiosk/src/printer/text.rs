//! Texts as a printer may have them: in its own encoding, and without anything that it would obey.

use encoding_rs::{GB18030, GBK, UTF_8};

/// What stands for a character that is not printed.
const STANDS_IN: char = '＊';

/// How a printer reads its texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// GB 18030, which has every character.
    #[default]
    Gb18030,
    /// GBK, which older printers have: rare characters of names are missing.
    Gbk,
    /// UTF-8.
    Utf8,
}

impl Encoding {
    /// All, by the words of the settings.
    pub(crate) const WORDS: [(&'static str, Self); 3] = [
        ("GB18030", Self::Gb18030),
        ("GBK", Self::Gbk),
        ("UTF-8", Self::Utf8),
    ];

    /// Its table.
    pub(super) const fn table(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Gb18030 => GB18030,
            Self::Gbk => GBK,
            Self::Utf8 => UTF_8,
        }
    }

    /// Whether the printer has to be told that bytes come in pairs.
    pub(super) const fn is_in_pairs(self) -> bool {
        match self {
            Self::Gb18030 | Self::Gbk => true,
            Self::Utf8 => false,
        }
    }

    fn has(self, character: char) -> bool {
        let mut buffer = [0; 4];
        let (_, _, is_missing) = self.table().encode(character.encode_utf8(&mut buffer));
        !is_missing
    }
}

/// A text of one line for a printer: what would steer it, or turn what follows round, or is not in its encoding, is a
/// [`STANDS_IN`].
pub(super) fn printable(text: &str, encoding: Encoding) -> String {
    let shown = text.chars().map(|character| {
        if is_steering(character) || !encoding.has(character) {
            STANDS_IN
        } else {
            character
        }
    });
    shown.collect()
}

/// Control characters (C0, DEL, C1), and marks that are not seen: of direction, of joining, of lines.
fn is_steering(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}
