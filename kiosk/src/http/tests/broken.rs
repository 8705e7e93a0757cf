//! What no honest client sends.

use std::io::Write;
use std::thread;

use super::super::Listener::{self, Edge, Screen};
use super::{BOTH, House};

/// Sends a head with these lines and a little of a body, and is refused; then the house still answers.
fn check(house: &House, listener: Listener, lines: &[&str], status: u16) {
    let mut caller = house.call(listener);
    caller.ask("POST /", lines, b"abcde");
    let answer = caller.answer();
    let lines = lines.iter().map(|line| &line[..line.len().min(60)]);
    let lines: Vec<&str> = lines.collect();
    assert_eq!(answer.status, status, "{listener:?} {lines:?}");
    assert_eq!(
        house.call(listener).get("/").status,
        200,
        "{listener:?} {lines:?}"
    );
}

#[test]
fn a_length_that_cannot_be_read_is_refused_without_reading() {
    let house = House::usual();
    for listener in BOTH {
        for lines in [
            &["Content-Length: abc"][..],
            &["Content-Length: +5"],
            &["Content-Length: -5"],
            &["Content-Length: 5, 5"],
            &["Content-Length: "],
            &["Content-Length: 0x5"],
            &["Content-Length: 99999999999999999999"],
            &["Content-Length: 5", "Content-Length: 6"],
            &["Content-Length: 5", "Content-Length: 5"],
            &["Content-Length: 5", "Transfer-Encoding: chunked"],
            &["Transfer-Encoding: chunked", "Content-Length: 5"],
            &["Transfer-Encoding: chunked, identity"],
            &["Transfer-Encoding: gzip"],
        ] {
            check(&house, listener, lines, 400);
        }
        // The first of these kills a server that drops it.
        check(&house, listener, &["Content-Length: 1000000000000"], 413);
        // Hyper calls a length of more than 2^64 - 3 too large by itself, in its own way.
        let status = if listener == Edge { 431 } else { 413 };
        check(
            &house,
            listener,
            &["Content-Length: 18446744073709551615"],
            status,
        );
    }
    // For these `tiny_http` itself would wait for bytes, or hand out the connection as the body.
    check(&house, Screen, &["Content-Length: +1000000000000"], 400);
    check(
        &house,
        Screen,
        &["Content-Length: 1000000000000", "Content-Length: 5"],
        400,
    );
    check(
        &house,
        Screen,
        &["Content-Length: 5", "Connection: upgrade"],
        400,
    );
}

#[test]
fn a_refused_length_ends_the_connection_before_what_hides_behind_it() {
    let house = House::usual();
    for lines in [
        "Content-Length: 5\r\nContent-Length: 5",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 5\nTransfer-Encoding: chunked",
    ] {
        let mut caller = house.call(Edge);
        caller.send(format!("POST / HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n"));
        caller.send("0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = caller.answer();
        answer.is_refused(400, "bad_length");
        assert_eq!(answer.header("connection"), "close");
        assert_eq!(caller.end(), "", "{lines}");
    }
}

#[test]
fn a_body_of_the_most_bytes_is_taken_and_one_byte_more_is_not() {
    let house = House::usual();
    let most = 256 * 1024;
    for listener in BOTH {
        let answer = house.call(listener).post("/", &vec![b'a'; most]);
        assert_eq!(answer.body, format!("{most} by {}", listener.as_str()));
        let mut caller = house.call(listener);
        caller
            .ask("POST /", &["Content-Length: 262145"], b"")
            .answer()
            .is_refused(413, "body_too_large");
    }
    let chunks = |size: usize| {
        let body = "a".repeat(size);
        format!("{size:x}\r\n{body}\r\n0\r\n\r\n").into_bytes()
    };
    let ask = |size: usize| {
        let lines = ["Transfer-Encoding: chunked"];
        house
            .call(Edge)
            .ask("POST /", &lines, &chunks(size))
            .answer()
    };
    assert_eq!(ask(most).status, 200);
    ask(most + 1).is_refused(413, "body_too_large");
}

#[test]
fn a_body_of_ten_megabytes_is_refused() {
    let house = House::usual();
    for listener in BOTH {
        let mut caller = house.call(listener);
        let mut sending = caller.stream();
        let sender = thread::spawn(move || {
            // The screen does not read it, so this may be cut short.
            let _ = sending.write_all(
                b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\n\r\n",
            );
            let _ = sending.write_all(&vec![b'a'; 10_000_000]);
        });
        if listener == Edge {
            // All of it is listened to, so that a client that sends first and reads then hears the answer.
            sender.join().unwrap();
            caller.answer().is_refused(413, "body_too_large");
            assert_eq!(caller.end(), "");
        } else {
            caller.answer().is_refused(413, "body_too_large");
            let _ = caller.stream().shutdown(std::net::Shutdown::Both);
            sender.join().unwrap();
        }
        assert_eq!(house.call(listener).get("/").status, 200);
    }
}

#[test]
fn a_body_that_is_cut_short_or_no_chunks_is_refused() {
    let house = House::usual();
    for listener in BOTH {
        for (line, body) in [
            ("Content-Length: 2000", "abcde"),
            ("Transfer-Encoding: chunked", "5\r\nab"),
            ("Transfer-Encoding: chunked", "zz\r\nab\r\n0\r\n\r\n"),
        ] {
            let mut caller = house.call(listener);
            caller.ask("POST /", &[line], body.as_bytes()).hang_up();
            let said = if listener == Screen && line.contains("chunked") {
                format!(" {} ", caller.answer().status)
            } else {
                caller.end()
            };
            assert!(
                said.is_empty() || said.contains(" 400 ") || said.contains(" 411 "),
                "{listener:?} {line} {said}"
            );
            assert_eq!(house.call(listener).get("/").status, 200);
        }
    }
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let house = House::usual();
    for listener in BOTH {
        let long = format!("X-Long: {}", "a".repeat(40 * 1024));
        check(&house, listener, &[&long], 431);
        let many = vec!["X-A: b"; 101];
        check(&house, listener, &many, 431);
        let most = vec!["X-A: b"; 99];
        check(&house, listener, &most, 200);
    }
    // Without end: the edge stops reading.
    let mut caller = house.call(Edge);
    caller.send("GET / HTTP/1.1\r\nX: ");
    for _ in 0..1_024 {
        caller.send(vec![b'a'; 64 * 1024]);
    }
    assert!(caller.end().starts_with("HTTP/1.1 431"));
}

#[test]
fn what_is_no_request_gets_no_handler() {
    let house = House::usual();
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\nHost: localhost\n\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\r\n b\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"",
    ] {
        for listener in BOTH {
            let mut caller = house.call(listener);
            caller.send(bytes).hang_up();
            let text = String::from_utf8_lossy(bytes);
            // `tiny_http` waits for itself when it is asked for HTTP/2, and holds that one connection.
            if listener == Screen && text.contains("HTTP/2") {
                assert_eq!(house.call(listener).get("/").status, 200);
                continue;
            }
            let said = caller.end();
            assert!(!said.contains(" 200 "), "{listener:?} {text:?} {said}");
            assert_eq!(house.call(listener).get("/").status, 200, "{text:?}");
        }
    }
}

#[test]
fn a_head_or_body_that_comes_too_slowly_is_cut() {
    let house = House::hasty();
    // Never a word; half a head; half a second head.
    assert_eq!(house.call(Edge).end(), "");
    assert_eq!(house.call(Edge).send("GET / HTTP/1.1\r\nHost:").end(), "");
    let mut caller = house.call(Edge);
    assert_eq!(caller.get("/").status, 200);
    assert_eq!(caller.send("GET / HTTP/1.1\r\n").end(), "");

    let mut caller = house.call(Edge);
    let answer = caller
        .ask("POST /", &["Content-Length: 5"], b"abc")
        .answer();
    answer.is_refused(408, "request_too_slow");
    assert_eq!(answer.header("connection"), "close");
    assert_eq!(caller.end(), "");
}

#[test]
fn a_handler_that_takes_too_long_leaves_the_outcome_open() {
    let house = House::hasty();
    let mut caller = house.call(Edge);
    caller.get("/gate").is_refused(503, "outcome_unknown");
    house.gate.open();
    assert_eq!(caller.get("/gate").body, "passed");
}
