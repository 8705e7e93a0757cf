//! `jifen demo`: a real year of shopping of 40 households in a store of its own, then a second pass in which they use
//! points and bring goods back, and a summary that the last line checks.

use std::io::Write;
use std::time::{Duration, Instant};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use jifen::domain::basket::Line;
use jifen::domain::ids::{AccountId, SaleId};
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::programme::{Programme, Tier};
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::Engine;
use jifen::engine::hold::PlaceHold;
use jifen::engine::quote::Quote;
use jifen::engine::receipt::Receipt;
use jifen::engine::refund::TakeRefund;
use jifen::engine::sale::{TakeSale, UseHold};
use jifen::engine::tokens::Presented;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::ledger::sale::ReceiptNo;

use crate::explain::month_name;
use crate::failure::Failure;
use crate::lang::{Lang, tier};
use crate::replay::basket::{Basket, baskets};
use crate::replay::feed::{Feed, Sent, key_of};
use crate::replay::{activation, per_second};
use crate::shop::{Folders, Shop};
use crate::verify::verify;

/// A real year of shopping (see the note beside it).
const YEAR: &[u8] = include_bytes!("../../fixtures/complete_journey/2017-40-households.csv");
/// The programme of the demonstration.
const PROGRAMME: &str = include_str!("../../fixtures/programmes/demo.toml");

/// Runs the demonstration in a temporary folder that goes with it.
pub(crate) fn run(_exit: bool, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let folder = tempfile::Builder::new().prefix("jifen-demo-").tempdir();
    let folder = folder.map_err(|error| Failure::of_io(&std::env::temp_dir(), &error))?;
    let shop = Folders::new(folder.path().join("data"), None)?.open(true)?;
    shop.engine
        .activate(PROGRAMME)
        .map_err(|error| activation(&error))?;
    let versions = shop.engine.versions();
    let programme = versions.latest().ok_or(Refusal::BeforeProgramme)?;
    let exponent = programme.currency.exponent;

    writeln!(
        out,
        "{}\n",
        lang.pick(
            "演示：40 个家庭 2017 年的真实购物，逐笔入账；随后使用积分、退货。数据在临时目录，结束后删除。",
            "Demonstration: the real year 2017 of 40 households, sale by sale; then points are used and goods come back. The data is in a temporary folder that goes when this ends.",
        )
    )?;
    let begun = Instant::now();
    let mut feed = Feed::new(&shop, programme.refund.window_days, false, false)?;
    let mut last_baskets = std::collections::BTreeMap::new();
    let read = baskets(YEAR, exponent, &mut |basket: Basket| {
        last_baskets.insert(basket.household.clone(), basket.clone());
        feed.send(basket)
    });
    let sent = feed.finish(read)?;
    let year = begun.elapsed();

    let mut second = SecondPass::new(&shop, sent.last_sold_at);
    for (household, account) in &sent.households {
        if let Some(basket) = last_baskets.get(household) {
            second.visit(household, *account, basket)?;
        }
    }
    let swept = shop.engine.sweep()?;

    let summary = Summary {
        sent: &sent,
        year,
        second: &second,
        programme,
        lang,
    };
    summary.write(&shop.engine, out)?;
    writeln!(
        out,
        "{}: {} / {}\n",
        lang.pick(
            "本次到期清理：账户 / 积分",
            "this sweep: accounts / points expired"
        ),
        swept.accounts,
        swept.expired
    )?;
    verify(&shop.engine, lang, out)
}

/// The second pass: every household comes back with the basket of its last visit.
struct SecondPass<'a> {
    shop: &'a Shop,
    now: Moment,
    sales: u64,
    refunds: u64,
    quote: Option<Quote>,
}

impl<'a> SecondPass<'a> {
    fn new(shop: &'a Shop, now: Moment) -> Self {
        Self {
            shop,
            now,
            sales: 0,
            refunds: 0,
            quote: None,
        }
    }

    /// A visit: the basket is quoted, points pay for as much as they may, and a part of it comes back.
    fn visit(
        &mut self,
        household: &str,
        account: AccountId,
        basket: &Basket,
    ) -> Result<(), Failure> {
        let engine = &self.shop.engine;
        self.now = self.now.plus_minutes(300);
        self.shop.clock.follow(self.now);
        let quote = engine.quote(account, &basket.lines)?;
        let lines: Vec<Line> = basket
            .lines
            .iter()
            .zip(&quote.discounts.lines)
            .map(|(line, discount)| Line {
                paid: discount.paid,
                ..line.clone()
            })
            .collect();
        let mut holds = Vec::new();
        if !quote.most_points.is_zero() {
            let hold = PlaceHold {
                account,
                points: quote.most_points,
                lines: lines.clone(),
            };
            let answer = engine.run(&key_of(self.now, &["hold", household]), hold)?;
            if let Receipt::Held(held) = answer.receipt {
                holds.push(UseHold {
                    hold: held.hold,
                    points: None,
                });
            }
        }
        let number = |kind: &str| ReceiptNo {
            store: basket.store.clone(),
            till: "2".to_owned(),
            number: format!("{kind}-{household}"),
        };
        let count = lines.len();
        let sale = TakeSale {
            account,
            receipt: number("sale"),
            sold_at: self.now,
            lines,
            holds,
            presented: Presented::default(),
        };
        let answer = engine.run(&key_of(self.now, &["sale", household]), sale)?;
        self.sales = self.sales.saturating_add(1);
        if let Receipt::Sold(sold) = answer.receipt {
            self.bring_back(
                household,
                account,
                sold.sale,
                count,
                &number("refund"),
                basket,
            )?;
        }
        self.quote = self
            .quote
            .take()
            .filter(|kept| quote.most_points <= kept.most_points)
            .or(Some(quote));
        Ok(())
    }

    /// Every second line comes back: by its quantity, or by its amount where it has none.
    fn bring_back(
        &mut self,
        household: &str,
        account: AccountId,
        sale: SaleId,
        lines: usize,
        receipt: &ReceiptNo,
        basket: &Basket,
    ) -> Result<(), Failure> {
        let wanted = (1_u32..)
            .zip(basket.lines.iter().take(lines))
            .step_by(2)
            .filter_map(|(line, sold)| {
                let worth = sold.quantity.thousandths() != 0 || sold.paid != Money::ZERO;
                worth.then_some(RefundLine {
                    line,
                    of: RefundOf::Rest,
                })
            });
        let lines: Vec<RefundLine> = wanted.collect();
        if lines.is_empty() {
            return Ok(());
        }
        self.now = self.now.plus_minutes(60);
        self.shop.clock.follow(self.now);
        let refund = TakeRefund {
            account,
            receipt: receipt.clone(),
            sale,
            lines,
        };
        self.shop
            .engine
            .run(&key_of(self.now, &["refund", household]), refund)?;
        self.refunds = self.refunds.saturating_add(1);
        Ok(())
    }
}

/// What the demonstration came to.
struct Summary<'a> {
    sent: &'a Sent,
    year: Duration,
    second: &'a SecondPass<'a>,
    programme: &'a Programme,
    lang: Lang,
}

impl Summary<'_> {
    fn write(&self, engine: &Engine, out: &mut dyn Write) -> Result<(), Failure> {
        let lang = self.lang;
        let mut seniors = 0_u64;
        let mut sums = [Points::ZERO; 5];
        for account in self.sent.households.values() {
            let statement = engine.statement(*account)?;
            seniors = seniors.saturating_add(u64::from(statement.tier == Tier::Senior));
            let totals = statement.totals;
            let parts = [
                totals.earned,
                totals.redeemed,
                totals.returned,
                totals.clawed_back,
                totals.expired,
            ];
            for (sum, part) in sums.iter_mut().zip(parts) {
                *sum = sum.checked_add(part).ok_or(Refusal::AmountTooLarge)?;
            }
        }
        let [earned, redeemed, returned, clawed_back, expired] = sums;
        let members = u64::try_from(self.sent.households.len()).unwrap_or(u64::MAX);
        let rate = per_second(self.sent.sales, self.year);

        let mut sums_table = table();
        let rows = [
            (lang.pick("会员", "members"), members.to_string()),
            (
                lang.pick("全年交易", "sales of the year"),
                self.sent.sales.to_string(),
            ),
            (
                lang.pick("第二轮交易 / 退货", "sales / refunds of the second pass"),
                format!("{} / {}", self.second.sales, self.second.refunds),
            ),
            (lang.pick("累积积分", "points issued"), earned.to_string()),
            (
                lang.pick("兑换积分", "points redeemed"),
                redeemed.to_string(),
            ),
            (
                lang.pick("兑换后退回", "of these come back"),
                returned.to_string(),
            ),
            (
                lang.pick("扣回积分", "points clawed back"),
                clawed_back.to_string(),
            ),
            (lang.pick("过期积分", "points expired"), expired.to_string()),
            (
                lang.pick("普通 / 高级会员", "ordinary / senior members"),
                format!("{} / {seniors}", members.saturating_sub(seniors)),
            ),
            (
                lang.pick("全年入账用时", "time for the year"),
                format!("{:.2} s", self.year.as_secs_f32()),
            ),
            (
                lang.pick("每秒交易（已落盘）", "durable sales a second"),
                rate.to_string(),
            ),
        ];
        for (what, value) in rows {
            sums_table.add_row([what.to_owned(), value]);
        }
        right_align(&mut sums_table);
        writeln!(out, "{sums_table}\n")?;

        self.quote(out)?;
        self.liability(engine, out)
    }

    /// What a quote would give.
    fn quote(&self, out: &mut dyn Write) -> Result<(), Failure> {
        let (lang, exponent) = (self.lang, self.programme.currency.exponent);
        if let Some(quote) = &self.second.quote {
            let words = lang.pick("试算示例", "what a quote gave");
            let (off, total) = (
                quote.discounts.total.display(exponent),
                quote.total.display(exponent),
            );
            let (most, worth) = (quote.most_points, quote.worth.display(exponent));
            let line = match lang {
                Lang::Zh => format!(
                    "{}：折扣 {off}，应付 {total}，最多可用 {most} 积分抵 {worth}，全付现金可得 {} 积分",
                    tier(lang, quote.tier),
                    quote.earns
                ),
                Lang::En => format!(
                    "{}: {off} off, {total} to pay, at most {most} points worth {worth}, or {} points earned when all is paid with money",
                    tier(lang, quote.tier),
                    quote.earns
                ),
            };
            writeln!(out, "{words}: {line}\n")?;
        }
        Ok(())
    }

    /// Points outstanding by the month in which they expire.
    fn liability(&self, engine: &Engine, out: &mut dyn Write) -> Result<(), Failure> {
        let lang = self.lang;
        let liability = engine.liability()?;
        let mut months = table();
        months.set_header([
            lang.pick("到期月份", "expires in"),
            lang.pick("未兑换积分负债", "outstanding liability"),
        ]);
        for (month, points) in &liability.months {
            months.add_row([month_name(*month), points.to_string()]);
        }
        months.add_row([
            lang.pick("合计", "total").to_owned(),
            liability.outstanding.to_string(),
        ]);
        months.add_row([
            lang.pick("会员欠积分", "owed by members").to_owned(),
            liability.receivable.to_string(),
        ]);
        right_align(&mut months);
        writeln!(out, "{months}\n")?;
        Ok(())
    }
}

fn table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table
}

fn right_align(table: &mut Table) {
    if let Some(column) = table.column_mut(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}
