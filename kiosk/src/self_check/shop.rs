//! What whoever has the store can tell: clock, programme, notice, terminals, requests, the calendar, the age of keys.

use std::io::Write;

use jifen::domain::refusal::Refusal;
use jifen::domain::time::{Moment, Zone};
use jifen::engine::Engine;
use jifen::engine::condition::Remembered;
use jifen::policy::calendar::Certainty;
use jifen::policy::ticket::DUE_WORKING_DAYS;

use crate::age::{modified, seconds_since};
use crate::failure::Failure;
use crate::settings::Settings;

use super::copies::{copies, spoken};
use super::finding::Finding;

/// How old the key of a bucket may be, in seconds: 365 days.
const KEY_MAX: i64 = 365 * 24 * 3_600;
/// The file of the buckets' keys, in the keys folder.
const ROOT_KEY: &str = "root.key";

/// Looks at an open shop, and writes what is found as JSON.
pub(crate) fn look(
    engine: &Engine,
    settings: &Settings,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let remembered = engine.remembered()?;
    let mut findings = vec![Finding::ok(
        "opens",
        "数据与密钥属于同一次安装，可以打开",
        "data and keys belong together and open",
    )];
    findings.push(if engine.trusts_clock() {
        Finding::ok("clock", "时钟可信", "the clock is believed")
    } else {
        let (zh, en) = ("时钟不可信，须由管理员确认", "the clock is not believed");
        Finding::failure("clock", zh, en)
    });
    findings.push(programme(engine));
    findings.push(notice(engine)?);
    findings.push(terminals(engine));
    findings.push(keys(engine, settings, &remembered));
    findings.extend(owed(engine)?);
    findings.extend(tickets(engine)?);
    findings.push(calendar(engine));
    findings.extend(copies(settings, &remembered));
    let text = serde_json::to_vec(&findings).map_err(|_| Failure::bug())?;
    Ok(out.write_all(&text)?)
}

fn programme(engine: &Engine) -> Finding {
    if engine.versions().at(engine.now()).is_some() {
        Finding::ok("programme", "会员制度已启用", "a programme is valid")
    } else {
        let (zh, en) = ("没有有效的会员制度", "no programme is valid");
        Finding::failure("programme", zh, en)
    }
}

fn notice(engine: &Engine) -> Result<Finding, Failure> {
    match engine.notice() {
        Ok(_) => Ok(Finding::ok(
            "notice",
            "告知书已发布",
            "a notice is published",
        )),
        Err(Refusal::NoNotice) => {
            let (zh, en) = ("没有告知书", "no notice is published");
            Ok(Finding::failure("notice", zh, en))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

fn terminals(engine: &Engine) -> Finding {
    let terminals = engine.terminals();
    if terminals
        .iter()
        .any(|terminal| terminal.revoked_at.is_none())
    {
        Finding::ok("terminals", "至少有一台收银终端", "there is a terminal")
    } else {
        let (zh, en) = ("还没有收银终端", "there is no terminal yet");
        Finding::warning("terminals", zh, en)
    }
}

/// The oldest key of a bucket. One that was never changed is as old as the shop; where the audit does not say, as its file.
fn keys(engine: &Engine, settings: &Settings, remembered: &Remembered) -> Finding {
    let now = engine.now();
    let file = || modified(&settings.keys.join(ROOT_KEY));
    let since = remembered.installed_at.or_else(file).unwrap_or(now);
    let rotated = |bucket: u8| {
        let mut known = remembered.rotated_at.iter();
        let of = known.find(|(of, _)| *of == bucket);
        of.map_or(since, |(_, at)| *at)
    };
    let buckets = engine.keys().keybox().epochs();
    let oldest = buckets
        .into_iter()
        .map(|(bucket, _)| (rotated(bucket), bucket));
    let (at, bucket) = oldest.min().unwrap_or((since, 0));
    let age = seconds_since(at, now);
    let (old_zh, old_en) = spoken(age);
    let zh = format!("最旧的密钥桶 {bucket:02x} 更换于 {old_zh}");
    let en = format!("the oldest key, of bucket {bucket:02x}, is {old_en}");
    if KEY_MAX < age {
        let zh = format!("{zh}：请执行 jifen key rotate");
        Finding::warning(
            "key_age",
            zh,
            format!("{en}: `jifen key rotate` gives new ones"),
        )
    } else {
        Finding::ok("key_age", zh, en)
    }
}

/// Erasures that are not over.
fn owed(engine: &Engine) -> Result<Option<Finding>, Failure> {
    let condition = engine.condition()?;
    let (begun, copies) = (condition.erasures_begun, condition.copies_owed);
    Ok((0 < begun || 0 < copies).then(|| {
        Finding::warning(
            "erasures_owed",
            format!("{begun} 项注销未完成，{copies} 份密钥副本待替换"),
            format!("{begun} erasures are not over, {copies} copies of keys are to be replaced"),
        )
    }))
}

fn tickets(engine: &Engine) -> Result<Vec<Finding>, Failure> {
    let open = engine.open_tickets(engine.now())?;
    let overdue = open.iter().filter(|ticket| ticket.is_overdue).count();
    let unowned = open.iter().filter(|ticket| ticket.is_escalated).count();
    let all = open.len();
    let mut findings = vec![if overdue == 0 {
        let zh = format!("{all} 件请求未办结，无逾期");
        let en = format!("{all} requests are not closed, none is overdue");
        Finding::ok("tickets", zh, en)
    } else {
        let zh = format!("{overdue} 件请求逾期：jifen ticket list --overdue");
        let en = format!("{overdue} requests are overdue: `jifen ticket list --overdue`");
        Finding::warning("tickets_overdue", zh, en)
    }];
    if 0 < unowned {
        findings.push(Finding::warning(
            "tickets_unowned",
            format!("{unowned} 件请求超过一个工作日无人受理"),
            format!("{unowned} requests were taken on by nobody for more than a working day"),
        ));
    }
    Ok(findings)
}

/// Whether what is opened today is due on a day that is certain.
fn calendar(engine: &Engine) -> Finding {
    let now: Moment = engine.now();
    let versions = engine.versions();
    let zone = versions
        .at(now)
        .map_or(Zone::UTC, |programme| programme.zone);
    let (due, certainty) = engine.calendar().after(zone.day_of(now), DUE_WORKING_DAYS);
    match certainty {
        Certainty::Known => Finding::ok(
            "calendar",
            format!("节假日安排已知（至 {due}）"),
            format!("the holidays until {due} are known"),
        ),
        Certainty::Assumed => Finding::warning(
            "calendar",
            format!("{due} 之前的节假日安排未知，按周一至周五计算：请在 holidays/ 中加入该年"),
            format!(
                "the holidays until {due} are not known and count Monday to Friday: add the year to holidays/"
            ),
        ),
    }
}
