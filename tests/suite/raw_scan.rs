//! The files of a shop, byte by byte: nobody's name, phone, card, PIN or code stands in them, in any encoding, and nothing
//! in the store says which account is a member's (SEC-01; privacy §1, §2).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use aho_corasick::AhoCorasick;
use jifen::engine::clock::{Entropy, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::keys::Keys;
use jifen::engine::proposals::Wanted;
use jifen::engine::staff::OnDuty;
use jifen::engine::tickets::OpenedBy;
use jifen::policy::access::{Cause, FieldName, Operation, Role};
use jifen::policy::ticket::TicketKind;
use jifen::store::redb::RedbStore;
use jifen::store::row::{Aad, Codec, RowError, Sealed};
use jifen::store::{Home, Store, Table, Verdict};
use jifen::vault::pin::Pin;
use jifen::vault::{DataKey, Keybox};
use jifen_tests::bench::DEMO;
use jifen_tests::fault_disk::Draw;
use jifen_tests::people::{Form, Person, Rows, Shop, TABLES};
use jifen_tests::traces::{Search, Trace};
use jifen_tests::wishes::numbered;

use crate::tickets::{own, told};

const PEOPLE: u64 = 50;
const PAGE: usize = 4_096;

/// What was told or given to a member.
struct Told {
    form: Form,
    person: Person,
    /// Typed codes and sale tokens.
    codes: Vec<String>,
}

/// A shop that fifty people visited, after its doors were closed.
struct Closed {
    people: Vec<Told>,
    /// Every file by its path, with its bytes.
    files: BTreeMap<String, Vec<u8>>,
    rows: Rows,
    tables_in_file: BTreeSet<String>,
}

fn form(number: u64, draw: &mut Draw) -> Form {
    let chinese = ["龙", "凤", "麒", "麟", "鹏", "鲲", "鹤", "鹰", "骏", "驹"];
    let latin = ["Quillon", "Zephyra", "Oxbow", "Jacinth", "Vellum"];
    let digit = |place: u32| usize::try_from(number / 10_u64.pow(place) % 10).unwrap();
    let name = if number.is_multiple_of(2) {
        format!(
            "司徒{}{}{}",
            chinese[digit(1)],
            chinese[digit(0)],
            chinese[9 - digit(1)]
        )
    } else {
        format!(
            "{} {}worthy-Featherstone",
            latin[digit(1)],
            latin[digit(0) / 2]
        )
    };
    // Numbers of films, and numbers nobody was given.
    let mobile = if number % 4 < 2 {
        format!("+1{}55501{:02}", 201 + number % 2, number + 10)
    } else {
        format!("1380000{:04}", 1_234 + number * 101)
    };
    let pin = loop {
        let pin = format!("{:06}", draw.below(1_000_000));
        if Pin::parse(&pin, &[&mobile]).is_ok() {
            break pin;
        }
    };
    Form {
        name,
        mobile,
        pin,
        consents: vec![("marketing", number.is_multiple_of(3))],
        ..Form::of(number)
    }
}

/// One day of a member: they join, sign in, guess wrong once, buy by card and by code, hold points and use them.
fn visit(shop: &Shop, number: u64, form: Form) -> Told {
    let key = |step: u64| numbered(number * 100 + step);
    let slip = |step: u64| format!("S-{number}-{step}");
    let person = shop.join(&key(1), &form);
    let mut codes = Vec::new();
    shop.engine()
        .sign_in(&person.card, &person.pin, "kiosk-1")
        .unwrap();
    assert!(
        shop.engine()
            .sign_in(&person.card, "wrong one", "kiosk-1")
            .is_err()
    );

    let by_card = shop.identify(&key(2), &person.card).unwrap();
    codes.push(by_card.token.text());
    shop.sell(&key(3), &codes[0], &slip(1), &[]).unwrap();
    let (code, _) = shop.engine().typed_code(person.member).unwrap();
    codes.push(code.digits());
    let known = shop.identify(&key(4), &code.digits()).unwrap();
    codes.push(known.token.text());
    let hold = shop.hold(&key(5), &codes[2], 100).unwrap();
    // Another one that stays open.
    shop.hold(&key(6), &codes[2], 100).unwrap();
    shop.sell(&key(7), &codes[2], &slip(2), &[hold]).unwrap();
    // A request and a complaint that say who writes them.
    let words = format!("{} {}", form.name, form.mobile);
    let wish = told(TicketKind::Correct, &words);
    let by = OpenedBy::Member { device: "kiosk-1" };
    let leave = own(person.member);
    shop.engine()
        .open_ticket(person.member, &wish, by, &leave)
        .unwrap();
    let complaint = told(TicketKind::Complaint, &words);
    shop.engine()
        .complain(&complaint, Some(&form.mobile), "kiosk-1")
        .unwrap();
    // One that is shown and never typed.
    let (code, _) = shop.engine().typed_code(person.member).unwrap();
    codes.push(code.digits());
    // A live code and its alias, and what the tills of a sector know the member by.
    let live = shop.engine().live_code(person.member).unwrap().code;
    codes.extend([live.digits(), live.alias()]);
    let joined = shop.engine().join_sector(person.member, 7, "kiosk-1");
    joined.unwrap();
    let mut at_till = key(8);
    at_till.terminal = "till-1".to_owned();
    let known = shop.identify(&at_till, &person.card).unwrap();
    codes.push(known.sector_token.unwrap().text());
    Told {
        form,
        person,
        codes,
    }
}

/// The desk proposes to write down what was told all along, and says why with the member's name.
fn propose(shop: &Shop, desk: &OnDuty, told: &Told) {
    let fields = [FieldName::Name, FieldName::Mobile];
    let values = [
        (FieldName::Name, told.form.name.as_str()),
        (FieldName::Mobile, told.form.mobile.as_str()),
    ];
    let wanted = Wanted {
        operation: Operation::CorrectFields,
        fields: &fields,
        values: &values,
        points: None,
        purpose: Cause::ErrorNoticed,
        reason: &format!("{} rang", told.form.name),
        ticket: None,
    };
    let member = told.person.member;
    shop.engine().propose(desk, member, &wanted).unwrap();
}

fn closed() -> &'static Closed {
    static CLOSED: OnceLock<Closed> = OnceLock::new();
    CLOSED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (data, keys) = (folder.path().join("data"), folder.path().join("keys"));
        std::fs::create_dir(&data).unwrap();
        let path = data.join("store.redb");
        let seeds = SeededEntropy::new([5; 32]);
        let keybox = Keybox::create(&keys, [5; 16], Arc::new(move || seeds.seed()));
        let keys = Arc::new(Keys::new(keybox.unwrap()));
        let store = Arc::new(RedbStore::open(&path, Some(closing(keys.clone()))).unwrap());
        // With a cap a day, so that sums of days stand under accounts too.
        let programme = DEMO.replace("# cap_per_day", "cap_per_day");
        let mut shop = Shop::new(store, keys, &programme);

        shop.engine().add_terminal_of("till-1", Some(7)).unwrap();
        let mut draw = Draw(17);
        let mut people = Vec::new();
        for number in 0..PEOPLE {
            if number == PEOPLE / 2 {
                // Half of them stand in the buckets, the others in the journal.
                shop.keys.keybox().fold().unwrap();
                shop = shop.reopened(2);
            }
            shop.wait(60_000);
            people.push(visit(&shop, number, form(number, &mut draw)));
        }
        let desk = shop.hire("li.lei", Role::Desk);
        let stranger = shop
            .engine()
            .staff_sign_in("nobody", ("no", "000000"), "desk-1");
        assert!(stranger.is_err());
        for told in &people {
            propose(&shop, &desk, told);
        }
        shop.bench.assert_verified("fifty visits");
        let rows = shop.rows();
        drop(shop);

        let tables_in_file = tables_in(&path);
        let mut files = BTreeMap::new();
        collect(folder.path(), folder.path(), &mut files);
        Closed {
            people,
            files,
            rows,
            tables_in_file,
        }
    })
}

fn tables_in(path: &Path) -> BTreeSet<String> {
    use redb::{ReadableDatabase, TableHandle};
    let database = redb::Database::open(path).unwrap();
    let reading = database.begin_read().unwrap();
    let tables = reading.list_tables().unwrap();
    tables.map(|table| table.name().to_owned()).collect()
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap();
            files.insert(name.to_owned(), std::fs::read(&path).unwrap());
        }
    }
}

impl Told {
    /// The digits of the phone without any prefix of its country.
    fn national(&self) -> &str {
        self.form
            .mobile
            .strip_prefix("+1")
            .unwrap_or(&self.form.mobile)
    }
}

/// A search for everything that was told or given to these people.
fn search(people: &[Told]) -> Search {
    let wanted = people.iter().flat_map(|told| {
        let texts: &[Trace] = &Trace::ALL[..8];
        let plain: &[Trace] = &[Trace::Utf8];
        [
            (told.form.name.as_str(), texts),
            (told.national(), &Trace::ALL[..]),
            (told.person.card.as_str(), plain),
            (told.person.pin.as_str(), plain),
        ]
        .into_iter()
        .chain(told.codes.iter().map(move |code| (code.as_str(), plain)))
    });
    Search::new(wanted)
}

#[test]
fn nothing_that_was_told_or_given_stands_in_any_file() {
    let closed = closed();
    for name in [
        "data/store.redb",
        "keys/root.key",
        "keys/keybox/journal",
        "keys/keybox/sys",
    ] {
        assert!(!closed.files[name].is_empty(), "{name}");
    }
    assert!(67 <= closed.files.len(), "{:?}", closed.files.keys());
    // Everything that could leak was there to leak.
    let engine: BTreeSet<_> = TABLES.iter().copied().map(str::to_owned).collect();
    let own = |name: &&String| !name.starts_with('_');
    let written: BTreeSet<_> = closed.tables_in_file.iter().filter(own).cloned().collect();
    let unused = [
        "windows",
        "carried",
        "destructions",
        "epochs",
        "erasures",
        "intents",
        "owed",
        "kept_from",
        "login_days",
        "postal",
        "looks",
        "merged",
    ];
    let unused = unused.map(str::to_owned).into();
    assert_eq!(
        engine
            .difference(&written)
            .cloned()
            .collect::<BTreeSet<_>>(),
        unused
    );
    assert!(
        written.is_subset(&engine),
        "a table nobody looks at: {written:?}"
    );
    let fifty = usize::try_from(PEOPLE).unwrap();
    assert_eq!(closed.rows["members"].len(), fifty);
    assert_eq!(closed.rows["sign_ins"].len(), fifty);
    assert_eq!(closed.rows["tokens"].len(), 2 * fifty);
    assert_eq!(closed.rows["holds"].len(), 2 * fifty);

    let search = search(&closed.people);
    for (name, bytes) in &closed.files {
        let found = search.found(bytes);
        assert!(found.is_empty(), "{name}: {found:?}");
        // Nor does a file's name tell.
        assert!(search.found(name.as_bytes()).is_empty(), "{name}");
    }
    check_search(closed, &search);
}

/// The search would have found them: each encoding is planted in a copy, within a longer text and at every offset.
fn check_search(closed: &Closed, search: &Search) {
    let store = &closed.files["data/store.redb"];
    for told in closed.people.iter().take(4) {
        let (name, phone) = (told.form.name.as_str(), told.national());
        for trace in Trace::ALL {
            for before in ["", "x", "xy"] {
                let number = before.len();
                let text = if trace.is_packed() {
                    format!("{}{phone}{}", &"86"[..number % 3], &"77"[..number])
                } else {
                    format!("{before}{{\"name\":\"{name}\",\"mobile\":\"{phone}\"}}")
                };
                let planted = trace.write(&text);
                let mut copy = store.clone();
                let at = copy.len() / 2 + number;
                copy[at..at + planted.len()].copy_from_slice(&planted);
                let found = search.found(&copy);
                let has = |text: &str| found.contains(&(text.to_owned(), trace));
                assert!(has(phone), "{phone} in {trace:?} after {before:?}");
                assert!(trace.is_packed() || has(name), "{name} in {trace:?}");
            }
        }
        let given = [&told.person.card, &told.person.pin]
            .into_iter()
            .chain(&told.codes);
        for text in given {
            let mut copy = store.clone();
            copy[5_000..5_000 + text.len()].copy_from_slice(text.as_bytes());
            assert!(search.found(&copy).contains(&(text.clone(), Trace::Utf8)));
        }
    }
}

/// A codec that seals nothing.
struct Open;

impl Codec for Open {
    fn seal(&self, _: &Aad<'_>, _: [u8; 24], plain: &[u8]) -> Result<Vec<u8>, RowError> {
        Ok(plain.to_vec())
    }

    fn open(&self, _: &Aad<'_>, sealed: &[u8]) -> Result<Vec<u8>, RowError> {
        Ok(sealed.to_vec())
    }
}

/// What is found in the file of a store where one row was put, and deleted again, under this codec.
fn found_in_a_file(
    form: &Form,
    codec: impl Fn() -> Box<dyn Codec> + Send + 'static,
) -> BTreeSet<String> {
    const PROFILES: Sealed<(String, String)> = Sealed::new(Table::new("members"));
    let row = (form.name.clone(), form.mobile.clone());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.redb");
    let store = RedbStore::open(&path, None).unwrap();
    let put = store.submit(
        Home::Node,
        Box::new(move |tx| {
            PROFILES
                .put(tx, &*codec(), [3; 24], &[1; 16], &row)
                .unwrap();
            Verdict::Keep
        }),
    );
    assert_eq!(put.wait(), Ok(Verdict::Keep));
    let deleted = store.submit(
        Home::Node,
        Box::new(|tx| {
            PROFILES.delete(tx, &[1; 16]).unwrap();
            Verdict::Keep
        }),
    );
    assert_eq!(deleted.wait(), Ok(Verdict::Keep));
    drop(store);
    let wanted = [form.name.as_str(), &form.mobile].map(|text| (text, &Trace::ALL[..1]));
    let found = Search::new(wanted).found(&std::fs::read(&path).unwrap());
    found.into_iter().map(|(text, _)| text).collect()
}

#[test]
fn a_row_in_the_clear_is_found_though_it_was_deleted_and_a_sealed_one_is_not() {
    let form = form(2, &mut Draw(17));
    let clear = found_in_a_file(&form, || Box::new(Open));
    assert_eq!(clear, [form.name.clone(), form.mobile.clone()].into());
    let sealed = found_in_a_file(&form, || {
        Box::new(DataKey::new([8; 32], [5; 16], "core", 1))
    });
    assert!(sealed.is_empty(), "{sealed:?}");
}

/// Whether any of these stands in the bytes.
fn any_of(needles: &[Vec<u8>]) -> AhoCorasick {
    AhoCorasick::new(needles).unwrap()
}

#[test]
fn a_members_id_stands_in_the_keys_of_its_own_rows_alone() {
    let closed = closed();
    let ids = |of: fn(&Person) -> Vec<u8>| {
        let all = closed.people.iter().map(|told| of(&told.person));
        all.collect::<Vec<_>>()
    };
    let members = ids(|person| person.member.as_bytes().to_vec());
    let accounts = ids(|person| person.account.as_bytes().to_vec());
    let (member, account) = (any_of(&members), any_of(&accounts));
    for (table, rows) in &closed.rows {
        let is_members = matches!(*table, "members" | "sign_ins");
        let is_accounts = matches!(*table, "accounts" | "days" | "live_codes" | "sectors");
        for (key, value) in rows {
            assert_eq!(member.is_match(key), is_members, "a key of {table}");
            assert_eq!(account.is_match(key), is_accounts, "a key of {table}");
            for (ids, whose) in [(&member, "a member"), (&account, "an account")] {
                assert!(!ids.is_match(value), "{whose} in a value of {table}");
            }
        }
    }

    // In the file, pages that are no longer used included: no page with a member's id has anything of another table.
    let mut others = accounts;
    for (table, rows) in &closed.rows {
        if !matches!(*table, "members" | "sign_ins") {
            let keys = rows.iter().map(|(key, _)| key.clone());
            others.extend(keys.filter(|key| 12 <= key.len()));
        }
    }
    let other = any_of(&others);
    let (mut with_members, mut with_others) = (0, 0);
    for (number, page) in closed.files["data/store.redb"].chunks(PAGE).enumerate() {
        let (has_member, has_other) = (member.is_match(page), other.is_match(page));
        assert!(!(has_member && has_other), "page {number}");
        with_members += usize::from(has_member);
        with_others += usize::from(has_other);
    }
    assert!(10 < with_members && 10 < with_others);
    for (name, bytes) in closed
        .files
        .iter()
        .filter(|(name, _)| name.starts_with("keys"))
    {
        assert!(
            !member.is_match(bytes) && !account.is_match(bytes),
            "{name}"
        );
    }
}
