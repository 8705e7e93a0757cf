//! The only place where personal data is in the clear: seals, profiles, tokens and PINs.

pub mod seal;
pub mod personal;
pub mod profile;
pub mod tokens;
pub mod pin;
pub mod phone_index;

pub use seal::{DataKey, InstallKey};
