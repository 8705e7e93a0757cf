//! Settings that are weaker than what the program would do by itself.

use jifen::policy::retention::Figure;

use crate::settings::Settings;

use super::finding::Finding;

/// Each weaker setting with its default, or one line that there is none.
pub(super) fn weaker(settings: &Settings) -> Vec<Finding> {
    // Key, what it is, its default, and whether it is weaker.
    let points = settings.second_person_above.count();
    let login_days = settings.retention.of(Figure::Logins);
    let rows = [
        (
            "adjust.second_person_above",
            points.to_string(),
            "1000",
            1_000 < points,
        ),
        (
            "audit.login_days",
            login_days.to_string(),
            "190",
            login_days < 190,
        ),
        (
            "backup.keep_days",
            settings.backup.keep_days.to_string(),
            "35",
            settings.backup.keep_days < 35,
        ),
    ];
    let weaker = rows.iter().filter(|(.., is_weaker)| *is_weaker);
    let mut findings: Vec<Finding> = weaker
        .map(|(key, value, default, _)| {
            Finding::warning(
                "weaker_setting",
                format!("设置 {key} = {value}，弱于默认值 {default}"),
                format!("the setting {key} = {value} is weaker than its default {default}"),
            )
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(
            "settings",
            "没有弱于默认值的设置",
            "no setting is weaker than its default",
        ));
    }
    let built_in = [
        (
            settings.programme.is_none(),
            "programme",
            "会员制度",
            "programme",
        ),
        (settings.notice.is_none(), "notice", "告知书", "notice"),
    ];
    for (is_missing, key, zh, en) in built_in {
        if is_missing {
            findings.push(Finding::warning(
                "built_in",
                format!("未设置 {key}：使用内置的演示{zh}"),
                format!("`{key}` is not set: the built-in {en} is for demonstration"),
            ));
        }
    }
    findings
}
