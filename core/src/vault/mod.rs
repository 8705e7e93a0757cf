//! The only place where personal data is in the clear. Keys and seals come first; profiles, grants and tokens follow.

pub mod seal;
pub mod keybox;
mod root;

pub use keybox::Keybox;
pub use seal::{DataKey, InstallKey};
