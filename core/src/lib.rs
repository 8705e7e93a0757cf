//! Jifen (积分): a loyalty engine that a shop owns. A library with no network, no clock and no screen.
//!
//! Reading order: [`domain`] says what the rules are, [`ledger`] what they do to an account, [`store`] keeps bytes and
//! knows nothing of either, [`vault`] seals what belongs to a member, and [`engine`] carries out commands.

pub mod domain;
pub mod ledger;
pub mod store;
pub mod vault;
pub mod engine;
