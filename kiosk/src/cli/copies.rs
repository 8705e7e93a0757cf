//! The commands about copies: backups, restores, and the keys' escrow.

use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::{folders, shop_of, unknown_command};
use crate::backup;
use crate::control::{self, Command as Asked};
use crate::failure::Failure;
use crate::lang::Lang;

/// `jifen backup`, `restore`, `drill`, `escrow` and `restore-keys`.
pub(super) fn commands(lang: Lang, [settings, data, keys]: [Arg; 3]) -> [Command; 5] {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let path = |name: &'static str| Arg::new(name).value_parser(value_parser!(PathBuf));
    let identity = path("identity")
        .long("identity")
        .value_name("KEYFILE")
        .required(true)
        .help(t(
            "age 身份文件（AGE-SECRET-KEY-1…）",
            "a file of age identities (AGE-SECRET-KEY-1…)",
        ));
    let example = |call: &str| format!("{}{call}", t("示例：", "Example: "));
    let backup = Command::new("backup")
        .about(t(
            "备份到设置中的每个目标，并删除过期的备份",
            "back up to every target of the settings, and drop what is past its keeping",
        ))
        .args([settings.clone(), data.clone(), keys.clone()])
        .after_help(example("jifen backup"));
    let restore = Command::new("restore")
        .about(t(
            "用备份和现有密钥恢复到新的数据目录，并核对",
            "restore a backup with the keys as they are now into a new data folder, and verify it",
        ))
        .arg(path("FILE").value_name("FILE").required(true).help(t("备份文件", "the backup")))
        .arg(identity.clone())
        .arg(path("manifest").long("manifest").value_name("FILE").help(t(
            "清单（默认：备份旁边的清单，若存在）",
            "the manifest (default: the one beside the backup, where there is one)",
        )))
        .arg(path("audit").long("audit").value_name("DIR").help(t(
            "审计副本目录（原数据目录中的 audit）：备份之后的删除记录由此补入，并据此拒绝过旧的密钥",
            "the folder of the audit's copy (audit in the old data folder): what was done after the backup is taken from it, and keys that are too old are refused by it",
        )))
        .arg(Arg::new("audit-lost").long("audit-lost").action(ArgAction::SetTrue).help(t(
            "审计副本已丢失：无法得知密钥是否过旧，后果自负",
            "there is no copy of the audit any more: nobody can tell then whether the keys are too old",
        )))
        .group(ArgGroup::new("audit-or-not").args(["audit", "audit-lost"]).required(true))
        .args([data.clone().required(true), keys.clone().required(true)])
        .after_help(example("jifen restore jifen-20260101T030000.000Z.backup.age --identity operator.txt --data new-data --keys jifen-keys --audit old-data/audit"));
    let drill = Command::new("drill")
        .about(t(
            "演练：把最新的备份恢复到临时目录并核对",
            "restore the newest backup into a folder that goes again, and check it",
        ))
        .args([settings.clone(), data.clone(), keys.clone()])
        .arg(identity.clone())
        .after_help(format!(
            "{}\n{}",
            example("jifen drill --identity operator.txt"),
            t(
                "退出码 3：发现不一致",
                "Exit code 3: differences were found"
            )
        ));
    let escrow = Command::new("escrow")
        .about(t(
            "把密钥托管到设置中的每个目标",
            "push the keys' escrow to every target of the settings",
        ))
        .args([settings, data, keys.clone()])
        .after_help(example("jifen escrow"));
    let restore_keys = Command::new("restore-keys")
        .about(t(
            "由两位保管人从托管恢复密钥",
            "restore the keys from an escrow, with both custodians",
        ))
        .arg(
            path("ESCROWDIR")
                .required(true)
                .help(t("托管目录", "the escrow's folder")),
        )
        .arg(identity.action(ArgAction::Append))
        .arg(keys.required(true))
        .after_help(example(
            "jifen restore-keys /mnt/escrow --identity a.txt --identity b.txt --keys jifen-keys",
        ));
    [backup, restore, drill, escrow, restore_keys]
}

/// Carries out what is asked about copies.
pub(super) fn run(
    name: &str,
    asked: &ArgMatches,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let path = |name: &str| asked.get_one::<PathBuf>(name).cloned();
    match name {
        "backup" => control::ask(shop_of(asked)?, Asked::Backup, lang, out),
        "drill" => {
            let identity = path("identity").unwrap_or_default();
            // Whoever carries it out may be at home elsewhere.
            let identity = std::path::absolute(identity)?;
            control::ask(shop_of(asked)?, Asked::Drill(identity), lang, out)
        }
        "escrow" => control::ask(shop_of(asked)?, Asked::Escrow, lang, out),
        "restore" => {
            let wish = backup::restore::Wish {
                file: path("FILE").unwrap_or_default(),
                identity: path("identity").unwrap_or_default(),
                manifest: path("manifest"),
                audit: path("audit"),
                folders: folders(asked)?,
            };
            backup::restore::restore(&wish, lang, out)
        }
        "restore-keys" => {
            let identities = asked.get_many::<PathBuf>("identity").unwrap_or_default();
            let identities: Vec<PathBuf> = identities.cloned().collect();
            let (escrow, keys) = (path("ESCROWDIR"), path("keys"));
            let (escrow, keys) = (escrow.unwrap_or_default(), keys.unwrap_or_default());
            backup::escrow::restore_keys(&escrow, &identities, &keys, lang, out)
        }
        _ => Err(unknown_command()),
    }
}
