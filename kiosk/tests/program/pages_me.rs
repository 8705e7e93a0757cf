//! The pages of a member who signed in, over real HTTP and without any script: everything that is kept is on them, every
//! right can be used on them, and nothing of it is there for the next person (DSR-01…08, MEM-08, CON-05).

use jifen::policy::catalogue::Field;
use jifen::policy::notice::Language;
use jifen::vault::tokens::{CardNumber, Prefix};

use crate::shown_fields::words_of;
use crate::till::Till;
use crate::visitor::{MOBILE, NAME, PIN, Visitor, between};
use crate::wire::ask;

/// The member's pages that show something, with a word that each of them has in English.
const PAGES: [(&str, &str); 15] = [
    ("/me", "Points you can use"),
    ("/me/history", "Sign-up gift"),
    ("/me/code", "Let the cashier scan it"),
    ("/me/code/live", "class=\"number\""),
    ("/me/consents", "Letters by post"),
    ("/me/data", "everything that the shop keeps"),
    ("/me/seen", "Nobody of the staff has looked"),
    ("/me/correct", "Postal address"),
    ("/me/copy", "Take a copy"),
    ("/me/restrict", "Restrict the use of my data"),
    ("/me/tickets", "We answer within 15 working days"),
    ("/me/card", "the old card ends at once"),
    ("/me/pin", "Your PIN now"),
    ("/me/leave", "100 points"),
    ("/me/leave/confirm", "Yes, delete for ever"),
];

/// A member of a shop, signed in.
pub(crate) fn member(lang: &str) -> (Visitor, String) {
    let mut visitor = Visitor::new();
    visitor.read_notice(lang);
    let card = visitor.register(&[("consent", "marketing")]);
    visitor.send("/finish", &[], "/");
    visitor.send("/look", &[("to", "/"), ("look", lang)], "/");
    visitor.send("/me/sign-in", &[("card", &card), ("pin", PIN)], "/me");
    (visitor, card)
}

#[test]
fn nobody_sees_a_members_page_without_signing_in() {
    let mut visitor = Visitor::new();
    for (path, _) in PAGES {
        let answer = visitor.ask("GET", path, &[]);
        let seen = (answer.status, answer.header("location"));
        assert_eq!(seen, (303, Some("/me/sign-in")), "{path}");
    }
    for path in [
        "/me/code",
        "/me/consents",
        "/me/data",
        "/me/confirm",
        "/me/correct",
        "/me/address",
        "/me/copy",
        "/me/restrict",
        "/me/tickets",
        "/me/card",
        "/me/pin",
        "/me/leave",
    ] {
        visitor.send(path, &[], "/me/sign-in");
    }
    assert_eq!(
        visitor.ask("GET", "/left", &[]).header("location"),
        Some("/")
    );
}

#[test]
fn every_page_is_there_in_both_languages_and_gone_when_the_visit_is() {
    let (mut visitor, card) = member("en");
    for (path, words) in PAGES {
        let page = visitor.see(path);
        assert!(page.contains(words), "{path} {words}\n{page}");
        for secret in [NAME, MOBILE, &*card] {
            assert!(
                !page.contains(secret) || path == "/me/data",
                "{path} {secret}"
            );
        }
    }
    // The same in Chinese: no page has an English sentence left.
    visitor.send("/look", &[("to", "/me"), ("look", "zh-CN")], "/me");
    for (path, words) in PAGES {
        let page = visitor.see(path);
        assert!(
            page.contains("class=\"number\"") || !page.contains(words),
            "{path}"
        );
    }
    let before = visitor.cookie.clone();
    visitor.send("/finish", &[], "/");
    visitor.cookie = before;
    for (path, _) in PAGES {
        let answer = visitor.ask("GET", path, &[]);
        assert_eq!(answer.header("location"), Some("/me/sign-in"), "{path}");
    }
}

/// Guesses are answered as for a card that is nobody's, and what was typed stays but for the PIN.
#[test]
fn a_wrong_pin_and_an_unknown_card_are_told_alike() {
    let (mut visitor, card) = member("en");
    visitor.send("/finish", &[], "/");
    visitor.send("/visit", &[("to", "me"), ("lang", "en")], "/me");
    let unknown = CardNumber::draw(Prefix::DEFAULT, &[7; 32]).digits();
    let mut pages = Vec::new();
    for card in [&*card, &*unknown] {
        let fields = [("card", card), ("pin", "739155")];
        let page = visitor.send_in_vain("/me/sign-in", &fields, "pin", "The card number or");
        assert!(page.contains(card), "{page}");
        assert!(!page.contains("739155"), "{page}");
        pages.push(page.replace(card, ""));
    }
    assert_eq!(pages[0], pages[1]);
    let answer = visitor.ask("GET", "/me", &[]);
    assert_eq!(answer.header("location"), Some("/me/sign-in"));
}

/// DSR-01: every field of the catalogue that has a value is on the page, in both languages, and in clear after the PIN.
#[test]
fn the_page_of_my_data_has_every_field_that_the_catalogue_has_of_the_member() {
    let (mut visitor, card) = member("zh-CN");
    for (lang, tag) in [(Language::Zh, "zh-CN"), (Language::En, "en")] {
        visitor.send("/look", &[("to", "/me/data"), ("look", tag)], "/me/data");
        let masked = visitor.see("/me/data");
        for hidden in [NAME, MOBILE, &*card] {
            assert!(!masked.contains(hidden), "{hidden}");
        }
        visitor.send("/me/data", &[("pin", PIN)], "/me/data");
        let page = visitor.see("/me/data");
        for shown in [NAME, MOBILE, &*card] {
            assert!(page.contains(shown), "{shown}");
        }
        assert!(!visitor.see("/me/data").contains(NAME), "once");
        let cookie = visitor.cookie.clone().unwrap();
        let headers = [("cookie", &*cookie)];
        let data = ask(
            visitor.store.screen(),
            "GET",
            "/member/v1/data",
            &headers,
            "",
        );
        let words = words_of(&data.json()["data"]);
        assert!(
            words.contains("name") && words.contains("lots"),
            "{words:?}"
        );
        for word in words {
            let name = Field::of_word(&word).unwrap().name(lang);
            assert!(page.contains(name), "{word}: {name}");
        }
    }
    visitor.send_in_vain(
        "/me/data",
        &[("pin", "739155")],
        "pin",
        "This PIN is wrong.",
    );
}

#[test]
fn a_code_of_the_page_earns_at_a_till_and_the_history_says_how() {
    let (mut visitor, _) = member("en");
    let till = Till::add(&visitor.store, "till-1");
    let live = visitor.see("/me/code/live");
    let digits = between(&live, "data-code=\"", "\"").to_owned();
    let token = till.identify(&visitor.store, &digits);
    let sale = crate::till::sale(&token, "S-1", "120.00");
    let sold = till.post(&visitor.store, "sales", &sale);
    assert_eq!(sold.status, 200, "{sold:?}");
    let page = visitor.see("/me/history");
    assert!(
        page.contains("Earned by a purchase") && page.contains("120.00 counted"),
        "{page}"
    );
    // The day on which the gift goes is the same in the picture and in the list.
    let list = visitor.see("/me");
    let day = between(&list, "<tbody><tr><th scope=\"row\">", "<");
    let picture = between(&page, "<figure class=\"chart\">", "</figure>");
    assert!(picture.contains(day), "{day}\n{picture}");
    // The same page asks for the next code by itself, and that is nobody's touch.
    assert_ne!(
        digits,
        between(&visitor.see("/me/code/live"), "data-code=\"", "\"")
    );
    visitor.send("/me/code", &[], "/me/code");
    let said = visitor.see("/me/code");
    let digits = between(&said, "class=\"digits\">", "<").replace(' ', "");
    assert_eq!(digits.len(), 8);
    till.identify(&visitor.store, &digits);
}

#[test]
fn a_complaint_needs_no_sign_in_and_is_followed_by_its_reference() {
    let mut visitor = Visitor::new();
    visitor.send("/look", &[("to", "/"), ("look", "en")], "/");
    visitor.send_in_vain(
        "/complaint",
        &[("kind", "enquiry"), ("text", "")],
        "text",
        "",
    );
    let asked = [
        ("kind", "complaint"),
        ("text", "The queue was long"),
        ("contact", ""),
    ];
    visitor.send("/complaint", &asked, "/complaint");
    let page = visitor.see("/complaint");
    let number = between(&page, "Number</dt><dd>", "<").to_owned();
    let reference = between(&page, "once)</dt><dd>", "<").to_owned();
    visitor.send("/finish", &[], "/");
    assert!(!visitor.see("/complaint").contains(&reference));
    let wrong = [("number", &*number), ("reference", "AAAAA-AAAAA")];
    let page = visitor.send_in_vain("/complaint/follow", &wrong, "reference", "");
    assert!(page.contains(&number) && !page.contains("AAAAA"), "{page}");
    let right = [("number", &*number), ("reference", &*reference)];
    visitor.send("/complaint/follow", &right, "/complaint");
    assert!(visitor.see("/complaint").contains("The queue was long"));
}
