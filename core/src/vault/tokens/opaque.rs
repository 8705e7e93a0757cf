//! What sale tokens and sector tokens have in common: sixteen bytes as text, after a mark that says which kind it is.

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::code::CodeError;

/// The characters after the mark: 16 bytes in base64url without padding.
const TEXT: usize = 22;

/// Sixteen bytes that are not printed, and are wiped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct Opaque(pub(super) [u8; 16]);

impl Opaque {
    /// Reads a token of this mark, exactly as it was given out.
    pub(super) fn parse(mark: &str, text: &str) -> Result<Self, CodeError> {
        let text = text.strip_prefix(mark).ok_or(CodeError::Shape)?;
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

    /// The text of it.
    pub(super) fn text(&self, mark: &str) -> String {
        let mut text = String::with_capacity(mark.len().saturating_add(TEXT));
        text.push_str(mark);
        BASE64URL_NOPAD.encode_append(&self.0, &mut text);
        text
    }

    /// SHA-256 of the text.
    pub(super) fn sha256(&self, mark: &str) -> [u8; 32] {
        Sha256::digest(Zeroizing::new(self.text(mark))).into()
    }
}

impl PartialEq for Opaque {
    /// Takes as long whether they are the same or not.
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Opaque {}
