//! Where the rows of a request are, and how they are read and written together.

use crate::audit::{Act, Handle};
use crate::domain::ids::MemberId;
use crate::domain::refusal::Refusal;
use crate::domain::time::Day;
use crate::policy::ticket::{TicketKind, TicketNo};
use crate::store::key::of_u64;
use crate::store::{StoreError, Table};

use super::super::audit::{Actor, Done};
use super::super::rows::{
    DESK_TICKETS, DeskTicketRow, MEMBER_TICKETS, MemberTicketRow, NobodyV1, TICKET_NUMBERS,
    TICKETS, TicketBody, TicketNumberRow, TicketReply, TicketRow, TicketV1,
};
use super::super::work::{Stop, View, Work};
use super::{Reply, TicketForStaff, TicketShown};

/// The key of a request's rows.
pub(crate) const fn key_of(whole: u64) -> [u8; 8] {
    of_u64(whole)
}

/// A request with all that is kept of it.
pub(super) struct Kept {
    pub(super) number: TicketNo,
    pub(super) index: TicketV1,
    pub(super) whose: Whose,
}

/// Whose it is.
pub(super) enum Whose {
    Member {
        member: MemberId,
        previous: Option<u64>,
        body: TicketBody,
    },
    Nobody(NobodyV1),
}

impl Kept {
    pub(super) fn body(&self) -> &TicketBody {
        match &self.whose {
            Whose::Member { body, .. } => body,
            Whose::Nobody(nobody) => &nobody.body,
        }
    }

    pub(super) fn reply(&mut self, reply: TicketReply) {
        let body = match &mut self.whose {
            Whose::Member { body, .. } => body,
            Whose::Nobody(nobody) => &mut nobody.body,
        };
        body.replies.push(reply);
    }

    pub(super) fn shown(&self) -> TicketShown {
        let body = self.body();
        let replies = body.replies.iter().map(|reply| Reply {
            at: reply.at,
            by: reply.by.clone(),
            text: reply.text.clone(),
        });
        TicketShown {
            number: self.number,
            kind: self.index.kind,
            state: self.index.state,
            owner: self.index.owner.clone(),
            opened_at: self.index.opened_at,
            due: self.index.due,
            ended_at: self.index.ended_at,
            text: body.text.clone(),
            replies: replies.collect(),
        }
    }

    pub(super) fn for_staff(&self) -> TicketForStaff {
        let (member, contact) = match &self.whose {
            Whose::Member { member, .. } => (Some(*member), None),
            Whose::Nobody(nobody) => (None, nobody.contact.clone()),
        };
        TicketForStaff {
            shown: self.shown(),
            language: self.body().language,
            member,
            contact,
        }
    }
}

impl View<'_> {
    /// Where a request stands.
    pub(super) fn ticket_index(&self, number: TicketNo) -> Result<Option<TicketV1>, Stop> {
        let row = TICKETS.row(self.tx, self.keys.mac(), &key_of(number.whole()))?;
        Ok(row.map(|TicketRow::V1(index)| index))
    }

    /// Whose a request is.
    pub(super) fn ticket_owner(&self, number: TicketNo) -> Result<Option<DeskTicketRow>, Stop> {
        let key = key_of(number.whole());
        Ok(DESK_TICKETS.row(self.tx, &self.keys.desk(), &key)?)
    }

    /// What a member wrote, under whichever of the member's core keys it opens.
    pub(crate) fn member_ticket(
        &self,
        member: MemberId,
        whole: u64,
    ) -> Result<(Option<u64>, TicketBody), Stop> {
        let key = key_of(whole);
        let value = self.tx.value(MEMBER_TICKETS.table(), &key)?;
        let value = value.ok_or(Refusal::TicketUnknown)?;
        let mut read = Err(Refusal::TicketUnknown.into());
        for codec in self.keys.core_versions(member)? {
            match MEMBER_TICKETS.read(&codec, &key, &value) {
                Ok(MemberTicketRow::V1 { previous, body }) => return Ok((previous, body)),
                Err(error) => read = Err(Stop::from(error)),
            }
        }
        read
    }

    /// The numbers of a member's requests, the newest first.
    pub(crate) fn ticket_chain(&self, member: MemberId) -> Result<Vec<u64>, Stop> {
        let mut chain = Vec::new();
        let mut next = self.member(member)?.last_ticket;
        while let Some(whole) = next {
            chain.push(whole);
            let (previous, _) = self.member_ticket(member, whole)?;
            next = previous.filter(|previous| *previous < whole);
        }
        Ok(chain)
    }

    /// A member's requests with their answers, the newest first.
    pub(crate) fn tickets_of(&self, member: MemberId) -> Result<Vec<TicketShown>, Stop> {
        let numbers = self.ticket_chain(member)?.into_iter();
        let numbers = numbers.filter_map(TicketNo::of_whole);
        numbers
            .map(|number| Ok(self.ticket(number)?.shown()))
            .collect()
    }

    /// A request with all that is kept of it. Whose keys are gone is as unknown as one that never was.
    pub(super) fn ticket(&self, number: TicketNo) -> Result<Kept, Stop> {
        let index = self.ticket_index(number)?.ok_or(Refusal::TicketUnknown)?;
        let owner = self.ticket_owner(number)?.ok_or_else(broken)?;
        let whose = match owner {
            DeskTicketRow::Member(member) => {
                let whole = number.whole();
                let (previous, body) = self.member_ticket(member, whole).map_err(unknown)?;
                Whose::Member {
                    member,
                    previous,
                    body,
                }
            }
            DeskTicketRow::NobodyV1(nobody) => Whose::Nobody(nobody),
        };
        Ok(Kept {
            number,
            index,
            whose,
        })
    }
}

impl Work<'_> {
    /// The next number of the year of a day.
    pub(super) fn draw_ticket(&mut self, today: Day) -> Result<TicketNo, Stop> {
        let first = TicketNo::new(today, 1).ok_or(Refusal::BadTime)?;
        let key = first.year().to_be_bytes();
        let view = self.view();
        let row = TICKET_NUMBERS.row(view.tx, view.keys.mac(), &key)?;
        let last = row.map_or(0, |TicketNumberRow::V1(place)| place);
        let place = last.checked_add(1).ok_or(StoreError::Full)?;
        self.put_plain(&TICKET_NUMBERS, &key, &TicketNumberRow::V1(place))?;
        Ok(TicketNo::new(today, place).ok_or(Refusal::BadTime)?)
    }

    /// Writes a request's rows.
    pub(super) fn put_ticket(&mut self, kept: &Kept) -> Result<(), Stop> {
        let key = key_of(kept.number.whole());
        self.put_plain(&TICKETS, &key, &TicketRow::V1(kept.index.clone()))?;
        let owner = match &kept.whose {
            Whose::Member {
                member,
                previous,
                body,
            } => {
                let row = MemberTicketRow::V1 {
                    previous: *previous,
                    body: body.clone(),
                };
                self.put_core(*member, &MEMBER_TICKETS, &key, &row)?;
                DeskTicketRow::Member(*member)
            }
            Whose::Nobody(nobody) => DeskTicketRow::NobodyV1(nobody.clone()),
        };
        let desk = self.keys().desk();
        self.put_under(&desk, &DESK_TICKETS, &key, &owner)
    }

    /// There is no such request.
    pub(super) fn delete_ticket(&mut self, whole: u64) -> Result<(), Stop> {
        let key = key_of(whole);
        TABLES
            .iter()
            .try_for_each(|table| self.delete(*table, &key))
    }

    /// Seals what a member wrote anew, under the newest version of the key.
    pub(crate) fn reseal_tickets(&mut self, member: MemberId) -> Result<(), Stop> {
        for whole in self.view().ticket_chain(member)? {
            let (previous, body) = self.view().member_ticket(member, whole)?;
            let row = MemberTicketRow::V1 { previous, body };
            self.put_core(member, &MEMBER_TICKETS, &key_of(whole), &row)?;
        }
        Ok(())
    }

    /// Notes a step of a request.
    pub(super) fn ticket_act(
        &mut self,
        kept: &Kept,
        actor: Actor,
        act: Act,
        fields: &'static [&'static str],
    ) -> Result<(), Stop> {
        let subject = match &kept.whose {
            Whose::Member { member, .. } => {
                Some(Handle::from_bytes(self.view().member(*member)?.handle))
            }
            Whose::Nobody(_) => None,
        };
        let done = Done {
            actor,
            act,
            subject,
            fields,
            because: because(kept.index.kind),
        };
        self.act_of(done, kept.number)?;
        Ok(())
    }
}

/// The tables that have a row of every request, or of every member's.
pub(crate) const TABLES: [Table; 3] = [
    TICKETS.table(),
    DESK_TICKETS.table(),
    MEMBER_TICKETS.table(),
];

/// Why, and by what right.
pub(super) const fn because(kind: TicketKind) -> (&'static str, &'static str) {
    if kind.needs_a_member() {
        ("member_rights", "request")
    } else {
        ("service", "request")
    }
}

/// Who is gone took the request along.
fn unknown(stop: Stop) -> Stop {
    if stop == Stop::Refused(Refusal::TokenUnknown) {
        Refusal::TicketUnknown.into()
    } else {
        stop
    }
}

fn broken() -> StoreError {
    StoreError::Damaged("a request without its owner".into())
}
