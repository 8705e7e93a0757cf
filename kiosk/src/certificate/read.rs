//! Files of certificates and keys, taken apart.

use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use data_encoding::BASE64;
use jifen::domain::time::Moment;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use crate::failure::Failure;

use super::{Certificate, Files, Name};

/// The longest file, in bytes.
const LENGTH_MAX: u64 = 1 << 20;

/// A certificate, and after it those that vouch for it.
pub(super) fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let bytes = bytes(file)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match read {
        Ok(chain) if chain.is_empty() => Err(unreadable(
            file,
            "没有 PEM 证书",
            "there is no certificate in PEM",
        )),
        Ok(chain) => Ok(chain),
        Err(_) => Err(unreadable(file, "不是有效的 PEM", "it is not valid PEM")),
    }
}

/// A private key.
fn key(file: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    // What is wrong with it is not told: it may quote the key.
    PrivateKeyDer::from_pem_slice(&bytes(file)?).map_err(|_| no_key(file))
}

/// What there is to tell of a chain's first certificate.
pub(super) fn told(files: &Files, chain: &[CertificateDer<'_>]) -> Result<Certificate, Failure> {
    let file = &files.certificate;
    let first = chain.first().map(CertificateDer::as_ref);
    let parsed = first.and_then(|first| X509Certificate::from_der(first).ok());
    let Some((_, parsed)) = parsed else {
        let (zh, en) = ("不是 X.509 证书", "it is no certificate of X.509");
        return Err(unreadable(file, zh, en));
    };
    let moment = |seconds: i64| Moment::from_millis(seconds.saturating_mul(1_000));
    let hash: [u8; 32] = Sha256::digest(parsed.public_key().raw).into();
    Ok(Certificate {
        file: file.clone(),
        is_own: files.is_own,
        pin: format!("sha256/{}", BASE64.encode(&hash)),
        valid_from: moment(parsed.validity().not_before.timestamp()),
        valid_until: moment(parsed.validity().not_after.timestamp()),
        names: names(&parsed),
    })
}

/// What there is to tell, and what is shown to clients.
pub(super) fn both(
    files: &Files,
    provider: &Arc<CryptoProvider>,
) -> Result<(Certificate, CertifiedKey), Failure> {
    let (chain, key) = (chain(&files.certificate)?, key(&files.key)?);
    let told = told(files, &chain)?;
    Ok((told, certified(files, chain, key, provider)?))
}

/// The chain with its key, which belong together.
fn certified(
    files: &Files,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &Arc<CryptoProvider>,
) -> Result<CertifiedKey, Failure> {
    let signing = provider.key_provider.load_private_key(key);
    let signing = signing.map_err(|_| no_key(&files.key))?;
    let certified = CertifiedKey::new(chain, signing);
    let (certificate, key) = (files.certificate.display(), files.key.display());
    match certified.keys_match() {
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(Failure::new(
            "certificate_key_mismatch",
            format!("{key} 不是证书 {certificate} 的私钥"),
            format!("{key} is not the key of the certificate in {certificate}"),
        )),
        Ok(()) | Err(Error::InconsistentKeys(_)) => Ok(certified),
        Err(error) => {
            let why = error.to_string();
            Err(unreadable(&files.certificate, &why, &why))
        }
    }
}

fn names(certificate: &X509Certificate<'_>) -> Vec<Name> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    let names = extension.value.general_names.iter();
    let names = names.filter_map(|name| {
        if let GeneralName::DNSName(name) = name {
            return Some(Name::Dns(name.to_ascii_lowercase()));
        }
        let GeneralName::IPAddress(bytes) = name else {
            return None;
        };
        let four = <[u8; 4]>::try_from(*bytes).map(IpAddr::from);
        let address = four.or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
        address.ok().map(Name::Ip)
    });
    names.collect()
}

/// What a file holds. It is wiped where it is dropped.
pub(super) fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let read = || {
        if LENGTH_MAX < fs::metadata(file)?.len() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        fs::read(file)
    };
    let read = read().map_err(|error| Failure::of_io(file, &error))?;
    Ok(Zeroizing::new(read))
}

fn unreadable(file: &Path, zh: &str, en: &str) -> Failure {
    let file = file.display();
    Failure::new(
        "certificate_unreadable",
        format!("无法读取证书 {file}：{zh}"),
        format!("the certificate {file} cannot be read: {en}"),
    )
}

pub(super) fn no_key(file: &Path) -> Failure {
    let file = file.display();
    Failure::new(
        "key_unreadable",
        format!("{file} 中没有可用的 PEM 私钥"),
        format!("there is no key in PEM in {file} that can be used"),
    )
}
