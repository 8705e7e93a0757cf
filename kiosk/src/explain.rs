//! `jifen explain`: how a number came about, entry by entry.

use std::io::Write;

use jifen::domain::earn::{Cap, Trace};
use jifen::domain::ids::AccountId;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Month;
use jifen::engine::Engine;
use jifen::engine::explain::{Amount, Number};
use jifen::ledger::entry::{GrantSource, Movement, TierOutcome};
use jifen::ledger::journal::JournalAccount;
use jifen::ledger::sale::ReceiptNo;

use crate::failure::Failure;
use crate::lang::{Lang, tier};

/// What is to be explained.
#[derive(Clone, Debug)]
pub(crate) enum Question {
    /// A member's number, or all of them in short.
    Member {
        reference: String,
        number: Option<String>,
    },
    /// A sale by the till's name of it.
    Sale(ReceiptNo),
    /// The liability of a month, or of all months.
    Liability(Option<String>),
}

/// Writes an explanation.
pub(crate) struct Explainer<'a> {
    engine: &'a Engine,
    lang: Lang,
    exponent: u32,
    out: &'a mut dyn Write,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        lang: Lang,
        out: &'a mut dyn Write,
    ) -> Result<Self, Failure> {
        let versions = engine.versions();
        let exponent = versions
            .latest()
            .ok_or(Refusal::BeforeProgramme)?
            .currency
            .exponent;
        Ok(Self {
            engine,
            lang,
            exponent,
            out,
        })
    }

    pub(crate) fn answer(&mut self, question: &Question) -> Result<(), Failure> {
        match question {
            Question::Member { reference, number } => {
                let account = self
                    .engine
                    .account_of(reference)?
                    .ok_or(Refusal::TokenUnknown)?;
                match number.as_deref() {
                    None => self.overview(account),
                    Some("tier") => self.tier(account),
                    Some("available") => self.available(account),
                    Some(name) => self.number(account, &number_of(name)?),
                }
            }
            Question::Sale(receipt) => self.sale(receipt),
            Question::Liability(month) => self.liability(month.as_deref()),
        }
    }

    fn overview(&mut self, account: AccountId) -> Result<(), Failure> {
        let statement = self.engine.statement(account)?;
        let lang = self.lang;
        let exponent = self.exponent;
        let rows = [
            (
                "balance",
                lang.pick("余额", "all points"),
                statement.balance.to_string(),
            ),
            (
                "available",
                lang.pick("可用余额", "may be used"),
                statement.available.to_string(),
            ),
            (
                "earned",
                lang.pick("累积", "earned"),
                statement.totals.earned.to_string(),
            ),
            (
                "redeemed",
                lang.pick("兑换", "used"),
                statement.totals.redeemed.to_string(),
            ),
            (
                "clawed-back",
                lang.pick("扣回", "taken back"),
                statement.totals.clawed_back.to_string(),
            ),
            (
                "expired",
                lang.pick("过期", "expired"),
                statement.totals.expired.to_string(),
            ),
            (
                "debt",
                lang.pick("欠积分", "owed"),
                statement.debt.to_string(),
            ),
            (
                "spend",
                lang.pick("累计消费额", "qualifying spend"),
                statement.qualifying_spend.display(exponent),
            ),
            (
                "tier",
                lang.pick("等级", "tier"),
                tier(lang, statement.tier).to_owned(),
            ),
        ];
        for (name, words, value) in rows {
            writeln!(self.out, "{name:<12} {value:>14}  {words}")?;
        }
        for (rule, carry) in &statement.carries {
            writeln!(
                self.out,
                "{:<12} {:>14}  {} {rule}",
                format!("carry:{rule}"),
                carry.display(exponent),
                lang.pick("余数", "carried by")
            )?;
        }
        Ok(())
    }

    fn number(&mut self, account: AccountId, number: &Number) -> Result<(), Failure> {
        let steps = self.engine.derive(account, number)?;
        for step in &steps {
            let (added, after) = (self.amount(step.added), self.amount(step.after));
            let what = self.movement(&step.entry.movement);
            writeln!(
                self.out,
                "{}  {added:>14}  = {after:>14}  {what}",
                step.entry.at
            )?;
        }
        let total = steps
            .last()
            .map_or_else(|| "0".to_owned(), |step| self.amount(step.after));
        writeln!(self.out, "{}: {total}", self.lang.pick("合计", "total"))?;
        Ok(())
    }

    fn tier(&mut self, account: AccountId) -> Result<(), Failure> {
        for entry in self.engine.entries(account)?.iter().rev() {
            if let Movement::Assess(change) = &entry.movement {
                let words = self.outcome(change.outcome);
                let metric = change.metric.display(self.exponent);
                let needed = change.senior_from.display(self.exponent);
                writeln!(
                    self.out,
                    "{}  {words}: {metric} / {needed}",
                    change.effective_at
                )?;
            }
        }
        let statement = self.engine.statement(account)?;
        let (metric, missing) = (
            statement.metric.display(self.exponent),
            statement.missing.display(self.exponent),
        );
        let words = self.lang.pick("当前", "now");
        let short = self.lang.pick("还差", "missing");
        writeln!(
            self.out,
            "{words}: {}, {metric}, {short} {missing}",
            tier(self.lang, statement.tier)
        )?;
        Ok(())
    }

    fn available(&mut self, account: AccountId) -> Result<(), Failure> {
        let statement = self.engine.statement(account)?;
        let now = self.engine.now();
        for lot in &statement.lots {
            let end = lot
                .grant
                .expires_at
                .map_or_else(|| "-".to_owned(), |end| end.to_string());
            let (left, held) = (lot.remaining, lot.held);
            let usable = lot.available(now);
            let words = self.lang.pick("批次", "lot");
            writeln!(
                self.out,
                "{words} {}  {left} - {held} -> {usable}  < {end}",
                lot.grant.id
            )?;
        }
        writeln!(
            self.out,
            "{}: {}",
            self.lang.pick("合计", "total"),
            statement.available
        )?;
        Ok(())
    }

    fn sale(&mut self, receipt: &ReceiptNo) -> Result<(), Failure> {
        let story = self.engine.story(receipt)?;
        let sale = &story.sale;
        let (tier, times) = (tier(self.lang, sale.tier), sale.multiplier);
        writeln!(
            self.out,
            "{}  {}  {tier:?} × {times}",
            sale.id, sale.sold_at
        )?;
        for (number, line) in (1_u32..).zip(&sale.lines) {
            let paid = line.line.paid.display(self.exponent);
            let points = line.points_share.display(self.exponent);
            let kept = line.kept().unwrap_or_default().display(self.exponent);
            let by = self.lang.pick("积分抵扣", "by points");
            let keeps = self.lang.pick("保留", "kept");
            let (product, department) = (&line.line.product, &line.line.department);
            writeln!(
                self.out,
                "  {number}. {product} {department}: {paid}, {by} {points}, {keeps} {kept}"
            )?;
        }
        for entry in &story.entries {
            let what = self.movement(&entry.movement);
            writeln!(self.out, "{}  {what}", entry.at)?;
            if let Movement::Earn { traces, .. } | Movement::Clawback { traces, .. } =
                &entry.movement
            {
                for trace in traces {
                    self.trace(trace)?;
                }
            }
        }
        Ok(())
    }

    /// `base × multiplier = counted; carry before + change = units × per + carry after`.
    fn trace(&mut self, trace: &Trace) -> Result<(), Failure> {
        let lang = self.lang;
        let exact = |amount: jifen::domain::money::Exact| amount.display(self.exponent);
        let cap = match trace.capped {
            None => "",
            Some(Cap::Sale) => lang.pick("（已达单笔上限）", " (capped by sale)"),
            Some(Cap::Day) => lang.pick("（已达当日上限）", " (capped by day)"),
        };
        writeln!(
            self.out,
            "    {}: {} {} × {} → {} {}{cap}; {} {} + {} → {} {}, {} {}",
            trace.rule,
            lang.pick("计积分金额", "base"),
            trace.base.display(self.exponent),
            trace.multiplier,
            lang.pick("计入", "counted"),
            exact(trace.counted),
            lang.pick("余数", "carry"),
            exact(trace.carry_before),
            exact(trace.delta),
            trace.points,
            lang.pick("积分", "points"),
            lang.pick("余数", "carry"),
            exact(trace.carry_after),
        )?;
        Ok(())
    }

    fn liability(&mut self, month: Option<&str>) -> Result<(), Failure> {
        let Some(month) = month else {
            let liability = self.engine.liability()?;
            for (month, points) in &liability.months {
                writeln!(self.out, "{:<8} {points:>14}", month_name(*month))?;
            }
            writeln!(
                self.out,
                "{}: {}",
                self.lang.pick("未兑换积分负债", "outstanding"),
                liability.outstanding
            )?;
            writeln!(
                self.out,
                "{}: {}",
                self.lang.pick("会员欠积分", "owed by members"),
                liability.receivable
            )?;
            return Ok(());
        };
        let month = if month == "never" {
            None
        } else {
            Some(parse_month(month)?)
        };
        let moves = self.engine.liability_moves(month)?;
        for (other, points) in &moves.moves {
            writeln!(self.out, "{points:>14}  {}", self.journal_account(*other))?;
        }
        if moves.carried != 0 {
            let words = self.lang.pick("结转", "carried forward");
            writeln!(self.out, "{:>14}  {words}", moves.carried)?;
        }
        writeln!(self.out, "{:>14}  {}", moves.outstanding, month_name(month))?;
        Ok(())
    }

    fn amount(&self, amount: Amount) -> String {
        match amount {
            Amount::Points(points) => points.to_string(),
            Amount::Money(money) => money.display(self.exponent),
            Amount::Exact(exact) => exact.display(self.exponent),
        }
    }

    fn movement(&self, movement: &Movement) -> String {
        let lang = self.lang;
        match movement {
            Movement::Open { .. } => lang.pick("开户", "opened").to_owned(),
            Movement::Forward(forward) => {
                let entries = forward.entries;
                let words = lang.pick("结转，此前流水条数", "carried forward, entries up to here");
                format!("{words}: {entries}")
            }
            Movement::Earn { sale, .. } => {
                format!("{} {sale}", lang.pick("消费累积", "earned by sale"))
            }
            Movement::Redeem { hold, .. } => {
                format!("{} {hold}", lang.pick("积分兑换", "used through hold"))
            }
            Movement::Return { .. } => lang.pick("积分退回", "points came back").to_owned(),
            Movement::Clawback { sale, .. } => {
                format!("{} {sale}", lang.pick("积分扣回", "taken back, sale"))
            }
            Movement::Repay { .. } => lang.pick("偿还欠积分", "paid a debt").to_owned(),
            Movement::Adjust { reason, actor, .. } => {
                format!("{}: {reason} ({actor})", lang.pick("积分调整", "adjusted"))
            }
            Movement::Expire { lot, .. } => {
                format!("{} {lot}", lang.pick("积分过期，批次", "expired, lot"))
            }
            Movement::Assess(change) => self.outcome(change.outcome).to_owned(),
            Movement::Grant {
                source: GrantSource::SignUp,
                ..
            } => lang.pick("入会赠送", "sign-up gift").to_owned(),
            Movement::Sanction { state, reason, .. } => {
                format!("{} {state}: {reason}", lang.pick("会员状态", "state"))
            }
            Movement::Merge(_) => lang
                .pick("并入另一会员记录", "another record came in")
                .to_owned(),
            Movement::MergeAway(_) => lang
                .pick("并入另一会员记录，余额转出", "went into another record")
                .to_owned(),
            Movement::Unmerge(_) => lang
                .pick("撤销合并，转出", "the merge was undone")
                .to_owned(),
            Movement::MergeBack(_) => lang
                .pick("撤销合并，转回", "the merge was undone, and this came back")
                .to_owned(),
        }
    }

    const fn outcome(&self, outcome: TierOutcome) -> &'static str {
        match (self.lang, outcome) {
            (Lang::Zh, TierOutcome::Upgrade) => "升级为高级会员",
            (Lang::Zh, TierOutcome::Downgrade) => "恢复为普通会员",
            (Lang::Zh, TierOutcome::Review) => "保留等级，待人工复核",
            (Lang::En, TierOutcome::Upgrade) => "upgraded to senior",
            (Lang::En, TierOutcome::Downgrade) => "back to ordinary",
            (Lang::En, TierOutcome::Review) => "tier kept for review",
        }
    }

    fn journal_account(&self, account: JournalAccount) -> String {
        let (zh, en) = match account {
            JournalAccount::Liability(month) => return month_name(month),
            JournalAccount::Receivable => ("偿还欠积分", "paid debts"),
            JournalAccount::Issued => ("消费累积", "earned"),
            JournalAccount::Redeemed => ("积分兑换与退回", "used, less come back"),
            JournalAccount::ClawedBack => ("积分扣回", "taken back"),
            JournalAccount::Expired => ("积分过期", "expired"),
            JournalAccount::Adjusted => ("积分调整", "adjusted"),
            JournalAccount::Loss => ("商家承担", "borne by the shop"),
            JournalAccount::Forfeited => ("注销清零", "forfeited on leaving"),
            JournalAccount::Restored => ("恢复调整", "set right by a restore"),
        };
        self.lang.pick(zh, en).to_owned()
    }
}

/// A month as `2018-03`, or `never`.
pub(crate) fn month_name(month: Option<Month>) -> String {
    month.map_or_else(|| "never".to_owned(), |month| month.to_string())
}

fn parse_month(text: &str) -> Result<Month, Failure> {
    let parsed = text.split_once('-').and_then(|(year, month)| {
        let (year, month) = (year.parse::<i32>().ok()?, month.parse::<i32>().ok()?);
        let fits = (1..=12).contains(&month) && (1970..=9999).contains(&year);
        fits.then(|| {
            Month(
                year.saturating_mul(12)
                    .saturating_add(month)
                    .saturating_sub(1),
            )
        })
    });
    parsed.ok_or_else(|| {
        Failure::new(
            "bad_month",
            "月份应为 2018-03 或 never",
            "a month is 2018-03 or never",
        )
    })
}

/// The names that `explain member REF NAME` knows.
fn number_of(name: &str) -> Result<Number, Failure> {
    match name {
        "balance" => Ok(Number::Balance),
        "earned" => Ok(Number::Earned),
        "redeemed" => Ok(Number::Redeemed),
        "clawed-back" => Ok(Number::ClawedBack),
        "expired" => Ok(Number::Expired),
        "debt" => Ok(Number::Debt),
        "spend" => Ok(Number::Spend),
        other => {
            let rule = other
                .strip_prefix("carry:")
                .map(|rule| Number::Carry(rule.to_owned()));
            rule.ok_or_else(|| {
                let known = "balance, available, earned, redeemed, clawed-back, expired, debt, spend, tier, carry:RULE";
                Failure::new(
                    "unknown_number",
                    format!("没有名为 {other} 的数字；可用：{known}"),
                    format!("there is no number named {other}; known are {known}"),
                )
            })
        }
    }
}
