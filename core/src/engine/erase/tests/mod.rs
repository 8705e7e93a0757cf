//! A thousand erasures, drawn by seed, while somebody else joins: the disk of the rows, the disk of the keys or both
//! begin to fail at any step, then the power goes, and both are opened again from whatever they kept. What was answered
//! holds, nobody is erased by half, and all others are as they were.

mod shop;
mod base;
mod pair;
#[path = "../../../../../tests/src/fault_disk.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    clippy::as_conversions,
    reason = "it is shared with a crate of tests, whose rules are others"
)]
mod fault_disk;

use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::audit::receipt::DeletionReceipt;
use crate::engine::rows::{ACCOUNTS, TABLES};
use base::Base;
use fault_disk::{Draw, Fault, Unsynced};
use shop::{Disks, KIOSK, Newcomer, Shop, erasure_key};

/// How many erasures there are.
const RUNS: u64 = 1_000;

/// In how many ways of seven the disks are left after each: so many fit into a minute.
const FATES_A_RUN: usize = 3;

/// What goes wrong, and when.
#[derive(Clone, Copy, Debug)]
struct Plan {
    rows: Option<Fault>,
    keys: Option<KeyFault>,
    /// The steps of both disks after which the newcomer comes; none for before the erasure.
    comes_at: Option<u64>,
    /// Whether the erasure is asked for once more when it was not answered.
    asks_again: bool,
}

#[derive(Clone, Copy, Debug)]
enum KeyFault {
    Cut(usize),
    Fails(usize),
}

impl Plan {
    fn draw(draw: &mut Draw, base: &Base) -> Self {
        let row_step = draw.below(base.row_steps + 4);
        let key_step = usize::try_from(draw.below(base.key_steps + 2)).unwrap();
        let row_fault = match draw.below(8) {
            0..4 => Fault::PowerCut(row_step),
            4 | 5 => Fault::Fails(row_step),
            6 => Fault::Full(row_step),
            _ => Fault::NotLonger(row_step),
        };
        let key_fault = match draw.below(3) {
            0 | 1 => KeyFault::Cut(key_step),
            _ => KeyFault::Fails(key_step),
        };
        let (rows, keys) = match draw.below(5) {
            0 | 1 => (Some(row_fault), None),
            2 | 3 => (None, Some(key_fault)),
            _ => (Some(row_fault), Some(key_fault)),
        };
        let comes_at = draw.below(base.row_steps + base.key_steps);
        Self {
            rows,
            keys,
            comes_at: (draw.below(4) != 0).then_some(comes_at),
            asks_again: draw.below(2) == 0,
        }
    }
}

/// How the runs ended, to see that all ends were met.
#[derive(Debug, Default)]
struct Ends {
    answered: AtomicU64,
    /// Not answered, and erased by the recovery.
    finished: AtomicU64,
    /// Not answered, and wholly there.
    there: AtomicU64,
    /// The keys were gone and the record was not there yet.
    middle: AtomicU64,
    /// The newcomer was answered.
    joined: AtomicU64,
}

fn one_more(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn in_1000_runs_whatever_the_disks_keep_an_erasure_is_whole_or_not_begun() {
    let base = Base::make();
    let ends = Ends::default();
    let next = AtomicU64::new(0);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if RUNS <= seed {
                return;
            }
            run(&base, seed, &ends);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let counts = [
        &ends.answered,
        &ends.finished,
        &ends.there,
        &ends.middle,
        &ends.joined,
    ];
    let least = counts.map(|count| count.load(Ordering::Relaxed));
    assert!(least.iter().all(|count| RUNS / 50 < *count), "{ends:?}");
}

/// One run: what is asked, how the disks fail, and every way in which the power may leave them.
fn run(base: &Base, seed: u64, ends: &Ends) {
    let mut draw = Draw(seed);
    let plan = Plan::draw(&mut draw, base);
    let what = format!("run {seed}, {plan:?}");
    let disks = base.disks();
    let (answer, newcomer) = {
        let shop = disks.open(seed, 0).unwrap();
        fail(&disks, plan);
        erase_while_somebody_joins(base, &shop, &disks, plan, seed)
    };
    if newcomer.is_answered() {
        one_more(&ends.joined);
    }

    let mut ever = base.ever.clone();
    ever.take(&disks.keys);
    let unsynced = [
        Unsynced::Lost,
        Unsynced::Kept,
        Unsynced::FirstSector,
        Unsynced::AllButFirstSector,
        Unsynced::Drawn(draw.number()),
        Unsynced::Drawn(draw.number()),
        Unsynced::Drawn(draw.number()),
    ];
    let turn = usize::try_from(draw.below(7)).unwrap();
    let fates = disks.keys.after_power_cut();
    let first = usize::try_from(draw.below(7)).unwrap();
    for fate in (first..first + FATES_A_RUN).map(|fate| fate % 7) {
        let keys = fates[fate].copy();
        let unsynced = unsynced[(fate + turn) % 7];
        let what = format!("{what}, keys {fate}, rows {unsynced:?}");
        let left = disks.left(unsynced, keys);
        let mut ever = ever.clone();
        ever.take(&left.keys);
        if answer.is_some() {
            // It held before anything was put right.
            let (found, _) = ever.found(&left.keys, &base.victim.keys);
            assert_eq!(found, 0, "{what}: a key of the erased member");
        }
        // Once in a while the power goes again while everything is put right.
        let left = if draw.below(4) == 0 {
            left.break_at(Fault::PowerCut(draw.below(40)), draw.below(12));
            drop(left.open(seed, 1));
            ever.take(&left.keys);
            let fates = left.keys.after_power_cut();
            let keys = fates[usize::try_from(draw.below(7)).unwrap()].copy();
            left.left(Unsynced::Drawn(draw.number()), keys)
        } else {
            left
        };
        let shop = left.open(seed, 2);
        let shop = shop.unwrap_or_else(|error| panic!("{what}: {error}"));
        ever.take(&left.keys);
        let run = Recovered {
            base,
            shop,
            left,
            ever,
            what,
        };
        let is_erased = run.assert_whole(answer.as_ref());
        run.assert_others(&newcomer);
        run.assert_verified();
        if answer.is_none() {
            one_more(if is_erased {
                &ends.finished
            } else {
                &ends.there
            });
            run.ask_again(is_erased);
            run.assert_others(&newcomer);
            run.assert_verified();
        } else {
            one_more(&ends.answered);
        }
    }
    let kept = disks.left(Unsynced::Kept, disks.keys.copy());
    if answer.is_none() && kept.is_in_the_middle(base.victim.member) {
        one_more(&ends.middle);
    }
}

fn fail(disks: &Disks, plan: Plan) {
    if let Some(fault) = plan.rows {
        disks.store.break_at(fault);
    }
    match plan.keys {
        Some(KeyFault::Cut(steps)) => disks.keys.cut_after(steps),
        Some(KeyFault::Fails(steps)) => disks.keys.fail_at(steps),
        None => {}
    }
}

/// The receipt, if there was an answer, and what the newcomer heard.
fn erase_while_somebody_joins(
    base: &Base,
    shop: &Shop,
    disks: &Disks,
    plan: Plan,
    seed: u64,
) -> (Option<DeletionReceipt>, Newcomer) {
    let join = || shop.join(base, seed);
    let erase = || {
        let erase = || {
            let engine = &shop.engine;
            let (member, points) = (base.victim.member, base.points);
            engine.erase(&erasure_key(), member, KIOSK, points).ok()
        };
        erase().or_else(|| if plan.asks_again { erase() } else { None })
    };
    let Some(comes_at) = plan.comes_at else {
        let newcomer = join();
        return (erase(), newcomer);
    };
    let begun = disks.steps();
    let is_over = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let newcomer = scope.spawn(|| {
            while disks.steps() < begun + comes_at && is_over.load(Ordering::Relaxed) == 0 {
                std::thread::yield_now();
            }
            join()
        });
        let answer = erase();
        is_over.store(1, Ordering::Relaxed);
        (answer, newcomer.join().unwrap())
    })
}

/// A shop after the power came back.
struct Recovered<'a> {
    base: &'a Base,
    shop: Shop,
    left: Disks,
    ever: crate::vault::keybox::tests::outside::Everything,
    what: String,
}

impl Recovered<'_> {
    /// The member is wholly there or wholly gone; whether gone.
    fn assert_whole(&self, answer: Option<&DeletionReceipt>) -> bool {
        let (engine, what) = (&self.shop.engine, &self.what);
        assert!(self.shop.is_empty(INTENTS.table()), "{what}: an intent");
        let receipt = engine.erasure(&erasure_key()).unwrap();
        let Some(receipt) = receipt else {
            assert_eq!(answer, None, "{what}: answered, and there is no record");
            let now = self.shop.seen(&self.base.victim);
            assert_eq!(now.as_ref(), Ok(&self.base.victim.seen), "{what}");
            let missing = self.shop.missing(&self.base.rows);
            assert!(missing.is_empty(), "{what}: {missing:?} gone by half");
            return false;
        };
        self.assert_gone(&receipt);
        if let Some(answer) = answer {
            assert_eq!(answer.leaf, receipt.leaf, "{what}");
        }
        true
    }

    /// Nothing of the member can be found, and the receipt proves it.
    fn assert_gone(&self, receipt: &DeletionReceipt) {
        let (base, what) = (self.base, &self.what);
        let key = self.shop.engine.audit_verifier().unwrap();
        receipt
            .check(&key)
            .unwrap_or_else(|fault| panic!("{what}: {fault}"));
        assert_eq!(receipt.points_forfeited, base.points, "{what}");
        let keybox = self.shop.keys.keybox();
        assert!(!keybox.is_known(&base.victim.member), "{what}");
        assert_eq!(receipt.bucket, keybox.bucket_of(&base.victim.member));
        assert!(receipt.epoch <= keybox.epoch(receipt.bucket), "{what}");
        let refused = self.shop.seen(&base.victim).err();
        assert_eq!(refused, Some(Refusal::TokenUnknown), "{what}");
        let (found, _) = self.ever.found(&self.left.keys, &base.victim.keys);
        assert_eq!(found, 0, "{what}: a key of the erased member");
        let missing = self.shop.missing(&base.rows).len();
        assert_eq!(missing, base.rows.len(), "{what}: rows that stayed");
    }

    /// Every other member is as before, and the newcomer as answered.
    fn assert_others(&self, newcomer: &Newcomer) {
        let what = &self.what;
        for other in &self.base.others {
            let now = self.shop.seen(other);
            assert_eq!(now.as_ref(), Ok(&other.seen), "{what}");
            let (found, all) = self.ever.found(&self.left.keys, &other.keys);
            assert_eq!(found, all, "{what}: keys of another member");
        }
        let keybox = self.shop.keys.keybox();
        let keys = keybox.of_account(&newcomer.account);
        assert!(!newcomer.has_keys || keys.is_some(), "{what}: no keys");
        let is_open = self.shop.engine.statement(newcomer.account).is_ok();
        assert!(is_open || !newcomer.is_answered(), "{what}: no account");
        let has_row = self
            .shop
            .has_row(ACCOUNTS.table(), newcomer.account.as_bytes());
        assert_eq!(is_open, has_row, "{what}: an account without its keys");
    }

    fn assert_verified(&self) {
        let verified = self.shop.engine.verify(&mut |_, _| {}).unwrap();
        let differences = verified.differences;
        assert!(differences.is_empty(), "{}: {differences:#?}", self.what);
    }

    /// The same key asked again ends erased.
    fn ask_again(&self, is_erased: bool) {
        let (engine, what) = (&self.shop.engine, &self.what);
        let before = engine.erasure(&erasure_key()).unwrap();
        assert_eq!(before.is_some(), is_erased);
        let (member, points) = (self.base.victim.member, self.base.points);
        let receipt = engine.erase(&erasure_key(), member, KIOSK, points);
        let receipt = receipt.unwrap_or_else(|refusal| panic!("{what}: {refusal:?}"));
        if let Some(before) = before {
            assert_eq!(before.leaf, receipt.leaf, "{what}: erased twice");
        }
        self.assert_gone(&receipt);
    }
}

#[test]
fn an_erasure_takes_rows_of_every_table_that_names_a_member() {
    // Without this the runs above could look for nothing.
    let base = Base::make();
    let found: std::collections::BTreeSet<&str> =
        base.rows.iter().map(|(table, _)| table.name()).collect();
    let expected = [
        "accounts", "business", "entries", "holds", "lots", "members", "postal", "receipts",
        "sales", "sign_ins", "tokens",
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
    assert!(
        expected
            .iter()
            .all(|name| TABLES.iter().any(|table| table.name() == *name))
    );
    let (found, all) = base.ever.found(&base.disks().keys, &base.victim.keys);
    assert_eq!((found, all), (3, 3));
    assert!(20 < base.row_steps && 5 < base.key_steps);
}

/// Only the address goes, and the power goes before its key: the next process destroys the key, and says so once.
#[test]
fn an_address_whose_key_is_not_destroyed_yet_is_finished_at_the_next_start() {
    let base = Base::make();
    let disks = base.disks();
    let member = base.victim.member;
    let shop = disks.open(1, 1).unwrap();
    let bucket = shop.keys.keybox().bucket_of(&member);
    let before = shop.keys.keybox().epoch(bucket);
    assert!(shop.engine.has_postal(member));
    shop.engine
        .begin_address_erasure(member, "kiosk-1")
        .unwrap();
    let leaves = shop.engine.audit_size().unwrap();
    assert!(shop.engine.has_postal(member));
    drop(shop);

    let shop = disks.open(1, 2).unwrap();
    assert!(!shop.engine.has_postal(member));
    assert_eq!(shop.keys.keybox().epoch(bucket), before + 1);
    assert_eq!(shop.engine.audit_size(), Ok(leaves + 1));
    let line = shop.engine.audit_lines(leaves, 1).unwrap().remove(0);
    assert!(line.contains("\"groups\":[\"postal\"]"), "{line}");
    assert!(shop.seen(&base.victim).is_ok());
    drop(shop);
    let shop = disks.open(1, 3).unwrap();
    assert_eq!(shop.engine.audit_size(), Ok(leaves + 1), "once");
    let verified = shop.engine.verify(&mut |_, _| {}).unwrap();
    assert_eq!(verified.differences, []);
}
