//! Backups and what comes back from them: everything, where nobody is gone; and nothing of whoever has no key any more.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jifen::domain::refusal::Refusal;
use jifen::engine::backup::Backup;
use jifen::engine::clock::{Entropy, SeededEntropy};
use jifen::engine::closing::closing;
use jifen::engine::keys::Keys;
use jifen::engine::proposals::Wanted;
use jifen::engine::refund::TakeRefund;
use jifen::engine::restore::{Restored, Terms, restore};
use jifen::engine::tickets::OpenedBy;
use jifen::engine::work::Stop;
use jifen::ledger::journal::JournalAccount;
use jifen::ledger::refund::{RefundLine, RefundOf};
use jifen::policy::access::{Cause, FieldName, Operation, Role};
use jifen::policy::ticket::TicketKind;
use jifen::store::redb::{Integrity, RedbStore, check_integrity};
use jifen::store::{Store, StoreError};
use jifen::vault::Keybox;
use jifen_tests::bench::DEMO;
use jifen_tests::people::{Form, Person, Shop, TABLES, counts, keys_of};
use jifen_tests::wishes::{noon, numbered, receipt};
use redb::{ReadOnlyDatabase, ReadableDatabase, TableHandle};

use crate::tickets::{own, told};

pub(super) fn terms() -> Terms<'static> {
    Terms {
        at: noon(),
        name: "noon",
        copy: None,
    }
}

pub(super) fn open(path: &Path, keys: &Arc<Keys>) -> Arc<dyn Store> {
    Arc::new(RedbStore::open(path, Some(closing(keys.clone()))).unwrap())
}

/// The desk asks for a field of each of these.
fn propose(shop: &Shop, people: &[&Person]) {
    let desk = shop.hire("li.lei", Role::Desk);
    let wanted = Wanted {
        operation: Operation::QueryFields,
        fields: &[FieldName::Mobile],
        values: &[],
        points: None,
        purpose: Cause::MemberAsked,
        reason: "rang about a parcel",
        ticket: None,
    };
    for person in people {
        shop.engine()
            .propose(&desk, person.member, &wanted)
            .unwrap();
    }
}

/// The shop of a file that is there already.
pub(super) fn reopen(path: &Path, keys: &Arc<Keys>, seed: u8) -> Shop {
    let entropy = Arc::new(SeededEntropy::new([seed; 32]));
    Shop::drawing(open(path, keys), keys.clone(), noon(), entropy)
}

/// Keys in a folder, drawn from this seed.
pub(super) fn keys_in(folder: &Path, seed: u8) -> Arc<Keys> {
    let seeds = SeededEntropy::new([seed; 32]);
    let draw = Arc::new(move || seeds.seed());
    let keybox = if Keybox::exists(folder) {
        Keybox::open(folder, draw)
    } else {
        Keybox::create(folder, [3; 16], draw)
    };
    Arc::new(Keys::new(keybox.unwrap()))
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A member joins, earns, holds, uses and gives back: rows in every table. Keys 100·n on.
pub(super) fn live(shop: &Shop, number: u64) -> Person {
    let key = |more: u64| numbered(100 * number + more);
    let slip = |more: u64| (100 * number + more).to_string();
    let person = shop.join(&key(0), &Form::of(number));
    shop.engine()
        .sign_in(&person.card, &person.pin, "kiosk-1")
        .unwrap();
    let wish = told(TicketKind::Query, "我有哪些信息");
    let by = OpenedBy::Member { device: "kiosk-1" };
    shop.engine()
        .open_ticket(person.member, &wish, by, &own(person.member))
        .unwrap();
    let first = shop.shown(&key(1), &person);
    let sold = shop.sell(&key(2), &first, &slip(2), &[]).unwrap();
    // One hold is captured, one stays open.
    let second = shop.shown(&key(3), &person);
    let hold = shop.hold(&key(4), &second, 100).unwrap();
    shop.sell(&key(5), &second, &slip(5), &[hold]).unwrap();
    let third = shop.shown(&key(6), &person);
    shop.hold(&key(7), &third, 100).unwrap();
    let jifen::engine::receipt::Receipt::Sold(sold) = sold.receipt else {
        panic!("not a sale")
    };
    if number.is_multiple_of(2) {
        let refund = TakeRefund {
            account: person.account,
            receipt: receipt(&slip(8)),
            sale: sold.sale,
            lines: vec![RefundLine {
                line: 1,
                of: RefundOf::Rest,
            }],
        };
        shop.engine().run(&key(8), refund).unwrap();
    }
    person
}

pub(super) fn back_up(shop: &Shop, to: &Path) -> Backup {
    shop.engine().backup(to).unwrap()
}

pub(super) fn bring_back(backup: &Path, keys: &Arc<Keys>, to: &Path) -> Restored {
    restore(backup, keys, to, terms(), &mut |_, _| {}).unwrap()
}

#[test]
fn a_restore_brings_back_every_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    shop.engine().add_terminal("till-1").unwrap();
    let people: Vec<_> = (1..=5).map(|number| live(&shop, number)).collect();
    let before = shop.rows();
    let backup = back_up(&shop, &path("backup"));
    let written: Vec<_> = backup
        .rows
        .iter()
        .map(|(name, rows)| (*name, *rows))
        .collect();
    for (name, rows) in counts(&before) {
        let rows = u64::try_from(rows).unwrap();
        assert!(
            written.contains(&(name, rows)),
            "{name} {rows}: {written:?}"
        );
    }
    // The same rows have the same hash.
    let again = back_up(&shop, &path("again"));
    assert_eq!(again.sha256, backup.sha256);
    let _later = live(&shop, 6);
    assert_ne!(back_up(&shop, &path("later")).sha256, backup.sha256);
    drop(shop);

    let restored = bring_back(&path("backup"), &keys, &path("restored.redb"));
    assert_eq!(restored.rows, backup.rows);
    assert_eq!(restored.backup_rows, backup.rows);
    assert_eq!(restored.backup_sha256, backup.sha256);
    assert_eq!(restored.backup_sequence, backup.sequence);
    assert_eq!(restored.sequence, backup.sequence);
    assert_eq!(
        (
            restored.dropped_accounts,
            restored.dropped_members,
            restored.damaged
        ),
        (0, 0, 0)
    );
    assert_eq!(restored.booked, []);
    assert_eq!(restored.joined_later.len(), 1);
    assert_eq!(
        check_integrity(path("restored.redb")).unwrap(),
        Integrity::Sound
    );
    let shop = reopen(&path("restored.redb"), &keys, 2);
    let mut after = shop.rows();
    let mut expected = before.clone();
    for (name, more) in AUDIT {
        // The order of keys is that of places, so what was there comes first.
        let (rows, kept) = (after.remove(name).unwrap(), expected.remove(name).unwrap());
        assert_eq!(
            rows.len(),
            kept.len() + more,
            "{name}: the restore's own leaf"
        );
    }
    // Every node of before is there, and those of the new leaf.
    let (nodes, kept) = (
        after.remove("nodes").unwrap(),
        expected.remove("nodes").unwrap(),
    );
    assert!(kept.iter().all(|node| nodes.contains(node)) && kept.len() < nodes.len());
    assert_eq!(after, expected);
    shop.bench.assert_verified("a restore");
    let own = shop.own_data(people[0].member).unwrap();
    assert_eq!(own.card.digits(), people[0].card);
    // What is given out from here on was never given out.
    let last = last_journal(&shop);
    let person = &people[1];
    let token = shop.shown(&numbered(900), person);
    shop.sell(&numbered(901), &token, "901", &[]).unwrap();
    assert!(backup.sequence < last_journal(&shop) && last <= backup.sequence);
    shop.bench.assert_verified("a sale after a restore");
}

/// Tables that a restore notes itself in, and how many rows it adds; the tree may have more nodes than one.
const AUDIT: [(&str, usize); 3] = [("acts", 1), ("leaves", 1), ("tree", 0)];

pub(super) fn last_journal(shop: &Shop) -> u64 {
    let (key, _) = shop.rows()["journal"].last().cloned().unwrap();
    u64::from_be_bytes(key.try_into().unwrap())
}

#[test]
fn every_table_of_a_store_is_backed_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    shop.engine().add_terminal("till-1").unwrap();
    live(&shop, 2);
    let backup = back_up(&shop, &path("backup"));
    drop(shop);
    let names = |path: &Path| {
        let file = ReadOnlyDatabase::open(path).unwrap();
        let reading = file.begin_read().unwrap();
        let names = reading
            .list_tables()
            .unwrap()
            .map(|table| table.name().to_owned());
        names.collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&path("backup")), names(&path("store.redb")));
    let told: BTreeSet<_> = backup.rows.iter().map(|(name, _)| *name).collect();
    assert_eq!(told, TABLES.iter().copied().collect());
}

#[test]
fn whoever_has_no_key_any_more_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_in(&path("keys"), 1);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let (kept, other) = (live(&shop, 1), live(&shop, 2));
    shop.engine().add_terminal_of("pharmacy", Some(7)).unwrap();
    let show = |shop: &Shop, who: &Person| {
        shop.engine().join_sector(who.member, 7, "kiosk-1").unwrap();
        shop.engine().live_code(who.member).unwrap().code.alias()
    };
    let alias = show(&shop, &kept);
    show(&shop, &other);
    // These are the keys of later, when the third and the fourth are erased: all but theirs.
    copy_folder(&path("keys"), &path("later-keys"));
    let (erased, also_erased) = (live(&shop, 3), live(&shop, 4));
    show(&shop, &erased);
    show(&shop, &also_erased);
    let token = shop.shown(&numbered(950), &kept);
    shop.sell(&numbered(951), &token, "951", &[]).unwrap();
    propose(&shop, &[&kept, &other, &erased, &also_erased]);
    let before = shop.engine().liability().unwrap();
    let balances: Vec<_> = [&kept, &other]
        .map(|person| shop.engine().balance(person.account).unwrap())
        .into();
    let backup = back_up(&shop, &path("backup"));
    drop(shop);

    let later = keys_in(&path("later-keys"), 2);
    let restored = bring_back(&path("backup"), &later, &path("restored.redb"));
    assert_eq!(
        (restored.dropped_accounts, restored.dropped_members),
        (2, 2)
    );
    assert_eq!((restored.damaged, restored.joined_later.len()), (0, 0));
    assert_eq!(restored.backup_rows, backup.rows);
    assert_eq!(restored.backup_sha256, backup.sha256);
    for ((name, rows), (_, backed_up)) in restored.rows.iter().zip(&backup.rows) {
        match *name {
            "install" | "notices" | "terminals" | "windows" | "journal" | "totals"
            | "programmes" | "clocks" | "acts" | "leaves" | "nodes" | "tree" | "epochs"
            | "logins" | "login_days" | "erasures" | "owed" | "ticket_numbers" | "staff"
            | "staff_door" | "proposals" | "destructions" | "carried" | "kept_from" => {
                assert_eq!(rows, backed_up, "{name}")
            }
            "days" | "postal" | "looks" | "intents" | "merged" => {}
            _ => assert!(
                0 < *rows && rows < backed_up,
                "{name}: {rows} of {backed_up}"
            ),
        }
    }

    let shop = reopen(&path("restored.redb"), &later, 2);
    shop.bench.assert_verified("a restore without two members");
    // Whoever is there still goes by the same alias, and is known where they said so.
    assert_eq!(show(&shop, &kept), alias);
    let sectors = shop.engine().sectors(kept.member).unwrap();
    assert!(sectors[0].since.is_some_and(|since| since <= noon()));
    let rows = shop.rows();
    for gone in [&erased, &also_erased] {
        for (table, rows) in &rows {
            let names = [gone.member.as_bytes().as_slice(), gone.account.as_bytes()];
            let found = rows.iter().any(|(key, _)| {
                names
                    .iter()
                    .any(|name| key.windows(16).any(|in_key| in_key == *name))
            });
            assert!(!found, "{table} names somebody who is gone");
        }
        let refused = shop.engine().account_of_card(&gone.card);
        assert_eq!(refused.unwrap_err(), Refusal::TokenUnknown);
        let refused = shop.engine().balance(gone.account);
        assert_eq!(refused.unwrap_err(), Refusal::TokenUnknown);
        assert_eq!(
            shop.own_data(gone.member).unwrap_err(),
            Refusal::TokenUnknown
        );
    }
    // A phone that is free again is nobody's.
    let joined = shop.join(&numbered(960), &Form::of(3));
    assert_eq!(
        shop.engine()
            .balance(joined.account)
            .unwrap()
            .balance
            .count(),
        0
    );

    // The points of the two are gone from what the shop owes; the others have theirs.
    let after: Vec<_> = [&kept, &other]
        .map(|person| shop.engine().balance(person.account).unwrap())
        .into();
    assert_eq!(after, balances);
    let liability = shop.engine().liability().unwrap();
    let held: i64 = after.iter().map(|balance| balance.balance.count()).sum();
    assert_eq!(liability.outstanding, held);
    let gone = before.outstanding - held;
    assert!(0 < gone);
    assert_eq!(liability.accounts[&JournalAccount::Restored], gone);
    let booked: i64 = restored.booked.iter().map(|(_, change)| change).sum();
    assert_eq!(booked, -gone);
    assert_eq!(restored.sequence, backup.sequence);
    shop.bench
        .assert_verified("somebody joined after the restore");
}

#[test]
fn a_backup_beside_a_busy_writer_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    let people: Vec<_> = (1..=3).map(|number| live(&shop, number)).collect();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (shop, people, is_over) = (&shop, &people, &is_over);
        let writer = scope.spawn(move || {
            let mut sales = 0;
            while !is_over.load(Ordering::SeqCst) {
                for person in people {
                    let number = 10_000 + 2 * sales;
                    let token = shop.shown(&numbered(number), person);
                    let key = numbered(number + 1);
                    shop.sell(&key, &token, &number.to_string(), &[]).unwrap();
                    sales += 1;
                }
            }
            sales
        });
        let mut sequences = Vec::new();
        for number in 0..8 {
            let name = format!("backup-{number}");
            sequences.push(back_up(shop, &path(&name)).sequence);
        }
        is_over.store(true, Ordering::SeqCst);
        assert!(0 < writer.join().unwrap());
        assert!(sequences.is_sorted(), "{sequences:?}");
        assert!(sequences[0] < sequences[7], "nothing was written meanwhile");
    });
    drop(shop);
    for number in 0..8 {
        let (backup, to) = (format!("backup-{number}"), format!("store-{number}"));
        assert_eq!(check_integrity(path(&backup)).unwrap(), Integrity::Sound);
        let restored = bring_back(&path(&backup), &keys, &path(&to));
        assert_eq!((restored.damaged, restored.booked), (0, Vec::new()));
        let shop = reopen(&path(&to), &keys, 2);
        shop.bench.assert_verified(&backup);
    }
}

#[test]
fn what_is_no_backup_of_this_shop_is_refused_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let keys = keys_of(5);
    let shop = Shop::new(open(&path("store.redb"), &keys), keys.clone(), DEMO);
    live(&shop, 1);
    back_up(&shop, &path("backup"));
    // A file that is there is never written over.
    let there = fs::read(path("backup")).unwrap();
    let refused = shop.engine().backup(&path("backup")).unwrap_err();
    assert!(
        matches!(refused, Stop::Store(StoreError::Io(_))),
        "{refused}"
    );
    assert_eq!(fs::read(path("backup")).unwrap(), there);
    drop(shop);
    let names = || {
        let names = fs::read_dir(folder.path()).unwrap();
        names
            .map(|entry| entry.unwrap().file_name())
            .collect::<BTreeSet<_>>()
    };

    fs::write(path("cut"), &there[..there.len() / 2]).unwrap();
    fs::write(path("empty"), b"").unwrap();
    let before = names();
    let refuse = |backup: &str, keys: &Arc<Keys>, to: &str| {
        restore(&path(backup), keys, &path(to), terms(), &mut |_, _| {}).unwrap_err()
    };
    let others = refuse("backup", &keys_of(6), "restored");
    assert_eq!(others, Stop::Refused(Refusal::OtherInstall));
    let taken = refuse("backup", &keys, "store.redb");
    assert!(matches!(taken, Stop::Store(StoreError::Io(_))), "{taken}");
    let cut = refuse("cut", &keys, "restored");
    assert!(matches!(cut, Stop::Store(StoreError::Damaged(_))), "{cut}");
    let empty = refuse("empty", &keys, "restored");
    assert!(matches!(empty, Stop::Store(_)), "{empty}");
    let missing = refuse("nowhere", &keys, "restored");
    assert!(
        matches!(missing, Stop::Store(StoreError::Io(_))),
        "{missing}"
    );
    assert_eq!(names(), before);
    assert_eq!(fs::read(path("backup")).unwrap(), there, "it was only read");
}
