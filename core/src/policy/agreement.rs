//! The agreements that an applicant accepts before anything is stored (MEM-03; R21 二).

use serde::{Deserialize, Serialize};

use super::notice::{Language, Notice, Shown};
use crate::domain::time::Moment;

/// The kinds of agreement. Stored acceptances spell a kind by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AgreementKind {
    /// 会员规约
    Member,
    /// 积分卡会员规约
    PointsCard,
}

impl AgreementKind {
    /// Both, in their stable order.
    pub const ALL: [Self; 2] = [Self::Member, Self::PointsCard];

    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::PointsCard => "points_card",
        }
    }

    /// The kind with that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What stands above its text.
    pub const fn title(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::Member, Language::Zh) => "会员规约",
            (Self::PointsCard, Language::Zh) => "积分卡会员规约",
            (Self::Member, Language::En) => "Membership Agreement",
            (Self::PointsCard, Language::En) => "Points Card Agreement",
        }
    }
}

/// What an applicant says about an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acceptance<'a> {
    /// Which one.
    pub kind: AgreementKind,
    /// The version that was in front of them.
    pub version: &'a str,
    /// Whether they ticked the box, which starts empty.
    pub accepted: bool,
}

/// An accepted agreement, as kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreementAccepted {
    /// Which one.
    pub kind: AgreementKind,
    /// Its version.
    pub version: String,
    /// SHA-256 of the exact text shown ([`Notice::text_hash`]).
    pub text_hash: [u8; 32],
    /// The language it was shown in.
    pub language: Language,
    /// When.
    pub at: Moment,
}

/// Takes the acceptance of the current agreement. Without it there is no registration.
pub fn accept(
    notice: &Notice,
    said: &Acceptance<'_>,
    language: Language,
    now: Moment,
) -> Result<AgreementAccepted, AgreementRefused> {
    if !said.accepted {
        return Err(AgreementRefused::NotAccepted);
    }
    let current = notice.agreement_version(said.kind);
    if said.version != current {
        return Err(AgreementRefused::NotCurrent);
    }
    Ok(AgreementAccepted {
        kind: said.kind,
        version: current.to_owned(),
        text_hash: notice.text_hash(Shown::Agreement(said.kind), language),
        language,
        at: now,
    })
}

/// Why an agreement does not count, in the order of checking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreementRefused {
    /// The box is empty.
    #[error("the agreement was not accepted")]
    NotAccepted,
    /// Another version was shown than the one that holds.
    #[error("the agreement that was accepted is not the current one")]
    NotCurrent,
}

impl AgreementRefused {
    /// The word for machines: never changed.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "agreement_not_accepted",
            Self::NotCurrent => "agreement_not_current",
        }
    }

    /// The sentence in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NotAccepted => "请您阅读并同意规约后再注册。",
            Self::NotCurrent => "规约已更新，请您阅读新版本后再确认。",
        }
    }

    /// The sentence in English.
    pub const fn en(self) -> &'static str {
        match self {
            Self::NotAccepted => "Please read and accept the agreement to register.",
            Self::NotCurrent => {
                "The agreement has changed. Please read the new version and accept it."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::notice::demo;

    const NOW: Moment = Moment::from_millis(1_500_000_000_000);

    fn said(kind: AgreementKind, version: &str, accepted: bool) -> Acceptance<'_> {
        Acceptance {
            kind,
            version,
            accepted,
        }
    }

    #[test]
    fn an_acceptance_keeps_kind_version_exact_text_language_and_time() {
        let notice = demo();
        for kind in AgreementKind::ALL {
            let version = notice.agreement_version(kind).to_owned();
            let kept = accept(&notice, &said(kind, &version, true), Language::En, NOW).unwrap();
            let expected = AgreementAccepted {
                kind,
                version,
                text_hash: notice.text_hash(Shown::Agreement(kind), Language::En),
                language: Language::En,
                at: NOW,
            };
            assert_eq!(kept, expected);
            let stored = postcard::to_stdvec(&kept).unwrap();
            assert_eq!(postcard::from_bytes(&stored), Ok(kept));
        }
    }

    #[test]
    fn without_acceptance_of_the_current_version_there_is_none() {
        let notice = demo();
        let current = notice.agreement_version(AgreementKind::Member).to_owned();
        let check = |version: &str, accepted, expected| {
            let said = said(AgreementKind::Member, version, accepted);
            let refused = accept(&notice, &said, Language::Zh, NOW).unwrap_err();
            assert_eq!(refused, expected, "{version} {accepted}");
        };
        check(&current, false, AgreementRefused::NotAccepted);
        check("2016.9", false, AgreementRefused::NotAccepted);
        check("2016.9", true, AgreementRefused::NotCurrent);
        check("", true, AgreementRefused::NotCurrent);
        check(&format!("{current} "), true, AgreementRefused::NotCurrent);
        let other = notice
            .agreement_version(AgreementKind::PointsCard)
            .to_owned();
        assert_ne!(other, current);
        check(&other, true, AgreementRefused::NotCurrent);
    }

    #[test]
    fn words_and_stored_places_never_change() {
        let spelt = |kind: &AgreementKind| (kind.as_str(), postcard::to_stdvec(kind).unwrap());
        let expected = [("member", vec![0]), ("points_card", vec![1])];
        assert_eq!(AgreementKind::ALL.each_ref().map(spelt), expected);
        for kind in AgreementKind::ALL {
            assert_eq!(AgreementKind::of_word(kind.as_str()), Some(kind));
        }
        assert_eq!(AgreementKind::of_word("partner"), None);
    }
}
