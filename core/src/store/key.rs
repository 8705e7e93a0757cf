//! Keys: fixed-width and big-endian, so that their order is the order of what they name.

/// A number, so that smaller ones come first.
pub const fn of_u64(number: u64) -> [u8; 8] {
    number.to_be_bytes()
}

/// A signed number, so that smaller ones come first: its sign is flipped.
pub const fn of_i64(number: i64) -> [u8; 8] {
    (number ^ i64::MIN).to_be_bytes()
}

/// The least key above every key that begins with `prefix`; there is none above a prefix of 0xff alone.
pub fn after(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if let Some(next) = last.checked_add(1) {
            key.push(next);
            return Some(key);
        }
    }
    None
}

/// A key put together from its parts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    bytes: Vec<u8>,
}

impl Key {
    /// No part yet.
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// And this number.
    pub fn u64(mut self, number: u64) -> Self {
        self.bytes.extend_from_slice(&of_u64(number));
        self
    }

    /// And this signed number.
    pub fn i64(mut self, number: i64) -> Self {
        self.bytes.extend_from_slice(&of_i64(number));
        self
    }

    /// And this byte.
    pub fn u8(mut self, number: u8) -> Self {
        self.bytes.push(number);
        self
    }

    /// And these sixteen bytes, an id's.
    pub fn id(mut self, id: &[u8; 16]) -> Self {
        self.bytes.extend_from_slice(id);
        self
    }

    /// And these bytes, whose number is not fixed.
    pub fn part(mut self, part: &[u8]) -> Self {
        // Lengths first, so that no two places spell the same bytes.
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(part);
        self
    }

    /// And this text.
    pub fn text(self, text: &str) -> Self {
        self.part(text.as_bytes())
    }

    /// The key.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl AsRef<[u8]> for Key {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A key taken apart again, from the left. `None` where the key is not of that shape.
#[derive(Clone, Copy, Debug)]
pub struct Parts<'a> {
    rest: &'a [u8],
}

impl<'a> Parts<'a> {
    /// The parts of this key.
    pub const fn of(key: &'a [u8]) -> Self {
        Self { rest: key }
    }

    /// A number.
    pub fn u64(&mut self) -> Option<u64> {
        self.chunk().map(|bytes| u64::from_be_bytes(*bytes))
    }

    /// A signed number.
    pub fn i64(&mut self) -> Option<i64> {
        self.chunk()
            .map(|bytes| i64::from_be_bytes(*bytes) ^ i64::MIN)
    }

    /// A byte.
    pub fn u8(&mut self) -> Option<u8> {
        self.chunk().map(|[byte]| *byte)
    }

    /// Sixteen bytes of an id.
    pub fn id(&mut self) -> Option<[u8; 16]> {
        self.chunk().copied()
    }

    /// Bytes whose number stands before them.
    pub fn part(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(u32::from_be_bytes(*self.chunk()?)).ok()?;
        let (part, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(part)
    }

    /// Nothing: the key ends here.
    pub fn end(&self) -> Option<()> {
        self.rest.is_empty().then_some(())
    }

    fn chunk<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (chunk, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(chunk)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_what_they_name() {
        for pair in [i64::MIN, -256, -255, -1, 0, 1, 255, 256, i64::MAX].windows(2) {
            assert!(of_i64(pair[0]) < of_i64(pair[1]), "{pair:?}");
            assert!(Key::new().i64(pair[0]).u64(9) < Key::new().i64(pair[1]).u64(0));
        }
        for pair in [0, 1, 255, 256, u64::MAX].windows(2) {
            assert!(of_u64(pair[0]) < of_u64(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn a_key_comes_apart_as_it_was_put_together() {
        let key = Key::new()
            .u64(7)
            .i64(-7)
            .id(&[9; 16])
            .text("till 3")
            .part(b"")
            .u8(1);
        let mut parts = Parts::of(key.as_bytes());
        assert_eq!(parts.u64(), Some(7));
        assert_eq!(parts.i64(), Some(-7));
        assert_eq!(parts.id(), Some([9; 16]));
        assert_eq!(parts.end(), None);
        assert_eq!(parts.part(), Some(b"till 3".as_slice()));
        assert_eq!(parts.part(), Some(b"".as_slice()));
        assert_eq!(parts.u64(), None);
        assert_eq!(parts.u8(), Some(1));
        assert_eq!(parts.end(), Some(()));
        assert_eq!(Parts::of(&[0, 0, 0, 9, 1]).part(), None);
    }

    #[test]
    fn no_two_places_spell_the_same_bytes() {
        let one = Key::new().text("shop1").text("1");
        let two = Key::new().text("shop").text("11");
        assert_ne!(one, two);
    }

    #[test]
    fn after_a_prefix_comes_what_does_not_begin_with_it() {
        for (prefix, expected) in [
            (&[1, 2][..], Some(vec![1, 3])),
            (&[1, 255], Some(vec![2])),
            (&[255, 255], None),
            (&[], None),
        ] {
            assert_eq!(after(prefix), expected, "{prefix:?}");
        }
    }
}
