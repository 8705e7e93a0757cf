//! Fields of a member are corrected by staff: level 3 at once, levels 1 and 2 when a second person has approved it
//! (QLT-06, X-10).

use serde::Serialize;

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::{AccountId, MemberId};
use crate::policy::access::FieldName;
use crate::policy::notice::Language;
use crate::vault::personal::Personal;
use crate::vault::profile::{Mobile, Name, ProfileRow};

use super::super::audit::{Actor, Done};
use super::super::commit::Verb;
use super::super::correct::reseal;
use super::super::receipt::{Corrected, Receipt};
use super::super::rows::{MEMBERS, MemberRow};
use super::super::work::{Stop, Work};

/// Seals a corrected record. What was said is the proposal's, so its number is what makes two of these the same.
#[derive(Serialize)]
pub(in crate::engine) struct StaffCorrect {
    pub(in crate::engine) account: AccountId,
    pub(in crate::engine) proposal: u64,
    #[serde(skip)]
    pub(in crate::engine) member: MemberId,
    #[serde(skip)]
    pub(in crate::engine) name: Option<Name>,
    /// Another number is again a claim.
    #[serde(skip)]
    pub(in crate::engine) mobile: Option<Mobile>,
    #[serde(skip)]
    pub(in crate::engine) language: Option<Language>,
    #[serde(skip)]
    pub(in crate::engine) fields: Vec<FieldName>,
    #[serde(skip)]
    pub(in crate::engine) actor: Actor,
    #[serde(skip)]
    pub(in crate::engine) purpose: &'static str,
    #[serde(skip)]
    pub(in crate::engine) ticket: Option<String>,
}

impl Verb for StaffCorrect {
    const NAME: &'static str = "staff_correct";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let mut row = work.view().member(self.member)?;
        // What is not corrected stays as it is now, and not as it was when somebody looked.
        let mut profile = row.told.profile.to_profile();
        if let Some(name) = &self.name {
            profile.name = Personal::new(name.clone());
        }
        if let Some(mobile) = &self.mobile {
            if !row.has_mobile(mobile)? {
                row.verified = None;
            }
            profile.mobile = Personal::new(mobile.clone());
        }
        row.told.profile = ProfileRow::of(&profile);
        if let Some(language) = self.language {
            row.told.language = language;
        }
        let handle = Handle::from_bytes(row.handle);
        work.put_core(
            self.member,
            &MEMBERS,
            self.member.as_bytes(),
            &MemberRow::V3(row),
        )?;
        // Nothing is left under the version that goes.
        reseal(work, self.member)?;
        let done = Done {
            actor: self.actor.clone(),
            act: Act::Corrected {
                groups: vec![Text::fitted("core")],
            },
            subject: Some(handle),
            fields: &[],
            because: (self.purpose, "agreement"),
        };
        let words: Vec<&str> = self.fields.iter().map(|field| field.word()).collect();
        work.act_on(done, &words, self.ticket.as_deref())?;
        Ok(Receipt::Corrected(Corrected { at: work.now }))
    }
}
