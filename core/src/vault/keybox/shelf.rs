//! The keybox in memory: for each bucket a slab of members, and small tables that lead to them by member, account and
//! token. At most 300 bytes a member with one card, from some thousands of members on.
//!
//! Accounts and tokens are found in 64 tables each, by their own first byte: a look-up takes one lock for reading, or two.
//! Whoever follows a row of these tables to its member holds the row meanwhile. A member comes before the rows and goes
//! after them, so that a row never leads to another member who was given the place.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use parking_lot::RwLock;

use super::KeyboxError;
use super::bucket::{Bucket, MemberEntry, TokenEntry};
use super::keys::{MemberKeys, Secret, Token, TokenKind, TokenState};
use super::slab::{Slab, hash};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::time::Moment;

/// Bits of a place that number the member within the bucket.
const SLOT_BITS: u32 = 26;

/// All that is in memory.
pub(super) struct Shelves {
    members: [RwLock<Slab>; 64],
    accounts: [RwLock<HashTable<AccountRow>>; 64],
    tokens: [RwLock<HashTable<TokenRow>>; 64],
    days: RwLock<BTreeMap<u32, Secret>>,
}

/// Where a member lies: bucket and number in one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u32);

/// A token, and where its member lies.
pub(super) type Placed = (Place, TokenEntry);

struct AccountRow {
    account: [u8; 16],
    place: Place,
}

struct TokenRow {
    hash: [u8; 16],
    /// Milliseconds, `i64::MAX` for never, as bytes so that the row is no longer than it must be.
    expires: [u8; 8],
    place: Place,
    kind: TokenKind,
    state: TokenState,
}

impl Place {
    fn new(bucket: Bucket, number: u32) -> Option<Self> {
        (number < 1 << SLOT_BITS).then(|| Self((u32::from(bucket.number()) << SLOT_BITS) | number))
    }

    fn bucket(self) -> u8 {
        u8::try_from(self.0 >> SLOT_BITS).unwrap_or(0)
    }

    fn number(self) -> u32 {
        self.0 & ((1 << SLOT_BITS) - 1)
    }
}

impl TokenRow {
    fn new(entry: &TokenEntry, place: Place) -> Self {
        let expires = entry.expires.map_or(i64::MAX, Moment::millis);
        Self {
            hash: entry.hash,
            expires: expires.to_be_bytes(),
            place,
            kind: entry.kind,
            state: entry.state,
        }
    }

    fn expires(&self) -> Option<Moment> {
        let millis = i64::from_be_bytes(self.expires);
        (millis != i64::MAX).then_some(Moment::from_millis(millis))
    }

    /// Whether it is a card that counts.
    fn is_card(&self) -> bool {
        self.kind == TokenKind::Card && self.state == TokenState::Active
    }

    fn entry(&self) -> TokenEntry {
        TokenEntry {
            hash: self.hash,
            kind: self.kind,
            state: self.state,
            expires: self.expires(),
        }
    }
}

impl Default for Shelves {
    fn default() -> Self {
        Self {
            members: core::array::from_fn(|_| RwLock::default()),
            accounts: core::array::from_fn(|_| RwLock::default()),
            tokens: core::array::from_fn(|_| RwLock::default()),
            days: RwLock::default(),
        }
    }
}

impl Shelves {
    pub(super) fn of_member(&self, member: &MemberId) -> Option<MemberKeys> {
        let one = shard(&self.members, member.as_bytes()).read();
        let number = one.number_of(member)?;
        one.at(number).cloned()
    }

    pub(super) fn has_member(&self, member: &MemberId) -> bool {
        shard(&self.members, member.as_bytes())
            .read()
            .number_of(member)
            .is_some()
    }

    pub(super) fn of_account(&self, account: &AccountId) -> Option<MemberKeys> {
        let id = account.as_bytes();
        let rows = shard(&self.accounts, id).read();
        let row = rows.find(hash(id), |row| row.account == *id)?;
        self.at(row.place, MemberKeys::clone)
    }

    pub(super) fn has_account(&self, account: &AccountId) -> bool {
        let id = account.as_bytes();
        let rows = shard(&self.accounts, id).read();
        rows.find(hash(id), |row| row.account == *id).is_some()
    }

    pub(super) fn token(&self, kept: [u8; 16]) -> Option<Token> {
        let rows = shard(&self.tokens, &kept).read();
        let row = rows.find(hash(&kept), |row| row.hash == kept)?;
        Some(Token {
            member: self.at(row.place, |keys| keys.member)?,
            kind: row.kind,
            state: row.state,
            expires: row.expires(),
        })
    }

    pub(super) fn has_token(&self, kept: [u8; 16]) -> bool {
        let rows = shard(&self.tokens, &kept).read();
        rows.find(hash(&kept), |row| row.hash == kept).is_some()
    }

    /// What is kept of each card of a member that counts.
    pub(super) fn cards_of(&self, member: &MemberId) -> Vec<[u8; 16]> {
        let number = shard(&self.members, member.as_bytes())
            .read()
            .number_of(member);
        let place = number.and_then(|number| Place::new(Bucket::of(member), number));
        let mut cards = Vec::new();
        for rows in &self.tokens {
            let rows = rows.read();
            let mine = rows
                .iter()
                .filter(|row| row.is_card() && Some(row.place) == place);
            cards.extend(mine.map(|row| row.hash));
        }
        cards
    }

    /// Members with more than one card that counts.
    pub(super) fn with_several_cards(&self) -> Vec<MemberId> {
        let mut places = Vec::with_capacity(self.len());
        for rows in &self.tokens {
            let rows = rows.read();
            let cards = rows.iter().filter(|row| row.is_card());
            places.extend(cards.map(|row| row.place));
        }
        places.sort_unstable();
        let alike = places.chunk_by(|one, other| one == other);
        let several = alike.filter(|cards| 1 < cards.len());
        several
            .filter_map(|cards| self.at(*cards.first()?, |keys| keys.member))
            .collect()
    }

    pub(super) fn members(&self) -> Vec<MemberId> {
        self.members_who(|_| true)
    }

    /// Those members of whose keys this holds.
    pub(super) fn members_who(&self, is_so: impl Fn(&MemberKeys) -> bool) -> Vec<MemberId> {
        let mut members = Vec::new();
        for slab in &self.members {
            let slab = slab.read();
            let all = slab.numbered().map(|(_, keys)| keys);
            members.extend(all.filter(|keys| is_so(keys)).map(|keys| keys.member));
        }
        members
    }

    pub(super) fn len(&self) -> usize {
        let lengths = self.members.iter().map(|shelf| shelf.read().len());
        lengths.fold(0, usize::saturating_add)
    }

    pub(super) fn day(&self, day: u32) -> Option<Secret> {
        self.days.read().get(&day).cloned()
    }

    /// Whether a day before this one still has a key.
    pub(super) fn has_day_before(&self, day: u32) -> bool {
        self.days.read().range(..day).next().is_some()
    }

    /// The days and their keys, ascending.
    pub(super) fn days(&self) -> Vec<(u32, Secret)> {
        let days = self.days.read();
        days.iter().map(|(day, key)| (*day, key.clone())).collect()
    }

    /// Adds a member with the tokens. `Taken` when any of it is there already: then nothing was added.
    pub(super) fn add(&self, entry: MemberEntry) -> Result<(), KeyboxError> {
        let MemberEntry { keys, tokens } = entry;
        let account = keys.account;
        if self.has_member(&keys.member)
            || self.has_account(&account)
            || tokens.iter().any(|token| self.has_token(token.hash))
        {
            return Err(KeyboxError::Taken);
        }

        let bucket = Bucket::of(&keys.member);
        let number = shard(&self.members, keys.member.as_bytes())
            .write()
            .add(keys);
        let place = number
            .and_then(|number| Place::new(bucket, number))
            .ok_or(KeyboxError::Taken)?;
        // The tokens last: whoever finds one finds the member too.
        shard(&self.accounts, account.as_bytes())
            .write()
            .insert_unique(
                hash(account.as_bytes()),
                AccountRow {
                    account: *account.as_bytes(),
                    place,
                },
                |row| hash(&row.account),
            );
        tokens.iter().try_for_each(|token| self.put(token, place))
    }

    /// Changes the keys of a member, and gives what the change gives; nothing when nobody is there.
    pub(super) fn change<T>(
        &self,
        member: &MemberId,
        change: impl FnOnce(&mut MemberKeys) -> T,
    ) -> Option<T> {
        let mut slab = shard(&self.members, member.as_bytes()).write();
        let number = slab.number_of(member)?;
        slab.at_mut(number).map(change)
    }

    /// Takes a member away with all of the tokens, which are among these. The keys are wiped.
    pub(super) fn remove(&self, member: &MemberId, tokens: &[Placed]) {
        let slab = shard(&self.members, member.as_bytes());
        let found = {
            let slab = slab.read();
            slab.number_of(member).and_then(|number| {
                let place = Place::new(Bucket::of(member), number)?;
                Some((place, slab.at(number)?.account))
            })
        };
        let Some((place, account)) = found else {
            return;
        };
        // The member last, as the place may be given to somebody else then.
        for token in tokens_at(tokens, place) {
            let mut rows = shard(&self.tokens, &token.hash).write();
            let row = rows.find_entry(hash(&token.hash), |row| row.hash == token.hash);
            if let Ok(row) = row {
                row.remove();
            }
        }
        let id = account.as_bytes();
        let mut rows = shard(&self.accounts, id).write();
        if let Ok(row) = rows.find_entry(hash(id), |row| row.account == *id) {
            row.remove();
        }
        drop(rows);
        slab.write().remove(member);
    }

    /// Adds a token of a member who is there.
    pub(super) fn add_token(
        &self,
        member: &MemberId,
        token: &TokenEntry,
    ) -> Result<(), KeyboxError> {
        let number = shard(&self.members, member.as_bytes())
            .read()
            .number_of(member);
        let place = number
            .and_then(|number| Place::new(Bucket::of(member), number))
            .ok_or(KeyboxError::MemberUnknown)?;
        self.put(token, place)
    }

    /// The token stays, and stands for nobody any more.
    pub(super) fn revoke(&self, kept: [u8; 16]) -> Result<(), KeyboxError> {
        let mut rows = shard(&self.tokens, &kept).write();
        let row = rows.find_mut(hash(&kept), |row| row.hash == kept);
        row.ok_or(KeyboxError::TokenUnknown)?.state = TokenState::Revoked;
        Ok(())
    }

    /// The key of a day that has none.
    pub(super) fn add_day(&self, day: u32, key: Secret) -> Result<(), KeyboxError> {
        if self.days.write().insert(day, key).is_some() {
            return Err(KeyboxError::Taken);
        }
        Ok(())
    }

    pub(super) fn drop_days_before(&self, day: u32) {
        let mut days = self.days.write();
        let kept = days.split_off(&day);
        *days = kept;
    }

    /// The tokens of all members of these buckets, each with the place of its member, by place.
    pub(super) fn tokens_of(&self, buckets: &[Bucket]) -> Vec<Placed> {
        let mut tokens = Vec::new();
        for rows in &self.tokens {
            for row in rows.read().iter() {
                let bucket = row.place.bucket();
                if buckets.iter().any(|wanted| wanted.number() == bucket) {
                    tokens.push((row.place, row.entry()));
                }
            }
        }
        tokens.sort_unstable_by_key(|(place, token)| (*place, token.hash));
        tokens
    }

    /// The members of a bucket, each with those of these tokens that are theirs, after a change of the keys that says who
    /// is among them.
    pub(super) fn entries(
        &self,
        bucket: Bucket,
        tokens: &[Placed],
        change: impl Fn(&mut MemberKeys) -> bool,
    ) -> Vec<MemberEntry> {
        let slab = shard(&self.members, &[bucket.number()]).read();
        // With room for all at once: a list that grew would leave keys behind where it lay.
        let mut entries = Vec::with_capacity(slab.len());
        for (number, keys) in slab.numbered() {
            let Some(place) = Place::new(bucket, number) else {
                continue;
            };
            let mut keys = keys.clone();
            if change(&mut keys) {
                let tokens = tokens_at(tokens, place).copied().collect();
                entries.push(MemberEntry { keys, tokens });
            }
        }
        entries
    }

    /// The bytes that all of it takes up, from what was asked of the allocator.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        let members = self.members.iter().map(|slab| slab.read().memory_bytes());
        let accounts = self
            .accounts
            .iter()
            .map(|rows| rows.read().allocation_size());
        let tokens = self.tokens.iter().map(|rows| rows.read().allocation_size());
        let all = members.chain(accounts).chain(tokens);
        all.chain([size_of::<Self>()]).sum()
    }

    fn put(&self, token: &TokenEntry, place: Place) -> Result<(), KeyboxError> {
        let mut rows = shard(&self.tokens, &token.hash).write();
        let id = hash(&token.hash);
        if rows.find(id, |row| row.hash == token.hash).is_some() {
            return Err(KeyboxError::Taken);
        }
        rows.insert_unique(id, TokenRow::new(token, place), |row| hash(&row.hash));
        Ok(())
    }

    fn at<T>(&self, place: Place, look: impl FnOnce(&MemberKeys) -> T) -> Option<T> {
        let one = shard(&self.members, &[place.bucket()]).read();
        one.at(place.number()).map(look)
    }
}

/// The one of 64 that the lowest six bits of the first byte name.
fn shard<'a, T>(shards: &'a [T; 64], id: &[u8]) -> &'a T {
    let [first, ..] = shards;
    let byte = id.first().copied().unwrap_or(0);
    shards.get(usize::from(byte & 63)).unwrap_or(first)
}

/// Those of these tokens that are the member's at this place.
fn tokens_at(tokens: &[Placed], place: Place) -> impl Iterator<Item = &TokenEntry> {
    let first = tokens.partition_point(|(at, _)| *at < place);
    let mine = tokens.get(first..).unwrap_or_default().iter();
    mine.take_while(move |(at, _)| *at == place)
        .map(|(_, token)| token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_held_until_its_member_was_found() {
        let shelves = Shelves::default();
        let (member, hash) = (MemberId::from_bytes([1; 16]), [2; 16]);
        let token = TokenEntry {
            hash,
            kind: TokenKind::Card,
            state: TokenState::Active,
            expires: None,
        };
        let keys = MemberKeys::new(member, AccountId::from_bytes([3; 16]), [4; 32], [5; 32]);
        let tokens = vec![token];
        shelves.add(MemberEntry { keys, tokens }).unwrap();
        std::thread::scope(|scope| {
            let slab = shard(&shelves.members, member.as_bytes()).write();
            let found = scope.spawn(|| shelves.token(hash));
            let is_held = || shard(&shelves.tokens, &hash).try_write().is_none();
            let waits = |_: &u32| {
                std::thread::yield_now();
                !is_held()
            };
            assert!((0..5_000_000).take_while(waits).count() < 5_000_000);
            // The member cannot be looked at yet, and meanwhile the row cannot go.
            for _ in 0..10_000 {
                assert!(is_held());
                std::thread::yield_now();
            }
            drop(slab);
            assert_eq!(
                found.join().unwrap().map(|token| token.member),
                Some(member)
            );
        });
    }
}
