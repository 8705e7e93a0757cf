//! Every cell of the table and of its complement.

use super::*;
use crate::domain::time::{Day, Moment, Zone};
use crate::policy::grant::GrantRefused;

/// 2026-03-02, noon in Shanghai.
const NOON: Moment = Moment::from_millis(1_772_424_000_000);

fn day(text: &str) -> Day {
    Day::new(text.parse().unwrap())
}

fn standing(role: Role) -> Standing {
    Standing {
        name: "li.lei".to_owned(),
        access: Access::Open,
        grants: vec![RoleGrant {
            role,
            from: day("2026-01-01"),
            until: Some(day("2026-03-31")),
            store: None,
        }],
        zone: "Asia/Shanghai".parse().unwrap(),
        store: None,
    }
}

/// No field, and then each.
fn fields() -> impl Iterator<Item = Option<FieldName>> {
    let each = FieldName::ALL.iter().copied().map(Some);
    core::iter::once(None).chain(each)
}

fn decided(
    standing: &Standing,
    part: Part,
    operation: Operation,
    field: Option<FieldName>,
    now: Moment,
) -> Result<(), GrantRefused> {
    match part {
        Part::Do => decide_staff(standing, operation, field, now).map(|_| ()),
        Part::Approve => decide_approval(standing, operation, field, now),
    }
}

/// The table in another spelling, written down by hand: what each role may do, `!` approves, `+` needs a second person.
const WRITTEN: &[(&str, &str)] = &[
    ("cashier", "serve_till"),
    (
        "desk",
        "search_member:name,mobile,card_number \
         +query_fields:name,mobile,card_number,state,tier,points,address,postcode,consents query_fields:language \
         +correct_fields:name,mobile correct_fields:language +erase_member verify_phone issue_pin_reset reissue_card \
         check_identity enter_member read_tickets take_ticket answer_ticket close_ticket",
    ),
    (
        "member_manager",
        "search_member:name,mobile,card_number \
         +query_fields:name,mobile,card_number,state,tier,points,address,postcode,consents,log_ins query_fields:language \
         !query_fields:name,mobile,card_number,state,tier,points,address,postcode,consents,log_ins \
         !correct_fields:name,mobile !erase_member review_entry warn restrict suspend lift +terminate !terminate adjust \
         +adjust_above_limit !adjust_above_limit merge +undo_merge !undo_merge read_tickets take_ticket answer_ticket close_ticket \
         read_reports sign_application",
    ),
    ("information_specialist", "file_application"),
    ("department_head", "sign_application"),
    (
        "planning",
        "review_application sign_application receive_extract",
    ),
    ("marketing_manager", "read_reports"),
    (
        "security_officer",
        "read_audit read_log_ins read_staff block_staff manage_incidents self_check",
    ),
    ("auditor", "read_audit read_log_ins read_staff read_reports"),
    (
        "data_manager",
        "search_member:name,mobile,card_number \
         +query_fields:name,mobile,card_number,state,tier,points,address,postcode,consents,log_ins query_fields:language \
         !query_fields:name,mobile,card_number,state,tier,points,address,postcode,consents,log_ins \
         +correct_fields:name,mobile correct_fields:language !correct_fields:name,mobile +erase_member !erase_member \
         !terminate verify_phone review_entry merge +undo_merge !undo_merge read_quality read_reports run_sweep",
    ),
    (
        "administrator",
        "read_staff manage_staff block_staff manage_terminals manage_programme manage_notice self_check",
    ),
    (
        "it_operator",
        "backup manage_keys run_sweep self_check run_application",
    ),
];

/// What is written down for a cell: whether a second person is needed, where it is granted at all.
fn written(role: Role, part: Part, operation: Operation, field: Option<FieldName>) -> Option<bool> {
    let (_, words) = WRITTEN.iter().find(|(of, _)| *of == role.word())?;
    words.split_whitespace().find_map(|word| {
        let (approves, word) = word
            .strip_prefix('!')
            .map_or((false, word), |rest| (true, rest));
        let (seconded, word) = word
            .strip_prefix('+')
            .map_or((false, word), |rest| (true, rest));
        let (of, fields) = word.split_once(':').unwrap_or((word, ""));
        let names: Vec<&str> = fields.split(',').filter(|name| !name.is_empty()).collect();
        let about = field.map_or(names.is_empty(), |field| names.contains(&field.word()));
        let fits = about && of == operation.word() && approves == (part == Part::Approve);
        fits.then_some(seconded)
    })
}

/// A cell of the table.
type Cell = (Role, Part, Operation, Option<FieldName>);

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for role in Role::ALL.iter().copied() {
        for part in [Part::Do, Part::Approve] {
            for operation in Operation::ALL.iter().copied() {
                cells.extend(fields().map(|field| (role, part, operation, field)));
            }
        }
    }
    cells
}

/// The cells in which a table is not what is written down.
fn differences(rules: &[Rule]) -> Vec<Cell> {
    let differs = |cell: &Cell| {
        let (role, part, operation, field) = *cell;
        let standing = standing(role);
        let decided = standing::rule(rules, &standing, part, (operation, field), NOON);
        let got = decided.map(|rule| rule.hands == Hands::Second);
        let wanted = written(role, part, operation, field).ok_or(GrantRefused::NotGranted);
        got != wanted
    };
    cells().into_iter().filter(differs).collect()
}

#[test]
fn every_cell_is_granted_as_it_is_written_down_or_refused() {
    assert_eq!(differences(RULES), []);
    let of = |cell: &Cell| decided(&standing(cell.0), cell.1, cell.2, cell.3, NOON);
    let (granted, refused): (Vec<_>, Vec<_>) =
        cells().into_iter().partition(|cell| of(cell).is_ok());
    let all = Role::ALL.len() * 2 * Operation::ALL.len() * (FieldName::ALL.len() + 1);
    assert_eq!(granted.len() + refused.len(), all);
    assert!(100 < granted.len() && 10_000 < refused.len());
    for cell in refused {
        assert_eq!(of(&cell), Err(GrantRefused::NotGranted), "{cell:?}");
    }
}

#[test]
fn a_cell_that_slips_into_the_table_or_out_of_it_is_seen() {
    let mut planted = RULES.to_vec();
    planted.push(Rule {
        role: Role::Cashier,
        part: Part::Do,
        operation: Operation::QueryFields,
        fields: &[FieldName::Mobile],
        sight: Sight::Clear,
        hands: Hands::Alone,
    });
    let cell = (
        Role::Cashier,
        Part::Do,
        Operation::QueryFields,
        Some(FieldName::Mobile),
    );
    assert_eq!(differences(&planted), [cell]);
    let (_, less) = RULES.split_first().unwrap();
    let cell = (Role::Cashier, Part::Do, Operation::ServeTill, None);
    assert_eq!(differences(less), [cell]);
}

#[test]
fn every_clear_field_of_level_one_or_two_needs_a_second_person() {
    for rule in RULES.iter().filter(|rule| rule.part == Part::Do) {
        for field in rule.fields {
            let strict = field.level() < Level::Three && rule.sight == Sight::Clear;
            assert_eq!(strict, rule.hands == Hands::Second, "{rule:?} {field:?}");
        }
    }
    let deletes = [
        Operation::EraseMember,
        Operation::Terminate,
        Operation::AdjustAboveLimit,
        Operation::UndoMerge,
    ];
    for rule in RULES.iter().filter(|rule| rule.part == Part::Do) {
        if deletes.contains(&rule.operation) {
            assert_eq!(rule.hands, Hands::Second, "{rule:?}");
        }
    }
}

#[test]
fn what_needs_a_second_person_can_be_approved_by_another_role() {
    for rule in RULES.iter().filter(|rule| rule.hands == Hands::Second) {
        let about: Vec<Option<FieldName>> = match rule.fields {
            [] => vec![None],
            fields => fields.iter().copied().map(Some).collect(),
        };
        for field in about {
            let approves = |other: &&Rule| {
                other.part == Part::Approve
                    && other.operation == rule.operation
                    && other.is_about(field)
            };
            assert!(RULES.iter().any(|other| approves(&other)), "{rule:?}");
        }
    }
}

#[test]
fn a_cashier_opens_no_field_at_all() {
    for rule in RULES.iter().filter(|rule| rule.role == Role::Cashier) {
        assert!(rule.fields.is_empty(), "{rule:?}");
    }
}

#[test]
fn nobody_reads_a_field_of_level_one() {
    for rule in RULES {
        assert!(
            rule.fields.iter().all(|field| field.level() != Level::One),
            "{rule:?}"
        );
    }
}

#[test]
fn a_grant_stops_at_midnight_of_its_last_day_in_the_shops_zone() {
    let standing = standing(Role::Desk);
    let zone = standing.zone;
    let midnight = zone.start_of(day("2026-04-01"));
    let begins = zone.start_of(day("2026-01-01"));
    let at = |now| decided(&standing, Part::Do, Operation::ReadTickets, None, now);
    assert_eq!(at(begins.plus_millis(-1)), Err(GrantRefused::Expired));
    assert_eq!(at(begins), Ok(()));
    assert_eq!(at(midnight.plus_millis(-1)), Ok(()));
    assert_eq!(at(midnight), Err(GrantRefused::Expired));
    let utc = Standing {
        zone: Zone::UTC,
        ..standing.clone()
    };
    assert_eq!(
        decided(&utc, Part::Do, Operation::ReadTickets, None, midnight),
        Ok(())
    );
    // What it never granted is not called expired.
    let no = decided(&standing, Part::Do, Operation::ManageStaff, None, midnight);
    assert_eq!(no, Err(GrantRefused::NotGranted));
}

#[test]
fn a_grant_for_one_store_counts_in_no_other() {
    let mut standing = standing(Role::Desk);
    standing.grants[0].store = Some("north".to_owned());
    let at = |store: Option<&str>| {
        let standing = Standing {
            store: store.map(str::to_owned),
            ..standing.clone()
        };
        decided(&standing, Part::Do, Operation::ReadTickets, None, NOON)
    };
    assert_eq!(at(Some("north")), Ok(()));
    assert_eq!(at(Some("south")), Err(GrantRefused::Expired));
    assert_eq!(at(None), Err(GrantRefused::Expired));
}

#[test]
fn blocked_accounts_and_due_passwords_have_no_right() {
    for (access, no) in [
        (Access::Blocked, GrantRefused::Blocked),
        (Access::PasswordDue, GrantRefused::PasswordDue),
    ] {
        for rule in RULES {
            let standing = Standing {
                access,
                ..standing(rule.role)
            };
            let field = rule.fields.first().copied();
            let got = decided(&standing, rule.part, rule.operation, field, NOON);
            assert_eq!(got, Err(no), "{rule:?}");
        }
    }
}

#[test]
fn an_opening_has_the_fields_of_its_leaves_and_no_other() {
    let standing = standing(Role::Desk);
    let leave = |operation, field| decide_staff(&standing, operation, Some(field), NOON).unwrap();
    let search = [FieldName::Name, FieldName::Mobile].map(|of| leave(Operation::SearchMember, of));
    let opening = Opening::of(&search, None).unwrap();
    assert_eq!(opening.fields(), [FieldName::Name, FieldName::Mobile]);
    assert_eq!(opening.sight(FieldName::Name), Some(Sight::Masked));
    assert_eq!(opening.sight(FieldName::CardNumber), None);

    let query = [leave(Operation::QueryFields, FieldName::Mobile)];
    let second = GrantRefused::SecondPersonNeeded;
    assert_eq!(Opening::of(&query, None), Err(second));
    assert_eq!(Seconded::by("li.lei", "li.lei"), Err(second));
    let seconded = Seconded::by("li.lei", "han.meimei").unwrap();
    let opening = Opening::of(&query, Some(seconded)).unwrap();
    assert_eq!(opening.sight(FieldName::Mobile), Some(Sight::Clear));
    let mixed = [search[0], query[0]];
    assert_eq!(
        Opening::of(&mixed, Some(seconded)),
        Err(GrantRefused::NotGranted)
    );
    assert_eq!(
        Opening::of(&[], Some(seconded)),
        Err(GrantRefused::NotGranted)
    );
}

#[test]
fn words_are_each_one_and_read_back() {
    fn check<T: Copy + PartialEq + core::fmt::Debug>(
        all: &[T],
        word: fn(T) -> &'static str,
        of: fn(&str) -> Option<T>,
    ) {
        for one in all {
            assert_eq!(of(word(*one)), Some(*one));
        }
        assert_eq!(of(""), None);
    }
    check(Role::ALL, Role::word, Role::of_word);
    check(Operation::ALL, Operation::word, Operation::of_word);
    check(FieldName::ALL, FieldName::word, FieldName::of_word);
    check(Cause::ALL, Cause::word, Cause::of_word);
    assert!(FieldName::ALL.len() < 32, "a field has a bit of an opening");
}

#[test]
fn the_report_of_an_employee_has_a_line_for_every_cell_that_is_granted() {
    for role in Role::ALL.iter().copied() {
        let standing = standing(role);
        let lines = report(&standing, NOON);
        for part in [Part::Do, Part::Approve] {
            for operation in Operation::ALL.iter().copied() {
                for field in fields() {
                    let is_told = lines.iter().any(|line| {
                        (line.part, line.operation, line.field) == (part, operation, field)
                            && line.in_force
                    });
                    let may = decided(&standing, part, operation, field, NOON).is_ok();
                    assert_eq!(is_told, may, "{role:?} {part:?} {operation:?} {field:?}");
                }
            }
        }
    }
}
