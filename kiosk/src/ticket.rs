//! `jifen ticket …`: requests and complaints, for whoever works on the shop's own machine until staff have pages of their
//! own. Reading one is an act of the audit.

use std::io::Write;

use jifen::domain::refusal::Refusal;
use jifen::engine::Engine;
use jifen::engine::audit::Actor;
use jifen::engine::tickets::{OpenedBy, TicketForStaff, TicketListed, Told};
use jifen::policy::calendar::Certainty;
use jifen::policy::grant::{Ask, decide};
use jifen::policy::notice::Language;
use jifen::policy::ticket::{TicketKind, TicketNo};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::lang::Lang;

/// What is wished about requests.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Wish {
    /// Those that are not closed.
    List {
        /// Only those that are overdue.
        overdue: bool,
    },
    /// One, with what was written.
    Show(String),
    /// It is mine.
    Take(String),
    /// An answer.
    Answer { number: String, text: String },
    /// The end, with an answer or after one.
    Close {
        number: String,
        text: Option<String>,
    },
    /// A request of a member who stands here.
    Open {
        card: String,
        kind: String,
        text: String,
    },
}

impl core::fmt::Debug for Wish {
    /// What was written is not told.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Wish(..)")
    }
}

/// Does it.
pub(crate) fn ticket(
    engine: &Engine,
    wish: &Wish,
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let operator = Actor::operator();
    match wish {
        Wish::List { overdue } => list(engine, *overdue, lang, out),
        Wish::Show(number) => {
            let ticket = engine.ticket(parsed(number)?, &operator)?;
            show(&ticket, lang, out)
        }
        Wish::Take(number) => {
            engine.take_ticket(parsed(number)?, &operator)?;
            done(number, "已受理", "taken", lang, out)
        }
        Wish::Answer { number, text } => {
            engine.answer_ticket(parsed(number)?, text, &operator)?;
            done(number, "已答复", "answered", lang, out)
        }
        Wish::Close { number, text } => {
            engine.close_ticket(parsed(number)?, text.as_deref(), &operator)?;
            done(number, "已办结", "closed", lang, out)
        }
        Wish::Open { card, kind, text } => open(engine, (card, kind, text), lang, out),
    }
}

fn parsed(number: &str) -> Result<TicketNo, Failure> {
    number.parse().map_err(|_| Refusal::TicketUnknown.into())
}

fn done(number: &str, zh: &str, en: &str, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{number} {}", lang.pick(zh, en))?;
    Ok(())
}

fn list(engine: &Engine, overdue: bool, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let tickets = engine.open_tickets(engine.now())?;
    let shown = tickets.iter().filter(|it| it.is_overdue || !overdue);
    let mut count = 0_u64;
    for ticket in shown {
        count = count.saturating_add(1);
        writeln!(out, "{}", line(ticket, lang))?;
    }
    let words = if overdue {
        lang.pick("件逾期", "overdue")
    } else {
        lang.pick("件未办结", "not closed")
    };
    writeln!(out, "{count} {words}")?;
    Ok(())
}

/// One line, the same words for people and for scripts: number, kind, state, due day, owner, marks.
fn line(ticket: &TicketListed, lang: Lang) -> String {
    let words = match lang {
        Lang::Zh => [ticket.kind.zh(), ticket.state.zh()],
        Lang::En => [ticket.kind.as_str(), ticket.state.as_str()],
    };
    let marks = [
        (ticket.is_overdue, "逾期", "OVERDUE"),
        (ticket.is_escalated, "无人受理", "UNOWNED"),
        (
            ticket.certainty == Certainty::Assumed,
            "节假日未知",
            "holidays unknown",
        ),
    ];
    let marks = marks.iter().filter(|(is_so, ..)| *is_so);
    let marks: Vec<&str> = marks.map(|(_, zh, en)| lang.pick(zh, en)).collect();
    let [kind, state] = words;
    let owner = ticket.owner.as_deref().unwrap_or("-");
    let (number, due) = (ticket.number, ticket.due);
    let due_word = lang.pick("期限", "due");
    let all = [
        format!("{number} {kind} {state} {due_word} {due} {owner}"),
        marks.join(", "),
    ];
    all.join(" ").trim_end().to_owned()
}

fn show(ticket: &TicketForStaff, lang: Lang, out: &mut dyn Write) -> Result<(), Failure> {
    let shown = &ticket.shown;
    let (kind, state) = match lang {
        Lang::Zh => (shown.kind.zh(), shown.state.zh()),
        Lang::En => (shown.kind.as_str(), shown.state.as_str()),
    };
    let owner = shown.owner.as_deref().unwrap_or("-");
    let from = if ticket.member.is_some() {
        lang.pick("会员", "a member")
    } else {
        lang.pick("未登录", "not signed in")
    };
    let rows = [
        ("编号", "number", shown.number.to_string()),
        ("类别", "kind", kind.to_owned()),
        ("状态", "state", state.to_owned()),
        ("提交", "opened", shown.opened_at.to_rfc3339()),
        ("期限", "due", shown.due.to_string()),
        ("经办", "owner", owner.to_owned()),
        ("来自", "from", from.to_owned()),
        ("语言", "language", ticket.language.to_string()),
    ];
    for (zh, en, value) in rows {
        writeln!(out, "{}: {value}", lang.pick(zh, en))?;
    }
    if let Some(contact) = &ticket.contact {
        let word = lang.pick("联系方式", "contact");
        writeln!(out, "{word}: {}", contact.as_str())?;
    }
    writeln!(out, "\n{}", shown.text.as_str())?;
    for reply in &shown.replies {
        let (at, by) = (reply.at.to_rfc3339(), &reply.by);
        writeln!(out, "\n> {at} {by}\n{}", reply.text.as_str())?;
    }
    Ok(())
}

fn open(
    engine: &Engine,
    (card, kind, text): (&str, &str, &str),
    lang: Lang,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let member = engine.member_of_account(engine.account_of_card(card)?)?;
    let ask = Ask::OwnData {
        signed_in: member,
        member,
    };
    let leave = decide(&ask).map_err(|_| Refusal::TokenUnknown)?;
    let told = Told {
        kind: TicketKind::of_word(kind).ok_or(Refusal::BadRequest)?,
        text,
        language: match lang {
            Lang::Zh => Language::Zh,
            Lang::En => Language::En,
        },
    };
    let operator = Actor::operator();
    let opened = engine.open_ticket(member, &told, OpenedBy::Staff(&operator), &leave)?;
    let (number, due) = (opened.number, opened.due);
    writeln!(out, "{number} {} {due}", lang.pick("期限", "due"))?;
    if opened.certainty == Certainty::Assumed {
        let words = lang.pick(
            "该年节假日未知，按周一至周五计算",
            "the holidays of that year are not known: counted Monday to Friday",
        );
        writeln!(out, "{words}")?;
    }
    Ok(())
}
