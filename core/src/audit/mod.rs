//! The audit: leaves that say who did what, a tree over them, and checkpoints that seal it (privacy §7). No personal data
//! stands here, so all of it may be taken anywhere. The truth is the store's table of leaves; [`copy`] is its copy in files.

pub mod text;
pub mod act;
pub mod leaf;
pub mod tree;
pub mod checkpoint;
pub mod copy;
pub mod receipt;
pub mod check;

pub use act::Act;
pub use leaf::{Leaf, LeafError};
pub use text::{Handle, Hex32, Text};
