//! What is handed to the custodians: one bucket, opened, never a root key; and a keybox made from 65 of these (privacy §4).
//! Whoever takes one seals it at once: here it is in the clear.
//!
//! ```text
//! escrow = "JFKE" ‖ format (1) ‖ install (16) ‖ bucket (1) ‖ epoch (8, big-endian) ‖ postcard of the bucket's `Content`
//!          ‖ SHA-256 of all before it (32)
//! ```
//!
//! The hash tells damage, not tampering: that is for the seal around it.

use core::fmt;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::super::root::Kek;
use super::bucket::{Bucket, SysBody, parse};
use super::create::{self, First};
use super::disk::{Bytes, Disk, Folder};
use super::erase::numbered;
use super::keys::Secret;
use super::load::take_in;
use super::shelf::Shelves;
use super::write::{EMPTY, System};
use super::{Draw32, Keybox, KeyboxError};

const MARK: &[u8; 4] = b"JFKE";
const FORMAT: u8 = 1;
const HASH: usize = 32;
const HEAD: usize = 4 + 1 + 16 + 1 + 8;

/// One bucket in the clear, for the escrow. Wiped when dropped.
pub struct EscrowBody {
    /// The bucket: 64 is the system's.
    pub bucket: u8,
    /// The epoch of the key that it is under in the keybox.
    pub epoch: u64,
    /// What is to be sealed to the custodians.
    pub bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for EscrowBody {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("EscrowBody");
        shown.field("bucket", &self.bucket);
        shown.field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Keybox {
    /// A bucket as it is now, with everything that was answered, for the escrow.
    ///
    /// # Errors
    ///
    /// `Missing` when there is no bucket with this number; `Io` while it is not known what stands on the disk.
    pub fn escrow(&self, bucket: u8) -> Result<EscrowBody, KeyboxError> {
        let bucket = numbered(bucket)?;
        let content = self.writer.lock().standing_content(bucket, &self.shelves);
        let (epoch, content) = content?;

        // With room for all at once, so that it is never moved.
        let room = content.room().saturating_add(HEAD).saturating_add(HASH);
        let mut bytes = Vec::with_capacity(room);
        bytes.extend_from_slice(MARK);
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.install());
        bytes.push(bucket.number());
        bytes.extend_from_slice(&epoch.to_be_bytes());
        let bytes = postcard::to_extend(&content, bytes);
        let bytes = bytes.map_err(|_| KeyboxError::Io("a bucket could not be written".to_owned()));
        let mut bytes = Zeroizing::new(bytes?);
        let hash = Sha256::digest(&*bytes);
        bytes.extend_from_slice(&hash);
        Ok(EscrowBody {
            bucket: bucket.number(),
            epoch,
            bytes,
        })
    }

    /// A new keybox in this folder with what is in the escrow: one body for each of the 65 buckets, of one installation.
    /// Each bucket gets a new key, whose epoch is the next.
    ///
    /// # Errors
    ///
    /// `Damaged` when a body is missing, twice there, of another installation or not as it was handed out; `TooNew`;
    /// `Exists` where any file of a keybox is already; and as for [`Self::create`].
    pub fn restore_escrow(
        folder: &Path,
        bodies: Vec<Zeroizing<Vec<u8>>>,
        draw: Draw32,
    ) -> Result<Self, KeyboxError> {
        let disk: Arc<dyn Disk> = Arc::new(Folder::new(folder));
        Self::restore_escrow_on(&disk, bodies, draw)
    }

    pub(super) fn restore_escrow_on(
        disk: &Arc<dyn Disk>,
        bodies: Vec<Bytes>,
        draw: Draw32,
    ) -> Result<Self, KeyboxError> {
        let Taken {
            first,
            shelves,
            next,
        } = taken(&bodies, &draw)?;
        drop(bodies);
        let system = first.system.clone();
        let mut writer = first.writer(Some(Arc::clone(disk)));
        // Every record that a bucket has taken in is before this place, so that no journal of before fits to it.
        writer.begin_at(EMPTY, next, [].into());
        create::write(&**disk, &writer, &shelves, &draw)?;
        Ok(Self::with(system, shelves, writer, draw))
    }
}

/// What stood in the escrow, each bucket with a new key.
struct Taken {
    first: First,
    shelves: Shelves,
    /// The place of the journal's first record.
    next: u64,
}

/// A body, taken apart.
struct Parts<'a> {
    install: [u8; 16],
    bucket: Bucket,
    epoch: u64,
    content: &'a [u8],
}

fn taken(bodies: &[Bytes], draw: &Draw32) -> Result<Taken, KeyboxError> {
    let damaged = |what: &str| KeyboxError::Damaged(format!("escrow/{what}"));
    let mut by_bucket = BTreeMap::new();
    for bytes in bodies {
        let parts = parts(bytes)?;
        let name = parts.bucket.name();
        if by_bucket.insert(parts.bucket, parts).is_some() {
            return Err(damaged(&name));
        }
    }
    let part = |bucket: Bucket| {
        by_bucket
            .get(&bucket)
            .ok_or_else(|| damaged(&bucket.name()))
    };

    let sys = part(Bucket::SYS)?;
    let name = || format!("escrow/{}", Bucket::SYS.name());
    let SysBody::V1 {
        folded,
        system: key,
        audit_seed,
        days,
    } = parse(sys.content, name)?;
    let shelves = Shelves::default();
    for (day, key) in days {
        let added = shelves.add_day(day, key);
        added.map_err(|_| KeyboxError::Damaged(name()))?;
    }
    let mut next = folded;
    let mut keks = Vec::with_capacity(Bucket::COUNT);
    for bucket in Bucket::all() {
        let part = part(bucket)?;
        let name = bucket.name();
        if part.install != sys.install {
            return Err(damaged(&name));
        }
        if bucket != Bucket::SYS {
            let body = parse(part.content, || format!("escrow/{name}"))?;
            let folded = take_in(bucket, body, &shelves).ok_or_else(|| damaged(&name))?;
            next = next.max(folded);
        }
        let epoch = part.epoch.checked_add(1);
        keks.push(Kek {
            epoch: epoch.ok_or_else(|| damaged(&name))?,
            key: Secret::new(draw()),
        });
    }
    let system = System {
        install: sys.install,
        key,
        audit_seed,
    };
    Ok(Taken {
        first: First { keks, system },
        shelves,
        next,
    })
}

fn parts(bytes: &[u8]) -> Result<Parts<'_>, KeyboxError> {
    let place = || "escrow".to_owned();
    let damaged = || KeyboxError::Damaged(place());
    let (whole, hash) = bytes.split_last_chunk::<HASH>().ok_or_else(damaged)?;
    if <[u8; HASH]>::from(Sha256::digest(whole)) != *hash {
        return Err(damaged());
    }
    let rest = whole.strip_prefix(MARK).ok_or_else(damaged)?;
    let (format, rest) = rest.split_first().ok_or_else(damaged)?;
    if FORMAT < *format {
        return Err(KeyboxError::TooNew(place()));
    }
    if *format != FORMAT {
        return Err(damaged());
    }
    let (install, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let (bucket, rest) = rest.split_first().ok_or_else(damaged)?;
    let (epoch, content) = rest.split_first_chunk().ok_or_else(damaged)?;
    Ok(Parts {
        install: *install,
        bucket: Bucket::from_number(*bucket).ok_or_else(damaged)?,
        epoch: u64::from_be_bytes(*epoch),
        content,
    })
}
