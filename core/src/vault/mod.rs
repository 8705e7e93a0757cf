//! The only place where personal data is in the clear. Keys and seals come first; profiles, grants and tokens follow.

pub mod seal;
pub mod keybox;

pub use keybox::{DayKey, Draw32, Keybox, MemberKeys};
pub use seal::DataKey;
