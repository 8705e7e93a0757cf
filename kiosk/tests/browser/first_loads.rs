//! The first page of a store that has just been started, many times over: it comes at once, each time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::browser::{Browser, KIOSK};
use crate::look::folder;
use crate::store::Store;

/// As many as there should be, and as many as there must be where a machine is slow.
const LOADS: std::ops::RangeInclusive<usize> = 40..=100;
/// After so long no more are begun.
const BUDGET: Duration = Duration::from_mins(1);
/// A page that takes longer stalled, in milliseconds.
const STALLED: u64 = 5_000;

#[tokio::test]
async fn the_first_page_of_a_fresh_store_never_stalls() {
    let mut store = Store::new();
    store.start();
    let mut browser = Browser::at_screen(&store, KIOSK, "first_loads").await;
    let begun = Instant::now();
    let mut took: Vec<u64> = Vec::new();
    while took.len() < *LOADS.end() && (took.len() < *LOADS.start() || begun.elapsed() < BUDGET) {
        let mut store = Store::new();
        store.start();
        browser.turn_to(&store);
        browser.open("/").await;
        let told = "const [page] = performance.getEntriesByType('navigation'); \
             return [page.loadEventEnd, document.styleSheets.length, \
               performance.getEntriesByType('resource').filter((file) => file.responseStatus !== 200).length];";
        browser
            .wait_until("0 < performance.getEntriesByType('navigation')[0].loadEventEnd")
            .await;
        let told = browser.script(told).await;
        assert_eq!((&told[1], &told[2]), (&json!(1), &json!(0)), "{told}");
        let millis = told[0].as_f64().unwrap().ceil().to_string();
        took.push(millis.parse().unwrap());
    }
    let in_order = took.clone();
    took.sort_unstable();
    let stalled = took.iter().filter(|millis| STALLED < **millis).count();
    let told = format!(
        "{} first loads, {stalled} stalled, median {} ms, longest {} ms",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
    );
    println!("{told}");
    std::fs::write(folder("first_loads").join("loads.txt"), format!("{told}\n")).unwrap();
    assert_eq!(stalled, 0, "{in_order:?}");
}
