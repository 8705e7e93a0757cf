//! What the staff do at the desk leaves what it should and nothing else: a preview moves nothing, a read is a look, an
//! account that was blocked does nothing, a run of the sweep has a name (ACC-07, AUD-02, QLT-03, RET-01).

use jifen::domain::refusal::Refusal;
use jifen::engine::audit::Actor;
use jifen::engine::merge::Confirmation;
use jifen::engine::proposals::{Executed, Wanted};
use jifen::engine::staff::{Asker, OnDuty};
use jifen::engine::tickets::OpenedBy;
use jifen::policy::access::{Cause, Degree, Operation, Role};
use jifen::policy::catalogue::Field;
use jifen::policy::retention::RecordKind;
use jifen::policy::ticket::TicketKind;
use jifen_tests::people::{Form, PIN, Shop, counts};
use jifen_tests::wishes::numbered;

use crate::merge::Pair;
use crate::tickets::{own, told};

const DAY_MILLIS: i64 = 24 * 3_600_000;
const ASKED: Cause = Cause::MemberAsked;

fn said(pin: &str) -> Confirmation<'_> {
    Confirmation {
        confirmed: true,
        pin,
        codes: &[],
        device: "desk-1",
    }
}

fn undo<'a>() -> Wanted<'a> {
    Wanted {
        operation: Operation::UndoMerge,
        fields: &[],
        values: &[],
        points: None,
        purpose: Cause::Complaint,
        reason: "they are sisters",
        ticket: None,
    }
}

/// A pair with a purchase each, and somebody who may merge.
fn pair() -> (Pair, OnDuty) {
    let mut pair = Pair::of(&[]);
    let (a, b) = (pair.a.account, pair.b.account);
    pair.sell(a, "30.00");
    pair.sell(b, "45.00");
    let duty = pair.shop.hire("han.meimei", Role::MemberManager);
    (pair, duty)
}

fn leaves(shop: &Shop, act: &str) -> usize {
    let lines = shop.engine().audit_lines(0, 100_000).unwrap();
    let word = format!("\"act\":\"{act}\"");
    lines.iter().filter(|line| line.contains(&word)).count()
}

fn balances(pair: &Pair) -> [i64; 2] {
    [pair.a.account, pair.b.account].map(|account| {
        let balance = pair.shop.engine().balance(account).unwrap();
        balance.balance.count()
    })
}

#[test]
fn a_preview_says_what_a_merge_comes_to_and_moves_nothing() {
    let (pair, duty) = pair();
    let engine = pair.shop.engine();
    let (before, rows) = (balances(&pair), counts(&pair.shop.rows()));
    let both = (pair.a.member, pair.b.member);
    let shown = engine.preview_merge_at_desk(&duty, both, &[], ASKED);
    let shown = shown.unwrap();
    assert_eq!(balances(&pair), before);
    assert_eq!(
        (leaves(&pair.shop, "merged"), leaves(&pair.shop, "looked")),
        (0, 2)
    );
    // Nothing is there that was not, but the two looks and what the audit has of them.
    let more: Vec<_> = counts(&pair.shop.rows())
        .into_iter()
        .filter(|(table, count)| rows.get(table) != Some(count))
        .map(|(table, _)| table)
        .filter(|table| !["acts", "leaves", "nodes", "clocks"].contains(&&**table))
        .collect();
    assert_eq!(more, ["looks"]);

    let key = numbered(700);
    let merged = engine.merge_at_desk(&duty, &key, both, &said(PIN), ASKED);
    let mut merged = merged.unwrap();
    (merged.at, merged.undo_until) = (shown.at, shown.undo_until);
    assert_eq!(merged, shown);
    // A retry hears the first answer, without a PIN and without a proof.
    let again = engine.merge_at_desk(&duty, &key, both, &said("000000"), ASKED);
    assert_eq!(again.unwrap().balance, shown.balance);
    let other = (pair.b.member, pair.a.member);
    assert_eq!(
        engine.merge_at_desk(&duty, &key, other, &said(PIN), ASKED),
        Err(Refusal::KeyReused)
    );
    assert_eq!(leaves(&pair.shop, "merged"), 1);
}

#[test]
fn an_undo_is_asked_approved_and_carried_out_by_two() {
    let (pair, duty) = pair();
    let engine = pair.shop.engine();
    let before = balances(&pair);
    let second = pair.shop.hire("wei.hua", Role::DataManager);
    let nothing = engine.propose(&duty, pair.b.member, &undo());
    assert_eq!(nothing.unwrap_err(), Refusal::NotMerged);
    let both = (pair.a.member, pair.b.member);
    let key = numbered(700);
    engine
        .merge_at_desk(&duty, &key, both, &said(PIN), ASKED)
        .unwrap();
    let merged = balances(&pair);
    let proposal = engine.propose(&duty, pair.b.member, &undo()).unwrap();
    assert_eq!(proposal.points, before[1], "what leaves with it is shown");
    assert_eq!(balances(&pair), merged, "and stays until two have said so");
    let number = proposal.number;
    assert_eq!(
        engine.execute(&duty, number).unwrap_err(),
        Refusal::SecondPersonNeeded
    );
    engine.approve(&second, number).unwrap();
    assert_eq!(
        engine.execute(&second, number).unwrap_err(),
        Refusal::SecondPersonNeeded
    );
    let Executed::Unmerged(done) = engine.execute(&duty, number).unwrap() else {
        panic!("not undone");
    };
    assert_eq!(done.other_balance.count(), before[1]);
    assert_eq!(balances(&pair), before);
    assert_eq!(
        engine.same_phone(pair.a.member),
        Ok(vec![pair.b.member]),
        "a search finds both again"
    );
    assert_eq!(leaves(&pair.shop, "unmerged"), 1);

    // After thirty days nobody is asked for what cannot be done.
    engine
        .merge_at_desk(&duty, &numbered(701), both, &said(PIN), ASKED)
        .unwrap();
    pair.shop.wait(30 * DAY_MILLIS);
    let late = engine.propose(&duty, pair.b.member, &undo());
    assert_eq!(late.unwrap_err(), Refusal::UndoTooLate { days: 30 });
}

#[test]
fn every_read_of_a_members_request_is_a_look_by_whoever_read_it() {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    let engine = shop.engine();
    let duty = shop.hire("li.lei", Role::Desk);
    let by = OpenedBy::Member { device: "kiosk-1" };
    let leave = own(anna.member);
    let copy = told(TicketKind::Copy, "一份");
    let opened = engine.open_ticket(anna.member, &copy, by, &leave).unwrap();
    let looks = || {
        let looks = engine.looks(anna.member, &leave).unwrap().into_iter();
        looks
            .map(|look| (look.who, look.role, look.fields, look.ticket))
            .collect::<Vec<_>>()
    };
    engine.take_ticket_at_desk(&duty, opened.number).unwrap();
    engine
        .answer_ticket_at_desk(&duty, opened.number, "好")
        .unwrap();
    assert_eq!(looks(), [], "nothing was shown so far");
    engine.ticket_at_desk(&duty, opened.number).unwrap();
    engine.ticket(opened.number, &Actor::operator()).unwrap();
    let number = Some(opened.number.to_string());
    let look = |who: &str, role: &str| {
        let fields = vec![Field::Tickets];
        (who.to_owned(), role.to_owned(), fields, number.clone())
    };
    let seen = [look("li.lei", "staff"), look("operator", "operator")];
    assert_eq!(looks(), seen);
    // What nobody signed in for is nobody's to see.
    let words = told(TicketKind::Complaint, "多收了");
    let complaint = engine.complain(&words, None, "kiosk-1").unwrap();
    engine
        .ticket_at_desk(&duty, complaint.ticket.number)
        .unwrap();
    assert_eq!(looks(), seen);
    assert_eq!(leaves(&shop, "ticket_read"), 3);
}

#[test]
fn an_account_that_was_blocked_prints_no_secret_and_no_card() {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    let engine = shop.engine();
    let duty = shop.hire("li.lei", Role::Desk);
    let why = ("sold a card", "2017-3");
    engine
        .block_staff(&Asker::Operator, "li.lei", Degree::Dismissal, why)
        .unwrap();
    let over = Some(Refusal::StaffSignInNeeded);
    let secret = engine.issue_pin_reset_at_desk(&duty, anna.member, ASKED);
    assert_eq!(secret.err(), over);
    let card = engine.reissue_card_at_desk(&duty, &numbered(2), anna.member, ASKED);
    assert_eq!(card.err(), over);
    assert_eq!(leaves(&shop, "pin_reset_issued"), 0);
    assert!(engine.sign_in(&anna.card, &anna.pin, "kiosk-1").is_ok());
    assert_eq!(engine.looks(anna.member, &own(anna.member)), Ok(Vec::new()));
}

#[test]
fn a_count_destroys_nothing_and_a_run_has_the_name_of_whoever_asked() {
    let shop = Shop::in_memory();
    let anna = shop.join(&numbered(1), &Form::of(1));
    let engine = shop.engine();
    engine.sign_in(&anna.card, &anna.pin, "kiosk-1").unwrap();
    shop.wait(200 * DAY_MILLIS);
    let duty = shop.hire("root.two", Role::ItOperator);
    let rows = counts(&shop.rows());
    let counted = engine.count_sweep(&duty).unwrap();
    assert_ne!(counted.count(RecordKind::Logins), 0);
    assert_eq!(counts(&shop.rows()), rows);
    assert_eq!(engine.sweep_at_desk(&duty), Ok(counted));
    assert!(engine.count_sweep(&duty).unwrap().is_empty());
    let lines = engine.audit_lines(0, 100_000).unwrap();
    let run: Vec<_> = lines
        .iter()
        .filter(|line| line.contains(r#""act":"sweep_run""#))
        .collect();
    assert_eq!(run.len(), 1);
    assert!(run[0].contains(r#""actor":"root.two""#), "{run:?}");
}
