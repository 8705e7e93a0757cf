//! No page has a fault that a machine can find: for screen readers, for fingers, against the policy of the page.

use crate::browser::{Browser, KIOSK, Size};
use crate::sights::Sight;
use crate::store::Store;
use crate::walk::{LOOKS, none};

/// The smallest screen of a kiosk.
const SMALL: Size = Size::new(800, 600);

async fn check(language: &str, size: Size, test: &'static str) {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, size, test).await;
    browser.bring_axe().await;
    let faults = async |browser: &Browser, sight: &Sight| {
        browser.shot(sight.name).await;
        browser.keeps_nothing_for_scripts().await;
        let mut faults = browser.forbidden().await;
        for look in LOOKS {
            browser.wear(look).await;
            let mut found = browser.small_targets().await;
            found.extend(browser.too_wide().await);
            // Low controls move everything and change nothing that axe looks at; colours are the same on a small screen.
            if look != "low" && (look != "contrast" || size == KIOSK) {
                found.extend(browser.axe_faults().await);
            }
            faults.extend(found.iter().map(|fault| format!("{look} {fault}")));
        }
        browser.wear("").await;
        faults
    };
    let found = browser.walk(language, &[], faults).await;
    none(&found);
}

#[tokio::test]
async fn pages_in_chinese_on_the_kiosk_have_no_fault() {
    check("zh-CN", KIOSK, "faultless_zh_kiosk").await;
}

#[tokio::test]
async fn pages_in_english_on_the_kiosk_have_no_fault() {
    check("en", KIOSK, "faultless_en_kiosk").await;
}

#[tokio::test]
async fn pages_in_chinese_on_a_small_screen_have_no_fault() {
    check("zh-CN", SMALL, "faultless_zh_small").await;
}

#[tokio::test]
async fn pages_in_english_on_a_small_screen_have_no_fault() {
    check("en", SMALL, "faultless_en_small").await;
}

/// What finds nothing must be able to find something.
#[tokio::test]
async fn a_page_that_is_made_worse_has_faults() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "made_worse").await;
    browser.bring_axe().await;
    browser.open("/join").await;
    let worse = "document.documentElement.removeAttribute('lang'); \
         const all = document.body; \
         all.insertAdjacentHTML('beforeend', '<div style=\"width: 3000px\">x</div><img src=\"https://elsewhere.invalid/x.png\">'); \
         document.querySelector('a.button').style.minHeight = '1px'; \
         const small = document.createElement('button'); small.className = 'small'; \
         small.style.cssText = 'all: initial; width: 30px; height: 90px'; all.append(small); \
         const wide = document.createElement('p'); wide.style.width = '3000px'; wide.textContent = 'wide'; all.append(wide); \
         document.cookie = 'left=1'; localStorage.setItem('left', '1');";
    browser.script(worse).await;
    browser.wait_until("1 < window.violations.length").await;
    let forbidden = browser.forbidden().await.join("\n");
    for part in ["style-src", "img-src", "elsewhere.invalid"] {
        assert!(forbidden.contains(part), "{part}: {forbidden}");
    }
    let small = browser.small_targets().await.join("\n");
    assert!(
        small.contains("button#.small : 30.0 × 90.0, least 64"),
        "{small}"
    );
    let wide = browser.too_wide().await.join("\n");
    assert!(
        wide.starts_with("the page is ") && wide.contains("p#. ends at 3"),
        "{wide}"
    );
    let axe = browser.axe_faults().await.join("\n");
    for rule in ["html-has-lang", "button-name", "image-alt"] {
        assert!(axe.contains(rule), "{rule}: {axe}");
    }
    assert_eq!(browser.cookies().await, ["left=1"]);
}
