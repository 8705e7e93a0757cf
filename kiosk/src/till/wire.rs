//! POS v1's spelling of what the engine takes and gives: decimals, times and ids, in and out.

use std::borrow::Cow;

use jifen::domain::basket::{self, Quantity};
use jifen::domain::discount::Reason;
use jifen::domain::ids::HoldId;
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::programme::Tier;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::Engine;
use jifen::engine::quote;
use jifen::engine::receipt::{self, Receipt};
use jifen::engine::tokens::{Known, Role};
use jifen::ledger::refund as ledger;
use jifen::ledger::sale::ReceiptNo;
use jifen::vault::tokens::SectorToken;
use jifen_pos::message::basket::{Line, LineKind, Slip};
use jifen_pos::message::hold::{Captured, Held, Voided};
use jifen_pos::message::identify::{Allows, Identified, PointsShown};
use jifen_pos::message::quote::{Quoted, QuotedLine, TakenOff, Verdict};
use jifen_pos::message::refund::{RefundLine, RefundOf, Refunded, Reversed, Undone};
use jifen_pos::message::sale::Sold;
use jifen_pos::message::{Refused, Tier as WireTier, Words};
use jifen_pos::till::TillError;

use crate::refused::refused;

/// Spells money in the programme's currency.
pub(super) struct Wire {
    exponent: u32,
}

impl Wire {
    pub(super) fn of(engine: &Engine) -> Result<Self, Refusal> {
        let versions = engine.versions();
        let programme = versions.latest().ok_or(Refusal::BeforeProgramme)?;
        Ok(Self {
            exponent: programme.currency.exponent,
        })
    }

    fn money(&self, money: Money) -> String {
        money.display(self.exponent)
    }

    fn read_money(&self, text: &str) -> Result<Money, TillError> {
        Money::parse(text, self.exponent).map_err(|_| no(&Refusal::AmountTooLarge))
    }

    /// A basket.
    pub(super) fn lines(&self, lines: &[Line]) -> Result<Vec<basket::Line>, TillError> {
        let line = |line: &Line| {
            let kind = match line.kind {
                LineKind::Goods => basket::LineKind::Goods,
                LineKind::TopUp => basket::LineKind::TopUp,
                LineKind::GiftCard => basket::LineKind::GiftCard,
                LineKind::Deposit => basket::LineKind::Deposit,
                LineKind::Tip => basket::LineKind::Tip,
                LineKind::Fee => basket::LineKind::Fee,
            };
            Ok(basket::Line {
                product: line.product.clone(),
                department: line.department.clone().unwrap_or_default(),
                category: line.category.clone().unwrap_or_default(),
                kind,
                quantity: quantity(&line.quantity)?,
                paid: self.read_money(&line.paid)?,
            })
        };
        lines.iter().map(line).collect()
    }

    /// What comes back.
    pub(super) fn refund_lines(
        &self,
        lines: &[RefundLine],
    ) -> Result<Vec<ledger::RefundLine>, TillError> {
        let line = |line: &RefundLine| {
            let of = match line.of().map_err(Refused::from)? {
                RefundOf::Quantity(text) => ledger::RefundOf::Quantity(quantity(text)?),
                RefundOf::Amount(text) => ledger::RefundOf::Amount(self.read_money(text)?),
                RefundOf::Rest => ledger::RefundOf::Rest,
            };
            Ok(ledger::RefundLine {
                line: line.line,
                of,
            })
        };
        lines.iter().map(line).collect()
    }

    pub(super) fn quoted(&self, quote: &quote::Quote, role: Role) -> Quoted {
        let lines = quote.discounts.lines.iter().map(|line| QuotedLine {
            discount: self.money(line.discount),
            paid: self.money(line.paid),
            by: line
                .by
                .iter()
                .map(|(rule, amount)| TakenOff {
                    rule: rule.clone(),
                    amount: self.money(*amount),
                })
                .collect(),
        });
        let rules = quote.discounts.verdicts.iter().map(|verdict| {
            let (amount, to) = match &verdict.reason {
                Reason::Taken(amount) => (Some(self.money(*amount)), None),
                Reason::LostInGroup { to } | Reason::LostToExclusive { to } => {
                    (None, Some(to.clone()))
                }
                Reason::Status
                | Reason::OtherTier
                | Reason::NotToday
                | Reason::NothingCovered
                | Reason::Floor
                | Reason::RoundsToNothing
                | Reason::LostToStack
                | Reason::LostToOrdinary => (None, None),
            };
            Verdict {
                rule: verdict.rule.clone(),
                reason: verdict.reason.code().to_owned(),
                amount,
                to,
            }
        });
        let may_redeem = role == Role::All;
        Quoted {
            lines: lines.collect(),
            rules: rules.collect(),
            total: self.money(quote.total),
            earns: count(quote.earns),
            most_points: may_redeem.then(|| count(quote.most_points)),
            worth: may_redeem.then(|| self.money(quote.worth)),
        }
    }

    pub(super) fn held(&self, held: &receipt::Held, repeated: bool) -> Held {
        Held {
            hold: held.hold.to_string(),
            points: count(held.points),
            worth: self.money(held.worth),
            until: time(held.until.millis()),
            available: count(held.available),
            repeated,
        }
    }

    pub(super) fn captured(&self, captured: &receipt::Captured, repeated: bool) -> Captured {
        Captured {
            hold: captured.hold.to_string(),
            points: count(captured.points),
            worth: self.money(captured.worth),
            balance: Some(count(captured.balance)),
            repeated,
        }
    }

    /// A capture of 0 points gave the hold back.
    pub(super) fn captured_nothing(&self, voided: &receipt::Voided, repeated: bool) -> Captured {
        Captured {
            hold: voided.hold.to_string(),
            points: 0,
            worth: self.money(Money::ZERO),
            balance: None,
            repeated,
        }
    }

    pub(super) fn sold(&self, sold: &receipt::Sold, role: Role, repeated: bool) -> Sold {
        let shown = role == Role::All;
        let (zh, en) = slip_text(sold, shown);
        Sold {
            earned: count(sold.earned),
            money: self.money(sold.money),
            used: count(sold.used),
            worth: self.money(sold.worth),
            tier: tier(sold.tier),
            tier_after: tier(sold.tier_after),
            expires_at: sold.expires_at.map(|at| time(at.millis())),
            balance: shown.then(|| count(sold.balance)),
            debt: shown.then(|| count(sold.debt)),
            receipt_text: Words {
                zh: Cow::Owned(zh),
                en: Cow::Owned(en),
            },
            repeated,
            sale_token: None,
        }
    }

    pub(super) fn refunded(
        &self,
        refunded: &receipt::Refunded,
        role: Role,
        repeated: bool,
    ) -> Refunded {
        let shown = role == Role::All;
        Refunded {
            money: self.money(refunded.money),
            points_back: count(refunded.points_back),
            clawback: count(refunded.clawback),
            tier_after: tier(refunded.tier_after),
            balance: shown.then(|| count(refunded.balance)),
            debt: shown.then(|| count(refunded.debt)),
            repeated,
        }
    }

    /// What a reversal did, by what it left behind.
    pub(super) fn reversed(&self, receipt: &Receipt, repeated: bool) -> Option<Reversed> {
        let nothing = Reversed {
            undone: Undone::Hold,
            money: None,
            points_back: 0,
            clawback: 0,
            tier_after: None,
            balance: None,
            debt: None,
            repeated,
        };
        match receipt {
            Receipt::Refunded(refunded) => Some(Reversed {
                undone: Undone::Sale,
                money: Some(self.money(refunded.money)),
                points_back: count(refunded.points_back),
                clawback: count(refunded.clawback),
                tier_after: Some(tier(refunded.tier_after)),
                ..nothing
            }),
            Receipt::Voided(_) => Some(nothing),
            Receipt::PointsReturned(returned) => Some(Reversed {
                undone: Undone::Points,
                points_back: count(returned.points),
                ..nothing
            }),
            Receipt::Opened(_)
            | Receipt::Held(_)
            | Receipt::Captured(_)
            | Receipt::Sold(_)
            | Receipt::Adjusted(_)
            | Receipt::Sanctioned(_)
            | Receipt::Identified(_)
            | Receipt::Joined(_)
            | Receipt::Corrected(_)
            | Receipt::CardReissued(_)
            | Receipt::Merged(_)
            | Receipt::Unmerged(_) => None,
        }
    }
}

/// What stands on the slip.
fn slip_text(sold: &receipt::Sold, shown: bool) -> (String, String) {
    let (mut zh, mut en) = (Vec::new(), Vec::new());
    zh.push(format!("本次积分 +{}", sold.earned));
    en.push(format!("Points earned: {}", sold.earned));
    if !sold.used.is_zero() {
        zh.push(format!("使用积分 {}", sold.used));
        en.push(format!("used: {}", sold.used));
    }
    if shown {
        zh.push(format!("积分余额 {}", sold.balance));
        en.push(format!("balance: {}", sold.balance));
    }
    let (mut zh, mut en) = (zh.join("，"), en.join(", "));
    if sold.tier != sold.tier_after && sold.tier_after == Tier::Senior {
        zh.push_str("。恭喜您成为高级会员");
        en.push_str(". You are a senior member now");
    }
    zh.push('。');
    en.push('.');
    (zh, en)
}

pub(super) fn identified(known: &Known) -> Identified {
    let mut allows = Vec::new();
    if known.may_earn {
        allows.push(Allows::Earn);
    }
    if known.may_redeem {
        allows.push(Allows::Redeem);
    }
    if known.balance.is_some() {
        allows.push(Allows::Balance);
    }
    Identified {
        sale_token: known.token.text(),
        tier: tier(known.tier),
        allows,
        points: known.balance.map(|balance| PointsShown {
            balance: count(balance.balance),
            available: count(balance.available),
            debt: count(balance.debt),
        }),
        notice: None,
        sector_token: known.sector_token.as_ref().map(SectorToken::text),
    }
}

pub(super) fn voided(voided: &receipt::Voided, repeated: bool) -> Voided {
    Voided {
        hold: voided.hold.to_string(),
        available: Some(count(voided.available)),
        repeated,
    }
}

pub(super) fn receipt(slip: &Slip) -> ReceiptNo {
    ReceiptNo {
        store: slip.store.clone(),
        till: slip.till.clone(),
        number: slip.number.clone(),
    }
}

pub(super) fn hold(text: &str) -> Result<HoldId, TillError> {
    text.parse().map_err(|_| no(&Refusal::HoldUnknown))
}

pub(super) fn moment(text: &str) -> Result<Moment, TillError> {
    text.parse().map_err(|_| no(&Refusal::BadTime))
}

pub(super) fn points(points: u64) -> Result<Points, Refusal> {
    let points = i64::try_from(points).ok().and_then(Points::new);
    points.ok_or(Refusal::AmountTooLarge)
}

fn quantity(text: &str) -> Result<Quantity, TillError> {
    Quantity::parse(text).ok_or_else(|| no(&Refusal::AmountTooLarge))
}

pub(super) fn time(millis: i64) -> String {
    Moment::from_millis(millis).to_rfc3339()
}

fn count(points: Points) -> u64 {
    u64::try_from(points.count()).unwrap_or(0)
}

const fn tier(tier: Tier) -> WireTier {
    match tier {
        Tier::Ordinary => WireTier::Ordinary,
        Tier::Senior => WireTier::Senior,
    }
}

fn no(refusal: &Refusal) -> TillError {
    TillError::Refused(refused(refusal))
}
