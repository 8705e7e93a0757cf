//! What is done last in every batch, on what the batch wrote: the journal is summed up and bound into the audit, and the
//! batch's acts become leaves. So no command writes a row that all commands write (architecture §7).

use std::sync::Arc;

use crate::store::{Closing, WriteTx, Written};

use super::keys::Keys;
use super::{audit, liability};

/// The closing body that the store of an engine is opened with.
pub fn closing(keys: Arc<Keys>) -> Closing {
    Box::new(move |tx: &mut dyn WriteTx, written: &Written<'_>| {
        liability::add_batch(tx, *written, &keys)?;
        audit::add_batch(tx, *written, &keys)
    })
}
