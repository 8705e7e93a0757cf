//! The keybox in memory: for each bucket a slab of members, and small tables that lead to them by member, account and
//! token. At most 300 bytes a member with one card, from some thousands of members on.
//!
//! Members lie in pages that are never moved, so that no copy of a key is left behind when a slab grows. Accounts and
//! tokens are found in 64 tables each, by their own first byte: a look-up takes one lock for reading, or two.

use std::collections::BTreeMap;

use hashbrown::HashTable;
use parking_lot::RwLock;

use super::KeyboxError;
use super::bucket::{Bucket, MemberEntry, TokenEntry};
use super::keys::{MemberKeys, Secret, Token, TokenKind, TokenState};
use crate::domain::ids::{AccountId, MemberId};
use crate::domain::time::Moment;

/// Members in a page.
const PAGE: usize = 16;
/// Bits of a place that number the member within the bucket.
const SLOT_BITS: u32 = 26;

/// All that is in memory.
pub(super) struct Shelves {
    members: [RwLock<Shelf>; 64],
    accounts: [RwLock<HashTable<AccountRow>>; 64],
    tokens: [RwLock<HashTable<TokenRow>>; 64],
    days: RwLock<BTreeMap<u32, Secret>>,
}

/// One bucket's members.
#[derive(Default)]
struct Shelf {
    pages: Vec<Vec<MemberKeys>>,
    /// Their numbers, by member id.
    by_id: HashTable<u32>,
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

    fn entry(&self) -> TokenEntry {
        TokenEntry {
            hash: self.hash,
            kind: self.kind,
            state: self.state,
            expires: self.expires(),
        }
    }
}

impl Shelf {
    fn at(&self, number: u32) -> Option<&MemberKeys> {
        let number = usize::try_from(number).ok()?;
        let page = self.pages.get(number.checked_div(PAGE)?)?;
        page.get(number.checked_rem(PAGE)?)
    }

    fn number_of(&self, member: &MemberId) -> Option<u32> {
        let found = self.by_id.find(hash(member.as_bytes()), |number| {
            self.at(*number).is_some_and(|keys| keys.member == *member)
        });
        found.copied()
    }

    fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Adds a member that is not there yet, and gives the number.
    fn add(&mut self, keys: MemberKeys) -> Option<u32> {
        let number = u32::try_from(self.len()).ok()?;
        let id = hash(keys.member.as_bytes());
        if self.pages.last().is_none_or(|page| page.len() == PAGE) {
            self.pages.push(Vec::with_capacity(PAGE));
        }
        self.pages.last_mut()?.push(keys);
        let Self { pages, by_id } = self;
        by_id.insert_unique(id, number, |number| {
            let number = usize::try_from(*number).unwrap_or(usize::MAX);
            let page = pages.get(number.checked_div(PAGE).unwrap_or(0));
            let keys = page.and_then(|page| page.get(number.checked_rem(PAGE).unwrap_or(0)));
            keys.map_or(0, |keys| hash(keys.member.as_bytes()))
        });
        Some(number)
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
        let place = self.place_of_account(account)?;
        self.at(place, MemberKeys::clone)
    }

    pub(super) fn has_account(&self, account: &AccountId) -> bool {
        self.place_of_account(account).is_some()
    }

    pub(super) fn token(&self, kept: [u8; 16]) -> Option<Token> {
        let (entry, place) = {
            let rows = shard(&self.tokens, &kept).read();
            let row = rows.find(hash(&kept), |row| row.hash == kept)?;
            (row.entry(), row.place)
        };
        Some(Token {
            member: self.at(place, |keys| keys.member)?,
            kind: entry.kind,
            state: entry.state,
            expires: entry.expires,
        })
    }

    pub(super) fn has_token(&self, kept: [u8; 16]) -> bool {
        let rows = shard(&self.tokens, &kept).read();
        rows.find(hash(&kept), |row| row.hash == kept).is_some()
    }

    pub(super) fn members(&self) -> Vec<MemberId> {
        let mut members = Vec::with_capacity(self.len());
        for shelf in &self.members {
            let one = shelf.read();
            members.extend(one.pages.iter().flatten().map(|keys| keys.member));
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

    /// The members of a bucket in the order in which they came, each with those of these tokens that are theirs.
    pub(super) fn entries(&self, bucket: Bucket, tokens: &[Placed]) -> Vec<MemberEntry> {
        let one = shard(&self.members, &[bucket.number()]).read();
        let members = one.pages.iter().flatten();
        let entries = (0..).zip(members).map(|(number, keys)| {
            let place = Place::new(bucket, number);
            let first = tokens.partition_point(|(at, _)| Some(*at) < place);
            let mine = tokens.get(first..).unwrap_or_default().iter();
            MemberEntry {
                keys: keys.clone(),
                tokens: mine
                    .take_while(|(at, _)| Some(*at) == place)
                    .map(|(_, token)| *token)
                    .collect(),
            }
        });
        entries.collect()
    }

    /// The bytes that all of it takes up, from what was asked of the allocator.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        const KEYS: usize = size_of::<MemberKeys>();
        const SPINE: usize = size_of::<Vec<MemberKeys>>();
        let of_shelf = |shelf: &Shelf| {
            let of_page = |page: &Vec<MemberKeys>| page.capacity().saturating_mul(KEYS);
            let spine = shelf.pages.capacity().saturating_mul(SPINE);
            let pages = shelf.pages.iter().map(of_page);
            pages.chain([spine, shelf.by_id.allocation_size()]).sum()
        };
        let members = self.members.iter().map(|shelf| of_shelf(&shelf.read()));
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

    fn place_of_account(&self, account: &AccountId) -> Option<Place> {
        let rows = shard(&self.accounts, account.as_bytes()).read();
        let row = rows.find(hash(account.as_bytes()), |row| {
            row.account == *account.as_bytes()
        })?;
        Some(row.place)
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

/// Ids and hashes are random, so that bytes of them that did not choose the table do as their hash.
fn hash(id: &[u8; 16]) -> u64 {
    let (tail, _) = id
        .split_last_chunk()
        .map_or((&[0; 8], &[][..]), |(rest, tail)| (tail, rest));
    u64::from_be_bytes(*tail)
}
