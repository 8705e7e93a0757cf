//! The certificate that the edge shows, and its key (SEC-03): the shop's own choice of files, or one that the program
//! makes by itself and keeps with the keys. TLS 1.3 alone, and HTTP/1.1 within it.
//!
//! Reading order: `read` takes PEM files apart and says what is in them, `own` makes a certificate and renews it.

mod read;
mod own;

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use http::uri::Authority;
use jifen::domain::time::{MILLIS_A_DAY, Moment, Zone};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::sign::SingleCertAndKey;
use rustls::{ServerConfig, version};

use crate::failure::Failure;
use crate::lang::Lang;
use crate::settings::{EdgeTls, Settings};

/// The folder of a certificate of our own, in the keys folder.
const FOLDER: &str = "tls";
/// Its certificate and its key.
const CERTIFICATE: &str = "edge.pem";
const KEY: &str = "edge.key";
/// From so many days before its end on, a certificate is worth a look, and one of our own is renewed at the next start.
pub(crate) const ENDS_SOON_DAYS: u32 = 30;

/// What every connection to the edge is encrypted with.
pub(crate) type Tls = Arc<ServerConfig>;

/// A certificate, as far as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// Whether the program made it by itself.
    pub(crate) is_own: bool,
    /// `sha256/` and the base64 of the SHA-256 of its `SubjectPublicKeyInfo`: what a client may pin. It stays as long as the
    /// key does.
    pub(crate) pin: String,
    /// From when on it is valid.
    pub(crate) valid_from: Moment,
    /// Until when it is valid.
    pub(crate) valid_until: Moment,
    /// Whom it is for.
    pub(crate) names: Vec<Name>,
}

/// A name that a client calls the edge by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// A name of DNS, in lower case.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// Where certificate and key are.
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    is_own: bool,
}

impl Certificate {
    /// Until when it is valid, as a day of UTC.
    pub(crate) fn last_day(&self) -> String {
        Zone::UTC
            .day_of(self.valid_until.min(Moment::MAX))
            .to_string()
    }

    /// Whether its time is over.
    pub(crate) fn is_over(&self, now: Moment) -> bool {
        self.valid_until < now
    }

    /// Whether its time is over within [`ENDS_SOON_DAYS`].
    pub(crate) fn ends_soon(&self, now: Moment) -> bool {
        let days = i64::from(ENDS_SOON_DAYS).saturating_mul(MILLIS_A_DAY);
        self.is_over(now.plus_millis(days))
    }

    /// Where it is, until when it is valid, and its pin.
    pub(crate) fn words(&self, lang: Lang) -> String {
        let (file, day, pin) = (self.file.display(), self.last_day(), &self.pin);
        let kind = if self.is_own {
            lang.pick("（自签名）", " (self-signed)")
        } else {
            ""
        };
        match lang {
            Lang::Zh => format!("{file}{kind}，有效至 {day}，{pin}"),
            Lang::En => format!("{file}{kind}, valid until {day}, {pin}"),
        }
    }
}

/// The certificate of these settings, ready to be shown; none where the edge is not encrypted. One of our own is made where
/// there is none yet, and renewed under the same key where it is over, ends soon, or lacks a name. The caller holds the
/// keys, so no other process is at it.
///
/// # Errors
/// `certificate_unreadable`, `key_unreadable`, `certificate_key_mismatch`; `io` where a file cannot be used.
pub(crate) fn prepare(
    settings: &Settings,
    now: Moment,
) -> Result<Option<(Certificate, Tls)>, Failure> {
    let Some(files) = files(settings) else {
        return Ok(None);
    };
    if files.is_own {
        own::keep(&files, &names(settings), now)?;
    }
    let provider = Arc::new(default_provider());
    let (told, certified) = read::both(&files, &provider)?;
    let config = config(provider, certified.into()).map_err(|_| Failure::bug())?;
    Ok(Some((told, config)))
}

/// The certificate as it lies there, for whoever only wants to know of it; none where the edge is not encrypted, or where
/// the program has not made one yet. Its key is looked at too: they belong together, or the next start would fail.
pub(crate) fn look(settings: &Settings) -> Result<Option<Certificate>, Failure> {
    let Some(files) = files(settings) else {
        return Ok(None);
    };
    if files.is_own && !files.certificate.exists() {
        return Ok(None);
    }
    let (told, _) = read::both(&files, &Arc::new(default_provider()))?;
    Ok(Some(told))
}

/// The file of the key that these settings speak of.
pub(crate) fn key_file(settings: &Settings) -> Option<PathBuf> {
    files(settings).map(|files| files.key)
}

fn files(settings: &Settings) -> Option<Files> {
    match &settings.edge_tls {
        EdgeTls::Off => None,
        EdgeTls::SelfSigned => Some(Files::own(&settings.keys)),
        EdgeTls::Given { certificate, key } => Some(Files {
            certificate: certificate.clone(),
            key: key.clone(),
            is_own: false,
        }),
    }
}

impl Files {
    fn own(keys: &Path) -> Self {
        let folder = keys.join(FOLDER);
        Self {
            certificate: folder.join(CERTIFICATE),
            key: folder.join(KEY),
            is_own: true,
        }
    }
}

/// A certificate of our own in a folder, for tests of the listeners: what shows it, and where it is.
#[cfg(test)]
pub(crate) fn made_in(keys: &Path, now: Moment) -> (PathBuf, Tls) {
    let files = Files::own(keys);
    own::keep(&files, &[Name::Dns("localhost".to_owned())], now).unwrap();
    let provider = Arc::new(default_provider());
    let (_, certified) = read::both(&files, &provider).unwrap();
    let config = config(provider, certified.into());
    (files.certificate, config.unwrap())
}

fn config(
    provider: Arc<CryptoProvider>,
    certified: SingleCertAndKey,
) -> Result<Tls, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Whom a certificate of our own is for: the names of the edge without their ports, and this machine.
fn names(settings: &Settings) -> Vec<Name> {
    let of_edge = settings.edge_names(settings.edge_listen).into_iter();
    let here = ["localhost", "127.0.0.1", "[::1]"].map(ToOwned::to_owned);
    let mut names: Vec<Name> = Vec::new();
    for authority in of_edge.chain(here) {
        if let Some(name) = Name::of(&authority)
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

impl Name {
    /// Of an authority; every address at once is no name.
    fn of(authority: &str) -> Option<Self> {
        let authority: Authority = authority.parse().ok()?;
        let host = authority.host().trim_matches(['[', ']']);
        match host.parse::<IpAddr>() {
            Ok(address) => (!address.is_unspecified()).then_some(Self::Ip(address)),
            Err(_) => Some(Self::Dns(host.to_ascii_lowercase())),
        }
    }
}
