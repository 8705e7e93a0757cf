//! A programme: the scheme and its rules, read from one TOML file and never changed afterwards (semantics §7).

mod fault;
mod read;
mod value;
mod file;
mod rules;
mod senior;
mod currency;
mod versions;

pub use fault::{Fault, FaultCode};
pub use versions::{Versions, VersionsError};

use serde::{Deserialize, Serialize};

use super::basket::{Line, LineKind};
use super::ids::ProgrammeHash;
use super::money::{Money, Multiplier};
use super::points::Points;
use super::time::{Day, Moment, Zone};

/// One immutable version of a programme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Programme {
    /// The programme's name for machines.
    pub id: String,
    /// The version's name, for people.
    pub version: String,
    /// What members read.
    pub name: Words,
    /// The currency of every amount.
    pub currency: Currency,
    /// Where its days begin and end.
    pub zone: Zone,
    /// When members were told (GOV-01).
    pub announced_on: Day,
    /// The first moment it is valid.
    pub effective_from: Moment,
    /// Days from the sale until its points may be spent.
    pub vest_days: u32,
    /// How long points live.
    pub lifetime: Lifetime,
    /// Points after the first log-in (PTS-01).
    pub signup_gift: Points,
    /// The earn rules, each with a carry of its own; at least one.
    pub earn: Vec<EarnRule>,
    /// Money off for points, where the programme has it.
    pub redeem: Option<RedeemTerms>,
    /// What a refund does.
    pub refund: RefundTerms,
    /// The two tiers.
    pub tiers: TierTerms,
    /// The tier discounts.
    pub discounts: Vec<DiscountRule>,
    /// SHA-256 of the file's text.
    pub hash: ProgrammeHash,
}

/// The same words in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// 简体中文
    pub zh: String,
    /// English
    pub en: String,
}

/// A currency and its decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// ISO 4217, three letters.
    pub code: String,
    /// Decimals of the minor unit, 0 to 4.
    pub exponent: u32,
}

/// How long a lot lives, from the local date of its sale (semantics 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// It does not expire.
    Never,
    /// Some months, then up to the aligned day, which is the last usable one.
    Months {
        /// 1 to 1,200.
        months: u32,
        /// Where the end falls.
        align: Align,
    },
}

/// Where the end of a lifetime falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// On the day itself.
    Day,
    /// On the last day of its month.
    EndOfMonth,
    /// On the last day of its year.
    EndOfYear,
}

impl Lifetime {
    /// The first moment at which points counted from `day` are no longer usable: 00:00 after the last day.
    /// `Ok(None)` for points that never expire; `Err` past the end of the calendar.
    pub fn end(self, day: Day, zone: Zone) -> Result<Option<Moment>, PastCalendar> {
        let Self::Months { months, align } = self else {
            return Ok(None);
        };
        let last = day.plus_months(months).and_then(|last| match align {
            Align::Day => Some(last),
            Align::EndOfMonth => last.month_end(),
            Align::EndOfYear => last.year_end(),
        });
        let next = last
            .and_then(|last| last.plus_days(1))
            .ok_or(PastCalendar)?;
        Ok(Some(zone.start_of(next)))
    }
}

/// A date that lies past the end of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("past the end of the calendar")]
pub struct PastCalendar;

/// What a rule leaves out, by the shop's own labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exclusions {
    /// Departments.
    pub departments: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Products.
    pub products: Vec<String>,
}

impl Exclusions {
    /// Whether the line is left out.
    pub fn exclude(&self, line: &Line) -> bool {
        self.departments.contains(&line.department)
            || self.categories.contains(&line.category)
            || self.products.contains(&line.product)
    }
}

/// A rule that turns spend into points (semantics §2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarnRule {
    /// Unique in the programme.
    pub id: String,
    /// Points for each `per`, 1 or more.
    pub points: i64,
    /// The amount that earns them, above zero.
    pub per: Money,
    /// Whether the rest goes on to the next sale.
    pub carry: bool,
    /// What earns nothing.
    pub exclude: Exclusions,
    /// The most points of one sale, a multiple of `points`.
    pub cap_per_sale: Option<Points>,
    /// The most points of one local day, a multiple of `points`.
    pub cap_per_day: Option<Points>,
}

impl EarnRule {
    /// Whether spend on this line counts for the rule.
    pub fn is_eligible(&self, line: &Line) -> bool {
        line.kind == LineKind::Goods && !self.exclude.exclude(line)
    }
}

/// What points are worth at the till (semantics 15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedeemTerms {
    /// So many points …
    pub points: i64,
    /// … are worth this much, above zero.
    pub worth: Money,
    /// The fewest a member may use, a multiple of `step`.
    pub min_points: Points,
    /// Points are used in multiples of this, 1 or more.
    pub step: i64,
    /// The most of the payable amount that points may pay, in hundredths of a percent: 5,000 is one half.
    /// 1 to 10,000.
    pub max_share: i64,
    /// How long a hold lives, 1 to 1,440 minutes.
    pub hold_minutes: u32,
}

/// What a refund does (semantics §5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundTerms {
    /// What happens to points that are no longer there.
    pub policy: RefundPolicy,
    /// The most debt a member may have in all.
    pub debt_limit: Points,
    /// Days that points live which come back after their date.
    pub expired_grace_days: u32,
    /// Refunds and late sales older than this are refused; 1 to 3,650.
    pub window_days: u32,
}

/// What happens to a clawback that the sale's own lot cannot give (semantics 24).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundPolicy {
    /// Other lots, then debt.
    Debt,
    /// Other lots, then the shop's loss.
    WithinBalance,
    /// The shop's loss at once.
    Forgive,
}

/// Standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// 普通会员
    Ordinary,
    /// 高级会员
    Senior,
}

/// How the two tiers are told apart (semantics §6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierTerms {
    /// Over which time spend counts.
    pub window: Window,
    /// What a refund below the threshold does.
    pub on_refund: OnRefund,
    /// Days a tier stays after its metric fell with time.
    pub grace_days: u32,
    /// Spend in these departments does not count.
    pub exclude_departments: Vec<String>,
    /// Multiplier of the ordinary tier.
    pub ordinary: Multiplier,
    /// Multiplier of the senior tier, not below the ordinary one.
    pub senior: Multiplier,
    /// Qualifying spend from which a member is senior, above zero.
    pub senior_from: Money,
}

impl TierTerms {
    /// The multiplier of a tier.
    pub const fn multiplier(&self, tier: Tier) -> Multiplier {
        match tier {
            Tier::Ordinary => self.ordinary,
            Tier::Senior => self.senior,
        }
    }

    /// Whether spend on this line counts for the tier (semantics 26).
    pub fn qualifies(&self, line: &Line) -> bool {
        line.kind == LineKind::Goods && !self.exclude_departments.contains(&line.department)
    }
}

/// Over which time spend counts for the tier (semantics 27).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Window {
    /// All of it.
    Lifetime,
    /// Each sale for so many months.
    RollingMonths(u32),
    /// The larger of this calendar year and the last.
    CalendarYear,
    /// The larger of this year of membership and the last.
    Anniversary,
}

/// What a refund below the threshold does (semantics 28).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnRefund {
    /// The tier returns at once.
    Downgrade,
    /// The tier is kept and flagged for staff.
    Review,
}

/// A discount for members (semantics §4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscountRule {
    /// Unique in the programme.
    pub id: String,
    /// Who gets it; at least one tier.
    pub tiers: Vec<Tier>,
    /// How much, in hundredths of a percent: 500 is 5 %. 1 to 10,000.
    pub percent: i64,
    /// Of each group one rule is taken.
    pub group: String,
    /// Groups go by the smallest number first.
    pub priority: i64,
    /// Whether it stands alone.
    pub exclusive: bool,
    /// What the percentage is of.
    pub base: DiscountBase,
    /// The most it takes from one basket.
    pub max_amount: Option<Money>,
    /// The least that a piece may cost after it.
    pub floor_price: Money,
    /// The first local day it is valid.
    pub from: Option<Day>,
    /// The first local day it no longer is.
    pub until: Option<Day>,
    /// What it does not cover.
    pub exclude: Exclusions,
}

/// What a discount's percentage is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiscountBase {
    /// The price before any of these discounts.
    Original,
    /// What the groups before have left.
    Remaining,
}

#[cfg(test)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "small numbers, in tests only"
)]
mod tests;
