//! `jifen sweep`.

use std::io::Write;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::shop_of;
use crate::control::{self, Command as Asked};
use crate::failure::Failure;
use crate::lang::Lang;

/// The command; `places` say which shop.
pub(super) fn command(lang: Lang, places: [Arg; 3]) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let dry = Arg::new("dry-run")
        .long("dry-run")
        .action(ArgAction::SetTrue)
        .help(t("只计数，什么也不写", "count only, and write nothing"));
    Command::new("sweep")
        .about(t(
            "销毁超过保存期限的记录，并记入审计（运行中的服务每晚自动进行）",
            "destroy what is past its keeping, with a line in the audit (a running serve does it every night)",
        ))
        .arg(dry)
        .args(places)
        .after_help(t(
            "示例：jifen sweep --dry-run",
            "Example: jifen sweep --dry-run",
        ))
}

/// Carries it out.
pub(super) fn run(asked: &ArgMatches, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let dry = asked.get_flag("dry-run");
    control::ask(shop_of(asked)?, Asked::Sweep { dry }, lang, out)
}
