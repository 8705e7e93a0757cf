//! Nobody is there: the page counts, and the visit ends, unless somebody says that they are still there.

use crate::browser::{Browser, KIOSK};
use crate::sights::NEXT;
use crate::store::Store;
use crate::wire::{request, send};

/// A visit that is not as patient as in a shop, so that the test need not be either.
const HASTY: &str = "[kiosk]\nidle_seconds = 1\ncount_seconds = 4\nwhole_seconds = 120\n";

#[tokio::test]
async fn a_visit_goes_on_as_often_as_somebody_says_so_and_ends_when_nobody_does() {
    let mut store = Store::new();
    store.place.write("jifen.toml", HASTY);
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "idle").await;
    browser.bring_axe().await;
    browser.open("/").await;
    browser.follow("[name=to][value=join]").await;
    browser.follow(NEXT).await;
    browser.is_at("/join/phone").await;
    browser.fill("#mobile", "13912348888").await;
    let cookie = browser.cookies().await;

    for time in 1..=10 {
        browser
            .wait_until("document.getElementById('idle').open")
            .await;
        if time == 1 {
            browser.shot("counts").await;
            assert_eq!(browser.small_targets().await, Vec::<String>::new());
            assert_eq!(browser.axe_faults().await, Vec::<String>::new());
        }
        let focused = browser.script("return document.activeElement.id").await;
        assert_eq!(focused, "stay", "the button is what Enter presses");
        browser.click("#stay").await;
        browser
            .wait_until("!document.getElementById('idle').open")
            .await;
        let typed = browser
            .script("return document.getElementById('mobile').value")
            .await;
        assert_eq!(typed, "139 1234 8888", "{time}");
    }
    assert_eq!(browser.cookies().await, cookie);

    // Whatever else is touched, the count goes on.
    browser
        .wait_until("document.getElementById('idle').open")
        .await;
    browser.keys("\u{e00c}").await;
    browser.click("#idle-title").await;
    assert_eq!(
        browser
            .script("return document.getElementById('idle').open")
            .await,
        true
    );
    browser.is_at("/").await;
    let page = browser.words_and_fields().await;
    assert!(
        !page.contains("8888") && !page.contains("data-visit"),
        "{page}"
    );
    browser.shot("ended").await;
    browser.keeps_nothing().await;

    let host = store.screen().to_string();
    let headers = [("host", &*host), ("cookie", &*cookie[0])];
    let answer = send(store.screen(), &request("GET", "/join/phone", &headers, ""));
    let told = (answer.status, answer.header("location"));
    assert_eq!(told, (303, Some("/join")), "{answer:?}");
}
