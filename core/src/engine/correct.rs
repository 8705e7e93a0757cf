//! A member corrects what they told us (DSR-02). The record is sealed anew under a new version of the core key; the old
//! version goes after the next good backup, and with it the old value in every older one (privacy §3).

use serde::Serialize;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::policy::grant::{Grant, Use};
use crate::store::key::of_u64;
use crate::vault::profile::{Mobile, Profile, ProfileRow};

use super::audit::{Actor, Done};
use super::commit::{IdempotencyKey, Verb};
use super::enrol::duplicate_check;
use super::phone::verified_by_correction;
use super::receipt::{Corrected, Receipt};
use super::rows::{LOOKS, MEMBERS, MemberRow, SIGN_INS};
use super::work::{Stop, Work};
use super::{Engine, Review};

impl Engine {
    /// Puts another name and mobile number in the place of those that are kept. A changed number is again a claim.
    ///
    /// # Errors
    /// [`Refusal::BadName`] and [`Refusal::BadMobile`]; [`Refusal::TokenUnknown`] when the grant is for somebody else;
    /// [`Refusal::PhoneCodeNeeded`] for a changed number where phones are verified by a code; [`Refusal::KeysFailed`] and
    /// the store's.
    pub fn correct(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        told: (&str, &str),
        device: &str,
        leave: &Grant,
    ) -> Result<Corrected, Refusal> {
        self.corrected(key, member, told, (None, device), leave)
    }

    /// The same, with the code that was sent to the changed number, which is verified then. Where a code is needed and none
    /// is given, it is sent to the new number, and nothing is changed.
    ///
    /// # Errors
    /// As for [`Self::correct`]; [`Refusal::CodeWrong`]; [`Refusal::TooManyCodes`] and [`Refusal::NotSent`] when no code was
    /// sent.
    pub fn correct_by_code(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        told: (&str, &str),
        (code, device): (Option<&str>, &str),
        leave: &Grant,
    ) -> Result<Correction, Refusal> {
        match self.corrected(key, member, told, (code, device), leave) {
            Err(Refusal::PhoneCodeNeeded) => {
                let (name, mobile) = told;
                let profile = Profile::parse(name, mobile)?;
                let language = self.read(|view| Ok(view.member(member)?.told.language))?;
                let check = duplicate_check()?;
                self.send_code(member, profile.mobile.disclose(&check), language)?;
                Ok(Correction::CodeSent)
            }
            corrected => corrected.map(Correction::Done),
        }
    }

    fn corrected(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        (name, mobile): (&str, &str),
        (code, device): (Option<&str>, &str),
        leave: &Grant,
    ) -> Result<Corrected, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let profile = Profile::parse(name, mobile)?;
        let account = self.keys.account_of(member)?;
        let before = self.read(|view| view.member(member))?;
        let check = duplicate_check()?;
        let new = profile.mobile.disclose(&check);
        let is_changed = !before.has_mobile(new)?;
        let before = before.told.profile.to_profile();
        let mut given = None;
        // A key that was seen before changes nothing, and draws nothing.
        if self.earlier(key)?.is_none() {
            if is_changed && self.settings.review == Review::PhoneCode {
                let code = code.ok_or(Refusal::PhoneCodeNeeded)?;
                given = Some(self.take_code(member, new, code)?);
            }
            // Durable before anything is sealed under it. A command that is not carried out leaves a version that no row has.
            let renewed = self.keys.keybox().renew_core(&member, self.entropy.seed());
            if renewed.is_err() {
                self.give_back(given);
                return Err(Refusal::KeysFailed);
            }
        }
        let others = self.phones.others(new);
        let correct = Correct {
            said: (name.to_owned(), mobile.to_owned()),
            account,
            member,
            profile: ProfileRow::of(&profile),
            mobile: new.clone(),
            is_proven: given.is_some(),
            possible_duplicate: others.iter().any(|other| *other != member),
            device: device.to_owned(),
        };
        let answer = self.run(key, correct).inspect_err(|_| {
            self.give_back(given);
        })?;
        if !answer.repeated {
            self.phones.remove(before.mobile.disclose(&check), &member);
            self.phones.add(new, member);
        }
        match answer.receipt {
            Receipt::Corrected(corrected) => Ok(corrected),
            Receipt::Opened(_)
            | Receipt::Held(_)
            | Receipt::Captured(_)
            | Receipt::Voided(_)
            | Receipt::Sold(_)
            | Receipt::Refunded(_)
            | Receipt::PointsReturned(_)
            | Receipt::Adjusted(_)
            | Receipt::Sanctioned(_)
            | Receipt::Identified(_)
            | Receipt::Joined(_)
            | Receipt::CardReissued(_)
            | Receipt::Merged(_)
            | Receipt::Unmerged(_) => Err(Refusal::StoreDamaged),
        }
    }

    /// Before a backup: seals every record that has an older version of its key anew, and says which versions are no longer
    /// needed once a backup with these records is good.
    ///
    /// # Errors
    /// The store's.
    pub fn retire_core(&self) -> Result<Vec<Retired>, Refusal> {
        let keybox = self.keys.keybox();
        let mut retired = Vec::new();
        for member in keybox.with_old_core() {
            let Some(version) = keybox.of_member(&member).map(|keys| keys.core_version()) else {
                continue;
            };
            match self.member_work(member, move |work| reseal(work, member)) {
                Ok(()) => retired.push((member, version)),
                // Nobody's row: the command that drew the keys was never committed.
                Err(Refusal::TokenUnknown) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(retired)
    }

    /// After the backup: destroys the versions that it does not need. Older backups lose those records.
    ///
    /// # Errors
    /// [`Refusal::KeysFailed`] and the store's.
    pub fn drop_retired(&self, retired: &[Retired]) -> Result<(), Refusal> {
        let _turn = self.destroying()?;
        let destroyed = self.keys.keybox().drop_core_before(retired);
        for destroyed in destroyed.map_err(|_| Refusal::KeysFailed)? {
            self.note_rotation(destroyed.bucket, destroyed.epoch)?;
        }
        Ok(())
    }

    /// Puts a new key in the place of a bucket's. What was dropped from it (days, older versions) is gone for good.
    ///
    /// # Errors
    /// [`Refusal::KeysFailed`] and the store's.
    pub fn rotate(&self, bucket: u8) -> Result<u64, Refusal> {
        let _turn = self.destroying()?;
        let rotated = self.keys.keybox().rotate(bucket);
        let rotated = rotated.map_err(|_| Refusal::KeysFailed)?;
        self.note_rotation(bucket, rotated.epoch)?;
        Ok(rotated.epoch)
    }

    fn note_rotation(&self, bucket: u8, epoch: u64) -> Result<(), Refusal> {
        let act = Act::Rotated { bucket, epoch };
        self.note(Done::of_shop(Actor::operator(), act))
    }
}

/// What a correction came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Correction {
    /// It was done.
    Done(Corrected),
    /// A code was sent to the changed number, and nothing was done yet.
    CodeSent,
}

/// A member, and the version of the core key before which none is needed any more.
pub type Retired = (MemberId, u32);

/// Writes a member's core rows again, under the newest version of the key.
pub(super) fn reseal(work: &mut Work<'_>, member: MemberId) -> Result<(), Stop> {
    let row = work.view().member(member)?;
    let attempts = work.view().sign_ins(member)?;
    for (number, look) in work.view().looks(member, &row)? {
        work.put_core(member, &LOOKS, &of_u64(number), &look)?;
    }
    let key = member.as_bytes();
    work.put_core(member, &MEMBERS, key, &MemberRow::V3(row))?;
    work.put_core(member, &SIGN_INS, key, &attempts)?;
    work.reseal_tickets(member)?;
    super::proposals::reseal(work, member)
}

/// Seals a corrected record.
struct Correct {
    said: (String, String),
    account: AccountId,
    member: MemberId,
    profile: ProfileRow,
    mobile: Mobile,
    /// Whether the code that was sent to that number was given.
    is_proven: bool,
    /// Whether another member has that number (QLT-02).
    possible_duplicate: bool,
    device: String,
}

impl Serialize for Correct {
    /// What was said, and nothing that was drawn.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.said.serialize(serializer)
    }
}

impl Verb for Correct {
    const NAME: &'static str = "correct";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let mut row = work.view().member(self.member)?;
        let is_changed = !row.has_mobile(&self.mobile)?;
        row.told.profile = self.profile.clone();
        let handle = row.handle;
        let actor = Actor::member(Handle::from_bytes(handle), &self.device);
        if is_changed {
            row.verified = None;
            row.told.possible_duplicate = self.possible_duplicate;
            match (self.is_proven, work.settings.review) {
                (true, _) => verified_by_correction(work, self.account, &mut row, &actor)?,
                // The record was another one when the code was asked for.
                (false, Review::PhoneCode) => return Err(Refusal::PhoneCodeNeeded.into()),
                (false, Review::None | Review::Staff) => {}
            }
        }
        let attempts = work.view().sign_ins(self.member)?;
        let key = self.member.as_bytes();
        work.put_core(self.member, &MEMBERS, key, &MemberRow::V3(row))?;
        work.put_core(self.member, &SIGN_INS, key, &attempts)?;
        super::proposals::reseal(work, self.member)?;
        work.act(Done {
            actor,
            act: Act::Corrected {
                groups: vec![Text::fitted("core")],
            },
            subject: Some(Handle::from_bytes(handle)),
            fields: &["name", "mobile"],
            because: ("member_rights", "request"),
        })?;
        Ok(Receipt::Corrected(Corrected { at: work.now }))
    }
}
