//! A member's own data: all that is kept about one person, for that person (DSR-01, DSR-06).
//!
//! Each stored type is taken apart here with [`crate::told!`], in `person`, `account` and `purchases`: a part that no field
//! of the catalogue declares does not compile.

mod person;
mod account;
mod purchases;
mod words;
mod kept;
mod rights;

pub use kept::tables_of;
pub use rights::{CONFIRM_DAYS, Unconfirmed};

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::MemberId;
use crate::domain::programme::Versions;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::policy::catalogue::{Field, Mask, Record, Value};
use crate::policy::grant::{Ask, Grant, Use, decide};
use crate::policy::notice::Language;
use crate::vault::profile::Mobile;

use super::Engine;
use super::audit::{Actor, Done};
use super::work::{Stop, View};

/// All that is kept about one member, field by field. Its `Debug` prints none of it.
#[derive(Clone, Debug)]
pub struct OwnView {
    /// As of when.
    pub at: Moment,
    /// The language of the explanations in it.
    pub language: Language,
    /// The fields that have a value, each with it.
    pub record: Record,
}

impl OwnView {
    /// The same as a screen shows it before the PIN is given again (SEC-02).
    pub fn masked(self) -> Self {
        let record = self.record.masked(&mask);
        Self { record, ..self }
    }
}

/// A mobile number is masked as everywhere else, whatever its country; all else as the catalogue says.
fn mask(mask: Mask, text: &str) -> String {
    match mask {
        Mask::Mobile => {
            let mobile = Mobile::parse(text);
            mobile.map_or_else(|_| mask.apply(text), |mobile| mobile.masked())
        }
        Mask::Plain | Mask::Name | Mask::Identity | Mask::Card | Mask::Hidden => mask.apply(text),
    }
}

impl Engine {
    /// All that is kept about a member, in clear, for that member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else or there is no such member, and the store's.
    pub fn own_view(
        &self,
        member: MemberId,
        language: Language,
        leave: &Grant,
    ) -> Result<OwnView, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let (now, versions) = (self.now(), self.versions());
        self.read(|view| gather(view, member, (now, &versions), language, leave))
    }

    /// The same for a copy that leaves the house, with the line of it in the audit (DSR-06). `form` is the word for the
    /// copy's form.
    ///
    /// # Errors
    /// As for [`Self::own_view`].
    pub fn take_copy(
        &self,
        member: MemberId,
        language: Language,
        (form, device): (&'static str, &str),
        leave: &Grant,
    ) -> Result<OwnView, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let (versions, device) = (self.versions(), device.to_owned());
        self.member_work(member, move |work| {
            // The one that was looked at above does not live as long as the transaction.
            let ask = Ask::OwnData {
                signed_in: member,
                member,
            };
            let leave = decide(&ask).map_err(|_| Refusal::TokenUnknown)?;
            let at = (work.now, &*versions);
            let own = gather(&work.view(), member, at, language, &leave)?;
            let handle = Handle::from_bytes(work.view().member(member)?.handle);
            work.act(Done {
                actor: Actor::member(handle, &device),
                act: Act::CopyTaken {
                    form: Text::fitted(form),
                },
                subject: Some(handle),
                fields: &["all"],
                because: ("member_rights", "request"),
            })?;
            Ok(own)
        })
    }
}

/// What is told about one member, and what all parts of it are written by.
struct Teller<'a> {
    view: &'a View<'a>,
    versions: &'a Versions,
    now: Moment,
    language: Language,
    /// Decimals of the shop's currency.
    exponent: u32,
}

fn gather(
    view: &View<'_>,
    member: MemberId,
    (now, versions): (Moment, &Versions),
    language: Language,
    leave: &Grant,
) -> Result<OwnView, Stop> {
    let programme = versions.at(now).ok_or(Refusal::BeforeProgramme)?;
    let teller = Teller {
        view,
        versions,
        now,
        language,
        exponent: programme.currency.exponent,
    };
    let account = view.keys.account_of(member)?;
    let mut record = teller.person(member, leave)?;
    record.join(teller.account(account)?);
    record.join(teller.logins(member)?);
    record.tell(Field::MemberNumber, there(true));
    record.tell(Field::AccountNumber, there(true));
    Ok(OwnView {
        at: now,
        language,
        record,
    })
}

/// That there is something which is not shown.
fn there(is_there: bool) -> Value {
    if is_there {
        Value::Withheld
    } else {
        Value::Nothing
    }
}

/// A link from row to row, which says nothing about anybody; or what is told beside it in full.
fn link<T>(_: T) {}

#[cfg(test)]
#[cfg(feature = "redb")]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "the numbers are small, and a panic is a failed test"
)]
mod tests;
