//! The disk that loses power, and the search through all that ever stood on it, for the tests of what stands above a
//! keybox.

use super::histories::{Archive, all_of};
use super::power::{FATES, PowerDisk};
use super::*;

/// A disk with a keybox of the installation of these tests.
#[derive(Clone, Default)]
pub(crate) struct KeyDisk {
    disk: PowerDisk,
}

impl KeyDisk {
    /// A new keybox on it.
    pub(crate) fn create(&self, draw: Draw32) -> Keybox {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        Keybox::create_on(&disk, INSTALL, draw).unwrap()
    }

    /// The keybox on it.
    pub(crate) fn open(&self, draw: Draw32) -> Result<Keybox, KeyboxError> {
        let disk: Arc<dyn Disk> = Arc::new(self.disk.clone());
        Keybox::open_on(&disk, draw)
    }

    /// Another disk with the same on it.
    pub(crate) fn copy(&self) -> Self {
        Self {
            disk: self.disk.copy(),
        }
    }

    /// The power goes after so many more steps.
    pub(crate) fn cut_after(&self, steps: usize) {
        self.disk.cut_after(steps);
    }

    /// One step fails, this many from now.
    pub(crate) fn fail_at(&self, steps: usize) {
        self.disk.fail_at(steps);
    }

    /// How many steps were done.
    pub(crate) fn steps(&self) -> usize {
        self.disk.steps()
    }

    /// What a power cut now leaves, in every way that it can.
    pub(crate) fn after_power_cut(&self) -> Vec<Self> {
        let after = |fate| Self {
            disk: self.disk.after(fate),
        };
        FATES.into_iter().map(after).collect()
    }
}

/// All that ever stood on disks, as far as it was taken.
#[derive(Clone, Default)]
pub(crate) struct Everything {
    archive: Archive,
}

impl Everything {
    /// Takes what stands there now.
    pub(crate) fn take(&mut self, disk: &KeyDisk) {
        self.archive.take(&disk.disk);
    }

    /// How many keys of this member can be had from it, and how many there are: with whatever root key stands in a slot
    /// of this disk.
    pub(crate) fn found(&self, disk: &KeyDisk, keys: &MemberKeys) -> (usize, usize) {
        let secrets = all_of(keys);
        (
            self.archive.found(&disk.disk, &secrets).len(),
            secrets.len(),
        )
    }
}
