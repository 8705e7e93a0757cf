//! What a till holds in place of a member: it identifies somebody by a code and is given a token for this sale alone.

use serde::{Deserialize, Serialize};

/// What a code, and the sale token it was exchanged for, allows (privacy §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// A card: earn, and see no balance.
    Earn,
    /// A code that the member showed: everything the member may do at a till.
    All,
}
