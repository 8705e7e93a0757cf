//! What the escrow asks of the keybox.

use std::path::Path;
use std::sync::Arc;

use jifen::engine::clock::Entropy as _;
use jifen::vault::Keybox;
use zeroize::Zeroizing;

use super::escrow::{Body, Escrowed};
use crate::clock::OsEntropy;
use crate::failure::Failure;

impl Escrowed for Keybox {
    fn body(&self, bucket: u8) -> Result<Body, Failure> {
        let body = self.escrow(bucket)?;
        Ok(Body {
            epoch: body.epoch,
            bytes: body.bytes,
        })
    }
}

/// A keybox from the bodies of all its buckets, in a folder that has none.
pub(super) fn restore(keys: &Path, bodies: Vec<Zeroizing<Vec<u8>>>) -> Result<(), Failure> {
    let entropy = OsEntropy::new()?;
    Keybox::restore_escrow(keys, bodies, Arc::new(move || entropy.seed()))?;
    Ok(())
}
