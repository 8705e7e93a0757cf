//! An account begins: ordinary and empty (TIER-01).

use serde::Serialize;

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::ledger::account::Account;
use crate::ledger::desk::Desk;
use crate::ledger::entry::Movement;

use crate::vault::MemberKeys;
use crate::vault::keybox::{TokenHash, TokenKind};
use crate::vault::tokens::CardNumber;

use super::Engine;
use super::commit::Verb;
use super::receipt::{Opened, Receipt};
use super::rows::Head;
use super::sign_in::sign_up_gift;
use super::work::{Stop, Work, looks_at_days};

impl Engine {
    /// An account's id, drawn anew, with a member's keys that are durable already: nothing about a member is sent to the
    /// store before that (privacy §2).
    pub fn draw_account(&self) -> Result<AccountId, Refusal> {
        let account = self.draw_account_id();
        self.admit(account, &[])?;
        Ok(account)
    }

    /// Gives an account one more card, which is durable when this returns.
    pub fn issue_card(&self, account: AccountId) -> Result<CardNumber, Refusal> {
        let member = self.keys.member_of(account)?;
        let card = self.draw_card();
        let hash = TokenHash::from_bytes(card.sha256());
        let added = self.keys.keybox().add_token(member, hash, TokenKind::Card);
        added.map_err(|_| Refusal::KeysFailed)?;
        Ok(card)
    }

    pub(crate) fn draw_account_id(&self) -> AccountId {
        let [id, _] = self.draw_ids();
        AccountId::from_bytes(id)
    }

    /// Draws a member's keys for an account and makes them durable, with the cards that will lead to it. An account that
    /// has keys keeps them.
    pub fn admit(&self, account: AccountId, cards: &[TokenHash]) -> Result<MemberId, Refusal> {
        // Drawn before anything is looked up: what is drawn later does not hang on what was there.
        let [mut id, _] = self.draw_ids();
        let (core, history) = (self.entropy.seed(), self.entropy.seed());
        let keybox = self.keys.keybox();
        if let Some(keys) = keybox.of_account(&account) {
            return Ok(keys.member);
        }
        // One bucket for both, so that a command stays at one home.
        let ([first, ..], [of_account, ..]) = (&mut id, account.as_bytes());
        *first = (*first & !BUCKET) | (of_account & BUCKET);
        let member = MemberId::from_bytes(id);
        let keys = MemberKeys::new(member, account, core, history);
        let cards: Vec<_> = cards.iter().map(|card| (*card, TokenKind::Card)).collect();
        keybox.add(keys, &cards).map_err(|_| Refusal::KeysFailed)?;
        Ok(member)
    }

    /// Two times sixteen random bytes.
    fn draw_ids(&self) -> [[u8; 16]; 2] {
        let seed = self.entropy.seed();
        let (first, second) = seed.split_at(16);
        [first, second].map(|half| half.try_into().unwrap_or_default())
    }
}

/// The bits of an id's first byte that name its bucket.
const BUCKET: u8 = 63;

/// Opens an account. Its id is drawn, and its keys are durable, before the command is sent ([`Engine::admit`]).
#[derive(Clone, Debug, Serialize)]
pub struct Open {
    /// Sixteen random bytes.
    pub account: AccountId,
    /// A made-up reference, never a name: 1 to 64 bytes.
    pub reference: String,
    /// Whether the programme's sign-up gift comes with it: for accounts that nobody signs in to.
    pub gift: bool,
}

impl Verb for Open {
    const NAME: &'static str = "open";

    fn account(&self) -> AccountId {
        self.account
    }

    fn check(&self) -> Result<(), Refusal> {
        let readable = !self.reference.chars().any(char::is_control);
        let fits = !self.reference.is_empty() && self.reference.len() <= 64;
        if readable && fits {
            Ok(())
        } else {
            Err(Refusal::BadReceipt)
        }
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        match work.view().account(self.account) {
            Ok(_) => return Err(Refusal::AccountExists.into()),
            Err(Stop::Refused(Refusal::TokenUnknown)) => {}
            Err(stop) => return Err(stop),
        }

        let head = Head {
            reference: self.reference.clone(),
            last_receipt: None,
        };
        let on = programme.zone.day_of(work.now);
        let mut account = Account::new(on);
        account.spend.by_day = looks_at_days(work.versions, work.now);
        let mut desk = Desk::new(account, work.now, programme.zone);
        desk.post(work.now, Movement::Open { on })?;

        work.finish(self.account, head, desk, programme.hash, None)?;
        if self.gift {
            sign_up_gift(work, self.account)?;
        }
        Ok(Receipt::Opened(Opened { at: work.now }))
    }
}
