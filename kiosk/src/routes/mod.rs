//! One file a noun.

pub(crate) mod codes;
pub(crate) mod health;
pub(crate) mod members;
pub(crate) mod own;
pub(crate) mod pos;
pub(crate) mod rights;
pub(crate) mod credentials;
pub(crate) mod verification;
pub(crate) mod tickets;
pub(crate) mod metrics;
pub(crate) mod consents;
pub(crate) mod data;
pub(crate) mod staff;
