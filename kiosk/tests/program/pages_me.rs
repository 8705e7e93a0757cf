//! The pages of a member who signed in, over real HTTP and without any script: everything that is kept is on them, every
//! right can be used on them, and nothing of it is there for the next person (DSR-01…08, MEM-08, CON-05).

use std::collections::BTreeSet;

use jifen::audit::receipt::check_receipt;
use jifen::policy::catalogue::Field;
use jifen::policy::notice::Language;
use jifen::vault::tokens::{CardNumber, Prefix};
use serde_json::{Value, json};

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
fn member(lang: &str) -> (Visitor, String) {
    let mut visitor = Visitor::new();
    visitor.read_notice(lang);
    let card = visitor.register(&[("consent", "marketing")]);
    visitor.send("/finish", &[], "/");
    visitor.send("/look", &[("to", "/"), ("look", lang)], "/");
    visitor.send("/me/sign-in", &[("card", &card), ("pin", PIN)], "/me");
    (visitor, card)
}

/// What is seen where a form leads back to its own page.
#[track_caller]
fn told(visitor: &mut Visitor, path: &str, fields: &[(&str, &str)], to: &str, words: &str) {
    visitor.send(path, fields, to);
    let page = visitor.see(to);
    let told = between(&page, "class=\"told\"", "</p>");
    assert!(told.contains(words), "{told}");
    assert!(
        !visitor.see(to).contains("class=\"told\""),
        "it is said once"
    );
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
    let unknown = CardNumber::draw(Prefix::DEFAULT, &[7; 32]).digits();
    let mut pages = Vec::new();
    for card in [&*card, &*unknown] {
        let fields = [("card", card), ("pin", "739155")];
        let page = visitor.ask("POST", "/me/sign-in", &fields).body;
        assert!(page.contains(card), "{page}");
        assert!(!page.contains("739155"), "{page}");
        pages.push(page.replace(card, ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert!(visitor.cookie.is_none());
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
        "The card number or the PIN",
    );
}

/// The fields of a JSON view, with those of its parts.
fn words_of(data: &Value) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut all = vec![data];
    while let Some(value) = all.pop() {
        match value {
            Value::Object(fields) => {
                words.extend(fields.keys().cloned());
                all.extend(fields.values());
            }
            Value::Array(parts) => all.extend(parts),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    words.retain(|word| Field::of_word(word).is_ok());
    words
}

#[test]
fn a_member_corrects_withdraws_restricts_and_asks_and_is_told_each_time() {
    let (mut visitor, _) = member("en");
    let correct = [("name", "欧阳小舒"), ("mobile", ""), ("pin", PIN)];
    told(
        &mut visitor,
        "/me/correct",
        &correct,
        "/me/correct",
        "Corrected.",
    );
    visitor.send("/me/data", &[("pin", PIN)], "/me/data");
    let page = visitor.see("/me/data");
    assert!(page.contains("欧阳小舒") && page.contains(MOBILE), "{page}");
    let bad = [("name", "欧阳"), ("mobile", "12"), ("pin", PIN)];
    visitor.send_in_vain("/me/correct", &bad, "mobile", "This is not a mobile number");
    let wrong = [("name", "欧阳"), ("mobile", ""), ("pin", "1")];
    visitor.send_in_vain("/me/correct", &wrong, "pin", "The card number or the PIN");
    let address = [
        ("address", "延安西路 1 号"),
        ("postcode", "200040"),
        ("do", "save"),
    ];
    let refused = visitor.ask("POST", "/me/address", &address);
    assert!(
        refused.body.contains("id=\"address-error\""),
        "not without a consent"
    );

    let page = visitor.see("/me/consents");
    let version = between(&page, "name=\"notice\" value=\"", "\"").to_owned();
    let answer = |purpose: &'static str, answer: &'static str| {
        [("purpose", purpose), ("notice", ""), ("answer", answer)]
    };
    told(
        &mut visitor,
        "/me/consents",
        &answer("marketing", "withdraw"),
        "/me/consents",
        "Withdrawn",
    );
    let given = [
        ("purpose", "direct_mail"),
        ("notice", &*version),
        ("answer", "give"),
    ];
    told(
        &mut visitor,
        "/me/consents",
        &given,
        "/me/consents",
        "Your consent is recorded.",
    );
    told(
        &mut visitor,
        "/me/address",
        &address,
        "/me/correct",
        "The address is saved.",
    );
    let page = visitor.see("/me/consents");
    assert_eq!(page.matches("value=\"withdraw\"").count(), 1, "{page}");

    told(
        &mut visitor,
        "/me/restrict",
        &[("do", "restrict")],
        "/me/restrict",
        "Restricted.",
    );
    assert!(visitor.see("/me/restrict").contains("Restricted since"));
    told(
        &mut visitor,
        "/me/restrict",
        &[("do", "lift")],
        "/me/restrict",
        "The restriction is lifted.",
    );
    let asked = [("kind", "complaint"), ("text", "<b>排队太久</b>")];
    told(
        &mut visitor,
        "/me/tickets",
        &asked,
        "/me/tickets",
        "We answer by",
    );
    let page = visitor.see("/me/tickets");
    assert!(
        page.contains("&lt;b&gt;排队太久") || page.contains("&#60;b&#62;排队太久"),
        "{page}"
    );
    visitor.send_in_vain(
        "/me/tickets",
        &[("kind", "copy"), ("text", " ")],
        "text",
        "",
    );
    told(&mut visitor, "/me/confirm", &[], "/me/data", "Thank you");
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
fn another_card_and_another_pin_end_the_ones_before() {
    let (mut visitor, card) = member("en");
    visitor.send_in_vain(
        "/me/card",
        &[("pin", "739155")],
        "pin",
        "The card number or the PIN",
    );
    visitor.send("/me/card", &[("pin", PIN)], "/me/card/new");
    let page = visitor.see("/me/card/new");
    let new = between(&page, "aria-labelledby=\"card-label\">", "<").replace(' ', "");
    assert_ne!(new, card);
    let pins = |old, pin, again| [("old", old), ("pin", pin), ("again", again)];
    visitor.send_in_vain(
        "/me/pin",
        &pins(PIN, "482913", "482914"),
        "again",
        "The two PINs differ",
    );
    visitor.send_in_vain(
        "/me/pin",
        &pins(PIN, "123456", "123456"),
        "pin",
        "This PIN is too easy",
    );
    visitor.send_in_vain(
        "/me/pin",
        &pins("739155", "482913", "482913"),
        "old",
        "The card number or",
    );
    let other = visitor.store.sign_in(&new, PIN);
    told(
        &mut visitor,
        "/me/pin",
        &pins(PIN, "482913", "482913"),
        "/me",
        "The PIN is changed.",
    );
    let headers = [("cookie", &*other)];
    let ended = ask(
        visitor.store.screen(),
        "GET",
        "/member/v1/statement",
        &headers,
        "",
    );
    assert_eq!(ended.status, 401, "every other sign-in has ended");
    visitor
        .store
        .try_sign_in(&card, "482913")
        .refuses(401, "sign_in_failed");
    assert_eq!(visitor.store.try_sign_in(&new, "482913").status, 200);

    // Who lost the PIN gets a secret at the desk, and sets a new one here.
    visitor.send("/finish", &[], "/");
    let said = visitor.store.jifen(&format!("member pin-reset {new}"));
    said.ends(0);
    let (secret, _) = said.out.split_once(" (").unwrap();
    let reset = |secret| {
        [
            ("card", &*new),
            ("secret", secret),
            ("pin", "591736"),
            ("again", "591736"),
        ]
    };
    let wrong = visitor.ask("POST", "/pin-reset", &reset("0000 0000 0000 0000"));
    assert!(wrong.body.contains("id=\"secret-error\""), "{}", wrong.body);
    visitor.send("/pin-reset", &reset(secret), "/me/sign-in");
    visitor.send("/me/sign-in", &[("card", &new), ("pin", "591736")], "/me");
}

/// DSR-05: the link works once, and what is behind it has the member's own data.
#[test]
fn a_copy_is_taken_by_a_link_that_works_once() {
    let (visitor, card) = member("zh-CN");
    // A member's own phone asks at the edge.
    let edge = visitor.store.edge();
    let cookie = visitor.store.sign_in(&card, PIN);
    let headers = [
        ("cookie", &*cookie),
        ("content-type", "application/x-www-form-urlencoded"),
        ("sec-fetch-site", "same-origin"),
    ];
    let wrong = ask(edge, "POST", "/me/copy", &headers, "form=json&pin=1");
    assert!(wrong.body.contains("id=\"pin-error\""), "{wrong:?}");
    let sent = ask(
        edge,
        "POST",
        "/me/copy",
        &headers,
        format!("form=json&pin={PIN}"),
    );
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, Some("/me/copy")),
        "{sent:?}"
    );
    let page = ask(edge, "GET", "/me/copy", &headers, "").body;
    let link = between(&page, "<a class=\"button main\" href=\"", "\"").to_owned();
    let copy = ask(edge, "GET", &link, &[], "").json();
    assert_eq!(copy["data"]["name"], NAME, "{copy}");
    ask(edge, "GET", &link, &[], "").refuses(404, "link_gone");
    assert!(
        !ask(edge, "GET", "/me/copy", &headers, "")
            .body
            .contains(&link),
        "shown once"
    );
}

#[test]
fn whoever_leaves_has_three_screens_and_a_receipt_that_checks() {
    let (mut visitor, card) = member("en");
    let till = Till::add(&visitor.store, "till-1");
    let page = visitor.see("/me/leave/confirm");
    let points = between(&page, "name=\"points\" value=\"", "\"").to_owned();
    visitor.send_in_vain(
        "/me/leave",
        &[("pin", "739155"), ("points", &points)],
        "pin",
        "The card number",
    );
    let fields = [("pin", PIN), ("points", &*points)];
    visitor.send("/me/leave", &fields, "/left");
    let page = visitor.see("/left");
    assert!(
        page.contains("Deleted") && page.contains("<dd>100</dd>"),
        "{page}"
    );
    // Pressed twice, or gone back to: the same receipt, and nothing of the member.
    visitor.send("/me/leave", &fields, "/left");
    assert_eq!(
        visitor.ask("GET", "/me", &[]).header("location"),
        Some("/me/sign-in")
    );
    let cookie = visitor.cookie.clone().unwrap();
    let headers = [("cookie", &*cookie), ("accept-language", "en")];
    let at_phone = ask(visitor.store.edge(), "GET", "/left", &headers, "").body;
    let to = between(&at_phone, "href=\"/member/v1/erasures/", "\"").to_owned();
    let receipt = ask(
        visitor.store.edge(),
        "GET",
        &format!("/member/v1/erasures/{to}"),
        &[],
        "",
    );
    check_receipt(&receipt.body, None).unwrap();

    visitor
        .store
        .try_sign_in(&card, PIN)
        .refuses(401, "sign_in_failed");
    let identified = till.post(&visitor.store, "identify", &json!({"code": card}));
    assert_eq!(identified.status, 404, "{identified:?}");
    visitor.send("/finish", &[], "/");
    assert_eq!(
        visitor.ask("GET", "/left", &[]).header("location"),
        Some("/")
    );
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
    let page = visitor.ask("POST", "/complaint/follow", &wrong).body;
    assert!(page.contains("id=\"reference-error\""), "{page}");
    let right = [("number", &*number), ("reference", &*reference)];
    visitor.send("/complaint/follow", &right, "/complaint");
    assert!(visitor.see("/complaint").contains("The queue was long"));
}
