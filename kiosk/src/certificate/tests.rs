//! A certificate of our own, from its first start on, and names.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jifen::domain::time::Moment;

use super::*;

/// A day of 2026.
fn begin() -> Moment {
    Moment::from_millis(1_767_225_600_000)
}

/// What is there after a start at this time, for these names.
fn start(keys: &Path, names: &[&str], now: Moment) -> (Certificate, Vec<u8>, Vec<u8>) {
    let files = Files::own(keys);
    let names: Vec<Name> = names.iter().filter_map(|name| Name::of(name)).collect();
    own::keep(&files, &names, now).unwrap();
    let told = read::told(&files, &read::chain(&files.certificate).unwrap()).unwrap();
    let bytes = |path: &Path| fs::read(path).unwrap();
    (told, bytes(&files.certificate), bytes(&files.key))
}

#[test]
fn it_is_made_once_and_made_anew_under_the_same_key_when_it_no_longer_does() {
    let home = tempfile::tempdir().unwrap();
    let names = ["shop.example:8443", "[2001:db8::1]", "192.0.2.7"];
    let (first, certificate, key) = start(home.path(), &names, begin());
    let [dns, v6, v4] = names.map(|name| Name::of(name).unwrap());
    assert_eq!(first.names, [dns, v6, v4]);
    assert!(first.pin.starts_with("sha256/") && first.pin.len() == 51);
    assert!(first.is_own && first.valid_from < begin());
    for file in ["edge.pem", "edge.key"] {
        let found = fs::metadata(home.path().join("tls").join(file)).unwrap();
        assert_eq!(found.permissions().mode() & 0o777, 0o600, "{file}");
    }

    let renewed = |names: &[&str], now: Moment| {
        let (told, pem, still) = start(home.path(), names, now);
        assert_eq!(still, key);
        assert_eq!(told.pin, first.pin);
        let is_new = pem != certificate;
        // The next case begins where this one did.
        fs::write(home.path().join("tls/edge.pem"), &certificate).unwrap();
        is_new
    };
    assert!(!renewed(&names, begin()));
    // Names in another order, and fewer of them.
    assert!(!renewed(&["192.0.2.7", "SHOP.example"], begin()));
    assert!(renewed(&["shop.example", "other.example"], begin()));
    let soon = i64::from(ENDS_SOON_DAYS).saturating_mul(MILLIS_A_DAY);
    let last = first.valid_until.plus_millis(soon.saturating_neg());
    assert!(!renewed(&names, last));
    assert!(renewed(&names, last.plus_millis(1)));
    assert!(renewed(&names, first.valid_until.plus_days(400)));
    // The clock stood wrong when it was made.
    assert!(renewed(&names, begin().plus_millis(-3 * MILLIS_A_DAY)));
}

#[test]
fn a_certificate_that_is_lost_or_another_keys_is_made_anew_and_a_broken_key_never() {
    let home = tempfile::tempdir().unwrap();
    let (first, ..) = start(home.path(), &["a.example"], begin());
    let path = |name: &str| home.path().join("tls").join(name);

    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n"] {
        fs::write(path("edge.pem"), broken).unwrap();
        assert_eq!(start(home.path(), &["a.example"], begin()).0.pin, first.pin);
    }
    fs::remove_file(path("edge.pem")).unwrap();
    assert_eq!(start(home.path(), &["a.example"], begin()).0.pin, first.pin);

    let other = tempfile::tempdir().unwrap();
    let (_, certificate, _) = start(other.path(), &["a.example"], begin());
    fs::write(path("edge.pem"), certificate).unwrap();
    assert_eq!(start(home.path(), &["a.example"], begin()).0.pin, first.pin);

    fs::write(path("edge.key"), "-----BEGIN PRIVATE KEY-----\n").unwrap();
    let refused = own::keep(&Files::own(home.path()), &[], begin()).unwrap_err();
    assert_eq!(refused.code, "key_unreadable");
    fs::remove_file(path("edge.key")).unwrap();
    assert_ne!(start(home.path(), &["a.example"], begin()).0.pin, first.pin);
}

#[test]
fn a_name_is_an_authority_without_its_port() {
    let check = |authority: &str, expected: Option<Name>| {
        assert_eq!(Name::of(authority), expected, "{authority}");
    };
    let dns = |name: &str| Some(Name::Dns(name.to_owned()));
    let ip = |address: &str| Some(Name::Ip(address.parse().unwrap()));
    check("Shop.Example", dns("shop.example"));
    check("shop.example:8443", dns("shop.example"));
    check("192.0.2.7:1", ip("192.0.2.7"));
    check("[2001:db8::1]:443", ip("2001:db8::1"));
    check("[::1]", ip("::1"));
    check("0.0.0.0:8443", None);
    check("[::]:8443", None);
}
