//! Two hundred people sign in at once: a few hash at a time, the others wait or hear that the house is full, and the memory
//! stays what it is (privacy §6).

use std::fs;
use std::sync::Barrier;
use std::thread;

use jifen::vault::tokens::{CardNumber, Prefix};

use crate::store::{Person, Store};
use crate::wire::ask;

const PIN: &str = "Kranich-am-Ufer-5";
const AT_ONCE: usize = 200;
/// Two hashes of 19 MiB each, and the stacks and buffers of two hundred requests.
const GROWTH_KIB_MAX: u64 = 200 * 1024;

/// The most memory that the process has had, in KiB.
fn most_kib(store: &Store) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", store.pid())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

#[test]
fn two_hundred_sign_ins_at_once_are_answered_in_little_memory() {
    let mut store = Store::new();
    store.start();
    let mut cards = Vec::new();
    for number in 0..20 {
        let person = Person::new("欧阳云舒", &format!("1391234{number:04}"), PIN);
        cards.push(store.register(&person));
    }
    store.sign_in(&cards[0], PIN);
    let before = most_kib(&store);

    let (barrier, edge) = (Barrier::new(AT_ONCE), store.edge());
    let ask_one = |number: usize| {
        let seed = [u8::try_from(number).unwrap(); 32];
        // Two of five have a card, and one of them has the right PIN.
        let (card, pin) = match number % 5 {
            0 => (cards[number / 5 % 20].clone(), PIN),
            1 => (cards[number / 5 % 20].clone(), "Kranich-am-Ufer-6"),
            _ => (CardNumber::draw(Prefix::DEFAULT, &seed).digits(), PIN),
        };
        let body = serde_json::json!({"card_number": card, "pin": pin}).to_string();
        barrier.wait();
        ask(edge, "POST", "/member/v1/session", &[], &body).status
    };
    let statuses: Vec<u16> = thread::scope(|scope| {
        let ask_one = &ask_one;
        let begun: Vec<_> = (0..AT_ONCE)
            .map(|number| scope.spawn(move || ask_one(number)))
            .collect();
        begun.into_iter().map(|it| it.join().unwrap()).collect()
    });

    let count = |status: u16| statuses.iter().filter(|it| **it == status).count();
    let grown = most_kib(&store) - before;
    let told = format!(
        "{} in, {} refused, {} told to come again, {grown} KiB more than {before} KiB",
        count(200),
        count(401),
        count(503)
    );
    println!("{told}");
    // One caller who guessed wrong too often waits too.
    let answered = [200, 401, 429, 503].map(count).into_iter().sum::<usize>();
    assert_eq!(answered, AT_ONCE, "{statuses:?}");
    assert!(0 < count(401), "{told}");
    assert!(grown < GROWTH_KIB_MAX, "{told}");
    // It goes on as before.
    assert_eq!(store.try_sign_in(&cards[19], PIN).status, 200);
    store.stop();
    store.verified();
}
