//! Every page, in an order in which a person can come to each from the one before. A page is added here: its name, the path
//! that it has, and what is done on the page before to come to it. Every test of all pages then goes there too.

/// What is done to come to a page.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Goes to an address.
    Open(&'static str),
    /// Presses.
    Click(&'static str),
    /// Types into a field.
    Fill(&'static str, &'static str),
    /// Types a mobile number that nobody has.
    FillMobile(&'static str),
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

use Act::{Click, Fill, FillMobile, Open};

/// The button that leads on.
const NEXT: Act = Click("main form button.main");

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
        &[Open("/"), Click("[name=to][value=help]")],
    ),
    sight(
        "join",
        "/join",
        &[Open("/"), Click("[name=to][value=join]")],
    ),
    sight("phone", "/join/phone", &[NEXT]),
    sight(
        "phone-wrong",
        "/join/phone",
        &[Fill("#mobile", "138"), NEXT],
    ),
    sight("name", "/join/name", &[FillMobile("#mobile"), NEXT]),
    sight("name-wrong", "/join/name", &[NEXT]),
    sight(
        "consents",
        "/join/consents",
        &[Fill("#name", "欧阳云舒"), NEXT],
    ),
    sight("consents-wrong", "/join/consents", &[NEXT]),
    sight(
        "consents-open",
        "/join/consents",
        &[Click("details summary")],
    ),
    sight(
        "pin",
        "/join/pin",
        &[
            Click("label:has(#age)"),
            Click("label:has(#agreement)"),
            NEXT,
        ],
    ),
    sight(
        "pin-wrong",
        "/join/pin",
        &[Fill("#pin", "739154"), Fill("#again", "739155"), NEXT],
    ),
    sight(
        "card",
        "/join/card",
        &[Fill("#pin", "739154"), Fill("#again", "739154"), NEXT],
    ),
];
