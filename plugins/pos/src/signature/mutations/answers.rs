//! Answers, likewise.

use super::*;

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
    let table: &[(&str, SignatureError, Bend)] = &[
        ("another status", Wrong, Status(201)),
        ("another body", DigestWrong, Body("{\"earned\":91}")),
        ("no body", DigestWrong, Body("")),
        (
            "another body with its digest",
            Wrong,
            Redigested("{\"earned\":91}"),
        ),
        ("another type", Wrong, Set("content-type", "text/html")),
        ("no type", HeaderMissing, Remove("content-type")),
        (
            "a second type",
            HeaderRepeated,
            Add("content-type", "text/html"),
        ),
        ("no digest", HeaderMissing, Remove("content-digest")),
        ("a second digest", HeaderRepeated, Twice("content-digest")),
        ("no signature", Missing, Remove(SIGNATURE)),
        ("no input", Missing, Remove(INPUT)),
        (
            "the request's signature not covered",
            ComponentsWrong,
            Edit(INPUT, " \"signature\";req;key=\"sig1\"", ""),
        ),
        (
            "its own signature covered instead",
            ComponentsWrong,
            Edit(INPUT, "\"signature\";req;key=\"sig1\"", "\"signature\""),
        ),
        (
            "another label of the request",
            ComponentsWrong,
            Edit(INPUT, "key=\"sig1\"", "key=\"sig2\""),
        ),
        (
            "the status not covered",
            ComponentsWrong,
            Edit(INPUT, "\"@status\" ", ""),
        ),
        (
            "a component more",
            ComponentsWrong,
            Edit(INPUT, "\"@status\"", "\"@status\" \"date\""),
        ),
        (
            "another time",
            Wrong,
            Edit(INPUT, "1700000000", "1700000001"),
        ),
        (
            "another terminal",
            Malformed,
            Edit(INPUT, "till-1:7", "till-2:7"),
        ),
        (
            "another tag",
            Missing,
            Edit(INPUT, "jifen-pos-v1", "jifen-pos-v2"),
        ),
        (
            "another algorithm",
            Malformed,
            Edit(INPUT, "hmac-sha256", "none"),
        ),
        (
            "a signature with another last letter of the same bytes",
            Malformed,
            LastLetter(SIGNATURE),
        ),
    ];
    for (what, error, bend) in table {
        let (answer, binding) = answered();
        let bent = bend.answer(answer);
        let verified = verify_answer(&bent, credential().secret(), &binding);
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
