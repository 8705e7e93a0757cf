//! What every handler works with.

use std::sync::Arc;
use std::time::Duration;

use jifen::domain::time::Moment;
use jifen::engine::Engine;
use jifen::engine::clock::{Clock, Entropy};
use jifen_pos::signature::Nonces;
use parking_lot::{Mutex, RwLock};

use crate::age::Ages;
use crate::clock::OsEntropy;
use crate::copies::Links;
use crate::failure::Failure;
use crate::keeper::Keeping;
use crate::metrics::Metrics;
use crate::ration::Ration;
use crate::session::Sessions;
use crate::settings::Settings;
use crate::staff::StaffSessions;

/// The most requests that one terminal may sign in two minutes: some 2,000 a second.
const NONCES_MAX: usize = 240_000;

/// Tells the clock of a time of sale.
pub(crate) type Follow = Box<dyn Fn(Moment) + Send + Sync>;

/// The store behind the listeners.
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) sessions: Sessions,
    /// Links to members' copies of their data.
    pub(crate) links: Links,
    pub(crate) staff: StaffSessions,
    pub(crate) nonces: Mutex<Nonces>,
    /// The authorities that a till may call the edge by.
    names: RwLock<Vec<String>>,
    /// When the process began, in seconds since 1970: what changes nothing and was signed before it is refused.
    pub(crate) started: u64,
    /// Where a day is replayed, the clock follows its sales.
    pub(crate) follow: Option<Follow>,
    /// Keeps the audit's copy; none where a store leaves nothing behind.
    keeping: Option<Keeping>,
    entropy: OsEntropy,
    /// Complaints without log-in: 20 an hour.
    pub(crate) complaints: Ration,
    /// Wrong references of complaints: 10 a minute (privacy §5).
    pub(crate) wrong_references: Ration,
    /// What was answered, in numbers.
    pub(crate) metrics: Metrics,
    /// How old the copies are; none where a store leaves nothing behind.
    ages: Option<Ages>,
}

impl core::fmt::Debug for App {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// The store of an engine. Until it is told its names, no till is believed.
    pub(crate) fn new(engine: Arc<Engine>, clock: Arc<dyn Clock>) -> Result<Self, Failure> {
        let started = seconds(clock.wall());
        Ok(Self {
            engine,
            clock,
            sessions: Sessions::default(),
            links: Links::default(),
            staff: StaffSessions::default(),
            nonces: Mutex::new(Nonces::new(NONCES_MAX)),
            names: RwLock::new(Vec::new()),
            started,
            follow: None,
            keeping: None,
            entropy: OsEntropy::new()?,
            complaints: Ration::new(20, Duration::from_hours(1)),
            wrong_references: Ration::new(10, Duration::from_mins(1)),
            metrics: Metrics::default(),
            ages: None,
        })
    }

    /// The same, with a clock that follows the sales that are sent.
    pub(crate) fn following(mut self, follow: Follow) -> Self {
        self.follow = Some(follow);
        self
    }

    /// The same, with a keeper of the audit's copy.
    pub(crate) fn kept(mut self, keeping: Keeping) -> Self {
        self.keeping = Some(keeping);
        self
    }

    /// The same, whose copies are where these settings say, and whose visits wait as long as they say.
    pub(crate) fn watching(mut self, settings: &Settings) -> Self {
        self.sessions = Sessions::new(settings.patience);
        self.ages = Some(Ages::of(settings));
        self
    }

    /// How old its copies are.
    pub(crate) const fn ages(&self) -> Option<&Ages> {
        self.ages.as_ref()
    }

    /// Something was done that a member holds a receipt of.
    pub(crate) fn audit_moved(&self) {
        if let Some(keeping) = &self.keeping {
            keeping.checkpoint();
        }
    }

    /// Nothing more is answered: what was, is kept. A thread that has not noticed yet may still hold this shop, so it is
    /// not left to the last of them.
    pub(crate) fn end(&self) {
        if let Some(keeping) = &self.keeping {
            keeping.end();
        }
    }

    /// A store that leaves nothing behind, without a programme.
    #[cfg(test)]
    pub(crate) fn in_memory() -> Result<Self, Failure> {
        let shop = crate::shop::in_memory()?;
        Self::new(shop.engine, shop.clock)
    }

    /// By which authorities a till may call the edge.
    pub(crate) fn answer_to(&self, names: Vec<String>) {
        *self.names.write() = names;
    }

    /// Those authorities.
    pub(crate) fn names(&self) -> Vec<String> {
        self.names.read().clone()
    }

    /// The address of a page for a phone: by the first name of the edge; none where it has none.
    pub(crate) fn page_address(&self, path: &str) -> Option<String> {
        let names = self.names.read();
        names.first().map(|name| format!("https://{name}{path}"))
    }

    /// The time on the wall, in seconds since 1970.
    pub(crate) fn wall_seconds(&self) -> u64 {
        seconds(self.clock.wall())
    }

    /// 32 random bytes.
    pub(crate) fn secret(&self) -> [u8; 32] {
        self.entropy.seed()
    }
}

fn seconds(moment: Moment) -> u64 {
    u64::try_from(moment.millis().div_euclid(1_000)).unwrap_or(0)
}
