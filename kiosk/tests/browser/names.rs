//! Names as there are: shown, kept and copied as they are written, or refused with a sentence; nothing of one is ever run.

use serde_json::{Value, json};

use crate::browser::{Browser, KIOSK};
use crate::sights::{NEXT, PIN};
use crate::store::{Person, Store};
use crate::walk::new_mobile;
use crate::wire::{Answer, ask};

/// As they are written.
const GOOD: &[&str] = &[
    "王明",
    "欧阳娜娜",
    "买买提·艾力",
    "O'Connor",
    "José",
    "𠮷野",
    "محمد علي",
    "葛\u{e0100}城",
    "<img src=x onerror=run()>",
    "\"><script>run()</script>",
    "{{ 7 * 7 }} ${run()}",
    "=HYPERLINK(\"x\")",
    "abcdefghij klmnopqrst uvwxyzabcd efghijk",
];
/// What is refused, and the beginning of the sentence for it.
const BAD: &[(&str, &str)] = &[
    ("王\u{1b}@明", "姓名中有无法显示的字符"),
    ("王\u{200b}明", "姓名中有无法显示的字符"),
    ("\u{202e}明王", "姓名中有无法显示的字符"),
    (
        "一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八一二三四五六七八",
        "姓名最多 40 个字",
    ),
];

/// The copy in one form, as whoever takes it gets it.
fn copy(store: &Store, cookie: &str, form: &str) -> Answer {
    let headers = [("cookie", cookie)];
    let body = json!({"pin": PIN, "form": form, "language": "zh-CN"}).to_string();
    let made = ask(store.screen(), "POST", "/member/v1/copies", &headers, &body);
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.json()["link"].as_str().unwrap().to_owned();
    ask(store.edge(), "GET", &path, &[], "")
}

#[tokio::test]
async fn names_are_shown_and_copied_as_they_are_written_and_nothing_runs() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "names").await;
    for (number, name) in GOOD.iter().enumerate() {
        let card = store.register(&Person::new(name, &new_mobile(), PIN));
        browser.sign_in(&card).await;
        let hello = browser.element("h1").await.text().await.unwrap();
        assert!(
            hello.contains(&name.chars().next().unwrap().to_string()),
            "{name}: {hello}"
        );
        browser.open("/me/data").await;
        browser.give_pin().await;
        let shown =
            "return [...document.querySelectorAll('.record td')].map((it) => it.textContent)";
        let shown = browser.script(shown).await;
        assert!(
            shown.as_array().unwrap().contains(&json!(name)),
            "{name}: {shown}"
        );
        browser.shot(&format!("data-{number}")).await;
        browser.open("/me/correct").await;
        browser.fill("#pin", "1").await;
        browser
            .script(&format!(
                "document.getElementById('name').value = {}",
                json!(name)
            ))
            .await;
        browser.follow(NEXT).await;
        let field = "return document.getElementById('name').value";
        assert_eq!(
            browser.script(field).await,
            json!(name),
            "what was typed stays"
        );
        // Signing in wrote one complaint of the wrong PIN at most; a policy that forbade anything would be here.
        assert_eq!(browser.forbidden().await, Vec::<String>::new(), "{name}");

        let cookie = store.sign_in(&card, PIN);
        let machine: Value = copy(&store, &cookie, "json").json();
        assert_eq!(machine["data"]["name"], json!(name));
        let table = copy(&store, &cookie, "csv").body;
        // A spreadsheet would compute what begins with one of these.
        let cell = if name.starts_with('=') {
            format!("'{name}")
        } else {
            (*name).to_owned()
        };
        assert!(
            table.contains(&cell.replace('"', "\"\"")),
            "{cell}: {table}"
        );
        browser.follow("form.finish button").await;
    }
}

#[tokio::test]
async fn names_that_nobody_could_read_are_refused_with_a_sentence() {
    let mut store = Store::new();
    store.start();
    let browser = Browser::at_screen(&store, KIOSK, "bad_names").await;
    browser.open("/").await;
    browser.follow("[name=to][value=join]").await;
    browser.follow(NEXT).await;
    browser.fill("#mobile", &new_mobile()).await;
    browser.follow(NEXT).await;
    for (name, sentence) in BAD {
        let write = format!("document.getElementById('name').value = {}", json!(name));
        browser.script(&write).await;
        browser.follow(NEXT).await;
        browser.is_at("/join/name").await;
        let told = browser.element("#name-error").await.text().await.unwrap();
        assert!(told.starts_with(sentence), "{name:?}: {told}");
    }
}
