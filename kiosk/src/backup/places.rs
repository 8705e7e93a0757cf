//! The places of the keys' escrow, as the engine asks for them when it has destroyed a key.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use jifen::domain::time::Moment;
use jifen::engine::Engine;
use jifen::engine::clock::Clock;
use jifen::engine::escrow::{Copied, Escrow};
use jifen::vault::Keybox;
use parking_lot::Mutex;

use super::escrow::{all_buckets, file_of, push_escrow};
use super::seal::Recipient;
use crate::clock::ShopClock;
use crate::settings::Settings;

/// The folders that the settings name, each with one copy of every bucket.
pub(crate) struct Places {
    targets: Vec<PathBuf>,
    custodians: [Recipient; 2],
    clock: ShopClock,
    /// How often each bucket had changed when it was last pushed; none before the first time.
    pushed: Mutex<Option<Vec<u64>>>,
}

impl Places {
    /// The places of these settings; none where they name none.
    pub(crate) fn of(settings: &Settings) -> Option<Arc<Self>> {
        let escrow = &settings.escrow;
        let custodians = escrow.custodians.clone()?;
        (!escrow.targets.is_empty()).then(|| {
            Arc::new(Self {
                targets: escrow.targets.clone(),
                custodians,
                clock: ShopClock::new(),
                pushed: Mutex::new(None),
            })
        })
    }

    /// Pushes every bucket that has changed since it was pushed last: at least hourly (privacy §4). Whether all arrived.
    pub(crate) fn follow(&self, engine: &Engine) -> bool {
        let keybox = engine.keys().keybox();
        let mut pushed = self.pushed.lock();
        // Counted before the buckets are read: a change meanwhile is pushed again.
        let now: Vec<u64> = all_buckets()
            .map(|bucket| keybox.change_count(bucket))
            .collect();
        let is_new = |bucket: &u8| {
            let place = usize::from(*bucket);
            let before = pushed.as_ref().and_then(|counts| counts.get(place));
            before != now.get(place)
        };
        let changed: Vec<u8> = all_buckets().filter(is_new).collect();
        let done = changed
            .into_iter()
            .flat_map(|bucket| self.replace(keybox, bucket))
            .all(|copied| copied.outcome.is_ok());
        if done {
            *pushed = Some(now);
        }
        done
    }
}

fn name(target: &Path) -> String {
    target.display().to_string()
}

impl Escrow for Places {
    fn destinations(&self) -> Vec<String> {
        self.targets.iter().map(|target| name(target)).collect()
    }

    fn replace(&self, keybox: &Keybox, bucket: u8) -> Vec<Copied> {
        let now = || self.clock.wall();
        let pushed = push_escrow(keybox, [bucket], &self.targets, &self.custodians, &now);
        let outcomes = match pushed {
            Ok(pushed) => pushed.targets,
            Err(failure) => {
                let all = self.targets.iter();
                let why = |target: &PathBuf| (target.clone(), Err(failure.copy()));
                all.map(why).collect()
            }
        };
        outcomes
            .into_iter()
            .map(|(target, outcome)| Copied {
                destination: name(&target),
                outcome: outcome.map_err(|failure| failure.en),
            })
            .collect()
    }

    fn copied_at(&self, destination: &str, bucket: u8) -> Option<Moment> {
        let target = self
            .targets
            .iter()
            .find(|target| name(target) == destination)?;
        let written = fs::metadata(target.join(file_of(bucket)))
            .ok()?
            .modified()
            .ok()?;
        let since = written.duration_since(UNIX_EPOCH).ok()?;
        Some(Moment::from_millis(i64::try_from(since.as_millis()).ok()?))
    }
}
