//! A person becomes a member (MEM-01, MEM-03, MEM-04). What they told us is sealed under a key of their own, and the card
//! they take home is the only thing that leads to it. Known and unknown phones are treated alike.

use serde::Serialize;

use crate::audit::{Act, Handle};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::refusal::{AccountState, Refusal};
use crate::ledger::account::Account;
use crate::ledger::desk::Desk;
use crate::ledger::entry::Movement;
use crate::policy::agreement::{Acceptance, AgreementAccepted, AgreementRefused, accept};
use crate::policy::consent::{ConsentError, ConsentEvent, at_registration};
use crate::policy::grant::{Ask, Grant, decide};
use crate::policy::notice::Language;
use crate::vault::keybox::TokenHash;
use crate::vault::pin::{Pin, PinError, Verifier, VerifierRow};
use crate::vault::profile::{Profile, ProfileError, ProfileRow};
use crate::vault::tokens::CardNumber;

use super::audit::{Actor, Done};
use super::commit::{IdempotencyKey, Verb, body_of};
use super::receipt::{Joined, Outcome, Receipt};
use super::rows::{CardDigits, Head, MEMBERS, MemberRow, MemberV1, MemberV3};
use super::work::{Stop, Work, looks_at_days};
use super::{Engine, Review};

/// What an applicant filled in. It is parsed here and nowhere else, and it prints nothing.
pub struct Application<'a> {
    /// The language of what they were shown.
    pub language: Language,
    /// Their name, as they wish to be called.
    pub name: &'a str,
    /// Their mobile number.
    pub mobile: &'a str,
    /// The PIN they chose.
    pub pin: &'a str,
    /// Whether they confirmed to be 18 or older.
    pub age_attested: bool,
    /// The agreement they accepted.
    pub agreement: Acceptance<'a>,
    /// The version of the notice they were shown.
    pub notice_version: &'a str,
    /// The boxes of the form by their purposes, and whether they were ticked.
    pub consents: &'a [(&'a str, bool)],
    /// The kiosk.
    pub device: &'a str,
}

impl core::fmt::Debug for Application<'_> {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str("Application(..)")
    }
}

/// A new member's card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enrolled {
    /// The card number.
    pub card: CardNumber,
    /// What the member may do.
    pub state: AccountState,
    /// Whether this is the answer to an earlier try.
    pub repeated: bool,
}

impl Engine {
    /// Enrols an applicant.
    ///
    /// # Errors
    /// In this order: `key_reused`, `bad_name`, `bad_mobile`, `pin_shape`, `pin_common`, `age_needed`, `agreement_needed`,
    /// `notice_outdated`, `bad_consent`, `try_again` when too many PINs are being hashed, and the store's. Nothing is
    /// written by a refused application.
    pub fn enrol(
        &self,
        key: &IdempotencyKey,
        application: &Application<'_>,
    ) -> Result<Enrolled, Refusal> {
        let said = Said::of(application);
        let body = body_of(Enrol::NAME, &said)?;
        if let Some(enrolled) = self.enrolled_before(key, body)? {
            return Ok(enrolled);
        }

        let notice = self.notice()?;
        let now = self.now();
        let profile = Profile::parse(application.name, application.mobile)?;
        let pin = Pin::parse(application.pin, &[application.mobile, application.name])?;
        if !application.age_attested {
            return Err(Refusal::AgeNeeded);
        }
        let agreement = accept(&notice, &application.agreement, application.language, now)?;
        if application.notice_version != notice.version() {
            return Err(Refusal::NoticeOutdated);
        }
        let consents = at_registration(
            &notice,
            application.consents,
            application.language,
            application.device,
            now,
        )?;
        let verifier = self.verifier(&pin)?;

        let card = self.draw_card();
        let account = self.draw_account_id();
        let member = self.admit(account, &[TokenHash::from_bytes(card.sha256())])?;
        let leave = duplicate_check()?;
        // The index is asked and added to whatever it says: both kinds of phones take the same way.
        let mobile = profile.mobile.disclose(&leave);
        let others = self.phones.others(mobile);
        let enrol = Enrol {
            said,
            account,
            member,
            profile: ProfileRow::of(&profile),
            verifier: VerifierRow::of(&verifier),
            card: card.clone(),
            agreement,
            consents,
            language: application.language,
            device: application.device.to_owned(),
            possible_duplicate: !others.is_empty(),
            review: self.settings.review,
        };
        match self.run(key, enrol) {
            Ok(_) => {
                self.phones.add(mobile, member);
                let state = self.settings.review.state();
                Ok(Enrolled {
                    card,
                    state,
                    repeated: false,
                })
            }
            // The same application was sent twice at once, and the other one was faster.
            Err(Refusal::KeyReused) => self.enrolled_before(key, body)?.ok_or(Refusal::KeyReused),
            Err(refusal) => Err(refusal),
        }
    }

    /// The answer to an earlier try of the same application.
    fn enrolled_before(
        &self,
        key: &IdempotencyKey,
        body: [u8; 32],
    ) -> Result<Option<Enrolled>, Refusal> {
        let Some((_, earlier, outcome)) = self.earlier(key)? else {
            return Ok(None);
        };
        match outcome {
            Outcome::Done(Receipt::Joined(joined)) if earlier == body => {
                let card = CardNumber::parse(&joined.card, self.settings.prefix);
                Ok(Some(Enrolled {
                    card: card.map_err(|_| Refusal::StoreDamaged)?,
                    state: joined.state,
                    repeated: true,
                }))
            }
            Outcome::Refused(refusal) if earlier == body => Err(refusal),
            Outcome::Done(_) | Outcome::Refused(_) => Err(Refusal::KeyReused),
        }
    }

    /// What is kept of a PIN. Hashing takes time and memory, so few run at once.
    pub(super) fn verifier(&self, pin: &Pin) -> Result<Verifier, Refusal> {
        let seed = self.entropy.seed();
        let salt = seed.first_chunk().copied().unwrap_or_default();
        let made = self.gate.run(|| Verifier::make(pin, salt));
        made.ok_or(Refusal::Busy)?.map_err(|_| Refusal::Busy)
    }
}

/// Leave to look at phones alone.
pub(crate) fn duplicate_check() -> Result<Grant, Refusal> {
    decide(&Ask::DuplicateCheck).map_err(|_| Refusal::TokenUnknown)
}

impl Review {
    /// What a new member may do.
    const fn state(self) -> AccountState {
        match self {
            Self::None => AccountState::Active,
            Self::Pending => AccountState::Pending,
        }
    }
}

/// What makes two applications the same. Its hash is kept inside the sealed answer alone (semantics 34).
#[derive(Clone, Serialize)]
struct Said {
    language: &'static str,
    name: String,
    mobile: String,
    age_attested: bool,
    agreement: (&'static str, String, bool),
    notice_version: String,
    consents: Vec<(String, bool)>,
}

impl Said {
    fn of(application: &Application<'_>) -> Self {
        let agreement = &application.agreement;
        let consents = application.consents.iter();
        Self {
            language: application.language.tag(),
            name: application.name.to_owned(),
            mobile: application.mobile.to_owned(),
            age_attested: application.age_attested,
            agreement: (
                agreement.kind.as_str(),
                agreement.version.to_owned(),
                agreement.accepted,
            ),
            notice_version: application.notice_version.to_owned(),
            consents: consents
                .map(|(purpose, ticked)| ((*purpose).to_owned(), *ticked))
                .collect(),
        }
    }
}

/// Makes a member of an applicant whose keys are durable.
struct Enrol {
    said: Said,
    account: AccountId,
    member: MemberId,
    profile: ProfileRow,
    verifier: VerifierRow,
    card: CardNumber,
    agreement: AgreementAccepted,
    consents: Vec<ConsentEvent>,
    language: Language,
    device: String,
    possible_duplicate: bool,
    review: Review,
}

impl Serialize for Enrol {
    /// What was said, and nothing that was drawn.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.said.serialize(serializer)
    }
}

impl Verb for Enrol {
    const NAME: &'static str = "enrol";

    fn account(&self) -> AccountId {
        self.account
    }

    fn decide(&self, work: &mut Work<'_>) -> Result<Receipt, Stop> {
        let programme = work.programme()?;
        let state = self.review.state();
        let on = programme.zone.day_of(work.now);
        let mut account = Account::new(on);
        account.state = state;
        account.spend.by_day = looks_at_days(work.versions, work.now);
        let mut desk = Desk::new(account, work.now, programme.zone);
        desk.post(work.now, Movement::Open { on })?;
        if state != AccountState::Active {
            desk.post(
                work.now,
                Movement::Sanction {
                    state,
                    reason: "registration.review".to_owned(),
                    actor: "jifen".to_owned(),
                },
            )?;
        }
        let told = MemberV1 {
            profile: self.profile.clone(),
            verifier: self.verifier.clone(),
            card: CardDigits(self.card.digits()),
            agreement: self.agreement.clone(),
            age_attested: true,
            consents: self.consents.clone(),
            language: self.language,
            device: self.device.clone(),
            enrolled_at: work.now,
            possible_duplicate: self.possible_duplicate,
            first_signed_in: None,
        };
        let handle = work.random();
        let member = MemberRow::V3(MemberV3::new(told, handle, Vec::new()));
        work.act(Done {
            actor: Actor::member(Handle::from_bytes(handle), &self.device),
            act: Act::Joined,
            subject: Some(Handle::from_bytes(handle)),
            fields: &["name", "mobile", "consents"],
            because: ("membership", "agreement"),
        })?;

        work.put_core(self.member, &MEMBERS, self.member.as_bytes(), &member)?;
        let head = Head {
            reference: String::new(),
            last_receipt: None,
        };
        work.finish(self.account, head, desk, programme.hash, None)?;
        Ok(Receipt::Joined(Joined {
            card: self.card.digits(),
            state,
        }))
    }
}

impl From<ProfileError> for Refusal {
    fn from(error: ProfileError) -> Self {
        match error.field() {
            "name" => Self::BadName,
            _ => Self::BadMobile,
        }
    }
}

impl From<PinError> for Refusal {
    fn from(error: PinError) -> Self {
        match error {
            PinError::Shape => Self::PinShape,
            PinError::OwnPhone | PinError::Common => Self::PinCommon,
        }
    }
}

impl From<AgreementRefused> for Refusal {
    fn from(refused: AgreementRefused) -> Self {
        match refused {
            AgreementRefused::NotAccepted | AgreementRefused::NotCurrent => Self::AgreementNeeded,
        }
    }
}

impl From<ConsentError> for Refusal {
    fn from(_: ConsentError) -> Self {
        Self::BadConsent
    }
}
