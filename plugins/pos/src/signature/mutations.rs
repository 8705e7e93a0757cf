//! Everything that can be bent about a signed message, each refused by name; and what is signed by the right secret, but
//! not in the profile.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};

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
    let zeros = format!("sig1=:{}=:", "A".repeat(43));
    set(request.headers_mut(), INPUT, input);
    set(request.headers_mut(), "signature", &zeros);
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

#[test]
fn what_was_signed_is_believed_and_read() {
    let (request, binding) = signed();
    assert_eq!(
        text(request.headers(), INPUT),
        "sig1=(\"@method\" \"@authority\" \"@path\" \"@query\" \"jifen-seq\" \"idempotency-key\" \"content-type\" \
         \"content-digest\");created=1700000000;expires=1700000060;nonce=\"AAECAwQFBgcICQoLDA0ODw\";\
         keyid=\"till-1:7\";alg=\"hmac-sha256\";tag=\"jifen-pos-v1\""
    );
    let verified = verify(&request).unwrap();
    assert_eq!(verified.terminal(), "till-1");
    assert_eq!(verified.generation(), 7);
    assert_eq!((verified.created(), verified.expires()), (NOW, NOW + 60));
    assert_eq!((verified.nonce(), verified.seq()), (NONCE, 41));
    assert_eq!(
        verified.key().map(|key| key.to_string()).as_deref(),
        Some(KEY)
    );
    assert_eq!(verified.binding(), &binding);

    // Signing anew replaces what was there.
    let mut again = request;
    sign_request(&mut again, &credential(), 42, NOW + 1, NONCE).unwrap();
    assert_eq!(verify(&again).unwrap().seq(), 42);
}

#[test]
fn whatever_is_not_covered_may_change_and_host_has_no_case() {
    let (mut request, _) = signed();
    let headers = request.headers_mut();
    set(headers, "user-agent", "proxy");
    set(headers, "x-forwarded-for", "10.0.0.1");
    set(headers, "host", "Store.EXAMPLE:8443");
    verify(&request).unwrap();

    // Another's signature beside ours.
    let headers = request.headers_mut();
    let input = text(headers, INPUT);
    let signature = text(headers, "signature");
    set(
        headers,
        INPUT,
        &format!("proxy=(\"@method\");created=1;tag=\"x\", {input}"),
    );
    set(headers, "signature", &format!("proxy=:AAAA:, {signature}"));
    verify(&request).unwrap();

    // The same as it comes over HTTP/2, with its authority in the target.
    let (mut request, _) = signed();
    *request.uri_mut() = "https://store.example:8443/pos/v1/sales?lang=zh"
        .parse()
        .unwrap();
    verify(&request).unwrap();
    request.headers_mut().remove("host");
    verify(&request).unwrap();
}

#[test]
fn a_get_has_neither_key_nor_body() {
    let mut request = Request::get("http://store.example:8443/pos/v1/diagnose")
        .body(Vec::new())
        .unwrap();
    sign_request(&mut request, &credential(), 1, NOW, NONCE).unwrap();
    assert_eq!(verify(&request).unwrap().key(), None);
    // A body that was not signed; a key that was not signed.
    let mut with_body = request.clone();
    *with_body.body_mut() = b"{}".to_vec();
    assert_eq!(verify(&with_body), Err(HeaderMissing));
    let headers = with_body.headers_mut();
    set(headers, "content-type", "application/json");
    set(headers, "content-digest", &content_digest(b"{}"));
    assert_eq!(verify(&with_body), Err(ComponentsWrong));
    let mut with_key = request.clone();
    set(with_key.headers_mut(), "idempotency-key", KEY);
    assert_eq!(verify(&with_key), Err(ComponentsWrong));
    *request.method_mut() = Method::DELETE;
    assert_eq!(verify(&request), Err(HeaderMissing));
}

type Bend = fn(&mut Request<Vec<u8>>);

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table, a line or two for each way to bend a request"
)]
fn a_bent_request_is_refused() {
    let table: &[(&str, SignatureError, Bend)] = &[
        ("another method", Wrong, |r| *r.method_mut() = Method::PUT),
        ("the method in lowercase", Wrong, |r| {
            *r.method_mut() = "post".parse().unwrap()
        }),
        ("another path", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/refunds?lang=zh".parse().unwrap()
        }),
        ("the path in capitals", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/Sales?lang=zh".parse().unwrap()
        }),
        ("a slash more", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/sales/?lang=zh".parse().unwrap()
        }),
        ("a letter of the path escaped", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/%73ales?lang=zh".parse().unwrap()
        }),
        ("a way around", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/x/../sales?lang=zh".parse().unwrap()
        }),
        ("another query", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/sales?lang=en".parse().unwrap()
        }),
        ("a longer query", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/sales?lang=zh&a".parse().unwrap()
        }),
        ("no query", Wrong, |r| {
            *r.uri_mut() = "/pos/v1/sales".parse().unwrap()
        }),
        ("an empty query", Malformed, |r| {
            *r.uri_mut() = "/pos/v1/sales?".parse().unwrap()
        }),
        ("another body", DigestWrong, |r| {
            *r.body_mut() = b"{\"points\":900}".to_vec()
        }),
        ("a space after the body", DigestWrong, |r| {
            r.body_mut().push(b' ')
        }),
        ("no body", ComponentsWrong, |r| r.body_mut().clear()),
        ("another body with its digest", Wrong, |r| {
            *r.body_mut() = b"{\"points\":900}".to_vec();
            let digest = content_digest(r.body());
            set(r.headers_mut(), "content-digest", &digest);
        }),
        ("a digest of another kind", Wrong, |r| {
            edit(r.headers_mut(), "content-digest", "sha-256", "sha-512")
        }),
        ("a second digest", HeaderRepeated, |r| {
            let digest = r.headers()["content-digest"].clone();
            r.headers_mut().append("content-digest", digest);
        }),
        ("no digest", HeaderMissing, |r| {
            drop(r.headers_mut().remove("content-digest"))
        }),
        (
            "a digest with another last letter of the same bytes",
            Wrong,
            |r| {
                let digest = bent_base64(&text(r.headers(), "content-digest"));
                set(r.headers_mut(), "content-digest", &digest);
            },
        ),
        ("another type", Wrong, |r| {
            set(r.headers_mut(), "content-type", "application/xml")
        }),
        ("the type in capitals", Wrong, |r| {
            set(r.headers_mut(), "content-type", "Application/JSON")
        }),
        ("a second type", HeaderRepeated, |r| {
            r.headers_mut()
                .append("content-type", HeaderValue::from_static("application/json"));
        }),
        ("no type", HeaderMissing, |r| {
            drop(r.headers_mut().remove("content-type"))
        }),
        ("another host", Wrong, |r| {
            set(r.headers_mut(), "host", "other.example")
        }),
        ("no port", Wrong, |r| {
            set(r.headers_mut(), "host", "store.example")
        }),
        ("a dot after the host", Wrong, |r| {
            set(r.headers_mut(), "host", "store.example.:8443")
        }),
        ("a second host", HeaderRepeated, |r| {
            r.headers_mut()
                .append("host", HeaderValue::from_static("store.example:8443"));
        }),
        ("no host", HeaderMissing, |r| {
            drop(r.headers_mut().remove("host"))
        }),
        ("a host that is not the target's", Malformed, |r| {
            *r.uri_mut() = "http://other.example/pos/v1/sales?lang=zh".parse().unwrap();
        }),
        ("a user before the host", Malformed, |r| {
            set(r.headers_mut(), "host", "a@store.example:8443")
        }),
        ("another number", Wrong, |r| {
            set(r.headers_mut(), "jifen-seq", "42")
        }),
        ("a zero before the number", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "041")
        }),
        ("a plus before the number", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "+41")
        }),
        ("a negative number", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "-41")
        }),
        ("an empty number", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "")
        }),
        ("a number that is too large", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "1000000000000000")
        }),
        ("a second number", HeaderRepeated, |r| {
            r.headers_mut()
                .append("jifen-seq", HeaderValue::from_static("42"));
        }),
        ("two numbers in one", Malformed, |r| {
            set(r.headers_mut(), "jifen-seq", "41, 41")
        }),
        ("no number", HeaderMissing, |r| {
            drop(r.headers_mut().remove("jifen-seq"))
        }),
        ("another key", Wrong, |r| {
            set(r.headers_mut(), "idempotency-key", OTHER_KEY)
        }),
        ("the key in capitals", Malformed, |r| {
            set(
                r.headers_mut(),
                "idempotency-key",
                &KEY.to_ascii_uppercase(),
            );
        }),
        ("a second key", HeaderRepeated, |r| {
            r.headers_mut()
                .append("idempotency-key", HeaderValue::from_static(KEY));
        }),
        ("no key", HeaderMissing, |r| {
            drop(r.headers_mut().remove("idempotency-key"))
        }),
        ("a component dropped", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"@query\" ", "")
        }),
        ("the key dropped", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"idempotency-key\" ", "")
        }),
        ("the digest dropped", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, " \"content-digest\"", "")
        }),
        ("a component added", ComponentsWrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "\"@path\"",
                "\"@path\" \"user-agent\"",
            );
        }),
        ("a component twice", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"@path\"", "\"@path\" \"@path\"");
        }),
        ("one twice in place of another", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"@query\"", "\"@path\"");
        }),
        ("a component in capitals", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"@path\"", "\"@Path\"")
        }),
        ("a component with a parameter", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"jifen-seq\"", "\"jifen-seq\";sf");
        }),
        ("a component of the answer", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"@path\"", "\"@path\";req");
        }),
        ("a component that is a word", ComponentsWrong, |r| {
            edit(r.headers_mut(), INPUT, "\"jifen-seq\"", "jifen-seq");
        }),
        ("components in another order", Wrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "\"@method\" \"@authority\"",
                "\"@authority\" \"@method\"",
            );
        }),
        ("another tag", Missing, |r| {
            edit(r.headers_mut(), INPUT, "jifen-pos-v1", "jifen-pos-v2")
        }),
        ("the tag in capitals", Missing, |r| {
            edit(r.headers_mut(), INPUT, "jifen-pos-v1", "Jifen-pos-v1")
        }),
        ("no tag", Missing, |r| {
            edit(r.headers_mut(), INPUT, ";tag=\"jifen-pos-v1\"", "")
        }),
        ("another algorithm", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "hmac-sha256", "ed25519")
        }),
        ("no algorithm", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";alg=\"hmac-sha256\"", "")
        }),
        ("the algorithm as a word", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "\"hmac-sha256\"", "hmac-sha256")
        }),
        ("another terminal", Wrong, |r| {
            edit(r.headers_mut(), INPUT, "till-1:7", "till-2:7")
        }),
        ("another generation", Wrong, |r| {
            edit(r.headers_mut(), INPUT, "till-1:7", "till-1:8")
        }),
        ("a zero before the generation", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "till-1:7", "till-1:07")
        }),
        ("no key id", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";keyid=\"till-1:7\"", "")
        }),
        ("another nonce", Wrong, |r| {
            edit(r.headers_mut(), INPUT, "nonce=\"AAEC", "nonce=\"BAEC")
        }),
        ("a short nonce", Malformed, |r| {
            edit(r.headers_mut(), INPUT, NONCE, "short")
        }),
        ("no nonce", Malformed, |r| {
            edit(r.headers_mut(), INPUT, &format!(";nonce=\"{NONCE}\""), "")
        }),
        ("made earlier", LifeWrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "created=1700000000",
                "created=1699999999",
            )
        }),
        ("made later", Wrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "created=1700000000",
                "created=1700000001",
            )
        }),
        ("made never", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "created=1700000000;", "")
        }),
        ("made before time began", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "created=17", "created=-17")
        }),
        ("made at a time with a dot", Malformed, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "created=1700000000",
                "created=1700000000.0",
            );
        }),
        ("expires later", LifeWrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "expires=1700000060",
                "expires=1700000061",
            )
        }),
        ("expires earlier", Wrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "expires=1700000060",
                "expires=1700000059",
            )
        }),
        ("expires before it is made", LifeWrong, |r| {
            edit(
                r.headers_mut(),
                INPUT,
                "expires=1700000060",
                "expires=1699999999",
            );
        }),
        ("expires never", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";expires=1700000060", "")
        }),
        ("a parameter more", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";tag=", ";x=1;tag=")
        }),
        ("a parameter twice", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";tag=", ";nonce=\"x\";tag=")
        }),
        ("a space between parameters", Malformed, |r| {
            edit(r.headers_mut(), INPUT, ";tag", "; tag")
        }),
        ("two spaces between components", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "\" \"", "\"  \"")
        }),
        ("another label", Missing, |r| {
            edit(r.headers_mut(), INPUT, "sig1", "sig2")
        }),
        ("another label in both", Malformed, |r| {
            edit(r.headers_mut(), INPUT, "sig1", "Sig1");
            edit(r.headers_mut(), "signature", "sig1", "Sig1");
        }),
        ("two signatures with our tag", Malformed, |r| {
            for name in [INPUT, "signature"] {
                let value = text(r.headers(), name);
                let other = value.replacen("sig1", "sig2", 1);
                set(r.headers_mut(), name, &format!("{value}, {other}"));
            }
        }),
        ("two signatures under one label", Malformed, |r| {
            let value = text(r.headers(), "signature");
            set(
                r.headers_mut(),
                "signature",
                &format!("sig1=:AAAA:, {value}"),
            );
        }),
        ("two inputs under one label", Malformed, |r| {
            let value = text(r.headers(), INPUT);
            set(
                r.headers_mut(),
                INPUT,
                &format!("sig1=(\"@method\"), {value}"),
            );
        }),
        ("a second input", HeaderRepeated, |r| {
            r.headers_mut()
                .append(INPUT, HeaderValue::from_static("sig2=(\"@method\")"));
        }),
        ("a second signature header", HeaderRepeated, |r| {
            r.headers_mut()
                .append("signature", HeaderValue::from_static("sig2=:AAAA:"));
        }),
        ("no input", Missing, |r| drop(r.headers_mut().remove(INPUT))),
        ("no signature", Missing, |r| {
            drop(r.headers_mut().remove("signature"))
        }),
        ("a signature of zeros", Wrong, |r| {
            set(
                r.headers_mut(),
                "signature",
                &format!("sig1=:{}=:", "A".repeat(43)),
            );
        }),
        ("a shorter signature", Wrong, |r| {
            set(r.headers_mut(), "signature", "sig1=:AAAA:")
        }),
        ("an empty signature", Wrong, |r| {
            set(r.headers_mut(), "signature", "sig1=::")
        }),
        ("a signature that is text", Malformed, |r| {
            set(r.headers_mut(), "signature", "sig1=\"AAAA\"")
        }),
        ("a signature with a parameter", Malformed, |r| {
            let value = text(r.headers(), "signature");
            set(r.headers_mut(), "signature", &format!("{value};x"));
        }),
        (
            "a signature with another last letter of the same bytes",
            Malformed,
            |r| {
                let signature = bent_base64(&text(r.headers(), "signature"));
                set(r.headers_mut(), "signature", &signature);
            },
        ),
        ("a signature without its padding", Malformed, |r| {
            edit(r.headers_mut(), "signature", "=:", ":")
        }),
        ("a bit of the signature", Wrong, |r| {
            let value = text(r.headers(), "signature");
            let place = "sig1=:".len();
            let other = if value.as_bytes()[place] == b'A' {
                "B"
            } else {
                "A"
            };
            let bent = format!("{}{other}{}", &value[..place], &value[place + 1..]);
            set(r.headers_mut(), "signature", &bent);
        }),
        ("bytes that are no text", Malformed, |r| {
            r.headers_mut()
                .insert("jifen-seq", HeaderValue::from_bytes(b"4\xff1").unwrap());
        }),
        ("an input longer than any", Malformed, |r| {
            let value = text(r.headers(), INPUT);
            set(
                r.headers_mut(),
                INPUT,
                &format!("{value}, x=\"{}\"", "y".repeat(5_000)),
            );
        }),
    ];
    for (what, error, bend) in table {
        let (mut request, _) = signed();
        verify(&request).unwrap();
        bend(&mut request);
        assert_eq!(verify(&request), Err(*error), "{what}");
    }
    assert!(40 <= table.len());
}

/// Base64 with other bits behind the last byte: it decodes to the same.
fn bent_base64(text: &str) -> String {
    let end = text.rfind("=:").unwrap() - 1;
    let last = text.as_bytes()[end];
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = alphabet.iter().position(|letter| *letter == last).unwrap();
    let other = char::from(alphabet[value ^ 1]);
    format!("{}{other}{}", &text[..end], &text[end + 1..])
}

#[test]
fn no_line_end_can_come_into_a_base() {
    for text in ["a\nb", "a\r\nb", "a\rb", "a\0b"] {
        assert!(HeaderValue::try_from(text).is_err());
        assert!(format!("/pos/v1/{text}").parse::<http::Uri>().is_err());
        assert!(Method::from_bytes(text.as_bytes()).is_err());
    }
    // What looks like a line of a base, in a value, is a value.
    let (mut request, _) = signed();
    set(
        request.headers_mut(),
        "content-type",
        "application/json\t\"@path\": /pos/v1/refunds",
    );
    assert_eq!(verify(&request), Err(Wrong));
}

#[test]
fn a_right_signature_outside_the_profile_is_refused() {
    let all = r#""@method" "@authority" "@path" "@query" "jifen-seq" "idempotency-key" "content-type" "content-digest""#;
    let params = r#"created=1700000000;expires=1700000060;nonce="AAECAwQFBgcICQoLDA0ODw";keyid="till-1:7";alg="hmac-sha256";tag="jifen-pos-v1""#;
    let check = |list: &str, params: &str, expected: Option<SignatureError>| {
        let (mut request, _) = signed();
        sign_by_hand(&mut request, &format!("sig1=({list});{params}"));
        assert_eq!(verify(&request).err(), expected, "({list});{params}");
    };
    check(all, params, None);
    // The order is the signer's business, of components and of parameters.
    let turned: Vec<&str> = all.split(' ').rev().collect();
    check(&turned.join(" "), params, None);
    let turned: Vec<&str> = params.split(';').rev().collect();
    check(all, &turned.join(";"), None);
    let shorter = params.replace("expires=1700000060", "expires=1700000001");
    check(all, &shorter, None);

    for name in all.split(' ') {
        let without: Vec<&str> = all.split(' ').filter(|other| *other != name).collect();
        check(&without.join(" "), params, Some(ComponentsWrong));
    }
    check(
        &format!("{all} \"user-agent\""),
        params,
        Some(ComponentsWrong),
    );
    for param in params.split(';') {
        let without: Vec<&str> = params.split(';').filter(|other| *other != param).collect();
        let error = if param.starts_with("tag") {
            Missing
        } else {
            Malformed
        };
        check(all, &without.join(";"), Some(error));
    }
    for (from, to, error) in [
        ("1700000060", "1700000061", LifeWrong),
        ("1700000060", "1700000000", LifeWrong),
        ("till-1:7", "till-1", Malformed),
        ("hmac-sha256", "hmac-sha512", Malformed),
        ("alg", "context=\"x\";alg", Malformed),
    ] {
        check(all, &params.replace(from, to), Some(error));
    }
}

#[test]
fn a_signature_lives_from_a_minute_before_to_a_minute_after() {
    let (request, binding) = signed();
    let at = |now: u64| verify_at(&request, Age::Judged { now }).map(|_| ());
    let rejected = |error| {
        let binding = Some(binding.clone());
        Err(Rejected { error, binding })
    };
    assert_eq!(at(NOW - 61), rejected(Early));
    assert_eq!(at(NOW - 60), Ok(()));
    assert_eq!(at(NOW + 59), Ok(()));
    assert_eq!(at(NOW + 60), rejected(Expired));
    assert_eq!(at(u64::MAX), rejected(Expired));
    assert!(verify_at(&request, Age::NotJudged).is_ok());
}

#[test]
fn an_answer_is_signed_only_for_what_the_terminal_did_say() {
    let (mut request, binding) = signed();
    let judged = Age::Judged { now: NOW };
    let elsewhere = ["elsewhere.example".to_owned()];
    let parsed = Signed::parse(&request).unwrap();
    assert_eq!((parsed.terminal(), parsed.generation()), ("till-1", 7));
    let rejected = parsed
        .verify(credential().secret(), &elsewhere, judged)
        .unwrap_err();
    assert_eq!(
        rejected,
        Rejected {
            error: AuthorityWrong,
            binding: Some(binding)
        }
    );
    let wrong = Secret::new(&[0x5b; 32]);
    let parsed = Signed::parse(&request).unwrap();
    let rejected = parsed.verify(&wrong, &authorities(), judged).unwrap_err();
    assert_eq!(
        rejected,
        Rejected {
            error: Wrong,
            binding: None
        }
    );
    *request.body_mut() = b"bent".to_vec();
    let rejected = verify_at(&request, judged).unwrap_err();
    assert_eq!(
        rejected,
        Rejected {
            error: DigestWrong,
            binding: None
        }
    );
}

fn answered() -> (Response<Vec<u8>>, Binding) {
    let (_, binding) = signed();
    let mut answer = Response::new(b"{\"earned\":19}".to_vec());
    sign_answer(&mut answer, credential().secret(), &binding, NOW).unwrap();
    (answer, binding)
}

#[test]
fn an_answer_to_this_request_is_believed() {
    let (answer, binding) = answered();
    assert_eq!(
        text(answer.headers(), INPUT),
        "sig1=(\"@status\" \"content-type\" \"content-digest\" \"signature\";req;key=\"sig1\");created=1700000000;\
         keyid=\"till-1:7\";alg=\"hmac-sha256\";tag=\"jifen-pos-v1\""
    );
    assert_eq!(
        verify_answer(&answer, credential().secret(), &binding),
        Ok(())
    );
}

#[test]
fn a_label_of_the_tills_own_is_answered_under_it() {
    let (mut request, _) = signed();
    for name in [INPUT, "signature"] {
        edit(request.headers_mut(), name, "sig1", "till");
    }
    let verified = verify(&request).unwrap();
    let mut answer = Response::new(b"{}".to_vec());
    sign_answer(&mut answer, credential().secret(), verified.binding(), NOW).unwrap();
    assert!(text(answer.headers(), INPUT).contains("\"signature\";req;key=\"till\""));
    assert_eq!(
        verify_answer(&answer, credential().secret(), verified.binding()),
        Ok(())
    );
}

#[test]
fn a_bent_answer_is_refused() {
    type Bend = fn(&mut Response<Vec<u8>>);
    let table: &[(&str, SignatureError, Bend)] = &[
        ("another status", Wrong, |a| {
            *a.status_mut() = StatusCode::CREATED
        }),
        ("another body", DigestWrong, |a| {
            *a.body_mut() = b"{\"earned\":91}".to_vec()
        }),
        ("no body", DigestWrong, |a| a.body_mut().clear()),
        ("another body with its digest", Wrong, |a| {
            *a.body_mut() = b"{\"earned\":91}".to_vec();
            let digest = content_digest(a.body());
            set(a.headers_mut(), "content-digest", &digest);
        }),
        ("another type", Wrong, |a| {
            set(a.headers_mut(), "content-type", "text/html")
        }),
        ("no type", HeaderMissing, |a| {
            drop(a.headers_mut().remove("content-type"))
        }),
        ("a second type", HeaderRepeated, |a| {
            a.headers_mut()
                .append("content-type", HeaderValue::from_static("text/html"));
        }),
        ("no digest", HeaderMissing, |a| {
            drop(a.headers_mut().remove("content-digest"))
        }),
        ("a second digest", HeaderRepeated, |a| {
            let digest = a.headers()["content-digest"].clone();
            a.headers_mut().append("content-digest", digest);
        }),
        ("no signature", Missing, |a| {
            drop(a.headers_mut().remove("signature"))
        }),
        ("no input", Missing, |a| drop(a.headers_mut().remove(INPUT))),
        (
            "the request's signature not covered",
            ComponentsWrong,
            |a| {
                edit(
                    a.headers_mut(),
                    INPUT,
                    " \"signature\";req;key=\"sig1\"",
                    "",
                );
            },
        ),
        ("its own signature covered instead", ComponentsWrong, |a| {
            edit(
                a.headers_mut(),
                INPUT,
                "\"signature\";req;key=\"sig1\"",
                "\"signature\"",
            );
        }),
        ("another label of the request", ComponentsWrong, |a| {
            edit(a.headers_mut(), INPUT, "key=\"sig1\"", "key=\"sig2\"");
        }),
        ("the status not covered", ComponentsWrong, |a| {
            edit(a.headers_mut(), INPUT, "\"@status\" ", "")
        }),
        ("a component more", ComponentsWrong, |a| {
            edit(
                a.headers_mut(),
                INPUT,
                "\"@status\"",
                "\"@status\" \"date\"",
            );
        }),
        ("another time", Wrong, |a| {
            edit(a.headers_mut(), INPUT, "1700000000", "1700000001")
        }),
        ("another terminal", Malformed, |a| {
            edit(a.headers_mut(), INPUT, "till-1:7", "till-2:7")
        }),
        ("another tag", Missing, |a| {
            edit(a.headers_mut(), INPUT, "jifen-pos-v1", "jifen-pos-v2")
        }),
        ("another algorithm", Malformed, |a| {
            edit(a.headers_mut(), INPUT, "hmac-sha256", "none")
        }),
        (
            "a signature with another last letter of the same bytes",
            Malformed,
            |a| {
                let signature = bent_base64(&text(a.headers(), "signature"));
                set(a.headers_mut(), "signature", &signature);
            },
        ),
    ];
    for (what, error, bend) in table {
        let (mut answer, binding) = answered();
        bend(&mut answer);
        let verified = verify_answer(&answer, credential().secret(), &binding);
        assert_eq!(verified, Err(*error), "{what}");
    }
}

#[test]
fn an_answer_to_another_request_or_of_another_store_is_refused() {
    let (answer, binding) = answered();
    let mut other = unsigned();
    let later = sign_request(&mut other, &credential(), 42, NOW, NONCE).unwrap();
    assert_eq!(
        verify_answer(&answer, credential().secret(), &later),
        Err(Wrong)
    );
    let wrong = Secret::new(&[0x5b; 32]);
    assert_eq!(verify_answer(&answer, &wrong, &binding), Err(Wrong));

    // A request sent back is no answer.
    let (request, binding) = signed();
    let mut echo = Response::new(request.body().clone());
    *echo.headers_mut() = request.headers().clone();
    assert_eq!(
        verify_answer(&echo, credential().secret(), &binding),
        Err(Malformed)
    );
}
