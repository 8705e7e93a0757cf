//! An engine on a table: a store in memory, a clock that tests move, and seeds that are known.

use std::sync::{Arc, OnceLock};

use jifen::domain::ids::AccountId;
use jifen::domain::time::Moment;
use jifen::engine::clock::{Entropy, GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::commit::IdempotencyKey;
use jifen::engine::keys::Keys;
use jifen::engine::work::Stop;
use jifen::engine::{Engine, Settings};
use jifen::store::Store;
use jifen::store::memory::MemoryStore;
use jifen::vault::Keybox;

/// The demo programme's text.
pub const DEMO: &str = include_str!("../../fixtures/programmes/demo.toml");

/// An engine and the clock it goes by.
pub struct Bench {
    /// The engine.
    pub engine: Engine,
    /// Its clock.
    pub clock: Arc<GivenClock>,
}

/// The keys of every test store: the same as long as the process lives, so that a store can be opened again.
pub fn keys() -> Arc<Keys> {
    static KEYS: OnceLock<Arc<Keys>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        let seeds = SeededEntropy::new([7; 32]);
        let keybox = Keybox::in_memory([7; 16], Arc::new(move || seeds.seed()));
        Arc::new(Keys::new(keybox))
    });
    keys.clone()
}

impl Bench {
    /// An engine over a store in memory, with one programme.
    pub fn in_memory(programme: &str) -> Self {
        let bench = Self::over(Arc::new(MemoryStore::new(Some(closing(keys())))));
        bench
            .engine
            .activate(programme)
            .expect("the programme holds");
        bench
    }

    /// An engine over any store that was opened with [`keys`].
    pub fn over(store: Arc<dyn Store>) -> Self {
        Self::seeded(store, 1)
    }

    /// The same with other seeds.
    pub fn seeded(store: Arc<dyn Store>, seed: u8) -> Self {
        Self::opened(store, seed).expect("the store opens")
    }

    /// The same where the disk may fail while the engine opens.
    pub fn opened(store: Arc<dyn Store>, seed: u8) -> Result<Self, Stop> {
        let clock = Arc::new(GivenClock::default());
        let entropy = Arc::new(SeededEntropy::new([seed; 32]));
        let engine = Engine::open(store, keys(), clock.clone(), entropy, Settings::default());
        Ok(Self {
            engine: engine?,
            clock,
        })
    }

    /// Everything adds up.
    pub fn assert_verified(&self, after: &str) {
        let verified = self.engine.verify(&mut |_, _| {}).expect("the store reads");
        assert!(
            verified.differences.is_empty(),
            "{after}: {:#?}",
            verified.differences
        );
    }
}

/// The account of a name in a test.
pub fn account(name: &str) -> AccountId {
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    AccountId::from_bytes(bytes)
}

/// The account of a name, with keys, ready to be opened.
pub fn admitted(engine: &Engine, name: &str) -> AccountId {
    let account = account(name);
    engine.admit(account, &[]).expect("keys are drawn");
    account
}

/// An idempotency key that a test can name: the time, then the number.
pub fn key(at: Moment, number: u64) -> IdempotencyKey {
    let mut uuid = [0; 16];
    uuid[..6].copy_from_slice(&at.millis().to_be_bytes()[2..]);
    uuid[8..].copy_from_slice(&number.to_be_bytes());
    uuid[6] = 0x70;
    uuid[8] = 0x80 | (uuid[8] & 0x3f);
    IdempotencyKey {
        terminal: "test".to_owned(),
        uuid,
    }
}
