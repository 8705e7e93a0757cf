//! Two records of one person are erased by either card: cut at any step of either disk, both are gone after the next start
//! or neither is.

use std::sync::Arc;

use super::super::Farewell;
use super::fault_disk::{Fault, FaultDisk, Unsynced};
use super::shop::{Disks, KIOSK, NOTICE, PIN, erasure_key, numbered, own, seeds};
use crate::domain::ids::MemberId;
use crate::domain::points::Points;
use crate::engine::audit::Actor;
use crate::engine::keys::Keys;
use crate::engine::merge::{Confirmation, PhoneProved};
use crate::engine::rows::{ACCOUNTS, INTENTS, MEMBERS, MERGED};
use crate::vault::keybox::tests::outside::KeyDisk;

const DEMO: &str = include_str!("../../../../../fixtures/programmes/demo.toml");

/// Disks with a pair: two phones, proved by a code from each.
struct Pair {
    store: Vec<u8>,
    keys: KeyDisk,
    members: [MemberId; 2],
    points: Points,
}

impl Pair {
    fn make() -> Self {
        let (store, keys) = (FaultDisk::new(), KeyDisk::default());
        let disks = Disks { store, keys };
        let (entropy, draw) = seeds(u64::MAX, 0);
        let keybox = disks.keys.create(draw);
        let shop = disks
            .open_with(Arc::new(Keys::new(keybox)), entropy)
            .unwrap();
        shop.engine.activate(DEMO).unwrap();
        shop.engine.publish(NOTICE).unwrap();
        let people = [1, 2].map(|number| shop.enrol(number));
        let [one, other] = people.each_ref().map(|who| who.member);
        let now = shop.engine.now();
        let code = |member| PhoneProved::by_code(member, now);
        let said = |codes| Confirmation {
            confirmed: true,
            pin: PIN,
            codes,
            device: "kiosk-1",
        };
        let half = [code(one)];
        let refused = shop.engine.prove_merge(one, other, &said(&half));
        assert_eq!(
            refused.unwrap_err().code(),
            "merge_unproved",
            "one code of two"
        );
        let both = [code(one), code(other)];
        let proof = shop.engine.prove_merge(one, other, &said(&both)).unwrap();
        let actor = Actor::operator();
        shop.engine
            .merge(&numbered(800), one, other, proof, &actor)
            .unwrap();
        let Farewell { points, holds, .. } = shop.engine.farewell(other, &own(other)).unwrap();
        assert_eq!(holds, 2);
        drop(shop);
        Self {
            store: disks.store.after_power_cut(Unsynced::Kept),
            keys: disks.keys.copy(),
            members: [one, other],
            points,
        }
    }

    /// Erases the pair by the other record's card on disks that break as told, and opens what is left. Whether both are
    /// gone, and how many steps each disk took.
    fn check(&self, what: &str, fail: impl Fn(&Disks), unsynced: Unsynced) -> (bool, u64, usize) {
        let disks = Disks {
            store: FaultDisk::holding(self.store.clone()),
            keys: self.keys.copy(),
        };
        let shop = disks.open(1, 1).unwrap();
        let begun = (disks.store.operations(), disks.keys.steps());
        fail(&disks);
        let erased = shop
            .engine
            .erase(&erasure_key(), self.members[1], KIOSK, self.points);
        let steps = (
            disks.store.operations().saturating_sub(begun.0),
            disks.keys.steps().saturating_sub(begun.1),
        );
        drop(shop);

        let left = disks.left(unsynced, disks.keys.after_power_cut()[0].copy());
        let shop = left
            .open(1, 2)
            .unwrap_or_else(|error| panic!("{what}: {error}"));
        let known = self
            .members
            .map(|member| shop.keys.keybox().is_known(&member));
        assert_eq!(known[0], known[1], "{what}: half of a pair");
        assert!(erased.is_err() || !known[0], "{what}: it was answered");
        if known[0] {
            assert_eq!(
                shop.engine.merges_of(self.members[0]).unwrap().len(),
                1,
                "{what}"
            );
        } else {
            for table in [
                MEMBERS.table(),
                ACCOUNTS.table(),
                MERGED.table(),
                INTENTS.table(),
            ] {
                assert!(shop.is_empty(table), "{what}: {table:?}");
            }
        }
        let again = shop
            .engine
            .erase(&erasure_key(), self.members[1], KIOSK, self.points);
        assert_eq!(again.unwrap().points_forfeited, self.points, "{what}");
        let verified = shop.engine.verify(&mut |_, _| {}).unwrap();
        assert_eq!(verified.differences, [], "{what}");
        (!known[0], steps.0, steps.1)
    }
}

#[test]
fn cut_at_any_step_both_records_of_a_pair_are_erased_or_neither_is() {
    let pair = Pair::make();
    let (is_gone, rows, keys) = pair.check("undisturbed", |_| {}, Unsynced::Kept);
    assert!(is_gone);
    let mut ends = [0_u32; 2];
    for step in 0..keys {
        let cut = |disks: &Disks| disks.keys.cut_after(step);
        let (is_gone, ..) = pair.check(&format!("keys {step}"), cut, Unsynced::Kept);
        ends[usize::from(is_gone)] += 1;
    }
    for step in (0..rows).step_by(3) {
        for unsynced in [Unsynced::Lost, Unsynced::Kept] {
            let cut = |disks: &Disks| disks.store.break_at(Fault::PowerCut(step));
            let (is_gone, ..) = pair.check(&format!("rows {step}, {unsynced:?}"), cut, unsynced);
            ends[usize::from(is_gone)] += 1;
        }
    }
    assert!(ends.iter().all(|count| 0 < *count), "{ends:?}");
}
