//! `jifen member pin-reset`, `jifen member card`, `jifen member verify-phone`: what the operator does for a member who lost
//! something, or whose phone was looked at.

use clap::{Arg, ArgMatches, Command};

use crate::lang::Lang;
use crate::operator::Wish;

/// The commands about members, with these.
pub(super) fn beside(member: Command, lang: Lang) -> Command {
    let t = |zh: &'static str, en: &'static str| lang.pick(zh, en);
    let card = Arg::new("CARD")
        .required(true)
        .help(t("会员卡号", "the card number"));
    let reset = Command::new("pin-reset")
        .about(t(
            "给出一次性的密码重置码（15 分钟内有效），会员凭此在屏幕上设置新密码",
            "give a secret, good once and for 15 minutes, by which the member sets a new PIN at the screen",
        ))
        .arg(card.clone())
        .after_help(t(
            "示例：jifen member pin-reset 990123456789012345",
            "Example: jifen member pin-reset 990123456789012345",
        ));
    let reissue = Command::new("card")
        .about(t(
            "补发新卡并打印卡号；旧卡即刻失效",
            "give the member another card and print its number; the old one counts no more",
        ))
        .arg(card.clone())
        .after_help(t(
            "示例：jifen member card 990123456789012345",
            "Example: jifen member card 990123456789012345",
        ));
    let verify = Command::new("verify-phone")
        .about(t(
            "确认手机号属于该会员；待核验的会员即可使用积分",
            "say that the phone is the member's; who waited for it may use points from then on",
        ))
        .arg(card)
        .after_help(t(
            "示例：jifen member verify-phone 990123456789012345",
            "Example: jifen member verify-phone 990123456789012345",
        ));
    member.subcommands([reset, reissue, verify])
}

/// What was asked, of one of these commands.
pub(super) fn wish(name: &str, below: &ArgMatches) -> Option<Wish> {
    let card = || below.get_one::<String>("CARD").cloned();
    match name {
        "pin-reset" => Some(Wish::PinReset { card: card()? }),
        "card" => Some(Wish::Card { card: card()? }),
        "verify-phone" => Some(Wish::VerifyPhone { card: card()? }),
        _ => None,
    }
}
