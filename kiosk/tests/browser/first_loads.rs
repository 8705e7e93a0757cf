//! The first page of a store that has just been started, many times over, on the screen and over TLS on the edge: it comes
//! at once, each time.

use std::fs;

use serde_json::json;

use crate::browser::{Browser, KIOSK};
use crate::look::folder;
use crate::store::Store;

/// How many stores are started.
const STORES: usize = 100;
/// A page that takes longer stalled, in milliseconds.
const STALLED: u64 = 5_000;

#[tokio::test]
async fn the_first_page_of_a_fresh_store_never_stalls() {
    // All of them have the certificate of the first, which the browser trusts by its key.
    let mut first = Store::new();
    first.set("JIFEN_EDGE_TLS", "on");
    let said = first.start_saying();
    let (_, pin) = said.split_once("sha256/").unwrap();
    let pin = pin.split_whitespace().next().unwrap();
    let trusting = format!("--ignore-certificate-errors-spki-list={pin}");
    let own = |name: &str| first.place.path("jifen-keys/tls").join(name);
    let own = |name: &str| own(name).to_str().unwrap().to_owned();
    let place = tempfile::tempdir().unwrap();
    let mut browser = Browser::with(place, &[&trusting], "", KIOSK, "first_loads").await;

    let mut took = [Vec::new(), Vec::new()];
    for _ in 0..STORES {
        let mut store = Store::new();
        store.set("JIFEN_EDGE_CERTIFICATE", &own("edge.pem"));
        store.set("JIFEN_EDGE_KEY", &own("edge.key"));
        store.start();
        let screen = format!("http://{}", store.screen());
        let edge = format!("https://{}", store.edge());
        for (origin, took) in [screen, edge].into_iter().zip(&mut took) {
            browser.turn_to(origin);
            took.push(load(&browser).await);
        }
    }
    for (door, took) in ["screen", "edge"].into_iter().zip(took) {
        let in_order = took.clone();
        let mut took = took;
        took.sort_unstable();
        let stalled = took.iter().filter(|millis| STALLED < **millis).count();
        let told = format!(
            "{door}: {} first loads, {stalled} stalled, median {} ms, longest {} ms",
            took.len(),
            took[took.len() / 2],
            took[took.len() - 1],
        );
        println!("{told}");
        let file = folder("first_loads").join(format!("{door}.txt"));
        fs::write(file, format!("{told}\n")).unwrap();
        assert_eq!(stalled, 0, "{in_order:?}");
    }
}

/// Loads the first page with all that belongs to it: how long that took, in milliseconds.
async fn load(browser: &Browser) -> u64 {
    browser.open("/").await;
    browser
        .wait_until("0 < performance.getEntriesByType('navigation')[0].loadEventEnd")
        .await;
    let told = "const [page] = performance.getEntriesByType('navigation'); \
         return [page.loadEventEnd, document.styleSheets.length, \
           performance.getEntriesByType('resource').filter((file) => file.responseStatus !== 200).length];";
    let told = browser.script(told).await;
    assert_eq!((&told[1], &told[2]), (&json!(1), &json!(0)), "{told}");
    let millis = told[0].as_f64().unwrap().ceil().to_string();
    millis.parse().unwrap()
}
