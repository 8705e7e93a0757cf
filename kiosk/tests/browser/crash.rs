//! The browser is killed while a member's data is on the screen: whoever starts it again in the same folder finds nothing.

use std::fs;

use crate::browser::{Browser, KIOSK};
use crate::sights::PIN;
use crate::store::{Person, Store};

/// Kills every process of the Chromium that has this folder, as a lack of memory would.
fn kill_all(folder: &str) -> usize {
    let mut killed = 0;
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        let name = entry.file_name().into_string().unwrap_or_default();
        // The driver has the folder in no argument of its own.
        if command.contains(folder) {
            let kill = format!("kill -9 {name}");
            let killing = std::process::Command::new("sh")
                .args(["-c", &kill])
                .status();
            killed += usize::from(killing.unwrap().success());
        }
    }
    killed
}

#[tokio::test]
async fn after_a_crash_nothing_of_the_member_is_there() {
    let mut store = Store::new();
    store.start();
    let mobile = "13912345678";
    let card = store.register(&Person::new("欧阳云舒", mobile, PIN));
    let browser = Browser::at_screen(&store, KIOSK, "crash").await;
    browser.sign_in(&card).await;
    browser.open("/me/data").await;
    browser.give_pin().await;
    let shown = browser.words_and_fields().await;
    assert!(
        shown.contains("欧阳云舒") && shown.contains(mobile),
        "{shown}"
    );

    let folder = browser.folder().to_str().unwrap().to_owned();
    let killed = kill_all(&folder);
    assert!(1 < killed, "{killed} processes");
    let personal = ["欧阳云舒", mobile, &*card, PIN];
    assert_eq!(browser.files_with(&personal), Vec::<String>::new());
    let folder = browser.left();

    let origin = format!("http://{}", store.screen());
    let again = Browser::with(folder, &[], &origin, KIOSK, "crash").await;
    again.open("/").await;
    again.shot("again").await;
    again.keeps_nothing().await;
    let shown = again.words_and_fields().await;
    for trace in personal {
        assert!(!shown.contains(trace), "{trace}: {shown}");
    }
    again.open("/me/data").await;
    again.is_at("/me/sign-in").await;
}
