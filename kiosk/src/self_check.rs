//! `jifen self-check`: is this shop as it should be? Each finding is a line; an exit code tells a monitor.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jifen::domain::refusal::Refusal;

use crate::failure::{DIFFERENCES, Failure};
use crate::lang::Lang;
use crate::settings::Settings;
use crate::shop::Folders;

/// What a check came to.
struct Finding {
    zh: &'static str,
    en: &'static str,
    is_well: bool,
}

/// Looks at the folders, the keys, the store, the clock, the programme and the notice.
pub(crate) fn self_check(
    settings: &Settings,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let folders = Folders::new(settings.data.clone(), Some(settings.keys.clone()))?;
    let mut findings = vec![
        Finding {
            zh: "数据目录仅本人可进入",
            en: "the data folder is closed to others",
            is_well: is_private(&settings.data),
        },
        Finding {
            zh: "密钥目录仅本人可进入",
            en: "the keys folder is closed to others",
            is_well: is_private(&settings.keys),
        },
    ];
    // The keybox checks the modes of its own files when it opens, and the store that the keys are its own.
    let engine = folders.open_shop(false, settings.of_engine())?;
    let notice = match engine.notice() {
        Ok(_) => true,
        Err(Refusal::NoNotice) => false,
        Err(refusal) => return Err(refusal.into()),
    };
    findings.extend([
        Finding {
            zh: "数据与密钥属于同一次安装，可以打开",
            en: "data and keys belong together and open",
            is_well: true,
        },
        Finding {
            zh: "时钟可信",
            en: "the clock is believed",
            is_well: engine.trusts_clock(),
        },
        Finding {
            zh: "会员制度已启用",
            en: "a programme is valid",
            is_well: engine.versions().at(engine.now()).is_some(),
        },
        Finding {
            zh: "告知书已发布",
            en: "a notice is published",
            is_well: notice,
        },
        Finding {
            zh: "至少有一台收银终端",
            en: "there is a terminal",
            is_well: engine
                .terminals()
                .iter()
                .any(|terminal| terminal.revoked_at.is_none()),
        },
    ]);
    let mut is_well = true;
    for finding in &findings {
        let mark = if finding.is_well { "ok" } else { "!!" };
        writeln!(out, "{mark} {}", lang.pick(finding.zh, finding.en))?;
        is_well = is_well && finding.is_well;
    }
    if is_well {
        return Ok(());
    }
    Err(Failure::new(
        "self_check_found",
        "自检发现问题，见上。",
        "the self-check found something; see above",
    )
    .with_exit(DIFFERENCES))
}

fn is_private(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|found| found.permissions().mode().trailing_zeros() >= 6)
}
