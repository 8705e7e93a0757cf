//! What an entry did, in words. Every part of every movement stands in them: a new one does not compile until it does.

use crate::domain::earn::{Cap, Trace};
use crate::domain::money::{Exact, Money};
use crate::domain::refusal::AccountState;
use crate::domain::time::{Day, Moment};
use crate::ledger::entry::{GrantSource, Movement, Redemption, Returned, TierChange, TierOutcome};
use crate::ledger::forward::Forward;
use crate::ledger::lot::{LotGrant, Part, total};
use crate::ledger::merge::{Arrival, CarryMoved, Departure, MovedLot};
use crate::policy::notice::Language;

/// The words for a movement. `exponent` is the number of decimals of the shop's currency.
#[expect(clippy::too_many_lines, reason = "one arm for each movement")]
pub(super) fn movement_words(movement: Movement, exponent: u32, language: Language) -> String {
    let words = Words {
        exponent,
        zh: language == Language::Zh,
    };
    match movement {
        Movement::Open { on } => words.pick(format!("开户，{on}"), format!("opened on {on}")),
        Movement::Earn {
            sale,
            lot,
            traces,
            spend,
            sold_on,
        } => {
            let (lot, spend, traces) = (words.lot(lot), words.money(spend), words.traces(&traces));
            words.pick(
                format!("{sold_on} 消费累积，交易 {sale}：{lot}；计入累计消费额 {spend}{traces}"),
                format!(
                    "earned by sale {sale} of {sold_on}: {lot}; {spend} counts for the tier{traces}"
                ),
            )
        }
        Movement::Redeem { hold, parts } => {
            let parts = words.parts(&parts);
            words.pick(
                format!("积分兑换，预扣 {hold}：{parts}"),
                format!("used through hold {hold}: {parts}"),
            )
        }
        Movement::Return { of, parts } => {
            let (of, parts) = (words.redemption(of), words.returned(&parts));
            words.pick(
                format!("积分退回，{of}：{parts}"),
                format!("points came back, {of}: {parts}"),
            )
        }
        Movement::Clawback {
            sale,
            traces,
            parts,
            lapsed,
            debt,
            loss,
            spend,
            sold_on,
        } => {
            let (parts, spend, traces) = (
                words.parts(&parts),
                words.money(spend),
                words.traces(&traces),
            );
            words.pick(
                format!("积分扣回，{sold_on} 的交易 {sale}：{parts}，已过期 {lapsed}，欠 {debt}，商家承担 {loss}；累计消费额减 {spend}{traces}"),
                format!("taken back for sale {sale} of {sold_on}: {parts}, {lapsed} had lapsed, {debt} owed, {loss} borne by the shop; {spend} less for the tier{traces}"),
            )
        }
        Movement::Repay { parts } => {
            let parts = words.parts(&parts);
            words.pick(
                format!("偿还欠积分：{parts}"),
                format!("paid a debt: {parts}"),
            )
        }
        Movement::Adjust {
            reason,
            actor,
            approved_by,
            credit,
            parts,
        } => {
            let (credit, parts) = (words.lot(credit), words.parts(&parts));
            let approved = approved_by.unwrap_or_else(|| "-".to_owned());
            words.pick(
                format!("积分调整：{reason}，经办 {actor}，批准 {approved}；增加 {credit}，减少 {parts}"),
                format!("adjusted: {reason}, by {actor}, approved by {approved}; given {credit}, taken {parts}"),
            )
        }
        Movement::Expire { lot, points } => words.pick(
            format!("积分过期：批次 {lot}，{points} 积分"),
            format!("lapsed: lot {lot}, {points} points"),
        ),
        Movement::Assess(change) => words.assessed(change),
        Movement::Sanction {
            state,
            reason,
            actor,
        } => {
            let state = words.state(state);
            words.pick(
                format!("会员状态改为{state}：{reason}，经办 {actor}"),
                format!("state changed to {state}: {reason}, by {actor}"),
            )
        }
        Movement::Grant { source, lot } => {
            let source = match source {
                GrantSource::SignUp => words.pick("入会赠送".to_owned(), "sign-up gift".to_owned()),
            };
            let lot = words.lot(Some(lot));
            words.pick(format!("{source}：{lot}"), format!("{source}: {lot}"))
        }
        Movement::Forward(forward) => words.forward(*forward),
        Movement::Merge(arrival) => {
            words.arrival("并入另一记录", "another record came in", *arrival)
        }
        Movement::MergeBack(arrival) => {
            words.arrival("撤销合并，转回", "a merge was undone, came back", *arrival)
        }
        Movement::MergeAway(departure) => {
            words.departure("并出至另一记录", "went to another record", *departure)
        }
        Movement::Unmerge(departure) => {
            words.departure("撤销合并，转出", "a merge was undone, left", *departure)
        }
    }
}

#[derive(Clone, Copy)]
struct Words {
    exponent: u32,
    zh: bool,
}

impl Words {
    fn pick(self, zh: String, en: String) -> String {
        if self.zh { zh } else { en }
    }

    fn arrival(self, zh: &str, en: &str, arrival: Arrival) -> String {
        let Arrival {
            // The number of an account is nobody's but the shop's.
            from: _,
            lots,
            carries,
            debt,
            days,
            older,
            // Sums over what is told here and in the entries that came along.
            totals: _,
            state_before: _,
            state,
            last_sale: _,
        } = arrival;
        let (lots, carries, days) = (
            self.moved_lots(&lots),
            self.moved_carries(&carries),
            self.days(&days, older),
        );
        let state = self.state(state);
        self.pick(
            format!("{zh}：{lots}，欠 {debt}，余数 {carries}，累计消费额 {days}，状态 {state}"),
            format!(
                "{en}: {lots}, {debt} owed, rest {carries}, {days} counts for the tier, {state}"
            ),
        )
    }

    fn departure(self, zh: &str, en: &str, departure: Departure) -> String {
        let Departure {
            // The number of an account is nobody's but the shop's.
            to: _,
            given_back,
            taken,
            lapsed,
            loss,
            lots,
            // Empty lots that points may come back to.
            mirrors: _,
            carries,
            debt,
            days,
            older,
            // Sums over what is told here and in the entries that leave.
            totals: _,
            state,
            last_sale: _,
        } = departure;
        let (lots, carries, days) = (
            self.moved_lots(&lots),
            self.moved_carries(&carries),
            self.days(&days, older),
        );
        let (given_back, taken, lapsed) = (
            self.parts(&given_back),
            self.parts(&taken),
            self.parts(&lapsed),
        );
        let state = self.state(state);
        self.pick(
            format!("{zh}：{lots}，欠 {debt}，余数 {carries}，累计消费额 {days}，恢复 {given_back}，扣回 {taken}，其中已过期 {lapsed}，商家承担 {loss}，状态 {state}"),
            format!("{en}: {lots}, {debt} owed, rest {carries}, {days} counts for the tier, given back {given_back}, taken {taken}, lapsed of those {lapsed}, borne by the shop {loss}, {state}"),
        )
    }

    fn moved_lots(self, lots: &[MovedLot]) -> String {
        let lots: Vec<String> = lots
            .iter()
            .map(|lot| format!("{} × {}", lot.grant.id, lot.remaining))
            .collect();
        self.listed(&lots)
    }

    fn moved_carries(self, carries: &[CarryMoved]) -> String {
        let carries: Vec<String> = carries
            .iter()
            .map(|carry| {
                format!(
                    "{} {} + {}",
                    carry.rule,
                    self.exact(carry.moved),
                    carry.whole
                )
            })
            .collect();
        self.listed(&carries)
    }

    fn days(self, days: &[(Day, Money)], older: Money) -> String {
        let mut days: Vec<String> = days
            .iter()
            .map(|(day, amount)| format!("{day} {}", self.money(*amount)))
            .collect();
        if older != Money::ZERO {
            let before = self.pick_str("更早", "earlier");
            days.push(format!("{before} {}", self.money(older)));
        }
        self.listed(&days)
    }

    fn listed(self, items: &[String]) -> String {
        if items.is_empty() {
            return self.pick("无".to_owned(), "nothing".to_owned());
        }
        items.join(self.pick_str("、", ", "))
    }

    const fn pick_str(self, zh: &'static str, en: &'static str) -> &'static str {
        if self.zh { zh } else { en }
    }

    fn forward(self, forward: Forward) -> String {
        let Forward {
            opened_on,
            state,
            lots,
            debt,
            carries,
            lifetime,
            // What a window may still look at, and the sums of the entries: both stand in the account's own fields.
            days: _,
            tiers: _,
            tier_flagged: _,
            totals: _,
            entries,
            last_sale: _,
            last_purchase,
        } = forward;
        let lots: Vec<String> = lots
            .into_iter()
            .map(|lot| format!("{} × {}", lot.grant.id, lot.remaining))
            .collect();
        let lots = lots.join(" + ");
        let rests: Vec<String> = carries
            .into_iter()
            .map(|(_, rest)| self.exact(rest))
            .collect();
        let rests = rests.join(" + ");
        let (state, lifetime) = (self.state(state), self.money(lifetime));
        let last = last_purchase.map_or_else(|| "-".to_owned(), |day| day.to_string());
        self.pick(
            format!("结转 {entries} 条流水：{opened_on} 开户，状态 {state}，批次 {lots}，欠 {debt}，余数 {rests}，累计消费额 {lifetime}，最后消费 {last}"),
            format!("{entries} entries carried forward: opened on {opened_on}, {state}, lots {lots}, {debt} owed, rest {rests}, {lifetime} counts for the tier, last purchase {last}"),
        )
    }

    fn money(self, amount: Money) -> String {
        amount.display(self.exponent)
    }

    fn exact(self, amount: Exact) -> String {
        amount.display(self.exponent)
    }

    fn lot(self, lot: Option<LotGrant>) -> String {
        let Some(LotGrant {
            id,
            points,
            earned_at,
            available_at,
            expires_at,
        }) = lot
        else {
            return self.pick("0 积分".to_owned(), "0 points".to_owned());
        };
        let end = expires_at.map_or_else(
            || self.pick("不过期".to_owned(), "no end".to_owned()),
            Moment::to_rfc3339,
        );
        let (earned, from) = (earned_at.to_rfc3339(), available_at.to_rfc3339());
        self.pick(
            format!("{points} 积分（批次 {id}，{earned} 累积，{from} 起可用，至 {end}）"),
            format!("{points} points (lot {id}, earned {earned}, from {from}, until {end})"),
        )
    }

    fn parts(self, parts: &[Part]) -> String {
        let sum = total(parts).map_or_else(|| "?".to_owned(), |sum| sum.to_string());
        let from = parts
            .iter()
            .map(|Part { lot, points }| format!("{lot} × {points}"));
        let from: Vec<String> = from.collect();
        let from = from.join(", ");
        self.pick(
            format!("{sum} 积分（{from}）"),
            format!("{sum} points ({from})"),
        )
    }

    fn returned(self, parts: &[Returned]) -> String {
        let told = parts.iter().map(|Returned { part, into }| {
            let part = self.parts(&[*part]);
            match into {
                Some(grant) => format!("{part} → {}", self.lot(Some(*grant))),
                None => part,
            }
        });
        told.collect::<Vec<String>>().join("; ")
    }

    fn redemption(self, of: Redemption) -> String {
        match of {
            Redemption::Sale(sale) => self.pick(format!("交易 {sale}"), format!("sale {sale}")),
            Redemption::Hold(hold) => self.pick(format!("预扣 {hold}"), format!("hold {hold}")),
        }
    }

    /// `base × multiplier → counted; carry before + change → points, carry after`, rule by rule.
    fn traces(self, traces: &[Trace]) -> String {
        traces.iter().map(|trace| self.trace(trace)).collect()
    }

    fn trace(
        self,
        Trace {
            rule,
            carry,
            base,
            multiplier,
            counted,
            counted_before,
            delta,
            carry_before,
            carry_after,
            points,
            capped,
        }: &Trace,
    ) -> String {
        let cap = match capped {
            None => String::new(),
            Some(Cap::Sale) => self.pick("（单笔上限）".to_owned(), " (capped by sale)".to_owned()),
            Some(Cap::Day) => self.pick("（当日上限）".to_owned(), " (capped by day)".to_owned()),
        };
        let base = self.money(*base);
        let [counted, before, delta, rest_before, rest_after] =
            [counted, counted_before, delta, carry_before, carry_after].map(|it| self.exact(*it));
        self.pick(
            format!("；规则 {rule}（{carry}）：{base} × {multiplier}，计入 {counted}{cap}，原计入 {before}，变动 {delta}，余数 {rest_before} → {rest_after}，{points} 积分"),
            format!("; rule {rule} ({carry}): {base} × {multiplier}, counted {counted}{cap}, before {before}, change {delta}, rest {rest_before} → {rest_after}, {points} points"),
        )
    }

    fn assessed(self, change: TierChange) -> String {
        let TierChange {
            outcome,
            metric,
            senior_from,
            effective_at,
            sale,
        } = change;
        let outcome = match outcome {
            TierOutcome::Upgrade => ("升级为高级会员", "upgraded to senior"),
            TierOutcome::Downgrade => ("恢复为普通会员", "back to ordinary"),
            TierOutcome::Review => ("保留等级，待人工复核", "tier kept for review"),
        };
        let (metric, needed) = (self.money(metric), self.money(senior_from));
        let sale = sale.map_or_else(|| "-".to_owned(), |sale| sale.to_string());
        let at = effective_at.to_rfc3339();
        self.pick(
            format!("{}：{metric} / {needed}，{at} 起，交易 {sale}", outcome.0),
            format!("{}: {metric} / {needed}, from {at}, sale {sale}", outcome.1),
        )
    }

    const fn state(self, state: AccountState) -> &'static str {
        match (state, self.zh) {
            (AccountState::Pending, true) => "待核实",
            (AccountState::Active, true) => "正常",
            (AccountState::Warned, true) => "已警告",
            (AccountState::Restricted, true) => "已限制",
            (AccountState::Suspended, true) => "已停用",
            (AccountState::Pending, false) => "pending",
            (AccountState::Active, false) => "active",
            (AccountState::Warned, false) => "warned",
            (AccountState::Restricted, false) => "restricted",
            (AccountState::Suspended, false) => "suspended",
        }
    }
}
