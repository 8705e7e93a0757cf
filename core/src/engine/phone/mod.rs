//! A member's phone is a claim until a code that was sent to it comes back, or somebody of the staff has looked (privacy
//! §6, MEM-05). A phone that others gave too is treated like any other: who is behind it is known inside alone (QLT-02).

mod codes;

use zeroize::Zeroizing;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::{AccountState, Refusal};
use crate::ledger::entry::Movement;
use crate::policy::notice::Language;
use crate::policy::verification::{Phone, approved, verify};
use crate::vault::phone_index::Mark;
use crate::vault::profile::Mobile;
use crate::vault::tokens::{CardNumber, PhoneCode};

use super::audit::{Actor, Done};
use super::enrol::duplicate_check;
use super::merge::PhoneProved;
use super::rows::{MEMBERS, MemberRow, MemberV3, Verified, VerifiedHow};
use super::staff::Hand;
use super::work::{Stop, Work};
use super::{Engine, Review};

pub(crate) use codes::{PhoneCodes, Waiting};

/// A phone was verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhoneVerified {
    /// How many other members gave the same phone: somebody to merge with. It is never shown to the applicant.
    pub others: usize,
}

/// A code that was given and taken out, until what it was for is done.
#[derive(Clone, Copy)]
pub(super) struct Given {
    member: MemberId,
    phone: Mark,
    code: Waiting,
}

impl Review {
    /// What a new member may do.
    pub(super) const fn state(self) -> AccountState {
        match self {
            Self::None => AccountState::Active,
            Self::PhoneCode | Self::Staff => AccountState::Pending,
        }
    }
}

impl Engine {
    /// Sends a code to a member's phone. An earlier one works no more.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, [`Refusal::AlreadyVerified`], [`Refusal::TooManyCodes`],
    /// [`Refusal::NotSent`], also where the staff verifies phones, and the store's.
    pub fn send_phone_code(&self, member: MemberId) -> Result<(), Refusal> {
        let row = self.read(|view| view.member(member))?;
        if row.verified.is_some() {
            return Err(Refusal::AlreadyVerified);
        }
        if self.settings.review == Review::Staff {
            return Err(Refusal::NotSent);
        }
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        self.send_code(member, profile.mobile.disclose(&leave), row.told.language)
    }

    /// Sends a code to the phone of whoever has this card, if there is one to be verified. The caller hears no more than
    /// that it was asked.
    ///
    /// # Errors
    /// The store's.
    pub fn send_phone_code_of(&self, card: &str) -> Result<(), Refusal> {
        let card = CardNumber::parse(card, self.settings.prefix);
        let Some(member) = card.ok().and_then(|card| self.member_of_card(&card).ok()) else {
            return Ok(());
        };
        match self.send_phone_code(member) {
            Err(refusal) if refusal.is_of_store() => Err(refusal),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Sends a code to a member's phone, verified or not, for a merge with a record of another phone (QLT-03).
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, [`Refusal::NotSent`], [`Refusal::TooManyCodes`], and the
    /// store's.
    pub fn send_merge_code(&self, member: MemberId) -> Result<(), Refusal> {
        let row = self.read(|view| view.member(member))?;
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        self.send_code(member, profile.mobile.disclose(&leave), row.told.language)
    }

    /// Somebody has typed the code that [`Engine::send_merge_code`] sent.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, [`Refusal::CodeWrong`], and the store's.
    pub fn prove_phone(&self, member: MemberId, code: &str) -> Result<PhoneProved, Refusal> {
        let row = self.read(|view| view.member(member))?;
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        self.take_code(member, profile.mobile.disclose(&leave), code)?;
        Ok(PhoneProved::by_code(member, self.now()))
    }

    /// Sends a code to this phone, for this member.
    pub(super) fn send_code(
        &self,
        member: MemberId,
        mobile: &Mobile,
        language: Language,
    ) -> Result<(), Refusal> {
        let messenger = self.messenger().ok_or(Refusal::NotSent)?;
        let (now, phone) = (self.clock.wall(), self.phones.mark(mobile));
        let codes = &self.tokens.phone_codes;
        if !codes.may_send(phone, now) {
            return Err(Refusal::TooManyCodes);
        }
        let code = PhoneCode::draw(&self.entropy.seed());
        if messenger.send(mobile, &message(&code, language)).is_err() {
            codes.not_sent(phone);
            return Err(Refusal::NotSent);
        }
        codes.put(member, phone, &code, now);
        Ok(())
    }

    /// Verifies the phone of whoever has this card by the code that was sent to it. Who waited for it may use points from
    /// then on.
    ///
    /// # Errors
    /// [`Refusal::CodeWrong`] alike, whatever is wrong with card or code; and the store's.
    pub fn verify_phone(
        &self,
        card: &str,
        code: &str,
        device: &str,
    ) -> Result<PhoneVerified, Refusal> {
        let card = CardNumber::parse(card, self.settings.prefix);
        let known = card.ok().and_then(|card| self.member_of_card(&card).ok());
        let member = known.ok_or(Refusal::CodeWrong)?;
        match self.verify_phone_of(member, code, device) {
            Err(refusal) if !refusal.is_of_store() => Err(Refusal::CodeWrong),
            other => other,
        }
    }

    /// The same for a member who is known.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, [`Refusal::AlreadyVerified`], [`Refusal::StateForbids`] while
    /// the member is suspended, [`Refusal::CodeWrong`], also where the staff verifies phones, and the store's.
    pub fn verify_phone_of(
        &self,
        member: MemberId,
        code: &str,
        device: &str,
    ) -> Result<PhoneVerified, Refusal> {
        // Where the staff is to look, nobody who has a phone in hand stands in for them (MEM-05).
        if self.settings.review == Review::Staff {
            return Err(Refusal::CodeWrong);
        }
        let (row, state) = self.record_and_state(member)?;
        verify(state, row.phone())?;
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        let mobile = profile.mobile.disclose(&leave);
        let given = self.take_code(member, mobile, code)?;
        let actor = Actor::member(Handle::from_bytes(row.handle), device);
        self.mark_verified(member, mobile, VerifiedHow::Code, Hand::of(&actor))
            .inspect_err(|_| self.give_back(Some(given)))
    }

    /// Somebody of the staff has looked: the phone is the member's. Who waited for it may use points from then on.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, [`Refusal::AlreadyVerified`], [`Refusal::StateForbids`] while
    /// the member is suspended, and the store's.
    pub fn verify_phone_by_staff(
        &self,
        member: MemberId,
        actor: &Actor,
    ) -> Result<PhoneVerified, Refusal> {
        self.verify_phone_by_hand(member, &Hand::of(actor))
    }

    /// The same by whoever it is.
    pub(super) fn verify_phone_by_hand(
        &self,
        member: MemberId,
        hand: &Hand,
    ) -> Result<PhoneVerified, Refusal> {
        let row = self.read(|view| view.member(member))?;
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        let how = VerifiedHow::Staff(hand.actor().name.clone());
        self.mark_verified(member, profile.mobile.disclose(&leave), how, hand.clone())
    }

    /// The other members who gave the same phone, verified or not: for merging, and for nobody at a kiosk.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no such member, and the store's.
    pub fn same_phone(&self, member: MemberId) -> Result<Vec<MemberId>, Refusal> {
        let row = self.read(|view| view.member(member))?;
        let leave = duplicate_check()?;
        let profile = row.told.profile.to_profile();
        Ok(self.others_with(member, profile.mobile.disclose(&leave)))
    }

    fn others_with(&self, member: MemberId, mobile: &Mobile) -> Vec<MemberId> {
        let mut others = self.phones.others(mobile);
        others.retain(|other| *other != member);
        others
    }

    /// The record of a member, and where the account stands.
    fn record_and_state(&self, member: MemberId) -> Result<(MemberV3, AccountState), Refusal> {
        let account = self.keys.account_of(member)?;
        self.read(|view| {
            let state = view.account(account)?.account.state;
            Ok((view.member(member)?, state))
        })
    }

    /// Takes out the code that was sent to this phone for this member, if it is the one that is given.
    pub(super) fn take_code(
        &self,
        member: MemberId,
        mobile: &Mobile,
        code: &str,
    ) -> Result<Given, Refusal> {
        let (phone, now) = (self.phones.mark(mobile), self.clock.wall());
        let tried = PhoneCode::parse(code);
        let taken = self
            .tokens
            .phone_codes
            .take(member, phone, tried.as_ref(), now);
        let code = taken.ok_or(Refusal::CodeWrong)?;
        Ok(Given {
            member,
            phone,
            code,
        })
    }

    /// What the code was for was not done. Where none was given there is nothing to give back.
    pub(super) fn give_back(&self, given: Option<Given>) {
        if let Some(given) = given {
            let codes = &self.tokens.phone_codes;
            codes.give_back(given.member, given.phone, given.code);
        }
    }

    fn mark_verified(
        &self,
        member: MemberId,
        mobile: &Mobile,
        how: VerifiedHow,
        hand: Hand,
    ) -> Result<PhoneVerified, Refusal> {
        let account = self.keys.account_of(member)?;
        let expected = mobile.clone();
        self.member_work(member, move |work| {
            hand.check(work)?;
            let mut row = work.view().member(member)?;
            // It was corrected meanwhile: another phone is another claim.
            if !row.has_mobile(&expected)? {
                return Err(Refusal::CodeWrong.into());
            }
            let state = work.view().account(account)?.account.state;
            let after = verify(state, row.phone())?;
            note_verified(work, account, (state, after), &mut row, &how, &hand)?;
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))
        })?;
        Ok(PhoneVerified {
            others: self.others_with(member, mobile).len(),
        })
    }
}

impl MemberV3 {
    /// What is known of the phone.
    pub(super) const fn phone(&self) -> Phone {
        match self.verified {
            Some(_) => Phone::Verified,
            None => Phone::Claimed,
        }
    }

    /// Whether this is the mobile number of the record.
    pub(super) fn has_mobile(&self, mobile: &Mobile) -> Result<bool, Refusal> {
        let leave = duplicate_check()?;
        Ok(self.told.profile.to_profile().mobile.disclose(&leave) == mobile)
    }
}

/// A changed phone was proven by the code that was sent to it: what that makes of the record and the account. It holds in
/// every state, as a member may correct what is theirs in every state.
pub(super) fn verified_by_correction(
    work: &mut Work<'_>,
    account: AccountId,
    row: &mut MemberV3,
    actor: &Actor,
) -> Result<(), Stop> {
    let state = work.view().account(account)?.account.state;
    let change = (state, approved(state));
    let hand = Hand::of(actor);
    note_verified(work, account, change, row, &VerifiedHow::Code, &hand)
}

/// Notes in a record that its phone is verified, moves the account, and leaves a line. The caller writes the record.
fn note_verified(
    work: &mut Work<'_>,
    account: AccountId,
    (before, after): (AccountState, AccountState),
    row: &mut MemberV3,
    how: &VerifiedHow,
    hand: &Hand,
) -> Result<(), Stop> {
    row.verified = Some(Verified {
        at: work.now,
        how: how.clone(),
    });
    let (by, name) = match how {
        VerifiedHow::Code => ("code", "jifen"),
        VerifiedHow::Staff(name) => ("staff", name.as_str()),
    };
    if before != after {
        let programme = work.programme()?;
        let (head, mut desk) = work.desk(account)?;
        let sanction = Movement::Sanction {
            state: after,
            reason: "registration.review".to_owned(),
            actor: name.to_owned(),
        };
        desk.post(work.now, sanction)?;
        work.finish(account, head, desk, programme.hash, None)?;
    }
    work.act(Done {
        actor: hand.actor().clone(),
        act: Act::PhoneVerified {
            how: Text::fitted(by),
        },
        subject: Some(Handle::from_bytes(row.handle)),
        fields: &["mobile"],
        because: hand.because(("membership", "agreement")),
    })?;
    Ok(())
}

/// The words of the message: the same for everybody who reads the language.
fn message(code: &PhoneCode, language: Language) -> Zeroizing<String> {
    let digits = Zeroizing::new(code.digits());
    let digits = digits.as_str();
    Zeroizing::new(match language {
        Language::Zh => format!("会员验证码：{digits}，10 分钟内有效。请勿告诉他人。"),
        Language::En => {
            format!("Your member code is {digits}. It is valid for 10 minutes. Tell nobody.")
        }
    })
}
