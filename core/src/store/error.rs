//! What a store says when it cannot.

/// Why a transaction was not read, or what is not known about one that was submitted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Nothing was done. Too much is waiting, or the file was reopened under a reader: begin again.
    #[error("busy: nothing was done, ask again")]
    Busy,
    /// The commit failed and its outcome is not known. Ask again with the same key.
    #[error("the outcome is not known: ask again with the same key")]
    Unknown,
    /// Another process, or another store in this one, has the file.
    #[error("the file is in use by another process")]
    InUse,
    /// Bytes that this program did not write: which, is said without what stands in them.
    #[error("damaged: {0}")]
    Damaged(String),
    /// The disk is full. Nothing of the batch was committed.
    #[error("the disk is full: nothing was committed")]
    Full,
    /// The disk or the operating system refused. Nothing was committed.
    #[error("the disk refused: {0}")]
    Io(String),
    /// A body panicked, or wrote what cannot be written. Nothing of it was committed.
    #[error("a bug: the body panicked")]
    Bug,
}
