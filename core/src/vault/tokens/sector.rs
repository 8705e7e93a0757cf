//! The sector token: what a till that asked for it, and a member who said yes, know each other by from sale to sale. Two
//! sectors never share one (privacy §5).

use core::fmt;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::code::CodeError;
use super::digits::Stream;

/// What every sector token begins with.
const MARK: &str = "jsc_";
/// The characters after the mark: 16 bytes in base64url without padding.
const TEXT: usize = 22;

/// A sector token: 16 random bytes. It prints none of them.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SectorToken([u8; 16]);

impl SectorToken {
    /// A token from 32 random bytes, the same for the same bytes.
    pub fn draw(seed: &[u8; 32]) -> Self {
        let mut stream = Stream::new(b"jifen sector token", seed);
        Self(core::array::from_fn(|_| stream.byte()))
    }

    /// The token with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for the row that keeps them sealed.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads a token, exactly as it was given out.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let text = text.strip_prefix(MARK).ok_or(CodeError::Shape)?;
        if text.len() != TEXT {
            return Err(CodeError::Shape);
        }
        // The decoder refuses bits beyond the last byte, so that no two texts are one token.
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| CodeError::Shape)?;
        let bytes = Zeroizing::new(bytes);
        <[u8; 16]>::try_from(bytes.as_slice())
            .map(Self)
            .map_err(|_| CodeError::Shape)
    }

    /// The text of it, for the tills of its sector: never for a log.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(MARK.len().saturating_add(TEXT));
        text.push_str(MARK);
        BASE64URL_NOPAD.encode_append(&self.0, &mut text);
        text
    }

    /// SHA-256 of the text: what the keybox knows it by.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(Zeroizing::new(self.text())).into()
    }
}

impl PartialEq for SectorToken {
    /// Takes as long whether they are the same or not.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for SectorToken {}

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
