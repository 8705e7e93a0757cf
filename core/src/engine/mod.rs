//! The commands. This is the only room that begins a transaction: one command, one write transaction, one receipt.
//!
//! Reading order: [`Engine`] is what a caller holds, [`commit`] is the path that every command takes, [`work`] is what a
//! command may do inside its transaction, and then one file a family of commands.

pub mod clock;
pub mod keys;
pub mod rows;
pub mod work;
pub mod commit;
pub mod receipt;
pub mod programmes;
pub mod open;
pub mod quote;
pub mod hold;
pub mod sale;
pub mod refund;
pub mod reverse;
pub mod adjust;
pub mod sweep;
pub mod statement;
pub mod explain;
pub mod liability;
pub mod verify;

use core::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::store::{ReadTx, Store, StoreError};

use clock::{Clock, Entropy};
use keys::Keys;
use work::{Stop, View};

/// What a shop may set beside its programme.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Adjustments of more points than this need a second person (semantics 38).
    pub second_person_above: Points,
}

impl Default for Settings {
    /// 1,000 points.
    fn default() -> Self {
        Self {
            second_person_above: Points::new(1_000).unwrap_or(Points::ZERO),
        }
    }
}

/// The engine over one store. It is shared by reference between threads.
pub struct Engine {
    store: Arc<dyn Store>,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    versions: RwLock<Arc<Versions>>,
    settings: Settings,
    /// Business time of the latest command; business time never goes back.
    latest: AtomicI64,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over a store that was opened with [`liability::closing`] and the same keys.
    ///
    /// # Errors
    /// The store's, and [`Refusal::StoreDamaged`] when a stored programme no longer reads.
    pub fn open(
        store: Arc<dyn Store>,
        keys: Arc<Keys>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        settings: Settings,
    ) -> Result<Self, Stop> {
        let (versions, latest) = {
            let tx = store.read()?;
            let view = View::new(&*tx, &keys);
            (programmes::stored(&view)?, view.latest_commit()?)
        };
        Ok(Self {
            store,
            keys,
            clock,
            entropy,
            versions: RwLock::new(Arc::new(versions)),
            settings,
            latest: AtomicI64::new(latest.millis()),
        })
    }

    /// Business time: the clock's, but never before the latest command's.
    pub fn now(&self) -> Moment {
        let now = self.clock.business().millis();
        let latest = self.latest.fetch_max(now, Ordering::SeqCst);
        Moment::from_millis(now.max(latest))
    }

    /// The programme's versions.
    pub fn versions(&self) -> Arc<Versions> {
        self.versions.read().clone()
    }

    /// Reads a snapshot.
    pub fn read<T>(&self, look: impl FnOnce(&View<'_>) -> Result<T, Stop>) -> Result<T, Refusal> {
        let tx: Box<dyn ReadTx + '_> = self.store.read().map_err(Refusal::from)?;
        look(&View::new(&*tx, &self.keys)).map_err(Refusal::from)
    }
}

impl From<StoreError> for Refusal {
    /// What the store said stays in the building; the caller learns what it may do.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy => Self::Busy,
            StoreError::Unknown => Self::Unknown,
            StoreError::InUse => Self::StoreInUse,
            StoreError::Damaged(_) => Self::StoreDamaged,
            StoreError::Full => Self::StoreFull,
            StoreError::Io(_) | StoreError::Bug => Self::StoreFailed,
        }
    }
}
