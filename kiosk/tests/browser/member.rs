//! Members look after their own data, on the kiosk and on a phone of their own: they see it, correct it, withdraw, take a
//! copy, and leave.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use jifen::policy::catalogue::Field;
use jifen::policy::notice::Language;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::{Browser, KIOSK, Size};
use crate::shown_fields::words_of;
use crate::sights::{NEXT, PIN};
use crate::store::{Person, Store};
use crate::till::{Till, sale};
use crate::wire::ask;

/// What the scanner types after the digits.
const ENTER: &str = "\u{e007}";
const PHONE: Size = Size::new(360, 740);

/// A member who has bought something: the store, the card, and a till.
fn bought(mut store: Store) -> (Store, String, Till) {
    let till = Till::add(&store, "till-1");
    let said = store.start_saying();
    store.place.write("said", said);
    let card = store.register(&Person::new("欧阳云舒", "13912345678", PIN));
    (store, card, till)
}

/// What the store tells a program about the member.
fn view(store: &Store, card: &str) -> Value {
    let cookie = store.sign_in(card, PIN);
    let headers = [("cookie", &*cookie)];
    ask(store.screen(), "GET", "/member/v1/data", &headers, "").json()
}

/// The shop's checker, which stands beside the shop's program, says that the receipt is good.
fn check_receipt(file: &Path) {
    let checker = Path::new(env!("CARGO_BIN_EXE_jifen")).with_file_name("jifen-verify");
    assert!(
        checker.is_file(),
        "it is not built: cargo build -p jifen-verify"
    );
    let said = Command::new(checker).arg("receipt").arg(file).output();
    let said = said.unwrap();
    assert!(said.status.success(), "{said:?}");
}

/// Every field that is kept of the member is on the page, by its name.
async fn has_every_field(browser: &Browser, view: &Value, language: Language) {
    let page = browser.element("main").await.text().await.unwrap();
    let words = words_of(&view["data"]);
    assert!(words.len() > 40, "{words:?}");
    for word in words {
        let name = Field::of_word(&word).unwrap().name(language);
        assert!(page.contains(name), "{word}: {name}");
    }
}

#[tokio::test]
async fn a_member_sees_corrects_withdraws_and_leaves_at_the_kiosk() {
    let (store, card, till) = bought(Store::new());
    let token = till.identify(&store, &card);
    let sold = till.post(&store, "sales", &sale(&token, "1", "128.00"));
    assert_eq!(sold.status, 200, "{sold:?}");
    let browser = Browser::at_screen(&store, KIOSK, "member").await;
    browser.bring_axe().await;
    browser.is_touched().await;
    browser.open("/").await;
    browser.tap_to("[name=to][value=me]", "/me/sign-in").await;
    // The scanner is a keyboard; the PIN is next.
    browser.keys(&format!("{card}{ENTER}")).await;
    browser
        .wait_until("document.activeElement.id === 'pin'")
        .await;
    browser.tap_digits(PIN).await;
    browser.tap_to(NEXT, "/me").await;
    browser.shot("me").await;

    browser.tap_to("a[href='/me/history']", "/me/history").await;
    browser.tap("td details summary").await;
    let how = browser.element("td details").await.text().await.unwrap();
    assert!(how.contains("128.00") && how.contains("128 积分"), "{how}");
    assert_eq!(browser.axe_faults().await, Vec::<String>::new());
    browser.shot("history").await;

    browser.open("/me/data").await;
    browser.tap_digits(PIN).await;
    browser.follow(NEXT).await;
    has_every_field(&browser, &view(&store, &card), Language::Zh).await;
    let shown = browser.element("main").await.text().await.unwrap();
    for value in ["欧阳云舒", "+8613912345678", &*card, "128.00", "不同意"] {
        assert!(shown.contains(value), "{value}: {shown}");
    }
    assert_eq!(browser.axe_faults().await, Vec::<String>::new());
    browser.shot("data").await;

    browser.open("/me/correct").await;
    browser.tap("#name").await;
    browser.tap_name(&[("wang", "王"), ("zhe", "喆")]).await;
    browser.shot("correct").await;
    browser.tap("#pin").await;
    browser.tap_digits(PIN).await;
    browser.follow(NEXT).await;
    assert_eq!(view(&store, &card)["data"]["name"], "王＊", "masked");
    browser.open("/me/consents").await;
    browser.follow("button[value=give]").await;
    browser.follow("button[value=withdraw]").await;
    let told = view(&store, &card);
    let answers = told["data"]["consents"].as_array().unwrap();
    let last = answers.last().unwrap();
    assert_eq!(last["consent_decision"], "withdrawn", "{told}");

    browser.open("/me").await;
    browser.tap_to("a[href='/me/leave']", "/me/leave").await;
    browser
        .tap_to("a[href='/me/leave/confirm']", "/me/leave/confirm")
        .await;
    browser.tap_digits(PIN).await;
    browser.tap_to("main form button.grave", "/left").await;
    let left = Instant::now();
    let refused = till.post(&store, "identify", &json!({"code": card}));
    assert_eq!(refused.status, 404, "{refused:?}");
    assert!(left.elapsed() < Duration::from_secs(1), "{left:?}");

    let scanned = browser.scanned("left").await;
    let receipt = scanned[0].strip_prefix("QR-Code:").unwrap();
    store.place.write("receipt.json", receipt);
    check_receipt(&store.place.path("receipt.json"));
    browser.follow(NEXT).await;
    browser.keeps_nothing().await;
}

/// A phone that trusts the store's own certificate by its key, as a person does who compares the two.
async fn phone(store: &Store) -> Browser {
    let said = store.place.read("said");
    let (_, pin) = said.split_once("sha256/").unwrap();
    let pin = pin.split_whitespace().next().unwrap();
    let trusting = format!("--ignore-certificate-errors-spki-list={pin}");
    let origin = format!("https://{}", store.edge());
    let folder = tempfile::tempdir().unwrap();
    Browser::with(folder, &[&trusting], &origin, PHONE, "member_phone").await
}

/// What the browser puts into a folder, when it is whole.
async fn downloaded(browser: &Browser, folder: &TempDir, name: &str) -> PathBuf {
    let file = folder.path().join(name);
    let end = Instant::now() + Duration::from_secs(20);
    while !file.is_file() {
        let there: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert!(Instant::now() < end, "{name} never comes: {there:?}");
        browser.script("return 0").await;
    }
    file
}

#[tokio::test]
async fn a_member_takes_a_copy_and_leaves_on_the_phone_over_tls() {
    let mut store = Store::new();
    store.set("JIFEN_EDGE_TLS", "on");
    let (store, card, _) = bought(store);
    let browser = phone(&store).await;
    browser.bring_axe().await;
    let downloads = tempfile::tempdir().unwrap();
    let folder = downloads.path().to_str().unwrap();
    let where_to = json!({"behavior": "allow", "downloadPath": folder});
    browser
        .command("Browser.setDownloadBehavior", where_to)
        .await;

    browser.begin("en", &[]).await;
    browser.follow("[name=to][value=me]").await;
    browser.fill("#card", &card).await;
    browser.give_pin().await;
    browser.is_at("/me").await;
    browser.open("/me/copy").await;
    browser.click("label:has([value=json])").await;
    browser.give_pin().await;
    browser.shot("copy").await;
    assert_eq!(browser.axe_faults().await, Vec::<String>::new());
    browser.click(".card a.button.main").await;
    let file = downloaded(&browser, &downloads, "my-data.json").await;
    let copy: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    assert_eq!(copy["data"]["name"], "欧阳云舒", "{copy}");
    assert_eq!(
        words_of(&copy["data"]),
        words_of(&view(&store, &card)["data"])
    );
    browser.open("/me/data").await;
    browser.give_pin().await;
    has_every_field(&browser, &copy, Language::En).await;

    browser.open("/me/leave").await;
    browser.follow("a[href='/me/leave/confirm']").await;
    browser.fill("#pin", PIN).await;
    browser.follow("main form button.grave").await;
    browser.is_at("/left").await;
    browser.click("a[download]").await;
    let receipt = downloaded(&browser, &downloads, "deletion-receipt.json").await;
    check_receipt(&receipt);
    browser.follow(NEXT).await;
    browser.keeps_nothing().await;
}

/// At the kiosk the link is a picture; a phone opens what it shows.
#[tokio::test]
async fn a_phone_takes_the_copy_that_the_kiosk_shows() {
    // Phones find the store under the name that it was given, which has the port in it.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut store = Store::new().named(&port);
    store.set("JIFEN_EDGE_LISTEN", &port.to_string());
    store.set("JIFEN_EDGE_TLS", "on");
    let (store, card, _) = bought(store);
    let kiosk = Browser::at_screen(&store, KIOSK, "member_copy").await;
    kiosk.sign_in(&card).await;
    kiosk.open("/me/copy").await;
    kiosk.give_pin().await;
    let scanned = kiosk.scanned("copy").await;
    let origin = format!("QR-Code:https://{}", store.edge());
    let path = scanned[0].strip_prefix(&origin).unwrap();
    let phone = phone(&store).await;
    phone.open(path).await;
    phone.shot("copy").await;
    let read = phone.element("body").await.text().await.unwrap();
    for value in ["欧阳云舒", "+8613912345678", &*card] {
        assert!(read.contains(value), "{value}: {read}");
    }
    phone.open(path).await;
    let again = phone.words_and_fields().await;
    assert!(!again.contains("欧阳云舒"), "it works once: {again}");
}
