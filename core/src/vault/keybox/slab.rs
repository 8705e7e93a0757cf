//! One bucket's members in memory. They lie in pages that are never moved, so that no copy of a key is left behind when a
//! slab grows. Who goes leaves a hole, which the next one who comes fills: nobody else's number changes.

use hashbrown::HashTable;

use super::keys::MemberKeys;
use crate::domain::ids::MemberId;

/// Members in a page.
const PAGE: usize = 16;
const _: () = assert!(
    size_of::<Option<MemberKeys>>() == size_of::<MemberKeys>(),
    "a hole costs no more than who was there"
);

/// The members of a bucket, by number and by id.
#[derive(Default)]
pub(super) struct Slab {
    pages: Vec<Vec<Option<MemberKeys>>>,
    /// The numbers of the holes.
    holes: Vec<u32>,
    /// The members' numbers, by id.
    by_id: HashTable<u32>,
}

impl Slab {
    pub(super) fn at(&self, number: u32) -> Option<&MemberKeys> {
        at(&self.pages, number)
    }

    pub(super) fn at_mut(&mut self, number: u32) -> Option<&mut MemberKeys> {
        slot(&mut self.pages, number)?.as_mut()
    }

    pub(super) fn number_of(&self, member: &MemberId) -> Option<u32> {
        let found = self.by_id.find(hash(member.as_bytes()), |number| {
            self.at(*number).is_some_and(|keys| keys.member == *member)
        });
        found.copied()
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// All of them, each with the number.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u32, &MemberKeys)> {
        let slots = (0..).zip(self.pages.iter().flatten());
        slots.filter_map(|(number, slot)| Some((number, slot.as_ref()?)))
    }

    /// Adds a member that is not there yet, and gives the number.
    pub(super) fn add(&mut self, keys: MemberKeys) -> Option<u32> {
        let id = hash(keys.member.as_bytes());
        let number = if let Some(hole) = self.holes.pop() {
            *slot(&mut self.pages, hole)? = Some(keys);
            hole
        } else {
            // Where there is no hole, every number has a member.
            let number = u32::try_from(self.len()).ok()?;
            if self.pages.last().is_none_or(|page| page.len() == PAGE) {
                self.pages.push(Vec::with_capacity(PAGE));
            }
            self.pages.last_mut()?.push(Some(keys));
            number
        };
        let Self { pages, by_id, .. } = self;
        by_id.insert_unique(id, number, |number| {
            at(pages, *number).map_or(0, |keys| hash(keys.member.as_bytes()))
        });
        Some(number)
    }

    /// Takes a member away. The keys are wiped where they lay.
    pub(super) fn remove(&mut self, member: &MemberId) {
        let Self {
            pages,
            holes,
            by_id,
        } = self;
        let found = by_id.find_entry(hash(member.as_bytes()), |number| {
            at(pages, *number).is_some_and(|keys| keys.member == *member)
        });
        let Ok(found) = found else {
            return;
        };
        let (number, _) = found.remove();
        if let Some(slot) = slot(pages, number) {
            // What stood there is dropped in its place, and wipes itself.
            *slot = None;
            holes.push(number);
        }
    }

    /// The bytes that all of it takes up, from what was asked of the allocator.
    #[cfg(test)]
    pub(super) fn memory_bytes(&self) -> usize {
        const SLOT: usize = size_of::<Option<MemberKeys>>();
        const SPINE: usize = size_of::<Vec<Option<MemberKeys>>>();
        let pages = self.pages.iter();
        let pages = pages.map(|page| page.capacity().saturating_mul(SLOT));
        let spine = self.pages.capacity().saturating_mul(SPINE);
        let holes = self.holes.capacity().saturating_mul(size_of::<u32>());
        let rest = [spine, holes, self.by_id.allocation_size()];
        pages.chain(rest).sum()
    }
}

fn at(pages: &[Vec<Option<MemberKeys>>], number: u32) -> Option<&MemberKeys> {
    let number = usize::try_from(number).ok()?;
    let page = pages.get(number.checked_div(PAGE)?)?;
    page.get(number.checked_rem(PAGE)?)?.as_ref()
}

fn slot(pages: &mut [Vec<Option<MemberKeys>>], number: u32) -> Option<&mut Option<MemberKeys>> {
    let number = usize::try_from(number).ok()?;
    let page = pages.get_mut(number.checked_div(PAGE)?)?;
    page.get_mut(number.checked_rem(PAGE)?)
}

/// Ids and hashes are random, so that bytes of them that did not choose the table do as their hash.
pub(super) fn hash(id: &[u8; 16]) -> u64 {
    let (tail, _) = id
        .split_last_chunk()
        .map_or((&[0; 8], &[][..]), |(rest, tail)| (tail, rest));
    u64::from_be_bytes(*tail)
}
