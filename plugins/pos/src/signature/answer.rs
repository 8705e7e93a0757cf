//! Answers in the profile of POS v1: signed by a store, bound to the request's signature, verified by a till.

use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Response};
use sfv::{BareItem, Item};

use super::base::{Message, base_of};
use super::digest::content_digest;
use super::error::SignatureError;
use super::fields::{self, Params, component, single};
use super::secret::Secret;
use super::{Binding, LABEL};

const DIGEST_HEADER: &str = "content-digest";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// `"@status" "content-type" "content-digest" "signature";req;key="sig1"`
fn covered(binding: &Binding) -> Result<[Item; 4], SignatureError> {
    let mut of_request = component("signature");
    let label = sfv::String::from_string(binding.label.clone());
    let label = label.map_err(|_| SignatureError::Malformed)?;
    let mut put = |name: &'static str, value: BareItem| {
        of_request
            .params
            .insert(sfv::key_ref(name).to_owned(), value);
    };
    put("req", BareItem::Boolean(true));
    put("key", BareItem::String(label));
    Ok([
        component("@status"),
        component(CONTENT_TYPE_NAME),
        component(DIGEST_HEADER),
        of_request,
    ])
}

const CONTENT_TYPE_NAME: &str = "content-type";

/// Signs an answer with the secret of the request's key. `created` is in seconds since 1970 by the store's clock.
///
/// `content-digest` is written, and `content-type` where there is none.
pub fn sign_answer(
    answer: &mut Response<Vec<u8>>,
    secret: &Secret,
    binding: &Binding,
    created: u64,
) -> Result<(), SignatureError> {
    let digest = content_digest(answer.body());
    let digest = HeaderValue::try_from(digest).map_err(|_| SignatureError::Malformed)?;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static(DIGEST_HEADER), digest);
    headers.entry(CONTENT_TYPE).or_insert(JSON);

    let params = Params {
        created,
        expires: None,
        nonce: None,
        keyid: binding.keyid.clone(),
    };
    let list = params.list(covered(binding)?)?;
    let written = fields::written(&list);
    let base = base_of(&list, &written, message_of(answer, binding))?;
    let signature = secret.mac(&base);
    fields::write(answer.headers_mut(), LABEL, &written, &signature)
}

fn message_of<'m>(answer: &'m Response<Vec<u8>>, binding: &'m Binding) -> Message<'m> {
    Message::Answer {
        status: answer.status(),
        headers: answer.headers(),
        to: binding,
    }
}

/// Whether the store that has the secret gave this answer to this request. Its time needs no judging: it answers this
/// request, and no other.
pub fn verify_answer(
    answer: &Response<Vec<u8>>,
    secret: &Secret,
    binding: &Binding,
) -> Result<(), SignatureError> {
    let headers = answer.headers();
    let field = fields::read(headers, fields::is_tagged)?;
    let params = Params::read(&field.list)?;
    if params.expires.is_some() || params.nonce.is_some() || params.keyid != binding.keyid {
        return Err(SignatureError::Malformed);
    }
    if single(headers, CONTENT_TYPE_NAME)?.is_none() {
        return Err(SignatureError::HeaderMissing);
    }
    let digest = single(headers, DIGEST_HEADER)?.ok_or(SignatureError::HeaderMissing)?;
    let wanted = covered(binding)?;
    let all = wanted.iter().all(|item| field.list.items.contains(item));
    if !all || field.list.items.len() != wanted.len() {
        return Err(SignatureError::ComponentsWrong);
    }

    let base = base_of(&field.list, &field.params, message_of(answer, binding))?;
    if !secret.is_mac(&base, &field.signature) {
        Err(SignatureError::Wrong)
    } else if digest != content_digest(answer.body()) {
        Err(SignatureError::DigestWrong)
    } else {
        Ok(())
    }
}
