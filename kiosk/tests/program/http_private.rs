//! The promise: no till learns who a member is, nor that two sales are one member's; and the log says nothing of anyone.

use std::sync::Arc;

use jifen::vault::Keybox;
use jifen_pos::client::Client;
use jifen_pos::message::basket::{Line, Slip};
use jifen_pos::message::hold::Hold;
use jifen_pos::message::identify::Identify;
use jifen_pos::message::quote::Quote;
use jifen_pos::message::refund::{Refund, RefundLine, Reversal, SaleName};
use jifen_pos::message::sale::{Member, Sale, UseHold};
use jifen_pos::message::service::{Diagnose, SignOn, Status};
use jifen_pos::till::Till as _;
use serde_json::json;

use crate::day::{Secrets, Visit, faults};
use crate::store::{Person, Store};
use crate::tape::Tape;
use crate::till::{Draft, Till, now, sale};

/// Who shops on the recorded day, and how often each of them comes. A visit is four calls or five.
const MEMBERS: usize = 20;
const ROUNDS: usize = 12;

/// Members whose names, mobiles and PINs stand nowhere by chance.
fn people() -> Vec<Person> {
    let surnames = ["欧阳", "司马", "诸葛", "上官", "夏侯"];
    let names = ["云舒", "若兰", "清扬", "牧野"];
    let pairs = surnames
        .iter()
        .flat_map(|surname| names.iter().map(move |name| format!("{surname}{name}")));
    pairs
        .enumerate()
        .map(|(number, name)| {
            let mobile = format!("1391357{:04}", 2_468 + 37 * number);
            Person::new(&name, &mobile, &format!("Abendsegler-{number:02}"))
        })
        .collect()
}

/// One visit: a card that earns, or a code that pays with points too.
fn visit(client: &Client, code: &str, pays: bool, slip: usize, round: usize) {
    let call = || client.new_call().unwrap();
    let code = code.to_owned();
    let token = client.identify(&call(), &Identify { code }).unwrap();
    let token = token.sale_token;
    let lines = vec![Line::goods("milk", "2", &format!("{}.00", 220 + round))];
    let slip_of = |kind: &str| Slip::new("1", "1", &format!("{kind}{slip:06}"));
    let quote = Quote {
        sale_token: token.clone(),
        lines: lines.clone(),
    };
    client.quote(&call(), &quote).unwrap();
    let slip = slip_of("S");
    let mut sale = Sale::new(Member::Token(&token), slip, &now(), lines.clone());
    if pays {
        let hold = Hold {
            sale_token: token.clone(),
            points: 100,
            lines,
        };
        let hold = client.hold(&call(), &hold).unwrap().hold;
        sale.holds = vec![UseHold { hold, points: None }];
    }
    let sold = call();
    let done = client.sale(&sold, &sale).unwrap();
    assert_eq!(done.used, if pays { 100 } else { 0 });
    match (pays, round % 4) {
        (false, 0) => {
            let undo = Reversal {
                key: Some(sold.key),
                receipt: None,
                kind: None,
            };
            client.reversal(&call(), &undo).unwrap();
        }
        (false, _) => {
            client.status(&call(), &Status { key: sold.key }).unwrap();
        }
        (true, _) => {
            let line = RefundLine {
                line: 1,
                quantity: Some("1".to_owned()),
                amount: None,
                rest: None,
            };
            let refund = Refund {
                sale: SaleName {
                    sale_token: Some(token),
                    receipt: None,
                },
                receipt: slip_of("R"),
                lines: vec![line],
            };
            client.refund(&call(), &refund).unwrap();
        }
    }
}

/// Every id that the keys of a store name a member by, spelled as they might be on the wire.
fn ids(store: &Store) -> Vec<String> {
    let keys = store.place.path("jifen-keys");
    let keybox = Keybox::open(&keys, Arc::new(|| [0; 32])).unwrap();
    let members = keybox.members();
    assert_eq!(members.len(), MEMBERS);
    let mut ids = Vec::new();
    for member in members {
        let account = keybox.of_member(&member).unwrap().account;
        for bytes in [*member.as_bytes(), *account.as_bytes()] {
            let hex = format!("{:032x}", u128::from_be_bytes(bytes));
            ids.extend([hex.to_uppercase(), hex]);
            ids.push(format!("{bytes:?}").replace(' ', ""));
        }
    }
    ids
}

#[test]
fn a_thousand_calls_of_a_day_tell_a_till_no_person_and_link_no_two_sales() {
    let tape = Tape::begin();
    let mut store = Store::new().named(&tape.address());
    let till = Till::add(&store, "till-1");
    store.start();
    tape.lead_to(store.edge());
    let people = people();
    assert_eq!(people.len(), MEMBERS);
    let cards: Vec<String> = people.iter().map(|person| store.register(person)).collect();
    let cookies: Vec<String> = people
        .iter()
        .zip(&cards)
        .map(|(person, card)| store.sign_in(card, &person.pin))
        .collect();

    let client = till.client(&store.authority());
    let call = client.new_call().unwrap();
    client.sign_on(&call, &SignOn {}).unwrap();
    assert!(client.diagnose(&call, &Diagnose {}).unwrap().ready);
    let mut of_nobody = tape.take();
    assert_eq!(of_nobody.len(), 2);

    let mut visits = Vec::new();
    for round in 0..ROUNDS {
        let pays = round % 2 == 1;
        for member in 0..MEMBERS {
            let code = if pays {
                store.typed_code(&cookies[member])
            } else {
                cards[member].clone()
            };
            visit(&client, &code, pays, round * MEMBERS + member, round);
            let calls = tape.take();
            visits.push(Visit { member, calls });
        }
    }
    let count: usize = visits.iter().map(|visit| visit.calls.len()).sum();
    assert!(1_000 <= count, "{count}");
    store.stop();

    let mut secrets: Vec<Secrets> = people
        .into_iter()
        .zip(cards.iter().zip(cookies))
        .map(|(person, (card, cookie))| Secrets {
            words: vec![person.name, person.mobile, person.pin, cookie],
            card: card.clone(),
        })
        .collect();
    secrets[0].words.extend(ids(&store));
    assert_eq!(faults(&visits, &secrets), [""; 0]);
    let service = Visit {
        member: MEMBERS,
        calls: std::mem::take(&mut of_nobody),
    };
    assert_eq!(faults(&[service], &secrets), [""; 0]);
    let sales = u64::try_from(MEMBERS * ROUNDS).unwrap();
    assert_eq!(store.verified(), sales);
}

#[test]
fn the_log_of_a_whole_session_names_nobody_at_its_most_talkative() {
    let mut store = Store::new();
    let key = store.add_till("till-1");
    let till = Till::new("till-1", &key);
    store.start();
    let person = Person::new("慕容晚晴", "13813572468", "Zwergtaucher-88");
    let card = store.register(&person);
    let mut form = store.form(&person);
    form["name"] = "令狐不应".into();
    form["mobile"] = "1381357246".into();
    assert_eq!(store.send_form(&form).status, 400);
    assert_eq!(store.try_sign_in(&card, "Zwergtaucher-89").status, 401);
    let cookie = store.sign_in(&card, &person.pin);
    let headers = [("cookie", &*cookie)];
    for path in ["/member/v1/statement", "/member/v1/history"] {
        let path = format!("{path}?name={}&mobile={}", "Murong", person.mobile);
        let answer = crate::wire::ask(store.screen(), "GET", &path, &headers, "");
        assert_eq!(answer.status, 200);
    }
    let typed = store.typed_code(&cookie);
    let token = till.identify(&store, &typed);
    let earning = till.identify(&store, &card);
    let path = format!("identify?code={card}");
    till.post(&store, &path, &json!({"code": typed}));
    let sold = Draft::post("sales", &sale(&token, "SLIP-4711", "20.00"));
    let (bytes, _) = till.sign(&store.authority(), &sold);
    assert_eq!(crate::wire::send(store.edge(), &bytes).status, 200);
    assert_eq!(crate::wire::send(store.edge(), &bytes).status, 401);
    let key_of_sale = sold.key.unwrap();
    let status = Draft::ask(&format!("operations/{key_of_sale}"));
    assert_eq!(till.send(&store, &status).status, 200);
    store.stop();

    let log = store.log();
    let lines = |words: &str| log.lines().filter(|line| line.contains(words)).count();
    assert!(12 <= lines(" request "), "{log}");
    assert_eq!(lines("route=\"/kiosk/v1/members\" status=201"), 1, "{log}");
    assert!(4 <= lines("terminal=\"till-1\""), "{log}");
    let hex = crate::till::hex(&key);
    let grouped = format!("{} {}", &card[..4], &card[4..8]);
    let text = String::from_utf8(bytes).unwrap();
    let signature = text.split("sig1=:").nth(1).unwrap();
    let signature = signature.split(':').next().unwrap();
    let secret = cookie.split_once('=').unwrap().1;
    for words in [
        &*person.name,
        "令狐不应",
        "Murong",
        &person.mobile,
        "1381357246",
        &person.pin,
        "Zwergtaucher-89",
        &card,
        &grouped,
        &typed,
        &token,
        &earning,
        "jst_",
        secret,
        &hex,
        &format!("{key:?}"),
        signature,
        &key_of_sale,
        "SLIP-4711",
        "20.00",
        "nonce-",
    ] {
        assert!(!log.contains(words), "{words} is in the log:\n{log}");
    }
    assert_eq!(store.verified(), 1);
}
