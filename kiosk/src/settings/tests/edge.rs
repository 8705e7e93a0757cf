//! When the edge is encrypted, with whose certificate, and by which names it goes then (SEC-03).

use super::*;

fn tls(text: &str) -> EdgeTls {
    parse(text, &[]).unwrap().edge_tls
}

#[test]
fn the_edge_is_encrypted_unless_it_is_on_loopback_and_nobody_asks_for_it() {
    let given = EdgeTls::Given {
        certificate: "/etc/jifen/a.pem".into(),
        key: "/var/a.key".into(),
    };
    let files = "edge.certificate = \"a.pem\"\nedge.key = \"/var/a.key\"\n";
    for here in ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1"] {
        let listen = format!("edge.listen = \"{here}\"\n");
        assert_eq!(tls(&listen), EdgeTls::Off);
        assert_eq!(tls(&format!("{listen}edge.tls = \"off\"")), EdgeTls::Off);
        assert_eq!(
            tls(&format!("{listen}edge.tls = \"on\"")),
            EdgeTls::SelfSigned
        );
        assert_eq!(tls(&format!("{listen}{files}")), given);
        assert_eq!(tls(&format!("{listen}{files}edge.tls = \"on\"")), given);
    }
    for elsewhere in ["0.0.0.0:1", "192.0.2.7:1", "[::]:1"] {
        let listen = format!("edge.listen = \"{elsewhere}\"\n");
        assert_eq!(tls(&listen), EdgeTls::SelfSigned);
        assert_eq!(tls(&format!("{listen}{files}")), given);
    }
    let variables = [("JIFEN_EDGE_TLS", "on")];
    assert_eq!(parse("", &variables).unwrap().edge_tls, EdgeTls::SelfSigned);
}

#[test]
fn what_cannot_be_meant_of_the_certificate_is_refused() {
    check(
        "\nedge.certificate = \"a.pem\"",
        &[],
        &["2 certificate_without_key `edge.certificate`: it goes with `edge.key`"],
    );
    check(
        "edge.key = \"a.key\"",
        &[],
        &["1 certificate_without_key `edge.key`: it goes with `edge.certificate`"],
    );
    check(
        "edge.key = \"a.key\"\nedge.certificate = \"a\"\nedge.tls = \"off\"",
        &[],
        &["3 contradiction `edge.tls`: it is off"],
    );
    check("edge.tls = \"files\"", &[], &["1 unknown_word `edge.tls`"]);
    check("edge.tls = true", &[], &["1 wrong_type"]);
    check(
        "edge.key = \"\"\nedge.certificate = 1",
        &[],
        &["1 bad_text", "2 wrong_type"],
    );
}

#[test]
fn a_phone_is_shown_an_address_that_it_can_reach_and_no_other() {
    let shown = |text: &str, bound: &str| {
        parse(text, &[])
            .unwrap()
            .page_authority(bound.parse().unwrap())
    };
    let named = "edge.names = [\"shop.example:8443\", \"b\"]\n";
    let on = "edge.tls = \"on\"\n";
    let name = Some("shop.example:8443".to_owned());
    assert_eq!(shown(named, "127.0.0.1:1"), None);
    assert_eq!(shown(&format!("{named}{on}"), "127.0.0.1:1"), name);
    assert_eq!(shown(&format!("{named}{on}"), "0.0.0.0:1"), name);
    assert_eq!(shown(on, "127.0.0.1:1"), None);
    assert_eq!(shown(on, "0.0.0.0:1"), None);
    assert_eq!(
        shown(on, "192.0.2.7:8443"),
        Some("192.0.2.7:8443".to_owned())
    );
    // The port that the scheme has by itself is left out, and another scheme's is not.
    assert_eq!(shown(on, "192.0.2.7:443"), Some("192.0.2.7".to_owned()));
    assert_eq!(shown(on, "192.0.2.7:80"), Some("192.0.2.7:80".to_owned()));
}
