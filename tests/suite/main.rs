//! Tests that cross a crate.

mod layers;
mod stories;
mod store_backends;
mod store_files;
mod audit;
mod erasure;
mod fault_disk;
mod forensic;
mod power_cut;
mod clock;
mod versions;
mod histories;
mod properties;
mod model;
mod retries;
mod concurrency;
mod members;
mod sign_in;
mod tokens;
mod windows;
mod raw_scan;
mod flipped_bits;
mod flipped_files;
mod restore;
mod restore_audit;
mod merge;
