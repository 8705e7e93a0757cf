//! How the edge is encrypted: with which certificate, for how long yet, and who can read its key (SEC-03).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jifen::engine::clock::Clock;

use crate::certificate::{self, Certificate, ENDS_SOON_DAYS};
use crate::clock::ShopClock;
use crate::lang::Lang;
use crate::settings::Settings;

use super::finding::{Finding, Grade};

/// What nobody but the owner may do, and what the group may not.
const OTHERS: u32 = 0o007;
const GROUP: u32 = 0o070;

/// The certificate and the key of the edge.
pub(super) fn encryption(settings: &Settings) -> Vec<Finding> {
    if !settings.is_encrypted() {
        return vec![Finding::ok(
            "edge_plain",
            "接口未加密，只在本机地址上监听",
            "the edge is plain HTTP, on a loopback address alone",
        )];
    }
    let mut findings = vec![match certificate::look(settings) {
        Ok(Some(certificate)) => aged(&certificate),
        Ok(None) => Finding::warning(
            "certificate",
            "尚无自签名证书：jifen serve 会生成",
            "there is no certificate yet: `jifen serve` makes one",
        ),
        Err(failure) => Finding::failure("certificate", failure.zh, failure.en),
    }];
    findings.extend(certificate::key_file(settings).and_then(|key| mode(&key)));
    if settings.edge_is_nameless() {
        let listen = settings.edge_listen;
        findings.push(Finding::warning(
            "edge_nameless",
            format!("edge.listen 为 {listen}，但未设置 edge.names：收银机与手机无法核对名称"),
            format!(
                "edge.listen is {listen} and `edge.names` is not set: no till or phone can name the edge"
            ),
        ));
    }
    findings
}

/// How much longer the certificate is valid.
fn aged(certificate: &Certificate) -> Finding {
    let now = ShopClock::new().wall();
    let zh = format!("证书 {}", certificate.words(Lang::Zh));
    let en = format!("the certificate {}", certificate.words(Lang::En));
    let (more_zh, more_en) = if certificate.is_own {
        (
            "：重新启动 jifen serve 会以同一密钥更新",
            ": the next start of `jifen serve` renews it under the same key",
        )
    } else {
        ("：请更新", ": it has to be renewed")
    };
    let grade = if certificate.is_over(now) || now < certificate.valid_from {
        Grade::Failure
    } else if certificate.ends_soon(now) {
        Grade::Warning
    } else {
        return Finding::ok("certificate", zh, en);
    };
    let soon_zh = format!("（已过期、未生效或不足 {ENDS_SOON_DAYS} 天）");
    let soon_en = format!(" (over, not begun, or less than {ENDS_SOON_DAYS} days left)");
    Finding::new(
        grade,
        "certificate",
        format!("{zh}{soon_zh}{more_zh}"),
        format!("{en}{soon_en}{more_en}"),
    )
}

/// Who can read the key; none where it is not there.
fn mode(key: &Path) -> Option<Finding> {
    let found = fs::metadata(key).ok()?;
    let mode = found.permissions().mode() & 0o777;
    let name = key.display();
    let grade = if mode & OTHERS != 0 {
        Grade::Failure
    } else if mode & GROUP != 0 {
        Grade::Warning
    } else {
        return Some(Finding::ok(
            "key_mode",
            format!("证书私钥 {name} 仅本人可读"),
            format!("the certificate's key {name} is its owner's alone"),
        ));
    };
    Some(Finding::new(
        grade,
        "key_mode",
        format!("证书私钥 {name} 的权限为 {mode:04o}，他人可访问：请执行 chmod go-rwx"),
        format!(
            "the certificate's key {name} has mode {mode:04o}, open to others: chmod go-rwx mends it"
        ),
    ))
}
