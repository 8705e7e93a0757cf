//! What a power cut, a stranger and many threads at once do to a keybox.

use core::cell::Cell;
use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::bucket::{Bucket, MemberEntry};
use super::disk::Disk;
use super::keys::Secret;
use super::*;

mod power;
mod story;
mod crash;
mod erasure;
mod histories;
mod rewriting;
mod versions;
mod escrow;
mod tamper;
mod files;
mod formats;
pub(crate) mod outside;

/// Never the same bytes twice, and the same ones in every run.
fn draw() -> Draw32 {
    let count = AtomicU64::new(0);
    Arc::new(move || Sha256::digest(count.fetch_add(1, Ordering::Relaxed).to_be_bytes()).into())
}

const INSTALL: [u8; 16] = [0xa1; 16];

/// The keys of the member with this number: its bucket is the number's, 64 apart are in the same.
fn keys(number: u16) -> MemberKeys {
    let id = |what: u8| -> [u8; 16] {
        let [high, low] = number.to_be_bytes();
        let whole: [u8; 32] = Sha256::digest([what, high, low]).into();
        let mut id: [u8; 16] = whole[..16].try_into().unwrap();
        id[0] = low;
        id
    };
    let key = |what: u8| [id(what), id(what + 1)].concat().try_into().unwrap();
    let keys = MemberKeys::new(
        MemberId::from_bytes(id(0)),
        AccountId::from_bytes(id(1)),
        key(2),
        key(4),
    );
    if number.is_multiple_of(3) {
        keys.with_postal(key(6))
    } else {
        keys
    }
}

/// The card of the member with this number.
fn card(number: u16) -> TokenHash {
    TokenHash::of(&format!("99{number:016}"))
}

/// The token of that member for a sector.
fn sector(number: u16, sector: u16) -> TokenHash {
    TokenHash::of(&format!("jsc_{number}_{sector}"))
}

fn add(keybox: &Keybox, number: u16) -> Result<(), KeyboxError> {
    keybox.add(keys(number), &[(card(number), TokenKind::Card)])
}

/// Everything that a keybox holds.
#[derive(Clone, PartialEq, Debug)]
struct State {
    members: Vec<MemberEntry>,
    days: Vec<(u32, Secret)>,
    terminal: [u8; 32],
    seed: Secret,
}

fn state(keybox: &Keybox) -> State {
    let buckets: Vec<_> = Bucket::all().collect();
    let tokens = keybox.shelves.tokens_of(&buckets);
    let members = buckets[..64]
        .iter()
        .flat_map(|bucket| keybox.shelves.entries(*bucket, &tokens, |_| true));
    let mut members: Vec<_> = members.collect();
    members.sort_by_key(|entry| entry.keys.member);
    // By every way in, the same.
    assert_eq!(keybox.len(), members.len());
    assert_eq!(keybox.is_empty(), members.is_empty());
    let of_members = members
        .iter()
        .map(|entry| entry.tokens.len())
        .sum::<usize>();
    assert_eq!(tokens.len(), of_members, "no token leads nowhere");
    for MemberEntry { keys, tokens } in &members {
        assert_eq!(keybox.of_member(&keys.member).as_ref(), Some(keys));
        assert_eq!(keybox.of_account(&keys.account).as_ref(), Some(keys));
        for token in tokens {
            let found = keybox.shelves.token(token.hash).unwrap();
            let expected = Token {
                member: keys.member,
                kind: token.kind,
                state: token.state,
                expires: token.expires,
            };
            assert_eq!(found, expected);
        }
    }
    let mut ids = keybox.members();
    ids.sort_unstable();
    assert!(
        ids.iter()
            .eq(members.iter().map(|entry| &entry.keys.member))
    );
    State {
        members,
        days: keybox.shelves.days(),
        terminal: *keybox.terminal_key("till-1", 1),
        seed: keybox.system.audit_seed.clone(),
    }
}

/// A keybox on a disk that loses power when told to.
fn create(disk: &power::PowerDisk) -> Result<Keybox, KeyboxError> {
    create_for(disk, INSTALL)
}

fn create_for(disk: &power::PowerDisk, install: [u8; 16]) -> Result<Keybox, KeyboxError> {
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Keybox::create_on(&disk, install, draw())
}

std::thread_local! {
    /// How many keyboxes this test has opened.
    static OPENED: Cell<u64> = const { Cell::new(0) };
}

fn open(disk: &power::PowerDisk) -> Result<Keybox, KeyboxError> {
    // Numbers that none of those before drew: a nonce must not come twice, nor a destroyed key.
    OPENED.set(OPENED.get() + 1);
    let opened = OPENED.get().to_be_bytes();
    let count = AtomicU64::new(0);
    let drawn = move || {
        let count = count.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        Sha256::digest([opened, count].concat()).into()
    };
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    Keybox::open_on(&disk, Arc::new(drawn))
}
