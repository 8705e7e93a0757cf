//! A new keybox. It appears at one stroke, when everything in it is durable; what a power cut leaves before that is
//! written over the next time.

use std::sync::Arc;

use super::super::root::{Kek, ROOT_FILE, RootFile, Side};
use super::bucket::{Bucket, seal};
use super::disk::Disk;
use super::erase::Going;
use super::keys::Secret;
use super::shelf::Shelves;
use super::write::{System, Writer};
use super::{Draw32, KeyboxError, nonce};

/// The root keys until everything else is there.
pub(super) const NEW_ROOT_FILE: &str = "root.key.new";
/// The folder of the buckets.
pub(super) const BUCKETS_FOLDER: &str = "keybox";
const NEW_BUCKETS_FOLDER: &str = "keybox.new";

/// The keys of a new installation.
pub(super) struct First {
    pub(super) keks: Vec<Kek>,
    pub(super) system: System,
}

impl First {
    /// All of them drawn.
    pub(super) fn draw(install: [u8; 16], draw: &Draw32) -> Self {
        let kek = |_| Kek {
            epoch: 1,
            key: Secret::new(draw()),
        };
        Self {
            keks: Bucket::all().map(kek).collect(),
            system: System {
                install,
                key: Secret::new(draw()),
                audit_seed: Secret::new(draw()),
            },
        }
    }

    /// The writer of a keybox with these keys.
    pub(super) fn writer(self, disk: Option<Arc<dyn Disk>>) -> Writer {
        let keks = self.keks.into_iter().map(|kek| (kek, Side::Left));
        Writer::new(disk, self.system, keks.collect())
    }
}

/// Writes a keybox with what is on the shelves into a folder that has no keys yet.
///
/// # Errors
///
/// `Exists` where there is any file of a keybox, `InUse` where another one is just being made, and what the disk says.
pub(super) fn write(
    disk: &dyn Disk,
    writer: &Writer,
    shelves: &Shelves,
    draw: &Draw32,
) -> Result<(), KeyboxError> {
    let refuse_old = || {
        let is_old = disk.is_there(ROOT_FILE) || disk.is_there(BUCKETS_FOLDER);
        if is_old {
            return Err(KeyboxError::Exists(disk.place("")));
        }
        Ok(())
    };
    disk.make_folder("")?;
    refuse_old()?;
    disk.lock(NEW_ROOT_FILE, true)?;
    // Another one may have been finished while this one waited for nothing.
    refuse_old()?;

    disk.make_folder(NEW_BUCKETS_FOLDER)?;
    let file = |name: &str| format!("{NEW_BUCKETS_FOLDER}/{name}");
    let tokens = shelves.tokens_of(&Bucket::all().collect::<Vec<_>>());
    for (bucket, kek) in Bucket::all().zip(writer.keks()) {
        let content = writer.content(bucket, shelves, &tokens, &Going::Nothing);
        let bytes = seal(kek, writer.install(), nonce(draw), &content)?;
        disk.put(&file(&bucket.name()), &bytes)?;
    }
    disk.put(&file("journal"), &writer.empty_journal())?;
    disk.sync_folder(NEW_BUCKETS_FOLDER)?;
    disk.put(NEW_ROOT_FILE, &RootFile::first(writer.keks()))?;
    disk.sync_folder("")?;

    // From here on the keybox is whole, and opening it finishes what is left.
    disk.rename(NEW_BUCKETS_FOLDER, BUCKETS_FOLDER)?;
    disk.sync_folder("")?;
    disk.rename(NEW_ROOT_FILE, ROOT_FILE)?;
    disk.sync_folder("")
}

/// Whether there is a keybox, or one whose making only the last step is missing of.
pub(super) fn exists(disk: &dyn Disk) -> bool {
    disk.is_there(ROOT_FILE) || is_unfinished(disk)
}

/// Whether all is there and only the root keys do not have their name yet.
pub(super) fn is_unfinished(disk: &dyn Disk) -> bool {
    !disk.is_there(ROOT_FILE) && disk.is_there(NEW_ROOT_FILE) && disk.is_there(BUCKETS_FOLDER)
}
