//! A store's address, as whoever sets a till up writes it.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;

use http::HeaderValue;

use crate::clock::Deadline;

/// Where a store listens: `http://` or `https://`, a host, and a port where it is not the scheme's own.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// As it goes into `Host`.
    authority: HeaderValue,
    host: String,
    port: u16,
    is_encrypted: bool,
}

/// The address is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a store's address is https://host or https://host:port with a pin, or http:// without one, and no more"
)]
pub struct OriginError;

impl Origin {
    pub(crate) fn parse(text: &str) -> Result<Self, OriginError> {
        let uri: http::Uri = text.parse().map_err(|_| OriginError)?;
        let authority = uri.authority().ok_or(OriginError)?;
        let (is_encrypted, of_scheme) = match uri.scheme_str() {
            Some("https") => (true, 443),
            Some("http") => (false, 80),
            Some(_) | None => return Err(OriginError),
        };
        let is_more = uri.path() != "/" || uri.query().is_some();
        if is_more || authority.as_str().contains('@') || authority.host().is_empty() {
            return Err(OriginError);
        }
        let port = authority.port_u16();
        if port.is_none() && authority.as_str() != authority.host() {
            return Err(OriginError);
        }
        let host = authority.host().to_ascii_lowercase();
        // RFC 9421 §2.2.3: lowercase, without the port that goes without saying.
        let written = match port.filter(|port| *port != of_scheme) {
            None => host.clone(),
            Some(port) => format!("{host}:{port}"),
        };
        Ok(Self {
            authority: HeaderValue::try_from(written).map_err(|_| OriginError)?,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: port.unwrap_or(of_scheme),
            is_encrypted,
        })
    }

    /// Whether it is spoken to over TLS.
    pub(crate) const fn is_encrypted(&self) -> bool {
        self.is_encrypted
    }

    /// The host alone.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) const fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// The addresses behind the name. Looking up a name cannot be given up, so another thread does it.
    pub(super) fn addresses(&self, deadline: Deadline<'_>) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = self.host.parse() {
            return Ok(vec![SocketAddr::new(address, self.port)]);
        }
        let left = deadline.left().ok_or(io::ErrorKind::TimedOut)?;
        let (sender, receiver) = mpsc::sync_channel(1);
        let name = (self.host.clone(), self.port);
        thread::Builder::new().spawn(move || {
            // Nobody may be waiting any more.
            let _ = sender.send(name.to_socket_addrs().map(Vec::from_iter));
        })?;
        let found = receiver.recv_timeout(left);
        found.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_with_or_without_a_port() {
        for (text, authority, host, port) in [
            ("http://store", "store", "store", 80),
            (
                "http://Store.Example:80/",
                "store.example",
                "store.example",
                80,
            ),
            ("http://127.0.0.1:8443", "127.0.0.1:8443", "127.0.0.1", 8443),
            ("http://[::1]:8080", "[::1]:8080", "::1", 8080),
            ("https://store", "store", "store", 443),
            ("https://store:443", "store", "store", 443),
            ("https://store:80", "store:80", "store", 80),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!(origin.authority, authority);
            assert_eq!((origin.host.as_str(), origin.port), (host, port));
        }
        for text in [
            "",
            "store",
            "store:80",
            "https://",
            "http://",
            "http://store/pos",
            "http://store?x",
            "http://user@store",
            "http://store:99999",
            "http://store:",
            "ftp://store",
        ] {
            assert_eq!(Origin::parse(text).unwrap_err(), OriginError, "{text}");
        }
    }
}
