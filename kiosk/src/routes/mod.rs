//! The handlers, one file a noun. The addresses are in `route.rs`.

pub(crate) mod health;
pub(crate) mod page;
