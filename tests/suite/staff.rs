//! Accounts of the staff: there is none by default, each signs in with a password and a code, and none may do what the
//! table does not grant (ACC-01 to ACC-07, SEC-04, SEC-05).

use jifen::domain::refusal::{AccountState, Refusal};
use jifen::domain::sanction::Sanction;
use jifen::engine::clock::Clock as _;
use jifen::engine::merge::Confirmation;
use jifen::engine::proposals::Wanted;
use jifen::engine::staff::{Asker, OnDuty, Sought, StaffRules};
use jifen::engine::tickets::Told;
use jifen::ledger::entry::Movement;
use jifen::policy::access::{
    Access, Cause, Degree, FieldName, Hands, Operation, Part, RULES, Role, RoleGrant, Sight,
};
use jifen::policy::notice::Language;
use jifen::policy::purpose::Purpose;
use jifen::policy::ticket::TicketKind;
use jifen_tests::crew::{day, role};
use jifen_tests::people::{Form, Person, Shop};
use jifen_tests::wishes::numbered;

const DAY_MILLIS: i64 = 24 * 3_600_000;

/// What a reason of tests is.
const WHY: (Cause, &str) = (Cause::RulesBroken, "sold points on");

fn granted(role: Role, operation: Operation, field: Option<FieldName>) -> bool {
    let fits = |rule: &&jifen::policy::access::Rule| {
        (rule.role, rule.part, rule.operation) == (role, Part::Do, operation)
            && rule.is_about(field)
    };
    RULES.iter().any(|rule| fits(&rule))
}

/// A member who has signed in once: 100 points.
fn member(shop: &Shop, number: u64) -> Person {
    let person = shop.join(&numbered(number), &Form::of(number));
    shop.engine()
        .sign_in(&person.card, &person.pin, "kiosk-1")
        .unwrap();
    person
}

/// Leaves of this act, as lines.
fn leaves(shop: &Shop, act: &str) -> Vec<String> {
    let lines = shop.engine().audit_lines(0, 100_000).unwrap();
    let word = format!("\"act\":\"{act}\"");
    lines
        .into_iter()
        .filter(|line| line.contains(&word))
        .collect()
}

fn asked(operation: Operation, fields: &[FieldName]) -> Wanted<'_> {
    Wanted {
        operation,
        fields,
        values: &[],
        points: None,
        purpose: Cause::MemberAsked,
        reason: "asked at the desk",
        ticket: None,
    }
}

#[test]
fn every_cell_that_the_table_does_not_grant_is_refused_by_the_engine() {
    let shop = Shop::in_memory();
    let anna = member(&shop, 1);
    let fields = || std::iter::once(None).chain(FieldName::ALL.iter().copied().map(Some));
    let before = shop.engine().own_state(&anna);
    let mut refused = 0_usize;
    for (place, of) in Role::ALL.iter().copied().enumerate() {
        let duty = shop.hire(&format!("worker-{place}"), of);
        for operation in Operation::ALL.iter().copied() {
            for field in fields() {
                let got = shop.engine().leave(&duty, operation, field).map(|_| ());
                if granted(of, operation, field) {
                    assert_eq!(got, Ok(()), "{of:?} {operation:?} {field:?}");
                } else {
                    refused += 1;
                    assert_eq!(
                        got,
                        Err(Refusal::NotGranted),
                        "{of:?} {operation:?} {field:?}"
                    );
                }
                if !granted(of, operation, field) {
                    let fields: Vec<FieldName> = field.into_iter().collect();
                    let got = shop
                        .engine()
                        .propose(&duty, anna.member, &asked(operation, &fields));
                    assert_eq!(
                        got.unwrap_err(),
                        Refusal::NotGranted,
                        "{of:?} {operation:?}"
                    );
                }
            }
        }
        check_doors(&shop, &duty, of, &anna);
    }
    let cells = Role::ALL.len() * Operation::ALL.len() * (FieldName::ALL.len() + 1);
    let given: usize = RULES
        .iter()
        .filter(|rule| rule.part == Part::Do)
        .map(|rule| rule.fields.len().max(1))
        .sum();
    assert_eq!(refused, cells - given, "every cell of the complement");
    assert_eq!(
        shop.engine().own_state(&anna),
        before,
        "nothing was changed"
    );
}

/// What there is behind the cells: each door refuses whoever has no leave.
fn check_doors(shop: &Shop, duty: &OnDuty, of: Role, anna: &Person) {
    let engine = shop.engine();
    let asker = Asker::Staff(duty.clone());
    let check = |operation: Operation, field, got: Result<(), Refusal>| {
        if !granted(of, operation, field) {
            assert_eq!(got, Err(Refusal::NotGranted), "{of:?} {operation:?}");
        }
    };
    let name = Some(FieldName::Name);
    let found = engine.search_members(duty, &Sought::Card(&anna.card));
    check(Operation::SearchMember, name, found.map(|_| ()));
    for (operation, sanction) in [
        (Operation::Warn, Sanction::Warn),
        (Operation::Restrict, Sanction::Restrict),
        (Operation::Suspend, Sanction::Suspend),
        (Operation::Lift, Sanction::Lift),
    ] {
        if !granted(of, operation, None) {
            let got = engine.discipline(duty, &numbered(900), anna.member, sanction, WHY);
            check(operation, None, got.map(|_| ()));
        }
    }
    if !granted(of, Operation::Adjust, None) {
        let got = engine.adjust_by_staff(duty, &numbered(901), anna.member, (5, "goodwill"));
        check(Operation::Adjust, None, got.map(|_| ()));
    }
    if !granted(of, Operation::ManageStaff, None) {
        let manage = Operation::ManageStaff;
        let added = engine.add_staff(&asker, "puppet", "李雷", &[role(Role::Desk)]);
        check(manage, None, added.map(|_| ()));
        let given = engine.grant_role(&asker, "worker-0", &role(Role::Desk));
        check(manage, None, given);
        check(
            manage,
            None,
            engine.revoke_role(&asker, "worker-0", Role::Cashier),
        );
        check(manage, None, engine.unblock_staff(&asker, "worker-0"));
        check(
            manage,
            None,
            engine.reset_staff(&asker, "worker-0", true).map(|_| ()),
        );
    }
    if !granted(of, Operation::BlockStaff, None) {
        let got = engine.block_staff(&asker, "worker-0", Degree::Warning, ("r", ""));
        check(Operation::BlockStaff, None, got);
    }
    check(Operation::ReadStaff, None, engine.staff(&asker).map(|_| ()));
    check(
        Operation::ReadStaff,
        None,
        engine.staff_report(&asker, "worker-0").map(|_| ()),
    );
    check(
        Operation::ReadLogIns,
        None,
        engine.staff_logins(&asker, "worker-0").map(|_| ()),
    );
    check_desk(shop, duty, of, anna);
    assert_eq!(
        engine.approve(duty, 1).map(|_| ()),
        Err(Refusal::ProposalUnknown)
    );
}

/// The doors of the desk: each refuses whoever has no leave.
fn check_desk(shop: &Shop, duty: &OnDuty, of: Role, anna: &Person) {
    let engine = shop.engine();
    let (member, asked) = (anna.member, Cause::MemberAsked);
    let pair = (member, member);
    let said = Confirmation {
        confirmed: true,
        pin: &anna.pin,
        codes: &[],
        device: "desk-1",
    };
    let number = "2017-000001".parse().unwrap();
    let told = Told {
        kind: TicketKind::Copy,
        text: "a copy",
        language: Language::En,
    };
    type Door<'a> = &'a dyn Fn() -> Result<(), Refusal>;
    let doors: [(Operation, Door<'_>); 18] = [
        (Operation::VerifyPhone, &|| {
            engine.verify_phone_at_desk(duty, member, asked).map(|_| ())
        }),
        (Operation::IssuePinReset, &|| {
            let issued = engine.issue_pin_reset_at_desk(duty, member, asked);
            issued.map(|_| ())
        }),
        (Operation::ReissueCard, &|| {
            let key = numbered(902);
            let reissued = engine.reissue_card_at_desk(duty, &key, member, asked);
            reissued.map(|_| ())
        }),
        (Operation::CheckIdentity, &|| {
            let checked = engine.check_identity_at_desk(duty, member, None, asked);
            checked.map(|_| ())
        }),
        (Operation::CheckIdentity, &|| {
            engine.end_identity_at_desk(duty, member)
        }),
        (Operation::Merge, &|| {
            engine.send_merge_code_at_desk(duty, member)
        }),
        (Operation::Merge, &|| {
            let proved = engine.prove_phone_at_desk(duty, member, "204957");
            proved.map(|_| ())
        }),
        (Operation::Merge, &|| {
            let shown = engine.preview_merge_at_desk(duty, pair, &[], asked);
            shown.map(|_| ())
        }),
        (Operation::Merge, &|| {
            let merged = engine.merge_at_desk(duty, &numbered(903), pair, &said, asked);
            merged.map(|_| ())
        }),
        (Operation::Merge, &|| {
            engine.merges_at_desk(duty, member, asked).map(|_| ())
        }),
        (Operation::ReadTickets, &|| {
            engine.tickets_at_desk(duty, None, false).map(|_| ())
        }),
        (Operation::ReadTickets, &|| {
            engine.ticket_at_desk(duty, number).map(|_| ())
        }),
        (Operation::TakeTicket, &|| {
            engine.take_ticket_at_desk(duty, number)
        }),
        (Operation::TakeTicket, &|| {
            let opened = engine.open_ticket_at_desk(duty, member, &told);
            opened.map(|_| ())
        }),
        (Operation::AnswerTicket, &|| {
            engine.answer_ticket_at_desk(duty, number, "yes")
        }),
        (Operation::CloseTicket, &|| {
            engine.close_ticket_at_desk(duty, number, None)
        }),
        (Operation::RunSweep, &|| {
            engine.count_sweep(duty).map(|_| ())
        }),
        (Operation::RunSweep, &|| {
            engine.sweep_at_desk(duty).map(|_| ())
        }),
    ];
    for (operation, door) in doors {
        if !granted(of, operation, None) {
            assert_eq!(door(), Err(Refusal::NotGranted), "{of:?} {operation:?}");
        }
    }
}

/// What must not have moved.
trait OwnState {
    fn own_state(&self, person: &Person) -> (AccountState, i64, usize);
}

impl OwnState for jifen::engine::Engine {
    fn own_state(&self, person: &Person) -> (AccountState, i64, usize) {
        let statement = self.statement(person.account).unwrap();
        let entries = self.entries(person.account).unwrap().len();
        (statement.state, statement.balance.count(), entries)
    }
}

#[test]
fn a_search_shows_masked_rows_and_leaves_a_line() {
    let shop = Shop::in_memory();
    let anna = member(&shop, 1);
    let desk = shop.hire("li.lei", Role::Desk);
    let found = shop
        .engine()
        .search_members(&desk, &Sought::Card(&anna.card))
        .unwrap();
    let shown: Vec<&str> = found[0]
        .shown
        .iter()
        .map(|shown| shown.values[0].as_str())
        .collect();
    let tail = &anna.card[14..];
    assert_eq!(shown, ["王＊＊", "138****0001", &format!("**** {tail}")]);
    assert!(
        found[0]
            .shown
            .iter()
            .all(|shown| shown.sight == Sight::Masked)
    );
    assert_eq!(found[0].member, anna.member);
    let by_phone = shop
        .engine()
        .search_members(&desk, &Sought::Mobile("13800000001"));
    assert_eq!(by_phone.unwrap(), found);
    for nobody in [
        Sought::Card("990000000000000000"),
        Sought::Mobile("13899999999"),
    ] {
        assert!(
            shop.engine()
                .search_members(&desk, &nobody)
                .unwrap()
                .is_empty()
        );
    }
    let lines = leaves(&shop, "searched");
    assert_eq!(lines.len(), 4);
    let fields = r#""fields":["name","mobile","card_number"]"#;
    assert!(
        lines[0].contains(r#""found":1"#) && lines[0].contains(fields),
        "{lines:?}"
    );
    assert!(lines[2].contains(r#""found":0"#), "{lines:?}");
}

#[test]
fn a_search_finds_twenty_at_most() {
    let shop = Shop::in_memory();
    for number in 1..=23 {
        let mut form = Form::of(number);
        form.mobile = "13800000001".to_owned();
        shop.join(&numbered(number), &form);
    }
    let desk = shop.hire("li.lei", Role::Desk);
    let found = shop
        .engine()
        .search_members(&desk, &Sought::Mobile("13800000001"));
    assert_eq!(found.unwrap().len(), 20);
}

#[test]
fn a_grant_stops_at_midnight_of_its_last_day() {
    let shop = Shop::in_memory();
    let today = shop.engine().shop_day();
    let grant = RoleGrant {
        until: Some(today),
        ..role(Role::Desk)
    };
    let worker = shop.hire_with("li.lei", &[grant]);
    let duty = shop.sign_in(&worker).unwrap();
    let zone = shop.engine().versions().latest().unwrap().zone;
    let midnight = zone.start_of(today.plus_days(1).unwrap());
    let tickets = || shop.engine().may(&duty, Operation::ReadTickets);
    shop.bench.clock.follow(midnight.plus_millis(-1));
    assert_eq!(tickets(), Ok(()));
    shop.bench.clock.follow(midnight);
    assert_eq!(tickets(), Err(Refusal::GrantExpired));
}

#[test]
fn a_grant_for_another_store_counts_for_nothing_here() {
    let shop = Shop::in_memory();
    let grant = RoleGrant {
        store: Some("north".to_owned()),
        ..role(Role::Desk)
    };
    let worker = shop.hire_with("li.lei", &[grant]);
    let duty = shop.sign_in(&worker).unwrap();
    let tickets = || shop.engine().may(&duty, Operation::ReadTickets);
    assert_eq!(tickets(), Err(Refusal::GrantExpired));
    shop.engine().keep_staff_rules(StaffRules {
        store: Some("north".to_owned()),
        ..StaffRules::default()
    });
    assert_eq!(tickets(), Ok(()));
}

#[test]
fn a_blocked_account_ends_at_once_and_leaves_a_record_with_degree_and_reference() {
    let shop = Shop::in_memory();
    let worker = shop.hire_with("li.lei", &[role(Role::Desk)]);
    let duty = shop.sign_in(&worker).unwrap();
    let engine = shop.engine();
    assert_eq!(engine.may(&duty, Operation::ReadTickets), Ok(()));
    let why = ("looked up a neighbour", "2017-3");
    engine
        .block_staff(&Asker::Operator, "li.lei", Degree::Suspension, why)
        .unwrap();
    let over = Err(Refusal::StaffSignInNeeded);
    assert_eq!(engine.may(&duty, Operation::ReadTickets), over);
    assert_eq!(
        shop.sign_in(&worker).map(|_| ()),
        Err(Refusal::StaffSignInFailed)
    );
    let lines = leaves(&shop, "staff_blocked");
    assert_eq!(lines.len(), 1);
    assert!(
        lines[0].contains(r#""degree":"suspension","reference":"2017-3""#),
        "{lines:?}"
    );
    assert!(!lines[0].contains("neighbour"), "{lines:?}");

    engine.unblock_staff(&Asker::Operator, "li.lei").unwrap();
    assert_eq!(
        engine.may(&duty, Operation::ReadTickets),
        over,
        "its sessions stay ended"
    );
    let again = shop.sign_in(&worker).unwrap();
    assert_eq!(engine.may(&again, Operation::ReadTickets), Ok(()));
    let accounts = engine.staff(&Asker::Operator).unwrap();
    let breach = &accounts[0].breaches[0];
    assert_eq!(
        (breach.degree, breach.reference.as_str()),
        (Degree::Suspension, "2017-3")
    );
    assert!(breach.lifted_at.is_some() && !accounts[0].is_blocked);
}

#[test]
fn nobody_changes_their_own_rights() {
    let shop = Shop::in_memory();
    let duty = shop.hire("root.one", Role::Administrator);
    let asker = Asker::Staff(duty);
    let engine = shop.engine();
    let second = Err(Refusal::SecondPersonNeeded);
    assert_eq!(
        engine.grant_role(&asker, "root.one", &role(Role::MemberManager)),
        second
    );
    assert_eq!(engine.unblock_staff(&asker, "root.one"), second);
    assert_eq!(
        engine.reset_staff(&asker, "root.one", true).map(|_| ()),
        second
    );
    shop.hire("li.lei", Role::Desk);
    assert_eq!(
        engine.grant_role(&asker, "li.lei", &role(Role::DataManager)),
        Ok(())
    );
    assert_eq!(engine.revoke_role(&asker, "li.lei", Role::Desk), Ok(()));
    let lines = [
        leaves(&shop, "staff_granted"),
        leaves(&shop, "staff_revoked"),
    ]
    .concat();
    assert_eq!(lines.len(), 4, "{lines:?}");
}

#[test]
fn a_drawn_password_lets_its_owner_do_nothing_but_change_it() {
    let shop = Shop::in_memory();
    let worker = shop.add_worker("li.lei", &[role(Role::Desk)]);
    let duty = shop.sign_in(&worker).unwrap();
    let engine = shop.engine();
    assert_eq!(engine.standing(&duty).unwrap().access, Access::PasswordDue);
    let due = Err(Refusal::PasswordDue);
    assert_eq!(engine.may(&duty, Operation::ReadTickets), due);
    assert_eq!(engine.proposals(&duty, 0).map(|_| ()), due);
    let new = "Kranich am Ufer 5";
    let wrong = engine.change_staff_password(&duty, "no", new).map(|_| ());
    assert_eq!(wrong, Err(Refusal::StaffSignInFailed));
    let after = engine
        .change_staff_password(&duty, &worker.password, new)
        .unwrap();
    assert_eq!(engine.may(&after, Operation::ReadTickets), Ok(()));
    let over = Err(Refusal::StaffSignInNeeded);
    assert_eq!(
        engine.may(&duty, Operation::ReadTickets),
        over,
        "other sessions end"
    );
}

#[test]
fn a_password_of_ninety_one_days_lets_its_owner_do_nothing_but_change_it() {
    let shop = Shop::in_memory();
    let mut worker = shop.hire_with("li.lei", &[role(Role::Desk)]);
    shop.wait(89 * DAY_MILLIS);
    let duty = shop.sign_in(&worker).unwrap();
    assert_eq!(shop.engine().may(&duty, Operation::ReadTickets), Ok(()));
    shop.wait(2 * DAY_MILLIS);
    let due = Err(Refusal::PasswordDue);
    assert_eq!(
        shop.engine().may(&duty, Operation::ReadTickets),
        due,
        "it is due meanwhile"
    );
    let duty = shop.sign_in(&worker).unwrap();
    assert_eq!(shop.engine().may(&duty, Operation::ReadTickets), due);
    let new = "Vierzig Schiffe im Nebel";
    let duty = shop
        .engine()
        .change_staff_password(&duty, &worker.password, new)
        .unwrap();
    assert_eq!(shop.engine().may(&duty, Operation::ReadTickets), Ok(()));
    worker.password = new.to_owned();
    assert!(shop.sign_in(&worker).is_ok());
}

#[test]
fn short_common_told_and_used_passwords_are_refused() {
    let shop = Shop::in_memory();
    let worker = shop.add_worker("li.lei", &[role(Role::Desk)]);
    let mut duty = shop.sign_in(&worker).unwrap();
    let mut old = worker.password.clone();
    let change =
        |duty: &OnDuty, old: &str, new: &str| shop.engine().change_staff_password(duty, old, new);
    for (new, no) in [
        ("12345678", Refusal::PasswordShape),
        ("woaini1314", Refusal::PasswordShape),
        ("123456789012", Refusal::PasswordCommon),
        ("woaini131452", Refusal::PasswordCommon),
        ("li.lei am Ufer 55", Refusal::PasswordCommon),
        ("李雷 und sieben Kraniche", Refusal::PasswordCommon),
    ] {
        assert_eq!(change(&duty, &old, new).unwrap_err(), no, "{new}");
    }
    let words = ["Ufer", "Nebel", "Garten", "Hafen", "Winter", "Sommer"];
    let passwords = words.map(|word| format!("Vierzig Kraniche im {word} 7"));
    for new in &passwords {
        duty = change(&duty, &old, new).unwrap();
        old.clone_from(new);
    }
    for used in &passwords {
        assert_eq!(
            change(&duty, &old, used).unwrap_err(),
            Refusal::PasswordReused,
            "{used}"
        );
    }
    assert!(change(&duty, &old, "Vierzig Kraniche im Regen 7").is_ok());
}

#[test]
fn a_code_works_once() {
    let shop = Shop::in_memory();
    let worker = shop.hire_with("li.lei", &[role(Role::Desk)]);
    shop.sign_in(&worker).unwrap();
    let code = worker.totp.shown(shop.bench.clock.wall());
    let proofs = (worker.password.as_str(), code.as_str());
    let again = shop.engine().staff_sign_in("li.lei", proofs, "desk-1");
    assert_eq!(again.unwrap_err(), Refusal::StaffSignInFailed);
    let restarted = shop.reopened(7);
    let again = restarted.engine().staff_sign_in("li.lei", proofs, "desk-1");
    assert_eq!(
        again.unwrap_err(),
        Refusal::StaffSignInFailed,
        "nor after a restart"
    );
    assert!(restarted.sign_in(&worker).is_ok());
}

#[test]
fn every_no_of_a_log_in_reads_the_same_and_unknown_names_wait_like_others() {
    let shop = Shop::in_memory();
    let worker = shop.hire_with("li.lei", &[role(Role::Desk)]);
    for name in ["li.lei", "nobody", ""] {
        shop.wait(DAY_MILLIS);
        let locked: Vec<Result<(), Refusal>> = (0..7)
            .map(|_| {
                let proofs = ("Kranich am Ufer", "000000");
                shop.engine()
                    .staff_sign_in(name, proofs, "desk-1")
                    .map(|_| ())
            })
            .collect();
        let failed = Err(Refusal::StaffSignInFailed);
        assert!(
            locked[..5].iter().all(|no| *no == failed),
            "{name}: {locked:?}"
        );
        let locked = &locked[5..];
        let seconds = Err(Refusal::SignInLocked { seconds: 30 });
        assert!(locked.iter().all(|no| *no == seconds), "{name}: {locked:?}");
    }
    // The right password and a wrong code is as wrong as any, and a restart forgets no attempt.
    let restarted = shop.reopened(3);
    restarted.wait(DAY_MILLIS);
    let proofs = (worker.password.as_str(), "000000");
    let no = restarted.engine().staff_sign_in("li.lei", proofs, "desk-1");
    assert!(
        matches!(no, Err(Refusal::StaffSignInFailed)),
        "one attempt when the wait is over"
    );
    let no = restarted.engine().staff_sign_in("li.lei", proofs, "desk-1");
    assert!(matches!(no, Err(Refusal::SignInLocked { .. })), "{no:?}");
}

#[test]
fn log_ins_of_the_staff_are_recorded() {
    let shop = Shop::in_memory();
    let worker = shop.hire_with("li.lei", &[role(Role::Desk)]);
    let before = shop
        .engine()
        .staff_logins(&Asker::Operator, "li.lei")
        .unwrap()
        .len();
    let _ = shop
        .engine()
        .staff_sign_in("li.lei", ("no", "000000"), "desk-9");
    shop.sign_in(&worker).unwrap();
    let all = shop
        .engine()
        .staff_logins(&Asker::Operator, "li.lei")
        .unwrap();
    let new: Vec<(&str, bool)> = all[before..]
        .iter()
        .map(|login| (login.device.as_str(), login.success))
        .collect();
    assert_eq!(
        new,
        [("desk-9", false), ("desk-1", false), ("desk-1", true)]
    );
}

#[test]
fn the_first_account_is_made_with_the_code_that_is_shown_once() {
    let shop = Shop::in_memory();
    let engine = shop.engine();
    assert!(!engine.has_staff().unwrap());
    let code = engine.issue_set_up().unwrap().unwrap();
    assert!(engine.issue_set_up().unwrap().is_none(), "once");
    let failed = Refusal::StaffSignInFailed;
    let wrong = engine.set_up_staff("0123456789abcdef0123456789abcdef", "root.one", "李雷");
    assert_eq!(wrong.unwrap_err(), failed);
    let fresh = engine.set_up_staff(&code, "root.one", "李雷").unwrap();
    assert!(fresh.otpauth.is_some());
    let again = engine.set_up_staff(&code, "root.two", "李雷");
    assert_eq!(again.unwrap_err(), failed, "it is used up");
    assert!(engine.issue_set_up().unwrap().is_none());
    let accounts = engine.staff(&Asker::Operator).unwrap();
    assert_eq!(accounts[0].grants[0].role, Role::Administrator);
}

#[test]
fn names_and_grants_that_cannot_be_are_refused() {
    let shop = Shop::in_memory();
    let add = |name: &str, display: &str, grants: &[RoleGrant]| {
        let added = shop
            .engine()
            .add_staff(&Asker::Operator, name, display, grants);
        added.map(|_| ())
    };
    let desk = [role(Role::Desk)];
    for name in [
        "",
        "a",
        "Li",
        "li lei",
        "李雷",
        &"a".repeat(33),
        "operator",
        "jifen",
        "li_lei",
    ] {
        assert_eq!(
            add(name, "李雷", &desk),
            Err(Refusal::BadStaffName),
            "{name}"
        );
    }
    assert_eq!(add("li.lei", "", &desk), Err(Refusal::BadStaffName));
    assert_eq!(add("li.lei", "李雷", &[]), Err(Refusal::BadGrant));
    let backwards = RoleGrant {
        until: Some(day("2016-12-31")),
        ..role(Role::Desk)
    };
    assert_eq!(add("li.lei", "李雷", &[backwards]), Err(Refusal::BadGrant));
    assert_eq!(add("li.lei", "李雷", &desk), Ok(()));
    assert_eq!(add("li.lei", "李雷", &desk), Err(Refusal::StaffExists));
    let unknown = shop
        .engine()
        .revoke_role(&Asker::Operator, "han.meimei", Role::Desk);
    assert_eq!(unknown, Err(Refusal::StaffUnknown));
}

#[test]
fn sanctions_go_up_and_down_with_a_reason_each_that_the_member_sees() {
    let shop = Shop::in_memory();
    let anna = member(&shop, 1);
    let manager = shop.hire("han.meimei", Role::MemberManager);
    let engine = shop.engine();
    let story = [
        (Sanction::Warn, Ok(AccountState::Warned)),
        (Sanction::Warn, Err(AccountState::Warned)),
        (Sanction::Restrict, Ok(AccountState::Restricted)),
        (Sanction::Suspend, Ok(AccountState::Suspended)),
        (Sanction::Lift, Ok(AccountState::Active)),
        (Sanction::Lift, Err(AccountState::Active)),
    ];
    for (place, (sanction, expected)) in story.into_iter().enumerate() {
        let key = numbered(100 + u64::try_from(place).unwrap());
        let got = engine.discipline(&manager, &key, anna.member, sanction, WHY);
        let expected = expected.map_err(|state| Refusal::StateForbids { state });
        assert_eq!(got.map(|done| done.state), expected, "{place}");
        if let Ok(state) = expected {
            assert_eq!(engine.statement(anna.account).unwrap().state, state);
        }
    }
    let lines = leaves(&shop, "sanctioned");
    assert_eq!(lines.len(), 4);
    assert!(
        lines
            .iter()
            .all(|line| line.contains(r#""purpose":"rules_broken""#)),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .all(|line| line.contains(r#""actor":"han.meimei""#)),
        "{lines:?}"
    );
    let entries = engine.entries(anna.account).unwrap();
    let reasons: Vec<&String> = entries
        .iter()
        .filter_map(|entry| match &entry.movement {
            Movement::Sanction { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), 4);
    assert!(reasons.iter().all(|reason| *reason == WHY.1));
    let no = engine.discipline(
        &manager,
        &numbered(120),
        anna.member,
        Sanction::Warn,
        (WHY.0, " "),
    );
    assert_eq!(no.unwrap_err(), Refusal::BadReason);
}

#[test]
fn a_suspended_member_sees_corrects_and_deletes_their_own_all_the_same() {
    let shop = Shop::in_memory();
    let anna = member(&shop, 1);
    let manager = shop.hire("han.meimei", Role::MemberManager);
    let engine = shop.engine();
    engine
        .discipline(
            &manager,
            &numbered(100),
            anna.member,
            Sanction::Suspend,
            WHY,
        )
        .unwrap();
    let state = AccountState::Suspended;
    let token = shop.shown(&numbered(101), &anna);
    let sold = shop.sell(&numbered(102), &token, "s1", &[]);
    assert_eq!(sold.unwrap_err(), Refusal::StateForbids { state });
    let held = shop.hold(&numbered(103), &token, 100);
    assert_eq!(held.unwrap_err(), Refusal::StateForbids { state });

    assert!(engine.sign_in(&anna.card, &anna.pin, "kiosk-1").is_ok());
    assert!(shop.own_data(anna.member).is_ok());
    let own = jifen::policy::grant::Ask::OwnData {
        signed_in: anna.member,
        member: anna.member,
    };
    let own = || jifen::policy::grant::decide(&own).unwrap();
    let told = ("王小红", "13800000009");
    engine
        .correct(&numbered(104), anna.member, told, "kiosk-1", &own())
        .unwrap();
    let points = engine.farewell(anna.member, &own()).unwrap().points;
    let by = jifen::engine::erase::By::Member { device: "kiosk-1" };
    assert!(
        engine
            .erase(&numbered(105), anna.member, by, points)
            .is_ok()
    );
}

#[test]
fn points_up_to_the_limit_are_one_persons_and_above_it_two() {
    let shop = Shop::in_memory();
    let anna = member(&shop, 1);
    let manager = shop.hire("han.meimei", Role::MemberManager);
    let adjust = |key: u64, points: i64| {
        let what = (points, "counted wrongly");
        shop.engine()
            .adjust_by_staff(&manager, &numbered(key), anna.member, what)
    };
    assert_eq!(adjust(100, 1_000).unwrap().balance.count(), 1_100);
    assert_eq!(adjust(101, 1_001).unwrap_err(), Refusal::SecondPersonNeeded);
    assert_eq!(
        adjust(102, -1_001).unwrap_err(),
        Refusal::SecondPersonNeeded
    );
    assert_eq!(adjust(103, i64::MIN).unwrap_err(), Refusal::AmountTooLarge);
    assert_eq!(adjust(104, 0).unwrap_err(), Refusal::NothingToAdjust);
    shop.bench.assert_verified("adjusted");
}

#[test]
fn two_equal_passwords_have_different_verifiers_and_no_secret_stands_in_the_store() {
    let shop = Shop::in_memory();
    let one = shop.hire_with("li.lei", &[role(Role::Desk)]);
    let other = shop.hire_with("ha.lei", &[role(Role::Desk)]);
    assert_eq!(one.password, other.password);
    let rows = shop.rows();
    let staff = &rows["staff"];
    assert_ne!(staff[0].1, staff[1].1);
    let secret = one.totp.otpauth("li.lei");
    let secret = secret
        .split_once("secret=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    for (table, rows) in &rows {
        for (key, value) in rows {
            for hidden in ["li.lei", "ha.lei", "argon2id", &one.password, secret] {
                let is_leaf = ["leaves", "acts"].contains(table);
                let stands = [key, value].iter().any(|bytes| {
                    bytes
                        .windows(hidden.len())
                        .any(|part| part == hidden.as_bytes())
                });
                // Accounts are named in the audit, and nothing else of theirs.
                assert!(
                    !stands || (is_leaf && hidden.ends_with(".lei")),
                    "{table}: {hidden}"
                );
            }
        }
    }
}

#[test]
fn the_printed_permissions_are_those_that_count() {
    let shop = Shop::in_memory();
    let today = shop.engine().shop_day();
    let desk = RoleGrant {
        until: Some(today),
        ..role(Role::Desk)
    };
    shop.hire_with("li.lei", &[desk]);
    let report = || {
        shop.engine()
            .staff_report(&Asker::Operator, "li.lei")
            .unwrap()
            .1
    };
    let lines = report();
    let mobile: Vec<_> = lines
        .iter()
        .filter(|line| {
            (line.operation, line.field) == (Operation::QueryFields, Some(FieldName::Mobile))
        })
        .collect();
    assert_eq!(mobile.len(), 1);
    assert_eq!(
        (mobile[0].hands, mobile[0].until),
        (Hands::Second, Some(today))
    );
    assert!(lines.iter().all(|line| line.in_force));
    shop.wait(2 * DAY_MILLIS);
    assert!(report().iter().all(|line| !line.in_force));
    // Purposes of consents and causes of staff share no word: a leaf says which it was.
    for cause in Cause::ALL {
        assert!(
            Purpose::OPTIONAL
                .iter()
                .all(|purpose| purpose.as_str() != cause.word())
        );
    }
}
