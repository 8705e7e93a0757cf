//! The signature base of RFC 9421 §2.5: a line for each covered component, then the parameters. Nothing of our profile.

use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use sfv::{BareItem, InnerList, Item, ItemSerializer, Parameters};

use super::{Binding, SignatureError};

/// What a signature is of: a request, or an answer to one.
#[derive(Clone, Copy)]
pub(super) enum Message<'m> {
    Request {
        method: &'m Method,
        uri: &'m Uri,
        headers: &'m HeaderMap,
        /// Worked out once by [`authority_of`].
        authority: &'m str,
    },
    Answer {
        status: StatusCode,
        headers: &'m HeaderMap,
        to: &'m Binding,
    },
}

/// The base for these components. `params` is the inner list with its parameters, as it is written.
pub(super) fn base_of(
    list: &InnerList,
    params: &str,
    message: Message<'_>,
) -> Result<String, SignatureError> {
    let mut base = String::with_capacity(512);
    for (place, item) in list.items.iter().enumerate() {
        if list.items.iter().take(place).any(|earlier| earlier == item) {
            return Err(SignatureError::ComponentsWrong);
        }
        let serializer = ItemSerializer::with_buffer(&mut base).bare_item(&item.bare_item);
        let _ = serializer.parameters(&item.params).finish();
        base.push_str(": ");
        message.write(item, &mut base)?;
        base.push('\n');
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(params);
    Ok(base)
}

impl Message<'_> {
    /// Writes the value of a component.
    fn write(self, item: &Item, to: &mut String) -> Result<(), SignatureError> {
        let BareItem::String(name) = &item.bare_item else {
            return Err(SignatureError::Malformed);
        };
        match (self, name.as_str()) {
            (Self::Answer { to: binding, .. }, "signature") => {
                if item.params != of_request(&binding.label) {
                    return Err(SignatureError::ComponentsWrong);
                }
                let bytes = binding.signature.as_slice();
                let _ = ItemSerializer::with_buffer(to).bare_item(bytes).finish();
                Ok(())
            }
            (_, _) if !item.params.is_empty() => Err(SignatureError::ComponentsWrong),
            (Self::Request { method, .. }, "@method") => {
                to.push_str(method.as_str());
                Ok(())
            }
            (Self::Request { authority, .. }, "@authority") => {
                to.push_str(authority);
                Ok(())
            }
            (Self::Request { uri, .. }, "@path") => {
                to.push_str(match uri.path() {
                    "" => "/",
                    path => path,
                });
                Ok(())
            }
            (Self::Request { uri, .. }, "@query") => {
                to.push('?');
                to.push_str(uri.query().unwrap_or(""));
                Ok(())
            }
            (Self::Answer { status, .. }, "@status") => {
                to.push_str(status.as_str());
                Ok(())
            }
            (Self::Request { .. } | Self::Answer { .. }, name) if name.starts_with('@') => {
                Err(SignatureError::ComponentsWrong)
            }
            (Self::Request { headers, .. } | Self::Answer { headers, .. }, name) => {
                write_field(headers, name, to)
            }
        }
    }
}

/// The parameters of a component that stands in the request of an answer: `;req;key="label"`.
fn of_request(label: &str) -> Parameters {
    let mut params = Parameters::new();
    params.insert(sfv::key_ref("req").to_owned(), BareItem::Boolean(true));
    if let Ok(label) = sfv::String::from_string(label.to_owned()) {
        params.insert(sfv::key_ref("key").to_owned(), BareItem::String(label));
    }
    params
}

/// The values of a field, each without the space around it, with a comma between (§2.1).
fn write_field(headers: &HeaderMap, name: &str, to: &mut String) -> Result<(), SignatureError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().ok_or(SignatureError::HeaderMissing)?;
    to.push_str(text_of(first)?.trim());
    for value in values {
        to.push_str(", ");
        to.push_str(text_of(value)?.trim());
    }
    Ok(())
}

/// A header's value, if it is nothing but visible ASCII, spaces and tabs.
pub(super) fn text_of(value: &HeaderValue) -> Result<&str, SignatureError> {
    value.to_str().map_err(|_| SignatureError::Malformed)
}

/// The authority that a request is meant for, in lowercase: that of its target, or else its one `Host`.
pub(super) fn authority_of(uri: &Uri, headers: &HeaderMap) -> Result<String, SignatureError> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().map(text_of).transpose()?;
    if hosts.next().is_some() {
        return Err(SignatureError::HeaderRepeated);
    }
    let target = uri.authority().map(http::uri::Authority::as_str);
    let authority = match (target, host) {
        (Some(target), Some(host)) if !target.eq_ignore_ascii_case(host) => {
            return Err(SignatureError::Malformed);
        }
        (Some(authority), _) | (None, Some(authority)) => authority,
        (None, None) => return Err(SignatureError::HeaderMissing),
    };
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'/' | b'?' | b'#');
    if authority.is_empty() || !authority.bytes().all(plain) {
        return Err(SignatureError::Malformed);
    }
    Ok(authority.to_ascii_lowercase())
}
