//! A day on the wire, and what must not be found there: who the members are, and which visits are one member's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::tape::{Exchange, Message};

/// What one member did at a till, from showing a code to the last refund.
pub(crate) struct Visit {
    /// Whose it is: a place in the list of secrets.
    pub(crate) member: usize,
    pub(crate) calls: Vec<Exchange>,
}

/// What no till may learn of a member.
pub(crate) struct Secrets {
    /// Name, mobile, PIN, cookie and ids: nowhere.
    pub(crate) words: Vec<String>,
    /// The card's digits: where it is exchanged for a token, and nowhere else.
    pub(crate) card: String,
}

/// Whatever is wrong with a day.
pub(crate) fn faults(visits: &[Visit], of: &[Secrets]) -> Vec<String> {
    let mut faults = Vec::new();
    for (number, visit) in visits.iter().enumerate() {
        for (call, exchange) in visit.calls.iter().enumerate() {
            let place = format!("visit {number}, call {call}");
            for (member, secrets) in of.iter().enumerate() {
                let shown =
                    |word: &str| holds(&exchange.request, word) || holds(&exchange.answer, word);
                if secrets.words.iter().any(|word| shown(word)) {
                    faults.push(format!("{place} names member {member}"));
                }
                let may_show = member == visit.member && is_identify(exchange);
                if holds(&exchange.answer, &secrets.card)
                    || (!may_show && holds(&exchange.request, &secrets.card))
                {
                    faults.push(format!("{place} shows the card of member {member}"));
                }
            }
        }
    }
    faults.extend(tokens_of_two(visits));
    faults.extend(links(visits));
    faults
}

/// A sale token belongs to one visit.
fn tokens_of_two(visits: &[Visit]) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults = Vec::new();
    for (number, visit) in visits.iter().enumerate() {
        for value in values(visit)
            .into_iter()
            .filter(|value| value.contains("jst_"))
        {
            let first = *seen.entry(value).or_insert(number);
            if first != number {
                faults.push(format!("visits {first} and {number} have one token"));
            }
        }
    }
    faults
}

/// What stands in two visits of one member and in no visit of another tells that they are one member's. All do the same
/// things in the same order, so nothing else may part them.
fn links(visits: &[Visit]) -> Vec<String> {
    let mut seen: BTreeMap<String, BTreeMap<usize, BTreeSet<usize>>> = BTreeMap::new();
    for (number, visit) in visits.iter().enumerate() {
        for value in values(visit) {
            let by_member = seen.entry(value).or_default();
            by_member.entry(visit.member).or_default().insert(number);
        }
    }
    let linking = seen.into_iter().filter(|(_, by_member)| {
        by_member.len() == 1 && by_member.values().all(|visits| 1 < visits.len())
    });
    linking
        .map(|(value, by_member)| format!("{value} links {by_member:?}"))
        .collect()
}

/// Everything that a visit says, but for what identify sends: each header, and each field with its value.
fn values(visit: &Visit) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for exchange in &visit.calls {
        if !is_identify(exchange) {
            said(&exchange.request, &mut found);
        }
        said(&exchange.answer, &mut found);
    }
    found
}

fn said(message: &Message, found: &mut BTreeSet<String>) {
    // How long a message is says nothing: times have more digits or fewer.
    let is_length = |line: &&String| line.to_ascii_lowercase().starts_with("content-length: ");
    found.extend(message.head.iter().filter(|line| !is_length(line)).cloned());
    if !message.body.is_empty() {
        fields(&serde_json::from_str(&message.body).unwrap(), "", found);
    }
}

fn fields(value: &Value, name: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| fields(item, name, found)),
        Value::Object(items) => items
            .iter()
            .for_each(|(name, item)| fields(item, name, found)),
        // A token is one whatever its field is called.
        Value::String(text) if text.starts_with("jst_") => {
            found.insert(text.clone());
        }
        Value::String(_) | Value::Number(_) | Value::Bool(_) | Value::Null => {
            found.insert(format!("{name}: {value}"));
        }
    }
}

fn is_identify(exchange: &Exchange) -> bool {
    exchange.request.head[0].starts_with("POST /pos/v1/identify ")
}

fn holds(message: &Message, word: &str) -> bool {
    message.body.contains(word) || message.head.iter().any(|line| line.contains(word))
}

#[test]
fn whatever_is_planted_in_a_day_is_found() {
    let of: Vec<Secrets> = (0..2)
        .map(|member| Secrets {
            words: vec![format!("name-{member}"), format!("138000000{member}0")],
            card: format!("99012345678901234{member}"),
        })
        .collect();
    let visit = |member: usize, number: usize| {
        let call = |path: &str, request: String, answer: String| {
            let message = |line: String, body| Message {
                head: vec![line, "host: shop".to_owned()],
                body,
            };
            Exchange {
                request: message(format!("POST /pos/v1/{path} HTTP/1.1"), request),
                answer: message("HTTP/1.1 200 OK".to_owned(), answer),
            }
        };
        let token = format!("jst_{number}");
        Visit {
            member,
            calls: vec![
                call(
                    "identify",
                    format!(r#"{{"code":"{}"}}"#, of[member].card),
                    format!(r#"{{"sale_token":"{token}"}}"#),
                ),
                call(
                    "sales",
                    format!(r#"{{"sale_token":"{token}","number":{number}}}"#),
                    r#"{"earned":7}"#.to_owned(),
                ),
            ],
        }
    };
    let day = || vec![visit(0, 0), visit(1, 1), visit(0, 2), visit(1, 3)];
    assert_eq!(faults(&day(), &of), [""; 0]);
    let check = |plant: &dyn Fn(&mut Vec<Visit>), fault: &str| {
        let mut day = day();
        plant(&mut day);
        assert_eq!(faults(&day, &of), [fault]);
    };
    let body = |text: &str| text.to_owned();
    check(
        &|day| day[1].calls[1].answer.body = body(r#"{"text":"name-0"}"#),
        "visit 1, call 1 names member 0",
    );
    check(
        &|day| day[1].calls[0].request.head.push(body("x: 13800000010")),
        "visit 1, call 0 names member 1",
    );
    check(
        &|day| day[2].calls[1].request.body = body(r#"{"code":"990123456789012340"}"#),
        "visit 2, call 1 shows the card of member 0",
    );
    check(
        &|day| day[2].calls[0].answer.body = body(r#"{"code":"990123456789012340"}"#),
        "visit 2, call 0 shows the card of member 0",
    );
    check(
        &|day| day[2].calls[0].request.body = body(r#"{"code":"990123456789012341"}"#),
        "visit 2, call 0 shows the card of member 1",
    );
    check(
        &|day| day[1].calls[1].answer.body = body(r#"{"sale_token":"jst_0"}"#),
        "visits 0 and 1 have one token",
    );
    let both = |day: &mut Vec<Visit>, answer: &str| {
        day[0].calls[1].answer.body = body(answer);
        day[2].calls[1].answer.body = body(answer);
    };
    check(
        &|day| both(day, r#"{"earned":7,"alias":"a"}"#),
        r#"alias: "a" links {0: {0, 2}}"#,
    );
    check(
        &|day| both(day, r#"{"earned":7,"balance":8}"#),
        "balance: 8 links {0: {0, 2}}",
    );
    check(
        &|day| {
            day[1].calls[1].request.head.push(body("x-member: a"));
            day[3].calls[0].answer.head.push(body("x-member: a"));
        },
        "x-member: a links {1: {1, 3}}",
    );
}
