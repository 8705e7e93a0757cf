//! The pages on which customers register themselves, over real HTTP and without any script: what each shows, what it takes,
//! what stays of a visit, and what does not (CON-01…03, COL-02, kiosk-ui §2).

use serde_json::json;

use crate::visitor::{MOBILE, PIN, Visitor, between};
use crate::wire::{ask, request, send};

#[test]
fn a_customer_registers_without_a_script_and_refuses_every_optional_box() {
    for lang in ["zh-CN", "en"] {
        let mut visitor = Visitor::new();
        visitor.read_notice(lang);
        assert!(
            visitor
                .see("/join/phone")
                .contains(&format!("<html lang=\"{lang}\""))
        );
        let card = visitor.register(&[]);
        // Back shows the card and makes no second one.
        let pins = [("pin", "739154"), ("again", "739154")];
        visitor.send("/join/pin", &pins, "/join/card");
        assert!(visitor.see("/join/card").replace(' ', "").contains(&card));

        let said = json!({"card_number": card, "pin": "739154"}).to_string();
        let headers = [("content-type", "application/json")];
        let host = visitor.store.screen().to_string();
        let all = [("host", &*host), headers[0]];
        let path = "/member/v1/session";
        let signed_in = send(visitor.store.screen(), &request("POST", path, &all, said));
        assert_eq!(signed_in.status, 200, "{signed_in:?}");
    }
}

#[test]
fn nothing_of_a_visit_is_left_when_it_is_finished() {
    let mut visitor = Visitor::new();
    visitor.read_notice("zh-CN");
    visitor.send("/join/phone", &[("mobile", MOBILE)], "/join/name");
    assert!(visitor.see("/join/phone").contains(MOBILE));
    let before = visitor.cookie.clone();
    visitor.send("/finish", &[], "/");
    assert!(visitor.cookie.is_none());
    // Whoever presses Back, or kept the cookie, begins anew.
    visitor.cookie = before;
    for path in ["/join/phone", "/join/name", "/join/consents", "/join/pin"] {
        let answer = visitor.ask("GET", path, &[]);
        let told = (answer.status, answer.header("location"));
        assert_eq!(told, (303, Some("/join")), "{path}");
    }
    assert_eq!(
        visitor.ask("GET", "/join/card", &[]).header("location"),
        Some("/")
    );
    assert!(!visitor.see("/").contains(MOBILE));
}

#[test]
fn what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays() {
    let mut visitor = Visitor::new();
    visitor.read_notice("en");
    let phone = [("mobile", "1380013800")];
    let page = visitor.send_in_vain(
        "/join/phone",
        &phone,
        "mobile",
        "This is not a mobile number",
    );
    assert!(page.contains("value=\"1380013800\""), "{page}");
    // Nor is it taken for the number.
    let answer = visitor.ask("GET", "/join/pin", &[]);
    assert_eq!(answer.header("location"), Some("/join/phone"));
    visitor.send("/join/phone", &[("mobile", MOBILE)], "/join/name");
    let name = |name| [("name", name), ("title", "ms")];
    visitor.send_in_vain("/join/name", &name(""), "name", "Please enter your name.");
    visitor.send_in_vain(
        "/join/name",
        &name("\u{202e}evil"),
        "name",
        "The name has a character",
    );
    visitor.send("/join/name", &name("O'Connor <b>"), "/join/consents");
    let page = visitor.see("/join/name");
    assert!(page.contains("O&#39;Connor &#60;b&#62;"), "{page}");
    visitor.send_in_vain("/join/consents", &[], "age", "Members must be 18 or older.");
    let page = visitor.see("/join/consents");
    let version = between(&page, "name=\"agreement\" type=\"checkbox\" value=\"", "\"").to_owned();
    let ticked = [("age", "yes"), ("agreement", &*version)];
    visitor.send("/join/consents", &ticked, "/join/pin");
    let pins = |pin, again| [("pin", pin), ("again", again)];
    let page = visitor.send_in_vain(
        "/join/pin",
        &pins("739154", "739155"),
        "again",
        "The two PINs differ",
    );
    assert!(!page.contains("739154") && !page.contains("739155"));
    visitor.send_in_vain(
        "/join/pin",
        &pins("123456", "123456"),
        "pin",
        "This PIN is too easy",
    );
    visitor.send("/join/pin", &pins("739154", "739154"), "/join/card");
}

/// A form that came back is of the visit: whoever comes after finds nothing of it.
#[test]
fn what_was_typed_wrong_goes_with_the_visit() {
    let mut visitor = Visitor::new();
    visitor.read_notice("en");
    let name = [("name", "\u{202e}Kranich"), ("title", "ms")];
    visitor.send("/join/name", &name, "/join/name");
    visitor.send("/finish", &[], "/");
    // The same form once more, as a browser offers it to whoever goes back.
    visitor.send("/join/name", &name, "/join/name");
    let answer = visitor.ask("GET", "/join/name", &[]);
    let told = (answer.status, answer.header("location"), &*answer.body);
    assert_eq!(told, (303, Some("/join"), ""));
}

/// However often the button is pressed, also at the same time: one member, and each press leads to the card.
#[test]
fn two_presses_at_once_make_one_member() {
    let mut visitor = Visitor::new();
    visitor.read_notice("en");
    visitor.tell_all(&[]);
    let (address, cookie) = (visitor.store.screen(), visitor.cookie.clone().unwrap());
    let host = address.to_string();
    let headers = [
        ("host", &*host),
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", &*cookie),
    ];
    let body = format!("pin={PIN}&again={PIN}");
    let press = || send(address, &request("POST", "/join/pin", &headers, &body));
    let answers = std::thread::scope(|scope| {
        let presses = [(); 4].map(|()| scope.spawn(press));
        presses.map(|press| press.join().unwrap())
    });
    for answer in answers {
        let told = (answer.status, answer.header("location"));
        assert_eq!(told, (303, Some("/join/card")), "{answer:?}");
    }
    visitor.store.stop();
    let counted = visitor.store.jifen("verify");
    assert!(
        counted.out.contains("1 account,") || counted.out.contains("1 accounts,"),
        "{counted:?}"
    );
}

/// COL-02: what is not asked for is not taken; and a page of another site sends nothing.
#[test]
fn a_form_takes_what_it_asks_for_and_from_its_own_page() {
    let mut visitor = Visitor::new();
    visitor.read_notice("zh-CN");
    let more = [("mobile", MOBILE), ("birthday", "2000-01-01")];
    assert_eq!(visitor.ask("POST", "/join/phone", &more).status, 400);
    assert!(!visitor.see("/join/phone").contains(MOBILE));

    let address = visitor.store.screen();
    let host = address.to_string();
    let headers = [
        ("host", &*host),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = send(address, &request("POST", "/finish", &headers, ""));
    answer.refuses(403, "cross_site");
}

#[test]
fn a_look_and_a_language_hold_for_the_visit_and_lead_to_no_other_host() {
    let mut visitor = Visitor::new();
    let to = |look| [("look", look), ("to", "/help")];
    visitor.send("/look", &to("large"), "/help");
    visitor.send("/look", &to("en"), "/help");
    visitor.send("/look", &to("contrast"), "/help");
    let page = visitor.see("/help");
    assert!(
        page.contains("<html lang=\"en\" class=\"kiosk large contrast\">"),
        "{page}"
    );
    visitor.send("/look", &to("normal"), "/help");
    assert!(visitor.see("/").contains("class=\"kiosk contrast\""));
    for elsewhere in [
        "//evil.example",
        "/\\evil.example",
        "/help//evil.example",
        "/\t/evil.example",
        "https://evil.example",
        "",
    ] {
        visitor.send("/look", &[("look", "plain"), ("to", elsewhere)], "/");
    }
    visitor.send("/finish", &[], "/");
    assert!(
        visitor
            .see("/")
            .contains("<html lang=\"zh-CN\" class=\"kiosk\">")
    );
}

/// A browser gets a "no" as a page in the language of the visit; a program gets its code.
#[test]
fn what_is_refused_is_a_page_for_people_and_a_code_for_programs() {
    let mut visitor = Visitor::new();
    visitor.send("/look", &[("to", "/"), ("look", "en")], "/");
    let screen = visitor.store.screen();
    let cookie = visitor.cookie.clone().unwrap();
    let browser = [
        ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ("cookie", &*cookie),
    ];
    let unused = format!("/copies/{}", "A".repeat(43));
    let all = [
        (
            "/nowhere",
            404,
            "no_such_address",
            "There is no such address.",
        ),
        (
            "/join/print",
            405,
            "method_not_allowed",
            "This address does not take that method.",
        ),
        (&*unused, 404, "link_gone", ""),
    ];
    for (path, status, code, sentence) in all {
        let page = ask(screen, "GET", path, &browser, "");
        assert_eq!(page.status, status, "{path}: {page:?}");
        assert!(
            page.body.starts_with("<!DOCTYPE html>\n<html lang=\"en\""),
            "{page:?}"
        );
        assert!(
            page.body.contains(&format!("<p class=\"lead\">{sentence}")),
            "{page:?}"
        );
        ask(screen, "GET", path, &browser[1..], "").refuses(status, code);
    }
    // A form that is sent to nowhere, too.
    let form = [
        browser[0],
        browser[1],
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let page = ask(screen, "POST", "/nowhere", &form, "a=b");
    assert_eq!(page.status, 404, "{page:?}");
    assert!(page.body.contains("There is no such address."), "{page:?}");
    assert!(page.body.starts_with("<!DOCTYPE html>"), "{page:?}");
}
