//! A finger on the screen: real touches, counted, and words that are written with the keyboard of the page.

use serde_json::json;

use crate::browser::Browser;

impl Browser {
    /// From now on the screen is one that is touched.
    pub(crate) async fn is_touched(&self) {
        let on = json!({"enabled": true, "maxTouchPoints": 1});
        self.command("Emulation.setTouchEmulationEnabled", on).await;
    }

    /// Touches the middle of something; nothing may lie over it.
    pub(crate) async fn tap(&self, css: &str) {
        let place = format!(
            "const it = document.querySelector({}); it.scrollIntoView({{ block: 'nearest' }}); \
             const box = it.getBoundingClientRect(); const at = [box.x + box.width / 2, box.y + box.height / 2]; \
             const top = document.elementFromPoint(...at); \
             return [...at, it.contains(top), top && top.outerHTML.slice(0, 200)];",
            json!(css)
        );
        self.element(css).await;
        let place = self.script(&place).await;
        assert_eq!(place[2], json!(true), "{} lies over {css}", place[3]);
        let finger = json!([{"x": place[0], "y": place[1]}]);
        for (kind, fingers) in [("touchStart", finger), ("touchEnd", json!([]))] {
            let event = json!({"type": kind, "touchPoints": fingers});
            self.command("Input.dispatchTouchEvent", event).await;
        }
        self.taps.set(self.taps.get() + 1);
    }

    /// Touches what leads to this page.
    pub(crate) async fn tap_to(&self, css: &str, path: &str) {
        self.tap(css).await;
        self.is_at(path).await;
    }

    /// Touches keys of the keypad in the page.
    pub(crate) async fn tap_digits(&self, digits: &str) {
        for digit in digits.chars() {
            self.tap(&format!(".keypad [data-key='{digit}']")).await;
        }
    }

    /// Writes a name with the keyboard of the page, a syllable and its character at a time.
    pub(crate) async fn tap_name(&self, syllables: &[(&str, &str)]) {
        for (pinyin, character) in syllables {
            for letter in pinyin.chars() {
                let key = format!("#keyboard [data-skbtn='{letter}']");
                self.tap(&key).await;
            }
            self.wait_until("document.querySelector('#keyboard .candidate')")
                .await;
            self.tap_candidate(character).await;
        }
    }

    /// Touches a character where it is offered, as many pages on as need be.
    async fn tap_candidate(&self, character: &str) {
        let find = format!(
            "return [...document.querySelectorAll('#keyboard .candidate')] \
             .findIndex((it) => it.textContent === '{character}')"
        );
        for _ in 0..20 {
            let place = self.script(&find).await.as_i64().unwrap();
            if 0 <= place {
                let key = format!("#keyboard .candidate:nth-child({})", place + 1);
                return self.tap(&key).await;
            }
            self.tap("#keyboard .turn:last-child").await;
        }
        self.shot("not-offered").await;
        assert_eq!(character, "", "it is not offered");
    }
}
