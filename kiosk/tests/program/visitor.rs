//! Somebody who goes through the pages without any script, over real HTTP.

use crate::store::Store;
use crate::wire::{Answer, request, send};

pub(crate) const NAME: &str = "欧阳云舒";
pub(crate) const MOBILE: &str = "13912345678";
/// The PIN that a visitor chooses.
pub(crate) const PIN: &str = "739154";

/// Somebody at the screen, with the cookie of their visit.
pub(crate) struct Visitor {
    pub(crate) store: Store,
    pub(crate) cookie: Option<String>,
}

impl Visitor {
    /// In front of a shop that has just opened.
    pub(crate) fn new() -> Self {
        let mut store = Store::new();
        store.start();
        let cookie = None;
        Self { store, cookie }
    }

    /// What a browser gets that sends these fields, or asks for a page.
    pub(crate) fn ask(&mut self, method: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let address = self.store.screen();
        let host = address.to_string();
        let mut headers = vec![
            ("host", &*host),
            ("content-type", "application/x-www-form-urlencoded"),
            // As a browser sends a form of a page that gives no referrer.
            ("origin", "null"),
            ("sec-fetch-site", "same-origin"),
        ];
        let cookie = self.cookie.clone();
        headers.extend(cookie.iter().map(|cookie| ("cookie", &**cookie)));
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let answer = send(address, &request(method, path, &headers, body));
        if let Some(set) = answer.header("set-cookie") {
            let (pair, rest) = set.split_once(';').unwrap();
            self.cookie = (!rest.contains("Max-Age=0")).then(|| pair.to_owned());
        }
        answer
    }

    /// A page.
    #[track_caller]
    pub(crate) fn see(&mut self, path: &str) -> String {
        let answer = self.ask("GET", path, &[]);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        answer.body
    }

    /// Sends a form, and is sent on to another page.
    #[track_caller]
    pub(crate) fn send(&mut self, path: &str, fields: &[(&str, &str)], to: &str) {
        let answer = self.ask("POST", path, fields);
        let told = (answer.status, answer.header("location"));
        assert_eq!(told, (303, Some(to)), "{path}: {answer:?}");
    }

    /// Sends a form, and sees the same page again with this sentence beside the field.
    #[track_caller]
    pub(crate) fn send_in_vain(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        field: &str,
        words: &str,
    ) {
        let answer = self.ask("POST", path, fields);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        let beside = format!("id=\"{field}-error\">{words}");
        assert!(answer.body.contains(&beside), "{beside}\n{}", answer.body);
    }

    /// From the start to the phone.
    pub(crate) fn read_notice(&mut self, lang: &str) {
        self.send("/visit", &[("to", "join"), ("lang", lang)], "/join");
        let page = self.see("/join");
        assert!(!page.contains("type=\"text\"") && !page.contains("type=\"tel\""));
        let version = between(&page, "name=\"notice\" value=\"", "\"").to_owned();
        self.send("/join", &[("notice", &version)], "/join/phone");
    }

    /// From the phone to the card: its number.
    pub(crate) fn register(&mut self, boxes: &[(&str, &str)]) -> String {
        self.send("/join/phone", &[("mobile", MOBILE)], "/join/name");
        let named = [("name", NAME), ("title", "full")];
        self.send("/join/name", &named, "/join/consents");
        let page = self.see("/join/consents");
        assert!(!page.contains(" checked"), "no box is ticked beforehand");
        let version = between(
            &page,
            "id=\"agreement\" name=\"agreement\" type=\"checkbox\" value=\"",
            "\"",
        );
        let version = version.to_owned();
        let mut ticked = vec![("age", "yes"), ("agreement", &*version)];
        ticked.extend(boxes);
        self.send("/join/consents", &ticked, "/join/pin");
        let pins = [("pin", PIN), ("again", PIN)];
        self.send("/join/pin", &pins, "/join/card");
        let page = self.see("/join/card");
        between(&page, "aria-labelledby=\"card-label\">", "<").replace(' ', "")
    }
}

/// What stands between two texts.
#[track_caller]
pub(crate) fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let found = text.split_once(before);
    let found = found.and_then(|(_, rest)| rest.split_once(after));
    assert!(found.is_some(), "{before}\n{text}");
    found.unwrap_or_default().0
}
