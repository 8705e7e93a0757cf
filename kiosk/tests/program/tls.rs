//! The edge over TLS, as clients of the real program meet it: with which certificate it answers, whom it answers, and what
//! it does not begin with (SEC-03).

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jifen_pos::signature::verify_answer;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::{TLS12, TLS13};
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore, StreamOwned,
    SupportedProtocolVersion,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::{Duration as Span, OffsetDateTime};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::store::{Person, Store};
use crate::till::{Draft, Till};
use crate::wire::{Answer, request};

/// A test that waits longer for anything has failed.
const PATIENCE: Duration = Duration::from_secs(20);
/// The certificate that the program makes for itself, in a store's folder.
const OWN: &str = "jifen-keys/tls/edge.pem";

/// A client that trusts these certificates, in PEM, and speaks this version alone.
fn client(roots: &str, version: &'static SupportedProtocolVersion) -> Arc<ClientConfig> {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        store.add(root.unwrap()).unwrap();
    }
    let provider = Arc::new(default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(&[version]);
    let config = config.unwrap().with_root_certificates(store);
    let mut config = config.with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

/// An encrypted connection to somebody of this name.
fn connect(
    edge: SocketAddr,
    config: &Arc<ClientConfig>,
    name: &str,
) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let tls = ClientConnection::new(config.clone(), name).unwrap();
    let tcp = TcpStream::connect(edge)?;
    tcp.set_read_timeout(Some(PATIENCE))?;
    let mut stream = StreamOwned::new(tls, tcp);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// Sends these bytes, and reads to the end. The end has to be said: else somebody between could cut an answer off.
fn send(mut stream: StreamOwned<ClientConnection, TcpStream>, bytes: &[u8]) -> Answer {
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    Answer::of(&answer)
}

/// Asks whether it is well, by this name.
fn health(edge: SocketAddr, config: &Arc<ClientConfig>, name: &str) -> io::Result<Answer> {
    let stream = connect(edge, config, name)?;
    let headers = [("host", name)];
    Ok(send(stream, &request("GET", "/healthz", &headers, "")))
}

/// A store whose edge is on loopback and encrypted.
fn encrypted() -> Store {
    let mut store = Store::new();
    store.set("JIFEN_EDGE_TLS", "on");
    store
}

/// What the self-check says of this code: the grade.
fn graded(store: &Store, variables: &[(&str, &str)], code: &str) -> String {
    let mut call = store.place.call("self-check --format json");
    let output = call.envs(variables.iter().copied()).output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let mut found = findings.iter().filter(|finding| finding["code"] == code);
    let grade = found.next().unwrap()["grade"].as_str().unwrap().to_owned();
    assert!(found.next().is_none(), "{report}");
    grade
}

#[test]
fn whoever_trusts_the_stores_own_certificate_is_answered_over_tls_1_3() {
    let mut store = Store::new().named(&"shop.example:8443");
    // Off loopback it is encrypted without being told to.
    store.set("JIFEN_EDGE_LISTEN", "0.0.0.0:0");
    let said = store.start_saying();
    let edge = SocketAddr::from(([127, 0, 0, 1], store.edge().port()));
    assert!(said.contains("edge: https://0.0.0.0:"), "{said}");

    let pem = store.place.read(OWN);
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let (_, certificate) = X509Certificate::from_der(&der).unwrap();
    let pin: [u8; 32] = Sha256::digest(certificate.public_key().raw).into();
    let pin = format!("sha256/{}", data_encoding::BASE64.encode(&pin));
    let line = said.lines().find(|line| line.starts_with("certificate: "));
    let line = line.unwrap();
    assert!(line.ends_with(&pin), "{line} {pin}");
    assert!(line.contains(&format!("{OWN} (self-signed), valid until ")));
    let mut call = store.place.call("self-check");
    call.env("JIFEN_EDGE_LISTEN", "0.0.0.0:0");
    let told = String::from_utf8(call.output().unwrap().stdout).unwrap();
    assert!(told.contains(&pin), "{told}");
    assert!(told.contains("`edge.names` is not set"), "{told}");

    let trusting = client(&pem, &TLS13);
    for name in ["shop.example", "localhost", "127.0.0.1", "::1"] {
        let stream = connect(edge, &trusting, name).unwrap();
        let version = stream.conn.protocol_version();
        assert_eq!(version, Some(ProtocolVersion::TLSv1_3));
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    }
    let answer = health(edge, &trusting, "shop.example").unwrap();
    assert_eq!((answer.status, &*answer.body), (200, "{\"ok\":true}"));
    let strict = Some("max-age=31536000");
    assert_eq!(answer.header("strict-transport-security"), strict);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    // Under this name the screen is plain.
    let answer = health(edge, &trusting, "localhost").unwrap();
    assert_eq!(answer.header("strict-transport-security"), None);

    // By another name, and to whom it is a stranger, it is nobody.
    assert!(connect(edge, &trusting, "other.example").is_err());
    let stranger = client("", &TLS13);
    assert!(connect(edge, &stranger, "shop.example").is_err());
    assert!(health(edge, &trusting, "shop.example").is_ok());
}

#[test]
fn a_client_of_tls_1_2_is_refused() {
    let mut store = encrypted();
    store.start();
    let pem = store.place.read(OWN);
    let old = client(&pem, &TLS12);
    let refused = connect(store.edge(), &old, "localhost").unwrap_err();
    assert!(refused.to_string().contains("ProtocolVersion"), "{refused}");
    let answer = health(store.edge(), &client(&pem, &TLS13), "localhost");
    assert_eq!(answer.unwrap().status, 200);
}

#[test]
fn plain_http_to_an_encrypted_edge_gets_no_answer_and_an_end() {
    let mut store = encrypted();
    store.start();
    let begun = Instant::now();
    for bytes in [
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\r\n",
    ] {
        let mut stream = TcpStream::connect(store.edge()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).ok();
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{bytes:?}"),
        }
        // At most an alert of TLS.
        assert!(answer.len() <= 7, "{answer:?}");
        assert!(answer.first().is_none_or(|first| *first == 21));
    }
    // It need not wait until the time for a handshake is over.
    assert!(begun.elapsed() < Duration::from_secs(9));
}

#[test]
fn without_encryption_it_does_not_leave_this_machine() {
    let store = Store::new();
    let mut call = store.place.call("serve");
    call.env("JIFEN_EDGE_LISTEN", "0.0.0.0:0");
    call.env("JIFEN_EDGE_TLS", "off");
    let said = crate::caller::Said::of(&call.output().unwrap(), "serve");
    said.refuses(2, "bad_settings");
    said.mentions("JIFEN_EDGE_TLS: plain_http_off_loopback");
    assert!(!store.place.path("jifen-keys").exists());
}

#[test]
fn the_certificate_stays_the_same_and_its_key_also_when_a_name_comes_to_it() {
    let mut store = encrypted();
    let pin_of = |said: &str| said.split_once("sha256/").unwrap().1[..44].to_owned();
    let first = pin_of(&store.start_saying());
    let pem = store.place.read(OWN);
    let trusting = client(&pem, &TLS13);
    store.stop();
    let key = store.place.path("jifen-keys/tls/edge.key");
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let on = [("JIFEN_EDGE_TLS", "on")];
    assert_eq!(graded(&store, &on, "certificate"), "ok");
    assert_eq!(graded(&store, &on, "key_mode"), "ok");

    assert_eq!(pin_of(&store.start_saying()), first);
    assert_eq!(store.place.read(OWN), pem);
    assert_eq!(
        health(store.edge(), &trusting, "localhost").unwrap().status,
        200
    );
    let mut call = store.place.call("healthcheck");
    call.env("JIFEN_SCREEN_LISTEN", store.screen().to_string());
    assert!(call.status().unwrap().success());
    store.stop();

    store.set("JIFEN_EDGE_NAMES", "shop.example,192.0.2.7:8443");
    assert_eq!(pin_of(&store.start_saying()), first);
    let renewed = store.place.read(OWN);
    assert_ne!(renewed, pem);
    let trusting = client(&renewed, &TLS13);
    for name in ["shop.example", "192.0.2.7", "localhost"] {
        let answer = health(store.edge(), &trusting, name);
        assert_eq!(answer.unwrap().status, 200, "{name}");
    }
    store.kill();

    fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
    assert_eq!(graded(&store, &on, "key_mode"), "warning");
    fs::set_permissions(&key, Permissions::from_mode(0o604)).unwrap();
    assert_eq!(graded(&store, &on, "key_mode"), "failure");
}

/// A certificate of somebody for `shop.example`, and its key, valid for so many days from now on, in PEM.
fn issued(days: i64) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["shop.example".to_owned()]).unwrap();
    let created = i64::try_from(crate::till::wall_millis() / 1_000).unwrap();
    let now = OffsetDateTime::from_unix_timestamp(created).unwrap();
    params.not_before = now - Span::days(90);
    params.not_after = now + Span::days(days);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[test]
fn a_given_certificate_is_the_one_that_is_shown() {
    let mut store = Store::new();
    let (certificate, key) = issued(60);
    store.place.write("shop.pem", &certificate);
    store.place.write("shop.key", &key);
    fs::set_permissions(store.place.path("shop.key"), Permissions::from_mode(0o600)).unwrap();
    let given = [
        ("JIFEN_EDGE_CERTIFICATE", "shop.pem"),
        ("JIFEN_EDGE_KEY", "shop.key"),
    ];
    for (name, value) in given {
        store.set(name, value);
    }
    let said = store.start_saying();
    assert!(
        said.contains("certificate: shop.pem, valid until "),
        "{said}"
    );
    assert!(!store.place.path("jifen-keys/tls").exists());
    let trusting = client(&certificate, &TLS13);
    let answer = health(store.edge(), &trusting, "shop.example").unwrap();
    assert_eq!(answer.status, 200);
    assert!(connect(store.edge(), &trusting, "localhost").is_err());
    store.stop();

    for (days, grade) in [(60, "ok"), (29, "warning"), (-1, "failure")] {
        let (certificate, key) = issued(days);
        store.place.write("shop.pem", certificate);
        store.place.write("shop.key", key);
        assert_eq!(graded(&store, &given, "certificate"), grade, "{days}");
    }
    assert_eq!(graded(&store, &given, "key_mode"), "ok");
    // A key that came from elsewhere is found before the next start.
    store.place.write("shop.pem", certificate);
    assert_eq!(graded(&store, &given, "certificate"), "failure");
}

#[test]
fn files_that_are_no_certificate_and_key_are_refused_before_anybody_is_let_in() {
    let store = Store::new();
    let (certificate, key) = issued(60);
    let refuses = |certificate: &str, key: &str, code: &str| {
        store.place.write("shop.pem", certificate);
        store.place.write("shop.key", key);
        let mut call = store.call();
        call.env("JIFEN_EDGE_CERTIFICATE", "shop.pem");
        call.env("JIFEN_EDGE_KEY", "shop.key");
        call.stderr(std::process::Stdio::piped());
        let said = crate::caller::Said::of(&call.output().unwrap(), "serve");
        said.refuses(1, code);
        assert!(!said.out.contains("edge: "), "{said:?}");
        assert!(!said.err.contains(&key[key.len() / 2..]), "{said:?}");
    };
    let cut = &certificate[..certificate.len() / 2];
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for broken in ["no certificate\n", cut, garbage, &key] {
        refuses(broken, &key, "certificate_unreadable");
    }
    let garbage = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    for broken in ["no key\n", &key[..key.len() / 2], garbage, &certificate] {
        refuses(&certificate, broken, "key_unreadable");
    }
    refuses(&certificate, &issued(60).1, "certificate_key_mismatch");

    let mut call = store.call();
    call.env("JIFEN_EDGE_CERTIFICATE", "nothing.pem");
    call.env("JIFEN_EDGE_KEY", "shop.key");
    call.stderr(std::process::Stdio::piped());
    let said = crate::caller::Said::of(&call.output().unwrap(), "serve");
    said.refuses(1, "io");
    said.mentions("nothing.pem");
}

/// As many as the house holds, and more, before an honest one comes; and again while they wait.
#[test]
fn those_who_never_shake_hands_do_not_stop_an_honest_one() {
    let mut store = encrypted();
    store.set("JIFEN_EDGE_CONNECTIONS", "16");
    store.start();
    let trusting = client(&store.place.read(OWN), &TLS13);
    let mut crowd = Vec::new();
    for round in 0..3_u8 {
        for number in 0..50_u8 {
            let mut stream = TcpStream::connect(store.edge()).unwrap();
            // Some begin to greet, and stop there.
            if number % 2 == round % 2 {
                stream.write_all(&[22, 3, 1, 2, 0, 1]).ok();
            }
            crowd.push(stream);
        }
        let answer = health(store.edge(), &trusting, "localhost").unwrap();
        assert_eq!(answer.status, 200);
    }
    drop(crowd);
}

#[test]
fn a_till_earns_over_tls_by_the_name_of_the_edge() {
    let mut store = Store::new().named(&"shop.example:8443");
    store.set("JIFEN_EDGE_TLS", "on");
    let till = Till::add(&store, "till-1");
    store.start();
    let card = store.register(&Person::new("孙小北", "13900139001", "204957"));
    let trusting = client(&store.place.read(OWN), &TLS13);
    let draft = Draft::post("identify", &json!({"code": card}));
    let (bytes, binding) = till.sign("shop.example:8443", &draft);
    let stream = connect(store.edge(), &trusting, "shop.example").unwrap();
    let answer = send(stream, &bytes);
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut signed = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        signed = signed.header(name, value);
    }
    let signed = signed.body(answer.body.into_bytes()).unwrap();
    let verified = verify_answer(&signed, till.credential.secret(), &binding);
    assert_eq!(verified, Ok(()));
}
