//! Which members gave the same mobile number: in memory only, under a key drawn at start. A stored index could be
//! inverted in minutes, keyed or not (privacy §1), so it is built anew at every start.

use core::fmt;

use hashbrown::HashTable;
use hmac::{Hmac, KeyInit, Mac};
use parking_lot::RwLock;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::profile::Mobile;
use crate::domain::ids::MemberId;

/// How many bytes of the MAC are kept: two of ten million numbers are alike with a chance of 1 in 10²⁴.
const KEPT: usize = 16;
/// Room for the members of one number, so that a known number and an unknown one cost the same.
const ROOM: usize = 8;

/// What a number is known by within this process: a MAC of it, which is kept nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Mark([u8; KEPT]);

impl Mark {
    #[cfg(test)]
    pub(crate) const fn from_bytes(bytes: [u8; KEPT]) -> Self {
        Self(bytes)
    }
}

/// Mobile number → members. 32 bytes and one of the table for each entry, at most twice that after the table has grown.
pub struct PhoneIndex {
    /// HMAC-SHA256 under the key, before any number.
    keyed: Hmac<Sha256>,
    entries: RwLock<HashTable<Entry>>,
}

/// One member under one number.
struct Entry {
    mac: [u8; KEPT],
    member: [u8; 16],
}

impl PhoneIndex {
    /// An empty index under a key that was drawn for this process and is kept nowhere else.
    pub fn new(key: [u8; 32]) -> Self {
        // A key shorter than SHA-256's block of 64 bytes is followed by zeros (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(key).for_each(|(to, from)| *to = from);
        Self {
            keyed: Hmac::<Sha256>::new((&*block).into()),
            entries: RwLock::new(HashTable::new()),
        }
    }

    /// Adds a member under a number; once is enough.
    pub fn add(&self, mobile: &Mobile, member: MemberId) {
        let mac = self.mac(mobile);
        let entry = Entry {
            mac,
            member: *member.as_bytes(),
        };
        let mut entries = self.entries.write();
        if entries
            .find(place(&mac), |kept| kept.is(&mac, &member))
            .is_none()
        {
            entries.insert_unique(place(&mac), entry, |kept| place(&kept.mac));
        }
    }

    /// Takes a member from under a number, and wipes the place. Whether they stood there.
    pub fn remove(&self, mobile: &Mobile, member: &MemberId) -> bool {
        let mac = self.mac(mobile);
        let mut entries = self.entries.write();
        let found = entries.find_entry(place(&mac), |kept| kept.is(&mac, member));
        found.is_ok_and(|mut found| {
            let entry = found.get_mut();
            entry.mac.zeroize();
            entry.member.zeroize();
            found.remove();
            true
        })
    }

    /// All members under a number, in no order. The work is the same whether there are some or none.
    pub fn others(&self, mobile: &Mobile) -> Vec<MemberId> {
        let mac = self.mac(mobile);
        let entries = self.entries.read();
        let mut members = Vec::with_capacity(ROOM);
        let found = entries.iter_hash(place(&mac));
        members.extend(
            found
                .filter(|kept| kept.mac == mac)
                .map(|kept| MemberId::from_bytes(kept.member)),
        );
        members
    }

    /// What this number is known by in other tables of this process.
    pub(crate) fn mark(&self, mobile: &Mobile) -> Mark {
        Mark(self.mac(mobile))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.read().len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.read().is_empty()
    }

    /// The bytes of its table.
    pub fn bytes(&self) -> usize {
        self.entries.read().allocation_size()
    }

    fn mac(&self, mobile: &Mobile) -> [u8; KEPT] {
        let mut mac = self.keyed.clone();
        mac.update(mobile.e164().as_bytes());
        let whole = Zeroizing::new(<[u8; 32]>::from(mac.finalize().into_bytes()));
        let mut kept = [0; KEPT];
        for (kept, byte) in kept.iter_mut().zip(whole.iter()) {
            *kept = *byte;
        }
        kept
    }
}

impl Entry {
    fn is(&self, mac: &[u8; KEPT], member: &MemberId) -> bool {
        self.mac == *mac && self.member == *member.as_bytes()
    }
}

/// Where a MAC stands in the table. It is a MAC already: nobody outside can make two of them meet.
fn place(mac: &[u8; KEPT]) -> u64 {
    u64::from_le_bytes(mac.first_chunk().copied().unwrap_or_default())
}

impl fmt::Debug for PhoneIndex {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PhoneIndex(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> PhoneIndex {
        PhoneIndex::new([7; 32])
    }

    fn mobile(number: u32) -> Mobile {
        Mobile::invented(number)
    }

    fn member(number: u32) -> MemberId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_be_bytes());
        MemberId::from_bytes(bytes)
    }

    fn others(index: &PhoneIndex, number: u32) -> Vec<MemberId> {
        let mut members = index.others(&mobile(number));
        members.sort();
        members
    }

    #[test]
    fn members_of_one_number_are_found_together_until_they_are_taken_out() {
        let index = index();
        assert!(index.is_empty());
        assert_eq!(others(&index, 1), []);
        for (number, who) in [(1, 10), (1, 11), (2, 20), (1, 12), (1, 11)] {
            index.add(&mobile(number), member(who));
        }
        assert_eq!(index.len(), 4, "the same member counts once");
        assert_eq!(others(&index, 1), [member(10), member(11), member(12)]);
        assert_eq!(others(&index, 2), [member(20)]);
        assert_eq!(others(&index, 3), []);

        assert!(index.remove(&mobile(1), &member(11)));
        assert!(!index.remove(&mobile(1), &member(11)), "only once");
        assert!(!index.remove(&mobile(2), &member(10)), "another number");
        assert!(!index.remove(&mobile(3), &member(10)), "an unknown number");
        assert_eq!(others(&index, 1), [member(10), member(12)]);
        assert_eq!(others(&index, 2), [member(20)]);
        assert_eq!(index.len(), 3);
    }

    #[test]
    fn it_holds_what_was_added_among_thousands_and_little_else() {
        let index = index();
        for number in 0..5_000 {
            index.add(&mobile(number), member(number));
        }
        for number in 0..5_000 {
            assert_eq!(others(&index, number), [member(number)], "{number}");
        }
        assert_eq!(others(&index, 5_000), []);
        let bytes = index.bytes() / index.len();
        assert!((32..=76).contains(&bytes), "{bytes} bytes an entry");
    }

    #[test]
    fn two_keys_give_two_macs_of_one_number() {
        let one = PhoneIndex::new([1; 32]).mac(&mobile(1));
        assert_eq!(one, PhoneIndex::new([1; 32]).mac(&mobile(1)));
        assert_ne!(one, PhoneIndex::new([2; 32]).mac(&mobile(1)));
        assert_ne!(one, PhoneIndex::new([1; 32]).mac(&mobile(2)));
    }

    #[test]
    fn nothing_is_printed() {
        let index = index();
        index.add(&mobile(1), member(1));
        assert_eq!(format!("{index:?}"), "PhoneIndex(..)");
    }
}
