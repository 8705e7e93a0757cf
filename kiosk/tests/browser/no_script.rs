//! Without any script every page is read and sent.

use serde_json::json;

use crate::browser::{Browser, KIOSK};
use crate::sights::{PIN, SIGHTS};
use crate::store::Store;

#[tokio::test]
async fn without_a_script_the_notice_is_read_and_the_form_is_sent() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "no_script").await;
    browser
        .command(
            "Emulation.setScriptExecutionDisabled",
            json!({"value": true}),
        )
        .await;
    let from = SIGHTS.iter().position(|sight| sight.name == "join");
    for sight in &SIGHTS[from.unwrap()..] {
        for act in sight.acts {
            browser.act(*act).await;
        }
        browser.arrives_at(sight.path).await;
        browser.shot(sight.name).await;
        // What only a script does is not shown.
        let shown = browser.element("body").await.text().await.unwrap();
        assert!(!shown.contains("退格"), "{}: {shown}", sight.name);
        if sight.name == "join" {
            let sections = "return document.querySelectorAll('.sections section').length";
            assert_eq!(browser.script(sections).await, json!(7));
        }
        if sight.name == "card" {
            store.sign_in(&browser.card_shown().await, PIN);
        }
    }
}
