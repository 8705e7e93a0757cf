//! Every page, in an order in which a person can come to each from the one before. A page is added here: its name, the path
//! that it has, and what is done on the page before to come to it. Every test of all pages then goes there too.

/// What is done to come to a page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Goes to an address.
    Open(&'static str),
    /// Presses what changes the page.
    Click(&'static str),
    /// Presses what leads to another page.
    Follow(&'static str),
    /// Types into a field.
    Fill(&'static str, &'static str),
    /// Types a mobile number that nobody has.
    FillMobile(&'static str),
    /// Notes the number of the card that is shown.
    NoteCard,
    /// Types that number into a field.
    FillCard(&'static str),
}

/// A page, or a page in a state that looks different.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// What its pictures are called.
    pub(crate) name: &'static str,
    pub(crate) path: &'static str,
    /// From the one before.
    pub(crate) acts: &'static [Act],
}

const fn sight(name: &'static str, path: &'static str, acts: &'static [Act]) -> Sight {
    Sight { name, path, acts }
}

use Act::{Click, Fill, FillCard, FillMobile, Follow, NoteCard, Open};

/// The button that leads on.
pub(crate) const NEXT: &str = "main form button.main";
const GO: Act = Follow(NEXT);
/// The PIN of whoever walks.
pub(crate) const PIN: &str = "739154";

/// All of them.
pub(crate) const SIGHTS: &[Sight] = &[
    sight("start", "/", &[Open("/")]),
    sight("notice", "/notice", &[Open("/notice")]),
    sight(
        "notice-whole",
        "/notice",
        &[Click("details.fields summary")],
    ),
    sight("agreement", "/agreement", &[Open("/agreement")]),
    sight(
        "help",
        "/help",
        &[Open("/"), Follow("[name=to][value=help]")],
    ),
    sight("complaint", "/complaint", &[Open("/complaint")]),
    sight("complaint-wrong", "/complaint", &[GO]),
    sight(
        "complaint-taken",
        "/complaint",
        &[Fill("#text", "请问停车券在哪里领？"), GO],
    ),
    sight("pin-reset", "/pin-reset", &[Open("/pin-reset")]),
    sight("pin-reset-wrong", "/pin-reset", &[GO]),
    sight("verify", "/verify", &[Open("/verify")]),
    sight("lost", "/nowhere", &[Open("/nowhere")]),
    sight(
        "join",
        "/join",
        &[Open("/"), Follow("[name=to][value=join]")],
    ),
    sight("phone", "/join/phone", &[GO]),
    sight("phone-wrong", "/join/phone", &[Fill("#mobile", "138"), GO]),
    sight("name", "/join/name", &[FillMobile("#mobile"), GO]),
    sight("name-wrong", "/join/name", &[GO]),
    sight(
        "consents",
        "/join/consents",
        &[Fill("#name", "欧阳云舒"), GO],
    ),
    sight("consents-wrong", "/join/consents", &[GO]),
    sight(
        "consents-open",
        "/join/consents",
        &[Click("details summary")],
    ),
    sight(
        "pin",
        "/join/pin",
        &[Click("label:has(#age)"), Click("label:has(#agreement)"), GO],
    ),
    sight(
        "pin-wrong",
        "/join/pin",
        &[Fill("#pin", PIN), Fill("#again", "739155"), GO],
    ),
    sight(
        "card",
        "/join/card",
        &[Fill("#pin", PIN), Fill("#again", PIN), GO],
    ),
    sight("sign-in", "/me/sign-in", &[NoteCard, Open("/me/sign-in")]),
    sight(
        "sign-in-wrong",
        "/me/sign-in",
        &[FillCard("#card"), Fill("#pin", "111222"), GO],
    ),
    sight("me", "/me", &[Fill("#pin", PIN), GO]),
    sight("history", "/me/history", &[Follow("a[href='/me/history']")]),
    sight("code", "/me/code", &[Open("/me/code")]),
    sight(
        "code-typed",
        "/me/code",
        &[Follow("form[action='/me/code'] button")],
    ),
    sight("me-consents", "/me/consents", &[Open("/me/consents")]),
    sight(
        "me-consents-given",
        "/me/consents",
        &[Follow("button[value=give]")],
    ),
    sight("data", "/me/data", &[Open("/me/data")]),
    sight("data-clear", "/me/data", &[Fill("#pin", PIN), GO]),
    sight("seen", "/me/seen", &[Open("/me/seen")]),
    sight("correct", "/me/correct", &[Open("/me/correct")]),
    sight(
        "correct-wrong",
        "/me/correct",
        &[Fill("#mobile", "138"), GO],
    ),
    sight("copy", "/me/copy", &[Open("/me/copy")]),
    sight("restrict", "/me/restrict", &[Open("/me/restrict")]),
    sight("restricted", "/me/restrict", &[GO]),
    sight("tickets", "/me/tickets", &[Open("/me/tickets")]),
    sight(
        "ticket-sent",
        "/me/tickets",
        &[Fill("#text", "我的积分少了 20 分，请核对。"), GO],
    ),
    sight("card-again", "/me/card", &[Open("/me/card")]),
    sight("card-new", "/me/card/new", &[Fill("#pin", PIN), GO]),
    sight("pin-change", "/me/pin", &[Open("/me/pin")]),
    sight("pin-change-wrong", "/me/pin", &[Fill("#old", "111222"), GO]),
    sight("leave", "/me/leave", &[Open("/me/leave")]),
    sight(
        "leave-pin",
        "/me/leave/confirm",
        &[Follow("a[href='/me/leave/confirm']")],
    ),
    sight(
        "left",
        "/left",
        &[Fill("#pin", PIN), Follow("main form button.grave")],
    ),
];
