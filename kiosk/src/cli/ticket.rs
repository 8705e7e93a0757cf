//! `jifen ticket list|show|take|answer|close|open`: how it is read.

use std::io::Read;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jifen::policy::ticket::TicketKind;

use crate::failure::Failure;
use crate::lang::Lang;
use crate::ticket::Wish;

/// The longest text that is read from stdin, in bytes.
const TEXT_MAX: u64 = 64 * 1024;

/// The command; `places` say which shop.
pub(super) fn command(lang: Lang, places: [Arg; 3]) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let number = Arg::new("NUMBER").required(true).help(t(
        "受理编号，例如 2026-000123",
        "the number, such as 2026-000123",
    ));
    let text = Arg::new("TEXT").help(t(
        "内容；- 则从标准输入读取",
        "the text; - reads it from stdin",
    ));
    let kinds = TicketKind::ALL.map(TicketKind::as_str);
    let below = [
        Command::new("list")
            .about(t(
                "列出未办结的请求和投诉",
                "list requests and complaints that are not closed",
            ))
            .arg(
                Arg::new("overdue")
                    .long("overdue")
                    .action(ArgAction::SetTrue)
                    .help(t("只列出逾期的", "only those that are overdue")),
            )
            .after_help(t(
                "示例：jifen ticket list --overdue",
                "Example: jifen ticket list --overdue",
            )),
        Command::new("show")
            .about(t("查看一件（记入审计）", "show one (the audit notes it)"))
            .arg(number.clone())
            .after_help(t(
                "示例：jifen ticket show 2026-000123",
                "Example: jifen ticket show 2026-000123",
            )),
        Command::new("take")
            .about(t("受理一件", "take one on"))
            .arg(number.clone())
            .after_help(t(
                "示例：jifen ticket take 2026-000123",
                "Example: jifen ticket take 2026-000123",
            )),
        Command::new("answer")
            .about(t("答复一件", "answer one"))
            .arg(number.clone())
            .arg(text.clone().required(true))
            .after_help(t(
                "示例：jifen ticket answer 2026-000123 - < 答复.txt",
                "Example: jifen ticket answer 2026-000123 - < answer.txt",
            )),
        Command::new("close")
            .about(t(
                "办结一件；须有答复",
                "close one, with an answer or after one",
            ))
            .arg(number)
            .arg(text.clone())
            .after_help(t(
                "示例：jifen ticket close 2026-000123 已补记积分",
                "Example: jifen ticket close 2026-000123 \"The points were added.\"",
            )),
        Command::new("open")
            .about(t(
                "为到场并已核实身份的会员提交请求",
                "open a request for a member who is here and was identified",
            ))
            .arg(
                Arg::new("CARD")
                    .required(true)
                    .help(t("会员卡号", "the card number")),
            )
            .arg(
                Arg::new("KIND")
                    .required(true)
                    .value_parser(kinds)
                    .help(t("类别", "what it is about")),
            )
            .arg(text.required(true))
            .after_help(t(
                "示例：jifen ticket open 990123456789012345 copy 请给我一份副本",
                "Example: jifen ticket open 990123456789012345 copy \"A copy, please.\"",
            )),
    ];
    Command::new("ticket")
        .about(t(
            "请求和投诉：列出、查看、受理、答复、办结、提交",
            "requests and complaints: list, show, take, answer, close, open",
        ))
        .args(places.map(|place| place.global(true)))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommands(below)
        .after_help(t(
            "示例：jifen ticket list --overdue",
            "Example: jifen ticket list --overdue",
        ))
}

/// What was asked.
pub(super) fn wish(asked: &ArgMatches) -> Result<Option<(Wish, &ArgMatches)>, Failure> {
    let Some((name, below)) = asked.subcommand() else {
        return Ok(None);
    };
    let word = |id: &str| {
        let word = below.try_get_one::<String>(id).ok().flatten();
        word.cloned().unwrap_or_default()
    };
    let number = word("NUMBER");
    let wish = match name {
        "list" => Wish::List {
            overdue: below.get_flag("overdue"),
        },
        "show" => Wish::Show(number),
        "take" => Wish::Take(number),
        "answer" => Wish::Answer {
            number,
            text: read(word("TEXT"))?,
        },
        "close" => Wish::Close {
            number,
            text: match below.get_one::<String>("TEXT") {
                Some(text) => Some(read(text.clone())?),
                None => None,
            },
        },
        "open" => Wish::Open {
            card: word("CARD"),
            kind: word("KIND"),
            text: read(word("TEXT"))?,
        },
        _ => return Ok(None),
    };
    Ok(Some((wish, below)))
}

/// The text, or what stdin has: a text on the command line stands in the machine's list of processes.
fn read(text: String) -> Result<String, Failure> {
    if text != "-" {
        return Ok(text);
    }
    let mut read = String::new();
    std::io::stdin().take(TEXT_MAX).read_to_string(&mut read)?;
    Ok(read)
}
