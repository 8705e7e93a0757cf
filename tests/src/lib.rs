//! What the tests in `suite/` share: an engine on a table, stories in tables, and disks that fail.

pub mod bench;
pub mod story;
pub mod wishes;
pub mod people;
pub mod crew;
pub mod traces;
pub mod fault_disk;
pub mod outbox;
