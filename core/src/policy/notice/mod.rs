//! The Customer Information Processing Notice (顾客信息处理告知书) and what else is shown before consent: read from one
//! file, complete in both languages, and never changed under its version (CON-01; R40 二(二)).

mod fault;
mod read;

pub use fault::{NoticeFault, NoticeFaultCode};

use core::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::agreement::AgreementKind;
use super::purpose::Purpose;

/// One immutable version of the notice, the agreements, the consent texts and the advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    version: String,
    /// In the order of [`SectionName::ALL`].
    sections: [Text; 7],
    /// In the order of [`AgreementKind::ALL`].
    agreements: [Agreement; 2],
    /// In the order of [`Purpose::OPTIONAL`].
    consents: [Text; 3],
    advice: Text,
}

/// An agreement that an applicant accepts (MEM-03).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Agreement {
    version: String,
    text: Text,
}

/// The same text in both languages: lines parted by `\n`, no blank space at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Text {
    zh: String,
    en: String,
}

impl Text {
    fn r#in(&self, language: Language) -> &str {
        match language {
            Language::Zh => &self.zh,
            Language::En => &self.en,
        }
    }
}

/// The languages that members read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// 简体中文
    Zh,
    /// English
    En,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Its BCP 47 tag: `zh-CN` or `en`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language of a tag, in letters of either case: `zh`, `zh-CN`, `en`, `en-GB` and every other `en-…`. Chinese of
    /// other places is not it, since the texts are not written for them.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        if tag == "zh" || tag == "zh-cn" {
            return Some(Self::Zh);
        }
        let is_english = tag == "en"
            || tag
                .strip_prefix("en-")
                .is_some_and(|region| !region.is_empty());
        is_english.then_some(Self::En)
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.tag())
    }
}

/// The seven sections of the notice (CON-01), in the order in which they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SectionName {
    /// Why.
    Purposes,
    /// What.
    DataTypes,
    /// How.
    Method,
    /// How long.
    Retention,
    /// Who else.
    Recipients,
    /// What the member may ask for.
    Rights,
    /// Whom to ask.
    Contact,
}

impl SectionName {
    /// All seven, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Purposes,
        Self::DataTypes,
        Self::Method,
        Self::Retention,
        Self::Recipients,
        Self::Rights,
        Self::Contact,
    ];

    /// Its table in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Purposes => "purposes",
            Self::DataTypes => "data_types",
            Self::Method => "method",
            Self::Retention => "retention",
            Self::Recipients => "recipients",
            Self::Rights => "rights",
            Self::Contact => "contact",
        }
    }

    /// Its heading, which is a part of what is shown.
    pub const fn heading(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Purposes, Language::Zh) => "一、处理目的",
            (Self::DataTypes, Language::Zh) => "二、信息类型",
            (Self::Method, Language::Zh) => "三、处理方式",
            (Self::Retention, Language::Zh) => "四、保存期限",
            (Self::Recipients, Language::Zh) => "五、信息接收方",
            (Self::Rights, Language::Zh) => "六、您的权利",
            (Self::Contact, Language::Zh) => "七、联系方式",
            (Self::Purposes, Language::En) => "1. Purposes",
            (Self::DataTypes, Language::En) => "2. Types of data",
            (Self::Method, Language::En) => "3. How it is processed",
            (Self::Retention, Language::En) => "4. How long it is kept",
            (Self::Recipients, Language::En) => "5. Who receives it",
            (Self::Rights, Language::En) => "6. Your rights",
            (Self::Contact, Language::En) => "7. Contact",
        }
    }
}

/// What is shown to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The notice itself, before the first input field (CON-01).
    Notice,
    /// An agreement (MEM-03).
    Agreement(AgreementKind),
    /// What stands beside the box of a purpose (CON-02). Membership has no box: for it this is the notice itself.
    Consent(Purpose),
    /// Not to share the account, and how to keep it safe, at the first log-in (MEM-08).
    Advice,
}

impl Notice {
    /// Its version: 1 to 32 letters, digits, dots and hyphens.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The version of an agreement, of the same form.
    pub fn agreement_version(&self, kind: AgreementKind) -> &str {
        &self.agreement(kind).version
    }

    /// Headings and texts of the seven sections, for a page that sets them apart.
    pub fn sections(&self, language: Language) -> [(&'static str, &str); 7] {
        let mut shown = [("", ""); 7];
        let sections = SectionName::ALL.into_iter().zip(&self.sections);
        for (place, (name, text)) in shown.iter_mut().zip(sections) {
            *place = (name.heading(language), text.r#in(language));
        }
        shown
    }

    /// Exactly what is shown, in one language, with lines parted by a line feed.
    ///
    /// * The notice: its title with the version, then each section after an empty line, its heading on a line of its own.
    /// * An agreement: its title with the version, an empty line, its text.
    /// * A consent text and the advice: the text alone.
    ///
    /// A text is what stands in the file without blank space at its ends; a carriage return before a line feed is not a
    /// part of it. No line feed stands at the end.
    pub fn shown(&self, what: Shown, language: Language) -> String {
        let [marketing, direct_mail, analysis] = &self.consents;
        match what {
            Shown::Notice | Shown::Consent(Purpose::Membership) => {
                let mut shown = match language {
                    Language::Zh => format!("顾客信息处理告知书（版本 {}）", self.version),
                    Language::En => format!(
                        "Customer Information Processing Notice (version {})",
                        self.version
                    ),
                };
                for (heading, text) in self.sections(language) {
                    shown.push_str("\n\n");
                    shown.push_str(heading);
                    shown.push('\n');
                    shown.push_str(text);
                }
                shown
            }
            Shown::Agreement(kind) => {
                let agreement = self.agreement(kind);
                let (title, version) = (kind.title(language), &agreement.version);
                let text = agreement.text.r#in(language);
                match language {
                    Language::Zh => format!("{title}（版本 {version}）\n\n{text}"),
                    Language::En => format!("{title} (version {version})\n\n{text}"),
                }
            }
            Shown::Consent(Purpose::Marketing) => marketing.r#in(language).to_owned(),
            Shown::Consent(Purpose::DirectMail) => direct_mail.r#in(language).to_owned(),
            Shown::Consent(Purpose::Analysis) => analysis.r#in(language).to_owned(),
            Shown::Advice => self.advice.r#in(language).to_owned(),
        }
    }

    /// SHA-256 of the UTF-8 bytes of [`Notice::shown`]: all of them and nothing else (CON-02).
    pub fn text_hash(&self, what: Shown, language: Language) -> [u8; 32] {
        Sha256::digest(self.shown(what, language)).into()
    }

    fn agreement(&self, kind: AgreementKind) -> &Agreement {
        let [member, points_card] = &self.agreements;
        match kind {
            AgreementKind::Member => member,
            AgreementKind::PointsCard => points_card,
        }
    }
}

/// The notice of the invented shop.
#[cfg(test)]
pub(crate) fn demo() -> Notice {
    Notice::parse(include_str!("../../../../fixtures/notices/demo.toml")).unwrap()
}

#[cfg(test)]
mod tests;
