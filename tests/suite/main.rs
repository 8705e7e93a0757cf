//! Tests that cross a crate.

mod stories;
