//! Which installation a store belongs to. The keys are in another folder, so the two can be mixed up: the store says whose
//! it is before anything of it is read under keys that do not fit.

use crate::domain::refusal::Refusal;
#[cfg(feature = "redb")]
use crate::store::ReadTx;
use crate::store::{Home, Store, Table, Verdict};

use super::keys::Keys;
use super::work::Stop;

/// One row, in the clear and without a MAC: it must be readable with any keys.
pub(crate) const INSTALL: Table = Table::new("install");
const ROW: &[u8] = b"id";

/// Refuses what is another installation's, or nobody's: a backup is marked before anything else is in it.
#[cfg(feature = "redb")]
pub(crate) fn check(tx: &dyn ReadTx, keys: &Keys) -> Result<(), Stop> {
    match tx.value(INSTALL, ROW)? {
        Some(found) if found == keys.keybox().install() => Ok(()),
        Some(_) | None => Err(Refusal::OtherInstall.into()),
    }
}

/// Refuses a store of another installation; a new one is marked as these keys'.
pub(crate) fn bind(store: &dyn Store, keys: &Keys) -> Result<(), Stop> {
    let install = keys.keybox().install();
    let found = store.read()?.value(INSTALL, ROW)?;
    match found {
        Some(found) if found == install => Ok(()),
        Some(_) => Err(Refusal::OtherInstall.into()),
        None => {
            let mark = store.submit(
                Home::Node,
                Box::new(move |tx| match tx.put(INSTALL, ROW, install.to_vec()) {
                    Ok(()) => Verdict::Keep,
                    Err(_) => Verdict::Drop,
                }),
            );
            match mark.wait()? {
                Verdict::Keep => Ok(()),
                Verdict::Drop => Err(Refusal::StoreFailed.into()),
            }
        }
    }
}
