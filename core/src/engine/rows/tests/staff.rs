//! The bytes of rows about the staff and what they propose.

use super::samples::*;
use super::*;
use crate::policy::access::{Degree, Role};
use crate::vault::pin::VerifierRow;
use crate::vault::totp::TotpSecret;

/// Accounts, what stands at the door, and proposals.
pub(super) fn staff(seen: &mut Names) {
    kept!(seen, "staff", StaffRow::V1(account()));
    kept!(
        seen,
        "staff-door-set-up",
        DoorRow::SetUp {
            hash: [0x5e; 32],
            made_at: moment(1),
        }
    );
    kept!(
        seen,
        "staff-door-strangers",
        DoorRow::Strangers(vec![([0x5f; 8], attempts())])
    );
    let (by, at) = ("han.meimei".to_owned(), moment(2));
    let states = [
        ProposalState::Open,
        ProposalState::Ready,
        ProposalState::Approved { by: by.clone(), at },
        ProposalState::Declined { by: by.clone(), at },
        ProposalState::Executed {
            by,
            at,
            approved_by: Some("li.lei".to_owned()),
        },
        ProposalState::Lapsed { at },
    ];
    let [open, ready, approved, declined, executed, lapsed] = states.map(proposal);
    kept!(seen, "proposal-open", open);
    kept!(seen, "proposal-ready", ready);
    kept!(seen, "proposal-approved", approved);
    kept!(seen, "proposal-declined", declined);
    kept!(seen, "proposal-executed", executed);
    kept!(seen, "proposal-lapsed", lapsed);
    let mut body = ProposedV1::default();
    body.reason = "会员来电".to_owned();
    body.values = vec![("name".to_owned(), "李蕾".to_owned())];
    body.masked = vec![("name".to_owned(), "李＊".to_owned(), "李＊".to_owned())];
    body.points = -300;
    kept!(seen, "proposed", ProposedRow::V1(body));
    let words: (Vec<Role>, Vec<Degree>) = (Role::ALL.to_vec(), Degree::ALL.to_vec());
    kept!(seen, "staff-words", words);
}

fn attempts() -> SignInRow {
    SignInRow::V1 {
        failed: 7,
        wait_until: moment(1),
        day: 17_226,
        of_day: 9,
    }
}

fn account() -> StaffV1 {
    let verifier = VerifierRow::of(&Verifier::decoy());
    StaffV1 {
        name: "li.lei".to_owned(),
        display: "李雷".to_owned(),
        grants: vec![GrantV1 {
            role: Role::MemberManager,
            from: day(),
            until: Some(day()),
            store: Some("north".to_owned()),
        }],
        breaches: vec![BreachV1 {
            at: moment(1),
            by: "operator".to_owned(),
            degree: Degree::Suspension,
            reason: "r".to_owned(),
            reference: "2017-3".to_owned(),
            lifted_at: Some(moment(2)),
        }],
        verifier: verifier.clone(),
        set_at: moment(3),
        must_change: true,
        earlier: vec![verifier],
        totp: TotpSecret::drawn(&[0x70; 32]),
        last_step: Some(49_600_000),
        attempts: attempts(),
        round: 3,
        added_at: moment(0),
    }
}

fn proposal(state: ProposalState) -> ProposalRow {
    ProposalRow::V1(ProposalV1 {
        day: 17_226,
        owner: vec![0x0e; 57],
        uuid: [0x80; 16],
        by: "li.lei".to_owned(),
        operation: "correct_fields".to_owned(),
        fields: vec!["name".to_owned()],
        purpose: "error_noticed".to_owned(),
        ticket: Some("T-7".to_owned()),
        made_at: moment(1),
        state,
    })
}
