//! Backups, their drill, and the keys' escrow: are they there, and how old are they (BAK-01, BAK-02)?

use std::path::Path;

use jifen::domain::time::Moment;
use jifen::engine::condition::Remembered;

use crate::age::{Ages, seconds_since};
use crate::settings::Settings;

use super::finding::{Finding, Grade};

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;
/// A backup a day, and an hour of patience (BAK-01).
const BACKUP_MAX: i64 = 25 * HOUR;
/// The oldest that the newest copy of the keys may be (privacy §4).
const ESCROW_MAX: i64 = 7 * DAY;
/// A drill a quarter (BAK-02).
const DRILL_MAX: i64 = 92 * DAY;

/// What is limited, and how.
struct Rule {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    most: i64,
    beyond: Grade,
}

/// Backups, drill and escrow.
pub(super) fn copies(settings: &Settings, remembered: &Remembered) -> Vec<Finding> {
    let ages = Ages::of(settings);
    let now = ages.now();
    let installed = remembered.installed_at.unwrap_or(now);
    let mut findings = Vec::new();
    let backup = Rule {
        code: "backup_age",
        zh: "备份",
        en: "the newest backup",
        most: BACKUP_MAX,
        beyond: Grade::Failure,
    };
    for (target, newest) in ages.backups() {
        findings.push(aged(&backup, Some(&target), newest, (installed, now)));
    }
    if settings.backup.targets.is_empty() {
        findings.push(Finding::warning(
            "no_backups",
            "未设置备份：磁盘损坏时数据将丢失",
            "there are no backups: what the disk loses is lost",
        ));
    } else {
        let drill = Rule {
            code: "drill_age",
            zh: "恢复演练",
            en: "the last drill",
            most: DRILL_MAX,
            beyond: Grade::Warning,
        };
        let last = remembered.drilled_at;
        findings.push(aged(&drill, None, last.map(|(at, _)| at), (installed, now)));
        if last.is_some_and(|(_, is_good)| !is_good) {
            findings.push(Finding::failure(
                "drill_failed",
                "最近一次恢复演练不合格",
                "the last drill was not good",
            ));
        }
    }
    let escrow = Rule {
        code: "escrow_age",
        zh: "密钥托管",
        en: "the newest copy of the keys",
        most: ESCROW_MAX,
        beyond: Grade::Failure,
    };
    for (target, newest) in ages.escrows() {
        findings.push(aged(&escrow, Some(&target), newest, (installed, now)));
    }
    if settings.escrow.targets.is_empty() {
        findings.push(Finding::warning(
            "no_escrow",
            "未设置密钥托管：密钥目录丢失则数据无法读取",
            "there is no escrow of the keys: whoever loses them has lost the store",
        ));
    }
    findings
}

/// Whether something is older than it may be. What is not there yet counts from the installation.
fn aged(
    rule: &Rule,
    target: Option<&Path>,
    newest: Option<Moment>,
    (installed, now): (Moment, Moment),
) -> Finding {
    let place = target.map(|target| format!(" {}", target.display()));
    let place = place.unwrap_or_default();
    let age = seconds_since(newest.unwrap_or(installed), now);
    let is_over = rule.most < age;
    let (zh, en) = match newest {
        Some(_) => (
            format!("{}{place}：{}", rule.zh, spoken(age).0),
            format!("{}{place}: {}", rule.en, spoken(age).1),
        ),
        None => (
            format!("{}{place}：尚无", rule.zh),
            format!("{}{place}: there is none yet", rule.en),
        ),
    };
    let grade = match (is_over, newest) {
        (true, _) => rule.beyond,
        (false, Some(_)) => Grade::Ok,
        (false, None) => Grade::Warning,
    };
    Finding::new(grade, rule.code, zh, en)
}

/// An age in hours or days.
pub(super) fn spoken(seconds: i64) -> (String, String) {
    let (hours, days) = (seconds.div_euclid(HOUR), seconds.div_euclid(DAY));
    if days < 2 {
        (format!("{hours} 小时前"), format!("{hours} hours old"))
    } else {
        (format!("{days} 天前"), format!("{days} days old"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What so many seconds come to.
    fn grade(rule: &Rule, newest: Option<i64>, installed: i64) -> Grade {
        let now = Moment::from_millis(1_800_000_000_000);
        let ago = |seconds: i64| now.plus_millis(seconds.saturating_mul(-1_000));
        aged(rule, None, newest.map(ago), (ago(installed), now)).grade
    }

    #[test]
    fn an_age_is_a_failure_only_beyond_its_limit() {
        let rule = Rule {
            code: "backup_age",
            zh: "备份",
            en: "backup",
            most: BACKUP_MAX,
            beyond: Grade::Failure,
        };
        let old = 400 * DAY;
        assert_eq!(grade(&rule, Some(0), old), Grade::Ok);
        assert_eq!(grade(&rule, Some(25 * HOUR), old), Grade::Ok);
        assert_eq!(grade(&rule, Some(90_001), old), Grade::Failure);
        assert_eq!(grade(&rule, None, 90_001), Grade::Failure);
        assert_eq!(grade(&rule, None, HOUR), Grade::Warning);
        let rule = Rule {
            most: DRILL_MAX,
            beyond: Grade::Warning,
            ..rule
        };
        assert_eq!(grade(&rule, Some(92 * DAY), old), Grade::Ok);
        assert_eq!(grade(&rule, Some(7_948_801), old), Grade::Warning);
    }
}
