//! `jifen member erase`, `jifen audit checkpoint`, `jifen key rotate`: what the operator may do, and how it is read.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use super::credentials;
use crate::lang::Lang;
use crate::operator::{Typed, Wish};

/// The commands; `places` say which shop.
pub(super) fn commands(lang: Lang, places: [Arg; 3]) -> [Command; 3] {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let places = places.map(|place| place.global(true));
    let group = |name: &'static str, about: &'static str, below: Command| {
        let example = below.get_after_help().cloned().unwrap_or_default();
        Command::new(name)
            .about(about)
            .args(places.clone())
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(below)
            .after_help(example)
    };
    let erase = Command::new("erase")
        .about(t(
            "注销会员并销毁其密钥；须先得知将清零的积分并以 --points 确认",
            "erase a member and destroy the keys; --points confirms what is lost, once it was told",
        ))
        .arg(
            Arg::new("CARD")
                .required(true)
                .help(t("会员卡号", "the card number")),
        )
        .arg(
            Arg::new("points")
                .long("points")
                .value_name("N")
                .value_parser(value_parser!(i64))
                .help(t(
                    "已告知会员将清零的积分",
                    "the points that the member was told to lose",
                )),
        )
        .arg(
            Arg::new("receipt")
                .long("receipt")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help(t(
                    "回执写到此文件（默认：打印）",
                    "write the receipt to this file (default: print it)",
                )),
        )
        .after_help(t(
            "示例：jifen member erase 990123456789012345 --points 250 --receipt 回执.json",
            "Example: jifen member erase 990123456789012345 --points 250 --receipt receipt.json",
        ));
    let checkpoint = Command::new("checkpoint")
        .about(t(
            "签署审计树的当前状态，并打印；保存在别处即可发现截断",
            "sign the audit's tree as it is, and print it: kept elsewhere, it shows what is cut off",
        ))
        .after_help(t(
            "示例：jifen audit checkpoint > /media/usb/checkpoint.txt",
            "Example: jifen audit checkpoint > /media/usb/checkpoint.txt",
        ));
    let rotate = Command::new("rotate")
        .about(t(
            "更换一个（或全部）密钥桶的密钥；旧密钥即被销毁",
            "give one bucket of keys, or all, a new key; the old one is destroyed",
        ))
        .arg(
            Arg::new("BUCKET")
                .value_parser(value_parser!(u8).range(0..=64))
                .help(t("0 至 64（默认：全部）", "0 to 64 (default: all)")),
        )
        .after_help(t("示例：jifen key rotate", "Example: jifen key rotate"));
    let member = group(
        "member",
        t("会员：注销、合并", "members: erase, merge"),
        erase,
    );
    [
        credentials::beside(member, lang).subcommands(pairs(lang)),
        group("audit", t("审计", "the audit"), checkpoint),
        group("key", t("密钥", "keys"), rotate),
    ]
}

/// `member merge` and `member unmerge`.
fn pairs(lang: Lang) -> [Command; 2] {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let cards = || {
        [
            Arg::new("CARD")
                .required(true)
                .help(t("保留的记录的卡号", "the card of the record that stays")),
            Arg::new("OTHER-CARD")
                .required(true)
                .help(t("另一份记录的卡号", "the card of the other record")),
            Arg::new("confirmed")
                .long("confirmed")
                .action(clap::ArgAction::SetTrue)
                .help(t(
                    "会员已看过将转移的内容并确认",
                    "the member has seen what moves, and confirms it",
                )),
        ]
    };
    let merge = Command::new("merge")
        .about(t(
            "合并同一人的两份记录；先显示将转移的内容，确认后从标准输入读取会员密码",
            "merge two records of one person; says first what moves, and with --confirmed reads the member's PIN from stdin",
        ))
        .args(cards())
        .after_help(t(
            "示例：jifen member merge 990123456789012345 990543210987654321 --confirmed",
            "Example: jifen member merge 990123456789012345 990543210987654321 --confirmed",
        ));
    let unmerge = Command::new("unmerge")
        .about(t("在 30 天内撤销合并", "undo a merge, within 30 days"))
        .args(cards())
        .after_help(t(
            "示例：jifen member unmerge 990123456789012345 990543210987654321 --confirmed",
            "Example: jifen member unmerge 990123456789012345 990543210987654321 --confirmed",
        ));
    [merge, unmerge]
}

/// The first line of stdin: the PIN that the member types.
fn typed() -> Option<Typed> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.ok()?;
    let typed = line.trim_end_matches(['\r', '\n']).to_owned();
    zeroize::Zeroize::zeroize(&mut line);
    Some(Typed(typed))
}

/// What was asked, of one of these commands.
pub(super) fn wish(asked: &ArgMatches) -> Option<(Wish, &ArgMatches)> {
    let (name, below) = asked.subcommand()?;
    let wish = match name {
        "erase" => Wish::Erase {
            card: below.get_one::<String>("CARD").cloned()?,
            points: below.get_one::<i64>("points").copied(),
        },
        "merge" => Wish::Merge {
            card: below.get_one::<String>("CARD").cloned()?,
            other: below.get_one::<String>("OTHER-CARD").cloned()?,
            pin: if below.get_flag("confirmed") {
                typed()
            } else {
                None
            },
        },
        "unmerge" => Wish::Unmerge {
            card: below.get_one::<String>("CARD").cloned()?,
            other: below.get_one::<String>("OTHER-CARD").cloned()?,
            confirmed: below.get_flag("confirmed"),
        },
        "checkpoint" => Wish::Checkpoint,
        "rotate" => Wish::Rotate(below.get_one::<u8>("BUCKET").copied()),
        _ => credentials::wish(name, below)?,
    };
    Some((wish, below))
}

/// The file that a receipt goes to; to stdout where none is named.
pub(super) fn receipt(below: &ArgMatches) -> Option<PathBuf> {
    let named = below.try_get_one::<PathBuf>("receipt").ok().flatten();
    named.cloned()
}
