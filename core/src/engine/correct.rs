//! A member corrects what they told us (DSR-02). The record is sealed anew under a new version of the core key; the old
//! version goes after the next good backup, and with it the old value in every older one (privacy §3).

use serde::Serialize;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::policy::grant::{Grant, Use};
use crate::vault::profile::{Profile, ProfileRow};

use super::Engine;
use super::audit::{Actor, Done};
use super::commit::{IdempotencyKey, Verb};
use super::enrol::duplicate_check;
use super::receipt::{Corrected, Receipt};
use super::rows::{MEMBERS, MemberRow, SIGN_INS};
use super::work::{Stop, Work};

impl Engine {
    /// Puts another name and mobile number in the place of those that are kept. A changed number is again a claim.
    ///
    /// # Errors
    /// [`Refusal::BadName`] and [`Refusal::BadMobile`]; [`Refusal::TokenUnknown`] when the grant is for somebody else;
    /// [`Refusal::KeysFailed`] and the store's.
    pub fn correct(
        &self,
        key: &IdempotencyKey,
        member: MemberId,
        (name, mobile): (&str, &str),
        device: &str,
        leave: &Grant,
    ) -> Result<Corrected, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let profile = Profile::parse(name, mobile)?;
        let account = self.keys.account_of(member)?;
        let before = self.read(|view| view.member(member))?;
        let before = before.told.profile.to_profile();
        // A key that was seen before changes nothing, and draws nothing.
        if self.earlier(key)?.is_none() {
            // Durable before anything is sealed under it. A command that is not carried out leaves a version that no row has.
            let renewed = self.keys.keybox().renew_core(&member, self.entropy.seed());
            renewed.map_err(|_| Refusal::KeysFailed)?;
        }
        let correct = Correct {
            said: (name.to_owned(), mobile.to_owned()),
            account,
            member,
            profile: ProfileRow::of(&profile),
            device: device.to_owned(),
        };
        let answer = self.run(key, correct)?;
        if !answer.repeated {
            let check = duplicate_check()?;
            self.phones.remove(before.mobile.disclose(&check), &member);
            self.phones.add(profile.mobile.disclose(&check), member);
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

/// A member, and the version of the core key before which none is needed any more.
pub type Retired = (MemberId, u32);

/// Writes a member's core rows again, under the newest version of the key.
fn reseal(work: &mut Work<'_>, member: MemberId) -> Result<(), Stop> {
    let row = work.view().member(member)?;
    let attempts = work.view().sign_ins(member)?;
    let key = member.as_bytes();
    work.put_core(member, &MEMBERS, key, &MemberRow::V3(row))?;
    work.put_core(member, &SIGN_INS, key, &attempts)
}

/// Seals a corrected record.
struct Correct {
    said: (String, String),
    account: AccountId,
    member: MemberId,
    profile: ProfileRow,
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
        row.told.profile = self.profile.clone();
        let handle = row.handle;
        let attempts = work.view().sign_ins(self.member)?;
        let key = self.member.as_bytes();
        work.put_core(self.member, &MEMBERS, key, &MemberRow::V3(row))?;
        work.put_core(self.member, &SIGN_INS, key, &attempts)?;
        work.act(Done {
            actor: Actor::member(Handle::from_bytes(handle), &self.device),
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
