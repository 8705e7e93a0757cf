//! What staff do with members' data takes two people, is done once, and stands in the audit (ACC-04, QLT-06, X-09, X-10).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::engine::closing::closing;
use jifen::engine::proposals::{Executed, Proposal, State, Wanted};
use jifen::engine::staff::OnDuty;
use jifen::policy::access::{Cause, FieldName, Operation, Role, Sight};
use jifen::store::memory::MemoryStore;
use jifen::store::{Body, Home, ReadTx, Store, StoreError, Ticket};
use jifen_tests::bench::DEMO;
use jifen_tests::crew::role;
use jifen_tests::people::{Form, Person, Shop, keys_of};
use jifen_tests::wishes::numbered;

const HOUR: i64 = 3_600_000;

/// A shop with a member who has 100 points, a desk, and a manager who approves.
struct Scene {
    shop: Shop,
    anna: Person,
    desk: OnDuty,
    manager: OnDuty,
}

impl Scene {
    fn new() -> Self {
        Self::of(Shop::in_memory())
    }

    fn of(shop: Shop) -> Self {
        let anna = shop.join(&numbered(1), &Form::of(1));
        shop.engine()
            .sign_in(&anna.card, &anna.pin, "kiosk-1")
            .unwrap();
        let desk = shop.hire("li.lei", Role::Desk);
        let manager = shop.hire("han.meimei", Role::MemberManager);
        Self {
            shop,
            anna,
            desk,
            manager,
        }
    }

    fn propose(&self, duty: &OnDuty, wanted: &Wanted<'_>) -> Result<Proposal, Refusal> {
        self.shop.engine().propose(duty, self.anna.member, wanted)
    }

    fn approved(&self, duty: &OnDuty, wanted: &Wanted<'_>) -> u64 {
        let number = self.propose(duty, wanted).unwrap().number;
        let approver = if duty.name() == self.manager.name() {
            self.shop.hire("wei.hua", Role::MemberManager)
        } else {
            self.manager.clone()
        };
        self.shop.engine().approve(&approver, number).unwrap();
        number
    }

    fn execute(&self, duty: &OnDuty, number: u64) -> Result<Executed, Refusal> {
        self.shop.engine().execute(duty, number)
    }

    fn lines(&self, act: &str) -> Vec<String> {
        let lines = self.shop.engine().audit_lines(0, 100_000).unwrap();
        let word = format!("\"act\":\"{act}\"");
        lines
            .into_iter()
            .filter(|line| line.contains(&word))
            .collect()
    }
}

fn query(fields: &[FieldName]) -> Wanted<'_> {
    Wanted {
        operation: Operation::QueryFields,
        fields,
        values: &[],
        points: None,
        purpose: Cause::MemberAsked,
        reason: "rang about a parcel",
        ticket: Some("T-7"),
    }
}

fn correct<'a>(fields: &'a [FieldName], values: &'a [(FieldName, &'a str)]) -> Wanted<'a> {
    Wanted {
        operation: Operation::CorrectFields,
        values,
        purpose: Cause::ErrorNoticed,
        ..query(fields)
    }
}

fn of_points(points: i64) -> Wanted<'static> {
    Wanted {
        operation: Operation::AdjustAboveLimit,
        points: Some(points),
        purpose: Cause::Goodwill,
        ..query(&[])
    }
}

fn erase() -> Wanted<'static> {
    Wanted {
        operation: Operation::EraseMember,
        ..query(&[])
    }
}

fn shown(executed: Executed) -> Vec<(FieldName, Sight, Vec<String>)> {
    match executed {
        Executed::Shown(fields) => fields
            .into_iter()
            .map(|shown| (shown.field, shown.sight, shown.values))
            .collect(),
        other => panic!("not shown: {other:?}"),
    }
}

#[test]
fn a_query_gives_exactly_the_fields_that_another_approved_once() {
    let scene = Scene::new();
    let fields = [FieldName::Mobile, FieldName::Points];
    let proposal = scene.propose(&scene.desk, &query(&fields)).unwrap();
    assert_eq!(
        (proposal.state, proposal.reason.as_str()),
        (State::Open, "rang about a parcel")
    );
    assert_eq!(proposal.who.1, "138****0001");
    let number = proposal.number;
    let second = Refusal::SecondPersonNeeded;
    assert_eq!(scene.execute(&scene.desk, number).unwrap_err(), second);

    let listed = scene.shop.engine().proposals(&scene.manager, 0).unwrap();
    assert_eq!(
        listed.iter().map(|one| one.number).collect::<Vec<_>>(),
        [number]
    );
    let engine = scene.shop.engine();
    assert_eq!(engine.approve(&scene.desk, number).unwrap_err(), second);
    let approved = engine.approve(&scene.manager, number).unwrap();
    assert_eq!(approved.state, State::Ready(Some("han.meimei".to_owned())));
    let again = engine.approve(&scene.manager, number).unwrap_err();
    assert_eq!(again, Refusal::ProposalState);
    assert_eq!(
        scene.execute(&scene.manager, number).unwrap_err(),
        second,
        "nor the approver"
    );

    assert!(scene.lines("looked").is_empty());
    let got = shown(scene.execute(&scene.desk, number).unwrap());
    let mobile = vec!["+8613800000001".to_owned()];
    let points = vec!["100".to_owned()];
    assert_eq!(
        got,
        [
            (FieldName::Mobile, Sight::Clear, mobile),
            (FieldName::Points, Sight::Clear, points),
        ]
    );
    assert_eq!(
        scene.execute(&scene.desk, number).unwrap_err(),
        Refusal::ProposalState
    );
    let lines = scene.lines("looked");
    assert_eq!(lines.len(), 1);
    for part in [
        r#""actor":"li.lei","role":"staff""#,
        r#""fields":["mobile","points"]"#,
        r#""purpose":"member_asked""#,
        r#""ticket":"T-7""#,
        r#""subject":""#,
    ] {
        assert!(lines[0].contains(part), "{part}: {lines:?}");
    }
    for line in scene.shop.engine().audit_lines(0, 100_000).unwrap() {
        for hidden in ["13800000001", "王小明", "parcel"] {
            assert!(!line.contains(hidden), "{line}");
        }
    }
    scene.shop.bench.assert_verified("a query");
}

#[test]
fn every_field_that_may_be_asked_for_has_a_value_of_its_own() {
    let scene = Scene::new();
    let data = scene.shop.hire("da.ta", Role::DataManager);
    let fields = [
        FieldName::Name,
        FieldName::Mobile,
        FieldName::CardNumber,
        FieldName::State,
        FieldName::Tier,
        FieldName::Points,
        FieldName::Address,
        FieldName::Postcode,
        FieldName::Consents,
        FieldName::LogIns,
        FieldName::Language,
    ];
    let number = scene.approved(&data, &query(&fields));
    let got = shown(scene.execute(&data, number).unwrap());
    let first: Vec<(FieldName, String)> = got
        .iter()
        .map(|(field, _, values)| (*field, values.first().cloned().unwrap_or_default()))
        .collect();
    let value = |of: FieldName| {
        first
            .iter()
            .find(|(field, _)| *field == of)
            .unwrap()
            .1
            .clone()
    };
    assert_eq!(got.len(), fields.len());
    assert_eq!(value(FieldName::Name), "王小明");
    assert_eq!(
        value(FieldName::CardNumber).replace(' ', ""),
        scene.anna.card
    );
    assert_eq!(value(FieldName::State), "active");
    assert_eq!(value(FieldName::Tier), "ordinary");
    assert_eq!(value(FieldName::Address), "", "none was given");
    assert_eq!(value(FieldName::Language), "zh-CN");
    assert!(value(FieldName::LogIns).contains("kiosk-1"));
}

#[test]
fn a_preference_is_corrected_at_once_and_a_name_when_another_approved() {
    let scene = Scene::new();
    let language = [FieldName::Language];
    let to_english = [(FieldName::Language, "en")];
    let proposal = scene
        .propose(&scene.desk, &correct(&language, &to_english))
        .unwrap();
    assert_eq!(proposal.state, State::Ready(None), "level 3 (X-10)");
    assert_eq!(
        proposal.changes,
        [("language".into(), "zh-CN".into(), "en".into())]
    );
    assert!(scene.lines("corrected").is_empty());
    let before = scene.shop.engine().audit_size().unwrap();
    scene.execute(&scene.desk, proposal.number).unwrap();
    let lines = scene.lines("corrected");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(r#""fields":["language"]"#), "{lines:?}");
    assert_eq!(
        scene.shop.engine().audit_size().unwrap(),
        before + 1,
        "one log entry"
    );
    let own = scene.shop.own_data(scene.anna.member).unwrap();
    assert_eq!(own.language, jifen::policy::notice::Language::En);

    let both = [FieldName::Name, FieldName::Mobile];
    let values = [
        (FieldName::Name, "王小红"),
        (FieldName::Mobile, "13800000009"),
    ];
    let proposal = scene
        .propose(&scene.desk, &correct(&both, &values))
        .unwrap();
    assert_eq!(proposal.state, State::Open);
    let masked = [
        ("name".to_owned(), "王＊＊".to_owned(), "王＊＊".to_owned()),
        (
            "mobile".to_owned(),
            "138****0001".to_owned(),
            "138****0009".to_owned(),
        ),
    ];
    assert_eq!(proposal.changes, masked);
    scene
        .shop
        .engine()
        .approve(&scene.manager, proposal.number)
        .unwrap();
    scene.execute(&scene.desk, proposal.number).unwrap();
    let own = scene.shop.own_data(scene.anna.member).unwrap();
    assert_eq!(own.profile.masked_mobile(), "138****0009");
    let seen = scene
        .shop
        .engine()
        .proposal(&scene.desk, proposal.number)
        .unwrap();
    assert_eq!(
        (seen.state.word(), seen.changes),
        ("executed", masked.to_vec())
    );
    // The index of phones went along: the new number leads to her, the old one to nobody.
    let found = |mobile: &str| {
        let sought = jifen::engine::staff::Sought::Mobile(mobile);
        scene
            .shop
            .engine()
            .search_members(&scene.desk, &sought)
            .unwrap()
            .len()
    };
    assert_eq!((found("13800000001"), found("13800000009")), (0, 1));
    scene.shop.bench.assert_verified("corrections");
}

#[test]
fn a_corrected_record_and_its_proposals_outlive_the_old_key() {
    let scene = Scene::new();
    let fields = [FieldName::Mobile];
    let values = [(FieldName::Mobile, "13800000009")];
    let waiting = scene.propose(&scene.desk, &query(&fields)).unwrap().number;
    let number = scene.approved(&scene.desk, &correct(&fields, &values));
    scene.execute(&scene.desk, number).unwrap();
    let engine = scene.shop.engine();
    let retired = engine.retire_core().unwrap();
    assert_eq!(retired.len(), 1);
    engine.drop_retired(&retired).unwrap();
    assert!(engine.proposal(&scene.desk, waiting).is_ok());
    assert!(engine.proposal(&scene.desk, number).is_ok());
    scene.shop.bench.assert_verified("a key that was dropped");
}

#[test]
fn what_nobody_approves_lapses_after_a_day_and_what_is_approved_a_day_later() {
    let scene = Scene::new();
    let fields = [FieldName::Mobile];
    let engine = scene.shop.engine();
    let waits = scene.propose(&scene.desk, &query(&fields)).unwrap().number;
    let approved = scene.propose(&scene.desk, &query(&fields)).unwrap().number;
    scene.shop.wait(24 * HOUR - 1_000);
    engine.approve(&scene.manager, approved).unwrap();
    assert_eq!(engine.sweep_proposals().unwrap(), 0);
    scene.shop.wait(1_000);
    assert_eq!(
        engine.approve(&scene.manager, waits).unwrap_err(),
        Refusal::ProposalLapsed
    );
    assert_eq!(
        scene.execute(&scene.desk, waits).unwrap_err(),
        Refusal::ProposalLapsed
    );
    assert!(engine.proposals(&scene.manager, 0).unwrap().is_empty());
    assert_eq!(engine.sweep_proposals().unwrap(), 1);
    assert_eq!(engine.sweep_proposals().unwrap(), 0, "once");
    assert_eq!(scene.lines("proposal_lapsed").len(), 1);

    scene.shop.wait(24 * HOUR - 2_000);
    assert!(matches!(
        engine.proposal(&scene.desk, approved).unwrap().state,
        State::Ready(_)
    ));
    scene.shop.wait(2_000);
    assert_eq!(
        scene.execute(&scene.desk, approved).unwrap_err(),
        Refusal::ProposalLapsed
    );
}

#[test]
fn old_proposals_go() {
    let scene = Scene::new();
    scene
        .propose(&scene.desk, &query(&[FieldName::Mobile]))
        .unwrap();
    scene.shop.wait(191 * 24 * HOUR);
    scene.shop.engine().sweep_proposals().unwrap();
    let rows = scene.shop.rows();
    assert!(rows["proposals"].is_empty() && rows["proposed"].is_empty());
}

#[test]
fn a_declined_proposal_stays_declined() {
    let scene = Scene::new();
    let number = scene.propose(&scene.desk, &erase()).unwrap().number;
    let engine = scene.shop.engine();
    assert_eq!(
        engine.decline(&scene.desk, number).unwrap_err(),
        Refusal::SecondPersonNeeded
    );
    let declined = engine.decline(&scene.manager, number).unwrap();
    assert_eq!(declined.state, State::Declined("han.meimei".to_owned()));
    assert_eq!(
        engine.approve(&scene.manager, number).unwrap_err(),
        Refusal::ProposalState
    );
    assert_eq!(
        scene.execute(&scene.desk, number).unwrap_err(),
        Refusal::ProposalState
    );
    assert!(scene.shop.own_data(scene.anna.member).is_ok());
    let lines = scene.lines("decided");
    assert!(
        lines.len() == 1 && lines[0].contains(r#""approved":false"#),
        "{lines:?}"
    );
}

#[test]
fn whoever_loses_the_role_or_the_account_carries_nothing_out() {
    let scene = Scene::new();
    let number = scene.approved(&scene.desk, &query(&[FieldName::Mobile]));
    let operator = jifen::engine::staff::Asker::Operator;
    let engine = scene.shop.engine();
    engine.revoke_role(&operator, "li.lei", Role::Desk).unwrap();
    assert_eq!(
        scene.execute(&scene.desk, number).unwrap_err(),
        Refusal::NotGranted
    );
    engine
        .grant_role(&operator, "li.lei", &role(Role::Cashier))
        .unwrap();
    assert_eq!(
        scene.execute(&scene.desk, number).unwrap_err(),
        Refusal::NotGranted
    );
    // Another who may do such a thing may carry it out.
    let other = scene.shop.hire("wei.hua", Role::Desk);
    assert_eq!(shown(scene.execute(&other, number).unwrap()).len(), 1);
}

#[test]
fn a_wish_that_does_not_fit_together_is_refused() {
    let scene = Scene::new();
    let fields = [FieldName::Name];
    let name = [(FieldName::Name, "王小红")];
    let none = scene.propose(&scene.desk, &query(&[])).unwrap_err();
    assert_eq!(none, Refusal::NotGranted, "no cell is about no field");
    let wrong = [
        Wanted {
            values: &name,
            ..query(&fields)
        },
        query(&[FieldName::Name, FieldName::Name]),
        correct(&fields, &[]),
        correct(&fields, &[(FieldName::Mobile, "13800000009")]),
        Wanted {
            points: Some(5),
            ..query(&fields)
        },
        Wanted {
            points: Some(5),
            ..erase()
        },
        Wanted {
            ticket: Some(""),
            ..query(&fields)
        },
    ];
    for wanted in &wrong {
        assert_eq!(
            scene.propose(&scene.desk, wanted).unwrap_err(),
            Refusal::BadRequest,
            "{wanted:?}"
        );
    }
    let no_reason = Wanted {
        reason: " ",
        ..query(&fields)
    };
    assert_eq!(
        scene.propose(&scene.desk, &no_reason).unwrap_err(),
        Refusal::BadReason
    );
    let bad = [(FieldName::Name, "12345")];
    let no = scene
        .propose(&scene.desk, &correct(&fields, &bad))
        .unwrap_err();
    assert_eq!(no, Refusal::BadName);
    let nothing = scene.propose(&scene.manager, &of_points(0)).unwrap_err();
    assert_eq!(nothing, Refusal::NothingToAdjust);
    assert!(scene.shop.rows()["proposals"].is_empty());
}

#[test]
fn a_termination_takes_two_and_ends_in_an_erasure_with_the_points_lost() {
    let scene = Scene::new();
    let wanted = Wanted {
        operation: Operation::Terminate,
        purpose: Cause::RulesBroken,
        ..query(&[])
    };
    let waits = scene
        .propose(&scene.desk, &query(&[FieldName::Mobile]))
        .unwrap()
        .number;
    let proposal = scene.propose(&scene.manager, &wanted).unwrap();
    assert_eq!(proposal.points, 100, "what will be lost");
    let number = proposal.number;
    let engine = scene.shop.engine();
    assert_eq!(
        engine.approve(&scene.manager, number).unwrap_err(),
        Refusal::SecondPersonNeeded
    );
    let data = scene.shop.hire("da.ta", Role::DataManager);
    engine.approve(&data, number).unwrap();
    let Executed::Erased(receipt) = scene.execute(&scene.manager, number).unwrap() else {
        panic!("no receipt");
    };
    let receipt = format!("{receipt:?}");
    assert!(receipt.contains("100"), "{receipt}");
    assert!(scene.shop.own_data(scene.anna.member).is_err());
    let lines = scene.lines("erased");
    assert!(lines.len() == 1 && lines[0].contains(r#""actor":"han.meimei","role":"staff""#));
    // Other proposals about the member went along.
    assert_eq!(
        engine.approve(&scene.manager, waits).unwrap_err(),
        Refusal::ProposalUnknown
    );
    assert!(scene.shop.rows()["proposed"].is_empty());
    assert_eq!(
        scene.execute(&scene.manager, number).unwrap_err(),
        Refusal::ProposalState
    );
    scene.shop.bench.assert_verified("a termination");
}

/// A store that fails every body after so many.
struct Mortal {
    store: MemoryStore,
    left: Arc<AtomicI64>,
}

impl Store for Mortal {
    fn read(&self) -> Result<Box<dyn ReadTx + '_>, StoreError> {
        self.store.read()
    }

    fn submit(&self, home: Home, body: Body) -> Ticket {
        if 0 < self.left.fetch_sub(1, Ordering::SeqCst) {
            self.store.submit(home, body)
        } else {
            let (waiter, ticket) = jifen::store::ticket();
            waiter.answer(Err(StoreError::Io("dead".into())));
            ticket
        }
    }

    fn submit_waiting(&self, home: Home, body: Body) -> Ticket {
        self.submit(home, body)
    }
}

/// Carries a wish out in a shop that dies after each number of transactions, and again after a restart. What it comes to.
fn check_crashes(wanted: &Wanted<'_>, by: Role, is_done: impl Fn(&Scene, bool)) {
    let mut crashes = 0;
    for alive in 0..8 {
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let keys = keys_of(9);
        let store = MemoryStore::new(Some(closing(keys.clone())));
        let store = Mortal {
            store,
            left: left.clone(),
        };
        let mut scene = Scene::of(Shop::new(Arc::new(store), keys, DEMO));
        let worker = scene.shop.hire_with("wo.rker", &[role(by)]);
        let duty = scene.shop.sign_in(&worker).unwrap();
        let number = scene.approved(&duty, wanted);

        left.store(alive, Ordering::SeqCst);
        let first = scene.execute(&duty, number);
        crashes += u32::from(first.is_err());
        left.store(i64::MAX, Ordering::SeqCst);
        scene.shop = scene.shop.reopened(77);
        let again = scene.execute(&duty, number);
        if first.is_ok() {
            assert_eq!(again.unwrap_err(), Refusal::ProposalState, "{alive}");
        } else {
            // It was done before the shop died, or it is done now.
            let was_done = matches!(again, Err(Refusal::ProposalState));
            assert!(was_done || again.is_ok(), "{alive}: {again:?}");
        }
        is_done(&scene, alive == 0);
        scene.shop.bench.assert_verified("a crash");
    }
    assert!(
        0 < crashes && crashes < 8,
        "some died and some did not: {crashes}"
    );
}

#[test]
fn an_adjustment_is_carried_out_once_whatever_dies_in_between() {
    check_crashes(&of_points(5_000), Role::MemberManager, |scene, _| {
        let balance = scene.shop.engine().balance(scene.anna.account).unwrap();
        assert_eq!(balance.balance, Points::new(5_100).unwrap());
        assert_eq!(scene.lines("adjusted").len(), 1);
    });
}

#[test]
fn a_query_is_carried_out_once_whatever_dies_in_between() {
    check_crashes(&query(&[FieldName::Name]), Role::Desk, |scene, _| {
        assert_eq!(scene.lines("looked").len(), 1);
    });
}

#[test]
fn an_erasure_is_carried_out_once_whatever_dies_in_between() {
    check_crashes(&erase(), Role::Desk, |scene, _| {
        assert!(scene.shop.own_data(scene.anna.member).is_err());
        assert_eq!(scene.lines("erased").len(), 1);
    });
}

#[test]
fn an_adjustment_above_the_limit_names_both_people() {
    let scene = Scene::new();
    let number = scene.approved(&scene.manager, &of_points(5_000));
    scene.execute(&scene.manager, number).unwrap();
    let entries = scene.shop.engine().entries(scene.anna.account).unwrap();
    let entry = format!("{:?}", entries[0].movement);
    assert!(entry.contains(r#"actor: "han.meimei""#), "{entry}");
    assert!(entry.contains(r#"approved_by: Some("wei.hua")"#), "{entry}");
}

/// The answer was lost and the page asks again: there is one proposal, and another wish under the same key is refused.
#[test]
fn what_is_asked_for_again_under_its_key_is_asked_for_once() {
    let scene = Scene::new();
    let engine = scene.shop.engine();
    let ask = |key: u64, duty: &OnDuty, points: i64| {
        let (key, wanted) = (numbered(key), of_points(points));
        engine.propose_once(duty, &key, scene.anna.member, &wanted)
    };
    let first = ask(100, &scene.manager, 5_000).unwrap();
    assert_eq!(
        ask(100, &scene.manager, 5_000).unwrap().number,
        first.number
    );
    assert_eq!(ask(100, &scene.manager, 6_000), Err(Refusal::KeyReused));
    assert_eq!(scene.lines("proposed").len(), 1);
    // Somebody else's key is another one, and so is a new one.
    let other = scene.shop.hire("wei.hua", Role::MemberManager);
    let others = [ask(100, &other, 5_000), ask(101, &scene.manager, 5_000)];
    for proposal in others {
        assert_ne!(proposal.unwrap().number, first.number);
    }
    assert_eq!(scene.lines("proposed").len(), 3);
}

/// A correction of the name leaves a phone alone that the member changed after it was approved.
#[test]
fn an_approved_correction_changes_what_it_names_and_nothing_else() {
    let scene = Scene::new();
    let engine = scene.shop.engine();
    let fields = [FieldName::Name];
    let number = scene.approved(&scene.desk, &correct(&fields, &[(FieldName::Name, "安娜")]));
    let ask = jifen::policy::grant::Ask::OwnData {
        signed_in: scene.anna.member,
        member: scene.anna.member,
    };
    let leave = jifen::policy::grant::decide(&ask).unwrap();
    let before = engine.own_data(scene.anna.member, &leave).unwrap();
    let (name, phone) = (before.profile.name.disclose(&leave), "13900139000");
    let told = (name.as_str(), phone);
    let by = (None, "kiosk-1");
    engine
        .correct_by_code(&numbered(200), scene.anna.member, told, by, &leave)
        .unwrap();
    scene.execute(&scene.desk, number).unwrap();
    let after = engine.own_data(scene.anna.member, &leave).unwrap();
    assert_eq!(after.profile.name.disclose(&leave).as_str(), "安娜");
    assert!(
        after
            .profile
            .mobile
            .disclose(&leave)
            .e164()
            .ends_with(phone)
    );
}
