//! What is wrong with a signature. All but [`SignatureError::TooManyNonces`] (429) are answered with status 401.

use std::borrow::Cow;

use super::Binding;
use crate::message::{Refused, Retry, Words};

macro_rules! errors {
    ($( $(#[$doc:meta])* $name:ident => $code:literal, $retry:ident, $zh:literal, $en:literal; )*) => {
        /// Why a signature is not taken. The order is that of checking.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
        pub enum SignatureError { $( $(#[$doc])* #[error($en)] $name, )* }

        impl SignatureError {
            /// The code: lowercase, stable for ever.
            pub const fn code(self) -> &'static str {
                match self { $( Self::$name => $code, )* }
            }

            /// Every code there is.
            pub const CODES: &'static [&'static str] = &[ $( $code, )* ];
        }

        impl From<SignatureError> for Refused {
            fn from(error: SignatureError) -> Self {
                let (zh, en, retry) = match error {
                    $( SignatureError::$name => ($zh, $en, Retry::$retry), )*
                };
                Self {
                    code: Cow::Borrowed(error.code()),
                    message: Words { zh: Cow::Borrowed(zh), en: Cow::Borrowed(en) },
                    retry,
                }
            }
        }
    };
}

errors! {
    /// No signature with our tag.
    Missing => "signature_missing", Never, "请求没有签名。", "The message is not signed.";
    /// A signature or a signed header that cannot be read in one way only.
    Malformed => "signature_malformed", Never, "签名格式不正确。", "The signature cannot be read.";
    /// A header that may stand once stands twice.
    HeaderRepeated => "header_repeated", Never, "受签名保护的标头重复出现。", "A signed header is repeated.";
    /// A header that must be there is not.
    HeaderMissing => "header_missing", Never, "缺少受签名保护的标头。", "A header that must be signed is missing.";
    /// Not the components of the profile, each once.
    ComponentsWrong => "signature_components_wrong", Never, "签名覆盖的内容不符合要求。", "The signature does not cover what it must, or covers more.";
    /// A signature that would live longer than a minute, or not at all.
    LifeWrong => "signature_life_wrong", Never, "签名有效期须为 1 至 60 秒。", "A signature lives for 1 to 60 seconds.";
    /// The signature is not this terminal's, or there is no such terminal: the words are the same.
    Wrong => "signature_wrong", Never, "签名不正确。", "The signature is wrong.";
    /// The body is not the one that was signed.
    DigestWrong => "digest_wrong", Never, "请求内容与签名不符。", "The body is not the one that was signed.";
    /// Signed for another server.
    AuthorityWrong => "authority_wrong", Never, "请求不是发给本服务器的。", "The request was meant for another server.";
    /// Made more than a minute ahead of the store's clock.
    Early => "signature_early", SameKey, "签名时间晚于服务器时间，请校准收银机时钟。", "The signature was made in the future: set the till's clock by signing on.";
    /// Its time is over.
    Expired => "signature_expired", SameKey, "签名已过期，请校准收银机时钟。", "The signature has expired: set the till's clock by signing on.";
    /// Made before the store's process began, for something that changes nothing.
    BeforeStart => "signature_before_start", SameKey, "签名早于服务器启动时间，请重新签名。", "The signature was made before the store began: sign again.";
    /// Its nonce was seen.
    NonceReplayed => "nonce_replayed", SameKey, "签名已经使用过，请重新签名。", "The signature was used before: sign again.";
    /// Its sequence number was seen, or is too old.
    SequenceStale => "sequence_stale", SameKey, "序号已用过或过旧：请用同一幂等键和新序号重发。", "The sequence number is stale: same key, sign again with a new number.";
    /// More signatures in a minute than one terminal may send.
    TooManyNonces => "slow_down", Later, "请求过于频繁，请稍后再试。", "Too many requests: slow down.";
}

/// A request that is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Rejected {
    /// Why.
    #[source]
    pub error: SignatureError,
    /// For a request that the terminal did sign as it came: leave to sign the answer. Only then, since whoever holds back a
    /// till's request and sends a bent one instead must not get an authentic "no" to the till's own.
    pub binding: Option<Binding>,
}

impl From<SignatureError> for Rejected {
    fn from(error: SignatureError) -> Self {
        Self {
            error,
            binding: None,
        }
    }
}
