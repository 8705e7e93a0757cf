//! The staff read fields of a member: exactly those that were granted, each as it may be shown, and never without a line
//! in the audit (ACC-04).

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::domain::programme::{Tier, Versions};
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::ledger::account::LedgerError;
use crate::policy::access::{Cause, FieldName, Operation, Sight};
use crate::policy::grant::{Grant, Use};
use crate::policy::notice::Language;
use crate::vault::tokens::{CardNumber, Prefix};

use super::super::audit::{Actor, Done};
use super::super::logins::logins_of;
use super::super::looks::Look;
use super::super::rows::{MemberV3, PostalRow};
use super::super::work::{Stop, View, Work};
use super::OnDuty;

/// What stands in the place of a value that is hidden whole.
const HIDDEN: &str = "****";

/// A field as it was shown to staff.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// Which.
    pub field: FieldName,
    /// How.
    pub sight: Sight,
    /// The values: most fields have one, some none.
    pub values: Vec<String>,
}

impl core::fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "Shown({:?})", self.field)
    }
}

/// What values are read by: the shop's prefix of cards, the time, and the programme.
pub(in crate::engine) type Place<'a> = (Prefix, Moment, &'a Versions);

/// The fields of a member that a grant opens for this operation.
///
/// # Errors
/// [`Refusal::NotGranted`] for a field that the grant does not open; [`Refusal::TokenUnknown`] without a record.
pub(in crate::engine) fn show(
    view: &View<'_>,
    member: MemberId,
    grant: &Grant,
    operation: Operation,
    fields: &[FieldName],
    place: Place<'_>,
) -> Result<Vec<Shown>, Stop> {
    let row = view.member(member)?;
    let mut shown = Vec::new();
    for field in fields.iter().copied() {
        let sight = grant
            .sight(&member, field)
            .filter(|_| grant.covers(&member, Use::Staff(operation, field)));
        let sight = sight.ok_or(Refusal::NotGranted)?;
        let mut values = values(view, (member, &row), field, grant, place)?;
        if sight == Sight::Masked {
            for value in &mut values {
                *value = masked_value(field, &row, value);
            }
        }
        shown.push(Shown {
            field,
            sight,
            values,
        });
    }
    Ok(shown)
}

/// The values of a field, in the clear.
fn values(
    view: &View<'_>,
    (member, row): (MemberId, &MemberV3),
    field: FieldName,
    grant: &Grant,
    (prefix, now, versions): Place<'_>,
) -> Result<Vec<String>, Stop> {
    let profile = row.told.profile.to_profile();
    let account = || -> Result<_, Stop> {
        let (_, desk) = view.desk(view.keys.account_of(member)?, now, versions)?;
        Ok(desk.account)
    };
    Ok(match field {
        FieldName::Name => vec![profile.name.disclose(grant).as_str().to_owned()],
        FieldName::Mobile => vec![profile.mobile.disclose(grant).e164().to_owned()],
        FieldName::Address | FieldName::Postcode => {
            let address = view.address(member)?;
            let address = address.map(|PostalRow::V1(row)| row.to_address());
            let text = address.map(|address| {
                let of = if field == FieldName::Address {
                    &address.lines
                } else {
                    &address.postcode
                };
                of.disclose(grant).as_str().to_owned()
            });
            text.into_iter().collect()
        }
        FieldName::CardNumber => {
            let card = CardNumber::parse(&row.told.card.0, prefix);
            vec![card.map_err(|_| Refusal::StoreDamaged)?.grouped()]
        }
        FieldName::State => vec![account()?.state.to_string()],
        FieldName::Tier => vec![tier_word(account()?.tier()).to_owned()],
        FieldName::Points => {
            let balance = account()?.balance().ok_or(LedgerError::Overflow)?;
            vec![Points::count(balance).to_string()]
        }
        FieldName::Consents => {
            let lines = row.told.consents.iter().map(|event| {
                let decision = format!("{:?}", event.decision).to_lowercase();
                format!(
                    "{} {decision} {}",
                    event.purpose.as_str(),
                    event.at.to_rfc3339()
                )
            });
            lines.collect()
        }
        FieldName::LogIns => {
            let lines = logins_of(view, member)?.into_iter().map(|login| {
                let word = if login.success { "success" } else { "attempt" };
                format!("{} {} {word}", login.at.to_rfc3339(), login.device)
            });
            lines.collect()
        }
        FieldName::Language => vec![language_word(row.told.language).to_owned()],
        // No way leads from here to what the table grants to nobody.
        FieldName::Identity
        | FieldName::Credential
        | FieldName::Purchases
        | FieldName::Feedback => return Err(Refusal::NotGranted.into()),
    })
}

/// A value with its middle hidden (SEC-02).
fn masked_value(field: FieldName, row: &MemberV3, value: &str) -> String {
    match field {
        FieldName::Name => row.told.profile.to_profile().masked_name(),
        FieldName::Mobile => row.told.profile.to_profile().masked_mobile(),
        FieldName::CardNumber => {
            let digits: Vec<char> = value.chars().filter(char::is_ascii_digit).collect();
            let tail: String = digits
                .get(digits.len().saturating_sub(4)..)
                .unwrap_or_default()
                .iter()
                .collect();
            format!("{HIDDEN} {tail}")
        }
        FieldName::Language => value.to_owned(),
        FieldName::Address
        | FieldName::Postcode
        | FieldName::Identity
        | FieldName::Credential
        | FieldName::State
        | FieldName::Tier
        | FieldName::Points
        | FieldName::Purchases
        | FieldName::Consents
        | FieldName::Feedback
        | FieldName::LogIns => HIDDEN.to_owned(),
    }
}

/// Notes that somebody of the staff looked at these fields of a member: a line of the audit, in the transaction of the
/// look.
pub(in crate::engine) fn looked(
    work: &mut Work<'_>,
    member: MemberId,
    duty: &OnDuty,
    fields: &[FieldName],
    (purpose, ticket): (Cause, Option<&str>),
) -> Result<(), Stop> {
    let handle = Handle::from_bytes(work.view().member(member)?.handle);
    let done = Done {
        actor: Actor::staff(&duty.name, &duty.device),
        act: Act::Looked,
        subject: Some(handle),
        fields: &[],
        because: (purpose.word(), "agreement"),
    };
    let words: Vec<&str> = fields.iter().map(|field| field.word()).collect();
    work.act_on(done, &words, ticket)?;
    let look = Look {
        at: work.now,
        who: duty.name.clone(),
        role: "staff".to_owned(),
        fields: fields.iter().map(|field| field.field()).collect(),
        purpose: purpose.word().to_owned(),
        basis: "agreement".to_owned(),
        ticket: ticket.map(str::to_owned),
    };
    work.note_look(member, &look)
}

const fn tier_word(tier: Tier) -> &'static str {
    match tier {
        Tier::Ordinary => "ordinary",
        Tier::Senior => "senior",
    }
}

/// The word for a language.
pub(in crate::engine) const fn language_word(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh-CN",
        Language::En => "en",
    }
}
