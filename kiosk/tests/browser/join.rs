//! Customers register themselves: by touch alone, and by the keyboard alone.

use serde_json::json;

use crate::browser::{Browser, KIOSK, Key};
use crate::sights::{NEXT, PIN};
use crate::store::Store;
use crate::till::{Till, sale};
use crate::walk::new_mobile;
use crate::wire::ask;

const TAB: &str = "\u{e004}";

impl Browser {
    /// Presses Tab until this has the focus; the focus is seen on every stop.
    async fn tab_to(&self, css: &str) {
        let look = format!(
            "const at = document.activeElement, seen = at.closest('.choice') ?? at; \
             return [at.matches({}), getComputedStyle(seen).outlineStyle !== 'none', at.outerHTML];",
            json!(css)
        );
        for times in 0..60 {
            // It may have the focus already: the first field of a page asks for it.
            if 0 < times {
                self.keys(TAB).await;
            }
            let at = self.script(&look).await;
            let is_seen = at[1] == json!(true) || times == 0;
            assert!(is_seen, "nobody sees the focus on {}", at[2]);
            if at[0] == json!(true) {
                return;
            }
        }
        assert_eq!(css, "", "no Tab leads there on {}", self.path().await);
    }
}

#[tokio::test]
async fn a_customer_registers_by_touch_alone_and_a_scanner_reads_the_card() {
    let mut store = Store::new();
    let till = Till::add(&store, "till-1");
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "join_by_touch").await;
    let mobile = new_mobile();

    browser.is_touched().await;
    browser.open("/").await;
    browser.tap_to("[name=to][value=join]", "/join").await;
    let fields = "return document.querySelectorAll('main input:not([type=hidden])').length";
    assert_eq!(
        browser.script(fields).await,
        json!(0),
        "the notice comes before any field"
    );
    browser.tap_to(NEXT, "/join/phone").await;
    browser.tap_digits(&mobile).await;
    browser.shot("phone").await;
    let grouped = format!("{} {} {}", &mobile[..3], &mobile[3..7], &mobile[7..]);
    let typed = browser
        .script("return document.getElementById('mobile').value")
        .await;
    assert_eq!(typed, json!(grouped));
    browser.tap_to(NEXT, "/join/name").await;
    browser.tap_name(&[("wang", "王"), ("zhe", "喆")]).await;
    browser.shot("name").await;
    browser.tap_to(NEXT, "/join/consents").await;
    let ticked = "return document.querySelectorAll('input:checked').length";
    assert_eq!(
        browser.script(ticked).await,
        json!(0),
        "no box is ticked beforehand"
    );
    browser.tap("label:has(#age)").await;
    browser.tap("label:has(#agreement)").await;
    browser.shot("consents").await;
    browser.tap_to(NEXT, "/join/pin").await;
    // The keypad goes on to the second field by itself.
    browser.tap_digits(PIN).await;
    browser.tap_digits(PIN).await;
    browser.tap_to(NEXT, "/join/card").await;
    let digits = mobile.len() + 2 * PIN.len();
    let taps = usize::try_from(browser.taps.get()).unwrap() - digits;
    println!("{taps} taps beyond {digits} digits");
    assert!(taps < 25, "{taps} taps");

    let card = browser.card_shown().await;
    let scanned = browser.scanned("card").await;
    assert_eq!(
        scanned,
        [format!("CODE-128:{card}"), format!("QR-Code:{card}")]
    );
    // What the scanner read earns points at a till, whichever of the two it was.
    for (number, read) in scanned.iter().enumerate() {
        let (_, digits) = read.split_once(':').unwrap();
        let token = till.identify(&store, digits);
        let sale = sale(&token, &format!("1-{number}"), "128.00");
        let earned = till.post(&store, "sales", &sale);
        assert_eq!(earned.status, 200, "{earned:?}");
        assert_eq!(earned.json()["earned"], json!(128), "{earned:?}");
    }

    // A member in full, who refused whatever may be refused.
    let cookie = store.sign_in(&card, PIN);
    let headers = [("cookie", &*cookie)];
    let told = ask(store.screen(), "GET", "/member/v1/data", &headers, "").json();
    assert_eq!(told["data"]["balance"], json!(100 + 2 * 128), "{told}");
    let consents = told["data"]["consents"].as_array().unwrap();
    assert!(!consents.is_empty(), "{told}");
    for consent in consents {
        assert_eq!(consent["consent_decision"], json!("refused"), "{told}");
    }
}

#[tokio::test]
async fn a_customer_registers_by_the_keyboard_alone() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "join_by_keyboard").await;
    browser.open("/").await;
    browser.tab_to(".looks button[value=en]").await;
    browser.press(Key::Enter).await;
    browser
        .wait_until("document.documentElement.lang === 'en'")
        .await;
    browser.tab_to("[name=to][value=join]").await;
    browser.press(Key::Space).await;
    browser.is_at("/join").await;
    browser.tab_to(NEXT).await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/phone").await;
    browser.tab_to("#mobile").await;
    browser.keys(&new_mobile()).await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/name").await;
    browser.tab_to("#name").await;
    browser.keys("O'Connor").await;
    browser.tab_to("[name=title]:checked").await;
    browser.press(Key::Space).await;
    browser.tab_to(NEXT).await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/consents").await;
    for field in ["#age", "#agreement"] {
        browser.tab_to(field).await;
        browser.press(Key::Space).await;
    }
    browser.tab_to(NEXT).await;
    browser.press(Key::Space).await;
    browser.is_at("/join/pin").await;
    browser.tab_to("#pin").await;
    browser.keys(PIN).await;
    browser.tab_to("#again").await;
    browser.keys(PIN).await;
    browser.tab_to(NEXT).await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/card").await;
    let card = browser.card_shown().await;
    store.sign_in(&card, PIN);
    browser.tab_to("button.finish").await;
    browser.press(Key::Enter).await;
    browser.is_at("/").await;
    browser.keeps_nothing().await;
}
