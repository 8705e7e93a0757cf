//! The edge over TLS: who does not shake hands, who is sent away for others, and the end.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jifen::engine::clock::Clock;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::super::{Limits, Listener, listen_over};
use super::{Gate, House, route};
use crate::certificate;
use crate::clock::ShopClock;

/// A house whose edge is encrypted, and what a client of it goes by.
fn house(limits: Limits) -> (House, Arc<ClientConfig>) {
    let folder = tempfile::tempdir().unwrap();
    let (file, tls) = certificate::made_in(folder.path(), ShopClock::new().wall());
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(file).unwrap())
        .unwrap();
    let client = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let gate = Arc::new(Gate::default());
    let local = Some("127.0.0.1:0".parse().unwrap());
    let listeners = listen_over(Some(tls), &route(gate.clone()), None, local, limits).unwrap();
    (House { listeners, gate }, Arc::new(client))
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn connect(house: &House, client: &Arc<ClientConfig>) -> Stream {
    let name = ServerName::try_from("localhost").unwrap();
    let tls = ClientConnection::new(client.clone(), name).unwrap();
    let tcp = TcpStream::connect(house.listeners.edge().unwrap()).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    StreamOwned::new(tls, tcp)
}

/// All that is answered to these bytes until the end.
fn ask(stream: &mut Stream, bytes: &str) -> String {
    stream.write_all(bytes.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const WELL: &str = "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n";

#[test]
fn who_does_not_shake_hands_in_time_is_let_go() {
    let (house, client) = house(Limits {
        handshake_wait: Duration::from_millis(300),
        ..Limits::new(64)
    });
    let begun = Instant::now();
    for greeting in [&[][..], &[22, 3, 1, 2, 0, 1]] {
        let mut silent = house.call(Listener::Edge);
        silent.send(greeting);
        assert_eq!(silent.end(), "");
    }
    assert!(Duration::from_millis(550) < begun.elapsed());
    // Well before the time of a head is over.
    assert!(begun.elapsed() < Duration::from_secs(9));
    let answer = ask(&mut connect(&house, &client), WELL);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}

#[test]
fn who_shook_hands_and_says_nothing_has_the_time_of_a_head() {
    let (house, client) = house(Limits {
        head_wait: Duration::from_millis(300),
        ..Limits::new(64)
    });
    let mut silent = connect(&house, &client);
    silent.flush().unwrap();
    let begun = Instant::now();
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty() && begun.elapsed() < Duration::from_secs(9));
}

#[test]
fn every_answer_over_tls_asks_for_more_of_it_and_none_in_plain_http() {
    let (house, client) = house(Limits::new(64));
    let told = |request: &str| {
        let answer = ask(&mut connect(&house, &client), request);
        answer.contains("strict-transport-security: max-age=31536000\r\n")
    };
    assert!(told(WELL));
    assert!(told(&WELL.replace("GET / ", "GET /nothing ")));
    assert!(told(&WELL.replace("GET / ", "GET /panic ")));
    assert!(told(&WELL.replace(
        "Connection: close",
        "Content-Length: 0\r\nContent-Length: 0"
    )));
    assert!(!told(&WELL.replace("a.example", "localhost:8443")));

    let plain = House::usual();
    for listener in super::BOTH {
        let answer = plain.call(listener).get("/");
        assert_eq!(answer.header("strict-transport-security"), "");
    }
}

#[test]
fn a_body_that_is_too_long_is_refused_and_the_refusal_arrives() {
    let (house, client) = house(Limits {
        body_max: 1_000,
        ..Limits::new(64)
    });
    let body = "a".repeat(300_000);
    let length = format!("Content-Length: {}\r\n\r\n{body}", body.len());
    let request = ["POST / HTTP/1.1\r\nHost: a\r\n", &length].concat();
    let answer = ask(&mut connect(&house, &client), &request);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn stopping_lets_an_encrypted_request_end_and_sends_away_who_has_not_shaken_hands() {
    let (house, client) = house(Limits::new(64));
    let mut silent = house.call(Listener::Edge);
    let mut working = connect(&house, &client);
    working
        .write_all(WELL.replace("GET / ", "GET /gate ").as_bytes())
        .unwrap();
    house.gate.wait_for(1);
    let House { listeners, gate } = house;
    let stopping = std::thread::spawn(move || listeners.stop());
    assert_eq!(silent.end(), "");
    gate.open();
    let mut answer = String::new();
    working.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("passed"), "{answer}");
    stopping.join().unwrap();
}
