//! What is left of a visit that is over: nothing, whichever way somebody looks for it.

use crate::browser::{Browser, KIOSK};
use crate::sights::{NEXT, PIN, SIGHTS, Sight};
use crate::store::{Person, Store};
use crate::wire::{request, send};

const NAME: &str = "欧阳云舒";
const MOBILE: &str = "13912349999";

/// The pages from one of the table to another, mistakes and all.
fn between(first: &str, last: &str) -> &'static [Sight] {
    let place = |name: &str| SIGHTS.iter().position(|sight| sight.name == name).unwrap();
    &SIGHTS[place(first)..=place(last)]
}

/// Finish was pressed: three times Back shows nothing of these words, nothing is kept, and the cookie leads nowhere.
async fn is_gone(browser: &Browser, store: &Store, words: &[&str], kept: &[String]) {
    browser.is_at("/").await;
    browser.keeps_nothing().await;
    for step in 1..=3 {
        browser.back().await;
        browser
            .wait_until("document.readyState === 'complete'")
            .await;
        browser.shot(&format!("back-{step}")).await;
        let path = browser.path().await;
        let page = browser.words_and_fields().await;
        for word in words {
            assert!(!page.contains(word), "{step}, {path}: {word}");
        }
        browser.keeps_nothing().await;
    }
    assert_eq!(browser.files_with(words), Vec::<String>::new());
    browser.end();
    assert_eq!(browser.files_with(words), Vec::<String>::new());
    // The cookie that somebody noted leads nowhere either.
    let host = store.screen().to_string();
    for (path, to) in [("/join/card", "/"), ("/me/data", "/me/sign-in")] {
        let headers = [("host", &*host), ("cookie", &*kept[0])];
        let answer = send(store.screen(), &request("GET", path, &headers, ""));
        let told = (answer.status, answer.header("location"));
        assert_eq!(told, (303, Some(to)), "{answer:?}");
    }
}

#[tokio::test]
async fn after_a_customers_finish_the_way_back_shows_nothing_and_nothing_is_kept() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "gone").await;
    browser.open("/").await;
    browser.follow("[name=to][value=join]").await;
    browser.follow(NEXT).await;
    browser.fill("#mobile", "138").await;
    browser.follow(NEXT).await;
    browser.fill("#mobile", MOBILE).await;
    browser.follow(NEXT).await;
    // The rest of the way, as the table has it.
    for sight in between("name-wrong", "card") {
        browser.go_to(sight).await;
    }
    let card = browser.card_shown().await;
    let number = browser.element(".card .number").await.text().await.unwrap();
    let kept = browser.cookies().await;
    assert!(
        kept.len() == 1 && kept[0].starts_with("__Host-jifen="),
        "{kept:?}"
    );
    browser.follow(NEXT).await;
    let words = [NAME, MOBILE, "139 1234", &*number, &*card, PIN];
    is_gone(&browser, &store, &words, &kept).await;
}

#[tokio::test]
async fn after_a_members_finish_the_way_back_shows_nothing_and_nothing_is_kept() {
    let mut store = Store::new();
    store.start();
    let card = store.register(&Person::new(NAME, MOBILE, PIN));
    let browser = Browser::at_screen(&store, KIOSK, "gone_member").await;
    *browser.card.borrow_mut() = card.clone();
    browser.open("/me/sign-in").await;
    for sight in between("sign-in-wrong", "correct-wrong") {
        browser.go_to(sight).await;
    }
    browser.open("/me/data").await;
    browser.give_pin().await;
    let shown = browser.words_and_fields().await;
    for word in [NAME, MOBILE, &*card] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let kept = browser.cookies().await;
    browser.follow("form.finish button").await;
    let words = [NAME, MOBILE, "139****9999", &*card, PIN];
    is_gone(&browser, &store, &words, &kept).await;
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
    browser.follow("[name=to][value=join]").await;
    browser.follow(NEXT).await;
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
