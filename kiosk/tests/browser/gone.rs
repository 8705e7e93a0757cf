//! What is left of a visit that is over: nothing, whichever way somebody looks for it.

use crate::browser::{Browser, KIOSK};
use crate::sights::SIGHTS;
use crate::store::Store;
use crate::wire::{request, send};

#[tokio::test]
async fn after_finish_the_way_back_shows_nothing_and_nothing_is_kept() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "gone").await;
    let mobile = "13912349999";
    browser.open("/").await;
    browser.click("[name=to][value=join]").await;
    browser.click("main form button.main").await;
    browser.fill("#mobile", mobile).await;
    browser.click("main form button.main").await;
    browser.is_at("/join/name").await;
    // The rest of the way, as the table has it, without a mistake.
    let from = SIGHTS.iter().position(|sight| sight.name == "consents");
    let rest = SIGHTS[from.unwrap()..].iter();
    for sight in rest.filter(|sight| !sight.name.ends_with("-wrong")) {
        browser.go_to(sight).await;
    }
    let number = browser.element(".card .number").await.text().await.unwrap();
    let kept = browser.cookies().await;
    assert!(
        kept.len() == 1 && kept[0].starts_with("__Host-jifen="),
        "{kept:?}"
    );

    browser.click("main form button.main").await;
    browser.is_at("/").await;
    browser.keeps_nothing().await;
    for step in 1..=3 {
        browser.back().await;
        browser
            .wait_until("document.readyState === 'complete'")
            .await;
        browser.shot(&format!("back-{step}")).await;
        let path = browser.path().await;
        assert!(["/", "/join"].contains(&&*path), "{step}: {path}");
        let page = browser.words_and_fields().await;
        for trace in [
            mobile,
            "139 1234",
            "欧阳",
            &number,
            &number.replace(' ', ""),
        ] {
            assert!(!page.contains(trace), "{step}, {path}: {trace}");
        }
        browser.keeps_nothing().await;
    }
    // The cookie that somebody noted leads nowhere either.
    let host = store.screen().to_string();
    let headers = [("host", &*host), ("cookie", &*kept[0])];
    let answer = send(store.screen(), &request("GET", "/join/card", &headers, ""));
    let told = (answer.status, answer.header("location"));
    assert_eq!(told, (303, Some("/")), "{answer:?}");
}

#[tokio::test]
async fn the_end_of_a_visit_tells_the_browser_to_clear_what_it_has() {
    let mut store = Store::new();
    store.start();
    let host = store.screen().to_string();
    let headers = [
        ("host", &*host),
        ("sec-fetch-site", "same-origin"),
        ("origin", "null"),
    ];
    let answer = send(store.screen(), &request("POST", "/finish", &headers, ""));
    let all = "\"cache\", \"cookies\", \"storage\"";
    assert_eq!(answer.header("clear-site-data"), Some(all), "{answer:?}");
}

#[tokio::test]
async fn a_page_that_the_browser_kept_is_asked_for_again() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "kept_page").await;
    browser.open("/").await;
    browser.click("[name=to][value=join]").await;
    browser.click("main form button.main").await;
    browser.is_at("/join/phone").await;
    // Meanwhile the visit ends, in no window of this browser.
    let kept = browser.cookies().await;
    let host = store.screen().to_string();
    let headers = [
        ("host", &*host),
        ("cookie", &*kept[0]),
        ("sec-fetch-site", "same-origin"),
        ("origin", "null"),
    ];
    send(store.screen(), &request("POST", "/finish", &headers, ""));
    let shown = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))";
    browser.script(shown).await;
    browser.is_at("/join").await;
}
