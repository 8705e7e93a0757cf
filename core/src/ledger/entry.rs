//! The lines of an account's ledger. An entry is never edited; what is wrong is put right by another entry (PTS-05).

use serde::{Deserialize, Serialize};

use crate::domain::earn::Trace;
use crate::domain::ids::{EntryId, HoldId, LotId, ProgrammeHash, SaleId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::programme::Tier;
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};

use super::forward::Forward;
use super::lot::{LotGrant, Part};
use super::merge::{Arrival, Departure};

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Movement {
    /// The account begins, ordinary and empty.
    Open {
        /// The local day: anniversaries are counted from it.
        on: Day,
    },
    /// A purchase earns (积分累积).
    Earn {
        /// The sale.
        sale: SaleId,
        /// Its lot; none when it earned 0.
        lot: Option<LotGrant>,
        /// How each rule came to its points.
        traces: Vec<Trace>,
        /// How much of it counts for tiers.
        spend: Money,
        /// The local day it was sold on.
        sold_on: Day,
    },
    /// Points are used (积分兑换).
    Redeem {
        /// The hold that was captured.
        hold: HoldId,
        /// Which lots gave them, in their order.
        parts: Vec<Part>,
    },
    /// Points that were used come back to their lots.
    Return {
        /// What is undone.
        of: Redemption,
        /// Which lots they come back to, last used first.
        parts: Vec<Returned>,
    },
    /// A refund takes earned points back (积分扣回).
    Clawback {
        /// The refunded sale.
        sale: SaleId,
        /// How each rule came to its points, which are 0 or below.
        traces: Vec<Trace>,
        /// Which lots gave them: the sale's own first.
        parts: Vec<Part>,
        /// What of the sale's own lot had expired unspent, and is gone already.
        lapsed: Points,
        /// What the member owes from now on.
        debt: Points,
        /// What the shop bears.
        loss: Points,
        /// How much less counts for tiers.
        spend: Money,
        /// The local day of the sale.
        sold_on: Day,
    },
    /// Credited points pay a debt.
    Repay {
        /// Which lots paid.
        parts: Vec<Part>,
    },
    /// Staff corrects the balance (积分调整).
    Adjust {
        /// Why.
        reason: String,
        /// Who.
        actor: String,
        /// Who approved it, above the limit.
        approved_by: Option<String>,
        /// Points given, as a lot of their own.
        credit: Option<LotGrant>,
        /// Points taken.
        parts: Vec<Part>,
    },
    /// Points lapse (积分过期), dated to the moment they did.
    Expire {
        /// The lot.
        lot: LotId,
        /// How many.
        points: Points,
    },
    /// The tier is weighed (等级评定).
    Assess(TierChange),
    /// Staff changes what the member may do (MEM-06).
    Sanction {
        /// The state from now on.
        state: AccountState,
        /// Why.
        reason: String,
        /// Who.
        actor: String,
    },
    /// The programme gives points without a purchase (PTS-01, PTS-02).
    Grant {
        /// What for.
        source: GrantSource,
        /// Their lot.
        lot: LotGrant,
    },
    /// Older entries were carried forward: the account as it stood after them (RET-02). Always the first of its account.
    Forward(Box<Forward>),
    /// Another record of the same person is added to this one (合并, semantics 17).
    Merge(Box<Arrival>),
    /// All of this record goes to another record of the same person.
    MergeAway(Box<Departure>),
    /// A merge is undone: what came with it goes, and what was done since in its name.
    Unmerge(Box<Departure>),
    /// A merge is undone: what had gone comes back, and what was done since in its name.
    MergeBack(Box<Arrival>),
}

impl Movement {
    /// Whether something comes from another record, or goes to one.
    pub const fn is_of_merge(&self) -> bool {
        matches!(
            self,
            Self::Merge(_) | Self::MergeAway(_) | Self::Unmerge(_) | Self::MergeBack(_)
        )
    }

    /// The sale that it books, and the local day it was sold on; none for what books none.
    pub const fn purchase(&self) -> Option<(SaleId, Day)> {
        if let Self::Earn { sale, sold_on, .. } = self {
            Some((*sale, *sold_on))
        } else {
            None
        }
    }

    /// The word for machines: added, never changed.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Open { .. } => "open",
            Self::Earn { .. } => "earn",
            Self::Redeem { .. } => "redeem",
            Self::Return { .. } => "return",
            Self::Clawback { .. } => "clawback",
            Self::Repay { .. } => "repay",
            Self::Adjust { .. } => "adjust",
            Self::Expire { .. } => "expire",
            Self::Assess(_) => "assess",
            Self::Sanction { .. } => "sanction",
            Self::Grant { .. } => "grant",
            Self::Forward(_) => "forward",
            Self::Merge(_) => "merge",
            Self::MergeAway(_) => "merge_away",
            Self::Unmerge(_) => "unmerge",
            Self::MergeBack(_) => "merge_back",
        }
    }
}

/// What points were given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum GrantSource {
    /// The first log-in after registration (semantics 8).
    SignUp,
}

/// What a [`Movement::Return`] undoes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Redemption {
    /// Points that paid for a sale.
    Sale(SaleId),
    /// Points used without a sale.
    Hold(HoldId),
}

/// Points that came back to a lot, or, within the days of grace, to a lot of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The lot they were taken from, and how many.
    pub part: Part,
    /// The lot they live in now, when their own has expired and there are days of grace (semantics 23).
    pub into: Option<LotGrant>,
}

impl Returned {
    /// Where the points are now.
    pub fn lands_in(&self) -> Part {
        let lot = self.into.map_or(self.part.lot, |grant| grant.id);
        Part {
            lot,
            points: self.part.points,
        }
    }
}

/// A weighing of the tier, with the figures that caused it (semantics 27 to 29).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierChange {
    /// What it came to.
    pub outcome: TierOutcome,
    /// Qualifying spend in the window.
    pub metric: Money,
    /// What is needed.
    pub senior_from: Money,
    /// From when it counts: never before the entry before it.
    pub effective_at: Moment,
    /// The sale that was committed or refunded; none when time alone did it.
    pub sale: Option<SaleId>,
}

/// What a weighing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TierOutcome {
    /// From ordinary to senior.
    Upgrade,
    /// From senior to ordinary.
    Downgrade,
    /// Kept though the metric is below, until staff has looked (`on_refund = "review"`).
    Review,
}

impl TierOutcome {
    /// The tier after it.
    pub const fn tier(self) -> Tier {
        match self {
            Self::Upgrade | Self::Review => Tier::Senior,
            Self::Downgrade => Tier::Ordinary,
        }
    }
}

/// A line of an account's ledger: what happened, and what stood after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its id, in the order of commit.
    pub id: EntryId,
    /// The entry of the same account before it.
    pub previous: Option<EntryId>,
    /// When it took effect: the commit's business time, or the true moment of a lapse.
    pub at: Moment,
    /// The rules it was made under.
    pub programme: ProgrammeHash,
    /// What it does.
    pub movement: Movement,
    /// Points after it, held ones included.
    pub balance: Points,
    /// Debt after it.
    pub debt: Points,
}
