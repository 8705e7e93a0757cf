//! One file a noun.

pub(crate) mod health;
pub(crate) mod members;
pub(crate) mod own;
pub(crate) mod page;
pub(crate) mod pos;
pub(crate) mod rights;
pub(crate) mod staff;
