//! The copy of the audit in files: `leaves-<first seq>.jsonl` segments, `checkpoints.txt` and `key.txt`. It is written in
//! order behind the store's commits, read by whoever checks, and holds nothing that others may not see.

mod error;
mod read;
mod write;

use std::io;
use std::path::Path;

pub use error::CopyError;
pub use read::{CopyFolder, Lines, Note, Notes, RawLine, Segment, SegmentLines};
pub use write::AuditCopy;

/// How many leaves stand in one file.
pub const SEGMENT_LINES: u64 = 65_536;

/// The signed checkpoints, oldest first, a line of [`SEPARATOR`] behind each.
pub const CHECKPOINTS: &str = "checkpoints.txt";

/// The key that checks them. Whoever checks should have it from elsewhere too.
pub const KEY: &str = "key.txt";

/// What stands behind each checkpoint. No line of a note of ours can be it: an origin begins with its name, the next two
/// lines are a number and base64, and a signature line begins with an em dash.
pub const SEPARATOR: &str = "---";

/// The name of the segment that begins with this leaf.
fn segment_name(first: u64) -> String {
    format!("leaves-{first:012}.jsonl")
}

/// The first leaf of a segment by its name, or nothing where the name is no segment's.
fn segment_first(name: &str) -> Option<u64> {
    let first: u64 = name
        .strip_prefix("leaves-")?
        .strip_suffix(".jsonl")?
        .parse()
        .ok()?;
    (segment_name(first) == name).then_some(first)
}

fn failed(path: &Path, error: &io::Error) -> CopyError {
    CopyError::Io(format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
