//! Requests in the profile of POS v1: signed by a till, read and verified by a store.

use core::str::FromStr;

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request};

use super::base::{Message, authority_of, base_of};
use super::digest::content_digest;
use super::error::{Rejected, SignatureError};
use super::fields::{self, Params, component, single};
use super::secret::{Credential, Secret, parts_of, whole};
use super::{Binding, KEY_HEADER, LABEL, LIFE_MAX_SECONDS, SEQ_HEADER, SEQ_MAX};
use crate::key::Key;

const DIGEST_HEADER: &str = "content-digest";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a request covers, in the order in which we write it.
const COVERED: [&str; 8] = [
    "@method",
    "@authority",
    "@path",
    "@query",
    SEQ_HEADER,
    KEY_HEADER,
    "content-type",
    DIGEST_HEADER,
];

/// The components that a request must cover: all of [`COVERED`] but those that it has no use for.
fn covered(has_key: bool, has_body: bool) -> impl Iterator<Item = &'static str> {
    COVERED.into_iter().filter(move |name| match *name {
        KEY_HEADER => has_key,
        "content-type" | DIGEST_HEADER => has_body,
        _ => true,
    })
}

/// Whether a nonce can be one: 16 to 64 visible characters that need no escape.
fn is_nonce(nonce: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    (16..=64).contains(&nonce.len()) && nonce.bytes().all(plain)
}

/// Signs a request for a minute from `created`, in seconds since 1970 by the store's clock.
///
/// An `idempotency-key` is covered where it stands. `jifen-seq` is written, and for a body `content-digest`, and
/// `content-type` where there is none. What is returned is needed to verify the answer.
pub fn sign_request(
    request: &mut Request<Vec<u8>>,
    credential: &Credential,
    seq: u64,
    created: u64,
    nonce: &str,
) -> Result<Binding, SignatureError> {
    if SEQ_MAX < seq || !is_nonce(nonce) {
        return Err(SignatureError::Malformed);
    }
    let has_body = !request.body().is_empty();
    if has_body {
        let digest = content_digest(request.body());
        let digest = HeaderValue::try_from(digest).map_err(|_| SignatureError::Malformed)?;
        let headers = request.headers_mut();
        headers.insert(HeaderName::from_static(DIGEST_HEADER), digest);
        headers.entry(CONTENT_TYPE).or_insert(JSON);
    }
    let headers = request.headers_mut();
    headers.insert(HeaderName::from_static(SEQ_HEADER), HeaderValue::from(seq));
    let has_key = single(headers, KEY_HEADER)?.is_some();

    let params = Params {
        created,
        expires: Some(created.saturating_add(LIFE_MAX_SECONDS)),
        nonce: Some(nonce.to_owned()),
        keyid: credential.keyid().to_owned(),
    };
    let list = params.list(covered(has_key, has_body).map(component))?;
    let written = fields::written(&list);
    let authority = authority_of(request.uri(), request.headers())?;
    let base = base_of(&list, &written, message_of(request, &authority))?;
    let signature = credential.secret().mac(&base);
    fields::write(request.headers_mut(), LABEL, &written, &signature)?;
    Ok(Binding {
        label: LABEL.to_owned(),
        keyid: params.keyid,
        signature,
    })
}

fn message_of<'m>(request: &'m Request<Vec<u8>>, authority: &'m str) -> Message<'m> {
    Message::Request {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        authority,
    }
}

/// Whether the time of a signature is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Age {
    /// It is: `created` at most a minute ahead of `now`, and `now` before `expires`; in seconds since 1970.
    Judged {
        /// The store's wall time.
        now: u64,
    },
    /// It is not: for sign-on, which changes nothing and is how a till learns the time.
    NotJudged,
}

/// A request whose signature was read, and not yet believed: it says whose secret is needed.
#[derive(Debug)]
pub struct Signed<'r> {
    body: &'r [u8],
    digest: Option<&'r str>,
    authority: String,
    base: String,
    verified: Verified,
}

/// A request that its terminal did sign, for this server, in this minute. Made by [`Signed::verify`] alone.
///
/// The nonce and the sequence number are not judged yet: see [`Nonces`](super::Nonces); the store keeps the numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    terminal: String,
    generation: u32,
    created: u64,
    expires: u64,
    nonce: String,
    seq: u64,
    key: Option<Key>,
    binding: Binding,
}

impl Verified {
    /// The terminal.
    pub fn terminal(&self) -> &str {
        &self.terminal
    }

    /// The generation of its key.
    pub const fn generation(&self) -> u32 {
        self.generation
    }

    /// When it was signed, in seconds since 1970 by the till's clock.
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// When the signature expires, at most a minute later.
    pub const fn expires(&self) -> u64 {
        self.expires
    }

    /// The nonce, 16 to 64 characters.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The sequence number.
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The idempotency key; there is one unless the method is `GET`.
    pub const fn key(&self) -> Option<Key> {
        self.key
    }

    /// What binds the answer to it.
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }
}

impl<'r> Signed<'r> {
    /// Reads the one signature with our tag, and whatever it must cover.
    pub fn parse(request: &'r Request<Vec<u8>>) -> Result<Self, SignatureError> {
        let headers = request.headers();
        let field = fields::read(headers, fields::is_tagged)?;
        let params = Params::read(&field.list)?;
        let (Some(expires), Some(nonce)) = (params.expires, params.nonce) else {
            return Err(SignatureError::Malformed);
        };
        let (terminal, generation) = parts_of(&params.keyid).ok_or(SignatureError::Malformed)?;
        let terminal = terminal.to_owned();
        // An empty query would sign as an absent one does.
        if !is_nonce(&nonce) || request.uri().query() == Some("") {
            return Err(SignatureError::Malformed);
        }

        let seq = single(headers, SEQ_HEADER)?.ok_or(SignatureError::HeaderMissing)?;
        let seq = whole(seq).filter(|seq| *seq <= SEQ_MAX);
        let seq = seq.ok_or(SignatureError::Malformed)?;
        let key = single(headers, KEY_HEADER)?.map(Key::from_str).transpose();
        let key = key.map_err(|_| SignatureError::Malformed)?;
        if key.is_none() && request.method() != Method::GET {
            return Err(SignatureError::HeaderMissing);
        }
        let has_body = !request.body().is_empty();
        let digest = digest_of(headers, has_body)?;
        check_components(&field.list, key.is_some(), has_body)?;
        if !(1..=LIFE_MAX_SECONDS).contains(&expires.saturating_sub(params.created)) {
            return Err(SignatureError::LifeWrong);
        }

        let authority = authority_of(request.uri(), headers)?;
        let base = base_of(&field.list, &field.params, message_of(request, &authority))?;
        Ok(Self {
            body: request.body(),
            digest,
            authority,
            base,
            verified: Verified {
                terminal,
                generation,
                created: params.created,
                expires,
                nonce,
                seq,
                key,
                binding: Binding {
                    label: field.label,
                    keyid: params.keyid,
                    signature: field.signature,
                },
            },
        })
    }

    /// The terminal that it claims to be.
    pub fn terminal(&self) -> &str {
        &self.verified.terminal
    }

    /// The generation of the key that it claims to have.
    pub const fn generation(&self) -> u32 {
        self.verified.generation
    }

    /// Believes it, if the secret made this signature over this request, for one of these authorities (each `host` or
    /// `host:port`, as a till writes it), and its time is right.
    pub fn verify(
        self,
        secret: &Secret,
        authorities: &[String],
        age: Age,
    ) -> Result<Verified, Rejected> {
        if !secret.is_mac(&self.base, &self.verified.binding.signature) {
            return Err(SignatureError::Wrong.into());
        }
        if self
            .digest
            .is_some_and(|digest| digest != content_digest(self.body))
        {
            return Err(SignatureError::DigestWrong.into());
        }

        // From here on the terminal did say this, so it may hear the answer.
        let is_ours = |name: &String| name.eq_ignore_ascii_case(&self.authority);
        let error = if authorities.iter().any(is_ours) {
            match age {
                Age::NotJudged => None,
                Age::Judged { now } => self.verified.fault_at(now),
            }
        } else {
            Some(SignatureError::AuthorityWrong)
        };
        match error {
            None => Ok(self.verified),
            Some(error) => Err(Rejected {
                error,
                binding: Some(self.verified.binding),
            }),
        }
    }
}

impl Verified {
    fn fault_at(&self, now: u64) -> Option<SignatureError> {
        if now.saturating_add(LIFE_MAX_SECONDS) < self.created {
            Some(SignatureError::Early)
        } else if self.expires <= now {
            Some(SignatureError::Expired)
        } else {
            None
        }
    }
}

/// The digest that a body must have; a digest or type without a body is not covered, and nobody reads it.
fn digest_of(headers: &HeaderMap, has_body: bool) -> Result<Option<&str>, SignatureError> {
    let kind = single(headers, CONTENT_TYPE.as_str())?;
    let digest = single(headers, DIGEST_HEADER)?;
    match (has_body, kind, digest) {
        (false, _, _) => Ok(None),
        (true, Some(_), Some(digest)) => Ok(Some(digest)),
        (true, _, _) => Err(SignatureError::HeaderMissing),
    }
}

/// Every component of the profile once, in any order, and none beside.
fn check_components(
    list: &sfv::InnerList,
    has_key: bool,
    has_body: bool,
) -> Result<(), SignatureError> {
    let wanted = covered(has_key, has_body);
    let has = |name: &str| {
        list.items.iter().any(|item| {
            let is_it = item.bare_item.as_string().map(sfv::StringRef::as_str) == Some(name);
            is_it && item.params.is_empty()
        })
    };
    let (mut count, mut all) = (0_usize, true);
    for name in wanted {
        count = count.saturating_add(1);
        all = all && has(name);
    }
    // As many as are wanted, and each of those: so none twice, and none beside.
    if all && count == list.items.len() {
        Ok(())
    } else {
        Err(SignatureError::ComponentsWrong)
    }
}
