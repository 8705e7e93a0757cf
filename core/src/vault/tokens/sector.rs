//! The sector token: what a till that asked for it, and a member who said yes, know each other by from sale to sale. Two
//! sectors never share one (privacy §5).

use core::fmt;

use super::code::CodeError;
use super::digits::Stream;
use super::opaque::Opaque;

/// What every sector token begins with.
const MARK: &str = "jsc_";

/// A sector token: 16 random bytes. It prints none of them.
#[derive(Clone, PartialEq, Eq)]
pub struct SectorToken(Opaque);

impl SectorToken {
    /// A token from 32 random bytes, the same for the same bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen sector token", seed);
        Self(Opaque(core::array::from_fn(|_| stream.byte())))
    }

    /// The token with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Opaque(bytes))
    }

    /// Its bytes, for the row that keeps them sealed.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0.0
    }

    /// Reads a token, exactly as it was given out.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        Opaque::parse(MARK, text).map(Self)
    }

    /// The text of it, for the tills of its sector: never for a log.
    pub fn text(&self) -> String {
        self.0.text(MARK)
    }

    /// SHA-256 of the text: what the keybox knows it by.
    pub fn sha256(&self) -> [u8; 32] {
        self.0.sha256(MARK)
    }
}

impl fmt::Debug for SectorToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SectorToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::super::sale::SaleToken;
    use super::*;

    #[test]
    fn a_token_reads_back_and_no_other_text_does() {
        let token = SectorToken::draw(&[1; 32]);
        let text = token.text();
        assert_eq!(text.len(), 26);
        assert_eq!(SectorToken::parse(&text), Ok(token.clone()));
        assert_eq!(SectorToken::from_bytes(*token.bytes()), token);
        assert_ne!(token, SectorToken::draw(&[2; 32]));
        let last = text.chars().next_back().unwrap();
        let sibling = char::from_u32(u32::from(last) + 1).unwrap();
        for wrong in [
            "",
            "jsc_",
            &text[..25],
            &text[4..],
            &text.replacen("jsc_", "jst_", 1),
            &text.replacen("jsc_", "JSC_", 1),
            &format!("{text}A"),
            &format!("{text}=="),
            &format!("{}{sibling}", &text[..25]),
        ] {
            assert_eq!(SectorToken::parse(wrong), Err(CodeError::Shape), "{wrong}");
        }
        assert!(SaleToken::parse(&text).is_err());
        assert_eq!(format!("{token:?}"), "SectorToken(..)");
    }
}
