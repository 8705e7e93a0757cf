//! The staff search a member by card or phone, and see who it is, masked (EXT-01).

use zeroize::Zeroizing;

use crate::audit::Act;
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::policy::access::{FieldName, Opening, Operation};
use crate::policy::grant::{Ask, decide};
use crate::vault::profile::Mobile;
use crate::vault::tokens::CardNumber;

use super::super::Engine;
use super::super::audit::{Actor, Done};
use super::super::enrol::duplicate_check;
use super::super::work::{Stop, View};
use super::{OnDuty, Shown, show};

/// The most rows of any list that names members.
pub const ROWS_MAX: usize = 20;
/// What a search shows.
const FIELDS: [FieldName; 3] = [FieldName::Name, FieldName::Mobile, FieldName::CardNumber];

/// What is searched.
pub enum Sought<'a> {
    /// A card number.
    Card(&'a str),
    /// A mobile number: members whose number it is, or was claimed to be.
    Mobile(&'a str),
}

impl core::fmt::Debug for Sought<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Sought(..)")
    }
}

/// A member that was found.
#[derive(Clone, PartialEq, Eq)]
pub struct FoundMember {
    /// Who: for the program, and for no page.
    pub member: MemberId,
    /// Name, mobile number and card number, masked.
    pub shown: Vec<Shown>,
}

impl core::fmt::Debug for FoundMember {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("FoundMember(..)")
    }
}

impl Engine {
    /// Searches members: twenty at most, masked. Each search is in the audit, with how many it found.
    ///
    /// # Errors
    /// Those of [`Engine::leave`], [`Refusal::BadMobile`] for what is no number, and the store's. A card that nobody has
    /// finds nobody.
    pub fn search_members(
        &self,
        duty: &OnDuty,
        sought: &Sought<'_>,
    ) -> Result<Vec<FoundMember>, Refusal> {
        let house = self.house();
        // Nobody searches without leave, and nobody learns by the refusal what there is.
        let now = self.now();
        self.read(|view| house.leaves(view, duty, now, Operation::SearchMember, &FIELDS))?;
        let mut members = self.sought(sought)?;
        members.sort_unstable();
        members.truncate(ROWS_MAX);
        let (duty, prefix, versions) = (duty.clone(), self.settings.prefix, self.versions());
        self.node_work(move |work| {
            let view = work.view();
            let leaves = house.leaves(&view, &duty, work.now, Operation::SearchMember, &FIELDS)?;
            let opening = Opening::of(&leaves, None).map_err(Refusal::from)?;
            let mut found = Vec::new();
            for member in members.iter().copied() {
                let grant = decide(&Ask::Staff { member, opening }).map_err(Refusal::from)?;
                let place = (prefix, work.now, &*versions);
                match show(
                    &view,
                    member,
                    &grant,
                    Operation::SearchMember,
                    &FIELDS,
                    place,
                ) {
                    Ok(shown) => found.push(FoundMember { member, shown }),
                    // Keys without a row, or somebody who is being erased.
                    Err(Stop::Refused(Refusal::TokenUnknown)) => {}
                    Err(stop) => return Err(stop),
                }
            }
            let act = Act::Searched {
                found: u64::try_from(found.len()).unwrap_or(u64::MAX),
            };
            let done = Done {
                actor: Actor::staff(&duty.name, &duty.device),
                act,
                subject: None,
                fields: &[],
                because: ("service", "agreement"),
            };
            work.act_on(done, &FIELDS.map(FieldName::word), None)?;
            Ok(found)
        })
    }

    fn sought(&self, sought: &Sought<'_>) -> Result<Vec<MemberId>, Refusal> {
        match sought {
            Sought::Card(card) => {
                let card = Zeroizing::new((*card).to_owned());
                let card = CardNumber::parse(&card, self.settings.prefix).ok();
                let member = card.and_then(|card| self.member_of_card(&card).ok());
                Ok(member.into_iter().collect())
            }
            Sought::Mobile(mobile) => {
                let mobile = Mobile::parse(mobile).map_err(|_| Refusal::BadMobile)?;
                let _leave = duplicate_check()?;
                Ok(self.phones.others(&mobile))
            }
        }
    }
}

/// Name and mobile number of a member, masked, for a list that names them.
pub(in crate::engine) fn masked_member(
    view: &View<'_>,
    member: MemberId,
) -> Result<(String, String), Stop> {
    let profile = view.member(member)?.told.profile.to_profile();
    Ok((profile.masked_name(), profile.masked_mobile()))
}
