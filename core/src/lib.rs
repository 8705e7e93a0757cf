//! Jifen (积分): a loyalty engine that a shop owns. A library with no network, no clock and no screen.
//!
//! Reading order: [`domain`] says what the rules are, [`store`] keeps rows and [`vault`] seals them.

pub mod domain;
pub mod store;
pub mod vault;
