//! 10,000 leaves with a checkpoint at every 500: each way to lay hands on them, at 200 places, and the place that is named.

use std::fs;

use jifen::audit::check::{Place, Report, Wrong, check};
use jifen::audit::copy::Notes;

use crate::shop::{LEAVES, Shop, key};

const COUNT: u64 = 10_000;
const EVERY: u64 = 500;
const PLACES: usize = 200;

/// Numbers that look random and are the same in every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.checked_rem(bound).unwrap()
    }

    fn pick(&mut self, bound: usize) -> usize {
        usize::try_from(self.below(u64::try_from(bound).unwrap())).unwrap()
    }
}

/// An audit in a folder whose file of leaves is written again for every attempt.
struct Bench {
    shop: Shop,
    folder: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let shop = Shop::new(COUNT, EVERY);
        let folder = tempfile::tempdir().unwrap();
        shop.write(folder.path());
        let bench = Self { shop, folder };
        let right = bench.report(true);
        assert!(right.is_clean(), "{right:?}");
        assert_eq!(
            (right.leaves, right.checkpoints, right.outside),
            (COUNT, 20, 1)
        );
        assert_eq!(right.remarks, []);
        bench
    }

    fn report(&self, with_paper: bool) -> Report {
        let paper = if with_paper { self.shop.paper() } else { "" };
        let outside = Notes::of_text("paper", paper);
        check(self.folder.path(), Some(key().verifier()), &outside).unwrap()
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.folder.path().join(LEAVES), bytes).unwrap();
    }

    /// The faults when these lines stand there, without anything from elsewhere.
    fn faults<'a>(&self, lines: impl IntoIterator<Item = &'a String>) -> Vec<(Place, Wrong)> {
        let text: String = lines.into_iter().flat_map(|line| [line, "\n"]).collect();
        self.write(text.as_bytes());
        let faults = self.report(false).faults;
        faults
            .into_iter()
            .map(|fault| (fault.place, fault.what))
            .collect()
    }
}

/// The line at which leaf `at` stands.
fn line(at: usize) -> Place {
    Place::Line {
        file: LEAVES.to_owned(),
        line: number(at).saturating_add(1),
    }
}

/// The leaves between the two checkpoints around this one.
fn between(at: usize) -> Place {
    let from = number(at).saturating_sub(number(at) % EVERY);
    Place::Leaves {
        from,
        to: from.saturating_add(EVERY - 1),
    }
}

fn number(at: usize) -> u64 {
    u64::try_from(at).unwrap()
}

#[test]
fn an_edited_leaf_is_found_between_two_checkpoints() {
    let bench = Bench::new();
    let mut dice = Dice(1);
    for turn in 0..PLACES {
        let at = if turn == 0 { 9_999 } else { dice.pick(10_000) };
        let mut lines = bench.shop.lines.clone();
        // Still a leaf, written as leaves are: only what was signed tells.
        let (from, to) = [
            ("done", "gone"),
            ("staff-3", "staff-4"),
            ("kiosk-1", "kiosk-2"),
        ][turn % 3];
        lines[at] = lines[at].replacen(from, to, 1);
        let size = (number(at) / EVERY + 1) * EVERY;
        assert_eq!(
            bench.faults(&lines),
            [(between(at), Wrong::Changed { size })],
            "leaf {at}"
        );
    }
}

#[test]
fn a_changed_byte_is_found_at_its_line_or_between_two_checkpoints() {
    let bench = Bench::new();
    let mut dice = Dice(2);
    let text: String = bench
        .shop
        .lines
        .iter()
        .flat_map(|line| [line, "\n"])
        .collect();
    let (mut lines, mut ranges) = (0, 0);
    for _ in 0..PLACES {
        let mut bytes = text.clone().into_bytes();
        let at = dice.pick(bytes.len());
        let here = text[..at].matches('\n').count();
        bytes[at] ^= 1 << dice.pick(8);
        bench.write(&bytes);
        let found = bench.report(false);
        // A changed row or epoch shows at a later leaf too.
        if found.faults.iter().any(|fault| fault.place == line(here)) {
            lines += 1;
        } else {
            // A digit more or a letter else is still a leaf.
            let is_named = found
                .faults
                .iter()
                .any(|fault| fault.place == between(here));
            assert!(is_named, "byte {at}: {:?}", found.faults);
            ranges += 1;
        }
    }
    assert!(20 < lines && 20 < ranges, "{lines} {ranges}");
}

#[test]
fn a_deleted_leaf_is_named() {
    let bench = Bench::new();
    let mut dice = Dice(3);
    for _ in 0..PLACES {
        let at = dice.pick(9_999);
        let mut lines = bench.shop.lines.clone();
        lines.remove(at);
        let found = bench.faults(&lines);
        let gone = number(at);
        assert_eq!(
            found[0],
            (
                line(at),
                Wrong::Missing {
                    from: gone,
                    to: gone
                }
            )
        );
        let size = (gone / EVERY + 1) * EVERY;
        assert_eq!(
            *found.last().unwrap(),
            (between(at), Wrong::Changed { size })
        );
    }
}

#[test]
fn a_doubled_leaf_is_named() {
    let bench = Bench::new();
    let mut dice = Dice(4);
    for _ in 0..PLACES {
        let at = dice.pick(10_000);
        let mut lines = bench.shop.lines.clone();
        lines.insert(at, lines[at].clone());
        let found = bench.faults(&lines);
        let (seq, expected) = (number(at), number(at) + 1);
        assert_eq!(
            found[0],
            (
                line(at + 1),
                Wrong::OutOfPlace {
                    found: seq,
                    expected
                }
            )
        );
    }
}

#[test]
fn leaves_that_changed_places_are_named() {
    let bench = Bench::new();
    let mut dice = Dice(5);
    for turn in 0..PLACES {
        let at = dice.pick(9_999);
        let other = if turn % 2 == 0 {
            at + 1
        } else {
            at + 1 + dice.pick(9_999 - at)
        };
        let mut lines = bench.shop.lines.clone();
        lines.swap(at, other);
        let found = bench.faults(&lines);
        let (from, to) = (number(at), number(other) - 1);
        assert_eq!(
            found[0],
            (line(at), Wrong::Missing { from, to }),
            "{at} {other}"
        );
    }
}

#[test]
fn a_cut_end_is_found_by_a_checkpoint_from_elsewhere_and_by_nothing_else() {
    let bench = Bench::new();
    let mut dice = Dice(6);
    for turn in 0..PLACES {
        let left = if turn == 0 { 9_999 } else { dice.pick(10_000) };
        let leaves = number(left);
        bench.shop.write_seals(bench.folder.path(), leaves);
        let mut text: String = bench.shop.lines[..left]
            .iter()
            .flat_map(|line| [line, "\n"])
            .collect();
        // Every other time in the middle of a line.
        if turn % 2 == 1 {
            text.push_str(&bench.shop.lines[left][..40]);
        }
        bench.write(text.as_bytes());
        let alone = bench.report(false);
        assert!(alone.is_clean(), "{left}: {:?}", alone.faults);
        assert_eq!(alone.leaves, leaves);
        let found = bench.report(true).faults;
        assert_eq!(found.len(), 1, "{left}: {found:?}");
        assert_eq!(
            found[0].place,
            Place::Checkpoint {
                file: "paper".to_owned(),
                number: 1
            }
        );
        assert_eq!(
            found[0].what,
            Wrong::Truncated {
                size: COUNT,
                leaves
            }
        );
    }
}

#[test]
fn a_cut_end_is_found_by_checkpoints_that_were_left_there() {
    let bench = Bench::new();
    let found = bench.faults(&bench.shop.lines[..9_800]);
    let place = Place::Checkpoint {
        file: "checkpoints.txt".to_owned(),
        number: 20,
    };
    assert_eq!(
        found,
        [(
            place,
            Wrong::Truncated {
                size: COUNT,
                leaves: 9_800
            }
        )]
    );
}
