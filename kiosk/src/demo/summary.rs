//! What the demonstration came to, in tables.

use std::io::Write;
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use jifen::domain::money::Money;
use jifen::domain::points::Points;
use jifen::domain::programme::{Programme, Tier};
use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen_pos::message::Tier as WireTier;

use crate::explain::month_name;
use crate::failure::Failure;
use crate::lang::Lang;
use crate::replay::feed::Sent;
use crate::replay::per_second;

use super::visit::SecondPass;

/// What the demonstration came to.
pub(super) struct Summary<'a> {
    pub(super) sent: &'a Sent,
    pub(super) year: Duration,
    pub(super) second: &'a SecondPass<'a>,
    pub(super) programme: &'a Programme,
    pub(super) lang: Lang,
}

impl Summary<'_> {
    pub(super) fn write(&self, engine: &Engine, out: &mut dyn Write) -> Result<(), Failure> {
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
            (
                lang.pick("入会赠送积分", "sign-up gifts"),
                self.second.gifts.to_string(),
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
                lang.pick(
                    "每秒交易（经 HTTP，已落盘）",
                    "durable sales a second, over HTTP",
                ),
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
        if let Some((tier, quote)) = &self.second.quote {
            let words = lang.pick("试算示例", "what a quote gave");
            let off = quote
                .lines
                .iter()
                .filter_map(|line| Money::parse(&line.discount, exponent).ok());
            let off = Money::sum(off)
                .ok_or(Refusal::AmountTooLarge)?
                .display(exponent);
            let (total, earns) = (&quote.total, quote.earns);
            let (most, worth) = (
                quote.most_points.unwrap_or(0),
                quote.worth.as_deref().unwrap_or("0"),
            );
            let tier = crate::lang::tier(lang, tier_of(*tier));
            let line = match lang {
                Lang::Zh => format!(
                    "{tier}：折扣 {off}，应付 {total}，最多可用 {most} 积分抵 {worth}，全付现金可得 {earns} 积分"
                ),
                Lang::En => format!(
                    "{tier}: {off} off, {total} to pay, at most {most} points worth {worth}, or {earns} points earned when all is paid with money"
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

const fn tier_of(tier: WireTier) -> Tier {
    match tier {
        WireTier::Ordinary => Tier::Ordinary,
        WireTier::Senior => Tier::Senior,
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
