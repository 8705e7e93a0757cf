//! A shop that has been used for a while, in a folder: store, keys, a copy of the audit, a backup and copies of the keys.
//! And all that can be asked of it, to hold one reading against another.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jifen::audit::checkpoint::VerifierKey;
use jifen::audit::copy::{AuditCopy, Note, Notes};
use jifen::domain::refusal::Refusal;
use jifen::engine::clock::{Entropy, GivenClock, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::erase::By;
use jifen::engine::keys::Keys;
use jifen::engine::{Engine, Settings};
use jifen::policy::grant::{Ask, Grant, decide};
use jifen::store::Store;
use jifen::store::redb::RedbStore;
use jifen::vault::Keybox;
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, Person, Rows, Shop, rows};
use jifen_tests::wishes::{noon, numbered};

/// The shop's folder, and what was true when it was closed.
pub(super) struct Used {
    folder: tempfile::TempDir,
    people: Vec<Person>,
    /// What everything in it came to.
    pub(super) facts: Facts,
    /// Every row of every table.
    pub(super) rows: Rows,
    /// The hash of all rows of the backup.
    pub(super) backup_sha256: [u8; 32],
    /// The audit's key, as it was kept elsewhere.
    pub(super) verifier: VerifierKey,
    /// A checkpoint that was kept elsewhere.
    pub(super) outside: Vec<Note>,
}

/// What was asked, and the answer.
pub(super) type Facts = BTreeMap<String, Result<String, String>>;

/// A shop that opened, with everything that was read of it.
pub(super) struct Seen {
    /// The differences that `verify` names.
    pub(super) differences: Vec<String>,
    pub(super) facts: Facts,
    pub(super) rows: Option<Rows>,
    /// The store's file before it was opened.
    pub(super) file: Vec<u8>,
}

/// The grant of who is signed in.
fn own(person: &Person) -> Grant {
    let (signed_in, member) = (person.member, person.member);
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

pub(super) fn keybox(folder: &Path) -> Result<Keybox, String> {
    let seeds = SeededEntropy::new([2; 32]);
    Keybox::open(folder, Arc::new(move || seeds.seed())).map_err(|error| error.code().to_owned())
}

impl Used {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let seeds = SeededEntropy::new([1; 32]);
        let keybox = Keybox::create(&path("keys"), [3; 16], Arc::new(move || seeds.seed()));
        let keys = Arc::new(Keys::new(keybox.unwrap()));
        let store = RedbStore::open(path("store.redb"), Some(closing(keys.clone()))).unwrap();
        let shop = Shop::new(Arc::new(store), keys.clone(), DEMO);
        shop.engine().add_terminal_of("till-1", Some(7)).unwrap();
        let mut people: Vec<_> = (1..=3).map(|number| live(&shop, number)).collect();
        // Some members are in the buckets' files, and some in the journal alone.
        keys.keybox().fold().unwrap();
        people.push(live(&shop, 4));
        let anna = &people[0];
        let told = ("王小红", "13900000001");
        let engine = shop.engine();
        let corrected = engine.correct(&numbered(901), anna.member, told, "kiosk-1", &own(anna));
        corrected.unwrap();
        let leaves = live(&shop, 5);
        let points = engine
            .farewell(leaves.member, &own(&leaves))
            .unwrap()
            .points;
        let by = By::Member { device: "kiosk-1" };
        engine
            .erase(&numbered(900), leaves.member, by, points)
            .unwrap();
        people.push(leaves);
        // The last one who came: what a torn write takes is seen.
        people.push(shop.join(&numbered(600), &Form::of(6)));
        shop.bench.assert_verified("before any bit flips");

        let mut copy = AuditCopy::open(&path("audit")).unwrap();
        let lines = engine.audit_lines(0, usize::MAX).unwrap();
        let (early, late) = lines.split_at(lines.len() / 2);
        copy.append(early).unwrap();
        copy.append(late).unwrap();
        let signed = engine.checkpoint().unwrap();
        copy.add_checkpoint(&signed.note).unwrap();
        copy.add_checkpoint(&signed.note).unwrap();
        let verifier = engine.audit_verifier().unwrap();
        copy.set_key(&verifier).unwrap();
        let outside = Notes::of_text("kept", &signed.note);

        let backup = engine.backup(&path("backup")).unwrap();
        fs::create_dir(path("copies")).unwrap();
        for bucket in 0..=64_u8 {
            let body = keys.keybox().escrow(bucket).unwrap();
            fs::write(path("copies").join(format!("{bucket:02x}")), &*body.bytes).unwrap();
        }
        let facts = facts(engine, &people);
        let rows = shop.rows();
        Self {
            facts,
            rows,
            backup_sha256: backup.sha256,
            verifier,
            outside,
            people,
            folder,
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Opens what stands in the folder and reads everything; or says with which word it was refused.
    pub(super) fn look(&self) -> Result<Seen, String> {
        let keys = Arc::new(Keys::new(keybox(&self.path("keys"))?));
        self.look_at(&self.path("store.redb"), &keys)
    }

    pub(super) fn look_at(&self, store: &Path, keys: &Arc<Keys>) -> Result<Seen, String> {
        let file = fs::read(store).unwrap();
        let store = RedbStore::open(store, Some(closing(keys.clone())));
        let store: Arc<dyn Store> = Arc::new(store.map_err(code)?);
        let engine = Engine::open(
            store.clone(),
            keys.clone(),
            Arc::new(GivenClock::at(noon())),
            Arc::new(SeededEntropy::new([4; 32])),
            Settings::default(),
        );
        let engine = engine.map_err(|stop| Refusal::from(stop).code().to_owned())?;
        let differences = match engine.verify(&mut |_, _| {}) {
            Ok(verified) => verified
                .differences
                .iter()
                .map(ToString::to_string)
                .collect(),
            Err(refusal) => vec![refusal.code().to_owned()],
        };
        let facts = facts(&engine, &self.people);
        drop(engine);
        // Where a table cannot be read, that was named.
        let rows = differences.is_empty().then(|| rows(&*store));
        Ok(Seen {
            differences,
            facts,
            rows,
            file,
        })
    }
}

fn code(error: jifen::store::StoreError) -> String {
    Refusal::from(error).code().to_owned()
}

/// A member joins with an address, signs in, buys, and holds points. Keys 100·n on.
fn live(shop: &Shop, number: u64) -> Person {
    let key = |more: u64| numbered(100 * number + more);
    let slip = |more: u64| (100 * number + more).to_string();
    let form = Form {
        consents: vec![("direct_mail", true)],
        ..Form::of(number)
    };
    let person = shop.join(&key(0), &form);
    let engine = shop.engine();
    engine
        .sign_in(&person.card, &person.pin, "kiosk-1")
        .unwrap();
    let told = ("人民路 1 号", "200001");
    engine
        .set_address(person.member, told, "kiosk-1", &own(&person))
        .unwrap();
    engine.join_sector(person.member, 7, "kiosk-1").unwrap();
    engine.live_code(person.member).unwrap();
    let token = shop.shown(&key(1), &person);
    shop.sell(&key(2), &token, &slip(2), &[]).unwrap();
    let token = shop.shown(&key(3), &person);
    let hold = shop.hold(&key(4), &token, 100).unwrap();
    shop.sell(&key(5), &token, &slip(5), &[hold]).unwrap();
    let token = shop.shown(&key(6), &person);
    shop.hold(&key(7), &token, 100).unwrap();
    person
}

/// Everything that can be asked.
fn facts(engine: &Engine, people: &[Person]) -> Facts {
    let mut facts = Facts::new();
    let mut fact = |what: String, said: Result<String, Refusal>| {
        facts.insert(what, said.map_err(|refusal| refusal.code().to_owned()));
    };
    for (number, person) in people.iter().enumerate() {
        let (member, account) = (person.member, person.account);
        let mut of = |what: &str, said| fact(format!("{what} {number}"), said);
        of("card", shown(engine.account_of_card(&person.card)));
        of("balance", shown(engine.balance(account)));
        of("statement", shown(engine.statement(account)));
        of("entries", shown(engine.entries(account)));
        of("log-ins", shown(engine.logins(member)));
        let leave = own(person);
        let own_data = engine.own_data(member, &leave).map(|own| {
            let name = own.profile.name.disclose(&leave).as_str().to_owned();
            let mobile = own.profile.mobile.disclose(&leave);
            format!("{name} {} {own:?}", mobile.e164())
        });
        of("own data", own_data);
        let address = engine.own_address(member, &leave).and_then(|address| {
            let address = address.ok_or(Refusal::Unknown)?;
            let lines = address.lines.disclose(&leave).as_str();
            Ok([lines, address.postcode.disclose(&leave).as_str()].join(", "))
        });
        of("address", address);
    }
    let commands = (1..=6).flat_map(|number| (0..8).map(move |more| 100 * number + more));
    for number in commands.chain([901]) {
        fact(
            format!("answer {number}"),
            there(engine.status(&numbered(number))),
        );
    }
    fact("erasure".to_owned(), there(engine.erasure(&numbered(900))));
    fact("liability".to_owned(), shown(engine.liability()));
    fact("audit".to_owned(), shown(engine.audit_lines(0, usize::MAX)));
    fact("checkpoint".to_owned(), shown(engine.checkpoint()));
    fact(
        "programmes".to_owned(),
        Ok(format!("{:?}", engine.versions())),
    );
    fact("notice".to_owned(), shown(engine.notice()));
    fact("now".to_owned(), Ok(engine.now().to_string()));
    facts
}

fn shown<T: Debug>(said: Result<T, Refusal>) -> Result<String, Refusal> {
    said.map(|said| format!("{said:?}"))
}

/// As above; that there is none is no answer.
fn there<T: Debug>(said: Result<Option<T>, Refusal>) -> Result<String, Refusal> {
    shown(said.and_then(|said| said.ok_or(Refusal::Unknown)))
}
