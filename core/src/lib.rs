//! Jifen (积分): a loyalty engine that a shop owns. A library with no network, no clock and no screen.
//!
//! Reading order: [`domain`] says what the rules are, [`ledger`] what they do to an account, [`policy`] what may
//! be done with what members told us, [`audit`] how it is kept that somebody did, [`store`] keeps bytes and knows nothing of these, [`vault`] seals what belongs to a
//! member, and [`engine`] carries out commands.
//!
//! A sale, from the programme to the points, in memory:
//!
//! ```
//! use std::sync::Arc;
//!
//! use jifen::domain::{basket::{Line, LineKind, Quantity}, money::Money};
//! use jifen::engine::clock::{GivenClock, SeededEntropy};
//! use jifen::engine::{Engine, Settings, commit::IdempotencyKey, closing::closing, keys::Keys};
//! use jifen::engine::{open::Open, receipt::Receipt, sale::TakeSale, tokens::Presented};
//! use jifen::ledger::sale::ReceiptNo;
//! use jifen::{store::memory::MemoryStore, vault::Keybox};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let keybox = Keybox::in_memory([1; 16], Arc::new(|| [7; 32]));
//! let keys = Arc::new(Keys::new(keybox));
//! let store = Arc::new(MemoryStore::new(Some(closing(keys.clone()))));
//! let sold_at = "2017-03-01T12:00:00+08:00".parse()?;
//! let clock = Arc::new(GivenClock::at(sold_at));
//! let entropy = Arc::new(SeededEntropy::new([1; 32]));
//! let engine = Engine::open(store, keys, clock, entropy, Settings::default())?;
//! engine.activate(include_str!("../../fixtures/programmes/demo.toml"))?;
//!
//! let key = |number: u8| IdempotencyKey {
//!     terminal: "till-1".to_owned(),
//!     uuid: [1, 90, 136, 22, 224, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, number],
//! };
//! let account = engine.draw_account()?;
//! engine.run(&key(1), Open { account, reference: "M-1".to_owned(), gift: false })?;
//!
//! let milk = Line {
//!     product: "milk".to_owned(),
//!     department: "DAIRY".to_owned(),
//!     category: String::new(),
//!     kind: LineKind::Goods,
//!     quantity: Quantity::of_units(2).ok_or("too many")?,
//!     paid: Money::parse("19.99", 2)?,
//! };
//! let sale = TakeSale {
//!     account,
//!     receipt: ReceiptNo { store: "1".into(), till: "1".into(), number: "1".into() },
//!     sold_at,
//!     lines: vec![milk],
//!     holds: Vec::new(),
//!     presented: Presented::default(),
//! };
//! let answer = engine.run(&key(2), sale.clone())?;
//! let Receipt::Sold(sold) = &answer.receipt else { return Err("not a sale".into()) };
//! assert_eq!(sold.earned.count(), 19);
//! // A retry hears the same answer, and earns nothing more.
//! assert!(engine.run(&key(2), sale)?.repeated);
//! assert_eq!(engine.balance(account)?.balance.count(), 19);
//! # Ok(())
//! # }
//! ```

pub mod domain;
pub mod ledger;
pub mod policy;
pub mod audit;
pub mod store;
pub mod vault;
pub mod engine;
