//! The keybox in a real folder: who may read it, who holds it, many threads at once, and how much memory it takes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Barrier;

use super::*;

fn folder() -> (tempfile::TempDir, PathBuf) {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("jifen-keys");
    (above, folder)
}

/// Every file of a keybox.
fn files(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| {
        let found = fs::read_dir(folder).unwrap();
        found.map(|entry| entry.unwrap().path()).collect::<Vec<_>>()
    };
    let mut files = inside(folder);
    files.extend(inside(&folder.join("keybox")));
    files.retain(|path| path.is_file());
    files
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn error_of(folder: &Path) -> KeyboxError {
    Keybox::open(folder, draw()).map(|_| ()).unwrap_err()
}

#[test]
fn a_keybox_is_for_its_owner_alone_and_says_where_it_is_not() {
    let (_above, folder) = folder();
    let below = folder.join("deeper");
    drop(Keybox::create(&below, INSTALL, draw()).unwrap());
    let files = files(&below);
    assert_eq!(files.len(), 67);
    let bits = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for path in [&folder, &below, &below.join("keybox")] {
        assert_eq!(bits(path), 0o700, "{path:?}");
    }
    for path in &files {
        assert_eq!(bits(path), 0o600, "{path:?}");
        for open in [0o644, 0o640, 0o602, 0o601] {
            mode(path, open);
            let place = path.display().to_string();
            assert_eq!(error_of(&below), KeyboxError::ReadableByOthers(place));
        }
        mode(path, 0o600);
    }
    for path in [&below, &below.join("keybox")] {
        mode(path, 0o750);
        let place = path.display().to_string();
        assert_eq!(error_of(&below), KeyboxError::ReadableByOthers(place));
        mode(path, 0o700);
    }
    drop(Keybox::open(&below, draw()).unwrap());
}

#[test]
fn a_folder_that_others_may_enter_gets_no_keybox() {
    let (_above, folder) = folder();
    fs::create_dir(&folder).unwrap();
    mode(&folder, 0o755);
    let error = Keybox::create(&folder, INSTALL, draw()).map(|_| ());
    let place = folder.display().to_string();
    assert_eq!(error, Err(KeyboxError::ReadableByOthers(place)));
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    mode(&folder, 0o700);
    drop(Keybox::create(&folder, INSTALL, draw()).unwrap());
}

#[test]
fn a_link_is_refused_wherever_it_leads() {
    let (above, folder) = folder();
    drop(Keybox::create(&folder, INSTALL, draw()).unwrap());
    let aside = above.path().join("aside");
    for path in files(&folder)
        .into_iter()
        .chain([folder.join("keybox"), folder.clone()])
    {
        fs::rename(&path, &aside).unwrap();
        symlink(&aside, &path).unwrap();
        let place = path.display().to_string();
        assert_eq!(error_of(&folder), KeyboxError::IsALink(place.clone()));
        if path == folder {
            // The slash does not hide it.
            let slashed = format!("{place}/");
            assert_eq!(error_of(Path::new(&slashed)), KeyboxError::IsALink(place));
            let error = Keybox::create(Path::new(&slashed), INSTALL, draw()).map(|_| ());
            assert!(matches!(error, Err(KeyboxError::IsALink(_))));
        }
        fs::remove_file(&path).unwrap();
        fs::rename(&aside, &path).unwrap();
    }
    drop(Keybox::open(&folder, draw()).unwrap());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let (above, folder) = folder();
    assert_eq!(
        error_of(&folder),
        KeyboxError::Missing(folder.display().to_string())
    );
    assert!(!Keybox::exists(&folder));
    drop(Keybox::create(&folder, INSTALL, draw()).unwrap());
    assert!(Keybox::exists(&folder));
    let aside = above.path().join("aside");
    for path in files(&folder).into_iter().chain([folder.join("keybox")]) {
        fs::rename(&path, &aside).unwrap();
        let place = path.display().to_string();
        assert_eq!(error_of(&folder), KeyboxError::Missing(place));
        // And no new keys take the place of what is left.
        let error = Keybox::create(&folder, INSTALL, draw()).map(|_| ());
        assert!(matches!(error, Err(KeyboxError::Exists(_))), "{path:?}");
        fs::rename(&aside, &path).unwrap();
    }
    drop(Keybox::open(&folder, draw()).unwrap());
}

#[test]
fn only_one_has_the_keys_at_a_time() {
    let (_above, folder) = folder();
    let in_use = KeyboxError::InUse(folder.display().to_string());
    let keybox = Keybox::create(&folder, INSTALL, draw()).unwrap();
    assert_eq!(error_of(&folder), in_use);
    let error = Keybox::create(&folder, INSTALL, draw()).map(|_| ());
    assert!(matches!(error, Err(KeyboxError::Exists(_))));
    drop(keybox);
    let keybox = Keybox::open(&folder, draw()).unwrap();
    assert_eq!(error_of(&folder), in_use);
    drop(keybox);
    drop(Keybox::open(&folder, draw()).unwrap());
}

#[test]
fn what_64_threads_add_at_once_is_all_there() {
    let (_above, folder) = folder();
    let keybox = Keybox::create(&folder, INSTALL, draw()).unwrap();
    let start = Barrier::new(64);
    std::thread::scope(|scope| {
        for thread in 0..64_u16 {
            let (keybox, start) = (&keybox, &start);
            scope.spawn(move || {
                start.wait();
                for turn in 0..4 {
                    let number = turn * 64 + thread;
                    add(keybox, number).unwrap();
                    // It is there as soon as it is answered, and another one's day is the same.
                    assert_eq!(keybox.of_member(&keys(number).member), Some(keys(number)));
                    let day = keybox.ensure_day(u32::from(turn)).unwrap();
                    assert_eq!(keybox.day(u32::from(turn)), Some(day));
                    if thread.is_multiple_of(16) {
                        keybox.fold().unwrap();
                    }
                }
            });
        }
    });
    let whole = state(&keybox);
    assert_eq!((whole.members.len(), whole.days.len()), (256, 4));
    drop(keybox);
    assert_eq!(state(&Keybox::open(&folder, draw()).unwrap()), whole);
}

#[test]
fn those_who_wait_for_a_write_share_the_next_one() {
    let disk = power::PowerDisk::default();
    let keybox = create(&disk).unwrap();
    let before = disk.steps();
    std::thread::scope(|scope| {
        // Nobody writes until all have come: the first one, and those that it takes along, wait for this.
        let writer = keybox.writer.lock();
        for number in 0..64 {
            let keybox = &keybox;
            scope.spawn(move || add(keybox, number).unwrap());
        }
        while keybox.queue.came() < 64 {
            std::thread::yield_now();
        }
        drop(writer);
    });
    assert_eq!(keybox.len(), 64);
    // A write and its fsync, at most twice.
    let steps = disk.steps() - before;
    assert!(steps <= 4, "{steps} steps");
    assert_eq!(open(&disk).unwrap().len(), 64);
}

#[test]
fn one_token_is_given_to_one_member_though_64_ask_at_once() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    let start = Barrier::new(64);
    let given = std::thread::scope(|scope| {
        let ask = |number: u16| {
            let (keybox, start) = (&keybox, &start);
            scope.spawn(move || {
                start.wait();
                keybox.add(keys(number), &[(card(0), TokenKind::Card)])
            })
        };
        let all: Vec<_> = (0..64).map(ask).collect();
        let answers = all.into_iter().map(|thread| thread.join().unwrap());
        answers.flatten().count()
    });
    assert_eq!((given, keybox.len()), (1, 1));
}

#[test]
fn a_thousand_members_are_the_same_when_they_are_read_again() {
    let (_above, folder) = folder();
    let keybox = Keybox::create(&folder, INSTALL, draw()).unwrap();
    let numbers: Vec<u16> = (0..1_000).collect();
    for batch in numbers.chunks(100) {
        let change = |number: &u16| {
            let card = active(&card(*number), TokenKind::Card);
            let sector = active(&sector(*number, 2), TokenKind::Sector(2));
            let change = Change::Member(MemberEntry {
                keys: keys(*number),
                tokens: vec![card, sector],
            });
            (change, nonce(&keybox.draw))
        };
        let changes = batch.iter().map(change).collect();
        let answers = Queue::submit_together(changes, &keybox.writer, &keybox.shelves);
        assert!(answers.iter().all(Result::is_ok));
    }
    let whole = state(&keybox);
    assert_eq!(whole.members.len(), 1_000);
    drop(keybox);

    let keybox = Keybox::open(&folder, draw()).unwrap();
    assert_eq!(keybox.install(), INSTALL);
    assert_eq!(state(&keybox), whole);
    keybox.fold().unwrap();
    drop(keybox);
    let keybox = Keybox::open(&folder, draw()).unwrap();
    assert_eq!(state(&keybox), whole);
    assert_eq!(keybox.writer.lock().length(), 45);
}

#[test]
fn a_member_with_one_card_takes_at_most_300_bytes_of_memory() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    let mut most = 0;
    for number in 0..60_000 {
        let entry = MemberEntry {
            keys: keys(number),
            tokens: vec![active(&card(number), TokenKind::Card)],
        };
        keybox.shelves.add(entry).unwrap();
        // Just after a table grew it is emptiest, so every number of members is looked at.
        if 5_000 <= number && number % 50 == 0 {
            let bytes = keybox.shelves.memory_bytes() / usize::from(number + 1);
            most = most.max(bytes);
        }
    }
    assert!((200..=300).contains(&most), "{most} bytes a member");
}

#[test]
fn what_is_refused_is_said_and_changes_nothing() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    add(&keybox, 1).unwrap();
    add(&keybox, 65).unwrap();
    let before = state(&keybox);
    let kind = TokenKind::Card;
    let member = |number| keys(number).member;

    let mut same_account = keys(2);
    same_account.account = keys(1).account;
    let twice = [(card(2), kind), (card(2), TokenKind::Sector(1))];
    let taken = Err(KeyboxError::Taken);
    assert_eq!(keybox.add(keys(1), &[]), taken);
    assert_eq!(keybox.add(same_account, &[]), taken);
    assert_eq!(
        keybox.add(keys(2), &[(card(3), kind), (card(1), kind)]),
        taken
    );
    assert_eq!(keybox.add(keys(2), &twice), taken);
    assert_eq!(keybox.add_token(member(65), card(1), kind), taken);
    assert_eq!(
        keybox.add_token(member(2), card(2), kind),
        Err(KeyboxError::MemberUnknown)
    );
    assert_eq!(
        keybox.revoke_token(&card(2)),
        Err(KeyboxError::TokenUnknown)
    );
    assert_eq!(state(&keybox), before);
    assert_eq!(keybox.of_member(&member(2)), None);
    assert_eq!(keybox.of_account(&keys(2).account), None);
    assert_eq!(keybox.token(&card(3)), None);
    assert!(!keybox.is_taken(&card(3)));
}

#[test]
fn a_revoked_token_is_never_given_again() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    add(&keybox, 1).unwrap();
    add(&keybox, 2).unwrap();
    let state_of = |number| keybox.token(&card(number)).map(|token| token.state);
    assert_eq!(state_of(1), Some(TokenState::Active));
    keybox.revoke_token(&card(1)).unwrap();
    assert_eq!(state_of(1), Some(TokenState::Revoked));
    assert_eq!(keybox.revoke_token(&card(1)), Ok(()));
    assert!(keybox.is_taken(&card(1)));
    let again = keybox.add_token(keys(2).member, card(1), TokenKind::Card);
    assert_eq!(again, Err(KeyboxError::Taken));
    assert_eq!(state_of(2), Some(TokenState::Active));
}

#[test]
fn a_day_keeps_its_key_until_it_is_dropped() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    assert_eq!(keybox.day(10), None);
    let ten = keybox.ensure_day(10).unwrap();
    assert_eq!(ten.day(), 10);
    assert_eq!(keybox.ensure_day(10), Ok(ten.clone()));
    let eleven = keybox.ensure_day(11).unwrap();
    assert_ne!(ten.key, eleven.key);
    keybox.drop_days_before(10).unwrap();
    assert_eq!(keybox.day(10), Some(ten.clone()));
    keybox.drop_days_before(11).unwrap();
    assert_eq!(keybox.day(10), None);
    assert_eq!(keybox.day(11), Some(eleven));
    // A key of before does not come back.
    assert_ne!(keybox.ensure_day(10), Ok(ten));
}

#[test]
fn a_keybox_does_not_print_what_it_holds() {
    let keybox = Keybox::in_memory(INSTALL, draw());
    assert_eq!(format!("{keybox:?}"), "Keybox(..)");
    assert_eq!(format!("{:?}", keybox.row_mac()), "MacKey(..)");
}
