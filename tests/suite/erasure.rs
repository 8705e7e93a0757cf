//! A member leaves: what is lost is shown first, then every row and every key is gone, and the shop adds up all the same
//! (DSR-03, PTS-07; privacy §3).

use std::collections::BTreeMap;
use std::sync::Arc;

use jifen::audit::receipt::{DeletionReceipt, EscrowState};
use jifen::domain::ids::MemberId;
use jifen::domain::points::Points;
use jifen::domain::refusal::Refusal;
use jifen::domain::time::Moment;
use jifen::engine::clock::{GivenClock, SeededEntropy};
use jifen::engine::erase::{By, Farewell};
use jifen::engine::escrow::{Copied, Escrow};
use jifen::engine::{Engine, Settings};
use jifen::ledger::journal::JournalAccount;
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::vault::Keybox;
use jifen_tests::people::{Form, PIN, Person, Shop, counts};
use jifen_tests::wishes::{noon, numbered};
use parking_lot::Mutex;

pub(super) const KIOSK: By<'_> = By::Member { device: "kiosk-1" };
/// Rows of the audit and of erasures, which stay.
const STAY: [&str; 8] = [
    "clocks", "acts", "epochs", "erasures", "journal", "leaves", "nodes", "totals",
];

fn own(member: MemberId) -> Grant {
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

fn groups(receipt: &DeletionReceipt) -> Vec<&str> {
    receipt.groups.iter().map(|group| group.as_str()).collect()
}

fn farewell(shop: &Shop, who: &Person) -> Farewell {
    shop.engine()
        .farewell(who.member, &own(who.member))
        .unwrap()
}

fn erase(shop: &Shop, key: u64, who: &Person) -> Result<DeletionReceipt, Refusal> {
    let points = farewell(shop, who).points;
    shop.engine()
        .erase(&numbered(key), who.member, KIOSK, points)
}

/// Anna and Bo joined and signed in; both bought with a code, and Anna holds points.
pub(super) fn shop() -> (Shop, Person, Person) {
    let shop = Shop::in_memory();
    let [anna, bo] = [1, 2].map(|number| shop.join(&numbered(number), &Form::of(number)));
    for (key, who) in [(10, &anna), (20, &bo)] {
        shop.engine()
            .sign_in(&who.card, &who.pin, "kiosk-1")
            .unwrap();
        buy(&shop, key, who);
    }
    (shop, anna, bo)
}

/// A sale under a code, a hold that is used, and one that stays open.
fn buy(shop: &Shop, key: u64, who: &Person) {
    let token = shop.shown(&numbered(key), who);
    let slip = |step: u64| format!("s-{}", key + step);
    shop.sell(&numbered(key + 1), &token, &slip(1), &[])
        .unwrap();
    let token = shop.shown(&numbered(key + 2), who);
    let hold = shop.hold(&numbered(key + 3), &token, 100).unwrap();
    shop.hold(&numbered(key + 4), &token, 100).unwrap();
    shop.sell(&numbered(key + 5), &token, &slip(5), &[hold])
        .unwrap();
}

/// How many rows each table has, but for those that stay.
fn rows(shop: &Shop) -> BTreeMap<&'static str, usize> {
    let mut rows = counts(&shop.rows());
    rows.retain(|name, _| !STAY.contains(name));
    rows
}

#[test]
fn what_is_lost_is_shown_first_and_must_be_confirmed() {
    let (shop, anna, _) = shop();
    let shown = farewell(&shop, &anna);
    let balance = shop.engine().balance(anna.account).unwrap();
    assert_eq!(shown.points, balance.balance);
    assert!(Points::ZERO < shown.points && shown.holds == 1);

    let before = shop.rows();
    for wrong in [0, shown.points.count() - 1, shown.points.count() + 1] {
        let wrong = Points::new(wrong).unwrap();
        let refused = shop
            .engine()
            .erase(&numbered(90), anna.member, KIOSK, wrong);
        let points = shown.points;
        assert_eq!(
            refused,
            Err(Refusal::ErasureUnconfirmed { points }),
            "{wrong}"
        );
    }
    assert_eq!(shop.rows(), before);
    let of_bo = decide(&Ask::DuplicateCheck).unwrap();
    let refused = shop.engine().farewell(anna.member, &of_bo);
    assert_eq!(refused, Err(Refusal::TokenUnknown));
}

#[test]
fn after_an_erasure_only_the_others_are_there() {
    // The same shop without Anna, to compare with.
    let without = Shop::in_memory();
    let bo = without.join(&numbered(2), &Form::of(2));
    without
        .engine()
        .sign_in(&bo.card, &bo.pin, "kiosk-1")
        .unwrap();
    buy(&without, 20, &bo);

    let (shop, anna, bo) = shop();
    let lost = farewell(&shop, &anna).points;
    let token = shop
        .identify(&numbered(40), &anna.card)
        .unwrap()
        .token
        .text();
    let (code, _) = shop.engine().typed_code(anna.member).unwrap();
    let receipt = erase(&shop, 90, &anna).unwrap();
    assert_eq!(receipt.points_forfeited, lost);
    assert_eq!(groups(&receipt), ["core", "history"]);

    let mut left = rows(&shop);
    // The log-ins of the day name an owner that leads nowhere; there are two of Anna's.
    *left.get_mut("logins").unwrap() -= 2;
    assert_eq!(left, rows(&without));
    assert_eq!(shop.keys.keybox().len(), 1);
    for gone in [
        shop.identify(&numbered(91), &anna.card).err(),
        shop.identify(&numbered(92), &code.digits()).err(),
        shop.sell(&numbered(93), &token, "s-93", &[]).err(),
        shop.engine().balance(anna.account).err(),
        shop.engine().statement(anna.account).err(),
        shop.engine().typed_code(anna.member).err(),
        shop.own_data(anna.member).err(),
    ] {
        assert_eq!(gone, Some(Refusal::TokenUnknown));
    }
    let signed_in = shop.engine().sign_in(&anna.card, PIN, "kiosk-1");
    assert_eq!(signed_in, Err(Refusal::SignInFailed));

    assert!(shop.engine().sign_in(&bo.card, &bo.pin, "kiosk-1").is_ok());
    buy(&shop, 60, &bo);
    let sums = shop.engine().liability().unwrap();
    assert_eq!(sums.accounts[&JournalAccount::Forfeited], lost.count());
    shop.bench.assert_verified("after an erasure");
    shop.reopened(3)
        .bench
        .assert_verified("and after a restart");
}

#[test]
fn the_same_phone_may_join_anew_and_is_nobodys_duplicate() {
    let (shop, anna, _) = shop();
    erase(&shop, 90, &anna).unwrap();
    let again = shop.join(&numbered(94), &Form::of(1));
    assert_ne!(again.member, anna.member);
    assert_ne!(again.card, anna.card);
    let balance = shop.engine().balance(again.account).unwrap();
    assert_eq!(balance.balance, Points::ZERO);
    // It was nobody's; now it is theirs alone.
    let receipt = erase(&shop, 95, &again).unwrap();
    assert_eq!(receipt.points_forfeited, Points::ZERO);
    shop.bench.assert_verified("twice erased");
}

#[test]
fn the_same_key_gives_the_same_receipt_and_serves_nobody_else() {
    let (shop, anna, bo) = shop();
    let first = erase(&shop, 90, &anna).unwrap();
    let points = Points::ZERO;
    let again = shop
        .engine()
        .erase(&numbered(90), anna.member, KIOSK, points);
    assert_eq!(again.as_ref().map(|receipt| &receipt.leaf), Ok(&first.leaf));
    let asked = shop.engine().erasure(&numbered(90)).unwrap().unwrap();
    assert_eq!(asked.leaf, first.leaf);
    assert_eq!(shop.engine().erasure(&numbered(89)), Ok(None));

    let reused = Err(Refusal::KeyReused);
    assert_eq!(erase(&shop, 90, &bo), reused, "the key of Anna's erasure");
    assert_eq!(erase(&shop, 21, &bo), reused, "the key of a sale");
    let token = shop.identify(&numbered(96), &bo.card).unwrap().token.text();
    let sale = shop.sell(&numbered(90), &token, "s-97", &[]);
    assert_eq!(sale.err(), Some(Refusal::KeyReused));
    shop.bench
        .assert_verified("after keys that were used twice");
}

/// Copies of keys in memory, one of whose places can be out of reach.
#[derive(Default)]
struct Places {
    copies: Mutex<BTreeMap<(String, u8), u64>>,
    unreachable: Mutex<bool>,
}

impl Escrow for Places {
    fn destinations(&self) -> Vec<String> {
        vec!["safe".to_owned(), "branch".to_owned()]
    }

    fn replace(&self, keybox: &Keybox, bucket: u8) -> Vec<Copied> {
        let copied = |destination: String| {
            let is_lost = destination == "branch" && *self.unreachable.lock();
            let outcome = if is_lost {
                Err("no route to it".to_owned())
            } else {
                let key = (destination.clone(), bucket);
                self.copies.lock().insert(key, keybox.epoch(bucket));
                Ok(Moment::EPOCH)
            };
            Copied {
                destination,
                outcome,
            }
        };
        self.destinations().into_iter().map(copied).collect()
    }

    fn copied_at(&self, destination: &str, bucket: u8) -> Option<Moment> {
        let copies = self.copies.lock();
        let copy = copies.get(&(destination.to_owned(), bucket));
        copy.map(|_| Moment::EPOCH)
    }
}

#[test]
fn a_copy_that_cannot_be_reached_is_named_and_replaced_later() {
    let (shop, anna, _) = shop();
    let places = Arc::new(Places::default());
    shop.engine().keep_escrow(places.clone());
    *places.unreachable.lock() = true;
    let receipt = erase(&shop, 90, &anna).unwrap();
    let states = |receipt: &DeletionReceipt| {
        let states = receipt.escrow.iter();
        let states = states.map(|copy| (copy.destination.to_string(), format!("{:?}", copy.state)));
        states.collect::<Vec<_>>()
    };
    let state = |name: &str, state: &str| (name.to_owned(), state.to_owned());
    let owed = [state("safe", "Replaced"), state("branch", "Owed")];
    assert_eq!(states(&receipt), owed);
    shop.engine().resume_erasures().unwrap();
    let still = shop.engine().erasure(&numbered(90)).unwrap().unwrap();
    assert_eq!(states(&still), owed);

    *places.unreachable.lock() = false;
    shop.engine().resume_erasures().unwrap();
    let second = shop.engine().erasure(&numbered(90)).unwrap().unwrap();
    let paid = [state("safe", "Replaced"), state("branch", "Replaced")];
    assert_eq!(states(&second), paid);
    let epoch = places.copies.lock()[&("branch".to_owned(), receipt.bucket)];
    assert!(receipt.epoch <= epoch);
    assert!(shop.rows()["owed"].is_empty());
    shop.bench.assert_verified("after the copy was replaced");
}

/// The program opens the store before it knows where copies are: what is owed is owed everywhere until then.
#[test]
fn what_is_owed_before_anybody_knows_where_is_not_forgotten() {
    let (shop, anna, _) = shop();
    let (store, keys) = (shop.store.clone(), shop.keys.clone());
    let clock = Arc::new(GivenClock::at(noon()));
    let entropy = Arc::new(SeededEntropy::new([7; 32]));
    let engine = Engine::open(store, keys, clock, entropy, Settings::default()).unwrap();
    let points = engine
        .farewell(anna.member, &own(anna.member))
        .unwrap()
        .points;
    let receipt = engine
        .erase(&numbered(90), anna.member, KIOSK, points)
        .unwrap();
    assert_eq!(receipt.escrow.len(), 1);
    assert_eq!(receipt.escrow[0].state, EscrowState::Owed);
    engine.resume_erasures().unwrap();
    assert_eq!(shop.rows()["owed"].len(), 1);

    let places = Arc::new(Places::default());
    *places.unreachable.lock() = true;
    engine.keep_escrow(places.clone());
    engine.resume_erasures().unwrap();
    let states = |engine: &Engine| {
        let receipt = engine.erasure(&numbered(90)).unwrap().unwrap();
        receipt
            .escrow
            .iter()
            .map(|copy| copy.state)
            .collect::<Vec<_>>()
    };
    assert_eq!(states(&engine), [EscrowState::Replaced, EscrowState::Owed]);
    *places.unreachable.lock() = false;
    engine.resume_erasures().unwrap();
    assert_eq!(
        states(&engine),
        [EscrowState::Replaced, EscrowState::Replaced]
    );
    assert!(shop.rows()["owed"].is_empty());
}

#[test]
fn an_address_goes_alone_and_the_member_stays() {
    let (shop, _, _) = shop();
    let form = Form {
        consents: vec![("direct_mail", true)],
        ..Form::of(5)
    };
    let cleo = shop.join(&numbered(5), &form);
    let told = ("延安西路 1 号", "200050");
    let engine = shop.engine();
    let set = engine.set_address(cleo.member, told, "kiosk-1", &own(cleo.member));
    assert_eq!(set, Ok(()));
    let kept = engine
        .own_address(cleo.member, &own(cleo.member))
        .unwrap()
        .unwrap();
    assert_eq!(kept.lines.disclose(&own(cleo.member)).as_str(), told.0);
    shop.bench.assert_verified("with an address");

    let before = shop.rows()["postal"].clone();
    engine
        .erase_address(cleo.member, "kiosk-1", &own(cleo.member))
        .unwrap();
    assert!(!before.is_empty() && shop.rows()["postal"].is_empty());
    assert!(
        engine
            .own_address(cleo.member, &own(cleo.member))
            .unwrap()
            .is_none()
    );
    assert!(shop.own_data(cleo.member).is_ok());
    shop.bench.assert_verified("without the address");

    // Another key than before: the old row stays shut.
    let again = ("淮海中路 2 号", "200031");
    engine
        .set_address(cleo.member, again, "kiosk-1", &own(cleo.member))
        .unwrap();
    let receipt = erase(&shop, 98, &cleo).unwrap();
    assert_eq!(groups(&receipt), ["core", "postal", "history"]);
    shop.bench.assert_verified("with nobody");
}

#[test]
fn an_address_needs_the_consent_to_letters() {
    let (shop, anna, bo) = shop();
    let told = ("延安西路 1 号", "200050");
    let set = |who: &Person, leave: &Grant| {
        let engine = shop.engine();
        engine.set_address(who.member, told, "kiosk-1", leave)
    };
    assert_eq!(set(&anna, &own(anna.member)), Err(Refusal::ConsentNeeded));
    assert_eq!(set(&anna, &own(bo.member)), Err(Refusal::TokenUnknown));
    assert!(shop.rows()["postal"].is_empty());
}

#[test]
fn a_correction_is_sealed_under_a_new_key_and_the_old_one_goes_later() {
    let (shop, anna, bo) = shop();
    let before = shop.rows()["members"].clone();
    let correct = |key: u64, name: &str, mobile: &str, leave: &Grant| {
        let told = (name, mobile);
        shop.engine()
            .correct(&numbered(key), anna.member, told, "kiosk-1", leave)
    };
    let leave = own(anna.member);
    assert_eq!(
        correct(80, "", "13800000099", &leave),
        Err(Refusal::BadName)
    );
    assert_eq!(
        correct(81, "王小明", "1380000", &leave),
        Err(Refusal::BadMobile)
    );
    let of_bo = own(bo.member);
    assert_eq!(
        correct(82, "王小明", "13800000099", &of_bo),
        Err(Refusal::TokenUnknown)
    );
    assert_eq!(shop.rows()["members"], before);

    assert!(correct(83, "王大明", "13800000099", &leave).is_ok());
    let told = shop.own_data(anna.member).unwrap();
    assert_eq!(told.profile.name.disclose(&leave).as_str(), "王大明");
    assert!(shop.engine().sign_in(&anna.card, PIN, "kiosk-1").is_ok());
    assert_eq!(shop.keys.keybox().with_old_core(), [anna.member]);
    shop.bench.assert_verified("after a correction");

    let retired = shop.engine().retire_core().unwrap();
    assert_eq!(retired, [(anna.member, 2)]);
    // Between the two there is a backup; a correction meanwhile keeps what it needs.
    assert!(correct(86, "王大名", "13800000098", &leave).is_ok());
    shop.engine().drop_retired(&retired).unwrap();
    assert_eq!(shop.keys.keybox().with_old_core(), [anna.member]);
    shop.bench.assert_verified("after one of two old keys went");
    let retired = shop.engine().retire_core().unwrap();
    shop.engine().drop_retired(&retired).unwrap();
    assert!(shop.keys.keybox().with_old_core().is_empty());
    assert!(shop.own_data(anna.member).is_ok());
    shop.bench.assert_verified("after the old key went");
    // The old number is free, the new one is not.
    let leaves = shop.engine().audit_size().unwrap();
    shop.join(&numbered(84), &Form::of(1));
    assert!(leaves < shop.engine().audit_size().unwrap());
    erase(&shop, 99, &anna).unwrap();
    shop.bench.assert_verified("and erased");
}
