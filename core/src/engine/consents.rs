//! What a member agrees to, now and before: answers are added and none is taken out (CON-02), they count at once (CON-05),
//! and every use asks here first (CON-06).

use crate::audit::{Act, Handle, Text};
use crate::domain::ids::MemberId;
use crate::domain::refusal::{AccountState, Refusal};
use crate::domain::time::Moment;
use crate::policy::consent::{Answered, Channel, ConsentEvent, ConsentRecord, Decision, Standing};
use crate::policy::grant::{Grant, Use};
use crate::policy::notice::{Language, Notice, Shown};
use crate::policy::purpose::Purpose;
use crate::store::StoreError;

use super::Engine;
use super::audit::{Actor, Done};
use super::postal::intend;
use super::rows::{MEMBERS, MemberRow, MemberV3, Merged, ReceiptKey};
use super::work::{Stop, View, Work};

/// Where and how a member answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The language of what is on the screen.
    pub language: Language,
    /// How it is answered.
    pub channel: Channel,
    /// The kiosk, desk or phone.
    pub device: &'a str,
}

/// Where one purpose stands for a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeStanding {
    /// Which.
    pub purpose: Purpose,
    /// Where it stands.
    pub standing: Standing,
    /// Since when: the answer that counts.
    pub since: Option<Moment>,
    /// Whether the member may be asked without having asked for it.
    pub may_ask: bool,
}

/// An answer with what proves it (CON-02): the exact text, reproduced from the notice of that version and held against the
/// hash that was kept with the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The answer as it is kept.
    pub event: ConsentEvent,
    /// What was shown, byte for byte.
    pub text: String,
}

/// The members whose data may be used for a purpose, as of one moment.
#[derive(Clone, Debug, Default)]
pub struct Reachable {
    members: Vec<MemberId>,
}

impl Reachable {
    /// How many.
    pub fn count(&self) -> usize {
        self.members.len()
    }

    /// Who, in no order that means anything.
    pub fn members(&self) -> impl Iterator<Item = MemberId> {
        self.members.iter().copied()
    }
}

impl Engine {
    /// Adds an answer of a member about a purpose. It counts at once. The same answer again changes nothing; a no after a
    /// yes is a withdrawal. Whoever takes back the yes to letters has the key of the address destroyed with it.
    ///
    /// # Errors
    /// [`Refusal::BadConsent`] for a purpose that nobody is asked about; [`Refusal::NoticeOutdated`] for a yes, or a first
    /// no, to a text that is not the current one (`notice_version`; withdrawing needs none); [`Refusal::TokenUnknown`] when
    /// the grant is for somebody else; [`Refusal::KeysFailed`] and the store's.
    pub fn answer_consent(
        &self,
        member: MemberId,
        (purpose, decision): (Purpose, Decision),
        notice_version: Option<&str>,
        asked: &Asked<'_>,
        leave: &Grant,
    ) -> Result<Standing, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let notice = self.notice()?;
        let is_current = notice_version == Some(notice.version());
        if decision != Decision::Withdrawn && !is_current {
            return Err(Refusal::NoticeOutdated);
        }
        let answered = Answered {
            language: asked.language,
            channel: asked.channel,
            device: asked.device,
            at: self.now(),
        };
        let event = ConsentEvent::new(&notice, purpose, decision, &answered)?;

        // Nobody gives an address between the answer and the end of its key.
        let turn = (purpose == Purpose::DirectMail && decision != Decision::Given)
            .then(|| self.destroying())
            .transpose()?;
        let seed = self.entropy.seed();
        let request: ReceiptKey = seed.first_chunk().copied().unwrap_or_default();
        let ends_address = turn.is_some() && self.has_postal(member);
        let (version, end) = (notice.version().to_owned(), ends_address.then_some(request));
        let standing = self.member_work(member, move |work| {
            answer(work, member, event.clone(), &version, end)
        })?;
        if ends_address {
            self.carry_out(request)?;
        }
        Ok(standing)
    }

    /// Where every optional purpose stands, for the member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else; [`Refusal::NoNotice`] and the store's.
    pub fn consents(
        &self,
        member: MemberId,
        leave: &Grant,
    ) -> Result<Vec<PurposeStanding>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        let (notice, now) = (self.notice()?, self.now());
        let events = self.read(|view| Ok(view.member(member)?.told.consents))?;
        let record = ConsentRecord::from(events);
        let standing = |purpose| {
            let about = record.events().iter().rev();
            let mut about = about.filter(|event| event.purpose == purpose);
            PurposeStanding {
                purpose,
                standing: record.standing(purpose, notice.version()),
                since: about.next().map(|event| event.at),
                may_ask: record.may_ask(purpose, now),
            }
        };
        Ok(Purpose::OPTIONAL.map(standing).to_vec())
    }

    /// Every answer of a member with what proves it, the earliest first, for that member.
    ///
    /// # Errors
    /// [`Refusal::TokenUnknown`] when the grant is for somebody else; [`Refusal::StoreDamaged`] when a text is not the one
    /// that was shown; the store's.
    pub fn consent_proof(&self, member: MemberId, leave: &Grant) -> Result<Vec<Proof>, Refusal> {
        if !leave.covers(&member, Use::OwnData) {
            return Err(Refusal::TokenUnknown);
        }
        self.read(|view| {
            let events = view.member(member)?.told.consents;
            events.into_iter().map(|event| prove(view, event)).collect()
        })
    }

    /// Whether a member's data may be used for a purpose now (CON-06): the member agreed under the current notice, has not
    /// frozen the use, and the account is neither suspended nor merged away. Membership rests on the agreement alone.
    ///
    /// # Errors
    /// [`Refusal::NoNotice`] and the store's.
    pub fn may_use(&self, member: MemberId, purpose: Purpose) -> Result<bool, Refusal> {
        let notice = self.notice()?;
        self.read(|view| may_use(view, member, purpose, &notice))
    }

    /// Lets a use go on, or refuses it and leaves a line of that in the audit.
    ///
    /// # Errors
    /// [`Refusal::UseNotConsented`]; [`Refusal::TokenUnknown`] for nobody; [`Refusal::NoNotice`] and the store's.
    pub fn check_use(
        &self,
        member: MemberId,
        purpose: Purpose,
        actor: &Actor,
    ) -> Result<(), Refusal> {
        let (notice, actor) = (self.notice()?, actor.clone());
        let may = self.member_work(member, move |work| {
            if may_use(&work.view(), member, purpose, &notice)? {
                return Ok(true);
            }
            let handle = work.view().member(member)?.handle;
            work.act(Done {
                actor: actor.clone(),
                act: Act::UseRefused {
                    purpose: Text::fitted(purpose.as_str()),
                },
                subject: Some(Handle::from_bytes(handle)),
                fields: &[],
                because: ("member_rights", "consent"),
            })?;
            Ok(false)
        })?;
        if may {
            Ok(())
        } else {
            Err(Refusal::UseNotConsented)
        }
    }

    /// Whose data may be used for a purpose, as of now. Every list and every extraction begins with this, when it runs and
    /// not when it was asked for (CON-05, DSR-05). A member whose record is damaged is left out.
    ///
    /// # Errors
    /// [`Refusal::NoNotice`] and the store's.
    pub fn reachable(&self, purpose: Purpose) -> Result<Reachable, Refusal> {
        let notice = self.notice()?;
        self.read(|view| {
            let mut members = Vec::new();
            for member in view.keys.keybox().members() {
                match may_use(view, member, purpose, &notice) {
                    Ok(true) => members.push(member),
                    Ok(false) | Err(Stop::Refused(_) | Stop::Store(StoreError::Damaged(_))) => {}
                    Err(stop) => return Err(stop),
                }
            }
            Ok(Reachable { members })
        })
    }
}

fn may_use(
    view: &View<'_>,
    member: MemberId,
    purpose: Purpose,
    notice: &Notice,
) -> Result<bool, Stop> {
    let row = view.member(member)?;
    if let Merged::Into(_) = row.merged {
        return Ok(false);
    }
    let account = view.account(view.keys.account_of(member)?)?.account;
    let is_suspended = account.state == AccountState::Suspended;
    if !purpose.is_optional() {
        return Ok(!is_suspended);
    }
    let record = ConsentRecord::from(row.told.consents);
    let is_given = record.standing(purpose, notice.version()).is_given();
    Ok(is_given && row.restricted_since.is_none() && !is_suspended)
}

/// Adds an answer that says something new, and gives where the purpose stands then.
fn answer(
    work: &mut Work<'_>,
    member: MemberId,
    event: ConsentEvent,
    version: &str,
    ends_address: Option<ReceiptKey>,
) -> Result<Standing, Stop> {
    let mut row = work.view().member(member)?;
    let mut record = ConsentRecord::from(row.told.consents.clone());
    let purpose = event.purpose;
    let before = record.standing(purpose, version);
    // Also where nothing new is said: an address may be left from a record that agreed before it was merged.
    if let Some(request) = ends_address {
        intend(work, member, request, &event.device)?;
    }
    let decision = match (before, event.decision) {
        (Standing::Given, Decision::Given)
        | (Standing::Refused | Standing::Withdrawn, Decision::Refused | Decision::Withdrawn)
        | (Standing::NotAsked, Decision::Withdrawn) => return Ok(before),
        (Standing::Given | Standing::Suspended, Decision::Refused | Decision::Withdrawn) => {
            Decision::Withdrawn
        }
        (_, decision) => decision,
    };
    let event = ConsentEvent {
        decision,
        at: work.now,
        ..event
    };
    let device = event.device.clone();
    record.add(event);
    row.told.consents = record.events().to_vec();

    note(work, &row, (purpose, decision), &device)?;
    work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
    Ok(record.standing(purpose, version))
}

fn note(
    work: &mut Work<'_>,
    row: &MemberV3,
    (purpose, decision): (Purpose, Decision),
    device: &str,
) -> Result<(), Stop> {
    let handle = Handle::from_bytes(row.handle);
    let purpose = Text::fitted(purpose.as_str());
    let act = match decision {
        Decision::Given => Act::ConsentGiven { purpose },
        Decision::Refused => Act::ConsentRefused { purpose },
        Decision::Withdrawn => Act::ConsentWithdrawn { purpose },
    };
    work.act(Done {
        actor: Actor::member(handle, device),
        act,
        subject: Some(handle),
        fields: &["consents"],
        because: ("member_rights", "request"),
    })?;
    Ok(())
}

fn prove(view: &View<'_>, event: ConsentEvent) -> Result<Proof, Stop> {
    let notice = view.notice_of(&event.notice_version)?;
    let missing = || StoreError::Damaged("the notice of a consent is missing".to_owned());
    let notice = notice.ok_or_else(missing)?;
    let shown = Shown::Consent(event.purpose);
    if notice.text_hash(shown, event.language) != event.text_hash {
        return Err(StoreError::Damaged("a consent to another text".to_owned()).into());
    }
    let text = notice.shown(shown, event.language);
    Ok(Proof { event, text })
}
