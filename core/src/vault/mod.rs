//! The only place where personal data is in the clear: keys and seals, profiles, tokens and PINs.

pub mod seal;
pub mod keybox;
mod root;
pub mod personal;
pub mod profile;
pub mod address;
pub mod tokens;
pub mod pin;
pub mod phone_index;
pub mod totp;

pub use keybox::{DayKey, Draw32, Keybox, MemberKeys};
pub use seal::DataKey;
