//! The program as a user calls it: its words, its exit codes, its files, and its end by `kill -9`.
//!
//! These tests stand in this package because only here cargo builds the program before its tests and says where it is
//! (`CARGO_BIN_EXE_jifen`). From another package they would have to start a second cargo, which waits for the first.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test that cannot go on ends; clippy knows functions marked as tests, not what they call"
)]

mod caller;
mod words;
mod pages;
mod pages_me;
mod pages_rights;
mod shown_fields;
mod visitor;
mod programmes;
mod files;
mod broken_files;
mod stores;
mod full_disk;
mod kill;
mod kill_erase;
mod leaving;
mod serve;
mod wire;
mod store;
mod till;
mod shown;
mod http_members;
mod http_tills;
mod http_bad;
mod tape;
mod http_restart;
mod day;
mod http_private;
mod backup;
mod codes;
mod http_own;
mod desk;
mod credentials;
mod alike;
mod guessing;
mod sweep;
mod staff;
mod desk_routes;
mod desk_merges;
mod printing;
mod running;
mod tls;
mod tls_client;
