//! Copies of the keys, somewhere else: what the engine asks of them. Exactly one for each bucket and destination
//! (privacy §4).

use crate::domain::time::Moment;
use crate::vault::Keybox;

/// Where copies of the keys are.
pub trait Escrow: Send + Sync {
    /// The names of the places.
    fn destinations(&self) -> Vec<String>;

    /// Puts the bucket as it is now in the place of every copy of it.
    fn replace(&self, keybox: &Keybox, bucket: u8) -> Vec<Copied>;

    /// When the copy of a bucket at a place was made, if there is one.
    fn copied_at(&self, destination: &str, bucket: u8) -> Option<Moment>;
}

/// What became of one copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The place.
    pub destination: String,
    /// When it was made, or why not.
    pub outcome: Result<Moment, String>,
}

/// A shop without copies.
#[derive(Clone, Copy, Debug)]
pub struct NoEscrow;

impl Escrow for NoEscrow {
    fn destinations(&self) -> Vec<String> {
        Vec::new()
    }

    fn replace(&self, _: &Keybox, _: u8) -> Vec<Copied> {
        Vec::new()
    }

    fn copied_at(&self, _: &str, _: u8) -> Option<Moment> {
        None
    }
}

/// Stands for every place, where they are not known yet.
pub(crate) const EVERYWHERE: &str = "";

/// Where a copy is owed after a key was destroyed.
pub(crate) fn owing(escrow: Option<&dyn Escrow>) -> Vec<String> {
    escrow.map_or_else(|| vec![EVERYWHERE.to_owned()], Escrow::destinations)
}
