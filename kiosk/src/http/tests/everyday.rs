//! What an honest client meets.

use super::super::Listener::{Edge, Screen};
use super::{BOTH, House};

#[test]
fn a_connection_to_the_edge_takes_one_request_after_another() {
    let house = House::usual();
    let mut caller = house.call(Edge);
    for length in [0, 1, 8 * 1024, 8 * 1024 + 1, 100_000, 3] {
        let answer = caller.post("/", &vec![b'a'; length]);
        assert_eq!(
            (answer.status, answer.body),
            (200, format!("{length} by edge"))
        );
    }
    // Two at once, in order.
    caller.send("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(caller.answer().status, 200);
    assert_eq!(caller.answer().status, 404);
    caller.ask("GET /", &["Connection: close"], b"");
    assert_eq!(caller.answer().header("connection"), "close");
    assert_eq!(caller.end(), "");
}

#[test]
fn a_connection_to_the_screen_takes_one_request() {
    let house = House::usual();
    for length in [0, 1, 1_024, 1_025, 100_000] {
        let answer = house.call(Screen).post("/", &vec![b'a'; length]);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, &*format!("{length} by screen"))
        );
        assert_eq!(answer.header("connection"), "close");
    }
}

#[test]
fn the_edge_reads_a_body_in_chunks_and_the_screen_wants_a_length() {
    let house = House::usual();
    let body = b"3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
    let mut caller = house.call(Edge);
    caller.ask("POST /", &["Transfer-Encoding: chunked"], body);
    caller.ask("GET /", &[], b"");
    let answer = caller.answer();
    assert_eq!(answer.body, "19 by edge");
    // What follows chunks is not looked at, so it is no request.
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(caller.end(), "");

    let mut caller = house.call(Screen);
    caller.ask("POST /", &["Transfer-Encoding: chunked"], body);
    caller.answer().is_refused(411, "length_required");
}

#[test]
fn a_client_that_asks_before_it_sends_is_told_to_go_on_or_not() {
    let house = House::usual();
    for listener in BOTH {
        let mut caller = house.call(listener);
        caller.ask(
            "POST /",
            &["Content-Length: 5", "Expect: 100-continue"],
            b"",
        );
        caller.send("abcde");
        let answer = caller.answer();
        assert_eq!((answer.status, answer.interim), (200, 1), "{answer:?}");
    }
    let mut caller = house.call(Edge);
    caller.ask(
        "POST /",
        &["Content-Length: 999999999", "Expect: 100-continue"],
        b"",
    );
    let answer = caller.answer();
    answer.is_refused(413, "body_too_large");
    assert_eq!(answer.interim, 0);
}

#[test]
fn an_answer_to_head_has_no_body() {
    let house = House::usual();
    for listener in BOTH {
        let mut caller = house.call(listener);
        caller.ask("HEAD /", &["Connection: close"], b"");
        let answer = caller.answer_of(false);
        assert_eq!(answer.status, 200);
        assert_eq!(
            answer.header("content-length"),
            format!("0 by {}", listener.as_str()).len().to_string()
        );
        assert_eq!(caller.end(), "");
    }
}

#[test]
fn every_answer_carries_the_common_headers() {
    let house = House::usual();
    for listener in BOTH {
        for path in ["/", "/none", "/get", "/panic"] {
            let answer = house.call(listener).get(path);
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'; script-src 'self'"),
                "{policy}"
            );
            assert!(
                policy.ends_with("frame-ancestors 'none'; base-uri 'none'"),
                "{policy}"
            );
            assert!(!policy.contains("unsafe"), "{policy}");
            for (name, value) in [
                ("cache-control", "no-store"),
                ("referrer-policy", "no-referrer"),
                ("x-content-type-options", "nosniff"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-embedder-policy", "require-corp"),
                ("cross-origin-resource-policy", "same-origin"),
            ] {
                assert_eq!(answer.header(name), value, "{path} {answer:?}");
            }
            assert!(answer.header("permissions-policy").contains("camera=()"));
        }
        // A refusal of the listener's own is dressed alike.
        let mut caller = house.call(listener);
        let answer = caller
            .ask("POST /", &["Content-Length: 999999999"], b"")
            .answer();
        assert_eq!(
            (answer.status, answer.header("cache-control")),
            (413, "no-store")
        );
    }
}

#[test]
fn a_handler_may_set_a_header_but_not_the_length() {
    let house = House::usual();
    for listener in BOTH {
        let answer = house.call(listener).get("/odd");
        assert_eq!((answer.status, answer.body.as_str()), (201, "odd"));
        assert_eq!(answer.header("cache-control"), "max-age=1");
        assert_eq!(
            answer
                .headers
                .iter()
                .filter(|(name, _)| name == "content-length")
                .count(),
            1
        );
    }
}

#[test]
fn what_is_not_there_or_not_taken_is_said_in_both_languages() {
    let house = House::usual();
    for listener in BOTH {
        house
            .call(listener)
            .get("/none")
            .is_refused(404, "no_such_address");
        let answer = house.call(listener).post("/get", b"");
        answer.is_refused(405, "method_not_allowed");
        assert_eq!(answer.header("allow"), "GET, HEAD");
        let mut caller = house.call(listener);
        caller
            .ask("BREW /none", &[], b"")
            .answer()
            .is_refused(404, "no_such_address");
    }
}

#[test]
fn a_handler_that_panics_answers_500_and_the_next_request_is_fine() {
    let house = House::usual();
    let mut caller = house.call(Edge);
    for _ in 0..3 {
        let answer = caller.get("/panic");
        answer.is_refused(500, "bug");
        assert!(!answer.body.contains("138"));
        assert_eq!(caller.get("/").status, 200);
    }
    // More than there are workers.
    for _ in 0..9 {
        house.call(Screen).get("/panic").is_refused(500, "bug");
        assert_eq!(house.call(Screen).get("/").status, 200);
    }
}

#[test]
fn another_site_changes_nothing_and_another_name_does_not_reach_the_screen() {
    let house = House::usual();
    for listener in BOTH {
        let mut caller = house.call(listener);
        let lines = ["Origin: https://evil.example", "Content-Length: 0"];
        caller
            .ask("POST /", &lines, b"")
            .answer()
            .is_refused(403, "cross_site");
        let mut caller = house.call(listener);
        let lines = [
            "Origin: http://localhost",
            "Sec-Fetch-Site: same-origin",
            "Content-Length: 0",
        ];
        assert_eq!(caller.ask("POST /", &lines, b"").answer().status, 200);
    }
    let mut caller = house.call(Screen);
    caller.send("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    caller.answer().is_refused(421, "host_unknown");
    let mut caller = house.call(Screen);
    caller.send("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2000\r\n\r\nab");
    caller.answer().is_refused(421, "host_unknown");
}
