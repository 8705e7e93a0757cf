//! A member's cards. A member has one that counts; while a new one takes its place there are two, and whoever knows which
//! of them the member holds takes the other away.

use super::journal::Change;
use super::keys::TokenHash;
use super::{Keybox, KeyboxError};
use crate::domain::ids::MemberId;

impl Keybox {
    /// Members with more than one card that counts: the making of a new one was cut short.
    pub fn with_several_cards(&self) -> Vec<MemberId> {
        self.shelves.with_several_cards()
    }

    /// Revokes every card of a member but this one, which must count; otherwise nothing is changed. How many were revoked.
    /// Durable when it returns.
    ///
    /// # Errors
    ///
    /// `TokenUnknown` when this is no card of the member that counts; `Io`: asked again, the rest goes.
    pub fn revoke_other_cards(
        &self,
        member: &MemberId,
        keep: &TokenHash,
    ) -> Result<usize, KeyboxError> {
        let cards = self.shelves.cards_of(member);
        if !cards.contains(&keep.kept()) {
            return Err(KeyboxError::TokenUnknown);
        }
        let mut revoked = 0_usize;
        for card in cards.into_iter().filter(|card| *card != keep.kept()) {
            self.submit(Change::Revoke(card))?;
            revoked = revoked.saturating_add(1);
        }
        Ok(revoked)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    use super::super::keys::{MemberKeys, TokenKind, TokenState};
    use super::*;
    use crate::domain::ids::AccountId;

    fn hash(number: u8) -> TokenHash {
        TokenHash::from_bytes([number; 32])
    }

    #[test]
    fn of_several_cards_the_one_that_is_kept_counts_alone() {
        let count = AtomicU8::new(0);
        let draw = Arc::new(move || [count.fetch_add(1, Ordering::Relaxed); 32]);
        let keybox = Keybox::in_memory([1; 16], draw);
        let [anna, bo] = [1, 65].map(|first| MemberId::from_bytes([first; 16]));
        for (member, card) in [(anna, 1), (bo, 2)] {
            let account = AccountId::from_bytes([card; 16]);
            let keys = MemberKeys::new(member, account, [3; 32], [4; 32]);
            keybox.add(keys, &[(hash(card), TokenKind::Card)]).unwrap();
        }
        keybox.add_token(bo, hash(9), TokenKind::Sector(1)).unwrap();
        assert_eq!(keybox.with_several_cards(), []);
        keybox.add_token(anna, hash(3), TokenKind::Card).unwrap();
        keybox.add_token(anna, hash(4), TokenKind::Card).unwrap();
        assert_eq!(keybox.with_several_cards(), [anna]);

        // Another's card, a token of another kind, and none at all are no card to keep.
        for keep in [2, 9, 7] {
            let refused = keybox.revoke_other_cards(&anna, &hash(keep));
            assert!(matches!(refused, Err(KeyboxError::TokenUnknown)), "{keep}");
        }
        assert_eq!(keybox.revoke_other_cards(&anna, &hash(3)).unwrap(), 2);
        assert_eq!(keybox.with_several_cards(), []);
        let state = |number| keybox.token(&hash(number)).unwrap().state;
        for (number, wanted) in [
            (1, TokenState::Revoked),
            (2, TokenState::Active),
            (3, TokenState::Active),
            (4, TokenState::Revoked),
            (9, TokenState::Active),
        ] {
            assert_eq!(state(number), wanted, "{number}");
        }
        let refused = keybox.revoke_other_cards(&anna, &hash(1));
        assert!(matches!(refused, Err(KeyboxError::TokenUnknown)), "revoked");
        assert_eq!(keybox.revoke_other_cards(&anna, &hash(3)).unwrap(), 0);
    }
}
