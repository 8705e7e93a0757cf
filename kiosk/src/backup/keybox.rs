//! What the escrow asks of the keybox. The keybox does not give its buckets out yet: until it does, both calls are refused
//! before anything is written.

use std::path::Path;

use jifen::vault::Keybox;
use zeroize::Zeroizing;

use super::escrow::{Body, Escrowed};
use crate::failure::Failure;

impl Escrowed for Keybox {
    fn body(&self, _bucket: u8) -> Result<Body, Failure> {
        Err(not_yet())
    }
}

/// A keybox from the bodies of all its buckets, in a folder that has none.
pub(super) fn restore(_keys: &Path, _bodies: Vec<Zeroizing<Vec<u8>>>) -> Result<(), Failure> {
    Err(not_yet())
}

fn not_yet() -> Failure {
    Failure::new(
        "escrow_not_ready",
        "此版本的密钥库还不能托管",
        "the keybox of this version cannot be escrowed yet",
    )
}
