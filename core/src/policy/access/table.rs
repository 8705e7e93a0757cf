//! The table. A cell that is not in it is refused; there is no other place that grants anything.

use super::FieldName::{
    Address, CardNumber, Consents, Language, LogIns, Mobile, Name, Points, Postcode, State, Tier,
};
use super::Operation::{
    Adjust, AdjustAboveLimit, AnswerTicket, Backup, BlockStaff, CheckIdentity, CloseTicket,
    CorrectFields, EnterMember, EraseMember, FileApplication, IssuePinReset, Lift, ManageIncidents,
    ManageKeys, ManageNotice, ManageProgramme, ManageStaff, ManageTerminals, Merge, QueryFields,
    ReadAudit, ReadLogIns, ReadQuality, ReadReports, ReadStaff, ReadTickets, ReceiveExtract,
    ReissueCard, Restrict, ReviewApplication, ReviewEntry, RunApplication, RunSweep, SearchMember,
    SelfCheck, ServeTill, SignApplication, Suspend, TakeTicket, Terminate, UndoMerge, VerifyPhone,
    Warn,
};
use super::Role::{
    Administrator, Auditor, Cashier, DataManager, DepartmentHead, Desk, InformationSpecialist,
    ItOperator, MarketingManager, MemberManager, Planning, SecurityOfficer,
};
use super::{FieldName, Operation, Role};

/// How a field is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sight {
    /// With its middle hidden (SEC-02).
    Masked,
    /// As it is.
    Clear,
}

/// How many people it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hands {
    /// A second person has to approve it before it is done (ACC-04).
    Second,
    /// Who asks for it does it.
    Alone,
}

/// Which part somebody has in an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// Asks for it and does it.
    Do,
    /// Approves it for another.
    Approve,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Who.
    pub role: Role,
    /// In which part.
    pub part: Part,
    /// What.
    pub operation: Operation,
    /// On which fields; empty for an operation that is about no single field.
    pub fields: &'static [FieldName],
    /// How the fields are shown.
    pub sight: Sight,
    /// How many people it takes.
    pub hands: Hands,
}

impl Rule {
    /// Whether it is about this field, or about none where none is asked for.
    pub fn is_about(&self, field: Option<FieldName>) -> bool {
        match field {
            Some(field) => self.fields.contains(&field),
            None => self.fields.is_empty(),
        }
    }
}

const fn alone(role: Role, operation: Operation) -> Rule {
    Rule {
        role,
        part: Part::Do,
        operation,
        fields: &[],
        sight: Sight::Masked,
        hands: Hands::Alone,
    }
}

const fn seconded(role: Role, operation: Operation) -> Rule {
    Rule {
        hands: Hands::Second,
        ..alone(role, operation)
    }
}

const fn approves(role: Role, operation: Operation) -> Rule {
    Rule {
        part: Part::Approve,
        ..alone(role, operation)
    }
}

const fn clear(rule: Rule, fields: &'static [FieldName]) -> Rule {
    Rule {
        fields,
        sight: Sight::Clear,
        ..rule
    }
}

const fn masked(rule: Rule, fields: &'static [FieldName]) -> Rule {
    Rule { fields, ..rule }
}

/// What a search shows.
const FOUND: &[FieldName] = &[Name, Mobile, CardNumber];
/// What the desk may ask for.
const AT_THE_DESK: &[FieldName] = &[
    Name, Mobile, CardNumber, State, Tier, Points, Address, Postcode, Consents,
];
/// What those who keep members and records may ask for.
const IN_THE_OFFICE: &[FieldName] = &[
    Name, Mobile, CardNumber, State, Tier, Points, Address, Postcode, Consents, LogIns,
];
/// What may be corrected by a second person's leave.
const CORRECTED: &[FieldName] = &[Name, Mobile];
/// Level 3: within the role, at once.
const PREFERENCES: &[FieldName] = &[Language];

/// The table.
pub const RULES: &[Rule] = &[
    alone(Cashier, ServeTill),
    // The service desk.
    masked(alone(Desk, SearchMember), FOUND),
    clear(seconded(Desk, QueryFields), AT_THE_DESK),
    clear(alone(Desk, QueryFields), PREFERENCES),
    clear(seconded(Desk, CorrectFields), CORRECTED),
    clear(alone(Desk, CorrectFields), PREFERENCES),
    seconded(Desk, EraseMember),
    alone(Desk, VerifyPhone),
    alone(Desk, IssuePinReset),
    alone(Desk, ReissueCard),
    alone(Desk, CheckIdentity),
    alone(Desk, EnterMember),
    alone(Desk, ReadTickets),
    alone(Desk, TakeTicket),
    alone(Desk, AnswerTicket),
    alone(Desk, CloseTicket),
    // The head of member management.
    masked(alone(MemberManager, SearchMember), FOUND),
    clear(seconded(MemberManager, QueryFields), IN_THE_OFFICE),
    clear(alone(MemberManager, QueryFields), PREFERENCES),
    clear(approves(MemberManager, QueryFields), IN_THE_OFFICE),
    clear(approves(MemberManager, CorrectFields), CORRECTED),
    approves(MemberManager, EraseMember),
    alone(MemberManager, ReviewEntry),
    alone(MemberManager, Warn),
    alone(MemberManager, Restrict),
    alone(MemberManager, Suspend),
    alone(MemberManager, Lift),
    seconded(MemberManager, Terminate),
    approves(MemberManager, Terminate),
    alone(MemberManager, Adjust),
    seconded(MemberManager, AdjustAboveLimit),
    approves(MemberManager, AdjustAboveLimit),
    alone(MemberManager, Merge),
    seconded(MemberManager, UndoMerge),
    approves(MemberManager, UndoMerge),
    alone(MemberManager, ReadTickets),
    alone(MemberManager, TakeTicket),
    alone(MemberManager, AnswerTicket),
    alone(MemberManager, CloseTicket),
    alone(MemberManager, ReadReports),
    alone(MemberManager, SignApplication),
    // Whoever keeps the records.
    masked(alone(DataManager, SearchMember), FOUND),
    clear(seconded(DataManager, QueryFields), IN_THE_OFFICE),
    clear(alone(DataManager, QueryFields), PREFERENCES),
    clear(approves(DataManager, QueryFields), IN_THE_OFFICE),
    clear(seconded(DataManager, CorrectFields), CORRECTED),
    clear(alone(DataManager, CorrectFields), PREFERENCES),
    clear(approves(DataManager, CorrectFields), CORRECTED),
    seconded(DataManager, EraseMember),
    approves(DataManager, EraseMember),
    approves(DataManager, Terminate),
    alone(DataManager, VerifyPhone),
    alone(DataManager, ReviewEntry),
    alone(DataManager, Merge),
    seconded(DataManager, UndoMerge),
    approves(DataManager, UndoMerge),
    alone(DataManager, ReadQuality),
    alone(DataManager, ReadReports),
    alone(DataManager, RunSweep),
    // Extraction (EXT): the steps are three people's.
    alone(InformationSpecialist, FileApplication),
    alone(DepartmentHead, SignApplication),
    alone(Planning, ReviewApplication),
    alone(Planning, SignApplication),
    alone(Planning, ReceiveExtract),
    alone(MarketingManager, ReadReports),
    // Security and audit: they read what was done, and no member.
    alone(SecurityOfficer, ReadAudit),
    alone(SecurityOfficer, ReadLogIns),
    alone(SecurityOfficer, ReadStaff),
    alone(SecurityOfficer, BlockStaff),
    alone(SecurityOfficer, ManageIncidents),
    alone(SecurityOfficer, SelfCheck),
    alone(Auditor, ReadAudit),
    alone(Auditor, ReadLogIns),
    alone(Auditor, ReadStaff),
    alone(Auditor, ReadReports),
    // Accounts and settings.
    alone(Administrator, ReadStaff),
    alone(Administrator, ManageStaff),
    alone(Administrator, BlockStaff),
    alone(Administrator, ManageTerminals),
    alone(Administrator, ManageProgramme),
    alone(Administrator, ManageNotice),
    alone(Administrator, SelfCheck),
    // The machine.
    alone(ItOperator, Backup),
    alone(ItOperator, ManageKeys),
    alone(ItOperator, RunSweep),
    alone(ItOperator, SelfCheck),
    alone(ItOperator, RunApplication),
];
