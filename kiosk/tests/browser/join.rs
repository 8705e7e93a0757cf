//! Customers register themselves: by touch alone, and by the keyboard alone.

use serde_json::json;

use crate::browser::{Browser, KIOSK, Key};
use crate::sights::PIN;
use crate::store::Store;
use crate::till::{Till, sale};
use crate::walk::new_mobile;

const TAB: &str = "\u{e004}";

impl Browser {
    /// Presses keys of the keypad in the page.
    async fn press_digits(&self, digits: &str) {
        for digit in digits.chars() {
            self.click(&format!(".keypad [data-key='{digit}']")).await;
        }
    }

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

    browser.open("/").await;
    browser.click("[name=to][value=join]").await;
    browser.is_at("/join").await;
    let fields = "return document.querySelectorAll('main input:not([type=hidden])').length";
    assert_eq!(
        browser.script(fields).await,
        json!(0),
        "the notice comes before any field"
    );
    browser.click("main form button.main").await;
    browser.is_at("/join/phone").await;
    browser.press_digits(&mobile).await;
    browser.shot("phone").await;
    let grouped = format!("{} {} {}", &mobile[..3], &mobile[3..7], &mobile[7..]);
    let typed = browser
        .script("return document.getElementById('mobile').value")
        .await;
    assert_eq!(typed, json!(grouped));
    browser.click("main form button.main").await;
    browser.is_at("/join/name").await;
    browser.fill("#name", "欧阳云舒").await;
    browser.click("main form button.main").await;
    browser.is_at("/join/consents").await;
    let ticked = "return document.querySelectorAll('input:checked').length";
    assert_eq!(
        browser.script(ticked).await,
        json!(0),
        "no box is ticked beforehand"
    );
    browser.click("label:has(#age)").await;
    browser.click("label:has(#agreement)").await;
    browser.shot("consents").await;
    browser.click("main form button.main").await;
    browser.is_at("/join/pin").await;
    // The keypad goes on to the second field by itself.
    browser.press_digits(PIN).await;
    browser.press_digits(PIN).await;
    browser.click("main form button.main").await;
    browser.is_at("/join/card").await;

    let card = browser.card_shown().await;
    let scanned = browser.scanned("card").await;
    assert_eq!(
        scanned,
        [format!("CODE-128:{card}"), format!("QR-Code:{card}")]
    );

    // A member in full: the card and the PIN sign in, and the code of that earns points at a till.
    let cookie = store.sign_in(&card, PIN);
    let token = till.identify(&store, &store.typed_code(&cookie));
    let earned = till.post(&store, "sales", &sale(&token, "1", "128.00"));
    assert_eq!(earned.status, 200, "{earned:?}");
    assert_eq!(earned.json()["earned"], json!(128), "{earned:?}");
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
    browser.tab_to("main form button.main").await;
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
    browser.tab_to("main form button.main").await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/consents").await;
    for field in ["#age", "#agreement"] {
        browser.tab_to(field).await;
        browser.press(Key::Space).await;
    }
    browser.tab_to("main form button.main").await;
    browser.press(Key::Space).await;
    browser.is_at("/join/pin").await;
    browser.tab_to("#pin").await;
    browser.keys(PIN).await;
    browser.tab_to("#again").await;
    browser.keys(PIN).await;
    browser.tab_to("main form button.main").await;
    browser.press(Key::Enter).await;
    browser.is_at("/join/card").await;
    let card = browser.card_shown().await;
    store.sign_in(&card, PIN);
    browser.tab_to("button.finish").await;
    browser.press(Key::Enter).await;
    browser.is_at("/").await;
    browser.keeps_nothing().await;
}
