//! The two languages of the program.

use std::env;
use std::ffi::OsString;

/// What the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
            .find(|value| !value.is_empty())
            .unwrap_or_default();
        asked_for(env::args_os()).unwrap_or_else(|| {
            if locale.to_string_lossy().starts_with("zh") {
                Self::Zh
            } else {
                Self::En
            }
        })
    }

    /// The words of this language.
    pub(crate) fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// The language that the arguments ask for. It is looked for before they are parsed, because their help is in it.
fn asked_for(arguments: impl Iterator<Item = OsString>) -> Option<Lang> {
    let mut is_next = false;
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let tag = if is_next {
            Some(&*argument)
        } else {
            argument.strip_prefix("--lang=")
        };
        match tag {
            Some("zh") => return Some(Lang::Zh),
            Some("en") => return Some(Lang::En),
            Some(_) | None => is_next = argument == "--lang",
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_found_wherever_it_is_asked_for() {
        let cases: [(&[&str], Option<Lang>); 5] = [
            (&["jifen-verify", "audit", "--lang", "zh"], Some(Lang::Zh)),
            (&["jifen-verify", "--lang=en", "audit"], Some(Lang::En)),
            (&["jifen-verify", "zh"], None),
            (&["jifen-verify", "--lang", "fr"], None),
            (&["jifen-verify", "--lang"], None),
        ];
        for (arguments, expected) in cases {
            let found = asked_for(arguments.iter().map(OsString::from));
            assert_eq!(found, expected, "{arguments:?}");
        }
    }
}
