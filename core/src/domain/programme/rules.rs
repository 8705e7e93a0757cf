//! The rules of a programme file: what earns, what points are worth, and what is taken off.

use super::fault::FaultCode;
use super::file::TIERS;
use super::read::{Noted, Reader, Section};
use super::{DiscountBase, DiscountRule, EarnRule, Exclusions, RedeemTerms, senior};
use crate::domain::money::Money;
use crate::domain::points::Points;

/// The most earn rules.
const EARN_RULES_MAX: usize = 64;
/// The most discounts.
const DISCOUNTS_MAX: usize = 256;
/// The most points for one `per`.
const EARN_POINTS_MAX: i64 = 1_000_000;
/// How far a priority may be from 0.
const PRIORITY_MAX: i64 = 1_000_000;

impl<'t> Reader<'t> {
    /// The `[[earn]]` rules.
    pub(super) fn earn_rules(&mut self, top: &Section<'t>, exponent: u32) -> Option<Vec<EarnRule>> {
        let keys = [
            "id",
            "points",
            "per",
            "carry",
            "exclude_departments",
            "exclude_categories",
            "exclude_products",
            "cap_per_sale",
            "cap_per_day",
        ];
        let sections = self.list(top, "earn", &keys);
        if sections.is_empty() {
            self.missing_unless_there(top, "earn");
        }
        self.refuse_too_many(&sections, EARN_RULES_MAX);
        let rules: Vec<Option<EarnRule>> = sections
            .iter()
            .map(|section| self.earn_rule(section, exponent))
            .collect();
        self.refuse_duplicates(
            &sections,
            rules.iter().map(|rule| Some(&*rule.as_ref()?.id)),
        );
        rules
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .filter(|rules| !rules.is_empty())
    }

    fn earn_rule(&mut self, section: &Section<'t>, exponent: u32) -> Option<EarnRule> {
        let id = self.required(section, "id", &Reader::id);
        let points = self.required(section, "points", &|reader, spot| {
            reader.whole(spot, &(1..=EARN_POINTS_MAX))
        });
        let per = self.required(section, "per", &|reader, spot| {
            reader.some_money(spot, exponent)
        });
        let carry = self.or(section, "carry", &Reader::flag, true);
        let exclude = self.exclusions(section);
        let cap_per_sale = self.cap(section, "cap_per_sale", points);
        let cap_per_day = self.cap(section, "cap_per_day", points);
        Some(EarnRule {
            id: id?,
            points: points?,
            per: per?,
            carry: carry?,
            exclude: exclude?,
            cap_per_sale: cap_per_sale.ok()?,
            cap_per_day: cap_per_day.ok()?,
        })
    }

    /// A cap, which is a multiple of the points that the rule gives at a time.
    fn cap(
        &mut self,
        section: &Section<'t>,
        key: &'t str,
        points: Option<i64>,
    ) -> Result<Option<Points>, Noted> {
        let cap = self.optional(section, key, &|reader, spot| reader.points(spot, 1))?;
        if let (Some(cap), Some(points)) = (cap, points)
            && cap.count().checked_rem(points) != Some(0)
        {
            let zh = format!("“{key}”应为 points（{points}）的倍数");
            let en = format!("`{key}` must be a multiple of `points`, {points}");
            self.fault(self.line(section, key), FaultCode::Contradiction, zh, en);
            return Err(Noted);
        }
        Ok(cap)
    }

    /// The `[redeem]` table, where the programme has one.
    pub(super) fn redeem_terms(
        &mut self,
        top: &Section<'t>,
        exponent: u32,
    ) -> Result<Option<RedeemTerms>, Noted> {
        let keys = [
            "points",
            "worth",
            "min_points",
            "step",
            "max_share",
            "hold_minutes",
        ];
        let Some(section) = self.section(top, "redeem", &keys) else {
            return Ok(None);
        };
        self.redeem_terms_at(&section, exponent)
            .map(Some)
            .ok_or(Noted)
    }

    fn redeem_terms_at(&mut self, section: &Section<'t>, exponent: u32) -> Option<RedeemTerms> {
        let count = Points::MAX.count();
        let whole = &|reader: &mut Reader<'t>, spot| reader.whole(spot, &(1..=count));
        let points = self.required(section, "points", whole);
        let worth = self.required(section, "worth", &|reader, spot| {
            reader.some_money(spot, exponent)
        });
        let step = self.optional(section, "step", whole);
        let min_points = self.optional(section, "min_points", whole);
        let share =
            &|reader: &mut Reader<'t>, spot| reader.decimal_within(spot, 4, &(1..=10_000), "1");
        let max_share = self.or(section, "max_share", share, 10_000);
        let minutes = &|reader: &mut Reader<'t>, spot| reader.count(spot, &(1..=1_440));
        let hold_minutes = self.or(section, "hold_minutes", minutes, 15);

        let points = points?;
        let step = step.ok()?.unwrap_or(points);
        let min_points = min_points.ok()?.unwrap_or(step);
        if min_points.checked_rem(step) != Some(0) {
            let zh = format!("min_points 应为 step（{step}）的倍数");
            let en = format!("`min_points` must be a multiple of `step`, {step}");
            self.fault(
                self.line(section, "min_points"),
                FaultCode::Contradiction,
                zh,
                en,
            );
            return None;
        }
        let terms = RedeemTerms {
            points,
            worth: worth?,
            min_points: Points::new(min_points)?,
            step,
            max_share: max_share?,
            hold_minutes: hold_minutes?,
        };
        if terms.most_usable(Points::MAX, Money::MAX).0.is_zero() {
            let (zh, en) = (
                "无论多少积分、多大的购物篮都无法兑换",
                "no number of points could be used on any basket",
            );
            self.fault(section.line, FaultCode::WorthNothing, zh, en);
            return None;
        }
        Some(terms)
    }

    /// The `[[discount]]` rules, none of which leaves a senior worse off.
    pub(super) fn discount_rules(
        &mut self,
        top: &Section<'t>,
        exponent: u32,
    ) -> Option<Vec<DiscountRule>> {
        let keys = [
            "id",
            "tiers",
            "percent",
            "group",
            "priority",
            "exclusive",
            "base",
            "max_amount",
            "floor_price",
            "from",
            "until",
            "exclude_departments",
            "exclude_categories",
            "exclude_products",
        ];
        let sections = self.list(top, "discount", &keys);
        self.refuse_too_many(&sections, DISCOUNTS_MAX);
        let rules: Vec<Option<DiscountRule>> = sections
            .iter()
            .map(|section| self.discount_rule(section, exponent))
            .collect();
        self.refuse_duplicates(
            &sections,
            rules.iter().map(|rule| Some(&*rule.as_ref()?.id)),
        );
        let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
        for worse in senior::worse_for_seniors(&rules) {
            let Some(section) = sections.get(worse.rule) else {
                continue;
            };
            let line = self.line(section, worse.key);
            self.fault(line, FaultCode::WorseForSeniors, worse.zh, worse.en);
        }
        Some(rules)
    }

    fn discount_rule(&mut self, section: &Section<'t>, exponent: u32) -> Option<DiscountRule> {
        let id = self.required(section, "id", &Reader::id);
        let tiers = self.required(section, "tiers", &|reader, spot| {
            reader.list_of(spot, &|reader, spot| reader.word(spot, &TIERS))
        });
        let percent = self.required(section, "percent", &|reader, spot| {
            reader.decimal_within(spot, 2, &(1..=10_000), "100")
        });
        let group = self.required(section, "group", &Reader::id);
        let priority = self.or(
            section,
            "priority",
            &|reader, spot| reader.whole(spot, &(-PRIORITY_MAX..=PRIORITY_MAX)),
            0,
        );
        let exclusive = self.or(section, "exclusive", &Reader::flag, false);
        let words = [
            ("original", DiscountBase::Original),
            ("remaining", DiscountBase::Remaining),
        ];
        let base = self.or(
            section,
            "base",
            &|reader, spot| reader.word(spot, &words),
            DiscountBase::Original,
        );
        let max_amount = self.optional(section, "max_amount", &|reader, spot| {
            reader.some_money(spot, exponent)
        });
        let floor = &|reader: &mut Reader<'t>, spot| reader.money(spot, exponent);
        let floor_price = self.or(section, "floor_price", floor, Money::ZERO);
        let from = self.optional(section, "from", &Reader::day);
        let until = self.optional(section, "until", &Reader::day);
        let exclude = self.exclusions(section);

        if tiers.as_ref().is_some_and(Vec::is_empty) {
            let (zh, en) = (
                "“tiers”至少应有一个等级",
                "`tiers` must name at least one tier",
            );
            self.fault(self.line(section, "tiers"), FaultCode::OutOfRange, zh, en);
        }
        if let (Ok(Some(from)), Ok(Some(until))) = (from, until)
            && until <= from
        {
            let zh = "until 是不再有效的第一天，应晚于 from";
            let en = "`until` is the first day that is no longer valid, and lies after `from`";
            self.fault(
                self.line(section, "until"),
                FaultCode::Contradiction,
                zh,
                en,
            );
        }
        Some(DiscountRule {
            id: id?,
            tiers: tiers?,
            percent: percent?,
            group: group?,
            priority: priority?,
            exclusive: exclusive?,
            base: base?,
            max_amount: max_amount.ok()?,
            floor_price: floor_price?,
            from: from.ok()?,
            until: until.ok()?,
            exclude: exclude?,
        })
    }

    fn exclusions(&mut self, section: &Section<'t>) -> Option<Exclusions> {
        let departments = self.labels(section, "exclude_departments");
        let categories = self.labels(section, "exclude_categories");
        let products = self.labels(section, "exclude_products");
        Some(Exclusions {
            departments: departments?,
            categories: categories?,
            products: products?,
        })
    }

    /// A list of the shop's labels, empty when absent.
    pub(super) fn labels(&mut self, section: &Section<'t>, key: &'t str) -> Option<Vec<String>> {
        let labels = &|reader: &mut Reader<'t>, spot| reader.list_of(spot, &Reader::label);
        self.or(section, key, labels, Vec::new())
    }

    fn refuse_too_many(&mut self, sections: &[Section<'t>], most: usize) {
        if let Some(section) = sections.get(most) {
            let zh = format!("最多 {most} 条规则，这是下一条");
            let en = format!("there may be {most} such rules, and this is the next one");
            self.fault(section.line, FaultCode::TooMany, zh, en);
        }
    }

    /// Refuses an id that a section before has. `ids` come in the order of the sections.
    fn refuse_duplicates<'r>(
        &mut self,
        sections: &[Section<'t>],
        ids: impl Iterator<Item = Option<&'r str>>,
    ) {
        let mut known: Vec<&str> = Vec::new();
        for (section, id) in sections.iter().zip(ids) {
            let Some(id) = id else { continue };
            if known.contains(&id) {
                let zh = format!("id“{id}”重复");
                let en = format!("the id `{id}` stands here twice");
                self.fault(self.line(section, "id"), FaultCode::Duplicate, zh, en);
            }
            known.push(id);
        }
    }
}
