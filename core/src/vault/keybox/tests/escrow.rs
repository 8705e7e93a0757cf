//! The escrow: what is handed out makes the same keybox again, under other keys, and nothing else does.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::disk::Bytes;
use super::power::{FATES, PowerDisk};
use super::story::{Act, STORY, act};
use super::*;

/// A keybox with a journal, old keys, dropped days and erased members, and what is in its escrow.
fn made() -> (PowerDisk, Keybox) {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    for line in STORY {
        act(&keybox, line).unwrap();
    }
    for line in [Act::Renew(100), Act::Renew(100), Act::Day(9)] {
        act(&keybox, line).unwrap();
    }
    (disk, keybox)
}

fn bodies(keybox: &Keybox) -> Vec<Bytes> {
    let bodies = Bucket::all().map(|bucket| keybox.escrow(bucket.number()).unwrap().bytes);
    bodies.collect()
}

fn restore(disk: &PowerDisk, bodies: Vec<Bytes>) -> Result<Keybox, KeyboxError> {
    let draw = draw();
    // Not what the first keybox was made with.
    let draw: Draw32 = Arc::new(move || draw().map(|byte| byte ^ 0xaa));
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Keybox::restore_escrow_on(&disk, bodies, draw)
}

/// The same body with other bytes and a hash that fits.
fn forged(body: &Bytes, change: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let mut bytes = body[..body.len() - 32].to_vec();
    change(&mut bytes);
    let hash = Sha256::digest(&bytes);
    bytes.extend_from_slice(&hash);
    Zeroizing::new(bytes)
}

#[test]
fn what_was_handed_out_makes_the_same_keybox_under_other_keys() {
    let (old, keybox) = made();
    let whole = state(&keybox);
    assert!(!keybox.with_old_core().is_empty() && !whole.days.is_empty());
    let epochs = keybox.epochs();
    let new = PowerDisk::default();
    let restored = restore(&new, bodies(&keybox)).unwrap();
    assert_eq!(restored.install(), INSTALL);
    assert_eq!(state(&restored), whole);
    let next = epochs.iter().map(|(bucket, epoch)| (*bucket, epoch + 1));
    assert!(restored.epochs().into_iter().eq(next));
    let place = keybox.writer.lock().place();
    assert_eq!(restored.writer.lock().place(), place);

    // It is opened, and goes on.
    drop(restored);
    let restored = open(&new).unwrap();
    assert_eq!(state(&restored), whole);
    for line in [
        Act::Add(9_000),
        Act::Erase(100),
        Act::Rotate(64),
        Act::Fold,
        Act::Add(9_001),
    ] {
        act(&restored, line).unwrap();
    }
    let after = state(&restored);
    drop(restored);
    assert_eq!(state(&open(&new).unwrap()), after);

    // None of its files fits to the old ones, nor the old to these.
    for name in ["keybox/24", "keybox/sys", "root.key"] {
        let (one, other) = (old.copy(), new.copy());
        one.set(name, &new.bytes(name));
        other.set(name, &old.bytes(name));
        assert!(open(&one).is_err() && open(&other).is_err(), "{name}");
    }
}

#[test]
fn a_keybox_that_was_just_restored_passes_over_the_journal_of_before() {
    let (old, keybox) = made();
    let new = PowerDisk::default();
    let whole = state(&keybox);
    drop(restore(&new, bodies(&keybox)).unwrap());
    new.set("keybox/journal", &old.bytes("keybox/journal"));
    assert_eq!(state(&open(&new).unwrap()), whole);
    // One that ends earlier is not taken for it.
    let journal = old.bytes("keybox/journal");
    new.set("keybox/journal", &journal[..journal.len() - 1]);
    let damaged = KeyboxError::Damaged("keybox/journal".to_owned());
    assert_eq!(open(&new).map(|_| ()), Err(damaged));
}

#[test]
fn a_body_that_is_missing_changed_or_of_another_keybox_is_refused_and_nothing_is_made() {
    let (_, keybox) = made();
    let whole = bodies(&keybox);
    let other = Keybox::in_memory([0xb2; 16], draw());
    let damaged = |name: &str| KeyboxError::Damaged(format!("escrow/{name}").replace("/-", ""));
    let with = |at: usize, body: Bytes| {
        let mut bodies = whole.clone();
        bodies[at] = body;
        bodies
    };
    let strange = whole.clone().into_iter().chain([whole[3].clone()]);
    let stranger = other.escrow(5).unwrap().bytes;
    let mut cases = vec![
        ("none", Vec::new(), damaged("sys")),
        ("one twice", strange.collect(), damaged("03")),
        ("another installation's", with(5, stranger), damaged("05")),
        ("no bytes", with(5, Zeroizing::default()), damaged("-")),
        (
            "longer, with a hash",
            with(5, forged(&whole[5], |bytes| bytes.push(0))),
            damaged("05"),
        ),
        (
            "a newer format",
            with(5, forged(&whole[5], |bytes| bytes[4] = 2)),
            KeyboxError::TooNew("escrow".to_owned()),
        ),
        (
            "no format",
            with(5, forged(&whole[5], |bytes| bytes[4] = 0)),
            damaged("-"),
        ),
        (
            "a newer body",
            with(5, forged(&whole[5], |bytes| bytes[30] = 9)),
            KeyboxError::TooNew("escrow/05".to_owned()),
        ),
        (
            "a bucket that there is not",
            with(5, forged(&whole[5], |bytes| bytes[21] = 65)),
            damaged("-"),
        ),
        (
            "no epoch left",
            with(5, forged(&whole[5], |bytes| bytes[22..30].fill(0xff))),
            damaged("05"),
        ),
        (
            "the members of another bucket",
            with(
                5,
                forged(&whole[5], |bytes| {
                    bytes.truncate(30);
                    bytes.extend_from_slice(&whole[36][30..whole[36].len() - 32]);
                }),
            ),
            damaged("05"),
        ),
    ];
    for at in [0, 36, 64] {
        let mut short = whole.clone();
        short.remove(at);
        let name = ["00", "24", "sys"][[0, 36, 64].iter().position(|one| *one == at).unwrap()];
        cases.push(("one missing", short, damaged(name)));
    }
    for (what, bodies, error) in cases {
        let disk = PowerDisk::default();
        let refused = restore(&disk, bodies).map(|_| ());
        assert_eq!(refused, Err(error), "{what}");
        assert_eq!(disk.steps(), 0, "{what}");
    }
    // No bit of it, and no byte.
    let body = &whole[36];
    assert!(200 < body.len());
    for bit in 0..8 * body.len() {
        let mut flipped = body.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let refused = restore(&PowerDisk::default(), with(36, flipped));
        assert_eq!(refused.map(|_| ()), Err(damaged("-")), "{bit}");
    }
    for length in 0..body.len() {
        let short = Zeroizing::new(body[..length].to_vec());
        assert!(restore(&PowerDisk::default(), with(36, short)).is_err());
    }
    // In any order.
    let mut turned = whole;
    turned.reverse();
    let restored = restore(&PowerDisk::default(), turned).unwrap();
    assert_eq!(state(&restored), state(&keybox));
}

#[test]
fn a_restored_keybox_takes_nobodys_place_and_is_whole_whenever_the_power_went() {
    let (old, keybox) = made();
    let whole = state(&keybox);
    let bodies = bodies(&keybox);
    let exists = KeyboxError::Exists(String::new());
    let before = old.names();
    assert_eq!(restore(&old, bodies.clone()).map(|_| ()), Err(exists));
    assert_eq!(old.names(), before);

    let all = {
        let disk = PowerDisk::default();
        drop(restore(&disk, bodies.clone()).unwrap());
        disk.steps()
    };
    let mut opened = 0;
    for steps in (0..all - 24).step_by(31).chain(all - 24..=all) {
        let disk = PowerDisk::default();
        disk.cut_after(steps);
        let is_done = restore(&disk, bodies.clone()).is_ok();
        assert_eq!(is_done, steps == all);
        for fate in FATES {
            let left = disk.after(fate);
            if create::exists(&left) {
                opened += 1;
            } else {
                assert!(!is_done);
                drop(restore(&left, bodies.clone()).unwrap());
            }
            assert_eq!(state(&open(&left).unwrap()), whole, "{steps} {fate:?}");
        }
    }
    assert!(7 < opened, "{opened}");
}

#[test]
fn an_escrow_holds_no_root_key_no_erased_member_and_prints_neither() {
    let disk = PowerDisk::default();
    let keybox = create(&disk).unwrap();
    add(&keybox, 7).unwrap();
    add(&keybox, 71).unwrap();
    let holds = |bytes: &[u8], secret: &[u8]| bytes.windows(secret.len()).any(|w| w == secret);
    let secret = *keys(7).core.key.bytes();
    let with = keybox.escrow(7).unwrap();
    assert!(holds(&with.bytes, &secret));
    assert_eq!(
        format!("{with:?}"),
        "EscrowBody { bucket: 7, epoch: 1, .. }"
    );
    keybox.erase(&keys(7).member).unwrap();
    let without = keybox.escrow(7).unwrap();
    assert_eq!((without.bucket, without.epoch), (7, 2));
    assert!(!holds(&without.bytes, &secret));
    assert!(holds(&without.bytes, keys(71).core.key.bytes()));
    for bucket in Bucket::all() {
        let body = keybox.escrow(bucket.number()).unwrap();
        for kek in keybox.writer.lock().keks() {
            assert!(!holds(&body.bytes, kek.key.bytes()));
        }
    }
}

#[test]
fn a_real_folder_is_made_from_an_escrow_once() {
    let (_, keybox) = made();
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("jifen-keys");
    let restored = Keybox::restore_escrow(&folder, bodies(&keybox), draw()).unwrap();
    assert_eq!(state(&restored), state(&keybox));
    let in_use = KeyboxError::InUse(folder.display().to_string());
    assert_eq!(Keybox::open(&folder, draw()).map(|_| ()), Err(in_use));
    drop(restored);
    let again = Keybox::restore_escrow(&folder, bodies(&keybox), draw());
    assert!(matches!(again, Err(KeyboxError::Exists(_))));
    assert_eq!(
        state(&Keybox::open(&folder, draw()).unwrap()),
        state(&keybox)
    );
}
