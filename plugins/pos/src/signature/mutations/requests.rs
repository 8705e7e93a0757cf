//! Requests: what is believed, what is bent, and what is outside the profile.

use super::*;

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
    set(headers, SIGNATURE, &format!("proxy=:AAAA:, {signature}"));
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
    *request.method_mut() = http::Method::DELETE;
    assert_eq!(verify(&request), Err(HeaderMissing));
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one table, a line or two for each way to bend a request"
)]
fn a_bent_request_is_refused() {
    let table: &[(&str, SignatureError, Bend)] = &[
        ("another method", Wrong, Method("PUT")),
        ("the method in lowercase", Wrong, Method("post")),
        ("another path", Wrong, Target("/pos/v1/refunds?lang=zh")),
        (
            "the path in capitals",
            Wrong,
            Target("/pos/v1/Sales?lang=zh"),
        ),
        ("a slash more", Wrong, Target("/pos/v1/sales/?lang=zh")),
        (
            "a letter of the path escaped",
            Wrong,
            Target("/pos/v1/%73ales?lang=zh"),
        ),
        ("a way around", Wrong, Target("/pos/v1/x/../sales?lang=zh")),
        ("another query", Wrong, Target("/pos/v1/sales?lang=en")),
        ("a longer query", Wrong, Target("/pos/v1/sales?lang=zh&a")),
        ("no query", Wrong, Target("/pos/v1/sales")),
        ("an empty query", Malformed, Target("/pos/v1/sales?")),
        ("another body", DigestWrong, Body("{\"points\":900}")),
        (
            "a space after the body",
            DigestWrong,
            Body("{\"points\":100} "),
        ),
        ("no body", ComponentsWrong, Body("")),
        (
            "another body with its digest",
            Wrong,
            Redigested("{\"points\":900}"),
        ),
        (
            "a digest of another kind",
            Wrong,
            Edit("content-digest", "sha-256", "sha-512"),
        ),
        ("a second digest", HeaderRepeated, Twice("content-digest")),
        ("no digest", HeaderMissing, Remove("content-digest")),
        (
            "a digest with another last letter of the same bytes",
            Wrong,
            LastLetter("content-digest"),
        ),
        (
            "another type",
            Wrong,
            Set("content-type", "application/xml"),
        ),
        (
            "the type in capitals",
            Wrong,
            Set("content-type", "Application/JSON"),
        ),
        (
            "a second type",
            HeaderRepeated,
            Add("content-type", "application/json"),
        ),
        ("no type", HeaderMissing, Remove("content-type")),
        ("another host", Wrong, Set("host", "other.example")),
        ("no port", Wrong, Set("host", "store.example")),
        (
            "a dot after the host",
            Wrong,
            Set("host", "store.example.:8443"),
        ),
        (
            "a second host",
            HeaderRepeated,
            Add("host", "store.example:8443"),
        ),
        ("no host", HeaderMissing, Remove("host")),
        (
            "a host that is not the target's",
            Malformed,
            Target("http://other.example/pos/v1/sales?lang=zh"),
        ),
        (
            "a user before the host",
            Malformed,
            Set("host", "a@store.example:8443"),
        ),
        ("another number", Wrong, Set("jifen-seq", "42")),
        (
            "a zero before the number",
            Malformed,
            Set("jifen-seq", "041"),
        ),
        (
            "a plus before the number",
            Malformed,
            Set("jifen-seq", "+41"),
        ),
        ("a negative number", Malformed, Set("jifen-seq", "-41")),
        ("an empty number", Malformed, Set("jifen-seq", "")),
        (
            "a number that is too large",
            Malformed,
            Set("jifen-seq", "1000000000000000"),
        ),
        ("a second number", HeaderRepeated, Add("jifen-seq", "42")),
        ("two numbers in one", Malformed, Set("jifen-seq", "41, 41")),
        ("no number", HeaderMissing, Remove("jifen-seq")),
        ("another key", Wrong, Set("idempotency-key", OTHER_KEY)),
        (
            "the key in capitals",
            Malformed,
            Set("idempotency-key", "0190163D-8694-739B-AEA5-966C26F8AD91"),
        ),
        ("a second key", HeaderRepeated, Add("idempotency-key", KEY)),
        ("no key", HeaderMissing, Remove("idempotency-key")),
        (
            "a component dropped",
            ComponentsWrong,
            Edit(INPUT, "\"@query\" ", ""),
        ),
        (
            "the key dropped",
            ComponentsWrong,
            Edit(INPUT, "\"idempotency-key\" ", ""),
        ),
        (
            "the digest dropped",
            ComponentsWrong,
            Edit(INPUT, " \"content-digest\"", ""),
        ),
        (
            "a component added",
            ComponentsWrong,
            Edit(INPUT, "\"@path\"", "\"@path\" \"user-agent\""),
        ),
        (
            "a component twice",
            ComponentsWrong,
            Edit(INPUT, "\"@path\"", "\"@path\" \"@path\""),
        ),
        (
            "one twice in place of another",
            ComponentsWrong,
            Edit(INPUT, "\"@query\"", "\"@path\""),
        ),
        (
            "a component in capitals",
            ComponentsWrong,
            Edit(INPUT, "\"@path\"", "\"@Path\""),
        ),
        (
            "a component with a parameter",
            ComponentsWrong,
            Edit(INPUT, "\"jifen-seq\"", "\"jifen-seq\";sf"),
        ),
        (
            "a component of the answer",
            ComponentsWrong,
            Edit(INPUT, "\"@path\"", "\"@path\";req"),
        ),
        (
            "a component that is a word",
            ComponentsWrong,
            Edit(INPUT, "\"jifen-seq\"", "jifen-seq"),
        ),
        (
            "components in another order",
            Wrong,
            Edit(
                INPUT,
                "\"@method\" \"@authority\"",
                "\"@authority\" \"@method\"",
            ),
        ),
        (
            "another tag",
            Missing,
            Edit(INPUT, "jifen-pos-v1", "jifen-pos-v2"),
        ),
        (
            "the tag in capitals",
            Missing,
            Edit(INPUT, "jifen-pos-v1", "Jifen-pos-v1"),
        ),
        ("no tag", Missing, Edit(INPUT, ";tag=\"jifen-pos-v1\"", "")),
        (
            "another algorithm",
            Malformed,
            Edit(INPUT, "hmac-sha256", "ed25519"),
        ),
        (
            "no algorithm",
            Malformed,
            Edit(INPUT, ";alg=\"hmac-sha256\"", ""),
        ),
        (
            "the algorithm as a word",
            Malformed,
            Edit(INPUT, "\"hmac-sha256\"", "hmac-sha256"),
        ),
        (
            "another terminal",
            Wrong,
            Edit(INPUT, "till-1:7", "till-2:7"),
        ),
        (
            "another generation",
            Wrong,
            Edit(INPUT, "till-1:7", "till-1:8"),
        ),
        (
            "a zero before the generation",
            Malformed,
            Edit(INPUT, "till-1:7", "till-1:07"),
        ),
        (
            "no key id",
            Malformed,
            Edit(INPUT, ";keyid=\"till-1:7\"", ""),
        ),
        (
            "another nonce",
            Wrong,
            Edit(INPUT, "nonce=\"AAEC", "nonce=\"BAEC"),
        ),
        ("a short nonce", Malformed, Edit(INPUT, NONCE, "short")),
        (
            "no nonce",
            Malformed,
            Edit(INPUT, ";nonce=\"AAECAwQFBgcICQoLDA0ODw\"", ""),
        ),
        (
            "made earlier",
            LifeWrong,
            Edit(INPUT, "created=1700000000", "created=1699999999"),
        ),
        (
            "made later",
            Wrong,
            Edit(INPUT, "created=1700000000", "created=1700000001"),
        ),
        (
            "made never",
            Malformed,
            Edit(INPUT, "created=1700000000;", ""),
        ),
        (
            "made before time began",
            Malformed,
            Edit(INPUT, "created=17", "created=-17"),
        ),
        (
            "made at a time with a dot",
            Malformed,
            Edit(INPUT, "created=1700000000", "created=1700000000.0"),
        ),
        (
            "expires later",
            LifeWrong,
            Edit(INPUT, "expires=1700000060", "expires=1700000061"),
        ),
        (
            "expires earlier",
            Wrong,
            Edit(INPUT, "expires=1700000060", "expires=1700000059"),
        ),
        (
            "expires before it is made",
            LifeWrong,
            Edit(INPUT, "expires=1700000060", "expires=1699999999"),
        ),
        (
            "expires never",
            Malformed,
            Edit(INPUT, ";expires=1700000060", ""),
        ),
        (
            "a parameter more",
            Malformed,
            Edit(INPUT, ";tag=", ";x=1;tag="),
        ),
        (
            "a parameter twice",
            Malformed,
            Edit(INPUT, ";tag=", ";nonce=\"x\";tag="),
        ),
        (
            "a space between parameters",
            Malformed,
            Edit(INPUT, ";tag", "; tag"),
        ),
        (
            "two spaces between components",
            Malformed,
            Edit(INPUT, "\" \"", "\"  \""),
        ),
        ("another label", Missing, Edit(INPUT, "sig1", "sig2")),
        ("another label in both", Malformed, Relabelled("Sig1")),
        ("two signatures with our tag", Malformed, Doubled),
        (
            "two signatures under one label",
            Malformed,
            Wrap(SIGNATURE, "sig1=:AAAA:, ", ""),
        ),
        (
            "two inputs under one label",
            Malformed,
            Wrap(INPUT, "sig1=(\"@method\"), ", ""),
        ),
        (
            "a second input",
            HeaderRepeated,
            Add(INPUT, "sig2=(\"@method\")"),
        ),
        (
            "a second signature header",
            HeaderRepeated,
            Add(SIGNATURE, "sig2=:AAAA:"),
        ),
        ("no input", Missing, Remove(INPUT)),
        ("no signature", Missing, Remove(SIGNATURE)),
        ("a signature of zeros", Wrong, Set(SIGNATURE, ZEROS)),
        ("a shorter signature", Wrong, Set(SIGNATURE, "sig1=:AAAA:")),
        ("an empty signature", Wrong, Set(SIGNATURE, "sig1=::")),
        (
            "a signature that is text",
            Malformed,
            Set(SIGNATURE, "sig1=\"AAAA\""),
        ),
        (
            "a signature with a parameter",
            Malformed,
            Wrap(SIGNATURE, "", ";x"),
        ),
        (
            "a signature with another last letter of the same bytes",
            Malformed,
            LastLetter(SIGNATURE),
        ),
        (
            "a signature without its padding",
            Malformed,
            Edit(SIGNATURE, "=:", ":"),
        ),
        ("a bit of the signature", Wrong, FirstLetter(SIGNATURE)),
        (
            "bytes that are no text",
            Malformed,
            Bytes("jifen-seq", b"4\xff1"),
        ),
    ];
    for (what, error, bend) in table {
        let (request, _) = signed();
        verify(&request).unwrap();
        let bent = bend.request(request);
        assert_eq!(verify(&bent), Err(*error), "{what}");
    }
    assert!(40 <= table.len());
    let (mut request, _) = signed();
    let longer = format!(
        "{}, x=\"{}\"",
        text(request.headers(), INPUT),
        "y".repeat(4_096)
    );
    set(request.headers_mut(), INPUT, &longer);
    assert_eq!(verify(&request), Err(Malformed));
}

#[test]
fn no_line_end_can_come_into_a_base() {
    for text in ["a\nb", "a\r\nb", "a\rb", "a\0b"] {
        assert!(HeaderValue::try_from(text).is_err());
        assert!(format!("/pos/v1/{text}").parse::<http::Uri>().is_err());
        assert!(http::Method::from_bytes(text.as_bytes()).is_err());
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
