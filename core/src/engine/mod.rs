//! The commands. This is the only room that begins a transaction: one command, one write transaction, one receipt.
//!
//! Reading order: [`Engine`] is what a caller holds, [`commit`] is the path that every command takes, [`work`] is what a
//! command may do inside its transaction, and then one file a family of commands.

pub mod clock;
pub mod keys;
pub mod rows;
mod found;
mod install;
pub mod tokens;
pub mod live;
pub mod sectors;
pub mod counters;
mod window;
pub mod terminals;
pub mod notices;
pub mod audit;
pub mod closing;
pub mod logins;
pub mod enrol;
pub mod sign_in;
pub mod member;
pub mod pin;
pub mod reissue;
pub mod phone;
pub mod correct;
pub mod merge;
pub mod postal;
pub mod erase;
pub mod escrow;
pub mod messenger;
pub mod tickets;
pub mod condition;
pub mod consents;
pub mod looks;
pub mod own;
pub mod identity;
pub mod retain;
pub mod view;
pub mod work;
mod attempt;
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
pub mod staff;
pub mod proposals;
#[cfg(feature = "redb")]
pub mod backup;
#[cfg(feature = "redb")]
pub mod restore;

use core::sync::atomic::{AtomicI64, Ordering};
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::domain::points::Points;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::calendar::Calendar;
use crate::policy::notice::Notice;
use crate::policy::retention::RetentionPolicy;
use crate::store::{ReadTx, Store, StoreError};
use crate::vault::phone_index::PhoneIndex;
use crate::vault::pin::HashGate;
use crate::vault::tokens::Prefix;

use clock::{Clock, Entropy, Judge};
use counters::Counters;
use escrow::Escrow;
use keys::Keys;
use messenger::Messenger;
use terminals::Terminals;
use tokens::InMemory;
use work::{Stop, View};

/// What a shop may set beside its programme.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Adjustments of more points than this need a second person (semantics 38).
    pub second_person_above: Points,
    /// What the shop's cards begin with.
    pub prefix: Prefix,
    /// What new members may do before anybody has looked (MEM-05).
    pub review: Review,
    /// How long records are kept (RET-01).
    pub retention: RetentionPolicy,
}

/// Whether a registration is looked at before the member may use points (MEM-05).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Review {
    /// Members are active at once.
    #[default]
    None,
    /// Members are pending until the code that is sent to their phone comes back: they earn and cannot use points.
    PhoneCode,
    /// Members are pending until somebody of the staff has looked.
    Staff,
}

impl Default for Settings {
    /// 1,000 points, cards that begin with 99, no review.
    fn default() -> Self {
        Self {
            second_person_above: Points::new(1_000).unwrap_or(Points::ZERO),
            prefix: Prefix::default(),
            review: Review::None,
            retention: RetentionPolicy::default(),
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
    terminals: RwLock<Terminals>,
    tokens: InMemory,
    notice: RwLock<Option<Arc<Notice>>>,
    phones: PhoneIndex,
    gate: HashGate,
    settings: Settings,
    /// When this process began, on the wall: live codes of a step before that are not taken.
    started: Moment,
    counters: Counters,
    /// Where copies of the keys are, once that is known.
    escrow: RwLock<Option<Arc<dyn Escrow>>>,
    /// What carries codes to phones, where the shop has one.
    messenger: RwLock<Option<Arc<dyn Messenger>>>,
    /// Working days, by which requests are due.
    calendar: RwLock<Arc<Calendar>>,
    /// What the shop decided about its staff.
    staff: RwLock<staff::StaffRules>,
    /// One erasure at a time.
    erasing: Mutex<()>,
    /// One re-issue of a card at a time.
    reissuing: Mutex<()>,
    /// One sweep at a time.
    retaining: Mutex<()>,
    /// Business time of the latest command; business time never goes back.
    latest: AtomicI64,
    judge: Mutex<Judge>,
}

impl core::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine over a store that was opened with [`closing::closing`] and the same keys.
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
        install::bind(&*store, &keys)?;
        let phones = PhoneIndex::new(entropy.seed());
        let (versions, terminals, notice, latest) = {
            let tx = store.read()?;
            let view = View::new(&*tx, &keys);
            audit::check_epochs(&view)?;
            member::index_phones(&view, &phones)?;
            (
                programmes::stored(&view)?,
                terminals::stored(&view)?,
                notices::latest(&view)?,
                view.latest_commit()?,
            )
        };
        let judge = Mutex::new(Judge::new(&*clock, latest));
        let (started, counters) = (clock.wall(), Counters::new(clock.clone()));
        let engine = Self {
            store,
            keys,
            clock,
            entropy,
            versions: RwLock::new(Arc::new(versions)),
            terminals: RwLock::new(terminals),
            tokens: InMemory::default(),
            notice: RwLock::new(notice.map(Arc::new)),
            phones,
            gate: HashGate::default(),
            settings,
            started,
            counters,
            escrow: RwLock::new(None),
            messenger: RwLock::new(None),
            calendar: RwLock::new(Arc::new(Calendar::official())),
            staff: RwLock::new(staff::StaffRules::default()),
            erasing: Mutex::new(()),
            reissuing: Mutex::new(()),
            retaining: Mutex::new(()),
            latest: AtomicI64::new(latest.millis()),
            judge,
        };
        engine.resume_erasures()?;
        engine.settle_all_cards()?;
        Ok(engine)
    }

    /// What the shop has set.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The keys that the rows are under.
    pub const fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Copies of the keys are kept there from now on. Until this is said, an erasure owes its copies everywhere.
    pub fn keep_escrow(&self, escrow: Arc<dyn Escrow>) {
        *self.escrow.write() = Some(escrow);
    }

    /// Codes and notices go to phones through it from now on.
    pub fn keep_messenger(&self, messenger: Arc<dyn Messenger>) {
        *self.messenger.write() = Some(messenger);
    }

    /// Working days are counted by it from now on; before, by the arrangements that came with the program.
    pub fn keep_calendar(&self, calendar: Calendar) {
        *self.calendar.write() = Arc::new(calendar);
    }

    /// The calendar of working days.
    pub fn calendar(&self) -> Arc<Calendar> {
        self.calendar.read().clone()
    }

    pub(crate) fn messenger(&self) -> Option<Arc<dyn Messenger>> {
        self.messenger.read().clone()
    }

    pub(crate) fn escrow(&self) -> Option<Arc<dyn Escrow>> {
        self.escrow.read().clone()
    }

    /// Business time: the clock's, but never before the latest command's; and the latest command's while the clock is not
    /// trusted (semantics 2).
    pub fn now(&self) -> Moment {
        self.time().0
    }

    /// Business time, and whether the clock is believed.
    fn time(&self) -> (Moment, bool) {
        let believed = self.judge.lock().business(&*self.clock);
        let now = believed.map_or(i64::MIN, Moment::millis);
        let latest = self.latest.fetch_max(now, Ordering::SeqCst);
        (Moment::from_millis(now.max(latest)), believed.is_some())
    }

    /// Whether the clock is believed. While it is not, nothing expires, sweeps are refused, and sales go on by the time
    /// of the latest commit.
    pub fn trusts_clock(&self) -> bool {
        self.time().1
    }

    /// An operator has looked at the clock and says that it is right.
    ///
    /// # Errors
    /// The store's: it is believed all the same.
    pub fn confirm_clock(&self) -> Result<(), Refusal> {
        self.judge.lock().confirm(&*self.clock);
        self.note(audit::Done::of_shop(
            audit::Actor::operator(),
            crate::audit::Act::ClockConfirmed,
        ))
    }

    /// The programme's versions.
    pub fn versions(&self) -> Arc<Versions> {
        self.versions.read().clone()
    }

    /// Reads a snapshot. A read that a reopening of the file has overtaken begins again.
    pub fn read<T>(
        &self,
        mut look: impl FnMut(&View<'_>) -> Result<T, Stop>,
    ) -> Result<T, Refusal> {
        let mut tries = 3_u8;
        loop {
            tries = tries.saturating_sub(1);
            let tx: Result<Box<dyn ReadTx + '_>, StoreError> = self.store.read();
            match tx
                .map_err(Stop::from)
                .and_then(|tx| look(&View::new(&*tx, &self.keys)))
            {
                Err(Stop::Store(StoreError::Busy)) if 0 < tries => {}
                result => return result.map_err(Refusal::from),
            }
        }
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
