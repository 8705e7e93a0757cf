//! The shop as it is before anything happens. It is made once; each run begins with copies of its disks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::Farewell;
use super::fault_disk::{FaultDisk, Unsynced};
use super::shop::{Disks, KIOSK, NOTICE, Person, erasure_key, own, seeds};
use crate::domain::points::Points;
use crate::engine::keys::Keys;
use crate::store::Table;
use crate::vault::keybox::tests::outside::{Everything, KeyDisk};

const DEMO: &str = include_str!("../../../../../fixtures/programmes/demo.toml");

/// The shop before anything happens, and what an undisturbed erasure does to it.
pub(super) struct Base {
    store: Vec<u8>,
    keys: KeyDisk,
    pub(super) victim: Person,
    pub(super) others: Vec<Person>,
    /// What the one who goes loses.
    pub(super) points: Points,
    /// The rows that an erasure takes.
    pub(super) rows: BTreeSet<(Table, Vec<u8>)>,
    /// How many steps of the disks it takes.
    pub(super) row_steps: u64,
    pub(super) key_steps: u64,
    /// What stood on the disk of the keys.
    pub(super) ever: Everything,
}

impl Base {
    pub(super) fn make() -> Self {
        let (store, keys) = (FaultDisk::new(), KeyDisk::default());
        let disks = Disks { store, keys };
        let (entropy, draw) = seeds(u64::MAX, 0);
        let keybox = disks.keys.create(draw);
        let shop = disks
            .open_with(Arc::new(Keys::new(keybox)), entropy)
            .unwrap();
        shop.engine.activate(DEMO).unwrap();
        shop.engine.publish(NOTICE).unwrap();
        let mut others: Vec<_> = (1..=4).map(|number| shop.enrol(number)).collect();
        let victim = others.remove(1);
        // Some keys stand in their bucket's file, some in the journal alone.
        shop.keys.keybox().fold().unwrap();
        others.push(shop.enrol(5));
        let leave = own(victim.member);
        let Farewell { points, .. } = shop.engine.farewell(victim.member, &leave).unwrap();
        drop(shop);

        let mut ever = Everything::default();
        ever.take(&disks.keys);
        let mut base = Self {
            store: disks.store.after_power_cut(Unsynced::Kept),
            keys: disks.keys.copy(),
            victim,
            others,
            points,
            rows: BTreeSet::new(),
            row_steps: 0,
            key_steps: 0,
            ever,
        };
        base.erase_undisturbed();
        base
    }

    fn erase_undisturbed(&mut self) {
        let disks = self.disks();
        let shop = disks.open(u64::MAX, 1).unwrap();
        let before = shop.rows();
        let begun = (disks.store.operations(), disks.keys.steps());
        let erased = shop
            .engine
            .erase(&erasure_key(), self.victim.member, KIOSK, self.points);
        erased.unwrap();
        self.row_steps = disks.store.operations() - begun.0;
        self.key_steps = u64::try_from(disks.keys.steps() - begun.1).unwrap();
        self.rows = before.difference(&shop.rows()).cloned().collect();
    }

    /// Two disks as they were.
    pub(super) fn disks(&self) -> Disks {
        Disks {
            store: FaultDisk::holding(self.store.clone()),
            keys: self.keys.copy(),
        }
    }
}
