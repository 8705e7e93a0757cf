//! The second pass: every member comes back with the basket of their last visit, step by step at one till.

use jifen::domain::money::Money;
use jifen::domain::time::Moment;
use jifen_pos::client::Client;
use jifen_pos::message::Tier;
use jifen_pos::message::basket::{Line, Slip};
use jifen_pos::message::hold::Hold;
use jifen_pos::message::identify::Identify;
use jifen_pos::message::quote::{Quote, Quoted};
use jifen_pos::message::refund::{Refund, RefundLine, SaleName};
use jifen_pos::message::sale::{Member, Sale, UseHold};
use jifen_pos::till::{Call, Till, TillError};

use crate::failure::Failure;
use crate::replay::basket::Basket;
use crate::replay::tills::{of_till, wire_line};
use crate::shop::Shop;

use super::kiosk::Kiosk;

/// The second pass.
pub(super) struct SecondPass<'a> {
    shop: &'a Shop,
    kiosk: &'a mut Kiosk,
    till: &'a Client,
    exponent: u32,
    now: Moment,
    pub(super) sales: u64,
    pub(super) refunds: u64,
    pub(super) gifts: u64,
    /// The quote that offered the most points, and for which tier.
    pub(super) quote: Option<(Tier, Quoted)>,
}

impl<'a> SecondPass<'a> {
    /// It begins when the year is over.
    pub(super) fn new(
        shop: &'a Shop,
        kiosk: &'a mut Kiosk,
        till: &'a Client,
        exponent: u32,
        now: Moment,
    ) -> Self {
        Self {
            shop,
            kiosk,
            till,
            exponent,
            now,
            sales: 0,
            refunds: 0,
            gifts: 0,
            quote: None,
        }
    }

    fn call(&self) -> Result<Call, Failure> {
        Ok(self.till.new_call()?)
    }

    /// A visit: a code from the kiosk, the basket is quoted, points pay for as much as they may, and a part comes back.
    pub(super) fn visit(&mut self, household: &str, basket: &Basket) -> Result<(), Failure> {
        let no = |error: TillError| of_till(&error);
        self.now = self.now.plus_minutes(300);
        self.shop.clock.follow(self.now);
        let (code, gift) = self.kiosk.code(household)?;
        self.gifts = self.gifts.saturating_add(gift);
        let known = self.till.identify(&self.call()?, &Identify { code });
        let known = known.map_err(no)?;
        let token = known.sale_token;
        let before: Vec<Line> = basket
            .lines
            .iter()
            .map(|line| wire_line(line, self.exponent))
            .collect();
        let quote = Quote {
            sale_token: token.clone(),
            lines: before.clone(),
        };
        let quoted = self.till.quote(&self.call()?, &quote).map_err(no)?;
        let lines: Vec<Line> = before
            .into_iter()
            .zip(&quoted.lines)
            .map(|(line, discounted)| Line {
                paid: discounted.paid.clone(),
                ..line
            })
            .collect();
        let slip = |kind: &str| Slip::new(&basket.store, "2", &format!("{kind}-{household}"));
        let mut sale = Sale::new(
            Member::Token(&token),
            slip("sale"),
            &self.now.to_rfc3339(),
            lines.clone(),
        );
        let most = quoted.most_points.unwrap_or(0);
        if 0 < most {
            let hold = Hold {
                sale_token: token.clone(),
                points: most,
                lines,
            };
            let placed = self.till.hold(&self.call()?, &hold).map_err(no)?;
            sale.holds.push(UseHold {
                hold: placed.hold,
                points: None,
            });
        }
        self.till.sale(&self.call()?, &sale).map_err(no)?;
        self.sales = self.sales.saturating_add(1);
        self.bring_back(&token, slip("refund"), basket)?;
        let best = self.quote.take();
        let best = best.filter(|(_, best)| most <= best.most_points.unwrap_or(0));
        self.quote = best.or(Some((known.tier, quoted)));
        Ok(())
    }

    /// Every second line comes back whole, under the sale's own token.
    fn bring_back(&mut self, token: &str, slip: Slip, basket: &Basket) -> Result<(), Failure> {
        let wanted = (1_u32..).zip(&basket.lines).step_by(2);
        let lines: Vec<RefundLine> = wanted
            .filter(|(_, sold)| sold.quantity.thousandths() != 0 || sold.paid != Money::ZERO)
            .map(|(line, _)| RefundLine {
                line,
                quantity: None,
                amount: None,
                rest: Some(true),
            })
            .collect();
        if lines.is_empty() {
            return Ok(());
        }
        self.now = self.now.plus_minutes(60);
        self.shop.clock.follow(self.now);
        let refund = Refund {
            sale: SaleName {
                sale_token: Some(token.to_owned()),
                receipt: None,
            },
            receipt: slip,
            lines,
        };
        let refunded = self.till.refund(&self.call()?, &refund);
        refunded.map_err(|error| of_till(&error))?;
        self.refunds = self.refunds.saturating_add(1);
        Ok(())
    }
}
