//! The words of pages, copies and slips: `.ftl` files under `kiosk/words/`, one folder a language, inside the program; and
//! what people are told for a word of the program.

pub(crate) mod coded;

use std::borrow::Cow;
use std::collections::HashMap;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{Loader, static_loader};
use jifen::policy::notice::Language;
use unic_langid::{LanguageIdentifier, langid};

static_loader! {
    static WORDS = {
        locales: "./words",
        fallback_language: "zh-CN",
        // A page is one language from its root on; marks around each value would be copied along with it.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

static ZH: LanguageIdentifier = langid!("zh-CN");
static EN: LanguageIdentifier = langid!("en");

fn id(language: Language) -> &'static LanguageIdentifier {
    match language {
        Language::Zh => &ZH,
        Language::En => &EN,
    }
}

/// Reads them all, so that the first page waits for none of it.
pub(crate) fn load() {
    for language in Language::ALL {
        say(language, "brand");
    }
}

/// The words of a key. A key that is in no file is shown as it is: the tests find it.
pub(crate) fn say(language: Language, key: &str) -> String {
    WORDS
        .try_lookup(id(language), key)
        .unwrap_or_else(|| key.to_owned())
}

/// The words of a key with values in them.
pub(crate) fn fill(language: Language, key: &str, values: &[(&'static str, &str)]) -> String {
    let values = values
        .iter()
        .map(|(name, value)| (Cow::Borrowed(*name), FluentValue::from((*value).to_owned())));
    let values: HashMap<Cow<'static, str>, FluentValue<'_>> = values.collect();
    WORDS
        .try_lookup_with_args(id(language), key, &values)
        .unwrap_or_else(|| key.to_owned())
}

/// The one of two texts that is in a language.
pub(crate) const fn either<'t>(language: Language, zh: &'t str, en: &'t str) -> &'t str {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
