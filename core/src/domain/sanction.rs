//! Which sanction leads from which state to which (MEM-06). Each can be taken back but for the end of the membership, which
//! is an erasure and no state.

use super::refusal::AccountState;

/// What the shop does about untrue data or broken rules, from mild to strict, and how it takes it back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sanction {
    /// May still do all.
    Warn,
    /// Earns, and neither redeems nor has a discount.
    Restrict,
    /// Neither earns nor redeems; sees, corrects and deletes their own data all the same.
    Suspend,
    /// None of these any more.
    Lift,
}

impl Sanction {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Warn, Self::Restrict, Self::Suspend, Self::Lift];

    /// The state that it leads to.
    pub const fn state(self) -> AccountState {
        match self {
            Self::Warn => AccountState::Warned,
            Self::Restrict => AccountState::Restricted,
            Self::Suspend => AccountState::Suspended,
            Self::Lift => AccountState::Active,
        }
    }

    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warn => "warn",
            Self::Restrict => "restrict",
            Self::Suspend => "suspend",
            Self::Lift => "lift",
        }
    }

    /// The one with this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// Whether a member in this state may be sanctioned so. Whoever is pending is no full member yet: taking a sanction
    /// back would make them one unseen, so a pending registration is completed or erased. A sanction that changes nothing
    /// is none.
    pub const fn may_follow(self, from: AccountState) -> bool {
        match (from, self) {
            (AccountState::Pending, _)
            | (AccountState::Active, Self::Lift)
            | (AccountState::Warned, Self::Warn)
            | (AccountState::Restricted, Self::Restrict)
            | (AccountState::Suspended, Self::Suspend) => false,
            (AccountState::Active, Self::Warn | Self::Restrict | Self::Suspend)
            | (AccountState::Warned, Self::Restrict | Self::Suspend | Self::Lift)
            | (AccountState::Restricted, Self::Warn | Self::Suspend | Self::Lift)
            | (AccountState::Suspended, Self::Warn | Self::Restrict | Self::Lift) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_state_and_sanction_is_decided() {
        use AccountState::{Active, Pending, Restricted, Suspended, Warned};
        //              warn   restr. susp.  lift
        let legal = [
            (Pending, [false, false, false, false]),
            (Active, [true, true, true, false]),
            (Warned, [false, true, true, true]),
            (Restricted, [true, false, true, true]),
            (Suspended, [true, true, false, true]),
        ];
        for (from, row) in legal {
            let got = Sanction::ALL.map(|sanction| sanction.may_follow(from));
            assert_eq!(got, row, "{from}");
        }
    }

    #[test]
    fn a_sanction_is_named_by_its_word() {
        for sanction in Sanction::ALL {
            assert_eq!(Sanction::of_word(sanction.word()), Some(sanction));
        }
        assert_eq!(Sanction::of_word("terminate"), None, "it is an erasure");
    }
}
