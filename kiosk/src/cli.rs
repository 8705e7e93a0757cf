//! The commands of the program, their help in both languages, and where each goes.

mod copies;
mod credentials;
mod manual;
mod operator;
mod staff;
mod sweep;
mod ticket;

use std::fs;

use std::io::Write;
use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use jifen::domain::time::Moment;
use jifen::ledger::sale::ReceiptNo;

use crate::control::{self, Command as Asked};
use crate::demo;
use crate::explain::{Explainer, Question};
use crate::failure::{Failure, USAGE};
use crate::healthcheck::healthcheck;
use crate::lang::Lang;
use crate::programme;
use crate::replay::Replay;
use crate::self_check::self_check;
use crate::serve::serve;
use crate::settings::Settings;
use crate::shop::Folders;
use crate::terminal::Wish;
use crate::verify::verify_folders;

/// The whole command line, in one language.
#[expect(clippy::too_many_lines, reason = "one table of commands")]
pub(crate) fn command(lang: Lang) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help(help)
    };
    let data = path("data", t("数据目录", "data folder"));
    let keys = path(
        "keys",
        t(
            "密钥目录（默认：数据目录名加 -keys）",
            "keys folder (default: the data folder's name with -keys)",
        ),
    );
    let file = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .value_name(name)
            .value_parser(value_parser!(PathBuf))
            .required(true)
            .help(help)
    };

    let settings = Arg::new("settings")
        .long("settings")
        .value_name("FILE")
        .value_parser(value_parser!(PathBuf))
        .help(t(
            "设置文件（默认：JIFEN_SETTINGS，否则 ./jifen.toml，若存在）",
            "the settings file (default: JIFEN_SETTINGS, else ./jifen.toml where there is one)",
        ));
    let serve = Command::new("serve")
        .about(t(
            "打开屏幕页面和收银接口，直到被要求停止",
            "open the screen's pages and the edge for tills, until told to stop",
        ))
        .arg(settings.clone())
        .after_help(t(
            "示例：jifen serve --settings /etc/jifen/jifen.toml",
            "Example: jifen serve --settings /etc/jifen/jifen.toml",
        ));
    let demo = Command::new("demo")
        .about(t("演示：重放 40 个家庭一年的真实购物，再做兑换与退货，并核对", "demonstration: a real year of shopping of 40 households, then redemptions and refunds, and a check of everything"))
        .arg(Arg::new("exit").long("exit").action(ArgAction::SetTrue).help(t("打印汇总后结束", "end after the summary")))
        .after_help(t("示例：jifen demo --exit", "Example: jifen demo --exit"));
    let replay = Command::new("replay")
        .about(t("把 CSV（可为 gzip）中的购物篮逐笔入账，并写出报告", "send the baskets of a CSV file (or gzip) as sales, and write a report"))
        .arg(file("FILE", t("购物篮文件", "the file of baskets")))
        .arg(Arg::new("programme").long("programme").value_name("P.toml").value_parser(value_parser!(PathBuf)).required(true).help(t("会员制度文件", "the programme file")))
        .arg(Arg::new("report").long("report").value_name("OUT.csv").value_parser(value_parser!(PathBuf)).help(t("报告写到此文件", "write the report to this file")))
        .arg(Arg::new("as-of").long("as-of").value_name("TIME").value_parser(moment).help(t("报告中 expired 和 available 的时刻（默认：文件中最后的销售时间）", "the moment of expired and available in the report (default: the last time of sale in the file)")))
        .arg(Arg::new("resume").long("resume").action(ArgAction::SetTrue).help(t("改正文件后，从第一个尚未入账的购物篮继续", "after the file was mended, begin at the first basket that is not yet in the store")))
        .arg(Arg::new("via").long("via").value_name("WAY").value_parser(["http"]).hide_possible_values(true).help(t("http：作为已签名的 POS v1 请求经本机 HTTP 发送", "http: as signed POS v1 requests over HTTP on this machine")))
        .arg(Arg::new("memory").long("memory").action(ArgAction::SetTrue).conflicts_with_all(["data", "keys", "resume"]).help(t("只在内存中，不留文件", "in memory, leaving no file")))
        .arg(Arg::new("gift").long("gift").action(ArgAction::SetTrue).help(t("每个家庭入会时赠送积分", "give each household the sign-up gift")))
        .args([data.clone(), keys.clone()])
        .after_help(t("示例：jifen replay 2017.csv.gz --programme demo.toml --report out.csv", "Example: jifen replay 2017.csv.gz --programme demo.toml --report out.csv"));
    let verify = Command::new("verify")
        .about(t("核对所有账户、交易、总账和回执", "check every account, sale, journal row and receipt"))
        .arg(data.clone().required(true))
        .arg(keys.clone())
        .after_help(t("示例：jifen verify --data ./jifen-data/replay-0123456789ab\n退出码 3：发现不一致", "Example: jifen verify --data ./jifen-data/replay-0123456789ab\nExit code 3: differences were found"));
    let check = Command::new("check")
        .about(t(
            "检查会员制度文件，指出行号和原因",
            "check a programme file and name each line and reason",
        ))
        .arg(file("FILE", t("会员制度文件", "the programme file")))
        .after_help(t(
            "示例：jifen programme check demo.toml",
            "Example: jifen programme check demo.toml",
        ));
    let programme = Command::new("programme")
        .about(t("会员制度文件", "programme files"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(check)
        .after_help(t(
            "示例：jifen programme check demo.toml",
            "Example: jifen programme check demo.toml",
        ));
    let self_check = Command::new("self-check")
        .about(t(
            "自检：目录、密钥、时钟、制度、告知书、终端",
            "check the shop itself: folders, keys, clock, programme, notice, terminals",
        ))
        .arg(settings.clone())
        .arg(Arg::new("format").long("format").value_name("FORMAT").value_parser(["text", "json"]).default_value("text").hide_possible_values(true).hide_default_value(true).help(t("text 或 json（供监控）", "text, or json for a monitor")))
        .after_help(t(
            "示例：jifen self-check --format json\n退出码 3：有不合格项；仅有警告时为 0",
            "Example: jifen self-check --format json\nExit code 3: there are failures; with warnings alone it is 0",
        ));
    let healthcheck = Command::new("healthcheck")
        .about(t(
            "询问正在运行的服务是否正常",
            "ask whether the program that serves answers",
        ))
        .arg(settings.clone())
        .after_help(t(
            "示例：jifen healthcheck\n退出码 1：没有正常回答",
            "Example: jifen healthcheck\nExit code 1: it does not answer",
        ));
    let places = [settings, data.clone(), keys.clone()];
    let copies = copies::commands(lang, places.clone());
    let sweep = sweep::command(lang, places.clone());
    let [member, audit, key] = operator::commands(lang, places.clone());
    let ticket = ticket::command(lang, places.clone());
    let staff = staff::command(lang, places.clone());
    let terminal = terminal(lang, places);
    let explain = explain(lang, data, keys);

    let whole = Command::new("jifen")
        .version(env!("CARGO_PKG_VERSION"))
        .about(t("积分：由商家自己掌管的会员积分系统", "Jifen: a loyalty engine that a shop owns"))
        .arg(Arg::new("lang").long("lang").value_name("LANG").global(true).value_parser(["zh", "zh-CN", "en"]).hide_possible_values(true).help(t("语言：zh 或 en", "language: zh or en")))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([serve, demo, replay, verify, self_check, healthcheck, terminal, staff, member, ticket, audit, key, programme, explain])
        .subcommands(copies)
        .subcommand(sweep)
        .subcommands(manual::commands(lang))
        .after_help(t(
            "示例：jifen demo\n退出码：0 完成；1 拒绝或失败；2 用法错误；3 核对不一致；4 数据文件不可用",
            "Example: jifen demo\nExit codes: 0 done; 1 refused or failed; 2 wrong call; 3 verify found differences; 4 the store cannot be used",
        ));
    speak(whole, lang)
}

/// Clap's own words in the language asked for: headings and the help flag, for a command and all below it.
fn speak(command: Command, lang: Lang) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let template = t(
        "{about}\n\n用法：{usage}\n\n{all-args}{after-help}\n",
        "{about}\n\nUsage: {usage}\n\n{all-args}{after-help}\n",
    );
    let help = Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help(t("显示帮助", "show this help"));
    let mut command = command
        .help_template(template)
        .subcommand_help_heading(t("命令", "Commands"))
        .disable_help_subcommand(true)
        .disable_help_flag(true)
        .arg(help)
        .mut_args(|arg| {
            let heading = if arg.is_positional() {
                t("参数", "Arguments")
            } else {
                t("选项", "Options")
            };
            arg.help_heading(heading)
        });
    if command.get_version().is_some() {
        let version = Arg::new("version")
            .short('V')
            .long("version")
            .action(ArgAction::Version);
        let version = version
            .help(t("显示版本", "show the version"))
            .help_heading(t("选项", "Options"));
        command = command.disable_version_flag(true).arg(version);
    }
    command.mut_subcommands(|below| speak(below, lang))
}

/// `jifen terminal` and what can be done with one.
fn terminal(lang: Lang, places: [Arg; 3]) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let name = Arg::new("NAME").required(true).help(t(
        "终端名称：1 至 48 个字母、数字、点、下划线或连字符",
        "the terminal's name: 1 to 48 letters, digits, dots, underscores or hyphens",
    ));
    let places = places.map(|place| place.global(true));
    let example = t(
        "示例：jifen terminal add till-1",
        "Example: jifen terminal add till-1",
    );
    Command::new("terminal")
        .about(t("收银终端：登记、列出、停用", "tills: add, list, revoke"))
        .args(places)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("add")
                .about(t(
                    "登记一台终端，并显示一次其密钥",
                    "let a till send, and show its key once",
                ))
                .arg(name.clone())
                .arg(
                    Arg::new("sector")
                        .long("sector")
                        .value_name("N")
                        .value_parser(value_parser!(u16))
                        .help(t(
                            "终端所属的业务范围，0 至 65535：会员同意后，该范围的终端可凭令牌认出同一会员",
                            "the till's sector, 0 to 65535: its tills know members who said yes by a token",
                        )),
                )
                .after_help(example),
        )
        .subcommand(
            Command::new("list")
                .about(t("列出所有终端", "list all tills"))
                .after_help(t(
                    "示例：jifen terminal list",
                    "Example: jifen terminal list",
                )),
        )
        .subcommand(
            Command::new("revoke")
                .about(t("停用一台终端", "let a till send no more"))
                .arg(name)
                .after_help(t(
                    "示例：jifen terminal revoke till-1",
                    "Example: jifen terminal revoke till-1",
                )),
        )
        .after_help(example)
}

/// `jifen explain` and what can be explained.
fn explain(lang: Lang, data: Arg, keys: Arg) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let member = Command::new("member")
        .about(t("会员的一个数字是怎样得来的", "how a member's number came about"))
        .arg(Arg::new("REF").required(true).help(t("会员编号", "the member's reference")))
        .arg(Arg::new("NUMBER").help("balance, available, earned, redeemed, clawed-back, expired, debt, spend, tier, carry:RULE"))
        .after_help(t("示例：jifen explain --data D member 1467 balance", "Example: jifen explain --data D member 1467 balance"));
    let sale = Command::new("sale")
        .about(t(
            "一笔交易的积分是怎样得来的",
            "how a sale came to its points",
        ))
        .args(["STORE", "TILL", "NUMBER"].map(|name| Arg::new(name).required(true)))
        .after_help(t(
            "示例：jifen explain --data D sale 433 1 31198925870",
            "Example: jifen explain --data D sale 433 1 31198925870",
        ));
    let liability = Command::new("liability")
        .about(t("未兑换积分负债", "points outstanding"))
        .arg(Arg::new("MONTH").help(t(
            "2018-03，或 never；不写则列出所有月份",
            "2018-03, or never; all months when absent",
        )))
        .after_help(t(
            "示例：jifen explain --data D liability 2018-03",
            "Example: jifen explain --data D liability 2018-03",
        ));
    Command::new("explain")
        .about(t("说明任何一个数字的由来", "explain where any number comes from"))
        .arg(data.required(true))
        .arg(keys)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands([member, sale, liability])
        .after_help(t("示例：jifen explain --data D member 1467 balance\n      jifen explain --data D sale 433 1 31198925870", "Examples: jifen explain --data D member 1467 balance\n          jifen explain --data D sale 433 1 31198925870"))
}

/// Carries out what was asked.
pub(crate) fn run(matches: &ArgMatches, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("serve", asked)) => serve(asked.get_one::<PathBuf>("settings").cloned(), lang, out),
        Some(("self-check", asked)) => {
            let named = asked.get_one::<PathBuf>("settings").cloned();
            let settings = Settings::load(named)?.settings;
            let format = asked.get_one::<String>("format").map(String::as_str);
            self_check(settings, format == Some("json"), lang, out)
        }
        Some(("healthcheck", asked)) => {
            let named = asked.get_one::<PathBuf>("settings").cloned();
            let settings = Settings::load(named)?.settings;
            healthcheck(settings.screen_listen, lang, out)
        }
        Some(("ticket", asked)) => {
            let (wish, below) = ticket::wish(asked)?.ok_or_else(unknown_command)?;
            control::ask(shop_of(below)?, Asked::Ticket(wish), lang, out)
        }
        Some(("terminal", asked)) => {
            let (name, below) = asked.subcommand().ok_or_else(unknown_command)?;
            let text = || below.get_one::<String>("NAME").cloned().unwrap_or_default();
            let wish = match name {
                "add" => match below.get_one::<u16>("sector") {
                    Some(sector) => Wish::AddOf(text(), *sector),
                    None => Wish::Add(text()),
                },
                "list" => Wish::List,
                "revoke" => Wish::Revoke(text()),
                _ => return Err(unknown_command()),
            };
            control::ask(shop_of(below)?, Asked::Terminal(wish), lang, out)
        }
        Some(("staff", asked)) => {
            let (wish, below) = staff::wish(asked).ok_or_else(unknown_command)?;
            control::ask(shop_of(below)?, Asked::Staff(wish), lang, out)
        }
        Some(("member" | "audit" | "key", asked)) => {
            let (wish, below) = operator::wish(asked).ok_or_else(unknown_command)?;
            let settings = shop_of(below)?;
            let wish = Asked::Operator(wish);
            let Some(file) = operator::receipt(below) else {
                return control::ask(settings, wish, lang, out);
            };
            let mut receipt = Vec::new();
            control::ask(settings, wish, lang, &mut receipt)?;
            fs::write(&file, receipt).map_err(|error| Failure::of_io(&file, &error))
        }
        Some((name @ ("backup" | "restore" | "drill" | "escrow" | "restore-keys"), asked)) => {
            copies::run(name, asked, lang, out)
        }
        Some(("sweep", asked)) => sweep::run(asked, lang, out),
        Some(("man", _)) => manual::man(lang, out),
        Some(("completions", asked)) => manual::completions(asked, lang, out),
        Some(("demo", asked)) => demo::run(asked.get_flag("exit"), lang, out),
        Some(("replay", asked)) => {
            let path = |name: &str| asked.get_one::<PathBuf>(name).cloned();
            let replay = Replay {
                file: path("FILE").unwrap_or_default(),
                programme: path("programme").unwrap_or_default(),
                report: path("report"),
                data: path("data"),
                keys: path("keys"),
                as_of: asked.get_one::<Moment>("as-of").copied(),
                resume: asked.get_flag("resume"),
                in_memory: asked.get_flag("memory"),
                gift: asked.get_flag("gift"),
                over_http: asked.get_one::<String>("via").is_some(),
            };
            replay.run(lang, out)
        }
        Some(("verify", asked)) => verify_folders(&folders(asked)?, lang, out),
        Some(("programme", asked)) => match asked.subcommand() {
            Some(("check", asked)) => programme::check(
                &asked
                    .get_one::<PathBuf>("FILE")
                    .cloned()
                    .unwrap_or_default(),
                lang,
                out,
            ),
            Some(_) | None => Err(unknown_command()),
        },
        Some(("explain", asked)) => {
            let shop = folders(asked)?.open(false)?;
            let question = question(asked).ok_or_else(unknown_command)?;
            Explainer::new(&shop.engine, lang, out)?.answer(&question)
        }
        Some(_) | None => Err(unknown_command()),
    }
}

/// The settings, with the folders that were named in place of theirs.
fn shop_of(asked: &ArgMatches) -> Result<Settings, Failure> {
    let path = |name: &str| asked.get_one::<PathBuf>(name).cloned();
    let mut settings = Settings::load(path("settings"))?.settings;
    if let Some(data) = path("data") {
        let folders = Folders::new(data, path("keys"))?;
        (settings.data, settings.keys) = (folders.data, folders.keys);
    } else if let Some(keys) = path("keys") {
        settings.keys = keys;
    }
    Ok(settings)
}

fn folders(asked: &ArgMatches) -> Result<Folders, Failure> {
    let path = |name: &str| asked.get_one::<PathBuf>(name).cloned();
    Folders::new(path("data").unwrap_or_default(), path("keys"))
}

fn question(asked: &ArgMatches) -> Option<Question> {
    let (name, asked) = asked.subcommand()?;
    let text = |name: &str| asked.get_one::<String>(name).cloned();
    match name {
        "member" => Some(Question::Member {
            reference: text("REF")?,
            number: text("NUMBER"),
        }),
        "sale" => Some(Question::Sale(ReceiptNo {
            store: text("STORE")?,
            till: text("TILL")?,
            number: text("NUMBER")?,
        })),
        "liability" => Some(Question::Liability(text("MONTH"))),
        _ => None,
    }
}

fn unknown_command() -> Failure {
    Failure::new(
        "unknown_command",
        "没有这个命令",
        "there is no such command",
    )
    .with_exit(USAGE)
}

fn moment(text: &str) -> Result<Moment, String> {
    text.parse()
        .map_err(|error: jifen::domain::time::TimeError| error.to_string())
}
