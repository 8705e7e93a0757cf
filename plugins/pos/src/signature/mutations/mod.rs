//! Everything that can be bent about a signed message, each refused by name; and what is signed by the right secret, but
//! not in the profile.

mod requests;
mod answers;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};

use self::Bend::{
    Add, Body, Bytes, Doubled, Edit, FirstLetter, LastLetter, Method, Redigested, Relabelled,
    Remove, Set, Status, Target, Twice, Wrap,
};
use super::SignatureError::{
    AuthorityWrong, ComponentsWrong, DigestWrong, Early, Expired, HeaderMissing, HeaderRepeated,
    LifeWrong, Malformed, Missing, Wrong,
};
use super::base::{Message, authority_of, base_of};
use super::digest::content_digest;
use super::{
    Age, Binding, Credential, Rejected, Secret, SignatureError, Signed, Verified, fields,
    sign_answer, sign_request, verify_answer,
};

const NOW: u64 = 1_700_000_000;
const KEY: &str = "0190163d-8694-739b-aea5-966c26f8ad91";
const OTHER_KEY: &str = "0190163d-8694-739b-aea5-966c26f8ad92";
const NONCE: &str = "AAECAwQFBgcICQoLDA0ODw";
const INPUT: &str = "signature-input";
const SIGNATURE: &str = "signature";
const ZEROS: &str = "sig1=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:";

fn credential() -> Credential {
    Credential::new("till-1", 7, &[0x5a; 32]).unwrap()
}

fn authorities() -> Vec<String> {
    vec!["other.example".to_owned(), "store.example:8443".to_owned()]
}

fn unsigned() -> Request<Vec<u8>> {
    Request::post("/pos/v1/sales?lang=zh")
        .header("host", "store.example:8443")
        .header("content-type", "application/json")
        .header("idempotency-key", KEY)
        .header("user-agent", "till")
        .body(b"{\"points\":100}".to_vec())
        .unwrap()
}

fn signed() -> (Request<Vec<u8>>, Binding) {
    let mut request = unsigned();
    let binding = sign_request(&mut request, &credential(), 41, NOW, NONCE).unwrap();
    (request, binding)
}

fn verify_at(request: &Request<Vec<u8>>, age: Age) -> Result<Verified, Rejected> {
    Signed::parse(request)?.verify(credential().secret(), &authorities(), age)
}

fn verify(request: &Request<Vec<u8>>) -> Result<Verified, SignatureError> {
    verify_at(request, Age::Judged { now: NOW }).map_err(|rejected| rejected.error)
}

fn set(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.insert(HeaderName::from_static(name), value.parse().unwrap());
}

fn text(headers: &HeaderMap, name: &str) -> String {
    headers[name].to_str().unwrap().to_owned()
}

/// Replaces a part of a header that must stand in it.
fn edit(headers: &mut HeaderMap, name: &'static str, from: &str, to: &str) {
    let value = text(headers, name);
    assert!(value.contains(from), "{value} has no {from}");
    set(headers, name, &value.replacen(from, to, 1));
}

/// Signs a request whose `Signature-Input` was written by hand, so that only the profile can refuse it.
fn sign_by_hand(request: &mut Request<Vec<u8>>, input: &str) {
    set(request.headers_mut(), INPUT, input);
    set(request.headers_mut(), SIGNATURE, ZEROS);
    let field = fields::read(request.headers(), |_, _| true).unwrap();
    let authority = authority_of(request.uri(), request.headers()).unwrap();
    let message = Message::Request {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        authority: &authority,
    };
    let base = base_of(&field.list, &field.params, message).unwrap();
    let signature = credential().secret().mac(&base);
    fields::write(request.headers_mut(), "sig1", &field.params, &signature).unwrap();
}

/// One way to bend a message.
#[derive(Clone, Copy)]
enum Bend {
    Method(&'static str),
    Target(&'static str),
    Status(u16),
    Body(&'static str),
    /// Another body, with the digest that it has.
    Redigested(&'static str),
    Set(&'static str, &'static str),
    Bytes(&'static str, &'static [u8]),
    Add(&'static str, &'static str),
    Twice(&'static str),
    Remove(&'static str),
    /// A part of the value, which must stand in it, replaced.
    Edit(&'static str, &'static str, &'static str),
    Wrap(&'static str, &'static str, &'static str),
    /// Another letter at the end of a base64, of which fewer bits count: it decodes to the same bytes.
    LastLetter(&'static str),
    /// Another letter at its beginning.
    FirstLetter(&'static str),
    /// Another label, in both headers.
    Relabelled(&'static str),
    /// The same signature again, under another label.
    Doubled,
}

impl Bend {
    fn request(self, request: Request<Vec<u8>>) -> Request<Vec<u8>> {
        let (mut parts, mut body) = request.into_parts();
        if let Method(method) = self {
            parts.method = method.parse().unwrap();
        } else if let Target(target) = self {
            parts.uri = target.parse().unwrap();
        } else {
            self.message(&mut parts.headers, &mut body);
        }
        Request::from_parts(parts, body)
    }

    fn answer(self, answer: Response<Vec<u8>>) -> Response<Vec<u8>> {
        let (mut parts, mut body) = answer.into_parts();
        if let Status(status) = self {
            parts.status = StatusCode::from_u16(status).unwrap();
        } else {
            self.message(&mut parts.headers, &mut body);
        }
        Response::from_parts(parts, body)
    }

    fn message(self, headers: &mut HeaderMap, body: &mut Vec<u8>) {
        match self {
            Method(_) | Target(_) | Status(_) => panic!("not of this message"),
            Body(other) => *body = other.into(),
            Redigested(other) => {
                *body = other.into();
                set(headers, "content-digest", &content_digest(body));
            }
            Set(name, value) => set(headers, name, value),
            Bytes(name, value) => {
                headers.insert(name, HeaderValue::from_bytes(value).unwrap());
            }
            Add(name, value) => {
                headers.append(name, value.parse().unwrap());
            }
            Twice(name) => {
                headers.append(name, headers[name].clone());
            }
            Remove(name) => {
                headers.remove(name).unwrap();
            }
            Edit(name, from, to) => edit(headers, name, from, to),
            Wrap(name, before, after) => {
                set(
                    headers,
                    name,
                    &format!("{before}{}{after}", text(headers, name)),
                );
            }
            LastLetter(name) => {
                let value = text(headers, name);
                let place = value.rfind("=:").unwrap() - 1;
                set(headers, name, &with_other_letter(&value, place));
            }
            FirstLetter(name) => {
                let value = text(headers, name);
                let place = value.find("=:").unwrap() + 2;
                set(headers, name, &with_other_letter(&value, place));
            }
            Relabelled(label) => {
                for name in [INPUT, SIGNATURE] {
                    edit(headers, name, "sig1", label);
                }
            }
            Doubled => {
                for name in [INPUT, SIGNATURE] {
                    let value = text(headers, name);
                    let other = value.replacen("sig1", "sig2", 1);
                    set(headers, name, &format!("{value}, {other}"));
                }
            }
        }
    }
}

/// The text with another letter of base64 at this place, which differs in its last bit.
fn with_other_letter(text: &str, place: usize) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = text.as_bytes()[place];
    let value = alphabet.iter().position(|other| *other == letter).unwrap();
    let other = char::from(alphabet[value ^ 1]);
    format!("{}{other}{}", &text[..place], &text[place + 1..])
}
