//! A certificate that vouches for itself. Its key is drawn once and stays, so that who pinned it is not turned away when the
//! certificate is made anew.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use jifen::domain::time::Moment;
use jifen::engine::clock::Entropy;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    PublicKeyData, SanType, SerialNumber,
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::backup::place::put_bytes;
use crate::clock::OsEntropy;
use crate::failure::Failure;

use super::{CERTIFICATE, Files, KEY, Name, read};

/// How long it is valid, in days: what Apple's systems take at most from somebody who is no public authority is 825.
const VALID_DAYS: u32 = 820;
/// So long before it is made it is valid, in milliseconds: clocks of phones are not all right.
const BEFORE_MILLIS: i64 = 24 * 3_600 * 1_000;

/// Makes certificate and key as far as they are not there, and the certificate anew where it no longer does.
pub(super) fn keep(files: &Files, names: &[Name], now: Moment) -> Result<(), Failure> {
    let folder = files.key.parent().unwrap_or(Path::new(""));
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Failure::of_io(folder, &error))?;
    let key = key(&files.key, folder)?;
    if does(files, &key, names, now) {
        return Ok(());
    }
    let pem = sign(&key, names, now)?;
    let put = put_bytes(folder, CERTIFICATE, pem.as_bytes());
    put.map_err(|error| Failure::of_io(&files.certificate, &error))
}

/// The key, drawn where there is none. One that cannot be read is not replaced: somebody may have pinned it, and a copy of
/// it may be somewhere.
fn key(file: &Path, folder: &Path) -> Result<KeyPair, Failure> {
    match file.symlink_metadata() {
        Ok(_) => {
            let bytes = read::bytes(file)?;
            let text = str::from_utf8(&bytes).map_err(|_| read::no_key(file))?;
            KeyPair::from_pem(text).map_err(|_| read::no_key(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate().map_err(|_| Failure::bug())?;
            let pem = Zeroizing::new(key.serialize_pem());
            let put = put_bytes(folder, KEY, pem.as_bytes());
            put.map_err(|error| Failure::of_io(file, &error))?;
            Ok(key)
        }
        Err(error) => Err(Failure::of_io(file, &error)),
    }
}

/// Whether the certificate that is there is this key's, for all these names, and valid for a while.
fn does(files: &Files, key: &KeyPair, names: &[Name], now: Moment) -> bool {
    let told = read::chain(&files.certificate).and_then(|chain| read::told(files, &chain));
    told.is_ok_and(|told| {
        let hash: [u8; 32] = Sha256::digest(key.subject_public_key_info()).into();
        told.pin == format!("sha256/{}", data_encoding::BASE64.encode(&hash))
            && told.valid_from <= now
            && !told.ends_soon(now)
            && names.iter().all(|name| told.names.contains(name))
    })
}

fn sign(key: &KeyPair, names: &[Name], now: Moment) -> Result<String, Failure> {
    let mut params = CertificateParams::default();
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, "Jifen");
    params.distinguished_name = subject;
    params.subject_alt_names = names
        .iter()
        .map(|name| match name {
            Name::Dns(name) => name.as_str().try_into().map(SanType::DnsName),
            Name::Ip(address) => Ok(SanType::IpAddress(*address)),
        })
        .collect::<Result<_, _>>()
        .map_err(|_| Failure::bug())?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.not_before = date(now.plus_millis(BEFORE_MILLIS.saturating_neg()))?;
    params.not_after = date(now.plus_days(VALID_DAYS))?;
    params.serial_number = Some(serial()?);
    let signed = params.self_signed(key).map_err(|_| Failure::bug())?;
    Ok(signed.pem())
}

/// Another one for every certificate: browsers take two with the same issuer and number for a forgery.
fn serial() -> Result<SerialNumber, Failure> {
    let seed = OsEntropy::new()?.seed();
    let mut number: [u8; 16] = seed.first_chunk().copied().unwrap_or_default();
    if let Some(first) = number.first_mut() {
        // A positive number that does not begin with a zero.
        *first = *first & 0x7f | 0x40;
    }
    Ok(SerialNumber::from_slice(&number))
}

fn date(moment: Moment) -> Result<OffsetDateTime, Failure> {
    let seconds = moment.millis().div_euclid(1_000);
    OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| Failure::bug())
}
