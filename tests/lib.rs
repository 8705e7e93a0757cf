//! Tests that cross a crate live in `suite/`.
