//! The buckets: which one a member's keys lie in, and how one is written. Nothing but whoever holds its key opens it.
//!
//! ```text
//! bucket = head ‖ ciphertext ‖ tag (16), XChaCha20-Poly1305 under the bucket's key, the head as AAD
//! head   = "JFKB" ‖ suite (1) ‖ epoch (8, big-endian) ‖ install (16) ‖ nonce (24)
//! plain  = postcard of `Content`: of `Body`, or of `SysBody` in sys
//! ```

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::root::Kek;
use super::KeyboxError;
use super::disk::Bytes;
use super::keys::{GroupKey, MemberKeys, Secret, TokenKind, TokenState};
use crate::domain::ids::MemberId;
use crate::domain::time::Moment;

/// The suite of buckets and journal.
pub(super) const SUITE: u8 = 1;
/// Bytes of a nonce.
pub(super) const NONCE: usize = 24;
/// Bytes of a tag.
pub(super) const TAG: usize = 16;
const MARK: &[u8; 4] = b"JFKB";
const HEAD: usize = 4 + 1 + 8 + 16 + NONCE;

/// One of the 64 buckets of members, or the system's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::vault) struct Bucket(u8);

impl Bucket {
    /// How many buckets of members there are.
    pub(super) const OF_MEMBERS: u8 = 64;
    /// How many there are in all.
    pub(in crate::vault) const COUNT: usize = 65;
    /// The system's.
    pub(super) const SYS: Self = Self(Self::OF_MEMBERS);

    /// The bucket of this member's keys.
    pub(super) const fn of(member: &MemberId) -> Self {
        let [first, ..] = member.as_bytes();
        Self(*first & 63)
    }

    /// The bucket with this number, if there is one.
    pub(super) fn from_number(number: u8) -> Option<Self> {
        (number <= Self::OF_MEMBERS).then_some(Self(number))
    }

    /// All of them, the system's last.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..=Self::OF_MEMBERS).map(Self)
    }

    /// Its number: 64 is the system's.
    pub(in crate::vault) const fn number(self) -> u8 {
        self.0
    }

    /// Its number, for tables.
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// The name of its file.
    pub(super) fn name(self) -> String {
        if self == Self::SYS {
            "sys".to_owned()
        } else {
            format!("{:02x}", self.0)
        }
    }

    /// Its file.
    pub(super) fn file(self) -> String {
        format!("keybox/{}", self.name())
    }

    /// The file that is about to take its place.
    pub(super) fn new_file(self) -> String {
        format!("keybox/{}.new", self.name())
    }
}

/// A member of a bucket, with the tokens.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct MemberEntry {
    pub(super) keys: MemberKeys,
    pub(super) tokens: Vec<TokenEntry>,
}

/// A token of a member.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct TokenEntry {
    /// The first 16 bytes of its SHA-256.
    pub(super) hash: [u8; 16],
    pub(super) kind: TokenKind,
    pub(super) state: TokenState,
    pub(super) expires: Option<Moment>,
}

/// What stands in a bucket of members.
#[derive(Serialize, Deserialize)]
pub(super) enum Body {
    V1 {
        /// Journal records before this place are in here already.
        folded: u64,
        members: Vec<MemberEntry>,
    },
    /// With the older keys of group `core`.
    V2 {
        folded: u64,
        members: Vec<MemberEntry>,
        /// In the order of the members, those alone who have any.
        older: Vec<Older>,
    },
}

/// A member's keys of group `core` before the newest, oldest first.
#[derive(Serialize, Deserialize)]
pub(super) struct Older {
    member: MemberId,
    keys: Vec<GroupKey>,
}

/// What stands in the system's bucket.
#[derive(Serialize, Deserialize)]
pub(super) enum SysBody {
    V1 {
        /// Journal records before this place are in here already.
        folded: u64,
        /// What the keys of terminals, tokens, rows and the journal follow from.
        system: Secret,
        /// What the audit's checkpoints will be signed with.
        audit_seed: Secret,
        /// The days and their keys, ascending.
        days: Vec<(u32, Secret)>,
    },
}

/// What stands in a bucket, whichever it is.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content {
    Members(Body),
    System(SysBody),
}

/// What is written as an enum of versions, of which older ones are still read.
pub(super) trait Versioned: DeserializeOwned {
    /// The number of the newest variant.
    const NEWEST: u8;
}

impl Versioned for Body {
    const NEWEST: u8 = 1;
}

impl Versioned for SysBody {
    const NEWEST: u8 = 0;
}

impl Body {
    /// The body of a bucket with these members, which journal records before `folded` are in.
    pub(super) fn new(folded: u64, members: Vec<MemberEntry>) -> Self {
        let older = members.iter().filter_map(|entry| {
            let keys = entry.keys.older_core();
            (!keys.is_empty()).then(|| Older {
                member: entry.keys.member,
                keys: keys.to_vec(),
            })
        });
        let older = older.collect();
        Self::V2 {
            folded,
            members,
            older,
        }
    }

    /// From which place on records are not in it, and the members; nothing if it has keys of somebody who is not there.
    pub(super) fn into_members(self) -> Option<(u64, Vec<MemberEntry>)> {
        let (folded, mut members, older) = match self {
            Self::V1 { folded, members } => (folded, members, Vec::new()),
            Self::V2 {
                folded,
                members,
                older,
            } => (folded, members, older),
        };
        let mut rest = members.iter_mut();
        for Older { member, keys } in older {
            let entry = rest.find(|entry| entry.keys.member == member)?;
            entry.keys.keep_older(keys);
        }
        Some((folded, members))
    }
}

impl Content {
    /// At least as many bytes as its postcard takes, so that it is never moved while it is plain.
    pub(super) fn room(&self) -> usize {
        match self {
            Self::Members(Body::V1 { members, .. }) => room_of(members, &[]),
            Self::Members(Body::V2 { members, older, .. }) => room_of(members, older),
            Self::System(SysBody::V1 { days, .. }) => {
                days.len().saturating_mul(40).saturating_add(128)
            }
        }
    }
}

fn room_of(members: &[MemberEntry], older: &[Older]) -> usize {
    let members = members.iter().map(room_of_entry);
    let older = older
        .iter()
        .map(|older| older.keys.len().saturating_mul(40).saturating_add(24));
    members.chain(older).fold(32, usize::saturating_add)
}

/// At least as many bytes as the postcard of this member takes.
pub(super) fn room_of_entry(entry: &MemberEntry) -> usize {
    entry.tokens.len().saturating_mul(48).saturating_add(200)
}

/// A bucket that opened.
pub(super) struct Opened {
    pub(super) install: [u8; 16],
    pub(super) plain: Bytes,
}

/// Seals what stands in a bucket. A nonce is never used twice under one key.
pub(super) fn seal(
    kek: &Kek,
    install: &[u8; 16],
    nonce: [u8; NONCE],
    content: &Content,
) -> Result<Vec<u8>, KeyboxError> {
    let room = content.room();
    let mut head = Vec::with_capacity(room.saturating_add(HEAD).saturating_add(TAG));
    head.extend_from_slice(MARK);
    head.push(SUITE);
    head.extend_from_slice(&kek.epoch.to_be_bytes());
    head.extend_from_slice(install);
    head.extend_from_slice(&nonce);
    sealed(&kek.key, &nonce, head, &[], content)
}

/// The bucket under this key, or nothing if it is not under this key, or not as it was written.
pub(super) fn open(kek: &Kek, bytes: &[u8]) -> Option<Opened> {
    let (head, body) = bytes.split_at_checked(HEAD)?;
    let rest = head.strip_prefix(MARK)?.strip_prefix(&[SUITE])?;
    let (epoch, rest) = rest.split_first_chunk()?;
    let (install, nonce) = rest.split_first_chunk()?;
    if u64::from_be_bytes(*epoch) != kek.epoch {
        return None;
    }
    let plain = opened(&kek.key, nonce.try_into().ok()?, head, body)?;
    Some(Opened {
        install: *install,
        plain,
    })
}

/// Whether a newer program wrote it, as far as anybody can tell who does not know its suite.
pub(super) fn is_too_new(bytes: &[u8]) -> bool {
    bytes
        .strip_prefix(MARK)
        .and_then(|rest| rest.first())
        .is_some_and(|suite| SUITE < *suite)
}

/// `head ‖ ciphertext ‖ tag`, where `bound ‖ head` is the AAD.
pub(super) fn sealed<T: Serialize>(
    key: &Secret,
    nonce: &[u8; NONCE],
    head: Vec<u8>,
    bound: &[u8],
    value: &T,
) -> Result<Vec<u8>, KeyboxError> {
    let failed = || KeyboxError::Io("a value could not be sealed".to_owned());
    let from = head.len();
    let aad = [bound, &head].concat();
    let mut bytes = postcard::to_extend(value, head).map_err(|_| failed())?;
    let tag = bytes.get_mut(from..).and_then(|plain| {
        XChaCha20Poly1305::new(key.bytes().into())
            .encrypt_inout_detached(&XNonce::from(*nonce), &aad, plain.into())
            .ok()
    });
    bytes.extend_from_slice(&tag.ok_or_else(failed)?);
    Ok(bytes)
}

/// What was sealed, if it was under this key and with this AAD.
pub(super) fn opened(
    key: &Secret,
    nonce: &[u8; NONCE],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Bytes> {
    let (body, tag) = sealed.split_last_chunk::<TAG>()?;
    let mut plain = Zeroizing::new(body.to_vec());
    XChaCha20Poly1305::new(key.bytes().into())
        .decrypt_inout_detached(
            &XNonce::from(*nonce),
            aad,
            plain.as_mut_slice().into(),
            &Tag::from(*tag),
        )
        .ok()?;
    Some(plain)
}

/// A value of a version that is known here, from all of its bytes.
pub(super) fn parse<T: Versioned>(
    plain: &[u8],
    place: impl FnOnce() -> String,
) -> Result<T, KeyboxError> {
    match postcard::take_from_bytes(plain) {
        Ok((value, [])) => Ok(value),
        // It is authentic: what starts with a variant that is not known was written by a program of tomorrow.
        Ok(_) | Err(_) if plain.first().is_some_and(|variant| T::NEWEST < *variant) => {
            Err(KeyboxError::TooNew(place()))
        }
        Ok(_) | Err(_) => Err(KeyboxError::Damaged(place())),
    }
}
