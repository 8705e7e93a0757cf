//! What a member does with their rights on the pages, over real HTTP and without any script: corrects, withdraws, restricts,
//! asks, takes a copy, gets another card and PIN, and leaves (DSR-02…08, MEM-08, CON-05).

use jifen::audit::receipt::check_receipt;
use serde_json::json;

use crate::pages_me::member;
use crate::till::Till;
use crate::visitor::{MOBILE, NAME, PIN, Visitor, between};
use crate::wire::ask;

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
    visitor.send_in_vain("/me/correct", &wrong, "pin", "This PIN is wrong.");
    let address = [
        ("address", "延安西路 1 号"),
        ("postcode", "200040"),
        ("do", "save"),
    ];
    // Not without a consent; what was typed stays.
    let page = visitor.send_in_vain("/me/address", &address, "address", "");
    assert!(page.contains("延安西路 1 号"), "{page}");

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
fn another_card_and_another_pin_end_the_ones_before() {
    let (mut visitor, card) = member("en");
    visitor.send_in_vain(
        "/me/card",
        &[("pin", "739155")],
        "pin",
        "This PIN is wrong.",
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
        "This PIN is wrong.",
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
    let page = visitor.send_in_vain("/pin-reset", &reset("0000 0000 0000 0000"), "secret", "");
    assert!(page.contains(&new) && !page.contains("591736"), "{page}");
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
    assert_eq!(wrong.header("location"), Some("/me/copy"), "{wrong:?}");
    let page = ask(edge, "GET", "/me/copy", &headers, "").body;
    assert!(page.contains("id=\"pin-error\""), "{page}");
    assert!(page.contains("value=\"json\" checked"), "{page}");
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
        "This PIN is wrong.",
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
