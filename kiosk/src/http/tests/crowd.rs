//! Many at once.

use std::io::{ErrorKind, Write};
use std::sync::Barrier;
use std::thread;

use super::super::Limits;
use super::super::Listener::Edge;
use super::{BOTH, House};

#[test]
fn twenty_four_connections_at_once_are_each_answered() {
    for listener in BOTH {
        // Anew each time: what `tiny_http` forgets, it forgets while its threads start.
        for _ in 0..5 {
            let house = House::usual();
            let together = Barrier::new(24);
            thread::scope(|scope| {
                for _ in 0..24 {
                    scope.spawn(|| {
                        let mut caller = house.call(listener);
                        together.wait();
                        let rounds = if listener == Edge { 5 } else { 1 };
                        for _ in 0..rounds {
                            assert_eq!(caller.post("/", b"abc").status, 200);
                        }
                    });
                }
            });
        }
    }
}

#[test]
fn in_a_full_house_who_says_nothing_makes_room() {
    let house = House::new(Limits::new(3));
    let mut idle = house.call(Edge);
    assert_eq!(idle.get("/").status, 200);
    let mut first_silent = house.call(Edge);
    first_silent.send("GET / HT");
    let mut second_silent = house.call(Edge);

    assert_eq!(house.call(Edge).get("/").status, 200);
    assert_eq!(first_silent.end(), "");
    // The others are still there.
    assert_eq!(idle.get("/").status, 200);
    assert_eq!(second_silent.get("/").status, 200);
}

#[test]
fn half_open_connections_by_the_hundred_do_not_keep_an_honest_client_out() {
    let house = House::new(Limits::new(16));
    let mut honest = house.call(Edge);
    let mut crowd = Vec::new();
    for round in 0..400 {
        let mut caller = house.call(Edge);
        caller.send("POST / HTTP/1.1\r\nHost: a\r\n");
        crowd.push(caller);
        if round % 20 == 0 {
            assert_eq!(house.call(Edge).get("/").status, 200);
        }
        if round == 0 {
            assert_eq!(honest.get("/").status, 200);
        }
    }
    assert_eq!(honest.get("/").status, 200);
}

#[test]
fn a_client_that_never_reads_does_not_hold_the_others_up() {
    let house = House::hasty();
    let mut deaf = house.call(Edge);
    let one = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let flood = one.repeat(2_000);
    // Until the answers fill its buffers and the edge stops reading.
    let mut stream = deaf.stream();
    let sender = thread::spawn(move || {
        loop {
            if let Err(error) = stream.write_all(&flood) {
                return error.kind();
            }
        }
    });
    for _ in 0..50 {
        assert_eq!(house.call(Edge).get("/").status, 200);
    }
    // It is cut off when nothing could be written for too long.
    let end = sender.join().unwrap();
    let cut = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
    assert!(cut.contains(&end), "{end:?}");
    assert!(deaf.end().starts_with("HTTP/1.1 200"));
}

#[test]
fn more_work_than_there_may_be_is_refused_at_once() {
    let house = House::new(Limits {
        in_work_max: 2,
        ..Limits::new(64)
    });
    let mut waiting = [house.call(Edge), house.call(Edge)];
    for caller in &mut waiting {
        caller.ask("GET /gate", &[], b"");
    }
    house.gate.wait_for(2);
    let mut refused = house.call(Edge);
    let answer = refused.get("/");
    answer.is_refused(503, "try_again");
    assert_eq!(answer.header("retry-after"), "1");

    house.gate.open();
    for caller in &mut waiting {
        assert_eq!(caller.answer().body, "passed");
    }
    assert_eq!(refused.get("/").status, 200);
}

#[test]
fn large_bodies_are_held_for_so_many_at_once_and_small_ones_for_all() {
    let house = House::new(Limits::new(256));
    let mut slow: Vec<_> = (0..64).map(|_| house.call(Edge)).collect();
    for caller in &mut slow {
        caller.ask("POST /", &["Content-Length: 200000"], &vec![b'a'; 100_000]);
    }
    // Whether all are held already is seen when one more is refused.
    let mut tries = 0..2_000;
    let is_refused = tries.any(|_| house.call(Edge).post("/", &vec![b'a'; 20_000]).status == 503);
    assert!(is_refused);
    assert_eq!(house.call(Edge).post("/", &[b'a'; 8 * 1024]).status, 200);
    for caller in &mut slow {
        caller.send(vec![b'a'; 100_000]);
        let answer = caller.answer();
        assert!([200, 503].contains(&answer.status), "{answer:?}");
    }
    assert_eq!(house.call(Edge).post("/", &vec![b'a'; 20_000]).status, 200);
}
