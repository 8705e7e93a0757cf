//! A member gets another card (MEM-08): the one before stands for nobody from then on, and is never given to anybody again.
//!
//! The new number is durable in the keybox before the record names it, and the old one is revoked after that. Wherever
//! this stops there are at most two cards that count, and the record says which one the member holds: the other goes at
//! the next start or the next re-issue.

use serde::Serialize;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::policy::catalogue::Field;
use crate::vault::keybox::{KeyboxError, TokenHash, TokenKind};
use crate::vault::tokens::CardNumber;

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::{IdempotencyKey, Verb};
use super::receipt::{CardReissued, Receipt};
use super::rows::{CardDigits, MEMBERS, MemberRow};
use super::staff::Hand;
use super::work::{Stop, Work};

/// A member's new card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reissued {
    /// The card number.
    pub card: CardNumber,
    /// Whether this is the answer to an earlier try.
    pub repeated: bool,
}

impl Engine {
    /// A member as the audit names whoever does something, at this kiosk or phone.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, and the store's.
    pub fn acting_member(&self, member: MemberId, device: &str) -> Result<Actor, Refusal> {
        let handle = self.read(|view| Ok(view.member(member)?.handle))?;
        Ok(Actor::member(Handle::from_bytes(handle), device))
    }

    /// Gives a member another card. When this returns, the one before is as unknown as any that never was. The same key
    /// asked again gives the same card.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member; [`Refusal::KeyReused`]; [`Refusal::KeysFailed`] and the
    /// store's: then ask again with the same key.
    pub fn reissue_card(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        by: &Actor,
    ) -> Result<Reissued, Refusal> {
        self.reissue_card_by(key, member, &Hand::of(by))
    }

    /// The same by whoever it is.
    pub(super) fn reissue_card_by(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        by: &Hand,
    ) -> Result<Reissued, Refusal> {
        key.check()?;
        let account = self.keys.account_of(member)?;
        let _turn = self.reissuing.lock();
        self.settle_cards(member)?;
        let card = self.draw_card();
        // A key that was seen before changes nothing, and draws nothing.
        if self.earlier(key)?.is_none() {
            let hash = TokenHash::from_bytes(card.sha256());
            let added = self.keys.keybox().add_token(member, hash, TokenKind::Card);
            added.map_err(|_| Refusal::KeysFailed)?;
        }
        let reissue = Reissue {
            account,
            member,
            card: card.digits(),
            by: by.clone(),
        };
        let answer = self.run(key, reissue);
        // Also when it was refused: the card that the record does not name goes.
        let settled = self.settle_cards(member);
        let answer = answer?;
        settled?;
        let Receipt::CardReissued(CardReissued { card }) = answer.receipt else {
            return Err(Refusal::StoreDamaged);
        };
        if !answer.repeated {
            self.tokens.revoke(&member);
            // A code that was photographed with the card leads nowhere either.
            self.renew_live(member)?;
        }
        let card = CardNumber::parse(&card, self.settings.prefix);
        Ok(Reissued {
            card: card.map_err(|_| Refusal::StoreDamaged)?,
            repeated: answer.repeated,
        })
    }

    /// Finishes every re-issue that was cut short.
    pub(super) fn settle_all_cards(&self) -> Result<(), Refusal> {
        let members = self.keys.keybox().with_several_cards();
        members
            .into_iter()
            .try_for_each(|member| self.settle_cards(member))
    }

    /// Of a member's cards the one that the record names counts alone. Where that one does not count (the record is older
    /// than the keys, after a restore), all stay as they are.
    fn settle_cards(&self, member: MemberId) -> Result<(), Refusal> {
        let named = self.read(|view| {
            let row = view.member(member)?;
            Ok(TokenHash::of(&row.told.card.0))
        });
        let named = match named {
            // Keys without a row: of somebody who is being erased, or whom a restore has lost.
            Err(Refusal::TokenUnknown) => return Ok(()),
            other => other?,
        };
        match self.keys.keybox().revoke_other_cards(&member, &named) {
            Ok(_) | Err(KeyboxError::TokenUnknown) => Ok(()),
            Err(_) => Err(Refusal::KeysFailed),
        }
    }
}

/// Names another card in a member's record.
struct Reissue {
    account: AccountId,
    member: MemberId,
    card: String,
    by: Hand,
}

impl Serialize for Reissue {
    /// Whose card it is, and nothing that was drawn.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.account.serialize(serializer)
    }
}

impl Drop for Reissue {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.card);
    }
}

impl Verb for Reissue {
    const NAME: &'static str = "reissue_card";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        self.by.check(work)?;
        self.by.note(work, self.member, &[Field::Card])?;
        let mut row = work.view().member(self.member)?;
        row.told.card = CardDigits(self.card.clone());
        let subject = Handle::from_bytes(row.handle);

        let key = self.member.as_bytes();
        work.put_core(self.member, &MEMBERS, key, &MemberRow::V3(row))?;
        work.act(Done {
            actor: self.by.actor().clone(),
            act: Act::CardReissued,
            subject: Some(subject),
            fields: &["card"],
            because: self.by.because(("security", "agreement")),
        })?;
        Ok(Receipt::CardReissued(CardReissued {
            card: self.card.clone(),
        }))
    }
}
