//! The root keys: one key-encryption key a bucket, in two slots, of which exactly one is filled at rest (privacy §2, §3).
//! Behind a trait: a file now; a TPM or a key service may take its place.
//!
//! ```text
//! root.key = 65 buckets (00 to 3f, then sys) × 2 slots × 4,096 bytes
//! slot     = "JFRK" ‖ epoch (8, big-endian) ‖ key (32) ‖ CRC-32 of all before it (4, big-endian) ‖ zeros; all zeros when empty
//! ```

use std::sync::Arc;

use zeroize::Zeroizing;

use super::keybox::KeyboxError;
use super::keybox::bucket::Bucket;
use super::keybox::disk::{Bytes, Disk};
use super::keybox::keys::Secret;

/// The file of the root keys.
pub(super) const ROOT_FILE: &str = "root.key";

const BLOCK: usize = 4_096;
const MARK: &[u8; 4] = b"JFRK";
const FILE_LEN: usize = Bucket::COUNT * 2 * BLOCK;

/// The key of one bucket, and which one it is. Epochs count up from 1, one a key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kek {
    pub(super) epoch: u64,
    pub(super) key: Secret,
}

/// Which of a bucket's two slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

impl Side {
    /// The other one.
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Left => Self::Right,
            Self::Right => Self::Left,
        }
    }
}

/// What stands in a slot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Slot {
    /// Zeros alone.
    Empty,
    /// A key.
    Filled(Kek),
    /// Neither: a write that was cut short, or damage.
    Broken,
}

/// Where the root keys are kept.
pub(super) trait RootKeys: Send + Sync {
    /// Every bucket's two slots, as they are now.
    fn slots(&self) -> Result<Vec<[Slot; 2]>, KeyboxError>;

    /// Fills a slot. Durable when it returns.
    fn write_slot(&self, bucket: Bucket, side: Side, kek: &Kek) -> Result<(), KeyboxError>;

    /// Overwrites a slot with zeros. Durable when it returns.
    fn zero_slot(&self, bucket: Bucket, side: Side) -> Result<(), KeyboxError>;
}

/// Root keys in a file.
pub(super) struct RootFile {
    disk: Arc<dyn Disk>,
}

impl RootFile {
    pub(super) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { disk }
    }

    /// The bytes of a new file with these keys, in the order of the buckets, each in its left slot.
    pub(super) fn first<'a>(keks: impl IntoIterator<Item = &'a Kek>) -> Bytes {
        let mut bytes = Zeroizing::new(vec![0; FILE_LEN]);
        for (pair, kek) in bytes.chunks_exact_mut(2 * BLOCK).zip(keks) {
            let block = block(kek);
            let (slot, _) = pair.split_at_mut(BLOCK);
            slot.copy_from_slice(&block);
        }
        bytes
    }
}

impl RootKeys for RootFile {
    fn slots(&self) -> Result<Vec<[Slot; 2]>, KeyboxError> {
        let place = || self.disk.place(ROOT_FILE);
        let bytes = self
            .disk
            .read(ROOT_FILE)?
            .ok_or_else(|| KeyboxError::Missing(place()))?;
        if bytes.len() != FILE_LEN {
            return Err(KeyboxError::Damaged(place()));
        }
        let pairs = bytes.chunks_exact(2 * BLOCK);
        Ok(pairs
            .map(|pair| {
                let (left, right) = pair.split_at(BLOCK);
                [Slot::read(left), Slot::read(right)]
            })
            .collect())
    }

    fn write_slot(&self, bucket: Bucket, side: Side, kek: &Kek) -> Result<(), KeyboxError> {
        self.disk
            .write(ROOT_FILE, offset(bucket, side), &block(kek))
    }

    fn zero_slot(&self, bucket: Bucket, side: Side) -> Result<(), KeyboxError> {
        self.disk
            .write(ROOT_FILE, offset(bucket, side), &[0; BLOCK])
    }
}

impl Slot {
    fn read(block: &[u8]) -> Self {
        if block.iter().all(|byte| *byte == 0) {
            return Self::Empty;
        }
        Self::filled(block).map_or(Self::Broken, Self::Filled)
    }

    fn filled(block: &[u8]) -> Option<Kek> {
        let rest = block.strip_prefix(MARK)?;
        let (epoch, rest) = rest.split_first_chunk()?;
        let (key, rest) = rest.split_first_chunk()?;
        let (checksum, zeros) = rest.split_first_chunk()?;
        let kek = Kek {
            epoch: u64::from_be_bytes(*epoch),
            key: Secret::new(*key),
        };
        let is_whole = checksum_of(&kek) == u32::from_be_bytes(*checksum)
            && zeros.iter().all(|byte| *byte == 0);
        is_whole.then_some(kek)
    }
}

/// The slot of a key, as it is written.
fn block(kek: &Kek) -> Bytes {
    let mut block = Zeroizing::new(Vec::with_capacity(BLOCK));
    block.extend_from_slice(MARK);
    block.extend_from_slice(&kek.epoch.to_be_bytes());
    block.extend_from_slice(kek.key.bytes());
    block.extend_from_slice(&checksum_of(kek).to_be_bytes());
    block.resize(BLOCK, 0);
    block
}

fn checksum_of(kek: &Kek) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(MARK);
    hasher.update(&kek.epoch.to_be_bytes());
    hasher.update(kek.key.bytes());
    hasher.finalize()
}

/// Where a slot begins.
fn offset(bucket: Bucket, side: Side) -> u64 {
    let side = match side {
        Side::Left => 0,
        Side::Right => 1,
    };
    let slots = u64::from(bucket.number())
        .saturating_mul(2)
        .saturating_add(side);
    slots.saturating_mul(4_096)
}
