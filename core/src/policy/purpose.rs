//! Why a member's data is used (COL-02, CON-02). What is asked for each purpose stands in the notice.

use serde::{Deserialize, Serialize};

/// Why data is used. Stored events spell a purpose by its place, so a new one goes to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Keeping the account: points, tier and the member's own rights. It rests on the agreement and is never a box to tick.
    Membership,
    /// Offers by message.
    Marketing,
    /// Letters and catalogues by post.
    DirectMail,
    /// What members buy, looked at person by person.
    Analysis,
}

impl Purpose {
    /// All of them, in their stable order.
    pub const ALL: [Self; 4] = [
        Self::Membership,
        Self::Marketing,
        Self::DirectMail,
        Self::Analysis,
    ];

    /// Those that a member may refuse and stay a member (CON-03), in their stable order: each has a box of its own.
    pub const OPTIONAL: [Self; 3] = [Self::Marketing, Self::DirectMail, Self::Analysis];

    /// The word for machines: never changed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Membership => "membership",
            Self::Marketing => "marketing",
            Self::DirectMail => "direct_mail",
            Self::Analysis => "analysis",
        }
    }

    /// The purpose with that word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|purpose| purpose.as_str() == word)
    }

    /// Whether a member may refuse it and stay a member.
    pub const fn is_optional(self) -> bool {
        match self {
            Self::Membership => false,
            Self::Marketing | Self::DirectMail | Self::Analysis => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_stored_places_never_change() {
        let spelt = |purpose: &Purpose| (purpose.as_str(), postcard::to_stdvec(purpose).unwrap());
        let expected = [
            ("membership", vec![0]),
            ("marketing", vec![1]),
            ("direct_mail", vec![2]),
            ("analysis", vec![3]),
        ];
        assert_eq!(Purpose::ALL.each_ref().map(spelt), expected);
    }

    #[test]
    fn a_word_reads_back_and_no_other_word_is_a_purpose() {
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::of_word(purpose.as_str()), Some(purpose));
        }
        for word in ["", "Marketing", "direct-mail", "marketing ", "religion"] {
            assert_eq!(Purpose::of_word(word), None, "{word}");
        }
    }

    #[test]
    fn all_but_membership_may_be_refused() {
        let optional = Purpose::ALL.into_iter().filter(|it| it.is_optional());
        assert_eq!(optional.collect::<Vec<_>>(), Purpose::OPTIONAL);
        assert!(!Purpose::Membership.is_optional());
    }
}
