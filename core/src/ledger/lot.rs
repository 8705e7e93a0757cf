//! Points earned together, with dates of their own (semantics 6, 7, 12).

use serde::{Deserialize, Serialize};

use crate::domain::ids::LotId;
use crate::domain::points::Points;
use crate::domain::time::Moment;

/// What a lot is born with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotGrant {
    /// Its id; a sale's lot carries the sale's bytes.
    pub id: LotId,
    /// How many points.
    pub points: Points,
    /// When they were earned: the sale's own time.
    pub earned_at: Moment,
    /// From when they may be spent.
    pub available_at: Moment,
    /// From when they may no longer be; `None` never expires.
    pub expires_at: Option<Moment>,
}

/// A lot as it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// What it was born with.
    pub grant: LotGrant,
    /// What is left, points held included.
    pub remaining: Points,
    /// What open holds have pinned.
    pub held: Points,
    /// What expired unspent and no clawback has counted yet (semantics 24a).
    pub lapsed: Points,
}

/// Some points of one lot. Every debit says which lots it used and how much of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The lot.
    pub lot: LotId,
    /// How much of it.
    pub points: Points,
}

impl Lot {
    /// A new lot.
    pub const fn new(grant: LotGrant) -> Self {
        Self {
            grant,
            remaining: grant.points,
            held: Points::ZERO,
            lapsed: Points::ZERO,
        }
    }

    /// Whether its date has come: usable when `now < expires_at`.
    pub fn is_expired(&self, now: Moment) -> bool {
        self.grant.expires_at.is_some_and(|end| end <= now)
    }

    /// What no hold has pinned.
    pub fn free(&self) -> Points {
        self.remaining.saturating_sub(self.held)
    }

    /// What may be spent now: vested, not expired, not held.
    pub fn available(&self, now: Moment) -> Points {
        let vested = self.grant.available_at <= now;
        if vested && !self.is_expired(now) {
            self.free()
        } else {
            Points::ZERO
        }
    }

    /// Sorts lots in spending order: earliest expiry first, never-expiring last, then `earned_at`, then the order
    /// of commit.
    pub fn spending_order(&self) -> (bool, Moment, Moment, LotId) {
        let end = self.grant.expires_at;
        (
            end.is_none(),
            end.unwrap_or_default(),
            self.grant.earned_at,
            self.grant.id,
        )
    }
}

/// Takes up to `wanted` points from `offers`, in their order, and says what it took.
pub fn take(wanted: Points, offers: impl IntoIterator<Item = Part>) -> Vec<Part> {
    let mut left = wanted;
    let mut taken = Vec::new();
    for offer in offers {
        let points = offer.points.min(left);
        if !points.is_zero() {
            taken.push(Part {
                lot: offer.lot,
                points,
            });
            left = left.saturating_sub(points);
        }
        if left.is_zero() {
            break;
        }
    }
    taken
}

/// How many points some parts are, unless that overflows.
pub fn total(parts: &[Part]) -> Option<Points> {
    Points::sum(parts.iter().map(|part| part.points))
}
