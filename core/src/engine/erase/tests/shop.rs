//! A small shop on two disks: one of rows, one of keys; who its members are, and what they see.

use std::collections::BTreeSet;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::super::By;
use super::base::Base;
use super::fault_disk::{Fault, FaultDisk, Unsynced};
use crate::domain::basket::{Line, LineKind, Quantity};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::money::Money;
use crate::domain::points::Points;
use crate::domain::refusal::Refusal;
use crate::domain::time::Moment;
use crate::engine::clock::{Entropy, GivenClock, SeededEntropy};
use crate::engine::closing::closing;
use crate::engine::commit::{IdempotencyKey, Sender};
use crate::engine::enrol::Application;
use crate::engine::hold::PlaceHold;
use crate::engine::keys::Keys;
use crate::engine::open::Open;
use crate::engine::rows::{INTENTS, TABLES};
use crate::engine::sale::TakeSale;
use crate::engine::statement::Statement;
use crate::engine::{Engine, Settings};
use crate::ledger::sale::ReceiptNo;
use crate::policy::agreement::{Acceptance, AgreementKind};
use crate::policy::grant::{Ask, Grant, decide};
use crate::policy::notice::{Language, Notice};
use crate::store::redb::{RedbStore, Settings as StoreSettings};
use crate::store::{Store, Table};
use crate::vault::keybox::tests::outside::KeyDisk;
use crate::vault::{Draw32, MemberKeys};

/// The demo notice's text.
pub(super) const NOTICE: &str = include_str!("../../../../../fixtures/notices/demo.toml");
pub(super) const PIN: &str = "204957";

/// Where a member leaves.
pub(super) const KIOSK: By<'_> = By::Member { device: "kiosk-1" };

fn noon() -> Moment {
    "2017-03-01T12:00:00+08:00".parse().unwrap()
}

/// A key of that noon.
pub(super) fn numbered(number: u64) -> IdempotencyKey {
    let mut uuid = [0; 16];
    uuid[..6].copy_from_slice(&noon().millis().to_be_bytes()[2..]);
    uuid[8..].copy_from_slice(&number.to_be_bytes());
    uuid[6] = 0x70;
    uuid[8] = 0x80 | (uuid[8] & 0x3f);
    IdempotencyKey {
        terminal: "test".to_owned(),
        uuid,
    }
}

/// The key that the erasure is asked for with.
pub(super) fn erasure_key() -> IdempotencyKey {
    numbered(900)
}

/// 32 bytes of a run, never the same ones twice.
fn seed_of(run: u64, opening: u64, of: &str) -> [u8; 32] {
    let parts = [
        &run.to_be_bytes()[..],
        &opening.to_be_bytes(),
        of.as_bytes(),
    ];
    Sha256::digest(parts.concat()).into()
}

pub(super) fn seeds(run: u64, opening: u64) -> (Arc<SeededEntropy>, Draw32) {
    let drawn = SeededEntropy::new(seed_of(run, opening, "keys"));
    let entropy = SeededEntropy::new(seed_of(run, opening, "engine"));
    (Arc::new(entropy), Arc::new(move || drawn.seed()))
}

pub(super) fn own(member: MemberId) -> Grant {
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

/// The two disks.
pub(super) struct Disks {
    pub(super) store: FaultDisk,
    pub(super) keys: KeyDisk,
}

impl Disks {
    /// What the disks are after a power cut, of which this is left of the rows and that of the keys.
    pub(super) fn left(&self, unsynced: Unsynced, keys: KeyDisk) -> Self {
        Self {
            store: FaultDisk::holding(self.store.after_power_cut(unsynced)),
            keys,
        }
    }

    /// Both break, each after so many steps.
    pub(super) fn break_at(&self, rows: Fault, keys: u64) {
        self.store.break_at(rows);
        self.keys.cut_after(usize::try_from(keys).unwrap());
    }

    /// Steps of both so far.
    pub(super) fn steps(&self) -> u64 {
        self.store.operations() + u64::try_from(self.keys.steps()).unwrap()
    }

    /// The shop on these disks, in its n-th process.
    pub(super) fn open(&self, run: u64, process: u64) -> Result<Shop, String> {
        let (entropy, draw) = seeds(run, process);
        let keybox = self.keys.open(draw).map_err(|error| error.to_string())?;
        self.open_with(Arc::new(Keys::new(keybox)), entropy)
    }

    pub(super) fn open_with(
        &self,
        keys: Arc<Keys>,
        entropy: Arc<SeededEntropy>,
    ) -> Result<Shop, String> {
        let store = self.open_store(&keys)?;
        let clock = Arc::new(GivenClock::at(noon()));
        let engine = Engine::open(
            store.clone(),
            keys.clone(),
            clock,
            entropy,
            Settings::default(),
        );
        Ok(Shop {
            engine: engine.map_err(|stop| format!("{stop:?}"))?,
            keys,
            store,
        })
    }

    fn open_store(&self, keys: &Arc<Keys>) -> Result<Arc<RedbStore>, String> {
        let disk = self.store.clone();
        let opener = move || {
            ::redb::Database::builder()
                .set_cache_size(1 << 20)
                .create_with_backend(disk.clone())
        };
        let settings = StoreSettings::default();
        let store = RedbStore::with_backend_and(opener, settings, Some(closing(keys.clone())));
        store.map(Arc::new).map_err(|error| format!("{error:?}"))
    }

    /// Whether the keys know a member, and whether there is an intent, before anything is put right.
    pub(super) fn is_in_the_middle(&self, member: MemberId) -> bool {
        let Ok(keybox) = self.keys.open(seeds(0, 9).1) else {
            return false;
        };
        let is_known = keybox.is_known(&member);
        let store = self.open_store(&Arc::new(Keys::new(keybox)));
        let count = |store: Arc<RedbStore>| rows_in(&*store, INTENTS.table()).len();
        !is_known && store.is_ok_and(|store| count(store) == 1)
    }
}

/// A member, and what the member saw before anything went wrong.
pub(super) struct Person {
    pub(super) member: MemberId,
    pub(super) account: AccountId,
    pub(super) keys: MemberKeys,
    pub(super) seen: Seen,
}

/// What a member sees of their own.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Seen {
    statement: Statement,
    name: String,
    card: String,
}

/// What became of whoever joined meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Newcomer {
    pub(super) account: AccountId,
    /// The keys were said to be durable.
    pub(super) has_keys: bool,
    is_answered: bool,
}

impl Newcomer {
    /// The account was answered for.
    pub(super) const fn is_answered(&self) -> bool {
        self.is_answered
    }
}

/// An open shop.
pub(super) struct Shop {
    pub(super) engine: Engine,
    pub(super) keys: Arc<Keys>,
    store: Arc<RedbStore>,
}

fn rows_in(store: &dyn Store, table: Table) -> BTreeSet<Vec<u8>> {
    let mut rows = BTreeSet::new();
    let tx = store.read().unwrap();
    tx.scan(table, &[], None, &mut |key, _| {
        rows.insert(key.to_vec());
        core::ops::ControlFlow::Continue(())
    })
    .unwrap();
    rows
}

impl Shop {
    pub(super) fn is_empty(&self, table: Table) -> bool {
        rows_in(&*self.store, table).is_empty()
    }

    pub(super) fn has_row(&self, table: Table, key: &[u8]) -> bool {
        self.store
            .read()
            .unwrap()
            .value(table, key)
            .unwrap()
            .is_some()
    }

    /// Which of these rows are not there.
    pub(super) fn missing(&self, rows: &BTreeSet<(Table, Vec<u8>)>) -> Vec<(Table, Vec<u8>)> {
        let tx = self.store.read().unwrap();
        let gone = |(table, key): &&(Table, Vec<u8>)| tx.value(*table, key).unwrap().is_none();
        rows.iter().filter(gone).cloned().collect()
    }

    pub(super) fn rows(&self) -> BTreeSet<(Table, Vec<u8>)> {
        let of = |table: &Table| {
            let table = *table;
            let rows = rows_in(&*self.store, table).into_iter();
            rows.map(move |key| (table, key))
        };
        TABLES.iter().flat_map(of).collect()
    }

    pub(super) fn seen(&self, who: &Person) -> Result<Seen, Refusal> {
        self.seen_of(who.member, who.account)
    }

    fn seen_of(&self, member: MemberId, account: AccountId) -> Result<Seen, Refusal> {
        let leave = own(member);
        let statement = self.engine.statement(account)?;
        let data = self.engine.own_data(member, &leave)?;
        Ok(Seen {
            statement,
            name: data.profile.name.disclose(&leave).as_str().to_owned(),
            card: data.card.digits(),
        })
    }

    /// Somebody comes, as often as not into the bucket of the one who goes.
    pub(super) fn join(&self, base: &Base, seed: u64) -> Newcomer {
        let mut id: [u8; 16] = seed_of(seed, 0, "newcomer")[..16].try_into().unwrap();
        if id[1].is_multiple_of(2) {
            id[0] = base.victim.account.as_bytes()[0];
        }
        let account = AccountId::from_bytes(id);
        let has_keys = self.engine.admit(account, &[]).is_ok();
        let open = Open {
            account,
            reference: "newcomer".to_owned(),
            gift: true,
        };
        Newcomer {
            account,
            has_keys,
            is_answered: has_keys && self.engine.run(&numbered(800), open).is_ok(),
        }
    }

    pub(super) fn enrol(&self, number: u64) -> Person {
        let notice = Notice::parse(NOTICE).unwrap();
        let kind = AgreementKind::Member;
        let application = Application {
            language: Language::Zh,
            name: "王小明",
            mobile: &format!("1380000{number:04}"),
            pin: PIN,
            age_attested: true,
            agreement: Acceptance {
                kind,
                version: notice.agreement_version(kind),
                accepted: true,
            },
            notice_version: notice.version(),
            consents: &[("direct_mail", true)],
            device: "kiosk-1",
        };
        let engine = &self.engine;
        let card = engine.enrol(&numbered(number), &application).unwrap().card;
        let card = card.digits();
        engine.sign_in(&card, PIN, "kiosk-1").unwrap();
        let account = engine.account_of_card(&card).unwrap();
        let member = engine.member_of_account(account).unwrap();
        let told = ("延安西路 1 号", "200050");
        let set = engine.set_address(member, told, "kiosk-1", &own(member));
        set.unwrap();

        let sender = Sender::from(&numbered(100 + number));
        let token = engine.identify(&sender, &card).unwrap().token.text();
        let presented = engine.holder(&token).unwrap().presented;
        let lines = || {
            vec![Line {
                product: "P".to_owned(),
                department: String::new(),
                category: String::new(),
                kind: LineKind::Goods,
                quantity: Quantity::of_units(1).unwrap(),
                paid: Money::from_minor(60_000),
            }]
        };
        let sale = TakeSale {
            account,
            receipt: ReceiptNo {
                store: "1".to_owned(),
                till: "1".to_owned(),
                number: format!("s-{number}"),
            },
            sold_at: noon(),
            lines: lines(),
            holds: Vec::new(),
            presented: presented.clone(),
        };
        engine.run(&numbered(200 + number), sale).unwrap();
        engine.settle_token(&presented);
        let place = PlaceHold {
            account,
            points: Points::new(100).unwrap(),
            lines: lines(),
        };
        engine.run(&numbered(300 + number), place).unwrap();
        Person {
            member,
            account,
            keys: self.keys.keybox().of_member(&member).unwrap(),
            seen: self.seen_of(member, account).unwrap(),
        }
    }
}
