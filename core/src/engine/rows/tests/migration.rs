//! A store from before the second spelling of a member's row (BAK-04): it opens and reads the same, each row is written in
//! the new spelling when it changes anyway, and one that was cut off is as if nobody had tried.

use crate::domain::ids::MemberId;
use crate::policy::notice::Language;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::engine::adjust::Adjust;
use crate::engine::clock::{Entropy, GivenClock, SeededEntropy};
use crate::engine::closing::closing;
use crate::engine::commit::IdempotencyKey;
use crate::engine::enrol::Application;
use crate::engine::keys::Keys;
use crate::engine::{Engine, Settings};
use crate::policy::agreement::Acceptance;
use crate::policy::notice::Notice;
use crate::store::redb::RedbStore;
use crate::vault::Keybox;

const PROGRAMME: &str = include_str!("../../../../../fixtures/programmes/demo.toml");
const NOTICE: &str = include_str!("../../../../../fixtures/notices/demo.toml");
const PIN: &str = "204957";

/// A shop on a disk.
struct Shop {
    folder: tempfile::TempDir,
    keys: Arc<Keys>,
}

/// A member with the card.
type Person = (MemberId, AccountId, String);

/// What must not change: how many rows each table has, all points outstanding, and each member as they told us.
#[derive(Debug, PartialEq)]
struct Standing {
    rows: BTreeMap<&'static str, u64>,
    outstanding: i64,
    receivable: i64,
    told: Vec<Vec<u8>>,
}

impl Shop {
    fn new() -> Self {
        let seeds = SeededEntropy::new([1; 32]);
        let keybox = Keybox::in_memory([1; 16], Arc::new(move || seeds.seed()));
        Self {
            folder: tempfile::tempdir().unwrap(),
            keys: Arc::new(Keys::new(keybox)),
        }
    }

    fn open(&self, seed: u8) -> Engine {
        let path: PathBuf = self.folder.path().join("store.redb");
        let store = RedbStore::open(path, Some(closing(self.keys.clone()))).unwrap();
        let clock = Arc::new(GivenClock::at(moment(10)));
        let entropy = Arc::new(SeededEntropy::new([seed; 32]));
        let settings = Settings::default();
        Engine::open(Arc::new(store), self.keys.clone(), clock, entropy, settings).unwrap()
    }

    /// Three members with points, whose rows are of the first spelling.
    fn of_before(&self) -> Vec<Person> {
        let engine = self.open(2);
        engine.activate(PROGRAMME).unwrap();
        engine.publish(NOTICE).unwrap();
        let people: Vec<_> = (1..=3).map(|number| join(&engine, number)).collect();
        for (member, ..) in &people {
            let member = *member;
            let down = engine.member_work(member, move |work| {
                let row = MemberRow::V1(work.view().member(member)?.told);
                work.put_core(member, &MEMBERS, member.as_bytes(), &row)
            });
            assert_eq!(down, Ok(()));
        }
        people
    }
}

fn join(engine: &Engine, number: u64) -> Person {
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
        consents: &[],
        device: "kiosk-1",
    };
    let enrolled = engine.enrol(&key(number), &application).unwrap();
    let card = enrolled.card.digits();
    let account = engine.account_of_card(&card).unwrap();
    let grant = Adjust {
        account,
        points: i64::try_from(number).unwrap().saturating_mul(100),
        reason: "goodwill".to_owned(),
        actor: "staff-1".to_owned(),
        approved_by: None,
    };
    engine.run(&key(number | 256), grant).unwrap();
    (engine.member_of_account(account).unwrap(), account, card)
}

fn key(number: u64) -> IdempotencyKey {
    let time = u128::from(moment(10).millis().cast_unsigned()) << 80;
    let uuid = time | (0x7 << 76) | (0b10 << 62) | u128::from(number);
    IdempotencyKey {
        terminal: "test".to_owned(),
        uuid: uuid.to_be_bytes(),
    }
}

/// A member's row as it stands.
fn stored(engine: &Engine, (member, ..): &Person) -> MemberRow {
    let row = engine.read(|view| {
        let codec = view.keys.core(*member)?;
        Ok(MEMBERS.row(view.tx, &codec, member.as_bytes())?)
    });
    row.unwrap().unwrap()
}

/// The handle of a row of the newest spelling.
fn handle(row: MemberRow) -> [u8; 16] {
    match row {
        MemberRow::V3(row) => row.handle,
        MemberRow::V1(_) | MemberRow::V2(_) => panic!("still of an older spelling"),
    }
}

fn is_of_before(engine: &Engine, person: &Person) -> bool {
    matches!(stored(engine, person), MemberRow::V1(_))
}

fn standing(engine: &Engine, people: &[Person]) -> Standing {
    let counted = engine.read(|view| {
        let mut rows = BTreeMap::new();
        for table in TABLES {
            let count: &mut u64 = rows.entry(table.name()).or_insert(0);
            view.tx.scan(*table, &[], None, &mut |_, _| {
                *count = count.saturating_add(1);
                ControlFlow::Continue(())
            })?;
        }
        Ok(rows)
    });
    let told = people.iter().map(|(member, ..)| {
        let row = engine.read(|view| view.member(*member)).unwrap();
        postcard::to_stdvec(&row.told).unwrap()
    });
    let liability = engine.liability().unwrap();
    Standing {
        rows: counted.unwrap(),
        outstanding: liability.outstanding,
        receivable: liability.receivable,
        told: told.collect(),
    }
}

fn assert_verified(engine: &Engine) {
    let verified = engine.verify(&mut |_, _| {}).unwrap();
    assert_eq!(verified.differences, []);
}

#[test]
fn a_store_of_before_reads_the_same_and_is_written_anew_row_by_row() {
    let shop = Shop::new();
    let people = shop.of_before();
    let (anna, others) = people.split_first().unwrap();

    let engine = shop.open(3);
    assert!(people.iter().all(|person| is_of_before(&engine, person)));
    let before = standing(&engine, &people);
    assert_eq!(before.rows["members"], 3);
    assert_eq!(before.outstanding, 600);
    assert_verified(&engine);
    let [first, again] = [(); 2].map(|()| stored(&engine, anna).newest(anna.0).handle);
    assert_eq!(first, again);
    drop(engine);

    // To open it changes nothing.
    let engine = shop.open(4);
    assert_eq!(standing(&engine, &people), before);
    assert!(people.iter().all(|person| is_of_before(&engine, person)));
    let leave = crate::policy::grant::decide(&crate::policy::grant::Ask::OwnData {
        signed_in: anna.0,
        member: anna.0,
    });
    let own = engine.own_data(anna.0, &leave.unwrap()).unwrap();
    assert_eq!(own.card.digits(), anna.2);

    let signed_in = engine.sign_in(&anna.2, PIN, "kiosk-1").unwrap();
    assert!(signed_in.is_first);
    assert_eq!(handle(stored(&engine, anna)), first);
    assert!(others.iter().all(|person| is_of_before(&engine, person)));
    let after = standing(&engine, &people);
    assert_eq!(after.rows["members"], before.rows["members"]);
    assert_eq!(after.rows["accounts"], before.rows["accounts"]);
    let gift = signed_in.gift.count();
    assert_eq!(after.outstanding, before.outstanding.saturating_add(gift));
    assert_eq!(after.receivable, before.receivable);
    assert_eq!(after.told[1..], before.told[1..]);
    assert_verified(&engine);
    drop(engine);

    // The one that is new keeps its handle, and the rest follow.
    let engine = shop.open(5);
    assert_eq!(standing(&engine, &people), after);
    for person in others {
        engine.sign_in(&person.2, PIN, "kiosk-1").unwrap();
    }
    let handles: BTreeSet<_> = people
        .iter()
        .map(|one| handle(stored(&engine, one)))
        .collect();
    assert!(handles.contains(&first));
    assert_eq!(handles.len(), 3);
    assert_verified(&engine);
}

#[test]
fn a_migration_that_is_cut_off_leaves_the_row_of_before() {
    let shop = Shop::new();
    let people = shop.of_before();
    let engine = shop.open(3);
    let before = standing(&engine, &people);
    for (member, ..) in &people {
        let member = *member;
        let cut = engine.member_work(member, move |work| {
            let row = work.view().member(member)?;
            work.put_core(member, &MEMBERS, member.as_bytes(), &MemberRow::V3(row))?;
            Err::<(), _>(Refusal::Busy.into())
        });
        assert_eq!(cut, Err(Refusal::Busy));
    }
    drop(engine);

    let engine = shop.open(4);
    assert_eq!(standing(&engine, &people), before);
    assert!(people.iter().all(|person| is_of_before(&engine, person)));
    assert_verified(&engine);
    for person in &people {
        engine.sign_in(&person.2, PIN, "kiosk-1").unwrap();
        handle(stored(&engine, person));
    }
    assert_verified(&engine);
}
