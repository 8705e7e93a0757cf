//! A member's postal address: under a key of its own, drawn when the address is given and destroyed when letters are no
//! longer wanted (COL-03, privacy §2).

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::policy::consent::{ConsentEvent, Decision};
use crate::policy::grant::{Grant, Use};
use crate::policy::purpose::Purpose;
use crate::vault::address::{Address, AddressError, AddressRow};
use crate::vault::keybox::KeyboxError;

use super::Engine;
use super::audit::{Actor, Done};
use super::rows::{ByRole, ErasureV1, INTENTS, IntentRow, KeyGroup, POSTAL, PostalRow, ReceiptKey};
use super::work::{Stop, View, Work};

impl Engine {
    /// Keeps an address of a member who wants letters.
    ///
    /// # Errors
    /// [`Refusal::BadAddress`]; [`Refusal::ConsentNeeded`] without a standing consent to direct mail;
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else; [`Refusal::KeysFailed`] and the store's.
    pub fn set_address(
        &self,
        member: MemberId,
        (lines, postcode): (&str, &str),
        device: &str,
        leave: &Grant,
    ) -> Result<(), Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let address = Address::parse(lines, postcode)?;
        let row = self.read(|view| view.member(member))?;
        if !wants_letters(&row.told.consents) {
            return Err(Refusal::ConsentNeeded);
        }
        // Not while the key is being destroyed.
        let _turn = self.destroying()?;
        let keybox = self.keys.keybox();
        match keybox.add_postal(&member, self.entropy.seed()) {
            Ok(()) | Err(KeyboxError::Taken) => {}
            Err(_) => return Err(Refusal::KeysFailed),
        }
        let (kept, device) = (AddressRow::of(&address), device.to_owned());
        self.member_work(member, move |work| {
            let handle = work.view().member(member)?.handle;
            let row = PostalRow::V1(kept.clone());
            put(work, member, &row)?;
            work.act(Done {
                actor: Actor::member(Handle::from_bytes(handle), &device),
                act: Act::AddressSet,
                subject: Some(Handle::from_bytes(handle)),
                fields: &["address", "postcode"],
                because: ("direct_mail", "consent"),
            })?;
            Ok(())
        })
    }

    /// Destroys the key of a member's address, and the row with it.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when there is no address or the grant is for somebody else; [`Refusal::KeysFailed`] and
    /// the store's.
    pub fn erase_address(
        &self,
        member: MemberId,
        device: &str,
        leave: &Grant,
    ) -> Result<(), Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let _turn = self.destroying()?;
        if !self.has_postal(member) {
            return Err(Refusal::TokenUnknown);
        }
        let request = self.begin_address_erasure(member, device)?;
        self.carry_out(request)
    }

    /// The row goes, and the intent says that the key has to: a start that finds it goes on from there.
    pub(super) fn begin_address_erasure(
        &self,
        member: MemberId,
        device: &str,
    ) -> Result<ReceiptKey, Refusal> {
        let request = self
            .entropy
            .seed()
            .first_chunk()
            .copied()
            .unwrap_or_default();
        let device = device.to_owned();
        self.member_work(member, move |work| intend(work, member, request, &device))?;
        Ok(request)
    }

    /// A member's address, for that member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else, and the store's.
    pub fn own_address(&self, member: MemberId, leave: &Grant) -> Result<Option<Address>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| {
            let row = view.address(member)?;
            Ok(row.map(|PostalRow::V1(row)| row.to_address()))
        })
    }
}

/// The row goes, and an intent says that the key has to.
pub(super) fn intend(
    work: &mut Work<'_>,
    member: MemberId,
    request: ReceiptKey,
    device: &str,
) -> Result<(), Stop> {
    let handle = work.view().member(member)?.handle;
    work.delete(POSTAL.table(), member.as_bytes())?;
    let erasure = ErasureV1 {
        at: work.now,
        by: (
            Handle::from_bytes(handle).to_string(),
            ByRole::Member,
            device.to_owned(),
        ),
        handle,
        groups: vec![KeyGroup::Postal],
        forfeited: Points::ZERO,
        released: Points::ZERO,
        recipients: Vec::new(),
    };
    let intent = IntentRow::V1 { member, erasure };
    work.put_plain(&INTENTS, &request, &intent)
}

/// Whether the last answer about letters was a yes.
fn wants_letters(consents: &[ConsentEvent]) -> bool {
    let mut about = consents
        .iter()
        .filter(|event| event.purpose == Purpose::DirectMail);
    about
        .next_back()
        .is_some_and(|event| event.decision == Decision::Given)
}

impl View<'_> {
    /// A member's address, if there is one and its key.
    pub(crate) fn address(&self, member: MemberId) -> Result<Option<PostalRow>, Stop> {
        let keybox = self.keys.keybox();
        let keys = keybox.of_member(&member);
        match keys.and_then(|keys| keys.postal(keybox.install())) {
            Some(codec) => Ok(POSTAL.row(self.tx, &codec, member.as_bytes())?),
            None => Ok(None),
        }
    }
}

fn put(work: &mut Work<'_>, member: MemberId, row: &PostalRow) -> Result<(), Stop> {
    let keybox = work.keys().keybox();
    let keys = keybox.of_member(&member).ok_or(Refusal::TokenUnknown)?;
    let codec = keys.postal(keybox.install()).ok_or(Refusal::TokenUnknown)?;
    work.put_under(&codec, &POSTAL, member.as_bytes(), row)
}

impl From<AddressError> for Refusal {
    fn from(_: AddressError) -> Self {
        Self::BadAddress
    }
}
