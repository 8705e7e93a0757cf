//! Who speaks: HTTP message signatures (RFC 9421, `hmac-sha256`) in the one profile of POS v1 (privacy §6, Tills).
//!
//! A request covers `@method`, `@authority`, `@path`, `@query`, `jifen-seq`, `idempotency-key` where there is one, and
//! `content-type` and `content-digest` where there is a body. An answer covers `@status`, `content-type`, `content-digest`
//! and the signature of its request, so an answer to another request is none.
//!
//! A store: [`Signed::parse`] says whose secret is needed, [`Signed::verify`] gives a [`Verified`], and [`sign_answer`]
//! signs what is said to it. A till: [`sign_request`], then [`verify_answer`].

mod error;
mod secret;
mod base;
mod fields;
mod digest;
mod request;
mod answer;
mod nonces;
#[cfg(test)]
mod rfc;
#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod mutations;

pub use self::answer::{sign_answer, verify_answer};
pub use self::error::{Rejected, SignatureError};
pub use self::nonces::Nonces;
pub use self::request::{Age, Signed, Verified, sign_request};
pub use self::secret::{Credential, CredentialError, Secret};

/// The tag of every signature of POS v1.
pub const TAG: &str = "jifen-pos-v1";
/// The label that we give ours. One that a till gives otherwise is taken as well.
pub const LABEL: &str = "sig1";
/// How long a signature lives at most, and how far a till's clock may be ahead, in seconds.
pub const LIFE_MAX_SECONDS: u64 = 60;
/// The header of the terminal's sequence number.
pub const SEQ_HEADER: &str = "jifen-seq";
/// The header of the idempotency key.
pub const KEY_HEADER: &str = "idempotency-key";
/// The largest sequence number: 15 digits, as in every integer of a structured field.
pub const SEQ_MAX: u64 = 999_999_999_999_999;

const ALGORITHM: &str = "hmac-sha256";

/// What binds an answer to its request: whose key, under which label, and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    label: String,
    keyid: String,
    signature: [u8; 32],
}
