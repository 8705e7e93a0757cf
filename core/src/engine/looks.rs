//! Members see who looked (privacy §7). Whoever reads a member's data for the staff notes it in the same transaction as
//! the leaf of the act.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::catalogue::Field;
use crate::policy::grant::{Grant, Use};
use crate::store::StoreError;
use crate::store::key::of_u64;
use crate::store::row::Sealed;

use super::Engine;
use super::rows::{LOOKS, LookRow, MEMBERS, MemberRow, MemberV3};
use super::work::{Stop, View, Work};

/// One look at a member's data by somebody of the staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// When.
    pub at: Moment,
    /// Who: the name of the account.
    pub who: String,
    /// In which role.
    pub role: String,
    /// At which fields.
    pub fields: Vec<Field>,
    /// What for.
    pub purpose: String,
    /// By what right.
    pub basis: String,
    /// The number of the request or approval that it belongs to.
    pub ticket: Option<String>,
}

impl Work<'_> {
    /// Notes that somebody of the staff looks at a member's data. It is called in the transaction that notes the act.
    pub(crate) fn note_look(&mut self, member: MemberId, look: &Look) -> Result<(), Stop> {
        let mut row = self.view().member(member)?;
        let number = self.number();
        let look = LookRow::V1 {
            at: look.at,
            who: look.who.clone(),
            role: look.role.clone(),
            fields: look
                .fields
                .iter()
                .map(|field| field.word().to_owned())
                .collect(),
            purpose: look.purpose.clone(),
            basis: look.basis.clone(),
            ticket: look.ticket.clone(),
            previous: row.last_look.replace(number),
        };
        self.put_core(member, &LOOKS, &of_u64(number), &look)?;
        self.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))
    }
}

impl View<'_> {
    /// The looks at a member's data with their numbers, the newest first.
    pub(crate) fn looks(
        &self,
        member: MemberId,
        row: &MemberV3,
    ) -> Result<Vec<(u64, LookRow)>, Stop> {
        let mut looks = Vec::new();
        let mut next = row.last_look;
        while let Some(number) = next {
            let look = self.core_at(member, &LOOKS, &of_u64(number))?;
            let look = look.ok_or_else(|| StoreError::Damaged("a look is missing".to_owned()))?;
            let LookRow::V1 { previous, .. } = &look;
            next = previous.filter(|previous| *previous < number);
            looks.push((number, look));
        }
        Ok(looks)
    }

    /// A row under any key that is sealed under whichever of the member's core keys opens it.
    pub(crate) fn core_at<R: Serialize + DeserializeOwned>(
        &self,
        member: MemberId,
        table: &Sealed<R>,
        key: &[u8],
    ) -> Result<Option<R>, Stop> {
        let Some(value) = self.tx.value(table.table(), key)? else {
            return Ok(None);
        };
        let mut read = Err(Refusal::TokenUnknown.into());
        for codec in self.keys.core_versions(member)? {
            match table.read(&codec, key, &value) {
                Ok(row) => return Ok(Some(row)),
                Err(error) => read = Err(Stop::from(error)),
            }
        }
        read
    }
}

impl Engine {
    /// Who looked at a member's data, the earliest first: for that member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else, and the store's.
    pub fn looks(&self, member: MemberId, leave: &Grant) -> Result<Vec<Look>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| {
            let mut looks = Vec::new();
            for member in view.person(member)? {
                looks.extend(view.looks(member, &view.member(member)?)?);
            }
            // Those of one moment in the order in which they were written.
            looks.sort_by_key(|(number, _)| *number);
            looks.into_iter().map(|(_, row)| look(row)).collect()
        })
    }

    /// Who was given a member's data, for that member (DSR-07).
    ///
    /// # Errors
    /// As for [`Self::looks`].
    pub fn recipients(&self, member: MemberId, leave: &Grant) -> Result<Vec<String>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| {
            let mut recipients = Vec::new();
            for member in view.person(member)? {
                let named = view.member(member)?.recipients;
                recipients.extend(named);
            }
            recipients.sort_unstable();
            recipients.dedup();
            Ok(recipients)
        })
    }
}

fn look(
    LookRow::V1 {
        at,
        who,
        role,
        fields,
        purpose,
        basis,
        ticket,
        previous: _,
    }: LookRow,
) -> Result<Look, Stop> {
    let field = |word: &String| {
        let unknown = |_| StoreError::Damaged("a look at a field that never was".to_owned());
        Field::of_word(word).map_err(unknown)
    };
    Ok(Look {
        at,
        who,
        role,
        fields: fields.iter().map(field).collect::<Result<_, _>>()?,
        purpose,
        basis,
        ticket,
    })
}
