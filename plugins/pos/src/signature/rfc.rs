//! The vectors of RFC 9421, to the byte.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, Response};

use super::base::{Message, authority_of, base_of};
use super::fields;
use super::{Binding, Secret, SignatureError};

/// RFC 9421 §B.2, the test request.
fn test_request() -> Request<Vec<u8>> {
    Request::post("/foo?param=Value&Pet=dog")
        .header("Host", "example.com")
        .header("Date", "Tue, 20 Apr 2021 02:07:55 GMT")
        .header("Content-Type", "application/json")
        .header(
            "Content-Digest",
            "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
        )
        .header("Content-Length", "18")
        .body(br#"{"hello": "world"}"#.to_vec())
        .unwrap()
}

/// The base of a request for the inner list of its `Signature-Input`, whatever its label.
fn base(request: &Request<Vec<u8>>) -> Result<(String, [u8; 32]), SignatureError> {
    let field = fields::read(request.headers(), |_, _| true)?;
    let authority = authority_of(request.uri(), request.headers())?;
    let message = Message::Request {
        method: request.method(),
        uri: request.uri(),
        headers: request.headers(),
        authority: &authority,
    };
    Ok((
        base_of(&field.list, &field.params, message)?,
        field.signature,
    ))
}

fn with_input(mut request: Request<Vec<u8>>, input: &str, signature: &str) -> Request<Vec<u8>> {
    let headers = request.headers_mut();
    headers.insert("signature-input", input.parse().unwrap());
    headers.insert("signature", signature.parse().unwrap());
    request
}

#[test]
fn appendix_b_2_5_is_signed_as_it_stands_there() {
    let key =
        "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==";
    let key: [u8; 64] = STANDARD.decode(key).unwrap().try_into().unwrap();
    let secret = Secret::of_block(&key);
    let request = with_input(
        test_request(),
        r#"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
        "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
    );

    let (base, signature) = base(&request).unwrap();
    assert_eq!(
        base,
        [
            r#""date": Tue, 20 Apr 2021 02:07:55 GMT"#,
            r#""@authority": example.com"#,
            r#""content-type": application/json"#,
            r#""@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#,
        ]
        .join("\n")
    );
    assert_eq!(
        STANDARD.encode(secret.mac(&base)),
        "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8="
    );
    assert!(secret.is_mac(&base, &signature));
    assert!(!Secret::new(&[0; 32]).is_mac(&base, &signature));
}

#[test]
fn appendix_b_2_3_has_the_base_that_stands_there() {
    let signature = format!("sig-b23=:{}:", STANDARD.encode([0; 32]));
    let request = with_input(
        test_request(),
        r#"sig-b23=("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#,
        &signature,
    );
    assert_eq!(
        base(&request).unwrap().0,
        [
            r#""date": Tue, 20 Apr 2021 02:07:55 GMT"#,
            r#""@method": POST"#,
            r#""@path": /foo"#,
            r#""@query": ?param=Value&Pet=dog"#,
            r#""@authority": example.com"#,
            r#""content-type": application/json"#,
            r#""content-digest": sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"#,
            r#""content-length": 18"#,
            r#""@signature-params": ("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss""#,
        ]
        .join("\n")
    );
}

#[test]
fn fields_and_targets_are_written_as_section_2_says() {
    // §2.1: a list of values, the space around them, and an empty one; §2.2.6 and §2.2.7.
    let signature = format!("s=:{}:", STANDARD.encode([0; 32]));
    let request = Request::get("http://WWW.Example.com:8080")
        .header("Cache-Control", "  max-age=60 ")
        .header("Cache-Control", "\t  must-revalidate")
        .header("X-Empty-Header", "")
        .body(Vec::new())
        .unwrap();
    let input = r#"s=("@method" "@authority" "@path" "@query" "cache-control" "x-empty-header")"#;
    let request = with_input(request, input, &signature);
    assert_eq!(
        base(&request).unwrap().0,
        [
            r#""@method": GET"#,
            r#""@authority": www.example.com:8080"#,
            r#""@path": /"#,
            r#""@query": ?"#,
            r#""cache-control": max-age=60, must-revalidate"#,
            r#""x-empty-header": "#,
            r#""@signature-params": ("@method" "@authority" "@path" "@query" "cache-control" "x-empty-header")"#,
        ]
        .join("\n")
    );
}

#[test]
fn an_answer_is_bound_to_its_request_as_section_2_4_says() {
    let answer = Response::builder()
        .status(503)
        .body(Vec::<u8>::new())
        .unwrap();
    let binding = Binding {
        label: "sig1".to_owned(),
        keyid: "till-1:1".to_owned(),
        signature: [7; 32],
    };
    let list = r#"("@status" "signature";req;key="sig1");created=1618884479"#;
    let parsed: sfv::List = sfv::Parser::new(list).parse().unwrap();
    let [sfv::ListEntry::InnerList(inner)] = &parsed[..] else {
        panic!("an inner list");
    };
    let message = Message::Answer {
        status: answer.status(),
        headers: answer.headers(),
        to: &binding,
    };
    assert_eq!(
        base_of(inner, list, message).unwrap(),
        [
            r#""@status": 503"#,
            r#""signature";req;key="sig1": :BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=:"#,
            r#""@signature-params": ("@status" "signature";req;key="sig1");created=1618884479"#,
        ]
        .join("\n")
    );
}
