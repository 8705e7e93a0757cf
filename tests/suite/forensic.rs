//! Somebody has every file that the shop ever wrote, and time: old buckets and journals that lay on the disk before, the
//! backup from before the erasure, and the keys as they are now. Every run of 32 bytes is tried as a key on the erased
//! member's own rows and on the buckets that held the keys (privacy §3). With the old root key, which the test kept aside,
//! the same program finds the person.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use jifen::engine::clock::{Entropy, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::erase::By;
use jifen::engine::keys::Keys;
use jifen::policy::grant::{Ask, decide};
use jifen::store::Table;
use jifen::store::redb::RedbStore;
use jifen::store::row::{Aad, Codec};
use jifen::vault::{DataKey, Keybox};
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, Person, Shop};
use jifen_tests::traces::{Search, Trace};
use jifen_tests::wishes::numbered;
use parking_lot::Mutex;

const INSTALL: [u8; 16] = [6; 16];
const MEMBERS: u64 = 60;
/// Random bytes have many values: of 32, fewer than these never in a lifetime of the universe.
const VALUES_MIN: usize = 16;
const NAME: &str = "尉迟敬德宽";
const PHONE: &str = "13800007317";
const ADDRESS: &str = "朱雀大街三百六十五号";

/// A row of the member, as it lay in the store before the erasure.
struct Row {
    table: Table,
    group: &'static str,
    key: Vec<u8>,
    sealed: Vec<u8>,
}

impl Row {
    /// What the row says under this key.
    fn open(&self, key: &[u8; 32]) -> Option<Vec<u8>> {
        let place = Aad {
            table: self.table,
            row: &self.key,
        };
        let codec = DataKey::new(*key, INSTALL, self.group, 1);
        codec.open(&place, &self.sealed).ok()
    }
}

/// The shop's folder with everything that ever lay in it.
struct Scene {
    folder: tempfile::TempDir,
    /// Files as they were at some moment, by moment and name.
    files: BTreeMap<String, Vec<u8>>,
}

impl Scene {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            files: BTreeMap::new(),
        }
    }

    fn open(&self) -> Shop {
        let (data, keys) = (
            self.folder.path().join("data"),
            self.folder.path().join("keys"),
        );
        std::fs::create_dir_all(&data).unwrap();
        let seeds = SeededEntropy::new([5; 32]);
        let keybox = Keybox::create(&keys, INSTALL, Arc::new(move || seeds.seed()));
        let keys = Arc::new(Keys::new(keybox.unwrap()));
        let store = RedbStore::open(data.join("store.redb"), Some(closing(keys.clone())));
        Shop::new(Arc::new(store.unwrap()), keys, DEMO)
    }

    /// Keeps every file as it is now.
    fn keep(&mut self, moment: &str) {
        let mut found = Vec::new();
        collect(self.folder.path(), &mut found);
        for path in found {
            let name = path
                .strip_prefix(self.folder.path())
                .unwrap()
                .display()
                .to_string();
            let bytes = std::fs::read(&path).unwrap();
            self.files.insert(format!("{moment}/{name}"), bytes);
        }
    }
}

fn collect(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Every run of 32 bytes of these files that may be a key, once.
fn candidates<'a>(files: impl Iterator<Item = &'a [u8]>) -> Vec<[u8; 32]> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for window in files.flat_map(|bytes| bytes.windows(32)) {
        let mut values = [0_u64; 4];
        for byte in window {
            values[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        let different: u32 = values.iter().map(|bits| bits.count_ones()).sum();
        if usize::try_from(different).unwrap() < VALUES_MIN {
            continue;
        }
        let (head, _) = window.split_first_chunk::<8>().unwrap();
        let (_, tail) = window.split_last_chunk::<8>().unwrap();
        // Sixteen of random bytes tell one run from another.
        if seen.insert((*head, *tail)) {
            all.push(window.try_into().unwrap());
        }
    }
    all
}

/// Everything that these runs open of the rows, in as many threads as there are processors.
fn opened(candidates: &[[u8; 32]], rows: &[Row]) -> Vec<Vec<u8>> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let work = || {
        loop {
            let from = next.fetch_add(1_024, Ordering::Relaxed);
            let Some(some) = candidates.get(from..) else {
                return;
            };
            for key in some.iter().take(1_024) {
                found
                    .lock()
                    .extend(rows.iter().filter_map(|row| row.open(key)));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().unwrap().get() {
            scope.spawn(work);
        }
    });
    found.into_inner()
}

/// What these runs open of a bucket, as its format says (head of 53 bytes, which is the AAD, then the ciphertext).
fn bucket(candidates: &[[u8; 32]], file: &[u8]) -> Vec<Vec<u8>> {
    let (head, sealed) = file.split_at(53);
    let nonce = XNonce::try_from(&head[29..]).unwrap();
    let open = |key: &[u8; 32]| {
        let payload = Payload {
            msg: sealed,
            aad: head,
        };
        XChaCha20Poly1305::new(key.into())
            .decrypt(&nonce, payload)
            .ok()
    };
    candidates.iter().filter_map(open).collect()
}

fn own(who: &Person) -> jifen::policy::grant::Grant {
    let member = who.member;
    let signed_in = member;
    decide(&Ask::OwnData { signed_in, member }).unwrap()
}

#[test]
fn nobody_finds_an_erased_person_in_anything_that_was_ever_written() {
    let mut scene = Scene::new();
    let shop = scene.open();
    for number in 1..MEMBERS {
        let form = Form::of(number);
        shop.join(&numbered(number), &form);
    }
    let form = Form {
        name: NAME.to_owned(),
        mobile: PHONE.to_owned(),
        consents: vec![("direct_mail", true)],
        ..Form::of(MEMBERS)
    };
    let victim = shop.join(&numbered(MEMBERS), &form);
    let engine = shop.engine();
    engine
        .sign_in(&victim.card, &victim.pin, "kiosk-1")
        .unwrap();
    let told = (ADDRESS, "710000");
    engine
        .set_address(victim.member, told, "kiosk-1", &own(&victim))
        .unwrap();
    let token = shop.shown(&numbered(100), &victim);
    shop.sell(&numbered(101), &token, "s-101", &[]).unwrap();

    // Half of the keys lie in the journal, the others in the buckets; then all of them in the buckets.
    scene.keep("journal");
    shop.keys.keybox().fold().unwrap();
    // A backup, as whoever has the operator's identity reads it.
    let backups = scene.folder.path().join("backups");
    std::fs::create_dir(&backups).unwrap();
    engine.backup(&backups.join("one.redb")).unwrap();
    scene.keep("before");
    let rows = of_member(&shop, &victim);

    let points = engine
        .farewell(victim.member, &own(&victim))
        .unwrap()
        .points;
    let by = By::Member { device: "kiosk-1" };
    let receipt = engine
        .erase(&numbered(200), victim.member, by, points)
        .unwrap();
    shop.bench.assert_verified("after the erasure");
    drop(shop);
    scene.keep("after");

    // The root keys are had as they are now: that is what the erasure destroyed.
    let name = format!("before/keys/keybox/{:02x}", receipt.bucket);
    let old_root = scene.files.remove("before/keys/root.key").unwrap();
    scene.files.remove("journal/keys/root.key").unwrap();
    let old_bucket = scene.files[&name].clone();
    assert_ne!(scene.files["after/keys/root.key"], old_root);

    let texts: &[Trace] = &Trace::ALL[..8];
    let wanted = [(NAME, texts), (ADDRESS, texts), (PHONE, &Trace::ALL[..])];
    let search = Search::new(wanted);
    let files = scene.files.values().map(Vec::as_slice);
    for (name, bytes) in &scene.files {
        assert!(search.found(bytes).is_empty(), "{name}");
    }
    let candidates = candidates(files);
    assert!(50_000 < candidates.len(), "{}", candidates.len());
    assert!(
        opened(&candidates, &rows).is_empty(),
        "a key of the member is left"
    );
    let buckets = bucket(&candidates, &old_bucket);
    assert!(buckets.is_empty(), "the old bucket opens");

    find(&scene, &old_root, &old_bucket, &rows, &search);
}

/// The same with the old root key: it opens the bucket, the bucket has the keys, and these open the person.
fn find(scene: &Scene, old_root: &[u8], old_bucket: &[u8], rows: &[Row], search: &Search) {
    let with_root = candidates([old_root].into_iter());
    let buckets = bucket(&with_root, old_bucket);
    assert_eq!(buckets.len(), 1, "one key of the old root opens it");
    let keys = candidates(buckets.iter().map(Vec::as_slice));
    let found = opened(&keys, rows);
    assert_eq!(found.len(), rows.len(), "every row of the member");
    let texts: Vec<String> = found
        .iter()
        .flat_map(|plain| search.found(plain))
        .map(|(text, _)| text)
        .collect();
    for text in [NAME, ADDRESS] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
    assert!(
        texts.iter().any(|found| PHONE.ends_with(found.as_str())),
        "{texts:?}"
    );
    for there in ["after/data/store.redb", "after/backups/one.redb"] {
        assert!(scene.files.contains_key(there), "{there}");
    }
}

/// The member's own rows, by the group that they are sealed under.
fn of_member(shop: &Shop, who: &Person) -> Vec<Row> {
    let rows = shop.rows();
    let row = |name: &'static str, group, key: &[u8]| {
        let found = rows[name].iter().find(|(of, _)| of == key);
        Row {
            table: Table::new(name),
            group,
            key: key.to_vec(),
            sealed: found.expect("the row").1.clone(),
        }
    };
    vec![
        row("members", "core", who.member.as_bytes()),
        row("postal", "postal", who.member.as_bytes()),
        row("accounts", "history", who.account.as_bytes()),
    ]
}
