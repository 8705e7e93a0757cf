//! Two records of one person are one person to everything that is about people: PINs, requests, log-ins (semantics 17).

use jifen::domain::refusal::Refusal;
use jifen::engine::audit::Actor;
use jifen::engine::tickets::{OpenedBy, Told};
use jifen::policy::catalogue::{Field, Value};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::policy::notice::Language;
use jifen::policy::ticket::TicketKind;
use jifen_tests::people::{PIN, Person};

use super::merge::Pair;

const NEW: &str = "731946";

fn own(who: &Person) -> Grant {
    let member = who.member;
    decide(&Ask::OwnData {
        signed_in: member,
        member,
    })
    .unwrap()
}

/// What the parts of the survivor's own view say of a field, in their order.
fn parts(pair: &Pair, part: Field) -> Vec<String> {
    let engine = pair.shop.engine();
    let member = pair.a.member;
    let view = engine
        .own_view(member, Language::En, &own(&pair.a))
        .unwrap();
    let whole = part.declaration().part_of.unwrap();
    match view.record.value(whole) {
        Some(Value::Records(records)) => records
            .iter()
            .filter_map(|record| match record.value(part) {
                Some(Value::Text(text)) => Some(text.to_string()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// MEM-08: the PIN that is set by either card is the one that both ask for.
#[test]
fn a_secret_for_either_card_sets_the_pin_of_both() {
    let mut pair = Pair::of(&[]);
    pair.merge();
    let engine = pair.shop.engine();
    let cards = [pair.a.card.clone(), pair.b.card.clone()];
    let secret = engine
        .issue_pin_reset(&cards[1], &Actor::operator())
        .unwrap();
    let member = engine
        .reset_pin(&cards[1], &secret.grouped(), NEW, "kiosk-1")
        .unwrap();
    assert_eq!(member, pair.a.member, "whose sessions are to end");
    for card in &cards {
        let old = engine.sign_in(card, PIN, "kiosk-1");
        assert_eq!(old.map(|_| ()), Err(Refusal::SignInFailed));
        assert_eq!(engine.sign_in(card, NEW, "kiosk-1").unwrap().member, member);
    }
    // Apart again, the other record has the PIN that it had.
    pair.unmerge().unwrap();
    let engine = pair.shop.engine();
    assert_eq!(
        engine.sign_in(&cards[1], PIN, "kiosk-1").unwrap().member,
        pair.b.member
    );
}

/// DSR-08: who asked something by one card reads the answer by the other, and again by the first when they part.
#[test]
fn requests_and_log_ins_of_either_record_are_the_persons() {
    let mut pair = Pair::of(&[]);
    let engine = pair.shop.engine();
    let ask = |who: &Person, text: &str| {
        let told = Told {
            kind: TicketKind::Complaint,
            text,
            language: Language::En,
        };
        let by = OpenedBy::Member { device: "kiosk-1" };
        engine
            .open_ticket(who.member, &told, by, &own(who))
            .unwrap();
    };
    ask(&pair.a, "by the first card");
    ask(&pair.b, "by the second card");
    engine.sign_in(&pair.b.card, PIN, "kiosk-7").unwrap();
    let texts = |pair: &Pair, who: &Person| {
        let tickets = pair.shop.engine().tickets_of(who.member, &own(who));
        let tickets = tickets.unwrap().into_iter();
        let texts = tickets.map(|ticket| ticket.text.as_str().to_owned());
        texts.collect::<Vec<String>>()
    };
    pair.merge();
    assert_eq!(
        texts(&pair, &pair.a),
        ["by the second card", "by the first card"]
    );
    assert_eq!(
        parts(&pair, Field::TicketText),
        ["by the first card", "by the second card"]
    );
    assert_eq!(parts(&pair, Field::MergedCard), [&*pair.b.card]);
    assert_eq!(parts(&pair, Field::MergedMobile), ["+8613800000001"]);
    let logins = pair.shop.engine().logins(pair.a.member).unwrap();
    assert!(logins.iter().any(|login| login.device == "kiosk-7"));
    pair.unmerge().unwrap();
    assert_eq!(texts(&pair, &pair.a), ["by the first card"]);
    assert_eq!(texts(&pair, &pair.b), ["by the second card"]);
    assert_eq!(parts(&pair, Field::TicketText), ["by the first card"]);
    assert!(parts(&pair, Field::MergedCard).is_empty());
}
