//! What was bought, and what points were set aside for it.

use core::ops::ControlFlow;
use std::collections::BTreeSet;

use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::ids::{AccountId, HoldId};
use crate::domain::money::{Exact, Money};
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::Day;
use crate::ledger::account::Account;
use crate::ledger::hold::{Hold, HoldState};
use crate::ledger::lot::{Part, total};
use crate::ledger::sale::{ReceiptNo, RuleCount, Sale, SaleLine};
use crate::policy::catalogue::{Field, Record, told};
use crate::policy::notice::Language;

use super::super::erase::hold_of;
use super::super::rows::{DAYS, DayRow, HOLDS, HoldRow, RECEIPTS, ReceiptKey, ReceiptRow, days_of};
use super::super::work::Stop;
use super::account::tier_word;
use super::{Teller, link};

/// What the answers that are kept for retries lead to.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) count: u64,
    pub(super) tokens: u64,
    holds: BTreeSet<HoldId>,
}

impl Teller<'_> {
    /// The account's sales, the earliest first.
    pub(super) fn kept_sales(&self, id: AccountId, account: &Account) -> Result<Vec<Sale>, Stop> {
        let mut sales = Vec::new();
        let mut next = account.last_sale;
        while let Some(at) = next {
            let sale = self.view.sale(id, at)?;
            next = sale.previous.filter(|previous| *previous < at);
            sales.push(sale);
        }
        sales.reverse();
        Ok(sales)
    }

    /// The chain of answers, and the holds and tokens that they name.
    pub(super) fn answers(&self, id: AccountId, last: Option<ReceiptKey>) -> Result<Answers, Stop> {
        let mut answers = Answers::default();
        let mut walked = BTreeSet::new();
        let mut next = last.filter(|key| walked.insert(*key));
        while let Some(key) = next {
            let Some(row) = RECEIPTS.outside(self.view, &key)? else {
                break;
            };
            let body = RECEIPTS.body_of(self.view, id, &key, &row)?;
            let Some(ReceiptRow::V1 {
                outcome,
                previous,
                token,
                ..
            }) = body
            else {
                break;
            };
            answers.count = answers.count.saturating_add(1);
            answers.tokens = answers.tokens.saturating_add(u64::from(token.is_some()));
            answers.holds.extend(hold_of(&outcome));
            next = previous.filter(|key| walked.insert(*key));
        }
        Ok(answers)
    }

    /// Every hold that is still kept, open or not.
    pub(super) fn holds(&self, owned: &Account, answers: &Answers) -> Result<Vec<Record>, Stop> {
        let mut ids = answers.holds.clone();
        ids.extend(owned.holds.iter().map(|hold| hold.id));
        let mut told = Vec::new();
        for id in ids {
            let found = HOLDS.look_up(self.view, id.as_bytes(), id.as_bytes());
            match found {
                Ok(Some((_, HoldRow::V1(hold)))) => told.push(self.hold(hold)),
                Ok(None) | Err(Stop::Refused(Refusal::TokenUnknown)) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(told)
    }

    /// What counted on each day, for rules that have a cap a day.
    pub(super) fn day_sums(&self, id: AccountId, sales: &[Sale]) -> Result<Vec<Record>, Stop> {
        let day = |sale: &Sale| {
            let programme = self.versions.by_hash(&sale.programme);
            programme.map(|programme| programme.zone.day_of(sale.sold_at))
        };
        let days: BTreeSet<Day> = sales.iter().filter_map(day).collect();
        let codec = self.view.keys.history(id)?;
        let mut told = Vec::new();
        for day in days {
            let from = days_of(day, id);
            let from = from.as_bytes();
            let mut kept = Vec::new();
            self.view
                .tx
                .scan(DAYS.table(), from, None, &mut |key, value| {
                    if !key.starts_with(from) {
                        return ControlFlow::Break(());
                    }
                    kept.push(DAYS.read(&codec, key, value));
                    ControlFlow::Continue(())
                })?;
            for row in kept {
                let DayRow::V1(counted) = row?;
                let mut record = Record::new();
                record.tell(Field::DaySumDay, day.to_string());
                record.tell(Field::DaySumCounted, self.exact(counted));
                told.push(record);
            }
        }
        Ok(told)
    }

    /// One sale.
    pub(super) fn sale(&self, sale: Sale) -> Record {
        let amount = Money::sum(sale.lines.iter().map(|line| line.line.paid));
        let mut record = Record::new();
        record.tell(Field::SaleAmount, amount.map(|amount| self.money(amount)));
        told!(record, Sale {
            id => SaleNumber: id.to_string(),
            sold_at => SaleAt: sold_at,
            programme => SaleRules: programme.to_string(),
            tier => SaleTier: tier_word(tier),
            multiplier => SaleMultiplier: multiplier.to_string(),
            lines => SaleGoods: lines.into_iter().map(|line| self.goods(line)).collect::<Vec<Record>>(),
            rules => SaleCounted: rules.into_iter().map(|rule| self.counted(rule)).collect::<Vec<String>>(),
            used => SaleUsed: points(&used),
            returned => SaleReturned: returned,
            given_back => SaleGivenBack: points(&given_back),
            earned => SaleEarned: earned,
            voided => SaleVoided: voided;
            // The account's own number, which is told as being there.
            account => link(account),
            previous => link(previous),
            receipt => told!(record, ReceiptNo {
                store => SaleStore: store,
                till => SaleTill: till,
                number => SaleReceipt: number;
            } = receipt),
        } = sale);
        record
    }

    fn goods(&self, line: SaleLine) -> Record {
        let mut record = Record::new();
        told!(record, SaleLine {
            points_share => GoodsByPoints: self.money(points_share),
            points => GoodsPoints: points,
            refunded_quantity => GoodsRefundedQuantity: quantity_text(refunded_quantity),
            refunded_amount => GoodsRefundedAmount: self.money(refunded_amount),
            all_back => GoodsAllBack: all_back;
            line => told!(record, Line {
                product => GoodsProduct: product,
                department => GoodsDepartment: department,
                category => GoodsCategory: category,
                kind => GoodsKind: kind_words(kind, self.language),
                quantity => GoodsQuantity: quantity_text(quantity),
                paid => GoodsPaid: self.money(paid);
            } = line),
        } = line);
        record
    }

    fn counted(&self, RuleCount { carry, counted }: RuleCount) -> String {
        format!("{carry}: {}", self.exact(counted))
    }

    fn hold(&self, hold: Hold) -> Record {
        let mut record = Record::new();
        told!(record, Hold {
            id => HoldNumber: id.to_string(),
            points => HoldPoints: points,
            until => HoldUntil: until,
            payable => HoldPayable: self.money(payable),
            state => HoldState: self.hold_words(state);
            account => link(account),
            // They stand under the lots, as held.
            pins => link(pins),
        } = hold);
        record
    }

    fn hold_words(&self, state: HoldState) -> String {
        let zh = self.language == Language::Zh;
        match state {
            HoldState::Open if zh => "未使用".to_owned(),
            HoldState::Open => "open".to_owned(),
            HoldState::Voided if zh => "已撤销".to_owned(),
            HoldState::Voided => "given back".to_owned(),
            HoldState::Lapsed if zh => "已失效".to_owned(),
            HoldState::Lapsed => "lapsed".to_owned(),
            HoldState::Captured {
                points,
                worth,
                at,
                sale,
                returned,
            } => {
                let (worth, at) = (self.money(worth), at.to_rfc3339());
                let sale = sale.map_or_else(|| "-".to_owned(), |sale| sale.to_string());
                if zh {
                    format!(
                        "已使用 {points} 积分，抵 {worth}，{at}，交易 {sale}，退回 {returned} 积分"
                    )
                } else {
                    format!(
                        "{points} points used for {worth} at {at}, sale {sale}, {returned} came back"
                    )
                }
            }
        }
    }

    fn money(&self, amount: Money) -> String {
        amount.display(self.exponent)
    }

    fn exact(&self, amount: Exact) -> String {
        amount.display(self.exponent)
    }
}

fn points(parts: &[Part]) -> Option<Points> {
    total(parts)
}

fn quantity_text(quantity: Quantity) -> String {
    Money::from_minor(quantity.thousandths()).display(3)
}

const fn kind_words(kind: LineKind, language: Language) -> &'static str {
    match (kind, language) {
        (LineKind::Goods, Language::Zh) => "商品",
        (LineKind::TopUp, Language::Zh) => "充值",
        (LineKind::GiftCard, Language::Zh) => "礼品卡",
        (LineKind::Deposit, Language::Zh) => "押金",
        (LineKind::Tip, Language::Zh) => "小费",
        (LineKind::Fee, Language::Zh) => "费用",
        (LineKind::Goods, Language::En) => "goods",
        (LineKind::TopUp, Language::En) => "top-up",
        (LineKind::GiftCard, Language::En) => "gift card",
        (LineKind::Deposit, Language::En) => "deposit",
        (LineKind::Tip, Language::En) => "tip",
        (LineKind::Fee, Language::En) => "fee",
    }
}
