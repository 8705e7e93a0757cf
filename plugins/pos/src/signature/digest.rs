//! `Content-Digest` (RFC 9530), with SHA-256 and nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The header's value for a body, in the one spelling that is taken.
pub(super) fn content_digest(body: &[u8]) -> String {
    let mut text = String::with_capacity(54);
    text.push_str("sha-256=:");
    STANDARD.encode_string(Sha256::digest(body), &mut text);
    text.push(':');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_have_the_digests_of_rfc_9530() {
        for (body, digest) in [
            // RFC 9530 §B.1, and appendix D for an empty one; RFC 9421 §2 without the line's end.
            (
                "{\"hello\": \"world\"}\n",
                "RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=",
            ),
            ("", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
            (
                "{\"hello\": \"world\"}",
                "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
            ),
        ] {
            assert_eq!(
                content_digest(body.as_bytes()),
                format!("sha-256=:{digest}:")
            );
        }
    }
}
