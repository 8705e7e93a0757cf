//! A programme from its file: the keys that there are, their defaults, and what must hold between them.
//! Earn rules, redemption and discounts are read in `rules.rs`.

use std::collections::HashMap;

use rust_decimal::Decimal;
use sha2::{Digest, Sha256};
use toml_edit::{Document, Value};

use super::fault::{Fault, FaultCode};
use super::read::{Noted, Reader, Section, Spot};
use super::{
    Align, Currency, Lifetime, OnRefund, Programme, RefundPolicy, RefundTerms, Tier, TierTerms,
    Window, Words,
};
use crate::domain::ids::ProgrammeHash;
use crate::domain::money::{Money, Multiplier};
use crate::domain::points::Points;
use crate::domain::time::{Day, Moment, Zone};

/// The longest file, in bytes.
const TEXT_MAX: usize = 1_000_000;
/// The most days of any setting.
const DAYS_MAX: i64 = 3_650;
/// The most months of any setting.
const MONTHS_MAX: i64 = 1_200;
/// The words of both tiers.
pub(super) const TIERS: [(&str, Tier); 2] =
    [("ordinary", Tier::Ordinary), ("senior", Tier::Senior)];

/// What every version says of itself.
struct Head {
    id: String,
    version: String,
    name: Words,
    currency: Currency,
    zone: Zone,
    announced_on: Day,
    effective_from: Moment,
}

/// What holds for points of every kind.
struct PointTerms {
    vest_days: u32,
    lifetime: Lifetime,
    signup_gift: Points,
}

impl Programme {
    /// Reads a programme file. Either all of it is understood, or every fault in it is named, by line.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut reader = Reader::new(text);
        if TEXT_MAX < text.len() {
            let (zh, en) = (
                "文件超过 1,000,000 字节",
                "the file is longer than 1,000,000 bytes",
            );
            reader.fault(1, FaultCode::Syntax, zh, en);
            return Err(reader.into_faults());
        }
        let document = match Document::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let line = reader.line_of(error.span());
                let why = error.message();
                let zh = format!("不是有效的 TOML：{why}");
                reader.fault(
                    line,
                    FaultCode::Syntax,
                    zh,
                    format!("not valid TOML: {why}"),
                );
                return Err(reader.into_faults());
            }
        };
        let programme = read(&mut reader, &document);
        match programme {
            Some(programme) if reader.is_faultless() => Ok(programme),
            Some(_) | None => Err(reader.into_faults()),
        }
    }

    /// Days from the announcement to the first day on which the version is valid (GOV-01).
    pub fn notice_days(&self) -> i64 {
        let first = self.zone.day_of(self.effective_from);
        i64::from(first.number()).saturating_sub(i64::from(self.announced_on.number()))
    }
}

/// The programme, unless a fault kept a part of it from being read. Every part is read whatever the others are.
fn read<'t>(reader: &mut Reader<'t>, document: &'t Document<&'t str>) -> Option<Programme> {
    let keys = [
        "schema",
        "id",
        "version",
        "currency",
        "time_zone",
        "announced_on",
        "effective_from",
        "name",
        "points",
        "earn",
        "redeem",
        "refund",
        "tiers",
        "tier",
        "discount",
    ];
    let top = reader.top(document.as_table(), &keys);
    reader.required(&top, "schema", &|reader, spot| reader.whole(spot, &(1..=1)));
    let head = head(reader, &top);
    // Without a currency, amounts are read as finely as any currency has it.
    let exponent = head.as_ref().map_or(4, |head| head.currency.exponent);

    let points = point_terms(reader, &top);
    let earn = reader.earn_rules(&top, exponent);
    let redeem = reader.redeem_terms(&top, exponent);
    let refund = refund_terms(reader, &top);
    let tiers = tier_terms(reader, &top, exponent);
    let discounts = reader.discount_rules(&top, exponent);

    let (head, points) = (head?, points?);
    Some(Programme {
        id: head.id,
        version: head.version,
        name: head.name,
        currency: head.currency,
        zone: head.zone,
        announced_on: head.announced_on,
        effective_from: head.effective_from,
        vest_days: points.vest_days,
        lifetime: points.lifetime,
        signup_gift: points.signup_gift,
        earn: earn?,
        redeem: redeem.ok()?,
        refund: refund?,
        tiers: tiers?,
        discounts: discounts?,
        hash: ProgrammeHash::from_bytes(Sha256::digest(reader.text()).into()),
    })
}

fn head<'t>(reader: &mut Reader<'t>, top: &Section<'t>) -> Option<Head> {
    let id = reader.required(top, "id", &Reader::id);
    let version = reader.required(top, "version", &Reader::label);
    let currency = reader.required(top, "currency", &currency);
    let zone = reader.required(top, "time_zone", &zone);
    let announced_on = reader.required(top, "announced_on", &Reader::day);
    let effective_from = reader.required(top, "effective_from", &Reader::moment);
    if let (Some(zone), Some(announced), Some(effective)) = (zone, announced_on, effective_from)
        && zone.day_of(effective) < announced
    {
        let line = reader.line(top, "announced_on");
        let (zh, en) = (
            "公告日期不能晚于生效日期",
            "a programme is announced before it is effective, not after",
        );
        reader.fault(line, FaultCode::Contradiction, zh, en);
    }

    let name = reader.section(top, "name", &["zh", "en"]);
    if name.is_none() {
        reader.missing_unless_there(top, "name");
    }
    let name = name.and_then(|section| {
        let zh = reader.required(&section, "zh", &Reader::label);
        let en = reader.required(&section, "en", &Reader::label);
        Some(Words { zh: zh?, en: en? })
    });
    Some(Head {
        id: id?,
        version: version?,
        name: name?,
        currency: currency?,
        zone: zone?,
        announced_on: announced_on?,
        effective_from: effective_from?,
    })
}

fn currency<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<Currency> {
    let code = reader.string(spot)?;
    let currency = Currency::of_code(code);
    if currency.is_none() {
        reader.fault(
            spot.line,
            FaultCode::UnknownWord,
            format!("“{code}”不是 ISO 4217 货币代码，例如 CNY"),
            format!("`{code}` is not a currency of ISO 4217 such as CNY"),
        );
    }
    currency
}

fn zone<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<Zone> {
    let name = reader.string(spot)?;
    let zone = name.parse().ok();
    if zone.is_none() {
        reader.fault(
            spot.line,
            FaultCode::UnknownWord,
            format!("“{name}”不是 IANA 时区，例如 Asia/Shanghai"),
            format!("`{name}` is not an IANA time zone such as Asia/Shanghai"),
        );
    }
    zone
}

fn point_terms<'t>(reader: &mut Reader<'t>, top: &Section<'t>) -> Option<PointTerms> {
    let Some(section) = reader.section(top, "points", &["vest_days", "lifetime", "signup_gift"])
    else {
        reader.missing_unless_there(top, "points");
        return None;
    };
    let vest_days = reader.or(&section, "vest_days", &days, 0);
    let lifetime = reader.required(&section, "lifetime", &lifetime);
    let gift = &|reader: &mut Reader<'t>, spot| reader.points(spot, 0);
    let signup_gift = reader.or(&section, "signup_gift", gift, Points::ZERO);
    if let (Some(vest), Some(Lifetime::Months { months, .. })) = (vest_days, lifetime)
        && months.saturating_mul(28) < vest
    {
        let line = reader.line(&section, "vest_days");
        let (zh, en) = (
            "积分可能在可用之前就已过期：vest_days 不能超过有效月数的 28 倍",
            "points could expire before they may be used: `vest_days` is at most 28 for each month of the lifetime",
        );
        reader.fault(line, FaultCode::Contradiction, zh, en);
    }
    Some(PointTerms {
        vest_days: vest_days?,
        lifetime: lifetime?,
        signup_gift: signup_gift?,
    })
}

fn days<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<u32> {
    reader.count(spot, &(0..=DAYS_MAX))
}

fn months<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<u32> {
    reader.count(spot, &(1..=MONTHS_MAX))
}

fn lifetime<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<Lifetime> {
    if spot.value().is_some_and(Value::is_str) {
        return reader.word(spot, &[("never", Lifetime::Never)]);
    }
    let section = reader.section_at(spot, &["months", "align"])?;
    let months = reader.required(&section, "months", &months);
    let align = reader.or(
        &section,
        "align",
        &|reader, spot| {
            let words = [
                ("day", Align::Day),
                ("end-of-month", Align::EndOfMonth),
                ("end-of-year", Align::EndOfYear),
            ];
            reader.word(spot, &words)
        },
        Align::Day,
    );
    Some(Lifetime::Months {
        months: months?,
        align: align?,
    })
}

fn refund_terms<'t>(reader: &mut Reader<'t>, top: &Section<'t>) -> Option<RefundTerms> {
    let defaults = RefundTerms {
        policy: RefundPolicy::Debt,
        debt_limit: Points::new(10_000)?,
        expired_grace_days: 0,
        window_days: 400,
    };
    let keys = ["policy", "debt_limit", "expired_grace_days", "window_days"];
    let Some(section) = reader.section(top, "refund", &keys) else {
        return Some(defaults);
    };
    let words = [
        ("debt", RefundPolicy::Debt),
        ("within_balance", RefundPolicy::WithinBalance),
        ("forgive", RefundPolicy::Forgive),
    ];
    let policy = reader.or(
        &section,
        "policy",
        &|reader, spot| reader.word(spot, &words),
        defaults.policy,
    );
    let limit = &|reader: &mut Reader<'t>, spot| reader.points(spot, 0);
    let debt_limit = reader.or(&section, "debt_limit", limit, defaults.debt_limit);
    let grace = reader.or(
        &section,
        "expired_grace_days",
        &days,
        defaults.expired_grace_days,
    );
    let window = &|reader: &mut Reader<'t>, spot| reader.count(spot, &(1..=DAYS_MAX));
    let window_days = reader.or(&section, "window_days", window, defaults.window_days);
    Some(RefundTerms {
        policy: policy?,
        debt_limit: debt_limit?,
        expired_grace_days: grace?,
        window_days: window_days?,
    })
}

fn tier_terms<'t>(reader: &mut Reader<'t>, top: &Section<'t>, exponent: u32) -> Option<TierTerms> {
    let rows = tier_rows(reader, top, exponent);
    let keys = ["window", "on_refund", "grace_days", "exclude_departments"];
    let mut terms = (
        Some(Window::Lifetime),
        Some(OnRefund::Downgrade),
        Some(0),
        Some(Vec::new()),
    );
    if let Some(section) = reader.section(top, "tiers", &keys) {
        let words = [
            ("downgrade", OnRefund::Downgrade),
            ("review", OnRefund::Review),
        ];
        let on_refund = &|reader: &mut Reader<'t>, spot| reader.word(spot, &words);
        terms = (
            reader.or(&section, "window", &window, Window::Lifetime),
            reader.or(&section, "on_refund", on_refund, OnRefund::Downgrade),
            reader.or(&section, "grace_days", &days, 0),
            reader.labels(&section, "exclude_departments"),
        );
    }
    let (window, on_refund, grace_days, exclude_departments) = terms;
    let (ordinary, senior, senior_from) = rows?;
    Some(TierTerms {
        window: window?,
        on_refund: on_refund?,
        grace_days: grace_days?,
        exclude_departments: exclude_departments?,
        ordinary,
        senior,
        senior_from,
    })
}

fn window<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<Window> {
    if spot.value().is_some_and(Value::is_str) {
        let words = [
            ("lifetime", Window::Lifetime),
            ("calendar-year", Window::CalendarYear),
            ("anniversary", Window::Anniversary),
        ];
        return reader.word(spot, &words);
    }
    let section = reader.section_at(spot, &["rolling_months"])?;
    reader
        .required(&section, "rolling_months", &months)
        .map(Window::RollingMonths)
}

/// Both multipliers and the threshold, from the two `[[tier]]` tables.
fn tier_rows<'t>(
    reader: &mut Reader<'t>,
    top: &Section<'t>,
    exponent: u32,
) -> Option<(Multiplier, Multiplier, Money)> {
    let mut rows: HashMap<Tier, (Option<Multiplier>, Option<Money>, Section<'t>)> = HashMap::new();
    for section in reader.list(top, "tier", &["id", "from", "multiplier"]) {
        let tier = reader.required(&section, "id", &|reader, spot| reader.word(spot, &TIERS));
        let multiplier = reader.required(&section, "multiplier", &multiplier);
        let money = &|reader: &mut Reader<'t>, spot| reader.some_money(spot, exponent);
        let from = reader.optional(&section, "from", money);
        let Some(tier) = tier else { continue };
        match (tier, from) {
            (Tier::Ordinary, Err(Noted) | Ok(Some(_))) => {
                let line = reader.line(&section, "from");
                let (zh, en) = (
                    "普通会员从零开始，没有 from",
                    "the ordinary tier begins at nothing and has no `from`",
                );
                reader.fault(line, FaultCode::Contradiction, zh, en);
            }
            (Tier::Senior, Ok(None)) => reader.missing(&section, "from"),
            (Tier::Ordinary, Ok(None)) | (Tier::Senior, Err(Noted) | Ok(Some(_))) => {}
        }
        if rows
            .insert(tier, (multiplier, from.ok().flatten(), section))
            .is_some()
        {
            let line = reader.line(&section, "id");
            let (zh, en) = ("同一个等级写了两次", "the same tier stands here twice");
            reader.fault(line, FaultCode::Duplicate, zh, en);
        }
    }
    for (word, tier) in TIERS {
        if !rows.contains_key(&tier) {
            let zh = format!("缺少 id 为“{word}”的 [[tier]]；应正好有两个");
            let en = format!("there is no [[tier]] with the id `{word}`; there are exactly two");
            reader.fault(top.line, FaultCode::MissingKey, zh, en);
        }
    }

    let (ordinary, _, _) = rows.get(&Tier::Ordinary)?;
    let (senior, from, section) = rows.get(&Tier::Senior)?;
    if let (Some(ordinary), Some(senior)) = (ordinary, senior)
        && senior < ordinary
    {
        let line = reader.line(section, "multiplier");
        let zh = format!("高级会员的倍数 {senior} 低于普通会员的 {ordinary}");
        let en = format!("the senior multiplier {senior} is below the ordinary one, {ordinary}");
        reader.fault(line, FaultCode::WorseForSeniors, zh, en);
    }
    Some(((*ordinary)?, (*senior)?, (*from)?))
}

fn multiplier<'t>(reader: &mut Reader<'t>, spot: Spot<'t>) -> Option<Multiplier> {
    let parts = reader.decimal_within(spot, 4, &(1..=10_000_000), "1000")?;
    Multiplier::from_decimal(Decimal::new(parts, 4))
}
