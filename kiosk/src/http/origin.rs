//! Whose page makes a request. A browser says it in `Sec-Fetch-Site` and `Origin`; a till says neither. And by which
//! name the screen was called: a name that some other site's DNS made point here is not this machine's.

use http::header::{HOST, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, Method, Request};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether another site has a browser change something here.
pub(super) fn is_cross_site<T>(request: &Request<T>) -> bool {
    let changes = ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    changes && (comes_from_elsewhere(request.headers()) || has_another_origin(request.headers()))
}

fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SEC_FETCH_SITE).iter();
    sites.any(|site| site != "same-origin" && site != "none")
}

/// A form of a page that gives no referrer is sent with the origin `null`; its browser says in `Sec-Fetch-Site`, which no
/// page can set, that the page is ours.
fn has_another_origin(headers: &HeaderMap) -> bool {
    let is_ours = headers
        .get(SEC_FETCH_SITE)
        .is_some_and(|site| site == "same-origin");
    let host = headers.get(HOST).map(http::HeaderValue::as_bytes);
    let mut origins = headers.get_all(ORIGIN).iter();
    origins.any(|origin| {
        let origin = origin.as_bytes();
        if is_ours && origin == b"null" {
            return false;
        }
        let authority = [b"https://".as_slice(), b"http://"]
            .iter()
            .find_map(|scheme| origin.strip_prefix(*scheme));
        match (authority, host) {
            (Some(authority), Some(host)) => !authority.eq_ignore_ascii_case(host),
            (None, _) | (_, None) => true,
        }
    })
}

/// Whether the request called a name of this very machine.
pub(super) fn calls_this_machine(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return false;
    };
    let authority = host.to_str().ok().and_then(|host| host.parse().ok());
    authority.is_some_and(|authority: Authority| {
        let name = authority.host();
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        name.eq_ignore_ascii_case("localhost")
            || literal
                .parse()
                .is_ok_and(|address: std::net::IpAddr| address.is_loopback())
    })
}

/// Whether the request called `localhost`. What a browser is told about a name it keeps for every port of it, and the screen
/// is plain HTTP under this one.
pub(super) fn calls_localhost(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let authority = host.and_then(|host| host.parse().ok());
    authority.is_some_and(|authority: Authority| authority.host().eq_ignore_ascii_case("localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)]) -> Request<()> {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap()
    }

    #[test]
    fn another_site_changes_nothing() {
        let check = |method: &str, headers: &[(&str, &str)], refused: bool| {
            let request = request(method, headers);
            assert_eq!(is_cross_site(&request), refused, "{method} {headers:?}");
        };
        let here = ("host", "127.0.0.1:8080");
        check("POST", &[here], false);
        check("POST", &[here, ("sec-fetch-site", "same-origin")], false);
        check("POST", &[here, ("sec-fetch-site", "none")], false);
        check("POST", &[here, ("sec-fetch-site", "same-site")], true);
        check("POST", &[here, ("sec-fetch-site", "cross-site")], true);
        check("DELETE", &[here, ("sec-fetch-site", "cross-site")], true);
        check("GET", &[here, ("sec-fetch-site", "cross-site")], false);
        check("POST", &[here, ("origin", "http://127.0.0.1:8080")], false);
        check("POST", &[here, ("origin", "http://127.0.0.1:8081")], true);
        check("POST", &[here, ("origin", "http://127.0.0.1")], true);
        check("POST", &[here, ("origin", "https://evil.example")], true);
        check("POST", &[here, ("origin", "null")], true);
        let null = ("origin", "null");
        let site = |site| ("sec-fetch-site", site);
        check("POST", &[here, null, site("same-origin")], false);
        check("POST", &[here, null, site("none")], true);
        check("POST", &[here, null, site("cross-site")], true);
        check(
            "POST",
            &[here, null, site("same-origin"), site("cross-site")],
            true,
        );
        let elsewhere = ("origin", "https://evil.example");
        check("POST", &[here, elsewhere, site("same-origin")], true);
        check("POST", &[("origin", "http://127.0.0.1:8080")], true);
        let both = [("origin", "http://127.0.0.1:8080"), ("origin", "null")];
        check("POST", &[here, both[0], both[1]], true);
        check("GET", &[here, ("origin", "https://evil.example")], false);
    }

    #[test]
    fn only_names_of_this_machine_reach_the_screen() {
        let check = |hosts: &[&str], reaches: bool| {
            let headers: Vec<_> = hosts.iter().map(|host| ("host", *host)).collect();
            let request = request("GET", &headers);
            assert_eq!(calls_this_machine(request.headers()), reaches, "{hosts:?}");
        };
        check(&["localhost"], true);
        check(&["LocalHost:8080"], true);
        check(&["127.0.0.1:1"], true);
        check(&["127.9.9.9"], true);
        check(&["[::1]:8080"], true);
        check(&[], false);
        check(&["evil.example:8080"], false);
        check(&["localhost.evil.example"], false);
        check(&["10.0.0.1"], false);
        check(&["user@localhost"], true);
        check(&["localhost", "localhost"], false);
        check(&["local host"], false);
    }
}
