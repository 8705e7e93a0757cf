//! Bits are flipped, bytes left out, records moved and files exchanged: then the keybox says so, or holds what it held.
//! Only what could be left of the last write of the journal goes without a word, as after a power cut.

use super::power::PowerDisk;
use super::*;

/// Two buckets with members, days, and a journal of three writes; and how the keybox was before the last of them.
fn made() -> (PowerDisk, State, State) {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    keybox.ensure_day(1).unwrap();
    keybox.fold().unwrap();
    let sectors = TokenKind::Sector(4);
    let (member, hash) = (keys(7).member, sector(7, 4));
    keybox.add_token(member, hash, sectors).unwrap();
    keybox.drop_days_before(2).unwrap();
    let before_last = state(&keybox);
    keybox.revoke_token(&hash).unwrap();
    let whole = state(&keybox);
    drop(keybox);
    assert_eq!(state(&open(&disk).unwrap()), whole);
    (disk.copy(), whole, before_last)
}

/// The journal's records, and where each ends.
fn records(disk: &PowerDisk) -> Vec<(usize, Vec<u8>)> {
    let journal = disk.bytes("keybox/journal");
    let mut records = Vec::new();
    let mut from = 45;
    while from < journal.len() {
        let length: [u8; 4] = journal[from + 4..from + 8].try_into().unwrap();
        let until = from + 57 + usize::try_from(u32::from_be_bytes(length)).unwrap() + 16;
        records.push((until, journal[from..until].to_vec()));
        from = until;
    }
    records
}

/// The outcome of opening the disk with other bytes in one file.
fn opened_with(disk: &PowerDisk, name: &str, bytes: &[u8]) -> Result<State, KeyboxError> {
    let copy = disk.copy();
    copy.set(name, bytes);
    open(&copy).map(|keybox| state(&keybox))
}

fn is_named(error: &KeyboxError) -> bool {
    matches!(error, KeyboxError::Damaged(_) | KeyboxError::TooNew(_))
}

#[test]
fn no_bit_of_a_bucket_can_be_changed_and_none_of_its_bytes_left_out() {
    let (disk, _, _) = made();
    for name in ["keybox/07", "keybox/08", "keybox/sys"] {
        let bytes = disk.bytes(name);
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let error = opened_with(&disk, name, &flipped).unwrap_err();
            assert!(
                is_named(&error) && error.en().contains(name),
                "{name} bit {bit}: {error}"
            );
        }
        for length in 0..bytes.len() {
            let error = opened_with(&disk, name, &bytes[..length]).unwrap_err();
            assert_eq!(
                error,
                KeyboxError::Damaged(name.to_owned()),
                "{length} bytes"
            );
        }
        let longer = [bytes, vec![0]].concat();
        assert!(opened_with(&disk, name, &longer).is_err());
    }
}

#[test]
fn no_bit_of_a_slot_can_be_changed() {
    let (disk, whole, _) = made();
    let bytes = disk.bytes("root.key");
    for (bucket, name) in [(7, "keybox/07"), (64, "keybox/sys")] {
        let left = bucket * 8_192;
        let filled = (left..left + 48).flat_map(|at| (0..8).map(move |bit| (at, bit)));
        let zeros = [left + 48, left + 4_095].map(|at| (at, 3));
        for (at, bit) in filled.chain(zeros) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let error = opened_with(&disk, "root.key", &flipped).unwrap_err();
            assert_eq!(error, KeyboxError::Damaged(name.to_owned()), "byte {at}");
        }
        // The empty one is no key, whatever stands there.
        for at in (left + 4_096..left + 4_144).chain([left + 8_191]) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert_eq!(
                opened_with(&disk, "root.key", &flipped).as_ref(),
                Ok(&whole)
            );
        }
    }
    for length in [0, 48, bytes.len() - 1, bytes.len() + 1] {
        let mut other = bytes.clone();
        other.resize(length, 0);
        let error = opened_with(&disk, "root.key", &other).unwrap_err();
        assert_eq!(error, KeyboxError::Damaged("root.key".to_owned()));
    }
}

#[test]
fn no_bit_of_the_journal_can_be_changed_but_in_its_last_write() {
    let (disk, whole, before_last) = made();
    let bytes = disk.bytes("keybox/journal");
    let records = records(&disk);
    assert_eq!(records.len(), 3);
    let (before, _) = records[1];
    let mut cut = 0;
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match opened_with(&disk, "keybox/journal", &flipped) {
            Err(error) => {
                assert!(is_named(&error), "bit {bit}: {error}");
                assert!(bit / 8 < before, "bit {bit}");
            }
            Ok(found) => {
                assert!(before <= bit / 8, "bit {bit}");
                assert_eq!(found, before_last, "bit {bit}");
                cut += 1;
            }
        }
    }
    assert_eq!(cut, 8 * (bytes.len() - before));
    assert_ne!(whole, before_last);
}

#[test]
fn a_journal_that_ends_early_holds_what_came_before() {
    let (disk, whole, before_last) = made();
    let bytes = disk.bytes("keybox/journal");
    let records = records(&disk);
    for length in 0..=bytes.len() {
        let found = opened_with(&disk, "keybox/journal", &bytes[..length]);
        if length < 45 {
            let error = found.unwrap_err();
            assert_eq!(error, KeyboxError::Damaged("keybox/journal".to_owned()));
            continue;
        }
        let found = found.unwrap();
        if length == bytes.len() {
            assert_eq!(found, whole);
        } else if records[1].0 <= length {
            assert_eq!(found, before_last);
        } else {
            assert_eq!(found.days.len(), 1, "{length}");
        }
        // It was cut to what is whole, and so it stays.
        let copy = disk.copy();
        copy.set("keybox/journal", &bytes[..length]);
        drop(open(&copy).unwrap());
        let kept = copy.bytes("keybox/journal").len();
        let ends = [45].into_iter().chain(records.iter().map(|(end, _)| *end));
        assert_eq!(Some(kept), ends.filter(|end| *end <= length).max());
    }
    let longer = [&bytes[..], b"JFKR and what a power cut left"].concat();
    assert_eq!(opened_with(&disk, "keybox/journal", &longer), Ok(whole));
}

#[test]
fn records_cannot_be_moved_copied_or_left_out() {
    let (disk, whole, _) = made();
    let bytes = disk.bytes("keybox/journal");
    let of: Vec<_> = records(&disk)
        .into_iter()
        .map(|(_, record)| record)
        .collect();
    let [one, two, three] = &of[..] else {
        panic!("three records");
    };
    let journal = |records: &[&Vec<u8>]| {
        let rest = records.iter().flat_map(|record| record.iter().copied());
        bytes[..45].iter().copied().chain(rest).collect::<Vec<_>>()
    };
    let open = |bytes: &[u8]| opened_with(&disk, "keybox/journal", bytes);
    assert_eq!(open(&journal(&[one, two, three])), Ok(whole));
    let damaged = Err(KeyboxError::Damaged("keybox/journal".to_owned()));
    for (what, records) in [
        ("the first left out", vec![two, three]),
        ("the second left out", vec![one, three]),
        ("the last alone", vec![three]),
        ("exchanged", vec![two, one, three]),
        ("the last two exchanged", vec![one, three, two]),
        ("copied", vec![one, one, two, three]),
        ("copied at the end", vec![one, two, three, three]),
        ("the first again", vec![one, two, three, one]),
    ] {
        assert_eq!(open(&journal(&records)), damaged, "{what}");
    }
    // A length that points beyond the end does not hide what comes behind.
    let mut hidden = bytes.clone();
    hidden[45 + 5] = 0xff;
    assert_eq!(open(&hidden), damaged);
}

#[test]
fn a_journal_that_is_older_than_a_bucket_is_refused() {
    let (disk, _, _) = made();
    let old = disk.bytes("keybox/journal");
    let keybox = open(&disk).unwrap();
    add(&keybox, 8).unwrap();
    keybox.fold().unwrap();
    drop(keybox);
    let error = opened_with(&disk, "keybox/journal", &old).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged("keybox/journal".to_owned()));
}

#[test]
fn a_journal_that_was_folded_already_is_taken_in_once() {
    // As if the power had gone between the buckets and the journal.
    let (disk, whole, _) = made();
    let old = disk.bytes("keybox/journal");
    let keybox = open(&disk).unwrap();
    keybox.fold().unwrap();
    drop(keybox);
    assert_eq!(opened_with(&disk, "keybox/journal", &old), Ok(whole));
}

#[test]
fn the_bucket_of_another_installation_or_another_bucket_is_refused() {
    let (disk, _, _) = made();
    let other = PowerDisk::default();
    drop(create_for(&other, [0xb2; 16]).unwrap());
    // Drawn alike, so that the keys are the same and only the installation tells them apart.
    let error = opened_with(&disk, "keybox/09", &other.bytes("keybox/09")).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged("keybox/09".to_owned()));
    let error = opened_with(&disk, "keybox/09", &disk.bytes("keybox/0a")).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged("keybox/09".to_owned()));
    let error = opened_with(&disk, "keybox/journal", &other.bytes("keybox/journal")).unwrap_err();
    assert_eq!(error, KeyboxError::Damaged("keybox/journal".to_owned()));
}

#[test]
fn nothing_that_is_written_shows_a_key_a_hash_or_an_id() {
    let (disk, _, _) = made();
    let id = *keys(7).member.as_bytes();
    let account = *keys(7).account.as_bytes();
    let key = *keys(7).core.key.bytes();
    let hash = card(7).kept();
    for name in ["keybox/07", "keybox/sys", "keybox/journal", "root.key"] {
        let bytes = disk.bytes(name);
        for secret in [&id[..], &account, &key, &hash, &sector(7, 4).kept()] {
            let shows = bytes
                .windows(8)
                .any(|window| secret.windows(8).any(|w| w == window));
            assert!(!shows, "{name}");
        }
    }
}
