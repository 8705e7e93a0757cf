//! What every page has around it: the language, how it looks, and whether a visit is open.

use http::Method;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use jifen::policy::notice::Language;

use crate::app::App;
use crate::http::{Listener, Peer};
use crate::route::Asked;
use crate::session::Patience;
use crate::visit::{Look, Visit};
use crate::words;

/// How many steps lead to a membership.
const STEPS: u8 = 5;

/// The frame of a page.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) language: Language,
    look: Look,
    is_kiosk: bool,
    is_visit: bool,
    is_member: bool,
    told: Option<String>,
    path: String,
    patience: Patience,
}

impl Frame {
    /// The language of a request's pages.
    pub(crate) fn of_language(app: &App, asked: &Asked<'_>) -> Language {
        let of_visit = visit(app, asked, |visit| visit.language);
        language(asked, of_visit)
    }

    /// The frame for a request.
    pub(crate) fn of(app: &App, asked: &Asked<'_>) -> Self {
        let seen = visit(app, asked, |visit| {
            let is_member = visit.member.is_some();
            (visit.language, visit.look, is_member, visit.told.take())
        });
        let (of_visit, look, is_member, told) =
            seen.map_or((None, Look::default(), false, None), |seen| {
                let (language, look, is_member, told) = seen;
                (Some(language), look, is_member, told)
            });
        Self {
            language: language(asked, of_visit),
            look,
            is_kiosk: is_kiosk(asked),
            is_visit: of_visit.is_some(),
            is_member,
            told,
            path: page_of(asked),
            patience: app.sessions.patience(),
        }
    }

    /// The frame of a part of a page, which is put into one that is there already.
    pub(crate) fn plain(asked: &Asked<'_>, language: Language) -> Self {
        Self {
            language,
            look: Look::default(),
            is_kiosk: is_kiosk(asked),
            is_visit: false,
            is_member: false,
            told: None,
            path: String::new(),
            patience: Patience::default(),
        }
    }

    /// What stands between the names of a list.
    pub(crate) const fn comma(&self) -> &'static str {
        words::either(self.language, "、", ", ")
    }

    pub(crate) const fn tag(&self) -> &'static str {
        self.language.tag()
    }

    /// The classes of the root.
    pub(crate) fn classes(&self) -> String {
        let all = [
            (self.is_kiosk, "kiosk"),
            (self.look.large, "large"),
            (self.look.low, "low"),
            (self.look.contrast, "contrast"),
        ];
        let classes = all.into_iter().filter(|(is, _)| *is);
        classes
            .map(|(_, class)| class)
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// The ways to see a page, as the words of `look=`, and what stands on their buttons.
    pub(crate) fn looks(&self) -> Vec<(&'static str, String)> {
        let either = |is: bool, off: (&'static str, &str), on: (&'static str, &str)| {
            let (value, key) = if is { on } else { off };
            (value, self.say(key))
        };
        let language = match self.language {
            Language::Zh => ("en", self.say("language-en")),
            Language::En => ("zh-CN", self.say("language-zh")),
        };
        let Look {
            large,
            low,
            contrast,
        } = self.look;
        let mut looks = vec![
            language,
            either(large, ("large", "look-large"), ("normal", "look-normal")),
            either(
                contrast,
                ("contrast", "look-contrast"),
                ("plain", "look-plain"),
            ),
        ];
        if self.is_kiosk {
            looks.push(either(low, ("low", "look-low"), ("high", "look-high")));
        }
        looks
    }

    pub(crate) const fn is_kiosk(&self) -> bool {
        self.is_kiosk
    }

    /// Whether a member is signed in.
    pub(crate) const fn is_member(&self) -> bool {
        self.is_member
    }

    /// What was done by the form before this page.
    pub(crate) fn told(&self) -> Option<&str> {
        self.told.as_deref()
    }

    /// Which keyboard a browser shows for digits: on the kiosk none, the page has its own.
    pub(crate) const fn inputmode(&self) -> &'static str {
        if self.is_kiosk { "none" } else { "numeric" }
    }

    pub(crate) const fn is_visit(&self) -> bool {
        self.is_visit
    }

    /// How long the visit waits for somebody.
    pub(crate) const fn patience(&self) -> Patience {
        self.patience
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The words of a key.
    pub(crate) fn say(&self, key: &str) -> String {
        words::say(self.language, key)
    }

    /// The words of a key with one value in them.
    pub(crate) fn fill(&self, key: &str, name: &'static str, value: &str) -> String {
        words::fill(self.language, key, &[(name, value)])
    }

    /// Which step of how many.
    pub(crate) fn step(&self, step: u8) -> String {
        let (step, steps) = (step.to_string(), STEPS.to_string());
        words::fill(
            self.language,
            "step-of",
            &[("step", &step), ("steps", &steps)],
        )
    }
}

/// For each step to a membership, whether it has been reached.
pub(crate) fn dots(step: u8) -> Vec<bool> {
    (1..=STEPS).map(|each| each <= step).collect()
}

/// The page to come back to: a form may have been sent to where there is none.
fn page_of(asked: &Asked<'_>) -> String {
    let is_page = asked.request.method() == Method::GET;
    let path = if is_page {
        asked.request.uri().path()
    } else {
        "/"
    };
    path.to_owned()
}

/// Whether the kiosk's own screen asks.
pub(super) fn is_kiosk(asked: &Asked<'_>) -> bool {
    let peer = asked.request.extensions().get::<Peer>();
    peer.is_none_or(|peer| peer.listener == Listener::Screen)
}

/// The language of the address, else of the visit, else of the phone's owner. The kiosk's browser says nothing about who
/// stands before it: there it is Chinese.
fn language(asked: &Asked<'_>, of_visit: Option<Language>) -> Language {
    wished(asked).or(of_visit).unwrap_or_else(|| {
        if is_kiosk(asked) {
            Language::Zh
        } else {
            of_browser(asked)
        }
    })
}

/// The language that the address asks for.
fn wished(asked: &Asked<'_>) -> Option<Language> {
    let query = asked.request.uri().query().unwrap_or_default();
    let mut tags = query
        .split('&')
        .filter_map(|part| part.strip_prefix("lang="));
    tags.find_map(Language::of_tag)
}

/// The first language of the browser's list that the pages have; Chinese where there is none.
fn of_browser(asked: &Asked<'_>) -> Language {
    let list = asked.request.headers().get(ACCEPT_LANGUAGE);
    let list = list.and_then(|list| list.to_str().ok()).unwrap_or_default();
    let mut tags = list
        .split(',')
        .map(|tag| tag.split(';').next().unwrap_or_default().trim());
    tags.find_map(Language::of_tag).unwrap_or(Language::Zh)
}

/// The request's cookies.
pub(crate) fn cookies<'r>(asked: &Asked<'r>) -> Option<&'r str> {
    asked.request.headers().get(COOKIE)?.to_str().ok()
}

/// What a handler does with the visit of a request; none where there is none.
pub(crate) fn visit<T>(
    app: &App,
    asked: &Asked<'_>,
    work: impl FnOnce(&mut Visit) -> T,
) -> Option<T> {
    app.sessions.with(cookies(asked), app.clock.wall(), work)
}
