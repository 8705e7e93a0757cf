//! What a member agrees to counts at once, is proved by its text, and every use asks first.

use jifen::domain::refusal::{AccountState, Refusal};
use jifen::engine::adjust::Sanction;
use jifen::engine::audit::Actor;
use jifen::engine::consents::Asked;
use jifen::engine::erase::By;
use jifen::policy::consent::{Channel, Decision, Standing};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::policy::notice::{Language, Notice, Shown};
use jifen::policy::purpose::Purpose;
use jifen_tests::people::{Form, NOTICE, Person, Shop};
use jifen_tests::wishes::numbered;

const ASKED: Asked<'_> = Asked {
    language: Language::En,
    channel: Channel::Tick,
    device: "kiosk-1",
};
const CURRENT: Option<&str> = Some("2017.1");

fn own(person: &Person) -> Grant {
    let signed_in = person.member;
    let member = person.member;
    decide(&Ask::OwnData { signed_in, member }).expect("their own")
}

/// A member who ticked these boxes.
fn joined(shop: &Shop, number: u64, boxes: &[&'static str]) -> Person {
    let form = Form {
        consents: boxes.iter().map(|purpose| (*purpose, true)).collect(),
        ..Form::of(number)
    };
    shop.join(&numbered(number), &form)
}

fn answer(
    shop: &Shop,
    who: &Person,
    purpose: Purpose,
    decision: Decision,
    version: Option<&str>,
) -> Result<Standing, Refusal> {
    let engine = shop.engine();
    engine.answer_consent(who.member, (purpose, decision), version, &ASKED, &own(who))
}

/// Whether every list has the member.
fn is_reachable(shop: &Shop, who: &Person, purpose: Purpose) -> bool {
    let reachable = shop.engine().reachable(purpose).expect("the store reads");
    let is_there = reachable.members().any(|member| member == who.member);
    let may = shop.engine().may_use(who.member, purpose);
    assert_eq!(may, Ok(is_there), "a list and the question differ");
    assert_eq!(reachable.members().count(), reachable.count());
    is_there
}

/// CON-05.
#[test]
fn one_second_after_a_withdrawal_no_list_has_the_member_and_points_go_on() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["marketing"]);
    let bo = joined(&shop, 2, &["marketing"]);
    assert!(is_reachable(&shop, &anna, Purpose::Marketing));
    assert!(!is_reachable(&shop, &anna, Purpose::Analysis));

    let withdrawn = answer(&shop, &anna, Purpose::Marketing, Decision::Withdrawn, None);
    assert_eq!(withdrawn, Ok(Standing::Withdrawn));
    shop.wait(1_000);
    assert!(!is_reachable(&shop, &anna, Purpose::Marketing));
    assert!(is_reachable(&shop, &bo, Purpose::Marketing));
    let token = shop.shown(&numbered(10), &anna);
    shop.sell(&numbered(11), &token, "1", &[])
        .expect("it earns");
    assert_eq!(
        shop.engine()
            .balance(anna.account)
            .map(|it| it.balance.count()),
        Ok(200)
    );

    // Nobody asks again for 90 days, and the member may change their mind at any time.
    let ask = |shop: &Shop| {
        let all = shop
            .engine()
            .consents(anna.member, &own(&anna))
            .expect("it reads");
        all.iter()
            .find(|at| at.purpose == Purpose::Marketing)
            .cloned()
            .expect("it is optional")
    };
    assert!(!ask(&shop).may_ask);
    let given = answer(&shop, &anna, Purpose::Marketing, Decision::Given, CURRENT);
    assert_eq!(given, Ok(Standing::Given));
    assert!(is_reachable(&shop, &anna, Purpose::Marketing));
    assert!(ask(&shop).may_ask);
    shop.bench.assert_verified("a yes, a no and a yes");
}

/// CON-02: the same answer again is no other one; a no after a yes is a withdrawal.
#[test]
fn an_answer_is_added_when_it_says_something_new() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["marketing"]);
    let events = |shop: &Shop| shop.own_data(anna.member).expect("it reads").consents.len();
    let story = [
        (Decision::Given, CURRENT, Ok(Standing::Given), 3),
        (Decision::Refused, CURRENT, Ok(Standing::Withdrawn), 4),
        (Decision::Withdrawn, None, Ok(Standing::Withdrawn), 4),
        (Decision::Refused, CURRENT, Ok(Standing::Withdrawn), 4),
        (Decision::Given, None, Err(Refusal::NoticeOutdated), 4),
        (
            Decision::Given,
            Some("2016.9"),
            Err(Refusal::NoticeOutdated),
            4,
        ),
        (Decision::Given, CURRENT, Ok(Standing::Given), 5),
        (Decision::Given, CURRENT, Ok(Standing::Given), 5),
        (Decision::Withdrawn, None, Ok(Standing::Withdrawn), 6),
    ];
    for (place, (decision, version, expected, kept)) in story.into_iter().enumerate() {
        let before = shop.rows();
        let answered = answer(&shop, &anna, Purpose::Marketing, decision, version);
        assert_eq!(answered, expected, "{place}");
        assert_eq!(events(&shop), kept, "{place}");
        if expected.is_err() {
            assert_eq!(shop.rows(), before, "{place}");
        }
    }
    let membership = answer(&shop, &anna, Purpose::Membership, Decision::Given, CURRENT);
    assert_eq!(membership, Err(Refusal::BadConsent));
    let bo = joined(&shop, 2, &[]);
    let answer = (Purpose::Marketing, Decision::Withdrawn);
    let others = shop
        .engine()
        .answer_consent(anna.member, answer, None, &ASKED, &own(&bo));
    assert_eq!(others, Err(Refusal::TokenUnknown));
}

/// CON-06: a new notice suspends what was agreed to under the one before.
#[test]
fn a_new_notice_suspends_a_yes_until_the_member_has_answered_to_it() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["marketing"]);
    let next = NOTICE.replace("version = \"2017.1\"", "version = \"2017.2\"");
    shop.engine().publish(&next).expect("it is whole");
    assert!(!is_reachable(&shop, &anna, Purpose::Marketing));
    let standing = shop
        .engine()
        .consents(anna.member, &own(&anna))
        .expect("it reads")[0]
        .standing;
    assert_eq!(standing, Standing::Suspended);
    let old = answer(&shop, &anna, Purpose::Marketing, Decision::Given, CURRENT);
    assert_eq!(old, Err(Refusal::NoticeOutdated));
    let new = answer(
        &shop,
        &anna,
        Purpose::Marketing,
        Decision::Given,
        Some("2017.2"),
    );
    assert_eq!(new, Ok(Standing::Given));
    assert!(is_reachable(&shop, &anna, Purpose::Marketing));
}

/// CON-06: refused, and a line of it; a use that is allowed leaves none.
#[test]
fn a_use_that_nobody_agreed_to_is_refused_and_leaves_a_line() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["marketing"]);
    let engine = shop.engine();
    let before = engine.audit_size().expect("it reads");
    let check = |purpose| engine.check_use(anna.member, purpose, &Actor::operator());
    assert_eq!(check(Purpose::Membership), Ok(()));
    assert_eq!(check(Purpose::Marketing), Ok(()));
    assert_eq!(engine.audit_size(), Ok(before));
    assert_eq!(check(Purpose::Analysis), Err(Refusal::UseNotConsented));
    let lines = engine.audit_lines(before, 9).expect("it reads");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains(r#""act":"use_refused","data":{"purpose":"analysis"}"#),
        "{lines:?}"
    );
    assert!(!lines[0].contains("1380000"), "{lines:?}");
}

/// DSR-05, MEM-06.
#[test]
fn who_froze_the_use_and_who_is_suspended_is_in_no_list() {
    let shop = Shop::in_memory();
    let boxes = ["marketing", "direct_mail", "analysis"];
    let (anna, bo) = (joined(&shop, 1, &boxes), joined(&shop, 2, &boxes));
    let engine = shop.engine();
    let since = engine
        .restrict(anna.member, "kiosk-1", &own(&anna))
        .expect("it is theirs");
    shop.wait(5_000);
    assert_eq!(
        engine.restrict(anna.member, "kiosk-1", &own(&anna)),
        Ok(since)
    );
    assert_eq!(
        engine.restrict(anna.member, "kiosk-1", &own(&bo)),
        Err(Refusal::TokenUnknown)
    );
    for purpose in Purpose::OPTIONAL {
        assert!(!is_reachable(&shop, &anna, purpose) && is_reachable(&shop, &bo, purpose));
    }
    // The membership goes on.
    assert!(is_reachable(&shop, &anna, Purpose::Membership));
    let token = shop.shown(&numbered(10), &anna);
    shop.sell(&numbered(11), &token, "1", &[])
        .expect("it earns");
    assert!(
        engine
            .own_view(anna.member, Language::Zh, &own(&anna))
            .is_ok()
    );
    engine
        .lift_restriction(anna.member, "kiosk-1", &own(&anna))
        .expect("it is theirs");
    assert!(is_reachable(&shop, &anna, Purpose::Marketing));

    let suspended = Sanction {
        account: bo.account,
        state: AccountState::Suspended,
        reason: "fraud".to_owned(),
        actor: "desk".to_owned(),
    };
    engine.run(&numbered(12), suspended).expect("it is done");
    for purpose in Purpose::ALL {
        assert!(!is_reachable(&shop, &bo, purpose));
    }
    shop.bench.assert_verified("frozen and suspended");
}

/// COL-03, privacy §2.
#[test]
fn who_no_longer_wants_letters_has_no_address_any_more() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["direct_mail"]);
    let told = ("延安西路 1 号", "200050");
    let engine = shop.engine();
    engine
        .set_address(anna.member, told, "kiosk-1", &own(&anna))
        .expect("letters are wanted");
    let before = engine.audit_size().expect("it reads");
    let withdrawn = answer(&shop, &anna, Purpose::DirectMail, Decision::Withdrawn, None);
    assert_eq!(withdrawn, Ok(Standing::Withdrawn));
    assert!(shop.rows()["postal"].is_empty() && shop.rows()["intents"].is_empty());
    assert!(
        engine
            .own_address(anna.member, &own(&anna))
            .expect("it reads")
            .is_none()
    );
    let lines = engine.audit_lines(before, 9).expect("it reads").concat();
    assert!(
        lines.contains("consent_withdrawn") && lines.contains(r#""groups":["postal"]"#),
        "{lines}"
    );
    let again = engine.set_address(anna.member, told, "kiosk-1", &own(&anna));
    assert_eq!(again, Err(Refusal::ConsentNeeded));
    shop.bench.assert_verified("without letters");
}

/// CON-02: the exact text, whatever was published since.
#[test]
fn each_answer_is_proved_by_the_text_that_was_shown() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &["marketing"]);
    let bo = joined(&shop, 2, &[]);
    let next = NOTICE
        .replace("version = \"2017.1\"", "version = \"2017.2\"")
        .replace("发送优惠短信", "发送短信和彩信");
    shop.engine().publish(&next).expect("it is whole");
    let given = answer(
        &shop,
        &anna,
        Purpose::Analysis,
        Decision::Given,
        Some("2017.2"),
    );
    assert_eq!(given, Ok(Standing::Given));
    let proofs = shop
        .engine()
        .consent_proof(anna.member, &own(&anna))
        .expect("it reads");
    assert_eq!(proofs.len(), 4);
    for (place, proof) in proofs.iter().enumerate() {
        let (file, version) = if place < 3 {
            (NOTICE, "2017.1")
        } else {
            (&*next, "2017.2")
        };
        let notice = Notice::parse(file).expect("it is whole");
        let event = &proof.event;
        let shown = Shown::Consent(event.purpose);
        assert_eq!(event.notice_version, version);
        assert_eq!(proof.text, notice.shown(shown, event.language), "{place}");
        assert_eq!(
            notice.text_hash(shown, event.language),
            event.text_hash,
            "{place}"
        );
        assert!(!event.device.is_empty());
    }
    assert!(proofs[0].text.contains("发送优惠短信"));
    let others = shop.engine().consent_proof(anna.member, &own(&bo));
    assert_eq!(others, Err(Refusal::TokenUnknown));
}

/// CON-03.
#[test]
fn who_refuses_everything_registers_earns_redeems_looks_and_leaves() {
    let shop = Shop::in_memory();
    let anna = joined(&shop, 1, &[]);
    for purpose in Purpose::OPTIONAL {
        let refused = answer(&shop, &anna, purpose, Decision::Refused, CURRENT);
        assert_eq!(refused, Ok(Standing::Refused));
    }
    let token = shop.shown(&numbered(10), &anna);
    shop.sell(&numbered(11), &token, "1", &[])
        .expect("it earns");
    let token = shop.shown(&numbered(12), &anna);
    let hold = shop.hold(&numbered(13), &token, 100).expect("it redeems");
    shop.sell(&numbered(14), &token, "2", &[hold])
        .expect("it pays");
    let engine = shop.engine();
    let view = engine
        .own_view(anna.member, Language::En, &own(&anna))
        .expect("it is shown");
    assert!(!view.record.is_empty());
    let points = engine.balance(anna.account).expect("it reads").balance;
    let by = By::Member { device: "kiosk-1" };
    assert!(engine.erase(&numbered(15), anna.member, by, points).is_ok());
    shop.bench.assert_verified("with nobody");
}
