//! Jifen (积分): a loyalty engine that a shop owns. A library with no network, no clock and no screen.
//!
//! Reading order: [`domain`] says what the rules are.

pub mod domain;
