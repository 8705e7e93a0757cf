//! The arguments of the program, their help in both languages, and where they go.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use jifen::audit::checkpoint::VerifierKey;

use crate::Done;
use crate::failure::{Failure, USAGE};
use crate::lang::Lang;
use crate::{folder, receipt};

/// The whole command line, in one language.
pub(crate) fn command(lang: Lang) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let key = Arg::new("key")
        .long("key")
        .value_name("KEY")
        .value_parser(value_parser!(PathBuf))
        .help(t(
            "商店的验证密钥文件，取自别处（默认：目录或回执中的密钥）",
            "the shop's verifier key, from elsewhere (default: the one in the folder or on the receipt)",
        ));
    let speech = Arg::new("lang")
        .long("lang")
        .value_name("LANG")
        .value_parser(["zh", "en"])
        .global(true)
        .help(t("语言", "language"));
    let receipt = Command::new("receipt")
        .about(t("核对会员的删除回执", "check a member's deletion receipt"))
        .arg(
            Arg::new("file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help(t("回执文件", "the receipt's file")),
        )
        .arg(key.clone())
        .after_help(t(
            "示例：jifen-verify receipt receipt.json --key key.txt",
            "Example: jifen-verify receipt receipt.json --key key.txt",
        ));
    Command::new("jifen-verify")
        .version(env!("CARGO_PKG_VERSION"))
        .about(t(
            "核对商店的审计记录副本：记录、签名检查点、删除代次和流水",
            "check the copy of a shop's audit: leaves, signed checkpoints, erasures and journal",
        ))
        .args_conflicts_with_subcommands(true)
        .subcommand_negates_reqs(true)
        .arg(
            Arg::new("folder")
                .value_name("AUDIT_FOLDER")
                .value_parser(value_parser!(PathBuf))
                .required(true)
                .help(t("审计目录", "the audit folder")),
        )
        .arg(key)
        .arg(
            Arg::new("checkpoint")
                .long("checkpoint")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .action(ArgAction::Append)
                .help(t(
                    "存于别处的检查点，可多次给出；只有它能看出末尾是否被截断",
                    "a checkpoint that was kept elsewhere, as often as there are files; only that shows whether the end was cut off",
                )),
        )
        .arg(speech)
        .subcommand(receipt)
        .after_help(t(
            "退出码：0 无误，1 无法读取，2 用法错误，3 有问题\n示例：jifen-verify ./audit --key key.txt --checkpoint 2017-03-01.txt",
            "Exit codes: 0 nothing wrong, 1 cannot read, 2 wrong call, 3 something is wrong\nExample: jifen-verify ./audit --key key.txt --checkpoint 2017-03-01.txt",
        ))
}

/// Does what was asked. The exit code.
pub(crate) fn run(matches: &ArgMatches, lang: Lang, out: &mut dyn Write) -> Done {
    let path = |matches: &ArgMatches, name: &str| matches.get_one::<PathBuf>(name).cloned();
    if let Some(("receipt", matches)) = matches.subcommand() {
        let key = key_at(path(matches, "key").as_deref())?;
        return match path(matches, "file") {
            Some(file) => receipt::check(&file, key.as_ref(), lang, out),
            None => Ok(USAGE),
        };
    }
    let key = key_at(path(matches, "key").as_deref())?;
    let outside = matches.get_many::<PathBuf>("checkpoint");
    let outside: Vec<PathBuf> = outside.into_iter().flatten().cloned().collect();
    match path(matches, "folder") {
        Some(folder) => folder::check(&folder, key.as_ref(), &outside, lang, out),
        None => Ok(USAGE),
    }
}

/// The key in a file, if one was named.
fn key_at(path: Option<&Path>) -> Result<Option<VerifierKey>, Failure> {
    let Some(path) = path else { return Ok(None) };
    let key = VerifierKey::parse(Failure::text_of(path)?.trim());
    key.map(Some)
        .map_err(|error| Failure::Key(path.display().to_string(), error))
}
