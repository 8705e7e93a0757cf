//! What a basket would cost and earn, and how many points may pay for it. No effect.

use crate::domain::basket::{self, Line, Quantity};
use crate::domain::discount::{Discounted, discounts};
use crate::domain::ids::{AccountId, SaleId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::programme::RedeemTerms;
use crate::domain::programme::Tier;
use crate::domain::refusal::Refusal;
use crate::ledger::account::LedgerError;
use crate::ledger::sale::{ReceiptNo, RuleCount, Sale, SaleLine};

use super::Engine;
use super::work::rules_of;

/// The answer to "what would this basket come to?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The tier that it was made for.
    pub tier: Tier,
    /// Each line's discount, and every rule looked at with its reason.
    pub discounts: Discounted,
    /// What is to pay after discounts.
    pub total: Money,
    /// Points it would earn when all of it is paid with money.
    pub earns: Points,
    /// The most points that may pay for it; 0 when none may.
    pub most_points: Points,
    /// What those are worth.
    pub worth: Money,
}

impl Engine {
    /// Quotes a basket, each line priced before the programme's discounts.
    pub fn quote(&self, account: AccountId, lines: &[Line]) -> Result<Quote, Refusal> {
        basket::check(lines)?;
        let (now, versions) = (self.now(), self.versions());
        self.read(|view| {
            let (_, desk) = view.desk(account, now, &versions)?;
            let programme = versions.at(now).ok_or(Refusal::BeforeProgramme)?;
            let state = desk.account.state;
            let tier = desk.account.tier();
            let standing = state.may_take_discounts().then_some(tier);
            let day = programme.zone.day_of(now);
            let discounted = discounts(&programme.discounts, standing, day, lines);
            let discounted = discounted.ok_or(LedgerError::Overflow)?;
            let after: Vec<Line> = lines
                .iter()
                .zip(&discounted.lines)
                .map(|(line, discount)| Line {
                    paid: discount.paid,
                    ..line.clone()
                })
                .collect();
            let total = basket::check(&after).map_err(Refusal::from)?;

            let available = desk.account.available(now).ok_or(LedgerError::Overflow)?;
            let payable = RedeemTerms::payable(&after).ok_or(LedgerError::Overflow)?;
            let usable = programme.redeem.as_ref().filter(|_| state.may_redeem());
            let (most_points, worth) = usable.map_or((Points::ZERO, Money::ZERO), |terms| {
                terms.most_usable(available, payable)
            });

            let rules = rules_of(&versions, programme);
            let mut sale = Sale {
                id: SaleId::from_bytes([0; 16]),
                account,
                previous: None,
                receipt: ReceiptNo {
                    store: String::new(),
                    till: String::new(),
                    number: String::new(),
                },
                sold_at: now,
                programme: programme.hash,
                tier,
                multiplier: programme.tiers.multiplier(tier),
                lines: after.into_iter().map(unpaid_by_points).collect(),
                rules: rules
                    .iter()
                    .map(|rule| RuleCount {
                        carry: rule.carry,
                        counted: Exact::ZERO,
                    })
                    .collect(),
                used: Vec::new(),
                returned: Points::ZERO,
                given_back: Vec::new(),
                earned: Points::ZERO,
                voided: false,
            };
            let mut days = view.day_sums(&sale, programme.zone, &rules)?;
            let traces = desk.recount(&mut sale, &rules, &mut days)?;
            let earns = traces
                .iter()
                .try_fold(0_i64, |sum, trace| sum.checked_add(trace.points));
            let earns = earns.and_then(Points::new).ok_or(LedgerError::Overflow)?;
            let earns = if state.may_earn() {
                earns
            } else {
                Points::ZERO
            };
            Ok(Quote {
                tier,
                discounts: discounted,
                total,
                earns,
                most_points,
                worth,
            })
        })
    }
}

fn unpaid_by_points(line: Line) -> SaleLine {
    SaleLine {
        line,
        points_share: Money::ZERO,
        points: Points::ZERO,
        refunded_quantity: Quantity::default(),
        refunded_amount: Money::ZERO,
        all_back: false,
    }
}
