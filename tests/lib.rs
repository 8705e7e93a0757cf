//! Tests that cross a crate live in `suite/`. What several of them stand on lives here.

pub mod fault_disk;
