//! Who the member is, what they agreed to, and who looked.

use data_encoding::HEXLOWER;

use crate::audit::Handle;
use crate::domain::ids::MemberId;
use crate::domain::time::Day;
use crate::policy::agreement::AgreementAccepted;
use crate::policy::catalogue::{Record, told};
use crate::policy::consent::ConsentEvent;
use crate::policy::grant::Grant;
use crate::vault::address::Address;
use crate::vault::profile::Profile;

use super::super::logins::{Login, logins_of};
use super::super::rows::{
    Identity, LookRow, MemberV1, MemberV3, Merged, PostalRow, SignInRow, Source, Verified,
    VerifiedHow,
};
use super::super::tickets::{Reply, TicketShown};
use super::super::work::Stop;
use super::{Teller, link, there};

impl Teller<'_> {
    /// The member's own row, the address, the attempts to sign in and the looks.
    pub(super) fn person(&self, member: MemberId, leave: &Grant) -> Result<Record, Stop> {
        let row = self.view.member(member)?;
        // Whose record lives on in this one is the same person.
        let person = self.view.person(member)?;
        let (mut looks, mut tickets) = (Vec::new(), Vec::new());
        for member in &person {
            looks.extend(self.view.looks(*member, &self.view.member(*member)?)?);
            tickets.extend(self.view.tickets_of(*member)?);
        }
        looks.sort_by_key(|(number, _)| *number);
        let looks: Vec<Record> = looks.into_iter().map(|(_, row)| look(row)).collect();
        tickets.sort_by_key(|ticket| ticket.number);
        let tickets: Vec<Record> = tickets.into_iter().map(ticket).collect();
        let mut others = Vec::new();
        for other in person.iter().filter(|other| **other != member) {
            others.push(other_record(&self.view.member(*other)?.told, leave));
        }
        let mut record = Record::new();
        told!(record, MemberV3 {
            handle => Handle: Handle::from_bytes(handle).to_string(),
            recipients => Recipients: recipients,
            source => Source: source_word(source),
            verified => Verified: verified.map(verification),
            restricted_since => RestrictedSince: restricted_since,
            confirmed_at => ConfirmedAt: confirmed_at,
            pin_set_at => PinSetAt: pin_set_at,
            reset => PinReset: there(reset.is_some_and(is_secret)),
            merged => Merged: merged_word(&merged),
            warned_at => WarnedAt: warned_at,
            identity => Identity: identity.map(identity_check);
            told => record.join(first(told, leave)),
            last_look => link(last_look),
            last_ticket => link(last_ticket),
        } = row);
        record.tell(super::Field::Looks, looks);
        record.tell(super::Field::Tickets, tickets);
        record.tell(super::Field::MergedRecords, others);
        if let Some(PostalRow::V1(row)) = self.view.address(member)? {
            told!(record, Address {
                lines => Address: lines.disclose(leave).as_str(),
                postcode => Postcode: postcode.disclose(leave).as_str();
            } = row.to_address());
        }
        let attempts = self.view.sign_ins(member)?;
        if attempts != SignInRow::NONE {
            record.tell(super::Field::Attempts, attempts_of(attempts));
        }
        Ok(record)
    }

    /// The member's log-ins that are still kept.
    pub(super) fn logins(&self, member: MemberId) -> Result<Record, Stop> {
        let logins = logins_of(self.view, member)?;
        let logins: Vec<Record> = logins.into_iter().map(login).collect();
        let mut record = Record::new();
        record.tell(super::Field::Logins, logins);
        Ok(record)
    }
}

fn first(row: MemberV1, leave: &Grant) -> Record {
    let mut record = Record::new();
    told!(record, MemberV1 {
        verifier => PinVerifier: there(is_secret(verifier)),
        card => Card: card.0.as_str(),
        agreement => Agreement: agreement_of(agreement),
        age_attested => AgeAttested: age_attested,
        consents => Consents: consents.into_iter().map(consent).collect::<Vec<Record>>(),
        language => Language: language.tag(),
        device => Device: device,
        enrolled_at => EnrolledAt: enrolled_at,
        possible_duplicate => Duplicate: possible_duplicate,
        first_signed_in => FirstSignedIn: first_signed_in;
        profile => told!(record, Profile {
            name => Name: name.disclose(leave).as_str(),
            mobile => Mobile: mobile.disclose(leave).e164();
        } = profile.to_profile()),
    } = row);
    record
}

/// What is there and is not shown: that it is taken and dropped here is all that happens to it.
fn is_secret<T>(_: T) -> bool {
    true
}

fn agreement_of(accepted: AgreementAccepted) -> Record {
    let mut record = Record::new();
    told!(record, AgreementAccepted {
        kind => AgreementKind: kind.as_str(),
        version => AgreementVersion: version,
        text_hash => AgreementHash: HEXLOWER.encode(&text_hash),
        language => AgreementLanguage: language.tag(),
        at => AgreementAt: at;
    } = accepted);
    record
}

fn consent(event: ConsentEvent) -> Record {
    let mut record = Record::new();
    told!(record, ConsentEvent {
        purpose => ConsentPurpose: purpose.as_str(),
        decision => ConsentDecision: decision.as_str(),
        notice_version => ConsentNotice: notice_version,
        text_hash => ConsentHash: HEXLOWER.encode(&text_hash),
        language => ConsentLanguage: language.tag(),
        channel => ConsentChannel: channel.as_str(),
        device => ConsentDevice: device,
        at => ConsentAt: at;
    } = event);
    record
}

const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Kiosk => "kiosk",
        Source::Desk => "desk",
    }
}

fn verification(verified: Verified) -> Record {
    let mut record = Record::new();
    told!(record, Verified {
        at => VerifiedAt: at;
        how => match how {
            VerifiedHow::Code => record.tell(super::Field::VerifiedHow, "code"),
            VerifiedHow::Staff(who) => {
                record.tell(super::Field::VerifiedHow, "staff");
                record.tell(super::Field::VerifiedBy, who);
            }
        },
    } = verified);
    record
}

/// Of the other record nothing is told but that there is one: its number is the program's own.
const fn merged_word(merged: &Merged) -> Option<&'static str> {
    match merged {
        Merged::No => None,
        Merged::Into(_) => Some("into"),
        Merged::Of(_) => Some("of"),
    }
}

fn identity_check(identity: Identity) -> Record {
    let mut record = Record::new();
    told!(record, Identity {
        checked_by => IdentityCheckedBy: checked_by,
        checked_at => IdentityCheckedAt: checked_at,
        masked => IdentityMasked: masked,
        number => IdentityNumber: number.as_ref().map(|number| number.0.as_str());
    } = identity);
    record
}

fn attempts_of(row: SignInRow) -> Record {
    let mut record = Record::new();
    told!(record, SignInRow::V1 {
        failed => AttemptsFailed: failed,
        wait_until => AttemptsWaitUntil: wait_until,
        day => AttemptsDay: i32::try_from(day).ok().and_then(Day::from_number).map(|day| day.to_string()),
        of_day => AttemptsOfDay: of_day;
    } = row);
    record
}

/// Of a record that lives on in another: who it says that the person is. What it bought and agreed to is told there.
fn other_record(row: &MemberV1, leave: &Grant) -> Record {
    let profile = row.profile.to_profile();
    let mut record = Record::new();
    record.tell(
        super::Field::MergedName,
        profile.name.disclose(leave).as_str(),
    );
    record.tell(
        super::Field::MergedMobile,
        profile.mobile.disclose(leave).e164(),
    );
    record.tell(super::Field::MergedCard, row.card.0.as_str());
    record
}

fn ticket(shown: TicketShown) -> Record {
    let mut record = Record::new();
    told!(record, TicketShown {
        number => TicketNumber: number.to_string(),
        kind => TicketKind: kind.as_str(),
        state => TicketState: state.as_str(),
        owner => TicketOwner: owner,
        opened_at => TicketOpenedAt: opened_at,
        due => TicketDue: due.to_string(),
        ended_at => TicketEndedAt: ended_at,
        text => TicketText: text.as_str(),
        replies => TicketReplies: replies.into_iter().map(answer).collect::<Vec<String>>();
    } = shown);
    record
}

fn answer(Reply { at, by, text }: Reply) -> String {
    format!("{} {by}: {}", at.to_rfc3339(), text.as_str())
}

fn look(row: LookRow) -> Record {
    let mut record = Record::new();
    told!(record, LookRow::V1 {
        at => LookAt: at,
        who => LookBy: who,
        role => LookRole: role,
        fields => LookFields: fields,
        purpose => LookPurpose: purpose,
        basis => LookBasis: basis,
        ticket => LookTicket: ticket;
        previous => link(previous),
    } = row);
    record
}

fn login(login: Login) -> Record {
    let mut record = Record::new();
    told!(record, Login {
        at => LoginAt: at,
        device => LoginDevice: device,
        success => LoginSuccess: success;
    } = login);
    record
}
