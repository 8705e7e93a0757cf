//! Pages fit: a phone's width, and a screen that is read at twice its size (WCAG 2.2, 1.4.4 and 1.4.10).

use crate::browser::{Browser, Size};
use crate::sights::Sight;
use crate::store::Store;
use crate::walk::{LANGUAGES, none};

/// A phone held upright.
const PHONE: Size = Size::new(360, 740);
/// The kiosk's screen at 200 %.
const TWICE: Size = Size {
    wide: 540,
    high: 960,
    density: 2,
};

/// The look in which everything is widest, put on by its buttons, and the usual one.
async fn check(size: Size, test: &'static str) {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, size, test).await;
    let mut found = Vec::new();
    for language in LANGUAGES {
        let faults = async |browser: &Browser, sight: &Sight| {
            browser.shot(&format!("{language}-{}", sight.name)).await;
            let mut faults = browser.too_wide().await;
            browser.wear("").await;
            faults.extend(browser.too_wide().await);
            browser.wear("large low").await;
            faults
        };
        let buttons = ["large", "low"];
        found.extend(browser.walk(language, &buttons, faults).await);
    }
    none(&found);
}

#[tokio::test]
async fn no_page_is_wider_than_a_phone() {
    check(PHONE, "phone").await;
}

#[tokio::test]
async fn no_page_is_wider_than_the_screen_at_twice_its_size() {
    check(TWICE, "twice").await;
}

/// A member's own phone asks the edge: targets there are those of a phone.
#[tokio::test]
async fn pages_on_a_members_own_phone_have_no_fault() {
    let mut store = Store::new();
    store.start();
    let edge = format!("http://{}", store.edge());
    let browser = Browser::at(&edge, PHONE, "own_phone").await;
    browser.bring_axe().await;
    let mut found = Vec::new();
    for language in LANGUAGES {
        let faults = async |browser: &Browser, sight: &Sight| {
            browser.shot(&format!("{language}-{}", sight.name)).await;
            let mut faults = browser.forbidden().await;
            faults.extend(browser.small_targets().await);
            faults.extend(browser.too_wide().await);
            faults.extend(browser.axe_faults().await);
            faults
        };
        found.extend(browser.walk(language, &[], faults).await);
    }
    none(&found);
}
