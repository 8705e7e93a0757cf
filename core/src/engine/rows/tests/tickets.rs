//! The bytes of requests and complaints.

use super::samples::*;
use super::*;
use crate::domain::ids::MemberId;
use crate::policy::notice::Language;
use crate::policy::ticket::{TicketKind, TicketState, TicketText};

/// Where a request stands, whose it is, and what was written.
pub(super) fn tickets(seen: &mut Names) {
    let open = TicketV1 {
        kind: TicketKind::Violation,
        state: TicketState::Open,
        owner: None,
        opened_at: moment(1),
        due: day(),
        is_assumed: true,
        ended_at: None,
        is_members: false,
    };
    kept!(seen, "ticket", TicketRow::V1(open.clone()));
    kept!(
        seen,
        "ticket-closed",
        TicketRow::V1(TicketV1 {
            kind: TicketKind::Query,
            state: TicketState::Closed,
            owner: Some("li.lei".to_owned()),
            is_assumed: false,
            ended_at: Some(moment(2)),
            is_members: true,
            ..open
        })
    );
    kept!(seen, "ticket-number", TicketNumberRow::V1(300));
    let text = |text: &str| TicketText::parse(text).unwrap();
    let body = TicketBody {
        language: Language::En,
        device: "kiosk-1".to_owned(),
        text: text("漏记了一笔\n请查"),
        replies: vec![TicketReply {
            at: moment(2),
            by: "li.lei".to_owned(),
            text: text("已补记"),
        }],
    };
    let member = MemberId::from_bytes([0x3e; 16]);
    kept!(seen, "desk-ticket-member", DeskTicketRow::Member(member));
    kept!(
        seen,
        "desk-ticket-nobody",
        DeskTicketRow::NobodyV1(NobodyV1 {
            reference: [0x7a; 32],
            contact: Some(TicketText::contact("li@example.com").unwrap()),
            body: body.clone(),
        })
    );
    kept!(
        seen,
        "member-ticket",
        MemberTicketRow::V1 {
            previous: Some(8_701_724_229_633),
            body,
        }
    );
}
