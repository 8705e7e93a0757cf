//! `Signature-Input` and `Signature`: read in their one canonical spelling, and written.

use http::{HeaderMap, HeaderValue};
use sfv::{
    BareItem, DictSerializer, Dictionary, InnerList, KeyRef, ListEntry, Parser, StringRef, key_ref,
};

use super::base::text_of;
use super::{ALGORITHM, SignatureError, TAG};

/// The longest of either header, in bytes.
const FIELD_MAX: usize = 4_096;

const INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";

/// One signature of a message.
pub(super) struct Field {
    pub(super) label: String,
    pub(super) list: InnerList,
    /// The inner list with its parameters, as it is written.
    pub(super) params: String,
    pub(super) signature: [u8; 32],
}

/// The parameters of our profile.
pub(super) struct Params {
    pub(super) created: u64,
    pub(super) expires: Option<u64>,
    pub(super) nonce: Option<String>,
    pub(super) keyid: String,
}

/// The one value of a header.
pub(super) fn single<'h>(
    headers: &'h HeaderMap,
    name: &str,
) -> Result<Option<&'h str>, SignatureError> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().map(text_of).transpose()?;
    match values.next() {
        None => Ok(first),
        Some(_) => Err(SignatureError::HeaderRepeated),
    }
}

/// The one signature of which `is_ours` holds. Others are passed over.
pub(super) fn read(
    headers: &HeaderMap,
    is_ours: impl Fn(&KeyRef, &InnerList) -> bool,
) -> Result<Field, SignatureError> {
    let inputs = dictionary(headers, INPUT)?;
    let signatures = dictionary(headers, SIGNATURE)?;
    let mut ours = inputs.into_iter().filter_map(|(label, entry)| match entry {
        ListEntry::InnerList(list) if is_ours(&label, &list) => Some((label, list)),
        ListEntry::InnerList(_) | ListEntry::Item(_) => None,
    });
    let (label, list) = ours.next().ok_or(SignatureError::Missing)?;
    if ours.next().is_some() {
        return Err(SignatureError::Malformed);
    }
    let signature = match signatures.get(&label) {
        Some(ListEntry::Item(item)) if item.params.is_empty() => {
            let bytes = item.bare_item.as_byte_sequence();
            let bytes = bytes.ok_or(SignatureError::Malformed)?;
            bytes.try_into().map_err(|_| SignatureError::Wrong)?
        }
        Some(_) => return Err(SignatureError::Malformed),
        None => return Err(SignatureError::Missing),
    };
    let params = written(&list);
    Ok(Field {
        label: label.as_str().to_owned(),
        list,
        params,
        signature,
    })
}

/// A dictionary that is written as RFC 9651 §4.1 writes it. Every other spelling of the same is refused: two names for one
/// member, a base64 of the same bytes, another space.
fn dictionary(headers: &HeaderMap, name: &str) -> Result<Dictionary, SignatureError> {
    let text = single(headers, name)?.ok_or(SignatureError::Missing)?;
    if FIELD_MAX < text.len() {
        return Err(SignatureError::Malformed);
    }
    let dictionary: Dictionary = Parser::new(text)
        .parse()
        .map_err(|_| SignatureError::Malformed)?;
    let mut again = String::with_capacity(text.len());
    let mut serializer = DictSerializer::with_buffer(&mut again);
    serializer.members(&dictionary);
    let _ = serializer.finish();
    if again == text {
        Ok(dictionary)
    } else {
        Err(SignatureError::Malformed)
    }
}

/// An inner list with its parameters, as it is written.
pub(super) fn written(list: &InnerList) -> String {
    let mut text = String::with_capacity(256);
    let mut serializer = sfv::ListSerializer::with_buffer(&mut text);
    let mut inner = serializer.inner_list();
    inner.items(&list.items);
    let _ = inner.finish().parameters(&list.params).finish();
    let _ = serializer.finish();
    text
}

/// Whether a signature bears our tag.
pub(super) fn is_tagged(_: &KeyRef, list: &InnerList) -> bool {
    let tag = list.params.get(key_ref("tag"));
    let tag = tag.and_then(BareItem::as_string);
    tag.is_some_and(|tag| tag.as_str() == TAG)
}

impl Params {
    /// Reads the parameters of our profile: those, each of its type, and no other.
    pub(super) fn read(list: &InnerList) -> Result<Self, SignatureError> {
        let (mut created, mut expires, mut nonce, mut keyid) = (None, None, None, None);
        let mut is_ours = false;
        for (name, value) in &list.params {
            match (name.as_str(), value) {
                ("created", BareItem::Integer(seconds)) => created = u64::try_from(*seconds).ok(),
                ("expires", BareItem::Integer(seconds)) => {
                    expires = Some(u64::try_from(*seconds).map_err(|_| SignatureError::Malformed)?);
                }
                ("nonce", BareItem::String(text)) => nonce = Some(text.as_str().to_owned()),
                ("keyid", BareItem::String(text)) => keyid = Some(text.as_str().to_owned()),
                ("alg", BareItem::String(text)) => is_ours = text.as_str() == ALGORITHM,
                ("tag", BareItem::String(_)) => {}
                _ => return Err(SignatureError::Malformed),
            }
        }
        match (created, keyid) {
            (Some(created), Some(keyid)) if is_ours => Ok(Self {
                created,
                expires,
                nonce,
                keyid,
            }),
            _ => Err(SignatureError::Malformed),
        }
    }

    /// An inner list of these components with these parameters.
    pub(super) fn list(
        &self,
        components: impl IntoIterator<Item = sfv::Item>,
    ) -> Result<InnerList, SignatureError> {
        let mut list = InnerList::new(components.into_iter().collect());
        let mut put = |name: &'static str, value: BareItem| {
            list.params.insert(key_ref(name).to_owned(), value);
        };
        put("created", integer(self.created)?);
        if let Some(expires) = self.expires {
            put("expires", integer(expires)?);
        }
        if let Some(nonce) = &self.nonce {
            put("nonce", string(nonce)?);
        }
        put("keyid", string(&self.keyid)?);
        put("alg", string(ALGORITHM)?);
        put("tag", string(TAG)?);
        Ok(list)
    }
}

/// Writes both headers, in place of any there were.
pub(super) fn write(
    headers: &mut HeaderMap,
    label: &str,
    params: &str,
    signature: &[u8; 32],
) -> Result<(), SignatureError> {
    let label = KeyRef::from_str(label).map_err(|_| SignatureError::Malformed)?;
    let mut text = String::with_capacity(64);
    let mut serializer = DictSerializer::with_buffer(&mut text);
    let _ = serializer.bare_item(label, signature.as_slice());
    let _ = serializer.finish();
    let value = |text: String| HeaderValue::try_from(text).map_err(|_| SignatureError::Malformed);
    headers.insert(INPUT, value(format!("{}={params}", label.as_str()))?);
    headers.insert(SIGNATURE, value(text)?);
    Ok(())
}

/// A component that has no parameters.
pub(super) fn component(name: &'static str) -> sfv::Item {
    sfv::Item::new(StringRef::constant(name).to_owned())
}

fn string(text: &str) -> Result<BareItem, SignatureError> {
    let text = StringRef::from_str(text).map_err(|_| SignatureError::Malformed)?;
    Ok(BareItem::String(text.to_owned()))
}

fn integer(number: u64) -> Result<BareItem, SignatureError> {
    let number = sfv::Integer::try_from(number).map_err(|_| SignatureError::Malformed)?;
    Ok(BareItem::Integer(number))
}
