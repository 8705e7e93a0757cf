//! The bytes of every format, as another program computed them: HMAC, HKDF and CRC-32 by Python's standard library,
//! XChaCha20-Poly1305 and postcard written out in Python, the ciphers tried first on the vectors of RFC 5869 and
//! draft-irtf-cfrg-xchacha-03. A change here is another version, which the keyboxes that are in use do not open under.

use sha2::{Digest, Sha256};

use super::super::bucket::{Body, Content, NONCE, parse};
use super::super::journal::{JournalKey, Record};
use super::super::keys::GroupKey;
use super::super::load::{Mend, decide};
use super::super::write::System;
use super::*;
use crate::domain::time::Moment;
use crate::store::Table;
use crate::vault::root::{Kek, RootFile, Slot};

fn counted<const N: usize>(first: u8) -> [u8; N] {
    core::array::from_fn(|at| first + u8::try_from(at).unwrap())
}

fn kek() -> Kek {
    Kek {
        epoch: 1,
        key: Secret::new(counted(0)),
    }
}

fn install() -> [u8; 16] {
    counted(0xa0)
}

fn nonce() -> [u8; NONCE] {
    counted(0x40)
}

fn member() -> MemberEntry {
    let keys = MemberKeys::new(
        MemberId::from_bytes([0x11; 16]),
        AccountId::from_bytes([0x22; 16]),
        [0x33; 32],
        [0x44; 32],
    );
    let revoked = TokenEntry {
        hash: [0x77; 16],
        kind: TokenKind::Sector(300),
        state: TokenState::Revoked,
        expires: Some(Moment::from_millis(1_000_000)),
    };
    MemberEntry {
        keys: keys.with_postal([0x55; 32]),
        tokens: vec![card(), revoked],
    }
}

/// The same, with two more keys of group `core`.
fn renewed() -> MemberEntry {
    let mut entry = member();
    for (version, byte) in [(2, 0x34), (3, 0x35)] {
        entry.keys.renew_core(GroupKey {
            version,
            key: Secret::new([byte; 32]),
        });
    }
    entry
}

fn card() -> TokenEntry {
    TokenEntry {
        hash: [0x66; 16],
        kind: TokenKind::Card,
        state: TokenState::Active,
        expires: None,
    }
}

fn hex(bytes: &[u8]) -> String {
    let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.concat()
}

#[test]
fn a_slot_is_the_one_computed_by_another_program() {
    let file = RootFile::first(&[kek()]);
    assert_eq!(file.len(), 65 * 2 * 4_096);
    let expected = concat!(
        "4a46524b0000000000000001000102030405060708090a0b0c0d0e0f101112131415161718191a1b",
        "1c1d1e1f5dbc8bd7",
    );
    assert_eq!(hex(&file[..48]), expected);
    assert!(file[48..].iter().all(|byte| *byte == 0));
}

#[test]
fn a_bucket_is_the_one_computed_by_another_program() {
    let content = Content::Members(Body::new(300, vec![renewed()]));
    let sealed = bucket::seal(&kek(), &install(), nonce(), &content).unwrap();
    let expected = concat!(
        "4a464b42010000000000000001a0a1a2a3a4a5a6a7a8a9aaabacadaeaf404142434445464748494a",
        "4b4c4d4e4f5051525354555657d5950771c1f168079ee596afbe8d748383abbcd5317b71b84813df",
        "672b2601b234db204c56a7b125ca87c1793fefefc4ae5e48dd5ab081a983c93dc1268779616f1ecd",
        "4721b2018cc147f4bb983dd8abb283426f6c79203314e743d0812177616231f38dfca16ab788f437",
        "cf12429cdecaa6468b7c9fd6b559ea024777922eca8a04125b848b83e5a2c694560fc1b83688410e",
        "99534a3a7b2b2aa1b94aac7dc64e8b73cb09359709268ab9b46a7b3eff806a439b8df0e59ff8d316",
        "9e0b843b88bbeca5b2827525c948001a5efeee3643fb735877e1ca921990bd7fc4df0e0d9e2c365b",
        "d0293a4040e4c21e543f1765421983e9cbb0e079a46141f2aa7038fe82905b0b4d3e36eb2f960314",
        "cc2bc3771c2877669a4726fee8",
    );
    assert_eq!(hex(&sealed), expected);

    let slots = [Slot::Filled(kek()), Slot::Empty];
    let decided = decide(slots, Some(&sealed), Some(b"a stray")).unwrap();
    assert_eq!(decided.opened.install, install());
    assert_eq!(decided.mends, [Mend::DropNew]);
    let body: Body = parse(&decided.opened.plain, String::new).unwrap();
    assert_eq!(body.into_members(), Some((300, vec![renewed()])));
}

#[test]
fn a_bucket_of_the_first_version_is_still_read() {
    let sealed = concat!(
        "4a464b42010000000000000001a0a1a2a3a4a5a6a7a8a9aaabacadaeaf404142434445464748494a",
        "4b4c4d4e4f5051525354555657d4950771c1f168079ee596afbe8d748383abbcd5317b71b84813df",
        "672b2601b234db204c54a1b723cc81c77f39e9e9c2a8584edb5cb687af85cf3bc720817f676918cb",
        "4127b2018cc147f4bb983dd8abb283426f6c79203314e743d0812177616231f38dfca16ab788f437",
        "cf12429cdecaa6468b7c9fd6b559ea024777922eca8a04125b848b83e5a2c694560fc1b83688410e",
        "99534a3a7b2b2aa1b94aac7dc64e8b73cb09359709268ab9b46a7b3eff806a439bba768d04355ca5",
        "a0c2a14f7e615d4262",
    );
    let sealed = data_encoding::HEXLOWER.decode(sealed.as_bytes()).unwrap();
    let opened = bucket::open(&kek(), &sealed).unwrap();
    let body: Body = parse(&opened.plain, String::new).unwrap();
    assert_eq!(body.into_members(), Some((300, vec![member()])));
}

#[test]
fn an_escrow_is_the_one_computed_by_another_program() {
    let keybox = Keybox::in_memory(install(), draw());
    keybox.shelves.add(renewed()).unwrap();
    let escrow = keybox.escrow(0x11).unwrap();
    assert_eq!((escrow.bucket, escrow.epoch), (0x11, 1));
    let expected = concat!(
        "4a464b4501a0a1a2a3a4a5a6a7a8a9aaabacadaeaf11000000000000000101000111111111111111",
        "11111111111111111122222222222222222222222222222222033535353535353535353535353535",
        "35353535353535353535353535353535353501444444444444444444444444444444444444444444",
        "44444444444444444444440101555555555555555555555555555555555555555555555555555555",
        "55555555550266666666666666666666666666666666000000777777777777777777777777777777",
        "7701ac02010180897a01111111111111111111111111111111110201333333333333333333333333",
        "33333333333333333333333333333333333333330234343434343434343434343434343434343434",
        "34343434343434343434343434f686a9730f65d84c212c0ee2665d3e1b6ebfad76051d011c302cd7",
        "0b528441db",
    );
    assert_eq!(hex(&escrow.bytes), expected);
}

#[test]
fn the_systems_bucket_is_the_one_computed_by_another_program() {
    let system = System {
        install: install(),
        key: Secret::new([0x5a; 32]),
        audit_seed: Secret::new([0x5b; 32]),
    };
    let days = vec![(20_000, Secret::new([0x5c; 32]))];
    let content = Content::System(system.body(3, days));
    let sealed = bucket::seal(&kek(), &install(), nonce(), &content).unwrap();
    let expected = concat!(
        "4a464b42010000000000000001a0a1a2a3a4a5a6a7a8a9aaabacadaeaf404142434445464748494a",
        "4b4c4d4e4f5051525354555657d43a5f2a8aba234cd5aedde4f5c63fc8c8e0f79e490309c0306ba7",
        "1f535e79ca4ca359350ec9df4ba4e9af17518181aac03026b334deefc7eda753af48e9170f0170f9",
        "d288b21994d95feca38025c0b3aa9b5a777461382b0cff5bc899396f797a29eb95e4b9a721924af1",
        "a903faa4b88d4900b344fe",
    );
    assert_eq!(hex(&sealed), expected);
}

#[test]
fn the_journal_is_the_one_computed_by_another_program() {
    let key = JournalKey::new(&Secret::new([0x5a; 32]), install());
    let head = concat!(
        "4a464b4a01a0a1a2a3a4a5a6a7a8a9aaabacadaeaf000000000000000519e9e15e6c82757e8833a6",
        "48f5dc7ab4",
    );
    assert_eq!(hex(&key.empty(5)), head);

    let bucket = Bucket::of(&MemberId::from_bytes([0x11; 16]));
    let written = |change| {
        let record = Record::V1(change);
        key.record((6, 5), (bucket, &kek()), nonce(), &record)
            .unwrap()
    };
    let expected = concat!(
        "4a464b52000000220000000000000006000000000000000511000000000000000140414243444546",
        "4748494a4b4c4d4e4f5051525354555657d43b6316b6861f70e992e1d8c9fa03f4f4dcca34457085",
        "d95317af0136c122732b89fdcba09b1aa719e60a3ae806c77b3b5c",
    );
    assert_eq!(hex(&written(Change::Revoke([0x66; 16]))), expected);

    // The longer ones by their SHA-256.
    let token = Change::Token {
        member: MemberId::from_bytes([0x11; 16]),
        token: card(),
    };
    let day = Change::Day {
        day: 20_000,
        key: Secret::new([0x5c; 32]),
    };
    let member_id = MemberId::from_bytes([0x11; 16]);
    let core = Change::Core {
        member: member_id,
        key: GroupKey {
            version: 2,
            key: Secret::new([0x34; 32]),
        },
    };
    let postal = Change::Postal {
        member: member_id,
        key: GroupKey::first([0x55; 32]),
    };
    for (change, length, hash) in [
        (
            Change::Member(member()),
            267,
            "734dc074504c48d9ef6f38505be6df7532a0ce3cad5a7a58a9b7bf5304510dd7",
        ),
        (
            token,
            126,
            "83e8b1126da69651ee0c1bd5c7eb59ec7f37137dd629ebbefad45265f255ef2b",
        ),
        (
            day,
            126,
            "611b6d5b806d47e67f8f3bc23834f432568e40392b1a4d97dba95ba20008fde9",
        ),
        (
            Change::DropDays { before: 19_999 },
            94,
            "37d407164c0bdfaf637837122546d5a4455972cf6436f7e0ef523707f810894a",
        ),
        (
            core,
            140,
            "c72d7193b4167aec49b3536be4a9ffdc3fa398eae9bd860e785b863318aea96f",
        ),
        (
            postal,
            140,
            "835510e06832ad8d49cb92394a7346c8d496c42c1af5b301915164fb8d15ed00",
        ),
    ] {
        let record = written(change);
        assert_eq!(record.len(), length);
        assert_eq!(hex(&Sha256::digest(&record)), hash);
    }
}

#[test]
fn the_owner_of_a_row_and_the_key_of_a_terminal_are_those_computed_by_another_program() {
    let day = DayKey {
        day: 7,
        install: install(),
        key: Secret::new(counted(0)),
    };
    let member = MemberId::from_bytes([0x11; 16]);
    let sealed = day
        .seal_owner(Table::new("sale tokens"), b"jst_x", nonce(), &member)
        .unwrap();
    let expected = concat!(
        "0100000007404142434445464748494a4b4c4d4e4f50515253545556570a22a3e4dad114b58674c8",
        "b4f5847cedf55a5fb92bda80efc045823e662efd1de28ecb35770248e67ee1e097b912b545beffbb",
        "823803afa35671b5d393f6a1994211481804fdfbab5031dc2df61fe681cdd94d321eac9c6671ce8f",
        "6856a12d9a",
    );
    assert_eq!(hex(&sealed), expected);

    let mut keybox = Keybox::in_memory(install(), draw());
    keybox.system.key = Secret::new([0x5a; 32]);
    assert_eq!(
        hex(&*keybox.terminal_key("till-1", 2)),
        "fb21dee15c052ace9ecb4fbe9b5a3a929e5c3c3005e913c1f090e4a5b1db5184"
    );
    assert_ne!(
        *keybox.terminal_key("till-1", 2),
        *keybox.terminal_key("till-1", 3)
    );
    // Lengths first, so that no terminal and generation spell another one's.
    assert_ne!(
        *keybox.terminal_key("till-12", 0),
        *keybox.terminal_key("till-1", 0)
    );
}

#[test]
fn the_kind_of_a_token_keeps_its_number() {
    for (kind, bytes) in [
        (TokenKind::Card, vec![0]),
        (TokenKind::Sector(513), vec![1, 0x81, 4]),
        (TokenKind::Alias, vec![2]),
    ] {
        assert_eq!(postcard::to_allocvec(&kind).unwrap(), bytes);
        assert_eq!(postcard::from_bytes(&bytes), Ok(kind));
    }
}

#[test]
fn a_version_that_is_not_known_yet_is_said_to_be_newer() {
    let ours = postcard::to_allocvec(&Body::new(0, Vec::new())).unwrap();
    let place = || "keybox/00".to_owned();
    assert!(parse::<Body>(&ours, place).is_ok());
    assert!(parse::<Body>(&[0, 0, 0], place).is_ok());
    for (bytes, error) in [
        (vec![2, 0, 0], KeyboxError::TooNew(place())),
        (vec![1, 0, 0], KeyboxError::Damaged(place())),
        (vec![0, 0], KeyboxError::Damaged(place())),
        (vec![0, 0, 0, 0], KeyboxError::Damaged(place())),
        (vec![], KeyboxError::Damaged(place())),
    ] {
        assert_eq!(parse::<Body>(&bytes, place).err(), Some(error), "{bytes:?}");
    }
}
