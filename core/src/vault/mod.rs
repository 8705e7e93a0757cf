//! The only place where personal data is in the clear. Keys and seals come first; profiles, grants and tokens follow.

pub mod seal;

pub use seal::{DataKey, InstallKey};
