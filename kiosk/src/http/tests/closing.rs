//! Opening and closing.

use std::net::TcpStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::super::{Limits, Listener, listen};
use super::{BOTH, Gate, House, route};

#[test]
fn neither_listener_opens_off_this_machine() {
    let route = route(std::sync::Arc::new(Gate::default()));
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0", "[::ffff:127.0.0.1]:0"] {
        let address = Some(address.parse().unwrap());
        let said = |screen, edge| {
            let mut said = Vec::new();
            let refused = listen(&route, screen, edge, Limits::new(64)).unwrap_err();
            refused.tell(crate::lang::Lang::En, &mut said).unwrap();
            String::from_utf8(said).unwrap()
        };
        assert!(said(address, None).starts_with("jifen: screen_off_loopback\n"));
        assert!(said(None, address).starts_with("jifen: plain_http_off_loopback\n"));
    }
    let local = Some("[::1]:0".parse().unwrap());
    if let Ok(listeners) = listen(&route, local, local, Limits::new(64)) {
        listeners.stop();
    }
}

#[test]
fn an_address_that_is_taken_is_refused_and_nothing_stays_open() {
    let house = House::usual();
    let route = route(house.gate.clone());
    let taken = house.listeners.edge();
    let screen = Some("127.0.0.1:0".parse().unwrap());
    let refused = listen(&route, screen, taken, Limits::new(64)).unwrap_err();
    let mut said = Vec::new();
    refused.tell(crate::lang::Lang::Zh, &mut said).unwrap();
    assert!(said.starts_with(b"jifen: cannot_listen\n"));
    let refused = listen(&route, house.listeners.screen(), None, Limits::new(64));
    assert!(refused.is_err());
}

#[test]
fn stopping_lets_what_is_in_work_end_and_takes_no_more() {
    let house = House::usual();
    let mut working = BOTH.map(|listener| house.call(listener));
    let mut idle = house.call(Listener::Edge);
    assert_eq!(idle.get("/").status, 200);
    let mut silent = house.call(Listener::Edge);
    silent.send("GET /");
    for caller in &mut working {
        caller.ask("GET /gate", &[], b"");
    }
    house.gate.wait_for(2);

    let House { listeners, gate } = house;
    let edge = listeners.edge().unwrap();
    let begun = Instant::now();
    let (end, ended) = mpsc::channel();
    thread::spawn(move || {
        listeners.stop();
        end.send(()).unwrap();
    });
    // From here on the edge is closing: nobody new is let in, and who had nothing in work is gone.
    while TcpStream::connect(edge).is_ok() {}
    assert_eq!(idle.end(), "");
    assert_eq!(silent.end(), "");
    // Nobody gives up on what is in work, however long one looks.
    let waited = ended.recv_timeout(Duration::from_millis(300));
    assert_eq!(waited, Err(mpsc::RecvTimeoutError::Timeout));

    gate.open();
    for caller in &mut working {
        let answer = caller.answer();
        assert_eq!((answer.status, answer.body.as_str()), (200, "passed"));
    }
    // The screen's own browser closes by itself, as it is told to.
    assert_eq!(working[1].end(), "");
    ended.recv_timeout(Duration::from_secs(9)).unwrap();
    assert!(begun.elapsed() < Duration::from_secs(9));
}

#[test]
fn stopping_does_not_wait_for_ever() {
    let house = House::new(Limits {
        drain_wait: Duration::from_millis(100),
        ..Limits::new(64)
    });
    let mut working = BOTH.map(|listener| house.call(listener));
    for caller in &mut working {
        caller.ask("GET /gate", &[], b"");
    }
    house.gate.wait_for(2);
    let House { listeners, gate } = house;
    listeners.stop();
    gate.open();
}

/// The screen's address is free a moment later: `tiny_http` lets go of it in a thread of its own.
#[test]
fn a_stopped_edge_leaves_its_address_free() {
    let house = House::usual();
    let edge = house.listeners.edge();
    for listener in BOTH {
        assert_eq!(house.call(listener).get("/").status, 200);
    }
    house.listeners.stop();
    let listeners = listen(&route(house.gate), None, edge, Limits::new(64)).unwrap();
    assert_eq!((listeners.screen(), listeners.edge()), (None, edge));
    listeners.stop();
}
