//! The two languages of the program.

use std::env;
use std::ffi::OsString;

use jifen::domain::programme::Tier;
use serde::{Deserialize, Serialize};

/// What the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Lang {
    /// 简体中文
    Zh,
    /// English
    En,
}

impl Lang {
    /// By `--lang`, else by `JIFEN_LANG`, `LC_ALL`, `LC_MESSAGES`, `LANG`; English where none says Chinese.
    pub(crate) fn of_process() -> Self {
        let variables = ["JIFEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG"].map(env::var_os);
        let locale = variables
            .into_iter()
            .flatten()
            .find(|value| !value.is_empty());
        asked_for(env::args_os()).unwrap_or_else(|| {
            let locale = locale.unwrap_or_default();
            if locale.to_string_lossy().starts_with("zh") {
                Self::Zh
            } else {
                Self::En
            }
        })
    }

    /// A language by its tag: `zh`, `zh-CN`, `en`, `en-GB` …
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        match tag.split(['-', '_']).next() {
            Some("zh") => Some(Self::Zh),
            Some("en") => Some(Self::En),
            _ => None,
        }
    }

    /// The words of this language.
    pub(crate) const fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// A tier's name.
pub(crate) const fn tier(lang: Lang, tier: Tier) -> &'static str {
    match (lang, tier) {
        (Lang::Zh, Tier::Ordinary) => "普通会员",
        (Lang::Zh, Tier::Senior) => "高级会员",
        (Lang::En, Tier::Ordinary) => "ordinary",
        (Lang::En, Tier::Senior) => "senior",
    }
}

/// `--lang` is looked for before the arguments are parsed, because the help itself is in that language.
fn asked_for(arguments: impl Iterator<Item = OsString>) -> Option<Lang> {
    let arguments: Vec<String> = arguments
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let joined = arguments
        .iter()
        .find_map(|argument| argument.strip_prefix("--lang="));
    let parted = || {
        let place = arguments.iter().position(|argument| argument == "--lang")?;
        arguments.get(place.checked_add(1)?).map(String::as_str)
    };
    joined.or_else(parted).and_then(Lang::of_tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_the_language_is_the_flag() {
        let ask = |words: &[&str]| asked_for(words.iter().map(OsString::from));
        assert_eq!(ask(&["jifen", "--lang", "zh-CN", "demo"]), Some(Lang::Zh));
        assert_eq!(ask(&["jifen", "demo", "--lang=en"]), Some(Lang::En));
        assert_eq!(ask(&["jifen", "demo", "--lang"]), None);
        assert_eq!(ask(&["jifen", "demo"]), None);
        assert_eq!(Lang::of_tag("fr"), None);
    }
}
