//! Files that only the holder of an identity opens: `age` with X25519, and nothing else of it.

use core::fmt;
use core::iter;
use core::str::FromStr;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use age::{DecryptError, Decryptor, EncryptError, Encryptor, x25519};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Who may open what is sealed: a public key, `age1…`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Recipient(x25519::Recipient);

impl FromStr for Recipient {
    type Err = NoRecipient;

    fn from_str(text: &str) -> Result<Self, NoRecipient> {
        text.parse().map(Self).map_err(|_| NoRecipient)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

/// The text is no recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRecipient;

/// What opens what was sealed to its recipient: the secret keys of a file, `AGE-SECRET-KEY-1…`, one a line.
pub(crate) struct Identity(Vec<x25519::Identity>);

impl fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Identity(..)")
    }
}

/// The longest file of identities, in bytes.
const IDENTITY_MAX: u64 = 65_536;

impl Identity {
    /// Reads a file of identities; lines that are empty or begin with `#` say nothing.
    ///
    /// # Errors
    /// `bad_identity` where a line is none, or there is none.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        let io = |error: io::Error| Failure::of_io(path, &error);
        let mut text = Zeroizing::new(String::new());
        let file = File::open(path).map_err(io)?;
        file.take(IDENTITY_MAX)
            .read_to_string(&mut text)
            .map_err(io)?;
        let lines = text.lines().map(str::trim);
        let said = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Result<Vec<x25519::Identity>, _> = said.map(FromStr::from_str).collect();
        let name = path.display();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self(keys)),
            // What stands in the line is a secret, or was meant to be one.
            Ok(_) | Err(_) => Err(Failure::new(
                "bad_identity",
                format!("{name} 不是 age 身份文件（AGE-SECRET-KEY-1…）"),
                format!("{name} is not a file of age identities (AGE-SECRET-KEY-1…)"),
            )),
        }
    }
}

/// Seals all that `from` gives into `to`, piece by piece.
pub(crate) fn seal<W: Write>(from: &mut dyn Read, to: W, recipient: &Recipient) -> io::Result<W> {
    let recipient: &dyn age::Recipient = &recipient.0;
    let encryptor = Encryptor::with_recipients(iter::once(recipient));
    let mut sealing = encryptor.map_err(of_encrypting)?.wrap_output(to)?;
    io::copy(from, &mut sealing)?;
    sealing.finish()
}

fn of_encrypting(error: EncryptError) -> io::Error {
    if let EncryptError::Io(error) = error {
        error
    } else {
        io::Error::other(error.to_string())
    }
}

/// Seals some bytes.
pub(crate) fn seal_bytes(bytes: &[u8], recipient: &Recipient) -> io::Result<Vec<u8>> {
    let mut from = bytes;
    seal(&mut from, Vec::new(), recipient)
}

/// Opens a sealed file into one that is not there yet and that its owner alone can read.
///
/// # Errors
/// `wrong_identity`, `sealed_damaged`. What was opened before an error stays for the caller to take away.
pub(crate) fn open_file(from: &Path, to: &Path, identity: &Identity) -> Result<(), Failure> {
    let sealed = File::open(from).map_err(|error| Failure::of_io(from, &error))?;
    let mut opened = open(BufReader::new(sealed), identity, from)?;
    let io = |error: io::Error| Failure::of_io(to, &error);
    let mut fresh = BufWriter::new(super::place::create_private(to).map_err(io)?);
    let mut piece = Zeroizing::new(vec![0; 65_536]);
    loop {
        // What cannot be read here was cut short or altered: each piece is authenticated.
        let read = opened.read(&mut piece).map_err(|_| damaged(from))?;
        let Some(got) = piece.get(..read).filter(|got| !got.is_empty()) else {
            break;
        };
        fresh.write_all(got).map_err(io)?;
    }
    fresh.flush().map_err(io)
}

/// Opens a sealed file that is short enough for memory.
pub(crate) fn open_bytes(
    sealed: &[u8],
    identity: &Identity,
    from: &Path,
) -> Result<Zeroizing<Vec<u8>>, Failure> {
    // As long as what is sealed, so that no half of it is left where it grew.
    let mut bytes = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let mut opened = open(sealed, identity, from)?;
    opened.read_to_end(&mut bytes).map_err(|_| damaged(from))?;
    Ok(bytes)
}

fn open<R: io::BufRead>(
    sealed: R,
    identity: &Identity,
    from: &Path,
) -> Result<age::stream::StreamReader<R>, Failure> {
    let keys = identity.0.iter();
    let keys = keys.map(|key| -> &dyn age::Identity { key });
    let opened = Decryptor::new_buffered(sealed).and_then(|sealed| sealed.decrypt(keys));
    opened.map_err(|error| match error {
        DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => {
            let name = from.display();
            Failure::new(
                "wrong_identity",
                format!("此身份打不开 {name}"),
                format!("this identity does not open {name}"),
            )
        }
        DecryptError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Failure::of_io(from, &error)
        }
        DecryptError::DecryptionFailed
        | DecryptError::ExcessiveWork { .. }
        | DecryptError::InvalidHeader
        | DecryptError::InvalidMac
        | DecryptError::Io(_)
        | DecryptError::UnknownFormat => damaged(from),
    })
}

fn damaged(from: &Path) -> Failure {
    let name = from.display();
    Failure::new(
        "sealed_damaged",
        format!("{name} 已损坏、被截断，或不是 age 文件"),
        format!("{name} is damaged, cut short, or no age file"),
    )
}

/// SHA-256 of a file, in hexadecimal digits, and its length.
pub(crate) fn hash_file(path: &Path) -> io::Result<(String, u64)> {
    use sha2::{Digest, Sha256};

    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; 65_536];
    let mut length = 0_u64;
    loop {
        let read = file.read(&mut piece)?;
        let Some(got) = piece.get(..read).filter(|got| !got.is_empty()) else {
            break;
        };
        hash.update(got);
        length = length.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    }
    Ok((hex(&hash.finalize()), length))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}
