//! How old the copies are: the audit's checkpoint, the backups, the escrow; read from their folders when it is asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use jifen::audit::copy::CHECKPOINTS;
use jifen::domain::time::Moment;
use jifen::engine::clock::Clock;

use crate::backup::escrow::ESCROW;
use crate::backup::manifest::generations;
use crate::clock::ShopClock;
use crate::keeper::AUDIT_FOLDER;
use crate::settings::Settings;

/// The copies of a shop.
pub(crate) struct Ages {
    settings: Settings,
    clock: ShopClock,
}

/// A folder, and when its newest copy was made; none where there is none, or where it cannot be read.
pub(crate) type Newest = (PathBuf, Option<Moment>);

impl Ages {
    /// Of the shop of these settings.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            clock: ShopClock::new(),
        }
    }

    /// The time on the wall, which the copies were dated by.
    pub(crate) fn now(&self) -> Moment {
        self.clock.wall()
    }

    /// When the audit's last checkpoint was written.
    pub(crate) fn checkpoint(&self) -> Option<Moment> {
        let file = self.settings.data.join(AUDIT_FOLDER).join(CHECKPOINTS);
        let is_written = fs::metadata(&file).is_ok_and(|file| 0 < file.len());
        is_written.then(|| modified(&file)).flatten()
    }

    /// The newest backup of each target.
    pub(crate) fn backups(&self) -> Vec<Newest> {
        let targets = self.settings.backup.targets.iter();
        let newest = |target: &PathBuf| {
            let last = generations(target).ok()?.pop()?;
            Some(last.0)
        };
        targets
            .map(|target| (target.clone(), newest(target)))
            .collect()
    }

    /// The newest copy of a bucket of keys of each target.
    pub(crate) fn escrows(&self) -> Vec<Newest> {
        let targets = self.settings.escrow.targets.iter();
        targets
            .map(|target| (target.clone(), newest_escrow(target)))
            .collect()
    }
}

fn newest_escrow(target: &Path) -> Option<Moment> {
    let entries = fs::read_dir(target).ok()?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let copies = paths.filter(|path| path.to_string_lossy().ends_with(ESCROW));
    copies.filter_map(|path| modified(&path)).max()
}

/// When a file was last written.
pub(crate) fn modified(path: &Path) -> Option<Moment> {
    let at = fs::metadata(path).ok()?.modified().ok()?;
    let since = at.duration_since(UNIX_EPOCH).ok()?;
    Some(Moment::from_millis(i64::try_from(since.as_millis()).ok()?))
}

/// Whole seconds from one moment to another; 0 where it is later.
pub(crate) const fn seconds_since(at: Moment, now: Moment) -> i64 {
    let seconds = now.millis().saturating_sub(at.millis()).div_euclid(1_000);
    if seconds < 0 { 0 } else { seconds }
}
