//! `jifen staff`: what may be asked about accounts, and how it is read.

use clap::{Arg, ArgAction, ArgMatches, Command};
use jifen::policy::access::{Degree, Role};

use crate::lang::Lang;
use crate::staff::{Given, Wish};

/// The command; `places` say which shop.
#[expect(clippy::too_many_lines, reason = "one table of commands")]
pub(super) fn command(lang: Lang, places: [Arg; 3]) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let name = || {
        Arg::new("NAME").required(true).help(t(
            "账号：2 至 32 个小写字母、数字、点或连字符",
            "the account: 2 to 32 small letters, digits, dots or hyphens",
        ))
    };
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let roles = || Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>();
    let degrees: Vec<&str> = Degree::ALL.iter().map(|degree| degree.word()).collect();
    let which = |what: &str, words: &[&str]| format!("{what}{}{}", t("：", ": "), words.join(", "));
    let which_role = || which(t("岗位", "the role"), &roles());
    let days = || {
        [
            text(
                "from",
                "DAY",
                t("第一天（默认：今天）", "the first day (default: today)"),
            ),
            text(
                "until",
                "DAY",
                t("最后一天（含）", "the last day, itself included"),
            ),
            text("store", "STORE", t("只限此门店", "in this store alone")),
        ]
    };
    let role = || {
        text("role", "ROLE", "")
            .help(which_role())
            .value_parser(roles())
            .hide_possible_values(true)
            .required(true)
    };
    let place = || {
        Arg::new("ROLE")
            .required(true)
            .value_parser(roles())
            .hide_possible_values(true)
            .help(which_role())
    };
    let example = |command: Command, example: &str| {
        let words = format!("{}{example}", t("示例：", "Example: "));
        command.after_help(words)
    };
    let add = Command::new("add")
        .about(t(
            "新增员工账号，并显示一次首次密码和验证器密钥",
            "add an account, and show its first password and its authenticator's secret once",
        ))
        .arg(name())
        .arg(role())
        .arg(text(
            "display",
            "TEXT",
            t("员工姓名", "what the person is called"),
        ))
        .args(days());
    let block = Command::new("block")
        .about(t(
            "立即停用账号，并记录违规",
            "block an account at once, and record the breach",
        ))
        .arg(name())
        .arg(
            text("degree", "DEGREE", "")
                .help(which(t("情节", "how grave it is"), &degrees))
                .value_parser(degrees)
                .hide_possible_values(true)
                .required(true),
        )
        .arg(text("reason", "TEXT", t("原因", "why")).required(true))
        .arg(text(
            "reference",
            "TEXT",
            t("文号", "where it is written down"),
        ));
    let password = Command::new("password")
        .about(t(
            "重新生成首次密码，并显示一次",
            "draw a new first password, and show it once",
        ))
        .arg(name())
        .arg(
            Arg::new("totp")
                .long("totp")
                .action(ArgAction::SetTrue)
                .help(t(
                    "验证器也重新登记",
                    "draw a new secret for the authenticator too",
                )),
        );
    let grant = Command::new("grant")
        .about(t("授予岗位", "give a role"))
        .arg(name())
        .arg(place())
        .args(days());
    let plain =
        |word: &'static str, about: &'static str| Command::new(word).about(about).arg(name());
    Command::new("staff")
        .about(t("员工账号与岗位", "accounts and roles of the staff"))
        .args(places.map(|place| place.global(true)))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([
            example(add, "jifen staff add li.lei --role desk --until 2026-12-31"),
            example(
                Command::new("list").about(t("列出所有账号", "list all accounts")),
                "jifen staff list",
            ),
            example(
                plain(
                    "show",
                    t("列明某员工的权限", "write out what somebody may do"),
                ),
                "jifen staff show li.lei",
            ),
            example(
                block,
                "jifen staff block li.lei --degree suspension --reason 2026-7",
            ),
            example(
                plain("unblock", t("恢复账号", "let an account be used again")),
                "jifen staff unblock li.lei",
            ),
            example(password, "jifen staff password li.lei"),
            example(grant, "jifen staff grant li.lei desk --until 2026-12-31"),
            example(
                plain("revoke", t("收回岗位", "take a role back")).arg(place()),
                "jifen staff revoke li.lei desk",
            ),
        ])
        .after_help(t(
            "示例：jifen staff add li.lei --role desk",
            "Example: jifen staff add li.lei --role desk",
        ))
}

/// What was asked.
pub(super) fn wish(asked: &ArgMatches) -> Option<(Wish, &ArgMatches)> {
    let (command, below) = asked.subcommand()?;
    let text = |name: &str| {
        let found = below.try_get_one::<String>(name).ok().flatten();
        found.cloned()
    };
    let name = || text("NAME").unwrap_or_default();
    let given = |role: &str| {
        Some(Given {
            role: text(role)?,
            from: text("from"),
            until: text("until"),
            store: text("store"),
        })
    };
    let wish = match command {
        "add" => Wish::Add {
            name: name(),
            display: text("display"),
            given: given("role")?,
        },
        "list" => Wish::List,
        "show" => Wish::Show(name()),
        "block" => Wish::Block {
            name: name(),
            degree: text("degree")?,
            reason: text("reason")?,
            reference: text("reference").unwrap_or_default(),
        },
        "unblock" => Wish::Unblock(name()),
        "password" => Wish::Password {
            name: name(),
            totp: below.get_flag("totp"),
        },
        "grant" => Wish::Grant {
            name: name(),
            given: given("ROLE")?,
        },
        "revoke" => Wish::Revoke {
            name: name(),
            role: text("ROLE")?,
        },
        _ => return None,
    };
    Some((wish, below))
}
