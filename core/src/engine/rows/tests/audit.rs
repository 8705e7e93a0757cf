//! The bytes of the audit's rows, of erasures and of log-ins.

use super::samples::*;
use super::*;
use crate::domain::ids::MemberId;

/// A leaf, as it stands.
const LEAF: &str = concat!(
    r#"{"seq":300,"time":"2017-03-02T04:00:00.000Z","actor":"operator","role":"operator","device":"server","#,
    r#""act":"clock_confirmed","fields":[],"result":"ok"}"#
);

/// The audit: acts, leaves, the tree and what it says of the keys.
pub(super) fn audit(seen: &mut Names) {
    kept!(seen, "act-draft", ActRow::Draft(LEAF.to_owned()));
    kept!(seen, "act-leaf", ActRow::Leaf(300));
    kept!(seen, "leaf", LeafRow::V1(LEAF.to_owned()));
    kept!(seen, "node", NodeRow::V1([0xd0; 32]));
    kept!(
        seen,
        "tree",
        TreeRow::V1 {
            size: 65_537,
            journal_to: 70_001,
        }
    );
    kept!(seen, "epoch", EpochRow::V1(129));
}

/// Who left, and what is still to be done about it.
pub(super) fn erasures(seen: &mut Names) {
    let member = MemberId::from_bytes([0x3e; 16]);
    kept!(
        seen,
        "intent",
        IntentRow::V1 {
            member,
            erasure: erasure(ByRole::Operator),
        }
    );
    let done = |role| ErasureRow::V1 {
        erasure: erasure(role),
        bucket: 63,
        epoch: 129,
        act: 300,
    };
    kept!(seen, "erasure", done(ByRole::Member));
    kept!(seen, "erasure-by-operator", done(ByRole::Operator));
    kept!(seen, "erasure-by-staff", done(ByRole::Staff));
    kept!(seen, "erasure-by-program", done(ByRole::Program));
    kept!(
        seen,
        "owed",
        OwedRow::V1 {
            epoch: 129,
            since: moment(1),
        }
    );
}

fn erasure(role: ByRole) -> ErasureV1 {
    let groups = vec![KeyGroup::Core, KeyGroup::Postal, KeyGroup::History];
    for group in &groups {
        // A new group does not compile until it is kept above.
        match group {
            KeyGroup::Core | KeyGroup::Postal | KeyGroup::History => (),
        }
    }
    let (name, device) = match role {
        ByRole::Member => ("8d".repeat(16), "kiosk-1"),
        ByRole::Operator => ("operator".to_owned(), "server"),
        ByRole::Staff => ("li.lei".to_owned(), "desk-1"),
        ByRole::Program => ("jifen".to_owned(), "server"),
    };
    ErasureV1 {
        at: moment(1),
        by: (name, role, device.to_owned()),
        handle: [0x8d; 16],
        groups,
        forfeited: points(210),
        released: points(4),
        recipients: vec!["邮局".to_owned(), "printer".to_owned()],
    }
}

/// Who looked, who tried to sign in, and how many of a day.
pub(super) fn logins(seen: &mut Names) {
    let login = |success| LoginRow::V1 {
        at: moment(1),
        device: "kiosk-1".to_owned(),
        success,
        owner: vec![0x0e; 57],
    };
    kept!(seen, "login", login(true));
    kept!(
        seen,
        "look",
        LookRow::V1 {
            at: moment(1),
            who: "li.lei".to_owned(),
            role: "desk".to_owned(),
            fields: vec!["name".to_owned(), "mobile".to_owned()],
            purpose: "service".to_owned(),
            basis: "request".to_owned(),
            ticket: Some("T-7".to_owned()),
            previous: Some(300),
        }
    );
    kept!(seen, "login-that-failed", login(false));
    kept!(
        seen,
        "login-day",
        LoginDayRow::V1 {
            rows: 300,
            hash: [0x10; 32],
        }
    );
}
