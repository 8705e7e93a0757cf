//! A known phone and an unknown one, a known card and an unknown one: a stranger who measures learns nothing of them
//! (privacy §6). Asked in turn over real HTTP, under each way in which a shop looks at registrations.

use std::collections::BTreeSet;
use std::io::Write;
use std::time::Instant;

use jifen::vault::pin::Verifier;
use jifen::vault::tokens::{CardNumber, Prefix};
use serde_json::{Value, json};

use crate::store::{Person, Store};
use crate::wire::Answer;

const PIN: &str = "Kranich-am-Ufer-5";
/// Phones of each kind.
const PHONES: u32 = 12;
/// Wrong PINs for each card: so many are free of a wait.
const ROUNDS: u32 = 2;
/// Pairs of wrong PINs before the kiosk would have to wait.
const PAIRS: u32 = 4;
/// How often the labels are drawn anew.
const DRAWS: usize = 4_000;

/// What a stranger sees of an answer, beside its time.
fn face(answer: &Answer) -> Vec<String> {
    let mut seen: Vec<_> = answer
        .headers
        .iter()
        .map(|(name, value)| format!("{name} {}", value.len()))
        .collect();
    seen.sort();
    seen.push(format!("{} {}", answer.status, answer.body.len()));
    seen
}

/// Answers of the two kinds, and how long each took in microseconds.
#[derive(Default)]
struct Samples {
    faces: [BTreeSet<Vec<String>>; 2],
    micros: [Vec<u64>; 2],
}

impl Samples {
    /// Asks for a pair, the unknown one first every other time.
    fn pair(&mut self, is_odd: bool, ask: &dyn Fn(usize) -> Answer) {
        let order = if is_odd { [1, 0] } else { [0, 1] };
        for kind in order {
            let begun = Instant::now();
            let answer = ask(kind);
            let took = begun.elapsed().as_micros();
            self.micros[kind].push(u64::try_from(took).unwrap());
            self.faces[kind].insert(face(&answer));
        }
    }

    /// Of so many draws of the labels, how many part the two kinds by rank at least as much as they were parted; in 10,000.
    fn chance(&self) -> usize {
        let mut all: Vec<(u64, usize)> = Vec::new();
        for (kind, micros) in self.micros.iter().enumerate() {
            all.extend(micros.iter().map(|micros| (*micros, kind)));
        }
        all.sort_unstable();
        let count = all.len();
        let sum = |labels: &[usize]| -> usize {
            let ranks = labels.iter().enumerate();
            ranks
                .map(|(rank, label)| if *label == 0 { rank } else { 0 })
                .sum()
        };
        let mut labels: Vec<usize> = all.iter().map(|(_, kind)| *kind).collect();
        // The sum of ranks where both are alike, twice, so that it is whole.
        let even = self.micros[0].len() * (count - 1);
        let parted = |labels: &[usize]| (2 * sum(labels)).abs_diff(even);
        let found = parted(&labels);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut as_much = 0;
        for _ in 0..DRAWS {
            for last in (1..count).rev() {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let other = usize::try_from(state >> 33).unwrap() % (last + 1);
                labels.swap(last, other);
            }
            as_much += usize::from(found <= parted(&labels));
        }
        as_much * 10_000 / DRAWS
    }

    /// They look alike, and their times are not grossly apart: by a fifth of a hash, and not by chance.
    fn check(&self, told: &str, hash_micros: u64) {
        let [known, unknown] = &self.faces;
        assert_eq!(known, unknown, "{told}");
        assert_eq!(known.len(), 1, "{told}: all look the same");
        let [known, unknown] = [0, 1].map(|kind| median(self.micros[kind].clone()));
        let (apart, chance) = (known.abs_diff(unknown), self.chance());
        let line = format!(
            "{told}: {} of each, median {known} µs and {unknown} µs, {apart} apart (a hash: {hash_micros} µs), p = {chance}/10000\n",
            self.micros[0].len(),
        );
        std::io::stderr().write_all(line.as_bytes()).unwrap();
        assert!(
            apart * 5 < hash_micros || 10 < chance,
            "{told}: {known} and {unknown} µs"
        );
    }
}

fn median(mut micros: Vec<u64>) -> u64 {
    micros.sort_unstable();
    micros[micros.len() / 2]
}

/// What one hash takes on this machine now.
fn hash_micros() -> u64 {
    let decoy = Verifier::decoy();
    let one = |_| {
        let begun = Instant::now();
        assert!(!decoy.matches(PIN));
        u64::try_from(begun.elapsed().as_micros()).unwrap()
    };
    median((0..7).map(one).collect())
}

fn person(number: u32) -> Person {
    Person::new("欧阳云舒", &format!("1391234{number:04}"), PIN)
}

/// A card that nobody has.
fn unknown_card(number: u32) -> String {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&number.to_be_bytes());
    CardNumber::draw(Prefix::DEFAULT, &seed).digits()
}

fn check(review: &str) {
    let mut store = Store::new();
    store.place.write(
        "jifen.toml",
        format!("registration.review = \"{review}\"\nmessages.folder = \"messages\"\n"),
    );
    store.start();
    let hash_micros = hash_micros();
    let cards: Vec<String> = (0..PHONES).map(|at| store.register(&person(at))).collect();

    let mut registrations = Samples::default();
    for at in 0..PHONES {
        let forms: [Value; 2] = [at, at + 1_000].map(|number| store.form(&person(number)));
        let ask = |kind: usize| store.send_form(&forms[kind]);
        registrations.pair(at % 2 == 1, &ask);
    }
    registrations.check(&format!("{review}, registration"), hash_micros);

    let (mut sign_ins, mut resets) = (Samples::default(), Samples::default());
    for round in 0..ROUNDS {
        for (at, card) in (0..PHONES).zip(&cards) {
            // A kiosk may be wrong ten times a minute, and this is about the answers before that.
            if at % PAIRS == 0 {
                store.stop();
                store.start();
            }
            let pair = [card.clone(), unknown_card(round * PHONES + at)];
            let ask = |kind: usize| store.try_sign_in(&pair[kind], "Kranich-am-Ufer-6");
            sign_ins.pair(at % 2 == 1, &ask);
            let ask = |kind: usize| {
                let body = json!({"card_number": pair[kind], "secret": "1", "pin": PIN});
                store.at_kiosk("pin-resets", &body)
            };
            resets.pair(at % 2 == 0, &ask);
        }
    }
    sign_ins.check(&format!("{review}, log-in"), hash_micros);
    resets.check(&format!("{review}, PIN reset"), hash_micros);
    // Every phone got its message, known or not, where there are any.
    let messages = std::fs::read_dir(store.place.path("messages")).unwrap();
    let wanted = if review == "phone_code" {
        3 * PHONES
    } else {
        0
    };
    assert_eq!(messages.count(), usize::try_from(wanted).unwrap());
    store.stop();
    store.verified();
}

#[test]
fn known_and_unknown_are_alike_without_a_review() {
    check("none");
}

#[test]
fn known_and_unknown_are_alike_where_codes_are_sent() {
    check("phone_code");
}

#[test]
fn known_and_unknown_are_alike_where_the_staff_looks() {
    check("staff");
}

#[test]
fn times_that_are_grossly_apart_are_seen() {
    let of = |micros| Samples {
        micros,
        ..Samples::default()
    };
    let apart = of([(0..24).map(|at| 40_000 + at).collect(), (0..24).collect()]);
    assert_eq!(apart.chance(), 0);
    let samples = of([
        (0..24).map(|at| 2 * at).collect(),
        (0..24).map(|at| 2 * at + 1).collect(),
    ]);
    assert!(5_000 < samples.chance(), "{}", samples.chance());
}
