//! A walk past every page in one language and one look.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;

use crate::browser::Browser;
use crate::sights::{Act, NEXT, PIN, SIGHTS, Sight};

/// How many mobile numbers were used.
static MOBILES: AtomicU32 = AtomicU32::new(0);

/// The looks of a page by their classes, which the buttons of the same names put on.
pub(crate) const LOOKS: [&str; 4] = ["", "large", "contrast", "low"];

/// Both languages of the pages.
pub(crate) const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// A mobile number that nobody has.
pub(crate) fn new_mobile() -> String {
    let number = MOBILES.fetch_add(1, Ordering::Relaxed);
    format!("1391234{number:04}")
}

impl Browser {
    /// Begins a visit in a language and a look, by the buttons of the first page.
    pub(crate) async fn begin(&self, language: &str, buttons: &[&str]) {
        self.open("/").await;
        if self.language().await != language {
            self.press_look(language).await;
        }
        for button in buttons {
            self.press_look(button).await;
        }
        assert_eq!(self.language().await, language);
        let has = self
            .script("return document.documentElement.className")
            .await;
        for button in buttons {
            assert!(has.as_str().unwrap().contains(button), "{button}: {has}");
        }
    }

    async fn press_look(&self, value: &str) {
        self.follow(&format!(".looks button[value='{value}']"))
            .await;
    }

    /// Puts these looks on the page that is shown, and takes off all others.
    pub(crate) async fn wear(&self, looks: &str) {
        let wear = format!(
            "const worn = document.documentElement.classList; \
             for (const look of {}) worn.toggle(look, {}.includes(look));",
            json!(&LOOKS[1..]),
            json!(looks.split(' ').collect::<Vec<_>>())
        );
        self.script(&wear).await;
    }

    async fn language(&self) -> String {
        let language = self.script("return document.documentElement.lang").await;
        language.as_str().unwrap().to_owned()
    }

    pub(crate) async fn act(&self, act: Act) {
        match act {
            Act::Open(path) => self.open(path).await,
            Act::Click(css) => self.click(css).await,
            Act::Follow(css) => self.follow(css).await,
            Act::Fill(css, text) => self.fill(css, text).await,
            Act::FillMobile(css) => self.fill(css, &new_mobile()).await,
            Act::NoteCard => {
                let card = self.card_shown().await;
                *self.card.borrow_mut() = card;
            }
            Act::FillCard(css) => {
                let card = self.card.borrow().clone();
                self.fill(css, &card).await;
            }
        }
    }

    /// Goes on to the next sight.
    pub(crate) async fn go_to(&self, sight: &Sight) {
        for act in sight.acts {
            self.act(*act).await;
        }
        self.is_at(sight.path).await;
    }

    /// Past every page: what `faults` finds on each, each fault with the place where it is.
    pub(crate) async fn walk(
        &self,
        language: &str,
        buttons: &[&str],
        faults: impl AsyncFn(&Self, &Sight) -> Vec<String>,
    ) -> Vec<String> {
        self.begin(language, buttons).await;
        let mut found = Vec::new();
        for sight in SIGHTS {
            self.go_to(sight).await;
            assert_eq!(self.language().await, language, "{sight:?}");
            let here = faults(self, sight).await;
            let place = format!("{language} {buttons:?} {}", sight.name);
            found.extend(here.into_iter().map(|fault| format!("{place}: {fault}")));
        }
        self.follow("form.finish button").await;
        self.is_at("/").await;
        found
    }

    /// Signs a member in.
    pub(crate) async fn sign_in(&self, card: &str) {
        self.open("/me/sign-in").await;
        self.fill("#card", card).await;
        self.give_pin().await;
        self.is_at("/me").await;
    }

    /// Gives the PIN that a page asks for.
    pub(crate) async fn give_pin(&self) {
        self.fill("#pin", PIN).await;
        self.follow(NEXT).await;
    }

    /// The digits of the card that is shown.
    pub(crate) async fn card_shown(&self) -> String {
        let shown = self.element(".card .number").await.text().await.unwrap();
        let digits = shown.replace(' ', "");
        assert!(
            digits.len() == 18 && digits.bytes().all(|byte| byte.is_ascii_digit()),
            "{shown}"
        );
        digits
    }
}

/// No page had any of these faults.
#[track_caller]
pub(crate) fn none(faults: &[String]) {
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
