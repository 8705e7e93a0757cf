//! What members see of themselves, and the index of phones that is kept in memory alone (privacy §1).

use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::consent::ConsentEvent;
use crate::policy::grant::{Grant, Use};
use crate::policy::notice::Language;
use crate::store::StoreError;
use crate::vault::phone_index::PhoneIndex;
use crate::vault::profile::Profile;
use crate::vault::tokens::CardNumber;

use super::Engine;
use super::enrol::duplicate_check;
use super::work::{Stop, View};

/// Who a member is, to the member.
#[derive(Debug)]
pub struct OwnData {
    /// Name and mobile number.
    pub profile: Profile,
    /// The card.
    pub card: CardNumber,
    /// Every answer about an optional purpose, the earliest first.
    pub consents: Vec<ConsentEvent>,
    /// The language of the registration.
    pub language: Language,
    /// When they became a member.
    pub enrolled_at: Moment,
}

impl Engine {
    /// A member's account.
    pub fn account_of_member(&self, member: MemberId) -> Result<AccountId, Refusal> {
        self.keys.account_of(member)
    }

    /// The member whose account it is.
    pub fn member_of_account(&self, account: AccountId) -> Result<MemberId, Refusal> {
        self.keys.member_of(account)
    }

    /// The account that a card leads to: for whoever works on the shop's own machine.
    pub fn account_of_card(&self, card: &str) -> Result<AccountId, Refusal> {
        let card = CardNumber::parse(card, self.settings.prefix);
        let card = card.map_err(|_| Refusal::TokenUnknown)?;
        self.keys.account_of(self.member_of_card(&card)?)
    }

    /// What a member told us, for that member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else, and the store's.
    pub fn own_data(&self, member: MemberId, leave: &Grant) -> Result<OwnData, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let prefix = self.settings.prefix;
        self.read(|view| {
            let row = view.member(member)?.told;
            let card = CardNumber::parse(&row.card.0, prefix);
            Ok(OwnData {
                profile: row.profile.to_profile(),
                card: card.map_err(|_| Refusal::StoreDamaged)?,
                consents: row.consents,
                language: row.language,
                enrolled_at: row.enrolled_at,
            })
        })
    }
}

/// Builds the index of phones from the members' rows. A member whose row is not there has keys alone: the command was
/// never committed. One whose row is damaged is left out, so that the shop opens and `verify` can name the row.
pub(crate) fn index_phones(view: &View<'_>, phones: &PhoneIndex) -> Result<(), Stop> {
    let leave = duplicate_check()?;
    for member in view.keys.keybox().members() {
        match view.member(member) {
            // It lives on in another record of the same person.
            Ok(_) if view.here_member(member)? != member => {}
            Ok(row) => {
                phones.add(
                    row.told.profile.to_profile().mobile.disclose(&leave),
                    member,
                );
            }
            Err(Stop::Refused(Refusal::TokenUnknown) | Stop::Store(StoreError::Damaged(_))) => {}
            Err(stop) => return Err(stop),
        }
    }
    Ok(())
}
