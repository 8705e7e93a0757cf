//! Signed checkpoints of the tree, as C2SP tlog-checkpoint has them: a note of three lines (origin, size, root) and its
//! Ed25519 signature (C2SP signed-note). A checkpoint that left the machine is what shows a truncation.

use core::fmt;
use core::str::FromStr;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature, Signer};
use sha2::{Digest, Sha256};

use super::tree::Hash;

/// The type byte of an Ed25519 key.
const ED25519: u8 = 1;
/// The longest note that is read, in bytes.
pub const NOTE_MAX: usize = 65_536;
/// The longest origin, in bytes.
const ORIGIN_MAX: usize = 256;
/// What a signature line begins with.
const DASH: &str = "— ";

/// What a checkpoint says: the tree of this log had this root at this size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Whose log: `jifen/` and the installation.
    pub origin: String,
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What signs checkpoints. It is kept in the keybox, and wiped when dropped.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    verifier: VerifierKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigningKey({}, ..)", self.verifier.name)
    }
}

impl SigningKey {
    /// The key with this seed, for a log with this origin. An origin has no space, no `+` and no control character.
    pub fn from_seed(seed: &[u8; 32], origin: &str) -> Result<Self, CheckpointError> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(origin, key.verifying_key())?;
        Ok(Self { key, verifier })
    }

    /// The key that checks what this one signs.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signed note for a tree of this size and root.
    pub fn sign(&self, size: u64, root: &Hash) -> String {
        let VerifierKey { name, .. } = &self.verifier;
        self.signed(&format!("{name}\n{size}\n{}\n", BASE64.encode(root)))
    }

    /// A text, which ends with its last line, and under it our signature line.
    fn signed(&self, text: &str) -> String {
        let mut signature = self.verifier.id.to_vec();
        signature.extend_from_slice(&self.key.sign(text.as_bytes()).to_bytes());
        let signature = BASE64.encode(&signature);
        format!("{text}\n{DASH}{} {signature}\n", self.verifier.name)
    }
}

/// What checks checkpoints. It may be given to anyone: `name+id+base64`, as Go's checksum database writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    key: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: ed25519_dalek::VerifyingKey) -> Result<Self, CheckpointError> {
        let is_name = !name.is_empty()
            && name.len() <= ORIGIN_MAX
            && !name
                .chars()
                .any(|found| found == '+' || found.is_whitespace() || found.is_control());
        if !is_name {
            return Err(CheckpointError::BadOrigin);
        }
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let (id, _) = hash
            .split_first_chunk::<4>()
            .ok_or(CheckpointError::BadKey)?;
        Ok(Self {
            name: name.to_owned(),
            id: *id,
            key,
        })
    }

    /// Reads `name+id+base64`. The id must be that of the name and the key.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let bad = || CheckpointError::BadKey;
        // The base64 may hold a `+` of its own, and the name may not.
        let mut parts = text.trim_end_matches(['\r', '\n']).splitn(3, '+');
        let (name, id, key) = (parts.next(), parts.next(), parts.next());
        let (Some(name), Some(id), Some(key)) = (name, id, key) else {
            return Err(bad());
        };
        let key = BASE64.decode(key.as_bytes()).map_err(|_| bad())?;
        let Some((&ED25519, key)) = key.split_first() else {
            return Err(bad());
        };
        let key = key.try_into().map_err(|_| bad())?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| bad())?;
        let found = Self::new(name, key)?;
        if id == HEXLOWER.encode(&found.id) {
            Ok(found)
        } else {
            Err(bad())
        }
    }

    /// The name: the origin of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks a note and reads the checkpoint in it. Signatures of other keys are passed over, as witnesses add theirs;
    /// so are lines under the root.
    pub fn open(&self, note: &str) -> Result<Checkpoint, CheckpointError> {
        let text = self.open_text(note)?;
        let bad = || CheckpointError::NotACheckpoint;
        let mut lines = text.lines();
        let (origin, size, root) = (lines.next(), lines.next(), lines.next());
        let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
            return Err(bad());
        };
        if origin != self.name {
            return Err(CheckpointError::OtherLog(origin.to_owned()));
        }
        let number: u64 = size.parse().map_err(|_| bad())?;
        if number.to_string() != size {
            return Err(bad());
        }
        let root = BASE64.decode(root.as_bytes()).map_err(|_| bad())?;
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size: number,
            root: root.try_into().map_err(|_| bad())?,
        })
    }

    /// The text of a note with our signature under it.
    fn open_text<'a>(&self, note: &'a str) -> Result<&'a str, CheckpointError> {
        let bad = || CheckpointError::NotANote;
        if NOTE_MAX < note.len()
            || note
                .chars()
                .any(|found| found != '\n' && found.is_control())
        {
            return Err(bad());
        }
        // The signatures stand behind the last empty line; the text keeps the end of its own last line.
        let blank = note.rfind("\n\n").ok_or_else(bad)?;
        let (text, signatures) = note
            .split_at_checked(blank.saturating_add(1))
            .ok_or_else(bad)?;
        let signatures = signatures.strip_prefix('\n').ok_or_else(bad)?;
        let signatures = signatures.strip_suffix('\n').ok_or_else(bad)?;
        let mut is_signed = false;
        for line in signatures.split('\n') {
            let line = line.strip_prefix(DASH).ok_or_else(bad)?;
            let (name, signature) = line.split_once(' ').ok_or_else(bad)?;
            let signature = BASE64.decode(signature.as_bytes()).map_err(|_| bad())?;
            let (id, signature) = signature.split_first_chunk::<4>().ok_or_else(bad)?;
            if name != self.name || *id != self.id {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| bad())?;
            self.key
                .verify_strict(text.as_bytes(), &signature)
                .map_err(|_| CheckpointError::WrongSignature)?;
            is_signed = true;
        }
        if is_signed {
            Ok(text)
        } else {
            Err(CheckpointError::NotSigned)
        }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519];
        key.extend_from_slice(self.key.as_bytes());
        let (id, key) = (HEXLOWER.encode(&self.id), BASE64.encode(&key));
        write!(formatter, "{}+{id}+{key}", self.name)
    }
}

impl FromStr for VerifierKey {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        Self::parse(text)
    }
}

/// Why a note is no checkpoint of ours, or a key no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Empty, too long, or with a space, a `+` or a control character in it.
    #[error("an origin has no spaces, no + and no control characters")]
    BadOrigin,
    /// Not `name+id+base64` of an Ed25519 key, or the id is another key's.
    #[error("not a key of the form name+id+base64")]
    BadKey,
    /// Not the form of a signed note.
    #[error("not a signed note")]
    NotANote,
    /// A note without a signature of this key.
    #[error("not signed with this key")]
    NotSigned,
    /// A signature of this key that is not over this text.
    #[error("the signature does not belong to the text: one of them was changed")]
    WrongSignature,
    /// A signed text that is no checkpoint.
    #[error("signed, but not a checkpoint")]
    NotACheckpoint,
    /// A checkpoint of another log: which.
    #[error("a checkpoint of another log: {0}")]
    OtherLog(String),
}

impl CheckpointError {
    /// The word for it.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadOrigin => "bad_origin",
            Self::BadKey => "bad_verifier_key",
            Self::NotANote => "not_a_note",
            Self::NotSigned => "not_signed",
            Self::WrongSignature => "wrong_signature",
            Self::NotACheckpoint => "not_a_checkpoint",
            Self::OtherLog(_) => "other_log",
        }
    }

    /// The sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::BadOrigin => "日志名称不得含空格、加号或控制字符".to_owned(),
            Self::BadKey => "不是“名称+编号+base64”形式的验证密钥".to_owned(),
            Self::NotANote => "不是签名检查点".to_owned(),
            Self::NotSigned => "没有本密钥的签名".to_owned(),
            Self::WrongSignature => "签名与内容不符：其中之一被改动过".to_owned(),
            Self::NotACheckpoint => "有签名，但内容不是检查点".to_owned(),
            Self::OtherLog(origin) => format!("属于另一个日志的检查点：{origin}"),
        }
    }

    /// The sentence in English.
    pub fn en(&self) -> String {
        self.to_string()
    }
}

#[cfg(test)]
mod tests;
