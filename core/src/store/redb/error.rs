//! What redb's errors mean to us. Its enums may grow, so the last arm of each stands for what it does not say yet.

use core::panic::AssertUnwindSafe;
use std::io::ErrorKind;
use std::panic::catch_unwind;

use ::redb::{CommitError, DatabaseError, StorageError, TableError, TransactionError};

use super::super::StoreError;

/// Calls into redb. It is free to panic on a file that was altered behind its back, and a shop's program is not.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|_| Err(StoreError::Damaged("redb gave up on the file".to_owned())))
}

pub(super) fn storage_error(error: StorageError) -> StoreError {
    match error {
        StorageError::Io(error) => io_error(&error),
        StorageError::Corrupted(what) => StoreError::Damaged(what),
        // Another call failed before this one, or the file was closed under it: begin again on the reopened file.
        StorageError::PreviousIo | StorageError::DatabaseClosed | StorageError::LockPoisoned(_) => {
            StoreError::Busy
        }
        StorageError::ValueTooLarge(_) => StoreError::Bug,
        error @ (StorageError::Backend(_) | StorageError::Unsupported | _) => {
            StoreError::Io(error.to_string())
        }
    }
}

pub(super) fn table_error(error: TableError) -> StoreError {
    match error {
        TableError::Storage(error) => storage_error(error),
        error @ (TableError::TableTypeMismatch { .. }
        | TableError::TableIsMultimap(_)
        | TableError::TableIsNotMultimap(_)
        | TableError::TypeDefinitionChanged { .. }
        | TableError::TableDoesNotExist(_)
        | TableError::TableExists(_)
        | TableError::TableAlreadyOpen(..)
        | _) => StoreError::Damaged(error.to_string()),
    }
}

pub(super) fn transaction_error(error: TransactionError) -> StoreError {
    match error {
        TransactionError::Storage(error) => storage_error(error),
        error @ (TransactionError::ReadTransactionStillInUse(_)
        | TransactionError::WouldBlock
        | _) => StoreError::Io(error.to_string()),
    }
}

pub(super) fn commit_error(error: CommitError) -> StoreError {
    match error {
        CommitError::Storage(error) => storage_error(error),
        error @ (CommitError::TransactionPoisoned | _) => StoreError::Io(error.to_string()),
    }
}

pub(super) fn database_error(error: DatabaseError) -> StoreError {
    match error {
        DatabaseError::DatabaseAlreadyOpen | DatabaseError::LockProtocolMismatch => {
            StoreError::InUse
        }
        DatabaseError::RepairAborted | DatabaseError::UpgradeRequired(_) => {
            StoreError::Damaged(error.to_string())
        }
        DatabaseError::TransactionInProgress => StoreError::Busy,
        DatabaseError::Storage(error) => storage_error(error),
        error => StoreError::Io(error.to_string()),
    }
}

fn io_error(error: &std::io::Error) -> StoreError {
    let kind = error.kind();
    if matches!(
        kind,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge
    ) {
        StoreError::Full
    } else if matches!(kind, ErrorKind::InvalidData | ErrorKind::UnexpectedEof) {
        StoreError::Damaged(error.to_string())
    } else {
        StoreError::Io(error.to_string())
    }
}
